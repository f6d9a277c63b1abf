//! `witness take`: what came back from a witness by courier.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::list::{Lacking, instant, print_met, standing};
use super::party::{Party, parties, policy_of, witnessing};
use super::seat::{file, read_file, shown, with_cause, witness_key};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::ledger::Archive;
use crate::proof::{NoteSignature, VerifierKey};
use crate::vocab::{Code, Instant};
use crate::witness::CarriedAnswer;

/// What `witness take` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire witness take answer.txt\n\n\
    The file comes from `ceasefire witness answer`. Each cosignature is checked against the witness's key, and goes to the \
    checkpoint that it is for, even where the ledger has gone on meanwhile. Where the witness answered with a size, the \
    request is made anew from there.")]
pub struct TakeArgs {
    /// The answer; - is standard input
    #[arg(value_name = "FILE")]
    pub answer: PathBuf,
    /// The public key of a witness that the policy does not name
    #[arg(long, value_name = "VKEY")]
    pub witness: Vec<String>,
}

/// What `witness take` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TakeAnswer {
    /// The cosignatures that were taken.
    pub taken: Vec<TakenOne>,
    /// Whether the policy is met now; absent without a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// What it lacks.
    pub lacking: Vec<Lacking>,
}

/// One cosignature that was taken.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TakenOne {
    /// The witness, as the policy or its key names it.
    pub witness: String,
    /// How many records it cosigned.
    pub size: u64,
    /// When, by its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
}

/// Takes an answer.
pub fn run(args: &TakeArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness take", &session.console)?;
    let archive = session.archive()?;
    let policy = policy_of(&archive)?;
    let mut known = parties(policy.as_ref());
    for vkey in &args.witness {
        known.push(Party::of_key(witness_key(vkey)?));
    }
    let at = || file(&shown(&args.answer));
    let read = CarriedAnswer::parse(&read_file(&args.answer)?);
    let lines = match read.map_err(|error| with_cause(Outcome::Rejected, Code::BadRequestFile, &error).at(at()))? {
        CarriedAnswer::Cosignatures(lines) => lines,
        CarriedAnswer::Size(latest) => return Err(other_size(latest, &archive, session)?.at(at())),
    };
    let keys: Vec<VerifierKey> = known.iter().map(|party| party.key.clone()).collect();
    if let Some(stranger) = lines.iter().all(|line| !claims(&keys, line)).then(|| lines.first()).flatten() {
        let what =
            format!("the cosignature is of {}+{}, which the policy does not name", stranger.name(), stranger.id());
        return Err(Complaint::new(Outcome::Denied, Code::UnknownWitness, what)
            .at(at())
            .hint("give its public key with --witness"));
    }
    let taken = if session.global.dry_run {
        archive.try_cosignatures(&lines, &keys)
    } else {
        archive.take_cosignatures(&lines, &keys)
    };
    let taken = taken.map_err(|error| witnessing(&error).at(at()))?;
    let named = |key: &VerifierKey| {
        known.iter().find(|party| party.key == *key).map_or_else(String::new, |party| party.name.clone())
    };
    let taken = taken.iter().flat_map(|one| {
        one.taken.iter().map(|(key, at)| TakenOne { witness: named(key), size: one.size, at: instant(*at) })
    });
    let taken = taken.collect();
    let judged = policy.as_ref().map(|policy| standing(&archive, policy)).transpose()?;
    let met = judged.as_ref().map(super::list::Judged::is_met);
    print(&TakeAnswer { taken, met, lacking: judged.map(|judged| judged.lacking()).unwrap_or_default() }, session)
}

fn claims(keys: &[VerifierKey], line: &NoteSignature) -> bool {
    keys.iter().any(|key| key.id() == line.id() && key.name() == line.name())
}

/// What to do with a size: below the checkpoint's the request starts from there; above it nothing below may be signed.
fn other_size(latest: u64, archive: &Archive, session: &mut Session) -> Result<Complaint, Complaint> {
    let size = archive.checkpoint().map_err(|error| refusal::prove(&error))?.checkpoint.size();
    if latest <= size {
        let what = format!("the witness knows {latest} records; the request started from another size");
        let hint = format!("make the request anew: ceasefire witness request NAME --from {latest}");
        return Ok(Complaint::new(Outcome::Conflict, Code::OtherStart, what).hint(hint));
    }
    if !session.global.dry_run {
        archive.never_sign_below(latest).map_err(|error| witnessing(&error))?;
    }
    let what = format!("the witness knows {latest} records, this ledger has signed {size}");
    Ok(Complaint::new(Outcome::Undecided, Code::WitnessAhead, what))
}

fn print(answer: &TakeAnswer, session: &mut Session) -> Result<Outcome, Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        console.answer("witness-take", Outcome::Ok, answer)?;
        return Ok(Outcome::Ok);
    }
    if answer.taken.is_empty() {
        console.line("nothing new: these cosignatures are kept already")?;
    }
    let word = if session.global.dry_run { "would take" } else { "cosigned" };
    for one in &answer.taken {
        let word = console.paint(Paint::Good, word);
        let at = one.at.map(|at| format!(" at {at}")).unwrap_or_default();
        console.line(format!("{word:<9} {:<16} {} records{at}", isolated(&one.witness), one.size))?;
    }
    print_met(answer.met, &answer.lacking, console)?;
    Ok(Outcome::Ok)
}
