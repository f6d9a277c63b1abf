//! A storage in memory that forgets at a crash whatever was not synced, and fails when it is told to.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::SegmentName;
use super::storage::{CutTail, LockError, Storage, StorageError, StorageLock, StorageStep, torn_name};

/// Segments in memory, the disk's twin in tests. Clones share one state.
///
/// Each step that changes something is counted, in the order in which a disk would be asked: creating a segment is
/// three steps (file, sync, folder sync), appending one, syncing one, settling two, cutting a tail five (file, sync,
/// folder sync, shortening, sync), taking back one. A [`FailPlan`] names the step that fails.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage {
    state: Arc<Mutex<State>>,
}

/// Which steps fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailPlan {
    step: u64,
    lasting: bool,
    written: usize,
    forgets: bool,
}

impl FailPlan {
    /// Fails the step of this number, counted from 0 since the storage was made, and no other.
    #[must_use]
    pub const fn once(step: u64) -> Self {
        Self { step, lasting: false, written: 0, forgets: false }
    }

    /// Fails this step and all after it, as if the machine had stopped there.
    #[must_use]
    pub const fn from(step: u64) -> Self {
        Self { step, lasting: true, written: 0, forgets: false }
    }

    /// Lets the failing step, where it is an append, write this many bytes first.
    #[must_use]
    pub const fn after_writing(self, bytes: usize) -> Self {
        Self { written: bytes, ..self }
    }

    /// Lets the failing step, where it is a sync, lose the bytes that it should have made durable: they go on being
    /// shown, and no later sync makes them durable. Linux does so: it reports a failed write-back once, and then takes
    /// the bytes for written.
    #[must_use]
    pub const fn forgetting(self) -> Self {
        Self { forgets: true, ..self }
    }
}

/// What a power cut leaves of the bytes, files and folder entries that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsynced {
    /// Nothing.
    Lost,
    /// All files, and the first so many unsynced bytes of each.
    Kept(usize),
    /// All files at their full length; after the first so many unsynced bytes of each, zeros.
    Zeroed(usize),
    /// All files at their full length; of each sector's unsynced bytes either all or zeros, drawn from this number.
    Scattered(u64),
}

/// What a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: usize = 512;

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, MemoryFile>,
    steps: u64,
    plan: Option<FailPlan>,
    locked: bool,
}

#[derive(Debug, Clone, Default)]
struct MemoryFile {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    entry_durable: bool,
    /// What was there before it was shortened, until that is synced.
    longer: Option<Vec<u8>>,
    /// The bytes that a failed sync lost.
    forgotten: Range<usize>,
}

impl MemoryStorage {
    /// Starts without segments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which steps fail from now on; nothing clears the plan.
    pub fn plan_failure(&self, plan: Option<FailPlan>) {
        self.state().plan = plan;
    }

    /// Tells how many steps were asked for.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// Gives the storage that a machine finds after a power cut; this one is left as it is, unlocked and unplanned there.
    #[must_use]
    pub fn crash(&self, unsynced: Unsynced) -> Self {
        let state = self.state();
        let kept = state.files.iter().filter(|(_, file)| file.entry_durable || unsynced != Unsynced::Lost);
        let files = kept.map(|(name, file)| (name.clone(), file.after_crash(unsynced))).collect();
        Self { state: Arc::new(Mutex::new(State { files, ..State::default() })) }
    }

    /// Gives a file's bytes, durable or not; `.torn` files too.
    #[must_use]
    pub fn bytes(&self, file: &str) -> Option<Vec<u8>> {
        self.state().files.get(file).map(|file| file.bytes.clone())
    }

