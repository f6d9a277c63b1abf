//! `show`: one record, or what is registered under an id.

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::record_text::{self, Mending, RecordLine, Told, figure_words, mending, refuse_csv, seq_width, to_json};
use super::state::unknown;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{KnownAt, View};
use crate::projection::RowError;
use crate::rules::claims::Claimed;
use crate::vocab::{ActorId, Code, Label, Names, RecordRef, Seq};

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
    /// What the submitter handed in.
    pub body: Value,
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
        Asked::Record(told) if args.raw => session.console.line(&*told.stored.line)?,
        Asked::Record(told) => show_record(&told, &view, session)?,
        Asked::Id(_) if args.raw => {
            let what = format!("`{}` is an id, not a record; only a record has bytes", args.what);
            return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave --raw out"));
        }
        Asked::Id(named) => show_id(&args.what, named, &view, session)?,
    }
    Ok(Outcome::Ok)
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
    let named = named(text, view).map_err(|error| refusal::rows(&error))?;
    if !named.is_empty() {
        return Ok(Asked::Id(named));
    }
    if is_hash_prefix(text)
        && let Some(seq) = by_hash(&text.to_ascii_lowercase(), head, view)?
    {
        let told = Told::at(seq, view)?.ok_or_else(|| no_record(text, head))?;
        return Ok(Asked::Record(Box::new(told)));
    }
    if position.is_some() || is_hash_prefix(text) {
        return Err(no_record(text, head));
    }
    let ids = all_ids(view).map_err(|error| refusal::rows(&error))?;
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

fn no_record(text: &str, head: Seq) -> Complaint {
    let what = format!("there is no record `{text}`; the records known here are 1 to {head}");
    Complaint::new(Outcome::Rejected, Code::UnknownRecord, what)
}

