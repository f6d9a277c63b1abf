//! The rows of a table, alone or in groups, as drafts of records.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::build::{CellsOf, NotBuilt, build};
use super::field::Reading;
use super::file::Each;
use super::{Mapped, MappingFault, Record};
use crate::exchange::import::{Draft, Raw, RejectForm, Row, RowFault, Rows, Spot, Unreadable};
use crate::exchange::table::{Table, TableRow};
use crate::vocab::{Code, Fault, Pointer};

/// How many rows may make one record, at most.
const GROUP_MAX_ROWS: usize = 10_000;

/// Reads a table by a mapping.
pub(super) struct MappedRows<'a> {
    mapped: &'a Mapped,
    table: Box<dyn Table>,
    at: BTreeMap<String, usize>,
    /// The columns, in a file of submissions, of which the first that holds something is the row's id.
    submission_ids: Vec<usize>,
    /// The rows that make the records being looked at.
    group: Vec<TableRow>,
    /// The row after them, already read.
    ahead: Option<TableRow>,
    /// Groups that ended: one must not go on later in the file.
    ended: HashSet<[u8; 16]>,
    /// Where the values of each draft come from: the group's row that each draft's own rows begin at, and the cells.
    origins: Vec<Option<(usize, CellsOf)>>,
}

impl<'a> MappedRows<'a> {
    pub(super) fn new(
        mapped: &'a Mapped,
        table: Box<dyn Table>,
        at: BTreeMap<String, usize>,
        submission_ids: Vec<usize>,
    ) -> Self {
        Self {
            mapped,
            table,
            at,
            submission_ids,
            group: Vec::new(),
            ahead: None,
            ended: HashSet::new(),
            origins: Vec::new(),
        }
    }

