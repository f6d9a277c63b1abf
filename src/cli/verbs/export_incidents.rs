//! `export csv|jsonl|geojson|xlsx|parquet`: incidents as other programs take them.

use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::state::ceasefire_id;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::internal;
use crate::cli::new_file::{expect_free, write_new};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
#[cfg(feature = "parquet")]
use crate::exchange::export::incidents_parquet;
use crate::exchange::export::{
    COLUMNS, Column, ExportError, ExportQuestion, Incidents, dictionary_csv, incidents_csv, incidents_geojson,
    incidents_jsonl, incidents_xlsx,
};
use crate::ledger::{KnownAt, View};
use crate::proof::FileDigests;
use crate::vocab::{Code, Pointer, Span, When};

/// Which incidents, and where to.
#[derive(Debug, Args)]
pub struct Which {
    /// Those in the scope of this ceasefire, or called a breach of it [default: all]
    #[arg(value_name = "CEASEFIRE")]
    pub ceasefire: Option<String>,
    /// Those that happened, or may have, at this time or later
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Those that happened, or may have, by the end of this day, or before this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// The file to write, which must not exist [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `export csv` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire export csv > incidents.csv\n  \
    ceasefire export csv nk-2020-10-10 --from 2020-10-10 --to 2020-10-17 --hxl -o incidents.csv\n  \
    ceasefire export csv --dictionary\n\n\
    A text that a spreadsheet could run as a formula (it begins with = + - @, a tab or a line's end) gets an apostrophe before it.")]
pub struct ExportCsvArgs {
    #[command(flatten)]
    pub(super) which: Which,
    /// Put a row of HXL tags under the head
    #[arg(long)]
    pub hxl: bool,
    /// Print what each column means, and no incidents
    #[arg(long, conflicts_with_all = ["hxl", "ceasefire", "from", "to"])]
    pub dictionary: bool,
}

/// What `export geojson` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire export geojson nk-2020-10-10 -o incidents.geojson\n\n\
    How exact a point is stands beside it. A point that stands for a country is no geometry; its coordinates are area_lat and area_lon.")]
pub struct ExportGeojsonArgs {
    #[command(flatten)]
    pub(super) which: Which,
}

/// What `export xlsx` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire export xlsx nk-2020-10-10 -o incidents.xlsx\n\n\
    The second sheet says what the columns mean.")]
pub struct ExportXlsxArgs {
    #[command(flatten)]
    pub(super) which: Which,
    /// Put a row of HXL tags under the head
    #[arg(long)]
    pub hxl: bool,
}

/// What `export parquet` takes.
#[cfg(feature = "parquet")]
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire export parquet -o incidents.parquet")]
pub struct ExportParquetArgs {
    #[command(flatten)]
    pub(super) which: Which,
}

/// What `export` answers of a file that it wrote.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ExportAnswer {
    /// Nothing was written.
    pub dry_run: bool,
    /// The form: csv, jsonl, geojson, xlsx, parquet.
    pub form: &'static str,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its BLAKE3, SHA-256 and length; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digests: Option<FileDigests>,
    /// How many incidents or records are in it.
    pub rows: u64,
    /// Which log and position.
    pub known_at: KnownAt,
}

/// What `export csv --dictionary` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DictionaryAnswer {
    /// The columns, in their order.
    pub columns: &'static [Column],
}

/// Where an export is written to.
pub(super) type Out<'o> = &'o mut (dyn Write + Send);

/// Writes an export; gives how many rows there are.
pub(super) type Fill<'f> = &'f mut dyn FnMut(Out<'_>) -> Result<u64, ExportError>;

/// Says in the user's terms that something could not be written.
type Unwritable<'u> = &'u dyn Fn(&io::Error) -> Complaint;

/// Exports CSV.
pub fn csv(args: &ExportCsvArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    if args.dictionary {
        return dictionary(args, session);
    }
    incidents("csv", &args.which, session, &|incidents, out| incidents_csv(incidents, args.hxl, out))
}

/// Exports GeoJSON.
pub fn geojson(args: &ExportGeojsonArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    incidents("geojson", &args.which, session, &|incidents, out| incidents_geojson(incidents, out))
}

/// Exports a workbook.
pub fn xlsx(args: &ExportXlsxArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    incidents("xlsx", &args.which, session, &|incidents, out| incidents_xlsx(incidents, args.hxl, out))
}

/// Exports Parquet.
#[cfg(feature = "parquet")]
pub fn parquet(args: &ExportParquetArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    incidents("parquet", &args.which, session, &|incidents, out| incidents_parquet(incidents, out))
}

/// Exports incidents as JSON lines.
pub(super) fn jsonl(which: &Which, session: &mut Session) -> Result<Outcome, Complaint> {
    incidents("jsonl", which, session, &|incidents, out| incidents_jsonl(incidents, out))
}

type WriteAll<'w> = &'w dyn Fn(&Incidents<'_>, Out<'_>) -> Result<u64, ExportError>;

fn incidents(
    form: &'static str,
    which: &Which,
    session: &mut Session,
    write: WriteAll<'_>,
) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let ceasefire = which.ceasefire.as_deref().map(|text| ceasefire_id(text, &view)).transpose()?;
    let lang = session.global.lang.clone();
    let question = ExportQuestion {
        ceasefire: ceasefire.as_ref(),
        window: window(which, &view, session)?,
        rules: session.rules(&view.genesis().rules)?,
        lang: &lang,
    };
    let incidents = Incidents::of(view, question).map_err(|error| refusal::rows(&error))?;
    let known_at = view.known_at();
    deliver(form, which.output.as_deref(), known_at, session, &mut |out| write(&incidents, out)).map(|_| Outcome::Ok)
}

