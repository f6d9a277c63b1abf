//! Bodies of C2SP tlog-witness 1.0.0 `add-checkpoint`: what a log asks a witness, and what it answers.

use std::fmt;

use crate::proof::checkpoint::{Checkpoint, CheckpointError};
use crate::proof::note::{Note, NoteError, NoteSignature, check_bytes, parse_signature_lines};
use crate::proof::tree::{TreeHash, parse_decimal};

/// The most consistency hashes a request may carry.
pub const REQUEST_HASHES_MAX: usize = 63;

/// The media type of a conflict's body.
pub const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";

/// "You last cosigned this size; here is a newer checkpoint and the proof that it continues yours."
///
/// Whether the signature, the size and the proof hold is the witness's to check; the shape is checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpointRequest {
    old_size: u64,
    proof: Vec<TreeHash>,
    checkpoint: Note,
}

impl AddCheckpointRequest {
    /// Puts a request together; the proof goes from `old_size` to the checkpoint's size and is empty for 0.
    ///
    /// # Errors
    /// The variants of [`WitnessRequestError`] that concern sizes and the number of hashes.
    pub fn new(old_size: u64, proof: Vec<TreeHash>, checkpoint: Note) -> Result<Self, WitnessRequestError> {
        if proof.len() > REQUEST_HASHES_MAX {
            return Err(WitnessRequestError::TooManyHashes);
        }
        if old_size == 0 && !proof.is_empty() {
            return Err(WitnessRequestError::ProofFromNothing);
        }
        let new_size = checkpoint.text().parse::<Checkpoint>()?.size();
        if old_size > new_size {
            return Err(WitnessRequestError::OldLargerThanNew { old_size, new_size });
        }
        Ok(Self { old_size, proof, checkpoint })
    }

    /// Reads a request's body. Every error means status 400.
    ///
    /// # Errors
    /// [`WitnessRequestError`] with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, WitnessRequestError> {
        check_bytes(bytes)?;
        let text = std::str::from_utf8(bytes).map_err(|cause| NoteError::Utf8 { at: cause.valid_up_to() })?;
        // The first blank line ends the proof; the note has one of its own.
        let (head, note) = text.split_once("\n\n").ok_or(WitnessRequestError::Separator)?;
        let mut lines = head.split('\n');
        let old_size = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(parse_decimal);
        let old_size = old_size.ok_or(WitnessRequestError::OldSize)?;
        let proof = (2..)
            .zip(lines)
            .map(|(line, text)| TreeHash::parse_base64(text).map_err(|_| WitnessRequestError::Hash { line }));
        let proof = proof.collect::<Result<_, _>>()?;
        Self::new(old_size, proof, Note::parse(note.as_bytes())?)
    }

    /// The size the witness is believed to have cosigned last; 0 if it never did.
    #[must_use]
    pub const fn old_size(&self) -> u64 {
        self.old_size
    }

    /// The consistency proof from the old size to the checkpoint's.
    #[must_use]
    pub fn proof(&self) -> &[TreeHash] {
        &self.proof
    }

    /// The signed checkpoint; its signatures are unchecked.
    #[must_use]
    pub const fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }
}

impl fmt::Display for AddCheckpointRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Why a body is no `add-checkpoint` request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessRequestError {
    /// No blank line ends the proof.
    #[error("request has no blank line before the checkpoint")]
    Separator,
    /// The first line is not `old` and a decimal number.
    #[error("line 1: not old and a decimal number below 2^63 without leading zeros")]
    OldSize,
    /// A proof line is no hash.
    #[error("line {line}: not the canonical base64 of 32 bytes")]
    Hash {
        /// The line, from 1.
        line: usize,
    },
    /// More than [`REQUEST_HASHES_MAX`] hashes.
    #[error("request has more than 63 hashes")]
    TooManyHashes,
    /// Old size 0 with a proof.
    #[error("old size is 0 but the proof is not empty")]
    ProofFromNothing,
    /// The old size is above the checkpoint's.
    #[error("old size {old_size} is larger than the checkpoint's {new_size}")]
    OldLargerThanNew {
        /// The old size.
        old_size: u64,
        /// The checkpoint's size.
        new_size: u64,
    },
    /// What follows the blank line is no note.
    #[error("request has no well-formed note")]
    Note(#[from] NoteError),
    /// The note's text is no checkpoint.
    #[error("request's note is no checkpoint")]
    Checkpoint(#[from] CheckpointError),
}

/// What a witness answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddCheckpointAnswer {
    /// 200: cosignatures, to be checked against the witness's key before use.
    Cosigned(Vec<NoteSignature>),
    /// 409 with a size: the witness last cosigned this one; ask again from there.
    Stale {
        /// The size the witness knows.
        latest: u64,
    },
    /// Anything else, an empty 409 and every 5xx included: no cosignature was given.
    Refused {
        /// The HTTP status.
        status: u16,
    },
}

impl AddCheckpointAnswer {
    /// Reads status, media type (`""` if none) and body of a response.
    ///
    /// # Errors
    /// [`NoteError`] if a 200 holds anything but signature lines; a witness that answers so is broken.
    pub fn read(status: u16, media_type: &str, body: &[u8]) -> Result<Self, NoteError> {
        match status {
            200 => {
                check_bytes(body)?;
                let lines = std::str::from_utf8(body).map_err(|cause| NoteError::Utf8 { at: cause.valid_up_to() })?;
                parse_signature_lines(lines).map(Self::Cosigned)
            }
            409 if media_type == SIZE_MEDIA_TYPE => {
                Ok(parse_size_line(body).map_or(Self::Refused { status }, |latest| Self::Stale { latest }))
            }
            _ => Ok(Self::Refused { status }),
        }
    }

    /// The HTTP status to answer with.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) => 200,
            Self::Stale { .. } => 409,
            Self::Refused { status } => *status,
        }
    }

    /// The body to answer with: signature lines, a size of media type [`SIZE_MEDIA_TYPE`], or nothing.
    #[must_use]
    pub fn to_body(&self) -> String {
        match self {
            Self::Cosigned(signatures) => {
                signatures.iter().flat_map(|signature| [signature.to_string(), "\n".into()]).collect()
            }
            Self::Stale { latest } => format!("{latest}\n"),
            Self::Refused { .. } => String::new(),
        }
    }
}

fn parse_size_line(body: &[u8]) -> Option<u64> {
    parse_decimal(std::str::from_utf8(body).ok()?.strip_suffix('\n')?)
}
