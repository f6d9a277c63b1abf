//! `tally`: the counting matrix, with coverage, rule set, and an id for every number.

mod against;
mod breakdown;

use std::fmt::Write as _;

use clap::{Args, ValueEnum};

pub use against::AgainstAnswer;

use super::clock::ClockArgs;
use super::state::{ceasefire_id, records};
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{CounterReading, TallyAnswer, TallyQuestion, View};
use crate::rules::counting::{Lineage, Number};
use crate::vocab::{CeasefireId, Code, Span};

/// What `tally` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire tally nk-2020-10-10\n  ceasefire tally --by matrix --known-at 90\n  \
    ceasefire tally --valid-at 2020-10-10/2020-10-17 --json\n\nEvery number has an id: ceasefire explain ID shows the records behind it.")]
pub struct TallyArgs {
    /// One ceasefire [default: every incident, whatever ceasefire it concerns]
    #[arg(value_name = "CEASEFIRE")]
    pub ceasefire: Option<String>,
    /// Which part to show
    #[arg(long, value_enum, default_value_t = Part::All, value_name = "PART")]
    pub by: Part,
    /// Print the incidents and records behind each number too
    #[arg(long)]
    pub lineage: bool,
    #[command(flatten)]
    pub clock: ClockArgs,
    /// Count under these rules too, and show the numbers that differ
    #[arg(long, value_name = "RULES")]
    pub against: Option<String>,
}

/// A part of the tally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Everything.
    All,
    /// A line for each accused.
    Accused,
    /// Accused × accuser × status × contest.
    Matrix,
    /// Killed, wounded, destroyed: as intervals.
    Figures,
    /// Counters that others keep: readings, never added.
    Counters,
    /// Incidents by reporting day: surely in it, possibly in it.
    Day,
    /// Incidents by week (ISO 8601).
    Week,
    /// Incidents by month.
    Month,
    /// Incidents by year.
    Year,
    /// Incidents by region: the part of the outermost registered place.
    Region,
    /// Incidents by registered place.
    Place,
}

/// Counts.
pub fn run(args: &TallyArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    if let Some(axis) = breakdown::axis(args.by) {
        return breakdown::run(args, axis, session);
    }
    let replayed = session.replayed()?;
    let view = replayed.view();
    let answer = answer(args.ceasefire.as_deref(), &view, session, args.lineage)?;
    if let Some(rules) = &args.against {
        return against::run(args, &answer, rules, &view, session);
    }
    match session.console.format() {
        Format::Human => print(&answer, args.by, args.lineage, &mut session.console)?,
        Format::Csv => print_csv(&answer, &mut session.console)?,
        _ => {
            session.console.answer("tally", Outcome::Ok, &answer)?;
        }
    }
    Ok(Outcome::Ok)
}

/// Asks the view what the flags ask.
pub fn answer(
    ceasefire: Option<&str>,
    view: &View<'_>,
    session: &Session,
    lineage: bool,
) -> Result<TallyAnswer, Complaint> {
    let ceasefire: Option<CeasefireId> = ceasefire.map(|text| ceasefire_id(text, view)).transpose()?;
    let question = TallyQuestion {
        ceasefire: ceasefire.as_ref(),
        rules: session.rules(&view.genesis().rules)?,
        window: session.valid_at(&view.genesis().zones)?,
        lineage: if lineage { Lineage::Keep } else { Lineage::Omit },
    };
    view.tally(&question)
        .map_err(|error| refusal::rows(&error))?
        .ok_or_else(|| Complaint::new(Outcome::Rejected, Code::UnknownCeasefire, "the ceasefire is not recorded"))
}

/// The id that a person types for a number: the ceasefire or `all`, then the number's own id.
#[must_use]
pub fn full_id(answer: &TallyAnswer, number: &str) -> String {
    format!("{}/{number}", answer.ceasefire.as_deref().unwrap_or("all"))
}

