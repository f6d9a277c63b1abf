//! Signing a checkpoint of what is durable, and nothing that contradicts what was signed before.

use std::sync::Arc;

use super::files::{Files, PublishedFile};
use super::growth::grow;
use super::last_signed::{LastSigned, LastSignedError};
use super::tiles::StoredTiles;
use crate::log::{Head, LogReader, ReadError, StorageError, StoredRecord};
use crate::proof::{
    Checkpoint, CheckpointError, HashSource, Note, NoteError, OpenCheckpointError, SignCheckpointError, SignerKey,
    Tile, TileBuilder, TilePath, TileSource, TiledTree, TreeHash, VerifierKey, leaf_hash,
};
use crate::vocab::Seq;

/// So many tiles are written together: 8 MiB.
const TILES_TOGETHER: usize = 1024;

/// What a ledger publishes: tiles, checkpoint, and the cell of the last signed one.
#[derive(Debug, Clone)]
pub struct Publication {
    files: Arc<dyn Files>,
}

/// What became of a wish to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// A new checkpoint was signed and is durable.
    Signed(Note),
    /// Nothing was appended since this one.
    Unchanged(Note),
}

impl Published {
    /// Gives the note, new or not.
    #[must_use]
    pub const fn note(&self) -> &Note {
        match self {
            Self::Signed(note) | Self::Unchanged(note) => note,
        }
    }
}

impl Publication {
    /// Publishes to files; nothing is touched.
    #[must_use]
    pub fn on(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    /// Gives the latest published note, its signatures unchecked; nothing where there is none.
    ///
    /// # Errors
    /// [`ReadCheckpointError`].
    pub fn checkpoint(&self) -> Result<Option<Note>, ReadCheckpointError> {
        let bytes = self.files.read(PublishedFile::Checkpoint)?;
        Ok(bytes.map(|bytes| Note::parse(&bytes)).transpose()?)
    }

    /// Gives what the cell says; nothing where it is not here, as in another party's copy.
    ///
    /// # Errors
    /// [`CellError::Cell`] and [`CellError::Storage`].
    pub fn cell(&self, key: &VerifierKey) -> Result<Option<LastSigned>, CellError> {
        let cell = self.files.read(PublishedFile::LastSigned)?;
        cell.map(|bytes| LastSigned::parse(&bytes, key)).transpose().map_err(CellError::Cell)
    }

    /// Gives what was signed last: what the cell says, or the published checkpoint where it is newer or the cell is gone.
    ///
    /// # Errors
    /// [`CellError`]; [`CellError::Equivocation`] where the two contradict each other.
    pub fn last_signed(&self, key: &VerifierKey) -> Result<Option<LastSigned>, CellError> {
        let cell = self.cell(key)?;
        let published = self.checkpoint().map_err(CellError::from).and_then(|note| {
            note.map(|note| LastSigned::of_note(note, None, key)).transpose().map_err(CellError::Checkpoint)
        });
        match (cell, published) {
            (None, published) => published,
            (Some(cell), Ok(Some(published))) if published.seq() > cell.seq() => {
                let earlier = cell.record.map(|record| (cell.seq(), record));
                let not_below = published.not_below.max(cell.not_below);
                Ok(Some(LastSigned { earlier, not_below, ..published }))
            }
            (Some(cell), Ok(Some(published)))
                if published.seq() == cell.seq() && published.checkpoint != cell.checkpoint =>
            {
                let (cell, published) = (Box::new(cell.note), Box::new(published.note));
                Err(CellError::Equivocation { cell, published })
            }
            // A checkpoint that is older, damaged or not ours is put right from the cell.
            (Some(cell), _) => Ok(Some(cell)),
        }
    }

    /// Gives a stored tile's bytes, as wide as the path says; nothing where it is not stored so wide.
    ///
    /// Entry bundles are not stored: see [`TiledLog`](super::TiledLog).
    ///
    /// # Errors
    /// [`StorageError`] where that cannot be told.
    pub fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, StorageError> {
        self.tiles().read(path)
    }

    pub(super) fn tiles(&self) -> StoredTiles<'_> {
        StoredTiles { files: &*self.files }
    }

