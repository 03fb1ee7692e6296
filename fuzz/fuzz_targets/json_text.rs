//! JSON data: any bytes are answered; what is taken is JSON to the reference parser too, keeps its
//! text, survives, and has one digest whatever white space is around it. What is refused as
//! malformed is none to the reference parser.

#![no_main]

use bytes::Bytes;
use event::http::{ContentMode, read};
use event::{Class, Data, Digest, Event, JsonText};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let reference = serde_json::from_slice::<&RawValue>(bytes);
    match JsonText::parse(Bytes::copy_from_slice(bytes)) {
        Ok(json) => {
            assert!(reference.is_ok(), "what is taken is JSON");
            assert_eq!(json.text(), bytes);
            let padded = [b" \n", bytes, b"\t\r"].concat();
            let padded = JsonText::parse(padded.into()).expect("white space around a value means nothing");
            assert_eq!(digest(json.clone()), digest(padded));
            event_fuzz::assert_survives(&with(json));
        }
        Err(refusal) if refusal.class == Class::Malformed => assert!(reference.is_err(), "{refusal}"),
        Err(_) => {}
    }
});

fn digest(json: JsonText) -> Digest {
    with(json).digest()
}

fn with(json: JsonText) -> Event {
    let body = r#"{"specversion":"1.0","id":"1","source":"/a","type":"t","data":null}"#;
    let event = read(ContentMode::Structured, std::iter::empty(), body.into());
    Event { data: Data::Json(json), ..event.expect("an event") }
}
