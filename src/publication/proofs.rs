//! Proofs made from stored tiles, checked before they are handed out.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::publish::Publication;
use super::tiles::ReadOnce;
use crate::log::StorageError;
use crate::proof::{
    Checkpoint, ConsistencyError, HashSource, InclusionError, ProveConsistencyError, ProveInclusionError,
    ReadTileError, TileSource, TiledTree, TreeHash, empty_root, prove_consistency, prove_inclusion, tree_root,
    verify_consistency, verify_inclusion,
};

impl Publication {
    /// Begins proofs under one checkpoint; nothing is read yet.
    #[must_use]
    pub const fn proofs_under<'p>(&'p self, checkpoint: &'p Checkpoint) -> ProofsUnder<'p> {
        ProofsUnder { publication: self, checkpoint, known: RefCell::new(BTreeMap::new()) }
    }

    /// Makes the proof that a leaf is at an index, from 0, of a checkpoint's tree (RFC 9162 §2.1.3).
    ///
    /// # Errors
    /// [`ProofError`]; no proof that does not hold is given out.
    pub fn inclusion(&self, leaf: TreeHash, index: u64, of: &Checkpoint) -> Result<Vec<TreeHash>, ProofError> {
        self.proofs_under(of).inclusion(leaf, index)
    }

    /// Makes the proof that the tree of `from` leaves is a prefix of a checkpoint's (RFC 9162 §2.1.4), and gives that
    /// tree's root beside it. From nothing it is empty.
    ///
    /// # Errors
    /// [`ProofError`]; no proof that does not hold is given out.
    pub fn consistency(&self, from: u64, to: &Checkpoint) -> Result<(TreeHash, Vec<TreeHash>), ProofError> {
        if from == 0 {
            return Ok((empty_root(), Vec::new()));
        }
        let tiles = ReadOnce::of(self.tiles());
        let tree = TiledTree::new(&tiles, to.size());
        let proof = prove_consistency(&tree, from, to.size())?;
        let root = tree_root(&tree, from)?;
        verify_consistency(from, to.size(), root, to.root(), &proof)?;
        Ok((root, proof))
    }
}

/// Inclusion proofs under one checkpoint, as many as are asked for.
///
/// What they share is hashed once: subtrees of 256 leaves and more, and those along the right edge, which all proofs have
/// but for the one that their leaf is in. That is at most some 100 bytes for every 256 records.
#[derive(Debug)]
pub struct ProofsUnder<'p> {
    publication: &'p Publication,
    checkpoint: &'p Checkpoint,
    /// Roots of complete subtrees, by level and index.
    known: RefCell<BTreeMap<(u8, u64), TreeHash>>,
}

/// Subtrees of this level and above are shared by many proofs.
const SHARED_FROM: u8 = 8;

impl ProofsUnder<'_> {
    /// Makes the proof that a leaf is at an index, from 0, of the checkpoint's tree (RFC 9162 §2.1.3).
    ///
    /// # Errors
    /// [`ProofError`]; no proof that does not hold is given out.
    pub fn inclusion(&self, leaf: TreeHash, index: u64) -> Result<Vec<TreeHash>, ProofError> {
        let size = self.checkpoint.size();
        let tiles = ReadOnce::of(self.publication.tiles());
        let tree = Shared { tree: TiledTree::new(&tiles, size), known: &self.known };
        let proof = prove_inclusion(&tree, index, size)?;
        verify_inclusion(index, size, leaf, &proof, self.checkpoint.root())?;
        Ok(proof)
    }
}

/// The tiles of one proof, and what is known from the proofs before.
struct Shared<'p, S> {
    tree: TiledTree<'p, S>,
    known: &'p RefCell<BTreeMap<(u8, u64), TreeHash>>,
}

impl<S: TileSource> HashSource for Shared<'_, S> {
    type Error = ReadTileError<S::Error>;

    fn hash(&self, level: u8, index: u64) -> Result<TreeHash, Self::Error> {
        if let Some(known) = self.known.borrow().get(&(level, index)) {
            return Ok(*known);
        }
        let root = self.tree.hash(level, index)?;
        // A subtree whose neighbour to the right is not complete lies along the right edge.
        let on_the_edge = (index | 1) >= self.tree.size().checked_shr(level.into()).unwrap_or(0);
        if level >= SHARED_FROM || on_the_edge {
            self.known.borrow_mut().insert((level, index), root);
        }
        Ok(root)
    }
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The checkpoint's tree has no such leaf.
    #[error("position {} is not among the {size} records of the checkpoint", index.saturating_add(1))]
    NotCovered {
        /// The leaf, from 0.
        index: u64,
        /// How many there are.
        size: u64,
    },
    /// The checkpoint's tree is smaller.
    #[error("the checkpoint has {size} records, fewer than {from}")]
    Smaller {
        /// The size to prove from.
        from: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// A tile is missing or cannot be read.
    #[error("a tile is missing or cannot be read")]
    Tiles(#[from] ReadTileError<StorageError>),
    /// The tiles or the record are not those of the checkpoint.
    #[error("tiles and record do not come to the checkpoint")]
    Inclusion(#[source] InclusionError),
    /// The tiles are not those of the checkpoint.
    #[error("the tiles do not come to the checkpoint")]
    Consistency(#[source] ConsistencyError),
}

impl From<ProveInclusionError<ReadTileError<StorageError>>> for ProofError {
    fn from(error: ProveInclusionError<ReadTileError<StorageError>>) -> Self {
        match error {
            ProveInclusionError::IndexOutOfRange { index, size } => Self::NotCovered { index, size },
            ProveInclusionError::Source(error) => Self::Tiles(error),
        }
    }
}

impl From<InclusionError> for ProofError {
    fn from(error: InclusionError) -> Self {
        Self::Inclusion(error)
    }
}

impl From<ProveConsistencyError<ReadTileError<StorageError>>> for ProofError {
    fn from(error: ProveConsistencyError<ReadTileError<StorageError>>) -> Self {
        match error {
            ProveConsistencyError::OldSizeZero => Self::Consistency(ConsistencyError::OldSizeZero),
            ProveConsistencyError::OldLargerThanNew { old_size, new_size } => {
                Self::Smaller { from: old_size, size: new_size }
            }
            ProveConsistencyError::Source(error) => Self::Tiles(error),
        }
    }
}

impl From<ConsistencyError> for ProofError {
    fn from(error: ConsistencyError) -> Self {
        Self::Consistency(error)
    }
}
