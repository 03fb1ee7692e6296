//! Strings of JSON, once their escapes are taken out.

/// Refuses what PostgreSQL's text cannot hold.
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    match text.contains('\0') {
        false => Ok(()),
        true => Err("holds U+0000, which PostgreSQL cannot store"),
    }
}

/// Writes `text` as a JSON string with as few escapes as JSON allows.
pub(super) fn write(text: &str, out: &mut Vec<u8>) -> Result<(), &'static str> {
    serde_json::to_writer(out, text).map_err(|_| "cannot be written as a JSON string")
}
