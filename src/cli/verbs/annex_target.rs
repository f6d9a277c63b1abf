//! Which sealed fields of which record are meant: what `seal`, `unseal` and `erase` have in common.

use clap::Args;

use crate::cli::append::pointer_of;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::Event;
use crate::ledger::{Archive, FieldState, RecordAnnex, Submission, Withheld};
use crate::proof::Disclosure;
use crate::record::Receipt;
use crate::vocab::{ActorId, ActorRef, Code, Digest32, Label, Pointer, RecordRef, Seq, Text};

/// Which fields of which record.
#[derive(Debug, Clone, Args)]
pub struct FieldArgs {
    /// The record: a position, key:K or by:ACTOR:K
    #[arg(value_name = "SEQ", required = true)]
    pub record: Option<String>,
    /// A field, as witness.name or /witness/name, with everything inside it; repeat for each
    #[arg(long = "field", value_name = "FIELD")]
    pub fields: Vec<String>,
    /// A field by its digest, where the vault key is not here; repeat for each
    #[arg(long = "digest", value_name = "SHA256")]
    pub digests: Vec<String>,
    /// Every field
    #[arg(long, conflicts_with_all = ["fields", "digests"])]
    pub all: bool,
    /// The same idempotency key with the same content is the same record
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// Who submits it, where it is not the recorder of this ledger
    #[arg(long, value_name = "ACTOR")]
    pub by: Option<String>,
}

/// What was chosen.
#[derive(Debug)]
pub struct Chosen {
    /// The record's position.
    pub seq: Seq,
    /// The record as an event names it.
    pub target: RecordRef,
    /// The digests, in ascending order.
    pub digests: Vec<Digest32>,
    /// All of the record's fields.
    pub annex: RecordAnnex,
}

/// What `--all` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum All {
    /// The fields.
    Fields,
    /// Every digest, decoys too: then nobody learns how many fields there were.
    Digests,
}

impl Chosen {
    /// Walks the chosen fields that were opened.
    pub fn disclosures(&self) -> Vec<Disclosure> {
        let chosen = self.annex.open_fields().filter(|(field, _)| self.digests.contains(&field.digest));
        chosen.map(|(_, disclosure)| disclosure.clone()).collect()
    }
}

/// Finds the position of the record that is meant.
pub fn target(text: &str, archive: &Archive) -> Result<Seq, Complaint> {
    let replayed = archive.at_head().map_err(|error| refusal::open(&error))?;
    let view = replayed.view();
    let recorder = &view.genesis().recorder;
    let record = match (text.strip_prefix("key:"), text.strip_prefix("by:").and_then(|rest| rest.split_once(':'))) {
        (Some(key), _) => Label::new(key).ok().map(RecordRef::keyed),
        (None, Some((by, key))) => ActorId::new(by)
            .ok()
            .zip(Label::new(key).ok())
            .map(|(by, key)| RecordRef { by: Some(by), ..RecordRef::keyed(key) }),
        (None, None) => text.parse().ok().map(|seq: u64| RecordRef::at(Seq::new(seq))),
    };
    let record = record.ok_or_else(|| no_record(text))?;
    let found = view.tables().resolve(&record, recorder).map_err(|error| refusal::rows(&error))?;
    found.ok_or_else(|| no_record(text))
}

/// Complains that there is no such record.
pub fn no_record(text: &str) -> Complaint {
    Complaint::new(Outcome::Rejected, Code::UnknownRecord, format!("there is no record `{text}`"))
}

/// Chooses fields of a record. Withheld fields are found by name too; they are not shown.
pub fn choose(args: &FieldArgs, all: All, archive: &Archive) -> Result<Chosen, Complaint> {
    let record = args.record.as_deref().unwrap_or_default();
    let seq = target(record, archive)?;
    let annex = archive.annex(seq, Withheld::Opened).map_err(|error| refusal::annex(&error))?;
    let annex = annex.ok_or_else(|| no_record(record))?;
    if annex.fields.is_empty() {
        let what = format!("record {seq} seals no field");
        return Err(Complaint::new(Outcome::Rejected, Code::UnknownSealedField, what));
    }
    let mut digests: Vec<Digest32> = match (args.all, all) {
        (true, All::Digests) => {
            annex.fields.iter().filter(|field| !is_erased(&field.state)).map(|field| field.digest).collect()
        }
        (true, All::Fields) => annex.open_fields().map(|(field, _)| field.digest).collect(),
        (false, _) => named(args, &annex)?,
    };
    digests.sort_unstable();
    digests.dedup();
    if digests.is_empty() {
        let hint = "name them with --field or --digest, or give --all; `ceasefire seal list` shows them";
        return Err(Complaint::new(Outcome::Rejected, Code::UnknownSealedField, "no field is named").hint(hint));
    }
    Ok(Chosen { seq, target: RecordRef::at(seq), digests, annex })
}

const fn is_erased(state: &FieldState) -> bool {
    matches!(state, FieldState::Erased(_) | FieldState::ErasurePending(_))
}

