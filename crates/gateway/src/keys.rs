//! Who may write and read: keys known by their SHA-256 digest only, each with its producer,
//! the sources it may speak for, its roles and its rate.

mod file;
mod reload;

use std::sync::Arc;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::producer_rate::Rate;

pub(crate) use file::KeysError;
pub(crate) use reload::KeyRing;

/// What a key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Write,
    Read,
    Admin,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
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
    /// Without it the producer has no limit.
    pub(crate) rate: Option<Rate>,
}

const EVERY_SOURCE: &str = "*";

impl Key {
    pub(crate) fn allows(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// What the file of keys holds of it.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub(crate) fn may_use_every_source(&self) -> bool {
        self.sources.iter().any(|prefix| prefix == EVERY_SOURCE)
    }

    pub(crate) fn may_use(&self, source: &str) -> bool {
        self.sources.iter().any(|prefix| prefix == EVERY_SOURCE || has_prefix(source, prefix))
    }
}

/// `/nyc` covers `/nyc` and `/nyc/JFK`, not `/nycx`.
fn has_prefix(source: &str, prefix: &str) -> bool {
    match source.strip_prefix(prefix.trim_end_matches('/')) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// Whether some source is covered by both prefixes.
fn overlap(one: &str, other: &str) -> bool {
    one == EVERY_SOURCE || other == EVERY_SOURCE || has_prefix(one, other) || has_prefix(other, one)
}

/// All keys of the gateway, at one time.
#[derive(Debug)]
pub(crate) struct Keys(Vec<Arc<Key>>);

impl Keys {
    /// The one key of a gateway whose authentication is switched off by name.
    fn open() -> Self {
        let roles = vec![Role::Write, Role::Read, Role::Admin];
        let sources = vec![EVERY_SOURCE.to_owned()];
        Self(vec![Arc::new(Key {
            producer: "anonymous".into(),
            digest: [0; 32],
            sources,
            roles,
            rate: None,
        })])
    }

    /// The key that `secret` is. Looks at every digest in full, so that time tells nothing.
    fn find(&self, secret: &str) -> Option<Arc<Key>> {
        let digest: [u8; 32] = Sha256::digest(secret).into();
        let mut found = None;
        for key in &self.0 {
            if bool::from(key.digest.ct_eq(&digest)) {
                found = Some(key);
            }
        }
        found.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_prefix_covers_whole_segments() {
        for (source, allowed) in
            [("/nyc", true), ("/nyc/JFK", true), ("/nycx", false), ("/", false), ("x/nyc", false)]
        {
            assert_eq!(has_prefix(source, "/nyc/"), allowed, "{source}");
        }
    }

    #[test]
    fn prefixes_overlap_where_one_source_has_both() {
        for (one, other, expected) in [
            ("/nyc", "/nyc/JFK", true),
            ("/nyc", "/nyc/", true),
            ("/nyc", "/nycx", false),
            ("/nyc/JFK", "/nyc/LGA", false),
            ("*", "/nyc", true),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
