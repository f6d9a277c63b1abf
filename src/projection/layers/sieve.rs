//! A sieve: tells of most keys that are not in a layer that they are not, without reading the layer.

/// Bits for each key; with seven probes one key in a hundred that is not there passes.
const BITS_A_KEY: u64 = 10;
const PROBES: u64 = 7;

/// A Bloom filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sieve {
    bits: Vec<u8>,
}

impl Sieve {
    /// Makes a sieve from the marks of keys.
    pub(super) fn of_marks(marks: &[u64]) -> Self {
        let bytes = (marks.len() as u64 * BITS_A_KEY).div_ceil(8).max(8);
        let mut sieve = Self { bits: vec![0; usize::try_from(bytes).unwrap_or(8)] };
        for &mark in marks {
            for (byte, bit) in sieve.probes(mark) {
                sieve.bits.get_mut(byte).map(|byte| *byte |= bit).unwrap_or_default();
            }
        }
        sieve
    }

    pub(super) const fn from_bytes(bits: Vec<u8>) -> Self {
        Self { bits }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bits
    }

    /// Tells whether a key may be there; `false` is certain.
    pub(super) fn may_hold(&self, mark: u64) -> bool {
        self.probes(mark).all(|(byte, bit)| self.bits.get(byte).is_some_and(|byte| byte & bit != 0))
    }

    fn probes(&self, mark: u64) -> impl Iterator<Item = (usize, u8)> + use<> {
        let bits = (self.bits.len() as u64 * 8).max(1);
        let step = mark.rotate_left(32) | 1;
        (0..PROBES).map(move |probe| {
            let bit = mark.wrapping_add(probe.wrapping_mul(step)) % bits;
            (usize::try_from(bit / 8).unwrap_or(0), 1 << (bit % 8))
        })
    }
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
        let sieve = Sieve::of_marks(&(0..10_000).map(mark).collect::<Vec<_>>());
        assert!((0..10_000).all(|number| sieve.may_hold(mark(number))));
        let strangers = (10_000..20_000).filter(|number| sieve.may_hold(mark(*number))).count();
        assert!(strangers < 200, "{strangers} of 10,000");
        assert!(!Sieve::of_marks(&[]).may_hold(mark(1)));
    }
}
