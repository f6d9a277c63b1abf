//! Trees, proofs and tiles against a tree that is written down as RFC 9162 §2.1 defines it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]
#![allow(clippy::cast_possible_truncation, reason = "the trees here are small")]

use std::cell::RefCell;
use std::collections::HashMap;

use ceasefire_ledger::proof::{
    BundleCoordinate, ConsistencyError, Frontier, HashSource, InclusionError, MemoryTiles, MemoryTree, MissingHash,
    ProveConsistencyError, ProveInclusionError, ReadTileError, TileBuilder, TileCoordinate, TilePath, TiledTree,
    TreeHash, changed_bundles, changed_tiles, leaf_hash, prove_consistency, prove_inclusion, tree_root,
    verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn leaves(count: u64) -> Vec<TreeHash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn tree_of(leaves: &[TreeHash]) -> MemoryTree {
    let mut tree = MemoryTree::new();
    tree.extend(leaves.iter().copied());
    tree
}

/// MTH(D[n]) of RFC 9162 §2.1.1, word for word.
fn naive_root(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => TreeHash::from_bytes(Sha256::digest([]).into()),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            naive_node(naive_root(left), naive_root(right))
        }
    }
}

fn naive_node(left: TreeHash, right: TreeHash) -> TreeHash {
    TreeHash::from_bytes(Sha256::digest([&[1], &left.as_bytes()[..], right.as_bytes()].concat()).into())
}

/// k, the largest power of two smaller than n.
fn naive_split(n: usize) -> usize {
    let mut k = 1;
    while 2 * k < n {
        k *= 2;
    }
    k
}

/// Roots that were hashed once already, by the first leaf and the number of leaves: those of one test are all different and
/// stand in one order.
#[derive(Default)]
struct Hashed(RefCell<HashMap<([u8; 32], usize), TreeHash>>);

impl Hashed {
    fn naive_root(&self, leaves: &[TreeHash]) -> TreeHash {
        let known = (*leaves[0].as_bytes(), leaves.len());
        *self.0.borrow_mut().entry(known).or_insert_with(|| naive_root(leaves))
    }

    /// PATH(m, D[n]) of RFC 9162 §2.1.3.1.
    fn naive_path(&self, m: usize, leaves: &[TreeHash]) -> Vec<TreeHash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(naive_split(leaves.len()));
        if m < left.len() {
            [self.naive_path(m, left), vec![self.naive_root(right)]].concat()
        } else {
            [self.naive_path(m - left.len(), right), vec![self.naive_root(left)]].concat()
        }
    }

    /// SUBPROOF(m, D[n], b) of RFC 9162 §2.1.4.1.
    fn naive_subproof(&self, m: usize, leaves: &[TreeHash], whole: bool) -> Vec<TreeHash> {
        if m == leaves.len() {
            return if whole { Vec::new() } else { vec![self.naive_root(leaves)] };
        }
        let (left, right) = leaves.split_at(naive_split(leaves.len()));
        if m <= left.len() {
            [self.naive_subproof(m, left, whole), vec![self.naive_root(right)]].concat()
        } else {
            [self.naive_subproof(m - left.len(), right, false), vec![self.naive_root(left)]].concat()
        }
    }
}

/// On which side each sibling of leaf m stands, from the leaf up: all that a proof tells of index and size.
fn naive_sides(m: usize, n: usize) -> Vec<bool> {
    if n <= 1 {
        return Vec::new();
    }
    let k = naive_split(n);
    if m < k { [naive_sides(m, k), vec![false]].concat() } else { [naive_sides(m - k, n - k), vec![true]].concat() }
}

/// How SUBPROOF walks from the root down, with its last step: all that a proof tells of its two sizes.
fn naive_walk(m: usize, n: usize, whole: bool) -> Vec<u8> {
    if m == n {
        return vec![if whole { 2 } else { 3 }];
    }
    let k = naive_split(n);
    if m <= k {
        [vec![0], naive_walk(m, k, whole)].concat()
    } else {
        [vec![1], naive_walk(m - k, n - k, false)].concat()
    }
}

fn spoilt(hash: TreeHash, bit: usize) -> TreeHash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    TreeHash::from_bytes(bytes)
}

