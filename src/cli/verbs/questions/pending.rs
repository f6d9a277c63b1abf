//! `pending`: what is under verification, and for how long.

use clap::Args;

use super::table::{Table, positions, print};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;

/// What `pending` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire pending\n  ceasefire pending --over 72\n\nAges are reckoned up to --valid-at, else now."
)]
pub struct PendingArgs {
    /// Only what has been open longer than this many hours
    #[arg(long, value_name = "HOURS", default_value_t = 0)]
    pub over: u64,
}

/// Shows what is under verification.
pub fn run(args: &PendingArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let asked = session.valid_at(&view.genesis().zones)?.map_or_else(|| session.clock.now(), crate::vocab::Span::start);
    let answer = view.pending(asked, args.over).map_err(|error| refusal::rows(&error))?;
    let rows = answer.incidents.iter().map(|incident| {
        vec![
            incident.incident.clone(),
            incident.hours.to_string(),
            if incident.suspended { "suspended" } else { "open" }.to_owned(),
            incident.assessor.clone(),
            incident.opened.to_string(),
            positions(&incident.records),
        ]
    });
    let title = if args.over > 0 {
        format!("Under verification for more than {} hours", args.over)
    } else {
        "Under verification".to_owned()
    };
    let table = Table {
        title,
        heads: &["incident", "hours", "step", "assessor", "opened", "records"],
        rows: rows.collect(),
        notes: vec![format!("hours up to {}", answer.asked_at)],
    };
    print("pending", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}
