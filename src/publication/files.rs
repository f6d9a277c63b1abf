//! What a publication asks of a disk.

use std::fmt;

use crate::log::StorageError;
use crate::proof::{TileCoordinate, TilePath};

/// A file of a ledger's publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublishedFile {
    /// A tile of hashes, `tiles/tile/…` (C2SP tlog-tiles). Derived from the log.
    Tile(TilePath),
    /// The latest signed note, `checkpoint`. For everybody.
    Checkpoint,
    /// The last signed checkpoint, `keys/last-signed`. Stays beside the key, and is not copied with the log.
    LastSigned,
}

impl fmt::Display for PublishedFile {
    /// Writes the path from the ledger's folder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tile(path) => write!(f, "tiles/{path}"),
            Self::Checkpoint => f.write_str("checkpoint"),
            Self::LastSigned => f.write_str("keys/last-signed"),
        }
    }
}

/// Keeps the files of a publication.
///
/// Only whoever holds the log's lock may change them; any number of readers read beside him.
pub trait Files: fmt::Debug + Send + Sync {
    /// Gives a whole file; nothing where there is none.
    ///
    /// # Errors
    /// [`StorageError`] where that cannot be told.
    fn read(&self, file: PublishedFile) -> Result<Option<Vec<u8>>, StorageError>;

    /// Puts files in place, each whole or not at all; all of them are durable on return.
    ///
    /// # Errors
    /// [`StorageError`]; any of them may be in place then, and none is in place by half.
    fn put(&self, files: &[(PublishedFile, Vec<u8>)]) -> Result<(), StorageError>;

    /// Lists the widths, below 256, at which a tile is there.
    ///
    /// # Errors
    /// [`StorageError`] where the folder cannot be read.
    fn partial_widths(&self, tile: TileCoordinate) -> Result<Vec<u16>, StorageError>;

    /// Takes a file away, where it is there. Nothing of that is durable on return.
    ///
    /// # Errors
    /// [`StorageError`]; the file may be there still.
    fn remove(&self, file: PublishedFile) -> Result<(), StorageError>;
}
