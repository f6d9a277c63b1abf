//! Merkle tree hashing of RFC 6962 §2.1 (RFC 9162 §2.1.1) with SHA-256.

use std::fmt;

use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

use crate::proof::hash_source::{HashSource, complete_subtrees};
use crate::proof::rfc4648;
use crate::vocab::hex::{hex_of, parse_hex};

/// The largest tree size read or written, 2⁶³ − 1 leaves: what every implementation with a signed size can hold.
pub const TREE_SIZE_MAX: u64 = (1 << 63) - 1;

const LEAF_PREFIX: u8 = 0;
const NODE_PREFIX: u8 = 1;

/// A SHA-256 hash of a leaf, an inner node or a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeHash([u8; 32]);

impl TreeHash {
    /// Wraps 32 hash bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Borrows the 32 hash bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Spells the hash as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex_of(&self.0)
    }

    /// Reads 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`ParseTreeHashError::Hex`] for anything else.
    pub fn parse_hex(text: &str) -> Result<Self, ParseTreeHashError> {
        parse_hex(text.as_bytes()).map(Self).ok_or(ParseTreeHashError::Hex)
    }

    /// Spells the hash as 44 characters of padded base64, the form every C2SP text uses.
    #[must_use]
    pub fn to_base64(&self) -> String {
        rfc4648::base64_from(&self.0)
    }

    /// Reads the one canonical base64 spelling of 32 bytes.
    ///
    /// # Errors
    /// [`ParseTreeHashError::Base64`] for anything else, another spelling of the same bytes included.
    pub fn parse_base64(text: &str) -> Result<Self, ParseTreeHashError> {
        rfc4648::base64_parse_exact(text).map(Self).ok_or(ParseTreeHashError::Base64)
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreeHash({})", self.to_hex())
    }
}

/// Why a text is no tree hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseTreeHashError {
    /// Not 64 lower-case hexadecimal digits.
    #[error("not 64 lower-case hexadecimal digits")]
    Hex,
    /// Not the canonical base64 of 32 bytes.
    #[error("not the canonical base64 of 32 bytes")]
    Base64,
}

/// Hashes one leaf: `SHA-256(0x00 ‖ entry)`. The entry of a record is its line without the newline (FORMAT.md §3).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> TreeHash {
    TreeHash(Sha256::new().chain_update([LEAF_PREFIX]).chain_update(entry).finalize().into())
}

/// Hashes two neighbours into their parent: `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let mut message = [0; 2 * 64];
    let (prefix, rest) = message.split_at_mut(1);
    let (first, rest) = rest.split_at_mut(32);
    let (second, padding) = rest.split_at_mut(32);
    prefix.fill(NODE_PREFIX);
    first.copy_from_slice(&left.0);
    second.copy_from_slice(&right.0);
    padding.copy_from_slice(&NODE_PADDING);
    let mut state = SHA_256_START;
    compress256(&mut state, message.as_chunks().0);
    let mut hash = [0; 32];
    hash.as_chunks_mut().0.iter_mut().zip(state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    TreeHash(hash)
}

/// The words that SHA-256 begins with (FIPS 180-4 §5.3.3). A node's message has always the same length, so it is padded here:
/// proofs and trees are made of little else, and the general way takes half as long again.
const SHA_256_START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// What follows on the 65 bytes of a node (FIPS 180-4 §5.1.1): a one bit, zeros, and their length, 520 bits.
const NODE_PADDING: [u8; 63] = {
    let mut padding = [0; 63];
    padding[0] = 0x80;
    [padding[61], padding[62]] = 520_u16.to_be_bytes();
    padding
};

/// The root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> TreeHash {
    TreeHash(Sha256::digest([]).into())
}

/// The right edge of a growing tree: enough to append leaves and to name the root, in O(log n) memory.
///
/// ```
/// use ceasefire_ledger::proof::{Frontier, leaf_hash, node_hash};
///
/// let mut frontier = Frontier::new();
/// frontier.append(leaf_hash(b"first"));
/// frontier.append(leaf_hash(b"second"));
/// assert_eq!(frontier.root(), node_hash(&leaf_hash(b"first"), &leaf_hash(b"second")));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, largest first: one for each set bit of `size`.
    peaks: Vec<TreeHash>,
}

impl Frontier {
    /// Starts with the empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up a tree of `size` leaves again from its stored hashes, such as [`TiledTree`](super::TiledTree).
    ///
    /// # Errors
    /// Whatever the source answers when it cannot give one of the hashes.
    pub fn resume<S: HashSource>(source: &S, size: u64) -> Result<Self, S::Error> {
        let peaks =
            complete_subtrees(0, size).map(|(level, index)| source.hash(level, index)).collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }

    /// Appends the hash of the next leaf (see [`leaf_hash`]).
    pub fn append(&mut self, leaf: TreeHash) {
        let mut peak = leaf;
        // Each trailing one bit of the size is a complete subtree as large as the one in hand.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                peak = node_hash(&left, &peak);
            }
        }
        self.peaks.push(peak);
        self.size += 1;
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root hash at the present size.
    #[must_use]
    pub fn root(&self) -> TreeHash {
        fold_subtrees(&self.peaks).unwrap_or_else(empty_root)
    }
}

/// Joins complete subtrees, largest first, into the root over all of them; `None` without any.
pub(super) fn fold_subtrees(roots: &[TreeHash]) -> Option<TreeHash> {
    roots.iter().copied().rev().reduce(|right, left| node_hash(&left, &right))
}

/// Reads a decimal number without sign, leading zeros or anything above [`TREE_SIZE_MAX`].
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    let digits_only = text.bytes().all(|symbol| symbol.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if !digits_only || !canonical {
        return None;
    }
    text.parse().ok().filter(|&number| number <= TREE_SIZE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_one_spelling_and_stays_below_two_to_the_sixty_three() {
        assert_eq!(parse_decimal("0"), Some(0));
        assert_eq!(parse_decimal("9223372036854775807"), Some(TREE_SIZE_MAX));
        for wrong in ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "0x1", "٣", "9223372036854775808"] {
            assert_eq!(parse_decimal(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_node_is_hashed_as_its_vector_says() {
        let vector = include_str!("../../fixtures/vectors/node-hash-text.txt");
        let field = |key: &str| vector.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        let left: [u8; 4] = parse_hex(field("left: ").as_bytes()).unwrap();
        let right: [u8; 4] = parse_hex(field("right: ").as_bytes()).unwrap();
        let general = |left: &[u8], right: &[u8]| {
            TreeHash(Sha256::new().chain_update([NODE_PREFIX]).chain_update(left).chain_update(right).finalize().into())
        };
        assert_eq!(general(&left, &right).to_hex(), field("hash: "));
        let (mut left, mut right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        for _ in 0..1_000 {
            (left, right) = (node_hash(&left, &right), left);
            assert_eq!(node_hash(&left, &right), general(&left.0, &right.0));
        }
    }

    #[test]
    fn a_tree_hash_survives_both_spellings() {
        let hash = leaf_hash(b"entry");
        assert_eq!(TreeHash::parse_hex(&hash.to_hex()), Ok(hash));
        assert_eq!(TreeHash::parse_base64(&hash.to_base64()), Ok(hash));
        assert_eq!(TreeHash::parse_hex(&hash.to_hex().to_uppercase()), Err(ParseTreeHashError::Hex));
        assert_eq!(TreeHash::parse_base64("AQ=="), Err(ParseTreeHashError::Base64));
    }
}
