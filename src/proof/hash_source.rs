//! Where proofs take their hashes from: the complete subtrees of a log.

use crate::proof::tree::{TreeHash, empty_root, fold_subtrees, node_hash};

/// Gives the root of any complete subtree of a log.
///
/// Every RFC 9162 proof and root is made of such roots, so tiles, a database or memory serve alike.
pub trait HashSource {
    /// Why a hash could not be given.
    type Error;

    /// The root over the leaves `index · 2^level` up to, but not including, `(index + 1) · 2^level`.
    ///
    /// # Errors
    /// When the source does not hold that subtree or cannot be read.
    fn hash(&self, level: u8, index: u64) -> Result<TreeHash, Self::Error>;
}

/// The root of the first `size` leaves.
///
/// # Errors
/// Whatever the source answers when it cannot give one of the hashes.
pub fn tree_root<S: HashSource>(source: &S, size: u64) -> Result<TreeHash, S::Error> {
    range_root(source, 0, size)
}

/// The root over the leaves `start..end`, where `start` is aligned as RFC 9162 §2.1.1 splits trees.
pub(super) fn range_root<S: HashSource>(source: &S, start: u64, end: u64) -> Result<TreeHash, S::Error> {
    let roots: Vec<TreeHash> =
        complete_subtrees(start, end).map(|(level, index)| source.hash(level, index)).collect::<Result<_, _>>()?;
    Ok(fold_subtrees(&roots).unwrap_or_else(empty_root))
}

/// The complete subtrees `(level, index)` that make up the leaves `start..end`, largest first.
///
/// `start` must be a multiple of the largest of them; every range that splitting a tree yields is.
pub(super) fn complete_subtrees(start: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    let mut next = start;
    std::iter::from_fn(move || {
        let level = u8::try_from(end.saturating_sub(next).checked_ilog2()?).ok()?;
        let subtree = (level, next >> level);
        next += 1 << level;
        Some(subtree)
    })
}

/// A whole tree in memory, for evidence bundles and tests: 64 bytes a leaf.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    /// `levels[l][i]` is the complete subtree `(l, i)`.
    levels: Vec<Vec<TreeHash>>,
}

impl MemoryTree {
    /// Starts with the empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the hash of the next leaf.
    pub fn append(&mut self, leaf: TreeHash) {
        let mut hash = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(level) else { return };
            row.push(hash);
            let (pairs, rest) = row.as_chunks::<2>();
            let (Some([left, right]), []) = (pairs.last(), rest) else { return };
            hash = node_hash(left, right);
        }
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }
}

impl Extend<TreeHash> for MemoryTree {
    fn extend<I: IntoIterator<Item = TreeHash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.append(leaf));
    }
}

impl HashSource for MemoryTree {
    type Error = MissingHash;

    fn hash(&self, level: u8, index: u64) -> Result<TreeHash, MissingHash> {
        let row = self.levels.get(usize::from(level));
        let hash = row.and_then(|row| row.get(usize::try_from(index).ok()?));
        hash.copied().ok_or(MissingHash { level, index })
    }
}

/// A complete subtree that a tree does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no complete subtree of height {level} with index {index}")]
#[non_exhaustive]
pub struct MissingHash {
    /// The height of the subtree; 0 is a leaf.
    pub level: u8,
    /// The subtree's position among those of its height, from 0.
    pub index: u64,
}
