//! `evidence check`: are the stored bytes still what the records say?

use clap::Args;
use serde::Serialize;

use super::{named, short, store};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::cli::verbs::verify::outcome_of;
use crate::ledger::{BytesState, EvidenceCheck, Verdict};

/// What `evidence check` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every file is here and unaltered, 1 a file was altered, 5 a file is not here.\n\n\
    By hand: b3sum LEDGER/evidence/64/6437b3ac…  prints the name of the file."
)]
pub struct CheckArgs {
    /// Which evidence: eight or more digits of its BLAKE3 [default: all]
    #[arg(value_name = "HASH")]
    pub hash: Option<String>,
}

/// What `evidence check` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct EvidenceCheckAnswer {
    /// Each piece of evidence that was looked at.
    pub checks: Vec<EvidenceCheck>,
}

/// Checks the bytes.
pub fn run(args: &CheckArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("evidence check", &session.console)?;
    let replayed = session.replayed()?;
    let view = replayed.view();
    let evidence = match &args.hash {
        Some(text) => vec![named(text, &view)?],
        None => view.all_evidence("").map_err(|error| refusal::rows(&error))?,
    };
    let store = store(session)?;
    let bar = session.console.progress("checking", evidence.len() as u64);
    let checked = evidence.iter().map(|answer| {
        bar.inc(1);
        answer.check(&store)
    });
    let checks: Vec<EvidenceCheck> = checked.collect();
    bar.finish_and_clear();
    let outcome = outcome(&checks);
    if session.console.is_human() {
        print(&checks, outcome, &mut session.console)?;
    } else {
        session.console.answer("evidence_check", outcome, EvidenceCheckAnswer { checks })?;
    }
    Ok(outcome)
}

fn outcome(checks: &[EvidenceCheck]) -> Outcome {
    let worst = [Verdict::Violated, Verdict::CannotTell]
        .into_iter()
        .find(|verdict| checks.iter().any(|check| check.verdict == *verdict));
    outcome_of(worst.unwrap_or(Verdict::Ok))
}

fn print(checks: &[EvidenceCheck], outcome: Outcome, console: &mut Console) -> Result<(), Complaint> {
    for check in checks {
        let (word, paint) = match check.state {
            BytesState::Present => ("ok", Paint::Good),
            BytesState::Altered => ("ALTERED", Paint::Bad),
            BytesState::Misstated => ("MISSTATED", Paint::Bad),
            BytesState::Missing => ("not here", Paint::Unsure),
            BytesState::Unreadable => ("cannot read", Paint::Unsure),
            BytesState::Withdrawn => ("withdrawn", Paint::Faint),
        };
        let word = console.paint(paint, &format!("{word:<12}"));
        let hash = short(&check.blake3.to_string());
        console.line(format!("{word} {hash}  record {:<7} {}", check.record, check.detail))?;
    }
    let count = |state: BytesState| checks.iter().filter(|check| check.state == state).count();
    let present = count(BytesState::Present);
    let words = match outcome {
        _ if checks.is_empty() => "no evidence is recorded".to_owned(),
        Outcome::Violated => {
            "What is stored is not what the records say. Adding an original again restores it.".to_owned()
        }
        Outcome::Undecided => format!("{present} of {} could be checked and are unaltered.", checks.len()),
        _ => format!("{present} stored and unaltered."),
    };
    console.line(words)
}