    /// Lists all files, `.torn` files too.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.state().files.keys().cloned().collect()
    }

    /// Puts durable bytes in place of a file, or a new file there: what a tamperer does.
    pub fn overwrite(&self, file: &str, bytes: Vec<u8>) {
        let file_now = MemoryFile { durable: bytes.clone(), bytes, entry_durable: true, ..MemoryFile::default() };
        self.state().files.insert(file.to_owned(), file_now);
    }

    /// Takes a file away: what a tamperer does.
    pub fn remove(&self, file: &str) {
        self.state().files.remove(file);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryFile {
    fn after_crash(&self, unsynced: Unsynced) -> Self {
        let mut bytes = self.durable.clone();
        // Only appended bytes can survive in part; a shortening that was not synced is simply undone.
        let written = self.longer.as_deref().unwrap_or(&self.bytes);
        if let Some(rest) = written.strip_prefix(self.durable.as_slice()) {
            let from = bytes.len();
            match unsynced {
                Unsynced::Lost => {}
                Unsynced::Kept(kept) => bytes.extend(rest.iter().take(kept)),
                Unsynced::Zeroed(kept) => {
                    bytes.extend(rest.iter().enumerate().map(|(at, byte)| if at < kept { *byte } else { 0 }));
                }
                Unsynced::Scattered(number) => {
                    let kept = |at: usize| is_drawn(number, (from + at) / SECTOR_BYTES);
                    bytes.extend(rest.iter().enumerate().map(|(at, byte)| if kept(at) { *byte } else { 0 }));
                }
            }
        }
        Self { durable: bytes.clone(), bytes, entry_durable: true, ..Self::default() }
    }

    fn sync(&mut self) {
        self.durable.clone_from(&self.bytes);
        if let Some(forgotten) = self.durable.get_mut(self.forgotten.clone()) {
            forgotten.fill(0);
        }
        self.longer = None;
    }

    fn forget(&mut self) {
        self.forgotten = self.durable.len().min(self.bytes.len())..self.bytes.len();
    }

    fn shorten(&mut self, length: usize) {
        if length < self.bytes.len() {
            self.longer.get_or_insert_with(|| self.bytes.clone());
            self.bytes.truncate(length);
        }
        self.forgotten = self.forgotten.start.min(length)..self.forgotten.end.min(length);
    }
}

/// Draws yes or no for a sector, the same for the same number.
fn is_drawn(number: u64, sector: usize) -> bool {
    let mixed = (number ^ sector as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 63 == 1
}

impl State {
    fn step(&mut self) -> io::Result<()> {
        let number = self.steps;
        self.steps += 1;
        let fails = self.plan.is_some_and(|plan| number == plan.step || (plan.lasting && number > plan.step));
        if fails { Err(io::Error::other("a planned failure")) } else { Ok(()) }
    }

    fn file(&mut self, name: &str) -> io::Result<&mut MemoryFile> {
        self.files.get_mut(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn create_file(&mut self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.step()?;
        if self.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.files.insert(name.to_owned(), MemoryFile { bytes, ..MemoryFile::default() });
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let stepped = self.step();
        let written = if stepped.is_ok() { bytes.len() } else { self.plan.map_or(0, |plan| plan.written) };
        let file = self.file(name)?;
        if written > 0 {
            file.longer = None;
            file.bytes.extend(bytes.iter().take(written));
        }
        stepped
    }

    fn sync_file(&mut self, name: &str) -> io::Result<()> {
        let stepped = self.step();
        let forgets = self.plan.is_some_and(|plan| plan.forgets);
        let file = self.file(name)?;
        match stepped {
            Ok(()) => file.sync(),
            Err(_) if forgets => file.forget(),
            Err(_) => {}
        }
        stepped
    }

    fn sync_entry(&mut self, name: &str) -> io::Result<()> {
        self.step()?;
        self.file(name)?.entry_durable = true;
        Ok(())
    }

    fn shorten(&mut self, name: &str, length: usize) -> io::Result<()> {
        self.step()?;
        self.file(name)?.shorten(length);
        Ok(())
    }

    fn cut_tail(&mut self, name: SegmentName, from: u64) -> io::Result<CutTail> {
        let segment = name.to_string();
        let from = usize::try_from(from).map_err(io::Error::other)?;
        let tail = self.file(&segment)?.bytes.get(from..).unwrap_or_default().to_vec();
        let mut kept_in = torn_name(name, 1);
        for number in 2..=u32::MAX {
            if !self.files.contains_key(&kept_in) {
                break;
            }
            kept_in = torn_name(name, number);
        }
        let bytes = tail.len() as u64;
        self.create_file(&kept_in, tail)?;
        self.sync_file(&kept_in)?;
        self.sync_entry(&kept_in)?;
        self.shorten(&segment, from)?;
        self.sync_file(&segment)?;
        Ok(CutTail { kept_in, bytes })
    }
}

impl Storage for MemoryStorage {
    fn segments(&self) -> Result<Vec<SegmentName>, StorageError> {
        Ok(self.state().files.keys().filter_map(|name| name.parse().ok()).collect())
    }

    fn length(&self, name: SegmentName) -> Result<u64, StorageError> {
        let mut state = self.state();
        state.file(&name.to_string()).map(|file| file.bytes.len() as u64).map_err(failed(StorageStep::Measure, name))
    }

    fn read(&self, name: SegmentName, offset: u64, buffer: &mut [u8]) -> Result<usize, StorageError> {
        let mut state = self.state();
        let file = state.file(&name.to_string()).map_err(failed(StorageStep::Read, name))?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = file.bytes.get(offset..).unwrap_or_default();
        let bytes = rest.len().min(buffer.len());
        for (slot, byte) in buffer.iter_mut().zip(rest) {
            *slot = *byte;
        }
        Ok(bytes)
    }

    fn create(&self, name: SegmentName) -> Result<(), StorageError> {
        let (mut state, file) = (self.state(), name.to_string());
        state.create_file(&file, Vec::new()).map_err(failed(StorageStep::Create, name))?;
        state.sync_file(&file).map_err(failed(StorageStep::Sync, name))?;
        state.sync_entry(&file).map_err(failed(StorageStep::SyncFolder, name))
    }

    fn append(&self, name: SegmentName, bytes: &[u8]) -> Result<(), StorageError> {
        self.state().append(&name.to_string(), bytes).map_err(failed(StorageStep::Append, name))
    }

    fn sync(&self, name: SegmentName) -> Result<(), StorageError> {
        self.state().sync_file(&name.to_string()).map_err(failed(StorageStep::Sync, name))
    }

    fn settle(&self, name: SegmentName) -> Result<(), StorageError> {
        let (mut state, file) = (self.state(), name.to_string());
        state.sync_file(&file).map_err(failed(StorageStep::Sync, name))?;
        state.sync_entry(&file).map_err(failed(StorageStep::SyncFolder, name))
    }

    fn cut_tail(&self, name: SegmentName, from: u64) -> Result<CutTail, StorageError> {
        self.state().cut_tail(name, from).map_err(failed(StorageStep::CutTail, name))
    }

    fn take_back(&self, name: SegmentName, length: u64) -> Result<(), StorageError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.state().shorten(&name.to_string(), length).map_err(failed(StorageStep::TakeBack, name))
    }

    fn lock(&self) -> Result<Box<dyn StorageLock>, LockError> {
        let mut state = self.state();
        if state.locked {
            return Err(LockError::Held);
        }
        state.locked = true;
        Ok(Box::new(MemoryLock { storage: self.clone() }))
    }
}

#[derive(Debug)]
struct MemoryLock {
    storage: MemoryStorage,
}

impl StorageLock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.storage.state().locked = false;
    }
}

fn failed(step: StorageStep, name: SegmentName) -> impl FnOnce(io::Error) -> StorageError {
    move |source| StorageError { step, file: name.to_string(), source }
}
