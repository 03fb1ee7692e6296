//! The context attributes of CloudEvents 1.0.2 §3.1 as types that exist only when valid.

use std::fmt;
use std::str::FromStr;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::refusal::{Place, Refusal};
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
    /// `dataschema`: a URI (RFC 3986) of the schema that data adheres to. It has a scheme; it may
    /// have a fragment, as URIs of parts of a JSON schema do.
    SchemaUri, "dataschema", MAX_VALUE_BYTES, absolute_uri
);
/// The name of an extension attribute: lower-case ASCII letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtensionName(String);

impl ExtensionName {
    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExtensionName {
    type Err = Refusal;

    fn from_str(name: &str) -> Result<Self, Refusal> {
        let lower_alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if name.is_empty() {
            return Err(Refusal::attribute(name, "a name must not be empty"));
        }
        if !name.bytes().all(lower_alphanumeric) {
            return Err(Refusal::attribute(name, "a name consists of a-z and 0-9 only"));
        }
        if name == "data" {
            return Err(Refusal::attribute(name, "is reserved for the payload"));
        }
        if name.len() > MAX_NAME_BYTES {
            let reason = format!("a name of {} bytes; the limit is {MAX_NAME_BYTES}", name.len());
            return Err(Refusal::unstorable(Place::attribute(name), reason));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for ExtensionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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

    /// The point in time it names, in UTC, to the nanosecond; a leap second is the end of the
    /// second before it.
    pub fn instant(&self) -> OffsetDateTime {
        self.instant
    }
}

impl FromStr for Time {
    type Err = Refusal;

    fn from_str(value: &str) -> Result<Self, Refusal> {
        text::check_bounded("time", value, MAX_VALUE_BYTES)?;
        let wrong =
            || Refusal::attribute("time", "is not an RFC 3339 date-time such as 2013-01-01T05:17:00-05:00");
        // The parser takes any byte between date and time; the grammar has T, in either case.
        if !matches!(value.as_bytes().get(10), Some(b'T' | b't')) {
            return Err(wrong());
        }
        let local = OffsetDateTime::parse(value, &Rfc3339).map_err(|_| wrong())?;
        let instant = local.checked_to_offset(UtcOffset::UTC).ok_or_else(|| {
            Refusal::unstorable(Place::attribute("time"), "lies beyond the year 9999 in UTC")
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

#[cfg(test)]
mod tests;
