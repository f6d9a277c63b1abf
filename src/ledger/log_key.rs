//! Whose log it is: the key that record 1 names, and its secret half where it is here.

use std::io;

use super::folder::Folder;
use super::genesis::LOG_KEY_FILE;
use super::reading::{ReplayError, read_body};
use super::writing::OpenError;
use crate::event::{Event, LedgerCreated};
use crate::log::LogReader;
use crate::proof::{ParseKeyError, SignerKey, VerifierKey};
use crate::publication::{LastSigned, Publication, PublishError};
use crate::vocab::Seq;

/// Says why the log's key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogKeyError {
    /// The key file could not be read.
    #[error("keys/{LOG_KEY_FILE} could not be read")]
    Unreadable(#[source] io::Error),
    /// The key file holds no key.
    #[error("keys/{LOG_KEY_FILE} is no signing key")]
    Malformed(#[source] ParseKeyError),
    /// Record 1 names no key, or one that is none.
    #[error("record 1 names no log key that could be read")]
    NoneNamed,
    /// The key is another than the one that record 1 names: its signatures would not be this ledger's.
    #[error("keys/{LOG_KEY_FILE} is the key {found}, record 1 names {named}")]
    Foreign {
        /// The key that record 1 names.
        named: Box<VerifierKey>,
        /// The key in the file.
        found: Box<VerifierKey>,
    },
}

/// Reads record 1.
pub(super) fn created_of(reader: &LogReader) -> Result<LedgerCreated, OpenError> {
    let first = reader.record_at(Seq::FIRST).map_err(ReplayError::from)?.ok_or(OpenError::NoGenesis)?;
    match read_body(first.body(), first.seq, first.at)?.event {
        Event::LedgerCreated(event) => Ok(event),
        _ => Err(OpenError::NoGenesis),
    }
}

/// Gives the key that record 1 names; nothing where it names none.
pub(super) fn key_named(created: &LedgerCreated) -> Option<VerifierKey> {
    created.log_key.as_ref()?.as_str().parse().ok()
}

/// Reads the secret half, which must belong to the key that record 1 names; nothing where it is not here.
pub(super) fn log_signer(folder: &Folder, created: &LedgerCreated) -> Result<Option<SignerKey>, LogKeyError> {
    let Some(text) = folder.read_secret(LOG_KEY_FILE).map_err(LogKeyError::Unreadable)? else { return Ok(None) };
    let signer = SignerKey::parse(text.trim_end()).map_err(LogKeyError::Malformed)?;
    let named = key_named(created).ok_or(LogKeyError::NoneNamed)?;
    if *signer.verifier() == named {
        return Ok(Some(signer));
    }
    Err(LogKeyError::Foreign { named: Box::new(named), found: Box::new(signer.verifier().clone()) })
}

/// Gives what was signed last, as far as this folder knows.
pub(super) fn last_signed(
    publication: &Publication,
    created: &LedgerCreated,
) -> Result<Option<LastSigned>, PublishError> {
    let Some(key) = key_named(created) else { return Ok(None) };
    Ok(publication.last_signed(&key)?)
}
