//! What a witness remembers of each log, on disk.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::proof::{KeyName, SignerKey, VerifierKey, leaf_hash};
use crate::witness::decision::Remembered;
use crate::witness::equivocation::{Contradiction, Equivocation, ReadEquivocationError};
use crate::witness::shelf::{self, FolderLock, Shelf, ShelfError, failed};

/// More pieces of evidence of a kind are not kept: one proves it, and whoever holds one signed note can send any number
/// of wrong proofs.
const EVIDENCE_KEPT: usize = 100;

/// A witness's folder, held by one process.
///
/// ```text
/// STATE/<origin, other bytes than a–z 0–9 . _ - as %xx>/cosigned/<size>   the notes it cosigned, as it answered them
///                                                      /evidence/*.json   what it holds against the log
/// STATE/lock
/// ```
///
/// The newest note is the one of the largest size. An earlier one may be taken away; the witness then no longer
/// recognises a second tree of that size.
#[derive(Debug)]
pub struct Memory {
    folder: PathBuf,
    _lock: FolderLock,
}

impl Memory {
    /// Takes a folder, made where it is missing.
    ///
    /// # Errors
    /// [`ShelfError::Held`] where another process has it, [`ShelfError::File`] where it cannot be made.
    pub fn hold(folder: impl Into<PathBuf>) -> Result<Self, ShelfError> {
        let folder = folder.into();
        let lock = shelf::hold(&folder)?;
        Ok(Self { folder, _lock: lock })
    }

    /// What is remembered of one log.
    #[must_use]
    pub fn of_log(&self, origin: &KeyName) -> LogMemory {
        LogMemory::under(&self.folder, origin)
    }
}

/// What a witness remembers of one log.
#[derive(Debug, Clone)]
pub struct LogMemory {
    cosigned: Shelf,
    evidence: PathBuf,
}

impl LogMemory {
    /// Names what lies in a witness's folder; reading it needs no lock.
    #[must_use]
    pub fn under(folder: &Path, origin: &KeyName) -> Self {
        let folder = folder.join(file_name(origin));
        Self { cosigned: Shelf::at(folder.join("cosigned")), evidence: folder.join("evidence") }
    }

    /// The newest checkpoint it cosigned.
    ///
    /// # Errors
    /// [`MemoryError`] where the folder cannot be read or the note in it is not one that log or witness signed.
    pub fn latest(&self, log_keys: &[VerifierKey], own: &VerifierKey) -> Result<Option<Remembered>, MemoryError> {
        match self.cosigned.sizes()?.last() {
            Some(&size) => self.at_size(size, log_keys, own),
            None => Ok(None),
        }
    }

    /// The checkpoint of this size, where it cosigned one and still has it.
    ///
    /// # Errors
    /// As [`latest`](Self::latest).
    pub fn at_size(
        &self,
        size: u64,
        log_keys: &[VerifierKey],
        own: &VerifierKey,
    ) -> Result<Option<Remembered>, MemoryError> {
        let Some(note) = self.cosigned.note(size)? else { return Ok(None) };
        let remembered = Remembered::of(&note, log_keys, own).filter(|kept| kept.checkpoint.size() == size);
        remembered.map(Some).ok_or(MemoryError::Foreign { size })
    }

    /// Remembers a checkpoint. Durable on return.
    ///
    /// # Errors
    /// [`ShelfError`]; what is on the disk is then unknown until it is read again.
    pub fn keep(&self, remembered: &Remembered) -> Result<(), ShelfError> {
        self.cosigned.put(remembered.checkpoint.size(), &remembered.note)
    }

    /// Takes back a checkpoint that the witness cosigned and does not remember: its memory was set back. Durable on
    /// return. Only forwards: nothing that is remembered is replaced.
    ///
    /// # Errors
    /// [`AdoptError`] where the witness did not cosign it, or remembers as much or more.
    pub fn adopt(&self, remembered: &Remembered, log_keys: &[VerifierKey], own: &SignerKey) -> Result<(), AdoptError> {
        self.adoptable(remembered, log_keys, own)?;
        Ok(self.keep(remembered)?)
    }