fn print(answer: &TallyAnswer, part: Part, lineage: bool, console: &mut Console) -> Result<(), Complaint> {
    let what = answer.ceasefire.as_deref().unwrap_or("all incidents");
    let title = console.paint(Paint::Heading, &format!("Tally of {what}"));
    let window = answer.window.map_or_else(|| "all of time".to_owned(), |window: Span| window.to_string());
    console.line(format!("{title}   rules {}, events of {window}", answer.rules))?;
    if matches!(part, Part::All) {
        print_layers(answer, lineage, console)?;
    }
    if matches!(part, Part::All | Part::Accused) {
        print_accused(answer, console)?;
    }
    if matches!(part, Part::All | Part::Matrix) {
        print_section(answer, "matrix/", MATRIX_TITLE, lineage, console)?;
    }
    if matches!(part, Part::All | Part::Figures) {
        print_section(answer, "figures/", FIGURES_TITLE, lineage, console)?;
    }
    if matches!(part, Part::All | Part::Counters) {
        print_counters(&answer.counters, console)?;
    }
    print_basis(answer, console)
}

const MATRIX_TITLE: &str = "Accused / accuser / status / contest (an incident may stand in several lines)";
const FIGURES_TITLE: &str = "Figures claimed for these incidents (each speaker's claim stands; this is the envelope)";

/// The four different things that are often taken for one another.
fn print_layers(answer: &TallyAnswer, lineage: bool, console: &mut Console) -> Result<(), Complaint> {
    console.line("")?;
    let layers = [
        ("claims", "statements that speak of these incidents"),
        ("claims/reports", "  of them violation reports"),
        ("incidents", "incidents"),
        ("incidents/in_scope", "  surely within the ceasefire, by time, place and party"),
        ("incidents/possible", "  possibly within it: time, place or party is not sure"),
        ("incidents/out_of_scope", "  outside it, though somebody calls them a breach of it"),
        ("window/certain", "  surely within the window"),
        ("window/possible", "  possibly within the window"),
        ("asserted_breaches", "incidents that somebody calls a breach"),
        ("unattributed/none_stated", "incidents for which nobody is named"),
        ("unattributed/cannot_be_attributed", "incidents that an assessor cannot attribute"),
        ("overlap", "counted under more than one accused"),
    ];
    for (id, words) in layers {
        if let Some(number) = number(answer, id) {
            print_number(answer, number, words, lineage, console)?;
        }
    }
    for pair in &answer.candidates {
        let words = format!("  may be one incident: {} and {}; counted as two unless merged", pair.first, pair.second);
        console.line(console.paint(Paint::Unsure, &words))?;
    }
    Ok(())
}

fn print_accused(answer: &TallyAnswer, console: &mut Console) -> Result<(), Complaint> {
    let heads = ["alleged", "in scope", "possible", "breach", "own action", "verified", "denied", "acknowledged"];
    let parts =
        ["alleged", "alleged_in_scope", "alleged_possible", "", "own_action", "verified", "denied", "acknowledged"];
    console.line("")?;
    let title = "By accused (columns overlap; no total is meant)";
    console.line(console.paint(Paint::Heading, title))?;
    let mut head = format!("  {:<12}", "accused");
    for word in heads {
        let _ = write!(head, "{word:>13}");
    }
    console.line(head)?;
    for accused in &answer.accused {
        let mut line = format!("  {accused:<12}");
        for part in parts {
            let id = match part {
                "" => format!("asserted_breaches/{accused}"),
                part => format!("accused/{accused}/{part}"),
            };
            let value = number(answer, &id).map_or_else(|| "0".to_owned(), |number| number.value.to_string());
            let _ = write!(line, "{value:>13}");
        }
        console.line(line)?;
    }
    let note =
        "  alleged: charged by somebody else · breach: called a breach · own action: reported by the actor itself";
    console.line(console.paint(Paint::Faint, note))
}

