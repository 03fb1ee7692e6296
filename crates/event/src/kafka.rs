//! The Kafka protocol binding of CloudEvents 1.0.2 in binary mode: an event as the key,
//! headers and value of a record, and back. Knows names and bytes, not a client library.

use bytes::Bytes;

use crate::Event;
use crate::attributes::AttributesBuilder;
use crate::data::Data;
use crate::refusal::Refusal;

/// The header that names the media type of the record's value.
pub const CONTENT_TYPE: &str = "content-type";
/// What every attribute's header starts with.
const PREFIX: &str = "ce_";

/// The headers of the record that carries `event`, as (name, value).
pub fn headers(event: &Event) -> impl Iterator<Item = (String, &str)> {
    event.attributes.iter().map(|(name, value)| match name {
        "datacontenttype" => (CONTENT_TYPE.to_owned(), value),
        _ => (format!("{PREFIX}{name}"), value),
    })
}

/// Reads the event out of a record's headers and value. Headers that are not of this binding
/// are passed over; a header without a value counts as not there.
pub fn read<'r>(
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
