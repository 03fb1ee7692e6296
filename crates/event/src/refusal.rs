//! Why something is not an event Farol can take: which class of mistake, where, and in words.

use std::borrow::Cow;
use std::fmt;

/// The class of a mistake; it decides the status a client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Not a CloudEvent: the message breaks the specification (HTTP 400).
    Malformed,
    /// A well-formed event that could never be stored as it is (HTTP 422).
    Unstorable,
}

/// Where in the event the mistake is, in words that every binding can translate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The message as a whole.
    Message,
    /// A context attribute, by name.
    Attribute(String),
    /// The data; the text is a JSON pointer (RFC 6901) inside it, empty for all of it.
    Data(String),
}

impl Place {
    /// The attribute called `name`, cut where a name would fill pages.
    pub(crate) fn attribute(name: &str) -> Self {
        const MAX_SHOWN_BYTES: usize = 256;
        Self::Attribute(name[..name.floor_char_boundary(MAX_SHOWN_BYTES)].to_owned())
    }
}

/// An event was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The class of the mistake.
    pub class: Class,
    /// Where it is.
    pub place: Place,
    /// What is wrong, for the person who sent it.
    pub reason: Cow<'static, str>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Message => write!(f, "{}", self.reason),
            Place::Attribute(name) => write!(f, "attribute {name}: {}", self.reason),
            Place::Data(pointer) if pointer.is_empty() => write!(f, "data: {}", self.reason),
            Place::Data(pointer) => write!(f, "data at {pointer}: {}", self.reason),
        }
    }
}

impl Refusal {
    pub(crate) fn malformed(place: Place, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { class: Class::Malformed, place, reason: reason.into() }
    }

    pub(crate) fn unstorable(place: Place, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { class: Class::Unstorable, place, reason: reason.into() }
    }

    pub(crate) fn message(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::malformed(Place::Message, reason)
    }

    pub(crate) fn attribute(name: &str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::malformed(Place::attribute(name), reason)
    }
}
