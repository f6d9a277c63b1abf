//! `lists`: where the lists of two sides agree.

use clap::Args;

use super::actor;
use super::table::{Table, named, positions, print};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;

/// What `lists` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire lists AZE ARM --valid-at 2020-10-10/2020-10-18")]
pub struct ListsArgs {
    /// One side
    #[arg(value_name = "ACTOR")]
    pub first: String,
    /// The other side
    #[arg(value_name = "ACTOR")]
    pub second: String,
}

/// Compares two sides' lists.
pub fn run(args: &ListsArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let (first, second) = (actor(&args.first, &view)?, actor(&args.second, &view)?);
    let window = session.valid_at(&view.genesis().zones)?;
    let answer = view.lists(&first, &second, window).map_err(|error| refusal::rows(&error))?;
    let both = answer.both.iter().map(|both| {
        let agree = if both.same_accused { "both, and on the accused" } else { "both" };
        vec![
            both.incident.clone(),
            agree.to_owned(),
            named(&both.first_accuses, "nobody"),
            named(&both.second_accuses, "nobody"),
            positions(&both.records),
        ]
    });
    let only_first = answer.only_first.iter().map(|one| {
        let by = format!("only {}", answer.first);
        vec![one.incident.clone(), by, named(&one.accuses, "nobody"), String::new(), positions(&one.records)]
    });
    let only_second = answer.only_second.iter().map(|one| {
        let by = format!("only {}", answer.second);
        vec![one.incident.clone(), by, String::new(), named(&one.accuses, "nobody"), positions(&one.records)]
    });
    let table = Table {
        title: format!("The lists of {} and {}", answer.first, answer.second),
        heads: &["incident", "listed by", "first accuses", "second accuses", "records"],
        rows: both.chain(only_first).chain(only_second).collect(),
        notes: vec!["a denial alone does not list an incident; merged incidents are one".to_owned()],
    };
    print("lists", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}
