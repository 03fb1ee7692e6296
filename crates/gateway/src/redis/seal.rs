//! A seal over what is kept in Redis and believed when it comes back: whoever writes there without the key
//! plants nothing. Without a key there is no seal, and Redis is believed.

use bytes::Bytes;
use hmac::{Hmac, Mac as _};
use service::Secret;
use sha2::Sha256;

const BYTES: usize = 32;

/// Seals by HMAC-SHA-256 under `FAROL_RECEIPT_KEY`, or not at all.
#[derive(Clone)]
pub(super) struct Seal(Option<Hmac<Sha256>>);

impl Seal {
    pub(super) fn new(key: Option<&Secret>) -> Self {
        // HMAC takes a key of any length.
        Self(key.and_then(|key| Hmac::new_from_slice(key.reveal().as_bytes()).ok()))
    }

    /// The value as it is kept under this name, and good under no other.
    pub(super) fn close(&self, name: &[u8], value: Bytes) -> Bytes {
        match &self.0 {
            None => value,
            Some(mac) => [&value[..], &of(mac, name, &value).finalize().into_bytes()].concat().into(),
        }
    }

    /// The value that was kept under this name; `None` if it was not this key that sealed it.
    pub(super) fn open<'v>(&self, name: &[u8], kept: &'v [u8]) -> Option<&'v [u8]> {
        let Some(mac) = &self.0 else { return Some(kept) };
        let (value, seal) = kept.split_at_checked(kept.len().checked_sub(BYTES)?)?;
        of(mac, name, value).verify_slice(seal).ok().map(|()| value)
    }
}

/// The length keeps name and value from running into each other.
fn of(mac: &Hmac<Sha256>, name: &[u8], value: &[u8]) -> Hmac<Sha256> {
    mac.clone().chain_update(name.len().to_be_bytes()).chain_update(name).chain_update(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &str) -> Seal {
        Seal::new(Some(&Secret::new(key.to_owned())))
    }

    #[test]
    fn what_was_sealed_is_opened_by_the_same_key_under_the_same_name_only() {
        let kept = seal("one").close(b"name", Bytes::from_static(b"value"));
        assert_eq!(seal("one").open(b"name", &kept), Some(&b"value"[..]));
        assert_eq!(seal("one").open(b"namev", &kept), None);
        assert_eq!(seal("two").open(b"name", &kept), None);
    }

    #[test]
    fn a_bit_that_is_changed_or_missing_breaks_the_seal() {
        let kept = seal("one").close(b"name", Bytes::from_static(b"value"));
        for byte in 0..kept.len() {
            let mut changed = kept.to_vec();
            changed[byte] ^= 1;
            assert_eq!(seal("one").open(b"name", &changed), None, "byte {byte}");
            assert_eq!(seal("one").open(b"name", &kept[..byte]), None, "{byte} bytes");
        }
    }

    #[test]
    fn without_a_key_everything_is_as_it_is() {
        let none = Seal::new(None);
        assert_eq!(none.open(b"name", &none.close(b"name", Bytes::from_static(b"v"))), Some(&b"v"[..]));
    }
}
