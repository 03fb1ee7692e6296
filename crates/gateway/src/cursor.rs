//! Cursors of the listing: opaque text that says where the next page begins, bound to the filter
//! and to the caller's key, and good for nothing once a bit of it is changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::database::{Filter, Place};
use crate::keys::Key;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;
const PLACE_BYTES: usize = 12;

/// The cursor for whoever asked with `key` and `filter`.
pub(crate) fn write(place: Place, filter: &Filter, key: &Key) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(place.tx.to_be_bytes());
    bytes.extend(place.n.to_be_bytes());
    bytes.extend(&mac(&bytes, filter, key)[..MAC_BYTES]);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that a cursor says; `None` if it is not one of ours for this key and filter.
pub(crate) fn read(text: &str, filter: &Filter, key: &Key) -> Option<Place> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (said, its_mac) = bytes.split_at_checked(1 + PLACE_BYTES)?;
    let expected = mac(said, filter, key);
    if said[0] != VERSION || !bool::from(subtle::ConstantTimeEq::ct_eq(&expected[..MAC_BYTES], its_mac)) {
        return None;
    }
    let (tx, n) = said[1..].split_at(8);
    Some(Place { tx: i64::from_be_bytes(tx.try_into().ok()?), n: i32::from_be_bytes(n.try_into().ok()?) })
}

/// Keyed by what the key file holds of the caller's key: every replica has it, no one needs
/// another secret, and who knows it could at most lie to themselves.
fn mac(said: &[u8], filter: &Filter, key: &Key) -> [u8; 32] {
    let secret = Sha256::new().chain_update(b"farol cursor").chain_update(key.digest()).finalize();
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret) else { return [0; 32] };
    mac.update(said);
    let instant = |time: Option<time::OffsetDateTime>| time.map(time::OffsetDateTime::unix_timestamp_nanos);
    let (since, until) = (instant(filter.stored.start), instant(filter.stored.end));
    mac.update(format!("{:?}", (&filter.source, &filter.event_type, since, until)).as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::keys::KeyRing;

    fn key() -> Arc<Key> {
        KeyRing::load(None).unwrap().find(None).unwrap()
    }

    fn filter(source: &str) -> Filter {
        Filter { source: Some(source.to_owned()), event_type: None, stored: None..None }
    }

    #[test]
    fn a_cursor_says_what_was_written() {
        let place = Place { tx: 1 << 40, n: 77 };
        assert_eq!(read(&write(place, &filter("/a"), &key()), &filter("/a"), &key()), Some(place));
    }

    #[test]
    fn a_cursor_is_good_for_its_own_filter_only_and_not_once_it_was_changed() {
        let cursor = write(Place { tx: 5, n: 1 }, &filter("/a"), &key());
        assert_eq!(read(&cursor, &filter("/b"), &key()), None);
        for (index, _) in cursor.char_indices() {
            let mut changed = cursor.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(read(std::str::from_utf8(&changed).unwrap(), &filter("/a"), &key()), None, "{index}");
        }
        for wrong in ["", "A", "not base64!", &cursor[..cursor.len() - 4]] {
            assert_eq!(read(wrong, &filter("/a"), &key()), None, "{wrong}");
        }
    }
}
