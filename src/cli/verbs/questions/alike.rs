//! `alike`: which incidents may be the same one.

use clap::Args;

use super::table::{Table, positions, print};
use super::{incident, no_such_incident};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;

/// What `alike` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ceasefire alike I-2\n\nNothing is merged by it: `ceasefire append merge` records that two are one."
)]
pub struct AlikeArgs {
    /// The incident
    #[arg(value_name = "INCIDENT")]
    pub incident: String,
}

/// Ranks the incidents that share something with one.
pub fn run(args: &AlikeArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let id = incident(&args.incident)?;
    let rules = session.rules(&view.genesis().rules)?;
    let answer = view.alike(&id, rules).map_err(|error| refusal::rows(&error))?;
    let answer = answer.ok_or_else(|| no_such_incident(&id))?;
    let rows = answer.alike.iter().map(|alike| {
        let grounds: Vec<&str> = alike.grounds.iter().map(|ground| ground.as_str()).collect();
        let apart = alike.hours_apart.map_or_else(|| "?".to_owned(), |hours| hours.to_string());
        vec![alike.incident.clone(), grounds.join(" "), apart, positions(&alike.records)]
    });
    let table = Table {
        title: format!("May be the same as {}", answer.incident),
        heads: &["incident", "shared", "hours apart", "reports"],
        rows: rows.collect(),
        notes: vec![
            "shared: overlapping time, near place, same act, same accused; two at least, one of them time or place"
                .to_owned(),
            format!("nothing is merged by this; near is what {} calls near", answer.rules),
        ],
    };
    print("alike", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}
