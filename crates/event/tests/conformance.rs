//! The cases of the public CloudEvents conformance suite (features of the HTTP and the Kafka
//! binding, samples of the JSON format), as tables.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::Bytes;
use event::http::{ContentMode, read, read_batch, to_structured};
use event::{Class, Data, Event, Place, Refusal, kafka};
use serde_json::{Value, json};

/// The event of the features, by attribute; its data is [`MESSAGE`].
const HELLO: [(&str, &str); 5] = [
    ("specversion", "1.0"),
    ("id", "1234-1234-1234"),
    ("source", "/mycontext/subcontext"),
    ("type", "com.example.someevent"),
    ("time", "2018-04-05T03:56:24Z"),
];
const MESSAGE: &str = "{\n    \"message\": \"Hello World!\"\n}\n";
const JSON_TYPES: [&str; 2] = ["application/json", "application/json; charset=utf-8"];
const STRUCTURED_TYPES: [&str; 2] =
    ["application/cloudevents+json", "application/cloudevents+json; charset=utf-8"];

/// The event of the features as one JSON document.
fn hello() -> String {
    let mut document: serde_json::Map<_, _> =
        HELLO.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    document.insert("datacontenttype".to_owned(), "application/json".into());
    document.insert("data".to_owned(), serde_json::from_str(MESSAGE).unwrap());
    serde_json::to_string_pretty(&document).unwrap()
}

/// Asserts that `event` is the one of the features, all of it and nothing else.
fn assert_hello(event: &Event, media_type: &str) {
    let expected = [&HELLO[..], &[("datacontenttype", media_type)]].concat();
    assert_eq!(event.attributes.iter().collect::<Vec<_>>(), expected);
    let Data::Json(data) = &event.data else { panic!("data is JSON, not {:?}", event.data) };
    assert_eq!(serde_json::from_str::<Value>(data.as_str()).unwrap(), json!({ "message": "Hello World!" }));
}

fn structured(document: &Value) -> Result<Event, Refusal> {
    read(ContentMode::Structured, std::iter::empty(), document.to_string().into())
}

#[test]
fn http_binary_mode() {
    for media_type in JSON_TYPES {
        assert_eq!(ContentMode::of(Some(media_type)), Ok(ContentMode::Binary));
        let names = HELLO.map(|(name, _)| format!("ce-{name}"));
        let attributes = names.iter().zip(HELLO).map(|(name, (_, value))| (name.as_str(), value.as_bytes()));
        let others = [("Host", "example.com"), ("Content-Type", media_type), ("Content-Length", "33")];
        let headers = attributes.chain(others.iter().map(|(name, value)| (*name, value.as_bytes())));
        assert_hello(&read(ContentMode::Binary, headers, MESSAGE.into()).unwrap(), media_type);
    }
}

#[test]
fn http_structured_mode() {
    for media_type in STRUCTURED_TYPES {
        let mode = ContentMode::of(Some(media_type)).unwrap();
        assert_eq!(mode, ContentMode::Structured);
        let headers = [("Content-Type", media_type.as_bytes())];
        assert_hello(&read(mode, headers.into_iter(), hello().into()).unwrap(), "application/json");
    }
}

#[test]
fn kafka_binary_mode_is_read() {
    for media_type in JSON_TYPES {
        let names = HELLO.map(|(name, _)| format!("ce_{name}"));
        let attributes = names.iter().zip(HELLO).map(|(name, (_, value))| (name.as_str(), value));
        let headers = attributes.chain([("content-type", media_type)]);
        let headers = headers.map(|(name, value)| (name, Some(value.as_bytes())));
        assert_hello(&kafka::read(headers, Some(MESSAGE.into())).unwrap(), media_type);
    }
}

#[test]
fn kafka_structured_mode_is_read() {
    for media_type in STRUCTURED_TYPES {
        let headers = [("content-type", Some(media_type.as_bytes()))];
        assert_hello(&kafka::read(headers.into_iter(), Some(hello().into())).unwrap(), "application/json");
    }
}

#[test]
fn kafka_binary_mode_is_written() {
    let event = read(ContentMode::Structured, std::iter::empty(), hello().into()).unwrap();
    let mut expected = HELLO.map(|(name, value)| (format!("ce_{name}").into(), value)).to_vec();
    expected.push(("content-type".into(), "application/json"));
    assert_eq!(kafka::headers(&event).collect::<Vec<_>>(), expected);
    let value: Value = serde_json::from_slice(event.data.as_bytes().unwrap()).unwrap();
    assert_eq!(value, json!({ "message": "Hello World!" }));
}

#[test]
fn structured_mode_is_written() {
    let event = read(ContentMode::Structured, std::iter::empty(), hello().into()).unwrap();
    let written: Value = serde_json::from_slice(&to_structured(&event)).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(&hello()).unwrap());
}

/// The smallest event of the samples with more members; null takes one away.
fn sample(members: Value) -> Value {
    let mut event = json!({ "specversion": "1.0", "id": "sample", "type": "io.cloudevents.test",
                            "source": "https://cloudevents.io" });
    let Value::Object(members) = members else { panic!("members are an object") };
    for (name, value) in members {
        event[name] = value;
    }
    event
}

