//! The tally: the counting matrix of one ceasefire or of everything, with coverage and what it rests on.

use serde::{Deserialize, Serialize};

use super::view::{KnownAt, View};
use crate::event::TallyReported;
use crate::projection::{CeasefireRow, CoverageRow, RowError};
use crate::rules::counting::{Candidate, Counting, Lineage, Number, RuleSet};
use crate::rules::lifecycle::CeasefireFacts;
use crate::rules::scope::CeasefireScope;
use crate::rules::sides::Sides;
use crate::vocab::{ActorId, Bounds, CeasefireId, Instant, Quantity, Seq, Span};

/// What a tally is asked for.
#[derive(Debug, Clone, Copy)]
pub struct TallyQuestion<'a> {
    /// Of which ceasefire; of everything without one.
    pub ceasefire: Option<&'a CeasefireId>,
    /// Under which rules.
    pub rules: RuleSet,
    /// In which window of event time.
    pub window: Option<Span>,
    /// Whether the answer carries the incidents and records behind each number.
    pub lineage: Lineage,
}

/// A tally: numbers, each with an id that `explain` takes, and what they rest on (P4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TallyAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The rule set.
    pub rules: String,
    /// The ceasefire, or nothing for everything.
    pub ceasefire: Option<String>,
    /// The window of event time, or nothing for all of it.
    pub window: Option<Span>,
    /// The accused that have a column.
    pub accused: Vec<String>,
    /// The numbers, in order of id.
    pub numbers: Vec<Number>,
    /// Pairs of incidents that may be one; nothing is merged by it.
    pub candidates: Vec<Candidate>,
    /// Counters: latest readings. Never added to anything.
    pub counters: Vec<CounterReading>,
    /// Who reported, and where nobody could.
    pub coverage: Coverage,
}

/// The latest reading of one series of a counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CounterReading {
    /// The counter.
    pub counter: String,
    /// Who publishes it.
    pub by: Vec<String>,
    /// Whom it charges; empty where it names nobody.
    pub accused: Vec<String>,
    /// What is counted, with what became of it and who.
    pub kind: String,
    /// What it covers.
    pub scope: Option<String>,
    /// From when it counts.
    pub since: Option<Span>,
    /// The latest value.
    pub value: Bounds,
    /// Whether it is a part of another figure.
    pub part: bool,
    /// The earlier readings of the same series, oldest first.
    pub history: Vec<Reading>,
    /// Whether a later reading was below an earlier one. Never said of readings that count each its own period alone.
    pub decreased: bool,
    /// Whether the stated total differs from the sum of the breakdown.
    pub total_mismatch: bool,
    /// The record.
    pub record: Seq,
}

/// One reading in a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reading {
    /// The value.
    pub value: Bounds,
    /// When it was read, or the period it covers.
    pub period: Option<Span>,
    /// The total that its keeper states, where the parts do not come to it. It is kept as stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_total: Option<Box<Bounds>>,
    /// What the parts come to, where that is not the stated total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts_sum: Option<Box<Bounds>>,
    /// The record.
    pub record: Seq,
}

/// What the numbers can and cannot have seen (C16).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Coverage {
    /// Who reported the incidents counted.
    pub reporters: Vec<String>,
    /// Reports that nothing was observed.
    pub quiet_reports: u64,
    /// Times a monitor was denied access.
    pub access_denied: u64,
    /// The records of both.
    pub records: Vec<Seq>,
}

