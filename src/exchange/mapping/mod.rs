//! Mappings: a small TOML file that says which columns of a table become which fields of which records.
//!
//! The page [`manual::imports`](crate::manual::imports) is the reference; its examples are run as tests.

mod build;
mod bulletin;
mod dates;
mod field;
mod file;
mod names;
mod rows;
mod submission;
mod suggest;

use std::collections::BTreeMap;

use toml::Spanned;

use self::dates::Dates;
use self::field::Setting;
use self::file::{Each, Formulas, MappingFile, RecordEntry};
use self::names::Names;
use super::import::{Format, Opened, RowFault, Rows, Spot, Unreadable};
use super::table::{CsvTable, FeatureTable, JsonTable, ListTable, SheetTable, Table};
use crate::event::current_version;
use crate::vocab::{Code, Digest32, Label, ZonePolicy};

pub use bulletin::Bulletin;
pub use suggest::suggest;

/// Says what is wrong with a mapping, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct MappingFault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What was found.
    pub what: String,
    /// What would have been right, where that can be told.
    pub suggestion: Option<String>,
    /// What kind of fault it is.
    pub code: Code,
}

impl MappingFault {
    fn at(text: &str, offset: usize, what: impl Into<String>) -> Self {
        let before = text.get(..offset.min(text.len())).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, what: what.into(), suggestion: None, code: Code::BadMapping }
    }
}

/// What kind of file a table stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// Comma-separated rows.
    Csv,
    /// A sheet of an .xlsx workbook.
    Xlsx,
    /// JSON objects, one a line; a column is a dotted path.
    Jsonl,
    /// A GeoJSON feature collection; a column is a property.
    Geojson,
    /// Submissions of a form, as CSV or JSON: of KoboToolbox or ODK.
    Submissions,
}

/// A mapping, read and checked in itself. Whether a file has its columns is seen when the file is opened.
#[derive(Debug)]
pub struct Mapping {
    text: String,
    digest: Digest32,
    dataset: String,
    id: Vec<Spanned<String>>,
    group: bool,
    sheet: Option<String>,
    delimiter: Option<u8>,
    unknown: Vec<String>,
    /// Fields about who sent a form in that are read all the same.
    personal: Vec<String>,
    formulas: Formulas,
    dates: file::DatesEntry,
    names: Names,
    records: Vec<Record>,
}

/// One record that rows make.
#[derive(Debug)]
struct Record {
    event_type: String,
    version: u32,
    part: String,
    each: Each,
    part_id: Vec<Spanned<String>>,
    only_if: Vec<Spanned<String>>,
    only_when: Vec<(Spanned<String>, Vec<String>)>,
    settings: Vec<Setting>,
    /// Where it stands in the mapping.
    offset: usize,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// The first [`MappingFault`].
    pub fn read(text: &str) -> Result<Self, MappingFault> {
        let MappingFile {
            dataset,
            id,
            group,
            sheet,
            delimiter,
            unknown,
            personal,
            formulas,
            dates,
            words,
            actors,
            places,
            record,
        } = file::parse(text)?;
        let fault = |offset: usize, what: String| Err(MappingFault::at(text, offset, what));
        if Label::new(dataset.get_ref()).is_err() {
            return fault(dataset.span().start, "the dataset has a name of one line".to_owned());
        }
        if group && id.is_empty() {
            return fault(0, "rows are grouped by their id: name its columns with `id`".to_owned());
        }
        if record.is_empty() {
            return fault(text.len(), "the mapping makes no record: add [[record]]".to_owned());
        }
        let delimiter = delimiter_of(text, delimiter)?;
        let names = Names::new(text, words, actors, places)?;
        let mut records = Vec::with_capacity(record.len());
        for (index, entry) in record.into_iter().enumerate() {
            records.push(Record::read(text, index, entry, &names)?);
        }
        let mut parts: Vec<&str> = records.iter().map(|record| record.part.as_str()).collect();
        parts.sort_unstable();
        if let Some(twice) = twice_called(&parts) {
            let offset = records.iter().filter(|record| record.part == twice).nth(1).map_or(0, |record| record.offset);
            return fault(offset, format!("two records are called `{twice}`: give one of them another `part`"));
        }
        let unknown = if unknown.is_empty() { vec![String::new()] } else { unknown };
        Ok(Self {
            text: text.to_owned(),
            digest: Digest32::new(*blake3::hash(text.as_bytes()).as_bytes()),
            dataset: dataset.into_inner(),
            id,
            group,
            sheet,
            delimiter,
            unknown,
            personal,
            formulas,
            dates,
            names,
            records,
        })
    }

    /// Makes a format of it: files of one kind, read by this mapping. `zones` are those that a date without a zone may
    /// be meant in, unless the mapping names one.
    ///
    /// # Errors
    /// A [`MappingFault`] where its dates cannot be understood.
    pub fn into_format(self, kind: TableKind, zones: &ZonePolicy) -> Result<Mapped, MappingFault> {
        let dates = dates_of(&self.text, &self.dates, zones)?;
        if kind == TableKind::Submissions {
            submission::check_privacy(&self)?;
        }
        Ok(Mapped { mapping: self, kind, dates })
    }

    /// Every column that is asked for, in order, none twice.
    fn columns(&self) -> Vec<String> {
        let spanned = |list: &[Spanned<String>]| list.iter().map(|name| name.get_ref().clone()).collect::<Vec<_>>();
        let mut all = spanned(&self.id);
        for record in &self.records {
            all.extend(spanned(&record.part_id));
            all.extend(spanned(&record.only_if));
            all.extend(record.only_when.iter().map(|(column, _)| column.get_ref().clone()));
            all.extend(record.settings.iter().flat_map(Setting::columns).map(ToOwned::to_owned));
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|column| seen.insert(column.clone()));
        all
    }
}

