//! Stored rows on their way to who walks over them: a page of them is read on another core while the page before is shown.

use serde::de::DeserializeOwned;

use super::beside::beside;
use super::rows::RowError;
use super::table::read_row;

/// So many rows are a page. A shorter walk asks no other core.
const PAGE: usize = 512;

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
    ///
    /// # Errors
    /// As [`Pages::stored`].
    pub(super) fn held(&mut self, key: &'a str, value: &'a V) -> Result<(), RowError> {
        self.take(Row::Held(key, value))
    }

    /// Takes a row as the store has it.
    ///
    /// # Errors
    /// [`RowError`] where a page is full and one of its rows cannot be read.
    pub(super) fn stored(&mut self, key: &str, bytes: &[u8]) -> Result<(), RowError> {
        let page = &mut self.filling;
        page.keys.push_str(key);
        page.values.extend_from_slice(bytes);
        let (key_end, value_end) = (page.keys.len(), page.values.len());
        self.take(Row::Stored { key_end, value_end })
    }

    fn take(&mut self, row: Row<'a, V>) -> Result<(), RowError> {
        self.filling.rows.push(row);
        if self.filling.rows.len() < PAGE { Ok(()) } else { self.turn() }
    }

    /// Reads the full page while the one before is shown.
    fn turn(&mut self) -> Result<(), RowError> {
        let (table, full) = (self.table, std::mem::take(&mut self.filling));
        let before = self.ready.take();
        let visit = &mut self.visit;
        let mut read = Ok(None);
        beside(|| read = full.read(table).map(Some), || before.map_or((), |page| page.show(visit)));
        self.ready = read?;
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
        self.filling.read(self.table)?.show(&mut self.visit);
        Ok(())
    }
}

impl<'a, V: DeserializeOwned> Page<'a, V> {
    fn read(self, table: &'static str) -> Result<ReadPage<'a, V>, RowError> {
        let values = self.stored().map(|(key, bytes)| read_row(table, key, bytes)).collect::<Result<_, _>>()?;
        Ok(ReadPage { page: self, values })
    }
}

impl<V> Page<'_, V> {
    /// The key and the bytes of each stored row.
    fn stored(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let (mut key_start, mut value_start) = (0, 0);
        self.rows.iter().filter_map(move |row| match *row {
            Row::Stored { key_end, value_end } => {
                let (key, bytes) = (self.keys.get(key_start..key_end)?, self.values.get(value_start..value_end)?);
                (key_start, value_start) = (key_end, value_end);
                Some((key, bytes))
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
                    if let Some(((key, _), value)) = stored.next() {
                        visit(key, value);
                    }
                }
            }
        }
    }
}
