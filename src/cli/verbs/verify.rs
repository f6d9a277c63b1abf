//! `verify`: every check on its own line, and one answer.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::seen::Seen;
use crate::cli::session::Session;
use crate::cli::verbs::witness;
use crate::cli::{notes, refusal};
use crate::ledger::{Archive, Depth, EarlierCheckpoint, Verdict, VerifyQuestion, VerifyReport};
use crate::proof::{AddCheckpointRequest, Note, VerifierKey};
use crate::record::RecordHash;
use crate::vocab::{Code, Seq};

/// What `verify` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire verify\n  ceasefire verify --known 118:9f2c…     (a position and hash from a receipt you kept)\n  \
    ceasefire verify --since friday.note   (a signed checkpoint you kept: the log must go on from it)\n  \
    ceasefire verify --log-key example.org/nk2020+ebd6d79a+AQOh…\n\n\
    A chain alone cannot show that its last records were cut off or changed, nor that all of it was made anew: give\n\
    what you know from elsewhere. The newest checkpoint that was checked is remembered for the next visit, per log."
)]
pub struct VerifyArgs {
    /// A record you know: its position and hash from a receipt or a printed answer
    #[arg(long, value_name = "SEQ:HASH")]
    pub known: Option<String>,
    /// A signed checkpoint you kept: the log must go on from it
    #[arg(long, value_name = "FILE")]
    pub since: Option<PathBuf>,
    /// The log's key as you know it, or a file that holds it [default: the one that record 1 names]
    #[arg(long, value_name = "KEY|FILE")]
    pub log_key: Option<String>,
    /// Your own policy of which witnesses must have cosigned [default: the one that the ledger's keeper set]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Fold every projection again, compare it with the stored one and with what was attested
    #[arg(long)]
    pub full: bool,
}

/// Verifies the ledger.
pub fn run(args: &VerifyArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let known = args.known.as_deref().map(parse_known).transpose()?;
    let log_key = args.log_key.as_deref().map(notes::log_key).transpose()?;
    let policy = args.policy.as_deref().map(witness::read_policy).transpose()?;
    let archive = session.archive()?;
    let origin = archive.folder().settings().map_err(|error| refusal::open(&error.into()))?.origin;
    let mut earlier: Vec<EarlierCheckpoint> = Vec::new();
    if let Some(file) = &args.since {
        earlier.push(EarlierCheckpoint { name: "since".to_owned(), note: since(file, &origin)?, key: None });
    }
    let seen = session.memory.recall(&origin)?;
    if let Some(Seen { key, note, .. }) = &seen {
        earlier.push(EarlierCheckpoint { name: SEEN.to_owned(), note: note.clone(), key: Some(key.clone()) });
    }
    let depth = if args.full { Depth::Full } else { Depth::Log };
    let question = VerifyQuestion { known, depth, log_key, earlier, policy, progress: None };
    let key = question.log_key.clone();
    let report = verify(&archive, question, &session.console)?;
    let evidence = match seen.filter(|_| fails(&report, SEEN)) {
        Some(seen) => keep_evidence(&archive, &seen, &report, session),
        None => None,
    };
    if report.verdict() != Verdict::Violated {
        remember(&archive, key, &report, session)?;
    }
    let outcome = outcome_of(report.verdict());
    if session.console.is_human() {
        print(&report, &mut session.console)?;
        if let Some(folder) = evidence {
            session
                .console
                .line(format!("What was seen before and what is shown now are kept in {}", folder.display()))?;
        }
    } else {
        let mut value = serde_json::to_value(&report).unwrap_or_else(|_| json!({}));
        if let (Some(object), Some(folder)) = (value.as_object_mut(), evidence) {
            object.insert("evidence".to_owned(), json!(folder));
        }
        session.console.answer("verify", outcome, value)?;
    }
    Ok(outcome)
}

/// The check against what this user saw before.
const SEEN: &str = "seen";

/// Reads the checkpoint that the log must go on from.
fn since(file: &Path, origin: &str) -> Result<Note, Complaint> {
    let (note, checkpoint) = notes::note(file)?;
    if checkpoint.origin().as_str() == origin {
        return Ok(note);
    }
    let what = format!("{} is a checkpoint of {}, this ledger is {origin}", file.display(), checkpoint.origin());
    Err(Complaint::new(Outcome::Rejected, Code::ForeignCheckpoint, what))
}

fn fails(report: &VerifyReport, check: &str) -> bool {
    report.checks.iter().any(|found| found.name == check && found.verdict == Verdict::Violated)
}

/// Remembers the newest checkpoint for the next visit, if it is one.
fn remember(
    archive: &Archive,
    known: Option<VerifierKey>,
    report: &VerifyReport,
    session: &mut Session,
) -> Result<(), Complaint> {
    let Some(note) = report.checkpoint.as_ref().and_then(|note| Note::parse(note.as_bytes()).ok()) else {
        return Ok(());
    };
    let key = match known {
        Some(key) => Some(key),
        None => archive.log_key().map_err(|error| refusal::open(&error))?,
    };
    session.remember(key.as_ref(), &note);
    Ok(())
}

/// Keeps both views: what was signed before, what is signed now, and the proof that leads from this log's own beginning
/// to what is signed now.
fn keep_evidence(archive: &Archive, seen: &Seen, report: &VerifyReport, session: &mut Session) -> Option<PathBuf> {
    let mut files: Vec<(&str, String)> = Vec::new();
    if let Ok(Some(first)) = archive.reader().record_at(Seq::FIRST) {
        files.push(("shown-now.record-1.jsonl", format!("{}\n", first.line)));
    }
    files.extend(report.checkpoint.clone().map(|note| ("shown-now.note", note)));
    if let Ok(proved) = archive.consistency(seen.checkpoint.size()) {
        files.push(("shown-now.root-then", format!("{}\n{}\n", proved.from, proved.root.to_base64())));
        let request = AddCheckpointRequest::new(proved.from, proved.hashes, proved.checkpoint.note);
        files.extend(request.ok().map(|request| ("shown-now.consistency", request.to_string())));
    }
    match session.memory.keep_fork(seen, &files) {
        Ok(folder) => folder,
        Err(error) => {
            session.console.say(format!("note: the two views could not be kept: {error}"));
            None
        }
    }
}

/// Verifies with a progress bar.
pub fn verify(archive: &Archive, question: VerifyQuestion<'_>, console: &Console) -> Result<VerifyReport, Complaint> {
    let bar = console.progress("verifying", 1);
    let mut tell = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let report = archive.verify(VerifyQuestion { progress: Some(&mut tell), ..question });
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