#[test]
fn the_valid_samples_of_the_json_format_are_taken() {
    let core = json!({ "datacontenttype": "text/plain", "dataschema": "https://cloudevents.io/dataschema",
                       "subject": "tests", "time": "2018-04-05T17:31:00Z" });
    let unset = json!({ "datacontenttype": null, "dataschema": null, "subject": null, "time": null });
    let extensions = json!({ "extinteger": 10, "extboolean": true, "extstring": "text",
                             "exturi": "https://cloudevents.io", "exturiref": "//authority/path",
                             "exttimestamp": "2023-03-31T15:12:00Z", "extbinary": "TWE=" });
    for members in [
        json!({}),
        unset,
        core,
        json!({ "time": "2018-04-05T17:31:00.000000000Z" }),
        json!({ "source": "#fragment" }),
        json!({ "datacontenttype": "text/plain", "data": "Simple text" }),
        extensions,
    ] {
        let event =
            structured(&sample(members.clone())).unwrap_or_else(|refusal| panic!("{members}: {refusal}"));
        for (name, value) in event.attributes.iter() {
            let expected = sample(members.clone())[name].clone();
            let canonical = expected.as_str().map_or_else(|| expected.to_string(), str::to_owned);
            assert_eq!(value, canonical, "{name}");
        }
    }
}

#[test]
fn times_with_an_offset_name_the_same_instant() {
    let instant = |time: &str| {
        let event = structured(&sample(json!({ "time": time }))).unwrap();
        event.attributes.time.unwrap().instant()
    };
    for time in ["2018-04-05T17:31:00.000000000Z", "2018-04-05T18:31:00+01:00", "2018-04-05T16:31:00-01:00"] {
        assert_eq!(instant(time), instant("2018-04-05T17:31:00Z"), "{time}");
    }
}

#[test]
fn the_invalid_samples_of_the_json_format_are_malformed_where_they_are_wrong() {
    for (members, name) in [
        (json!({ "specversion": null }), "specversion"),
        (json!({ "id": null }), "id"),
        (json!({ "type": null }), "type"),
        (json!({ "source": null }), "source"),
        (json!({ "time": "lunchtime" }), "time"),
        (json!({ "time": "2018-04-05T18:31Z" }), "time"),
        (json!({ "time": "2018-04-05T18:31:00X" }), "time"),
        (json!({ "time": "2018-04-05T18:31:00+25:00" }), "time"),
        (json!({ "time": "2018-04-05T18:31:00+xx:00" }), "time"),
        (json!({ "time": "2018-04-05T18:31:00+05" }), "time"),
        (json!({ "id": "" }), "id"),
        (json!({ "type": "" }), "type"),
        (json!({ "source": "" }), "source"),
        (json!({ "specversion": "" }), "specversion"),
        (json!({ "specversion": "0.9" }), "specversion"),
        (json!({ "datacontenttype": "xyz" }), "datacontenttype"),
        (json!({ "datacontenttype": "" }), "datacontenttype"),
        (json!({ "dataschema": "" }), "dataschema"),
        (json!({ "subject": "" }), "subject"),
        (json!({ "id": 25 }), "id"),
        (json!({ "id": { "xyz": "abc" } }), "id"),
        (json!({ "MyExtension": "bad" }), "MyExtension"),
        (json!({ "my.extension": "bad" }), "my.extension"),
        (json!({ "my.extension": 1.5 }), "my.extension"),
        (json!({ "myextension": 1.5 }), "myextension"),
        (json!({ "data": "text", "data_base64": "eyAieHl6IjogMTIzIH0=" }), "data_base64"),
    ] {
        let Err(refusal) = structured(&sample(members.clone())) else { panic!("{members} was taken") };
        assert_eq!(
            (refusal.class, refusal.place),
            (Class::Malformed, Place::Attribute(name.to_owned())),
            "{members}"
        );
    }
}

/// For each item of a batch, whether it is an event.
fn taken(batch: &Value) -> Vec<bool> {
    let items = read_batch(&Bytes::from(batch.to_string()), 10).unwrap();
    items.iter().map(Result::is_ok).collect()
}

#[test]
fn the_valid_batches_of_the_json_format_are_taken() {
    let minimal = || sample(json!({}));
    let other = sample(json!({ "datacontenttype": "text/plain", "subject": "tests", "extinteger": 10 }));
    for batch in [json!([]), json!([minimal()]), json!([minimal(), minimal()]), json!([minimal(), other])] {
        assert_eq!(taken(&batch), vec![true; batch.as_array().unwrap().len()], "{batch}");
    }
}

#[test]
fn the_invalid_batches_of_the_json_format_have_a_bad_item() {
    let minimal = || sample(json!({}));
    for (batch, items) in [
        (json!([minimal(), sample(json!({ "specversion": "0.9" }))]), vec![true, false]),
        (json!([sample(json!({ "id": null }))]), vec![false]),
        (json!(["not an object", minimal()]), vec![false, true]),
    ] {
        assert_eq!(taken(&batch), items, "{batch}");
    }
}
