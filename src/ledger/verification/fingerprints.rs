//! Which of millions of texts were met before, in some ten bytes for each.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Into so many shelves they are sorted, so that putting one in order takes little room beside it.
const SHELVES: u64 = 64;
/// Fresh fingerprints of a shelf are settled once there are so many of them, or a sixteenth of all.
const FRESH: usize = 1024;

/// A set of texts by fingerprints of 64 bits under a key that is drawn anew in every run.
///
/// Texts that were met are always found. One that was not met is taken for one that was with a chance of one in 10^12 at
/// ten million texts, and nobody can aim at it, because nobody knows the key.
#[derive(Debug)]
pub(super) struct Fingerprints {
    key: RandomState,
    shelves: Vec<Shelf>,
}

#[derive(Debug, Default, Clone)]
struct Shelf {
    fresh: HashSet<u64, BuildHasherDefault<Already>>,
    /// In ascending order: half the memory of a hash set.
    settled: Vec<u64>,
}

impl Default for Fingerprints {
    fn default() -> Self {
        Self { key: RandomState::new(), shelves: (0..SHELVES).map(|_| Shelf::default()).collect() }
    }
}

impl Fingerprints {
    /// Takes in a text.
    pub(super) fn insert(&mut self, text: &[u8]) {
        let fingerprint = self.key.hash_one(text);
        self.shelves.get_mut(shelf_of(fingerprint)).map(|shelf| shelf.insert(fingerprint)).unwrap_or_default();
    }

    /// Tells whether a text was taken in.
    pub(super) fn contains(&self, text: &[u8]) -> bool {
        let fingerprint = self.key.hash_one(text);
        self.shelves.get(shelf_of(fingerprint)).is_some_and(|shelf| shelf.contains(fingerprint))
    }
}

/// Takes bits from the middle: the set of fresh ones goes by those at both ends.
fn shelf_of(fingerprint: u64) -> usize {
    usize::try_from((fingerprint >> 32) % SHELVES).unwrap_or_default()
}

impl Shelf {
    fn insert(&mut self, fingerprint: u64) {
        self.fresh.insert(fingerprint);
        if self.fresh.len() >= FRESH.max(self.settled.len() / 16) {
            self.settle();
        }
    }

    fn contains(&self, fingerprint: u64) -> bool {
        self.fresh.contains(&fingerprint) || self.settled.binary_search(&fingerprint).is_ok()
    }

    /// Appends the fresh ones in order, and merges.
    #[expect(
        clippy::stable_sort_primitive,
        reason = "it finds the two ordered runs and merges them, which the other does not"
    )]
    fn settle(&mut self) {
        let from = self.settled.len();
        self.settled.reserve_exact(self.fresh.len());
        self.settled.extend(self.fresh.drain());
        if let Some(fresh) = self.settled.get_mut(from..) {
            fresh.sort_unstable();
        }
        self.settled.sort();
        self.settled.dedup();
    }
}

/// Passes a fingerprint through: it is a hash already.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Already(u64);

impl Hasher for Already {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_met_is_found_and_what_was_not_is_not_before_and_after_settling() {
        const TEXTS: usize = 300_000;
        let mut met = Fingerprints::default();
        for number in 0..TEXTS {
            assert!(!met.contains(&number.to_le_bytes()), "{number}");
            met.insert(&number.to_le_bytes());
            met.insert(&number.to_le_bytes());
            assert!(met.contains(&number.to_le_bytes()), "{number}");
        }
        let settled = |shelf: &Shelf| shelf.settled.is_sorted() && shelf.settled.len() >= 2 * FRESH;
        assert!(met.shelves.iter().all(settled));
        assert!((0..TEXTS).all(|number| met.contains(&number.to_le_bytes())));
        assert!((TEXTS..2 * TEXTS).all(|number| !met.contains(&number.to_le_bytes())));
    }
}