fn print_section(
    answer: &TallyAnswer,
    prefix: &str,
    title: &str,
    lineage: bool,
    console: &mut Console,
) -> Result<(), Complaint> {
    console.line("")?;
    console.line(console.paint(Paint::Heading, title))?;
    let mut any = false;
    for number in answer.numbers.iter().filter(|number| number.id.starts_with(prefix)) {
        any = true;
        let words = number.id.get(prefix.len()..).unwrap_or_default().replace('/', " / ");
        print_number(answer, number, &words, lineage, console)?;
    }
    if any { Ok(()) } else { console.line("  none") }
}

fn print_number(
    answer: &TallyAnswer,
    number: &Number,
    words: &str,
    lineage: bool,
    console: &mut Console,
) -> Result<(), Complaint> {
    let id = console.paint(Paint::Faint, &full_id(answer, &number.id));
    let behind = if lineage { records(&number.records) } else { String::new() };
    console.line(format!("  {:>7}  {words:<62} {id}{behind}", number.value.to_string()))
}

fn print_counters(counters: &[CounterReading], console: &mut Console) -> Result<(), Complaint> {
    console.line("")?;
    let title = "Counters that others keep (latest reading; never added to incidents or to each other)";
    console.line(console.paint(Paint::Heading, title))?;
    if counters.is_empty() {
        console.line("  none")?;
    }
    for reading in counters {
        let charges = if reading.accused.is_empty() {
            "names nobody".to_owned()
        } else {
            format!("charges {}", reading.accused.join(", "))
        };
        let since = reading.since.map(|since| format!(", since {since}")).unwrap_or_default();
        let scope = reading.scope.as_ref().map(|scope| format!(", {scope}")).unwrap_or_default();
        let part = if reading.part { ", a part of another figure" } else { "" };
        let flags = match (reading.decreased, reading.total_mismatch) {
            (false, false) => "",
            (true, false) => " (decreased)",
            (false, true) => " (stated total does not add up)",
            (true, true) => " (decreased; stated total does not add up)",
        };
        let value = reading.value.to_string();
        let head = format!("  {value:>7}  {} {}", reading.counter, reading.kind);
        console.line(format!(
            "{head}, by {}, {charges}{scope}{since}{part}{flags} [{}]",
            reading.by.join(", "),
            reading.record
        ))?;
    }
    Ok(())
}

/// C15, C16: what the numbers rest on, and what they cannot have seen.
fn print_basis(answer: &TallyAnswer, console: &mut Console) -> Result<(), Complaint> {
    let coverage = &answer.coverage;
    console.line("")?;
    let reporters = if coverage.reporters.is_empty() { "nobody".to_owned() } else { coverage.reporters.join(", ") };
    console.line(format!("Coverage: reported by {reporters}"))?;
    let (quiet, denied) = (coverage.quiet_reports, coverage.access_denied);
    console.line(format!("          reports of quiet {quiet}, access denied {denied}; silence is never agreement"))?;
    let known = &answer.known_at;
    let basis = known.basis();
    console.line(console.paint(Paint::Faint, &basis))?;
    let hint = format!("the records behind a number: ceasefire explain {}", full_id(answer, "incidents"));
    console.line(console.paint(Paint::Faint, &hint))
}

fn print_csv(answer: &TallyAnswer, console: &mut Console) -> Result<(), Complaint> {
    let head = ["id", "min", "max", "rules", "window", "known_at", "head"].map(ToOwned::to_owned).to_vec();
    let window = answer.window.map(|window| window.to_string()).unwrap_or_default();
    let mut rows = vec![head];
    rows.extend(answer.numbers.iter().map(|number| {
        vec![
            full_id(answer, &number.id),
            number.value.min.to_string(),
            number.value.max.map(|max| max.to_string()).unwrap_or_default(),
            answer.rules.clone(),
            window.clone(),
            answer.known_at.seq.to_string(),
            answer.known_at.head.to_string(),
        ]
    }));
    console.csv(&rows)
}

/// Finds a number by its id; they stand in order of it.
pub fn number<'a>(answer: &'a TallyAnswer, id: &str) -> Option<&'a Number> {
    let found = answer.numbers.binary_search_by(|number| number.id.as_str().cmp(id));
    found.ok().and_then(|index| answer.numbers.get(index))
}
