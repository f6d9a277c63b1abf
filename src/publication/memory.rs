//! Files in memory that stop where they are told to, and forget at a crash what was not synced.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::files::{Files, PublishedFile};
use crate::log::{StorageError, StorageStep};
use crate::proof::{TileCoordinate, TilePath};

/// The disk's twin in tests. Clones share one state.
///
/// Steps are counted in the order in which a disk would be asked: putting n files is n renames and one sync of their
/// folders, removing one is one step.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    state: Arc<Mutex<State>>,
}

/// What a power cut leaves of renames and removals whose folder was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsynced {
    /// Nothing: every file is as it was when its folder was synced last.
    Lost,
    /// All of it.
    Kept,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<PublishedFile, Vec<u8>>,
    durable: BTreeMap<PublishedFile, Vec<u8>>,
    steps: u64,
    stops_at: Option<u64>,
}

impl MemoryFiles {
    /// Starts without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fails the step of this number, counted from 0, and all after it, as if the machine had stopped there.
    pub fn stop_at(&self, step: u64) {
        self.state().stops_at = Some(step);
    }

    /// Tells how many steps were asked for.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// Gives the files that a machine finds after a power cut.
    #[must_use]
    pub fn crash(&self, unsynced: Unsynced) -> Self {
        let state = self.state();
        let files = match unsynced {
            Unsynced::Lost => state.durable.clone(),
            Unsynced::Kept => state.files.clone(),
        };
        let state = State { durable: files.clone(), files, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Gives a file's bytes.
    #[must_use]
    pub fn bytes(&self, file: PublishedFile) -> Option<Vec<u8>> {
        self.state().files.get(&file).cloned()
    }

    /// Lists all files.
    #[must_use]
    pub fn list(&self) -> Vec<PublishedFile> {
        self.state().files.keys().copied().collect()
    }

    /// Puts durable bytes in place of a file, or takes the file away: what a tamperer does.
    pub fn overwrite(&self, file: PublishedFile, bytes: Option<Vec<u8>>) {
        let mut state = self.state();
        if let Some(bytes) = bytes {
            state.files.insert(file, bytes.clone());
            state.durable.insert(file, bytes);
        } else {
            state.files.remove(&file);
            state.durable.remove(&file);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn step(&mut self, step: StorageStep, file: PublishedFile) -> Result<(), StorageError> {
        let number = self.steps;
        self.steps += 1;
        if self.stops_at.is_some_and(|stops_at| number >= stops_at) {
            let source = io::Error::other("the machine stopped");
            return Err(StorageError { step, file: file.to_string(), source });
        }
        Ok(())
    }
}

impl Files for MemoryFiles {
    fn read(&self, file: PublishedFile) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.bytes(file))
    }

    fn put(&self, files: &[(PublishedFile, Vec<u8>)]) -> Result<(), StorageError> {
        let mut state = self.state();
        for (file, bytes) in files {
            state.step(StorageStep::Replace, *file)?;
            state.files.insert(*file, bytes.clone());
        }
        let Some((last, _)) = files.last() else { return Ok(()) };
        state.step(StorageStep::SyncFolder, *last)?;
        for (file, bytes) in files {
            state.durable.insert(*file, bytes.clone());
        }
        Ok(())
    }

    fn partial_widths(&self, tile: TileCoordinate) -> Result<Vec<u16>, StorageError> {
        let state = self.state();
        let same = state.files.keys().filter_map(|file| match file {
            PublishedFile::Tile(TilePath::Hashes(found)) if found.full() == tile.full() => Some(found.width()),
            _ => None,
        });
        Ok(same.filter(|width| *width < tile.full().width()).collect())
    }

    fn remove(&self, file: PublishedFile) -> Result<(), StorageError> {
        let mut state = self.state();
        state.step(StorageStep::Remove, file)?;
        state.files.remove(&file);
        Ok(())
    }
}
