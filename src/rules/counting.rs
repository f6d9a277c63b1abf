//! Counting under a named rule set (DOMAIN.md §5, C1–C16): facts in, numbers out, each with the incidents behind it.

mod candidates;
mod counter;
mod kinds;

use serde::{Deserialize, Serialize};

pub use self::candidates::are_near;
pub use self::counter::Counter;
use super::incident::{ChargeFact, IncidentFacts};
use super::scope::{CeasefireScope, ScopeRelation};
use super::sides::Sides;
use crate::event::ActorKind;
use crate::vocab::{ActorId, ActorRef, Bounds, CeasefireId, Level, PluralFloors, Seq, Span, choices};

/// A named, versioned set of counting rules. A released set never changes; a change is a new set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSet {
    /// Its name and version.
    pub name: &'static str,
    /// The lower bounds of plurals without a number.
    pub floors: PluralFloors,
    /// How near two points are to be near, in metres, beside their own radii.
    pub near_m: u64,
}

/// The first rule set.
pub const COUNT_1: RuleSet =
    RuleSet { name: "count/1", floors: PluralFloors { unspecified_plural: 2, dozens: 20 }, near_m: 1_000 };

/// The rules of [`COUNT_1`] with words taken as literally as they can be: dozens are two dozen at least, and only what
/// has the same registered place, or circles that touch, is near.
pub const LITERAL_1: RuleSet =
    RuleSet { name: "literal/1", floors: PluralFloors { unspecified_plural: 2, dozens: 24 }, near_m: 0 };

/// Every rule set of this release.
pub const RULE_SETS: &[RuleSet] = &[COUNT_1, LITERAL_1];

impl RuleSet {
    /// Finds a rule set by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        RULE_SETS.iter().copied().find(|rules| rules.name == name)
    }
}

choices! {
    /// Who accuses, seen from the accused (C3).
    pub enum AccuserClass {
        /// The other party to a ceasefire.
        Opponent = "opponent",
        /// The accused's own side.
        OwnSide = "own_side",
        /// Somebody outside.
        ThirdParty = "third_party",
        /// The narrator of a source.
        Narrator = "narrator",
        /// A monitor or a sensor.
        Monitor = "monitor",
        /// Somebody whom the source does not name.
        Unidentified = "unidentified",
    }
}

impl AccuserClass {
    /// Gives the level that an accusation has where its record does not say.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Opponent => Level::AllegedByOpponent,
            Self::OwnSide => Level::SelfClaimed,
            Self::Narrator => Level::AllegedByNarrator,
            Self::ThirdParty | Self::Monitor | Self::Unidentified => Level::AllegedByThirdParty,
        }
    }
}

/// What is counted, and against what.
#[derive(Debug, Clone)]
pub struct Counting<'a> {
    /// The rules.
    pub rules: RuleSet,
    /// The ceasefire, where the count is of one.
    pub ceasefire: Option<(&'a CeasefireId, CeasefireScope<'a>)>,
    /// The window of event time, where one is asked for.
    pub window: Option<Span>,
    /// Who belongs to whom.
    pub sides: &'a Sides,
    /// The parties of each ceasefire: who is whose opponent.
    pub parties: &'a [Vec<ActorId>],
}

/// One number, with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Number {
    /// Its id: what `explain` takes.
    pub id: String,
    /// Its value: an interval where candidates for duplicates or open-ended words make it one.
    pub value: Bounds,
    /// The incidents counted, in order of id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<String>,
    /// The records that make it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Seq>,
}

/// Two incidents that may be one: near in place, overlapping in time, same accused. Nothing is merged by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Candidate {
    /// The one.
    pub first: String,
    /// The other.
    pub second: String,
}

/// How much goes into a count's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// Values alone.
    Omit,
    /// Values with the incidents and records behind each.
    Keep,
}

/// What a count comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Count {
    /// The numbers, in order of id.
    pub numbers: Vec<Number>,
    /// Pairs that may be one incident.
    pub candidates: Vec<Candidate>,
    /// The accused that have a column, in order.
    pub accused: Vec<String>,
    /// Who speaks in the reports of what is counted, in order.
    pub reporters: Vec<String>,
}

impl Count {
    /// Finds a number by its id.
    #[must_use]
    pub fn number(&self, id: &str) -> Option<&Number> {
        self.numbers.binary_search_by(|number| number.id.as_str().cmp(id)).ok().and_then(|at| self.numbers.get(at))
    }
}

/// One incident that is counted, with what the count needs of it.
struct Counted<'a> {
    facts: &'a IncidentFacts,
    relation: Option<ScopeRelation>,
    asserted: bool,
    columns: Vec<Column<'a>>,
}

/// The charges against one accused.
struct Column<'a> {
    accused: String,
    side: Option<&'a ActorId>,
    charges: Vec<&'a ChargeFact>,
}