#[test]
fn the_frontier_has_the_naive_root_at_every_size_to_1000() {
    let leaves = leaves(1000);
    let (mut frontier, tree) = (Frontier::new(), tree_of(&leaves));
    for size in 0..=1000 {
        let root = naive_root(&leaves[..size]);
        assert_eq!(frontier.root(), root, "size {size}");
        assert_eq!(tree_root(&tree, size as u64), Ok(root), "size {size}");
        assert_eq!(Frontier::resume(&tree, size as u64).as_ref(), Ok(&frontier), "size {size}");
        if let Some(leaf) = leaves.get(size) {
            frontier.append(*leaf);
        }
    }
}

#[test]
fn every_inclusion_proof_to_256_leaves_is_the_naive_one_and_verifies() {
    let leaves = leaves(256);
    let (tree, hashed) = (tree_of(&leaves), Hashed::default());
    for size in 1..=256_usize {
        let root = naive_root(&leaves[..size]);
        for index in 0..size {
            let proof = prove_inclusion(&tree, index as u64, size as u64).unwrap();
            assert_eq!(proof, hashed.naive_path(index, &leaves[..size]), "leaf {index} of {size}");
            assert_eq!(verify_inclusion(index as u64, size as u64, leaves[index], &proof, root), Ok(()));
        }
    }
}

#[test]
fn every_consistency_proof_to_256_leaves_is_the_naive_one_and_verifies() {
    let leaves = leaves(256);
    let (tree, hashed) = (tree_of(&leaves), Hashed::default());
    let roots: Vec<_> = (0..=256).map(|size| naive_root(&leaves[..size])).collect();
    for new in 1..=256_usize {
        for old in 1..=new {
            let proof = prove_consistency(&tree, old as u64, new as u64).unwrap();
            assert_eq!(proof, hashed.naive_subproof(old, &leaves[..new], true), "{old} to {new}");
            assert_eq!(verify_consistency(old as u64, new as u64, roots[old], roots[new], &proof), Ok(()));
        }
    }
}

#[test]
fn an_inclusion_proof_holds_for_another_index_or_size_only_if_the_way_up_is_the_same() {
    let leaves = leaves(17);
    let tree = tree_of(&leaves);
    for size in 1..=17 {
        for index in 0..size {
            let proof = prove_inclusion(&tree, index as u64, size as u64).unwrap();
            let (leaf, root) = (leaves[index], naive_root(&leaves[..size]));
            for other_size in 0..40 {
                for other in 0..40 {
                    let verdict = verify_inclusion(other as u64, other_size as u64, leaf, &proof, root);
                    let same_way = other < other_size && naive_sides(other, other_size) == naive_sides(index, size);
                    assert_eq!(verdict.is_ok(), same_way, "{index} of {size} as {other} of {other_size}: {verdict:?}");
                }
                let of_its_own_size = verify_inclusion(index as u64, size as u64, leaf, &proof, root);
                assert_eq!(of_its_own_size, Ok(()));
            }
            for other in (0..size).filter(|&other| other != index) {
                assert!(verify_inclusion(other as u64, size as u64, leaf, &proof, root).is_err(), "{other} of {size}");
            }
        }
    }
}

#[test]
fn a_consistency_proof_holds_for_other_sizes_only_if_the_walk_is_the_same() {
    let leaves = leaves(17);
    let tree = tree_of(&leaves);
    for new in 1..=17 {
        for old in 1..=new {
            let proof = prove_consistency(&tree, old as u64, new as u64).unwrap();
            let (old_root, new_root) = (naive_root(&leaves[..old]), naive_root(&leaves[..new]));
            for other_new in 0..36 {
                for other_old in 0..36 {
                    let verdict = verify_consistency(other_old as u64, other_new as u64, old_root, new_root, &proof);
                    let possible = 0 < other_old && other_old <= other_new;
                    let same_walk = possible && naive_proves(other_old, other_new, old_root, new_root, &proof);
                    assert_eq!(verdict.is_ok(), same_walk, "{old}-{new} as {other_old}-{other_new}: {verdict:?}");
                }
            }
        }
    }
}

