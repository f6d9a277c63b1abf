//! `map`: first mappings, and mappings held against a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::json;

use super::import::{open, row_complaint, unreadable_complaint};
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::internal;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::event::Event;
use crate::exchange::mapping::{Bulletin, Mapped, Mapping, MappingFault, TableKind, suggest};
use crate::exchange::{Draft, RowFault, Rows, read_rows};
use crate::vocab::{Check, Code, Pointer, ZonePolicy};

/// How many faulty rows are told.
const FAULTS_TOLD: usize = 20;

/// What `map` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire map suggest incidents.csv > incidents.toml\n  \
    ceasefire map check incidents.toml incidents.csv\n  ceasefire import csv incidents.csv --map incidents.toml")]
pub struct MapArgs {
    /// What to do.
    #[command(subcommand)]
    pub job: MapJob,
}

/// What can be done with mappings.
#[derive(Debug, Subcommand)]
pub enum MapJob {
    /// Write a first mapping for a file, from its header and some of its rows
    Suggest {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What kind of file it is [default: by its name]
        #[arg(long, value_enum, value_name = "KIND")]
        kind: Option<MapKind>,
    },
    /// Read a whole file by a mapping, without a ledger, and say what would come of it
    Check {
        /// The mapping
        #[arg(value_name = "MAP")]
        map: PathBuf,
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What kind of file it is [default: by its name]
        #[arg(long, value_enum, value_name = "KIND")]
        kind: Option<MapKind>,
    },
}

/// A kind of file that a mapping can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MapKind {
    /// Comma-separated rows
    Csv,
    /// An .xlsx workbook
    Xlsx,
    /// JSON objects, one a line
    Jsonl,
    /// A GeoJSON feature collection
    Geojson,
    /// Submissions of a KoboToolbox or ODK form
    Kobo,
}

impl From<MapKind> for TableKind {
    fn from(kind: MapKind) -> Self {
        match kind {
            MapKind::Csv => Self::Csv,
            MapKind::Xlsx => Self::Xlsx,
            MapKind::Jsonl => Self::Jsonl,
            MapKind::Geojson => Self::Geojson,
            MapKind::Kobo => Self::Submissions,
        }
    }
}

/// A first mapping.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Suggested {
    /// Its text, in TOML.
    mapping: String,
}

/// What a file comes to under a mapping.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckedMap {
    /// Rows read.
    rows: u64,
    /// Rows that would be refused.
    refused: u64,
    /// How many records of which type they make.
    records: BTreeMap<String, u64>,
    /// The first record.
    first: Option<serde_json::Value>,
}

/// Does what is asked for.
pub fn run(args: &MapArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    match &args.job {
        MapJob::Suggest { file, kind } => {
            let (name, input) = open(file)?;
            let text = suggest(kind_of(file, *kind)?, input).map_err(|error| unreadable_complaint(error, &name))?;
            if session.console.is_human() {
                session.console.line(text.trim_end())?;
            } else {
                session.console.answer("map_suggest", Outcome::Ok, json!(Suggested { mapping: text }))?;
            }
            Ok(Outcome::Ok)
        }
        MapJob::Check { map, file, kind } => check(map, file, *kind, session),
    }
}

/// Reads a mapping for files of one kind.
pub fn mapped(path: &Path, kind: TableKind, zones: &ZonePolicy) -> Result<Mapped, Complaint> {
    let (name, text) = mapping_text(path)?;
    let mapping = Mapping::read(&text).map_err(|fault| mapping_complaint(&fault, &name))?;
    mapping.into_format(kind, zones).map_err(|fault| mapping_complaint(&fault, &name))
}

/// Reads the description of a bulletin.
pub fn bulletin(path: &Path, zones: &ZonePolicy) -> Result<Bulletin, Complaint> {
    let (name, text) = mapping_text(path)?;
    Bulletin::read(&text, zones).map_err(|fault| mapping_complaint(&fault, &name))
}

fn mapping_text(path: &Path) -> Result<(String, String), Complaint> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = format!("could not read the mapping {name}: {error}");
        Complaint::new(Outcome::Undecided, Code::StorageFailed, what)
            .hint("check the path and that you may read the file")
    })?;
    Ok((name, text))
}

fn mapping_complaint(fault: &MappingFault, name: &str) -> Complaint {
    let place =
        Place { file: Some(name.to_owned()), line: Some(fault.line), column: Some(fault.column), pointer: None };
    let complaint = Complaint::new(Outcome::Rejected, fault.code, fault.what.clone()).at(place);
    match &fault.suggestion {
        Some(suggestion) => complaint.hint(format!("did you mean `{suggestion}`?")),
        None => complaint,
    }
}

