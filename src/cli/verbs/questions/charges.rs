//! `charges`: which records accuse a side, and how each stands.

use clap::Args;

use super::table::{Table, named, print};
use super::{actor, replay};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;

/// What `charges` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire charges ARM")]
pub struct ChargesArgs {
    /// The side accused; a part of it stands for the whole
    #[arg(value_name = "ACTOR")]
    pub against: String,
}

/// Shows the charges against a side.
pub fn run(args: &ChargesArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let against = actor(&args.against, &view)?;
    let window = session.valid_at(&view.genesis().zones)?;
    let rules = session.rules(&view.genesis().rules)?;
    let answer = view.charges(&against, rules, window).map_err(replay)?;
    let rows = answer.charges.iter().map(|charge| {
        vec![
            charge.record.to_string(),
            charge.incident.clone(),
            named(&charge.by, "nobody"),
            charge.class.to_string(),
            charge.level.to_string(),
            charge.status.to_string(),
            charge.answer.to_string(),
            charge.reasons.clone().unwrap_or_default(),
        ]
    });
    let table = Table {
        title: format!("Charges against {}", answer.against),
        heads: &["record", "incident", "by", "class", "level", "status", "answer", "reasons of the finding"],
        rows: rows.collect(),
        notes: vec!["what was dismissed stays listed, with its reasons where the finding gives them".to_owned()],
    };
    print("charges", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}
