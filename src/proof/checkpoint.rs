//! Checkpoints of C2SP tlog-checkpoint 1.0.0: what a log says its tree is.

use std::fmt;
use std::str::FromStr;

use crate::proof::key::{KeyName, SignatureType, SignerKey, VerifierKey};
use crate::proof::note::{Note, NoteError, VerifyNoteError};
use crate::proof::tree::{TREE_SIZE_MAX, TreeHash, empty_root, parse_decimal};

/// A log's name, the number of its records and the root hash over them.
///
/// The text is exactly three lines. Extension lines are neither written nor read: witnesses refuse them, and nobody
/// audits them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: KeyName,
    size: u64,
    root: TreeHash,
}

impl Checkpoint {
    /// States that the log `origin` has `size` leaves with this root.
    ///
    /// # Errors
    /// [`CheckpointError::Size`] above 2⁶³ − 1, [`CheckpointError::EmptyRoot`] for size 0 with any root but the empty one.
    pub fn new(origin: KeyName, size: u64, root: TreeHash) -> Result<Self, CheckpointError> {
        if size > TREE_SIZE_MAX {
            return Err(CheckpointError::Size);
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(Self { origin, size, root })
    }

    /// The log's name, which is also its key's name.
    #[must_use]
    pub const fn origin(&self) -> &KeyName {
        &self.origin
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root hash over the leaves.
    #[must_use]
    pub const fn root(&self) -> TreeHash {
        self.root
    }

    /// Signs with the log's key.
    ///
    /// What is signed must be durable first and consistent with everything signed before: that is the caller's part.
    ///
    /// # Errors
    /// [`SignCheckpointError::ForeignKey`] if the key's name is not the origin, [`SignCheckpointError::Note`] for a
    /// witness key.
    pub fn sign(&self, signer: &SignerKey) -> Result<Note, SignCheckpointError> {
        if signer.verifier().name() != &self.origin {
            return Err(SignCheckpointError::ForeignKey {
                origin: self.origin.clone(),
                key: signer.verifier().name().clone(),
            });
        }
        let mut note = Note::new(self.to_string())?;
        note.sign(signer)?;
        Ok(note)
    }

    /// Reads the checkpoint from a note that this log key signed.
    ///
    /// # Errors
    /// [`OpenCheckpointError`]; nothing of an unsigned or wrongly signed note is handed out.
    pub fn open(note: &Note, log: &VerifierKey) -> Result<Self, OpenCheckpointError> {
        if log.kind() != SignatureType::Ed25519 {
            return Err(OpenCheckpointError::KeyType);
        }
        note.verify([log])?;
        Self::of_origin(note.text(), log.name())
    }

    /// Reads a text whose origin must be this name.
    pub(super) fn of_origin(text: &str, name: &KeyName) -> Result<Self, OpenCheckpointError> {
        let checkpoint: Self = text.parse()?;
        if checkpoint.origin != *name {
            return Err(OpenCheckpointError::ForeignOrigin { origin: checkpoint.origin, key: name.clone() });
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root.to_base64())
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads a note's text, whose signatures nobody may have checked: see [`Checkpoint::open`].
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let text = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Lines);
        };
        if lines.next().is_some() {
            return Err(CheckpointError::Extension);
        }
        let origin = origin.parse().map_err(|_| CheckpointError::Origin)?;
        let size = parse_decimal(size).ok_or(CheckpointError::Size)?;
        let root = TreeHash::parse_base64(root).map_err(|_| CheckpointError::Root)?;
        Self::new(origin, size, root)
    }
}

/// Why a text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Fewer than three lines, or the last one without a newline.
    #[error("checkpoint does not have three whole lines")]
    Lines,
    /// A fourth line.
    #[error("line 4: checkpoint has an extension line")]
    Extension,
    /// The origin is empty or no key name.
    #[error("line 1: checkpoint origin is empty or has white space, a control character or a plus sign")]
    Origin,
    /// The size is no decimal below 2⁶³ without leading zeros.
    #[error("line 2: tree size is not a decimal number below 2^63 without leading zeros")]
    Size,
    /// The root is not the canonical base64 of 32 bytes.
    #[error("line 3: root hash is not the canonical base64 of 32 bytes")]
    Root,
    /// An empty tree with the root of another.
    #[error("line 3: tree size is 0 but the root is not that of the empty tree")]
    EmptyRoot,
}

/// Why a checkpoint was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignCheckpointError {
    /// The key's name is not the checkpoint's origin.
    #[error("key {key} may not sign for origin {origin}")]
    ForeignKey {
        /// The checkpoint's origin.
        origin: KeyName,
        /// The key's name.
        key: KeyName,
    },
    /// The note could not be signed.
    #[error("cannot sign the checkpoint")]
    Note(#[from] NoteError),
}

/// Why a note gave no checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenCheckpointError {
    /// A witness key was given for the log's.
    #[error("a witness key does not sign checkpoints as their log")]
    KeyType,
    /// The log's signature is missing or bad.
    #[error("checkpoint is not signed by the log")]
    Signature(#[from] VerifyNoteError),
    /// The signed text is no checkpoint.
    #[error("signed note is no checkpoint")]
    Text(#[from] CheckpointError),
    /// The key signed for another log.
    #[error("key {key} signed a checkpoint of origin {origin}")]
    ForeignOrigin {
        /// The checkpoint's origin.
        origin: KeyName,
        /// The key's name.
        key: KeyName,
    },
}
