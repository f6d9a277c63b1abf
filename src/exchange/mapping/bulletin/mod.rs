//! Bulletins: a monitor's or a party's daily or cumulative numbers, as readings of counters.
//!
//! A row is a day. Each counter that has a number on that day becomes one `tally.reported`; an empty cell is no reading,
//! and never zero. Nothing is added up, and no incident is made.

mod file;
mod rows;

use std::collections::BTreeMap;

use toml::Spanned;

use self::file::{CounterEntry, Counts, Hours, PartEntry};
use self::rows::BulletinRows;
use super::dates::Dates;
use super::file::{FieldEntry, Form, Formulas};
use super::names::Names;
use super::{MappingFault, dates_of, find_columns};
use crate::exchange::import::{Format, Opened, Rows, Spot, Unreadable};
use crate::exchange::table::{CsvTable, ListTable, SheetTable, Table};
use crate::vocab::{
    ActorId, ActorRef, CeasefireId, CounterId, Digest32, Label, Outcome, Pointer, Source, Unit, When, Who, ZonePolicy,
};

/// The minutes of a day.
const DAY_MINUTES: u32 = 24 * 60;

/// A bulletin, described: which columns are readings of which counters.
#[derive(Debug)]
pub struct Bulletin {
    digest: Digest32,
    dataset: String,
    source: Source,
    /// Where a row names who speaks; where it does not, the source's own speaker does.
    speaker: Option<FieldEntry>,
    id: Vec<String>,
    sheet: Option<String>,
    delimiter: Option<u8>,
    unknown: Vec<String>,
    formulas: Formulas,
    skip: BTreeMap<String, Vec<String>>,
    names: Names,
    dates: Dates,
    day: FieldEntry,
    /// The minute of the day at which a row's period ends, counted from midnight.
    ends: Option<u32>,
    hours: Option<Hours>,
    counters: Vec<Counter>,
}

/// One counter of a bulletin.
#[derive(Debug)]
struct Counter {
    id: CounterId,
    counts: Counts,
    value: FieldEntry,
    parts: Vec<(FieldEntry, Option<Label>)>,
    total: Option<FieldEntry>,
    adds_up: bool,
    skip: BTreeMap<String, Vec<String>>,
    scope: Option<Label>,
    scope_column: Option<String>,
    /// When it began, each time that it began anew, in order.
    since: Vec<When>,
    ceasefire: Option<CeasefireId>,
    accused: Vec<ActorRef>,
}

impl Bulletin {
    /// Reads a description. `zones` are those that a date without a zone may be meant in, unless it names one.
    ///
    /// # Errors
    /// The first [`MappingFault`].
    pub fn read(text: &str, zones: &ZonePolicy) -> Result<Self, MappingFault> {
        let file = file::parse(text)?;
        let reader = Reader { text };
        let names = Names::new(text, BTreeMap::new(), file.actors, BTreeMap::new())?;
        let dates = dates_of(text, &file.dates, zones)?;
        reader.taken::<Label>(&file.dataset)?;
        let source = Source {
            speaker: vec![reader.actor(&file.speaker)?],
            via: file.via.iter().map(|actor| reader.actor(actor)).collect::<Result<_, _>>()?,
            medium: file.medium.as_ref().map(|text| reader.taken(text)).transpose()?,
            url: file.url.as_ref().map(|text| reader.taken(text)).transpose()?,
            ..Source::default()
        };
        if file.counter.is_empty() {
            return Err(MappingFault::at(text, text.len(), "the bulletin has no counter: add [[counter]]"));
        }
        let mut counters: Vec<Counter> = Vec::with_capacity(file.counter.len());
        for entry in &file.counter {
            let counter = reader.counter(entry, &dates)?;
            if counters.iter().any(|known| known.id == counter.id) {
                return Err(reader.fault(&entry.id, format!("two counters are called `{}`", counter.id)));
            }
            counters.push(counter);
        }
        let speaker = file.speaker_column.map(|column| FieldEntry {
            column: Some(column),
            form: Form::Actor,
            ..FieldEntry::default()
        });
        let day = FieldEntry { column: Some(file.day.column), form: Form::Time, ..FieldEntry::default() };
        Ok(Self {
            digest: Digest32::new(*blake3::hash(text.as_bytes()).as_bytes()),
            dataset: file.dataset.into_inner(),
            source,
            speaker,
            id: file.id,
            sheet: file.sheet,
            delimiter: super::delimiter_of(text, file.delimiter)?,
            unknown: if file.unknown.is_empty() { vec![String::new()] } else { file.unknown },
            formulas: file.formulas,
            skip: file.skip,
            names,
            dates,
            day,
            ends: file.day.ends.as_ref().map(|ends| reader.minute(ends)).transpose()?,
            hours: file.day.hours.map(Spanned::into_inner),
            counters,
        })
    }

    /// Every column that is asked for, none twice.
    fn columns(&self) -> Vec<String> {
        let mut all: Vec<&str> = self.day.columns().collect();
        all.extend(self.speaker.iter().flat_map(FieldEntry::columns));
        all.extend(self.id.iter().chain(self.skip.keys()).map(String::as_str));
        if let Some(Hours::Column(column)) = &self.hours {
            all.push(column);
        }
        for counter in &self.counters {
            all.extend(counter.value.columns());
            all.extend(counter.parts.iter().flat_map(|(part, _)| part.columns()));
            all.extend(counter.total.iter().flat_map(FieldEntry::columns));
            all.extend(counter.scope_column.as_deref());
            all.extend(counter.skip.keys().map(String::as_str));
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|column| seen.insert(*column));
        all.into_iter().map(ToOwned::to_owned).collect()
    }
}

