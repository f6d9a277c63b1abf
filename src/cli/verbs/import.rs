//! `import`: many records from a file, all or none.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde::Serialize;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::internal;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::verbs::map::{bulletin, mapped};
use crate::exchange::acled::Acled;
use crate::exchange::mapping::TableKind;
use crate::exchange::native::Native;
use crate::exchange::ucdp::Ucdp;
use crate::exchange::{
    Counts, Format, Import, ImportError, Input, Missing, Progress, Publication, Refusals, RowFault, Unreadable,
};
use crate::ledger::Ledger;
use crate::vocab::{ActorId, Code, Pointer, When};

/// What `import` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire import jsonl reports.jsonl\n  \
    ceasefire import csv incidents.csv --map incidents.toml --keep-going\n  \
    ceasefire import bulletin daily.csv --map daily.toml -n\n  \
    ceasefire import acled download.csv --series acled-north --published 2031-06-01\n\n\
    The whole file is checked before anything is written. Importing it again adds nothing. Records go in by batches of \
    1,000: if the machine stops midway, the same command completes the import.")]
pub struct ImportArgs {
    /// The file's format
    #[arg(id = "import_format", value_enum, value_name = "FORMAT")]
    pub format: ImportFormat,
    /// The file, gzipped or not, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The mapping: which columns become which fields (csv, xlsx, geojson, kobo, bulletin; with jsonl, rows that are no
    /// native events)
    #[arg(long, value_name = "MAP")]
    pub map: Option<PathBuf>,
    /// Take what is good and write the refused rows, with the reasons, to FILE.rejects.*
    #[arg(long)]
    pub keep_going: bool,
    /// Take the file as a publication of this series: changed rows become corrections, missing ones retractions
    #[arg(long, value_name = "NAME")]
    pub series: Option<String>,
    /// What it means that rows of the series are not in the file [default: they are gone; not more than half may be]
    #[arg(long, value_enum, value_name = "WHAT", requires = "series")]
    pub missing: Option<MissingRows>,
    /// When the file was published
    #[arg(long, value_name = "TIME")]
    pub published: Option<String>,
    /// In whose name the records stand [default: the recorder]
    #[arg(long, value_name = "ACTOR")]
    pub by: Option<ActorId>,
    /// For ucdp: an actor's number there and the id it is registered under here; can be repeated
    #[arg(long = "actor", value_name = "NUMBER=ACTOR", value_parser = actor_pair)]
    pub actors: Vec<(String, ActorId)>,
}

fn actor_pair(text: &str) -> Result<(String, ActorId), String> {
    let (number, actor) = text.split_once('=').ok_or("write NUMBER=ACTOR, such as 118=SYR")?;
    Ok((number.trim().to_owned(), ActorId::new(actor.trim()).map_err(|error| error.to_string())?))
}

/// A format that can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// Native events: one body a line
    Jsonl,
    /// The UCDP Georeferenced Event Dataset, CSV or GeoJSON
    Ucdp,
    /// Comma-separated rows, by a mapping
    Csv,
    /// A sheet of an .xlsx workbook, by a mapping
    Xlsx,
    /// A GeoJSON feature collection, by a mapping
    Geojson,
    /// ACLED's event data, CSV or JSON
    Acled,
    /// Submissions of a KoboToolbox or ODK form, CSV or JSON, by a mapping
    Kobo,
    /// A monitor's or a party's numbers day by day, as readings of counters, by a description
    Bulletin,
}

/// What came of a file.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImportAnswer {
    /// Nothing was written.
    dry_run: bool,
    /// Rows read.
    rows: u64,
    /// Rows that make new records.
    appended: u64,
    /// Rows that were recorded before, as they are.
    replayed: u64,
    /// Rows that read differently and are corrected.
    corrected: u64,
    /// Rows of the series that are gone and are retracted.
    retracted: u64,
    /// Rows that had been gone and are back.
    readded: u64,
    /// Rows that make no record: the format or mapping passes them over.
    passed_over: u64,
    /// Rows refused.
    rejected: u64,
    /// Records to write, those of registered names among them.
    records: u64,
    /// Rows to write whose published low, best and high are out of order; they are kept as they are printed.
    out_of_order: u64,
}

