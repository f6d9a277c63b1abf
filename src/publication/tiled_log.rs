//! The files of a tiled log (C2SP tlog-tiles), entry bundles among them: what a web server gives to other verifiers.

use std::fmt;

use crate::log::{LogReader, ReadError};
use crate::proof::{
    BundleCoordinate, BundleError, Checkpoint, EntryBundle, TILE_WIDTH, Tile, TileBuilder, TilePath, changed_bundles,
    leaf_hash,
};
use crate::vocab::Seq;

/// A file of a tiled log: its path below the prefix, and its bytes.
pub type TiledFile = (TilePath, Vec<u8>);

/// Makes the files of a tiled log, bundle by bundle.
///
/// The stored tiles are not asked: everything is made from the records, and the root that they come to is held against
/// the checkpoint at the end. Give the checkpoint out only after [`check`](Self::check). Memory does not grow with the log.
pub struct TiledLog<'a> {
    log: &'a LogReader,
    checkpoint: &'a Checkpoint,
    tree: TileBuilder,
    bundles: Box<dyn Iterator<Item = BundleCoordinate>>,
    finished: bool,
}

impl fmt::Debug for TiledLog<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TiledLog").field("checkpoint", self.checkpoint).field("size", &self.tree.size()).finish()
    }
}

impl<'a> TiledLog<'a> {
    /// Begins the files of the log as it was at a checkpoint.
    #[must_use]
    pub fn of(log: &'a LogReader, checkpoint: &'a Checkpoint) -> Self {
        let bundles = Box::new(changed_bundles(0, checkpoint.size()));
        Self { log, checkpoint, tree: TileBuilder::new(), bundles, finished: false }
    }

    /// The next files: an entry bundle with the tiles that it fills; at the end the tiles that are not full. Nothing
    /// after that.
    ///
    /// # Errors
    /// [`TiledLogError`] where the log cannot be read or is shorter than what was signed.
    pub fn next_files(&mut self) -> Result<Option<Vec<TiledFile>>, TiledLogError> {
        if let Some(bundle) = self.bundles.next() {
            let mut files = vec![(TilePath::Entries(bundle), self.entries(bundle)?)];
            files.extend(self.tree.take_full().into_iter().map(path_and_bytes));
            return Ok(Some(files));
        }
        let last = (!self.finished).then(|| self.tree.take_changed().into_iter().map(path_and_bytes).collect());
        self.finished = true;
        Ok(last)
    }

    /// Holds what was given out against what was signed.
    ///
    /// # Errors
    /// [`TiledLogError::OtherRecords`] where the records are not those that were signed, or not all were given out.
    pub fn check(&self) -> Result<(), TiledLogError> {
        let same = self.tree.size() == self.checkpoint.size() && self.tree.root() == self.checkpoint.root();
        if same { Ok(()) } else { Err(self.other_records()) }
    }

    fn entries(&mut self, bundle: BundleCoordinate) -> Result<Vec<u8>, TiledLogError> {
        let first = bundle.index().saturating_mul(TILE_WIDTH.into()).saturating_add(1);
        let last = first.saturating_add(u64::from(bundle.width())).saturating_sub(1);
        let records = self.log.records(Seq::new(first), Some(Seq::new(last)))?.collect::<Result<Vec<_>, _>>()?;
        if records.len() != usize::from(bundle.width()) {
            return Err(self.other_records());
        }
        let lines: Vec<&[u8]> = records.iter().map(|record| record.line.as_bytes()).collect();
        for line in &lines {
            self.tree.append(leaf_hash(line));
        }
        Ok(EntryBundle::new(lines)?.to_bytes())
    }

    fn other_records(&self) -> TiledLogError {
        TiledLogError::OtherRecords { size: self.checkpoint.size() }
    }
}

fn path_and_bytes(tile: Tile) -> TiledFile {
    (TilePath::Hashes(tile.coordinate), tile.bytes)
}

/// Why a tiled log could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TiledLogError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// The records are no bundle.
    #[error("the records are no entry bundle")]
    Bundle(#[from] BundleError),
    /// The log does not hold what was signed.
    #[error("the first {size} records are not those that were signed")]
    OtherRecords {
        /// The size of the checkpoint.
        size: u64,
    },
}
