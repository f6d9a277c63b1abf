//! Consistency proofs of RFC 9162 §2.1.4: the older tree is a prefix of the newer.

use std::cmp::Ordering;

use crate::proof::hash_source::{HashSource, range_root};
use crate::proof::inclusion::{Path, climb_border, climb_inner, largest_power_of_two_below};
use crate::proof::tree::{TreeHash, node_hash};

/// Makes the proof that the tree of `old_size` leaves is a prefix of the tree of `new_size`; empty for equal sizes.
///
/// # Errors
/// [`ProveConsistencyError::OldSizeZero`] and [`ProveConsistencyError::OldLargerThanNew`], or the source's own answer.
pub fn prove_consistency<S: HashSource>(
    source: &S,
    old_size: u64,
    new_size: u64,
) -> Result<Vec<TreeHash>, ProveConsistencyError<S::Error>> {
    if old_size == 0 {
        return Err(ProveConsistencyError::OldSizeZero);
    }
    if old_size > new_size {
        return Err(ProveConsistencyError::OldLargerThanNew { old_size, new_size });
    }
    proof_ranges(old_size, new_size)
        .map(|(start, end)| range_root(source, start, end))
        .collect::<Result<_, _>>()
        .map_err(ProveConsistencyError::Source)
}

/// Checks that the tree with the old size and root is a prefix of the tree with the new size and root.
///
/// An empty old tree is a prefix of every tree and has no proof; that case is the caller's to decide, not passed here.
///
/// # Errors
/// Any difference from the one proof that RFC 9162 §2.1.4.1 makes, surplus hashes included.
pub fn verify_consistency(
    old_size: u64,
    new_size: u64,
    old_root: TreeHash,
    new_root: TreeHash,
    proof: &[TreeHash],
) -> Result<(), ConsistencyError> {
    if old_size == 0 {
        return Err(ConsistencyError::OldSizeZero);
    }
    if old_size > new_size {
        return Err(ConsistencyError::OldLargerThanNew { old_size, new_size });
    }
    let (old_computed, new_computed) = roots_from_consistency(old_size, new_size, old_root, proof)?;
    if old_computed != old_root {
        return Err(ConsistencyError::OldRootMismatch { expected: old_root, computed: old_computed });
    }
    if new_computed != new_root {
        return Err(ConsistencyError::NewRootMismatch { expected: new_root, computed: new_computed });
    }
    Ok(())
}

/// Why a consistency proof was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConsistencyError {
    /// Nothing can be proved from an empty tree.
    #[error("old size is 0: an empty tree has no consistency proof")]
    OldSizeZero,
    /// A tree cannot be a prefix of a smaller one.
    #[error("old size {old_size} is larger than new size {new_size}")]
    OldLargerThanNew {
        /// Leaves of the older tree.
        old_size: u64,
        /// Leaves of the newer tree.
        new_size: u64,
    },
    /// The proof ends before the root is reached.
    #[error("consistency proof has {actual} hashes, {expected} are needed: missing hashes")]
    MissingHashes {
        /// How many hashes a proof between these sizes has.
        expected: usize,
        /// How many there were.
        actual: usize,
    },
    /// The proof goes on after the root is reached.
    #[error("consistency proof has {actual} hashes, {expected} are needed: surplus hashes")]
    SurplusHashes {
        /// How many hashes a proof between these sizes has.
        expected: usize,
        /// How many there were.
        actual: usize,
    },
    /// The proof does not contain the older tree.
    #[error("consistency proof leads to old root {}, not {}", computed.to_hex(), expected.to_hex())]
    OldRootMismatch {
        /// The root that was to be proved.
        expected: TreeHash,
        /// The root the proof makes.
        computed: TreeHash,
    },
    /// The proof contains the older tree but leads to another newer one.
    #[error("consistency proof leads to new root {}, not {}", computed.to_hex(), expected.to_hex())]
    NewRootMismatch {
        /// The root that was to be proved.
        expected: TreeHash,
        /// The root the proof makes.
        computed: TreeHash,
    },
}

/// Why a consistency proof could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveConsistencyError<E> {
    /// Nothing can be proved from an empty tree.
    #[error("old size is 0: an empty tree has no consistency proof")]
    OldSizeZero,
    /// A tree cannot be a prefix of a smaller one.
    #[error("old size {old_size} is larger than new size {new_size}")]
    OldLargerThanNew {
        /// Leaves of the older tree.
        old_size: u64,
        /// Leaves of the newer tree.
        new_size: u64,
    },
    /// A hash the proof needs could not be had.
    #[error("cannot read the tree's hashes")]
    Source(#[source] E),
}

/// Computes the old and the new root that this proof makes.
fn roots_from_consistency(
    old_size: u64,
    new_size: u64,
    old_root: TreeHash,
    proof: &[TreeHash],
) -> Result<(TreeHash, TreeHash), ConsistencyError> {
    if old_size == new_size {
        check_length(0, proof)?;
        return Ok((old_root, old_root));
    }
    // The way starts at the complete subtree that ends the old tree; its place among the subtrees of its height
    // tells on which side the siblings stand.
    let height = old_size.trailing_zeros();
    let place = (old_size - 1) >> height;
    let path = Path::of(place, ((new_size - 1) >> height) + 1);
    let siblings = path.inner + path.border;
    let (start, siblings) = if place == 0 {
        // That subtree is the whole old tree, whose root the proof leaves out.
        check_length(siblings, proof)?;
        (old_root, proof)
    } else {
        check_length(siblings + 1, proof)?;
        proof.split_first().map_or((old_root, proof), |(first, rest)| (*first, rest))
    };
    let (inner, border) = siblings.split_at(path.inner);
    let old = climb_border(climb_inner_left(start, inner, place), border);
    let new = climb_border(climb_inner(start, inner, place), border);
    Ok((old, new))
}

fn check_length(expected: usize, proof: &[TreeHash]) -> Result<(), ConsistencyError> {
    let actual = proof.len();
    match actual.cmp(&expected) {
        Ordering::Less => Err(ConsistencyError::MissingHashes { expected, actual }),
        Ordering::Greater => Err(ConsistencyError::SurplusHashes { expected, actual }),
        Ordering::Equal => Ok(()),
    }
}

/// Climbs with the left siblings only: those on the right came after the old tree.
fn climb_inner_left(start: TreeHash, siblings: &[TreeHash], place: u64) -> TreeHash {
    siblings
        .iter()
        .zip(0_u32..)
        .filter(|(_, height)| place >> height & 1 == 1)
        .fold(start, |hash, (sibling, _)| node_hash(sibling, &hash))
}

/// The leaf ranges whose roots make the proof, in RFC 9162 §2.1.4.1's order.
fn proof_ranges(old_size: u64, new_size: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, new_size);
    while end != old_size {
        let split = start + largest_power_of_two_below(end - start);
        if old_size <= split {
            ranges.push((split, end));
            end = split;
        } else {
            ranges.push((start, split));
            start = split;
        }
    }
    if start > 0 {
        ranges.push((start, end));
    }
    ranges.into_iter().rev()
}
