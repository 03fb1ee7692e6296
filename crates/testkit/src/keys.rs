//! A file of keys of a test's own.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// A file of keys, removed with its test.
pub struct KeysFile(PathBuf);

impl KeysFile {
    /// Each key as (secret, source prefixes, roles).
    pub fn with(keys: &[(&str, &[&str], &[&str])]) -> Self {
        let path = std::env::temp_dir().join(format!("farol-keys-{}.json", uuid::Uuid::new_v4()));
        let file = Self(path);
        file.replace(keys);
        file
    }

    /// A file that says just this.
    pub fn of(content: &serde_json::Value) -> Self {
        let file = Self(std::env::temp_dir().join(format!("farol-keys-{}.json", uuid::Uuid::new_v4())));
        file.replace_text(&content.to_string());
        file
    }

    /// Other keys from now on.
    pub fn replace(&self, keys: &[(&str, &[&str], &[&str])]) {
        let keys: Vec<_> = keys
            .iter()
            .map(|(secret, sources, roles)| {
                let sha256 = hex::encode(Sha256::digest(secret));
                serde_json::json!({ "producer": "test", "sha256": sha256, "sources": sources, "roles": roles })
            })
            .collect();
        self.replace_text(&serde_json::json!({ "keys": keys }).to_string());
    }

    /// Another content from now on, as a whole.
    pub fn replace_text(&self, text: &str) {
        let next = self.0.with_extension("next");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(&next, &self.0).unwrap();
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for KeysFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}
