//! The fold: records in, rows out, with a cursor that moves in the same change as the rows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::PROJECTIONS;
use super::recorded::Recorded;
use super::rows::{RowError, RowStore};
use super::tables::Tables;
use crate::record::RecordHash;
use crate::vocab::Seq;

/// How many records go into one change of the row store.
pub const COMMIT_EVERY: u64 = 1_000;

const CURSOR_KEY: &[u8] = b"!cursor";

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

    /// Writes the rows changed since the last commit together with the cursor, all or none. In memory it does nothing.
    ///
    /// # Errors
    /// [`RowError`]; then the rows and the cursor are as before.
    pub fn commit(&mut self, cursor: &Cursor) -> Result<(), RowError> {
        let Some(store) = &self.store else { return Ok(()) };
        let mut changes = self.tables.drain()?;
        let bytes = serde_json::to_vec(cursor).map_err(|error| RowError::Store(error.to_string()))?;
        changes.push((CURSOR_KEY.to_vec(), Some(bytes)));
        store.change(changes)
    }
}
