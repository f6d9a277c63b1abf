//! `recover`: a half-written end of the log, moved aside and never deleted.

use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::rebuild::refuse_known_at;
use super::record_text::refuse_csv;
use crate::cli::complaint::Complaint;
use crate::cli::console::Paint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{Folder, Ledger, Notice, OpenError, TornTail};
use crate::log::OpenError as LogOpenError;
use crate::record::RecordHash;
use crate::vocab::{Clock, Seq};

/// What `recover` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "A write that was broken off leaves a half-written batch at the very end of the log. Nobody was \
    given a receipt for it.\n`recover` moves those bytes to a file beside the log; the records before them stay as they are.\n\
    Damage anywhere else is not recovered: it is shown by `ceasefire verify`, and another copy is the remedy."
)]
pub struct RecoverArgs {}

/// What `recover` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct RecoverAnswer {
    /// What was torn; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torn: Option<Torn>,
    /// The file that holds the torn bytes now, within the ledger's folder; absent where nothing was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// The last record of the log.
    pub head_seq: Seq,
    /// Its hash.
    pub head: RecordHash,
}

/// A half-written end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Torn {
    /// The segment.
    pub segment: String,
    /// The first byte of the unfinished batch.
    pub from: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// How the end of a log stands.
enum Ending {
    Whole { seq: Seq, hash: RecordHash },
    Torn { torn: Torn, seq: Seq, hash: RecordHash },
}

/// Moves a torn end aside.
pub fn run(_: &RecoverArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("recover", &session.console)?;
    refuse_known_at("recover", session)?;
    let folder = session.folder()?;
    let clock = Arc::clone(&session.clock);
    match ending(folder.clone(), Arc::clone(&clock))? {
        Ending::Whole { seq, hash } => {
            print(&RecoverAnswer { torn: None, moved_to: None, head_seq: seq, head: hash }, session)
        }
        Ending::Torn { torn, seq, hash } if session.global.dry_run => {
            print(&RecoverAnswer { torn: Some(torn), moved_to: None, head_seq: seq, head: hash }, session)
        }
        Ending::Torn { torn, .. } => {
            let mut ledger =
                Ledger::open_with(folder, clock, TornTail::MoveAside).map_err(|error| refusal::open(&error))?;
            let moved_to = moved_to(&mut ledger, session);
            let head = ledger.head();
            print(&RecoverAnswer { torn: Some(torn), moved_to, head_seq: head.seq, head: head.hash }, session)
        }
    }
}

/// Looks at the end of the log, with the writer's lock.
fn ending(folder: Folder, clock: Arc<dyn Clock>) -> Result<Ending, Complaint> {
    match Ledger::open(folder, clock) {
        Ok(ledger) => Ok(Ending::Whole { seq: ledger.head().seq, hash: ledger.head().hash }),
        Err(OpenError::Log(LogOpenError::Torn { segment, from, bytes, head, .. })) => {
            let torn = Torn { segment: segment.to_string(), from, bytes };
            Ok(Ending::Torn { torn, seq: head.seq, hash: head.hash })
        }
        Err(error) => Err(refusal::open(&error)),
    }
}

/// Takes where the torn end went from the notices, and passes the others on.
fn moved_to(ledger: &mut Ledger, session: &mut Session) -> Option<String> {
    let (moved, others): (Vec<Notice>, Vec<Notice>) =
        ledger.take_notices().into_iter().partition(|notice| matches!(notice, Notice::TornTailMoved { .. }));
    session.console.notices(&others);
    moved.into_iter().find_map(|notice| match notice {
        Notice::TornTailMoved { kept_in, .. } => Some(format!("log/{kept_in}")),
        _ => None,
    })
}

fn print(answer: &RecoverAnswer, session: &mut Session) -> Result<Outcome, Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        console.answer("recover", Outcome::Ok, answer)?;
        return Ok(Outcome::Ok);
    }
    match (&answer.torn, &answer.moved_to) {
        (None, _) => console.line("nothing to recover: the last batch is complete")?,
        (Some(Torn { segment, from, bytes }), None) => {
            console.line(format!(
                "would move the last {bytes} bytes of log/{segment}, from byte {from} on, to a file beside it"
            ))?;
        }
        (Some(Torn { segment, bytes, .. }), Some(moved_to)) => {
            let moved = console.paint(Paint::Good, &format!("moved {bytes} bytes"));
            console.line(format!("{moved} of a half-written batch from log/{segment} to {moved_to}"))?;
            console.line("nobody was given a receipt for them; every record before them is as it was")?;
        }
    }
    console.line(format!("the log ends with record {}, {}", answer.head_seq, answer.head))?;
    Ok(Outcome::Ok)
}
