//! A table of typed rows: in memory alone, or in memory in front of a row store.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::held::Held;
use super::pages::Pages;
use super::rows::{RowChange, RowError, RowStore};
use crate::vocab::Seq;

/// Rows of one type under text keys, in order.
///
/// Without a store every row stays in memory, as values: an as-of fold serialises nothing. With one, rows are read when
/// they are needed and written together at a commit. What is being written stays here until the store has it.
pub struct Table<V> {
    name: &'static str,
    rows: Rows<V>,
    /// On their way to the store.
    settling: Option<Arc<Rows<V>>>,
    store: Option<Arc<dyn RowStore>>,
}

type Rows<V> = Held<Slot<V>>;

#[derive(Clone)]
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

/// A row on a walk.
enum Row<'t, 'b, V> {
    /// At hand as a value.
    Held(&'t str, &'t V),
    /// As the store has it.
    Stored(&'b str, &'b [u8]),
}

/// The rows of one table that are to be written: they change no more.
pub trait Settling: Send {
    /// Adds the rows to `changes`, in order of key.
    ///
    /// # Errors
    /// [`RowError`] where a row cannot be written as JSON.
    fn changes(&self, changes: &mut Vec<RowChange>) -> Result<(), RowError>;
}

struct SettlingRows<V> {
    name: &'static str,
    rows: Arc<Rows<V>>,
}

impl<V: Serialize + Send + Sync> Settling for SettlingRows<V> {
    fn changes(&self, changes: &mut Vec<RowChange>) -> Result<(), RowError> {
        let mut rows = self.rows.under("");
        rows.sort_unstable_by_key(|(key, _)| *key);
        for (key, slot) in rows {
            let bytes = slot.value().map(|value| bytes_of(self.name, key, value)).transpose()?;
            changes.push((stored_key(self.name, key), bytes));
        }
        Ok(())
    }
}

impl<V: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Table<V> {
    /// Opens a table; its rows live under `name/` in the store.
    #[must_use]
    pub fn by_key(name: &'static str, store: Option<Arc<dyn RowStore>>) -> Self {
        Self { name, rows: Rows::by_key(), settling: None, store }
    }

    /// Opens a table whose rows are asked for by subject too: by what their keys have before the first slash.
    #[must_use]
    pub fn by_subject(name: &'static str, store: Option<Arc<dyn RowStore>>) -> Self {
        Self { rows: Rows::by_subject(), ..Self::by_key(name, store) }
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
        match self.at_hand(key) {
            Some(slot) => Ok(slot.value().cloned()),
            None => self.stored(key),
        }
    }

