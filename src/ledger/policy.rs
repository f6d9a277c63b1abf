//! `policy`: whom the ledger's keeper wants to have cosigned (C2SP tlog-policy).

use std::fs;
use std::io;
use std::path::PathBuf;

use super::folder::Folder;
use crate::proof::{Policy, PolicyError, VerifierKey};

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
