//! `witness evidence`: what is held against a log that signed two histories.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::seat::{KnownLogs, file, read_file, shelf, shown, with_cause};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::proof::VerifierKey;
use crate::vocab::Code;
use crate::witness::{Contradiction, Equivocation, LogMemory};

/// What `witness evidence` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire witness evidence --state party-a --log example.org/nk2020+9f2c…+AQ…\n  \
    ceasefire witness evidence same-size-3fa9.json --log example.org/nk2020+9f2c…+AQ…   (from somebody else)\n\n\
    Every file is checked anew: both signatures, both sizes and roots, and the proof. Exit code 1 says that the log's key \
    signed two histories; 5 that a checkpoint came with a proof that does not hold, which may be a mistake; 0 that there is nothing."
)]
pub struct EvidenceArgs {
    /// Files of evidence to check
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A witness's folder; all that it holds is checked
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Whose evidence
    #[command(flatten)]
    pub logs: KnownLogs,
}

/// What `witness evidence` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct EvidenceAnswer {
    /// Each file, with what it proves.
    pub evidence: Vec<Piece>,
}

/// One file of evidence.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Piece {
    /// The file.
    pub file: String,
    /// The log.
    pub origin: String,
    /// What the two notes prove.
    pub kind: Contradiction,
    /// Whether the log's key must have signed two histories.
    pub proven: bool,
    /// The note that was known, as it was signed.
    pub first: String,
    /// The note that does not go with it, as it was signed.
    pub second: String,
}

/// Shows evidence.
pub fn run(args: &EvidenceArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness evidence", &session.console)?;
    let keys = args.logs.read()?;
    if args.files.is_empty() && args.state.is_none() {
        let what = "neither a file nor a witness's folder is named";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("give files, or --state DIR"));
    }
    let mut evidence = Vec::new();
    for path in &args.files {
        let read = Equivocation::parse(&read_file(path)?)
            .map_err(|error| with_cause(Outcome::Rejected, Code::BadEvidence, &error));
        evidence.push(
            read.and_then(|read| piece(shown(path), &read, &keys))
                .map_err(|complaint| complaint.at(file(&shown(path))))?,
        );
    }
    if let Some(path) = &args.state {
        evidence.extend(kept(path, &keys)?);
    }
    let outcome = match () {
        () if evidence.iter().any(|piece| piece.proven) => Outcome::Violated,
        () if evidence.is_empty() => Outcome::Ok,
        () => Outcome::Undecided,
    };
    let answer = EvidenceAnswer { evidence };
    if session.console.is_human() {
        print(&answer, &mut session.console)?;
    } else {
        session.console.answer("witness-evidence", outcome, &answer)?;
    }
    Ok(outcome)
}

/// What a witness holds against the logs that are named.
fn kept(folder: &std::path::Path, keys: &[VerifierKey]) -> Result<Vec<Piece>, Complaint> {
    if !folder.is_dir() {
        let what = "there is no such folder";
        return Err(Complaint::new(Outcome::Io, Code::StorageFailed, what)
            .at(file(&shown(folder)))
            .hint("check the path"));
    }
    let mut origins: Vec<_> = keys.iter().map(VerifierKey::name).collect();
    origins.dedup();
    let mut pieces = Vec::new();
    for origin in origins {
        for kept in LogMemory::under(folder, origin).evidence().map_err(|error| shelf(&error))? {
            let name = shown(&kept.path);
            let read = kept.evidence.map_err(|error| with_cause(Outcome::Undecided, Code::BadEvidence, &error));
            pieces.push(
                read.and_then(|read| piece(name.clone(), &read, keys))
                    .map_err(|complaint| complaint.at(file(&name)))?,
            );
        }
    }
    Ok(pieces)
}

fn piece(file: String, evidence: &Equivocation, keys: &[VerifierKey]) -> Result<Piece, Complaint> {
    let kind = evidence.check(keys).map_err(|error| with_cause(Outcome::Undecided, Code::BadEvidence, &error))?;
    let origin = evidence.first().text().lines().next().unwrap_or_default().to_owned();
    let (first, second) = (evidence.first().to_string(), evidence.second().to_string());
    Ok(Piece { file, origin, kind, proven: kind.is_proven(), first, second })
}

fn print(answer: &EvidenceAnswer, console: &mut Console) -> Result<(), Complaint> {
    if answer.evidence.is_empty() {
        return console.line("nothing is held against the log");
    }
    for piece in &answer.evidence {
        let size = |note: &str| note.lines().nth(1).unwrap_or_default().to_owned();
        let (first, second) = (size(&piece.first), size(&piece.second));
        let words = match piece.kind {
            Contradiction::SameSize => format!("two different trees of {first} records are signed"),
            Contradiction::OtherHistory => {
                format!("the signed tree of {second} records begins with other records than the signed tree of {first}")
            }
            _ => format!(
                "the signed tree of {second} records was not shown to continue that of {first}; it may be a wrong proof"
            ),
        };
        let (paint, word) = if piece.proven { (Paint::Bad, "PROVEN") } else { (Paint::Unsure, "unproven") };
        let word = console.paint(paint, &format!("{word:<9}"));
        console.line(format!("{word} {}: {words}", isolated(&piece.origin)))?;
        console.line(format!("          {}", piece.file))?;
        for line in [&piece.first, &piece.second].iter().flat_map(|note| note.lines().chain([""])) {
            console.line(format!("          {}", isolated(line)).trim_end())?;
        }
    }
    if answer.evidence.iter().any(|piece| piece.proven) {
        console.line("The log's key signed two histories. Show the file to everybody who relies on the log.")?;
    }
    Ok(())
}
