//! `diff`: what changed between two moments of knowledge, in the records and in the answers.

mod print;
mod table;

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::record_text::{Mending, RecordLine, Told};
use super::state::ceasefire_id;
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::Event;
use crate::ledger::{
    CeasefireState, CounterReading, KnownAt, Replayed, TallyAnswer, TallyQuestion, View, perspective_of,
};
use crate::rules::counting::{Lineage, RuleSet};
use crate::rules::lifecycle::State;
use crate::vocab::{Bounds, CeasefireId, Code, Contested, Seq, Span};

/// What `diff` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire diff 90 118\n  ceasefire diff 2020-10-17T18:00Z 2020-10-18T18:00Z\n\n\
    States are given at --valid-at, else now; numbers count the window --valid-at, else all of time.")]
pub struct DiffArgs {
    /// The earlier moment: a position or a time
    #[arg(value_name = "A")]
    pub earlier: String,
    /// The later moment
    #[arg(value_name = "B")]
    pub later: String,
}

/// What became different.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DiffAnswer {
    /// The earlier moment.
    pub before: KnownAt,
    /// The later moment.
    pub after: KnownAt,
    /// The instant or interval of event time that states are given at.
    pub valid_at: Span,
    /// The perspective.
    pub perspective: String,
    /// The rule set.
    pub rules: String,
    /// The records between the two, by what they do.
    pub records: Vec<Doing>,
    /// The states that changed.
    pub states: Vec<StateChange>,
    /// The numbers that changed.
    pub numbers: Vec<NumberChange>,
    /// The counters that changed.
    pub counters: Vec<CounterChange>,
}

/// Records that do the same.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Doing {
    /// What they do: added, corrected, retracted, merged, split, identified.
    pub what: What,
    /// The records, oldest first.
    pub records: Vec<RecordLine>,
}

/// What a record does to what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It says something more.
    Added,
    /// It corrects a record.
    Corrected,
    /// It retracts a record.
    Retracted,
    /// It makes two incidents one.
    Merged,
    /// It makes one incident two.
    Split,
    /// It makes two statements one act.
    Identified,
}

/// A ceasefire that reads differently. A member is absent where it did not change.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct StateChange {
    /// Which.
    pub ceasefire: String,
    /// Whether it was recorded at the earlier moment.
    pub was_known: bool,
    /// Its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Change<Contested<State>>>,
    /// When it takes effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Change<Span>>,
    /// When it lapses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Change<Span>>,
    /// How many incidents somebody calls a breach of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asserted_breaches: Option<Change<u64>>,
    /// Who declared that it collapsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_collapsed_by: Option<Change<Vec<String>>>,
}

/// A value before and after; absent where there was none.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Change<T> {
    /// Before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<T>,
    /// After.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<T>,
}

/// A number that changed.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NumberChange {
    /// The ceasefire it is counted for; absent for the count of everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceasefire: Option<String>,
    /// The number's id, as `explain` takes it.
    pub id: String,
    /// Its value.
    pub value: Change<Bounds>,
}

/// A counter whose latest reading changed.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct CounterChange {
    /// The counter.
    pub counter: String,
    /// What it counts.
    pub kind: String,
    /// What it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The latest reading.
    pub value: Change<Bounds>,
}

/// What the answers are asked for.
struct Question<'a> {
    ceasefire: Option<&'a CeasefireId>,
    at: Span,
    window: Option<Span>,
    perspective: &'a str,
    rules: RuleSet,
}

/// Compares two moments.
pub fn run(args: &DiffArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    compare(&args.earlier, &args.later, None, session)
}

/// Compares two moments, of one ceasefire or of all.
pub fn compare(a: &str, b: &str, ceasefire: Option<&str>, session: &mut Session) -> Result<Outcome, Complaint> {
    if session.global.known_at.is_some() {
        let what = "the two moments stand for --known-at";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave --known-at out"));
    }
    let (before, after) = moments(a, b, session)?;
    let (earlier, later) = (before.view(), after.view());
    let ceasefire = ceasefire.map(|text| ceasefire_id(text, &later)).transpose()?;
    known_perspective(&session.global.perspective, ceasefire.as_ref(), &later)?;
    let window = session.valid_at(&later.genesis().zones)?;
    let question = Question {
        ceasefire: ceasefire.as_ref(),
        at: window.unwrap_or_else(|| Span::at(session.clock.now())),
        window,
        perspective: &session.global.perspective,
        rules: session.rules(&later.genesis().rules)?,
    };
    let answer = answer(&question, &earlier, &later)?;
    match session.console.format() {
        Format::Human => print::print(&answer, session)?,
        Format::Csv => table::print(&answer, session)?,
        Format::Json | Format::Jsonl => session.console.answer("diff", Outcome::Ok, &answer)?,
    }
    Ok(Outcome::Ok)
}