fn named(args: &FieldArgs, annex: &RecordAnnex) -> Result<Vec<Digest32>, Complaint> {
    let mut digests = Vec::new();
    for name in &args.fields {
        let pointer = pointer_of(name).unwrap_or_default();
        let before = digests.len();
        let inside = annex.open_fields().filter(|(_, disclosure)| lies_in(disclosure.pointer(), &pointer));
        digests.extend(inside.map(|(field, _)| field.digest));
        if digests.len() == before {
            return Err(unknown_field(name, annex));
        }
    }
    for text in &args.digests {
        let digest = Digest32::parse(text).filter(|digest| annex.fields.iter().any(|field| field.digest == *digest));
        let what = || format!("record {} does not seal {text}", annex.seq);
        let refuse = || Complaint::new(Outcome::Rejected, Code::NotSealedThere, what()).at(at("--digest"));
        digests.push(digest.ok_or_else(refuse)?);
    }
    Ok(digests)
}

fn lies_in(pointer: &str, above: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Says why no field has this name: there is none, or they could not be opened to see.
fn unknown_field(name: &str, annex: &RecordAnnex) -> Complaint {
    let what = format!("no sealed field of record {} is called `{name}`", annex.seq);
    let complaint = Complaint::new(Outcome::Rejected, Code::UnknownSealedField, what).at(at("--field"));
    let closed = annex.fields.iter().find_map(|field| match field.state {
        FieldState::Unopened(why) => Some(why),
        _ => None,
    });
    if let Some(why) = closed {
        let what = format!("the sealed fields of record {} could not be opened to find `{name}`: {why}", annex.seq);
        return Complaint::new(Outcome::Undecided, Code::VaultKeyMissing, what).hint("name it by --digest instead");
    }
    let erased = annex.fields.iter().find_map(|field| match field.state {
        FieldState::Erased(by) | FieldState::ErasurePending(by) => Some(by),
        _ => None,
    });
    let names: Vec<&str> = annex.open_fields().map(|(_, disclosure)| disclosure.pointer()).collect();
    match (names.as_slice(), erased) {
        ([], None) => complaint.hint("none of its fields is here: they are withheld or lost"),
        ([], Some(by)) => complaint.hint(format!("record {by} erased what it had")),
        (names, None) => complaint.hint(format!("it has {}", names.join(", "))),
        (names, Some(by)) => {
            complaint.hint(format!("it has {}; record {by} erased some of what it had", names.join(", ")))
        }
    }
}

/// Records a decision. Gives its receipt; nothing for a dry run, which says what would be recorded.
pub fn append_decision(
    event: Event,
    marked: &str,
    args: &FieldArgs,
    session: &mut Session,
) -> Result<Option<Receipt>, Complaint> {
    let mut ledger = session.ledger()?;
    let key = match &args.idempotency_key {
        Some(key) => key.clone(),
        None => auto_key(&event, marked)?,
    };
    let key = Label::new(&key).map_err(|error| {
        Complaint::new(Outcome::Rejected, Code::BadText, error.to_string()).at(at("--idempotency-key"))
    })?;
    let by = match &args.by {
        Some(by) => ActorId::new(by)
            .map_err(|error| Complaint::new(Outcome::Rejected, Code::BadId, error.to_string()).at(at("--by")))?,
        None => ledger.submitter().clone(),
    };
    let submission = Submission::new(by, key, event);
    let place =
        |_: usize, pointer: &Pointer| Some(Place { pointer: Some(pointer.as_str().to_owned()), ..Place::default() });
    if session.global.dry_run {
        let body = ledger.body(&submission);
        let text = body.to_text().map_err(|error| crate::cli::console::internal(&error.to_string()))?;
        ledger.would_append(&[(body, text.clone())]).map_err(|error| refusal::append(&error, &place))?;
        session.console.say(format!("would record (nothing was written): {text}"));
        return Ok(None);
    }
    let receipt = ledger.append(&submission).map_err(|error| refusal::append(&error, &place))?;
    super::append::settle(&mut ledger, session);
    Ok(Some(receipt))
}

/// Makes a key from what is recorded: typed twice it is one record. `marked` sets apart what may be said again.
fn auto_key(event: &Event, marked: &str) -> Result<String, Complaint> {
    let text = serde_json::to_string(event).map_err(|error| crate::cli::console::internal(&error.to_string()))?;
    let hash = blake3::hash(format!("{marked}{text}").as_bytes()).to_hex();
    Ok(format!("auto-{}", hash.get(..32).unwrap_or_default()))
}

/// Prints the receipt of a decision.
pub fn print_receipt(receipt: &Receipt, console: &mut Console) -> Result<(), Complaint> {
    let title = console.paint(Paint::Heading, &format!("record {}", receipt.seq));
    console.line(format!("{title}  hash {}", receipt.hash))?;
    if receipt.replayed {
        let words = "  recorded before: this is the first receipt again; nothing was recorded";
        console.line(console.paint(Paint::Unsure, words))?;
    }
    Ok(())
}

/// Reads a text of a flag.
pub fn text(flag: &str, typed: &str) -> Result<Text, Complaint> {
    let refuse = |what: String| Complaint::new(Outcome::Rejected, Code::BadText, what).at(at(flag));
    if typed.trim().is_empty() {
        return Err(refuse(format!("{flag} says nothing")));
    }
    Text::new(typed).map_err(|error| refuse(error.to_string()))
}

/// Reads an actor of a flag: an id, or `?` and words.
pub fn actor(flag: &str, typed: &str) -> Result<ActorRef, Complaint> {
    ActorRef::from_short(typed, &Pointer::root()).map_err(|fault| Complaint::fault(&fault, Some(at(flag))))
}

/// Names a flag as the place of a complaint.
pub fn at(flag: &str) -> Place {
    Place { file: Some(flag.to_owned()), ..Place::default() }
}
