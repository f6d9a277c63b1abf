//! `export tiles`: the log as files that a web server gives to other people's verifiers (C2SP tlog-tiles).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::checkpoint::unwritable;
use super::record_text::refuse_csv;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::whole_file::{self, Audience};
use crate::ledger::Archive;
use crate::proof::Checkpoint;
use crate::publication::{TiledLog, TiledLogError};
use crate::vocab::Code;

/// What `export tiles` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire export tiles -o public       writes public/checkpoint and public/tile/…\n\n\
    A web server gives the folder out as it is. Run the command again to add what is new. Everybody who can reach the server\n\
    can read every record; sealed fields stay sealed."
)]
pub struct ExportTilesArgs {
    /// The folder to write into: a new one, or one that this command wrote before
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// What `export tiles` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ExportTilesAnswer {
    /// Nothing was written.
    pub dry_run: bool,
    /// The folder.
    pub folder: String,
    /// How many records the checkpoint covers.
    pub size: u64,
    /// Their root, in base64.
    pub root: String,
    /// Tiles and entry bundles that are new.
    pub written: u64,
    /// Tiles and entry bundles that were there already.
    pub kept: u64,
}

/// Writes the files.
pub fn run(args: &ExportTilesArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("export tiles", &session.console)?;
    super::rebuild::refuse_known_at("export tiles", session)?;
    let archive = session.archive()?;
    let signed = archive.checkpoint().map_err(|error| refusal::prove(&error))?;
    let dry_run = session.global.dry_run;
    let (written, kept) = write_tiles(&archive, &signed.checkpoint, &args.output, dry_run)?;
    if !dry_run {
        let path = args.output.join("checkpoint");
        whole_file::replace(&path, signed.note.to_string().as_bytes()).map_err(|error| unwritable(&path, &error))?;
    }
    let answer = ExportTilesAnswer {
        dry_run,
        folder: args.output.display().to_string(),
        size: signed.checkpoint.size(),
        root: signed.checkpoint.root().to_base64(),
        written,
        kept,
    };
    print(&answer, session)?;
    Ok(Outcome::Ok)
}

/// Writes what is not there yet. The checkpoint may follow only if this succeeds.
fn write_tiles(
    archive: &Archive,
    checkpoint: &Checkpoint,
    folder: &Path,
    dry_run: bool,
) -> Result<(u64, u64), Complaint> {
    let mut files = TiledLog::of(archive.reader(), checkpoint);
    let (mut written, mut kept) = (0, 0);
    while let Some(some) = files.next_files().map_err(|error| refused(&error))? {
        for (path, bytes) in some {
            let path = folder.join(path.to_string());
            match fs::read(&path) {
                Ok(there) if there == bytes => kept += 1,
                Ok(_) => return Err(another_log(&path)),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(&path, &error)),
                Err(_) => {
                    written += 1;
                    if !dry_run {
                        put(&path, &bytes).map_err(|error| unwritable(&path, &error))?;
                    }
                }
            }
        }
    }
    files.check().map_err(|error| refused(&error))?;
    Ok((written, kept))
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    whole_file::create(path, bytes, Audience::Everybody)
}

fn refused(error: &TiledLogError) -> Complaint {
    match error {
        TiledLogError::Log(error) => refusal::read(error),
        _ => Complaint::new(Outcome::Violated, Code::ForkedLog, error.to_string()).hint("ceasefire verify says more"),
    }
}

fn another_log(path: &Path) -> Complaint {
    let place = Place { file: Some(path.display().to_string()), ..Place::default() };
    Complaint::new(Outcome::Rejected, Code::FileExists, "the folder holds another log: this tile differs")
        .at(place)
        .hint("name a new folder")
}

fn print(answer: &ExportTilesAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        return console.answer("export_tiles", Outcome::Ok, answer);
    }
    let word = if answer.dry_run { "would be written to" } else { "written to" };
    console.line(format!(
        "{} records, {} new files {word} {}, {} were there\n  root {}",
        answer.size, answer.written, answer.folder, answer.kept, answer.root
    ))
}
