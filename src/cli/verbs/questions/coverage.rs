//! `coverage`: where monitors could not go, and where somebody reported quiet.

use clap::Args;

use super::table::{Table, named, print, time};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;

/// What `coverage` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire coverage --valid-at 2020-10-10/2020-10-17")]
pub struct CoverageArgs {}

/// Shows coverage.
pub fn run(_: &CoverageArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let window = session.valid_at(&view.genesis().zones)?;
    let answer = view.coverage_of(window).map_err(|error| refusal::rows(&error))?;
    let denied = answer.denied.iter().map(|denied| {
        let by = named(&denied.by, "not stated");
        vec!["access denied".to_owned(), denied.monitor.clone(), by, time(denied.when), denied.record.to_string()]
    });
    let quiet = answer.quiet.iter().map(|quiet| {
        let place = quiet.place.clone().unwrap_or_else(|| "not registered".to_owned());
        vec!["quiet".to_owned(), named(&quiet.by, "nobody"), place, time(Some(quiet.during)), quiet.record.to_string()]
    });
    let table = Table {
        title: "Coverage".to_owned(),
        heads: &["what", "who", "by or where", "when", "record"],
        rows: denied.chain(quiet).collect(),
        notes: vec!["what nobody reported is not quiet: silence is no zero".to_owned()],
    };
    print("coverage", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}
