//! `prove`: proofs for somebody who does not hold the ledger.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::checkpoint::unwritable;
use super::record_text::refuse_csv;
use super::show::{by_hash, is_hash_prefix, no_record};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::seen::write_whole;
use crate::cli::session::Session;
use crate::cli::{notes, refusal};
use crate::ledger::{Archive, Extension, Inclusion};
use crate::proof::{AddCheckpointRequest, TreeHash};
use crate::record::RecordHash;
use crate::vocab::{Code, Seq};

/// What `prove` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire prove 7 -o 7.tlog-proof      record 7 is in the log; the line is in the file too\n  \
    ceasefire prove receipt.json           the record of a receipt\n  \
    ceasefire prove --from 60              the log goes on from its first 60 records\n  \
    ceasefire prove --from friday.note     the log goes on from that checkpoint\n\n\
    The first form is a C2SP tlog-proof; the second is what a witness takes as add-checkpoint. Both are text."
)]
pub struct ProveArgs {
    /// A position, eight or more digits of a record's hash, or the file of a receipt
    #[arg(value_name = "SEQ|HASH|RECEIPT", required_unless_present = "from")]
    pub what: Option<String>,
    /// Prove that the log goes on from so many records, or from a checkpoint in a file
    #[arg(long, value_name = "SIZE|FILE", conflicts_with = "what")]
    pub from: Option<String>,
    /// Leave the record's line out of the proof; whoever checks it must have it then
    #[arg(long)]
    pub without_line: bool,
    /// Write the proof to a file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `prove` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ProveAnswer {
    /// The proof, as text: a C2SP tlog-proof, or a C2SP add-checkpoint request.
    pub proof: String,
    /// What the checkpoint covers: records 1 to this.
    pub size: u64,
    /// The record that is proved to be in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// Its hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<RecordHash>,
    /// The size that the log is proved to go on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The root at that size, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_root: Option<String>,
}

/// Makes a proof.
pub fn run(args: &ProveArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("prove", &session.console)?;
    super::rebuild::refuse_known_at("prove", session)?;
    let archive = session.archive()?;
    let answer = match (&args.from, &args.what) {
        (Some(from), _) => consistency(&archive, from)?,
        (None, what) => inclusion(&archive, what.as_deref().unwrap_or_default(), args.without_line)?,
    };
    give(args.output.as_deref(), &answer, session)?;
    Ok(Outcome::Ok)
}

fn inclusion(archive: &Archive, what: &str, without_line: bool) -> Result<ProveAnswer, Complaint> {
    let seq = position(archive, what)?;
    let Inclusion { record, proof } = archive.inclusion(seq).map_err(|error| refusal::prove(&error))?;
    let checkpoint = archive.signed(proof.checkpoint().clone()).map_err(|error| refusal::prove(&error))?;
    let proof = if without_line { proof } else { proof.with_extra(record.line.as_bytes().to_vec()) };
    let size = checkpoint.checkpoint.size();
    let (seq, hash) = (Some(record.seq), Some(record.hash));
    Ok(ProveAnswer { proof: proof.to_string(), size, seq, hash, from: None, from_root: None })
}

/// Finds the record that is meant.
pub fn position(archive: &Archive, what: &str) -> Result<Seq, Complaint> {
    let head = archive.reader().head().map_err(|error| refusal::read(&error))?.seq;
    if let Ok(number) = what.parse::<u64>() {
        let seq = Seq::new(number);
        return if Seq::NONE < seq && seq <= head { Ok(seq) } else { Err(no_record(what, head)) };
    }
    if is_hash_prefix(what)
        && let Some(seq) = by_hash(&what.to_ascii_lowercase(), head, archive.reader())?
    {
        return Ok(seq);
    }
    if !Path::new(what).is_file() {
        return Err(no_record(what, head));
    }
    let receipts = notes::receipts(Path::new(what))?;
    let [receipt] = receipts.as_slice() else {
        let what = format!("{what} holds {} receipts", receipts.len());
        return Err(Complaint::new(Outcome::Rejected, Code::BadReceipt, what).hint("prove the records one by one"));
    };
    same_record(archive, receipt.seq(), receipt.hash())
}

/// Gives a receipt's position, if the ledger holds the receipt's record there.
pub fn same_record(archive: &Archive, seq: Seq, hash: RecordHash) -> Result<Seq, Complaint> {
    let record = archive.reader().record_at(seq).map_err(|error| refusal::read(&error))?;
    let what = match record {
        Some(record) if record.hash == hash => return Ok(seq),
        Some(record) => format!("record {seq} hashes to {}, the receipt says {hash}", record.hash),
        None => format!("the ledger has no record {seq}, of which there is a receipt"),
    };
    Err(Complaint::new(Outcome::Violated, Code::LogCorrupt, what))
}

fn consistency(archive: &Archive, from: &str) -> Result<ProveAnswer, Complaint> {
    let size = match from.parse::<u64>() {
        Ok(size) => size,
        Err(_) => size_of(archive, Path::new(from))?,
    };
    let proved = archive.consistency(size).map_err(|error| refusal::prove(&error))?;
    let new = proved.checkpoint.checkpoint.size();
    let request = AddCheckpointRequest::new(proved.from, proved.hashes, proved.checkpoint.note);
    let request = request.map_err(|error| crate::cli::console::internal(&error.to_string()))?;
    let root = Some(TreeHash::to_base64(&proved.root));
    Ok(ProveAnswer { proof: request.to_string(), size: new, seq: None, hash: None, from: Some(size), from_root: root })
}

/// The size of a checkpoint that the log must go on from; one that it does not go on from is a fork.
fn size_of(archive: &Archive, file: &Path) -> Result<u64, Complaint> {
    if !file.is_file() {
        let what = format!("`{}` is neither a number of records nor a file", file.display());
        return Err(Complaint::new(Outcome::Rejected, Code::BadNote, what));
    }
    let signed = notes::note_of(archive, file)?;
    let size = signed.checkpoint.size();
    match archive.extends(&signed).map_err(|error| refusal::prove(&error))? {
        Extension::Extends => Ok(size),
        Extension::Forked { .. } => {
            let what = format!("the first {size} records are not those of {}", file.display());
            Err(Complaint::new(Outcome::Violated, Code::ForkedLog, what))
        }
        Extension::TooShort { head } => {
            let what = format!("the log ends with record {head}, {} is of {size} records", file.display());
            Err(Complaint::new(Outcome::Violated, Code::BehindSigned, what))
        }
    }
}

fn give(output: Option<&Path>, answer: &ProveAnswer, session: &mut Session) -> Result<(), Complaint> {
    let file = output.filter(|path| *path != Path::new("-"));
    if let Some(path) = file {
        if session.global.dry_run {
            session.console.say(format!("would write the proof to {}", path.display()));
        } else {
            write_whole(path, answer.proof.as_bytes()).map_err(|error| unwritable(path, &error))?;
        }
    }
    if !session.console.is_human() {
        return session.console.answer("prove", Outcome::Ok, answer);
    }
    let Some(path) = file else { return session.console.line(answer.proof.trim_end_matches('\n')) };
    let proved = match (answer.seq, answer.from) {
        (Some(seq), _) => format!("record {seq} is one of the {} that the checkpoint covers", answer.size),
        (None, from) => {
            format!("the log of {} records goes on from its first {}", answer.size, from.unwrap_or_default())
        }
    };
    if session.global.dry_run { Ok(()) } else { session.console.line(format!("{proved}: {}", path.display())) }
}
