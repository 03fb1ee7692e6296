//! `datacontenttype`: a media type by the grammar of RFC 9110 §8.3.1 (that of RFC 2046 with the
//! white space of HTTP), and what it says about data: whether it is JSON, and in which charset.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::attribute::MAX_VALUE_BYTES;
use crate::refusal::{Place, Refusal};
use crate::text;

/// What the media types of event formats start with; a message of one is in structured mode.
pub(crate) const CLOUDEVENTS: &str = "application/cloudevents";

/// That of nearly all events, known without being read.
const JSON: &str = "application/json";

/// `datacontenttype`: the media type of data, parameters included, as the producer wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaType(Cow<'static, str>);

impl MediaType {
    /// The type that data without a declared one has in the JSON event format (§3.1).
    pub const fn json() -> Self {
        Self(Cow::Borrowed(JSON))
    }

    /// The attribute's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether data of this type is JSON: without parameters it is `*/json` or `*/*+json`, in any
    /// case (JSON format §3.1.1). JSON is UTF-8 whatever its parameters say (RFC 8259 §8.1, §11).
    pub fn is_json(&self) -> bool {
        if self.0 == JSON {
            return true;
        }
        let subtype = essence(&self.0).split_once('/').map_or("", |(_, subtype)| subtype);
        subtype.eq_ignore_ascii_case("json") || ends_with(subtype, "+json")
    }

    /// Whether `data`, being text of Unicode, can be carried as its UTF-8 bytes under this type:
    /// that would be a lie where the type declares a charset in which the bytes differ.
    pub(crate) fn is_true_of(&self, data: &str) -> bool {
        const LIKE_ASCII: [&str; 3] = ["us-ascii", "iso-8859-", "windows-125"];
        let declared = parameters(&self.0).flatten().find(|(name, _)| name.eq_ignore_ascii_case("charset"));
        match declared {
            None => true,
            Some((_, charset)) if charset.eq_ignore_ascii_case("utf-8") => true,
            Some((_, charset)) => data.is_ascii() && LIKE_ASCII.iter().any(|like| starts_with(charset, like)),
        }
    }
}

impl FromStr for MediaType {
    type Err = Refusal;

    fn from_str(value: &str) -> Result<Self, Refusal> {
        const NAME: &str = "datacontenttype";
        if value == JSON {
            return Ok(Self::json());
        }
        text::check_bounded(NAME, value, MAX_VALUE_BYTES)?;
        let kinds = essence(value).split_once('/');
        let named = kinds.is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
        if !named || parameters(value).any(|parameter| parameter.is_err()) {
            return Err(Refusal::attribute(NAME, "is not a media type (RFC 2046)"));
        }
        if is_event_format(value) {
            let reason = "is the media type of an event format: in binary mode, which Farol's records have, \
                          the data would be taken for the event";
            return Err(Refusal::unstorable(Place::attribute(NAME), reason));
        }
        Ok(Self(Cow::Owned(value.to_owned())))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A media type without its parameters.
pub(crate) fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// Whether a message of this media type is in structured or batched mode, in a known event
/// format or not (HTTP binding §3, Kafka binding §3).
pub(crate) fn is_event_format(value: &str) -> bool {
    starts_with(value.trim_start(), CLOUDEVENTS)
}

/// What follows the essence: `*( OWS ";" OWS [ name "=" ( token / quoted-string ) ] )`. The value
/// of a quoted-string is given without its quotes, escapes left in.
fn parameters(value: &str) -> Parameters<'_> {
    Parameters { rest: value.find(';').map_or("", |at| &value[at..]) }
}

struct Parameters<'t> {
    rest: &'t str,
}

/// It is no list of parameters from here on.
struct Broken;

impl<'t> Iterator for Parameters<'t> {
    type Item = Result<(&'t str, &'t str), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.rest.trim_start();
        while let Some(after) = rest.strip_prefix(';') {
            rest = after.trim_start();
            if !rest.is_empty() && !rest.starts_with(';') {
                return Some(self.parameter(rest));
            }
        }
        self.rest = "";
        (!rest.is_empty()).then_some(Err(Broken))
    }
}

impl<'t> Parameters<'t> {
    fn parameter(&mut self, text: &'t str) -> <Self as Iterator>::Item {
        // A broken list ends where it breaks.
        self.rest = "";
        let (name, after) = text.split_once('=').ok_or(Broken)?;
        let (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_at(end_of_quoted(quoted).ok_or(Broken)?),
            None => after.split_at(after.find([';', ' ']).unwrap_or(after.len())),
        };
        let quoted = after.starts_with('"');
        if !is_token(name) || !(quoted || is_token(value)) {
            return Err(Broken);
        }
        self.rest = if quoted { &rest[1..] } else { rest };
        Ok((name, value))
    }
}

/// Where the quote is that closes a quoted-string.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        _ => byte == b'"',
    })
}

fn is_token(text: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(token)
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn ends_with(text: &str, suffix: &str) -> bool {
    let start = text.len().checked_sub(suffix.len());
    start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

#[cfg(test)]
mod tests;