    fn reading(&self) -> Reading<'_> {
        Reading {
            at: &self.at,
            names: &self.mapped.mapping.names,
            dates: &self.mapped.dates,
            unknown: &self.mapped.mapping.unknown,
            formulas: self.mapped.mapping.formulas,
        }
    }

    /// The row's own id: its id cells, or a hash of all its cells where the mapping names none.
    fn id(&self, row: &TableRow) -> Result<String, RowFault> {
        let mapping = &self.mapped.mapping;
        if mapping.id.is_empty() && !self.submission_ids.is_empty() {
            return self.submission_id(row);
        }
        if mapping.id.is_empty() {
            let mut hasher = blake3::Hasher::new();
            for cell in &row.cells {
                hasher.update(&(cell.len() as u64).to_le_bytes());
                hasher.update(cell.as_bytes());
            }
            let hash = hasher.finalize().to_hex();
            return Ok(format!("b3~{}", hash.get(..40).unwrap_or_default()));
        }
        let mut parts = Vec::with_capacity(mapping.id.len());
        for column in &mapping.id {
            let index = self.at.get(column.get_ref()).copied().unwrap_or_default();
            let Some(text) = row.text(index) else {
                let what = format!("the row has no id: {} is empty", column.get_ref());
                return Err(RowFault::new(self.table.spot(row, index), Code::BadCell, what));
            };
            parts.push(text);
        }
        Ok(parts.join("\u{1f}"))
    }

    /// The id that a submission was given when it was made, without the word that some programs put before it.
    fn submission_id(&self, row: &TableRow) -> Result<String, RowFault> {
        let id = self.submission_ids.iter().find_map(|column| row.text(*column));
        id.map(|id| id.strip_prefix("uuid:").unwrap_or(id).to_owned()).ok_or_else(|| {
            RowFault::new(row.begin(), Code::BadCell, "the submission has no id of its own")
                .hinting("export the form with its `_uuid` (KoboToolbox) or `KEY` (ODK)")
        })
    }

    /// Takes the next row, and in a file of groups those after it that have the same id.
    fn take_group(&mut self) -> Result<Option<Result<String, Vec<RowFault>>>, Unreadable> {
        self.group.clear();
        let first = match self.ahead.take() {
            Some(row) => row,
            None => match self.table.step()? {
                None => return Ok(None),
                Some(Ok(())) => self.table.row().clone(),
                Some(Err(faults)) => {
                    self.group.push(self.table.row().clone());
                    return Ok(Some(Err(faults)));
                }
            },
        };
        let id = self.id(&first);
        self.group.push(first);
        let id = match id {
            Ok(id) => id,
            Err(fault) => return Ok(Some(Err(vec![fault]))),
        };
        if !self.mapped.mapping.group {
            return Ok(Some(Ok(id)));
        }
        let mut faults = Vec::new();
        while let Some(step) = self.table.step()? {
            let row = self.table.row().clone();
            match step {
                // A row that cannot be read may belong to any group: to this one, since it stands in it.
                Err(more) => {
                    faults.extend(more);
                    self.group.push(row);
                }
                Ok(()) => match self.id(&row) {
                    Ok(other) if other == id => self.group.push(row),
                    _ => {
                        self.ahead = Some(row);
                        break;
                    }
                },
            }
            if self.group.len() > GROUP_MAX_ROWS {
                let what = format!("more than {GROUP_MAX_ROWS} rows have one id");
                return Err(RowFault::new(self.begin(), Code::RowTwice, what).into());
            }
        }
        if !faults.is_empty() {
            return Ok(Some(Err(faults)));
        }
        let mut short = [0; 16];
        short.iter_mut().zip(blake3::hash(id.as_bytes()).as_bytes()).for_each(|(to, from)| *to = *from);
        if !self.ended.insert(short) {
            let what = "rows of this id ended earlier in the file and go on here";
            return Ok(Some(Err(vec![RowFault::new(self.begin(), Code::GroupApart, what)])));
        }
        Ok(Some(Ok(id)))
    }

    fn begin(&self) -> Spot {
        let Some(first) = self.group.first() else { return Spot::default() };
        Spot { field: None, ..self.table.spot(first, 0) }
    }

    fn drafts(&mut self) -> Result<Vec<Draft>, Vec<RowFault>> {
        let mapping = &self.mapped.mapping;
        let (mut drafts, mut faults, mut origins) = (Vec::new(), Vec::new(), Vec::new());
        for record in &mapping.records {
            let pieces: Vec<(usize, Vec<&TableRow>)> = match record.each {
                Each::Group => vec![(0, self.group.iter().collect())],
                Each::Row => self.group.iter().enumerate().map(|(index, row)| (index, vec![row])).collect(),
            };
            for (start, rows) in pieces {
                match build(record, &rows, &self.reading()) {
                    Ok(None) => {}
                    Ok(Some(built)) => {
                        let registrations = mapping.names.registrations(&built.event);
                        origins.extend(registrations.iter().map(|_| None));
                        drafts.extend(registrations);
                        let part = self.part(record, start, &rows);
                        drafts.push(Draft::Claim { part: Cow::Owned(part), event: Box::new(built.event) });
                        origins.push(Some((start, built.cells)));
                    }
                    Err(why) => faults.extend(why.into_iter().map(|why| self.fault(record, start, why))),
                }
            }
        }
        self.origins = origins;
        if faults.is_empty() { Ok(drafts) } else { Err(faults) }
    }

    /// Which of the row's records it is, the same in every publication.
    fn part(&self, record: &Record, start: usize, rows: &[&TableRow]) -> String {
        if record.each == Each::Group {
            return record.part.clone();
        }
        if record.part_id.is_empty() {
            return format!("{}.{}", record.part, start + 1);
        }
        let cells = record.part_id.iter().map(|column| {
            let index = self.at.get(column.get_ref()).copied().unwrap_or_default();
            rows.first().and_then(|row| row.text(index)).unwrap_or("-")
        });
        format!("{}.{}", record.part, cells.collect::<Vec<_>>().join("\u{1f}"))
    }

    fn cell(&self, row: usize, column: usize) -> Spot {
        self.group.get(row).map_or_else(|| self.begin(), |row| self.table.spot(row, column))
    }

    fn fault(&self, record: &Record, start: usize, why: NotBuilt) -> RowFault {
        match why {
            NotBuilt::Cell(row, fault) => {
                let told = RowFault::new(self.cell(start + row, fault.column), fault.code, fault.what);
                RowFault { hint: fault.hint, ..told }
            }
            NotBuilt::Differ(row, column, what) => {
                RowFault::new(self.cell(start + row, column), Code::RowsDiffer, what)
            }
            NotBuilt::Missing(columns) => {
                let spot = self.group.get(start).map_or_else(|| self.begin(), |row| Spot::line(row.line));
                let what = format!("nothing is known of {columns}, and the mapping says that it must be");
                RowFault::new(spot, Code::BadCell, what)
            }
            NotBuilt::NoEvent(fault, cells) => self.no_event(record, start, &fault, &cells),
        }
    }

    /// What came out is no event: said at the cell it comes from, else at the mapping.
    fn no_event(&self, record: &Record, start: usize, fault: &Fault, cells: &CellsOf) -> RowFault {
        let spot = match cells.find(&fault.pointer) {
            Some((row, column)) if !fault.pointer.as_str().is_empty() => self.cell(start + row, column),
            _ => self.begin(),
        };
        let text = &self.mapped.mapping.text;
        let setting = record.settings.iter().rfind(|setting| fault.pointer.as_str().starts_with(&setting.pointer));
        let offset = setting.map_or(record.offset, |setting| setting.offset);
        let MappingFault { line, .. } = MappingFault::at(text, offset, "");
        let at = if fault.pointer.as_str().is_empty() { "the record" } else { fault.pointer.as_str() };
        let what = format!("{at} of the {}: {}", record.event_type, fault.what);
        RowFault::new(spot, fault.code, what).hinting(format!("it is made by line {line} of the mapping"))
    }
}

impl Rows for MappedRows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, Unreadable> {
        let Some(taken) = self.take_group()? else { return Ok(None) };
        let spot = self.begin();
        self.origins.clear();
        Ok(Some(match taken {
            Ok(id) => Row { spot, id: Some(id), drafts: self.drafts() },
            Err(faults) => Row { spot, id: None, drafts: Err(faults) },
        }))
    }

    fn locate(&self, draft: usize, pointer: &Pointer) -> Spot {
        let Some(Some((start, cells))) = self.origins.get(draft) else { return self.begin() };
        match cells.find(pointer) {
            Some((row, column)) => self.cell(start + row, column),
            None => Spot { field: Some(pointer.as_str().to_owned()), ..self.begin() },
        }
    }

    fn verbatim(&self) -> Vec<Raw> {
        self.group.iter().map(TableRow::raw).collect()
    }

    fn reject_form(&self) -> RejectForm {
        self.table.reject_form()
    }
}