/// Runs a consistency proof from the root down, as SUBPROOF is defined.
fn naive_proves(old: usize, new: usize, old_root: TreeHash, new_root: TreeHash, proof: &[TreeHash]) -> bool {
    let walk = naive_walk(old, new, true);
    let (last, steps) = walk.split_last().unwrap();
    let mut hashes = proof.iter().copied();
    let start = if *last == 2 { Some(old_root) } else { hashes.next() };
    let Some(start) = start else { return false };
    let (mut older, mut newer) = (start, start);
    for step in steps.iter().rev() {
        let Some(hash) = hashes.next() else { return false };
        if *step == 0 {
            newer = naive_node(newer, hash);
        } else {
            (older, newer) = (naive_node(hash, older), naive_node(hash, newer));
        }
    }
    hashes.next().is_none() && older == old_root && newer == new_root
}

#[test]
fn every_spoilt_hash_is_refused() {
    let leaves = leaves(20);
    let tree = tree_of(&leaves);
    for size in 1..=20_u64 {
        let root = naive_root(&leaves[..size as usize]);
        for index in 0..size {
            let leaf = leaves[index as usize];
            let proof = prove_inclusion(&tree, index, size).unwrap();
            for (place, bit) in (0..proof.len()).flat_map(|place| (0..256).map(move |bit| (place, bit))) {
                let mut bad = proof.clone();
                bad[place] = spoilt(bad[place], bit);
                let verdict = verify_inclusion(index, size, leaf, &bad, root);
                assert!(matches!(verdict, Err(InclusionError::RootMismatch { .. })), "{verdict:?}");
            }
            let bad_leaf = verify_inclusion(index, size, spoilt(leaf, 0), &proof, root);
            assert!(matches!(bad_leaf, Err(InclusionError::RootMismatch { .. })), "{bad_leaf:?}");
        }
    }
}

/// Numbers that a forger would try in the place of another: its neighbours, and it with one bit changed.
fn beside(number: usize) -> impl Iterator<Item = usize> {
    [number.wrapping_sub(1), number + 1, number ^ 16, number ^ 128].into_iter().filter(|&other| other < 1_000)
}

#[test]
fn to_256_leaves_every_spoilt_hash_and_every_other_index_or_size_is_refused_in_every_inclusion_proof() {
    let leaves = leaves(256);
    let tree = tree_of(&leaves);
    for size in 1..=256_usize {
        let root = naive_root(&leaves[..size]);
        for (index, &leaf) in leaves[..size].iter().enumerate() {
            let proof = prove_inclusion(&tree, index as u64, size as u64).unwrap();
            let holds = |index: usize, size: usize, leaf, proof: &[TreeHash], root| {
                verify_inclusion(index as u64, size as u64, leaf, proof, root).is_ok()
            };
            let bit = (index * 31 + size) % 256;
            for place in 0..proof.len() {
                let mut bad = proof.clone();
                bad[place] = spoilt(bad[place], bit);
                assert!(!holds(index, size, leaf, &bad, root), "hash {place} of leaf {index} of {size}");
            }
            assert!(!holds(index, size, spoilt(leaf, bit), &proof, root), "leaf {index} of {size}");
            assert!(!holds(index, size, leaf, &proof, spoilt(root, bit)), "root over leaf {index} of {size}");
            for other in beside(index).filter(|&other| other != index) {
                assert!(!holds(other, size, leaf, &proof, root), "leaf {index} as {other} of {size}");
            }
            // A size is bound to its root by the signature over both; alone it counts only where it changes the way up.
            for other in
                beside(size).filter(|&other| index >= other || naive_sides(index, other) != naive_sides(index, size))
            {
                assert!(!holds(index, other, leaf, &proof, root), "leaf {index} of {size} as of {other}");
            }
        }
    }
}

