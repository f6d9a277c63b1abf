//! `receipt`: what a submitter keeps, checked without the ledger, completed from it, or written again.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::checkpoint::unwritable;
use super::prove::{position, same_record};
use super::record_text::refuse_csv;
use crate::cli::complaint::Complaint;
use crate::cli::console::Paint;
use crate::cli::outcome::Outcome;
use crate::cli::seen::write_whole;
use crate::cli::session::Session;
use crate::cli::{notes, refusal};
use crate::proof::{ReceiptFile, ReceiptVerdict, VerifierKey};
use crate::record::RecordHash;
use crate::vocab::{Code, Seq};

/// What `receipt` takes.
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// What to do.
    #[command(subcommand)]
    pub act: Act,
}

/// What can be done with a receipt.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// Check a receipt; the ledger is not needed
    #[command(
        after_help = "Exit code 0: the record is in the log, under a checkpoint that its key signed. 1: the receipt is false.\n\
        5: it cannot be told: no checkpoint covers the record yet, or nobody said which key is the log's."
    )]
    Check {
        /// The receipt, or - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The log's key, or a file that holds it [default: the key this user saw before]
        #[arg(long, value_name = "KEY|FILE")]
        log_key: Option<String>,
    },
    /// Add the proof to a receipt that was taken before a checkpoint covered the record
    Complete {
        /// The receipt
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Write it to another file [default: in place]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write the receipt of a record again
    Issue {
        /// A position, or eight or more digits of the record's hash
        #[arg(value_name = "SEQ|HASH")]
        what: String,
        /// Write it to a file [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// What `receipt check` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ReceiptCheckAnswer {
    /// The receipts of the file, in order.
    pub receipts: Vec<CheckedReceipt>,
}

/// One receipt and what it proves.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct CheckedReceipt {
    /// The ledger's name, as the receipt says.
    pub origin: String,
    /// The record's position, as the receipt says.
    pub seq: Seq,
    /// Its hash, as the receipt says.
    pub hash: RecordHash,
    /// How it ended.
    pub verdict: crate::ledger::Verdict,
    /// Why, in words.
    pub detail: String,
    /// How many records the checkpoint covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_by: Option<u64>,
    /// The key under which it was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_key: Option<String>,
}

/// What `receipt complete` and `receipt issue` answer.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ReceiptAnswer {
    /// The file that was written.
    pub file: String,
    /// What is in it.
    pub receipts: Vec<ReceiptFile>,
}

/// Does it.
pub fn run(args: &ReceiptArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("receipt", &session.console)?;
    match &args.act {
        Act::Check { file, log_key } => check(file, log_key.as_deref(), session),
        Act::Complete { file, output } => complete(file, output.as_deref(), session),
        Act::Issue { what, output } => issue(what, output.as_deref(), session),
    }
}

fn check(file: &Path, log_key: Option<&str>, session: &mut Session) -> Result<Outcome, Complaint> {
    let receipts = notes::receipts(file)?;
    let given = log_key.map(notes::log_key).transpose()?;
    let mut checked = Vec::with_capacity(receipts.len());
    for receipt in &receipts {
        let key = match &given {
            Some(key) => Some(key.clone()),
            None => session.memory.recall(receipt.origin())?.map(|seen| seen.key),
        };
        checked.push(checked_receipt(receipt, key.as_ref()));
    }
    let any = |verdict| checked.iter().any(|receipt| receipt.verdict == verdict);
    let outcome = match (any(crate::ledger::Verdict::Violated), any(crate::ledger::Verdict::CannotTell)) {
        (true, _) => Outcome::Violated,
        (false, true) => Outcome::Undecided,
        (false, false) => Outcome::Ok,
    };
    print_checked(ReceiptCheckAnswer { receipts: checked }, outcome, session)?;
    Ok(outcome)
}

