//! One event as a JSON object (CloudEvents JSON format §2 and §3).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use jiter::{Jiter, JiterError, NumberInt, Peek};

use crate::Event;
use crate::attributes::{Attributes, AttributesBuilder};
use crate::data::Data;
use crate::json::{self, JsonText};
use crate::media_type::MediaType;
use crate::refusal::{Place, Refusal};

/// The member that holds bytes.
const DATA_BASE64: &str = "data_base64";

/// The members that are context attributes of the specification itself.
const CORE: [&str; 8] =
    ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"];

/// The members of an event, before they are known to make one.
#[derive(Default)]
struct Members {
    attributes: AttributesBuilder,
    payload: Payload,
}

/// The payload as its members announced it, before the media type is known.
#[derive(Default)]
struct Payload {
    /// `data`
    value: Option<Value>,
    /// `data_base64`, decoded; the inner `None` is null, which means that it is not set.
    base64: Option<Option<Bytes>>,
}

/// What `data` is.
enum Value {
    /// Good JSON, and no string.
    Json(JsonText),
    /// The JSON text of a string, which may become bytes, or of what no database could hold.
    Text { text: Bytes, is_string: bool },
}

/// Reads the event that is all of `body`.
pub(crate) fn read(body: &Bytes) -> Result<Event, Refusal> {
    let mut jiter = Jiter::new(body);
    let members = Members::read(&mut jiter, body)?;
    jiter.finish().map_err(|e| broken(&e))?;
    members.event()
}

/// Reads the event that `jiter` is at, in the `body` that it reads.
pub(super) fn read_next(jiter: &mut Jiter<'_>, body: &Bytes) -> Result<Event, Refusal> {
    Members::read(jiter, body)?.event()
}

/// Also half a surrogate pair is malformed where this is said: it could only be in the name of an attribute.
fn broken(error: &JiterError) -> Refusal {
    json::malformed(error, Place::Message)
}

impl Members {
    fn read(jiter: &mut Jiter<'_>, body: &Bytes) -> Result<Self, Refusal> {
        let Self { mut attributes, mut payload } = Self::default();
        let mut next = jiter.next_object().map_err(|e| broken(&e))?.map(member_name);
        while let Some(name) = next {
            let peek = jiter.peek().map_err(|e| broken(&e))?;
            match name.as_ref() {
                "data" => once(&mut payload.value, &name, value(jiter, peek, body)?)?,
                DATA_BASE64 => once(&mut payload.base64, &name, base64(jiter, peek)?)?,
                _ => match attribute_value(jiter, peek, &name)? {
                    Some(value) => attributes.set(&name, &value)?,
                    None => attributes.unset(&name)?,
                },
            }
            next = jiter.next_key().map_err(|e| broken(&e))?.map(member_name);
        }
        Ok(Self { attributes, payload })
    }

    fn event(self) -> Result<Event, Refusal> {
        finish(self.attributes.build()?, self.payload)
    }
}

/// A name that outlives the parser's next step; nearly all are known, and need no copy.
fn member_name(name: &str) -> Cow<'static, str> {
    let known = CORE.iter().chain(&["data", DATA_BASE64]).find(|known| **known == name);
    known.map_or_else(|| Cow::Owned(name.to_owned()), |known| Cow::Borrowed(*known))
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), Refusal> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Refusal::attribute(name, "is given twice")),
    }
}

/// Brings attributes and payload together by the rules of JSON format §3.1.
fn finish(mut attributes: Attributes, payload: Payload) -> Result<Event, Refusal> {
    let data = match (payload.value, payload.base64.flatten()) {
        (None, None) => Data::Absent,
        (Some(_), Some(_)) => {
            return Err(Refusal::attribute(DATA_BASE64, "is a second payload: one of data and data_base64"));
        }
        (None, Some(bytes)) => base64_data(attributes.datacontenttype.as_ref(), bytes)?,
        (Some(value), None) => {
            // Data without a declared type is JSON; said aloud, since other bindings must say it.
            let media_type = attributes.datacontenttype.get_or_insert_with(MediaType::json);
            match (media_type.is_json(), value) {
                (true, Value::Json(json)) => Data::Json(json),
                (true, Value::Text { text, .. }) => Data::Json(JsonText::parse(text)?),
                (false, Value::Text { text, is_string: true }) => {
                    Data::Bytes(string_bytes(&text, media_type)?)
                }
                (false, _) => {
                    return Err(no_text("must be a JSON string, since datacontenttype is not JSON"));
                }
            }
        }
    };
    Ok(Event { attributes, data })
}

