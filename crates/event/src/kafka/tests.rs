use bytes::Bytes;
use proptest::prelude::*;

use super::{headers, read};
use crate::data::Data;
use crate::http::{ContentMode, read as read_http, to_structured};
use crate::{Class, Event, Place, Refusal};

fn event(members: &str) -> Event {
    let body = format!(r#"{{"specversion":"1.0","id":"UA1545","source":"/nyc/EWR","type":"t"{members}}}"#);
    read_http(ContentMode::Structured, std::iter::empty(), body.into()).unwrap()
}

fn through_kafka(event: &Event) -> Result<Event, Refusal> {
    let owned: Vec<_> = headers(event).collect();
    let borrowed = owned.iter().map(|(name, value)| (&**name, Some(value.as_bytes())));
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
    owned.push(("traceparent".into(), Some(b"00-..".to_vec())));
    owned.push(("ce_subject".into(), None));
    assert_eq!(read(owned.iter().map(|(n, v)| (&**n, v.as_deref())), None).unwrap(), event);
}

/// A record with these headers; they and the value are text.
fn record(headers: &[(&str, &str)], value: Option<&str>) -> Result<Event, Refusal> {
    let headers = headers.iter().map(|(name, value)| (*name, Some(value.as_bytes())));
    read(headers, value.map(|value| Bytes::copy_from_slice(value.as_bytes())))
}

#[test]
fn the_content_type_tells_that_the_value_is_the_whole_event() {
    let event = event(r#","leg":1,"data":[1.0]"#);
    let value = String::from_utf8(to_structured(&event)).unwrap();
    for content_type in ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=UTF-8"] {
        // Copies of attributes may be there as headers; the value is what counts (§3.3.3).
        let headers = [("ce_id", "other"), ("content-type", content_type), ("ce_leg", "7")];
        assert_eq!(record(&headers, Some(&value)).unwrap(), event);
    }
}

#[test]
fn a_structured_record_without_a_readable_event_is_malformed() {
    for (content_type, value) in [
        ("application/cloudevents+json", None),
        ("application/cloudevents+json", Some("")),
        ("application/cloudevents+json", Some("[]")),
        ("application/cloudevents-batch+json", Some("[]")),
        ("application/cloudevents+avro", Some("{}")),
    ] {
        let refusal = record(&[("content-type", content_type)], value).unwrap_err();
        assert_eq!(refusal.class, Class::Malformed, "{content_type}: {refusal}");
    }
}

#[test]
fn headers_are_text_of_utf8_that_no_one_decodes_further() {
    let required = [("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/a"), ("ce_type", "t")];
    let with = |name, value| record(&[&required[..], &[(name, value)]].concat(), None);
    assert_eq!(
        with("ce_subject", "\"100%25\" café").unwrap().attributes.subject.unwrap().as_str(),
        "\"100%25\" café"
    );
    for (name, value, attribute) in [
        ("ce_id", "1", "id"),
        ("ce_Leg", "1", "Leg"),
        ("ce_", "1", ""),
        ("ce_data", "1", "data"),
        ("ce_subject", "a\nb", "subject"),
        ("ce_subject", "", "subject"),
        ("content-type", "json", "datacontenttype"),
    ] {
        let refusal = with(name, value).unwrap_err();
        assert_eq!(
            (refusal.class, refusal.place),
            (Class::Malformed, Place::Attribute(attribute.into())),
            "{name}"
        );
    }
}

#[test]
fn no_value_an_empty_one_and_null_are_three_things() {
    let bytes = [("ce_specversion", "1.0"), ("ce_id", "1"), ("ce_source", "/a"), ("ce_type", "t")];
    let json = [&bytes[..], &[("content-type", "application/json")]].concat();
    assert_eq!(record(&json, None).unwrap().data, Data::Absent);
    assert_eq!(record(&json, Some("null")).unwrap().data.as_bytes(), Some(&Bytes::from_static(b"null")));
    assert_eq!(record(&bytes, Some("")).unwrap().data, Data::Bytes(Bytes::new()));
    assert_eq!(record(&json, Some("")).unwrap_err().place, Place::Data(String::new()));
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
