//! Verification: every check with an answer of its own. Three answers: it holds, it is violated, it cannot be told.
//!
//! The log is read once. [`checks`] is the list of what watches it go by; each check is a file of its own, and the order
//! of the list is the order of the answer. To add one: a file with a type that is [`Checking`](checking::Checking), and
//! a line in the list.

mod attestations;
mod bodies;
mod chain;
mod checking;
mod checkpoint;
mod earlier;
mod evidence;
mod fingerprints;
mod projections;
mod references;
mod remembered;
mod report;
mod sealed;
mod signatures;
mod signed;
mod tiles;
mod tree;
mod witnesses;

use super::archive::Archive;
use super::genesis::read_seal;
use super::writing::OpenError;
use crate::log::{BodyGrammar, Line, Reading, StorageError, VerifyPlan, verify_reading};
use crate::projection::RowError;
use crate::proof::{Checkpoint, Note, Policy, TreeHash, VerifierKey, leaf_hash};
use crate::record::{Body, RecordHash};
use crate::vocab::Seq;
use checking::{Checking, Passed, Passing};
pub use report::{Check, Finding, Verdict, VerifyReport};
use signed::Signed;
use tree::GrownTree;

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
    /// The log's key, where the asker knows it from elsewhere; otherwise record 1's word is taken.
    pub log_key: Option<VerifierKey>,
    /// Checkpoints that the log must go on from.
    pub earlier: Vec<EarlierCheckpoint>,
    /// Which witnesses must have cosigned, by the asker's word; otherwise by the keeper's.
    pub policy: Option<Policy>,
    /// Is told how many bytes are done, of how many.
    pub progress: Option<&'a mut dyn FnMut(u64, u64)>,
}

/// A checkpoint of this log that somebody saw before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierCheckpoint {
    /// What the check is called in the answer: `since`, `seen`.
    pub name: String,
    /// The note.
    pub note: Note,
    /// The key that signed it, where that is remembered; otherwise it must be the log's key of today.
    pub key: Option<VerifierKey>,
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
fn checks<'a>(question: &mut VerifyQuestion<'_>, archive: &'a Archive) -> Vec<Box<dyn Checking + 'a>> {
    let mut checks: Vec<Box<dyn Checking + 'a>> = vec![
        Box::new(chain::Chain),
        Box::new(bodies::Bodies::default()),
        Box::new(references::References::default()),
        Box::new(signatures::Signatures::of(archive)),
        Box::new(sealed::Sealed::default()),
        Box::new(remembered::Remembered { known: question.known }),
        Box::new(checkpoint::SignedTree),
    ];
    for earlier in std::mem::take(&mut question.earlier) {
        checks.push(Box::new(earlier::Earlier { earlier }));
    }
    checks.push(Box::new(witnesses::Witnesses { policy: question.policy.take() }));
    checks.push(Box::new(tiles::Tiles));
    checks.push(Box::new(projections::Projections));
    checks.push(Box::new(attestations::Attestations::default()));
    checks.push(Box::new(evidence::Evidence::default()));
    checks
}

impl Archive {
    /// Checks the ledger. It takes no lock that lasts and writes nothing; memory grows with the number of distinct ids and
    /// keys, not with the bytes of the log.
    ///
    /// # Errors
    /// [`VerifyError`] where the log cannot be read: then nothing is proved either way.
    pub fn verify(&self, mut question: VerifyQuestion<'_>) -> Result<VerifyReport, VerifyError> {
        let signed = Signed::of(self, &question);
        let mut tree = GrownTree::new(self.publication(), signed.size(), sizes(self, &signed, &question));
        let mut checks = checks(&mut question, self);
        let VerifyQuestion { known, depth, mut progress, .. } = question;
        let mut counted = Counted::default();
        let chain = {
            let mut observe = |lines: &[Line<'_>], read: Vec<Read>| {
                let leaves: Vec<TreeHash> = read.iter().map(|read| read.leaf).collect();
                tree.take(lines, &leaves);
                let block = lines.iter().zip(read).map(|(line, read)| Passing { line: *line, body: read.body });
                let block: Vec<Passing<'_>> = block.collect();
                counted.take(&block);
                for check in &mut checks {
                    check.watch(&block);
                }
            };
            let mut tell = |done, all| progress.iter_mut().for_each(|progress| progress(done, all));
            let plan = VerifyPlan { known, progress: Some(&mut tell), ..VerifyPlan::new(&read_seal) };
            // Every body is read strictly here, which finds what the grammar would.
            let reading =
                Reading { grammar: BodyGrammar::Elsewhere, make: &|line| Read::of(line), observe: &mut observe };
            verify_reading(self.storage(), plan, reading)?
        };
        tree.finish();
        let mut answers = Vec::new();
        for check in checks {
            let passed = Passed { archive: self, chain: &chain, tree: &tree, signed: &signed, depth, so_far: &answers };
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
            root: (tree.broken().is_none()).then(|| tree.root().to_base64()),
            checkpoint: signed.largest().map(|(_, note)| note.to_string()),
            newer: counted.newer,
            findings_left_out: chain.findings_left_out,
            checks: answers,
        })
    }
}

/// The sizes at which somebody signed a root.
fn sizes(archive: &Archive, signed: &Signed, question: &VerifyQuestion<'_>) -> Vec<u64> {
    let earlier = question.earlier.iter().filter_map(|earlier| earlier.note.text().parse::<Checkpoint>().ok());
    // Where they cannot be listed, the check of the witnesses says so.
    let cosigned = archive.cosigned().ok().and_then(|cosigned| cosigned.sizes().ok()).unwrap_or_default();
    let signed = signed.all().map(|(checkpoint, _)| checkpoint.size());
    earlier.map(|checkpoint| checkpoint.size()).chain(signed).chain(cosigned).collect()
}

/// What is made of a line on any core, before the checks see it in its turn.
struct Read {
    body: Result<Body, String>,
    leaf: TreeHash,
}

impl Read {
    fn of(line: &Line<'_>) -> Self {
        Self { body: bodies::read_strictly(line), leaf: leaf_hash(line.bytes) }
    }
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
