//! Counting under a named rule set (DOMAIN.md §5, C1–C16): facts in, numbers out, each with the incidents behind it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::claims::Site;
use super::contest::{self, Contest};
use super::figures;
use super::incident::{ChargeFact, IncidentFacts, Status};
use super::scope::{CeasefireScope, ScopeRelation};
use super::sides::Sides;
use crate::event::ActorKind;
use crate::vocab::{ActorId, ActorRef, Bounds, CeasefireId, Level, PlaceId, PluralFloors, Seq, Span, choices};

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
    /// The incidents, merged ones gone.
    pub incidents: &'a [IncidentFacts],
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

impl Counted<'_> {
    /// The time by which an incident may be found to be another; nothing where it has no time, place or accused.
    fn candidate_time(&self) -> Option<Span> {
        self.facts.when.filter(|_| !self.facts.sites.is_empty() && !self.columns.is_empty())
    }
}

/// Where to look for what is near: a registered place, or a square of about five kilometres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Locality<'a> {
    Place(&'a PlaceId),
    Square(i64, i64),
}

/// The side of a square, in micro-degrees.
const SQUARE_E6: i64 = 50_000;

impl<'a> Locality<'a> {
    fn of(site: &'a Site) -> Self {
        match (&site.place, site.point) {
            (Some(place), _) => Self::Place(place),
            (None, Some((lat, lon, _))) => Self::Square(lat.div_euclid(SQUARE_E6), lon.div_euclid(SQUARE_E6)),
            (None, None) => Self::Square(i64::MAX, i64::MAX),
        }
    }

    /// The locality itself, and for a square the eight around it.
    fn around(site: &'a Site) -> Vec<Self> {
        match Self::of(site) {
            Self::Square(lat, lon) if lat != i64::MAX => {
                (-1..=1).flat_map(|north| (-1..=1).map(move |east| Self::Square(lat + north, lon + east))).collect()
            }
            only => vec![only],
        }
    }
}

/// The charges against one accused.
struct Column<'a> {
    accused: String,
    side: Option<&'a ActorId>,
    charges: Vec<&'a ChargeFact>,
}

/// The incidents behind each number, by its id.
type Buckets = BTreeMap<String, Vec<usize>>;

impl<'a> Counting<'a> {
    /// Counts.
    #[must_use]
    pub fn count(&self, lineage: Lineage) -> Count {
        let counted: Vec<Counted<'a>> = self.incidents.iter().filter_map(|facts| self.counted(facts)).collect();
        let every: Vec<usize> = (0..counted.len()).collect();
        let pairs = self.join(&every, &counted);
        let paired: BTreeSet<usize> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
        let mut buckets = Buckets::new();
        for fixed in ["incidents", "asserted_breaches", "unattributed/cannot_be_attributed", "unattributed/none_stated"]
        {
            buckets.insert(fixed.to_owned(), Vec::new());
        }
        for (index, incident) in counted.iter().enumerate() {
            self.sort_into(&mut buckets, index, incident);
        }
        let mut accused: Vec<String> =
            counted.iter().flat_map(|c| c.columns.iter().map(|c| c.accused.clone())).collect();
        accused.extend(
            self.ceasefire
                .iter()
                .flat_map(|(_, scope)| scope.parties.iter().map(|party| self.sides.side_of(party).to_string())),
        );
        accused.sort();
        accused.dedup();
        for column in &accused {
            for (part, _) in COLUMN_PARTS {
                buckets.entry(format!("accused/{column}/{part}")).or_default();
            }
            buckets.entry(format!("asserted_breaches/{column}")).or_default();
        }
        let mut numbers: Vec<Number> =
            buckets.into_iter().map(|(id, indexes)| self.number(id, &indexes, &counted, &paired, lineage)).collect();
        numbers.extend(statement_numbers(&counted, lineage));
        numbers.push(overlap(&counted, lineage));
        numbers.extend(self.figure_numbers(&counted, lineage));
        name_corrections(&mut numbers, &counted);
        numbers.sort_by(|a, b| a.id.cmp(&b.id));
        let name = |index: usize| counted.get(index).map_or_else(String::new, |c| c.facts.incident.to_string());
        let candidates = pairs.iter().map(|&(a, b)| Candidate { first: name(a), second: name(b) }).collect();
        let mut reporters: Vec<String> =
            counted.iter().flat_map(|c| c.facts.speakers.iter().map(ToString::to_string)).collect();
        reporters.sort();
        reporters.dedup();
        Count { numbers, candidates, accused, reporters }
    }

