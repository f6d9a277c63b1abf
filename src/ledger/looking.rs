//! The stored projections for somebody who only looks: sled writes whenever it is opened, so a copy is opened; layers that
//! cannot be used stay where they are.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::folder::Folder;
use crate::projection::layers::{LayerFile, LayerFiles, LayerName, LayerSink};
use crate::projection::{OpenRowsError, RowChange, RowError, RowStore, RowVisitor, SledRows};

/// The file that sled locks while it has a folder open.
const LOCKED_FILE: &str = "db";

/// The fresh rows as they are, in a copy that is gone afterwards.
pub(super) struct LookedAt {
    // Closed before its folder is removed: fields are dropped in their order.
    rows: SledRows,
    _scratch: Scratch,
}

impl LookedAt {
    /// Copies a folder of rows that nobody has open, and opens the copy.
    ///
    /// # Errors
    /// [`OpenRowsError::Held`] where a program has them open; [`OpenRowsError::Damaged`] where they, or the copy, cannot
    /// be used.
    pub(super) fn open(folder: &Path) -> Result<Self, OpenRowsError> {
        let damaged = |error: io::Error| OpenRowsError::Damaged(error.to_string());
        // Held until all is copied. Others who look may do so at once.
        let locked = match File::open(folder.join(LOCKED_FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened.map_err(damaged)?),
        };
        match locked.as_ref().map_or(Ok(()), File::try_lock_shared) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenRowsError::Held),
            Err(TryLockError::Error(error)) => return Err(damaged(error)),
        }
        let scratch = Scratch::copy_of(folder).map_err(damaged)?;
        if let Some(file) = locked {
            // As with the lock of the log, a process being started elsewhere would hold it on for a moment.
            let _ = file.unlock();
        }
        Ok(Self { rows: SledRows::open(&scratch.path)?, _scratch: scratch })
    }
}

impl RowStore for LookedAt {
    fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        self.rows.row(key)
    }

    fn walk(&self, prefix: &[u8], visit: &mut RowVisitor<'_>) -> Result<(), RowError> {
        self.rows.walk(prefix, visit)
    }

    fn change(&self, _: Vec<RowChange>) -> Result<(), RowError> {
        Err(RowError::Store("these rows are only looked at".to_owned()))
    }
}

/// Where such copies lie while they are looked at: in memory where the system has a folder there, for sled syncs what
/// nobody will read again.
const IN_MEMORY: &str = "/dev/shm";

/// A folder of its own among temporary files, removed with everything in it.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn copy_of(folder: &Path) -> io::Result<Self> {
        let copied = |within: &Path| {
            let scratch = Self::begin(within)?;
            copy_folder(folder, &scratch.path)?;
            Ok(scratch)
        };
        copied(Path::new(IN_MEMORY)).or_else(|_: io::Error| copied(&std::env::temp_dir()))
    }

    fn begin(within: &Path) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = within.join(format!("ceasefire-rows-{}-{number}", std::process::id()));
            match builder.create(&path) {
                // Left by an earlier process of this number, or put there by somebody.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self { path }),
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // sled may still be at work in it for a moment.
        for _ in 0..10 {
            match fs::remove_dir_all(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => thread::sleep(Duration::from_millis(5)),
                _ => return,
            }
        }
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Layers of which none is made or removed.
pub(super) struct Untouched(Arc<dyn LayerFiles>);

impl Untouched {
    /// Gives the layers of a ledger, to be looked at.
    pub(super) fn of(folder: &Folder) -> Arc<dyn LayerFiles> {
        Arc::new(Self(folder.layer_files()))
    }
}

impl LayerFiles for Untouched {
    fn list(&self) -> io::Result<Vec<LayerName>> {
        self.0.list()
    }

    fn open(&self, name: LayerName) -> io::Result<Box<dyn LayerFile>> {
        self.0.open(name)
    }

    fn create(&self, _: LayerName) -> io::Result<Box<dyn LayerSink>> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn remove(&self, _: LayerName) -> io::Result<()> {
        Ok(())
    }
}
