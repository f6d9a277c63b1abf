//! Whether an incident lies within a ceasefire: by interval, place and party, beside whether anybody says so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::incident::IncidentFacts;
use super::lifecycle::Force;
use super::sides::Sides;
use crate::vocab::{ActorId, ActorRef, PlaceId, choices};

choices! {
    /// What is missing to be sure, or what puts an incident outside.
    pub enum Ground {
        /// Its time.
        Time = "time",
        /// Its place.
        Place = "place",
        /// Who is said to have done it.
        Actor = "actor",
    }
}

/// How an incident stands to a ceasefire (DOMAIN.md §4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScopeRelation {
    /// Within it.
    InScope,
    /// Perhaps within it; these would tell.
    Possible {
        /// What is missing or too coarse.
        missing: Vec<Ground>,
    },
    /// Outside it, on these grounds.
    OutOfScope {
        /// What puts it outside.
        reason: Vec<Ground>,
    },
}

impl std::fmt::Display for ScopeRelation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let joined = |grounds: &[Ground]| grounds.iter().map(|g| g.as_str()).collect::<Vec<_>>().join(", ");
        match self {
            Self::InScope => f.write_str("in scope"),
            Self::Possible { missing } => write!(f, "possibly in scope (unsure: {})", joined(missing)),
            Self::OutOfScope { reason } => write!(f, "out of scope ({})", joined(reason)),
        }
    }
}

/// The places of a ledger and what lies within what.
#[derive(Debug, Clone, Default)]
pub struct PlaceTree {
    within: BTreeMap<PlaceId, PlaceId>,
}

impl PlaceTree {
    /// Says that a place lies within another.
    pub fn add(&mut self, place: PlaceId, within: PlaceId) {
        self.within.insert(place, within);
    }

    /// Tells whether a place is another one or lies within it.
    #[must_use]
    pub fn is_within(&self, place: &PlaceId, whole: &PlaceId) -> bool {
        let mut current = place;
        for _ in 0..=self.within.len() {
            if current == whole {
                return true;
            }
            match self.within.get(current) {
                Some(next) => current = next,
                None => return false,
            }
        }
        false
    }

    /// Gives the part of the outermost place that a place lies in; the place itself where it lies in none.
    #[must_use]
    pub fn region_of<'a>(&'a self, place: &'a PlaceId) -> &'a PlaceId {
        let mut region = place;
        for _ in 0..=self.within.len() {
            match self.within.get(region) {
                Some(outer) if self.within.contains_key(outer) => region = outer,
                _ => break,
            }
        }
        region
    }
}

/// What decides the scope of one ceasefire.
#[derive(Debug, Clone)]
pub struct CeasefireScope<'a> {
    /// Who is bound.
    pub parties: &'a [ActorId],
    /// Where it holds; empty is everywhere.
    pub places: &'a [PlaceId],
    /// When it is in force.
    pub forces: &'a [Force],
    /// Which place lies within which.
    pub tree: &'a PlaceTree,
    /// Who belongs to whom.
    pub sides: &'a Sides,
}

/// How surely one ground speaks for "within".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Within,
    Unsure,
    Outside,
}

impl CeasefireScope<'_> {
    /// Tells how an incident stands to the ceasefire.
    #[must_use]
    pub fn relation(&self, facts: &IncidentFacts) -> ScopeRelation {
        let fits = [
            (Ground::Time, self.time_fit(facts)),
            (Ground::Place, self.place_fit(facts)),
            (Ground::Actor, self.actor_fit(facts)),
        ];
        let grounds = |wanted: Fit| fits.iter().filter(|(_, fit)| *fit == wanted).map(|(ground, _)| *ground).collect();
        let (outside, unsure): (Vec<Ground>, Vec<Ground>) = (grounds(Fit::Outside), grounds(Fit::Unsure));
        if !outside.is_empty() {
            ScopeRelation::OutOfScope { reason: outside }
        } else if unsure.is_empty() {
            ScopeRelation::InScope
        } else {
            ScopeRelation::Possible { missing: unsure }
        }
    }

    fn time_fit(&self, facts: &IncidentFacts) -> Fit {
        let span = facts.span();
        if facts.when.is_some() && self.forces.iter().any(|force| force.certain && force.span.holds(span)) {
            Fit::Within
        } else if self.forces.iter().any(|force| force.span.meets(span)) {
            Fit::Unsure
        } else {
            Fit::Outside
        }
    }

    fn place_fit(&self, facts: &IncidentFacts) -> Fit {
        if self.places.is_empty() {
            return Fit::Within;
        }
        let known: Vec<&PlaceId> = facts.sites.iter().filter_map(|site| site.place.as_ref()).collect();
        let inside = |place: &&&PlaceId| self.places.iter().any(|whole| self.tree.is_within(place, whole));
        match known.iter().filter(inside).count() {
            _ if known.is_empty() => Fit::Unsure,
            0 if self.known_outside(&known) => Fit::Outside,
            count if count == known.len() => Fit::Within,
            _ => Fit::Unsure,
        }
    }

    /// A place that holds the scope is too coarse to be outside it.
    fn known_outside(&self, known: &[&PlaceId]) -> bool {
        !known.iter().any(|place| self.places.iter().any(|whole| self.tree.is_within(whole, place)))
    }

    fn actor_fit(&self, facts: &IncidentFacts) -> Fit {
        let accused: Vec<&ActorRef> = facts.charges.iter().flat_map(|charge| &charge.accused).collect();
        let parties: Vec<&ActorId> = self.parties.iter().map(|party| self.sides.side_of(party)).collect();
        let is_party = |actor: &ActorId| parties.contains(&self.sides.side_of(actor));
        let surely = accused.iter().any(|actor| {
            let possible: Vec<_> = actor.possible().collect();
            !possible.is_empty() && possible.iter().all(|actor| is_party(actor))
        });
        let perhaps =
            accused.iter().any(|actor| matches!(actor, ActorRef::Unnamed(_)) || actor.possible().any(is_party));
        match (surely, perhaps) {
            (true, _) => Fit::Within,
            _ if accused.is_empty() || perhaps => Fit::Unsure,
            _ => Fit::Outside,
        }
    }
}
