//! `show`: one record, or what is registered under an id.

mod named;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::record_text::{self, Mending, RecordLine, Told, mending, refuse_csv, seq_width};
use super::state::unknown;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{AnnexCount, FieldState, KnownAt, RecordSignature, View, Withheld};
use crate::log::LogReader;
use crate::projection::seq_key;
use crate::vocab::{ActorId, Code, Digest32, Label, Names, RecordRef, Seq};

/// What `show` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire show 7\n  ceasefire show 3f9ac21b\n  ceasefire show AZE\n  \
    ceasefire show 7 --raw | tr -d '\\n' | b3sum     prints the hash of record 7")]
pub struct ShowArgs {
    /// A position, eight or more digits of a record's hash, or an id; also key:K and by:ACTOR:K for a record's key
    #[arg(value_name = "SEQ|HASH|ID")]
    pub what: String,
    /// Print the record's line, byte for byte as it is stored
    #[arg(long)]
    pub raw: bool,
    /// Open the record's sealed fields: for whoever holds the vault key. Withheld ones stay closed
    #[arg(long, conflicts_with = "raw")]
    pub private: bool,
}

/// What `show` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum ShowAnswer {
    /// For a position or a hash.
    Record(Box<RecordAnswer>),
    /// For an id.
    Id(IdAnswer),
}

/// One record.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct RecordAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The record, in short.
    pub record: RecordLine,
    /// Its hash.
    pub hash: String,
    /// The hash of the record before.
    pub prev: String,
    /// The last position of its batch.
    pub batch_end: Seq,
    /// Whether the submitter signed it.
    pub signed: bool,
    /// Who signed it, and how that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<RecordSignature>,
    /// How many fields it seals and how they stand; absent where it seals none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<AnnexCount>,
    /// The sealed fields, opened; absent without `--private`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<Vec<PrivateField>>,
    /// What the submitter handed in.
    pub body: Value,
}

/// One sealed field, as `--private` shows it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct PrivateField {
    /// Its digest.
    pub digest: Digest32,
    /// `open`, `withheld`, `erased`, `erasure_pending`, `withheld_or_lost`, `unopened` or `damaged`; decoys are left out.
    pub state: String,
    /// Its name, a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The record that withholds or erased it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_record: Option<Seq>,
}

/// What is registered or reported under an id.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct IdAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The id.
    pub id: String,
    /// What it names; one id may name things of several kinds.
    pub named: Vec<Named>,
}

/// One thing that an id names.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Named {
    /// What kind of thing.
    pub kind: String,
    /// What is known of it, in short.
    pub facts: Vec<Fact>,
    /// Its names by language.
    pub names: Names,
    /// The records it rests on.
    pub records: Vec<Seq>,
    /// The command that tells more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// One thing known of it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// What was asked for.
enum Asked {
    Record(Box<Told>),
    Id(Vec<Named>),
}

/// Shows a record or an id.
pub fn run(args: &ShowArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("show", &session.console)?;
    let replayed = session.replayed()?;
    let view = replayed.view();
    match find(&args.what, &view)? {
        Asked::Record(told) if !view.knows(told.stored.seq) => {
            let what = format!("record {} had not been published by then", told.stored.seq);
            return Err(Complaint::new(Outcome::Rejected, Code::NotPublished, what));
        }
        Asked::Record(told) => {
            let broken = broken_link(&told, &view)?;
            let outcome = if broken.is_some() { Outcome::Violated } else { Outcome::Ok };
            if args.raw {
                session.console.line(&*told.stored.line)?;
            } else {
                let private = args.private.then(|| private_fields(told.stored.seq, &view, session)).transpose()?;
                show_record(&told, private, outcome, &view, session)?;
            }
            return broken.map_or(Ok(outcome), Err);
        }
        Asked::Id(_) if args.private => {
            let what = format!("`{}` is an id, not a record; only a record has sealed fields", args.what);
            return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("give the record's position"));
        }
        Asked::Id(_) if args.raw => {
            let what = format!("`{}` is an id, not a record; only a record has bytes", args.what);
            return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave --raw out"));
        }
        Asked::Id(named) => show_id(&args.what, named, &view, session)?,
    }
    Ok(Outcome::Ok)
}

/// Holds a record against what the log says of it: the next record names its hash, and the view names its head's.
/// A record that was changed is shown all the same, with this complaint beside it.
fn broken_link(told: &Told, view: &View<'_>) -> Result<Option<Complaint>, Complaint> {
    let known_at = view.known_at();
    let seq = told.stored.seq;
    let said = if seq == known_at.seq {
        Some(known_at.head)
    } else {
        let next = view.reader().record_at(seq.next()).map_err(|error| refusal::read(&error))?;
        next.map(|next| next.prev)
    };
    Ok(said.filter(|said| *said != told.stored.hash).map(|said| {
        let what =
            format!("record {seq} hashes to {}, the log says elsewhere that it hashes to {said}", told.stored.hash);
        Complaint::new(Outcome::Violated, Code::LogCorrupt, what)
    }))
}

