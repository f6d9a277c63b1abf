//! Segments as files in one folder. No other file of this floor touches the file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::SegmentName;
use super::storage::{CutTail, LockError, Storage, StorageError, StorageLock, StorageStep, show_pieces, torn_name};

const LOCK_FILE: &str = "lock";
const COPY_BYTES: usize = 64 * 1024;

/// A folder of segment files, `LEDGER/log/` (FORMAT.md §1).
#[derive(Debug)]
pub struct DiskStorage {
    folder: PathBuf,
    /// The segment that was appended to last, kept open.
    tail: Mutex<Option<(SegmentName, File)>>,
}

impl DiskStorage {
    /// Makes the folder where it is missing. It and its entry in the folder above, which must exist, are durable on return.
    ///
    /// # Errors
    /// [`StorageError`] where it can be neither found nor made.
    pub fn create(folder: impl Into<PathBuf>) -> Result<Self, StorageError> {
        let folder = folder.into();
        let shown = folder.display().to_string();
        match fs::create_dir(&folder) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(failed(StorageStep::Open, &shown))?,
        }
        let above = folder.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync_folder(above).map_err(failed(StorageStep::SyncFolder, &shown))?;
        Self::open(folder)
    }

    /// Opens a folder that exists. Nothing is written.
    ///
    /// # Errors
    /// [`StorageError`] where it is not a folder that can be read.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, StorageError> {
        let folder = folder.into();
        fs::read_dir(&folder).map_err(failed(StorageStep::Open, &folder.display().to_string()))?;
        Ok(Self { folder, tail: Mutex::new(None) })
    }

    /// Gives the path of a segment's file.
    #[must_use]
    pub fn path_of(&self, name: SegmentName) -> PathBuf {
        self.folder.join(name.to_string())
    }

    fn list(&self) -> io::Result<Vec<SegmentName>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            if let Some(name) = entry?.file_name().to_str().and_then(|text| text.parse().ok()) {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn with_tail(&self, name: SegmentName, act: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        match tail.as_mut() {
            Some((open, file)) if *open == name => act(file),
            _ => {
                let file = OpenOptions::new().append(true).open(self.path_of(name))?;
                act(&mut tail.insert((name, file)).1)
            }
        }
    }

    fn move_tail(&self, name: SegmentName, from: u64) -> io::Result<CutTail> {
        let mut segment = OpenOptions::new().read(true).write(true).open(self.path_of(name))?;
        segment.seek(SeekFrom::Start(from))?;
        let (kept_in, mut aside) = self.create_torn_file(name)?;
        let bytes = copy(&mut segment, &mut aside)?;
        aside.sync_all()?;
        sync_folder(&self.folder)?;
        segment.set_len(from)?;
        segment.sync_all()?;
        Ok(CutTail { kept_in, bytes })
    }

    fn create_torn_file(&self, name: SegmentName) -> io::Result<(String, File)> {
        let mut number = 1_u32;
        loop {
            let torn = torn_name(name, number);
            match OpenOptions::new().write(true).create_new(true).open(self.folder.join(&torn)) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => number += 1,
                made => return made.map(|file| (torn, file)),
            }
        }
    }
}

impl Storage for DiskStorage {
    fn segments(&self) -> Result<Vec<SegmentName>, StorageError> {
        self.list().map_err(failed(StorageStep::List, &self.folder.display().to_string()))
    }

    fn length(&self, name: SegmentName) -> Result<u64, StorageError> {
        let length = fs::metadata(self.path_of(name)).map(|found| found.len());
        length.map_err(failed(StorageStep::Measure, &name.to_string()))
    }

    fn read(&self, name: SegmentName, offset: u64, buffer: &mut [u8]) -> Result<usize, StorageError> {
        fill(&self.path_of(name), offset, buffer).map_err(failed(StorageStep::Read, &name.to_string()))
    }

    /// The file is opened once for all pieces.
    fn read_pieces(
        &self,
        name: SegmentName,
        buffer: &mut [u8],
        show: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), StorageError> {
        let cannot_read = |error| failed(StorageStep::Read, &name.to_string())(error);
        let mut file = File::open(self.path_of(name)).map_err(cannot_read)?;
        show_pieces(buffer, show, &mut |buffer| fill_from(&mut file, buffer).map_err(cannot_read))
    }

    fn create(&self, name: SegmentName) -> Result<(), StorageError> {
        let file = OpenOptions::new().append(true).create_new(true).open(self.path_of(name));
        let file = file.map_err(failed(StorageStep::Create, &name.to_string()))?;
        file.sync_all().map_err(failed(StorageStep::Sync, &name.to_string()))?;
        sync_folder(&self.folder).map_err(failed(StorageStep::SyncFolder, &name.to_string()))?;
        *self.tail.lock().unwrap_or_else(PoisonError::into_inner) = Some((name, file));
        Ok(())
    }

    fn append(&self, name: SegmentName, bytes: &[u8]) -> Result<(), StorageError> {
        self.with_tail(name, |file| file.write_all(bytes)).map_err(failed(StorageStep::Append, &name.to_string()))
    }

    fn sync(&self, name: SegmentName) -> Result<(), StorageError> {
        self.with_tail(name, |file| file.sync_data()).map_err(failed(StorageStep::Sync, &name.to_string()))
    }

    fn settle(&self, name: SegmentName) -> Result<(), StorageError> {
        self.with_tail(name, |file| file.sync_all()).map_err(failed(StorageStep::Sync, &name.to_string()))?;
        sync_folder(&self.folder).map_err(failed(StorageStep::SyncFolder, &name.to_string()))
    }

    fn cut_tail(&self, name: SegmentName, from: u64) -> Result<CutTail, StorageError> {
        self.move_tail(name, from).map_err(failed(StorageStep::CutTail, &name.to_string()))
    }

    fn take_back(&self, name: SegmentName, length: u64) -> Result<(), StorageError> {
        self.with_tail(name, |file| file.set_len(length)).map_err(failed(StorageStep::TakeBack, &name.to_string()))
    }

    fn lock(&self) -> Result<Box<dyn StorageLock>, LockError> {
        let path = self.folder.join(LOCK_FILE);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(failed(StorageStep::Lock, LOCK_FILE))?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(FileLock { file })),
            Err(TryLockError::WouldBlock) => Err(LockError::Held),
            Err(TryLockError::Error(e)) => Err(LockError::Storage(failed(StorageStep::Lock, LOCK_FILE)(e))),
        }
    }
}

/// Holds the lock until it is dropped; the system takes it back even from a killed process.
///
/// It is let go of in so many words. A process that another thread is starting holds copies of every open file until its
/// program begins, so closing this one would leave the ledger locked for that moment.
#[derive(Debug)]
struct FileLock {
    file: File,
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Where that fails, closing the file still does it.
        let _ = self.file.unlock();
    }
}

impl StorageLock for FileLock {}

fn failed(step: StorageStep, file: &str) -> impl FnOnce(io::Error) -> StorageError {
    move |source| StorageError { step, file: file.to_owned(), source }
}

fn fill(path: &Path, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    fill_from(&mut file, buffer)
}

fn fill_from(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn copy(from: &mut File, to: &mut File) -> io::Result<u64> {
    let mut buffer = vec![0; COPY_BYTES];
    let mut copied = 0;
    loop {
        let bytes = from.read(&mut buffer)?;
        let Some(part) = buffer.get(..bytes).filter(|part| !part.is_empty()) else { return Ok(copied) };
        to.write_all(part)?;
        copied += part.len() as u64;
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file; its entries are the file system's own affair.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
