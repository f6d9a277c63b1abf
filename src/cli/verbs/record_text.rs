//! One record, for a person: as a line of a list, or in full.

mod gist;
mod members;
mod mending;
mod signed;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, internal, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::event::Event;
use crate::ledger::{AnnexCount, RecordSignature, ReplayError, View};
use crate::log::StoredRecord;
use crate::projection::{AnnexRow, seq_key};
use crate::record::Body;
use crate::vocab::{Code, Instant, Pointer, Refer, Reference, Seq};

pub use gist::{actors, gist};
pub use members::figure_words;
pub use mending::{Mending, mending};
pub use signed::Listed;

/// How many characters of a summary a line of a list shows.
const SUMMARY_CHARS: usize = 100;

/// A stored record with its body read.
pub struct Told {
    /// The record.
    pub stored: StoredRecord,
    /// What it holds.
    pub body: Body,
}

/// One record as a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RecordLine {
    /// Its position.
    pub seq: Seq,
    /// When it was recorded.
    pub recorded: Instant,
    /// Its event type.
    pub r#type: String,
    /// Who submitted it.
    pub by: String,
    /// The id it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Who says so; empty where nobody claims it.
    pub speakers: Vec<String>,
    /// What it says, in codes and ids.
    pub what: String,
    /// What it says, in the recorder's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// How it was mended later.
    #[serde(flatten)]
    pub mending: Mending,
    /// Who signed it, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<RecordSignature>,
}

impl Told {
    /// Reads a stored record.
    pub fn read(stored: StoredRecord) -> Result<Self, Complaint> {
        let seq = stored.seq;
        let body = Body::read(stored.body());
        let body = body.map_err(|source| refusal::replay(&ReplayError::Body { seq, source }))?;
        Ok(Self { stored, body })
    }

    /// Reads the record at a position, where there is one.
    pub fn at(seq: Seq, view: &View<'_>) -> Result<Option<Self>, Complaint> {
        view.reader().record_at(seq).map_err(|error| refusal::read(&error))?.map(Self::read).transpose()
    }

    /// Gives the event.
    pub const fn event(&self) -> &Event {
        &self.body.event
    }

    /// Puts the record into a line.
    pub fn line(&self, mending: Mending) -> RecordLine {
        let event = self.event();
        let speakers = event.source().map(|source| source.speaker.iter().map(ToString::to_string).collect());
        RecordLine {
            seq: self.stored.seq,
            recorded: self.stored.at,
            r#type: event.type_name().to_owned(),
            by: self.body.by.to_string(),
            subject: event.subject().map(ToOwned::to_owned),
            speakers: speakers.unwrap_or_default(),
            what: gist(event),
            summary: event.summary().map(|text| text.as_str().to_owned()),
            mending,
            signature: None,
        }
    }
}

impl RecordLine {
    /// The columns of a table of records.
    pub const COLUMNS: [&'static str; 12] = [
        "seq",
        "recorded",
        "type",
        "by",
        "subject",
        "speakers",
        "what",
        "summary",
        "corrected_by",
        "retracted_by",
        "signed_with",
        "signature",
    ];

    /// Puts the line into the cells of a table.
    pub fn cells(&self) -> Vec<String> {
        let seq = |seq: Option<Seq>| seq.map(|seq| seq.to_string()).unwrap_or_default();
        vec![
            self.seq.to_string(),
            self.recorded.to_string(),
            self.r#type.clone(),
            self.by.clone(),
            self.subject.clone().unwrap_or_default(),
            self.speakers.join(" "),
            self.what.clone(),
            self.summary.clone().unwrap_or_default(),
            seq(self.mending.corrected_by),
            seq(self.mending.retracted_by),
            self.signature.as_ref().and_then(|signature| signature.key.clone()).unwrap_or_default(),
            self.signature.as_ref().map(|signature| signature.standing.to_string()).unwrap_or_default(),
        ]
    }

