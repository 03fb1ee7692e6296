//! The file of keys: its form, and what must hold between its keys.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::{Key, Keys, Role, overlap};
use crate::producer_rate::Rate;

/// Why a key file cannot be used. Says nothing of the keys in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// The file is not there or not readable.
    #[error("the file of keys {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// The file is not of the expected form.
    #[error(
        "the file of keys {path} is not of the form {{\"keys\":[{{producer, sha256, sources, roles, rate?}}]}}: line {line}"
    )]
    Malformed {
        /// The file.
        path: String,
        /// Where reading stopped.
        line: usize,
    },
    /// Nobody could use the gateway.
    #[error("the file of keys {path} holds no key")]
    Empty {
        /// The file.
        path: String,
    },
    /// A source belongs to one producer, so that what has its name is its own.
    #[error(
        "the file of keys {path} lets both {one} and {other} write sources under {prefix}: give each its own"
    )]
    Overlap {
        /// The file.
        path: String,
        /// A producer.
        one: String,
        /// Another.
        other: String,
        /// The prefix both have.
        prefix: String,
    },
    /// A producer has one rate.
    #[error("the file of keys {path} gives {producer} keys of different rates: a producer has one rate")]
    Rates {
        /// The file.
        path: String,
        /// Whose rates they are.
        producer: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    keys: Vec<Key>,
}

/// Reads the file; answers with its text as well, which tells whether it changed.
pub(super) fn read(file: &Path) -> Result<String, KeysError> {
    std::fs::read_to_string(file).map_err(|error| KeysError::Unreadable {
        path: file.display().to_string(),
        reason: error.to_string(),
    })
}

/// The keys that `text`, the content of `file`, holds.
pub(super) fn parse(file: &Path, text: &str) -> Result<Keys, KeysError> {
    let path = file.display().to_string();
    let KeysFile { keys } = serde_json::from_str(text)
        .map_err(|error| KeysError::Malformed { path: path.clone(), line: error.line() })?;
    if keys.is_empty() {
        return Err(KeysError::Empty { path });
    }
    check_overlaps(&path, &keys)?;
    check_rates(&path, &keys)?;
    Ok(Keys(keys.into_iter().map(Arc::new).collect()))
}

/// Only writers are held apart: one who only reads may well read everything.
fn check_overlaps(path: &str, keys: &[Key]) -> Result<(), KeysError> {
    let writers: Vec<_> = keys.iter().filter(|key| key.allows(Role::Write)).collect();
    for (index, one) in writers.iter().enumerate() {
        for other in writers[index + 1..].iter().filter(|other| other.producer != one.producer) {
            let both = one.sources.iter().find(|a| other.sources.iter().any(|b| overlap(a, b)));
            if let Some(prefix) = both {
                return Err(KeysError::Overlap {
                    path: path.to_owned(),
                    one: one.producer.clone(),
                    other: other.producer.clone(),
                    prefix: prefix.clone(),
                });
            }
        }
    }
    Ok(())
}

/// A producer has one rate, whichever of its keys it uses.
fn check_rates(path: &str, keys: &[Key]) -> Result<(), KeysError> {
    let mut rates: BTreeMap<&str, Option<Rate>> = BTreeMap::new();
    for key in keys.iter().filter(|key| key.allows(Role::Write)) {
        if *rates.entry(&key.producer).or_insert(key.rate) != key.rate {
            return Err(KeysError::Rates { path: path.to_owned(), producer: key.producer.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(producer: &str, sources: &str, roles: &str, more: &str) -> String {
        let digest = "ab".repeat(32);
        format!(
            r#"{{"producer":"{producer}","sha256":"{digest}","sources":[{sources}],"roles":[{roles}]{more}}}"#
        )
    }

    fn parse_keys(keys: &[String]) -> Result<Keys, KeysError> {
        parse(Path::new("keys.json"), &format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_without_its_content() {
        for content in [
            "",
            "{}",
            r#"{"keys":[]}"#,
            r#"{"keys":[{"producer":"p","sha256":"abc","sources":[],"roles":[]}]}"#,
        ] {
            let message = parse(Path::new("keys.json"), content).unwrap_err().to_string();
            assert!(message.contains("keys.json") && !message.contains("abc"), "{message}");
        }
        assert!(matches!(read(Path::new("no/such/file")), Err(KeysError::Unreadable { .. })));
    }

    #[test]
    fn two_producers_never_write_one_source() {
        let (jfk, nyc) =
            (key("jfk", "\"/nyc/JFK\"", "\"write\"", ""), key("nyc", "\"/nyc\"", "\"write\"", ""));
        let error = parse_keys(&[jfk.clone(), nyc]).unwrap_err();
        assert!(matches!(error, KeysError::Overlap { .. }), "{error}");
        let reader = key("sre", "\"*\"", "\"read\"", "");
        let second = key("jfk", "\"/nyc\"", "\"write\"", "");
        assert!(parse_keys(&[jfk, reader, second]).is_ok());
    }

    #[test]
    fn a_producer_has_one_rate_that_lets_something_through() {
        let write = |rate: &str| key("p", "\"/p\"", "\"write\"", rate);
        let rate = r#","rate":{"eventsPerSecond":10,"burst":20}"#;
        assert!(parse_keys(&[write(rate), write(rate)]).is_ok());
        assert!(matches!(parse_keys(&[write(rate), write("")]), Err(KeysError::Rates { .. })));
        let nothing = write(r#","rate":{"eventsPerSecond":10,"burst":0}"#);
        assert!(matches!(parse_keys(&[nothing]), Err(KeysError::Malformed { .. })));
    }
}
