//! A record of Kafka, as plain values.

/// A record as it is in Kafka, or as it shall be.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The partition.
    pub partition: i32,
    /// The offset; not used for producing.
    pub offset: i64,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value.
    pub value: Option<Vec<u8>>,
    /// The headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Record {
    /// A CloudEvent in Kafka's binary mode, in partition 0.
    pub fn event(id: &str, json: &str) -> Self {
        let headers = [
            ("ce_specversion", "1.0"),
            ("ce_id", id),
            ("ce_source", "/test"),
            ("ce_type", "test.event"),
            ("content-type", "application/json"),
        ];
        Self {
            value: Some(json.as_bytes().to_vec()),
            headers: headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec(),
            ..Self::default()
        }
    }

    /// The same record in another partition.
    pub fn in_partition(mut self, partition: i32) -> Self {
        self.partition = partition;
        self
    }

    /// The last header of this name, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().rev().find(|(key, _)| key == name)?;
        std::str::from_utf8(value).ok()
    }
}
