//! A script that Redis runs: by its hash, once it has seen it.

use std::sync::OnceLock;

use fred::clients::{Client, WithOptions};
use fred::error::Error;
use fred::interfaces::LuaInterface as _;
use fred::types::{Key, Value};
use sha1::{Digest as _, Sha1};

pub(super) struct Script {
    text: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    /// One round trip, two where this server does not know the script yet.
    pub(super) async fn run(
        &self,
        client: &WithOptions<Client>,
        keys: Vec<Key>,
        arguments: Vec<Value>,
    ) -> Result<Value, Error> {
        let hash = self.hash.get_or_init(|| hex::encode(Sha1::digest(self.text)));
        match client.evalsha(hash.as_str(), keys.clone(), arguments.clone()).await {
            // EVAL runs the script and makes it known in one.
            Err(error) if error.details().starts_with("NOSCRIPT") => {
                client.eval(self.text, keys, arguments).await
            }
            answer => answer,
        }
    }
}