    /// Signs a checkpoint of the log up to `head`, which must be durable; the caller holds the log's lock.
    ///
    /// In this order, each durable before the next: tiles, cell, checkpoint. Tiles that are missing or damaged are made
    /// anew from the log. Memory does not grow with the log.
    ///
    /// # Errors
    /// [`PublishError`]; then nothing was signed, or what was signed is in the cell and the next call goes on from there.
    pub fn publish(&self, log: &LogReader, head: Head, signer: &SignerKey) -> Result<Published, PublishError> {
        let cell = self.files.read(PublishedFile::LastSigned)?;
        let last = self.last_signed(signer.verifier())?;
        let mut tree = match &last {
            Some(last) => self.tree_of(log, head, last)?,
            None => TileBuilder::new(),
        };
        if let Some(last) = last.as_ref().filter(|last| last.seq() == head.seq) {
            return self.settle(cell.as_deref(), &LastSigned { record: Some(head.hash), ..last.clone() }, signer);
        }
        let changed = self.extend_stored(log, &mut tree, head.seq)?;
        let checkpoint = Checkpoint::new(signer.verifier().name().clone(), tree.size(), tree.root())?;
        let note = checkpoint.sign(signer)?;
        let not_below = last.map_or(0, |last| last.not_below).max(checkpoint.size());
        let newest = LastSigned { checkpoint, note: note.clone(), record: Some(head.hash), earlier: None, not_below };
        self.swap_cell(cell.as_deref(), &newest)?;
        self.files.put(&[(PublishedFile::Checkpoint, note.to_string().into_bytes())])?;
        for tile in changed {
            self.tiles().tidy(tile.coordinate);
        }
        Ok(Published::Signed(note))
    }

    /// Gives the root of the tree over the log up to `head`; nothing is signed. The caller holds the log's lock.
    ///
    /// Where a checkpoint was signed with `key`, the stored tiles are gone on from, and made anew where they are damaged.
    ///
    /// # Errors
    /// As [`Publication::publish`].
    pub fn root(&self, log: &LogReader, head: Head, key: Option<&VerifierKey>) -> Result<TreeHash, PublishError> {
        let last = key.map(|key| self.last_signed(key)).transpose()?.flatten();
        let mut tree = match &last {
            Some(last) => self.tree_of(log, head, last)?,
            None => TileBuilder::new(),
        };
        extend(log, &mut tree, head.seq, |_| Ok(()))?;
        Ok(tree.root())
    }

    /// Hashes the first records of a log to the root of their tree. Tiles are neither read nor written.
    ///
    /// # Errors
    /// [`PublishError::Log`], and [`PublishError::Behind`] where the log has fewer records.
    pub fn root_of_prefix(&self, log: &LogReader, last: Seq) -> Result<TreeHash, PublishError> {
        let mut tree = TileBuilder::new();
        extend(log, &mut tree, last, |_| Ok(()))?;
        Ok(tree.root())
    }

    /// Refuses for ever to sign anything smaller: what a witness said it knows. The caller holds the log's lock.
    ///
    /// # Errors
    /// [`PublishError`]; [`PublishError::NothingSigned`] where there is no cell yet.
    pub fn never_below(&self, size: u64, key: &VerifierKey) -> Result<(), PublishError> {
        let cell = self.files.read(PublishedFile::LastSigned)?;
        let last = self.last_signed(key)?.filter(|last| last.record.is_some()).ok_or(PublishError::NothingSigned)?;
        let not_below = last.not_below.max(size);
        self.swap_cell(cell.as_deref(), &LastSigned { not_below, ..last })
    }

    /// Adds the signatures of a note with the same text to the published checkpoint, such as those of witnesses.
    ///
    /// Whether they are good is the caller's to check. The caller holds the log's lock.
    ///
    /// # Errors
    /// [`PublishError::OtherText`] where another checkpoint was published meanwhile; nothing is changed then.
    pub fn add_signatures(&self, cosigned: &Note) -> Result<Note, PublishError> {
        let published = self.checkpoint().map_err(CellError::from)?;
        let mut note = published.filter(|note| note.text() == cosigned.text()).ok_or(PublishError::OtherText)?;
        for signature in cosigned.signatures() {
            if !note.signatures().contains(signature) {
                note.append(signature.clone()).map_err(SignCheckpointError::from)?;
            }
        }
        self.files.put(&[(PublishedFile::Checkpoint, note.to_string().into_bytes())])?;
        Ok(note)
    }

    /// Makes the stored tiles of a checkpoint anew from the log where they are not what it comes to.
    ///
    /// Gives how many were written. The caller holds the log's lock.
    ///
    /// # Errors
    /// [`PublishError::Forked`] where the log does not come to the checkpoint: then nothing is written.
    pub fn rebuild_tiles(&self, log: &LogReader, checkpoint: &Checkpoint) -> Result<u64, PublishError> {
        let last = Seq::new(checkpoint.size());
        let mut tree = TileBuilder::new();
        extend(log, &mut tree, last, |_| Ok(()))?;
        if tree.root() != checkpoint.root() {
            return Err(PublishError::Forked {
                size: checkpoint.size(),
                signed: checkpoint.root(),
                found: tree.root(),
            });
        }
        let mut writer = TileWriter::new(&*self.files);
        let mut tree = TileBuilder::new();
        extend(log, &mut tree, last, |tiles| writer.put_differing(tiles))?;
        writer.put_differing(tree.take_changed())?;
        writer.finish()
    }

