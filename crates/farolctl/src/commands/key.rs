//! `farolctl key new`: a random key, and the entry for the gateway's file of keys, which knows
//! nothing of the key but its digest.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    error::Error,
    output::{Output, Report},
};

/// Make a random key and the entry for the gateway's file of keys, which holds its digest only
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Who will use the key
    #[arg(long, value_name = "NAME", default_value = "producer")]
    producer: String,
    /// A prefix of sources it may use, whole path segments; `*` for all; repeat for more
    #[arg(long = "source", value_name = "PREFIX", default_value = "*")]
    sources: Vec<String>,
    /// What it may do; repeat for more
    #[arg(long = "role", value_name = "ROLE", default_values = ["write", "read"])]
    roles: Vec<Role>,
    /// Events a second it may send; no limit without it
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Events it may send at once after a pause; twice the rate without it
    #[arg(long, value_name = "EVENTS", requires = "rate", value_parser = clap::value_parser!(u32).range(1..))]
    burst: Option<u32>,
    /// Add the entry to this file of keys, which running gateways read again by themselves
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Role {
    Write,
    Read,
    Admin,
}

#[derive(Debug, Serialize)]
struct NewKey {
    key: String,
    entry: Value,
    #[serde(rename = "addedTo", skip_serializing_if = "Option::is_none")]
    added_to: Option<PathBuf>,
}

pub(crate) fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let new = new_key(&arguments);
    if let Some(file) = &arguments.file {
        add(file, &new.entry)?;
    }
    Ok(output.print(&new)?)
}

fn new_key(arguments: &Arguments) -> NewKey {
    let mut secret = [0; 32];
    // seeded by the operating system and cryptographically secure
    rand::rng().fill_bytes(&mut secret);
    let key = format!("farol_{}", URL_SAFE_NO_PAD.encode(secret));
    let mut entry = json!({
        "producer": arguments.producer,
        "sha256": hex::encode(Sha256::digest(&key)),
        "sources": arguments.sources,
        "roles": arguments.roles,
    });
    if let Some(rate) = arguments.rate {
        let burst = arguments.burst.unwrap_or(rate.saturating_mul(2));
        entry["rate"] = json!({ "eventsPerSecond": rate, "burst": burst });
    }
    NewKey { key, entry, added_to: arguments.file.clone() }
}

/// Adds `entry` to the keys of `file`, which is made where there is none. The file is exchanged
/// as a whole, so that a gateway never reads half of it.
fn add(file: &Path, entry: &Value) -> Result<(), Error> {
    let failed = |what: &str| Error::Failed(format!("{}: {what}", file.display()));
    let mut content: Value = match fs::read_to_string(file) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| failed(&format!("is not JSON: {error}")))?,
        Err(error) if error.kind() == ErrorKind::NotFound => json!({ "keys": [] }),
        Err(error) => return Err(failed(&error.to_string())),
    };
    let keys = content.get_mut("keys").and_then(Value::as_array_mut);
    keys.ok_or_else(|| failed("is no file of keys: it has no list `keys`"))?.push(entry.clone());
    exchange(file, &format!("{content:#}\n")).map_err(|error| failed(&error.to_string()))
}

/// Who may read the file stays as it was: the gateway often runs under another account than whoever adds a key.
fn exchange(file: &Path, text: &str) -> io::Result<()> {
    let next = file.with_extension("next");
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
    match fs::metadata(file) {
        Ok(before) => permit(&out, &before)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    out.write_all(text.as_bytes())?;
    fs::rename(&next, file)
}

fn permit(out: &File, before: &fs::Metadata) -> io::Result<()> {
    let now = out.metadata()?;
    if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
        fchown(out, Some(before.uid()), Some(before.gid()))?;
    }
    out.set_permissions(before.permissions())
}

impl Report for NewKey {
    fn human(&self) -> String {
        let place = match &self.added_to {
            Some(file) => format!("added to {}", file.display()),
            None => "for the gateway's file of keys, into the list `keys`".to_owned(),
        };
        format!("key    {}   (shown once: keep it)\nentry  {}\n       {place}", self.key, self.entry)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn arguments(words: &[&str]) -> Arguments {
        Cli::parse_from([&["key"], words].concat()).arguments
    }

    #[test]
    fn a_key_has_256_random_bits_and_its_digest_is_of_the_whole_text() {
        let new = new_key(&arguments(&[]));
        assert_eq!(new.key.len(), "farol_".len() + 43);
        assert!(new.key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
        assert_eq!(new.entry["sha256"], hex::encode(Sha256::digest(&new.key)));
        assert_ne!(new.key, new_key(&arguments(&[])).key);
        assert!(new.entry.get("rate").is_none());
    }

    #[test]
    fn an_entry_has_what_was_asked_for() {
        let words = [
            "--producer",
            "shop",
            "--source",
            "/shop",
            "--source",
            "/cart",
            "--role",
            "write",
            "--rate",
            "5",
        ];
        let entry = new_key(&arguments(&words)).entry;
        assert_eq!(entry["producer"], "shop");
        assert_eq!(entry["sources"], json!(["/shop", "/cart"]));
        assert_eq!(entry["roles"], json!(["write"]));
        assert_eq!(entry["rate"], json!({ "eventsPerSecond": 5, "burst": 10 }));
    }

    #[test]
    fn entries_are_added_to_a_file_and_never_to_something_else() {
        let file = std::env::temp_dir().join(format!("farolctl-keys-{}.json", uuid::Uuid::new_v4()));
        for count in 1..=2 {
            add(&file, &json!({ "producer": count })).unwrap();
            let content: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            assert_eq!(content["keys"].as_array().unwrap().len(), count);
        }
        fs::write(&file, "[]").unwrap();
        assert!(add(&file, &json!({})).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "[]");
        fs::remove_file(&file).unwrap();
    }

    #[test]
    fn whoever_could_read_the_file_still_can() {
        let file = std::env::temp_dir().join(format!("farolctl-keys-{}.json", uuid::Uuid::new_v4()));
        add(&file, &json!({})).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root can give a file away.
        let owner =
            if nix::unistd::geteuid().is_root() { 10_001 } else { fs::metadata(&file).unwrap().uid() };
        std::os::unix::fs::chown(&file, Some(owner), None).unwrap();
        add(&file, &json!({})).unwrap();
        let after = fs::metadata(&file).unwrap();
        assert_eq!((after.uid(), after.permissions().mode() & 0o777), (owner, 0o640));
        fs::remove_file(&file).unwrap();
    }
}