/// What it means that rows of the series are not in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MissingRows {
    /// They are gone, however many.
    Retract,
    /// Nothing: the file is a part of the series.
    Keep,
}

/// Imports a file.
pub fn run(args: &ImportArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let (name, input) = open(&args.file)?;
    let mut ledger = session.ledger()?;
    let format = format(args, &ledger)?;
    let import = import(args, &ledger)?;
    let mut watch = Watcher::begin(input.bytes, session)?;
    let checked = import.check(format.as_ref(), input, &ledger, &mut |progress| watch.hear(progress));
    let mut checked = checked.map_err(|error| watch.end(complaint(error, &name)))?;
    let refused: Vec<Complaint> = checked.refused().iter().filter_map(|row| row_complaint(row, &name)).collect();
    let counts = checked.counts();
    if !session.global.dry_run {
        if let Some(rejects) = checked.take_rejects() {
            save_rejects(rejects, &args.file, session)?;
        }
        watch.write(counts.records, session);
        let written = checked.write(&mut ledger, &mut |progress| watch.hear(progress));
        let written = written.map_err(|error| watch.end(complaint(error, &name)))?;
        watch.bar.finish_and_clear();
        if !written.noted {
            let what =
                "the records are in; the import itself is not recorded, because the recorder has to sign that here";
            session.console.say(format!("note: {what} (--key FILE)"));
        }
        settle(&mut ledger, session);
    }
    watch.bar.finish_and_clear();
    report(&counts, args, session)?;
    for complaint in &refused {
        session.console.complain(complaint);
    }
    let more = counts.rejected.saturating_sub(refused.len() as u64);
    if more > 0 {
        session.console.say(format!("and {more} more rows; all of them stand in the file of refused rows"));
    }
    Ok(if counts.rejected == 0 { Outcome::Ok } else { Outcome::Partial })
}

fn format(args: &ImportArgs, ledger: &Ledger) -> Result<Box<dyn Format>, Complaint> {
    let zones = &ledger.genesis().zones;
    let misused = |what: String, hint: &str| Complaint::new(Outcome::Usage, Code::Usage, what).hint(hint);
    if !args.actors.is_empty() && args.format != ImportFormat::Ucdp {
        return Err(misused("--actor goes with ucdp".to_owned(), "in a mapping, write [actors.ID] with its spellings"));
    }
    let kind = match args.format {
        ImportFormat::Ucdp | ImportFormat::Acled if args.map.is_some() => {
            return Err(misused("this format needs no mapping".to_owned(), "for another table use csv with --map"));
        }
        ImportFormat::Acled => return Ok(Box::new(Acled { zones: zones.clone() })),
        ImportFormat::Ucdp => {
            return Ok(Box::new(Ucdp { zones: zones.clone(), actors: args.actors.iter().cloned().collect() }));
        }
        ImportFormat::Jsonl if args.map.is_none() => {
            native_alone(args)?;
            return Ok(Box::new(Native));
        }
        ImportFormat::Jsonl => TableKind::Jsonl,
        ImportFormat::Csv => TableKind::Csv,
        ImportFormat::Xlsx => TableKind::Xlsx,
        ImportFormat::Geojson => TableKind::Geojson,
        ImportFormat::Kobo => TableKind::Submissions,
        ImportFormat::Bulletin => {
            let Some(map) = &args.map else {
                let what = "this format needs a description of the bulletin".to_owned();
                return Err(misused(what, "the manual page on imports shows one; then add --map FILE.toml"));
            };
            return Ok(Box::new(bulletin(map, zones)?));
        }
    };
    let Some(map) = &args.map else {
        let what = "this format needs a mapping".to_owned();
        return Err(misused(what, "ceasefire map suggest FILE > MAP.toml writes a first one; then add --map MAP.toml"));
    };
    Ok(Box::new(mapped(map, kind, zones)?))
}

/// Native events take nothing from the command line.
fn native_alone(args: &ImportArgs) -> Result<(), Complaint> {
    let given =
        [("--series", args.series.is_some()), ("--published", args.published.is_some()), ("--by", args.by.is_some())];
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) => {
            let what =
                format!("{flag} does not go with jsonl: native events carry their own keys, sources and submitters");
            Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint(format!("leave {flag} out")))
        }
        None => Ok(()),
    }
}

