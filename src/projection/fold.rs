//! The fold: records in, rows out, with a cursor that moves in the same change as the rows.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use serde::{Deserialize, Serialize};

use super::PROJECTIONS;
use super::recorded::Recorded;
use super::rows::{RowError, RowStore};
use super::table::Settling;
use super::tables::Tables;
use crate::record::RecordHash;
use crate::vocab::Seq;

pub(super) const CURSOR_KEY: &[u8] = b"!cursor";

/// How far a fold has come, and in which log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// The log: the hash of its record 1.
    pub log: RecordHash,
    /// The last record folded.
    pub seq: Seq,
    /// That record's hash.
    pub head: RecordHash,
    /// The projections' names and versions.
    pub versions: Vec<(String, u32)>,
}

impl Cursor {
    /// Names the versions of this release.
    #[must_use]
    pub fn current_versions() -> Vec<(String, u32)> {
        PROJECTIONS.iter().map(|projection| (projection.name().to_owned(), projection.version())).collect()
    }

    /// Reads the cursor of a row store, where there is one of this form.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn read(store: &dyn RowStore) -> Result<Option<Self>, RowError> {
        let bytes = store.row(CURSOR_KEY)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }
}

pub(super) fn cursor_row(cursor: &Cursor) -> Result<Vec<u8>, RowError> {
    serde_json::to_vec(cursor).map_err(|error| RowError::Store(error.to_string()))
}

/// Says which record stopped a fold. It is never passed over.
#[derive(Debug, thiserror::Error)]
#[error("record {seq} could not be folded into {projection}")]
pub struct FoldError {
    /// The record.
    pub seq: Seq,
    /// The projection.
    pub projection: &'static str,
    /// Why.
    #[source]
    pub source: RowError,
}

/// A fold under way: the tables, and where they keep their rows.
pub struct Fold {
    /// The tables.
    pub tables: Tables,
    store: Option<Arc<dyn RowStore>>,
    writing: Option<Writing>,
    /// Whether the rows are of use to this fold alone.
    passing: bool,
}

/// Rows that another thread is writing.
struct Writing {
    upto: Seq,
    thread: Option<JoinHandle<Result<(), RowError>>>,
}

impl Fold {
    /// Begins a fold in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { tables: Tables::new(None), store: None, writing: None, passing: false }
    }

    /// Goes on with the fold that a row store holds.
    #[must_use]
    pub fn on(store: Arc<dyn RowStore>) -> Self {
        Self { tables: Tables::new(Some(&store)), store: Some(store), writing: None, passing: false }
    }

    /// Begins a fold whose rows lie in a store that is of use to nobody else. Once rows cannot be written there, they and
    /// all that follow stay in memory.
    #[must_use]
    pub fn passing_through(store: Arc<dyn RowStore>) -> Self {
        Self { passing: true, ..Self::on(store) }
    }

    /// Goes on from rows that are only read; what changes stays in memory.
    #[must_use]
    pub fn over(rows: &Arc<dyn RowStore>) -> Self {
        Self { tables: Tables::new(Some(rows)), store: None, writing: None, passing: false }
    }

    /// Takes one record into every projection.
    ///
    /// # Errors
    /// [`FoldError`] with the record's position.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        for projection in PROJECTIONS {
            projection.apply(&mut self.tables, recorded).map_err(|source| FoldError {
                seq: recorded.seq,
                projection: projection.name(),
                source,
            })?;
        }
        Ok(())
    }

    /// Writes the rows changed since the last commit together with the cursor, all or none. In memory, and over rows that
    /// are only read, it does nothing.
    ///
    /// # Errors
    /// [`RowError`]; then the store is as before, and what was changed since is still here.
    pub fn commit(&mut self, cursor: &Cursor) -> Result<(), RowError> {
        // What another thread could not write is written now, with the rest.
        let _ = self.finish_writing();
        let Some(store) = self.store.clone() else { return Ok(()) };
        let written = write(store.as_ref(), &self.tables.settle(), cursor);
        self.take(written)
    }

    /// Does what [`Fold::commit`] does in another thread, and lets the store put its files in order there: the fold goes on
    /// meanwhile, and reads what it reads as if all of it were written. Waits for the commit before.
    ///
    /// # Errors
    /// [`RowError`] where the commit before failed; then nothing new is written, and what was changed since is still here.
    pub fn commit_beside(&mut self, cursor: &Cursor) -> Result<(), RowError> {
        self.finish_writing()?;
        let Some(store) = self.store.clone() else { return Ok(()) };
        let (rows, cursor) = (self.tables.settle(), cursor.clone());
        let upto = cursor.seq;
        let begun = Builder::new().name("rows".to_owned()).spawn(move || {
            write(store.as_ref(), &rows, &cursor)?;
            // What is not put in order now is put in order later; no answer depends on it.
            let _ = store.tidy();
            Ok(())
        });
        match begun {
            Ok(thread) => {
                self.writing = Some(Writing { upto, thread: Some(thread) });
                Ok(())
            }
            Err(error) => self.take(Err(RowError::Store(error.to_string()))),
        }
    }

    /// Waits for the thread that writes rows, where there is one.
    ///
    /// # Errors
    /// [`RowError`] where it failed; then the store is as before, and what it was to write is still here.
    pub fn finish_writing(&mut self) -> Result<(), RowError> {
        let Some(mut writing) = self.writing.take() else { return Ok(()) };
        let written = writing.wait();
        self.take(written)
    }

    /// Lets go of rows that were written, and takes back those that were not.
    fn take(&mut self, written: Result<(), RowError>) -> Result<(), RowError> {
        self.tables.settled(written.is_ok());
        if written.is_err() && self.passing {
            self.store = None;
            return Ok(());
        }
        written
    }

    /// Tells whether the store wants a commit as the rows stand at this record.
    #[must_use]
    pub fn is_due(&self, seq: Seq) -> bool {
        let written = self.writing.as_ref().map_or(Seq::NONE, |writing| writing.upto);
        self.store.as_ref().is_some_and(|store| store.is_due(seq, written))
    }
}

impl Writing {
    fn wait(&mut self) -> Result<(), RowError> {
        let broke_off = || RowError::Store("the writing of rows broke off".to_owned());
        self.thread.take().map_or(Ok(()), |thread| thread.join().map_err(|_| broke_off())?)
    }
}

impl Drop for Writing {
    /// Nobody is left at work when the fold is gone.
    fn drop(&mut self) {
        let _ = self.wait();
    }
}

fn write(store: &dyn RowStore, rows: &[Box<dyn Settling>], cursor: &Cursor) -> Result<(), RowError> {
    let mut changes = Vec::new();
    rows.iter().try_for_each(|table| table.changes(&mut changes))?;
    store.commit(changes, cursor)
}