impl View<'_> {
    /// Counts. Nothing where the ceasefire asked for is not recorded.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn tally(&self, question: &TallyQuestion<'_>) -> Result<Option<TallyAnswer>, RowError> {
        let row = match question.ceasefire {
            Some(id) => match self.tables.ceasefires.row(id.as_str())? {
                Some(row) => Some(row),
                None => return Ok(None),
            },
            None => None,
        };
        let sides = self.sides()?;
        let tree = self.places()?;
        let mut parties: Vec<Vec<ActorId>> = Vec::new();
        self.tables.ceasefires.walk("", |_, row| parties.push(row.parties.clone()))?;
        let claims = row.as_ref().map(|row| self.ceasefire_claims(&row.ceasefire)).transpose()?.unwrap_or_default();
        let forces = row.as_ref().map(|row| facts_of(row, &claims, &sides).in_force()).unwrap_or_default();
        let scope = row.as_ref().map(|row| {
            let places = row.scope.as_ref().map(|scope| scope.places.as_slice()).unwrap_or_default();
            let scope = CeasefireScope { parties: &row.parties, places, forces: &forces, tree: &tree, sides: &sides };
            (&row.ceasefire, scope)
        });
        let counting = Counting {
            rules: question.rules,
            ceasefire: scope,
            window: question.window,
            sides: &sides,
            parties: &parties,
        };
        let mut counter = counting.counter(question.lineage);
        self.tables.walk_incidents(|facts| counter.take(&facts))?;
        let count = counter.finish();
        Ok(Some(TallyAnswer {
            known_at: self.known_at(),
            rules: question.rules.name.to_owned(),
            ceasefire: question.ceasefire.map(ToString::to_string),
            window: question.window,
            accused: count.accused,
            numbers: count.numbers,
            candidates: count.candidates,
            counters: self.counters(question.rules)?,
            coverage: self.coverage(count.reporters, question.window)?,
        }))
    }

    /// Gives every counter's series: the latest reading, and the ones before it (C7).
    ///
    /// # Errors
    /// [`RowError`].
    pub fn counters(&self, rules: RuleSet) -> Result<Vec<CounterReading>, RowError> {
        let mut series: Vec<Series> = Vec::new();
        self.tables.readings.walk("", |_, claimed| {
            if !claimed.stands() {
                return;
            }
            let reading = &claimed.claim;
            let values = reading.values.iter().map(|value| (value, false));
            let values = values.chain(reading.breakdown.iter().map(|value| (value, true)));
            for ((value, part), place) in values.zip(0..) {
                let (one, read) = CounterReading::of(reading, (value, part), rules, claimed.seq);
                let read = Placed { read, at: claimed.at, place };
                match series.iter_mut().find(|series| series.of.is_same_series(&one)) {
                    Some(series) => series.readings.push(read),
                    None => series.push(Series { of: one, readings: vec![read] }),
                }
            }
        })?;
        for series in &mut series {
            series.readings.sort_by_key(Placed::order);
        }
        series.sort_by_key(|series| series.readings.first().map(Placed::order));
        let mut counters: Vec<CounterReading> = series.into_iter().map(Series::ended).collect();
        counters.sort_by(|a, b| (&a.counter, &a.by, &a.kind, &a.scope).cmp(&(&b.counter, &b.by, &b.kind, &b.scope)));
        Ok(counters)
    }

    fn coverage(&self, reporters: Vec<String>, window: Option<Span>) -> Result<Coverage, RowError> {
        let mut coverage = Coverage { reporters, ..Coverage::default() };
        let seen = |span: Option<Span>| window.is_none_or(|window| span.is_none_or(|span| window.meets(span)));
        self.tables.coverage.walk("", |_, row| {
            if !row.stands() {
                return;
            }
            let counted = match &row.claim {
                CoverageRow::Quiet { during, .. } if seen(Some(*during)) => &mut coverage.quiet_reports,
                CoverageRow::AccessDenied { when, .. } if seen(*when) => &mut coverage.access_denied,
                _ => return,
            };
            *counted += 1;
            coverage.records.push(row.seq);
        })?;
        Ok(coverage)
    }
}

pub(super) fn facts_of<'a>(
    row: &'a CeasefireRow,
    claims: &'a [crate::rules::claims::Claimed<crate::rules::claims::CeasefireClaim>],
    sides: &'a Sides,
) -> CeasefireFacts<'a> {
    CeasefireFacts { ceasefire: &row.ceasefire, parties: &row.parties, mediators: &row.mediators, claims, sides }
}