fn import(args: &ImportArgs, ledger: &Ledger) -> Result<Import, Complaint> {
    let genesis = ledger.genesis();
    let published = args.published.as_deref().map(|text| When::from_short(text, &genesis.zones, &Pointer::root()));
    let published = published.transpose().map_err(|fault| {
        Complaint::fault(&fault, Some(Place { file: Some("--published".to_owned()), ..Place::default() }))
    })?;
    let missing = match args.missing {
        None => Missing::UpToHalf,
        Some(MissingRows::Retract) => Missing::Retract,
        Some(MissingRows::Keep) => Missing::Keep,
    };
    Ok(Import {
        by: args.by.clone().unwrap_or_else(|| ledger.submitter().clone()),
        publication: args.series.clone().map(|series| Publication { series, missing }),
        published,
        refusals: if args.keep_going { Refusals::SetAside } else { Refusals::Stop },
    })
}

pub fn open(path: &Path) -> Result<(String, Input), Complaint> {
    if path == Path::new("-") {
        return Ok(("<stdin>".to_owned(), Input::new("<stdin>", None, Box::new(io::stdin()))));
    }
    let name = path.display().to_string();
    let opened = File::open(path).and_then(|file| {
        let about = file.metadata()?;
        if about.is_dir() { Err(io::Error::from(io::ErrorKind::IsADirectory)) } else { Ok((about.len(), file)) }
    });
    match opened {
        Ok((bytes, file)) => Ok((name.clone(), Input::new(name, Some(bytes), Box::new(file)))),
        Err(error) => Err(unreadable(&error, &name)),
    }
}

fn unreadable(error: &io::Error, name: &str) -> Complaint {
    Complaint::new(Outcome::Undecided, Code::StorageFailed, format!("could not read {name}: {error}"))
        .hint("check the path and that you may read the file")
}

/// Shows how far it is, and hears of SIGINT.
struct Watcher {
    bar: ProgressBar,
    interrupted: Arc<AtomicBool>,
}

impl Watcher {
    fn begin(bytes: Option<u64>, session: &Session) -> Result<Self, Complaint> {
        Ok(Self { bar: session.console.progress("checking", bytes.unwrap_or(0)), interrupted: interruption()? })
    }

    fn write(&mut self, records: u64, session: &Session) {
        self.bar.finish_and_clear();
        self.bar = session.console.progress("writing", records);
    }

    fn hear(&self, progress: Progress) -> ControlFlow<()> {
        match progress {
            Progress::Checked(done) | Progress::Written(done, _) => self.bar.set_position(done),
        }
        if self.interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn end(&self, complaint: Complaint) -> Complaint {
        self.bar.finish_and_clear();
        complaint
    }
}

/// SIGINT ends an import after the batch that is being written; a second one ends it at once.
fn interruption() -> Result<Arc<AtomicBool>, Complaint> {
    let flag = Arc::new(AtomicBool::new(false));
    let code = i32::from(Outcome::Interrupted.code());
    let registered =
        signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGINT, code, Arc::clone(&flag))
            .and_then(|_| signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&flag)));
    registered.map_err(|error| internal(&error.to_string()))?;
    Ok(flag)
}

/// A file that cannot be read on.
pub fn unreadable_complaint(error: Unreadable, name: &str) -> Complaint {
    match error {
        Unreadable::Fault(fault) => fault_complaint(&fault, name),
        Unreadable::Io(error) => unreadable(&error, name),
    }
}

