//! Receipts as files: what a submitter keeps, and what it proves without the ledger.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::proof::checkpoint::{Checkpoint, OpenCheckpointError};
use crate::proof::inclusion::{InclusionError, verify_inclusion};
use crate::proof::key::{ParseKeyError, VerifierKey};
use crate::proof::note::{Note, NoteError};
use crate::proof::read_record::ReadRecord;
use crate::proof::tlog_proof::TlogProof;
use crate::proof::tree::{ParseTreeHashError, TreeHash, leaf_hash};
use crate::record::RecordHash;
use crate::vocab::{Instant, Seq};

const SCHEMA: &str = "ceasefire.receipt/1";

/// A receipt that stands on its own: the record's line, where it stands, and, once a checkpoint covers it, the proof.
///
/// As JSON: `schema` (`ceasefire.receipt/1`), `origin`, `log_key`, `seq`, `hash`, `at`, `head_seq`, `head`, `line`, and
/// the pair `inclusion` and `checkpoint`, which is absent until a checkpoint covers the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiptFile {
    /// `ceasefire.receipt/1`.
    schema: String,
    /// The ledger's name.
    origin: String,
    /// The log's key as record 1 names it (C2SP signed-note verifier key); absent where the log has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_key: Option<String>,
    /// The record's position.
    seq: Seq,
    /// The record's hash: BLAKE3 of the line.
    hash: RecordHash,
    /// The recording time.
    at: Instant,
    /// The position of the last record of the batch it came in.
    head_seq: Seq,
    /// The hash of that record.
    head: RecordHash,
    /// The record's line, byte for byte, without its line end.
    line: String,
    /// The proof that the line is in the checkpoint's tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inclusion: Option<InclusionMembers>,
    /// The signed checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
}

/// An inclusion proof (RFC 9162 §2.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct InclusionMembers {
    /// The leaf, from 0: the position less one.
    index: u64,
    /// The number of leaves of the checkpoint's tree.
    size: u64,
    /// The hashes in base64, the leaf's sibling first.
    hashes: Vec<String>,
}

/// What is to be written into a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptParts {
    /// The ledger's name.
    pub origin: String,
    /// The log's key.
    pub log_key: Option<VerifierKey>,
    /// The record's position.
    pub seq: Seq,
    /// Its hash.
    pub hash: RecordHash,
    /// Its recording time.
    pub at: Instant,
    /// The last position of its batch.
    pub head_seq: Seq,
    /// The hash of the last record of its batch.
    pub head: RecordHash,
    /// The record's line.
    pub line: String,
}

impl ReceiptFile {
    /// Writes a receipt that proves nothing yet beyond the record's hash.
    #[must_use]
    pub fn new(parts: ReceiptParts) -> Self {
        let ReceiptParts { origin, log_key, seq, hash, at, head_seq, head, line } = parts;
        let (schema, log_key) = (SCHEMA.to_owned(), log_key.map(|key| key.to_string()));
        Self { schema, origin, log_key, seq, hash, at, head_seq, head, line, inclusion: None, checkpoint: None }
    }

    /// Adds the proof. Whether it holds is looked at by [`check`](Self::check).
    ///
    /// # Errors
    /// [`ReceiptError::Checkpoint`] where the proof's note is no checkpoint.
    pub fn with_proof(self, proof: &TlogProof) -> Result<Self, ReceiptError> {
        let size = proof.checkpoint().text().parse::<Checkpoint>().map_err(|_| ReceiptError::Checkpoint)?.size();
        let hashes = proof.hashes().iter().map(TreeHash::to_base64).collect();
        let inclusion = Some(InclusionMembers { index: proof.index(), size, hashes });
        Ok(Self { inclusion, checkpoint: Some(proof.checkpoint().to_string()), ..self })
    }

