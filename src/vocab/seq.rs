//! Positions in the log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names a record's position in the log: dense, counted from 1 (FORMAT.md §2).
///
/// `Seq::NONE` (zero) stands for "before the first record" where a cursor or a range needs it; no record carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// Stands before the first record.
    pub const NONE: Self = Self(0);
    /// The position of the genesis record.
    pub const FIRST: Self = Self(1);

    /// Wraps a position number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Gives the position as a number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Gives the position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Gives the position before this one; `NONE` stays `NONE`.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
