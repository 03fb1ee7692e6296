//! Cursors of listings: opaque text that says where the next page begins, bound to the listing, its
//! filter and the caller's key, and good for nothing once a bit of it is changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::database::{Filter, LetterFilter, Place};
use crate::keys::Key;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;

/// What is listed page by page.
pub(crate) trait Listing {
    /// Where a page begins.
    type Place;

    /// Text that no other listing and no other filter has.
    fn binding(&self) -> String;
    fn to_bytes(place: Self::Place) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Option<Self::Place>;
}

/// The cursor for whoever asked with `key` for this listing.
pub(crate) fn write<L: Listing>(place: L::Place, listing: &L, key: &Key) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(L::to_bytes(place));
    bytes.extend(&mac(&bytes, listing, key)[..MAC_BYTES]);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that a cursor says; `None` if it is not one of ours for this key and listing.
pub(crate) fn read<L: Listing>(text: &str, listing: &L, key: &Key) -> Option<L::Place> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (said, its_mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
    let expected = mac(said, listing, key);
    let (version, place) = said.split_first()?;
    if *version != VERSION || !bool::from(subtle::ConstantTimeEq::ct_eq(&expected[..MAC_BYTES], its_mac)) {
        return None;
    }
    L::from_bytes(place)
}

/// Keyed by what the key file holds of the caller's key: every replica has it, no one needs
/// another secret, and who knows it could at most lie to themselves.
fn mac(said: &[u8], listing: &impl Listing, key: &Key) -> [u8; 32] {
    let secret = Sha256::new().chain_update(b"farol cursor").chain_update(key.digest()).finalize();
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret) else { return [0; 32] };
    mac.update(said);
    mac.update(listing.binding().as_bytes());
    mac.finalize().into_bytes().into()
}

impl Listing for Filter {
    type Place = Place;

    fn binding(&self) -> String {
        let instant =
            |time: Option<time::OffsetDateTime>| time.map(time::OffsetDateTime::unix_timestamp_nanos);
        let (since, until) = (instant(self.stored.start), instant(self.stored.end));
        format!("{:?}", (&self.source, &self.event_type, since, until))
    }

    fn to_bytes(place: Place) -> Vec<u8> {
        [&place.tx.to_be_bytes()[..], &place.n.to_be_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Place> {
        let (tx, n) = bytes.split_at_checked(8)?;
        Some(Place { tx: i64::from_be_bytes(tx.try_into().ok()?), n: i32::from_be_bytes(n.try_into().ok()?) })
    }
}

impl Listing for LetterFilter {
    /// The number of the last letter that was seen.
    type Place = i64;

    fn binding(&self) -> String {
        format!("dead letters {self:?}")
    }

    fn to_bytes(place: i64) -> Vec<u8> {
        place.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<i64> {
        bytes.try_into().ok().map(i64::from_be_bytes)
    }
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

    #[test]
    fn a_cursor_of_dead_letters_is_good_for_its_own_filter_only() {
        let filter = |cause: &str| LetterFilter { cause: cause.parse().ok(), state: None };
        let cursor = write(1 << 40, &filter(""), &key());
        assert_eq!(read(&cursor, &filter(""), &key()), Some(1 << 40));
        assert_eq!(read(&cursor, &filter("conflict"), &key()), None);
        let of_events = Filter { source: None, event_type: None, stored: None..None };
        assert_eq!(read(&cursor, &of_events, &key()), None);
    }
}