/// What is wrong inside the JSON of `data_base64` is told of the member: no pointer leads further.
fn base64_data(media_type: Option<&MediaType>, bytes: Bytes) -> Result<Data, Refusal> {
    Data::parse(media_type, bytes).map_err(|refusal| Refusal {
        class: refusal.class,
        reason: format!("once decoded: {refusal}").into(),
        place: Place::attribute(DATA_BASE64),
    })
}

fn value(jiter: &mut Jiter<'_>, peek: Peek, body: &Bytes) -> Result<Value, Refusal> {
    let is_string = peek == Peek::String;
    // Nearly all data is good: it is walked at once, and not skipped before.
    if !is_string && let Some(json) = JsonText::next(jiter, peek, body) {
        return Ok(Value::Json(json));
    }
    let start = jiter.current_index();
    let skipped = jiter.known_skip(peek);
    // Skipping knows no names; what it stops at, a walk finds again and says where it is.
    skipped.map_err(|e| {
        let found = json::refusal_in(&body[start..]);
        found.unwrap_or_else(|| json::refusal(&e, Place::Data(String::new())))
    })?;
    Ok(Value::Text { text: body.slice(start..jiter.current_index()), is_string })
}

fn base64(jiter: &mut Jiter<'_>, peek: Peek) -> Result<Option<Bytes>, Refusal> {
    let wrong = || Refusal::attribute(DATA_BASE64, "must be a string in Base64 (RFC 4648 §4)");
    match peek {
        Peek::Null => jiter.known_null().map(|()| None).map_err(|_| wrong()),
        Peek::String => {
            let text = jiter.known_str().map_err(|_| wrong())?;
            let bytes = BASE64.decode(text).map_err(|_| wrong())?;
            Ok(Some(bytes.into()))
        }
        _ => Err(wrong()),
    }
}

/// An attribute's canonical string; `None` for null, which means the attribute is not set.
fn attribute_value<'j>(
    jiter: &'j mut Jiter<'_>,
    peek: Peek,
    name: &str,
) -> Result<Option<Cow<'j, str>>, Refusal> {
    let broken = |e: JiterError| json::refusal(&e, Place::attribute(name));
    match peek {
        Peek::Null => jiter.known_null().map(|()| None).map_err(broken),
        Peek::String => jiter.known_str().map(|text| Some(Cow::Borrowed(text))).map_err(broken),
        Peek::True | Peek::False if is_extension(name) => {
            jiter.known_bool(peek).map(|value| Some(Cow::Owned(value.to_string()))).map_err(broken)
        }
        Peek::Array | Peek::Object => {
            Err(Refusal::attribute(name, "must be a string, a boolean or an integer"))
        }
        _ if is_extension(name) => integer(jiter, peek, name).map(|value| Some(Cow::Owned(value))),
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
    !CORE.contains(&name)
}

/// The UTF-8 bytes of the text that a JSON string holds. Farol does not transcode: where the
/// media type declares a charset in which they would mean something else, they are refused.
fn string_bytes(text: &Bytes, media_type: &MediaType) -> Result<Bytes, Refusal> {
    let mut jiter = Jiter::new(text);
    let value = jiter.next_str().map_err(|e| json::refusal(&e, Place::Data(String::new())))?;
    match media_type.is_true_of(value) {
        true => Ok(Bytes::copy_from_slice(value.as_bytes())),
        false => Err(no_text("is carried as UTF-8, but datacontenttype declares another charset")),
    }
}

fn no_text(reason: &str) -> Refusal {
    let place = Place::Data(String::new());
    Refusal::malformed(place, format!("{reason}; bytes go into {DATA_BASE64}"))
}

/// Writes the event as one JSON document, data last.
pub(crate) fn write(event: &Event) -> Vec<u8> {
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
