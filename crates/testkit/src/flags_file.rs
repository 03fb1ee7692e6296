//! A file of feature flags, for programs that follow one.

use std::path::PathBuf;

use serde_json::{Value, json};

/// A file of flags in flagd's form; removed when it is dropped.
pub struct FlagsFile(PathBuf);

impl FlagsFile {
    /// Each flag as (key, value that holds).
    pub fn with(flags: &[(&str, Value)]) -> Self {
        let file = Self(std::env::temp_dir().join(format!("farol-flags-{}.json", uuid::Uuid::new_v4())));
        file.replace(flags);
        file
    }

    /// Other flags from now on.
    pub fn replace(&self, flags: &[(&str, Value)]) {
        let flag = |value: &Value| json!({ "state": "ENABLED", "variants": { "chosen": value }, "defaultVariant": "chosen" });
        let flags: serde_json::Map<_, _> =
            flags.iter().map(|(key, value)| ((*key).to_owned(), flag(value))).collect();
        self.replace_text(&json!({ "flags": flags }).to_string());
    }

    /// Another content from now on, as a whole.
    pub fn replace_text(&self, text: &str) {
        let next = self.0.with_extension("next");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(&next, &self.0).unwrap();
    }

    /// Where it is.
    pub fn path(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for FlagsFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}
