//! Any event that is allowed comes back equal from every way in which it travels.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/any_event.rs"]
mod any_event;
#[path = "support/binary_mode.rs"]
mod binary_mode;

use any_event::{any_event, one_value_twice};
use bytes::Bytes;
use event::http::{ContentMode, read, read_batch, to_structured};
use event::{Data, Event, JsonText, Refusal, kafka};
use proptest::prelude::*;

fn through_binary_mode(event: &Event) -> Result<Event, Refusal> {
    let headers = binary_mode::headers(event);
    let content_type =
        headers.iter().find(|(name, _)| name == "Content-Type").map(|(_, value)| value.as_str());
    assert_eq!(ContentMode::of(content_type), Ok(ContentMode::Binary));
    assert!(headers.iter().all(|(_, value)| value.is_ascii()));
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    read(ContentMode::Binary, headers, event.data.as_bytes().cloned().unwrap_or_default())
}

fn through_kafka(event: &Event) -> Result<Event, Refusal> {
    let headers: Vec<_> = kafka::headers(event).collect();
    let headers = headers.iter().map(|(name, value)| (&**name, Some(value.as_bytes())));
    kafka::read(headers, event.data.as_bytes().cloned())
}

fn through_structured_kafka(event: &Event) -> Result<Event, Refusal> {
    let headers = [("content-type", Some(event::http::STRUCTURED_JSON.as_bytes()))];
    kafka::read(headers.into_iter(), Some(to_structured(event).into()))
}

/// HTTP has no message without a body: in binary mode, data of no bytes is no data.
fn as_http_tells_it(mut event: Event) -> Event {
    if event.data == Data::Bytes(Bytes::new()) {
        event.data = Data::Absent;
    }
    event
}

fn through_a_batch(events: &[Event], others: &[&str]) -> Vec<Event> {
    let documents = events.iter().map(|event| String::from_utf8(to_structured(event)).unwrap());
    let items: Vec<_> = documents.chain(others.iter().map(|item| (*item).to_owned())).collect();
    let body = Bytes::from(format!("[{}]", items.join(" , ")));
    read_batch(&body, items.len()).unwrap().into_iter().filter_map(Result::ok).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_event_comes_back_equal_in_every_mode(event in any_event()) {
        prop_assert_eq!(&through_kafka(&event).unwrap(), &event);
        prop_assert_eq!(&through_structured_kafka(&event).unwrap(), &event);
        prop_assert_eq!(&read(ContentMode::Structured, std::iter::empty(), to_structured(&event).into()).unwrap(), &event);
        prop_assert_eq!(through_binary_mode(&event).unwrap(), as_http_tells_it(event));
    }

    #[test]
    fn a_batch_comes_back_equal_and_in_order(events in prop::collection::vec(any_event(), 0..5)) {
        prop_assert_eq!(&through_a_batch(&events, &[]), &events);
        // One that is no event makes the others be read in another way.
        prop_assert_eq!(through_a_batch(&events, &["1"]), events);
    }

    #[test]
    fn a_value_has_one_digest_however_it_is_spelled(event in any_event(), (one, other) in one_value_twice()) {
        let with = |text: String| {
            let data = Data::Json(JsonText::parse(text.into()).unwrap());
            Event { data, ..event.clone() }.digest()
        };
        prop_assert_eq!(with(one), with(other));
    }
}
