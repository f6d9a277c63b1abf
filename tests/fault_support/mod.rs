//! Numbers drawn by a seed, and the count of what was tried.
#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses its own part")]

use std::io::Write;

/// Says how many cases were tried. It goes past the test runner, which keeps the output of tests that pass.
pub(crate) fn tried(cases: usize, what: &str) {
    let _ = writeln!(std::io::stderr(), "faults: {cases:>9} {what}");
}

/// Numbers drawn by a seed, the same on every machine: the generator `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Draws from 0 to below the limit, which is from 1.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.draw() % limit as u64).unwrap()
    }
}
