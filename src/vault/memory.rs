//! The vault's files in memory, the disk's twin in tests.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::files::{VaultFile, VaultFileError, VaultFiles};

/// Files in memory. Clones share one state. A write or removal fails when it is told to.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<VaultFile, Vec<u8>>,
    steps: u64,
    fails_from: Option<u64>,
}

impl MemoryFiles {
    /// Fails the write or removal of this number, counted from 0, and all after it; `None` lets them be.
    pub fn fail_from(&self, step: Option<u64>) {
        let mut state = self.state();
        state.steps = 0;
        state.fails_from = step;
    }

    /// Tells how many writes and removals were asked for since [`MemoryFiles::fail_from`].
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// Gives every file.
    #[must_use]
    pub fn all(&self) -> BTreeMap<VaultFile, Vec<u8>> {
        self.state().files.clone()
    }

    /// Puts a file there without counting it, or takes it away: what somebody with the disk does.
    pub fn overwrite(&self, file: VaultFile, bytes: Option<Vec<u8>>) {
        let mut state = self.state();
        match bytes {
            Some(bytes) => drop(state.files.insert(file, bytes)),
            None => drop(state.files.remove(&file)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn step(&mut self, doing: &'static str, file: VaultFile) -> Result<(), VaultFileError> {
        let number = self.steps;
        self.steps += 1;
        if self.fails_from.is_some_and(|from| number >= from) {
            return Err(VaultFileError {
                doing,
                file: file.to_string(),
                source: io::Error::other("a planned failure"),
            });
        }
        Ok(())
    }
}

impl VaultFiles for MemoryFiles {
    fn read(&self, file: VaultFile) -> Result<Option<Vec<u8>>, VaultFileError> {
        Ok(self.state().files.get(&file).cloned())
    }

    fn write(&self, file: VaultFile, bytes: &[u8]) -> Result<(), VaultFileError> {
        let mut state = self.state();
        state.step("write", file)?;
        state.files.insert(file, bytes.to_vec());
        Ok(())
    }

    fn remove(&self, file: VaultFile) -> Result<(), VaultFileError> {
        let mut state = self.state();
        state.step("remove", file)?;
        state.files.remove(&file);
        Ok(())
    }

    fn records(&self) -> Result<Vec<VaultFile>, VaultFileError> {
        let of_records = |file: &&VaultFile| matches!(file, VaultFile::Annex(_) | VaultFile::DataKeys(_));
        Ok(self.state().files.keys().filter(of_records).copied().collect())
    }
}