impl Format for Bulletin {
    fn name(&self) -> &'static str {
        "bulletin"
    }

    fn dataset(&self) -> &str {
        &self.dataset
    }

    fn mapping(&self) -> Option<Digest32> {
        Some(self.digest)
    }

    fn rows(&self, mut opened: Opened) -> Result<Box<dyn Rows + '_>, Unreadable> {
        let columns = self.columns();
        let start = opened.reader.fill_buf().map_err(|error| Unreadable::from_read(error, Spot::line(1)))?;
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
        let table: Box<dyn Table> = if start.starts_with(b"PK\x03\x04") {
            Box::new(SheetTable::begin(opened, self.sheet.as_deref())?)
        } else if start.starts_with(b"[") || start.starts_with(b"{") {
            Box::new(ListTable::begin(opened, columns.clone()))
        } else {
            Box::new(CsvTable::begin(opened, self.delimiter)?)
        };
        let at = find_columns(&columns, table.header())?;
        Ok(Box::new(BulletinRows::new(self, table, at)))
    }
}

/// Reads the parts of a description.
struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn fault<T>(&self, at: &Spanned<T>, what: impl Into<String>) -> MappingFault {
        MappingFault::at(self.text, at.span().start, what)
    }

    fn taken<T: std::str::FromStr>(&self, text: &Spanned<String>) -> Result<T, MappingFault>
    where
        T::Err: std::fmt::Display,
    {
        text.get_ref().parse().map_err(|error: T::Err| self.fault(text, format!("`{}`: {error}", text.get_ref())))
    }

    fn actor(&self, text: &Spanned<String>) -> Result<ActorRef, MappingFault> {
        self.taken::<ActorId>(text).map(ActorRef::Actor)
    }

    /// The minute of the day: `19:30`, and `24:00` for its end.
    fn minute(&self, text: &Spanned<String>) -> Result<u32, MappingFault> {
        let read = || {
            let (hours, minutes) = text.get_ref().split_once(':')?;
            let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
            Some(hours * 60 + minutes).filter(|at| minutes < 60 && (1..=DAY_MINUTES).contains(at))
        };
        read().ok_or_else(|| self.fault(text, "an hour is written 19:30; a day ends at 24:00"))
    }

    fn counter(&self, entry: &CounterEntry, dates: &Dates) -> Result<Counter, MappingFault> {
        let choices = (&entry.unit, entry.outcome.as_ref());
        self.taken::<Unit>(&entry.unit)?;
        entry.outcome.as_ref().map(|outcome| self.taken::<Outcome>(outcome)).transpose()?;
        let begins = |since: &Spanned<String>| {
            let when = When::from_short(since.get_ref(), &dates.zones, &Pointer::root());
            when.map_err(|fault| self.fault(since, fault.what))
        };
        let mut since = entry.since.iter().map(begins).collect::<Result<Vec<_>, _>>()?;
        since.sort_by_key(When::span);
        if entry.counts == Counts::Period && !since.is_empty() {
            return Err(self.fault(&entry.id, "what counts the period alone has no `since`"));
        }
        if entry.adds_up && entry.part.is_empty() {
            return Err(self.fault(&entry.id, "adds_up compares the number with its parts: add [[counter.part]]"));
        }
        let scope = entry.scope.as_ref().map(|scope| self.taken(scope)).transpose()?;
        Ok(Counter {
            id: self.taken(&entry.id)?,
            counts: entry.counts,
            value: self.field(&entry.column, choices, entry.who.as_ref())?,
            parts: entry.part.iter().map(|part| self.part(part, choices)).collect::<Result<_, _>>()?,
            total: entry.total.as_ref().map(|column| self.field(column, choices, None)).transpose()?,
            adds_up: entry.adds_up,
            skip: entry.skip.clone(),
            scope,
            scope_column: entry.scope_column.clone(),
            since,
            ceasefire: entry.ceasefire.as_ref().map(|id| self.taken(id)).transpose()?,
            accused: entry.accused.iter().map(|actor| self.actor(actor)).collect::<Result<_, _>>()?,
        })
    }

    fn part(&self, part: &PartEntry, choices: Choices<'_>) -> Result<(FieldEntry, Option<Label>), MappingFault> {
        let name = part.name.as_ref().map(|name| self.taken(name)).transpose()?;
        Ok((self.field(&part.column, choices, part.who.as_ref())?, name))
    }

    fn field(
        &self,
        column: &str,
        (unit, outcome): Choices<'_>,
        who: Option<&Spanned<String>>,
    ) -> Result<FieldEntry, MappingFault> {
        who.map(|who| self.taken::<Who>(who)).transpose()?;
        Ok(FieldEntry {
            column: Some(column.to_owned()),
            form: Form::Quantity,
            unit: Some(unit.get_ref().clone()),
            outcome: outcome.map(|outcome| outcome.get_ref().clone()),
            who: who.map(|who| who.get_ref().clone()),
            ..FieldEntry::default()
        })
    }
}

/// What is counted, and what became of it.
type Choices<'a> = (&'a Spanned<String>, Option<&'a Spanned<String>>);
