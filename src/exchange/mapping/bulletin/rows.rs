//! The rows of a bulletin: each a day, each number of it a reading.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::file::{Counts, Hours};
use super::{Bulletin, Counter, DAY_MINUTES};
use crate::event::{Event, TallyReported};
use crate::exchange::import::{Draft, Raw, RejectForm, Row, RowFault, Rows, Spot, Unreadable};
use crate::exchange::mapping::build::CellsOf;
use crate::exchange::mapping::field::{CellFault, Reading};
use crate::exchange::mapping::file::FieldEntry;
use crate::exchange::table::{Table, TableRow};
use crate::vocab::{Code, Label, Pointer, Precision, Quantity, Source, When, Whole};

const MINUTE_MICROS: i64 = 60_000_000;

/// Reads a table as a bulletin.
pub(super) struct BulletinRows<'a> {
    bulletin: &'a Bulletin,
    table: Box<dyn Table>,
    at: BTreeMap<String, usize>,
    /// Where the values of each draft come from.
    origins: Vec<Option<CellsOf>>,
}

/// The day of a row.
struct Day {
    id: String,
    when: When,
    column: usize,
    hours: Option<u32>,
    source: Source,
}

impl<'a> BulletinRows<'a> {
    pub(super) fn new(bulletin: &'a Bulletin, table: Box<dyn Table>, at: BTreeMap<String, usize>) -> Self {
        Self { bulletin, table, at, origins: Vec::new() }
    }

