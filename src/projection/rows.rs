//! Where projections keep their rows: bytes under ordered keys, changed many at once or not at all.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::fold::{CURSOR_KEY, Cursor, cursor_row};
use crate::vocab::Seq;

/// Says that rows could not be read or written. Nothing is lost: every row can be made anew from the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// The store itself failed.
    #[error("the row store failed: {0}")]
    Store(String),
    /// A row is not what its table holds.
    #[error("row `{key}` of `{table}` is unreadable")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The key.
        key: String,
        /// What the reader says.
        source: serde_json::Error,
    },
    /// A layer is damaged or cannot be read. A damaged one was removed, and is made anew at the next opening.
    #[error("layer {layer} of the stored projections: {what}")]
    Layer {
        /// Its file's name.
        layer: String,
        /// What is wrong.
        what: String,
    },
}

/// A change of one row: its new bytes, or its end.
pub type RowChange = (Vec<u8>, Option<Vec<u8>>);

/// What a walk over rows is shown: a key and its bytes; `false` ends the walk.
pub type RowVisitor<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool, RowError> + 'a;

/// Ordered rows. Implemented by sled and by memory, under one contract suite.
pub trait RowStore: Send + Sync {
    /// Reads one row.
    ///
    /// # Errors
    /// [`RowError::Store`].
    fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError>;

    /// Walks every row whose key begins with `prefix`, in order of keys.
    ///
    /// # Errors
    /// [`RowError::Store`], or what the visitor says.
    fn walk(&self, prefix: &[u8], visit: &mut RowVisitor<'_>) -> Result<(), RowError>;

    /// Walks as [`RowStore::walk`] does, where no row that begins so was written before the record `since` was folded: the
    /// store need not look among older ones.
    ///
    /// # Errors
    /// As [`RowStore::walk`].
    fn walk_since(&self, prefix: &[u8], _since: Seq, visit: &mut RowVisitor<'_>) -> Result<(), RowError> {
        self.walk(prefix, visit)
    }

    /// Makes all changes or none. They need not be durable: what is lost is made anew from the log.
    ///
    /// # Errors
    /// [`RowError::Store`]; then none was made.
    fn change(&self, changes: Vec<RowChange>) -> Result<(), RowError>;

    /// Makes all changes together with the cursor that says how far they go, or none.
    ///
    /// # Errors
    /// As [`RowStore::change`].
    fn commit(&self, changes: Vec<RowChange>, cursor: &Cursor) -> Result<(), RowError> {
        let mut changes = changes;
        changes.push((CURSOR_KEY.to_vec(), Some(cursor_row(cursor)?)));
        self.change(changes)
    }

    /// Tells whether the store wants a commit as the rows stand at this record, where those up to `on_their_way` are being
    /// written.
    fn is_due(&self, _seq: Seq, _on_their_way: Seq) -> bool {
        false
    }

    /// Puts its files in order, which may take a while and changes no row.
    ///
    /// # Errors
    /// [`RowError`]; then the rows are as before.
    fn tidy(&self) -> Result<(), RowError> {
        Ok(())
    }
}

/// Rows in memory: the twin of the sled store.
#[derive(Debug, Default)]
pub struct MemoryRows {
    rows: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryRows {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowStore for MemoryRows {
    fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        Ok(self.rows().get(key).cloned())
    }

    fn walk(&self, prefix: &[u8], visit: &mut RowVisitor<'_>) -> Result<(), RowError> {
        let rows = self.rows();
        for (key, value) in rows.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix)) {
            if !visit(key, value)? {
                break;
            }
        }
        Ok(())
    }

    fn change(&self, changes: Vec<RowChange>) -> Result<(), RowError> {
        let mut rows = self.rows();
        for (key, value) in changes {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(())
    }
}
