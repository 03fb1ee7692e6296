//! The requests a bench sends: real flights as CloudEvents, rendered once and sent again and again under ids that were
//! never used, so that the sender has only digits to write.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::flights::Flight;

const SINGLE: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";
/// Every id ends with its number, so wide that it never changes a length.
const DIGITS: usize = 12;
/// Templates beyond this many bytes are not kept: the flights begin again instead.
const MOST_BYTES: usize = 24 << 20;

/// What one request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One flight of about 300 bytes.
    Single,
    /// So many of them.
    Batch(usize),
    /// One flight, filled up to so many bytes.
    Bytes(usize),
}

/// Who is asked.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// `host:port`.
    pub(crate) host: String,
    pub(crate) key: Option<String>,
}

/// Renders requests for one server; all senders take their numbers from it.
pub(crate) struct Requests {
    templates: Vec<Template>,
    next: AtomicU64,
    events_per_request: u64,
    event_bytes: usize,
}

struct Template {
    bytes: Vec<u8>,
    /// Where each event's number stands.
    numbers_at: Vec<usize>,
}

impl Requests {
    /// `run` sets this run's ids apart from those of others; `flights` is not empty.
    pub(crate) fn new(target: &Target, run: &str, flights: &[Flight], shape: Shape) -> Self {
        let per_request = if let Shape::Batch(events) = shape { events } else { 1 };
        let (mut templates, mut bytes, mut event_bytes) = (Vec::new(), 0, 0);
        let mut flights_again = flights.iter().cycle();
        for _ in 0..flights.len().div_ceil(per_request) {
            let of_one = flights_again.by_ref().take(per_request);
            let events: Vec<_> = of_one.map(|flight| event(flight, run, shape)).collect();
            event_bytes = events.iter().map(String::len).sum::<usize>() / per_request;
            let template = Template::new(target, &events, run, shape);
            bytes += template.bytes.len();
            templates.push(template);
            if bytes > MOST_BYTES {
                break;
            }
        }
        Self { templates, next: AtomicU64::new(0), events_per_request: per_request as u64, event_bytes }
    }

    pub(crate) fn events_per_request(&self) -> u64 {
        self.events_per_request
    }

    /// Bytes of one event in JSON.
    pub(crate) fn event_bytes(&self) -> usize {
        self.event_bytes
    }

    /// Writes the next request into `buffer`, in place of what was there.
    pub(crate) fn render(&self, buffer: &mut Vec<u8>) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let template = &self.templates[(number % self.templates.len() as u64) as usize];
        buffer.clear();
        buffer.extend_from_slice(&template.bytes);
        for (event, &at) in template.numbers_at.iter().enumerate() {
            write_digits(&mut buffer[at..at + DIGITS], number * self.events_per_request + event as u64);
        }
    }
}

impl Template {
    fn new(target: &Target, events: &[String], run: &str, shape: Shape) -> Self {
        let (media_type, body) = match shape {
            Shape::Batch(_) => (BATCH, format!("[{}]", events.join(","))),
            Shape::Single | Shape::Bytes(_) => (SINGLE, events.concat()),
        };
        let key =
            target.key.as_ref().map_or_else(String::new, |key| format!("Authorization: Bearer {key}\r\n"));
        let text = format!(
            "POST /v1/events HTTP/1.1\r\nHost: {}\r\n{key}Content-Type: {media_type}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            target.host,
            body.len()
        );
        let mark = id("", run);
        let numbers_at = text.match_indices(&mark).map(|(at, mark)| at + mark.len() - DIGITS).collect();
        Self { bytes: text.into_bytes(), numbers_at }
    }
}

/// An id whose number is still zero.
fn id(prefix: &str, run: &str) -> String {
    format!("{prefix}{run}-{:0DIGITS$}", 0)
}

fn event(flight: &Flight, run: &str, shape: Shape) -> String {
    match shape {
        Shape::Single | Shape::Batch(_) => flight.short_event(&id(&format!("{}-", flight.id()), run)),
        Shape::Bytes(bytes) => {
            let id = id("", run);
            let bare = flight.event_with_remarks(&id, "").len();
            // a member of its own, with its name and quotes
            let filling = bytes.saturating_sub(bare + r#","remarks":"""#.len());
            flight.event_with_remarks(&id, &"x".repeat(filling))
        }
    }
}

fn write_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flights::{Days, load};

    const CSV: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/flights.csv");

    fn requests(shape: Shape) -> Requests {
        let flights = load(Days::year().unwrap(), Some(CSV.into())).unwrap();
        let target = Target { host: "h:1".to_owned(), key: Some("k".to_owned()) };
        Requests::new(&target, "run7", &flights, shape)
    }

    fn next(requests: &Requests) -> serde_json::Value {
        let mut buffer = b"what was there".to_vec();
        requests.render(&mut buffer);
        let text = String::from_utf8(buffer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head}");
        assert!(head.contains("Authorization: Bearer k\r\n"), "{head}");
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn no_id_comes_twice_however_often_the_flights_begin_again() {
        let requests = requests(Shape::Single);
        let ids: std::collections::BTreeSet<_> =
            (0..100).map(|_| next(&requests)["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), 100);
    }

    #[test]
    fn a_batch_has_its_number_of_events_each_with_its_own_id() {
        let requests = requests(Shape::Batch(3));
        let (first, second) = (next(&requests), next(&requests));
        assert_eq!((first.as_array().unwrap().len(), requests.events_per_request()), (3, 3));
        let number = |event: &serde_json::Value| {
            event["id"].as_str().unwrap().rsplit('-').next().unwrap().parse::<u64>().unwrap()
        };
        assert_eq!((number(&first[2]), number(&second[0])), (2, 3));
    }

    #[test]
    fn a_batch_may_be_longer_than_the_list_of_flights() {
        assert_eq!(next(&requests(Shape::Batch(100))).as_array().map(Vec::len), Some(100));
    }

    #[test]
    fn an_event_is_filled_up_to_its_size() {
        for bytes in [200, 2_048, 16_384] {
            let requests = requests(Shape::Bytes(bytes));
            assert_eq!(requests.event_bytes(), bytes);
            assert_eq!(next(&requests).to_string().len(), bytes);
        }
    }

    #[test]
    fn a_flight_in_short_is_an_event_of_about_three_hundred_bytes() {
        let bytes = requests(Shape::Single).event_bytes();
        assert!((250..=330).contains(&bytes), "{bytes}");
    }
}
