//! The requests of a load check: events of one size, each under an id that was never used.

/// About what a real event carries.
const DATA_BYTES: usize = 400;

/// Renders requests for one gateway.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    host: String,
    key: String,
    /// Sets this run's ids apart from those of others.
    run: String,
    per_request: u64,
}

impl Requests {
    pub(crate) fn new(host: String, key: String, run: String) -> Self {
        Self { host, key, run, per_request: 1 }
    }

    /// The same, with so many events in a request.
    pub(crate) fn of(&self, per_request: u64, run: &str) -> Self {
        Self { per_request, run: format!("{}-{run}", self.run), ..self.clone() }
    }

    pub(crate) fn events_per_request(&self) -> u64 {
        self.per_request
    }

    /// The bytes of request `number`.
    pub(crate) fn render(&self, number: u64) -> Vec<u8> {
        let (media_type, body) = match self.per_request {
            1 => ("application/cloudevents+json", self.event(number)),
            many => {
                let events: Vec<_> = (number * many..(number + 1) * many).map(|id| self.event(id)).collect();
                ("application/cloudevents-batch+json", format!("[{}]", events.join(",")))
            }
        };
        let mut request = self.head(media_type, body.len()).into_bytes();
        request.extend_from_slice(body.as_bytes());
        request
    }

    /// The head of a request whose body has so many bytes.
    pub(crate) fn head(&self, media_type: &str, body_bytes: usize) -> String {
        format!(
            "POST /v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {media_type}\r\nContent-Length: {body_bytes}\r\n\r\n",
            self.host, self.key
        )
    }

    /// The bytes of a request for a page.
    pub(crate) fn page(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).into_bytes()
    }

    fn event(&self, number: u64) -> String {
        format!(
            r#"{{"specversion":"1.0","id":"{}-{number:012}","source":"/load-check","type":"farol.load-check","datacontenttype":"application/json","data":{{"text":"{:x<DATA_BYTES$}"}}}}"#,
            self.run, ""
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(request: &[u8]) -> serde_json::Value {
        let text = std::str::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn every_event_has_an_id_of_its_own_and_the_same_size() {
        let requests = Requests::new("h".to_owned(), "k".to_owned(), "r".to_owned());
        assert_ne!(body(&requests.render(1))["id"], body(&requests.render(2))["id"]);
        assert_eq!(requests.render(1).len(), requests.render(99_999).len());
        let batches = requests.of(3, "batch");
        let (first, second) = (body(&batches.render(0)), body(&batches.render(1)));
        assert_eq!(first.as_array().map(Vec::len), Some(3));
        assert_ne!(first[2]["id"], second[0]["id"]);
        assert_eq!(second[0]["id"], "r-batch-000000000003");
    }
}