#[test]
fn to_256_leaves_every_spoilt_hash_and_every_other_size_is_refused_in_every_consistency_proof() {
    let leaves = leaves(256);
    let tree = tree_of(&leaves);
    let roots: Vec<_> = (0..=256).map(|size| naive_root(&leaves[..size])).collect();
    for new in 1..=256_usize {
        for old in 1..=new {
            let proof = prove_consistency(&tree, old as u64, new as u64).unwrap();
            let (old_root, new_root, bit) = (roots[old], roots[new], (old * 31 + new) % 256);
            let holds = |old: usize, new: usize, old_root, new_root, proof: &[TreeHash]| {
                verify_consistency(old as u64, new as u64, old_root, new_root, proof).is_ok()
            };
            for place in 0..proof.len() {
                let mut bad = proof.clone();
                bad[place] = spoilt(bad[place], bit);
                assert!(!holds(old, new, old_root, new_root, &bad), "hash {place} from {old} to {new}");
            }
            assert!(!holds(old, new, spoilt(old_root, bit), new_root, &proof), "old root from {old} to {new}");
            assert!(!holds(old, new, old_root, spoilt(new_root, bit), &proof), "new root from {old} to {new}");
            let others = [(old - 1, new), (old + 1, new), (old, new - 1), (old, new + 1), (old ^ 16, new)];
            for (other_old, other_new) in others {
                let possible = 0 < other_old && other_old <= other_new;
                let same_walk = possible && naive_proves(other_old, other_new, old_root, new_root, &proof);
                let verdict = holds(other_old, other_new, old_root, new_root, &proof);
                assert_eq!(verdict, same_walk, "from {old} to {new} as from {other_old} to {other_new}");
            }
        }
    }
}

#[test]
fn surplus_and_missing_hashes_are_refused_with_their_number() {
    let leaves = leaves(33);
    let tree = tree_of(&leaves);
    for size in 1..=33_u64 {
        let root = naive_root(&leaves[..size as usize]);
        for index in 0..size {
            let leaf = leaves[index as usize];
            let proof = prove_inclusion(&tree, index, size).unwrap();
            let (expected, longer) = (proof.len(), [proof.clone(), vec![root]].concat());
            assert_eq!(
                verify_inclusion(index, size, leaf, &longer, root),
                Err(InclusionError::SurplusHashes { expected, actual: expected + 1 })
            );
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(
                    verify_inclusion(index, size, leaf, shorter, root),
                    Err(InclusionError::MissingHashes { expected, actual: expected - 1 })
                );
            }
        }
        for old in 1..=size {
            let old_root = naive_root(&leaves[..old as usize]);
            let proof = prove_consistency(&tree, old, size).unwrap();
            let (expected, longer) = (proof.len(), [proof.clone(), vec![root]].concat());
            assert_eq!(
                verify_consistency(old, size, old_root, root, &longer),
                Err(ConsistencyError::SurplusHashes { expected, actual: expected + 1 })
            );
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(
                    verify_consistency(old, size, old_root, root, shorter),
                    Err(ConsistencyError::MissingHashes { expected, actual: expected - 1 })
                );
            }
        }
    }
}

#[test]
fn an_impossible_question_gets_no_proof() {
    let tree = tree_of(&leaves(5));
    assert_eq!(prove_inclusion(&tree, 5, 5), Err(ProveInclusionError::IndexOutOfRange { index: 5, size: 5 }));
    assert!(matches!(
        prove_inclusion(&tree, 0, 6),
        Err(ProveInclusionError::Source(MissingHash { level: 1, index: 2, .. }))
    ));
    assert_eq!(prove_consistency(&tree, 0, 5), Err(ProveConsistencyError::OldSizeZero));
    assert_eq!(
        prove_consistency(&tree, 5, 4),
        Err(ProveConsistencyError::OldLargerThanNew { old_size: 5, new_size: 4 })
    );
}

proptest! {
    #[test]
    fn a_large_consistency_proof_with_one_bit_changed_is_refused(
        new in 1..3000_u64,
        pick in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        bit in 0..256_usize,
    ) {
        let leaves = leaves(new);
        let old = pick.index(new as usize) as u64 + 1;
        let mut proof = prove_consistency(&tree_of(&leaves), old, new).unwrap();
        let (old_root, new_root) = (naive_root(&leaves[..old as usize]), naive_root(&leaves));
        prop_assert_eq!(verify_consistency(old, new, old_root, new_root, &proof), Ok(()));
        prop_assert!(verify_consistency(old, new, spoilt(old_root, bit), new_root, &proof).is_err());
        prop_assert!(verify_consistency(old, new, old_root, spoilt(new_root, bit), &proof).is_err());
        if !proof.is_empty() {
            let place = place.index(proof.len());
            proof[place] = spoilt(proof[place], bit);
            prop_assert!(verify_consistency(old, new, old_root, new_root, &proof).is_err());
        }
    }

    #[test]
    fn sizes_near_the_largest_are_judged_without_overflow(
        index in any::<u64>(), size in any::<u64>(), hashes in 0..70_usize,
    ) {
        let hash = leaf_hash(b"");
        let proof = vec![hash; hashes];
        prop_assert!(verify_inclusion(index, size, hash, &proof, leaf_hash(b"x")).is_err());
        prop_assert!(verify_consistency(index, size, hash, leaf_hash(b"x"), &proof).is_err());
    }

    #[test]
    fn a_tile_path_has_one_spelling(level in 0..8_u8, index in 0..1_u64 << 40, size in any::<u64>()) {
        if let Some(bundle) = BundleCoordinate::in_log(index, size) {
            prop_assert_eq!(TilePath::Entries(bundle).to_string().parse(), Ok(TilePath::Entries(bundle)));
            prop_assert_eq!(bundle.full().width(), 256);
        }
        if let Some(tile) = TileCoordinate::in_tree(level, index, size) {
            prop_assert_eq!(TilePath::Hashes(tile).to_string().parse(), Ok(TilePath::Hashes(tile)));
        }
    }

    #[test]
    fn what_reads_as_a_tile_path_is_written_the_same(text in "tile/(entries|[0-9]{1,2})(/x?[0-9]{3}){1,3}(\\.p/[0-9]{1,3})?") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }
}

