//! One incident after the other into the numbers. Of each only what its candidates for duplicates need is kept, so that a
//! count of millions takes little room; with lineage, also the names and records that the answer lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::candidates::{Dated, join, merges};
use super::kinds::Kinds;
use super::{COLUMN_PARTS, Candidate, Column, Count, Counted, Counting, Lineage, Number, relation_part};
use crate::rules::contest::{self, Contest};
use crate::rules::figures::{self, FigureEnvelope};
use crate::rules::incident::{ChargeFact, IncidentFacts, Status};
use crate::vocab::{ActorRef, Bounds, Level, Seq};

/// The numbers that every count has, also where they are zero.
const FIXED: [&str; 4] =
    ["incidents", "asserted_breaches", "unattributed/cannot_be_attributed", "unattributed/none_stated"];

/// A count under way.
pub struct Counter<'a> {
    counting: &'a Counting<'a>,
    lineage: Lineage,
    /// The ids of numbers, each with its place in `piles`.
    ids: HashMap<String, u32>,
    /// Where an id is spelled out to be looked up.
    spelled: String,
    piles: Vec<Pile>,
    /// The sets of numbers that incidents stand in.
    sets: Kinds<u32>,
    /// The accused that have a column, each with its number.
    accused: BTreeMap<String, u32>,
    dated: Dated,
    reporters: BTreeSet<ActorRef>,
    figures: HashMap<String, Sum>,
    claims: Statements,
    reports: Statements,
    overlap: Sum,
    /// Records that read otherwise since a correction, each with the correction.
    corrected: BTreeMap<Seq, Seq>,
}

/// How many incidents stand in a number, and with lineage which.
#[derive(Default)]
struct Pile {
    id: String,
    count: u64,
    behind: Behind,
}

/// What the answer lists behind a number.
#[derive(Default)]
struct Behind {
    incidents: Vec<String>,
    records: Vec<Seq>,
}

/// What is added up, and with lineage from where.
struct Sum {
    value: Bounds,
    behind: Behind,
}

/// Statements, each counted once: one bit for each record.
#[derive(Default)]
struct Statements {
    bits: Vec<u64>,
    incidents: Vec<String>,
}

