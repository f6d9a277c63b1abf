//! `checkpoint`: what the log's key signed last; made anew where records came after it.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::record_text::refuse_csv;
use crate::cli::complaint::Complaint;
use crate::cli::console::Paint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::seen::write_whole;
use crate::cli::session::Session;
use crate::ledger::{Archive, SignedCheckpoint};
use crate::vocab::{Code, Seq};

/// What `checkpoint` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire checkpoint                 signs what came after the last one, and shows it\n  \
    ceasefire checkpoint -o today.note   writes it to a file: give it away, and nobody can change what it covers unseen\n  \
    ceasefire checkpoint --attest        records what the records come to, so that a count can be held against it\n\n\
    Every command that appends ends with a checkpoint; this verb is for looking at it and giving it away."
)]
pub struct CheckpointArgs {
    /// Only show it; sign nothing
    #[arg(long)]
    pub show: bool,
    /// Record the digest of each projection first
    #[arg(long, conflicts_with = "show")]
    pub attest: bool,
    /// Write the signed note to a file, or - for standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `checkpoint` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct CheckpointAnswer {
    /// The ledger's name.
    pub origin: String,
    /// How many records the checkpoint covers: 1 to this.
    pub size: u64,
    /// The root of the tree over them (RFC 6962), in base64.
    pub root: String,
    /// The key that signed it, as record 1 names it.
    pub log_key: String,
    /// The signed note.
    pub note: String,
    /// How many signatures the note carries, the log's own among them.
    pub signatures: usize,
    /// The last record of the log.
    pub head_seq: Seq,
    /// Whether it was signed just now.
    pub signed_now: bool,
    /// The record that attests the projections, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attested: Option<Seq>,
}

/// Makes a checkpoint where one is wanting, and shows it.
pub fn run(args: &CheckpointArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("checkpoint", &session.console)?;
    super::rebuild::refuse_known_at("checkpoint", session)?;
    let archive = session.archive()?;
    let before = archive.checkpoint().ok().map(|signed| signed.checkpoint.size());
    let reads_only = args.show || session.global.dry_run;
    let attested = if reads_only { None } else { sign(args, &archive, session)? };
    let signed = archive.checkpoint().map_err(|error| refusal::prove(&error))?;
    let head_seq = archive.reader().head().map_err(|error| refusal::read(&error))?.seq;
    let answer = answered(&archive, &signed, head_seq, before, attested)?;
    if let Some(path) = &args.output {
        return write(path, &answer, session);
    }
    print(&answer, session)?;
    Ok(Outcome::Ok)
}

/// Signs where the key is here. Without it the checkpoint that is there is shown as it is.
fn sign(args: &CheckpointArgs, archive: &Archive, session: &mut Session) -> Result<Option<Seq>, Complaint> {
    let mut ledger = session.ledger()?;
    let attested = if args.attest {
        let (receipt, _) = ledger.attest().map_err(|error| refusal::attest(&error))?;
        Some(receipt.seq)
    } else {
        None
    };
    if attested.is_some() {
        session.settle(&mut ledger);
        return Ok(attested);
    }
    match ledger.publish() {
        Ok(Some(published)) => session.remember(ledger.log_key(), published.note()),
        Ok(None) if archive.log_key().map_err(|error| refusal::open(&error))?.is_none() => {}
        Ok(None) => session.console.say("note: nothing was signed: the log's key is not in keys/"),
        Err(error) => return Err(refusal::publish(&error)),
    }
    Ok(None)
}

fn answered(
    archive: &Archive,
    signed: &SignedCheckpoint,
    head_seq: Seq,
    before: Option<u64>,
    attested: Option<Seq>,
) -> Result<CheckpointAnswer, Complaint> {
    let key = archive.log_key().map_err(|error| refusal::open(&error))?;
    let SignedCheckpoint { checkpoint, note } = signed;
    Ok(CheckpointAnswer {
        origin: checkpoint.origin().to_string(),
        size: checkpoint.size(),
        root: checkpoint.root().to_base64(),
        log_key: key.map(|key| key.to_string()).unwrap_or_default(),
        note: note.to_string(),
        signatures: note.signatures().len(),
        head_seq,
        signed_now: before != Some(checkpoint.size()),
        attested,
    })
}

fn write(path: &std::path::Path, answer: &CheckpointAnswer, session: &mut Session) -> Result<Outcome, Complaint> {
    if path == std::path::Path::new("-") {
        session.console.line(answer.note.trim_end_matches('\n'))?;
        return Ok(Outcome::Ok);
    }
    if session.global.dry_run {
        session.console.say(format!("would write the checkpoint of {} records to {}", answer.size, path.display()));
        return Ok(Outcome::Ok);
    }
    write_whole(path, answer.note.as_bytes()).map_err(|error| unwritable(path, &error))?;
    if !session.console.is_human() {
        session.console.answer("checkpoint", Outcome::Ok, answer)?;
        return Ok(Outcome::Ok);
    }
    session.console.line(format!("checkpoint of {} records written to {}", answer.size, path.display()))?;
    Ok(Outcome::Ok)
}

/// A file that could not be written.
pub fn unwritable(path: &std::path::Path, error: &std::io::Error) -> Complaint {
    let what = format!("{} could not be written: {error}", path.display());
    Complaint::new(Outcome::Io, Code::StorageFailed, what)
}

fn print(answer: &CheckpointAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        return console.answer("checkpoint", Outcome::Ok, answer);
    }
    let title = console.paint(Paint::Heading, &format!("checkpoint of {}", answer.origin));
    let when = if answer.signed_now { "  signed now" } else { "" };
    console.line(format!("{title}{when}"))?;
    console.line(format!("  records   1 to {}", answer.size))?;
    console.line(format!("  root      {}", answer.root))?;
    console.line(format!("  log key   {}", answer.log_key))?;
    let cosigned = answer.signatures.saturating_sub(1);
    console.line(format!(
        "  signed    by the log{}",
        if cosigned == 0 { String::new() } else { format!(" and {cosigned} more") }
    ))?;
    let after = answer.head_seq.number().saturating_sub(answer.size);
    if after > 0 {
        let line = format!("  {after} records came after it and are not covered");
        let line = console.paint(Paint::Unsure, &line);
        console.line(line)?;
    }
    if let Some(seq) = answer.attested {
        console
            .line(format!("  attested  in record {seq}: the digest of each projection at record {}", seq.previous()))?;
    }
    console.line("")?;
    console.line(answer.note.trim_end_matches('\n'))
}
