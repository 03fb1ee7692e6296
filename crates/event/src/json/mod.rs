//! JSON data: validated once, carried as the text it came with, with a canonical form for the
//! digest. Numbers stay text from end to end, so no digit is ever lost to a double.

mod canonical;
mod members;
mod number;
mod pieces;
mod pointer;
mod string;

use bytes::Bytes;
use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use self::canonical::Canonical;
use crate::refusal::{Place, Refusal};

/// JSON text that PostgreSQL's `jsonb` can hold without changing its value.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonText {
    text: Bytes,
    canonical: Canonical,
}

impl JsonText {
    /// Validates `text`; the pointer of a refusal leads to the value that is wrong.
    pub fn parse(text: Bytes) -> Result<Self, Refusal> {
        Ok(Self { canonical: canonical::of(&text)?, text })
    }

    /// The value that `jiter` is at, with `jiter` behind it then, in the `document` that it reads. One that [`Self::parse`]
    /// would refuse is `None`, and left to it: it knows where that value begins.
    pub(crate) fn next(jiter: &mut Jiter<'_>, first: Peek, document: &Bytes) -> Option<Self> {
        let start = jiter.current_index();
        let canonical = canonical::next(jiter, first, document).ok()?;
        Some(Self { text: document.slice(start..jiter.current_index()), canonical })
    }

    /// The text as it came.
    pub fn text(&self) -> &Bytes {
        &self.text
    }

    /// The text as a string: validated JSON is UTF-8.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// No white space, members sorted by name, one spelling for equal numbers and strings.
    pub(crate) fn canonical(&self) -> &[u8] {
        match &self.canonical {
            Canonical::AsWritten => &self.text,
            Canonical::Made(made) => made,
        }
    }
}

impl std::fmt::Debug for JsonText {
    /// Payloads stay out of logs, so only the size is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JsonText({} bytes)", self.text.len())
    }
}

/// Names the parser's complaint, in the class its cause belongs to.
///
/// JSON's grammar allows half a surrogate pair (`"\ud800"`), numbers of any size and any depth;
/// what stops at one of them is JSON, but no database could hold it.
pub(crate) fn refusal(error: &JiterError, place: Place) -> Refusal {
    let unstorable = matches!(
        &error.error_type,
        JiterErrorType::JsonError(
            JsonErrorType::NumberOutOfRange
                | JsonErrorType::RecursionLimitExceeded
                | JsonErrorType::LoneLeadingSurrogateInHexEscape
                // The parser's name for a leading surrogate that no escape follows.
                | JsonErrorType::UnexpectedEndOfHexEscape,
        )
    );
    match unstorable {
        true => {
            let reason =
                format!("cannot be stored by PostgreSQL: {} at byte {}", error.error_type, error.index);
            Refusal::unstorable(place, reason)
        }
        false => malformed(error, place),
    }
}

/// Names the parser's complaint about text that has to be plain JSON.
pub(crate) fn malformed(error: &JiterError, place: Place) -> Refusal {
    Refusal::malformed(place, format!("is not valid JSON: {} at byte {}", error.error_type, error.index))
}

/// Why the value that `text` starts with is no data; whatever follows it is not looked at.
pub(crate) fn refusal_in(text: &[u8]) -> Option<Refusal> {
    canonical::of(text).err()
}

#[cfg(test)]
mod tests;
