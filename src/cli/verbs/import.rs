//! `import`: many records from a file, all or none.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::internal;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::{Event, ImportCompleted};
use crate::exchange::jsonl::{BodyLine, LineFault, read_lines};
use crate::ledger::{AppendError, Ledger, Submission, WouldAppend};
use crate::record::{Body, locate};
use crate::vocab::{Code, Digest32, Label, Pointer};

/// How many records go into one batch of a large import.
const BATCH: usize = 1_000;

/// What `import` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire import jsonl reports.jsonl\n\n\
    The whole file is checked before anything is written. Importing it again adds nothing. A file of more than 1,000 records \
    goes in by batches of 1,000: if the machine stops midway, the same command completes it.")]
pub struct ImportArgs {
    /// The file's format
    #[arg(id = "import_format", value_enum, value_name = "FORMAT")]
    pub format: ImportFormat,
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Take what is good and write the refused lines to FILE.rejected
    #[arg(long)]
    pub keep_going: bool,
}

/// A format that can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// Native events: one body a line.
    Jsonl,
}

/// What an import came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Imported {
    /// Rows read.
    pub rows: u64,
    /// Rows that became new records.
    pub appended: u64,
    /// Rows that were there before.
    pub replayed: u64,
    /// Rows refused.
    pub rejected: u64,
}

/// Imports a file.
pub fn run(args: &ImportArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let (name, bytes) = read_input(&args.file)?;
    let mut ledger = session.ledger()?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for line in read_lines(&bytes) {
        match line {
            Ok(line) => good.push(line),
            Err(fault) if args.keep_going => bad.push((fault.line, complaint(&fault, &name))),
            Err(fault) => return Err(complaint(&fault, &name)),
        }
    }
    let rows = (good.len() + bad.len()) as u64;
    if args.keep_going {
        bad.extend(weed(&mut ledger, &mut good, &name)?);
    }
    let would = check(&mut ledger, &good, &name)?;
    let new = would.iter().filter(|would| **would == WouldAppend::New).count() as u64;
    let mut imported = Imported { rows, appended: new, replayed: good.len() as u64 - new, rejected: bad.len() as u64 };
    if !session.global.dry_run {
        let ended = append(&mut ledger, &good, &name, session)?;
        if ended == Outcome::Interrupted {
            return Ok(ended);
        }
        write_rejects(&args.file, &bytes, &bad, session)?;
        note(&mut ledger, &bytes, &imported)?;
        settle(&mut ledger, session);
    }
    imported.rows = rows;
    report(&imported, session)?;
    for (_, complaint) in &bad {
        session.console.complain(complaint);
    }
    Ok(if bad.is_empty() { Outcome::Ok } else { Outcome::Partial })
}

fn read_input(path: &Path) -> Result<(String, Vec<u8>), Complaint> {
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let unreadable = |error: std::io::Error| {
        let complaint =
            Complaint::new(Outcome::Undecided, Code::StorageFailed, format!("could not read {name}: {error}"));
        complaint.hint("check the path and that you may read the file")
    };
    Ok((name.clone(), bytes.map_err(unreadable)?))
}

fn complaint(fault: &LineFault, name: &str) -> Complaint {
    let place = Place {
        file: Some(name.to_owned()),
        line: Some(fault.line),
        column: Some(fault.column.unwrap_or(1)),
        pointer: None,
    };
    Complaint::fault(&fault.fault, Some(place))
}

fn place_of(lines: &[BodyLine], name: &str) -> impl Fn(usize, &Pointer) -> Option<Place> {
    move |index, pointer| {
        let line = lines.get(index)?;
        let column = locate(&line.text, pointer.as_str()).map_or(1, |(_, column)| column);
        let pointer = Some(pointer.as_str().to_owned());
        Some(Place { file: Some(name.to_owned()), line: Some(line.line), column: Some(column), pointer })
    }
}

fn pairs(lines: &[BodyLine]) -> Vec<(Body, String)> {
    lines.iter().map(|line| (line.body.clone(), line.text.clone())).collect()
}

fn check(ledger: &mut Ledger, lines: &[BodyLine], name: &str) -> Result<Vec<WouldAppend>, Complaint> {
    ledger.would_append(&pairs(lines)).map_err(|error| refusal::append(&error, &place_of(lines, name)))
}

