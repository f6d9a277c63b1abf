//! What the vault asks of a disk.

use std::fmt;
use std::io;

use sha2::{Digest, Sha256};

use crate::vocab::{ActorId, Label};

/// Names a record before it has a position: its submitter and idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordKey {
    /// The submitter.
    pub by: ActorId,
    /// The idempotency key.
    pub key: Label,
}

/// Names a record's files in the vault: SHA-256 over origin, submitter and key, each after its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 32]);

impl RecordId {
    /// Makes the name of a record's files.
    #[must_use]
    pub fn of(origin: &str, record: &RecordKey) -> Self {
        let mut hash = Sha256::new_with_prefix("ceasefire.vault/1 record\n");
        for part in [origin, record.by.as_str(), record.key.as_str()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        crate::vocab::Digest32::parse(text).map(|digest| Self(*digest.as_bytes()))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::vocab::hex::hex_of(&self.0))
    }
}

/// A file of the vault. `Display` gives its path within the ledger's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VaultFile {
    /// The vault key.
    Key,
    /// Which records are on their way into the log.
    Pending,
    /// A record's ciphertexts.
    Annex(RecordId),
    /// A record's wrapped data keys.
    DataKeys(RecordId),
}

impl VaultFile {
    /// Gives the path below the folder it belongs to, in parts: the folder of folders, where there is one, and the name.
    #[must_use]
    pub fn parts(&self) -> (Option<String>, String) {
        let sharded = |id: &RecordId, end: &str| {
            let text = id.to_string();
            let (shard, rest) = text.split_at(2);
            (Some(shard.to_owned()), format!("{rest}.{end}"))
        };
        match self {
            Self::Key => (None, "vault.key".to_owned()),
            Self::Pending => (None, "pending".to_owned()),
            Self::Annex(id) => sharded(id, "annex"),
            Self::DataKeys(id) => sharded(id, "keys"),
        }
    }
}

impl fmt::Display for VaultFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = match self {
            Self::Key => "keys",
            Self::Pending | Self::Annex(_) => "vault",
            Self::DataKeys(_) => "keys/vault",
        };
        match self.parts() {
            (Some(shard), name) => write!(f, "{folder}/{shard}/{name}"),
            (None, name) => write!(f, "{folder}/{name}"),
        }
    }
}

/// Keeps the vault's files. Each is written whole or not at all.
///
/// One program writes, the one that holds the log's lock; any number read beside it.
pub trait VaultFiles: fmt::Debug + Send + Sync {
    /// Reads a file; nothing where there is none.
    ///
    /// # Errors
    /// [`VaultFileError`] where it is there and cannot be read.
    fn read(&self, file: VaultFile) -> Result<Option<Vec<u8>>, VaultFileError>;

    /// Writes a file whole, in place of an earlier one. It and its folder entry are durable on return. Only the owner may
    /// read it.
    ///
    /// # Errors
    /// [`VaultFileError`]; then the earlier file or the new one is there, never a part of one.
    fn write(&self, file: VaultFile, bytes: &[u8]) -> Result<(), VaultFileError>;

    /// Removes a file, and what a broken-off write of it left behind. That it is gone is durable on return.
    ///
    /// # Errors
    /// [`VaultFileError`].
    fn remove(&self, file: VaultFile) -> Result<(), VaultFileError>;

    /// Lists the files of records, in any order.
    ///
    /// # Errors
    /// [`VaultFileError`] where a folder cannot be read.
    fn records(&self) -> Result<Vec<VaultFile>, VaultFileError>;
}

/// Says that a file of the vault could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing} {file}")]
pub struct VaultFileError {
    /// What was being done: read, write, remove or list.
    pub doing: &'static str,
    /// The file or folder.
    pub file: String,
    /// The cause.
    pub source: io::Error,
}