    /// Tells whether there is a row.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn has(&self, key: &str) -> Result<bool, RowError> {
        match (self.at_hand(key), &self.store) {
            (Some(slot), _) => Ok(slot.value().is_some()),
            (None, Some(store)) => Ok(store.row(&stored_key(self.name, key))?.is_some()),
            (None, None) => Ok(false),
        }
    }

    /// Writes a row.
    pub fn put(&mut self, key: String, value: V) {
        self.rows.put(key, Slot::Changed(value));
    }

    /// Removes a row.
    pub fn remove(&mut self, key: &str) {
        if self.store.is_some() {
            self.rows.put(key.to_owned(), Slot::Removed);
        } else {
            self.rows.remove(key);
        }
    }

    /// Changes a row in place, where there is one.
    ///
    /// # Errors
    /// [`RowError`] where the store fails or holds something else.
    pub fn change(&mut self, key: &str, change: impl FnOnce(&mut V)) -> Result<(), RowError> {
        match self.rows.get_mut(key) {
            Some(Slot::Changed(value)) => change(value),
            Some(Slot::Removed) => {}
            None => {
                if let Some(mut value) = self.row(key)? {
                    change(&mut value);
                    self.put(key.to_owned(), value);
                }
            }
        }
        Ok(())
    }

    /// Walks the rows whose keys begin with `prefix`, in order of keys.
    ///
    /// # Errors
    /// [`RowError`] where the store fails or holds something else.
    pub fn walk(&self, prefix: &str, mut visit: impl FnMut(&str, &V)) -> Result<(), RowError> {
        let mut pages = Pages::of(self.name, &mut visit);
        self.each((prefix, Seq::NONE), |row| match row {
            Row::Held(key, value) => pages.held(key, value),
            Row::Stored(key, bytes) => pages.stored(key, bytes),
        })?;
        pages.finish()
    }

    /// Collects the rows whose keys begin with `prefix`, in order of keys.
    ///
    /// # Errors
    /// As [`Table::walk`].
    pub fn rows(&self, prefix: &str) -> Result<Vec<V>, RowError> {
        self.rows_since(prefix, Seq::NONE)
    }

    /// Collects the rows whose keys begin with `prefix`, in order of keys, where none of them was written before the record
    /// `since` was folded: what is older is not looked at.
    ///
    /// # Errors
    /// As [`Table::walk`].
    pub fn rows_since(&self, prefix: &str, since: Seq) -> Result<Vec<V>, RowError> {
        let mut rows = Vec::new();
        self.each((prefix, since), |row| {
            rows.push(match row {
                Row::Held(_, value) => value.clone(),
                Row::Stored(key, bytes) => read_row(self.name, key, bytes)?,
            });
            Ok(())
        })?;
        Ok(rows)
    }

    /// Sets what changed since the last commit apart, to be written while the table goes on. It is still read here.
    pub fn settle(&mut self) -> Box<dyn Settling> {
        let emptied = self.rows.emptied();
        let rows = Arc::new(std::mem::replace(&mut self.rows, emptied));
        self.settling = Some(Arc::clone(&rows));
        Box::new(SettlingRows { name: self.name, rows })
    }

    /// Lets go of what the store has by now.
    pub fn settled(&mut self) {
        self.settling = None;
    }

    /// Takes back what the store did not take: it is written with the next changes.
    pub fn unsettled(&mut self) {
        let Some(rows) = self.settling.take() else { return };
        let newer = std::mem::replace(&mut self.rows, Arc::unwrap_or_clone(rows));
        self.rows.extend(newer);
    }

    /// Feeds every row, as JSON under its key, to a visitor: the projection's digest is made of these. A stored row is shown
    /// as the store has it, to the byte.
    ///
    /// # Errors
    /// [`RowError`] where the store fails.
    pub fn walk_bytes(&self, visit: &mut dyn FnMut(&str, &[u8])) -> Result<(), RowError> {
        self.each(("", Seq::NONE), |row| {
            match row {
                Row::Held(key, value) => visit(key, &bytes_of(self.name, key, value)?),
                Row::Stored(key, bytes) => visit(key, bytes),
            }
            Ok(())
        })
    }

    /// Shows the rows whose keys begin with `prefix`, in order of keys, each as it stands. None of them was written before
    /// the record `since`.
    fn each<'t>(
        &'t self,
        (prefix, since): (&str, Seq),
        mut visit: impl FnMut(Row<'t, '_, V>) -> Result<(), RowError>,
    ) -> Result<(), RowError> {
        let mut at_hand = self.all_at_hand(prefix).into_iter().peekable();
        if let Some(store) = &self.store {
            let skip = self.name.len() + 1;
            store.walk_since(&stored_key(self.name, prefix), since, &mut |key, bytes| {
                let key = String::from_utf8_lossy(key.get(skip..).unwrap_or_default());
                while let Some((earlier, slot)) = at_hand.next_if(|(held, _)| *held < &*key) {
                    slot.value().map_or(Ok(()), |value| visit(Row::Held(earlier, value)))?;
                }
                match at_hand.next_if(|(held, _)| *held == &*key) {
                    Some((key, slot)) => slot.value().map_or(Ok(()), |value| visit(Row::Held(key, value)))?,
                    None => visit(Row::Stored(&key, bytes))?,
                }
                Ok(true)
            })?;
        }
        at_hand.try_for_each(|(key, slot)| slot.value().map_or(Ok(()), |value| visit(Row::Held(key, value))))
    }

    /// Finds a row that the store need not be asked for.
    fn at_hand(&self, key: &str) -> Option<&Slot<V>> {
        self.rows.get(key).or_else(|| self.settling.as_ref()?.get(key))
    }

    /// Gives the rows that the store need not be asked for, in order of key.
    fn all_at_hand(&self, prefix: &str) -> Vec<(&str, &Slot<V>)> {
        let mut rows = self.rows.under(prefix);
        if let Some(settling) = &self.settling {
            rows.extend(settling.under(prefix).into_iter().filter(|(key, _)| self.rows.get(key).is_none()));
        }
        rows.sort_unstable_by_key(|(key, _)| *key);
        rows
    }

    fn stored(&self, key: &str) -> Result<Option<V>, RowError> {
        let Some(store) = &self.store else { return Ok(None) };
        store.row(&stored_key(self.name, key))?.map(|bytes| read_row(self.name, key, &bytes)).transpose()
    }
}

