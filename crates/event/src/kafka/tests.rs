use bytes::Bytes;
use proptest::prelude::*;

use super::{headers, read};
use crate::data::Data;
use crate::http::{ContentMode, read as read_http};
use crate::{Class, Event, Refusal};

fn event(members: &str) -> Event {
    let body = format!(r#"{{"specversion":"1.0","id":"UA1545","source":"/nyc/EWR","type":"t"{members}}}"#);
    read_http(ContentMode::Structured, std::iter::empty(), body.into()).unwrap()
}

fn through_kafka(event: &Event) -> Result<Event, Refusal> {
    let owned: Vec<_> = headers(event).collect();
    let borrowed = owned.iter().map(|(name, value)| (name.as_str(), Some(value.as_bytes())));
    read(borrowed, event.data.as_bytes().cloned())
}

#[test]
fn an_event_comes_back_from_a_record_as_it_was() {
    for members in [
        "",
        r#","subject":"N14228","time":"2013-01-01T05:17:00-05:00","leg":1,"data":{"delay":2}"#,
        r#","datacontenttype":"text/plain","data":"hello""#,
        r#","data_base64":"""#,
    ] {
        let event = event(members);
        assert_eq!(through_kafka(&event).unwrap(), event, "{members}");
    }
}

#[test]
fn attributes_travel_under_the_names_of_the_binding() {
    let event = event(r#","leg":1,"data":[]"#);
    let names: Vec<_> = headers(&event).map(|(name, _)| name).collect();
    assert_eq!(names, ["ce_specversion", "ce_id", "ce_source", "ce_type", "content-type", "ce_leg"]);
}

#[test]
fn headers_of_others_are_passed_over() {
    let event = event("");
    let mut owned: Vec<_> = headers(&event).map(|(n, v)| (n, Some(v.as_bytes().to_vec()))).collect();
    owned.push(("traceparent".to_owned(), Some(b"00-..".to_vec())));
    owned.push(("ce_subject".to_owned(), None));
    assert_eq!(read(owned.iter().map(|(n, v)| (n.as_str(), v.as_deref())), None).unwrap(), event);
}

#[test]
fn a_record_that_is_no_event_says_why() {
    let refusal = read(std::iter::empty(), Some(Bytes::from_static(b"{}"))).unwrap_err();
    assert_eq!(
        (refusal.class, refusal.to_string()),
        (Class::Malformed, "attribute specversion: is required".into())
    );
    let not_utf8 = [("ce_id", Some(&b"\xff"[..]))];
    assert_eq!(read(not_utf8.into_iter(), None).unwrap_err().to_string(), "attribute id: is not UTF-8");
}

#[test]
fn the_partition_key_keeps_related_events_together() {
    assert_eq!(event(r#","partitionkey":"k""#).partition_key(), "k");
    assert_eq!(event(r#","subject":"N14228""#).partition_key(), "/nyc/EWR N14228");
    assert_eq!(event("").partition_key(), "/nyc/EWR UA1545");
}

#[test]
fn the_digest_tells_content_apart_and_ignores_the_trace() {
    let base = event(r#","data":{"a":1}"#).digest();
    assert_eq!(event(r#","data":{"a":1.0},"traceparent":"00-x""#).digest(), base);
    for other in ["", r#","data":{"a":2}"#, r#","data":{"a":1},"leg":1"#, r#","data":{"a":1},"subject":"s""#]
    {
        assert_ne!(event(other).digest(), base, "{other}");
    }
}

#[test]
fn the_digest_of_version_one_never_changes() {
    let digest = event(r#","subject":"N14228","data":{"delay":2}"#).digest();
    assert_eq!(digest.to_string(), "5dc8a84475de2d37c8e90742244694ce5f04f788860973c963adac89dca78389");
}

#[test]
fn the_key_depends_on_source_and_id_alone() {
    assert_eq!(event("").key(), event(r#","subject":"other""#).key());
    assert_eq!(event("").key().to_string(), "26c3dd496e61f9add444aef2363357d9");
}

proptest! {
    #[test]
    fn any_text_and_bytes_survive_the_record(
        subject in "[^\\p{Cc}\\p{Cn}]{1,40}",
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut event = event("");
        event.attributes.subject = subject.parse().ok();
        event.data = Data::Bytes(bytes.into());
        prop_assert_eq!(through_kafka(&event).unwrap(), event);
    }
}
