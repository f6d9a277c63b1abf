//! `init`: a new ledger.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::Paint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::Recorder;
use crate::ledger::{Folder, Genesis, Ledger};
use crate::rules::signing::SignatureMode;
use crate::vocab::{ActorId, Code, Label, Lang, Name, Names, Seq, Text, ZonePolicy};

/// What `init` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire init nk2020 --origin example.org/nk2020 --zone +03:00 --zone +04:00")]
pub struct InitArgs {
    /// The folder; it must be missing or empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The ledger's name in the world: a name you own and a path, such as example.org/nk2020
    #[arg(long, value_name = "NAME")]
    pub origin: String,
    /// The id of whoever keeps the ledger
    #[arg(long, default_value = "recorder", value_name = "ID")]
    pub recorder: String,
    /// The name of whoever keeps the ledger
    #[arg(long, default_value = "Recorder", value_name = "TEXT")]
    pub recorder_name: String,
    /// A zone that a time without a zone may be meant in; give each one [default: UTC alone]
    #[arg(long = "zone", value_name = "+HH:MM", allow_hyphen_values = true)]
    pub zones: Vec<String>,
    /// What the ledger is kept for
    #[arg(long, value_name = "TEXT")]
    pub purpose: Option<String>,
    /// Whether what is submitted may or must be signed; ledger.toml keeps it, also per role
    #[arg(long, default_value = "allowed", value_parser = ["allowed", "required"], value_name = "MODE")]
    pub signatures: String,
    /// Start a new segment file after this many bytes
    #[arg(long, default_value_t = crate::log::DEFAULT_SEGMENT_BYTES, value_name = "BYTES")]
    pub segment_bytes: u64,
}

/// What `init` answers.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub struct InitAnswer {
    /// The ledger's folder.
    pub folder: String,
    /// The ledger's name.
    pub origin: String,
    /// The log's public key: what others need to check the ledger.
    pub log_key: String,
    /// The hash of record 1.
    pub head: crate::record::RecordHash,
}

/// Creates a ledger.
pub fn run(args: &InitArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let mut genesis = genesis(args)?;
    if session.global.dry_run {
        session.console.line(format!("would create a ledger for {} in {}", genesis.origin, args.folder.display()))?;
        return Ok(Outcome::Ok);
    }
    genesis.key_seed = Some(random_seed()?);
    let folder = Folder::at(&args.folder);
    let ledger = Ledger::create(folder, &genesis, Arc::clone(&session.clock)).map_err(|e| refusal::create(&e))?;
    let key = log_key(&ledger)?;
    let head = ledger.head();
    if !session.console.is_human() {
        let answer = InitAnswer {
            folder: args.folder.display().to_string(),
            origin: genesis.origin.to_string(),
            log_key: key.clone(),
            head: head.hash,
        };
        session.console.answer("init", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    let title = session.console.paint(Paint::Heading, &format!("ledger {}", genesis.origin));
    session.console.line(format!("{title} in {}", args.folder.display()))?;
    session.console.line(format!("  record 1  {}", head.hash))?;
    session.console.line(format!("  log key   {key}"))?;
    session.console.say(
        "Give the log key to everyone who is to check this ledger. Its secret half is in keys/ and stays with you.",
    );
    Ok(Outcome::Ok)
}

/// Makes the genesis of what was typed.
fn genesis(args: &InitArgs) -> Result<Genesis, Complaint> {
    let flag = |name: &str| Place { file: Some(name.to_owned()), ..Place::default() };
    let refuse = |code: Code, name: &str, what: String| Complaint::new(Outcome::Rejected, code, what).at(flag(name));
    let mut genesis = Genesis::new(&args.origin).map_err(|fault| Complaint::fault(&fault, Some(flag("--origin"))))?;
    let actor = ActorId::new(&args.recorder).map_err(|e| refuse(Code::BadId, "--recorder", e.to_string()))?;
    let text = Label::new(&args.recorder_name).map_err(|e| refuse(Code::BadName, "--recorder-name", e.to_string()))?;
    let lang = Lang::new("und").map_err(|e| refuse(Code::BadLanguage, "--recorder-name", e.to_string()))?;
    genesis.recorder = Recorder { actor, names: Names::new(vec![Name { lang, text }]) };
    let zones: Option<Vec<i32>> = args.zones.iter().map(|zone| ZonePolicy::parse_offset(zone)).collect();
    let zones = zones.ok_or_else(|| {
        refuse(Code::BadTime, "--zone", format!("`{}` is not a zone", args.zones.join(", "))).hint("write +04:00 or Z")
    })?;
    genesis.zones = ZonePolicy::new(zones).map_err(|fault| Complaint::fault(&fault, Some(flag("--zone"))))?;
    let purpose = args.purpose.as_deref().map(Text::new).transpose();
    genesis.purpose = purpose.map_err(|e| refuse(Code::TextTooLong, "--purpose", e.to_string()))?;
    genesis.segment_bytes = args.segment_bytes;
    if args.signatures == SignatureMode::Required.as_str() {
        // Record 1 is the ledger's own.
        genesis.signatures.mode = SignatureMode::Required;
        genesis.signatures.since = Some(Seq::FIRST.next());
    }
    Ok(genesis)
}

/// Draws the seed of the log's signing key from the operating system.
pub fn random_seed() -> Result<[u8; 32], Complaint> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        Complaint::new(Outcome::Io, Code::StorageFailed, format!("no randomness for the log key: {error}"))
    })?;
    Ok(seed)
}

/// Reads the log's public key from record 1.
fn log_key(ledger: &Ledger) -> Result<String, Complaint> {
    let first = ledger.reader().record_at(crate::vocab::Seq::FIRST).map_err(|error| refusal::read(&error))?;
    let body = first.and_then(|record| crate::record::Body::read(record.body()).ok());
    Ok(match body.map(|body| body.event) {
        Some(crate::event::Event::LedgerCreated(event)) => {
            event.log_key.map_or_else(|| "none".to_owned(), |key| key.to_string())
        }
        _ => "none".to_owned(),
    })
}
