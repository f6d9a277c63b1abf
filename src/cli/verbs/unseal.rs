//! `unseal`: hands chosen sealed fields over, as a file that whoever gets it can check without the ledger.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::annex_target::{All, Chosen, FieldArgs, actor, append_decision, at, choose, print_receipt, text};
use super::record_text::refuse_csv;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::whole_file::{self, Audience};
use crate::event::{AnnexDisclosed, Event};
use crate::ledger::FieldState;
use crate::proof::{DisclosureFile, DisclosureFileError, HandedOver};
use crate::record::{Receipt, RecordHash};
use crate::vocab::{Code, Seq};

/// The most that is read of a file: 32 fields of the greatest length with their line.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// What `unseal` takes.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  ceasefire unseal 7 --field witness.name --to '?the court of appeal' --purpose 'case 7/2021' -o witness.json\n  \
    ceasefire unseal check witness.json\n\n\
    That they were handed over is recorded first: to whom, what for, which digests; never the values.\n\
    To read fields yourself: `ceasefire show 7 --private`."
)]
pub struct UnsealArgs {
    #[command(subcommand)]
    check: Option<Check>,
    #[command(flatten)]
    over: HandOverArgs,
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Check a file of handed over fields; it needs no ledger
    Check(CheckArgs),
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The record's hash, if you know it: from a receipt, a proof, or your own copy of the ledger
    #[arg(long, value_name = "HASH")]
    hash: Option<String>,
}

#[derive(Debug, Args)]
struct HandOverArgs {
    #[command(flatten)]
    fields: FieldArgs,
    /// To whom: an actor's id, or ?words for an office or institution. It is recorded: no private person's name
    #[arg(long, value_name = "WHO", required = true)]
    to: Option<String>,
    /// What for. It is recorded: no names in it
    #[arg(long, value_name = "TEXT", required = true)]
    purpose: Option<String>,
    /// Where to write the file; it must not exist. - for standard output
    #[arg(short, long, value_name = "FILE", required = true)]
    output: Option<PathBuf>,
}

/// What `unseal` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct UnsealAnswer {
    /// The record whose fields were handed over.
    pub record: Seq,
    /// Its hash.
    pub hash: String,
    /// The fields' names.
    pub fields: Vec<String>,
    /// The file.
    pub file: PathBuf,
    /// Whether nothing was recorded and nothing written.
    pub dry_run: bool,
    /// The receipt of the record that says so; absent for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub receipt: Option<Receipt>,
}

/// What `unseal check` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct UnsealCheckAnswer {
    /// The ledger that the record was made for.
    pub origin: String,
    /// The record's position.
    pub record: Seq,
    /// The record's hash.
    pub hash: String,
    /// When it was recorded.
    pub recorded: String,
    /// Who submitted it.
    pub by: String,
    /// Its event type.
    pub r#type: String,
    /// The fields: name and value as JSON text.
    pub fields: Vec<OpenField>,
    /// How many digests the record seals, decoys among them.
    pub sealed: usize,
    /// Whether the hash is the one you gave; absent where you gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_is_known: Option<bool>,
}

/// One field, laid open.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct OpenField {
    /// Its JSON pointer within the private part of the submission.
    pub field: String,
    /// Its value, as the JSON text that was sealed.
    pub value: String,
}

/// Hands over, or checks what was handed over.
pub fn run(args: &UnsealArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("unseal", &session.console)?;
    match &args.check {
        Some(Check::Check(args)) => check(args, session),
        None => hand_over(&args.over, session),
    }
}

fn hand_over(args: &HandOverArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let archive = session.archive()?;
    let chosen = choose(&args.fields, All::Fields, &archive)?;
    let to = actor("--to", args.to.as_deref().unwrap_or_default())?;
    let purpose = text("--purpose", args.purpose.as_deref().unwrap_or_default())?;
    let output = args.output.as_deref().unwrap_or(Path::new("-"));
    check_openable(&chosen)?;
    let to_stdout = output == Path::new("-");
    if !to_stdout && output.exists() {
        let what = format!("{} exists already", output.display());
        return Err(Complaint::new(Outcome::Rejected, Code::OutputExists, what).at(at("--output")));
    }
    let event = AnnexDisclosed {
        target: chosen.target.clone(),
        digests: chosen.digests.clone(),
        to: to.clone(),
        purpose: purpose.clone(),
    };
    let receipt = append_decision(Event::from(event), "", &args.fields, session)?;
    let fields = chosen.disclosures();
    if let Some(receipt) = &receipt {
        let handed_over = HandedOver { record: receipt.seq, to: to.to_string(), purpose: purpose.as_str().to_owned() };
        let file = DisclosureFile::of(&chosen.annex.line, &fields, Some(handed_over));
        let text = file.to_text().map_err(|error| crate::cli::console::internal(&error.to_string()))?;
        if to_stdout {
            return session.console.line(text.trim_end()).map(|()| Outcome::Ok);
        }
        write_secret(output, text.as_bytes())?;
    }
    report(output, &chosen, receipt, session)
}

