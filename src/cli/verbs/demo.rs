//! `demo`: the bundled example, from nothing to a verified ledger, a replayed state and a tally.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, internal};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::exchange::jsonl::read_lines;
use crate::ledger::{Archive, Depth, Folder, Genesis, Ledger, VerifyQuestion};
use crate::record::Body;
use crate::vocab::{Instant, Span, ZonePolicy};

/// The seed: two truces of October 2020, told by one news text.
const EVENTS: &str = include_str!("../../../fixtures/nk-2020/events.jsonl");
const ORIGIN: &str = "example.org/nk2020";
/// The zones that a time in that text may be meant in: Moscow's and the South Caucasus', in minutes east of UTC.
const ZONES: [i32; 2] = [180, 240];
/// An instant at which midnight has passed in one of the two zones and not in the other.
const BETWEEN_MIDNIGHTS: &str = "2020-10-17T20:30:00Z";

/// What `demo` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire demo nk2020\n  cd nk2020 && ceasefire incident I-2")]
pub struct DemoArgs {
    /// A folder that is missing or empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Runs the demo.
pub fn run(args: &DemoArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let human = session.console.is_human();
    if session.global.dry_run {
        session.console.line(format!("would create the example ledger in {}", args.folder.display()))?;
        return Ok(Outcome::Ok);
    }
    create(args, session)?;
    session.global.ledger = Some(args.folder.clone());
    let archive = session.archive()?;
    heading(session, "2. Verify", &format!("ceasefire -L {} verify", args.folder.display()))?;
    let verdict = verify(&archive, session)?;
    heading(
        session,
        "3. Replay the state, half past eight in the evening UTC on 17 October 2020",
        "ceasefire state --valid-at 2020-10-17T20:30Z",
    )?;
    state(session)?;
    heading(session, "4. Count", "ceasefire tally nk-2020-10-10")?;
    tally(session)?;
    if human {
        session.console.line("")?;
        session.console.line(format!("Look around:  cd {} && ceasefire incident I-2", args.folder.display()))?;
    }
    Ok(verdict)
}

fn heading(session: &mut Session, title: &str, command: &str) -> Result<(), Complaint> {
    if !session.console.is_human() {
        return Ok(());
    }
    session.console.line("")?;
    let title = session.console.paint(Paint::Heading, title);
    let command = session.console.paint(Paint::Faint, &format!("({command})"));
    session.console.line(format!("{title}   {command}"))
}

fn create(args: &DemoArgs, session: &mut Session) -> Result<(), Complaint> {
    let mut genesis = Genesis::new(ORIGIN).map_err(|fault| internal(&fault.to_string()))?;
    genesis.zones = ZonePolicy::new(ZONES.to_vec()).map_err(|fault| internal(&fault.to_string()))?;
    genesis.key_seed = Some(super::init::random_seed()?);
    let folder = Folder::at(&args.folder);
    let mut ledger = Ledger::create(folder, &genesis, Arc::clone(&session.clock)).map_err(|e| refusal::create(&e))?;
    let mut batch: Vec<(Body, String)> = Vec::new();
    for line in read_lines(EVENTS.as_bytes()) {
        let line =
            line.map_err(|fault| internal(&format!("line {} of the bundled fixture: {}", fault.line, fault.fault)))?;
        batch.push((line.body, line.text));
    }
    ledger.append_bodies(&batch, None).map_err(|error| refusal::append(&error, &|_, _| None))?;
    super::import::settle(&mut ledger, session);
    if session.console.is_human() {
        heading(session, "1. Append", "ceasefire import jsonl fixtures/nk-2020/events.jsonl")?;
        let head = ledger.head();
        session.console.line(format!(
            "{} records appended to {}, head {}:{}",
            batch.len() + 1,
            ORIGIN,
            head.seq,
            head.hash
        ))?;
    }
    Ok(())
}

fn verify(archive: &Archive, session: &mut Session) -> Result<Outcome, Complaint> {
    let report = super::verify::verify(
        archive,
        VerifyQuestion { depth: Depth::Full, ..VerifyQuestion::default() },
        &session.console,
    )?;
    let outcome = super::verify::outcome_of(report.verdict());
    if session.console.is_human() {
        super::verify::print(&report, &mut session.console)?;
    } else {
        session.console.answer("verify", outcome, &report)?;
    }
    Ok(outcome)
}

fn state(session: &mut Session) -> Result<(), Complaint> {
    let replayed = session.replayed()?;
    let at = Instant::parse(BETWEEN_MIDNIGHTS).map_err(|error| internal(&error.to_string()))?;
    let answer = replayed.view().states(None, Span::at(at), "ledger").map_err(|error| refusal::rows(&error))?;
    super::state::print(&answer, Span::at(at), &session.global.lang.clone(), &mut session.console)
}

fn tally(session: &mut Session) -> Result<(), Complaint> {
    let args = super::tally::TallyArgs {
        ceasefire: Some("nk-2020-10-10".to_owned()),
        by: super::tally::Part::All,
        lineage: false,
        clock: super::clock::ClockArgs::default(),
        against: None,
    };
    super::tally::run(&args, session).map(drop)
}
