//! Proofs for those who do not hold the log: this record is in it, and it goes on from what you saw.

use super::archive::Archive;
use super::log_key::{created_of, key_named};
use super::writing::OpenError;
use crate::log::{LockError, ReadError, StoredRecord};
use crate::proof::{
    Checkpoint, Note, OpenCheckpointError, ReceiptError, ReceiptFile, ReceiptParts, TlogProof, TlogProofError,
    TreeHash, VerifierKey, leaf_hash,
};
use crate::publication::{ProofError, ProofsUnder, PublishError, ReadCheckpointError};
use crate::vocab::Seq;

/// A checkpoint that the log's key signed, and the note it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The note, with whatever other signatures it carries.
    pub note: Note,
}

/// A record, and the proof that it is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The record.
    pub record: StoredRecord,
    /// Its place, the hashes, and the checkpoint.
    pub proof: TlogProof,
}

/// The proof that the log goes on from an earlier size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// The earlier size.
    pub from: u64,
    /// The root that the log had then.
    pub root: TreeHash,
    /// The hashes.
    pub hashes: Vec<TreeHash>,
    /// The checkpoint that it leads to.
    pub checkpoint: SignedCheckpoint,
}

/// How a log stands to a checkpoint of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// The checkpoint's records are its beginning.
    Extends,
    /// Its beginning is another.
    Forked {
        /// The root that its records come to.
        found: TreeHash,
    },
    /// It ends before.
    TooShort {
        /// Its last record.
        head: Seq,
    },
}

