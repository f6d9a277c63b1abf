//! Proofs made from stored tiles, checked before they are handed out.

use super::publish::Publication;
use super::tiles::ReadOnce;
use crate::log::StorageError;
use crate::proof::{
    Checkpoint, ConsistencyError, InclusionError, ProveConsistencyError, ProveInclusionError, ReadTileError, TiledTree,
    TreeHash, empty_root, prove_consistency, prove_inclusion, tree_root, verify_consistency, verify_inclusion,
};

impl Publication {
    /// Makes the proof that a leaf is at an index, from 0, of a checkpoint's tree (RFC 9162 §2.1.3).
    ///
    /// # Errors
    /// [`ProofError`]; no proof that does not hold is given out.
    pub fn inclusion(&self, leaf: TreeHash, index: u64, of: &Checkpoint) -> Result<Vec<TreeHash>, ProofError> {
        let tiles = self.tiles();
        let tiles = ReadOnce::of(&tiles);
        let proof = prove_inclusion(&TiledTree::new(&tiles, of.size()), index, of.size())?;
        verify_inclusion(index, of.size(), leaf, &proof, of.root())?;
        Ok(proof)
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
        let tiles = self.tiles();
        let tiles = ReadOnce::of(&tiles);
        let tree = TiledTree::new(&tiles, to.size());
        let proof = prove_consistency(&tree, from, to.size())?;
        let root = tree_root(&tree, from)?;
        verify_consistency(from, to.size(), root, to.root(), &proof)?;
        Ok((root, proof))
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