impl Record {
    fn read(text: &str, index: usize, entry: RecordEntry, names: &Names) -> Result<Self, MappingFault> {
        let offset = entry.event_type.span().start;
        let event_type = entry.event_type.into_inner();
        let Some(version) = current_version(&event_type) else {
            let what = format!("no event type is called `{event_type}`");
            return Err(MappingFault::at(text, offset, what));
        };
        let mut settings = Vec::with_capacity(entry.set.len());
        for (pointer, value) in entry.set {
            settings.push(Setting::read(text, &pointer, &value, names)?);
        }
        // A pointer that another one goes deeper into comes first, so that the deeper one changes it.
        settings.sort_by_key(|setting| setting.pointer.matches('/').count());
        Ok(Self {
            version,
            part: entry.part.unwrap_or_else(|| format!("{event_type}-{}", index + 1)),
            event_type,
            each: entry.each,
            part_id: entry.part_id,
            only_if: entry.only_if,
            only_when: entry.only_when.into_iter().collect(),
            settings,
            offset,
        })
    }
}

/// Finds a name that stands twice in a sorted list.
fn twice_called<'a>(sorted: &[&'a str]) -> Option<&'a str> {
    let mut pairs = sorted.iter().zip(sorted.iter().skip(1));
    pairs.find(|(one, other)| one == other).map(|(one, _)| *one)
}

/// Files of one kind, read by a mapping.
#[derive(Debug)]
pub struct Mapped {
    mapping: Mapping,
    kind: TableKind,
    dates: Dates,
}

impl Format for Mapped {
    fn name(&self) -> &'static str {
        match self.kind {
            TableKind::Csv => "csv",
            TableKind::Xlsx => "xlsx",
            TableKind::Jsonl => "jsonl",
            TableKind::Geojson => "geojson",
            TableKind::Submissions => "kobo",
        }
    }

    fn dataset(&self) -> &str {
        &self.mapping.dataset
    }

    fn mapping(&self) -> Option<Digest32> {
        Some(self.mapping.digest)
    }

    fn rows(&self, opened: Opened) -> Result<Box<dyn Rows + '_>, Unreadable> {
        let columns = self.mapping.columns();
        if self.kind == TableKind::Submissions {
            return submission::rows(self, opened, columns);
        }
        let table: Box<dyn Table> = match self.kind {
            TableKind::Csv => Box::new(CsvTable::begin(opened, self.mapping.delimiter)?),
            TableKind::Xlsx => Box::new(SheetTable::begin(opened, self.mapping.sheet.as_deref())?),
            TableKind::Jsonl => Box::new(JsonTable::begin(opened, columns.clone())),
            TableKind::Geojson => Box::new(FeatureTable::begin(opened, columns.clone())),
            TableKind::Submissions => Box::new(ListTable::begin(opened, columns.clone())),
        };
        let at = find_columns(&columns, table.header())?;
        Ok(Box::new(rows::MappedRows::new(self, table, at, Vec::new())))
    }
}

/// Reads what is said of a file's dates. `zones` are those of the ledger; the file's own comes before them.
fn dates_of(text: &str, entry: &file::DatesEntry, zones: &ZonePolicy) -> Result<Dates, MappingFault> {
    let own = entry.zone.as_ref().map(|zone| {
        ZonePolicy::parse_offset(zone.get_ref())
            .and_then(|minutes| ZonePolicy::new(vec![minutes]).ok())
            .ok_or_else(|| MappingFault::at(text, zone.span().start, "a zone is written +02:00"))
    });
    let own = own.transpose()?;
    for format in &entry.formats {
        let known = chrono::format::StrftimeItems::new(format.get_ref())
            .all(|item| !matches!(item, chrono::format::Item::Error));
        if !known {
            let what = format!("`{}` is not a form of dates", format.get_ref());
            return Err(MappingFault::at(text, format.span().start, what));
        }
    }
    Ok(Dates {
        formats: entry.formats.iter().map(|format| format.get_ref().clone()).collect(),
        zoned: own.is_some(),
        zones: own.unwrap_or_else(|| zones.clone()),
        unknown: entry.unknown.clone(),
        impossible: entry.impossible,
    })
}

/// Reads what parts the cells of a file.
fn delimiter_of(text: &str, delimiter: Option<Spanned<char>>) -> Result<Option<u8>, MappingFault> {
    match delimiter {
        None => Ok(None),
        Some(byte) if byte.get_ref().is_ascii() => Ok(u8::try_from(u32::from(*byte.get_ref())).ok()),
        Some(byte) => Err(MappingFault::at(text, byte.span().start, "a delimiter is one ASCII character")),
    }
}

/// Where each column stands. A name is found whatever its case.
fn find_columns(columns: &[String], header: &[String]) -> Result<BTreeMap<String, usize>, Unreadable> {
    let mut at = BTreeMap::new();
    for column in columns {
        let exact = header.iter().position(|name| name == column);
        let index = exact.or_else(|| header.iter().position(|name| name.to_lowercase() == column.to_lowercase()));
        let Some(index) = index else {
            let nearest = header.iter().map(|name| (strsim::damerau_levenshtein(name, column), name)).min();
            let near = nearest.filter(|(distance, name)| *distance <= 1 + name.chars().count() / 3);
            let what = format!("the mapping reads a column `{column}`, the file has none of that name");
            let fault = RowFault::new(Spot { column: Some(1), ..Spot::line(1) }, Code::BadHeader, what);
            return Err(match near {
                Some((_, name)) => fault.hinting(format!("did you mean `{name}`?")).into(),
                None => fault.into(),
            });
        };
        at.insert(column.clone(), index);
    }
    Ok(at)
}