/// Says why nothing can be proved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The ledger could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Record 1 names no log key: this ledger signs nothing.
    #[error("record 1 names no log key, so this ledger has no checkpoints")]
    NoKey,
    /// There is no checkpoint.
    #[error("there is no checkpoint yet")]
    NoCheckpoint,
    /// The checkpoint could not be read.
    #[error(transparent)]
    Checkpoint(#[from] ReadCheckpointError),
    /// The checkpoint is not the log's.
    #[error("the checkpoint is not one that the log's key signed")]
    Signature(#[from] OpenCheckpointError),
    /// No such record.
    #[error("there is no record {seq}")]
    NoRecord {
        /// The position.
        seq: Seq,
    },
    /// The proof cannot be made.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The proof cannot be written.
    #[error(transparent)]
    Form(#[from] TlogProofError),
    /// The receipt cannot be written.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The tree could not be hashed.
    #[error(transparent)]
    Tree(#[from] PublishError),
}

impl Archive {
    /// Gives the log's key as record 1 names it; nothing where it names none.
    ///
    /// # Errors
    /// [`OpenError`] where record 1 cannot be read.
    pub fn log_key(&self) -> Result<Option<VerifierKey>, OpenError> {
        Ok(key_named(&created_of(self.reader())?))
    }

    /// Gives the latest checkpoint, its signature checked against the key of record 1.
    ///
    /// # Errors
    /// [`ProveError::NoKey`] and [`ProveError::NoCheckpoint`] among others.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, ProveError> {
        let note = self.publication().checkpoint()?.ok_or(ProveError::NoCheckpoint)?;
        self.signed(note)
    }

    /// Checks that a note is a checkpoint that this log's key signed. Whether the log agrees with it is not looked at.
    ///
    /// # Errors
    /// [`ProveError::Signature`].
    pub fn signed(&self, note: Note) -> Result<SignedCheckpoint, ProveError> {
        let key = self.log_key()?.ok_or(ProveError::NoKey)?;
        let checkpoint = Checkpoint::open(&note, &key)?;
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// Proves that a record is in the log, under the latest checkpoint. From tiles, in O(log n) reads.
    ///
    /// # Errors
    /// [`ProveError`]; [`ProofError::NotCovered`] where the record came after the checkpoint.
    pub fn inclusion(&self, seq: Seq) -> Result<Inclusion, ProveError> {
        let checkpoint = self.checkpoint()?;
        self.prove(seq, &self.publication().proofs_under(&checkpoint.checkpoint), &checkpoint.note)
    }

    /// As [`Archive::inclusion`], for several records, under a checkpoint of the caller's choice.
    ///
    /// # Errors
    /// As [`Archive::inclusion`].
    pub fn inclusions_under(
        &self,
        records: impl IntoIterator<Item = Seq>,
        checkpoint: &SignedCheckpoint,
    ) -> Result<Vec<Inclusion>, ProveError> {
        let proofs = self.publication().proofs_under(&checkpoint.checkpoint);
        records.into_iter().map(|seq| self.prove(seq, &proofs, &checkpoint.note)).collect()
    }

    fn prove(&self, seq: Seq, proofs: &ProofsUnder<'_>, note: &Note) -> Result<Inclusion, ProveError> {
        let record = self.reader().record_at(seq)?.ok_or(ProveError::NoRecord { seq })?;
        let index = seq.previous().number();
        let hashes = proofs.inclusion(leaf_hash(record.line.as_bytes()), index)?;
        Ok(Inclusion { record, proof: TlogProof::new(index, hashes, note.clone())? })
    }

    /// Writes the receipt of a record, with the proof where the latest checkpoint covers it.
    ///
    /// # Errors
    /// [`ProveError`]; that no checkpoint covers the record, or that there is none, is no error.
    pub fn receipt(&self, seq: Seq) -> Result<ReceiptFile, ProveError> {
        let record = self.reader().record_at(seq)?.ok_or(ProveError::NoRecord { seq })?;
        let head = self.reader().record_at(record.end)?.ok_or(ProveError::NoRecord { seq: record.end })?;
        let parts = ReceiptParts {
            origin: self.folder().settings().map_err(OpenError::from)?.origin,
            log_key: self.log_key()?,
            seq,
            hash: record.hash,
            at: record.at,
            head_seq: head.seq,
            head: head.hash,
            line: record.line.to_string(),
        };
        let receipt = ReceiptFile::new(parts);
        match self.inclusion(seq) {
            Ok(inclusion) => Ok(receipt.with_proof(&inclusion.proof)?),
            Err(ProveError::NoKey | ProveError::NoCheckpoint | ProveError::Proof(ProofError::NotCovered { .. })) => {
                Ok(receipt)
            }
            Err(error) => Err(error),
        }
    }

    /// Tells whether the log goes on from a checkpoint that its key signed.
    ///
    /// From the tiles where they lead to the latest checkpoint, else by hashing the records up to there.
    ///
    /// # Errors
    /// [`ProveError`] where the log cannot be read.
    pub fn extends(&self, signed: &SignedCheckpoint) -> Result<Extension, ProveError> {
        let size = signed.checkpoint.size();
        let head = self.reader().head()?.seq;
        if size > head.number() {
            return Ok(Extension::TooShort { head });
        }
        let root = match self.consistency(size) {
            Ok(consistency) => consistency.root,
            Err(_) => self.publication().root_of_prefix(self.reader(), Seq::new(size))?,
        };
        Ok(if root == signed.checkpoint.root() { Extension::Extends } else { Extension::Forked { found: root } })
    }

    /// Proves that the log of the latest checkpoint goes on from the first `from` records. From tiles.
    ///
    /// # Errors
    /// [`ProveError`]; [`ProofError::Smaller`] where the checkpoint has fewer.
    pub fn consistency(&self, from: u64) -> Result<Consistency, ProveError> {
        let checkpoint = self.checkpoint()?;
        let (root, hashes) = self.publication().consistency(from, &checkpoint.checkpoint)?;
        Ok(Consistency { from, root, hashes, checkpoint })
    }

    /// Makes the tiles of the latest checkpoint anew from the log where they are damaged or missing, and gives how many
    /// were written. It takes the log's lock for the while. Without a checkpoint it does nothing.
    ///
    /// # Errors
    /// [`RebuildTilesError`].
    pub fn rebuild_tiles(&self) -> Result<u64, RebuildTilesError> {
        let _lock = self.storage().lock()?;
        match self.checkpoint() {
            Ok(signed) => Ok(self.publication().rebuild_tiles(self.reader(), &signed.checkpoint)?),
            Err(ProveError::NoKey | ProveError::NoCheckpoint) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

/// Says why the tiles could not be made anew.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildTilesError {
    /// A writer is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] ProveError),
    /// The log does not come to the checkpoint, or a file failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}
