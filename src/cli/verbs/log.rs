//! `log`: the records, one a line, newest last.

mod selection;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::record_text::{Listed, Mending, RecordLine, Told, mending, seq_width};
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::internal;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{Archive, KeyBook, KnownAt};
use crate::vocab::{Code, Seq};

pub use selection::{Filters, Selection};

/// How long to wait before looking for new records again.
const POLL: Duration = Duration::from_millis(200);

/// What `log` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire log --last 20\n  ceasefire log --type violation --actor AZE\n  \
    ceasefire log --ceasefire nk-2020-10-10 --since 2020-10-17\n  ceasefire log --follow --format jsonl")]
pub struct LogArgs {
    /// Which records.
    #[command(flatten)]
    pub filters: Filters,
    /// Only the last so many of them
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
    /// Go on with new records as they come, until interrupted
    #[arg(long, conflicts_with_all = ["to", "until"])]
    pub follow: bool,
}

/// What `log` and `search` answer.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct LogAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The records, oldest first.
    pub records: Vec<RecordLine>,
}

/// Lists the records.
pub fn run(args: &LogArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    if args.follow && session.console.format() == Format::Json {
        let what = "a list that goes on is no single JSON value";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("use --format jsonl"));
    }
    if args.follow && session.global.known_at.is_some() {
        let what = "--follow looks forward, --known-at back";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave one of them out"));
    }
    let (selection, followed) = {
        let replayed = session.replayed()?;
        let view = replayed.view();
        let selection = Selection::of(&args.filters, &view)?;
        let mut lines = Vec::new();
        selection.each(&view, &mut |told| {
            let mending = mending(view.tables(), told.stored.seq).map_err(|error| refusal::rows(&error))?;
            lines.push(Listed::of(&told, mending));
            if args.last.is_some_and(|last| lines.len() > last.saturating_mul(2).max(1_000)) {
                keep_last(&mut lines, args.last);
            }
            Ok(())
        })?;
        keep_last(&mut lines, args.last);
        let book = view.key_book().map_err(|error| refusal::rows(&error))?;
        print(Listed::all_told_by(lines, &book), &view.known_at(), session)?;
        (selection, Followed { head: view.known_at().seq, book })
    };
    if args.follow { follow(&selection, followed, session) } else { Ok(Outcome::Ok) }
}

fn keep_last(lines: &mut Vec<Listed>, last: Option<usize>) {
    if let Some(last) = last {
        lines.drain(..lines.len().saturating_sub(last));
    }
}

fn print(lines: Vec<RecordLine>, known_at: &KnownAt, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    match console.format() {
        Format::Human if lines.is_empty() => console.say("no record fits"),
        Format::Human => {
            let width = seq_width(known_at.seq);
            for line in &lines {
                let text = line.text(width, console);
                console.line(text)?;
            }
        }
        Format::Csv => {
            console.csv(&[RecordLine::COLUMNS.map(ToOwned::to_owned).to_vec()])?;
            console.csv(&lines.iter().map(RecordLine::cells).collect::<Vec<_>>())?;
        }
        Format::Jsonl => {
            for line in &lines {
                console.answer("log", Outcome::Ok, line)?;
            }
        }
        Format::Json => {
            let answer = LogAnswer { known_at: known_at.clone(), records: lines };
            console.answer("log", Outcome::Ok, &answer)?;
        }
    }
    Ok(())
}

/// How far a list that goes on has come.
struct Followed {
    head: Seq,
    book: KeyBook,
}

/// Waits for new records and prints those that fit, until a signal comes. How they were mended is not yet known.
fn follow(selection: &Selection, mut followed: Followed, session: &mut Session) -> Result<Outcome, Complaint> {
    let archive = session.archive()?;
    let (interrupted, terminated) = (flag(signal_hook::consts::SIGINT)?, flag(signal_hook::consts::SIGTERM)?);
    session.console.finish()?;
    loop {
        if interrupted.load(Ordering::Relaxed) {
            return Ok(Outcome::Interrupted);
        }
        if terminated.load(Ordering::Relaxed) {
            return Ok(Outcome::Terminated);
        }
        let found = archive.reader().head().map_err(|error| refusal::read(&error))?.seq;
        if found > followed.head {
            print_new(selection, &mut followed, found, &archive, session)?;
            followed.head = found;
            session.console.finish()?;
        }
        std::thread::sleep(POLL);
    }
}

fn flag(signal: i32) -> Result<Arc<AtomicBool>, Complaint> {
    let flag = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal, Arc::clone(&flag)).map_err(|error| internal(&error.to_string()))?;
    Ok(flag)
}

fn print_new(
    selection: &Selection,
    followed: &mut Followed,
    to: Seq,
    archive: &Archive,
    session: &mut Session,
) -> Result<(), Complaint> {
    let records = archive.reader().records(followed.head.next(), Some(to)).map_err(|error| refusal::read(&error))?;
    for record in records {
        let told = Told::read(record.map_err(|error| refusal::read(&error))?)?;
        let pointed = |seq: Seq| archive.reader().record_at(seq).map_err(|error| refusal::read(&error));
        let fits = selection.fits(&told, &mut |record| match record.seq {
            Some(seq) => pointed(seq)?.map(Told::read).transpose(),
            None => Ok(None),
        })?;
        let line = fits.then(|| Listed::of(&told, Mending::default()).told_by(&followed.book));
        followed.book.take(told.event(), told.stored.seq);
        let Some(line) = line else { continue };
        let console = &mut session.console;
        match console.format() {
            Format::Human => {
                let text = line.text(seq_width(to), console);
                console.line(text)?;
            }
            Format::Csv => console.csv(&[line.cells()])?,
            _ => console.answer("log", Outcome::Ok, &line)?,
        }
    }
    Ok(())
}
