use bytes::Bytes;

use super::{ContentMode, HttpRefusal, read, to_structured};
use crate::data::Data;
use crate::refusal::{Class, Place, Refusal};
use crate::{Event, JsonText};

mod headers;

const REQUIRED: [(&str, &str); 4] = [
    ("ce-specversion", "1.0"),
    ("ce-id", "1"),
    ("ce-source", "/nyc/JFK"),
    ("ce-type", "aero.flight.departed"),
];

fn binary(extra: &[(&str, &str)], body: &[u8]) -> Result<Event, Refusal> {
    let headers = REQUIRED.iter().chain(extra).map(|(name, value)| (*name, value.as_bytes()));
    read(ContentMode::Binary, headers, Bytes::copy_from_slice(body))
}

fn structured(members: &str) -> Result<Event, Refusal> {
    let body = format!(
        r#"{{"specversion":"1.0","id":"1","source":"/nyc/JFK","type":"aero.flight.departed"{members}}}"#
    );
    read(ContentMode::Structured, std::iter::empty(), Bytes::from(body))
}

fn json(text: &'static str) -> Data {
    Data::Json(JsonText::parse(Bytes::from_static(text.as_bytes())).unwrap())
}

fn attribute_of(refusal: Refusal) -> String {
    match refusal.place {
        Place::Attribute(name) => name,
        place => panic!("expected an attribute, got {place:?}"),
    }
}

#[test]
fn the_content_type_tells_the_mode() {
    let mode = |content_type| ContentMode::of(content_type);
    assert_eq!(mode(Some("application/cloudevents+json; charset=utf-8")), Ok(ContentMode::Structured));
    assert_eq!(mode(Some("Application/CloudEvents+JSON")), Ok(ContentMode::Structured));
    assert_eq!(mode(Some("application/json")), Ok(ContentMode::Binary));
    assert_eq!(mode(None), Ok(ContentMode::Binary));
    assert_eq!(mode(Some("application/cloudevents-batch+json;charset=utf-8")), Ok(ContentMode::Batched));
    assert_eq!(mode(Some(" APPLICATION/cloudevents+json ; a=b")), Ok(ContentMode::Structured));
    assert_eq!(mode(Some("text/plain; a=application/cloudevents+json")), Ok(ContentMode::Binary));
    for unknown in
        ["application/cloudevents+avro", "application/cloudevents", "application/cloudevents+jsonx"]
    {
        assert_eq!(mode(Some(unknown)), Err(HttpRefusal::UnsupportedFormat(unknown.to_owned())));
    }
}

