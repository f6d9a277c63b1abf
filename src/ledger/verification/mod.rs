//! Verification: every check with an answer of its own. Three answers: it holds, it is violated, it cannot be told.
//!
//! The log is read once. [`checks`] is the list of what watches it go by; each check is a file of its own, and the order
//! of the list is the order of the answer. To add one: a file with a type that is [`Checking`](checking::Checking), and
//! a line in the list.

mod bodies;
mod chain;
mod checking;
mod evidence;
mod projections;
mod references;
mod remembered;
mod report;
mod sealed;

use rayon::prelude::*;

use super::archive::Archive;
use super::genesis::read_seal;
use super::writing::OpenError;
use crate::log::{Line, StorageError, VerifyPlan, verify};
use crate::projection::RowError;
use crate::record::RecordHash;
use crate::vocab::Seq;
use checking::{Checking, Passed, Passing};
pub use report::{Check, Finding, Verdict, VerifyReport};

/// How far verification goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Everything that the log says, and whether the projections are of this log.
    #[default]
    Log,
    /// The projections too are folded again and compared, row for row, by their digests.
    Full,
}

/// What verification is asked.
#[derive(Default)]
pub struct VerifyQuestion<'a> {
    /// A record that the asker knows: from a receipt, a printed count, another copy.
    pub known: Option<(Seq, RecordHash)>,
    /// How far to go.
    pub depth: Depth,
    /// Is told how many bytes are done, of how many.
    pub progress: Option<&'a mut dyn FnMut(u64, u64)>,
}

/// Says why verification could not be done at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The log could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The ledger could not be opened or folded.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The rows could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
}

/// The checks in the order of the answer.
fn checks(question: &VerifyQuestion<'_>) -> Vec<Box<dyn Checking>> {
    vec![
        Box::new(chain::Chain),
        Box::new(bodies::Bodies::default()),
        Box::new(references::References::default()),
        Box::new(sealed::Sealed::default()),
        Box::new(remembered::Remembered { known: question.known }),
        Box::new(projections::Projections),
        Box::new(evidence::Evidence::default()),
    ]
}

impl Archive {
    /// Checks the ledger. It takes no lock that lasts and writes nothing; memory grows with the number of distinct ids and
    /// keys, not with the bytes of the log.
    ///
    /// # Errors
    /// [`VerifyError`] where the log cannot be read: then nothing is proved either way.
    pub fn verify(&self, question: VerifyQuestion<'_>) -> Result<VerifyReport, VerifyError> {
        let mut checks = checks(&question);
        let VerifyQuestion { known, depth, mut progress } = question;
        let mut counted = Counted::default();
        let chain = {
            let mut observe = |lines: &[Line<'_>]| {
                let block: Vec<Passing<'_>> = lines.par_iter().map(|line| passing(*line)).collect();
                counted.take(&block);
                for check in &mut checks {
                    check.watch(&block);
                }
            };
            let mut tell = |done, all| progress.iter_mut().for_each(|progress| progress(done, all));
            let plan =
                VerifyPlan { parse_sealed: &read_seal, known, observer: Some(&mut observe), progress: Some(&mut tell) };
            verify(self.storage(), plan)?
        };
        let mut answers = Vec::new();
        for check in checks {
            let passed = Passed { archive: self, chain: &chain, depth, so_far: &answers };
            let answered = check.conclude(&passed)?;
            answers.extend(answered);
        }
        Ok(VerifyReport {
            origin: counted.origin,
            records: chain.records,
            segments: chain.segments,
            bytes: chain.bytes,
            head_seq: chain.head.map_or(Seq::NONE, |head| head.seq),
            head: chain.head.map(|head| head.hash),
            newer: counted.newer,
            findings_left_out: chain.findings_left_out,
            checks: answers,
        })
    }
}

fn passing(line: Line<'_>) -> Passing<'_> {
    Passing { body: bodies::read_strictly(&line), line }
}

/// What the report says beside the checks.
#[derive(Default)]
struct Counted {
    origin: Option<String>,
    newer: u64,
}

impl Counted {
    fn take(&mut self, block: &[Passing<'_>]) {
        for body in block.iter().filter_map(|passing| passing.body.as_ref().ok()) {
            self.newer += u64::from(body.event.is_newer());
            if self.origin.is_none() {
                self.origin = Some(body.origin.to_string());
            }
        }
    }
}