fn complaint(error: ImportError, name: &str) -> Complaint {
    match error {
        ImportError::Unreadable(error) => unreadable_complaint(error, name),
        ImportError::Refused(refused) => {
            let mut rows = refused.rows.iter().filter_map(|row| row_complaint(row, name));
            let Some(mut first) = rows.next() else { return internal("refused without a reason") };
            first.more.extend(rows);
            let (rejected, told) = (refused.counts.rejected, refused.rows.len() as u64);
            if rejected > 1 {
                let good = refused.counts.rows - rejected;
                let shown = if rejected > told { format!("; the first {told} are shown") } else { String::new() };
                let what =
                    format!("{rejected} of {} rows are refused; nothing was written{shown}", refused.counts.rows);
                let all = Complaint::new(first.outcome, first.code, what);
                first.more.push(all.hint(format!("mend them, or take the {good} good rows with --keep-going")));
            }
            first
        }
        ImportError::MostlyMissing { .. } => Complaint::new(Outcome::Rejected, Code::MostlyMissing, error.to_string()),
        ImportError::OutOfOrder { .. } => Complaint::new(Outcome::Rejected, Code::PublishedBefore, error.to_string()),
        ImportError::Append(error) => refusal::append(&error, &|_, _| None),
        ImportError::Aside(error) => Complaint::new(
            Outcome::Io,
            Code::StorageFailed,
            format!("checked rows could not be laid aside in the ledger's folder: {error}"),
        ),
        ImportError::Interrupted => {
            Complaint::new(Outcome::Interrupted, Code::Interrupted, "interrupted; whole batches are in")
                .hint("the same command completes the import")
        }
    }
}

/// All that is wrong with one row.
pub fn row_complaint(faults: &[RowFault], name: &str) -> Option<Complaint> {
    let mut all = faults.iter().map(|fault| fault_complaint(fault, name));
    let mut first = all.next()?;
    first.more = all.collect();
    Some(first)
}

fn fault_complaint(fault: &RowFault, name: &str) -> Complaint {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let line = (fault.spot.line > 0).then(|| number(fault.spot.line));
    let place = Place {
        file: Some(name.to_owned()),
        line,
        column: line.map(|_| fault.spot.column.map_or(1, number)),
        pointer: fault.spot.field.clone(),
    };
    let complaint = Complaint::fault(&fault.fault, Some(place));
    let outcome = match fault.fault.code {
        code if refusal::is_denial(code) => Outcome::Denied,
        Code::KeyReused => Outcome::Conflict,
        _ => complaint.outcome,
    };
    let hint = fault.hint.clone().or(complaint.hint.clone());
    Complaint { outcome, hint, ..complaint }
}

fn save_rejects(rejects: crate::exchange::Rejects, file: &Path, session: &mut Session) -> Result<(), Complaint> {
    let beside = if file == Path::new("-") { Path::new("stdin") } else { file };
    let path = rejects.save_beside(beside).map_err(|error| {
        let what = format!("the refused rows could not be written beside {}: {error}", beside.display());
        Complaint::new(Outcome::Io, Code::StorageFailed, what)
    })?;
    session.console.say(format!("refused rows: {} (mend them and import that file)", path.display()));
    Ok(())
}

/// Ends the import: projections and checkpoint.
pub fn settle(ledger: &mut Ledger, session: &mut Session) {
    session.settle(ledger);
}

fn report(counts: &Counts, args: &ImportArgs, session: &mut Session) -> Result<(), Complaint> {
    let Counts { rows, appended, replayed, corrected, retracted, readded, rejected, records, .. } = *counts;
    let Counts { passed_over, out_of_order, .. } = *counts;
    if !session.console.is_human() {
        let outcome = if rejected == 0 { Outcome::Ok } else { Outcome::Partial };
        let dry_run = session.global.dry_run;
        let answer = ImportAnswer {
            dry_run,
            rows,
            appended,
            replayed,
            corrected,
            retracted,
            readded,
            passed_over,
            rejected,
            records,
            out_of_order,
        };
        return session.console.answer("import", outcome, &answer);
    }
    let words = if session.global.dry_run { "would be recorded" } else { "recorded" };
    let series = if args.series.is_some() {
        format!(", {corrected} corrected, {retracted} gone and retracted, {readded} back again")
    } else {
        String::new()
    };
    session
        .console
        .line(format!("{rows} rows: {appended} {words}, {replayed} were there before{series}, {rejected} refused"))?;
    if passed_over > 0 {
        session.console.line(format!("{passed_over} rows make no record here and were passed over"))?;
    }
    if out_of_order > 0 {
        session.console.line(format!(
            "{out_of_order} rows print low, best and high out of order: kept as they are printed, and flagged"
        ))?;
    }
    Ok(())
}