#[test]
fn one_event_is_equal_in_both_modes() {
    let headers =
        [("CE-Time", "2013-01-01T05:17:00-05:00"), ("ce-leg", "2"), ("Content-Type", "application/json")];
    let in_binary = binary(&headers, br#"{"delay": 2.0}"#).unwrap();
    let in_structured =
        structured(r#","time":"2013-01-01T05:17:00-05:00","leg":2,"data":{"delay": 2.0}"#).unwrap();
    assert_eq!(in_binary, in_structured);
    assert_eq!(in_binary.digest(), in_structured.digest());
}

#[test]
fn json_in_a_body_is_checked_for_every_type_that_is_json() {
    for media_type in ["text/json", "application/JSON; charset=utf-8", "application/json ;a=b", "a/b+json"] {
        for (body, class, pointer) in [
            (&b"{\"a\":1,\"a\":1}"[..], Class::Unstorable, "/a"),
            (b"[\"\xff\"]", Class::Malformed, "/0"),
            (b"\xef\xbb\xbf[]", Class::Malformed, ""),
            (b"[1", Class::Malformed, ""),
            (b" ", Class::Malformed, ""),
        ] {
            let refusal = binary(&[("content-type", media_type)], body).unwrap_err();
            assert_eq!(
                (refusal.class, refusal.place),
                (class, Place::Data(pointer.to_owned())),
                "{media_type}"
            );
        }
    }
    let xml = binary(&[("content-type", "application/json+xml")], b"<a/>").unwrap();
    assert_eq!(xml.data, Data::Bytes(Bytes::from_static(b"<a/>")));
}

#[test]
fn each_required_attribute_is_asked_for_by_name() {
    for (missing, _) in REQUIRED {
        let headers = REQUIRED.iter().filter(|(name, _)| *name != missing).map(|(n, v)| (*n, v.as_bytes()));
        let refusal = read(ContentMode::Binary, headers, Bytes::new()).unwrap_err();
        assert_eq!((refusal.class, attribute_of(refusal)), (Class::Malformed, missing[3..].to_owned()));
    }
}

#[test]
fn another_specversion_is_refused() {
    let body = Bytes::from(r#"{"specversion":"0.3","id":"1","source":"/a","type":"t"}"#);
    let refusal = read(ContentMode::Structured, std::iter::empty(), body).unwrap_err();
    assert_eq!(attribute_of(refusal), "specversion");
}

#[test]
fn attributes_that_break_their_type_are_malformed() {
    for (header, value) in [
        ("ce-time", "yesterday"),
        ("ce-dataschema", "relative/path"),
        ("ce-subject", "line%0Abreak"),
        ("content-type", "not a type"),
        ("ce-bad_name", "x"),
        ("ce-data", "x"),
        ("ce-id", "twice"),
        ("ce-datacontenttype", "text/plain"),
    ] {
        let refusal = binary(&[(header, value)], b"").unwrap_err();
        assert_eq!(refusal.class, Class::Malformed, "{header}: {refusal}");
    }
    assert_eq!(structured(r#","id":"2""#).unwrap_err().class, Class::Malformed);
}

#[test]
fn attributes_that_cannot_be_stored_are_unstorable() {
    let long = "x".repeat(5_000);
    for (header, value) in
        [("ce-subject", "nul%00"), ("ce-subject", long.as_str()), ("ce-note", long.as_str())]
    {
        assert_eq!(binary(&[(header, value)], b"").unwrap_err().class, Class::Unstorable, "{header}");
    }
}

#[test]
fn extension_values_take_their_canonical_string_form() {
    let event = structured(r#","flag":true,"count":-7,"name":"x","unset":null"#).unwrap();
    let extensions: Vec<_> =
        event.attributes.extensions.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(extensions, [("count", "-7"), ("flag", "true"), ("name", "x")]);
}

#[test]
fn extension_values_outside_the_type_system_are_refused() {
    for value in ["1.5", "2147483648", "[1]", "{}", "99999999999999999999"] {
        assert_eq!(attribute_of(structured(&format!(r#","leg":{value}"#)).unwrap_err()), "leg", "{value}");
    }
    assert_eq!(attribute_of(structured(r#","subject":1"#).unwrap_err()), "subject");
}

#[test]
fn data_follows_its_media_type() {
    assert_eq!(binary(&[], b"").unwrap().data, Data::Absent);
    assert_eq!(binary(&[], b"raw").unwrap().data, Data::Bytes(Bytes::from_static(b"raw")));
    assert_eq!(
        binary(&[("content-type", "text/xml")], b"<a/>").unwrap().data,
        Data::Bytes(Bytes::from_static(b"<a/>"))
    );
    assert_eq!(binary(&[("content-type", "application/geo+json")], b"[1]").unwrap().data, json("[1]"));
    assert_eq!(structured(r#","data":[1]"#).unwrap().data, json("[1]"));
    assert_eq!(structured(r#","data":null"#).unwrap().data, json("null"));
    assert_eq!(
        structured(r#","datacontenttype":"text/plain","data":"caf\u00e9""#).unwrap().data,
        Data::Bytes("café".into())
    );
    assert_eq!(
        structured(r#","data_base64":"AAH/""#).unwrap().data,
        Data::Bytes(Bytes::from_static(b"\x00\x01\xff"))
    );
    assert_eq!(
        structured(r#","datacontenttype":"application/json","data_base64":"WzFd""#).unwrap().data,
        json("[1]")
    );
}

#[test]
fn data_that_contradicts_its_announcement_is_malformed() {
    for members in [
        r#","data":1,"data_base64":"AA==""#,
        r#","data_base64":"not base64""#,
        r#","data_base64":1"#,
        r#","datacontenttype":"text/plain","data":{}"#,
        r#","datacontenttype":"application/json","data_base64":"bm90IGpzb24=""#,
    ] {
        assert_eq!(structured(members).unwrap_err().class, Class::Malformed, "{members}");
    }
    assert_eq!(binary(&[("content-type", "application/json")], b"{").unwrap_err().class, Class::Malformed);
}

#[test]
fn a_body_that_is_no_json_object_is_malformed() {
    for body in ["", "[]", "1", "{\"specversion\"", "{} {}"] {
        let refusal = read(ContentMode::Structured, std::iter::empty(), Bytes::from(body)).unwrap_err();
        assert_eq!(refusal.class, Class::Malformed, "{body}");
    }
}

#[test]
fn writing_and_reading_give_the_same_event() {
    for members in [
        "",
        r#","subject":"N14228","time":"2013-01-01T10:17:00Z","leg":2,"data":{"a":[1.50,"\"x\""]}"#,
        r#","datacontenttype":"application/octet-stream","data_base64":"AAH/""#,
    ] {
        let event = structured(members).unwrap();
        let again = read(ContentMode::Structured, std::iter::empty(), to_structured(&event).into()).unwrap();
        assert_eq!(event, again);
    }
}
