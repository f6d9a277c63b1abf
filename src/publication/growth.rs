//! A tree that grows by the lines of a log, hashed on all cores.

use rayon::prelude::*;

use crate::log::Line;
use crate::proof::{TILE_WIDTH, TileBuilder, TreeHash, leaf_hash, subtree_root};

/// Below this many lines it costs more to wake the other cores than they save.
const LINES_WORTH_SHARING: usize = 64;

/// Appends lines to a tree: the leaf of a record is its line without the newline (FORMAT.md §3).
pub fn grow(builder: &mut TileBuilder, lines: &[Line<'_>]) {
    let leaves: Vec<TreeHash> = if lines.len() < LINES_WORTH_SHARING {
        lines.iter().map(|line| leaf_hash(line.bytes)).collect()
    } else {
        lines.par_iter().with_min_len(LINES_WORTH_SHARING / 2).map(|line| leaf_hash(line.bytes)).collect()
    };
    append_leaves(builder, &leaves);
}

/// Appends leaves; whole tiles among them are hashed to their roots on all cores.
fn append_leaves(builder: &mut TileBuilder, leaves: &[TreeHash]) {
    let width = usize::from(TILE_WIDTH);
    let filled = usize::try_from(builder.size() % u64::from(TILE_WIDTH)).unwrap_or(0);
    let to_boundary = if filled == 0 { 0 } else { width - filled };
    let (first, rest) = leaves.split_at(to_boundary.min(leaves.len()));
    append_one_by_one(builder, first);
    let (tiles, last) = rest.split_at(rest.len() / width * width);
    let tiles: Vec<&[TreeHash]> = tiles.chunks_exact(width).collect();
    let roots: Vec<TreeHash> = tiles.par_iter().map(|leaves| subtree_root(leaves)).collect();
    for (leaves, root) in tiles.into_iter().zip(roots) {
        if builder.append_full(leaves, root).is_err() {
            // Cannot be: the size is at a tile's boundary. One by one gives the same tree.
            append_one_by_one(builder, leaves);
        }
    }
    append_one_by_one(builder, last);
}

fn append_one_by_one(builder: &mut TileBuilder, leaves: &[TreeHash]) {
    for leaf in leaves {
        builder.append(*leaf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::Frontier;

    #[test]
    fn leaves_appended_in_any_portions_make_the_tree_that_one_by_one_makes() {
        let leaves: Vec<TreeHash> = (0..2_000_u32).map(|number| leaf_hash(&number.to_le_bytes())).collect();
        for portion in [1, 7, 100, 255, 256, 257, 600, 2_000] {
            let (mut builder, mut plain, mut frontier) = (TileBuilder::new(), TileBuilder::new(), Frontier::new());
            for leaves in leaves.chunks(portion) {
                append_leaves(&mut builder, leaves);
                for leaf in leaves {
                    plain.append(*leaf);
                    frontier.append(*leaf);
                }
                assert_eq!(builder.root(), frontier.root(), "portions of {portion}, size {}", builder.size());
                assert_eq!(builder.take_changed(), plain.take_changed(), "portions of {portion}");
            }
        }
    }
}
