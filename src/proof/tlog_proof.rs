//! Proof files of C2SP tlog-proof (draft), `.tlog-proof`: one entry, its place, and the checkpoint that covers it.

use std::fmt;

use crate::proof::inclusion::{InclusionError, verify_inclusion};
use crate::proof::note::{Note, NoteError, check_bytes};
use crate::proof::policy::{EvaluatePolicyError, Policy, PolicyJudgement};
use crate::proof::rfc4648;
use crate::proof::tree::{TreeHash, leaf_hash, parse_decimal};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The most hashes an inclusion proof can have below 2⁶³ leaves.
const PROOF_HASHES_MAX: usize = 63;

/// What a proof file holds, nothing of it checked yet: see [`verify`](Self::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: u64,
    hashes: Vec<TreeHash>,
    checkpoint: Note,
}

impl TlogProof {
    /// Puts a proof together for the entry at `index`, from 0: a record's `seq` − 1.
    ///
    /// # Errors
    /// [`TlogProofError::TooManyHashes`].
    pub fn new(index: u64, hashes: Vec<TreeHash>, checkpoint: Note) -> Result<Self, TlogProofError> {
        if hashes.len() > PROOF_HASHES_MAX {
            return Err(TlogProofError::TooManyHashes);
        }
        Ok(Self { extra: None, index, hashes, checkpoint })
    }

    /// Adds bytes for the application's own use, which no signature covers.
    #[must_use]
    pub fn with_extra(self, extra: Vec<u8>) -> Self {
        Self { extra: Some(extra), ..self }
    }

    /// Reads a proof file.
    ///
    /// # Errors
    /// [`TlogProofError`] with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        check_bytes(bytes)?;
        let text = std::str::from_utf8(bytes).map_err(|cause| NoteError::Utf8 { at: cause.valid_up_to() })?;
        // The first blank line ends the proof; the note has one of its own.
        let (head, note) = text.split_once("\n\n").ok_or(TlogProofError::Separator)?;
        let mut lines = (1..).zip(head.split('\n')).peekable();
        lines.next_if(|&(_, line)| line == HEADER).ok_or(TlogProofError::Header)?;
        let extra = lines.next_if(|(_, line)| line.starts_with("extra "));
        let extra = extra.map(|(_, line)| parse_extra(line).ok_or(TlogProofError::Extra)).transpose()?;
        let index = lines.next().and_then(|(_, line)| parse_decimal(line.strip_prefix("index ")?));
        let index = index.ok_or(TlogProofError::Index)?;
        let hashes = lines
            .map(|(line, text)| TreeHash::parse_base64(text).map_err(|_| TlogProofError::Hash { line }))
            .collect::<Result<_, _>>()?;
        Ok(Self { extra, ..Self::new(index, hashes, Note::parse(note.as_bytes())?)? })
    }

    /// The entry's place in the log, from 0.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The inclusion proof, the leaf's sibling first.
    #[must_use]
    pub fn hashes(&self) -> &[TreeHash] {
        &self.hashes
    }

    /// The checkpoint note; its signatures are unchecked.
    #[must_use]
    pub const fn checkpoint(&self) -> &Note {
        &self.checkpoint
    }

    /// Bytes for the application's own use, which no signature covers.
    #[must_use]
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// Checks that the entry (a record's line without its newline) is at this index of a log the policy trusts.
    ///
    /// Whether enough witnesses cosigned stands in the judgement's verdict: a proof whose quorum is not met is still a
    /// proof that the log signed.
    ///
    /// # Errors
    /// [`VerifyTlogProofError`]: the signatures first, then the inclusion.
    pub fn verify(&self, entry: &[u8], policy: &Policy) -> Result<PolicyJudgement, VerifyTlogProofError> {
        let judgement = policy.evaluate(&self.checkpoint)?;
        let (size, root) = (judgement.checkpoint.size(), judgement.checkpoint.root());
        verify_inclusion(self.index, size, leaf_hash(entry), &self.hashes, root)?;
        Ok(judgement)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", rfc4648::base64_from(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Why bytes are no proof file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogProofError {
    /// No blank line ends the proof.
    #[error("proof has no blank line before the checkpoint")]
    Separator,
    /// The first line is another.
    #[error("line 1: not c2sp.org/tlog-proof@v1")]
    Header,
    /// The extra bytes are not canonical base64.
    #[error("line 2: extra is not canonical base64")]
    Extra,
    /// No index, or not a decimal below 2⁶³ without leading zeros.
    #[error("proof has no index below 2^63 without leading zeros after its header")]
    Index,
    /// A line is no hash.
    #[error("line {line}: not the canonical base64 of 32 bytes")]
    Hash {
        /// The line, from 1.
        line: usize,
    },
    /// More hashes than any tree needs.
    #[error("proof has more than 63 hashes")]
    TooManyHashes,
    /// What follows the blank line is no note.
    #[error("proof has no well-formed checkpoint note")]
    Note(#[from] NoteError),
}

/// Why a proof does not prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyTlogProofError {
    /// The checkpoint is not a trusted log's.
    #[error("proof's checkpoint is not to be believed")]
    Checkpoint(#[from] EvaluatePolicyError),
    /// The entry is not where the proof says.
    #[error("entry is not in the log at the index of the proof")]
    Inclusion(#[from] InclusionError),
}

fn parse_extra(line: &str) -> Option<Vec<u8>> {
    rfc4648::base64_parse(line.strip_prefix("extra ")?)
}
