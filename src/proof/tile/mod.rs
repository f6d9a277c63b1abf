//! Tiled logs of C2SP tlog-tiles: the tree and its entries as static files that any web server can hand out.
//!
//! A tile is up to 256 neighbouring hashes of one height that is a multiple of eight; a bundle is the entries under a
//! tile of level 0. All of them are derived from the log and can be rebuilt from it.
//!
//! - [`TileCoordinate`], [`BundleCoordinate`], [`TilePath`]: which tile, under which path, and which ones a growing tree changes;
//! - [`TileBuilder`]: leaf hashes in, tiles out;
//! - [`EntryBundle`]: entries to bytes and back;
//! - [`TileSource`], [`TiledTree`]: stored tiles as the [`HashSource`](super::HashSource) of proofs.

mod builder;
mod bundle;
mod coordinate;
mod source;

pub use builder::{Tile, TileBuilder, UnalignedTile};
pub use bundle::{BundleError, ENTRY_LENGTH_MAX, EntryBundle};
pub use coordinate::{BundleCoordinate, ParseTilePathError, TileCoordinate, TilePath, changed_bundles, changed_tiles};
pub use source::{MemoryTiles, ReadTileError, TileSource, TiledTree, subtree_root};

/// Hashes in a full tile and entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Tree heights that one tile spans.
const TILE_HEIGHT: u8 = 8;

/// Bytes of one hash in a tile.
const HASH_LENGTH: usize = 32;
