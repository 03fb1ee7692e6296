//! Who may write and read: keys known by their SHA-256 digest only, each with its producer,
//! the sources it may speak for and its roles.

use std::path::Path;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What a key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Write,
    Read,
    Admin,
}

/// One key, as configured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// The name of the authenticated client.
    pub(crate) producer: String,
    #[serde(rename = "sha256", with = "hex")]
    digest: [u8; 32],
    /// Prefixes of `source`, whole path segments; `*` allows every source.
    sources: Vec<String>,
    roles: Vec<Role>,
}

impl Key {
    pub(crate) fn allows(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub(crate) fn may_use(&self, source: &str) -> bool {
        self.sources.iter().any(|prefix| prefix == "*" || has_prefix(source, prefix))
    }
}

/// `/nyc` covers `/nyc` and `/nyc/JFK`, not `/nycx`.
fn has_prefix(source: &str, prefix: &str) -> bool {
    match source.strip_prefix(prefix.trim_end_matches('/')) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// Why a key file cannot be used. Says nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file is not there or not readable.
    #[error("the file of keys {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is not of the expected form.
    #[error(
        "the file of keys {path} is not of the form {{\"keys\":[{{producer, sha256, sources, roles}}]}}: line {line}"
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
}

/// All keys of the gateway.
#[derive(Debug)]
pub(crate) struct Keys(Vec<Key>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    keys: Vec<Key>,
}

impl Keys {
    pub(crate) fn load(file: &Path) -> Result<Self, KeysError> {
        let path = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|source| KeysError::Unreadable { path: path.clone(), source })?;
        let file: KeysFile = serde_json::from_str(&text)
            .map_err(|error| KeysError::Malformed { path: path.clone(), line: error.line() })?;
        if file.keys.is_empty() {
            return Err(KeysError::Empty { path });
        }
        Ok(Self(file.keys))
    }

    /// The one key of a gateway whose authentication is switched off by name.
    pub(crate) fn open() -> Self {
        let roles = vec![Role::Write, Role::Read, Role::Admin];
        let key = Key { producer: "anonymous".into(), digest: [0; 32], sources: vec!["*".into()], roles };
        Self(vec![key])
    }

    /// The key that `secret` is. Looks at every digest in full, so that time tells nothing.
    pub(crate) fn find(&self, secret: &str) -> Option<&Key> {
        let digest: [u8; 32] = Sha256::digest(secret).into();
        let mut found = None;
        for key in &self.0 {
            if bool::from(key.digest.ct_eq(&digest)) {
                found = Some(key);
            }
        }
        found
    }

    /// The first key, for a gateway without authentication.
    pub(crate) fn first(&self) -> Option<&Key> {
        self.0.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(sources: &[&str], roles: &[Role]) -> Keys {
        let digest = Sha256::digest("farol_secret").into();
        let sources = sources.iter().map(|s| (*s).to_owned()).collect();
        Keys(vec![Key { producer: "airport".into(), digest, sources, roles: roles.to_vec() }])
    }

    #[test]
    fn a_key_is_found_by_its_secret_alone() {
        let keys = keys(&["*"], &[Role::Write]);
        assert_eq!(keys.find("farol_secret").map(|key| key.producer.as_str()), Some("airport"));
        assert!(keys.find("farol_other").is_none());
        assert!(keys.find("").is_none());
    }

    #[test]
    fn a_source_prefix_covers_whole_segments() {
        let keys = keys(&["/nyc/"], &[Role::Write]);
        let key = keys.first().unwrap();
        for (source, allowed) in
            [("/nyc", true), ("/nyc/JFK", true), ("/nycx", false), ("/", false), ("x/nyc", false)]
        {
            assert_eq!(key.may_use(source), allowed, "{source}");
        }
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_without_its_content() {
        let file = std::env::temp_dir().join(format!("farol-keys-{}.json", std::process::id()));
        for content in [
            "",
            "{}",
            r#"{"keys":[]}"#,
            r#"{"keys":[{"producer":"p","sha256":"abc","sources":[],"roles":[]}]}"#,
        ] {
            std::fs::write(&file, content).unwrap();
            let message = Keys::load(&file).unwrap_err().to_string();
            assert!(!message.contains("abc"), "{message}");
        }
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(Keys::load(&file), Err(KeysError::Unreadable { .. })));
    }
}
