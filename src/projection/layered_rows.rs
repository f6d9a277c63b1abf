//! Rows in two places: what changed lately in a row store, everything before it in layers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::fold::{CURSOR_KEY, Cursor, cursor_row};
use super::layers::{Boundary, Layers};
use super::rows::{RowChange, RowError, RowStore, RowVisitor};
use crate::vocab::Seq;

/// Under this key the store of fresh rows says on which layers they stand.
const BASE_KEY: &[u8] = b"!base";
/// Keys that begin so are about the store itself and not rows.
const ABOUT: u8 = b'!';
/// A fresh row begins so.
const PRESENT: u8 = b'+';
/// A row that the layers hold and that was removed since.
const REMOVED: u8 = b'-';

/// So many changes at once become a layer of their own before their time: sled takes few rows well and many badly.
const MOST_FRESH: usize = 1_024;

/// So many rows that were read are remembered: every record names the same few actors and places, and what admission asks of
/// a batch its folding asks again.
const MOST_REMEMBERED: usize = 4_096;

/// On which layers the fresh rows stand; nothing where there were none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    layers: Option<Boundary>,
}

/// Fresh rows before layers.
///
/// A row is looked for among the fresh ones first. When enough records have been folded, all fresh rows become a layer at
/// once; the store is then empty but for the cursor. It may die between the two: the layer is then further than
/// the cursor, and what the store still holds is of no use.
pub struct LayeredRows {
    fresh: Arc<dyn RowStore>,
    layers: Arc<Layers>,
    /// The last end that is looked at.
    upto: Seq,
    /// The store of fresh rows holds none, so that it need not be asked.
    none_fresh: AtomicBool,
    remembered: Remembered,
}

/// Rows read since the last change.
#[derive(Default)]
struct Remembered(Mutex<HashMap<Vec<u8>, Vec<u8>>>);

impl Remembered {
    fn rows(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn row(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.rows().get(key).cloned()
    }

    fn remember(&self, key: &[u8], row: &[u8]) {
        let mut rows = self.rows();
        if rows.len() >= MOST_REMEMBERED {
            rows.clear();
        }
        rows.insert(key.to_vec(), row.to_vec());
    }

    fn forget(&self) {
        self.rows().clear();
    }
}

impl LayeredRows {
    /// Puts a store of fresh rows before layers. Rows in it that do not stand on these layers are removed: they are left
    /// from a program that died, or the layers they stood on are gone. Then the cursor is that of the layers.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn new(fresh: Arc<dyn RowStore>, layers: Arc<Layers>) -> Result<Self, RowError> {
        let rows = Self::over(fresh, layers, Seq::new(u64::MAX));
        if !Self::stands(rows.fresh.as_ref(), &rows.layers)? {
            rows.fresh.change(rows.clearing(rows.layers.cursor().as_ref())?)?;
        }
        rows.none_fresh.store(rows.holds_none_fresh()?, Ordering::Release);
        Ok(rows)
    }

    fn over(fresh: Arc<dyn RowStore>, layers: Arc<Layers>, upto: Seq) -> Self {
        Self { fresh, layers, upto, none_fresh: AtomicBool::new(false), remembered: Remembered::default() }
    }

    /// Tells whether the fresh rows stand on these layers.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn stands(fresh: &dyn RowStore, layers: &Layers) -> Result<bool, RowError> {
        let base = fresh.row(BASE_KEY)?.and_then(|bytes| serde_json::from_slice::<Base>(&bytes).ok());
        Ok(base.map_or(layers.top().is_none(), |base| base.layers == layers.top()))
    }

    /// Looks at the rows as they stood at one of the layers' ends.
    #[must_use]
    pub fn as_of(layers: Arc<Layers>, end: Seq) -> Self {
        Self::over(Arc::new(super::rows::MemoryRows::default()), layers, end)
    }

    /// Gives the changes that leave nothing in the store but how far the layers go.
    fn clearing(&self, cursor: Option<&Cursor>) -> Result<Vec<RowChange>, RowError> {
        let mut changes = Vec::new();
        self.fresh.walk(b"", &mut |key, _| {
            changes.push((key.to_vec(), None));
            Ok(true)
        })?;
        if let Some(cursor) = cursor {
            changes.push((BASE_KEY.to_vec(), Some(self.base()?)));
            changes.push((CURSOR_KEY.to_vec(), Some(cursor_row(cursor)?)));
        }
        Ok(changes)
    }

    fn base(&self) -> Result<Vec<u8>, RowError> {
        let base = Base { layers: self.layers.top() };
        serde_json::to_vec(&base).map_err(|error| RowError::Store(error.to_string()))
    }

    /// Gives the fresh rows of a prefix in order; a removed one without bytes.
    fn fresh_rows(&self, prefix: &[u8]) -> Result<Vec<RowChange>, RowError> {
        let mut rows = Vec::new();
        self.fresh.walk(prefix, &mut |key, bytes| {
            if key.first() != Some(&ABOUT) {
                rows.push((key.to_vec(), unmarked(bytes).map(<[u8]>::to_vec)));
            }
            Ok(true)
        })?;
        Ok(rows)
    }

    /// Makes a layer of the fresh rows and the changes, then empties the store.
    fn settle(&self, changes: Vec<RowChange>, cursor: &Cursor) -> Result<(), RowError> {
        let mut rows = self.fresh_rows(b"")?;
        // Of two that have the same key the later one holds; the sort keeps their order.
        rows.extend(changes);
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let mut settled: Vec<RowChange> = Vec::with_capacity(rows.len());
        for row in rows {
            match settled.last_mut().filter(|last| last.0 == row.0) {
                Some(last) => *last = row,
                None => settled.push(row),
            }
        }
        self.layers.add(&settled, cursor)?;
        self.fresh.change(self.clearing(Some(cursor))?)?;
        self.none_fresh.store(true, Ordering::Release);
        self.remembered.forget();
        Ok(())
    }

    fn holds_none_fresh(&self) -> Result<bool, RowError> {
        let mut none = true;
        self.fresh.walk(b"", &mut |key, _| {
            none = key.first() == Some(&ABOUT);
            Ok(none)
        })?;
        Ok(none)
    }

    fn change_fresh(&self, changes: Vec<RowChange>) -> Result<(), RowError> {
        self.none_fresh.store(false, Ordering::Release);
        let made = self.fresh.change(changes);
        self.remembered.forget();
        made
    }
}

