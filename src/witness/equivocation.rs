//! Evidence that a log signed two histories, in a file that convinces somebody who trusts neither log nor witness.

use serde::{Deserialize, Serialize};

use crate::proof::{
    Checkpoint, CheckpointError, ConsistencyError, Note, NoteError, ParseTreeHashError, TreeHash, VerifierKey,
    VerifyNoteError, verify_consistency,
};

const SCHEMA: &str = "ceasefire.equivocation/1";

/// Two notes of one log that do not go together, and the proof that came with the later one.
///
/// What they prove is worked out anew by [`Equivocation::check`]: the file is believed in nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equivocation {
    first: Note,
    second: Note,
    proof: Vec<TreeHash>,
}

/// What two notes prove about their log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Contradiction {
    /// The log signed two trees of the same size with different roots: proven.
    SameSize,
    /// The log signed a tree, and later one that contains another tree in its place: proven.
    OtherHistory,
    /// The later tree was not shown to contain the earlier. A wrong proof may be a mistake: nothing is proven.
    Unproven,
}

impl Contradiction {
    /// Whether the log's key, and nobody else's, must have signed two histories.
    #[must_use]
    pub const fn is_proven(self) -> bool {
        matches!(self, Self::SameSize | Self::OtherHistory)
    }
}

impl Equivocation {
    /// Puts two notes side by side: what was known, what was shown, and the consistency proof shown with it.
    #[must_use]
    pub const fn new(first: Note, second: Note, proof: Vec<TreeHash>) -> Self {
        Self { first, second, proof }
    }

    /// The note that was known.
    #[must_use]
    pub const fn first(&self) -> &Note {
        &self.first
    }

    /// The note that does not go with it.
    #[must_use]
    pub const fn second(&self) -> &Note {
        &self.second
    }

    /// Works out what the two notes prove: signatures, origin, sizes, roots, proof.
    ///
    /// # Errors
    /// [`EquivocationError`] where they prove nothing about this log, or do not contradict each other.
    pub fn check(&self, log_keys: &[VerifierKey]) -> Result<Contradiction, EquivocationError> {
        let (mut old, mut new) = (signed(&self.first, log_keys)?, signed(&self.second, log_keys)?);
        if old.origin() != new.origin() {
            return Err(EquivocationError::TwoLogs);
        }
        if old.size() > new.size() {
            std::mem::swap(&mut old, &mut new);
        }
        if old.size() == new.size() {
            return if old.root() == new.root() { Err(EquivocationError::None) } else { Ok(Contradiction::SameSize) };
        }
        let consistent = |root| verify_consistency(old.size(), new.size(), root, new.root(), &self.proof);
        match consistent(old.root()) {
            Ok(()) => Err(EquivocationError::None),
            // The new root is made of these hashes, so the tree it stands for begins with the other one.
            Err(ConsistencyError::OldRootMismatch { computed, .. }) if consistent(computed).is_ok() => {
                Ok(Contradiction::OtherHistory)
            }
            Err(_) => Ok(Contradiction::Unproven),
        }
    }

    /// Writes the file: JSON, with both notes as they were signed.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "schema": SCHEMA,
            "first": self.first.to_string(),
            "second": self.second.to_string(),
            "proof": self.proof.iter().map(TreeHash::to_base64).collect::<Vec<_>>(),
        })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`ReadEquivocationError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadEquivocationError> {
        let file: File = serde_json::from_slice(bytes)?;
        if file.schema != SCHEMA {
            return Err(ReadEquivocationError::Schema);
        }
        Ok(Self {
            first: Note::parse(file.first.as_bytes())?,
            second: Note::parse(file.second.as_bytes())?,
            proof: file.proof.iter().map(|hash| TreeHash::parse_base64(hash)).collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    first: String,
    second: String,
    proof: Vec<String>,
}

fn signed(note: &Note, log_keys: &[VerifierKey]) -> Result<Checkpoint, EquivocationError> {
    let checkpoint: Checkpoint = note.text().parse()?;
    note.verify(log_keys.iter().filter(|key| key.name() == checkpoint.origin()))?;
    Ok(checkpoint)
}

/// Why two notes are no evidence against a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EquivocationError {
    /// A note's text is no checkpoint.
    #[error("a note is no checkpoint")]
    Text(#[from] CheckpointError),
    /// A note is not signed by the log.
    #[error("a note is not signed by the log")]
    Signature(#[from] VerifyNoteError),
    /// The notes are of two logs.
    #[error("the notes are of two different logs")]
    TwoLogs,
    /// The notes go together.
    #[error("the notes do not contradict each other")]
    None,
}

/// Why a file is no evidence of equivocation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadEquivocationError {
    /// Not the JSON that it should be.
    #[error("not a file of equivocation evidence")]
    Json(#[from] serde_json::Error),
    /// Another schema.
    #[error("the schema is not {SCHEMA}")]
    Schema,
    /// A note in it is malformed.
    #[error("a note in it is malformed")]
    Note(#[from] NoteError),
    /// A hash in it is malformed.
    #[error("a hash of its proof is malformed")]
    Hash(#[from] ParseTreeHashError),
}
