//! The keeper's word on what the records come to, as a record.

use super::reading::ReplayError;
use super::writing::Ledger;
use crate::event::{AttestedProjection, Event, ProjectionAttested};
use crate::log::{AppendError as LogAppendError, NewBody};
use crate::projection::{FoldError, ProjectionDigest, RowError};
use crate::publication::PublishError;
use crate::record::{Body, Receipt, RecordHash};
use crate::vocab::{Digest32, Label, Seq};

/// Says why nothing was attested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// The rows do not stand at the head, or could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The rows do not stand at the head.
    #[error("the projections stand at record {folded}, the log at {head}")]
    Behind {
        /// The last record folded.
        folded: Seq,
        /// The last record of the log.
        head: Seq,
    },
    /// The log holds records that are newer than this program: its projections do not say what they come to.
    #[error("the log holds {count} records of types newer than this program")]
    NewerLog {
        /// How many.
        count: u64,
    },
    /// The root of the tree could not be had.
    #[error(transparent)]
    Tree(#[from] PublishError),
    /// The record could not be put into words.
    #[error("the attestation could not be written as a body")]
    Body,
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] LogAppendError),
    /// The new record could not be folded.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The log could not be read again.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

impl Ledger {
    /// Appends a `projection.attested`: the digest of each projection at the present head. Durable on return.
    ///
    /// # Errors
    /// [`AttestError`]; nothing was written, unless it is [`AttestError::Log`].
    pub fn attest(&mut self) -> Result<(Receipt, ProjectionAttested), AttestError> {
        let head = self.writer.head();
        let known_at = self.view().known_at();
        if known_at.head != head.hash {
            return Err(AttestError::Behind { folded: known_at.seq, head: head.seq });
        }
        if self.genesis().newer > 0 {
            return Err(AttestError::NewerLog { count: self.genesis().newer });
        }
        let root = self.publication().root(self.reader(), head, self.log_key())?;
        let projections = self.view().digests()?.iter().map(attested).collect::<Option<Vec<_>>>();
        let event = ProjectionAttested {
            seq: head.seq,
            head: digest(head.hash),
            root: Digest32::new(*root.as_bytes()),
            projections: projections.ok_or(AttestError::Body)?,
        };
        let key = Label::new(&format!("attest/{}/{}", head.seq, head.hash)).map_err(|_| AttestError::Body)?;
        let origin = Label::new(&self.genesis().origin).map_err(|_| AttestError::Body)?;
        let by = self.genesis().recorder.clone();
        let body = Body { origin, by, key, event: Event::from(event.clone()), sealed: None };
        let text = body.to_text().map_err(|_| AttestError::Body)?;
        let receipts = self.writer.append(&[NewBody { body: &text, signature: None }])?;
        self.follow();
        let receipt = receipts.into_iter().next().ok_or(LogAppendError::Empty)?;
        Ok((receipt, event))
    }
}

fn attested(digest_of: &ProjectionDigest) -> Option<AttestedProjection> {
    Some(AttestedProjection {
        name: Label::new(&digest_of.name).ok()?,
        version: digest_of.version,
        rows: digest_of.rows,
        digest: digest(digest_of.digest),
    })
}

fn digest(hash: RecordHash) -> Digest32 {
    Digest32::new(*hash.as_bytes())
}
