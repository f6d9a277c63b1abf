//! Blocks that were read lately, kept within a bound.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::block::Block;

/// Which block of which layer.
type At = (u64, u64);

/// Keeps what was read last. Two halves: what is asked for comes into the young one, and when that is full the old one
/// is let go. So a block stays as long as it is asked for, and nothing need be put in order.
#[derive(Debug)]
pub(super) struct BlockCache {
    most_bytes: usize,
    halves: Mutex<Halves>,
}

#[derive(Debug, Default)]
struct Halves {
    young: HashMap<At, Arc<Block>>,
    old: HashMap<At, Arc<Block>>,
    young_bytes: usize,
}

impl BlockCache {
    pub(super) fn of_bytes(most_bytes: usize) -> Self {
        Self { most_bytes, halves: Mutex::default() }
    }

    pub(super) fn block(&self, at: At) -> Option<Arc<Block>> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = halves.young.get(&at) {
            return Some(Arc::clone(block));
        }
        let block = halves.old.remove(&at)?;
        halves.keep(at, Arc::clone(&block), self.most_bytes / 2);
        Some(block)
    }

    pub(super) fn keep(&self, at: At, block: Arc<Block>) {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner).keep(at, block, self.most_bytes / 2);
    }
}

impl Halves {
    fn keep(&mut self, at: At, block: Arc<Block>, half: usize) {
        if self.young_bytes + block.len() > half {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += block.len();
        self.young.insert(at, block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::layers::block::BlockBuilder;

    fn block(bytes: usize) -> Arc<Block> {
        let mut builder = BlockBuilder::default();
        builder.push(b"k", 1, Some(&vec![7; bytes]));
        Arc::new(Block::read(&builder.finish().1).unwrap())
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes_within_the_bound() {
        let cache = BlockCache::of_bytes(10_000);
        for number in 0..100 {
            cache.keep((1, number), block(900));
            assert!(cache.block((1, 0)).is_some(), "asked for each time");
        }
        let halves = cache.halves.lock().unwrap();
        let held: usize = halves.young.values().chain(halves.old.values()).map(|block| block.len()).sum();
        assert!(held <= 10_000, "{held}");
        assert!(!halves.young.contains_key(&(1, 1)) && !halves.old.contains_key(&(1, 1)));
    }
}