/// Eight digits of a hash or more, up to all sixty-four.
fn is_hash_prefix(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Walks the log for the one record whose hash begins so.
fn by_hash(prefix: &str, head: Seq, view: &View<'_>) -> Result<Option<Seq>, Complaint> {
    let mut found: Vec<(Seq, String)> = Vec::new();
    let walked: Result<(), crate::log::ReadError> = view.reader().for_each_block(Seq::FIRST, Some(head), |lines| {
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

/// Finds everything an id names.
fn named(id: &str, view: &View<'_>) -> Result<Vec<Named>, RowError> {
    let found = [
        actor(id, view)?,
        place(id, view)?,
        ceasefire(id, view)?,
        incident(id, view)?,
        counter(id, view)?,
        process(id, view)?,
        key(id, view)?,
    ];
    Ok(found.into_iter().flatten().collect())
}

fn actor(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let tables = view.tables();
    let Some(row) = tables.actors.row(id)? else { return Ok(None) };
    let mut facts = vec![fact("kind", row.kind)];
    let mut records = row.records;
    tables.relations.walk("", |_, related| {
        let (from, to) = (&related.claim.actor, &related.claim.to);
        if related.stands() && (from.as_str() == id || to.as_str() == id) {
            facts.push(fact("relation", format!("{from} {} {to} [record {}]", related.claim.relation, related.seq)));
            records.push(related.seq);
        }
    })?;
    records.sort();
    let more = Some(format!("ceasefire log --actor {id}"));
    Ok(Some(Named { kind: "actor".to_owned(), facts, names: row.names, records, more }))
}

fn place(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let Some(row) = view.tables().places.row(id)? else { return Ok(None) };
    let mut facts: Vec<_> = row.within.iter().map(|within| fact("within", within)).collect();
    view.tables().places.walk("", |_, inner| {
        if inner.within.as_ref().is_some_and(|within| within.as_str() == id) {
            facts.push(fact("holds", &inner.place));
        }
    })?;
    let more = Some(format!("ceasefire search {id}"));
    Ok(Some(Named { kind: "place".to_owned(), facts, names: row.names, records: row.records, more }))
}

fn ceasefire(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let Some(row) = view.tables().ceasefires.row(id)? else { return Ok(None) };
    let ids = |ids: &[crate::vocab::ActorId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut facts: Vec<_> = row.kind.iter().map(|kind| fact("kind", kind)).collect();
    let roles = [("parties", &row.parties), ("mediators", &row.mediators), ("guarantors", &row.guarantors)];
    facts.extend(roles.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| fact(name, ids(list))));
    facts.extend(row.relations.iter().map(|related| fact("relation", format!("{} {}", related.relation, related.to))));
    facts.extend(row.external.iter().map(|external| fact("also", format!("{}:{}", external.scheme, external.id))));
    let claims = view.ceasefire_claims(&row.ceasefire)?;
    let mut records = row.records;
    records.extend(claims.iter().flat_map(Claimed::records));
    records.sort();
    records.dedup();
    let more = Some(format!("ceasefire state {id}, ceasefire replay {id}"));
    Ok(Some(Named { kind: "ceasefire".to_owned(), facts, names: row.names, records, more }))
}

fn incident(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let Some(row) = view.tables().incidents.row(id)? else { return Ok(None) };
    let mut facts = Vec::new();
    facts.extend(row.merged_into.iter().map(|(into, seq)| fact("merged", format!("into {into} [record {seq}]"))));
    facts.extend(row.members.iter().map(|member| fact("holds", member)));
    let claims = view.tables().claims_about(&row.incident)?;
    let mut records: Vec<Seq> = claims.iter().flat_map(Claimed::records).collect();
    records.sort();
    records.dedup();
    let more = Some(format!("ceasefire incident {id}"));
    Ok(Some(Named { kind: "incident".to_owned(), facts, names: Names::new(Vec::new()), records, more }))
}

/// A counter's readings in order, each beside who publishes it; nothing is added up.
fn counter(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let readings = view.tables().readings.rows(&format!("{id}/"))?;
    let mut facts = Vec::new();
    for reading in &readings {
        let claim = &reading.claim;
        let values: Vec<String> = claim.values.iter().map(figure_words).collect();
        let period = claim.period.map(|period| format!(" at {period}")).unwrap_or_default();
        let stands = if reading.stands() { "" } else { ", retracted" };
        let by = record_text::actors(&claim.voice.speaker);
        facts.push(fact(
            "reading",
            format!("{}{period}, says {by}{stands} [record {}]", values.join("; "), reading.seq),
        ));
    }
    let records = readings.iter().flat_map(Claimed::records).collect();
    let more = Some("ceasefire tally".to_owned());
    let counter = Named { kind: "counter".to_owned(), facts, names: Names::new(Vec::new()), records, more };
    Ok((!readings.is_empty()).then_some(counter))
}

fn process(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let reports = view.tables().processes.rows(&format!("{id}/"))?;
    let facts = reports.iter().map(|report| {
        let attendance = report.claim.attendance.map(|attendance| format!(" {attendance}")).unwrap_or_default();
        let by = record_text::actors(&report.claim.by);
        fact("report", format!("{}{attendance} by {by} [record {}]", report.claim.kind, report.seq))
    });
    let facts = facts.collect();
    let records = reports.iter().flat_map(Claimed::records).collect();
    let process = Named { kind: "process".to_owned(), facts, names: Names::new(Vec::new()), records, more: None };
    Ok((!reports.is_empty()).then_some(process))
}

fn key(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let Some(row) = view.tables().keys.row(id)? else { return Ok(None) };
    let roles: Vec<&str> = row.roles.iter().map(|role| role.as_str()).collect();
    let mut facts = vec![
        fact("of", &row.actor),
        fact("public key", &row.public_key),
        fact("may sign", roles.join(", ")),
        fact("from", format!("record {}", row.from)),
    ];
    facts.extend(row.until.map(|until| fact("until", format!("record {until}"))));
    facts.extend(row.suspect_since.map(|since| fact("doubtful", format!("since {since}"))));
    let records = std::iter::once(row.from).chain(row.until).collect();
    Ok(Some(Named { kind: "key".to_owned(), facts, names: Names::new(Vec::new()), records, more: None }))
}

fn fact(name: &str, value: impl std::fmt::Display) -> Fact {
    Fact { name: name.to_owned(), value: value.to_string() }
}

/// Gathers every id, for "did you mean".
fn all_ids(view: &View<'_>) -> Result<Vec<String>, RowError> {
    let tables = view.tables();
    let mut ids: Vec<String> = Vec::new();
    tables.actors.walk("", |key, _| ids.push(key.to_owned()))?;
    tables.places.walk("", |key, _| ids.push(key.to_owned()))?;
    tables.ceasefires.walk("", |key, _| ids.push(key.to_owned()))?;
    tables.incidents.walk("", |key, _| ids.push(key.to_owned()))?;
    tables.keys.walk("", |key, _| ids.push(key.to_owned()))?;
    let mut keyed = |key: &str| ids.extend(key.split('/').next().map(ToOwned::to_owned));
    tables.readings.walk("", |key, _| keyed(key))?;
    tables.processes.walk("", |key, _| keyed(key))?;
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn show_record(told: &Told, view: &View<'_>, session: &mut Session) -> Result<(), Complaint> {
    let mending: Mending = mending(view.tables(), told.stored.seq).map_err(|error| refusal::rows(&error))?;
    if session.console.is_human() {
        let lang = session.global.lang.clone();
        return record_text::print(told, &mending, view, &lang, &mut session.console);
    }
    let answer = ShowAnswer::Record(Box::new(RecordAnswer {
        known_at: view.known_at(),
        record: told.line(mending),
        hash: told.stored.hash.to_string(),
        prev: told.stored.prev.to_string(),
        batch_end: told.stored.end,
        signed: told.stored.signature().is_some(),
        body: serde_json::from_str(told.stored.body()).unwrap_or_default(),
    }));
    session.console.answer("show", Outcome::Ok, to_json(&answer)?)
}

fn show_id(id: &str, named: Vec<Named>, view: &View<'_>, session: &mut Session) -> Result<(), Complaint> {
    if !session.console.is_human() {
        let answer = ShowAnswer::Id(IdAnswer { known_at: view.known_at(), id: id.to_owned(), named });
        return session.console.answer("show", Outcome::Ok, to_json(&answer)?);
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