    /// Writes the line for a person; positions are padded to `width`.
    pub fn text(&self, width: usize, console: &Console) -> String {
        let head = console.paint(Paint::Faint, &seconds(self.recorded));
        let mut text = format!("{:>width$}  {head}  {:<23}  {}", self.seq, self.r#type, isolated(&self.what));
        if let Some(mark) = self.mending.mark() {
            text.push_str("  ");
            text.push_str(&console.paint(Paint::Unsure, &mark));
        }
        if let Some(summary) = &self.summary {
            text.push_str(&console.paint(Paint::Faint, "  — "));
            text.push_str(&isolated(&shortened(summary, SUMMARY_CHARS)));
        }
        text
    }
}

/// Writes a record in full.
pub fn print(
    told: &Told,
    mending: &Mending,
    signature: Option<&RecordSignature>,
    view: &View<'_>,
    lang: &str,
    console: &mut Console,
) -> Result<(), Complaint> {
    let annex = view.tables().annexes.row(&seq_key(told.stored.seq)).map_err(|error| refusal::rows(&error))?;
    print_envelope(told, mending, signature, annex.as_ref(), console)?;
    console.line("")?;
    let event = told.event();
    let rows = members::rows(event);
    let width = rows.iter().map(|row| row.name.chars().count() + 2 * row.depth).max().unwrap_or(0).clamp(10, 24);
    for row in &rows {
        let indent = " ".repeat(2 * row.depth);
        let name =
            console.paint(Paint::Faint, &format!("{indent}{:<1$}", row.name, width - 2 * row.depth.min(width / 2)));
        console.line(format!("  {name}  {}", row.text).trim_end())?;
    }
    print_keyed(told, view, console)?;
    print_names(event, view, lang, console)
}

/// Says at which positions the records stand that this one names by their keys.
fn print_keyed(told: &Told, view: &View<'_>, console: &mut Console) -> Result<(), Complaint> {
    let mut keyed = Vec::new();
    told.event().refer(&Pointer::root(), &mut |_, reference| {
        if let Reference::Record(record) = reference
            && record.key.is_some()
        {
            keyed.push(record.clone());
        }
    });
    if !keyed.is_empty() {
        console.line("")?;
    }
    for record in keyed {
        if let Some(seq) = view.tables().resolve(&record, &told.body.by).map_err(|error| refusal::rows(&error))? {
            console.line(format!("  {} is record {seq}", isolated(&record.to_string())))?;
        }
    }
    Ok(())
}

/// Says how many fields are sealed, and what was decided about them; nothing of their content.
fn sealed_words(digests: usize, annex: Option<&AnnexRow>) -> String {
    let mut words = format!("up to {digests} fields, as digests among decoys");
    let count = annex.map(AnnexCount::of).unwrap_or_default();
    for (number, what) in [(count.withheld, "withheld"), (count.disclosed, "handed over"), (count.erased, "erased")] {
        if number > 0 {
            let _ = write!(words, "; {number} {what}");
        }
    }
    words.push_str("; --private opens them for whoever holds the vault key");
    words
}

fn print_envelope(
    told: &Told,
    mending: &Mending,
    signature: Option<&RecordSignature>,
    annex: Option<&AnnexRow>,
    console: &mut Console,
) -> Result<(), Complaint> {
    let Told { stored, body } = told;
    let (name, version) = body.event.head();
    let title = console.paint(Paint::Heading, &format!("record {}", stored.seq));
    console.line(format!("{title}  {name}, version {version}"))?;
    let mut row = |name: &str, text: &str| console.line(format!("  {name:<10}  {text}"));
    row("hash", &stored.hash.to_string())?;
    row("prev", &stored.prev.to_string())?;
    let batch = if stored.end == stored.seq {
        "the last of its batch".to_owned()
    } else {
        format!("in a batch that ends with record {}", stored.end)
    };
    row("recorded", &format!("{}, {batch}", stored.at))?;
    row("submitted", &format!("by {}, key {}", body.by, isolated(body.key.as_str())))?;
    row("signed", &signature.map_or_else(|| "no".to_owned(), ToString::to_string))?;
    if let Some(sealed) = &body.sealed {
        row("sealed", &sealed_words(sealed.len(), annex))?;
    }
    if body.event.is_newer() {
        row("newer", "this program does not know the type; --raw shows its bytes")?;
    }
    for mark in mending.sentences() {
        let mark = console.paint(Paint::Unsure, &mark);
        console.line(format!("  {:<10}  {mark}", "mended"))?;
    }
    Ok(())
}

/// Writes the names behind the ids, at the very end: names may be in any script.
fn print_names(event: &Event, view: &View<'_>, lang: &str, console: &mut Console) -> Result<(), Complaint> {
    let (mut actors, mut places) = (BTreeSet::new(), BTreeSet::new());
    event.refer(&Pointer::root(), &mut |_, reference| match reference {
        Reference::Actor(actor) => drop(actors.insert(actor.clone())),
        Reference::Place(place) => drop(places.insert(place.clone())),
        _ => {}
    });
    let mut names = Vec::new();
    for actor in actors {
        names.push((actor.to_string(), view.actor_name(&actor, lang).map_err(|error| refusal::rows(&error))?));
    }
    for place in places {
        let row = view.tables().places.row(place.as_str()).map_err(|error| refusal::rows(&error))?;
        let name = row.as_ref().and_then(|row| row.names.in_language(lang)).map(|name| name.text.to_string());
        names.extend(name.map(|name| (place.to_string(), name)));
    }
    names.retain(|(id, name)| id != name);
    if names.is_empty() {
        return Ok(());
    }
    console.line("")?;
    let width = names.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    for (id, name) in names {
        console.line(format!("  {id:<width$}  {}", isolated(&name)))?;
    }
    Ok(())
}

/// Writes a recording time to the second; the whole of it stands in `show`.
#[must_use]
pub fn seconds(instant: Instant) -> String {
    let text = instant.to_string();
    format!("{}Z", text.get(..19).unwrap_or(&text))
}

/// Cuts a text to so many characters.
#[must_use]
pub fn shortened(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// Gives how wide positions up to this one are.
#[must_use]
pub fn seq_width(last: Seq) -> usize {
    last.to_string().len()
}

/// Writes a value as JSON.
pub fn to_json(value: &impl Serialize) -> Result<serde_json::Value, Complaint> {
    serde_json::to_value(value).map_err(|error| internal(&error.to_string()))
}

/// Refuses `--format csv` where the answer is no table.
pub fn refuse_csv(verb: &str, console: &Console) -> Result<(), Complaint> {
    if console.format() != crate::cli::args::Format::Csv {
        return Ok(());
    }
    let what = format!("the answer of `{verb}` is no table");
    Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("use --format json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_time_is_cut_to_the_second_and_keeps_its_zone() {
        let at = Instant::parse("2020-10-17T18:04:05.123456Z").unwrap();
        assert_eq!(seconds(at), "2020-10-17T18:04:05Z");
    }

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        assert_eq!(shortened("گنجه بود", 4), "گنجه…");
        assert_eq!(shortened("short", 5), "short");
    }
}
