//! Building tiles from leaf hashes as the log grows.

use crate::proof::tile::coordinate::hashes_at;
use crate::proof::tile::source::complete_root;
use crate::proof::tile::{ReadTileError, TILE_WIDTH, TileCoordinate, TileSource, TiledTree};
use crate::proof::tree::TreeHash;

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
        let mut hash = leaf;
        for (row, level) in (0..).zip(0_u8..) {
            if row == self.edges.len() {
                self.edges.push(Vec::with_capacity(TILE_WIDTH.into()));
            }
            let Some(edge) = self.edges.get_mut(row) else { return };
            edge.push(hash);
            if edge.len() < usize::from(TILE_WIDTH) {
                return;
            }
            hash = complete_root(edge);
            let index = hashes_at(level, self.size).div_ceil(TILE_WIDTH.into()) - 1;
            self.finished.extend(tile(level, index, self.size, edge));
            edge.clear();
        }
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
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

fn tile(level: u8, index: u64, size: u64, hashes: &[TreeHash]) -> Option<Tile> {
    let coordinate = TileCoordinate::in_tree(level, index, size)?;
    Some(Tile { coordinate, bytes: hashes.iter().flat_map(TreeHash::as_bytes).copied().collect() })
}