impl<'a> Counting<'a> {
    /// Begins to count.
    #[must_use]
    pub fn counter(&'a self, lineage: Lineage) -> Counter<'a> {
        let mut counter = Counter {
            counting: self,
            lineage,
            ids: HashMap::new(),
            spelled: String::new(),
            piles: Vec::new(),
            sets: Kinds::default(),
            accused: BTreeMap::new(),
            dated: Dated::default(),
            reporters: BTreeSet::new(),
            figures: HashMap::new(),
            claims: Statements::default(),
            reports: Statements::default(),
            overlap: Sum::nothing(),
            corrected: BTreeMap::new(),
        };
        for fixed in FIXED {
            counter.number_of(&[fixed]);
        }
        let parties = self.ceasefire.iter().flat_map(|(_, scope)| scope.parties);
        for party in parties {
            counter.column_of(self.sides.side_of(party).as_str());
        }
        counter
    }

    /// Shows the id of every number that an incident stands in, part by part; some more than once.
    fn sort_into(&self, incident: &Counted<'_>, mut put: impl FnMut(&[&str])) {
        put(&["incidents"]);
        if let Some(relation) = &incident.relation {
            put(&["incidents", relation_part(relation)]);
        }
        if let Some(window) = self.window {
            let sure = incident.facts.when.is_some_and(|when| window.holds(when));
            put(&["window", if sure { "certain" } else { "possible" }]);
        }
        if incident.asserted {
            put(&["asserted_breaches"]);
        }
        if incident.columns.is_empty() {
            let none = incident.facts.not_attributable.is_empty();
            put(&["unattributed", if none { "none_stated" } else { "cannot_be_attributed" }]);
        }
        for column in &incident.columns {
            self.sort_column(&mut put, incident, column);
        }
    }

    fn sort_column(&self, put: &mut impl FnMut(&[&str]), incident: &Counted<'_>, column: &Column<'_>) {
        let facts = incident.facts;
        let accused = column.accused.as_str();
        let all_at = |level: Level| column.charges.iter().all(|charge| self.level_of(charge, column.side) == level);
        let (derived, own) = (all_at(Level::DerivedByRule), all_at(Level::SelfClaimed));
        put(&["accused", accused, "all"]);
        // C6: what a rule derived stands apart from what somebody alleges.
        let part = if derived {
            "derived_by_rule"
        } else if own {
            "own_action"
        } else {
            "alleged"
        };
        put(&["accused", accused, part]);
        if let Some(relation) = &incident.relation
            && part == "alleged"
        {
            put(&["accused", accused, &format!("alleged_{}", relation_part(relation))]);
        }
        let contest = column.side.map_or(Contest::UncontestedSoFar, |side| contest::of_side(facts, side, self.sides));
        if facts.status == Status::Verified {
            put(&["accused", accused, "verified"]);
        }
        if contest == Contest::Acknowledged {
            put(&["accused", accused, "acknowledged"]);
        }
        if matches!(contest, Contest::Denied | Contest::DeniedGenerally) {
            put(&["accused", accused, "denied"]);
        }
        for charge in &column.charges {
            let level = self.level_of(charge, column.side);
            put(&["levels", accused, level.as_str()]);
            if level == Level::DerivedByRule {
                continue;
            }
            for class in self.accuser_classes(&charge.by, column.side) {
                put(&["matrix", accused, class.as_str(), facts.status.as_str(), contest.as_str()]);
            }
        }
        for breach in &facts.breaches {
            let ours = self.ceasefire.as_ref().is_none_or(|(ceasefire, _)| breach.ceasefire == **ceasefire);
            let names = breach.accused.iter().any(|actor| self.column_key(actor) == accused);
            if ours && names {
                put(&["asserted_breaches", accused]);
                for class in self.accuser_classes(&breach.by, column.side) {
                    put(&["asserted_breaches", accused, class.as_str()]);
                }
            }
        }
    }

    /// The records that put an incident into a number.
    fn records_behind(&self, id: &str, incident: &Counted<'_>) -> Vec<Seq> {
        let facts = incident.facts;
        let parts: Vec<&str> = id.split('/').collect();
        let charges = |accused: &str, wanted: &dyn Fn(&ChargeFact, &Column<'_>) -> bool| -> Vec<Seq> {
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
}

impl Counter<'_> {
    /// Takes an incident that is not merged into another, where it is one to be counted. The order does not matter.
    pub fn take(&mut self, facts: &IncidentFacts) {
        let counting = self.counting;
        let Some(incident) = counting.counted(facts) else { return };
        let accused: Vec<u32> = incident.columns.iter().map(|column| self.column_of(&column.accused)).collect();
        let stands_in = self.sort(&incident);
        self.take_statements(&incident);
        self.take_figures(&incident);
        if let Some(when) = facts.when.filter(|_| !facts.sites.is_empty() && !accused.is_empty()) {
            self.dated.push(facts, when, &accused, stands_in);
        }
    }

    /// Comes to the end.
    #[must_use]
    pub fn finish(mut self) -> Count {
        self.dated = self.dated.in_order();
        let rules = self.counting.rules;
        let pairs = join(rules, &self.dated, self.dated.all());
        let merged = self.merged(&pairs);
        let mut numbers = Vec::new();
        for (pile, fewer) in std::mem::take(&mut self.piles).into_iter().zip(merged) {
            let value = Bounds { min: pile.count.saturating_sub(fewer), max: Some(pile.count) };
            numbers.push(pile.behind.number(pile.id, value));
        }
        numbers.extend(self.figures.into_iter().map(|(id, sum)| sum.behind.number(id, sum.value)));
        numbers.push(self.claims.number("claims", self.lineage));
        numbers.push(self.reports.number("claims/reports", self.lineage));
        numbers.push(self.overlap.behind.number("overlap".to_owned(), self.overlap.value));
        name_corrections(&mut numbers, &self.corrected);
        numbers.sort_by(|a, b| a.id.cmp(&b.id));
        let name = |index: usize| self.dated.id(index).to_owned();
        let reporters: BTreeSet<String> = self.reporters.iter().map(ToString::to_string).collect();
        let candidates = pairs.iter().map(|&(a, b)| Candidate { first: name(a), second: name(b) }).collect();
        Count {
            numbers,
            candidates,
            accused: self.accused.into_keys().collect(),
            reporters: reporters.into_iter().collect(),
        }
    }

    /// For each number by how much it is lower where candidates are one: those among its own incidents alone.
    fn merged(&self, pairs: &[(usize, usize)]) -> Vec<u64> {
        let paired: BTreeSet<usize> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
        let mut in_number: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for index in paired {
            let stands_in = self.dated.stands_in(index).map(|set| self.sets.list(set));
            for number in stands_in.unwrap_or_default() {
                in_number.entry(*number).or_default().push(index);
            }
        }
        let mut merged = vec![0; self.piles.len()];
        for (number, indexes) in in_number {
            if let Some(merged) = merged.get_mut(number as usize) {
                *merged = merges(&join(self.counting.rules, &self.dated, indexes.into_iter()));
            }
        }
        merged
    }

    /// Puts an incident into its numbers, and gives the place of their set.
    fn sort(&mut self, incident: &Counted<'_>) -> u32 {
        let counting = self.counting;
        let mut numbers: Vec<u32> = Vec::new();
        counting.sort_into(incident, |id| numbers.push(self.number_of(id)));
        numbers.sort_unstable();
        numbers.dedup();
        for number in &numbers {
            let Some(pile) = self.piles.get_mut(*number as usize) else { continue };
            pile.count += 1;
            if self.lineage == Lineage::Keep {
                pile.behind.add(incident.facts, counting.records_behind(&pile.id, incident));
            }
        }
        self.sets.number_of(&numbers)
    }

    /// C1: statements are counted apart from incidents, never as them.
    fn take_statements(&mut self, incident: &Counted<'_>) {
        let facts = incident.facts;
        let again: Vec<Seq> = facts.answers.iter().flat_map(|answer| answer.again.iter().copied()).collect();
        facts.records().into_iter().filter(|seq| !again.contains(seq)).for_each(|seq| self.claims.add(seq));
        facts.reports.iter().for_each(|seq| self.reports.add(*seq));
        for speaker in &facts.speakers {
            if !self.reporters.contains(speaker) {
                self.reporters.insert(speaker.clone());
            }
        }
        // C4, I7: how often an incident stands in more than one column.
        let surplus = incident.columns.len().saturating_sub(1);
        self.overlap.value = self.overlap.value.plus(Bounds::exactly(surplus as u64));
        if self.lineage == Lineage::Keep {
            self.claims.incidents.push(facts.incident.to_string());
            self.reports.incidents.push(facts.incident.to_string());
            self.corrected.extend(facts.corrected.iter().copied());
            if surplus > 0 {
                self.overlap.behind.add(facts, facts.charges.iter().map(|charge| charge.seq));
            }
        }
    }

    fn take_figures(&mut self, incident: &Counted<'_>) {
        for envelope in figures::envelopes(incident.facts, self.counting.rules.floors) {
            let kind = envelope.kind.to_string();
            self.add_figure(&["figures", "all", &kind], &envelope, incident.facts);
            for column in &incident.columns {
                self.add_figure(&["figures", "accused", &column.accused, &kind], &envelope, incident.facts);
            }
            if incident.columns.is_empty() {
                self.add_figure(&["figures", "unattributed", &kind], &envelope, incident.facts);
            }
        }
    }

    fn add_figure(&mut self, id: &[&str], envelope: &FigureEnvelope, facts: &IncidentFacts) {
        spell(&mut self.spelled, id);
        if !self.figures.contains_key(&self.spelled) {
            self.figures.insert(self.spelled.clone(), Sum::nothing());
        }
        let Some(figure) = self.figures.get_mut(&self.spelled) else { return };
        figure.value = figure.value.plus(envelope.envelope);
        if self.lineage == Lineage::Keep {
            figure.behind.add(facts, envelope.claims.iter().flat_map(|claim| claim.records.iter().copied()));
        }
    }

    /// The number of a column, with all that a column has.
    fn column_of(&mut self, accused: &str) -> u32 {
        if let Some(column) = self.accused.get(accused) {
            return *column;
        }
        for (part, _) in COLUMN_PARTS {
            self.number_of(&["accused", accused, part]);
        }
        self.number_of(&["asserted_breaches", accused]);
        let column = u32::try_from(self.accused.len()).unwrap_or(u32::MAX);
        self.accused.insert(accused.to_owned(), column);
        column
    }

    /// The place of a number, which from now on there is.
    fn number_of(&mut self, id: &[&str]) -> u32 {
        spell(&mut self.spelled, id);
        if let Some(place) = self.ids.get(&self.spelled) {
            return *place;
        }
        let place = u32::try_from(self.piles.len()).unwrap_or(u32::MAX);
        self.piles.push(Pile { id: self.spelled.clone(), ..Pile::default() });
        self.ids.insert(self.spelled.clone(), place);
        place
    }
}

/// Spells an id from its parts, in room that is there: some ten are looked up for every incident.
fn spell(id: &mut String, parts: &[&str]) {
    id.clear();
    for part in parts {
        if !id.is_empty() {
            id.push('/');
        }
        id.push_str(part);
    }
}

impl Behind {
    fn add(&mut self, facts: &IncidentFacts, records: impl IntoIterator<Item = Seq>) {
        self.incidents.push(facts.incident.to_string());
        self.records.extend(records);
    }

    fn number(mut self, id: String, value: Bounds) -> Number {
        self.incidents.sort();
        self.records.sort();
        self.records.dedup();
        Number { id, value, incidents: self.incidents, records: self.records }
    }
}

impl Sum {
    fn nothing() -> Self {
        Self { value: Bounds::ZERO, behind: Behind::default() }
    }
}

impl Statements {
    fn add(&mut self, seq: Seq) {
        let (word, bit) = (usize::try_from(seq.number() / 64).unwrap_or(usize::MAX), seq.number() % 64);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= 1 << bit;
        }
    }

    fn count(&self) -> u64 {
        self.bits.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    fn records(&self) -> Vec<Seq> {
        let words = self.bits.iter().zip(0_u64..).filter(|(bits, _)| **bits != 0);
        words
            .flat_map(|(bits, word)| {
                (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| Seq::new(word * 64 + bit))
            })
            .collect()
    }

    fn number(self, id: &str, lineage: Lineage) -> Number {
        let value = Bounds::exactly(self.count());
        let records = if lineage == Lineage::Keep { self.records() } else { Vec::new() };
        Behind { incidents: self.incidents, records }.number(id.to_owned(), value)
    }
}

/// A number that rests on a corrected record rests on the correction too: the words it was drawn from stand there.
fn name_corrections(numbers: &mut [Number], corrected: &BTreeMap<Seq, Seq>) {
    for number in numbers.iter_mut().filter(|_| !corrected.is_empty()) {
        let corrections: Vec<Seq> = number.records.iter().filter_map(|record| corrected.get(record)).copied().collect();
        number.records.extend(corrections);
        number.records.sort();
        number.records.dedup();
    }
}
