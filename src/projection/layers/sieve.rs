//! A sieve: tells of most keys that are not in a layer that they are not, without reading the layer's rows.
//!
//! It lies in parts. A mark is looked for in one of them, so that a single question reads a few kilobytes and not the whole.

/// Bits for each mark; with seven probes four in a thousand that are not there pass.
const BITS_A_MARK: u64 = 12;
const PROBES: u64 = 7;
/// How long a part is, in bytes; the only part of a small sieve is shorter.
const PART_BYTES: u64 = 8 * 1024;

/// A sieve that is being filled.
pub(super) struct Sieve {
    parts: Vec<Vec<u8>>,
    room: usize,
    marks: usize,
}

impl Sieve {
    /// An empty one for so many marks. It takes more, and then lets more strangers pass.
    pub(super) fn with_room_for(room: usize) -> Self {
        let bytes = (room as u64 * BITS_A_MARK).div_ceil(8).max(8);
        let length = usize::try_from(bytes.min(PART_BYTES)).unwrap_or_default();
        let parts = (0..bytes.div_ceil(PART_BYTES)).map(|_| vec![0; length]).collect();
        Self { parts, room, marks: 0 }
    }

    /// Lets a mark pass from now on.
    pub(super) fn enter(&mut self, mark: u64) {
        self.marks += 1;
        let part = part_of(mark, self.parts.len());
        let Some(part) = self.parts.get_mut(part) else { return };
        for (byte, bit) in probes(mark, part.len()) {
            part.get_mut(byte).map(|slot| *slot |= bit).unwrap_or_default();
        }
    }

    /// Tells whether a mark passes; `false` is certain.
    pub(super) fn may_hold(&self, mark: u64) -> bool {
        self.parts.get(part_of(mark, self.parts.len())).is_some_and(|part| may_hold(part, mark))
    }

    /// Gives how many marks were entered.
    pub(super) const fn marks(&self) -> usize {
        self.marks
    }

    /// Tells whether it holds what it has room for.
    pub(super) const fn is_full(&self) -> bool {
        self.marks >= self.room
    }

    /// Gives its parts, to be kept.
    pub(super) fn into_parts(self) -> Vec<Vec<u8>> {
        self.parts
    }
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

/// Gives what a row is looked for by: its key, or, where that is an id and a record, its family. Whoever asks for one row of
/// those has seen another of them before, or walks over all.
pub(super) fn sought(key: &[u8]) -> &[u8] {
    let of_claim = |family: &&[u8]| key.get(family.len()..).is_some_and(is_position);
    family_of(key).filter(of_claim).unwrap_or(key)
}

/// Tells whether a row is kept by its record alone: `record/00000000000000000012`.
pub(super) fn is_by_record(key: &[u8]) -> bool {
    key.iter().position(|byte| *byte == b'/').and_then(|slash| key.get(slash + 1..)).is_some_and(is_position)
}

/// Twenty digits, as in the keys of rows that are kept by record.
fn is_position(part: &[u8]) -> bool {
    part.len() == 20 && part.iter().all(u8::is_ascii_digit)
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
    fn a_claim_is_looked_for_by_its_family_and_other_rows_by_their_keys() {
        let looked_for = |key: &'static str| std::str::from_utf8(sought(key.as_bytes())).unwrap();
        assert_eq!(looked_for("incident_claim/i7/00000000000000000012"), "incident_claim/i7/");
        for key in ["incident/i7", "breach/i7/c0", "submission/AZE/0000000000000000001", "record/00000000000000000012"]
        {
            assert_eq!(looked_for(key), key);
        }
        assert!(is_by_record(b"record/00000000000000000012"));
        for key in ["incident_claim/i7/00000000000000000012", "incident/i7", "record/12", "record"] {
            assert!(!is_by_record(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn every_key_passes_and_few_others_do() {
        let mark = |number: u32| mark_of(format!("incident/i{number}").as_bytes());
        for keys in [10_u32, 1_000, 100_000] {
            let mut sieve = Sieve::with_room_for(keys as usize);
            (0..keys).for_each(|number| sieve.enter(mark(number)));
            let passes = |number| sieve.may_hold(mark(number));
            assert!((0..keys).all(passes), "{keys}");
            let strangers = (keys..keys + 10_000).filter(|number| passes(*number)).count();
            assert!(sieve.is_full());
            assert!(strangers < 100, "{strangers} of 10,000 beside {keys}");
            assert_eq!(sieve.into_parts().len() > 1, keys == 100_000);
        }
        assert!(!Sieve::with_room_for(0).may_hold(mark(1)));
    }
}