fn kind_of(file: &Path, kind: Option<MapKind>) -> Result<TableKind, Complaint> {
    if let Some(kind) = kind {
        return Ok(kind.into());
    }
    let name = file.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit('.').next() {
        Some("csv" | "tsv" | "txt") => Ok(TableKind::Csv),
        Some("xlsx") => Ok(TableKind::Xlsx),
        Some("jsonl" | "ndjson") => Ok(TableKind::Jsonl),
        Some("geojson") => Ok(TableKind::Geojson),
        _ => {
            let what = format!("the name {} does not say what kind of file it is", file.display());
            Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("add --kind csv, xlsx, jsonl, geojson or kobo"))
        }
    }
}

/// What a file came to under a mapping.
#[derive(Default)]
struct Found {
    rows: u64,
    refused: u64,
    records: BTreeMap<String, u64>,
    first: Option<Event>,
    faults: Vec<Vec<RowFault>>,
}

fn check(map: &Path, file: &Path, kind: Option<MapKind>, session: &mut Session) -> Result<Outcome, Complaint> {
    let zones = session
        .folder()
        .ok()
        .and_then(|_| session.archive().ok()?.at_head().ok().map(|replayed| replayed.view().genesis().zones.clone()));
    let mapped = mapped(map, kind_of(file, kind)?, &zones.unwrap_or_else(ZonePolicy::utc))?;
    let (name, input) = open(file)?;
    let mut found = Found::default();
    let read = read_rows(&mapped, input, &mut |row, rows| found.take(row.drafts, rows));
    read.map_err(|error| unreadable_complaint(error, &name))?;
    let outcome = if found.refused == 0 { Outcome::Ok } else { Outcome::Rejected };
    report(&found, outcome, session)?;
    for complaint in found.faults.iter().filter_map(|faults| row_complaint(faults, &name)) {
        session.console.complain(&complaint);
    }
    if found.refused > found.faults.len() as u64 {
        session.console.say(format!("and {} more rows", found.refused - found.faults.len() as u64));
    }
    Ok(outcome)
}

impl Found {
    fn take(&mut self, drafts: Result<Vec<Draft>, Vec<RowFault>>, rows: &dyn Rows) {
        self.rows += 1;
        let faults = match drafts {
            Ok(drafts) => {
                let faults = contradictions(&drafts, rows);
                if faults.is_empty() {
                    for draft in drafts {
                        self.keep(draft);
                    }
                }
                faults
            }
            Err(faults) => faults,
        };
        if !faults.is_empty() {
            self.refused += 1;
            if self.faults.len() < FAULTS_TOLD {
                self.faults.push(faults);
            }
        }
    }

    fn keep(&mut self, draft: Draft) {
        if let Draft::Claim { event, .. } = draft {
            *self.records.entry(event.type_name().to_owned()).or_default() += 1;
            self.first.get_or_insert(*event);
        }
    }
}

/// What contradicts itself in what a row makes; whether the ledger knows what it names is seen at the import.
fn contradictions(drafts: &[Draft], rows: &dyn Rows) -> Vec<RowFault> {
    let mut all = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let (Draft::Claim { event, .. } | Draft::Register(event)) = draft else { continue };
        let mut faults = Vec::new();
        event.check(&Pointer::root(), &mut faults);
        all.extend(faults.into_iter().map(|fault| RowFault {
            spot: rows.locate(index, &fault.pointer),
            fault,
            hint: None,
        }));
    }
    all
}

fn report(found: &Found, outcome: Outcome, session: &mut Session) -> Result<(), Complaint> {
    let first =
        found.first.as_ref().map(serde_json::to_value).transpose().map_err(|error| internal(&error.to_string()))?;
    if !session.console.is_human() {
        let (records, rows, refused) = (found.records.clone(), found.rows, found.refused);
        return session.console.answer("map_check", outcome, json!(CheckedMap { rows, refused, records, first }));
    }
    let records: Vec<String> = found.records.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let records = if records.is_empty() { "no record".to_owned() } else { records.join(", ") };
    session.console.line(format!("{} rows make {records}; {} refused", found.rows, found.refused))?;
    if let Some(first) = first {
        let text = serde_json::to_string_pretty(&first).map_err(|error| internal(&error.to_string()))?;
        session.console.line(format!("the first record:\n{text}"))?;
    }
    Ok(())
}