    fn reading(&self) -> Reading<'_> {
        Reading {
            at: &self.at,
            names: &self.bulletin.names,
            dates: &self.bulletin.dates,
            unknown: &self.bulletin.unknown,
            formulas: self.bulletin.formulas,
        }
    }

    fn fault(&self, fault: CellFault) -> RowFault {
        let told = RowFault::new(self.table.spot(self.table.row(), fault.column), fault.code, fault.what);
        RowFault { hint: fault.hint, ..told }
    }

    fn text(&self, column: &str) -> Option<(&str, usize)> {
        let index = self.at.get(column).copied()?;
        Some((self.table.row().text(index)?, index))
    }

    /// The row's day, and its id: the day and the further columns that tell rows of one day apart.
    fn day(&self) -> Result<Day, RowFault> {
        let row = self.table.row();
        let column = self.bulletin.day.columns().next().and_then(|name| self.at.get(name).copied()).unwrap_or(0);
        let missing = |column| {
            RowFault::new(self.table.spot(row, column), Code::BadCell, "the row names no day")
                .hinting("a row of a bulletin is a day: fill the cell, or take the row out")
        };
        let found = self.reading().values(&self.bulletin.day, false, row).map_err(|fault| self.fault(fault))?;
        let value = found.into_iter().next().ok_or_else(|| missing(column))?.value;
        let when: When = serde_json::from_value(value).map_err(|_| missing(column))?;
        let words = row.text(column).unwrap_or_default();
        let day = self.bulletin.dates.calendar_day(words);
        let mut id = day.map_or_else(|| words.to_owned(), |day| day.to_string());
        if when.precision < Precision::Day {
            words.clone_into(&mut id);
        }
        for name in &self.bulletin.id {
            let index = self.at.get(name).copied().unwrap_or_default();
            let text = row.text(index).ok_or_else(|| {
                let what = format!("the row has no id: {name} is empty");
                RowFault::new(self.table.spot(row, index), Code::BadCell, what)
            })?;
            id.push('\u{1f}');
            id.push_str(text);
        }
        let hours = self.hours()?;
        if (hours.is_some() || self.bulletin.ends.is_some()) && when.precision != Precision::Day {
            let what = format!("`{words}` is no day, and hours are counted from the end of one");
            return Err(RowFault::new(self.table.spot(row, column), Code::BadTime, what));
        }
        Ok(Day { id, when, column, hours, source: self.source()? })
    }

    /// Who says the numbers of this row.
    fn source(&self) -> Result<Source, RowFault> {
        let source = self.bulletin.source.clone();
        let Some(field) = &self.bulletin.speaker else { return Ok(source) };
        let row = self.table.row();
        let found = self.reading().values(field, false, row).map_err(|fault| self.fault(fault))?;
        let Some(found) = found.into_iter().next() else { return Ok(source) };
        let speaker = serde_json::from_value(found.value)
            .map_err(|error| RowFault::new(self.table.spot(row, found.column), Code::UnknownWord, error.to_string()))?;
        Ok(Source { speaker: vec![speaker], ..source })
    }

    fn hours(&self) -> Result<Option<u32>, RowFault> {
        match &self.bulletin.hours {
            None => Ok(None),
            Some(Hours::Always(hours)) => Ok(Some(*hours)),
            Some(Hours::Column(name)) => {
                let Some((text, index)) = self.text(name) else { return Ok(None) };
                let hours = text.parse().ok().filter(|hours| *hours <= 24 * 366);
                let bad = || {
                    let what = format!("`{text}` is not a number of hours");
                    RowFault::new(self.table.spot(self.table.row(), index), Code::BadCell, what)
                };
                hours.map(Some).ok_or_else(bad)
            }
        }
    }

    /// Tells whether the row is one that the description passes over, as a whole or for one counter.
    fn is_skipped(&self, skip: &BTreeMap<String, Vec<String>>) -> bool {
        skip.iter().any(|(column, cells)| {
            let text = self.text(column).map_or("", |(text, _)| text);
            cells.iter().any(|cell| cell == text)
        })
    }

    fn drafts(&mut self, day: &Day) -> Result<Vec<Draft>, Vec<RowFault>> {
        let (mut drafts, mut faults, mut origins) = (Vec::new(), Vec::new(), Vec::new());
        for counter in &self.bulletin.counters {
            match self.tally(counter, day) {
                Ok(None) => {}
                Ok(Some((tally, cells))) => {
                    let event = Event::from(tally);
                    let registrations = self.bulletin.names.registrations(&event);
                    origins.extend(registrations.iter().map(|_| None));
                    drafts.extend(registrations);
                    drafts.push(Draft::Claim { part: Cow::Owned(counter.id.to_string()), event: Box::new(event) });
                    origins.push(Some(cells));
                }
                Err(fault) => faults.push(fault),
            }
        }
        self.origins = origins;
        if faults.is_empty() { Ok(drafts) } else { Err(faults) }
    }

    /// Makes a reading of a counter; nothing where the row has no number of it.
    fn tally(&self, counter: &Counter, day: &Day) -> Result<Option<(TallyReported, CellsOf)>, RowFault> {
        if self.is_skipped(&counter.skip) {
            return Ok(None);
        }
        let row = self.table.row();
        let mut cells = vec![("/period".to_owned(), 0, day.column)];
        let value = self.number(&counter.value, row)?;
        let mut parts = Vec::new();
        for (part, name) in &counter.parts {
            if let Some((quantity, column)) = self.number(part, row)? {
                parts.push((Quantity { owner: name.clone(), ..quantity }, column));
            }
        }
        let complete = parts.len() == counter.parts.len();
        let total = counter.total.as_ref().map(|total| self.number(total, row)).transpose()?.flatten();
        let period = match self.period(counter, day) {
            Some(period) if value.is_some() || !parts.is_empty() || total.is_some() => period,
            _ => return Ok(None),
        };
        let mut tally = TallyReported {
            counter: counter.id.clone(),
            accused: counter.accused.clone(),
            scope: self.scope(counter)?,
            ceasefire: counter.ceasefire.clone(),
            since: self.since(counter, day)?,
            period: Some(period),
            values: Vec::new(),
            breakdown: Vec::new(),
            stated_total: None,
            source: day.source.clone(),
            summary: None,
            note: None,
        };
        match (value, total) {
            (Some((value, column)), total) => {
                // A part that is not known would make any sum too small: then nothing is compared.
                let stated = total.clone().or_else(|| (counter.adds_up && complete).then(|| (value.clone(), column)));
                cells.push(("/values/0".to_owned(), 0, column));
                tally.values.push(value);
                if let Some((stated, column)) = stated.filter(|_| complete) {
                    cells.push(("/stated_total".to_owned(), 0, column));
                    tally.stated_total = Some(stated);
                }
                for (index, (part, column)) in parts.into_iter().enumerate() {
                    cells.push((format!("/breakdown/{index}"), 0, column));
                    tally.breakdown.push(part);
                }
            }
            (None, Some((total, column))) => {
                cells.push(("/values/0".to_owned(), 0, column));
                tally.values.push(total);
                tally.breakdown = parts.into_iter().map(|(part, _)| part).collect();
            }
            // The whole is not known: its parts stay parts of it.
            (None, None) => {
                for (index, (part, column)) in parts.into_iter().enumerate() {
                    cells.push((format!("/values/{index}"), 0, column));
                    let whole = Label::new(counter.id.as_str()).ok().map(Whole::Described);
                    tally.values.push(Quantity { subset_of: whole, ..part });
                }
            }
        }
        Ok(Some((tally, CellsOf::new(cells))))
    }

    fn number(&self, field: &FieldEntry, row: &TableRow) -> Result<Option<(Quantity, usize)>, RowFault> {
        let found = self.reading().values(field, false, row).map_err(|fault| self.fault(fault))?;
        let Some(found) = found.into_iter().next() else { return Ok(None) };
        let quantity = serde_json::from_value(found.value)
            .map_err(|error| RowFault::new(self.table.spot(row, found.column), Code::BadQuantity, error.to_string()))?;
        Ok(Some((quantity, found.column)))
    }

    fn scope(&self, counter: &Counter) -> Result<Option<Label>, RowFault> {
        let cell = counter.scope_column.as_ref().and_then(|column| self.text(column));
        let parts = [
            counter.scope.as_ref().map(Label::as_str),
            cell.map(|(text, _)| text),
            (counter.counts == Counts::Period).then_some(TallyReported::EACH_PERIOD),
        ];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if text.is_empty() {
            return Ok(None);
        }
        let column = cell.map_or(0, |(_, column)| column);
        let bad = |error: crate::vocab::TextError| {
            RowFault::new(self.table.spot(self.table.row(), column), Code::BadText, error.to_string())
        };
        Label::new(&text).map(Some).map_err(bad)
    }

    /// When the counter began, the last time before this day.
    fn since(&self, counter: &Counter, day: &Day) -> Result<Option<When>, RowFault> {
        if counter.since.is_empty() {
            return Ok(None);
        }
        let begun = counter.since.iter().rfind(|since| since.span().start() <= day.when.span().start());
        begun.cloned().map(Some).ok_or_else(|| {
            let what = format!("the counter {} begins after this day", counter.id);
            RowFault::new(self.table.spot(self.table.row(), day.column), Code::TimeOrder, what)
                .hinting("mend the day, or put an earlier one under `since`")
        })
    }

    /// The time that a reading is of. Nothing where a row says that it covers no hours.
    fn period(&self, counter: &Counter, day: &Day) -> Option<When> {
        let moved = |end: Option<crate::vocab::Instant>, minutes: i64| {
            end.map(|instant| instant.plus_micros(minutes * MINUTE_MICROS))
        };
        let (ends, hours) = (self.bulletin.ends, day.hours.filter(|_| counter.counts == Counts::Period));
        if hours == Some(0) {
            return None;
        }
        if ends.is_none() && hours.is_none_or(|hours| hours == 24) {
            return Some(day.when.clone());
        }
        let end = i64::from(ends.unwrap_or(DAY_MINUTES));
        let long = match counter.counts {
            Counts::Cumulative => 0,
            Counts::Period => i64::from(hours.unwrap_or(24)) * 60,
        };
        let precision = match (ends, long % i64::from(DAY_MINUTES)) {
            (None, 0) => Precision::Days,
            (None, _) => Precision::Hour,
            (Some(_), _) => Precision::Minute,
        };
        Some(When {
            earliest: moved(day.when.earliest, end - long),
            latest: moved(day.when.latest, end - i64::from(DAY_MINUTES)),
            precision,
            ..day.when.clone()
        })
    }
}