/// Refuses a perspective that none of the ceasefires has.
fn known_perspective(text: &str, ceasefire: Option<&CeasefireId>, view: &View<'_>) -> Result<(), Complaint> {
    let rows = view.tables().ceasefires.rows("").map_err(|error| refusal::rows(&error))?;
    let sides = view.sides().map_err(|error| refusal::rows(&error))?;
    let mut asked = rows.iter().filter(|row| ceasefire.is_none_or(|id| *id == row.ceasefire)).peekable();
    if asked.peek().is_none() || asked.any(|row| perspective_of(text, row, &sides).is_ok()) {
        return Ok(());
    }
    let what = format!("there is no perspective `{text}`");
    Err(Complaint::new(Outcome::Rejected, Code::UnknownPerspective, what))
}

/// Folds the log up to each moment, the earlier one first, whichever was named first.
fn moments(a: &str, b: &str, session: &mut Session) -> Result<(Replayed, Replayed), Complaint> {
    let archive = session.archive()?;
    let fold = |text: &str| {
        let until = Session::known_at(&archive, text)?;
        archive.as_known(until, None).map_err(|error| refusal::open(&error))
    };
    let (first, second) = (fold(a)?, fold(b)?);
    if first.view().known_at().seq <= second.view().known_at().seq {
        return Ok((first, second));
    }
    session.console.say(format!("note: {b} is the earlier of the two; compared from there"));
    Ok((second, first))
}

fn answer(question: &Question<'_>, before: &View<'_>, after: &View<'_>) -> Result<DiffAnswer, Complaint> {
    let mut numbers = Vec::new();
    let mut counters = Vec::new();
    for ceasefire in scopes(question, after)? {
        let (old, new) = (tally(question, ceasefire.as_ref(), before)?, tally(question, ceasefire.as_ref(), after)?);
        let name = ceasefire.as_ref().map(ToString::to_string);
        numbers.extend(number_changes(name.as_deref(), &values(old.as_ref()), &values(new.as_ref())));
        if ceasefire.is_none() {
            counters = counter_changes(old.as_ref(), new.as_ref());
        }
    }
    Ok(DiffAnswer {
        before: before.known_at(),
        after: after.known_at(),
        valid_at: question.at,
        perspective: question.perspective.to_owned(),
        rules: question.rules.name.to_owned(),
        records: doings(before.known_at().seq, after)?,
        states: state_changes(question, before, after)?,
        numbers,
        counters,
    })
}

/// The counts to compare: everything, and each ceasefire; or the one that was asked for.
fn scopes(question: &Question<'_>, view: &View<'_>) -> Result<Vec<Option<CeasefireId>>, Complaint> {
    if let Some(ceasefire) = question.ceasefire {
        return Ok(vec![Some(ceasefire.clone())]);
    }
    let rows = view.tables().ceasefires.rows("").map_err(|error| refusal::rows(&error))?;
    Ok(std::iter::once(None).chain(rows.into_iter().map(|row| Some(row.ceasefire))).collect())
}

fn tally(
    question: &Question<'_>,
    ceasefire: Option<&CeasefireId>,
    view: &View<'_>,
) -> Result<Option<TallyAnswer>, Complaint> {
    let (rules, window) = (question.rules, question.window);
    view.tally(&TallyQuestion { ceasefire, rules, window, lineage: Lineage::Omit })
        .map_err(|error| refusal::rows(&error))
}

fn values(tally: Option<&TallyAnswer>) -> BTreeMap<String, Bounds> {
    tally.into_iter().flat_map(|tally| &tally.numbers).map(|number| (number.id.clone(), number.value)).collect()
}

fn number_changes(
    ceasefire: Option<&str>,
    before: &BTreeMap<String, Bounds>,
    after: &BTreeMap<String, Bounds>,
) -> Vec<NumberChange> {
    let mut ids: Vec<&String> = before.keys().chain(after.keys()).collect();
    ids.sort();
    ids.dedup();
    let changed = |id: &&String| {
        let value = Change::between(before.get(*id).copied(), after.get(*id).copied())?;
        let zeros = [value.before, value.after].into_iter().flatten().all(|bounds| bounds == Bounds::ZERO);
        // A column that appears with nothing in it says nothing.
        (!zeros).then(|| NumberChange { ceasefire: ceasefire.map(ToOwned::to_owned), id: (*id).clone(), value })
    };
    ids.iter().filter_map(changed).collect()
}

