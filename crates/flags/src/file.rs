//! Reading: the file's text and what tells it from another, and the name of this host.

use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::FlagsError;

/// More than any file of flags; a wrong path to something endless must not fill the memory.
const LARGEST: u64 = 1 << 20;

const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// Reads the file anew, through whatever link its path is now.
pub(crate) fn read(file: &Path) -> Result<String, FlagsError> {
    let unreadable = |reason: String| FlagsError::Unreadable { path: file.display().to_string(), reason };
    let opened = std::fs::File::open(file).map_err(|error| unreadable(error.to_string()))?;
    let mut text = String::new();
    let length =
        opened.take(LARGEST + 1).read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
    if u64::try_from(length).is_ok_and(|length| length > LARGEST) {
        return Err(unreadable(format!("it is larger than {LARGEST} bytes")));
    }
    Ok(text)
}

pub(crate) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

pub(crate) fn host_name() -> Result<String, FlagsError> {
    let name = std::fs::read_to_string(HOST_NAME).map_err(|error| FlagsError::HostName(error.to_string()))?;
    Ok(name.trim_end().to_owned())
}