impl Rows for BulletinRows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, Unreadable> {
        let Some(step) = self.table.step()? else { return Ok(None) };
        self.origins.clear();
        let spot = Spot { field: None, ..self.table.spot(self.table.row(), 0) };
        if let Err(faults) = step {
            return Ok(Some(Row { spot, id: None, drafts: Err(faults) }));
        }
        if self.is_skipped(&self.bulletin.skip) {
            return Ok(Some(Row { spot, id: None, drafts: Ok(Vec::new()) }));
        }
        Ok(Some(match self.day() {
            Err(fault) => Row { spot, id: None, drafts: Err(vec![fault]) },
            Ok(day) => {
                let drafts = self.drafts(&day);
                Row { spot, id: Some(day.id), drafts }
            }
        }))
    }

    fn locate(&self, draft: usize, pointer: &Pointer) -> Spot {
        let row = self.table.row();
        match self.origins.get(draft).and_then(Option::as_ref).and_then(|cells| cells.find(pointer)) {
            Some((_, column)) => self.table.spot(row, column),
            None => Spot { field: Some(pointer.as_str().to_owned()), ..self.table.spot(row, 0) },
        }
    }

    fn verbatim(&self) -> Vec<Raw> {
        vec![self.table.row().raw()]
    }

    fn reject_form(&self) -> RejectForm {
        self.table.reject_form()
    }
}
