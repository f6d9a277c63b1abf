//! Building tiles from leaf hashes as the log grows.

use crate::proof::hash_source::complete_subtrees;
use crate::proof::tile::coordinate::hashes_at;
use crate::proof::tile::source::subtree_root;
use crate::proof::tile::{ReadTileError, TILE_WIDTH, TileCoordinate, TileSource, TiledTree};
use crate::proof::tree::{TreeHash, empty_root, fold_subtrees};

/// A tile and the bytes it is served as: its hashes, 32 bytes each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Which tile.
    pub coordinate: TileCoordinate,
    /// 32 bytes for each of its hashes.
    pub bytes: Vec<u8>,
}

/// Turns a log's leaf hashes into tiles, one leaf after the other.
///
/// It holds the unfinished tile of each level and the finished ones until [`take_full`](Self::take_full) or
/// [`take_changed`](Self::take_changed) fetches them: in a long rebuild, fetch now and then to keep memory small.
#[derive(Debug, Clone, Default)]
pub struct TileBuilder {
    size: u64,
    /// The hashes of the unfinished tile of each level, at most 255.
    edges: Vec<Vec<TreeHash>>,
    finished: Vec<Tile>,
    /// The size when changed tiles were last taken.
    taken_at: u64,
}

impl TileBuilder {
    /// Starts with the empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up a log of `size` leaves again from its stored tiles.
    ///
    /// # Errors
    /// [`ReadTileError`] when the last tile of a level is missing or of the wrong length.
    pub fn resume<S: TileSource>(tiles: &S, size: u64) -> Result<Self, ReadTileError<S::Error>> {
        let tree = TiledTree::new(tiles, size);
        let edges = (0..).map(|level| (level, hashes_at(level, size))).take_while(|&(_, hashes)| hashes > 0);
        let edges = edges
            .map(|(level, hashes)| match hashes % u64::from(TILE_WIDTH) {
                0 => Ok(Vec::new()),
                _ => tree.tile(level, hashes / u64::from(TILE_WIDTH)),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { size, edges, finished: Vec::new(), taken_at: size })
    }

    /// Appends the hash of the next leaf.
    pub fn append(&mut self, leaf: TreeHash) {
        self.size += 1;
        self.rise(leaf, 0);
    }

    /// Appends a hash to a level, and the root of each tile that becomes full to the level above.
    fn rise(&mut self, hash: TreeHash, from: u8) {
        let mut hash = hash;
        for level in from.. {
            let row = usize::from(level);
            if row == self.edges.len() {
                self.edges.push(Vec::with_capacity(TILE_WIDTH.into()));
            }
            let Some(edge) = self.edges.get_mut(row) else { return };
            edge.push(hash);
            if edge.len() < usize::from(TILE_WIDTH) {
                return;
            }
            hash = subtree_root(edge);
            let index = hashes_at(level, self.size).div_ceil(TILE_WIDTH.into()) - 1;
            self.finished.extend(tile(level, index, self.size, edge));
            edge.clear();
        }
    }

    /// Appends 256 leaves at once, whose root (see [`subtree_root`]) the caller computed, perhaps on another core.
    ///
    /// # Errors
    /// [`UnalignedTile`] where the size is no multiple of 256 or there are not 256 leaves; nothing is appended then.
    pub fn append_full(&mut self, leaves: &[TreeHash], root: TreeHash) -> Result<(), UnalignedTile> {
        let width = u64::from(TILE_WIDTH);
        if leaves.len() as u64 != width || !self.size.is_multiple_of(width) {
            return Err(UnalignedTile { size: self.size, leaves: leaves.len() });
        }
        if self.edges.is_empty() {
            self.edges.push(Vec::with_capacity(TILE_WIDTH.into()));
        }
        self.size += width;
        self.finished.extend(tile(0, self.size / width - 1, self.size, leaves));
        self.rise(root, 1);
        Ok(())
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root at the present size.
    #[must_use]
    pub fn root(&self) -> TreeHash {
        let peaks: Vec<TreeHash> = self.edges.iter().rev().flat_map(|edge| edge_peaks(edge)).collect();
        fold_subtrees(&peaks).unwrap_or_else(empty_root)
    }

    /// Hands out the tiles that became full since the last call, each exactly once.
    pub fn take_full(&mut self) -> Vec<Tile> {
        std::mem::take(&mut self.finished)
    }

    /// Hands out the full tiles not yet taken and the partial tiles that changed since the last such call: what is to
    /// be stored before a checkpoint of this size is signed.
    pub fn take_changed(&mut self) -> Vec<Tile> {
        let mut tiles = self.take_full();
        tiles.extend(self.partial_tiles());
        self.taken_at = self.size;
        tiles
    }

    fn partial_tiles(&self) -> impl Iterator<Item = Tile> {
        let edges = (0_u8..).zip(&self.edges);
        edges
            .filter(|&(level, edge)| !edge.is_empty() && hashes_at(level, self.size) > hashes_at(level, self.taken_at))
            .filter_map(|(level, edge)| {
                tile(level, hashes_at(level, self.size) / u64::from(TILE_WIDTH), self.size, edge)
            })
    }
}

/// The complete subtrees that make up an unfinished tile, largest first.
fn edge_peaks(edge: &[TreeHash]) -> impl Iterator<Item = TreeHash> {
    complete_subtrees(0, edge.len() as u64).filter_map(|(level, index)| {
        let start = usize::try_from(index << level).ok()?;
        edge.get(start..)?.get(..1 << level).map(subtree_root)
    })
}

/// Why 256 leaves were not appended as one tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{leaves} leaves after {size} are not one full tile")]
#[non_exhaustive]
pub struct UnalignedTile {
    /// The size of the tree.
    pub size: u64,
    /// How many leaves were given.
    pub leaves: usize,
}

fn tile(level: u8, index: u64, size: u64, hashes: &[TreeHash]) -> Option<Tile> {
    let coordinate = TileCoordinate::in_tree(level, index, size)?;
    Some(Tile { coordinate, bytes: hashes.iter().flat_map(TreeHash::as_bytes).copied().collect() })
}
