//! `tally --by day|week|month|year|region|place`.

use super::{Part, TallyArgs};
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::verbs::state::ceasefire_id;
use crate::ledger::{BreakdownAnswer, BreakdownQuestion, BrokenDownBy};
use crate::rules::breakdown::{Reach, SlotCount, SlotFigure};
use crate::vocab::{Code, Cut, Stretch};

/// Along which axis, before the clock is known.
#[derive(Debug, Clone, Copy)]
pub enum Axis {
    Time(Stretch),
    Place(Reach),
}

/// Gives the axis of a part that is a breakdown.
pub const fn axis(part: Part) -> Option<Axis> {
    match part {
        Part::Day => Some(Axis::Time(Stretch::Day)),
        Part::Week => Some(Axis::Time(Stretch::Week)),
        Part::Month => Some(Axis::Time(Stretch::Month)),
        Part::Year => Some(Axis::Time(Stretch::Year)),
        Part::Region => Some(Axis::Place(Reach::Region)),
        Part::Place => Some(Axis::Place(Reach::Place)),
        Part::All | Part::Accused | Part::Matrix | Part::Figures | Part::Counters => None,
    }
}

/// Sorts incidents into slots and prints them.
pub fn run(args: &TallyArgs, axis: Axis, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let zones = &view.genesis().zones;
    let ceasefire = args.ceasefire.as_deref().map(|text| ceasefire_id(text, &view)).transpose()?;
    let by = match axis {
        Axis::Time(stretch) => BrokenDownBy::Time(stretch, args.clock.cut(zones)?),
        Axis::Place(reach) => BrokenDownBy::Place(reach),
    };
    let question = BreakdownQuestion {
        ceasefire: ceasefire.as_ref(),
        rules: session.rules(&view.genesis().rules)?,
        window: session.valid_at(zones)?,
        by,
    };
    let answer = view
        .breakdown(&question)
        .map_err(|error| refusal::rows(&error))?
        .ok_or_else(|| Complaint::new(Outcome::Rejected, Code::UnknownCeasefire, "the ceasefire is not recorded"))?;
    match session.console.format() {
        Format::Human => print(&answer, args.lineage, &mut session.console)?,
        Format::Csv => print_csv(&answer, &mut session.console)?,
        _ => {
            session.console.answer("breakdown", Outcome::Ok, &answer)?;
        }
    }
    Ok(Outcome::Ok)
}

fn print(answer: &BreakdownAnswer, lineage: bool, console: &mut Console) -> Result<(), Complaint> {
    let what = answer.ceasefire.as_deref().unwrap_or("all incidents");
    let title = console.paint(Paint::Heading, &format!("{what} by {}", answer.by));
    let window = answer.window.map_or_else(|| "all of time".to_owned(), |window| window.to_string());
    let days = answer.cut.map(|cut: Cut| format!(", days end at {cut}")).unwrap_or_default();
    console.line(format!("{title}   rules {}, events of {window}{days}", answer.rules))?;
    let width = answer.slots.iter().map(|slot| slot.name.chars().count()).max().unwrap_or(0).max(10);
    let head = format!("  {:<width$} {:>8} {:>8}  figures claimed", answer.by, "certain", "possible");
    console.line(console.paint(Paint::Faint, &head))?;
    for slot in &answer.slots {
        let figures: Vec<String> = slot.figures.iter().map(figure).collect();
        let behind = if lineage { super::records(&slot.records) } else { String::new() };
        console.line(format!(
            "  {:<width$} {:>8} {:>8}  {}{behind}",
            slot.name,
            slot.certain,
            slot.possible,
            figures.join(", ")
        ))?;
    }
    let note = format!(
        "{} incidents. An incident that may lie in several slots is possible in each. A slot that is not listed is no zero.",
        answer.incidents
    );
    console.line(console.paint(Paint::Faint, &note))?;
    let known = &answer.known_at;
    let basis = known.basis();
    console.line(console.paint(Paint::Faint, &basis))
}

fn figure(figure: &SlotFigure) -> String {
    let published = figure.published.map(|sum| {
        let flag = if sum.out_of_order > 0 { format!(", {} out of order", sum.out_of_order) } else { String::new() };
        format!(" (published low {} best {} high {}{flag})", sum.low, sum.best, sum.high)
    });
    format!("{} {}{}", figure.value, figure.kind, published.unwrap_or_default())
}

const CSV_HEAD: [&str; 13] = [
    "slot",
    "from",
    "to",
    "certain",
    "possible",
    "figure",
    "min",
    "max",
    "low",
    "best",
    "high",
    "out_of_order",
    "rules",
];

fn print_csv(answer: &BreakdownAnswer, console: &mut Console) -> Result<(), Complaint> {
    let mut rows = vec![CSV_HEAD.map(ToOwned::to_owned).to_vec()];
    for slot in &answer.slots {
        if slot.figures.is_empty() {
            rows.push(csv_row(slot, None, &answer.rules));
        }
        rows.extend(slot.figures.iter().map(|figure| csv_row(slot, Some(figure), &answer.rules)));
    }
    console.csv(&rows)
}

fn csv_row(slot: &SlotCount, figure: Option<&SlotFigure>, rules: &str) -> Vec<String> {
    let shown = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let published = figure.and_then(|figure| figure.published);
    let end = |end: Option<crate::vocab::Instant>| end.map(|end| end.to_string()).unwrap_or_default();
    vec![
        slot.name.clone(),
        end(slot.span.and_then(|span| span.from)),
        end(slot.span.and_then(|span| span.to)),
        slot.certain.to_string(),
        slot.possible.to_string(),
        figure.map(|figure| figure.kind.to_string()).unwrap_or_default(),
        shown(figure.map(|figure| figure.value.min)),
        shown(figure.and_then(|figure| figure.value.max)),
        shown(published.map(|sum| sum.low)),
        shown(published.map(|sum| sum.best)),
        shown(published.map(|sum| sum.high)),
        shown(published.map(|sum| sum.out_of_order)),
        rules.to_owned(),
    ]
}
