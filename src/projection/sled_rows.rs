//! Rows in sled: the only file that names it (a test keeps it so).
//!
//! sled is never trusted with anything that the log does not hold. It may lose rows at a power cut, open empty, return
//! an error or panic on a damaged file; each of these ends in the folder being set aside and the rows made anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::rows::{RowChange, RowError, RowStore, RowVisitor};

/// How much memory sled may keep rows in, in bytes.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Says why the stored rows could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenRowsError {
    /// Another process has them open.
    #[error("another program has the projections open")]
    Held,
    /// They are damaged.
    #[error("the stored projections are damaged: {0}")]
    Damaged(String),
}

/// Rows in a sled database.
pub struct SledRows {
    /// Gone only while it is being dropped.
    database: Option<sled::Db>,
}

impl SledRows {
    /// Opens the database in a folder, and makes it where there is none.
    ///
    /// # Errors
    /// [`OpenRowsError::Held`] where another process has it; [`OpenRowsError::Damaged`] for everything else.
    pub fn open(folder: &Path) -> Result<Self, OpenRowsError> {
        let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let opened = guarded(|| config.open()).map_err(OpenRowsError::Damaged)?;
        match opened {
            Ok(database) => Ok(Self { database: Some(database) }),
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                Err(OpenRowsError::Held)
            }
            Err(error) => Err(OpenRowsError::Damaged(error.to_string())),
        }
    }

    /// Hands everything written so far to the operating system.
    ///
    /// # Errors
    /// [`RowError::Store`].
    pub fn flush(&self) -> Result<(), RowError> {
        stored(guarded(|| self.database()?.flush()))?;
        Ok(())
    }

    fn database(&self) -> sled::Result<&sled::Db> {
        self.database.as_ref().ok_or_else(|| sled::Error::Unsupported("the store is closed".to_owned()))
    }
}

impl Drop for SledRows {
    /// sled syncs its file once more when it is let go, and panics where the disk refuses. What is lost is made anew.
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = guarded(|| drop(database));
    }
}

impl RowStore for SledRows {
    fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        Ok(stored(guarded(|| self.database()?.get(key)))?.map(|value| value.to_vec()))
    }

    fn walk(&self, prefix: &[u8], visit: &mut RowVisitor<'_>) -> Result<(), RowError> {
        let mut rows = stored(Ok(self.database()))?.scan_prefix(prefix);
        while let Some(row) = guarded(|| rows.next()).map_err(RowError::Store)? {
            let (key, value) = row.map_err(|error| RowError::Store(error.to_string()))?;
            if !visit(&key, &value)? {
                break;
            }
        }
        Ok(())
    }

    fn change(&self, changes: Vec<RowChange>) -> Result<(), RowError> {
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        stored(guarded(|| self.database()?.apply_batch(batch)))
    }
}

/// sled panics on some damaged files; here that is an error like any other.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "the store broke off".to_owned())
}

fn stored<T>(result: Result<sled::Result<T>, String>) -> Result<T, RowError> {
    result.map_err(RowError::Store)?.map_err(|error| RowError::Store(error.to_string()))
}
