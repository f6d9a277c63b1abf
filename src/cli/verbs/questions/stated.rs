//! `stated`: did the ledger hold that somebody gave this figure?

use clap::Args;

use super::table::{Table, named, print};
use super::{incident, no_such_incident};
use crate::cli::append::figure;
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;

/// What `stated` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire stated person.killed=13\n  ceasefire stated person.killed=13 --incident I-2 --known-at 2020-10-18\n\n\
    Exit code 0: yes, with the records. Exit code 1: no, it did not. `ceasefire prove SEQ` proves a record."
)]
pub struct StatedArgs {
    /// The figure: UNIT[.OUTCOME][/WHO]=QUANTITY
    #[arg(value_name = "FIGURE")]
    pub figure: String,
    /// Of this incident [default: anywhere]
    #[arg(long, value_name = "INCIDENT")]
    pub incident: Option<String>,
}

/// Answers yes or no.
pub fn run(args: &StatedArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let quantity = figure("FIGURE", &args.figure)?;
    let replayed = session.replayed()?;
    let view = replayed.view();
    let of = args.incident.as_deref().map(incident).transpose()?;
    if let Some(of) = &of
        && !view.tables().incidents.has(of.as_str()).map_err(|error| refusal::rows(&error))?
    {
        return Err(no_such_incident(of));
    }
    let answer = view.stated(&quantity, of.as_ref()).map_err(|error| refusal::rows(&error))?;
    let outcome = if answer.stated.is_empty() { Outcome::Violated } else { Outcome::Ok };
    let rows = answer
        .stated
        .iter()
        .map(|stated| vec![stated.record.to_string(), named(&stated.by, "nobody"), stated.of.clone()]);
    let yes = if answer.stated.is_empty() { "No" } else { "Yes" };
    let table = Table {
        title: format!("{yes}: {} at record {}", args.figure, answer.known_at.seq),
        heads: &["record", "said by", "of"],
        rows: rows.collect(),
        notes: vec!["that somebody said so, not that it is so; `ceasefire prove SEQ` proves a record".to_owned()],
    };
    print("stated", outcome, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(outcome)
}