fn counter_changes(before: Option<&TallyAnswer>, after: Option<&TallyAnswer>) -> Vec<CounterChange> {
    type Series = (String, String, Option<String>, Vec<String>, Option<Span>, bool);
    let series = |reading: &CounterReading| -> Series {
        let CounterReading { counter, kind, scope, accused, since, part, .. } = reading.clone();
        (counter, kind, scope, accused, since, part)
    };
    let latest = |tally: Option<&TallyAnswer>| -> BTreeMap<Series, Bounds> {
        tally.into_iter().flat_map(|tally| &tally.counters).map(|reading| (series(reading), reading.value)).collect()
    };
    let (before, after) = (latest(before), latest(after));
    let mut all: Vec<&Series> = before.keys().chain(after.keys()).collect();
    all.sort();
    all.dedup();
    let changed = |series: &&Series| {
        let value = Change::between(before.get(*series).copied(), after.get(*series).copied())?;
        let (counter, kind, scope, ..) = (*series).clone();
        Some(CounterChange { counter, kind, scope, value })
    };
    all.iter().filter_map(changed).collect()
}

fn state_changes(question: &Question<'_>, before: &View<'_>, after: &View<'_>) -> Result<Vec<StateChange>, Complaint> {
    let states = |view: &View<'_>| {
        view.states(question.ceasefire, question.at, question.perspective).map_err(|error| refusal::rows(&error))
    };
    let (before, after) = (states(before)?.ceasefires, states(after)?.ceasefires);
    Ok(after
        .iter()
        .map(|after| StateChange::between(before.iter().find(|before| before.ceasefire == after.ceasefire), after))
        .filter(StateChange::says_something)
        .collect())
}

impl StateChange {
    fn between(before: Option<&CeasefireState>, after: &CeasefireState) -> Self {
        let effective = |state: &CeasefireState| state.effective.as_ref().map(|effective| effective.when);
        Self {
            ceasefire: after.ceasefire.clone(),
            was_known: before.is_some(),
            state: Change::between(before.map(|before| before.state.clone()), Some(after.state.clone())),
            effective: Change::between(before.and_then(effective), effective(after)),
            expiry: Change::between(before.and_then(|before| before.expiry), after.expiry),
            asserted_breaches: Change::between(
                Some(before.map_or(0, |before| before.asserted_breaches)),
                Some(after.asserted_breaches),
            ),
            declared_collapsed_by: Change::between(
                Some(before.map(|before| before.declared_collapsed_by.clone()).unwrap_or_default()),
                Some(after.declared_collapsed_by.clone()),
            ),
        }
    }

    const fn says_something(&self) -> bool {
        self.state.is_some()
            || self.effective.is_some()
            || self.expiry.is_some()
            || self.asserted_breaches.is_some()
            || self.declared_collapsed_by.is_some()
    }
}

impl<T: PartialEq> Change<T> {
    fn between(before: Option<T>, after: Option<T>) -> Option<Self> {
        (before != after).then_some(Self { before, after })
    }
}

impl<T: std::fmt::Display> Change<T> {
    fn words(&self) -> String {
        let word = |value: &Option<T>| value.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
        format!("{} → {}", word(&self.before), word(&self.after))
    }
}

/// Sorts the records after `before` by what they do.
fn doings(before: Seq, view: &View<'_>) -> Result<Vec<Doing>, Complaint> {
    let mut sorted: BTreeMap<What, Vec<RecordLine>> = BTreeMap::new();
    let records =
        view.reader().records(before.next(), Some(view.known_at().seq)).map_err(|error| refusal::read(&error))?;
    for record in records {
        let told = Told::read(record.map_err(|error| refusal::read(&error))?)?;
        sorted.entry(What::of(told.event())).or_default().push(told.line(Mending::default()));
    }
    Ok(sorted.into_iter().map(|(what, records)| Doing { what, records }).collect())
}

impl What {
    const fn of(event: &Event) -> Self {
        match event {
            Event::RecordCorrected(_) => Self::Corrected,
            Event::RecordRetracted(_) => Self::Retracted,
            Event::IncidentMerged(_) => Self::Merged,
            Event::IncidentSplit(_) => Self::Split,
            Event::ActIdentified(_) => Self::Identified,
            _ => Self::Added,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Corrected => "corrected",
            Self::Retracted => "retracted",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Identified => "identified as one act",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(list: &[(&str, u64)]) -> BTreeMap<String, Bounds> {
        list.iter().map(|(id, value)| ((*id).to_owned(), Bounds::exactly(*value))).collect()
    }

    #[test]
    fn numbers_that_came_went_or_changed_are_told_and_others_are_not() {
        let changes =
            number_changes(None, &numbers(&[("a", 1), ("b", 2), ("c", 3)]), &numbers(&[("b", 4), ("c", 3), ("d", 1)]));
        let words: Vec<String> =
            changes.iter().map(|change| format!("{} {}", change.id, change.value.words())).collect();
        assert_eq!(words, ["a 1 → –", "b 2 → 4", "d – → 1"]);
    }

    #[test]
    fn a_column_that_appears_empty_is_no_change() {
        assert_eq!(number_changes(None, &numbers(&[]), &numbers(&[("a", 0)])), Vec::new());
    }
}
