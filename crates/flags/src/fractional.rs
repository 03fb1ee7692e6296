//! flagd's `fractional`: a value always gets the same variant, and variants are given out by their weights.

/// MurmurHash3, the variant x86_32 with seed 0, as flagd's providers use it.
fn murmur3(bytes: &[u8]) -> u32 {
    let scramble = |k: u32| k.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let (blocks, tail) = bytes.as_chunks::<4>();
    let mut hash = 0_u32;
    for block in blocks {
        hash ^= scramble(u32::from_le_bytes(*block));
        hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let rest = tail.iter().rev().fold(0, |rest: u32, byte| (rest << 8) | u32::from(*byte));
    hash ^= scramble(rest);
    // The algorithm takes the length modulo 2^32.
    hash ^= u32::try_from(bytes.len() & 0xffff_ffff).unwrap_or_default();
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// The place of `value` from 0 to 100, by flagd's arithmetic.
fn bucket(value: &str) -> f64 {
    let signed = i32::from_ne_bytes(murmur3(value.as_bytes()).to_ne_bytes());
    f64::from(signed).abs() / f64::from(i32::MAX) * 100.0
}

/// The variant that `value` gets of those with these weights.
pub(crate) fn choose<'v>(value: &str, variants: &'v [(String, u32)]) -> Option<&'v str> {
    let total: f64 = variants.iter().map(|(_, weight)| f64::from(*weight)).sum();
    let place = bucket(value);
    let mut end = 0.0;
    let found = variants.iter().find(|(_, weight)| {
        end += 100.0 * f64::from(*weight) / total;
        place < end
    });
    // The last hundredth of the way is lost to rounding.
    let last = || variants.iter().rev().find(|(_, weight)| *weight > 0);
    found.or_else(last).map(|(variant, _)| variant.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_murmur3() {
        for (text, hash) in [
            ("", 0),
            ("hello", 0x248b_fa47),
            ("hello, world", 0x149b_bb7f),
            ("The quick brown fox jumps over the lazy dog", 0x2e4f_f723),
        ] {
            assert_eq!(murmur3(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn variants_are_given_out_by_their_weights() {
        let variants = [("a".to_owned(), 10), ("b".to_owned(), 0), ("c".to_owned(), 90)];
        let chosen: Vec<_> = (0..10_000).map(|n| choose(&format!("pod-{n}"), &variants).unwrap()).collect();
        let count = |variant| chosen.iter().filter(|chosen| **chosen == variant).count();
        assert!((900..1_100).contains(&count("a")), "{}", count("a"));
        assert_eq!(count("b"), 0);
        assert_eq!(choose("pod-1", &variants), choose("pod-1", &variants));
    }
}
