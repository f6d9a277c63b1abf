//! Where layers lie: files written once and read in parts. On disk in the ledger's folder; in memory for tests.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::vocab::Seq;

/// Names a layer by the first and the last record of its stretch: 20 digits each, and `.rows`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerName {
    /// The first record.
    pub first: Seq,
    /// The last record.
    pub last: Seq,
}

impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}-{:020}.rows", self.first.number(), self.last.number())
    }
}

impl FromStr for LayerName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (first, last) = text.strip_suffix(".rows").and_then(|text| text.split_once('-')).ok_or(())?;
        let number = |text: &str| -> Result<Seq, ()> {
            let digits = text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits { text.parse().map(Seq::new).map_err(|_| ()) } else { Err(()) }
        };
        let name = Self { first: number(first)?, last: number(last)? };
        if Seq::NONE < name.first && name.first <= name.last { Ok(name) } else { Err(()) }
    }
}

/// The layers of one ledger. A file appears whole or not at all; what is open stays readable after it was removed.
pub trait LayerFiles: Send + Sync {
    /// Lists them, in any order.
    ///
    /// # Errors
    /// Where they cannot be listed.
    fn list(&self) -> io::Result<Vec<LayerName>>;

    /// Opens one for reading.
    ///
    /// # Errors
    /// Where it is not there or cannot be read.
    fn open(&self, name: LayerName) -> io::Result<Box<dyn LayerFile>>;

    /// Begins one. It takes its name when it is finished, and then takes the place of an earlier one of that name.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn create(&self, name: LayerName) -> io::Result<Box<dyn LayerSink>>;

    /// Removes one; one that is not there is removed already.
    ///
    /// # Errors
    /// Where it cannot be removed.
    fn remove(&self, name: LayerName) -> io::Result<()>;
}

/// A layer open for reading.
pub trait LayerFile: Send + Sync {
    /// Gives its length in bytes.
    ///
    /// # Errors
    /// Where it cannot be told.
    fn length(&self) -> io::Result<u64>;

    /// Fills a buffer from an offset.
    ///
    /// # Errors
    /// Where the bytes cannot be read, or end before the buffer is full.
    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

/// A layer being written.
pub trait LayerSink {
    /// Writes at the end.
    ///
    /// # Errors
    /// Where it cannot be written; the layer does not come into being then.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes it durable and gives it its name.
    ///
    /// # Errors
    /// As [`LayerSink::write`].
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Layers in memory: the twin of the ledger's folder.
#[derive(Debug, Clone, Default)]
pub struct MemoryLayers {
    files: Arc<Mutex<BTreeMap<LayerName, Arc<Vec<u8>>>>>,
}

impl MemoryLayers {
    fn files(&self) -> MutexGuard<'_, BTreeMap<LayerName, Arc<Vec<u8>>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the bytes of a layer, as damage would. What is open already is not concerned.
    pub fn damage(&self, name: LayerName, change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(bytes) = self.files().get_mut(&name) {
            change(Arc::make_mut(bytes));
        }
    }

    /// Puts a copy of a layer here, as somebody would who mixes up folders.
    pub fn adopt(&self, other: &Self, name: LayerName) {
        let bytes = other.files().get(&name).cloned();
        self.files().extend(bytes.map(|bytes| (name, bytes)));
    }
}

impl LayerFiles for MemoryLayers {
    fn list(&self) -> io::Result<Vec<LayerName>> {
        Ok(self.files().keys().copied().collect())
    }

    fn open(&self, name: LayerName) -> io::Result<Box<dyn LayerFile>> {
        let bytes = self.files().get(&name).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes))
    }

    fn create(&self, name: LayerName) -> io::Result<Box<dyn LayerSink>> {
        Ok(Box::new(MemorySink { name, bytes: Vec::new(), layers: self.clone() }))
    }

    fn remove(&self, name: LayerName) -> io::Result<()> {
        self.files().remove(&name);
        Ok(())
    }
}

impl LayerFile for Arc<Vec<u8>> {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = self.get(from..).and_then(|rest| rest.get(..buffer.len())).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }
}

struct MemorySink {
    name: LayerName,
    bytes: Vec<u8>,
    layers: MemoryLayers,
}

impl LayerSink for MemorySink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.layers.files().insert(self.name, Arc::new(self.bytes));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_named_by_its_first_and_last_record() {
        let name = LayerName { first: Seq::new(1), last: Seq::new(16_384) };
        assert_eq!(name.to_string(), "00000000000000000001-00000000000000016384.rows");
        assert_eq!(name.to_string().parse(), Ok(name));
    }

    #[test]
    fn foreign_names_are_no_layers() {
        for foreign in [
            "1-2.rows",
            "00000000000000000001-00000000000000016384.rows.new",
            "00000000000000000000-00000000000000000001.rows",
            "00000000000000000002-00000000000000000001.rows",
            "0000000000000000000x-00000000000000000001.rows",
            "00000000000000000001.rows",
        ] {
            assert_eq!(foreign.parse::<LayerName>(), Err(()), "{foreign}");
        }
    }
}
