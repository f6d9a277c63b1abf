//! Stored tiles as a source of hashes.

use std::collections::BTreeMap;
use std::convert::Infallible;

use crate::proof::hash_source::HashSource;
use crate::proof::tile::{HASH_LENGTH, TILE_HEIGHT, Tile, TileCoordinate, TilePath};
use crate::proof::tree::{TreeHash, empty_root, node_hash};

/// Reads the files of a tiled log.
pub trait TileSource {
    /// Why a file could not be read.
    type Error;

    /// The whole file at this path; `None` if there is none.
    ///
    /// # Errors
    /// When it could not be told whether the file is there, or what it holds.
    fn read(&self, path: TilePath) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// The tree of a given size as its tiles hold it.
///
/// What it answers is only as true as the tiles: a proof made from it is checked against a signed root as any other.
#[derive(Debug, Clone, Copy)]
pub struct TiledTree<'a, S> {
    tiles: &'a S,
    size: u64,
}

impl<'a, S: TileSource> TiledTree<'a, S> {
    /// Reads tiles as a tree of `size` leaves has them.
    pub const fn new(tiles: &'a S, size: u64) -> Self {
        Self { tiles, size }
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of one tile as wide as this tree has it; where the partial tile is gone, those of the full one.
    ///
    /// # Errors
    /// [`ReadTileError`], for this tile.
    pub fn tile(&self, level: u8, index: u64) -> Result<Vec<TreeHash>, ReadTileError<S::Error>> {
        let tile =
            TileCoordinate::in_tree(level, index, self.size).ok_or(ReadTileError::NoSuchTile { level, index })?;
        Ok(parse_hashes(&self.bytes_of(tile)?))
    }

    /// The bytes of one tile, of its own width.
    fn bytes_of(&self, tile: TileCoordinate) -> Result<Vec<u8>, ReadTileError<S::Error>> {
        let path = TilePath::Hashes(tile);
        if let Some(bytes) = self.tiles.read(path).map_err(|cause| ReadTileError::Source { path, cause })? {
            return checked(path, tile, bytes);
        }
        let path = TilePath::Hashes(tile.full());
        let bytes = self.tiles.read(path).map_err(|cause| ReadTileError::Source { path, cause })?;
        let bytes = bytes.ok_or(ReadTileError::Missing { path: TilePath::Hashes(tile) })?;
        let mut bytes = checked(path, tile.full(), bytes)?;
        bytes.truncate(usize::from(tile.width()) * HASH_LENGTH);
        Ok(bytes)
    }
}

impl<S: TileSource> HashSource for TiledTree<'_, S> {
    type Error = ReadTileError<S::Error>;

    fn hash(&self, level: u8, index: u64) -> Result<TreeHash, Self::Error> {
        let outside = ReadTileError::OutsideTree { level, index };
        if index >= self.size.checked_shr(level.into()).unwrap_or(0) {
            return Err(outside);
        }
        // Within its tile, `2^rise` hashes lie under the subtree asked for.
        let rise = level % TILE_HEIGHT;
        let first = index << rise;
        let (level_of_tile, index_of_tile) = (level / TILE_HEIGHT, first >> TILE_HEIGHT);
        let tile = TileCoordinate::in_tree(level_of_tile, index_of_tile, self.size);
        let no_tile = ReadTileError::NoSuchTile { level: level_of_tile, index: index_of_tile };
        let bytes = self.bytes_of(tile.ok_or(no_tile)?)?;
        let start = usize::from(first.to_le_bytes()[0]) * HASH_LENGTH;
        let under = bytes.get(start..).and_then(|from| from.get(..HASH_LENGTH << rise)).ok_or(outside)?;
        Ok(subtree_root(&parse_hashes(under)))
    }
}

/// Why a tile gave no hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadTileError<E> {
    /// The tree is too small to have the subtree complete.
    #[error("tree has no complete subtree of height {level} with index {index}")]
    OutsideTree {
        /// The height of the subtree; 0 is a leaf.
        level: u8,
        /// The subtree's position among those of its height, from 0.
        index: u64,
    },
    /// The tree is too small to have the tile.
    #[error("tree has no tile {index} of level {level}")]
    NoSuchTile {
        /// The level of the tile.
        level: u8,
        /// The tile's position among those of its level, from 0.
        index: u64,
    },
    /// Neither the tile nor its full successor is there.
    #[error("{path} is missing")]
    Missing {
        /// The path that was read first.
        path: TilePath,
    },
    /// The file is not as long as its path says.
    #[error("{path} has {actual} bytes, not {expected}")]
    Length {
        /// The file.
        path: TilePath,
        /// Bytes a tile of this width has.
        expected: usize,
        /// Bytes there were.
        actual: usize,
    },
    /// The file could not be read.
    #[error("cannot read {path}")]
    Source {
        /// The file.
        path: TilePath,
        /// The store's own answer.
        #[source]
        cause: E,
    },
}

/// Tiles in memory: the twin of a folder, for tests and small logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryTiles {
    files: BTreeMap<TilePath, Vec<u8>>,
}

impl MemoryTiles {
    /// Starts without any file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a file in place of what was at its path.
    pub fn insert(&mut self, path: TilePath, bytes: Vec<u8>) {
        self.files.insert(path, bytes);
    }

    /// Takes a file away and hands it out.
    pub fn remove(&mut self, path: TilePath) -> Option<Vec<u8>> {
        self.files.remove(&path)
    }

    /// The paths of all files, in order.
    pub fn paths(&self) -> impl Iterator<Item = TilePath> {
        self.files.keys().copied()
    }
}

impl Extend<Tile> for MemoryTiles {
    fn extend<I: IntoIterator<Item = Tile>>(&mut self, tiles: I) {
        self.files.extend(tiles.into_iter().map(|tile| (TilePath::Hashes(tile.coordinate), tile.bytes)));
    }
}

impl TileSource for MemoryTiles {
    type Error = Infallible;

    fn read(&self, path: TilePath) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.files.get(&path).cloned())
    }
}

fn checked<E>(path: TilePath, tile: TileCoordinate, bytes: Vec<u8>) -> Result<Vec<u8>, ReadTileError<E>> {
    let (expected, actual) = (usize::from(tile.width()) * HASH_LENGTH, bytes.len());
    if actual == expected { Ok(bytes) } else { Err(ReadTileError::Length { path, expected, actual }) }
}

fn parse_hashes(bytes: &[u8]) -> Vec<TreeHash> {
    bytes.as_chunks::<HASH_LENGTH>().0.iter().copied().map(TreeHash::from_bytes).collect()
}

/// The root over neighbouring hashes whose number is a power of two, such as the 256 leaves of a full tile.
#[must_use]
pub fn subtree_root(hashes: &[TreeHash]) -> TreeHash {
    match hashes {
        [] => empty_root(),
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&subtree_root(left), &subtree_root(right))
        }
    }
}
