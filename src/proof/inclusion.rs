//! Inclusion proofs of RFC 9162 §2.1.3: an entry stands at this place of that tree.

use crate::proof::hash_source::{HashSource, range_root};
use crate::proof::tree::{TreeHash, node_hash};

/// Makes the proof that the leaf at `index` (from 0) is in the tree of `size` leaves: sibling hashes, the leaf's own first.
///
/// # Errors
/// [`ProveInclusionError::IndexOutOfRange`], or the source's own answer.
pub fn prove_inclusion<S: HashSource>(
    source: &S,
    index: u64,
    size: u64,
) -> Result<Vec<TreeHash>, ProveInclusionError<S::Error>> {
    if index >= size {
        return Err(ProveInclusionError::IndexOutOfRange { index, size });
    }
    siblings(index, size)
        .map(|(start, end)| range_root(source, start, end))
        .collect::<Result<_, _>>()
        .map_err(ProveInclusionError::Source)
}

/// Checks that the leaf with this hash is at `index` (from 0) of the tree with this size and root.
///
/// Size and root must come from one signed checkpoint: a proof alone tells only on which side each sibling stands, and
/// leaf 0 of five leaves has the same three siblings as leaf 0 of five leaves said to be six.
///
/// # Errors
/// Any difference from the one proof that RFC 9162 §2.1.3.1 makes, surplus hashes included.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: TreeHash,
    proof: &[TreeHash],
    root: TreeHash,
) -> Result<(), InclusionError> {
    let computed = root_from_inclusion(index, size, leaf, proof)?;
    if computed != root {
        return Err(InclusionError::RootMismatch { expected: root, computed });
    }
    Ok(())
}

/// Computes the only root for which this proof holds.
///
/// # Errors
/// Every variant of [`InclusionError`] but `RootMismatch`.
pub fn root_from_inclusion(
    index: u64,
    size: u64,
    leaf: TreeHash,
    proof: &[TreeHash],
) -> Result<TreeHash, InclusionError> {
    if index >= size {
        return Err(InclusionError::IndexOutOfRange { index, size });
    }
    let path = Path::of(index, size);
    let (expected, actual) = (path.inner + path.border, proof.len());
    if actual < expected {
        return Err(InclusionError::MissingHashes { expected, actual });
    }
    if actual > expected {
        return Err(InclusionError::SurplusHashes { expected, actual });
    }
    let (inner, border) = proof.split_at(path.inner);
    Ok(climb_border(climb_inner(leaf, inner, index), border))
}

/// Why an inclusion proof was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InclusionError {
    /// The tree has no such leaf.
    #[error("index {index} is not in a tree of size {size}")]
    IndexOutOfRange {
        /// The leaf asked for, from 0.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// The proof ends before the root is reached.
    #[error("inclusion proof has {actual} hashes, {expected} are needed: missing hashes")]
    MissingHashes {
        /// How many hashes a proof of this index and size has.
        expected: usize,
        /// How many there were.
        actual: usize,
    },
    /// The proof goes on after the root is reached.
    #[error("inclusion proof has {actual} hashes, {expected} are needed: surplus hashes")]
    SurplusHashes {
        /// How many hashes a proof of this index and size has.
        expected: usize,
        /// How many there were.
        actual: usize,
    },
    /// The proof leads to another root.
    #[error("inclusion proof leads to root {}, not {}", computed.to_hex(), expected.to_hex())]
    RootMismatch {
        /// The root that was to be proved.
        expected: TreeHash,
        /// The root that leaf and proof make.
        computed: TreeHash,
    },
}

/// Why an inclusion proof could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveInclusionError<E> {
    /// The tree has no such leaf.
    #[error("index {index} is not in a tree of size {size}")]
    IndexOutOfRange {
        /// The leaf asked for, from 0.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// A hash the proof needs could not be had.
    #[error("cannot read the tree's hashes")]
    Source(#[source] E),
}

/// The shape of the way from a leaf to the root.
pub(super) struct Path {
    /// Steps up to where the leaf's way meets the tree's right edge; the sibling may stand on either side.
    pub(super) inner: usize,
    /// Steps along the right edge, where the sibling always stands on the left.
    pub(super) border: usize,
}

impl Path {
    /// The way of the leaf at `index` in a tree of `size` leaves; `index` must be below `size`.
    pub(super) fn of(index: u64, size: u64) -> Self {
        let inner = u64::BITS - (index ^ size.saturating_sub(1)).leading_zeros();
        let border = index.checked_shr(inner).unwrap_or(0).count_ones();
        Self { inner: inner as usize, border: border as usize }
    }
}

/// Climbs with siblings whose side is told by the bits of `index`, lowest first.
pub(super) fn climb_inner(start: TreeHash, siblings: &[TreeHash], index: u64) -> TreeHash {
    siblings.iter().zip(0_u32..).fold(start, |hash, (sibling, height)| {
        if index >> height & 1 == 0 { node_hash(&hash, sibling) } else { node_hash(sibling, &hash) }
    })
}

/// Climbs with siblings that all stand on the left.
pub(super) fn climb_border(start: TreeHash, siblings: &[TreeHash]) -> TreeHash {
    siblings.iter().fold(start, |hash, sibling| node_hash(sibling, &hash))
}

/// The leaf ranges whose roots are the siblings on the way from `index` up, the lowest first.
fn siblings(index: u64, size: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let split = start + largest_power_of_two_below(end - start);
        if index < split {
            ranges.push((split, end));
            end = split;
        } else {
            ranges.push((start, split));
            start = split;
        }
    }
    ranges.into_iter().rev()
}

/// Where RFC 9162 §2.1.1 splits a tree of `size` ≥ 2 leaves: the largest power of two smaller than `size`.
pub(super) fn largest_power_of_two_below(size: u64) -> u64 {
    1 << size.saturating_sub(1).checked_ilog2().unwrap_or(0)
}
