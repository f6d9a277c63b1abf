//! The guide: one sieve over all layers that were made since the stack was opened. Most keys that a long fold asks for are
//! new; the guide says so at once, where otherwise each layer's own sieve would be asked.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use super::sieve::Sieve;
use crate::vocab::Seq;

/// The smallest and the greatest room of a sieve, in marks; each is as large as all before it together.
const LEAST_ROOM: usize = 1 << 20;
const MOST_ROOM: usize = 1 << 23;
/// So many marks are entered before readers are let in between.
const MARKS_AT_ONCE: usize = 512;

/// What layers hold, in memory.
pub(super) struct Guide {
    /// The last record of the layers that were there before: of these it knows nothing.
    after: Seq,
    sieves: RwLock<Vec<Sieve>>,
}

impl Guide {
    /// A guide to the layers that will be made of what comes after a record.
    pub(super) const fn after(after: Seq) -> Self {
        Self { after, sieves: RwLock::new(Vec::new()) }
    }

    /// Tells whether a layer that begins at `first` is one that it knows.
    pub(super) fn knows(&self, first: Seq) -> bool {
        first > self.after
    }

    /// Tells whether a layer that it knows may hold a key, or any key of a family; `false` is certain. `mark` is the key's or
    /// the family's.
    pub(super) fn may_hold(&self, mark: u64) -> bool {
        self.sieves().iter().any(|sieve| sieve.may_hold(mark))
    }

    /// Enters the marks of a layer. Who takes the layer into a stack does so afterwards.
    pub(super) fn enter(&self, marks: &[u64]) {
        for few in marks.chunks(MARKS_AT_ONCE) {
            let mut sieves = self.sieves.write().unwrap_or_else(PoisonError::into_inner);
            for mark in few {
                enter(&mut sieves, *mark);
            }
        }
    }

    fn sieves(&self) -> RwLockReadGuard<'_, Vec<Sieve>> {
        self.sieves.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn enter(sieves: &mut Vec<Sieve>, mark: u64) {
    if sieves.last().is_none_or(Sieve::is_full) {
        let held: usize = sieves.iter().map(Sieve::marks).sum();
        sieves.push(Sieve::with_room_for(held.clamp(LEAST_ROOM, MOST_ROOM)));
    }
    sieves.last_mut().map(|sieve| sieve.enter(mark)).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::super::sieve::mark_of;
    use super::*;

    #[test]
    fn it_knows_every_mark_it_was_given_and_few_others() {
        let guide = Guide::after(Seq::new(7));
        assert!(!guide.knows(Seq::new(7)) && guide.knows(Seq::new(8)));
        let mark = |number: u32| mark_of(format!("incident/i{number}").as_bytes());
        assert!(!guide.may_hold(mark(1)));
        let marks: Vec<u64> = (0..1_100_000).map(mark).collect();
        guide.enter(&marks);
        assert_eq!(guide.sieves().len(), 2);
        assert!(marks.iter().all(|mark| guide.may_hold(*mark)));
        let strangers = (2_000_000..2_020_000).filter(|number| guide.may_hold(mark(*number))).count();
        assert!(strangers < 400, "{strangers} of 20,000");
    }
}
