//! `submit`: what was signed elsewhere goes in, byte for byte.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::append::{AppendAnswer, Entered, print_entered};
use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::exchange::jsonl::{BodyLine, LineFault, read_lines};
use crate::ledger::{Ledger, SubmittedBody, WouldAppend};
use crate::record::Receipt;
use crate::vocab::{Code, Pointer, Seq};

/// How many submissions go into one batch.
const BATCH: usize = 1_000;

/// What `submit` takes.
#[derive(Debug, Args)]
#[command(after_help = "On the machine that has the key, and needs no ledger:\n  \
    ceasefire append violation … --by patrol-3 --sign-only --key patrol.key --origin example.org/nk2020 -o out.jsonl\n\
On the ledger's machine:\n  ceasefire submit out.jsonl\n\n\
The whole file is checked before anything is written. A file submitted twice adds nothing: the first receipts are printed again.")]
pub struct SubmitArgs {
    /// A file of signed submissions, one a line, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Submits what was signed elsewhere.
pub fn run(args: &SubmitArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let (name, bytes) = read_input(&args.file)?;
    let lines = read_lines(&bytes).collect::<Result<Vec<_>, _>>().map_err(|fault| unreadable_line(&fault, &name))?;
    if let Some(unsigned) = lines.iter().find(|line| line.signature.is_none()) {
        let place = Place { file: Some(name), line: Some(unsigned.line), column: Some(1), pointer: None };
        let what = "this line is a body that nobody signed";
        let hint = "`ceasefire import jsonl` takes unsigned bodies";
        return Err(Complaint::new(Outcome::Rejected, Code::SubmissionUnreadable, what).at(place).hint(hint));
    }
    let mut ledger = session.unsigning_ledger()?;
    let place = |index: usize, pointer: &Pointer| {
        let (line, pointer) = (lines.get(index)?.line, pointer.as_str().to_owned());
        Some(Place { file: Some(name.clone()), line: Some(line), column: Some(1), pointer: Some(pointer) })
    };
    let refused = |error| refusal::append(&error, &place);
    let submitted: Vec<SubmittedBody> = lines.iter().map(submitted).collect();
    let would = ledger.would_append_submitted(&submitted).map_err(refused)?;
    if session.global.dry_run {
        return preview(&would, session);
    }
    let mut receipts: Vec<Receipt> = Vec::with_capacity(lines.len());
    for batch in submitted.chunks(BATCH) {
        receipts.extend(ledger.append_submitted(batch, None).map_err(refused)?);
    }
    print(&lines, &receipts, &ledger, session)?;
    session.console.finish()?;
    session.settle(&mut ledger);
    Ok(Outcome::Ok)
}

/// Reads a file, or standard input for `-`, with the name to call it by.
fn read_input(path: &Path) -> Result<(String, Vec<u8>), Complaint> {
    let stdin = path == Path::new("-");
    let name = if stdin { "<stdin>".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let read = if stdin { io::stdin().read_to_end(&mut bytes).map(|_| bytes) } else { std::fs::read(path) };
    let bytes = read.map_err(|error| {
        Complaint::new(Outcome::Undecided, Code::StorageFailed, format!("could not read {name}: {error}"))
            .hint("check the path and that you may read the file")
    })?;
    Ok((name, bytes))
}

fn unreadable_line(fault: &LineFault, name: &str) -> Complaint {
    let (line, column) = (Some(fault.line), Some(fault.column.unwrap_or(1)));
    Complaint::fault(&fault.fault, Some(Place { file: Some(name.to_owned()), line, column, pointer: None }))
}

fn submitted(line: &BodyLine) -> SubmittedBody {
    SubmittedBody { body: line.body.clone(), text: line.text.clone(), signature: line.signature }
}

/// Prints the receipts with the keys that signed what is recorded: of what was there before, that may be none.
fn print(lines: &[BodyLine], receipts: &[Receipt], ledger: &Ledger, session: &mut Session) -> Result<(), Complaint> {
    let seqs: Vec<Seq> = receipts.iter().map(|receipt| receipt.seq).collect();
    let signatures = ledger.view().signatures_of(&seqs).map_err(|error| refusal::replay(&error))?;
    let keys: BTreeMap<Seq, &str> =
        signatures.iter().filter_map(|signature| Some((signature.record, signature.key.as_deref()?))).collect();
    let entered: Vec<Entered<'_>> = lines
        .iter()
        .zip(receipts)
        .map(|(line, receipt)| Entered {
            event: &line.body.event,
            key: &line.body.key,
            signed_with: keys.get(&receipt.seq).copied(),
        })
        .collect();
    print_entered("submit", receipts, &entered, &mut session.console)
}

fn preview(would: &[WouldAppend], session: &mut Session) -> Result<Outcome, Complaint> {
    let new = would.iter().filter(|would| **would == WouldAppend::New).count();
    let there = would.len() - new;
    if session.console.is_human() {
        let words = format!("{} submissions: {new} would be recorded, {there} were there before", would.len());
        session.console.line(words)?;
    } else {
        let answer =
            AppendAnswer { dry_run: Some(true), new: Some(new), replayed: Some(there), ..AppendAnswer::default() };
        session.console.answer("submit", Outcome::Ok, &answer)?;
    }
    Ok(Outcome::Ok)
}