    /// Gives the tree as it was signed last, from the tiles, or else from the log.
    fn tree_of(&self, log: &LogReader, head: Head, last: &LastSigned) -> Result<TileBuilder, PublishError> {
        let record = last.holds_for(log, head)?;
        let size = last.checkpoint.size();
        let tiles = self.tiles();
        let stored = TileBuilder::resume(&tiles, size).ok().filter(|tree| tree.root() == last.checkpoint.root());
        let tree = if let Some(tree) = stored {
            tree
        } else {
            self.rebuild_tiles(log, &last.checkpoint)?;
            TileBuilder::resume(&tiles, size).map_err(|_| PublishError::TilesUnreadable)?
        };
        // The last line names all lines before it: if it is the one that was signed, so are they.
        match TiledTree::new(&tiles, size).hash(0, size.saturating_sub(1)) {
            Ok(leaf) if leaf == leaf_hash(record.line.as_bytes()) => Ok(tree),
            Ok(_) => Err(PublishError::OtherRecord { seq: last.seq() }),
            // A tile that could be read a moment ago: a disk that fails is no forgery.
            Err(_) => Err(PublishError::TilesUnreadable),
        }
    }

    /// Puts cell and checkpoint in place where a crash left them behind.
    fn settle(&self, cell: Option<&[u8]>, last: &LastSigned, signer: &SignerKey) -> Result<Published, PublishError> {
        if cell != Some(last.to_string().as_bytes()) {
            self.swap_cell(cell, last)?;
        }
        let published = self.checkpoint().ok().flatten();
        let stands = published
            .filter(|note| note.text() == last.note.text() && Checkpoint::open(note, signer.verifier()).is_ok());
        if let Some(note) = stands {
            return Ok(Published::Unchanged(note));
        }
        self.files.put(&[(PublishedFile::Checkpoint, last.note.to_string().into_bytes())])?;
        Ok(Published::Unchanged(last.note.clone()))
    }

    /// Lets the tree grow to a position and stores the tiles that changed. Gives those that may have narrower forms.
    fn extend_stored(&self, log: &LogReader, tree: &mut TileBuilder, to: Seq) -> Result<Vec<Tile>, PublishError> {
        let mut writer = TileWriter::new(&*self.files);
        let mut first_full = Vec::new();
        extend(log, tree, to, |tiles| {
            // Only the first full tile of each level was there in part before.
            for tile in &tiles {
                let level = tile.coordinate.level();
                if !first_full.iter().any(|first: &Tile| first.coordinate.level() == level) {
                    first_full.push(Tile { bytes: Vec::new(), ..tile.clone() });
                }
            }
            writer.put(tiles)
        })?;
        let changed = tree.take_changed();
        writer.put(changed.clone())?;
        writer.finish()?;
        first_full.extend(changed);
        Ok(first_full)
    }

    /// Puts a new cell in place of the one that was read before.
    fn swap_cell(&self, before: Option<&[u8]>, newest: &LastSigned) -> Result<(), PublishError> {
        if self.files.read(PublishedFile::LastSigned)?.as_deref() != before {
            return Err(PublishError::Moved);
        }
        Ok(self.files.put(&[(PublishedFile::LastSigned, newest.to_string().into_bytes())])?)
    }
}

impl LastSigned {
    /// Checks in little time that a log still holds what was signed, and gives the last signed record.
    ///
    /// # Errors
    /// [`PublishError::Behind`] where the log is shorter, [`PublishError::OtherRecord`] where it is another one.
    pub fn holds_for(&self, log: &LogReader, head: Head) -> Result<StoredRecord, PublishError> {
        if head.seq.number() < self.not_below {
            return Err(PublishError::Behind { head: head.seq, signed: Seq::new(self.not_below) });
        }
        let record = log.record_at(self.seq())?.ok_or(PublishError::Behind { head: head.seq, signed: self.seq() })?;
        if self.record.is_some_and(|signed| signed != record.hash) {
            return Err(PublishError::OtherRecord { seq: self.seq() });
        }
        if let Some((seq, signed)) = self.earlier
            && log.record_at(seq)?.is_none_or(|record| record.hash != signed)
        {
            return Err(PublishError::OtherRecord { seq });
        }
        Ok(record)
    }
}

/// Lets a tree grow by the lines of a log up to a position; hands out full tiles on the way.
fn extend(
    log: &LogReader,
    tree: &mut TileBuilder,
    to: Seq,
    mut full: impl FnMut(Vec<Tile>) -> Result<(), StorageError>,
) -> Result<(), PublishError> {
    let from = Seq::new(tree.size()).next();
    log.for_each_block(from, Some(to), |lines| {
        grow(tree, lines);
        full(tree.take_full()).map_err(PublishError::from)
    })?;
    if tree.size() == to.number() {
        return Ok(());
    }
    Err(PublishError::Behind { head: Seq::new(tree.size()), signed: to })
}