impl RowStore for LayeredRows {
    fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        if key.first() == Some(&ABOUT) {
            return self.fresh.row(key);
        }
        if let Some(row) = self.remembered.row(key) {
            return Ok(Some(row));
        }
        let fresh = if self.none_fresh.load(Ordering::Acquire) { None } else { self.fresh.row(key)? };
        let row = match fresh {
            Some(bytes) => unmarked(&bytes).map(<[u8]>::to_vec),
            None => self.layers.row(key, self.upto)?.flatten(),
        };
        if let Some(row) = &row {
            self.remembered.remember(key, row);
        }
        Ok(row)
    }

    fn walk(&self, prefix: &[u8], visit: &mut RowVisitor<'_>) -> Result<(), RowError> {
        self.walk_since(prefix, Seq::NONE, visit)
    }

    fn walk_since(&self, prefix: &[u8], since: Seq, visit: &mut RowVisitor<'_>) -> Result<(), RowError> {
        let fresh = self.fresh_rows(prefix)?;
        let mut fresh = fresh.iter().peekable();
        let mut going = true;
        self.layers.walk(prefix, since..=self.upto, &mut |key, value| {
            while let Some((earlier, bytes)) = fresh.next_if(|(fresh, _)| going && fresh.as_slice() < key) {
                going = bytes.as_ref().map_or(Ok(true), |bytes| visit(earlier, bytes))?;
            }
            let newer = fresh.next_if(|(fresh, _)| going && fresh.as_slice() == key);
            if let Some(value) = newer.map_or(value, |(_, bytes)| bytes.as_deref()).filter(|_| going) {
                going = visit(key, value)?;
            }
            Ok(going)
        })?;
        for (key, bytes) in fresh {
            if let Some(bytes) = bytes.as_ref().filter(|_| going) {
                going = visit(key, bytes)?;
            }
        }
        Ok(())
    }

    fn change(&self, changes: Vec<RowChange>) -> Result<(), RowError> {
        self.change_fresh(changes.into_iter().map(|(key, bytes)| (key, Some(marked(bytes)))).collect())
    }

    fn commit(&self, changes: Vec<RowChange>, cursor: &Cursor) -> Result<(), RowError> {
        if self.layers.is_due(cursor.seq, Seq::NONE) || changes.len() > MOST_FRESH {
            return self.settle(changes, cursor);
        }
        let mut marked: Vec<RowChange> = changes.into_iter().map(|(key, bytes)| (key, Some(marked(bytes)))).collect();
        marked.push((CURSOR_KEY.to_vec(), Some(cursor_row(cursor)?)));
        marked.push((BASE_KEY.to_vec(), Some(self.base()?)));
        self.change_fresh(marked)
    }

    fn is_due(&self, seq: Seq, on_their_way: Seq) -> bool {
        self.layers.is_due(seq, on_their_way)
    }

    fn tidy(&self) -> Result<(), RowError> {
        self.layers.tidy()
    }
}

fn marked(bytes: Option<Vec<u8>>) -> Vec<u8> {
    match bytes {
        Some(mut bytes) => {
            bytes.insert(0, PRESENT);
            bytes
        }
        None => vec![REMOVED],
    }
}

fn unmarked(bytes: &[u8]) -> Option<&[u8]> {
    bytes.split_first().filter(|(mark, _)| **mark == PRESENT).map(|(_, bytes)| bytes)
}
