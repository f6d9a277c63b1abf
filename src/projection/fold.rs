//! The fold: records in, rows out, with a cursor that moves in the same change as the rows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::PROJECTIONS;
use super::recorded::Recorded;
use super::rows::{RowError, RowStore};
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
}

impl Fold {
    /// Begins a fold in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { tables: Tables::new(None), store: None }
    }

    /// Goes on with the fold that a row store holds.
    #[must_use]
    pub fn on(store: Arc<dyn RowStore>) -> Self {
        Self { tables: Tables::new(Some(&store)), store: Some(store) }
    }

    /// Goes on from rows that are only read; what changes stays in memory.
    #[must_use]
    pub fn over(rows: &Arc<dyn RowStore>) -> Self {
        Self { tables: Tables::new(Some(rows)), store: None }
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
        let Some(store) = &self.store else { return Ok(()) };
        store.commit(self.tables.changes()?, cursor)?;
        self.tables.forget_changes();
        Ok(())
    }

    /// Tells whether the store wants a commit as the rows stand at this record.
    #[must_use]
    pub fn is_due(&self, seq: Seq) -> bool {
        self.store.as_ref().is_some_and(|store| store.is_due(seq))
    }

    /// Lets the store put its files in order, which may take a while and changes no row.
    ///
    /// # Errors
    /// [`RowError`]; then the rows are as before.
    pub fn tidy(&self) -> Result<(), RowError> {
        self.store.as_ref().map_or(Ok(()), |store| store.tidy())
    }
}
