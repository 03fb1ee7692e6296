//! Structured content mode in the JSON event format (CloudEvents JSON format §2 and §3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use jiter::{Jiter, NumberInt, Peek};

use crate::Event;
use crate::attribute::MediaType;
use crate::attributes::{Attributes, AttributesBuilder};
use crate::data::Data;
use crate::json::{self, JsonText};
use crate::refusal::{Place, Refusal};

/// The payload as its member announced it, before the media type is known.
enum Payload {
    /// `data`: the JSON text of the value.
    Value { text: Bytes, is_string: bool },
    /// `data_base64`, decoded.
    Base64(Bytes),
}

pub(super) fn read(body: &Bytes) -> Result<Event, Refusal> {
    let mut attributes = AttributesBuilder::default();
    let mut payload = None;
    let mut jiter = Jiter::new(body);
    let broken = |e: &jiter::JiterError| json::refusal(e, body, Place::Message);
    let mut next = jiter.next_object().map_err(|e| broken(&e))?.map(str::to_owned);
    while let Some(name) = next {
        let peek = jiter.peek().map_err(|e| broken(&e))?;
        match name.as_str() {
            "data" | "data_base64" if payload.is_some() => {
                return Err(Refusal::attribute(&name, "is a second payload: one of data and data_base64"));
            }
            "data" => payload = Some(value_payload(&mut jiter, peek, body)?),
            "data_base64" => payload = base64_payload(&mut jiter, peek)?,
            _ => {
                if let Some(value) = attribute_value(&mut jiter, peek, &name, body)? {
                    attributes.set(&name, &value)?;
                }
            }
        }
        next = jiter.next_key().map_err(|e| broken(&e))?.map(str::to_owned);
    }
    jiter.finish().map_err(|e| broken(&e))?;
    finish(attributes.build()?, payload)
}

/// Brings attributes and payload together by the rules of JSON format §3.1.
fn finish(mut attributes: Attributes, payload: Option<Payload>) -> Result<Event, Refusal> {
    let data = match payload {
        None => Data::Absent,
        Some(Payload::Base64(bytes)) => Data::parse(attributes.datacontenttype.as_ref(), bytes)?,
        Some(Payload::Value { text, is_string }) => {
            // Data without a declared type is JSON; said aloud, since other bindings must say it.
            let media_type = attributes.datacontenttype.get_or_insert_with(MediaType::json);
            match (media_type.is_json(), is_string) {
                (true, _) => Data::Json(JsonText::parse(text)?),
                (false, true) => Data::Bytes(string_bytes(&text)?),
                (false, false) => {
                    let place = Place::Data(String::new());
                    let reason =
                        "must be a JSON string, since datacontenttype is not JSON; bytes go into data_base64";
                    return Err(Refusal::malformed(place, reason));
                }
            }
        }
    };
    Ok(Event { attributes, data })
}

fn value_payload(jiter: &mut Jiter<'_>, peek: Peek, body: &Bytes) -> Result<Payload, Refusal> {
    let start = jiter.current_index();
    jiter.known_skip(peek).map_err(|e| json::refusal(&e, body, Place::Data(String::new())))?;
    let text = body.slice(start..jiter.current_index());
    Ok(Payload::Value { text, is_string: peek == Peek::String })
}

fn base64_payload(jiter: &mut Jiter<'_>, peek: Peek) -> Result<Option<Payload>, Refusal> {
    let wrong = || Refusal::attribute("data_base64", "must be a string in Base64 (RFC 4648 §4)");
    match peek {
        Peek::Null => jiter.known_null().map(|()| None).map_err(|_| wrong()),
        Peek::String => {
            let text = jiter.known_str().map_err(|_| wrong())?;
            let bytes = BASE64.decode(text).map_err(|_| wrong())?;
            Ok(Some(Payload::Base64(bytes.into())))
        }
        _ => Err(wrong()),
    }
}

/// An attribute's canonical string; `None` for null, which means the attribute is not set.
fn attribute_value(
    jiter: &mut Jiter<'_>,
    peek: Peek,
    name: &str,
    body: &[u8],
) -> Result<Option<String>, Refusal> {
    let place = || Place::Attribute(name.to_owned());
    let broken = |e: jiter::JiterError| json::refusal(&e, body, place());
    match peek {
        Peek::Null => jiter.known_null().map(|()| None).map_err(broken),
        Peek::String => jiter.known_str().map(|text| Some(text.to_owned())).map_err(broken),
        Peek::True | Peek::False if is_extension(name) => {
            jiter.known_bool(peek).map(|value| Some(value.to_string())).map_err(broken)
        }
        Peek::Array | Peek::Object => {
            Err(Refusal::attribute(name, "must be a string, a boolean or an integer"))
        }
        _ if is_extension(name) => integer(jiter, peek, name).map(Some),
        _ => Err(Refusal::attribute(name, "must be a string")),
    }
}

/// The Integer type of CloudEvents: a whole number of 32 bits with sign.
fn integer(jiter: &mut Jiter<'_>, peek: Peek, name: &str) -> Result<String, Refusal> {
    let outside = || Refusal::attribute(name, "must be a whole number of 32 bits, a boolean or a string");
    match jiter.known_int(peek) {
        Ok(NumberInt::Int(value)) => i32::try_from(value).map(|v| v.to_string()).map_err(|_| outside()),
        _ => Err(outside()),
    }
}

fn is_extension(name: &str) -> bool {
    const CORE: [&str; 8] =
        ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"];
    !CORE.contains(&name)
}

/// The bytes of the text that a JSON string holds.
fn string_bytes(text: &Bytes) -> Result<Bytes, Refusal> {
    let mut jiter = Jiter::new(text);
    match jiter.next_str() {
        Ok(value) => Ok(Bytes::copy_from_slice(value.as_bytes())),
        Err(error) => Err(json::refusal(&error, text, Place::Data(String::new()))),
    }
}

/// Writes the event as one JSON document, data last.
pub(super) fn write(event: &Event) -> Vec<u8> {
    let mut out = vec![b'{'];
    for (name, value) in event.attributes.iter() {
        member(&mut out, name, &serde_json::Value::from(value).to_string());
    }
    match &event.data {
        Data::Absent => {}
        Data::Json(json) => member(&mut out, "data", json.as_str()),
        Data::Bytes(bytes) => member(&mut out, "data_base64", &format!("\"{}\"", BASE64.encode(bytes))),
    }
    out.push(b'}');
    out
}

/// Names of attributes need no escape: they are lower-case letters and digits.
fn member(out: &mut Vec<u8>, name: &str, json: &str) {
    if out.len() > 1 {
        out.push(b',');
    }
    out.extend_from_slice(format!("\"{name}\":{json}").as_bytes());
}