impl Counting<'_> {
    /// C12: counts an incident that lies or may lie in the window, and in or by somebody's word against the ceasefire.
    fn counted<'b>(&'b self, facts: &'b IncidentFacts) -> Option<Counted<'b>> {
        if self.window.is_some_and(|window| !window.meets(facts.span())) {
            return None;
        }
        let relation = self.ceasefire.as_ref().map(|(_, scope)| scope.relation(facts));
        let asserted = match &self.ceasefire {
            Some((ceasefire, _)) => facts.breaches.iter().any(|breach| breach.ceasefire == **ceasefire),
            None => !facts.breaches.is_empty(),
        };
        if matches!(relation, Some(ScopeRelation::OutOfScope { .. })) && !asserted {
            return None;
        }
        Some(Counted { facts, relation, asserted, columns: self.columns(facts) })
    }

    /// C4–C6: one column for each accused; an ambiguity is a column of its own and is never shared out.
    fn columns<'b>(&'b self, facts: &'b IncidentFacts) -> Vec<Column<'b>> {
        let mut columns: Vec<Column<'b>> = Vec::new();
        for charge in &facts.charges {
            for accused in &charge.accused {
                let key = self.column_key(accused);
                if let Some(column) = columns.iter_mut().find(|column| column.accused == key) {
                    column.charges.push(charge);
                } else {
                    let side = self.column_side(accused);
                    columns.push(Column { accused: key, side, charges: vec![charge] });
                }
            }
        }
        columns
    }

    /// The side that an accused surely belongs to.
    fn column_side<'b>(&'b self, accused: &'b ActorRef) -> Option<&'b ActorId> {
        match self.sides.sides(std::slice::from_ref(accused)).as_slice() {
            [side] => Some(*side),
            _ => None,
        }
    }

    /// The name of an accused's column.
    fn column_key(&self, accused: &ActorRef) -> String {
        match (self.sides.sides(std::slice::from_ref(accused)).as_slice(), accused) {
            ([side], _) => side.to_string(),
            (several, ActorRef::AnyOf(_)) => several.iter().map(|side| side.as_str()).collect::<Vec<_>>().join("|"),
            _ => in_one_part(accused),
        }
    }

    fn level_of(&self, charge: &ChargeFact, accused: Option<&ActorId>) -> Level {
        charge.level.unwrap_or_else(|| {
            let class = charge.by.first().map(|by| self.accuser_class(by, accused));
            class.unwrap_or(AccuserClass::Unidentified).level()
        })
    }

    /// Gives the classes of those who charge, seen from the accused side; none twice.
    fn accuser_classes(&self, by: &[ActorRef], accused: Option<&ActorId>) -> Vec<AccuserClass> {
        let mut classes: Vec<AccuserClass> = by.iter().map(|actor| self.accuser_class(actor, accused)).collect();
        classes.sort();
        classes.dedup();
        classes
    }

    /// Gives the class of one accuser.
    #[must_use]
    pub fn accuser_class(&self, by: &ActorRef, accused: Option<&ActorId>) -> AccuserClass {
        let Some(actor) = by.possible().next() else { return AccuserClass::Unidentified };
        let side = self.sides.side_of(actor);
        if by.certain().is_none() && self.sides.certain_sides(std::slice::from_ref(by)).is_empty() {
            return AccuserClass::Unidentified;
        }
        match self.sides.kind_of(actor) {
            _ if accused == Some(side) => AccuserClass::OwnSide,
            Some(ActorKind::Media) => AccuserClass::Narrator,
            Some(ActorKind::Monitor | ActorKind::Sensor) => AccuserClass::Monitor,
            _ if accused.is_some_and(|accused| self.are_opponents(side, accused)) => AccuserClass::Opponent,
            _ => AccuserClass::ThirdParty,
        }
    }

    fn are_opponents(&self, a: &ActorId, b: &ActorId) -> bool {
        self.parties.iter().any(|parties| {
            let is_party = |side: &ActorId| parties.iter().any(|party| self.sides.side_of(party) == side);
            is_party(a) && is_party(b)
        })
    }
}

/// Writes somebody without a name so that his description is one part of a number's id (escaped as in RFC 6901).
fn in_one_part(accused: &ActorRef) -> String {
    accused.to_string().replace('~', "~0").replace('/', "~1")
}

/// The numbers that every accused's column has, also where they are zero, with their meaning.
pub const COLUMN_PARTS: &[(&str, &str)] = &[
    ("all", "incidents in this column"),
    ("alleged", "incidents that somebody else charges"),
    ("own_action", "incidents that the actor alone reports as its own act"),
    ("derived_by_rule", "incidents that only a rule attributes"),
    ("verified", "of them verified by an assessor"),
    ("denied", "of them denied by the accused"),
    ("acknowledged", "of them acknowledged by the accused"),
];

const fn relation_part(relation: &ScopeRelation) -> &'static str {
    match relation {
        ScopeRelation::InScope => "in_scope",
        ScopeRelation::Possible { .. } => "possible",
        ScopeRelation::OutOfScope { .. } => "out_of_scope",
    }
}
