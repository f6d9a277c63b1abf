//! A sieve: tells of most keys that are not in a layer that they are not, without reading the layer's rows.
//!
//! It lies in parts. A mark is looked for in one of them, so that a single question reads a few kilobytes and not the whole.

/// Bits for each mark; with seven probes one in a hundred that is not there passes.
const BITS_A_MARK: u64 = 10;
const PROBES: u64 = 7;
/// How long a part is, in bytes; the only part of a small sieve is shorter.
const PART_BYTES: u64 = 8 * 1024;

/// Makes the parts of a sieve that lets all these marks pass.
pub(super) fn parts_of(marks: &[u64]) -> Vec<Vec<u8>> {
    let bytes = (marks.len() as u64 * BITS_A_MARK).div_ceil(8).max(8);
    let count = bytes.div_ceil(PART_BYTES);
    let length = usize::try_from(bytes.min(PART_BYTES)).unwrap_or_default();
    let mut parts: Vec<Vec<u8>> = (0..count).map(|_| vec![0; length]).collect();
    for &mark in marks {
        let part = part_of(mark, parts.len());
        for (byte, bit) in probes(mark, length) {
            let slot = parts.get_mut(part).and_then(|part| part.get_mut(byte));
            slot.map(|slot| *slot |= bit).unwrap_or_default();
        }
    }
    parts
}

/// Tells in which of so many parts a mark is looked for.
pub(super) fn part_of(mark: u64, parts: usize) -> usize {
    // The upper half spreads over the parts, as a fraction of all.
    usize::try_from(((mark >> 32) * parts as u64) >> 32).unwrap_or_default()
}

/// Tells whether a mark may be in a part; `false` is certain.
pub(super) fn may_hold(part: &[u8], mark: u64) -> bool {
    probes(mark, part.len()).all(|(byte, bit)| part.get(byte).is_some_and(|byte| byte & bit != 0))
}

fn probes(mark: u64, bytes: usize) -> impl Iterator<Item = (usize, u8)> + use<> {
    let bits = (bytes as u64 * 8).max(1);
    let step = mark.rotate_left(32) | 1;
    (0..PROBES).map(move |probe| {
        let bit = mark.wrapping_add(probe.wrapping_mul(step)) % bits;
        (usize::try_from(bit / 8).unwrap_or(0), 1 << (bit % 8))
    })
}

/// Gives the beginning of a key that a walk over what belongs together begins with: table and id, `incident_claim/i7/`.
pub(super) fn family_of(key: &[u8]) -> Option<&[u8]> {
    let (second, _) = key.iter().enumerate().filter(|(_, byte)| **byte == b'/').nth(1)?;
    key.get(..=second)
}

/// Gives a key's mark: FNV-1a, its bits mixed once more. It only has to spread; damage is the digests' affair.
pub(super) fn mark_of(key: &[u8]) -> u64 {
    let hash = key
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_table_and_id_are_a_family() {
        let family = |key: &'static str| family_of(key.as_bytes()).map(|family| std::str::from_utf8(family).unwrap());
        assert_eq!(family("incident_claim/i7/00000012"), Some("incident_claim/i7/"));
        assert_eq!(family("incident_claim/i7/"), Some("incident_claim/i7/"));
        assert_eq!(family("breach/i7/c0/x"), Some("breach/i7/"));
        assert_eq!(family("incident_claim/i7"), None);
        assert_eq!(family("incident/"), None);
    }

    #[test]
    fn every_key_passes_and_few_others_do() {
        let mark = |number: u32| mark_of(format!("incident/i{number}").as_bytes());
        for keys in [10_u32, 1_000, 100_000] {
            let parts = parts_of(&(0..keys).map(mark).collect::<Vec<_>>());
            let passes = |number| may_hold(&parts[part_of(mark(number), parts.len())], mark(number));
            assert!((0..keys).all(passes), "{keys}");
            let strangers = (keys..keys + 10_000).filter(|number| passes(*number)).count();
            assert!(strangers < 200, "{strangers} of 10,000 beside {keys}");
            assert_eq!(parts.len() > 1, keys == 100_000);
        }
        let none = parts_of(&[]);
        assert!(!may_hold(&none[part_of(mark(1), none.len())], mark(1)));
    }
}
