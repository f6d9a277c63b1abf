//! `verify`: every check on its own line, and one answer.

use clap::Args;
use serde_json::json;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{Archive, Depth, Verdict, VerifyQuestion, VerifyReport};
use crate::record::RecordHash;
use crate::vocab::{Code, Seq};

/// What `verify` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire verify\n  ceasefire verify --known 118:9f2c…   (a position and hash from a receipt you kept)\n\n\
    A chain alone cannot show that its last records were cut off or changed: give a receipt you trust with --known."
)]
pub struct VerifyArgs {
    /// A record you know: its position and hash from a receipt or a printed answer
    #[arg(long, value_name = "SEQ:HASH")]
    pub known: Option<String>,
    /// Fold every projection again and compare it with the stored one
    #[arg(long)]
    pub full: bool,
}

/// Verifies the ledger.
pub fn run(args: &VerifyArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let known = args.known.as_deref().map(parse_known).transpose()?;
    let archive = session.archive()?;
    let depth = if args.full { Depth::Full } else { Depth::Log };
    let report = verify(&archive, known, depth, &session.console)?;
    let outcome = outcome_of(report.verdict());
    if session.console.is_human() {
        print(&report, &mut session.console)?;
    } else {
        let value = serde_json::to_value(&report).unwrap_or_else(|_| json!({}));
        session.console.answer("verify", outcome, value)?;
    }
    Ok(outcome)
}

/// Verifies with a progress bar.
pub fn verify(
    archive: &Archive,
    known: Option<(Seq, RecordHash)>,
    depth: Depth,
    console: &Console,
) -> Result<VerifyReport, Complaint> {
    let bar = console.progress("verifying", 1);
    let mut tell = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let report = archive.verify(VerifyQuestion { known, depth, progress: Some(&mut tell) });
    bar.finish_and_clear();
    report.map_err(|error| refusal::verify(&error))
}

/// Gives the exit code of an answer.
#[must_use]
pub const fn outcome_of(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Ok => Outcome::Ok,
        Verdict::Violated => Outcome::Violated,
        Verdict::Torn => Outcome::Torn,
        Verdict::CannotTell => Outcome::Undecided,
    }
}

fn parse_known(text: &str) -> Result<(Seq, RecordHash), Complaint> {
    let parsed = text.split_once(':').and_then(|(seq, hash)| Some((Seq::new(seq.parse().ok()?), hash.parse().ok()?)));
    parsed.filter(|(seq, _)| *seq != Seq::NONE).ok_or_else(|| {
        let place = Place { file: Some("--known".to_owned()), ..Place::default() };
        Complaint::new(Outcome::Rejected, Code::BadHash, format!("`{text}` is not a position and a hash"))
            .at(place)
            .hint("write them as a receipt prints them: 118:9f2c… with all 64 digits")
    })
}

/// Prints a report for a person.
pub fn print(report: &VerifyReport, console: &mut Console) -> Result<(), Complaint> {
    for check in &report.checks {
        let (paint, word) = match check.verdict {
            Verdict::Ok => (Paint::Good, "ok"),
            Verdict::Violated => (Paint::Bad, "VIOLATED"),
            Verdict::Torn => (Paint::Unsure, "torn"),
            Verdict::CannotTell => (Paint::Unsure, "cannot tell"),
        };
        let word = console.paint(paint, &format!("{word:<11}"));
        console.line(format!("{word} {:<12} {}", check.name, check.detail))?;
        for finding in check.findings.iter().take(20) {
            let place = match (&finding.segment, finding.offset) {
                (Some(segment), Some(offset)) => format!(" ({segment}, byte {offset})"),
                _ => String::new(),
            };
            console.line(format!("            record {}: {}{place}", finding.seq, finding.what))?;
        }
        if check.findings.len() > 20 {
            console.line(format!("            and {} more", check.findings.len() - 20))?;
        }
    }
    let head = report.head.map_or_else(|| "none".to_owned(), |head| head.to_string());
    let (records, segments, bytes) = (report.records, report.segments, report.bytes);
    let plural = if segments == 1 { "segment" } else { "segments" };
    console
        .line(format!("{records} records in {segments} {plural}, {bytes} bytes; head {}:{head}", report.head_seq))?;
    let answer = match report.verdict() {
        Verdict::Ok => "The ledger is whole: every check holds.".to_owned(),
        Verdict::Violated if only_evidence(report) => {
            "The log is whole; a stored evidence file is not what its record says.".to_owned()
        }
        Verdict::Violated => match report.first_bad() {
            Some(seq) => format!("The ledger was changed after it was written. First bad record: {seq}."),
            None => "The ledger was changed after it was written.".to_owned(),
        },
        Verdict::Torn => "The ledger ends in a half-written batch; the records before it are intact.".to_owned(),
        Verdict::CannotTell => "Not everything could be checked.".to_owned(),
    };
    let paint = if report.verdict() == Verdict::Ok { Paint::Good } else { Paint::Bad };
    console.line(console.paint(paint, &answer))
}

/// Whether nothing is wrong but the files that lie beside the log.
fn only_evidence(report: &VerifyReport) -> bool {
    report.checks.iter().all(|check| check.name == "evidence" || check.verdict != Verdict::Violated)
}
