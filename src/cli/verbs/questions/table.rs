//! An answer as a table: for a person, as CSV, or as JSON.

use serde::Serialize;

use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::ledger::KnownAt;
use crate::vocab::{Seq, Span};

/// What a person is shown of an answer.
pub(super) struct Table {
    /// What it is.
    pub(super) title: String,
    /// The heads of the columns.
    pub(super) heads: &'static [&'static str],
    /// The cells.
    pub(super) rows: Vec<Vec<String>>,
    /// What must be said beside the rows.
    pub(super) notes: Vec<String>,
}

/// More characters than this are not aligned: the line runs on.
const WIDEST: usize = 44;

/// Prints an answer in the chosen format.
pub(super) fn print<T: Serialize>(
    verb: &str,
    outcome: Outcome,
    answer: &T,
    known: &KnownAt,
    table: Table,
    console: &mut Console,
) -> Result<(), Complaint> {
    match console.format() {
        Format::Human => print_human(&table, known, console),
        Format::Csv => {
            let heads = table.heads.iter().map(|head| (*head).to_owned()).collect();
            let rows: Vec<Vec<String>> = std::iter::once(heads).chain(table.rows).collect();
            console.csv(&rows)
        }
        Format::Json | Format::Jsonl => console.answer(verb, outcome, answer),
    }
}

fn print_human(table: &Table, known: &KnownAt, console: &mut Console) -> Result<(), Complaint> {
    let title = console.paint(Paint::Heading, &table.title);
    console.line(title)?;
    if table.rows.is_empty() {
        console.line("  none")?;
    } else {
        let cells: Vec<Vec<String>> =
            table.rows.iter().map(|row| row.iter().map(|cell| isolated(cell)).collect()).collect();
        let widths: Vec<usize> = (0..table.heads.len()).map(|column| width(column, table.heads, &cells)).collect();
        let heads: Vec<String> = table.heads.iter().map(|head| (*head).to_owned()).collect();
        let head = aligned(&heads, &widths);
        let head = console.paint(Paint::Faint, &head);
        console.line(head)?;
        for row in &cells {
            console.line(aligned(row, &widths))?;
        }
    }
    for note in &table.notes {
        let note = console.paint(Paint::Faint, note);
        console.line(note)?;
    }
    let basis = known.basis();
    let basis = console.paint(Paint::Faint, &basis);
    console.line(basis)
}

fn width(column: usize, heads: &[&str], rows: &[Vec<String>]) -> usize {
    let head = heads.get(column).map_or(0, |head| head.chars().count());
    let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
    cells.filter(|width| *width <= WIDEST).max().unwrap_or(0).max(head)
}

fn aligned(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    format!("  {}", padded.join("  ").trim_end())
}

/// Writes record positions.
pub(super) fn positions(records: &[Seq]) -> String {
    records.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Writes a time, or that none is stated.
pub(super) fn time(span: Option<Span>) -> String {
    span.map_or_else(|| "not stated".to_owned(), |span| span.to_string())
}

/// Writes names, or a word for nobody.
pub(super) fn named(names: &[String], nobody: &str) -> String {
    if names.is_empty() { nobody.to_owned() } else { names.join(", ") }
}
