//! `farolctl key new`: a random key and the digest that goes into the gateway's keys file.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    error::Error,
    output::{Output, Report},
};

/// Make a random key; only its digest belongs into the gateway's keys file
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Who will use the key
    #[arg(long, value_name = "NAME")]
    producer: Option<String>,
}

#[derive(Debug, Serialize)]
struct NewKey {
    key: String,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    producer: Option<String>,
}

pub(crate) fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    Ok(output.print(&new_key(arguments.producer))?)
}

fn new_key(producer: Option<String>) -> NewKey {
    let mut secret = [0; 32];
    // seeded by the operating system and cryptographically secure
    rand::rng().fill_bytes(&mut secret);
    let key = format!("farol_{}", URL_SAFE_NO_PAD.encode(secret));
    NewKey { sha256: hex::encode(Sha256::digest(&key)), key, producer }
}

impl Report for NewKey {
    fn human(&self) -> String {
        let producer = self.producer.as_ref().map(|name| format!("producer  {name}\n"));
        format!("{}key       {}\nsha256    {}", producer.unwrap_or_default(), self.key, self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::new_key;

    #[test]
    fn a_key_has_256_random_bits_and_its_digest_is_of_the_whole_text() {
        let key = new_key(None);
        assert_eq!(key.key.len(), "farol_".len() + 43);
        assert!(key.key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
        assert_eq!(key.sha256, hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&key.key)));
        assert_ne!(key.key, new_key(None).key);
    }
}
