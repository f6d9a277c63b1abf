//! `witness adopt`: a witness whose memory was set back gets back what it cosigned.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::seat::{Seat, file, memory, read_file, read_key, shelf, shown, with_cause};
use crate::cli::complaint::Complaint;
use crate::cli::console::Paint;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::proof::Note;
use crate::vocab::Code;
use crate::witness::{AdoptError, Memory, Remembered};

/// What `witness adopt` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "After a restored backup a witness knows less than it cosigned, and could cosign a second history. Collect \
    the newest note with its cosignature from everybody who has one: the ledger's keeper (`cosigned/` in the ledger's folder), \
    readers, other witnesses. Adopt the one of the largest size before the witness serves again.\n\
    It only goes forwards, and takes nothing that the witness's own key did not cosign."
)]
pub struct AdoptArgs {
    /// The cosigned checkpoint; - is standard input
    #[arg(value_name = "NOTE")]
    pub note: PathBuf,
    /// Who the witness is
    #[command(flatten)]
    pub seat: Seat,
}

/// What `witness adopt` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AdoptAnswer {
    /// The log.
    pub origin: String,
    /// How many records the witness remembers now.
    pub size: u64,
}

/// Adopts a note.
pub fn run(args: &AdoptArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness adopt", &session.console)?;
    let at = file(&shown(&args.note));
    let refuse = |code: Code, what: String| Complaint::new(Outcome::Rejected, code, what).at(at.clone());
    let logs = args.seat.logs.read()?;
    let key = read_key(&args.seat.key, session)?;
    let note = Note::parse(&read_file(&args.note)?).map_err(|error| refuse(Code::BadRequestFile, error.to_string()))?;
    if let Err(error) = note.verify(&logs) {
        return Err(refuse(Code::NotSignedByLog, format!("the log did not sign it: {error}")));
    }
    let remembered = Remembered::of(&note, &logs, key.verifier())
        .ok_or_else(|| refuse(Code::BadRequestFile, "the note is no checkpoint".to_owned()))?;
    let held = Memory::hold(&args.seat.state).map_err(|error| shelf(&error))?;
    let kept = held.of_log(remembered.checkpoint.origin());
    let adopted = if session.global.dry_run {
        kept.adoptable(&remembered, &logs, &key)
    } else {
        kept.adopt(&remembered, &logs, &key)
    };
    adopted.map_err(|error| match &error {
        AdoptError::Memory(error) => memory(error),
        AdoptError::Shelf(error) => shelf(error),
        AdoptError::Known { .. } => with_cause(Outcome::Rejected, Code::MemorySetBack, &error).at(at.clone()),
        _ => with_cause(Outcome::Rejected, Code::NotCosigned, &error).at(at.clone()),
    })?;
    let size = remembered.checkpoint.size();
    let console = &mut session.console;
    if !console.is_human() {
        let answer = AdoptAnswer { origin: remembered.checkpoint.origin().to_string(), size };
        console.answer("witness-adopt", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    let would = if session.global.dry_run { "would remember" } else { "remembers" };
    let words = console.paint(Paint::Good, &format!("the witness {would} {size} records"));
    console.line(format!("{words} of {}", remembered.checkpoint.origin()))?;
    Ok(Outcome::Ok)
}
