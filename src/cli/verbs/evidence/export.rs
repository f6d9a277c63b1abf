//! `evidence export`: the bytes into a file of their own, checked on the way.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{named, store, store_failed};
use crate::cli::complaint::Complaint;
use crate::cli::new_file::{expect_free, write_new};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::evidence::{EvidenceState, FileDigests};
use crate::vocab::Code;

/// What `evidence export` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire evidence export 6437b3ac -o photo.jpg")]
pub struct ExportArgs {
    /// Which evidence: eight or more digits of its BLAKE3
    #[arg(value_name = "HASH")]
    pub hash: String,
    /// The file to write, which must not exist; - for standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// What `evidence export` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct EvidenceExportAnswer {
    /// Nothing was written.
    pub dry_run: bool,
    /// The file's hashes and length.
    pub evidence: FileDigests,
    /// Where it was written.
    pub file: String,
}

/// Writes the bytes of a piece of evidence.
pub fn run(args: &ExportArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("evidence export", &session.console)?;
    let replayed = session.replayed()?;
    let answer = named(&args.hash, &replayed.view())?;
    let store = store(session)?;
    let Some(&stated) = answer.stated.first() else {
        let what = "every record that adds it was retracted".to_owned();
        return Err(Complaint::new(Outcome::Rejected, Code::UnknownEvidence, what).hint("evidence show lists them"));
    };
    let dry_run = session.global.dry_run;
    let to_stdout = args.output == Path::new("-");
    if to_stdout || dry_run {
        whole(store.state(&stated).map_err(|error| store_failed(&error))?, &stated)?;
    }
    if to_stdout && !dry_run {
        session.console.finish()?;
        let copied = store.copy(&stated, &mut io::stdout().lock()).map_err(|error| store_failed(&error))?;
        return whole(copied, &stated).map(|()| Outcome::Ok);
    }
    expect_free(&args.output)?;
    if !dry_run {
        write_new(&args.output, |file, _| {
            let copied = store.copy(&stated, file).map_err(|error| store_failed(&error))?;
            whole(copied, &stated)
        })?;
    }
    let (file, console) = (args.output.display().to_string(), &mut session.console);
    if console.is_human() {
        let word = if dry_run { "would be written to" } else { "written to" };
        console.line(format!("{} bytes {word} {file}, BLAKE3 and SHA-256 as recorded", stated.bytes))?;
    } else {
        let answer = EvidenceExportAnswer { dry_run, evidence: stated, file };
        console.answer("evidence_export", Outcome::Ok, &answer)?;
    }
    Ok(Outcome::Ok)
}

/// Anything but the recorded bytes is not handed out.
fn whole(state: EvidenceState, stated: &FileDigests) -> Result<(), Complaint> {
    match state {
        EvidenceState::Present => Ok(()),
        EvidenceState::Missing => {
            let what = format!("the bytes of {} are not stored here", stated.blake3);
            Err(Complaint::new(Outcome::Undecided, Code::EvidenceMissing, what))
        }
        EvidenceState::Altered(_) | EvidenceState::NotAFile => {
            let what = format!("what lies under {} is not what was recorded; it was not handed out", stated.blake3);
            Err(Complaint::new(Outcome::Violated, Code::EvidenceAltered, what))
        }
    }
}