/// A log that published its tiles at each of these sizes.
fn published(sizes: &[u64]) -> (MemoryTiles, MemoryTree) {
    let (mut tiles, mut tree, mut builder) = (MemoryTiles::new(), MemoryTree::new(), TileBuilder::new());
    let mut old = 0;
    for &size in sizes {
        for leaf in (old..size).map(|i: u64| leaf_hash(&i.to_be_bytes())) {
            tree.append(leaf);
            builder.append(leaf);
        }
        assert_eq!(builder.size(), size);
        let changed = builder.take_changed();
        let mut coordinates: Vec<_> = changed.iter().map(|tile| tile.coordinate).collect();
        coordinates.sort_unstable();
        assert_eq!(coordinates, changed_tiles(old, size).collect::<Vec<_>>(), "{old} to {size}");
        tiles.extend(changed);
        old = size;
    }
    (tiles, tree)
}

const SIZES: [u64; 16] =
    [1, 2, 254, 255, 256, 257, 511, 512, 513, 1000, 65_279, 65_280, 65_535, 65_536, 65_537, 65_800];

#[test]
fn tiles_give_back_every_published_root_and_proof() {
    let (tiles, tree) = published(&SIZES);
    for size in SIZES {
        let stored = TiledTree::new(&tiles, size);
        let root = tree_root(&tree, size).unwrap();
        assert_eq!(tree_root(&stored, size), Ok(root), "size {size}");
        for index in [0, 1, 253, 254, 255, 256, 257, 511, 512, 65_279, 65_280, 65_535, 65_536, size - 1] {
            if index >= size {
                continue;
            }
            let proof = prove_inclusion(&stored, index, size).unwrap();
            assert_eq!(Ok(&proof), prove_inclusion(&tree, index, size).as_ref(), "leaf {index} of {size}");
            let leaf = leaf_hash(&index.to_be_bytes());
            assert_eq!(verify_inclusion(index, size, leaf, &proof, root), Ok(()));
            let proof = prove_consistency(&stored, index + 1, size).unwrap();
            assert_eq!(Ok(proof), prove_consistency(&tree, index + 1, size), "{} to {size}", index + 1);
        }
    }
}

#[test]
fn a_builder_taken_up_again_writes_the_same_tiles() {
    let (whole, _) = published(&SIZES);
    for pair in SIZES.windows(2) {
        let mut builder = TileBuilder::resume(&whole, pair[0]).unwrap();
        let mut frontier = Frontier::resume(&TiledTree::new(&whole, pair[0]), pair[0]).unwrap();
        for leaf in (pair[0]..pair[1]).map(|i| leaf_hash(&i.to_be_bytes())) {
            builder.append(leaf);
            frontier.append(leaf);
        }
        assert_eq!(builder.size(), pair[1]);
        let mut resumed = whole.clone();
        for path in changed_tiles(pair[0], pair[1]).map(TilePath::Hashes) {
            assert!(resumed.remove(path).is_some(), "{path}");
        }
        let changed = builder.take_changed();
        assert_eq!(changed.len(), changed_tiles(pair[0], pair[1]).count(), "{pair:?}");
        resumed.extend(changed);
        assert_eq!(resumed, whole, "{pair:?}");
        assert_eq!(tree_root(&TiledTree::new(&resumed, pair[1]), pair[1]), Ok(frontier.root()));
    }
}

