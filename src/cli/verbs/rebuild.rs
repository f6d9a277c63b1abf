//! `rebuild`: the stored projections, made anew from the log.

use clap::Args;
use serde::Serialize;

use super::record_text::refuse_csv;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{KnownAt, StoredRows};
use crate::projection::ProjectionDigest;
use crate::vocab::{Code, Seq};

/// What `rebuild` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire rebuild            goes on where the stored projections stop\n  \
    ceasefire rebuild --fresh    removes them first\n\nThe tiles of the tree are put right too. The log is never touched. Two who hold the same log get the same digests.")]
pub struct RebuildArgs {
    /// Remove the stored projections first
    #[arg(long)]
    pub fresh: bool,
}

/// What `rebuild` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct RebuildAnswer {
    /// Which log and position the projections stand for.
    pub known_at: KnownAt,
    /// The last record they held before; absent where there were none that could be used.
    pub held_before: Option<Seq>,
    /// How many records were folded.
    pub folded: u64,
    /// The digest of each projection.
    pub digests: Vec<ProjectionDigest>,
    /// How many tiles of the tree were missing or damaged and were made anew.
    pub tiles: u64,
}

/// Makes the projections anew, or goes on with them.
pub fn run(args: &RebuildArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("rebuild", &session.console)?;
    refuse_known_at("rebuild", session)?;
    let archive = session.archive()?;
    let head = archive.reader().head().map_err(|error| refusal::read(&error))?.seq;
    let held_before = match archive.stored_rows().map_err(|error| refusal::open(&error))? {
        StoredRows::Held => {
            let what = "another program has the projections open";
            return Err(Complaint::new(Outcome::Locked, Code::Locked, what));
        }
        StoredRows::Rows(_, cursor) if !args.fresh => Some(cursor.seq),
        _ => None,
    };
    let from = held_before.unwrap_or(Seq::NONE);
    if session.global.dry_run {
        let what = if args.fresh { "remove the stored projections and fold" } else { "fold" };
        let records = head.number().saturating_sub(from.number());
        if !session.console.is_human() {
            let value = serde_json::json!({ "dry_run": true, "fresh": args.fresh, "would_fold": records });
            return session.console.answer("rebuild", Outcome::Ok, value).map(|()| Outcome::Ok);
        }
        session.console.line(format!("would {what} {records} records after record {from}"))?;
        return Ok(Outcome::Ok);
    }
    let bar = session.console.progress("rebuilding", head.number());
    let mut progress = |seq: Seq| bar.set_position(seq.number());
    let rebuilt = archive.rebuild(args.fresh, Some(&mut progress)).map_err(|error| refusal::open(&error))?;
    bar.finish_and_clear();
    let notices = rebuilt.notices().to_vec();
    session.console.notices(&notices);
    let view = rebuilt.view();
    let known_at = view.known_at();
    // Rows that did not fit were set aside, so everything was folded.
    let held_before = held_before.filter(|seq| notices.is_empty() && *seq <= known_at.seq);
    let folded = known_at.seq.number() - held_before.unwrap_or(Seq::NONE).number();
    let digests = view.digests().map_err(|error| refusal::rows(&error))?;
    let tiles = archive.rebuild_tiles().map_err(|error| refusal::rebuild_tiles(&error))?;
    print(&RebuildAnswer { known_at, held_before, folded, digests, tiles }, session)?;
    Ok(Outcome::Ok)
}

/// Refuses `--known-at` where the verb is about the ledger as it stands.
pub fn refuse_known_at(verb: &str, session: &Session) -> Result<(), Complaint> {
    if session.global.known_at.is_none() {
        return Ok(());
    }
    let what = format!("`{verb}` is about the ledger as it stands now");
    Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave --known-at out"))
}

fn print(answer: &RebuildAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        return console.answer("rebuild", Outcome::Ok, answer);
    }
    let seq = answer.known_at.seq;
    let line = match (answer.folded, answer.held_before) {
        (0, _) => format!("the projections were up to date at record {seq}; --fresh makes them anew all the same"),
        (folded, None) => format!("the projections were made anew from {folded} records, 1 to {seq}"),
        (folded, Some(held)) => format!("{folded} records were folded, {} to {seq}", held.next()),
    };
    console.line(line)?;
    print_digests(&answer.digests, console)?;
    if answer.tiles > 0 {
        console.line(format!("{} tiles of the tree were missing or damaged and were made anew", answer.tiles))?;
    }
    let basis = format!("at record {seq} of {}, head {}", answer.known_at.origin, answer.known_at.head);
    let basis = console.paint(Paint::Faint, &basis);
    console.line(basis)
}

/// Prints one line for each projection.
pub fn print_digests(digests: &[ProjectionDigest], console: &mut Console) -> Result<(), Complaint> {
    let width = digests.iter().map(|digest| digest.name.len()).max().unwrap_or(0);
    let rows = digests.iter().map(|digest| digest.rows.to_string().len()).max().unwrap_or(0);
    for ProjectionDigest { name, version, rows: count, digest } in digests {
        console.line(format!("  {name:<width$} v{version}  {count:>rows$} rows  {digest}"))?;
    }
    Ok(())
}
