//! `check-proof`: a bundle, a proof file or a receipt, without a ledger.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::evidence::timestamp::read_authorities;
use super::record_text::refuse_csv;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::notes;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::proof::{EvidenceBundle, Policy, ProofCheck, ProofReport, ProofTrust, ReadBundleError, Standing, TlogProof};
use crate::vocab::Code;

/// How a C2SP tlog-proof begins.
const TLOG_PROOF: &[u8] = b"c2sp.org/tlog-proof@";

/// What `check-proof` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire check-proof case.zip --log-key log.vkey --ca authority.pem\n  \
    ceasefire check-proof 7.tlog-proof --policy both-parties.policy\n\n\
    Whose key it is no file can prove. Give the log's key or a policy, got from another source than the file. Without them the \
    key is taken that you saw before under the log's name; without that the answer is that it cannot be told.\n\
    Exit codes: 0 it holds, 1 it does not, 5 it cannot be told.")]
pub struct CheckProofArgs {
    /// An evidence bundle, a .tlog-proof, or receipts
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The log's key as its keeper published it, or a file that holds it
    #[arg(long, value_name = "KEY|FILE")]
    pub log_key: Option<String>,
    /// Whose signatures you ask for: a file in the form of C2SP tlog-policy
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The certificate of the timestamp authority that you trust, in PEM or DER
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The record's line that a .tlog-proof is about [default: the one it carries]
    #[arg(long, value_name = "FILE")]
    pub line: Option<PathBuf>,
}

/// Checks a proof.
pub fn run(args: &CheckProofArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("check-proof", &session.console)?;
    let mut trust = ProofTrust {
        policy: args.policy.as_deref().map(read_policy).transpose()?,
        log_key: args.log_key.as_deref().map(notes::log_key).transpose()?,
        authorities: args.ca.as_deref().map(read_authorities).transpose()?,
    };
    let beginning = beginning(&args.file)?;
    let report = if beginning.starts_with(TLOG_PROOF) {
        proof_file(args, &mut trust, session)?
    } else if beginning.trim_ascii_start().starts_with(b"{") {
        receipts(&args.file, &mut trust, session)?
    } else {
        bundle(&args.file, &mut trust, session)?
    };
    let outcome = match report.standing() {
        Standing::Ok | Standing::NotAsked => Outcome::Ok,
        Standing::Violated => Outcome::Violated,
        Standing::CannotTell => Outcome::Undecided,
    };
    if session.console.is_human() {
        print(&report, outcome, &mut session.console)?;
    } else {
        session.console.answer("check_proof", outcome, &report)?;
    }
    Ok(outcome)
}

fn bundle(path: &Path, trust: &mut ProofTrust, session: &Session) -> Result<ProofReport, Complaint> {
    let unreadable = |error: &std::io::Error| super::evidence::unreadable(path, error);
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let bar = session.console.progress("reading", file.metadata().map_or(0, |metadata| metadata.len()));
    let bundle = EvidenceBundle::read(&mut bar.wrap_read(BufReader::new(file)));
    bar.finish_and_clear();
    match bundle {
        Ok(bundle) => {
            let text = bundle.parts().checkpoint.text().to_owned();
            recall(trust, text.lines().next().unwrap_or_default(), session)?;
            Ok(bundle.check(trust))
        }
        Err(ReadBundleError::Io(error)) => Err(unreadable(&error)),
        Err(error @ (ReadBundleError::NotAnArchive | ReadBundleError::NotABundle)) => {
            Err(no_proof(path, &error.to_string()))
        }
        Err(error) => Ok(ProofReport::of(vec![ProofCheck::new("form", Standing::Violated, error.to_string())])),
    }
}