    /// Whether [`adopt`](Self::adopt) would take it; nothing is written.
    ///
    /// # Errors
    /// As there.
    pub fn adoptable(
        &self,
        remembered: &Remembered,
        log_keys: &[VerifierKey],
        own: &SignerKey,
    ) -> Result<(), AdoptError> {
        if remembered.note.verify([own.verifier()]).is_err() {
            return Err(AdoptError::NotOwn);
        }
        let latest = self.latest(log_keys, own.verifier())?.map(|latest| latest.checkpoint.size());
        match latest.filter(|known| *known >= remembered.checkpoint.size()) {
            Some(known) => Err(AdoptError::Known { known }),
            None => Ok(()),
        }
    }

    /// Keeps evidence against the log, under a name that is the same for the same two notes. Durable on return.
    /// Gives whether it is kept: beyond a hundred of a kind it is not.
    ///
    /// # Errors
    /// [`ShelfError`].
    pub fn keep_evidence(&self, evidence: &Equivocation, kind: Contradiction) -> Result<bool, ShelfError> {
        let prefix = match kind {
            Contradiction::SameSize => "same-size-",
            Contradiction::OtherHistory => "other-history-",
            Contradiction::Unproven => "unproven-",
        };
        let both = [evidence.first().text(), evidence.second().text()].concat();
        let digest: String = leaf_hash(both.as_bytes()).to_hex().chars().take(16).collect();
        let name = format!("{prefix}{digest}.json");
        let names = self.evidence_names()?;
        if names.contains(&name) {
            return Ok(true);
        }
        if names.iter().filter(|name| name.starts_with(prefix)).count() >= EVIDENCE_KEPT {
            return Ok(false);
        }
        let text = format!("{:#}\n", evidence.to_json());
        shelf::write_whole(&self.evidence.join(name), text.as_bytes())?;
        Ok(true)
    }

    /// Reads the evidence that is kept, by file.
    ///
    /// # Errors
    /// [`ShelfError`] where the folder cannot be read; what is wrong with one file stands in its place.
    pub fn evidence(&self) -> Result<Vec<KeptEvidence>, ShelfError> {
        let names = self.evidence_names()?.into_iter().filter(|name| !name.starts_with('.'));
        names
            .map(|name| {
                let path = self.evidence.join(name);
                let bytes = shelf::read_bounded(&path).map_err(failed("read", &path))?.unwrap_or_default();
                Ok(KeptEvidence { evidence: Equivocation::parse(&bytes), path })
            })
            .collect()
    }

    fn evidence_names(&self) -> Result<Vec<String>, ShelfError> {
        shelf::names(&self.evidence).map_err(failed("list", &self.evidence))
    }
}

/// One file of evidence.
#[derive(Debug)]
pub struct KeptEvidence {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds.
    pub evidence: Result<Equivocation, ReadEquivocationError>,
}

/// Why a witness's memory could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// A file could not be read or is no note.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// A note that neither the log nor the witness signed, or under the name of another size.
    #[error("the note kept for size {size} is not one that the log or this witness signed")]
    Foreign {
        /// The size in the file's name.
        size: u64,
    },
}

/// Why a checkpoint was not taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdoptError {
    /// It carries no cosignature of this witness.
    #[error("this witness did not cosign it")]
    NotOwn,
    /// The witness remembers as much or more.
    #[error("the witness remembers {known} records already")]
    Known {
        /// The size it remembers.
        known: u64,
    },
    /// The memory could not be read.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The checkpoint could not be written.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
}

/// A file name of its own for every origin, on file systems that ignore case too.
fn file_name(origin: &KeyName) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
    let mut name = String::new();
    for (index, byte) in origin.as_str().bytes().enumerate() {
        if plain(byte) && !(index == 0 && byte == b'.') {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_origin_has_a_file_name_of_its_own_and_none_leads_elsewhere() {
        let named = |origin: &str| file_name(&origin.parse().unwrap());
        assert_eq!(named("example.org/nk2020"), "example.org%2fnk2020");
        assert_eq!(named("Example.org"), "%45xample.org");
        assert_eq!(named(".."), "%2e.");
        assert_eq!(named("a%2fb"), "a%252fb");
        assert_eq!(named("هدنة"), "%d9%87%d8%af%d9%86%d8%a9");
    }
}
