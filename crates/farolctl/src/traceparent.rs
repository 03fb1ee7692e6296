//! The W3C `traceparent` a client sends, so that it knows its trace id before any answer.
//! <https://www.w3.org/TR/trace-context/#traceparent-header>

use std::{fmt, str::FromStr};

/// A checked `traceparent` value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Traceparent(String);

impl Traceparent {
    /// A new sampled trace.
    pub(crate) fn random() -> Self {
        let trace_id = uuid::Uuid::new_v4().simple().to_string();
        // a version 4 UUID's second half holds its variant bits, so it is never all zero
        let span_id = uuid::Uuid::new_v4().simple().to_string().split_off(16);
        Self(format!("00-{trace_id}-{span_id}-01"))
    }

    /// The value of the header.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Traceparent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('-').collect();
        let valid = match parts.as_slice() {
            ["00", trace, span, flags] => is_id(trace, 32) && is_id(span, 16) && is_lower_hex(flags, 2),
            _ => false,
        };
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected 00-<32 lower-case hex digits>-<16>-<2>, ids not all zero".to_owned())
        }
    }
}

fn is_id(text: &str, digits: usize) -> bool {
    is_lower_hex(text, digits) && text.bytes().any(|byte| byte != b'0')
}

fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::Traceparent;

    #[test]
    fn a_random_one_is_valid_and_sampled() {
        let random = Traceparent::random();
        assert_eq!(random.as_str().parse(), Ok(random.clone()));
        assert!(random.as_str().ends_with("-01"));
        assert_ne!(random, Traceparent::random());
    }

    #[test]
    fn malformed_ones_are_refused() {
        for text in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ] {
            assert!(text.parse::<Traceparent>().is_err(), "{text}");
        }
    }
}