#[test]
fn full_tiles_taken_midway_are_not_handed_out_again() {
    let mut builder = TileBuilder::new();
    (0..600_u64).for_each(|i| builder.append(leaf_hash(&i.to_be_bytes())));
    let midway: Vec<_> = builder.take_full().iter().map(|tile| TilePath::Hashes(tile.coordinate).to_string()).collect();
    assert_eq!(midway, ["tile/0/000", "tile/0/001"]);
    let rest: Vec<_> =
        builder.take_changed().iter().map(|tile| TilePath::Hashes(tile.coordinate).to_string()).collect();
    assert_eq!(rest, ["tile/0/002.p/88", "tile/1/000.p/2"]);
    assert_eq!(builder.take_changed(), []);
}

#[test]
fn the_tiles_of_the_specification_s_example_are_counted() {
    let tiles: Vec<_> = changed_tiles(0, 70_000).collect();
    let widths = |level: u8| tiles.iter().filter(move |tile| tile.level() == level).map(|tile| tile.width());
    assert_eq!(widths(0).filter(|&width| width == 256).count(), 273);
    assert_eq!(widths(0).next_back(), Some(112));
    assert_eq!(widths(1).collect::<Vec<_>>(), [256, 17]);
    assert_eq!(widths(2).collect::<Vec<_>>(), [1]);
    assert_eq!(tiles.len(), 273 + 1 + 2 + 1);
    let bundles: Vec<_> = changed_bundles(69_999, 70_000).map(|bundle| TilePath::Entries(bundle).to_string()).collect();
    assert_eq!(bundles, ["tile/entries/273.p/112"]);
    assert_eq!(changed_tiles(300, 300).count() + changed_bundles(300, 300).count(), 0);
    assert_eq!(changed_tiles(300, 200).count() + changed_bundles(300, 200).count(), 0);
}

#[test]
fn a_full_tile_stands_in_for_a_partial_one_that_is_gone() {
    let (mut tiles, tree) = published(&[200, 300]);
    let partial: TilePath = "tile/0/000.p/200".parse().unwrap();
    assert!(tiles.remove(partial).is_some());
    assert_eq!(tree_root(&TiledTree::new(&tiles, 200), 200), Ok(tree_root(&tree, 200).unwrap()));
    assert_eq!(TiledTree::new(&tiles, 200).tile(0, 0), Ok(leaves(200)));
    assert!(tiles.remove("tile/0/000".parse().unwrap()).is_some());
    assert_eq!(tree_root(&TiledTree::new(&tiles, 200), 200), Err(ReadTileError::Missing { path: partial }));
}

#[test]
fn a_tile_of_the_wrong_length_is_refused_with_its_path() {
    let (mut tiles, _) = published(&[300]);
    let path: TilePath = "tile/0/001.p/44".parse().unwrap();
    let mut bytes = tiles.remove(path).unwrap();
    bytes.pop();
    tiles.insert(path, bytes);
    let refused = tree_root(&TiledTree::new(&tiles, 300), 300);
    assert_eq!(refused, Err(ReadTileError::Length { path, expected: 44 * 32, actual: 44 * 32 - 1 }));
}

#[test]
fn a_hash_beyond_the_tree_is_refused() {
    let (tiles, _) = published(&[300]);
    let tree = TiledTree::new(&tiles, 300);
    assert!(tree.hash(0, 299).is_ok());
    assert_eq!(tree.hash(0, 300), Err(ReadTileError::OutsideTree { level: 0, index: 300 }));
    assert_eq!(tree.hash(2, 74), Ok(tree_of(&leaves(300)).hash(2, 74).unwrap()));
    for (level, index) in [(3, 37), (9, 0), (63, 0), (64, 0), (255, u64::MAX)] {
        assert_eq!(tree.hash(level, index), Err(ReadTileError::OutsideTree { level, index }));
    }
    assert_eq!(tree.tile(0, 2), Err(ReadTileError::NoSuchTile { level: 0, index: 2 }));
    assert_eq!(tree.tile(0, u64::MAX), Err(ReadTileError::NoSuchTile { level: 0, index: u64::MAX }));
}
