//! Stored rows on their way to who walks over them: a page of them is read on the other cores while the page before is shown.

use rayon::prelude::*;
use serde::de::DeserializeOwned;

use super::rows::RowError;
use super::table::read_row;

/// So many rows are a page. Shorter walks ask no other core.
const PAGE: usize = 512;
/// A core takes at least so many rows of a page.
const SHARE: usize = 64;

/// Pages being filled, read and shown, in the order in which their rows came.
pub(super) struct Pages<'a, V, F> {
    table: &'static str,
    visit: F,
    filling: Page<'a, V>,
    /// The page before, read and not shown yet.
    ready: Option<ReadPage<'a, V>>,
}

struct Page<'a, V> {
    keys: String,
    values: Vec<u8>,
    rows: Vec<Row<'a, V>>,
}

enum Row<'a, V> {
    /// As bytes: where its key and its value end. They begin where those of the stored row before end.
    Stored { key_end: usize, value_end: usize },
    /// At hand as a value.
    Held(&'a str, &'a V),
}

struct ReadPage<'a, V> {
    page: Page<'a, V>,
    /// The stored ones, in order.
    values: Vec<V>,
}

impl<V> Default for Page<'_, V> {
    fn default() -> Self {
        Self { keys: String::new(), values: Vec::new(), rows: Vec::new() }
    }
}

impl<'a, V: DeserializeOwned + Send + Sync, F: FnMut(&str, &V)> Pages<'a, V, F> {
    /// Begins to fill pages with the rows of a table.
    pub(super) fn of(table: &'static str, visit: F) -> Self {
        Self { table, visit, filling: Page::default(), ready: None }
    }

    /// Takes a row that is at hand.
    pub(super) fn held(&mut self, key: &'a str, value: &'a V) {
        self.filling.rows.push(Row::Held(key, value));
    }

    /// Takes a row as the store has it.
    ///
    /// # Errors
    /// [`RowError`] where a page is full and one of its rows cannot be read.
    pub(super) fn stored(&mut self, key: &str, bytes: &[u8]) -> Result<(), RowError> {
        let page = &mut self.filling;
        page.keys.push_str(key);
        page.values.extend_from_slice(bytes);
        page.rows.push(Row::Stored { key_end: page.keys.len(), value_end: page.values.len() });
        if page.rows.len() < PAGE { Ok(()) } else { self.turn() }
    }

    /// Reads the full page while the one before is shown.
    fn turn(&mut self) -> Result<(), RowError> {
        let (table, full) = (self.table, std::mem::take(&mut self.filling));
        let before = self.ready.take();
        let mut read = Ok(Vec::new());
        // A task of the pool that waited here might be given another that waits for the store this one holds.
        if rayon::current_thread_index().is_some() {
            if let Some(page) = before {
                page.show(&mut self.visit);
            }
            read = full.stored().map(|row| row.read(table)).collect();
        } else {
            rayon::in_place_scope(|scope| {
                scope.spawn(|_| {
                    let rows: Vec<StoredRow<'_>> = full.stored().collect();
                    read = rows.par_iter().with_min_len(SHARE).map(|row| row.read(table)).collect();
                });
                if let Some(page) = before {
                    page.show(&mut self.visit);
                }
            });
        }
        self.ready = Some(ReadPage { values: read?, page: full });
        Ok(())
    }

    /// Shows what is left.
    ///
    /// # Errors
    /// [`RowError`] where a row cannot be read.
    pub(super) fn finish(mut self) -> Result<(), RowError> {
        if let Some(page) = self.ready.take() {
            page.show(&mut self.visit);
        }
        let table = self.table;
        let values = self.filling.stored().map(|row| row.read(table)).collect::<Result<_, _>>()?;
        ReadPage { page: self.filling, values }.show(&mut self.visit);
        Ok(())
    }
}

/// A row as the store has it.
struct StoredRow<'p> {
    key: &'p str,
    bytes: &'p [u8],
}

impl StoredRow<'_> {
    fn read<V: DeserializeOwned>(&self, table: &'static str) -> Result<V, RowError> {
        read_row(table, self.key, self.bytes)
    }
}

impl<V> Page<'_, V> {
    fn stored(&self) -> impl Iterator<Item = StoredRow<'_>> {
        let (mut key_start, mut value_start) = (0, 0);
        self.rows.iter().filter_map(move |row| match *row {
            Row::Stored { key_end, value_end } => {
                let (key, bytes) = (self.keys.get(key_start..key_end)?, self.values.get(value_start..value_end)?);
                (key_start, value_start) = (key_end, value_end);
                Some(StoredRow { key, bytes })
            }
            Row::Held(..) => None,
        })
    }
}

impl<V> ReadPage<'_, V> {
    fn show(self, visit: &mut impl FnMut(&str, &V)) {
        let mut stored = self.page.stored().zip(&self.values);
        for row in &self.page.rows {
            match row {
                Row::Held(key, value) => visit(key, value),
                Row::Stored { .. } => {
                    if let Some((row, value)) = stored.next() {
                        visit(row.key, value);
                    }
                }
            }
        }
    }
}
