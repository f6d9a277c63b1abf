//! `witness request`: a request for a witness without a network, small enough for a picture or a few messages.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::party::{parties, policy_of, witnessing};
use super::seat::{witness_key, write_file};
use crate::cli::complaint::Complaint;
use crate::cli::console::isolated;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::proof::VerifierKey;
use crate::vocab::Code;

/// A longer request is carried as a file; the sender is told.
const SMALL_BYTES: usize = 1024;

/// What `witness request` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire witness request party-b -o request.txt\n  \
    … party B's machine: ceasefire witness answer request.txt -o answer.txt --witness-key … --log … --state …\n  \
    ceasefire witness take answer.txt\n\n\
    The file holds the bytes that would go over HTTP. It grows by 45 bytes for each doubling of the log: up to 1 KB for \
    a log of 65,536 records, and at most some 2 KB for a million million.")]
pub struct RequestArgs {
    /// The witness, as the policy names it: the request starts from what it cosigned last
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// The public key of a witness that the policy does not name
    #[arg(long, value_name = "VKEY", conflicts_with = "name")]
    pub witness: Option<String>,
    /// The size that the witness knows, where it said so
    #[arg(long, value_name = "SIZE")]
    pub from: Option<u64>,
    /// Where to write the request
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// Show it as a QR code too
    #[arg(long)]
    pub qr: bool,
}

/// What `witness request` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct RequestAnswer {
    /// The request, as it would go over HTTP.
    pub body: String,
    /// How many bytes that is.
    pub bytes: usize,
    /// The size that the witness is believed to know.
    pub from: u64,
    /// The size to be cosigned.
    pub size: u64,
}

/// Makes the request.
pub fn run(args: &RequestArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness request", &session.console)?;
    let archive = session.archive()?;
    let witness = witness(args, &archive)?;
    let request = archive.witness_request(witness.as_ref(), args.from).map_err(|error| witnessing(&error))?;
    if !session.global.dry_run {
        archive.keep_checkpoint().map_err(|error| witnessing(&error))?;
    }
    let (bytes, size) = (request.text.len(), request.checkpoint.size());
    let answer = RequestAnswer { body: request.text, bytes, from: request.from, size };
    if !session.console.is_human() {
        session.console.answer("witness-request", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    if session.global.dry_run {
        session.console.line(format!("would ask for {size} records from {} on, in {bytes} bytes", answer.from))?;
        return Ok(Outcome::Ok);
    }
    write_file(&args.output, &answer.body, session)?;
    if args.qr {
        super::qr::print(&answer.body, &mut session.console)?;
    }
    session.console.say(format!("asks for {size} records from {} on, in {bytes} bytes", answer.from));
    if bytes > SMALL_BYTES {
        session.console.say("note: more than 1 KB, because the log is large: carry it as a file");
    }
    Ok(Outcome::Ok)
}

fn witness(args: &RequestArgs, archive: &crate::ledger::Archive) -> Result<Option<VerifierKey>, Complaint> {
    if let Some(vkey) = &args.witness {
        return witness_key(vkey).map(Some);
    }
    let Some(name) = &args.name else { return Ok(None) };
    let known = parties(policy_of(archive)?.as_ref());
    let party = known.into_iter().find(|party| party.name == *name).ok_or_else(|| {
        let what = format!("the policy names no witness {}", isolated(name));
        Complaint::new(Outcome::Rejected, Code::UnknownWitness, what)
    })?;
    Ok(Some(party.key))
}