    /// C12: counts an incident that lies or may lie in the window, and in or by somebody's word against the ceasefire.
    fn counted(&self, facts: &'a IncidentFacts) -> Option<Counted<'a>> {
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
    fn columns(&self, facts: &'a IncidentFacts) -> Vec<Column<'a>> {
        let mut columns: Vec<Column<'a>> = Vec::new();
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
    fn column_side(&self, accused: &'a ActorRef) -> Option<&'a ActorId> {
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

    fn sort_into(&self, buckets: &mut Buckets, index: usize, incident: &Counted<'a>) {
        let mut put = |id: String| {
            let bucket = buckets.entry(id).or_default();
            if bucket.last() != Some(&index) {
                bucket.push(index);
            }
        };
        put("incidents".to_owned());
        if let Some(relation) = &incident.relation {
            put(format!("incidents/{}", relation_part(relation)));
        }
        if let Some(window) = self.window {
            let sure = incident.facts.when.is_some_and(|when| window.holds(when));
            put(format!("window/{}", if sure { "certain" } else { "possible" }));
        }
        if incident.asserted {
            put("asserted_breaches".to_owned());
        }
        if incident.columns.is_empty() {
            let none = incident.facts.not_attributable.is_empty();
            put(format!("unattributed/{}", if none { "none_stated" } else { "cannot_be_attributed" }));
        }
        for column in &incident.columns {
            self.sort_column(&mut put, incident, column);
        }
    }

    fn sort_column(&self, put: &mut impl FnMut(String), incident: &Counted<'a>, column: &Column<'a>) {
        let facts = incident.facts;
        let accused = &column.accused;
        let all_at = |level: Level| column.charges.iter().all(|charge| self.level_of(charge, column.side) == level);
        let (derived, own) = (all_at(Level::DerivedByRule), all_at(Level::SelfClaimed));
        put(format!("accused/{accused}/all"));
        // C6: what a rule derived stands apart from what somebody alleges.
        let part = if derived {
            "derived_by_rule"
        } else if own {
            "own_action"
        } else {
            "alleged"
        };
        put(format!("accused/{accused}/{part}"));
        if let Some(relation) = &incident.relation
            && part == "alleged"
        {
            put(format!("accused/{accused}/alleged_{}", relation_part(relation)));
        }
        let contest = column.side.map_or(Contest::UncontestedSoFar, |side| contest::of_side(facts, side, self.sides));
        if facts.status == Status::Verified {
            put(format!("accused/{accused}/verified"));
        }
        if contest == Contest::Acknowledged {
            put(format!("accused/{accused}/acknowledged"));
        }
        if matches!(contest, Contest::Denied | Contest::DeniedGenerally) {
            put(format!("accused/{accused}/denied"));
        }
        for charge in &column.charges {
            let level = self.level_of(charge, column.side);
            put(format!("levels/{accused}/{level}"));
            if level == Level::DerivedByRule {
                continue;
            }
            for class in self.accuser_classes(&charge.by, column.side) {
                put(format!("matrix/{accused}/{class}/{}/{contest}", facts.status));
            }
        }
        for breach in &facts.breaches {
            let ours = self.ceasefire.as_ref().is_none_or(|(ceasefire, _)| breach.ceasefire == **ceasefire);
            let names = breach.accused.iter().any(|actor| self.column_key(actor) == *accused);
            if ours && names {
                put(format!("asserted_breaches/{accused}"));
                for class in self.accuser_classes(&breach.by, column.side) {
                    put(format!("asserted_breaches/{accused}/{class}"));
                }
            }
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

    fn number(
        &self,
        id: String,
        indexes: &[usize],
        counted: &[Counted<'a>],
        paired: &BTreeSet<usize>,
        lineage: Lineage,
    ) -> Number {
        let paired: Vec<usize> = indexes.iter().copied().filter(|index| paired.contains(index)).collect();
        let merged = merges(&paired, &self.join(&paired, counted));
        let all = indexes.len() as u64;
        let value = Bounds { min: all.saturating_sub(merged), max: Some(all) };
        let (incidents, records) = match lineage {
            Lineage::Omit => (Vec::new(), Vec::new()),
            Lineage::Keep => self.lineage(&id, indexes.iter().filter_map(|&index| counted.get(index))),
        };
        Number { id, value, incidents, records }
    }

    fn lineage<'b>(&self, id: &str, incidents: impl Iterator<Item = &'b Counted<'a>>) -> (Vec<String>, Vec<Seq>)
    where
        'a: 'b,
    {
        let (mut names, mut records) = (Vec::new(), Vec::new());
        for incident in incidents {
            names.push(incident.facts.incident.to_string());
            records.extend(self.records_behind(id, incident));
        }
        names.sort();
        records.sort();
        records.dedup();
        (names, records)
    }

    /// The records that put an incident into a number.
    fn records_behind(&self, id: &str, incident: &Counted<'a>) -> Vec<Seq> {
        let facts = incident.facts;
        let parts: Vec<&str> = id.split('/').collect();
        let charges = |accused: &str, wanted: &dyn Fn(&ChargeFact, &Column<'a>) -> bool| -> Vec<Seq> {
            let columns = incident.columns.iter().filter(|column| column.accused == accused);
            columns
                .flat_map(|column| column.charges.iter().filter(|charge| wanted(charge, column)).map(|c| c.seq))
                .collect()
        };
        let answers = || facts.answers.iter().map(|answer| answer.seq);
        match parts.as_slice() {
            ["matrix", accused, class, _, contest] => {
                let mut records = charges(accused, &|charge, column| {
                    self.accuser_classes(&charge.by, column.side).iter().any(|own| own.as_str() == *class)
                });
                if *contest != Contest::UncontestedSoFar.as_str() {
                    records.extend(answers());
                }
                records.extend(&facts.status_records);
                records
            }
            ["levels", accused, level] => {
                charges(accused, &|charge, column| self.level_of(charge, column.side).as_str() == *level)
            }
            ["accused", accused, "denied" | "acknowledged"] => {
                charges(accused, &|_, _| true).into_iter().chain(answers()).collect()
            }
            ["accused", accused, "verified"] => {
                charges(accused, &|_, _| true).into_iter().chain(facts.status_records.iter().copied()).collect()
            }
            ["accused", accused, _] => charges(accused, &|_, _| true),
            ["asserted_breaches", ..] => facts.breaches.iter().map(|breach| breach.seq).collect(),
            ["unattributed", "cannot_be_attributed"] => facts.not_attributable.clone(),
            _ => facts.reports.clone(),
        }
    }

    /// C2: joins incidents that are near in place, overlap in time and have an accused in common. One sweep in order of
    /// time; each incident is joined to the open one that ends last, which is enough to join every group.
    fn join(&self, indexes: &[usize], counted: &[Counted<'a>]) -> Vec<(usize, usize)> {
        let mut dated: Vec<(Span, usize)> = indexes
            .iter()
            .filter_map(|&index| counted.get(index).and_then(|c| c.candidate_time().map(|when| (when, index))))
            .collect();
        dated.sort_by_key(|&(when, index)| (when.start(), index));
        let mut open: BTreeMap<(&str, Locality<'_>), (Span, usize)> = BTreeMap::new();
        let mut joined = Vec::new();
        for (when, index) in dated {
            let Some(incident) = counted.get(index) else { continue };
            for (column, site) in incident.columns.iter().flat_map(|c| incident.facts.sites.iter().map(move |s| (c, s)))
            {
                for locality in Locality::around(site) {
                    let last = open.get(&(column.accused.as_str(), locality)).copied();
                    let near = last
                        .and_then(|(_, other)| counted.get(other))
                        .is_some_and(|o| self.near(o.facts, incident.facts));
                    if let Some((earlier, other)) = last
                        && earlier.meets(when)
                        && near
                        && other != index
                    {
                        joined.push((other.min(index), other.max(index)));
                    }
                }
                let here = open.entry((column.accused.as_str(), Locality::of(site))).or_insert((when, index));
                if here.0.end() <= when.end() {
                    *here = (when, index);
                }
            }
        }
        joined.sort_unstable();
        joined.dedup();
        joined
    }

    fn near(&self, a: &IncidentFacts, b: &IncidentFacts) -> bool {
        a.sites.iter().any(|one| {
            b.sites.iter().any(|other| {
                let same_place = one.place.is_some() && one.place == other.place;
                let points = one.point.zip(other.point);
                same_place
                    || points.is_some_and(|((lat, lon, r), (lat2, lon2, r2))| {
                        within_m((lat, lon), (lat2, lon2), self.rules.near_m.saturating_add(r).saturating_add(r2))
                    })
            })
        })
    }

    fn figure_numbers(&self, counted: &[Counted<'a>], lineage: Lineage) -> Vec<Number> {
        let mut sums: BTreeMap<String, (Bounds, Vec<usize>, Vec<Seq>)> = BTreeMap::new();
        for (index, incident) in counted.iter().enumerate() {
            if incident.facts.figures.is_empty() {
                continue;
            }
            for envelope in figures::envelopes(incident.facts, self.rules.floors) {
                let records: Vec<Seq> = envelope.claims.iter().flat_map(|claim| claim.records.clone()).collect();
                let mut add = |id: String| {
                    let (sum, indexes, all) = sums.entry(id).or_insert((Bounds::ZERO, Vec::new(), Vec::new()));
                    *sum = sum.plus(envelope.envelope);
                    indexes.push(index);
                    all.extend(&records);
                };
                add(format!("figures/all/{}", envelope.kind));
                for column in &incident.columns {
                    add(format!("figures/accused/{}/{}", column.accused, envelope.kind));
                }
                if incident.columns.is_empty() {
                    add(format!("figures/unattributed/{}", envelope.kind));
                }
            }
        }
        sums.into_iter()
            .map(|(id, (value, indexes, mut records))| {
                let incidents = indexes.iter().filter_map(|&index| counted.get(index));
                let incidents: Vec<String> = incidents.map(|c| c.facts.incident.to_string()).collect();
                records.sort();
                records.dedup();
                match lineage {
                    Lineage::Omit => Number { id, value, incidents: Vec::new(), records: Vec::new() },
                    Lineage::Keep => Number { id, value, incidents, records },
                }
            })
            .collect()
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

/// C1: statements are counted apart from incidents, never as them.
fn statement_numbers(counted: &[Counted<'_>], lineage: Lineage) -> Vec<Number> {
    let of = |id: &str, records: Vec<Seq>, of: &dyn Fn(&IncidentFacts) -> bool| {
        let value = Bounds::exactly(records.len() as u64);
        let incidents = counted.iter().filter(|c| of(c.facts)).map(|c| c.facts.incident.to_string()).collect();
        match lineage {
            Lineage::Omit => Number { id: id.to_owned(), value, incidents: Vec::new(), records: Vec::new() },
            Lineage::Keep => Number { id: id.to_owned(), value, incidents, records },
        }
    };
    let mut reports: Vec<Seq> = counted.iter().flat_map(|c| c.facts.reports.iter().copied()).collect();
    reports.sort();
    let again = |facts: &IncidentFacts| facts.answers.iter().flat_map(|a| a.again.clone()).collect::<Vec<_>>();
    let mut claims: Vec<Seq> = counted
        .iter()
        .flat_map(|c| {
            let again = again(c.facts);
            c.facts.records().into_iter().filter(move |seq| !again.contains(seq))
        })
        .collect();
    claims.sort();
    claims.dedup();
    vec![of("claims", claims, &|_| true), of("claims/reports", reports, &|_| true)]
}

/// A number that rests on a corrected record rests on the correction too: the words it was drawn from stand there.
fn name_corrections(numbers: &mut [Number], counted: &[Counted<'_>]) {
    let corrected: BTreeMap<Seq, Seq> = counted.iter().flat_map(|c| c.facts.corrected.iter().copied()).collect();
    for number in numbers.iter_mut().filter(|_| !corrected.is_empty()) {
        let corrections: Vec<Seq> = number.records.iter().filter_map(|record| corrected.get(record)).copied().collect();
        number.records.extend(corrections);
        number.records.sort();
        number.records.dedup();
    }
}

/// C4, I7: how often an incident stands in more than one column.
fn overlap(counted: &[Counted<'_>], lineage: Lineage) -> Number {
    let twice = counted.iter().filter(|c| c.columns.len() > 1);
    let surplus: usize = twice.clone().map(|c| c.columns.len() - 1).sum();
    let (incidents, mut records): (_, Vec<Seq>) = match lineage {
        Lineage::Omit => (Vec::new(), Vec::new()),
        Lineage::Keep => (
            twice.clone().map(|c| c.facts.incident.to_string()).collect(),
            twice.flat_map(|c| c.facts.charges.iter().map(|charge| charge.seq)).collect(),
        ),
    };
    records.sort();
    records.dedup();
    Number { id: "overlap".to_owned(), value: Bounds::exactly(surplus as u64), incidents, records }
}

/// How many merges it takes to make each joined group one.
fn merges(indexes: &[usize], pairs: &[(usize, usize)]) -> u64 {
    let mut parent: BTreeMap<usize, usize> = indexes.iter().map(|&index| (index, index)).collect();
    let mut merged = 0;
    for &(a, b) in pairs {
        if let (Some(a), Some(b)) = (root(&mut parent, a), root(&mut parent, b))
            && a != b
        {
            parent.insert(a.max(b), a.min(b));
            merged += 1;
        }
    }
    merged
}

fn root(parent: &mut BTreeMap<usize, usize>, start: usize) -> Option<usize> {
    let mut current = *parent.get(&start)?;
    while let Some(&next) = parent.get(&current)
        && next != current
    {
        current = next;
    }
    parent.insert(start, current);
    Some(current)
}

/// Whether two points are within a distance, reckoned on a flat map of the neighbourhood: good to about a metre at the
/// distances that candidates are looked for at, and not near the poles.
#[must_use]
pub fn within_m((lat, lon): (i64, i64), (lat2, lon2): (i64, i64), metres: u64) -> bool {
    const METRES_PER_DEGREE: f64 = 111_320.0;
    let degrees = |micro: i64| f64::from(i32::try_from(micro).unwrap_or(i32::MAX)) / 1e6;
    let mean_latitude = f64::midpoint(degrees(lat), degrees(lat2));
    let north = (degrees(lat) - degrees(lat2)) * METRES_PER_DEGREE;
    let turn = (degrees(lon) - degrees(lon2)).abs();
    let east = turn.min(360.0 - turn) * METRES_PER_DEGREE * mean_latitude.to_radians().cos();
    let limit = f64::from(u32::try_from(metres).unwrap_or(u32::MAX));
    north.hypot(east) <= limit
}
