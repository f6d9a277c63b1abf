//! Recorded timestamp replies, and what each is over: a piece of evidence, or the tree of the log's first records.
//!
//! A reply is kept as any other piece of evidence, by its hash, and recorded by `evidence.added` with the media type
//! [`TIMESTAMP_MEDIA_TYPE`]. It needs no event of its own: the bytes say what they are over, and `about` names the record
//! to look at — the one that added the evidence, or the last one of the stamped tree.

use std::io::Read;

use super::archive::Archive;
use super::evidence::EvidenceAnswer;
use super::proving::{ProveError, SignedCheckpoint};
use super::view::View;
use crate::event::About;
use crate::evidence::{EvidenceStore, EvidenceStoreError};
use crate::projection::RowError;
use crate::proof::timestamp::{TimestampReply, TimestampReplyError};
use crate::proof::{Checkpoint, FileDigests};
use crate::publication::ProofError;
use crate::vocab::{Digest32, RecordRef, Seq};

/// The media type of RFC 3161 replies.
pub const TIMESTAMP_MEDIA_TYPE: &str = "application/timestamp-reply";

/// The longest reply that is looked at, in bytes.
const REPLY_LENGTH_MAX: u64 = 256 * 1024;

/// A recorded reply.
#[derive(Debug, Clone)]
pub struct RecordedTimestamp {
    /// BLAKE3 of the reply; its name as evidence.
    pub blake3: Digest32,
    /// The record that added it.
    pub record: Seq,
    /// What it is over.
    pub target: TimestampTarget,
    /// The reply, read, or why it could not be.
    pub reply: Result<StoredReply, UnreadableReply>,
}

/// A reply and its bytes.
#[derive(Debug, Clone)]
pub struct StoredReply {
    /// What it says.
    pub reply: TimestampReply,
    /// Its DER.
    pub bytes: Vec<u8>,
}

/// What a timestamp is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimestampTarget {
    /// A piece of evidence.
    Evidence {
        /// Its BLAKE3.
        blake3: Digest32,
        /// Its SHA-256, which is what was stamped.
        sha256: Digest32,
    },
    /// The log's first records; stamped was the SHA-256 of the tree's checkpoint text.
    Tree(Checkpoint),
    /// Nothing that its record points to.
    Unknown,
}

/// Why a recorded reply could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableReply {
    /// Its bytes are not stored here, or could not be read.
    #[error("its bytes are not stored here")]
    Missing,
    /// Its bytes are not what was recorded.
    #[error("its bytes are not what was recorded")]
    Altered,
    /// They are no reply.
    #[error(transparent)]
    Malformed(#[from] TimestampReplyError),
}

/// Why recorded timestamps could not be looked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampsError {
    /// The rows could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The tree of an earlier size could not be made.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] EvidenceStoreError),
}

impl TimestampTarget {
    /// The SHA-256 that a timestamp of it is over; nothing where it is not known.
    #[must_use]
    pub fn sha256(&self) -> Option<[u8; 32]> {
        match self {
            Self::Evidence { sha256, .. } => Some(*sha256.as_bytes()),
            Self::Tree(tree) => Some(*FileDigests::of(tree.to_string().as_bytes()).sha256.as_bytes()),
            Self::Unknown => None,
        }
    }
}

impl Archive {
    /// Gives the tree of the log's first records, as the latest checkpoint continues it.
    ///
    /// # Errors
    /// [`ProveError`].
    pub fn tree_at(&self, size: u64, under: &SignedCheckpoint) -> Result<Checkpoint, ProveError> {
        let (root, _) = self.publication().consistency(size, &under.checkpoint)?;
        let tree = Checkpoint::new(under.checkpoint.origin().clone(), size, root);
        tree.map_err(|_| ProveError::Proof(ProofError::Smaller { from: size, size: under.checkpoint.size() }))
    }

    /// Gives every recorded timestamp reply that was not retracted, in the order it was recorded.
    ///
    /// # Errors
    /// [`TimestampsError`].
    pub fn timestamps(&self, view: &View<'_>) -> Result<Vec<RecordedTimestamp>, TimestampsError> {
        let all = view.all_evidence("")?;
        let replies = all.iter().filter(|one| one.stands && one.media_type == TIMESTAMP_MEDIA_TYPE);
        let store = EvidenceStore::at(self.folder().evidence());
        // Without a checkpoint no tree is known; timestamps of files are looked at all the same.
        let checkpoint = self.checkpoint().ok();
        let mut recorded = Vec::new();
        for one in replies {
            let reply = read_reply(one, &store)?;
            let target = match &reply {
                Ok(stored) => self.target_of(one, stored.reply.sha256(), &all, checkpoint.as_ref()),
                Err(_) => TimestampTarget::Unknown,
            };
            let record = one.custody.first().map_or(Seq::NONE, |step| step.record);
            recorded.push(RecordedTimestamp { blake3: one.blake3, record, target, reply });
        }
        recorded.sort_by_key(|one| one.record);
        Ok(recorded)
    }

    fn target_of(
        &self,
        reply: &EvidenceAnswer,
        sha256: &[u8; 32],
        all: &[EvidenceAnswer],
        checkpoint: Option<&SignedCheckpoint>,
    ) -> TimestampTarget {
        let fits = |target: &TimestampTarget| target.sha256().as_ref() == Some(sha256);
        for file in all {
            for stated in &file.stated {
                let target = TimestampTarget::Evidence { blake3: file.blake3, sha256: stated.sha256 };
                if fits(&target) {
                    return target;
                }
            }
        }
        let sizes = reply.about.iter().filter_map(|about| match about {
            About::Record(RecordRef { seq: Some(seq), .. }) => Some(seq.number()),
            _ => None,
        });
        let trees = sizes.filter_map(|size| self.tree_at(size, checkpoint?).ok()).map(TimestampTarget::Tree);
        trees.into_iter().find(fits).unwrap_or(TimestampTarget::Unknown)
    }
}

fn read_reply(
    answer: &EvidenceAnswer,
    store: &EvidenceStore,
) -> Result<Result<StoredReply, UnreadableReply>, EvidenceStoreError> {
    let Some(file) = store.open(&answer.blake3)? else { return Ok(Err(UnreadableReply::Missing)) };
    let mut bytes = Vec::new();
    if file.take(REPLY_LENGTH_MAX + 1).read_to_end(&mut bytes).is_err() {
        return Ok(Err(UnreadableReply::Missing));
    }
    if FileDigests::of(&bytes).blake3 != answer.blake3 {
        return Ok(Err(UnreadableReply::Altered));
    }
    Ok(TimestampReply::parse(&bytes).map(|reply| StoredReply { reply, bytes }).map_err(UnreadableReply::from))
}