/// Writes tiles, many together.
struct TileWriter<'f> {
    files: &'f dyn Files,
    waiting: Vec<(PublishedFile, Vec<u8>)>,
    written: u64,
}

impl<'f> TileWriter<'f> {
    fn new(files: &'f dyn Files) -> Self {
        Self { files, waiting: Vec::new(), written: 0 }
    }

    fn put(&mut self, tiles: Vec<Tile>) -> Result<(), StorageError> {
        let files = tiles.into_iter().map(|tile| (file_of(&tile), tile.bytes));
        self.waiting.extend(files);
        if self.waiting.len() >= TILES_TOGETHER { self.flush() } else { Ok(()) }
    }

    fn put_differing(&mut self, tiles: Vec<Tile>) -> Result<(), StorageError> {
        for tile in tiles {
            StoredTiles { files: self.files }.tidy(tile.coordinate);
            if self.files.read(file_of(&tile))?.as_ref() != Some(&tile.bytes) {
                self.put(vec![tile])?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        self.files.put(&self.waiting)?;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<u64, PublishError> {
        self.flush()?;
        Ok(self.written)
    }
}

const fn file_of(tile: &Tile) -> PublishedFile {
    PublishedFile::Tile(TilePath::Hashes(tile.coordinate))
}

/// Why a published checkpoint could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadCheckpointError {
    /// The file could not be read.
    #[error("the checkpoint could not be read")]
    Storage(#[from] StorageError),
    /// It is no note.
    #[error("the checkpoint is no signed note")]
    Note(#[from] NoteError),
}

/// Why it cannot be told what was signed last.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CellError {
    /// A file could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The checkpoint, which must stand for the missing cell, is no note.
    #[error("what was signed last cannot be told: keys/last-signed is missing and the checkpoint is damaged")]
    Unreadable(#[source] NoteError),
    /// The checkpoint, which must stand for the missing cell, is not this key's.
    #[error("what was signed last cannot be told: keys/last-signed is missing and the checkpoint is not this ledger's")]
    Checkpoint(#[source] LastSignedError),
    /// The cell is damaged.
    #[error("what was signed last cannot be told: keys/last-signed is damaged")]
    Cell(#[source] LastSignedError),
    /// Two checkpoints of the same size were signed: proof against the key's holder.
    #[error("two different checkpoints of the same size were signed with this ledger's key")]
    Equivocation {
        /// The one in the cell.
        cell: Box<Note>,
        /// The published one.
        published: Box<Note>,
    },
}

impl From<ReadCheckpointError> for CellError {
    fn from(error: ReadCheckpointError) -> Self {
        match error {
            ReadCheckpointError::Storage(error) => Self::Storage(error),
            ReadCheckpointError::Note(error) => Self::Unreadable(error),
        }
    }
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The log could not be read.
    #[error("the log could not be read")]
    Log(#[from] ReadError),
    /// A file could not be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What was signed last cannot be told.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The log is shorter than what was signed: an older copy was put back.
    #[error("the log ends with record {head}, but a checkpoint of {signed} records was signed")]
    Behind {
        /// The last record there is.
        head: Seq,
        /// The last record that must be there.
        signed: Seq,
    },
    /// The log has other records than those that were signed.
    #[error("records 1 to {size} are not those that were signed: they come to root {}, signed was {}", found.to_hex(), signed.to_hex())]
    Forked {
        /// The signed size.
        size: u64,
        /// The signed root.
        signed: TreeHash,
        /// The root that the records come to.
        found: TreeHash,
    },
    /// The last record that was signed is not the one that stands there: an older copy was put back and written on.
    #[error("record {seq} is not the one that was signed as the last of a checkpoint")]
    OtherRecord {
        /// The position.
        seq: Seq,
    },
    /// Another program signed meanwhile.
    #[error("another program signed a checkpoint meanwhile")]
    Moved,
    /// Nothing was signed yet.
    #[error("no checkpoint was signed yet")]
    NothingSigned,
    /// The published checkpoint has another text.
    #[error("another checkpoint is published")]
    OtherText,
    /// Tiles that were just written or read could not be read again.
    #[error("the stored tiles could not be read")]
    TilesUnreadable,
    /// The head cannot be put into a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The key does not sign for this ledger.
    #[error(transparent)]
    Sign(#[from] SignCheckpointError),
    /// A signed note is no checkpoint of this ledger.
    #[error(transparent)]
    Note(#[from] OpenCheckpointError),
}
