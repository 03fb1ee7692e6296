//! flagd's flag definitions, as far as they are understood here: whatever else a file says is refused when it is read.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::catalogue::{self, Known};
use crate::targeting::Rule;

/// Why a file of flags cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagsError {
    /// The file is not there or not readable.
    #[error("the file of flags {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// Who asks is not known.
    #[error("the name of this host, which tells replicas apart, cannot be read: {0}")]
    HostName(String),
    /// The file is not of flagd's form.
    #[error("the file of flags {path} is not a flag definition of flagd: {reason}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A flag says something that is not understood.
    #[error("the file of flags {path}: {key}: {reason}")]
    Flag {
        /// The file.
        path: String,
        /// The flag.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a file says, checked: every variant of every flag is usable, not only the one that holds now.
#[derive(Debug)]
pub(crate) struct Definitions(BTreeMap<String, Definition>);

#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) is_enabled: bool,
    pub(crate) variants: BTreeMap<String, Value>,
    pub(crate) default_variant: String,
    pub(crate) targeting: Option<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagFile {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    #[serde(rename = "metadata")]
    _metadata: Option<serde_json::Map<String, Value>>,
    flags: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Flag {
    #[serde(rename = "metadata")]
    _metadata: Option<serde_json::Map<String, Value>>,
    state: State,
    variants: BTreeMap<String, Value>,
    default_variant: String,
    targeting: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum State {
    Enabled,
    Disabled,
}

impl Definitions {
    /// Reads `text`, the content of `file`.
    pub(crate) fn parse(file: &Path, text: &str) -> Result<Self, FlagsError> {
        let path = file.display().to_string();
        let FlagFile { flags, .. } = serde_json::from_str(text)
            .map_err(|error| FlagsError::Malformed { path: path.clone(), reason: error.to_string() })?;
        let mut definitions = BTreeMap::new();
        for (key, flag) in flags {
            let definition = Definition::read(&key, flag).map_err(|reason| FlagsError::Flag {
                path: path.clone(),
                key: key.clone(),
                reason,
            })?;
            definitions.insert(key, definition);
        }
        Ok(Self(definitions))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Definition> {
        self.0.get(key)
    }
}

impl Definition {
    fn read(key: &str, flag: Value) -> Result<Self, String> {
        let known = Known::find(key).ok_or_else(|| {
            let all: Vec<_> = catalogue::ALL.iter().map(|known| known.key).collect();
            format!("there is no such flag; there are {}", all.join(", "))
        })?;
        let flag: Flag = serde_json::from_value(flag).map_err(|error| error.to_string())?;
        for (variant, value) in &flag.variants {
            known.form.check(value).map_err(|reason| format!("variant {variant}: {reason}"))?;
        }
        if !flag.variants.contains_key(&flag.default_variant) {
            return Err(format!("defaultVariant {:?} is none of its variants", flag.default_variant));
        }
        let targeting =
            flag.targeting.as_ref().map(|rule| Rule::read(rule, &flag.variants)).transpose()?.flatten();
        Ok(Self {
            is_enabled: matches!(flag.state, State::Enabled),
            variants: flag.variants,
            default_variant: flag.default_variant,
            targeting,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(content: &str) -> Result<Definitions, FlagsError> {
        Definitions::parse(Path::new("flags.json"), content)
    }

    fn with(flag: &Value) -> Result<Definitions, FlagsError> {
        parse(&json!({ "flags": { "receipt-cache": flag } }).to_string())
    }

    fn flag() -> Value {
        json!({ "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "on" })
    }

    fn but(name: &str, value: Value) -> Value {
        let mut flag = flag();
        flag[name] = value;
        flag
    }

    #[test]
    fn a_definition_of_flagd_is_read_with_what_is_only_said_about_it() {
        assert!(with(&flag()).unwrap().get("receipt-cache").unwrap().is_enabled);
        let described =
            json!({ "$schema": "https://flagd.dev/schema/v0/flags.json", "metadata": {}, "flags": {} });
        assert!(parse(&described.to_string()).is_ok());
        assert!(with(&but("metadata", json!({ "owner": "sre" }))).is_ok());
        for nothing in [json!({}), Value::Null] {
            assert!(with(&but("targeting", nothing)).is_ok());
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_and_named() {
        for (wrong, said) in [
            (but("state", json!("MAYBE")), "unknown variant `MAYBE`"),
            (but("defaultVariant", json!("maybe")), "defaultVariant \"maybe\" is none of its variants"),
            (but("variants", json!({ "on": true, "off": "no" })), "variant off: must be true or false"),
            (but("rollout", json!(5)), "unknown field `rollout`"),
            (json!({ "state": "ENABLED" }), "missing field `variants`"),
        ] {
            let error = with(&wrong).unwrap_err().to_string();
            assert!(error.starts_with("the file of flags flags.json: receipt-cache: "), "{error}");
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_mistyped_flag_is_refused_and_not_ignored() {
        let error = parse(&json!({ "flags": { "shed-event": flag() } }).to_string()).unwrap_err().to_string();
        assert!(error.contains("shed-event: there is no such flag; there are shed-events, "), "{error}");
    }

    #[test]
    fn a_file_that_is_no_flag_definition_is_refused_with_the_place() {
        for (content, said) in [
            ("", "line 1"),
            ("{}", "missing field `flags`"),
            (r#"{"flags":{},"$evaluators":{}}"#, "evaluators"),
        ] {
            let error = parse(content).unwrap_err().to_string();
            assert!(error.contains("flags.json") && error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_ratio_is_from_nothing_to_all() {
        let ratio = |value: Value| {
            let flag = json!({ "state": "ENABLED", "variants": { "v": value }, "defaultVariant": "v" });
            parse(&json!({ "flags": { "trace-sampling-ratio": flag } }).to_string())
        };
        assert!(ratio(json!(0)).is_ok() && ratio(json!(0.05)).is_ok() && ratio(json!(1)).is_ok());
        assert!(ratio(json!(5)).is_err() && ratio(json!(-0.1)).is_err() && ratio(json!("1")).is_err());
    }
}
