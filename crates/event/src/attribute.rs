//! The context attributes of CloudEvents 1.0.2 §3.1 as types that exist only when valid.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::refusal::Refusal;
use crate::text;

/// The longest `source`, in bytes.
pub(crate) const MAX_SOURCE_BYTES: usize = 1024;
/// The longest `id`, in bytes.
pub(crate) const MAX_ID_BYTES: usize = 512;
/// The longest of every other attribute value, in bytes.
pub(crate) const MAX_VALUE_BYTES: usize = 4096;
/// The longest extension name, in bytes; the specification asks producers for 20 at most.
pub(crate) const MAX_NAME_BYTES: usize = 64;

/// Declares a text attribute: a newtype that only its `FromStr` can make.
macro_rules! text_attribute {
    ($(#[$doc:meta])* $name:ident, $attribute:literal, $max:expr, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The attribute's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Refusal;

            fn from_str(value: &str) -> Result<Self, Refusal> {
                text::check_bounded($attribute, value, $max)?;
                let check: fn(&str) -> Result<(), Refusal> = $check;
                check(value)?;
                Ok(Self(value.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_attribute!(
    /// `id`: unique within its source.
    EventId, "id", MAX_ID_BYTES, |_| Ok(())
);
text_attribute!(
    /// `source`: the context in which the event happened, a URI reference (RFC 3986).
    Source, "source", MAX_SOURCE_BYTES, |value| uri_reference("source", value)
);
text_attribute!(
    /// `type`: what kind of occurrence it was.
    EventType, "type", MAX_VALUE_BYTES, |_| Ok(())
);
text_attribute!(
    /// `subject`: what the event is about within its source.
    Subject, "subject", MAX_VALUE_BYTES, |_| Ok(())
);
text_attribute!(
    /// `dataschema`: an absolute URI (RFC 3986) of the schema that data adheres to.
    SchemaUri, "dataschema", MAX_VALUE_BYTES, absolute_uri
);
text_attribute!(
    /// `datacontenttype`: the media type of data (RFC 2046), parameters included.
    MediaType, "datacontenttype", MAX_VALUE_BYTES, |value| media_type(value).map(drop)
);
text_attribute!(
    /// The name of an extension attribute: lower-case ASCII letters and digits.
    ExtensionName, "extension name", MAX_NAME_BYTES, extension_name
);

impl MediaType {
    /// The type that data without a declared one has in the JSON event format (§3.1).
    pub fn json() -> Self {
        Self("application/json".to_owned())
    }

    /// Whether data of this type is JSON: subtype `json`, or any with the suffix `+json`.
    pub fn is_json(&self) -> bool {
        media_type(&self.0).is_ok_and(|m| m.subtype() == mime::JSON || m.suffix() == Some(mime::JSON))
    }
}

/// `time`: when the occurrence happened (RFC 3339). Keeps the text it came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    text: String,
    instant: OffsetDateTime,
}

impl Time {
    /// The text as the producer wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The point in time it names.
    pub fn instant(&self) -> OffsetDateTime {
        self.instant
    }
}

impl FromStr for Time {
    type Err = Refusal;

    fn from_str(value: &str) -> Result<Self, Refusal> {
        let instant = OffsetDateTime::parse(value, &Rfc3339).map_err(|_| {
            Refusal::attribute("time", "is not an RFC 3339 date-time such as 2013-01-01T05:17:00-05:00")
        })?;
        Ok(Self { text: value.to_owned(), instant })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn uri_reference(name: &str, value: &str) -> Result<(), Refusal> {
    fluent_uri::UriRef::parse(value)
        .map(drop)
        .map_err(|_| Refusal::attribute(name, "is not a URI reference (RFC 3986)"))
}

fn absolute_uri(value: &str) -> Result<(), Refusal> {
    fluent_uri::Uri::parse(value)
        .map(drop)
        .map_err(|_| Refusal::attribute("dataschema", "is not an absolute URI (RFC 3986)"))
}

fn media_type(value: &str) -> Result<mime::Mime, Refusal> {
    value.parse().map_err(|_| Refusal::attribute("datacontenttype", "is not a media type (RFC 2046)"))
}

fn extension_name(value: &str) -> Result<(), Refusal> {
    let lower_alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if !value.bytes().all(lower_alphanumeric) {
        return Err(Refusal::attribute(value, "a name consists of a-z and 0-9 only"));
    }
    if value == "data" {
        return Err(Refusal::attribute(value, "is reserved for the payload"));
    }
    Ok(())
}
