//! The tree over the records, grown anew as the log goes by, and compared with the stored tiles.

use std::collections::{BTreeMap, BTreeSet};

use crate::log::Line;
use crate::proof::{Checkpoint, Tile, TileBuilder, TileCoordinate, TilePath, TreeHash};
use crate::publication::Publication;
use crate::vocab::Seq;

/// Bytes of one hash in a tile.
const HASH_BYTES: usize = 32;

/// The tree of the log, and its roots at the sizes that somebody signed.
pub(super) struct GrownTree<'a> {
    publication: &'a Publication,
    builder: TileBuilder,
    wanted: BTreeSet<u64>,
    roots: BTreeMap<u64, TreeHash>,
    /// The size of the published tree, of which tiles should be stored; 0 where nothing is published.
    published: u64,
    /// The position at which a record was missing or unreadable: the tree stops before it.
    broken: Option<Seq>,
    tiles: ComparedTiles,
}

/// What was found of the stored tiles.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct ComparedTiles {
    pub(super) same: u64,
    pub(super) missing: u64,
    pub(super) different: u64,
    /// Tiles that could not be read.
    pub(super) unreadable: u64,
    /// The first leaf, from 0, of which the tile says otherwise, with what the tile says.
    first_leaf: Option<(u64, TreeHash)>,
}

impl<'a> GrownTree<'a> {
    /// Will note the roots at `wanted` sizes, and compare the tiles of a tree of `published` leaves.
    pub(super) fn new(publication: &'a Publication, published: u64, wanted: impl IntoIterator<Item = u64>) -> Self {
        let wanted = wanted.into_iter().chain([published]).collect();
        let builder = TileBuilder::new();
        let (roots, tiles) = (BTreeMap::new(), ComparedTiles::default());
        Self { publication, builder, wanted, roots, published, broken: None, tiles }
    }

    /// Takes the lines of a block, with the hash of each as a leaf.
    pub(super) fn take(&mut self, lines: &[Line<'_>], leaves: &[TreeHash]) {
        if self.broken.is_some() {
            return;
        }
        let next = self.builder.size() + 1;
        let in_place = lines.iter().zip(next..).take_while(|(line, seq)| line.envelope.seq.number() == *seq).count();
        let (mut leaves, rest) = leaves.split_at(in_place.min(leaves.len()));
        while let Some(stop) = self.wanted.range(self.builder.size() + 1..).next().copied() {
            let room = usize::try_from(stop - self.builder.size()).unwrap_or(usize::MAX);
            let Some((before, after)) = leaves.split_at_checked(room) else { break };
            self.grow(before);
            self.roots.insert(stop, self.builder.root());
            leaves = after;
        }
        self.grow(leaves);
        if !rest.is_empty() {
            self.broken = Some(Seq::new(self.builder.size()).next());
        }
    }

    /// Compares what is left, after the last block.
    pub(super) fn finish(&mut self) {
        for tile in self.builder.take_changed() {
            self.compare(&tile);
        }
    }

    /// The number of records that the tree reaches over without a gap.
    pub(super) fn size(&self) -> u64 {
        self.builder.size()
    }

    /// The root over all of them.
    pub(super) fn root(&self) -> TreeHash {
        self.builder.root()
    }

    /// The root at one of the wanted sizes, where the log reaches so far.
    pub(super) fn root_at(&self, size: u64) -> Option<TreeHash> {
        self.roots.get(&size).copied()
    }

    /// Where a record was missing or unreadable.
    pub(super) const fn broken(&self) -> Option<Seq> {
        self.broken
    }

    pub(super) const fn tiles(&self) -> ComparedTiles {
        self.tiles
    }

    /// Names the first record that is not the one that was signed, where the stored tiles prove which that is.
    pub(super) fn first_changed(&self, signed: &Checkpoint) -> Option<Seq> {
        let (index, leaf) = self.tiles.first_leaf?;
        // A proof is given out only where it holds.
        self.publication.inclusion(leaf, index, signed).ok()?;
        Some(Seq::new(index).next())
    }

    fn grow(&mut self, leaves: &[TreeHash]) {
        for leaf in leaves {
            self.builder.append(*leaf);
        }
        for tile in self.builder.take_full() {
            self.compare(&tile);
        }
    }

    /// Compares as much of a tile as the published tree has of it.
    fn compare(&mut self, tile: &Tile) {
        let Tile { coordinate, bytes } = tile;
        let stored = TileCoordinate::in_tree(coordinate.level(), coordinate.index(), self.published);
        let Some(stored) = stored else { return };
        let wanted = bytes.get(..usize::from(stored.width()) * HASH_BYTES).unwrap_or(bytes);
        match self.publication.tile(TilePath::Hashes(stored)) {
            Ok(Some(found)) if found == wanted => self.tiles.same += 1,
            Ok(Some(found)) => {
                self.tiles.different += 1;
                self.note_leaf(*coordinate, wanted, &found);
            }
            Ok(None) => self.tiles.missing += 1,
            Err(_) => self.tiles.unreadable += 1,
        }
    }

    fn note_leaf(&mut self, tile: TileCoordinate, wanted: &[u8], found: &[u8]) {
        if tile.level() > 0 || self.tiles.first_leaf.is_some() {
            return;
        }
        let pairs = (0_u64..).zip(wanted.as_chunks::<HASH_BYTES>().0.iter().zip(found.as_chunks::<HASH_BYTES>().0));
        let first = tile.index() * u64::from(tile.full().width());
        let differing = pairs.filter(|(_, (wanted, found))| wanted != found);
        let mut differing = differing.map(|(at, (_, found))| (first + at, TreeHash::from_bytes(*found)));
        self.tiles.first_leaf = differing.next();
    }
}
