//! `witness answer`: a witness without a network answers a request in a file.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::seat::{Seat, file, read_file, shown, write_file};
use super::serve::{ServedAnswer, served};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::vocab::Code;
use crate::witness::{Answered, Contradiction, Reason, Why};

/// What `witness answer` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ceasefire witness answer request.txt -o answer.txt --witness-key party-a.key --log example.org/nk2020+9f2c…+AQ… --state party-a\n\n\
    The request comes from `ceasefire witness request`; the answer goes back to `ceasefire witness take`. Both hold the \
    bytes that would go over HTTP."
)]
pub struct AnswerArgs {
    /// The request; - is standard input
    #[arg(value_name = "FILE")]
    pub request: PathBuf,
    /// Where to write the answer
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// Who the witness is
    #[command(flatten)]
    pub seat: Seat,
    /// Show the answer as a QR code too
    #[arg(long)]
    pub qr: bool,
}

/// What `witness answer` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AnswerAnswer {
    /// The answer: cosignature lines, or the size that the witness knows; empty for a refusal.
    pub body: String,
    /// What was answered, and why.
    #[serde(flatten)]
    pub answered: ServedAnswer,
}

/// Answers.
pub fn run(args: &AnswerArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness answer", &session.console)?;
    let request = read_file(&args.request)?;
    let witness = args.seat.start(session)?;
    let answered = if session.global.dry_run { witness.consider(&request) } else { witness.answer(&request) };
    let body = answered.answer.to_body();
    if let Some(complaint) = complaint(&answered) {
        // A size goes back to the log: it then starts from there.
        if !body.is_empty() && session.console.is_human() && !session.global.dry_run {
            write_file(&args.output, &body, session)?;
        }
        return Err(complaint.at(file(&shown(&args.request))));
    }
    if !session.console.is_human() {
        let answer = AnswerAnswer { body, answered: served(&answered, session.clock.now()) };
        session.console.answer("witness-answer", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    let size = answered.size.unwrap_or_default();
    let origin = answered.origin.as_ref().map(|origin| isolated(origin.as_str())).unwrap_or_default();
    if session.global.dry_run {
        session.console.line(format!("would cosign {size} records of {origin}"))?;
        return Ok(Outcome::Ok);
    }
    write_file(&args.output, &body, session)?;
    if args.qr {
        super::qr::print(&body, &mut session.console)?;
    }
    let words = session.console.paint(Paint::Good, &format!("cosigned {size} records of {origin}"));
    session.console.say(words);
    Ok(Outcome::Ok)
}

/// What a witness did not cosign, and why: proven against the log, not allowed, or not to be told.
fn complaint(answered: &Answered) -> Option<Complaint> {
    let what = served(answered, crate::vocab::Instant::MIN).why;
    let proven = answered.evidence.is_some_and(Contradiction::is_proven);
    let (outcome, code) = match &answered.why {
        Why::Decided(Reason::Cosigned) => return None,
        _ if proven => (Outcome::Violated, Code::TwoHistories),
        Why::Decided(Reason::UnknownLog) => (Outcome::Denied, Code::UnknownLog),
        Why::Decided(Reason::NotSigned(_)) => (Outcome::Violated, Code::NotSignedByLog),
        Why::Decided(Reason::Stale { .. }) => (Outcome::Conflict, Code::OtherStart),
        Why::Decided(Reason::Unproven(_)) => (Outcome::Violated, Code::NotShownToContinue),
        Why::Decided(Reason::Forgotten { .. }) => (Outcome::Undecided, Code::MemorySetBack),
        Why::Memory(_) => (Outcome::Undecided, Code::MemoryDamaged),
        Why::Write(_) | Why::Unsure | Why::Clock => (Outcome::Io, Code::StorageFailed),
        _ => (Outcome::Rejected, Code::BadRequestFile),
    };
    Some(Complaint::new(outcome, code, what))
}
