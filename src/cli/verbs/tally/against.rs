//! `tally --against RULES`: the same table under two rule sets.

use serde::Serialize;

use super::{TallyArgs, full_id, number};
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::verbs::state::ceasefire_id;
use crate::ledger::{KnownAt, TallyAnswer, TallyQuestion, View};
use crate::rules::counting::Lineage;
use crate::vocab::{Bounds, Code};

/// The numbers of one tally under two rule sets.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgainstAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The ceasefire, or nothing for everything.
    pub ceasefire: Option<String>,
    /// The one rule set.
    pub first: String,
    /// The other.
    pub second: String,
    /// How many numbers are the same under both.
    pub same: u64,
    /// Those that differ.
    pub differing: Vec<Differing>,
}

/// A number that differs; where a rule set has no such number, it has no value.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Differing {
    /// Its id.
    pub id: String,
    /// Under the one.
    pub first: Option<Bounds>,
    /// Under the other.
    pub second: Option<Bounds>,
}

/// Counts again under the other rules and shows what differs.
pub fn run(
    args: &TallyArgs,
    first: &TallyAnswer,
    rules: &str,
    view: &View<'_>,
    session: &mut Session,
) -> Result<Outcome, Complaint> {
    let ceasefire = args.ceasefire.as_deref().map(|text| ceasefire_id(text, view)).transpose()?;
    let question = TallyQuestion {
        ceasefire: ceasefire.as_ref(),
        rules: Session::rules_named(rules)?,
        window: first.window,
        lineage: Lineage::Omit,
    };
    let second = view
        .tally(&question)
        .map_err(|error| refusal::rows(&error))?
        .ok_or_else(|| Complaint::new(Outcome::Rejected, Code::UnknownCeasefire, "the ceasefire is not recorded"))?;
    let answer = compared(first, &second);
    let console = &mut session.console;
    match console.format() {
        Format::Human => print(&answer, console)?,
        Format::Csv => console.csv(&cells(&answer))?,
        Format::Json | Format::Jsonl => {
            console.answer("tally_against", Outcome::Ok, &answer)?;
        }
    }
    Ok(Outcome::Ok)
}

fn compared(first: &TallyAnswer, second: &TallyAnswer) -> AgainstAnswer {
    let mut ids: Vec<&str> = first.numbers.iter().chain(&second.numbers).map(|number| number.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut answer = AgainstAnswer {
        known_at: first.known_at.clone(),
        ceasefire: first.ceasefire.clone(),
        first: first.rules.clone(),
        second: second.rules.clone(),
        same: 0,
        differing: Vec::new(),
    };
    for id in ids {
        let value = |tally| number(tally, id).map(|number| number.value);
        let (one, other) = (value(first), value(second));
        if one == other {
            answer.same += 1;
        } else {
            answer.differing.push(Differing { id: full_id(first, id), first: one, second: other });
        }
    }
    answer
}

fn shown(value: Option<Bounds>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

fn print(answer: &AgainstAnswer, console: &mut Console) -> Result<(), Complaint> {
    let title = console.paint(Paint::Heading, &format!("{} against {}", answer.first, answer.second));
    console.line(title)?;
    if answer.differing.is_empty() {
        console.line("  no number differs")?;
    }
    for number in &answer.differing {
        let (first, second) = (shown(number.first), shown(number.second));
        console.line(format!("  {first:>10}  {second:>10}  {}", number.id))?;
    }
    let note = format!("{} numbers are the same under both", answer.same);
    console.line(console.paint(Paint::Faint, &note))?;
    let known = &answer.known_at;
    let basis = known.basis();
    console.line(console.paint(Paint::Faint, &basis))
}

fn cells(answer: &AgainstAnswer) -> Vec<Vec<String>> {
    let head = vec!["id".to_owned(), answer.first.clone(), answer.second.clone()];
    let rows = answer.differing.iter().map(|n| vec![n.id.clone(), shown(n.first), shown(n.second)]);
    std::iter::once(head).chain(rows).collect()
}
