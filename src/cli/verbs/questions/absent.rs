//! `absent`: who did not come to meetings and talks.

use clap::Args;

use super::table::{Table, named, print, time};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;

/// What `absent` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire absent --everyone")]
pub struct AbsentArgs {
    /// Show those who came too
    #[arg(long)]
    pub everyone: bool,
}

/// Shows who did not come.
pub fn run(args: &AbsentArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let answer = view.attendance(args.everyone).map_err(|error| refusal::rows(&error))?;
    let rows = answer.reports.iter().map(|report| {
        let who = named(&report.who, "not stated");
        vec![report.process.clone(), who, report.attendance.to_string(), time(report.as_of), report.record.to_string()]
    });
    let table = Table {
        title: if args.everyone { "Attendance" } else { "Reported not to have come" }.to_owned(),
        heads: &["process", "who", "attendance", "as of", "record"],
        rows: rows.collect(),
        notes: vec!["\"not yet\" holds as of its time, and says nothing of later".to_owned()],
    };
    print("absent", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}