fn proof_file(args: &CheckProofArgs, trust: &mut ProofTrust, session: &Session) -> Result<ProofReport, Complaint> {
    let proof = match TlogProof::parse(&notes::read_file(&args.file)?) {
        Ok(proof) => proof,
        Err(error) => {
            return Ok(ProofReport::of(vec![ProofCheck::new("form", Standing::Violated, error.to_string())]));
        }
    };
    let line = args.line.as_deref().map(notes::read_file).transpose()?;
    recall(trust, proof.checkpoint().text().lines().next().unwrap_or_default(), session)?;
    let line = line.as_deref().map(|line| line.strip_suffix(b"\n").unwrap_or(line));
    Ok(trust.check_tlog_proof(&proof, line))
}

/// Checks every receipt of a file; their checks stand one after the other.
fn receipts(path: &Path, trust: &mut ProofTrust, session: &Session) -> Result<ProofReport, Complaint> {
    let receipts = notes::receipts(path)?;
    let mut all: Option<ProofReport> = None;
    for receipt in &receipts {
        let mut trust = trust.clone();
        recall(&mut trust, receipt.origin(), session)?;
        let report = trust.check_receipt(receipt);
        match &mut all {
            Some(all) => {
                all.records.extend(report.records);
                all.checks.extend(report.checks);
            }
            None => all = Some(report),
        }
    }
    all.ok_or_else(|| no_proof(path, "it is empty"))
}

/// Takes the key that this user saw before, where nothing else was given.
fn recall(trust: &mut ProofTrust, origin: &str, session: &Session) -> Result<(), Complaint> {
    if trust.log_key.is_none() && trust.policy.is_none() {
        trust.log_key = session.memory.recall(origin)?.map(|seen| seen.key);
    }
    Ok(())
}

fn beginning(path: &Path) -> Result<Vec<u8>, Complaint> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| super::evidence::unreadable(path, &error))
}

/// Reads a policy.
///
/// # Errors
/// `CF0687` where it is none.
pub fn read_policy(path: &Path) -> Result<Policy, Complaint> {
    let bytes = notes::read_file(path)?;
    Policy::parse(&bytes).map_err(|error| {
        let place = Place { file: Some(path.display().to_string()), ..Place::default() };
        Complaint::new(Outcome::Rejected, Code::BadPolicy, error.to_string()).at(place)
    })
}

fn no_proof(path: &Path, why: &str) -> Complaint {
    let place = Place { file: Some(path.display().to_string()), ..Place::default() };
    Complaint::new(Outcome::Undecided, Code::NotAProof, why.to_owned()).at(place)
}

/// Prints a report for a person.
pub fn print(report: &ProofReport, outcome: Outcome, console: &mut Console) -> Result<(), Complaint> {
    for check in &report.checks {
        let (paint, word) = match check.verdict {
            Standing::Ok => (Paint::Good, "ok"),
            Standing::Violated => (Paint::Bad, "VIOLATED"),
            Standing::CannotTell => (Paint::Unsure, "cannot tell"),
            Standing::NotAsked => (Paint::Faint, "not asked"),
        };
        let word = console.paint(paint, &format!("{word:<11}"));
        console.line(format!("{word} {:<12} {}", check.name, isolated(&check.detail)))?;
    }
    if let Some(origin) = &report.origin {
        let records: Vec<String> = report.records.iter().map(ToString::to_string).collect();
        let size = report.size.map(|size| format!(", of {size}")).unwrap_or_default();
        console.line(format!("records {} of {}{size}", records.join(", "), isolated(origin)))?;
    }
    if let Some(key) = &report.log_key {
        console.line(console.paint(Paint::Faint, &format!("log key {}", isolated(key))))?;
    }
    let (paint, answer) = match outcome {
        Outcome::Ok => (Paint::Good, "It holds: everything that was asked for was checked."),
        Outcome::Violated => (Paint::Bad, "It does not hold."),
        _ => (Paint::Unsure, "It cannot be told: nobody that you named stands behind it."),
    };
    let answer = if outcome == Outcome::Undecided && !report.checks.iter().any(|check| check.name == "key") {
        "It cannot be told."
    } else {
        answer
    };
    console.line(console.paint(paint, answer))
}
