//! Binary content mode: attributes in `ce-` headers, data in the body (HTTP binding §3.1).

use bytes::Bytes;

use super::header_value;
use crate::Event;
use crate::attributes::AttributesBuilder;
use crate::data::Data;
use crate::refusal::Refusal;

pub(super) fn read<'h>(
    headers: impl Iterator<Item = (&'h str, &'h [u8])>,
    body: Bytes,
) -> Result<Event, Refusal> {
    let mut attributes = AttributesBuilder::default();
    for (header, value) in headers {
        if header.eq_ignore_ascii_case("content-type") {
            let value = std::str::from_utf8(value)
                .map_err(|_| Refusal::attribute("datacontenttype", "is not a media type (RFC 2046)"))?;
            attributes.set("datacontenttype", value)?;
        } else if let Some(name) = attribute_name(header) {
            if name == "datacontenttype" {
                return Err(Refusal::attribute(&name, "belongs into the Content-Type header"));
            }
            let value = header_value::decode(value).map_err(|reason| Refusal::attribute(&name, reason))?;
            attributes.set(&name, &value)?;
        }
    }
    let attributes = attributes.build()?;
    // HTTP cannot tell a body of no bytes from no body: both are an event without data.
    let data = match body.is_empty() {
        true => Data::Absent,
        false => Data::parse(attributes.datacontenttype.as_ref(), body)?,
    };
    Ok(Event { attributes, data })
}

/// The attribute that a header carries: what follows `ce-`, in lower case.
fn attribute_name(header: &str) -> Option<String> {
    let prefix = header.get(..3)?;
    prefix.eq_ignore_ascii_case("ce-").then(|| header[3..].to_ascii_lowercase())
}
