//! `evidence add`: the bytes into the store, durable, then the record that names them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{store, store_failed, unreadable};
use crate::cli::append::{Draft, EvidenceFileFlags};
use crate::cli::complaint::Complaint;
use crate::cli::console::Console;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::append::{print, settle, submit, with_context, would_submit};
use crate::evidence::{FileDigests, Intake, Received, UNKNOWN_MEDIA_TYPE, media_type_of};
use crate::ledger::Ledger;
use crate::record::Receipt;

/// What `evidence add` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ceasefire evidence add photo.jpg --source OSCE.SMM --incident I-2 --custodian OSCE.SMM\n\n\
    The bytes are hashed (BLAKE3 and SHA-256), stored for reading only, and durable before the record is appended.\n\
    The same file twice is stored once. A file that was lost or altered here is restored by adding the original again."
)]
pub struct AddArgs {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What is said of it.
    #[command(flatten)]
    pub flags: EvidenceFileFlags,
}

/// What `evidence add` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct EvidenceAddAnswer {
    /// Nothing was written.
    pub dry_run: bool,
    /// The file's hashes and length.
    pub evidence: FileDigests,
    /// What became of the bytes; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intake: Option<Intake>,
    /// Where they lie, from the ledger's folder.
    pub path: String,
    /// The receipt of the record; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

/// Adds a file.
pub fn run(args: &AddArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    session.folder()?;
    let guess = args.file.to_str().map_or(UNKNOWN_MEDIA_TYPE, media_type_of);
    if session.global.dry_run {
        let digests = hash(&args.file, &session.console)?;
        let mut ledger = session.ledger()?;
        let draft = draft(args, &digests, guess, &ledger)?;
        would_submit(&mut ledger, std::slice::from_ref(&draft))?;
        return answer(&digests, None, &[], &[draft], &ledger, session);
    }
    let received = receive(&args.file, session)?;
    let digests = received.digests();
    let mut ledger = session.ledger()?;
    let drafts = [draft(args, &digests, guess, &ledger)?];
    // Whatever the rules refuse is refused before the bytes have a name here.
    would_submit(&mut ledger, &drafts)?;
    let intake = received.place().map_err(|error| store_failed(&error))?;
    let receipts = submit(&mut ledger, &drafts, None)?;
    answer(&digests, Some(intake), &receipts, &drafts, &ledger, session)?;
    session.console.finish()?;
    settle(&mut ledger, session);
    Ok(Outcome::Ok)
}

fn draft(args: &AddArgs, digests: &FileDigests, guess: &str, ledger: &Ledger) -> Result<Draft, Complaint> {
    with_context(ledger, |context| args.flags.draft(digests, guess, context))
}

/// A file that the user named, with its length where that is known.
fn open(path: &Path) -> Result<(Box<dyn Read>, u64), Complaint> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), 0));
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if metadata.is_dir() {
        return Err(unreadable(path, &io::Error::from(io::ErrorKind::IsADirectory)).hint("add one file at a time"));
    }
    Ok((Box::new(file), metadata.len()))
}

fn receive(path: &Path, session: &Session) -> Result<Received, Complaint> {
    let (mut source, length) = open(path)?;
    let bar = session.console.progress("storing", length);
    let received = store(session)?.receive(&mut source, path, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    received.map_err(|error| store_failed(&error))
}

fn hash(path: &Path, console: &Console) -> Result<FileDigests, Complaint> {
    let (mut source, length) = open(path)?;
    let bar = console.progress("hashing", length);
    let hashed = FileDigests::of_reader(&mut source, |block| {
        bar.inc(block.len() as u64);
        Ok(())
    });
    bar.finish_and_clear();
    hashed.map_err(|error| unreadable(path, &error))
}

fn answer(
    digests: &FileDigests,
    intake: Option<Intake>,
    receipts: &[Receipt],
    drafts: &[Draft],
    ledger: &Ledger,
    session: &mut Session,
) -> Result<Outcome, Complaint> {
    let hash = digests.blake3.to_string();
    let path = format!("evidence/{}/{hash}", hash.get(..2).unwrap_or_default());
    let console = &mut session.console;
    if !console.is_human() {
        let receipt = receipts.first().cloned();
        let answer = EvidenceAddAnswer { dry_run: intake.is_none(), evidence: *digests, intake, path, receipt };
        console.answer("evidence_add", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    print(receipts, drafts, ledger, console)?;
    console.line(format!("  blake3  {hash}"))?;
    console.line(format!("  sha256  {}", digests.sha256))?;
    console.line(format!("  bytes   {}", digests.bytes))?;
    console.line(match intake {
        None => format!("would be stored as {path} (nothing was written)"),
        Some(Intake::New) => format!("  stored  {path}"),
        Some(Intake::AlreadyKept) => format!("  stored  {path}, where the same bytes lay already"),
        Some(Intake::Restored) => format!("  stored  {path}; the altered bytes that lay there were moved aside"),
    })?;
    Ok(Outcome::Ok)
}