/// Reads the bytes of a row.
pub(super) fn read_row<V: DeserializeOwned>(table: &'static str, key: &str, bytes: &[u8]) -> Result<V, RowError> {
    serde_json::from_slice(bytes).map_err(|source| unreadable(table, key, source))
}

fn stored_key(table: &str, key: &str) -> Vec<u8> {
    [table, key].join("/").into_bytes()
}

fn bytes_of<V: Serialize>(table: &'static str, key: &str, value: &V) -> Result<Vec<u8>, RowError> {
    serde_json::to_vec(value).map_err(|source| unreadable(table, key, source))
}

fn unreadable(table: &'static str, key: &str, source: serde_json::Error) -> RowError {
    RowError::Unreadable { table, key: key.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::projection::rows::MemoryRows;

    /// Many pages of stored rows, of which every seventh was changed since, every eleventh removed, with new ones between.
    fn table_and_model() -> (Table<u64>, BTreeMap<String, u64>) {
        let store: Arc<dyn RowStore> = Arc::new(MemoryRows::default());
        let stored = |number: u64| (format!("rows/{number:06}").into_bytes(), Some(number.to_string().into_bytes()));
        store.change((0..5_000).map(stored).collect()).unwrap();
        let mut table = Table::by_key("rows", Some(store));
        let mut model: BTreeMap<String, u64> = (0..5_000).map(|number| (format!("{number:06}"), number)).collect();
        for number in 0..5_000 {
            let key = format!("{number:06}");
            if number % 7 == 0 {
                table.put(key.clone(), number + 1_000_000);
                model.insert(key.clone(), number + 1_000_000);
            }
            if number % 11 == 0 {
                table.remove(&key);
                model.remove(&key);
            }
            if number % 13 == 0 {
                table.put(format!("{key}a"), number);
                model.insert(format!("{key}a"), number);
            }
            if number == 2_500 {
                table.settle();
            }
        }
        (table, model)
    }

    fn walked(table: &Table<u64>, prefix: &str) -> Vec<(String, u64)> {
        let mut walked = Vec::new();
        table.walk(prefix, |key, value| walked.push((key.to_owned(), *value))).unwrap();
        walked
    }

    #[test]
    fn a_walk_of_many_pages_shows_every_row_once_and_in_order() {
        let (table, model) = table_and_model();
        for prefix in ["", "00", "0042", "004999", "1"] {
            let expected: Vec<(String, u64)> = model
                .iter()
                .filter(|(key, _)| key.starts_with(prefix))
                .map(|(key, value)| (key.clone(), *value))
                .collect();
            assert_eq!(walked(&table, prefix), expected, "{prefix}");
        }
    }

    #[test]
    fn a_walk_within_a_task_of_the_pool_shows_the_same() {
        let (table, model) = table_and_model();
        let (inside, ()) = rayon::join(|| walked(&table, ""), || ());
        assert_eq!(inside, model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_digest_is_shown_a_stored_row_as_it_is_stored_and_one_at_hand_as_it_would_be() {
        let store: Arc<dyn RowStore> = Arc::new(MemoryRows::default());
        let stored = |key: &str| (stored_key("rows", key), Some(b" 7".to_vec()));
        store.change(["a", "b", "c"].map(stored).to_vec()).unwrap();
        let mut table: Table<u64> = Table::by_key("rows", Some(store));
        table.put("b".to_owned(), 7);
        table.remove("c");
        let mut shown = Vec::new();
        table.walk_bytes(&mut |key, bytes| shown.push((key.to_owned(), bytes.to_vec()))).unwrap();
        assert_eq!(shown, [("a".to_owned(), b" 7".to_vec()), ("b".to_owned(), b"7".to_vec())]);
    }

    #[test]
    fn an_unreadable_row_is_named_wherever_it_stands_unless_it_was_changed_since() {
        for number in [3_u64, 1_021, 1_024, 2_600, 4_999] {
            let (mut table, _) = table_and_model();
            let key = format!("{number:06}");
            let store = table.store.clone().unwrap();
            store.change(vec![(stored_key("rows", &key), Some(b"no number".to_vec()))]).unwrap();
            let failed = table.walk("", |_, _| ()).unwrap_err().to_string();
            assert_eq!(failed, format!("row `{key}` of `rows` is unreadable"));
            table.put(key, number);
            table.walk("", |_, _| ()).unwrap();
        }
    }
}
