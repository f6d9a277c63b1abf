//! Stored tiles, read as widely as they are there.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::files::{Files, PublishedFile};
use crate::log::StorageError;
use crate::proof::{TREE_SIZE_MAX, TileCoordinate, TilePath, TileSource};

/// How often a tile is looked for that a writer replaces meanwhile.
const ATTEMPTS: u32 = 8;

/// Bytes of one hash.
const HASH_BYTES: usize = 32;

/// The tiles among the files of a publication.
///
/// Of a tile that is not full only the widest form is kept: it begins with all the narrower ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredTiles<'f> {
    pub(super) files: &'f dyn Files,
}

impl TileSource for StoredTiles<'_> {
    type Error = StorageError;

    fn read(&self, path: TilePath) -> Result<Option<Vec<u8>>, StorageError> {
        let TilePath::Hashes(tile) = path else { return self.files.read(PublishedFile::Tile(path)) };
        for _ in 0..ATTEMPTS {
            if let Some(bytes) = self.files.read(PublishedFile::Tile(path))? {
                return Ok(Some(bytes));
            }
            let Some(wider) = self.wider(tile)? else { return Ok(None) };
            // Between the look and the reading a writer may have made it wider still.
            if let Some(mut bytes) = self.files.read(PublishedFile::Tile(TilePath::Hashes(wider)))? {
                bytes.truncate(usize::from(tile.width()) * HASH_BYTES);
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

impl StoredTiles<'_> {
    /// Finds a form of the tile that holds more than the one asked for.
    fn wider(&self, tile: TileCoordinate) -> Result<Option<TileCoordinate>, StorageError> {
        if tile.width() == tile.full().width() {
            return Ok(None);
        }
        let widths = self.files.partial_widths(tile)?;
        let width = widths.into_iter().filter(|width| *width > tile.width()).max();
        Ok(Some(width.and_then(|width| with_width(tile, width)).unwrap_or(tile.full())))
    }

    /// Takes away the narrower forms of a tile; what stays behind does no harm.
    pub(super) fn tidy(&self, tile: TileCoordinate) {
        for width in self.files.partial_widths(tile).unwrap_or_default() {
            let narrower = with_width(tile, width).filter(|narrower| narrower.width() < tile.width());
            if let Some(narrower) = narrower {
                let _ = self.files.remove(PublishedFile::Tile(TilePath::Hashes(narrower)));
            }
        }
    }
}

/// Gives the same tile at a width from 1 to 256.
pub(super) fn with_width(tile: TileCoordinate, width: u16) -> Option<TileCoordinate> {
    let shift = u32::from(tile.level()).checked_mul(8)?;
    let hashes = tile.index().checked_mul(u64::from(tile.full().width()))?.checked_add(u64::from(width))?;
    let size = hashes.checked_mul(1_u64.checked_shl(shift)?).filter(|size| *size <= TREE_SIZE_MAX)?;
    TileCoordinate::in_tree(tile.level(), tile.index(), size).filter(|found| found.width() == width)
}

/// Tiles that are read once however often they are asked for: a proof takes most of its hashes from two or three.
pub(super) struct ReadOnce<'a> {
    tiles: StoredTiles<'a>,
    read: RefCell<BTreeMap<TilePath, Option<Vec<u8>>>>,
}

impl<'a> ReadOnce<'a> {
    pub(super) const fn of(tiles: StoredTiles<'a>) -> Self {
        Self { tiles, read: RefCell::new(BTreeMap::new()) }
    }
}

impl TileSource for ReadOnce<'_> {
    type Error = StorageError;

    fn read(&self, path: TilePath) -> Result<Option<Vec<u8>>, StorageError> {
        if let Some(bytes) = self.read.borrow().get(&path) {
            return Ok(bytes.clone());
        }
        let bytes = self.tiles.read(path)?;
        self.read.borrow_mut().insert(path, bytes.clone());
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publication::MemoryFiles;

    fn tile(size: u64) -> TileCoordinate {
        TileCoordinate::in_tree(0, size / 256, size).unwrap()
    }

    fn bytes(width: u16) -> Vec<u8> {
        (0..width).flat_map(|hash| [u8::try_from(hash).unwrap(); HASH_BYTES]).collect()
    }

    #[test]
    fn a_narrower_form_is_the_beginning_of_a_wider_one() {
        let files = MemoryFiles::new();
        files.put(&[(PublishedFile::Tile(TilePath::Hashes(tile(256 + 9))), bytes(9))]).unwrap();
        let tiles = StoredTiles { files: &files };
        for width in 1..=9 {
            let read = tiles.read(TilePath::Hashes(tile(256 + width))).unwrap();
            assert_eq!(read, Some(bytes(u16::try_from(width).unwrap())), "{width}");
        }
        assert_eq!(tiles.read(TilePath::Hashes(tile(256 + 10))).unwrap(), None);
        assert_eq!(tiles.read(TilePath::Hashes(tile(9))).unwrap(), None);
    }

    #[test]
    fn a_full_tile_stands_for_all_its_forms_and_they_are_tidied_away() {
        let files = MemoryFiles::new();
        let path = |tile| PublishedFile::Tile(TilePath::Hashes(tile));
        files.put(&[(path(tile(7)), bytes(7)), (path(tile(7).full()), bytes(255))]).unwrap();
        let tiles = StoredTiles { files: &files };
        tiles.tidy(tile(7).full());
        assert_eq!(files.list(), [path(tile(7).full())]);
        assert_eq!(tiles.read(TilePath::Hashes(tile(5))).unwrap(), Some(bytes(5)));
    }

    #[test]
    fn a_tile_is_named_at_any_width_and_level() {
        let high = TileCoordinate::in_tree(2, 0, 65_536 * 3).unwrap();
        assert_eq!(with_width(high, 2).map(|tile| (tile.level(), tile.index(), tile.width())), Some((2, 0, 2)));
        assert_eq!(with_width(high, 256).map(TileCoordinate::width), Some(256));
        assert_eq!(with_width(high, 257), None);
    }
}
