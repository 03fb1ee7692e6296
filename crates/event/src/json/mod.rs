//! JSON data: validated once, carried as the text it came with, with a canonical form for the
//! digest. Numbers stay text from end to end, so no digit is ever lost to a double.

mod canonical;
mod number;

use bytes::Bytes;
use jiter::{JiterError, JiterErrorType, JsonErrorType};

use crate::refusal::{Class, Place, Refusal};

/// JSON text that PostgreSQL's `jsonb` can hold without changing its value.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonText {
    text: Bytes,
    canonical: Box<[u8]>,
}

impl JsonText {
    /// Validates `text`; the pointer of a refusal leads to the value that is wrong.
    pub fn parse(text: Bytes) -> Result<Self, Refusal> {
        let canonical = canonical::of(&text)?.into_boxed_slice();
        Ok(Self { text, canonical })
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
        &self.canonical
    }
}

impl std::fmt::Debug for JsonText {
    /// Payloads stay out of logs, so only the size is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JsonText({} bytes)", self.text.len())
    }
}

/// Names the parser's complaint about `text`, in the class its cause belongs to.
pub(crate) fn refusal(error: &JiterError, text: &[u8], place: Place) -> Refusal {
    let unstorable = match &error.error_type {
        JiterErrorType::JsonError(
            JsonErrorType::NumberOutOfRange | JsonErrorType::RecursionLimitExceeded,
        ) => true,
        _ => ends_in_surrogate(&text[..text.len().min(error.index + 1)]),
    };
    let class = if unstorable { Class::Unstorable } else { Class::Malformed };
    let reason = match unstorable {
        true => format!("cannot be stored by PostgreSQL: {} at byte {}", error.error_type, error.index),
        false => format!("is not valid JSON: {} at byte {}", error.error_type, error.index),
    };
    Refusal { class, place, reason: reason.into() }
}

/// Whether parsing stopped at or just behind the escape of half a surrogate pair: JSON's
/// grammar allows `"\ud800"`, but it is no character and no database can hold it.
fn ends_in_surrogate(read: &[u8]) -> bool {
    const PAIR_OF_ESCAPES: usize = 13;
    let tail = &read[read.len().saturating_sub(PAIR_OF_ESCAPES)..];
    tail.windows(6).any(|w| {
        matches!(w, [b'\\', b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', c, d]
        if c.is_ascii_hexdigit() && d.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests;
