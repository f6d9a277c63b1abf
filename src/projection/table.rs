//! A table of typed rows: in memory alone, or in memory in front of a row store.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::rows::{RowChange, RowError, RowStore};

/// Rows of one type under text keys, in order.
///
/// Without a store every row stays in memory, as values: an as-of fold serialises nothing. With one, rows are read when
/// they are needed and written together at a commit.
pub struct Table<V> {
    name: &'static str,
    rows: BTreeMap<String, Slot<V>>,
    store: Option<Arc<dyn RowStore>>,
}

enum Slot<V> {
    /// Changed since the last commit.
    Changed(V),
    /// Removed since the last commit.
    Removed,
}

impl<V> Slot<V> {
    const fn value(&self) -> Option<&V> {
        match self {
            Self::Changed(value) => Some(value),
            Self::Removed => None,
        }
    }
}

impl<V: Serialize + DeserializeOwned + Clone> Table<V> {
    /// Opens a table; its rows live under `name/` in the store.
    #[must_use]
    pub const fn new(name: &'static str, store: Option<Arc<dyn RowStore>>) -> Self {
        Self { name, rows: BTreeMap::new(), store }
    }

    /// Gives the table's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Reads a row.
    ///
    /// # Errors
    /// [`RowError`] where the store fails or holds something else.
    pub fn row(&self, key: &str) -> Result<Option<V>, RowError> {
        match self.rows.get(key) {
            Some(slot) => Ok(slot.value().cloned()),
            None => self.stored(key),
        }
    }

    /// Tells whether there is a row.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn has(&self, key: &str) -> Result<bool, RowError> {
        match (self.rows.get(key), &self.store) {
            (Some(slot), _) => Ok(slot.value().is_some()),
            (None, Some(store)) => Ok(store.row(&self.stored_key(key))?.is_some()),
            (None, None) => Ok(false),
        }
    }

    /// Writes a row.
    pub fn put(&mut self, key: String, value: V) {
        self.rows.insert(key, Slot::Changed(value));
    }

    /// Removes a row.
    pub fn remove(&mut self, key: &str) {
        if self.store.is_some() {
            self.rows.insert(key.to_owned(), Slot::Removed);
        } else {
            self.rows.remove(key);
        }
    }

    /// Changes a row in place, where there is one.
    ///
    /// # Errors
    /// [`RowError`] where the store fails or holds something else.
    pub fn change(&mut self, key: &str, change: impl FnOnce(&mut V)) -> Result<(), RowError> {
        if let Some(mut value) = self.take(key)? {
            change(&mut value);
            self.put(key.to_owned(), value);
        }
        Ok(())
    }

    fn take(&mut self, key: &str) -> Result<Option<V>, RowError> {
        match self.rows.remove(key) {
            Some(Slot::Changed(value)) => Ok(Some(value)),
            Some(Slot::Removed) => {
                self.rows.insert(key.to_owned(), Slot::Removed);
                Ok(None)
            }
            None => self.stored(key),
        }
    }

    /// Walks the rows whose keys begin with `prefix`, in order of keys.
    ///
    /// # Errors
    /// [`RowError`] where the store fails or holds something else.
    pub fn walk(&self, prefix: &str, mut visit: impl FnMut(&str, &V)) -> Result<(), RowError> {
        let mut cached = self.rows.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix)).peekable();
        if let Some(store) = &self.store {
            let skip = self.name.len() + 1;
            store.walk(&self.stored_key(prefix), &mut |key, bytes| {
                let key = String::from_utf8_lossy(key.get(skip..).unwrap_or_default()).into_owned();
                while let Some((earlier, slot)) = cached.next_if(|(cached, _)| **cached < key) {
                    slot.value().inspect(|value| visit(earlier, value));
                }
                match cached.next_if(|(cached, _)| **cached == key) {
                    Some((_, slot)) => {
                        slot.value().inspect(|value| visit(&key, value));
                    }
                    None => visit(&key, &self.read(&key, bytes)?),
                }
                Ok(true)
            })?;
        }
        for (key, slot) in cached {
            slot.value().inspect(|value| visit(key, value));
        }
        Ok(())
    }

    /// Collects the rows whose keys begin with `prefix`, in order of keys.
    ///
    /// # Errors
    /// As [`Table::walk`].
    pub fn rows(&self, prefix: &str) -> Result<Vec<V>, RowError> {
        let mut rows = Vec::new();
        self.walk(prefix, |_, value| rows.push(value.clone()))?;
        Ok(rows)
    }

    /// Adds the changes since the last commit to `changes`, in order of key.
    ///
    /// # Errors
    /// [`RowError`] where a row cannot be written as JSON.
    pub fn changes(&self, changes: &mut Vec<RowChange>) -> Result<(), RowError> {
        for (key, slot) in &self.rows {
            let bytes = slot.value().map(|value| self.bytes(key, value)).transpose()?;
            changes.push((self.stored_key(key), bytes));
        }
        Ok(())
    }

    /// Lets go of the changes that the store has by now; from then on the rows are read from it.
    pub fn forget_changes(&mut self) {
        self.rows.clear();
    }

    /// Feeds every row, as JSON under its key, to a visitor: the projection's digest is made of these.
    ///
    /// # Errors
    /// As [`Table::walk`].
    pub fn walk_bytes(&self, visit: &mut dyn FnMut(&str, &[u8])) -> Result<(), RowError> {
        let mut failed = None;
        self.walk("", |key, value| match self.bytes(key, value) {
            Ok(bytes) => visit(key, &bytes),
            Err(error) => failed = Some(error),
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn stored(&self, key: &str) -> Result<Option<V>, RowError> {
        let Some(store) = &self.store else { return Ok(None) };
        store.row(&self.stored_key(key))?.map(|bytes| self.read(key, &bytes)).transpose()
    }

    fn stored_key(&self, key: &str) -> Vec<u8> {
        format!("{}/{key}", self.name).into_bytes()
    }

    fn read(&self, key: &str, bytes: &[u8]) -> Result<V, RowError> {
        serde_json::from_slice(bytes).map_err(|source| self.unreadable(key, source))
    }

    fn bytes(&self, key: &str, value: &V) -> Result<Vec<u8>, RowError> {
        serde_json::to_vec(value).map_err(|source| self.unreadable(key, source))
    }

    fn unreadable(&self, key: &str, source: serde_json::Error) -> RowError {
        RowError::Unreadable { table: self.name, key: key.to_owned(), source }
    }
}