    /// Reads a receipt. Members that do not belong there, or stand twice, are refused.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let receipt: Self = serde_json::from_str(text).map_err(|error| ReceiptError::Json(error.to_string()))?;
        if receipt.schema != SCHEMA {
            return Err(ReceiptError::Schema(receipt.schema));
        }
        if receipt.inclusion.is_some() != receipt.checkpoint.is_some() {
            return Err(ReceiptError::HalfProof);
        }
        Ok(receipt)
    }

    /// The ledger's name, as the receipt says.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The record's position, as the receipt says.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// The record's hash, as the receipt says.
    #[must_use]
    pub const fn hash(&self) -> RecordHash {
        self.hash
    }

    /// The record's line, as the receipt says.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The log's key, as the receipt says.
    #[must_use]
    pub fn log_key(&self) -> Option<&str> {
        self.log_key.as_deref()
    }

    /// Checks everything that can be checked without the ledger.
    ///
    /// `known` is the log's key where the caller has it from elsewhere. The key in the receipt is only what the receipt
    /// says of itself: without a known key the answer is at best [`ReceiptVerdict::UnknownKey`].
    pub fn check(&self, known: Option<&VerifierKey>) -> ReceiptVerdict {
        match self.violation(known) {
            Err(fault) => ReceiptVerdict::Violated(fault),
            Ok(None) => ReceiptVerdict::NotCovered,
            Ok(Some(checkpoint)) if known.is_some() => ReceiptVerdict::Holds(checkpoint),
            Ok(Some(checkpoint)) => ReceiptVerdict::UnknownKey(checkpoint),
        }
    }

    /// Gives the checkpoint that covers the record; nothing where there is none.
    fn violation(&self, known: Option<&VerifierKey>) -> Result<Option<Checkpoint>, ReceiptFault> {
        self.check_line()?;
        let said = self.log_key.as_deref().map(str::parse::<VerifierKey>).transpose().map_err(ReceiptFault::Key)?;
        if let (Some(known), Some(said)) = (known, &said)
            && known != said
        {
            return Err(ReceiptFault::OtherKey { known: Box::new(known.clone()), said: Box::new(said.clone()) });
        }
        let (Some(inclusion), Some(note)) = (&self.inclusion, &self.checkpoint) else { return Ok(None) };
        let key = known.or(said.as_ref()).ok_or(ReceiptFault::NoKey)?;
        let checkpoint = Checkpoint::open(&Note::parse(note.as_bytes())?, key)?;
        if checkpoint.origin().as_str() != self.origin {
            return Err(ReceiptFault::OtherOrigin { origin: checkpoint.origin().to_string() });
        }
        if inclusion.index != self.seq.previous().number() || inclusion.size != checkpoint.size() {
            return Err(ReceiptFault::OtherPlace);
        }
        let hashes = inclusion.hashes.iter().map(|hash| TreeHash::parse_base64(hash)).collect::<Result<Vec<_>, _>>()?;
        let leaf = leaf_hash(self.line.as_bytes());
        verify_inclusion(inclusion.index, inclusion.size, leaf, &hashes, checkpoint.root())?;
        Ok(Some(checkpoint))
    }

    /// The line is the record that the receipt speaks of.
    fn check_line(&self) -> Result<(), ReceiptFault> {
        let hash = RecordHash::of_line(self.line.as_bytes());
        if hash != self.hash {
            return Err(ReceiptFault::Hash { says: self.hash, hashes_to: hash });
        }
        let read = ReadRecord::read(self.line.as_bytes()).map_err(ReceiptFault::Line)?;
        let origin = read.member("origin").unwrap_or_default();
        if origin != self.origin {
            return Err(ReceiptFault::OtherOrigin { origin: origin.to_owned() });
        }
        let alone = self.head_seq != self.seq || self.head == self.hash;
        let same = read.seq == self.seq.number() && read.at == self.at && read.end == self.head_seq;
        if same && alone { Ok(()) } else { Err(ReceiptFault::OtherRecord) }
    }
}

impl fmt::Display for ReceiptFile {
    /// Writes the JSON, with a line end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        writeln!(f, "{text}")
    }
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum ReceiptVerdict {
    /// The record is in the log, under a checkpoint that the known key signed.
    Holds(Checkpoint),
    /// Something in it is false: proof that it was changed, or was never given out.
    Violated(ReceiptFault),
    /// The line is what it says, but no checkpoint covers it yet: only the ledger can tell.
    NotCovered,
    /// Everything holds under the key that the receipt itself names; nobody said that it is the log's.
    UnknownKey(Checkpoint),
}

/// What is false in a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptFault {
    /// The line has another hash.
    #[error("the line hashes to {hashes_to}, the receipt says {says}")]
    Hash {
        /// What the receipt says.
        says: RecordHash,
        /// What the line hashes to.
        hashes_to: RecordHash,
    },
    /// The line is no record.
    #[error("the line is no record: {0}")]
    Line(String),
    /// The line is another record than the receipt says.
    #[error("position, time or batch in the line are not those of the receipt")]
    OtherRecord,
    /// Line or checkpoint are of another ledger.
    #[error("line or checkpoint are of {origin}")]
    OtherOrigin {
        /// Which.
        origin: String,
    },
    /// The key that the receipt names is none.
    #[error("the receipt names no usable log key")]
    Key(#[source] ParseKeyError),
    /// There is a checkpoint, but no key that could have signed it.
    #[error("there is a checkpoint, but no log key is named")]
    NoKey,
    /// The receipt is of another key than the log's.
    #[error("the receipt names the log key {said}, you know {known}")]
    OtherKey {
        /// The key the caller knows.
        known: Box<VerifierKey>,
        /// The key the receipt names.
        said: Box<VerifierKey>,
    },
    /// The checkpoint is no note.
    #[error("the checkpoint is no signed note")]
    Note(#[from] NoteError),
    /// The checkpoint is not signed by the log's key.
    #[error("the checkpoint is not signed by the log's key")]
    Signature(#[from] OpenCheckpointError),
    /// The proof is of another record or another tree.
    #[error("the proof is for another position or another size than the receipt's")]
    OtherPlace,
    /// A hash of the proof is none.
    #[error("a hash of the proof is none")]
    ProofHash(#[from] ParseTreeHashError),
    /// The record is not in the checkpoint's tree.
    #[error("the record is not in the tree of the checkpoint")]
    Inclusion(#[from] InclusionError),
}

/// Why a text is no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// It is not the JSON of a receipt.
    #[error("not a receipt: {0}")]
    Json(String),
    /// It is of another kind or version.
    #[error("not a receipt of the form {SCHEMA}: it says {0}")]
    Schema(String),
    /// It has a proof without a checkpoint or a checkpoint without a proof.
    #[error("it has one of inclusion and checkpoint, not both")]
    HalfProof,
    /// The proof's note is no checkpoint.
    #[error("the proof's note is no checkpoint")]
    Checkpoint,
}
