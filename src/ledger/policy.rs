//! `policy`: whom the ledger's keeper wants to have cosigned (C2SP tlog-policy).

use std::fs;
use std::io;
use std::path::PathBuf;

use super::archive::Archive;
use super::folder::Folder;
use super::proving::ProveError;
use super::witnessing::{CosignedCheckpoints, CosignedError, joined};
use crate::proof::{EvaluatePolicyError, NoteError, Policy, PolicyError, PolicyJudgement, PolicyVerdict, VerifierKey};
use crate::witness::ShelfError;

/// The policy file's name.
pub const POLICY_FILE: &str = "policy";

impl Folder {
    /// Gives where the policy lies.
    #[must_use]
    pub fn policy_path(&self) -> PathBuf {
        self.path().join(POLICY_FILE)
    }

    /// Reads the policy; nothing where none is set.
    ///
    /// It is the keeper's own wish. Whoever checks a ledger brings a policy of his own.
    ///
    /// # Errors
    /// [`PolicyFileError`].
    pub fn policy(&self) -> Result<Option<Policy>, PolicyFileError> {
        let bytes = match fs::read(self.policy_path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        Ok(Some(Policy::parse(&bytes)?))
    }

    /// Sets the policy, whole or not at all. Durable on return.
    ///
    /// # Errors
    /// [`PolicyFileError::ForeignLog`] where the policy does not name this ledger's key; nothing is written then.
    pub fn set_policy(&self, bytes: &[u8], log: &VerifierKey) -> Result<Policy, PolicyFileError> {
        let policy = Policy::parse(bytes)?;
        if !policy.logs().any(|(key, _)| key == log) {
            return Err(PolicyFileError::ForeignLog);
        }
        self.write_whole(POLICY_FILE, bytes)?;
        Ok(policy)
    }
}

/// How the latest checkpoint stands under a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyStanding {
    /// What the policy makes of it.
    pub judgement: PolicyJudgement,
    /// The newest earlier checkpoint that the quorum cosigned, by size, where the latest one is not.
    pub last_met: Option<u64>,
}

impl Archive {
    /// Judges the latest checkpoint by a policy, with every cosignature that was kept for it.
    ///
    /// # Errors
    /// [`StandingError`]; [`StandingError::Refused`] where a signature is not what it claims to be.
    pub fn policy_standing(&self, policy: &Policy) -> Result<PolicyStanding, StandingError> {
        let signed = self.checkpoint()?;
        let cosigned = self.cosigned()?;
        let size = signed.checkpoint.size();
        let note = match cosigned.at(size)? {
            Some(kept) if kept.checkpoint == signed.checkpoint => joined(&kept.note, &signed.note)?,
            _ => signed.note,
        };
        let judgement = policy.evaluate(&note)?;
        if judgement.verdict == PolicyVerdict::Satisfied {
            return Ok(PolicyStanding { judgement, last_met: None });
        }
        Ok(PolicyStanding { judgement, last_met: last_met(policy, &cosigned, size)? })
    }
}

fn last_met(policy: &Policy, cosigned: &CosignedCheckpoints, below: u64) -> Result<Option<u64>, StandingError> {
    for size in cosigned.sizes()?.into_iter().rev().filter(|size| *size < below) {
        let Some(kept) = cosigned.at(size)? else { continue };
        if policy.evaluate(&kept.note).is_ok_and(|judgement| judgement.verdict == PolicyVerdict::Satisfied) {
            return Ok(Some(size));
        }
    }
    Ok(None)
}

/// Says why a checkpoint could not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandingError {
    /// The ledger has no checkpoint that can be used.
    #[error(transparent)]
    Ledger(#[from] ProveError),
    /// A kept checkpoint cannot be used.
    #[error(transparent)]
    Kept(#[from] CosignedError),
    /// The folder of kept checkpoints failed.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// The signatures do not fit into one note.
    #[error("the checkpoint has more signatures than a note can hold")]
    Note(#[from] NoteError),
    /// The policy takes it for nothing.
    #[error("the policy refuses the checkpoint")]
    Refused(#[from] EvaluatePolicyError),
}

/// Says why a policy could not be read or set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFileError {
    /// The file could not be read or written.
    #[error("the policy could not be read or written")]
    File(#[from] io::Error),
    /// It is no policy.
    #[error("not a policy")]
    Text(#[from] PolicyError),
    /// It trusts other logs than this one.
    #[error("no line of the policy names this ledger's key as a log")]
    ForeignLog,
}
