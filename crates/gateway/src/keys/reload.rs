//! The keys that hold now: read at start, read again when their file changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::{Key, Keys, KeysError, Role, file};
use crate::instruments;

/// How often the file is looked at. Its content is compared, not its time: a mounted secret is
/// exchanged by a link, and a clock tells little.
const LOOK: Duration = Duration::from_secs(1);

/// The keys that hold now.
pub(crate) struct KeyRing {
    keys: ArcSwap<Keys>,
    /// Where they come from; `None` where authentication is switched off by name.
    file: Option<PathBuf>,
}

impl KeyRing {
    /// Reads the keys; without a file, everybody is the one anonymous producer.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, KeysError> {
        let keys = match file {
            Some(path) => file::parse(path, &file::read(path)?)?,
            None => Keys::open(),
        };
        Ok(Self { keys: ArcSwap::from_pointee(keys), file: file.map(Path::to_owned) })
    }

    /// The key of a caller who presented `secret`, or nothing.
    pub(crate) fn find(&self, secret: Option<&str>) -> Option<Arc<Key>> {
        let keys = self.keys.load();
        match self.file {
            Some(_) => secret.and_then(|secret| keys.find(secret)),
            None => keys.0.first().cloned(),
        }
    }

    /// The name of the one producer that may write events of `source`, if there is one.
    pub(crate) fn writer_of(&self, source: &str) -> Option<String> {
        let keys = self.keys.load();
        let mut writers = keys.0.iter().filter(|key| key.allows(Role::Write) && key.may_use(source));
        writers.next().map(|key| key.producer.clone())
    }

    /// Follows the file for ever. A file that is wrong changes nothing: the last good keys hold.
    pub(crate) async fn follow(self: Arc<Self>) {
        let Some(path) = self.file.clone() else { return };
        let mut seen = file::read(&path);
        loop {
            tokio::time::sleep(LOOK).await;
            let now = file::read(&path);
            if now != seen {
                self.exchange(&path, &now);
                seen = now;
            }
        }
    }

    fn exchange(&self, path: &Path, text: &Result<String, KeysError>) {
        let parsed = match text {
            Ok(text) => file::parse(path, text),
            Err(error) => Err(error.clone()),
        };
        match parsed {
            Ok(keys) => {
                tracing::info!(
                    name: "keys_reloaded",
                    keys = keys.0.len(),
                    "the file of keys changed and holds"
                );
                self.keys.store(Arc::new(keys));
                instruments::keys_reloaded(true);
            }
            Err(error) => {
                tracing::error!(
                    name: "keys_wrong",
                    %error,
                    "the file of keys changed and is wrong: the keys from before hold"
                );
                instruments::keys_reloaded(false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_everybody_is_anonymous() {
        let ring = KeyRing::load(None).unwrap();
        assert_eq!(ring.find(None).unwrap().producer, "anonymous");
    }

    #[test]
    fn a_wrong_file_leaves_the_keys_as_they_are() {
        let ring = KeyRing::load(None).unwrap();
        ring.exchange(Path::new("keys.json"), &Ok("{".to_owned()));
        assert!(ring.find(None).is_some());
    }
}
