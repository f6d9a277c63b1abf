//! Which side an actor belongs to: the last actor up its chain of `part_of` and `alias_of`.

use std::collections::BTreeMap;

use crate::event::ActorKind;
use crate::vocab::{ActorId, ActorRef};

/// The actors of a ledger and how they belong together. Proxies belong to nobody but themselves.
#[derive(Debug, Clone, Default)]
pub struct Sides {
    parents: BTreeMap<ActorId, ActorId>,
    kinds: BTreeMap<ActorId, ActorKind>,
}

/// No chain of offices is longer; a longer one is a circle.
const LONGEST_CHAIN: usize = 32;

impl Sides {
    /// Adds an actor of a kind.
    pub fn add(&mut self, actor: ActorId, kind: ActorKind) {
        self.kinds.insert(actor, kind);
    }

    /// Says that an actor is a part or an alias of another. The latest word counts.
    pub fn relate(&mut self, actor: ActorId, whole: ActorId) {
        self.parents.insert(actor, whole);
    }

    /// Gives the side of an actor: itself where it is part of nothing. A circle ends at its least id.
    #[must_use]
    pub fn side_of<'a>(&'a self, actor: &'a ActorId) -> &'a ActorId {
        let mut current = actor;
        let mut seen = Vec::new();
        while let Some(whole) = self.parents.get(current) {
            seen.push(current);
            if seen.contains(&whole) || seen.len() > LONGEST_CHAIN {
                return seen.into_iter().chain([whole]).min().unwrap_or(actor);
            }
            current = whole;
        }
        current
    }

    /// Gives what an actor is; an organ or office of a monitor is one too.
    #[must_use]
    pub fn kind_of(&self, actor: &ActorId) -> Option<ActorKind> {
        let own = self.kinds.get(actor).copied();
        match own {
            Some(ActorKind::Organ | ActorKind::Office | ActorKind::Unnamed) | None => {
                self.kinds.get(self.side_of(actor)).copied().or(own)
            }
            own => own,
        }
    }

    /// Gives the sides that may be meant, none twice, in order.
    #[must_use]
    pub fn sides<'a>(&'a self, actors: &'a [ActorRef]) -> Vec<&'a ActorId> {
        let mut sides: Vec<_> = actors.iter().flat_map(ActorRef::possible).map(|actor| self.side_of(actor)).collect();
        sides.sort();
        sides.dedup();
        sides
    }

    /// Gives the sides that are surely meant: an ambiguity within one side is none.
    #[must_use]
    pub fn certain_sides<'a>(&'a self, actors: &'a [ActorRef]) -> Vec<&'a ActorId> {
        let mut certain = Vec::new();
        for actor in actors {
            let mut sides: Vec<_> = actor.possible().map(|actor| self.side_of(actor)).collect();
            sides.dedup();
            if let [side] = sides.as_slice() {
                certain.push(*side);
            }
        }
        certain.sort();
        certain.dedup();
        certain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ActorId {
        ActorId::new(text).unwrap()
    }

    #[test]
    fn an_organ_of_an_organ_belongs_to_the_state() {
        let mut sides = Sides::default();
        sides.relate(id("RUS.MFA.sources"), id("RUS.MFA"));
        sides.relate(id("RUS.MFA"), id("RUS"));
        assert_eq!(sides.side_of(&id("RUS.MFA.sources")), &id("RUS"));
    }

    #[test]
    fn a_circle_of_parts_has_one_side() {
        let mut sides = Sides::default();
        sides.relate(id("B"), id("A"));
        sides.relate(id("A"), id("B"));
        assert_eq!(sides.side_of(&id("A")), sides.side_of(&id("B")));
    }
}
