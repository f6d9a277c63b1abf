//! `unanswered`: which charges the accused has not answered.

use clap::Args;

use super::table::{Table, named, positions, print};
use super::{actor, replay};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;

/// What `unanswered` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire unanswered\n  ceasefire unanswered ARM")]
pub struct UnansweredArgs {
    /// Only charges against this side [default: against any]
    #[arg(value_name = "ACTOR")]
    pub accused: Option<String>,
}

/// Shows unanswered charges.
pub fn run(args: &UnansweredArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let accused = args.accused.as_deref().map(|text| actor(text, &view)).transpose()?;
    let answer = view.unanswered(accused.as_ref(), session.clock.now()).map_err(replay)?;
    let rows = answer.charges.iter().map(|charge| {
        vec![
            charge.accused.clone(),
            charge.about.clone().unwrap_or_else(|| "in general".to_owned()),
            named(&charge.by, "nobody"),
            charge.hours.to_string(),
            positions(&charge.records),
        ]
    });
    let table = Table {
        title: "Charges without an answer so far".to_owned(),
        heads: &["accused", "about", "charged by", "hours", "records"],
        rows: rows.collect(),
        notes: vec![
            "hours since the first charge was recorded; silence is never agreement".to_owned(),
            "an answer that may be meant for something else does not count as one".to_owned(),
        ],
    };
    print("unanswered", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}
