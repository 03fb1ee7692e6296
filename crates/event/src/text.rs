//! The rules every attribute's text obeys: the String type of CloudEvents 1.0.2 §2.2,
//! narrowed to what PostgreSQL can store.

use crate::refusal::{Place, Refusal};

/// Checks `value` as a CloudEvents String; `name` is the attribute, for the error.
pub(crate) fn check(name: &str, value: &str) -> Result<(), Refusal> {
    // Looked at first: nearly every attribute is printable ASCII. Without a branch for each byte, so that many are looked at
    // in one step.
    if value.bytes().fold(true, |plain, b| plain & (0x20..0x7f).contains(&b)) {
        return Ok(());
    }
    for c in value.chars() {
        if c == '\0' {
            return Err(Refusal::unstorable(
                Place::attribute(name),
                "holds U+0000, which PostgreSQL cannot store",
            ));
        }
        if c.is_control() || is_noncharacter(c) {
            let reason = format!("holds U+{:04X}, which CloudEvents strings exclude", u32::from(c));
            return Err(Refusal::attribute(name, reason));
        }
    }
    Ok(())
}

/// Checks `value` as a CloudEvents String that is not empty and at most `max_bytes` long.
pub(crate) fn check_bounded(name: &str, value: &str, max_bytes: usize) -> Result<(), Refusal> {
    if value.is_empty() {
        return Err(Refusal::attribute(name, "must not be empty"));
    }
    if value.len() > max_bytes {
        let reason = format!("is {} bytes long; the limit is {max_bytes}", value.len());
        return Err(Refusal::unstorable(Place::attribute(name), reason));
    }
    check(name, value)
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}