fn checked_receipt(receipt: &ReceiptFile, key: Option<&VerifierKey>) -> CheckedReceipt {
    use crate::ledger::Verdict;
    let seq = receipt.seq();
    let (verdict, detail, covered_by) = match receipt.check(key) {
        ReceiptVerdict::Holds(checkpoint) => {
            let size = checkpoint.size();
            (Verdict::Ok, format!("record {seq} is one of the {size} that the log's key signed for"), Some(size))
        }
        ReceiptVerdict::Violated(fault) => (Verdict::Violated, refusal::chain(&fault), None),
        ReceiptVerdict::NotCovered => (
            Verdict::CannotTell,
            "no checkpoint covers the record yet; `ceasefire receipt complete` adds it".to_owned(),
            None,
        ),
        ReceiptVerdict::UnknownKey(checkpoint) => {
            let size = checkpoint.size();
            let detail = format!(
                "record {seq} is one of {size} signed for, but nobody said that the key is the log's; give --log-key"
            );
            (Verdict::CannotTell, detail, Some(size))
        }
    };
    let log_key = key.map(ToString::to_string).or_else(|| receipt.log_key().map(ToOwned::to_owned));
    CheckedReceipt {
        origin: receipt.origin().to_owned(),
        seq,
        hash: receipt.hash(),
        verdict,
        detail,
        covered_by,
        log_key,
    }
}

fn print_checked(answer: ReceiptCheckAnswer, outcome: Outcome, session: &mut Session) -> Result<(), Complaint> {
    use crate::ledger::Verdict;
    let console = &mut session.console;
    if !console.is_human() {
        return console.answer("receipt_check", outcome, &answer);
    }
    for receipt in answer.receipts {
        let (paint, word) = match receipt.verdict {
            Verdict::Ok => (Paint::Good, "ok"),
            Verdict::Violated => (Paint::Bad, "FALSE"),
            Verdict::Torn | Verdict::CannotTell => (Paint::Unsure, "cannot tell"),
        };
        let word = console.paint(paint, &format!("{word:<11}"));
        console.line(format!(
            "{word} {} of {}: {}",
            receipt.seq,
            crate::cli::console::isolated(&receipt.origin),
            receipt.detail
        ))?;
        if let Some(key) = receipt.log_key {
            let key =
                console.paint(Paint::Faint, &format!("            log key {}", crate::cli::console::isolated(&key)));
            console.line(key)?;
        }
    }
    Ok(())
}

fn complete(file: &Path, output: Option<&Path>, session: &mut Session) -> Result<Outcome, Complaint> {
    let receipts = notes::receipts(file)?;
    let archive = session.archive()?;
    let mut completed = Vec::with_capacity(receipts.len());
    for receipt in &receipts {
        let seq = same_record(&archive, receipt.seq(), receipt.hash())?;
        completed.push(archive.receipt(seq).map_err(|error| refusal::prove(&error))?);
    }
    let proved = |receipt: &&ReceiptFile| receipt.check(None) != ReceiptVerdict::NotCovered;
    let covered = completed.iter().filter(proved).count();
    if covered < completed.len() {
        let what =
            format!("{} of {} records are not covered by a checkpoint yet", completed.len() - covered, completed.len());
        return Err(Complaint::new(Outcome::Undecided, Code::NotCovered, what));
    }
    give(&completed, Some(output.unwrap_or(file)), session)?;
    Ok(Outcome::Ok)
}

fn issue(what: &str, output: Option<&Path>, session: &mut Session) -> Result<Outcome, Complaint> {
    let archive = session.archive()?;
    let seq = position(&archive, what)?;
    let receipt = archive.receipt(seq).map_err(|error| refusal::prove(&error))?;
    give(&[receipt], output, session)?;
    Ok(Outcome::Ok)
}

/// Writes receipts to a file, or to standard output.
fn give(receipts: &[ReceiptFile], output: Option<&Path>, session: &mut Session) -> Result<(), Complaint> {
    let text: String = receipts.iter().map(ToString::to_string).collect();
    let Some(path) = output.filter(|path| *path != Path::new("-")) else {
        return session.console.line(text.trim_end_matches('\n'));
    };
    if session.global.dry_run {
        session.console.say(format!("would write {} to {}", counted(receipts.len()), path.display()));
        return Ok(());
    }
    write(receipts, path)?;
    if !session.console.is_human() {
        let answer = ReceiptAnswer { file: path.display().to_string(), receipts: receipts.to_vec() };
        return session.console.answer("receipt", Outcome::Ok, &answer);
    }
    session.console.line(format!("{} written to {}", counted(receipts.len()), path.display()))
}

/// Writes receipts to a file, one after the other.
pub fn write(receipts: &[ReceiptFile], path: &Path) -> Result<(), Complaint> {
    let text: String = receipts.iter().map(ToString::to_string).collect();
    write_whole(path, text.as_bytes()).map_err(|error| unwritable(path, &error))
}

/// `1 receipt`, `3 receipts`.
pub fn counted(receipts: usize) -> String {
    if receipts == 1 { "1 receipt".to_owned() } else { format!("{receipts} receipts") }
}
