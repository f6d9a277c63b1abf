//! The stored projections for somebody who only looks: sled writes whenever it is opened, so a copy is opened; layers that
//! cannot be used stay where they are.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::folder::Folder;
use crate::projection::layers::{LayerFile, LayerFiles, LayerName, LayerSink};
use crate::projection::{OpenRowsError, RowChange, RowError, RowStore, RowVisitor, SledRows};

/// The file that sled locks while it has a folder open.
const LOCKED_FILE: &str = "db";

/// The fresh rows as they are, in a copy that is gone afterwards.
pub(super) struct LookedAt {
    // Closed before its folder is removed: fields are dropped in their order.
    rows: SledRows,
    _scratch: TempDir,
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
        let scratch = copy_of(folder).map_err(damaged)?;
        if let Some(file) = locked {
            // As with the lock of the log, a process being started elsewhere would hold it on for a moment.
            let _ = file.unlock();
        }
        Ok(Self { rows: SledRows::open(scratch.path())?, _scratch: scratch })
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

fn copy_of(folder: &Path) -> io::Result<TempDir> {
    let copied = |scratch: io::Result<TempDir>| {
        let scratch = scratch?;
        copy_folder(folder, scratch.path())?;
        Ok(scratch)
    };
    let mut name = tempfile::Builder::new();
    name.prefix("ceasefire-rows-");
    copied(name.tempdir_in(IN_MEMORY)).or_else(|_: io::Error| copied(name.tempdir()))
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