/// A series under way: whose and of what it is, and its readings, of each no more than the answer lists.
struct Series {
    of: CounterReading,
    readings: Vec<Placed>,
}

/// A reading and what puts it in order.
struct Placed {
    read: Reading,
    at: Instant,
    place: u32,
}

impl Placed {
    /// By the end of its period, when it was recorded, its record, and its place in the record.
    fn order(&self) -> (Option<Instant>, Instant, Seq, u32) {
        (self.read.period.map(Span::end), self.at, self.read.record, self.place)
    }
}

impl Series {
    /// The series with its latest reading as its value.
    fn ended(self) -> CounterReading {
        let history: Vec<Reading> = self.readings.into_iter().map(|placed| placed.read).collect();
        let never_fell = history.is_sorted_by(|one, next| next.value.max.is_none_or(|max| max >= one.value.min));
        let decreased = !never_fell && !self.of.counts_each_period();
        match history.last() {
            Some(last) => CounterReading {
                value: last.value,
                record: last.record,
                total_mismatch: last.stated_total.is_some(),
                decreased,
                history,
                ..self.of
            },
            None => self.of,
        }
    }
}

impl CounterReading {
    /// One value of a reading, or one part of its breakdown: the series that it is of, and itself.
    fn of(
        reading: &crate::rules::claims::Reading,
        (value, of_breakdown): (&Quantity, bool),
        rules: RuleSet,
        record: Seq,
    ) -> (Self, Reading) {
        let who = value.who.map(|who| format!(" ({who})")).unwrap_or_default();
        let part = of_breakdown || value.subset_of.is_some();
        let owner = value.owner.as_ref().filter(|_| part);
        let owner = owner.map(|owner| format!(": {owner}")).unwrap_or_default();
        let (bounds, mismatch) = (value.bounds(rules.floors), mismatch(reading, rules).filter(|_| !of_breakdown));
        let (stated_total, parts_sum) = mismatch.map(|(stated, sum)| (Box::new(stated), Box::new(sum))).unzip();
        let read = Reading { value: bounds, period: reading.period, stated_total, parts_sum, record };
        let series = Self {
            counter: reading.counter.to_string(),
            by: reading.voice.speaker.iter().map(ToString::to_string).collect(),
            accused: reading.accused.iter().map(ToString::to_string).collect(),
            kind: format!("{}{who}{owner}", value.kind()),
            scope: reading.scope.clone(),
            since: reading.since,
            value: bounds,
            part,
            history: Vec::new(),
            decreased: false,
            total_mismatch: false,
            record,
        };
        (series, read)
    }

    fn is_same_series(&self, other: &Self) -> bool {
        self.counter == other.counter
            && self.by == other.by
            && self.accused == other.accused
            && self.kind == other.kind
            && self.scope == other.scope
            && self.since == other.since
            && self.part == other.part
    }

    /// Tells whether each reading counts its own period alone, so that a lower one takes nothing back.
    #[must_use]
    pub fn counts_each_period(&self) -> bool {
        self.scope.as_deref().is_some_and(|scope| scope.ends_with(TallyReported::EACH_PERIOD))
    }
}

/// C14: a stated total that its breakdown does not add up to: it and what the parts come to.
fn mismatch(reading: &crate::rules::claims::Reading, rules: RuleSet) -> Option<(Bounds, Bounds)> {
    let total = reading.stated_total.as_ref()?;
    let parts = reading.breakdown.iter().filter(|part| part.unit == total.unit && part.outcome == total.outcome);
    let sum = parts.map(|part| part.bounds(rules.floors)).reduce(Bounds::plus)?;
    let stated = total.bounds(rules.floors);
    let below = stated.max.is_some_and(|max| max < sum.min);
    let above = sum.max.is_some_and(|max| max < stated.min);
    (below || above).then_some((stated, sum))
}
