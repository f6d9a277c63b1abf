//! Scratch: what a long check has met so far, so that it can be asked for again. A little of it lies in memory, the rest in a
//! folder that vanishes with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layer_folder::LayerFolder;
use crate::projection::layers::{LayerPlan, Layers};
use crate::projection::{Cursor, RowChange, RowError};
use crate::record::RecordHash;
use crate::vocab::Seq;

/// Keys and bytes. Keys begin with the name of what they are of and a slash, as those of rows do.
pub(crate) struct Scratch {
    folder: PathBuf,
    /// So many keys are held in memory before they go to a file.
    most_in_memory: usize,
    lately: BTreeMap<Vec<u8>, Vec<u8>>,
    /// How many keys went to files.
    put_down: u64,
    layers: Option<Layers>,
}

/// How many keys lie in memory: some ten megabytes of them.
const MOST_IN_MEMORY: usize = 50_000;
/// So many files are merged into one.
const MERGED: usize = 16;

/// An empty one, whose files will lie in the system's folder for temporary files.
impl Default for Scratch {
    fn default() -> Self {
        Self::within(&tempfile::env::temp_dir(), MOST_IN_MEMORY)
    }
}

impl Scratch {
    fn within(folder: &Path, most_in_memory: usize) -> Self {
        Self { folder: folder.to_owned(), most_in_memory, lately: BTreeMap::new(), put_down: 0, layers: None }
    }

    /// Gives the bytes last put under a key.
    ///
    /// # Errors
    /// [`RowError`] where a file cannot be read or is damaged.
    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, RowError> {
        if let Some(bytes) = self.lately.get(key.as_bytes()) {
            return Ok(Some(bytes.clone()));
        }
        let Some(layers) = &self.layers else { return Ok(None) };
        Ok(layers.row(key.as_bytes(), Seq::new(u64::MAX))?.flatten())
    }

    /// Tells whether anything was put under a key.
    ///
    /// # Errors
    /// As [`Scratch::get`].
    pub(crate) fn has(&self, key: &str) -> Result<bool, RowError> {
        Ok(self.get(key)?.is_some())
    }

    /// Puts bytes under a key. Where they cannot go to a file, because the disk is full, all stays in memory.
    pub(crate) fn put(&mut self, key: String, bytes: Vec<u8>) {
        self.lately.insert(key.into_bytes(), bytes);
        if self.lately.len() >= self.most_in_memory && self.put_aside().is_err() {
            self.most_in_memory = usize::MAX;
        }
    }

    /// Shows every key that begins so, once each, in no order that can be relied on.
    ///
    /// # Errors
    /// As [`Scratch::get`].
    pub(crate) fn walk(&self, prefix: &str, see: &mut dyn FnMut(&str)) -> Result<(), RowError> {
        let begins = |key: &[u8]| key.starts_with(prefix.as_bytes());
        let lately = self.lately.range(prefix.as_bytes().to_vec()..).take_while(|(key, _)| begins(key));
        lately.filter_map(|(key, _)| std::str::from_utf8(key).ok()).for_each(&mut *see);
        let Some(layers) = &self.layers else { return Ok(()) };
        layers.walk(prefix.as_bytes(), Seq::NONE..=Seq::new(u64::MAX), &mut |key, _| {
            if !self.lately.contains_key(key) {
                std::str::from_utf8(key).map(&mut *see).unwrap_or_default();
            }
            Ok(true)
        })
    }

    fn put_aside(&mut self) -> Result<(), RowError> {
        let layers = match self.layers.take() {
            Some(layers) => layers,
            None => self.make_folder().map_err(|error| RowError::Store(error.to_string()))?,
        };
        let layers = self.layers.insert(layers);
        let rows: Vec<RowChange> = self.lately.iter().map(|(key, row)| (key.clone(), Some(row.clone()))).collect();
        let put_down = self.put_down + rows.len() as u64;
        layers.add(&rows, &cursor(put_down))?;
        self.put_down = put_down;
        self.lately.clear();
        // What is not merged now is merged later; no answer depends on it.
        let _ = layers.tidy();
        Ok(())
    }

    fn make_folder(&self) -> std::io::Result<Layers> {
        let folder = tempfile::Builder::new().prefix("ceasefire-check-").tempdir_in(&self.folder)?;
        let plan = LayerPlan { records: 1, merged: MERGED };
        let Cursor { log, versions, .. } = cursor(0);
        Ok(Layers::open(Arc::new(LayerFolder::vanishing(folder)), plan, log, &versions)?.0)
    }
}

/// The layers are of no log: positions count the keys.
const fn cursor(keys: u64) -> Cursor {
    let none = RecordHash::from_bytes([0; 32]);
    Cursor { log: none, seq: Seq::new(keys), head: none, versions: Vec::new() }
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch")
            .field("lately", &self.lately.len())
            .field("put_down", &self.put_down)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "what cannot be read is a failed test")]

    use super::*;

    fn fill(scratch: &mut Scratch) -> BTreeMap<String, Vec<u8>> {
        let mut model = BTreeMap::new();
        for number in 0..2_000_u32 {
            let key = format!("{}/k{}", ["a", "b"][usize::from(number % 3 == 0)], number * 7 % 900);
            model.insert(key.clone(), number.to_le_bytes().to_vec());
            scratch.put(key, number.to_le_bytes().to_vec());
        }
        model
    }

    fn assert_is(scratch: &Scratch, model: &BTreeMap<String, Vec<u8>>) {
        for number in 0..1_000 {
            for key in [format!("a/k{number}"), format!("b/k{number}")] {
                assert_eq!(scratch.get(&key).unwrap(), model.get(&key).cloned(), "{key}");
            }
        }
        let mut walked = Vec::new();
        scratch.walk("b/", &mut |key| walked.push(key.to_owned())).unwrap();
        walked.sort();
        assert_eq!(walked, model.keys().filter(|key| key.starts_with("b/")).cloned().collect::<Vec<_>>());
    }

    #[test]
    fn what_was_put_is_found_in_memory_and_in_files_and_the_files_vanish() {
        let folder = tempfile::tempdir().unwrap();
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        for (most_in_memory, folders) in [(usize::MAX, 0), (70, 1), (1, 1)] {
            let mut scratch = Scratch::within(folder.path(), most_in_memory);
            let model = fill(&mut scratch);
            assert_is(&scratch, &model);
            assert_eq!(files(), folders, "{most_in_memory}");
            drop(scratch);
            assert_eq!(files(), 0);
        }
    }

    #[test]
    fn where_no_file_can_be_written_all_stays_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut scratch = Scratch::within(&folder.path().join("nowhere"), 70);
        let model = fill(&mut scratch);
        assert_is(&scratch, &model);
        assert!(scratch.layers.is_none());
    }

    #[test]
    fn where_the_files_can_no_more_be_written_the_rest_stays_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut scratch = Scratch::within(folder.path(), 70);
        scratch.put("a/before".to_owned(), b"1".to_vec());
        (0..70).for_each(|number| scratch.put(format!("b/x{number}"), Vec::new()));
        let files = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        std::fs::remove_dir_all(&files).unwrap();
        std::fs::write(&files, b"in the way").unwrap();
        let model = fill(&mut scratch);
        assert_eq!(scratch.get("a/before").unwrap(), Some(b"1".to_vec()));
        assert_eq!(scratch.get("a/k1").unwrap(), model.get("a/k1").cloned());
    }
}