fn find(text: &str, view: &View<'_>) -> Result<Asked, Complaint> {
    let head = view.known_at().seq;
    let position = text.parse::<u64>().ok().map(Seq::new);
    if let Some(seq) = position.filter(|seq| Seq::NONE < *seq && *seq <= head) {
        let told = Told::at(seq, view)?.ok_or_else(|| no_record(text, head))?;
        return Ok(Asked::Record(Box::new(told)));
    }
    if let Some(record) = keyed(text, view) {
        let seq = view.tables().resolve(&record, &view.genesis().recorder).map_err(|error| refusal::rows(&error))?;
        let told = seq.map_or(Ok(None), |seq| Told::at(seq, view))?;
        return told.map(|told| Asked::Record(Box::new(told))).ok_or_else(|| no_record(text, head));
    }
    let named = named::named(text, view).map_err(|error| refusal::rows(&error))?;
    if !named.is_empty() {
        return Ok(Asked::Id(named));
    }
    if is_hash_prefix(text)
        && let Some(seq) = by_hash(&text.to_ascii_lowercase(), head, view.reader())?
    {
        let told = Told::at(seq, view)?.ok_or_else(|| no_record(text, head))?;
        return Ok(Asked::Record(Box::new(told)));
    }
    if position.is_some() || is_hash_prefix(text) {
        return Err(no_record(text, head));
    }
    let ids = named::all_ids(view).map_err(|error| refusal::rows(&error))?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    Err(unknown(Code::UnknownRecord, "record, hash or id", text, &ids))
}

/// Reads `key:K` (the recorder's key K) or `by:ACTOR:K`.
fn keyed(text: &str, view: &View<'_>) -> Option<RecordRef> {
    let (by, key) = match text.strip_prefix("by:") {
        Some(rest) => rest.split_once(':').map(|(by, key)| (ActorId::new(by).ok(), key))?,
        None => (Some(view.genesis().recorder.clone()), text.strip_prefix("key:")?),
    };
    Some(RecordRef { seq: None, key: Some(Label::new(key).ok()?), by })
}

pub(super) fn no_record(text: &str, head: Seq) -> Complaint {
    let what = format!("there is no record `{text}`; the records known here are 1 to {head}");
    Complaint::new(Outcome::Rejected, Code::UnknownRecord, what)
}

/// Eight digits of a hash or more, up to all sixty-four.
pub(super) fn is_hash_prefix(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Walks the log for the one record whose hash begins so.
pub(super) fn by_hash(prefix: &str, head: Seq, reader: &LogReader) -> Result<Option<Seq>, Complaint> {
    let mut found: Vec<(Seq, String)> = Vec::new();
    let walked: Result<(), crate::log::ReadError> = reader.for_each_block(Seq::FIRST, Some(head), |lines| {
        for line in lines {
            let hash = line.hash.to_string();
            if hash.starts_with(prefix) {
                found.push((line.envelope.seq, hash));
            }
        }
        Ok(())
    });
    walked.map_err(|error| refusal::read(&error))?;
    match found.as_slice() {
        [] => Ok(None),
        [(seq, _)] => Ok(Some(*seq)),
        several => {
            let what = format!("{} records have a hash that begins with `{prefix}`", several.len());
            let shown: Vec<String> =
                several.iter().take(4).map(|(seq, hash)| format!("{seq} {}", hash.get(..16).unwrap_or(hash))).collect();
            let hint = format!("give more digits: {}", shown.join(", "));
            Err(Complaint::new(Outcome::Rejected, Code::UnknownRecord, what).hint(hint))
        }
    }
}

/// Opens a record's sealed fields, as they stand now whatever moment of knowledge is asked for: what was erased since is gone.
fn private_fields(seq: Seq, view: &View<'_>, session: &Session) -> Result<Vec<PrivateField>, Complaint> {
    let archive = session.archive()?;
    let annex = match session.global.known_at {
        None => archive.annex_in(view, seq, Withheld::Closed),
        Some(_) => archive.annex(seq, Withheld::Closed),
    };
    let annex = annex.map_err(|error| refusal::annex(&error))?;
    let fields = annex.map(|annex| annex.fields).unwrap_or_default();
    let shown = fields.into_iter().filter(|field| field.state != FieldState::Decoy).map(|field| {
        let mut shown = PrivateField {
            digest: field.digest,
            state: field.state.word().to_owned(),
            field: None,
            value: None,
            by_record: None,
        };
        match field.state {
            FieldState::Open(disclosure) => {
                shown.field = Some(disclosure.pointer().to_owned());
                shown.value = serde_json::from_str(disclosure.value()).ok();
            }
            FieldState::Withheld(seq) | FieldState::Erased(seq) | FieldState::ErasurePending(seq) => {
                shown.by_record = Some(seq);
            }
            _ => {}
        }
        shown
    });
    let mut shown: Vec<PrivateField> = shown.collect();
    shown.sort_by(|a, b| (a.field.is_none(), &a.field).cmp(&(b.field.is_none(), &b.field)));
    Ok(shown)
}

fn print_private(fields: &[PrivateField], session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    console.line("")?;
    if fields.is_empty() {
        return console.line("  it seals no field");
    }
    for shown in fields {
        let value = shown.value.as_ref().map(|value| match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        });
        if let (Some(field), Some(value)) = (&shown.field, value) {
            console.line(format!("  private  {}  {}", isolated(field), isolated(&value)))?;
            continue;
        }
        let by = shown.by_record.map(|seq| format!(" by record {seq}")).unwrap_or_default();
        let digest = shown.digest.to_string();
        let digest = digest.get(..16).unwrap_or_default();
        let words = format!("  private  {digest}…  {}{by}", shown.state.replace('_', " "));
        console.line(console.paint(Paint::Unsure, &words))?;
    }
    Ok(())
}

