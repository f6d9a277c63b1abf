//! `evidence`: files kept by their hash, who held them, and whether they are still what they were.

pub mod add;
pub mod check;
pub mod export;
pub mod show;
pub mod timestamp;
pub mod transfer;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::evidence::{EvidenceStore, EvidenceStoreError, StoreStep};
use crate::ledger::{EvidenceAnswer, View};
use crate::vocab::Code;

/// What `evidence` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire evidence add photo.jpg --source OSCE.SMM --incident I-2 --custodian OSCE.SMM\n  \
    ceasefire evidence list\n  ceasefire evidence check\n\n\
    The bytes lie under LEDGER/evidence by their BLAKE3; the log holds their hashes and never the bytes."
)]
pub struct EvidenceArgs {
    /// What to do with evidence.
    #[command(subcommand)]
    pub verb: EvidenceVerb,
}

/// What can be done with evidence.
#[derive(Debug, Subcommand)]
pub enum EvidenceVerb {
    /// Store a file by its hash and record it
    Add(Box<add::AddArgs>),
    /// Record that custody passed on
    Transfer(Box<transfer::TransferArgs>),
    /// List every piece of evidence with its holder
    List(show::ListArgs),
    /// Show one piece of evidence with its chain of custody
    Show(show::ShowArgs),
    /// Check that the stored bytes are still what the records say
    Check(check::CheckArgs),
    /// Copy the bytes of a piece of evidence into a file, checked on the way
    Export(export::ExportArgs),
    /// Ask somebody else's clock since when bytes exist (RFC 3161)
    Timestamp(timestamp::TimestampArgs),
}

/// Runs a verb about evidence.
pub fn run(args: &EvidenceArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    match &args.verb {
        EvidenceVerb::Add(args) => add::run(args, session),
        EvidenceVerb::Transfer(args) => transfer::run(args, session),
        EvidenceVerb::List(args) => show::list(args, session),
        EvidenceVerb::Show(args) => show::run(args, session),
        EvidenceVerb::Check(args) => check::run(args, session),
        EvidenceVerb::Export(args) => export::run(args, session),
        EvidenceVerb::Timestamp(args) => timestamp::run(args, session),
    }
}

/// How many digits of a hash must be typed at the least.
const DIGITS_MIN: usize = 8;

/// Finds the piece of evidence that is meant by eight or more digits of its BLAKE3.
///
/// # Errors
/// `CF0214`, `CF0306` or `CF0683`.
pub(super) fn named(text: &str, view: &View<'_>) -> Result<EvidenceAnswer, Complaint> {
    let digits = text.len() >= DIGITS_MIN && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !digits || text.len() > 64 {
        let what = format!("`{text}` is not a hash, nor the first {DIGITS_MIN} or more digits of one");
        return Err(Complaint::new(Outcome::Rejected, Code::BadHash, what).hint("`ceasefire evidence list` shows them"));
    }
    let mut found = view.all_evidence(text).map_err(|error| refusal::rows(&error))?;
    match (found.pop(), found.len()) {
        (Some(answer), 0) => Ok(answer),
        (None, _) => {
            let what = format!("no evidence is recorded as {text}");
            Err(Complaint::new(Outcome::Rejected, Code::UnknownEvidence, what))
        }
        (Some(_), others) => {
            let what = format!("{} pieces of evidence begin with {text}", others + 1);
            Err(Complaint::new(Outcome::Rejected, Code::AmbiguousEvidence, what))
        }
    }
}

/// Gives the ledger's store.
pub fn store(session: &Session) -> Result<EvidenceStore, Complaint> {
    Ok(EvidenceStore::at(session.folder()?.evidence()))
}

/// A store that failed; a source that cannot be read is the user's file.
pub fn store_failed(error: &EvidenceStoreError) -> Complaint {
    let complaint = Complaint::new(Outcome::Io, Code::StorageFailed, format!("{error}: {}", error.source));
    match error.step {
        StoreStep::ReadSource => complaint.hint("check the path; nothing was stored or recorded"),
        _ => complaint,
    }
}

/// A file that the user named and that cannot be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Complaint {
    let place = Place { file: Some(path.display().to_string()), ..Place::default() };
    Complaint::new(Outcome::Io, Code::StorageFailed, format!("cannot be read: {error}"))
        .at(place)
        .hint("check the path")
}

/// The first digits of a hash, for a table.
pub(super) fn short(hash: &str) -> String {
    hash.get(..16).unwrap_or(hash).to_owned()
}
