//! `segments`: the finished files of the log with the digests that the log holds of them, for `b3sum -c` or checked here.

use clap::Args;

use super::rebuild::refuse_known_at;
use super::record_text::refuse_csv;
use super::verify::outcome_of;
use crate::cli::complaint::Complaint;
use crate::cli::console::Paint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{Archive, Finding, SealedHistory, SealedReport, Verdict};
use crate::vocab::Code;

/// What `segments` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire segments | b3sum -c     checks every finished file with somebody else's program\n  \
    ceasefire segments --check        does the same here, and walks the last file up to the head\n\n\
    Each finished file's BLAKE3 stands in the first record of the file after it, so the digests are a chain up to the\n\
    head: compare the head with one you know from elsewhere. `verify` reads every record as well."
)]
pub struct SegmentsArgs {
    /// Hash every finished file here and compare; walk the records of the last file
    #[arg(long)]
    pub check: bool,
}

/// Lists the finished segments, or checks them.
pub fn run(args: &SegmentsArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("segments", &session.console)?;
    refuse_known_at("segments", session)?;
    let archive = session.archive()?;
    if args.check { check(&archive, session) } else { list(&archive, session) }
}

fn list(archive: &Archive, session: &mut Session) -> Result<Outcome, Complaint> {
    let history = archive.sealed_history().map_err(|error| refusal::storage(&error))?;
    if let Some(first) = history.unsealed.first() {
        let what = format!("record {}: {}", first.seq, first.what);
        return Err(Complaint::new(Outcome::Violated, Code::LogCorrupt, what));
    }
    if !session.console.is_human() {
        session.console.answer("segments", Outcome::Ok, &history)?;
        return Ok(Outcome::Ok);
    }
    let folder = archive.folder().log();
    for sealed in &history.sealed {
        session.console.line(format!("{}  {}", sealed.blake3, folder.join(&sealed.segment).display()))?;
    }
    session.console.say(said_of(&history));
    Ok(Outcome::Ok)
}

fn said_of(history: &SealedHistory) -> String {
    match (history.sealed.len(), &history.open) {
        (_, None) => "note: the log is empty".to_owned(),
        (0, Some(open)) => format!("note: no file is finished yet; {open} is still written to"),
        (_, Some(open)) => format!("note: {open} is still written to and has no digest yet"),
    }
}

fn check(archive: &Archive, session: &mut Session) -> Result<Outcome, Complaint> {
    let bar = session.console.progress("hashing", 1);
    let mut tell = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let report = archive.check_sealed(Some(&mut tell));
    bar.finish_and_clear();
    let report = report.map_err(|error| refusal::storage(&error))?;
    let outcome = outcome_of(report.verdict());
    if session.console.is_human() {
        print(&report, session)?;
    } else {
        session.console.answer("segments_check", outcome, &report)?;
    }
    Ok(outcome)
}

fn print(report: &SealedReport, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    for Finding { seq, segment, what, .. } in &report.findings {
        let segment = segment.as_deref().unwrap_or_default();
        let word = console.paint(Paint::Bad, "VIOLATED");
        console.line(format!("{word}    record {seq} in {segment}: {what}"))?;
    }
    let SealedReport { segments, bytes, walked, .. } = report;
    let plural = if *segments == 1 { "file" } else { "files" };
    console.line(format!("{segments} finished {plural}, {bytes} bytes, hashed; {walked} records after them walked"))?;
    console.line(format!("head {}:{}", report.head_seq, report.head))?;
    let (paint, answer) = match report.verdict() {
        Verdict::Ok => (Paint::Good, "Every finished file is the one that was sealed."),
        _ => (Paint::Bad, "The log was changed after it was written."),
    };
    console.line(console.paint(paint, answer))
}
