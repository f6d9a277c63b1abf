//! Entry bundles: up to 256 entries, each after its length in two bytes.

use crate::proof::tile::TILE_WIDTH;

/// The longest entry in bytes: what its two length bytes can say.
pub const ENTRY_LENGTH_MAX: usize = u16::MAX as usize;

/// The entries `256 · index` and following of a log, as `tile/entries/<index>` serves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBundle<'a> {
    entries: Vec<&'a [u8]>,
}

impl<'a> EntryBundle<'a> {
    /// Gathers 1–256 entries of at most [`ENTRY_LENGTH_MAX`] bytes.
    ///
    /// # Errors
    /// [`BundleError::Width`] and [`BundleError::EntryTooLong`].
    pub fn new(entries: Vec<&'a [u8]>) -> Result<Self, BundleError> {
        if let Some(entry) = entries.iter().position(|entry| entry.len() > ENTRY_LENGTH_MAX) {
            return Err(BundleError::EntryTooLong { entry });
        }
        if entries.is_empty() || entries.len() > usize::from(TILE_WIDTH) {
            return Err(BundleError::Width { expected: None, actual: entries.len() });
        }
        Ok(Self { entries })
    }

    /// Reads a bundle that must hold exactly `width` entries and nothing after them.
    ///
    /// # Errors
    /// [`BundleError::Truncated`] and [`BundleError::Width`].
    pub fn parse(bytes: &'a [u8], width: u16) -> Result<Self, BundleError> {
        let mut entries = Vec::with_capacity(width.into());
        let mut rest = bytes;
        while !rest.is_empty() {
            let (entry, after) = split_entry(rest).ok_or(BundleError::Truncated { entry: entries.len() })?;
            entries.push(entry);
            rest = after;
        }
        if entries.len() != usize::from(width) {
            return Err(BundleError::Width { expected: Some(width), actual: entries.len() });
        }
        Self::new(entries)
    }

    /// The entries in the order of the log.
    #[must_use]
    pub fn entries(&self) -> &[&'a [u8]] {
        &self.entries
    }

    /// The bytes served.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in &self.entries {
            let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(entry);
        }
        bytes
    }
}

/// Why entries are no bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The bytes end inside an entry.
    #[error("entry bundle ends inside entry {entry}")]
    Truncated {
        /// The entry's place in the bundle, from 0.
        entry: usize,
    },
    /// The number of entries is not the one asked for, or not 1–256.
    #[error("entry bundle holds {actual} entries, not {}", expected.map_or("1 to 256".into(), |width| width.to_string()))]
    Width {
        /// The width asked for, if one was.
        expected: Option<u16>,
        /// The entries found.
        actual: usize,
    },
    /// An entry is longer than two length bytes can say.
    #[error("entry {entry} of the bundle is longer than 65535 bytes")]
    EntryTooLong {
        /// The entry's place in the bundle, from 0.
        entry: usize,
    },
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}