fn show_record(
    told: &Told,
    private: Option<Vec<PrivateField>>,
    outcome: Outcome,
    view: &View<'_>,
    session: &mut Session,
) -> Result<(), Complaint> {
    let mending: Mending = mending(view.tables(), told.stored.seq).map_err(|error| refusal::rows(&error))?;
    let book = view.key_book().map_err(|error| refusal::rows(&error))?;
    let signature = book.signature_of(&told.stored, &told.body.by);
    if session.console.is_human() {
        let lang = session.global.lang.clone();
        record_text::print(told, &mending, signature.as_ref(), view, &lang, &mut session.console)?;
        return private.map_or(Ok(()), |fields| print_private(&fields, session));
    }
    let sealed = view.tables().annexes.row(&seq_key(told.stored.seq)).map_err(|error| refusal::rows(&error))?;
    let answer = ShowAnswer::Record(Box::new(RecordAnswer {
        known_at: view.known_at(),
        record: told.line(mending),
        hash: told.stored.hash.to_string(),
        prev: told.stored.prev.to_string(),
        batch_end: told.stored.end,
        sealed: sealed.as_ref().map(AnnexCount::of),
        private,
        signed: told.stored.signature().is_some(),
        signature,
        body: serde_json::from_str(told.stored.body()).unwrap_or_default(),
    }));
    session.console.answer("show", outcome, &answer)
}

fn show_id(id: &str, named: Vec<Named>, view: &View<'_>, session: &mut Session) -> Result<(), Complaint> {
    if !session.console.is_human() {
        let answer = ShowAnswer::Id(IdAnswer { known_at: view.known_at(), id: id.to_owned(), named });
        return session.console.answer("show", Outcome::Ok, &answer);
    }
    for thing in &named {
        print_named(id, thing, view, session)?;
    }
    Ok(())
}

fn print_named(id: &str, thing: &Named, view: &View<'_>, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    let title = console.paint(Paint::Heading, id);
    console.line(format!("{title}  {}", thing.kind))?;
    for Fact { name, value } in &thing.facts {
        console.line(format!("  {name:<10}  {}", isolated(value)))?;
    }
    for name in thing.names.iter() {
        console.line(format!("  {:<10}  {:<4} {}", "name", name.lang.as_str(), isolated(name.text.as_str())))?;
    }
    let width = seq_width(view.known_at().seq);
    for seq in &thing.records {
        let mending = mending(view.tables(), *seq).map_err(|error| refusal::rows(&error))?;
        if let Some(told) = Told::at(*seq, view)? {
            let line = told.line(mending).text(width, console);
            console.line(format!("  {line}"))?;
        }
    }
    if let Some(more) = &thing.more {
        console.say(format!("more: {more}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_of_a_hash_are_enough_and_seven_are_not() {
        assert!(is_hash_prefix("3f9ac21b") && is_hash_prefix("3F9AC21B"));
        assert!(!is_hash_prefix("3f9ac21") && !is_hash_prefix("3f9ac21g") && !is_hash_prefix(&"a".repeat(65)));
    }
}
