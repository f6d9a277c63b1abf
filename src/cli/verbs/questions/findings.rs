//! `findings`: what assessors found, who disagreed, and how much is resolved.

use clap::Args;

use super::replay;
use super::table::{Table, named, print};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;

/// What `findings` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire findings --json")]
pub struct FindingsArgs {}

/// Shows findings.
pub fn run(_: &FindingsArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let answer = replayed.view().findings().map_err(replay)?;
    let rows = answer.findings.iter().map(|finding| {
        let dissent: Vec<String> = finding.dissent.iter().map(|(by, words)| format!("{by}: {words}")).collect();
        vec![
            finding.record.to_string(),
            finding.incident.clone(),
            finding.assessor.clone(),
            finding.outcome.to_string(),
            finding.days.map_or_else(|| "?".to_owned(), |days| days.to_string()),
            named(&dissent, "none"),
            finding.reasons.clone().unwrap_or_default(),
        ]
    });
    let median = answer.median_days.map_or_else(
        || "no incident has both an opening and a finding".to_owned(),
        |days| format!("median {days} days from opening to first finding, of {} incidents", answer.median_of),
    );
    let table = Table {
        title: "Findings about incidents".to_owned(),
        heads: &["record", "incident", "assessor", "outcome", "days", "dissent", "reasons"],
        rows: rows.collect(),
        notes: vec![format!("{} of {} incidents taken up have a finding; {median}", answer.resolved, answer.taken_up)],
    };
    print("findings", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}