/// Every chosen field must be here, open, and not withheld.
fn check_openable(chosen: &Chosen) -> Result<(), Complaint> {
    for field in chosen.annex.fields.iter().filter(|field| chosen.digests.contains(&field.digest)) {
        let refuse = |outcome, code, what: String| Err(Complaint::new(outcome, code, what));
        let digest = field.digest;
        match &field.state {
            FieldState::Open(_) => {}
            FieldState::Decoy => {
                return refuse(Outcome::Rejected, Code::UnknownSealedField, format!("{digest} is a decoy"));
            }
            FieldState::Erased(by) | FieldState::ErasurePending(by) => {
                return refuse(Outcome::Rejected, Code::AlreadyErased, format!("{digest} was erased by record {by}"));
            }
            FieldState::WithheldOrLost => {
                let what = format!("{digest} is not in the vault, and no record erased it");
                return refuse(Outcome::Undecided, Code::WithheldOrLost, what);
            }
            FieldState::Unopened(why) => {
                return refuse(
                    Outcome::Undecided,
                    Code::VaultKeyMissing,
                    format!("{digest} could not be opened: {why}"),
                );
            }
            FieldState::Damaged(why) => {
                return refuse(Outcome::Undecided, Code::VaultDamaged, format!("{digest}: {why}"));
            }
            FieldState::Withheld(by) => {
                return refuse(Outcome::Denied, Code::FieldWithheld, format!("{digest} is withheld by record {by}"));
            }
        }
    }
    Ok(())
}

fn report(
    output: &Path,
    chosen: &Chosen,
    receipt: Option<Receipt>,
    session: &mut Session,
) -> Result<Outcome, Complaint> {
    let names: Vec<String> = chosen.disclosures().iter().map(|field| field.pointer().to_owned()).collect();
    let hash = RecordHash::of_line(chosen.annex.line.as_bytes()).to_string();
    let console = &mut session.console;
    if !console.is_human() {
        let answer = UnsealAnswer {
            record: chosen.seq,
            hash,
            fields: names,
            file: output.to_owned(),
            dry_run: session.global.dry_run,
            receipt,
        };
        console.answer("unseal", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    let Some(receipt) = receipt else { return Ok(Outcome::Ok) };
    print_receipt(&receipt, console)?;
    let shown: Vec<String> = names.iter().map(|name| isolated(name)).collect();
    console.line(format!("  handed over  {} of record {}", shown.join(", "), chosen.seq))?;
    console.line(format!("  file         {}  (it holds the values: only you may read it)", output.display()))?;
    console.line("  check it     ceasefire unseal check FILE; no ledger is needed")?;
    Ok(Outcome::Ok)
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Complaint> {
    whole_file::create(path, bytes, Audience::Owner).map_err(|error| {
        let what = format!("the handing over is recorded, and the file could not be written: {error}");
        Complaint::new(Outcome::Io, Code::StorageFailed, what)
            .at(at("--output"))
            .hint("run the same command again: it is recorded once")
    })
}

fn check(args: &CheckArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let known: Option<RecordHash> = match &args.hash {
        None => None,
        Some(text) => {
            let hash = text.rsplit(':').next().unwrap_or(text).parse();
            let what = format!("`{text}` is not a record hash");
            Some(hash.map_err(|_| Complaint::new(Outcome::Rejected, Code::BadHash, what).at(at("--hash")))?)
        }
    };
    let (name, text) = read_file(&args.file)?;
    let place = || Place { file: Some(name.clone()), ..Place::default() };
    let checked = DisclosureFile::read(&text)
        .and_then(|file| file.check())
        .map_err(|error| file_complaint(&error).at(place()))?;
    let hash_is_known = known.map(|known| known == checked.hash);
    let outcome = if hash_is_known == Some(false) { Outcome::Violated } else { Outcome::Ok };
    let answer = UnsealCheckAnswer {
        origin: checked.origin.to_string(),
        record: checked.seq,
        hash: checked.hash.to_string(),
        recorded: checked.at.to_string(),
        by: checked.by.to_string(),
        r#type: checked.event_type.clone(),
        fields: checked
            .fields
            .iter()
            .map(|field| OpenField { field: field.pointer().to_owned(), value: field.value().to_owned() })
            .collect(),
        sealed: checked.sealed,
        hash_is_known,
    };
    if session.console.is_human() {
        print_check(&answer, session)?;
    } else {
        session.console.answer("unseal-check", outcome, &answer)?;
    }
    if hash_is_known == Some(false) {
        let what = format!("the record in the file hashes to {}, not to the hash you know", answer.hash);
        return Err(Complaint::new(Outcome::Violated, Code::NotSealedHere, what).at(place()));
    }
    Ok(outcome)
}

fn print_check(answer: &UnsealCheckAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    let words = format!("Record {} of {} sealed these values:", answer.record, answer.origin);
    console.line(console.paint(Paint::Good, &words))?;
    for OpenField { field, value } in &answer.fields {
        console.line(format!("  {}  {}", isolated(field), isolated(value)))?;
    }
    console.line(format!("  record    {}, by {}, recorded {}", answer.r#type, answer.by, answer.recorded))?;
    console.line(format!("  hash      {}", answer.hash))?;
    match answer.hash_is_known {
        Some(true) => console.line("  That is the hash you know: the record stands where you know it from."),
        Some(false) => Ok(()),
        None => console.line(
            "  That a ledger holds this record is not shown by this file: compare the hash with a receipt, a proof or a copy.",
        ),
    }
}

fn file_complaint(error: &DisclosureFileError) -> Complaint {
    if error.is_refutation() {
        let complaint = Complaint::new(Outcome::Violated, Code::NotSealedHere, error.to_string());
        return complaint.hint("it was changed, or belongs to another record or field");
    }
    Complaint::new(Outcome::Undecided, Code::BadDisclosureFile, error.to_string())
}

fn read_file(path: &Path) -> Result<(String, String), Complaint> {
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MAX_FILE_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes))
    };
    let place = Place { file: Some(name.clone()), ..Place::default() };
    read.map_err(|error| {
        let what = format!("cannot be read: {error}");
        Complaint::new(Outcome::Undecided, Code::StorageFailed, what).at(place.clone()).hint("check the path")
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Complaint::new(Outcome::Undecided, Code::BadDisclosureFile, "not UTF-8").at(place))?;
    Ok((name, text))
}