/// The window of event time: `--from` and `--to`, else `--valid-at`.
fn window(which: &Which, view: &View<'_>, session: &Session) -> Result<Option<Span>, Complaint> {
    let zones = &view.genesis().zones;
    let read = |flag: &str, text: &Option<String>| {
        let when = text.as_deref().map(|text| When::from_short(text, zones, &Pointer::root())).transpose();
        let place = Place { file: Some(flag.to_owned()), ..Place::default() };
        when.map_err(|fault| Complaint::fault(&fault, Some(place)))
    };
    let (from, to) = (read("--from", &which.from)?, read("--to", &which.to)?);
    let Some(asked) = session.valid_at(zones)? else {
        let span = Span { from: from.and_then(|when| when.earliest), to: to.and_then(|when| when.latest) };
        if span.start() > span.end() {
            let complaint = Complaint::new(Outcome::Rejected, Code::TimeOrder, "the period ends before it begins");
            return Err(complaint.at(Place { file: Some("--to".to_owned()), ..Place::default() }));
        }
        return Ok((span != Span::ALWAYS).then_some(span));
    };
    if which.from.is_some() || which.to.is_some() {
        let what = "--valid-at and --from or --to both name a window";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave one of them out"));
    }
    Ok(Some(asked))
}

/// Writes an export where it is wanted, and says so.
pub(super) fn deliver(
    form: &'static str,
    output: Option<&Path>,
    known_at: KnownAt,
    session: &mut Session,
    fill: Fill<'_>,
) -> Result<u64, Complaint> {
    if output.is_none() && !session.global.dry_run && session.global.json {
        let what = "--json tells of the file that -o writes; without -o the export itself is the answer";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("add -o FILE, or leave --json out"));
    }
    if let Some(path) = output {
        expect_free(path)?;
    }
    let dry_run = session.global.dry_run;
    let (rows, digests) = match output {
        _ if dry_run => (fill(&mut io::sink()).map_err(|error| failed(error, &to_nowhere))?, None),
        Some(path) => to_file(path, fill)?,
        None => {
            return session.console.stream(|out, unwritable| fill(out).map_err(|error| failed(error, unwritable)));
        }
    };
    let named = output.map(|path| path.display().to_string());
    let answer = ExportAnswer { dry_run, form, file: named, digests, rows, known_at };
    print(&answer, session)?;
    Ok(rows)
}

fn to_file(path: &Path, fill: Fill<'_>) -> Result<(u64, Option<FileDigests>), Complaint> {
    let mut written = None;
    write_new(path, |file, unwritable| {
        let mut out = BufWriter::new(&mut *file);
        let rows = fill(&mut out).map_err(|error| failed(error, unwritable))?;
        out.flush().map_err(|error| unwritable(&error))?;
        drop(out);
        file.rewind().map_err(|error| unwritable(&error))?;
        let digests = FileDigests::of_reader(file, |_| Ok(())).map_err(|error| unwritable(&error))?;
        written = Some((rows, Some(digests)));
        Ok(())
    })?;
    written.ok_or_else(|| internal("nothing was written"))
}

fn to_nowhere(error: &io::Error) -> Complaint {
    Complaint::new(Outcome::Io, Code::StorageFailed, format!("the export could not be made: {error}"))
}

pub(super) fn failed(error: ExportError, unwritable: Unwritable<'_>) -> Complaint {
    let refused = |code, error: ExportError| Complaint::new(Outcome::Rejected, code, error.to_string());
    match error {
        ExportError::Rows(error) => refusal::rows(&error),
        ExportError::Log(error) => refusal::read(&error),
        ExportError::Write(error) => unwritable(&error),
        ExportError::TooManyRows { .. } => refused(Code::SheetFull, error),
        ExportError::Untranslatable { .. } => refused(Code::Untranslatable, error),
        error => refused(Code::UnknownCeasefire, error),
    }
}

/// Tells of the file.
pub(super) fn print(answer: &ExportAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        return console.answer("export", Outcome::Ok, answer);
    }
    let would = if answer.dry_run { "would write" } else { "wrote" };
    let file = answer.file.as_deref().unwrap_or("standard output");
    console.line(format!("{would} {} rows as {} to {file}", answer.rows, answer.form))?;
    if let Some(digests) = &answer.digests {
        console.line(format!("  {} bytes, BLAKE3 {}", digests.bytes, digests.blake3))?;
    }
    let basis = console.paint(crate::cli::console::Paint::Faint, &answer.known_at.basis());
    console.line(basis)
}

/// What each column means, without a ledger.
fn dictionary(args: &ExportCsvArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    if session.global.json {
        session.console.answer("export_dictionary", Outcome::Ok, DictionaryAnswer { columns: COLUMNS })?;
        return Ok(Outcome::Ok);
    }
    let written =
        |out: Out<'_>, unwritable: Unwritable<'_>| dictionary_csv(out).map_err(|error| failed(error, unwritable));
    match &args.which.output {
        Some(path) => write_new(path, |file, unwritable| written(file, unwritable))?,
        None => session.console.stream(|out, unwritable| written(out, unwritable))?,
    }
    Ok(Outcome::Ok)
}
