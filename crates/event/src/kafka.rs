//! The Kafka protocol binding of CloudEvents 1.0.2: an event as the headers and value of a
//! record in binary mode, and back from either mode. Knows names and bytes, not a client library.

use std::borrow::Cow;

use bytes::Bytes;

use crate::Event;
use crate::attributes::AttributesBuilder;
use crate::data::Data;
use crate::json_format::{self, STRUCTURED_JSON};
use crate::media_type::{essence, is_event_format};
use crate::refusal::Refusal;

/// The header that names the media type of the record's value.
pub const CONTENT_TYPE: &str = "content-type";
/// What every attribute's header starts with.
const PREFIX: &str = "ce_";

/// The headers of the record that carries `event`, as (name, value).
pub fn headers(event: &Event) -> impl Iterator<Item = (Cow<'static, str>, &str)> {
    event.attributes.iter().map(|(name, value)| (header_name(name), value))
}

/// Only those of extensions are not known beforehand.
fn header_name(attribute: &str) -> Cow<'static, str> {
    Cow::Borrowed(match attribute {
        "specversion" => "ce_specversion",
        "id" => "ce_id",
        "source" => "ce_source",
        "type" => "ce_type",
        "subject" => "ce_subject",
        "time" => "ce_time",
        "datacontenttype" => CONTENT_TYPE,
        "dataschema" => "ce_dataschema",
        extension => return Cow::Owned(format!("{PREFIX}{extension}")),
    })
}

/// Reads the event out of a record's headers and value, in the mode that its content type
/// announces. Headers that are not of this binding are passed over; a header without a value
/// counts as not there.
pub fn read<'r>(
    headers: impl Iterator<Item = (&'r str, Option<&'r [u8]>)> + Clone,
    value: Option<Bytes>,
) -> Result<Event, Refusal> {
    let content_type = headers.clone().find_map(|(name, value)| value.filter(|_| name == CONTENT_TYPE));
    match content_type.and_then(|bytes| std::str::from_utf8(bytes).ok()) {
        Some(content_type) if is_event_format(content_type) => read_structured(content_type, value),
        _ => read_binary(headers, value),
    }
}

/// The value is the whole event (§3.3); headers of attributes, which may be there too, are copies.
fn read_structured(content_type: &str, value: Option<Bytes>) -> Result<Event, Refusal> {
    let format = essence(content_type);
    if !format.eq_ignore_ascii_case(STRUCTURED_JSON) {
        return Err(Refusal::message(format!("event format {format} is not supported")));
    }
    match value {
        Some(value) => json_format::read(&value),
        None => Err(Refusal::message("is in structured mode, but has no value")),
    }
}

/// Attributes are headers, the value is data; without a value there is no data (§3.2).
fn read_binary<'r>(
    headers: impl Iterator<Item = (&'r str, Option<&'r [u8]>)>,
    value: Option<Bytes>,
) -> Result<Event, Refusal> {
    let mut attributes = AttributesBuilder::default();
    for (header, bytes) in headers {
        let Some(bytes) = bytes else { continue };
        let Some(name) = attribute_name(header) else { continue };
        let text = std::str::from_utf8(bytes).map_err(|_| Refusal::attribute(name, "is not UTF-8"))?;
        attributes.set(name, text)?;
    }
    let attributes = attributes.build()?;
    let data = match value {
        None => Data::Absent,
        Some(bytes) => Data::parse(attributes.datacontenttype.as_ref(), bytes)?,
    };
    Ok(Event { attributes, data })
}

fn attribute_name(header: &str) -> Option<&str> {
    match header {
        CONTENT_TYPE => Some("datacontenttype"),
        _ => header.strip_prefix(PREFIX),
    }
}

#[cfg(test)]
mod tests;
