//! What a letter kept of its record, and how its bytes are shown.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer, ser::SerializeMap};
use time::OffsetDateTime;
use tokio_postgres::Row;

/// Bytes as Kafka held them. In JSON they are their text, or `{"base64": …}` where they are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

/// A letter whole.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    pub(crate) letter_id: i64,
    pub(crate) cause: String,
    pub(crate) state: String,
    pub(crate) sqlstate: Option<String>,
    pub(crate) message: String,
    pub(crate) redrives: i32,
    pub(crate) quarantine_reason: Option<String>,
    pub(crate) cluster_id: String,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) redriven_partition: Option<i32>,
    pub(crate) redriven_offset: Option<i64>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) redriven_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) source: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) key: Option<Bytes>,
    pub(crate) headers: Vec<Header>,
    pub(crate) value_bytes: Option<i32>,
    /// Only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<Bytes>,
}

/// One header; without a value where Kafka held none.
#[derive(Debug, Serialize)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: Option<Bytes>,
}

/// A letter's record, to be sent again.
pub(crate) struct Record {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<Header>,
}

impl Content {
    pub(super) const SQL: &str = "
        SELECT letter_id, cause, state, sqlstate, message, redrives, quarantine_reason, cluster_id, topic, partition,
               \"offset\", redriven_partition, redriven_offset, redriven_at, created_at, updated_at, source, id,
               encode(trace_id, 'hex') AS trace_id, record_key, header_names, header_values,
               octet_length(record_value) AS value_bytes, CASE WHEN $2 THEN record_value END AS record_value
        FROM farol.dead_letters WHERE letter_id = $1";

    pub(super) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            letter_id: row.try_get("letter_id")?,
            cause: row.try_get("cause")?,
            state: row.try_get("state")?,
            sqlstate: row.try_get("sqlstate")?,
            message: row.try_get("message")?,
            redrives: row.try_get("redrives")?,
            quarantine_reason: row.try_get("quarantine_reason")?,
            cluster_id: row.try_get("cluster_id")?,
            topic: row.try_get("topic")?,
            partition: row.try_get("partition")?,
            offset: row.try_get("offset")?,
            redriven_partition: row.try_get("redriven_partition")?,
            redriven_offset: row.try_get("redriven_offset")?,
            redriven_at: row.try_get("redriven_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            source: row.try_get("source")?,
            id: row.try_get("id")?,
            trace_id: row.try_get("trace_id")?,
            key: row.try_get::<_, Option<Vec<u8>>>("record_key")?.map(Bytes),
            headers: headers(row)?,
            value_bytes: row.try_get("value_bytes")?,
            value: row.try_get::<_, Option<Vec<u8>>>("record_value")?.map(Bytes),
        })
    }
}

impl Record {
    pub(super) const SQL: &str = "
        SELECT topic, partition, record_key, record_value, header_names, header_values
        FROM farol.dead_letters WHERE letter_id = $1";

    pub(super) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            topic: row.try_get("topic")?,
            partition: row.try_get("partition")?,
            key: row.try_get("record_key")?,
            value: row.try_get("record_value")?,
            headers: headers(row)?,
        })
    }

    /// How much memory it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        let value_of = |header: &Header| header.value.as_ref().map_or(0, |value| value.0.len());
        let headers: usize = self.headers.iter().map(|header| header.name.len() + value_of(header)).sum();
        headers + self.key.as_ref().map_or(0, Vec::len) + self.value.as_ref().map_or(0, Vec::len)
    }
}

/// The worker kept the names as the Kafka client gave them: as text.
fn headers(row: &Row) -> Result<Vec<Header>, tokio_postgres::Error> {
    let names: Vec<Vec<u8>> = row.try_get("header_names")?;
    let values: Vec<Option<Vec<u8>>> = row.try_get("header_values")?;
    let pairs = names.into_iter().zip(values);
    Ok(pairs
        .map(|(name, value)| Header {
            name: String::from_utf8_lossy(&name).into_owned(),
            value: value.map(Bytes),
        })
        .collect())
}

impl Bytes {
    /// One line for a terminal: nothing in it can steer the terminal.
    pub(crate) fn line(&self) -> String {
        match std::str::from_utf8(&self.0) {
            Ok(text) => printable(text),
            Err(_) => format!("base64 {}", STANDARD.encode(&self.0)),
        }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &STANDARD.encode(&self.0))?;
                map.end()
            }
        }
    }
}

/// Text with its control characters escaped.
pub(crate) fn printable(text: &str) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn bytes_are_shown_as_text_where_they_are_text() {
        let json = |bytes: &[u8]| serde_json::to_string(&Bytes(bytes.to_vec())).unwrap_or_default();
        assert_eq!(json(b"a\"b"), r#""a\"b""#);
        assert_eq!(json(&[0xff]), r#"{"base64":"/w=="}"#);
    }

    #[test]
    fn nothing_in_a_letter_steers_the_terminal() {
        assert_eq!(Bytes(b"\x1b[2Jx\n\xc3\xa4".to_vec()).line(), "\\u{1b}[2Jx\\nä");
        assert_eq!(Bytes(vec![0xff]).line(), "base64 /w==");
    }
}