/// Takes out the lines that the ledger refuses, until the rest can go in.
fn weed(ledger: &mut Ledger, lines: &mut Vec<BodyLine>, name: &str) -> Result<Vec<(usize, Complaint)>, Complaint> {
    let mut refused = Vec::new();
    loop {
        let Err(error) = ledger.would_append(&pairs(lines)) else { return Ok(refused) };
        let complaint = refusal::append(&error, &place_of(lines, name));
        match error {
            AppendError::Refused { index, .. }
            | AppendError::NotAllowed { index, .. }
            | AppendError::KeyReused { index, .. }
                if index < lines.len() =>
            {
                refused.push((lines.remove(index).line, complaint));
            }
            _ => return Err(complaint),
        }
    }
}

fn append(ledger: &mut Ledger, lines: &[BodyLine], name: &str, session: &mut Session) -> Result<Outcome, Complaint> {
    let interrupted = interruption()?;
    let bar = session.console.progress("importing", lines.len() as u64);
    for batch in lines.chunks(BATCH) {
        if interrupted.load(Ordering::Relaxed) {
            bar.finish_and_clear();
            session.console.say("interrupted: whole batches are in; the same command completes the import");
            return Ok(Outcome::Interrupted);
        }
        ledger.append_bodies(&pairs(batch), None).map_err(|error| refusal::append(&error, &place_of(batch, name)))?;
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    Ok(Outcome::Ok)
}

/// SIGINT ends an import after the batch that is being written; a second one ends it at once.
fn interruption() -> Result<Arc<AtomicBool>, Complaint> {
    let flag = Arc::new(AtomicBool::new(false));
    let code = i32::from(Outcome::Interrupted.code());
    let registered =
        signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGINT, code, Arc::clone(&flag))
            .and_then(|_| signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&flag)));
    registered.map_err(|error| internal(&error.to_string()))?;
    Ok(flag)
}

fn write_rejects(
    path: &Path,
    bytes: &[u8],
    bad: &[(usize, Complaint)],
    session: &mut Session,
) -> Result<(), Complaint> {
    if bad.is_empty() {
        return Ok(());
    }
    let mut numbers: Vec<usize> = bad.iter().map(|(line, _)| *line).collect();
    numbers.sort_unstable();
    let mut refused = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if numbers.binary_search(&(index + 1)).is_ok() {
            refused.extend_from_slice(line);
            refused.push(b'\n');
        }
    }
    let file = if path == Path::new("-") { PathBuf::from("stdin.rejected") } else { with_suffix(path) };
    std::fs::write(&file, refused).map_err(|error| {
        Complaint::new(Outcome::Io, Code::StorageFailed, format!("could not write {}: {error}", file.display()))
    })?;
    session.console.say(format!("refused lines: {} (mend them and import that file)", file.display()));
    Ok(())
}

fn with_suffix(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".rejected");
    PathBuf::from(name)
}

/// Records what was taken in, if anything was.
pub fn note(ledger: &mut Ledger, bytes: &[u8], imported: &Imported) -> Result<(), Complaint> {
    if imported.appended == 0 {
        return Ok(());
    }
    let file = Digest32::new(*blake3::hash(bytes).as_bytes());
    let label = |text: &str| Label::new(text).map_err(|error| internal(&error.to_string()));
    let event = Event::from(ImportCompleted {
        format: label("jsonl")?,
        file,
        bytes: bytes.len() as u64,
        mapping: None,
        rows: imported.rows,
        appended: imported.appended,
        replayed: imported.replayed,
        rejected: imported.rejected,
    });
    let key = label(&format!("import/{file}/{}", ledger.head().seq))?;
    let submission = Submission { by: ledger.genesis().recorder.clone(), key, event };
    ledger.append(&submission).map_err(|error| refusal::append(&error, &|_, _| None))?;
    Ok(())
}

/// Writes the projections; what fails there is folded again at the next opening.
pub fn settle(ledger: &mut Ledger, session: &mut Session) {
    if let Err(error) = ledger.settle() {
        session.console.say(format!("note: the records are safe; the projections were not written: {error}"));
    }
}

fn report(imported: &Imported, session: &mut Session) -> Result<(), Complaint> {
    let Imported { rows, appended, replayed, rejected } = *imported;
    if !session.console.is_human() {
        let outcome = if rejected == 0 { Outcome::Ok } else { Outcome::Partial };
        let value = json!({ "dry_run": session.global.dry_run, "rows": rows, "appended": appended, "replayed": replayed, "rejected": rejected });
        return session.console.answer("import", outcome, value);
    }
    let words = if session.global.dry_run { "would be recorded" } else { "recorded" };
    session.console.line(format!("{rows} rows: {appended} {words}, {replayed} were there before, {rejected} refused"))
}
