//! What a check is: it may watch the log go by, and concludes when all of it has passed.

use super::report::Check;
use super::signed::Signed;
use super::tree::GrownTree;
use super::{Depth, VerifyError};
use crate::ledger::archive::Archive;
use crate::log::{ChainReport, Line, LockError};
use crate::record::Body;

/// One line of `verify`'s answer, or a few that belong together.
pub(super) trait Checking {
    /// Is shown every readable record of the complete batches once, in order, a block at a time.
    fn watch(&mut self, _block: &[Passing<'_>]) {}

    /// Gives its answer. What the checks before it in the list found stands in `passed.so_far`.
    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError>;
}

/// A record as it goes by.
pub(super) struct Passing<'a> {
    /// The line.
    pub(super) line: Line<'a>,
    /// Its body, or why it is none.
    pub(super) body: Result<Body, String>,
}

/// What is known when all of the log has passed.
pub(super) struct Passed<'a> {
    /// The ledger.
    pub(super) archive: &'a Archive,
    /// What was found of the chain.
    pub(super) chain: &'a ChainReport,
    /// The tree over the records, grown anew.
    pub(super) tree: &'a GrownTree<'a>,
    /// What was signed for the log.
    pub(super) signed: &'a Signed,
    /// How far to go.
    pub(super) depth: Depth,
    /// The answers of the checks before.
    pub(super) so_far: &'a [Check],
}

impl Passed<'_> {
    /// Tells whether a writer is at work: then an unfinished batch is work in progress, not a torn tail.
    pub(super) fn is_being_written(&self) -> bool {
        matches!(self.archive.storage().lock(), Err(LockError::Held))
    }

    /// Tells whether no check before found tampering.
    pub(super) fn is_sound(&self) -> bool {
        self.so_far.iter().all(|check| check.verdict != super::Verdict::Violated)
    }
}
