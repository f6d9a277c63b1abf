//! Tables: a header and rows of cells, whatever kind of file they stand in.

mod csv_table;
mod feature_table;
mod json_table;
mod list_table;
mod sheet_table;

pub(crate) use csv_table::CsvTable;
pub(crate) use feature_table::{FeatureTable, GEOMETRY_COLUMNS};
pub(crate) use json_table::JsonTable;
pub(crate) use list_table::ListTable;
pub(crate) use sheet_table::SheetTable;

use super::import::{Raw, RejectForm, RowFault, Spot, Unreadable};
use crate::record::locate;

/// The most columns a table may have: what a spreadsheet can hold.
pub(crate) const COLUMNS_MAX: usize = 16_384;

/// The rows of one table, read one at a time.
pub(crate) trait Table {
    /// The names of the columns, white space around them gone.
    fn header(&self) -> &[String];

    /// Steps to the next row that holds anything. The inner error is what is wrong with this row alone.
    fn step(&mut self) -> Result<Option<Result<(), Vec<RowFault>>>, Unreadable>;

    /// The row.
    fn row(&self) -> &TableRow;

    /// How refused rows of the table are kept.
    fn reject_form(&self) -> RejectForm;

    /// Where a cell of a row stands.
    fn spot(&self, row: &TableRow, column: usize) -> Spot {
        let field = self.header().get(column).cloned();
        Spot { field, ..row.spot(column, self.header()) }
    }
}

/// One row of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableRow {
    /// The line it begins in; its number in a sheet.
    pub(crate) line: u64,
    /// As many cells as there are columns; an absent one is empty.
    pub(crate) cells: Vec<String>,
    /// The row as it stands in the file, without what says why it was refused before.
    pub(crate) bytes: Vec<u8>,
    /// The columns, in a sheet, whose cells were computed.
    pub(crate) formulas: Vec<usize>,
    /// How its cells are found in its bytes.
    pub(crate) layout: Layout,
}

/// How the cells of a row are found in its bytes.
#[derive(Debug, Clone, Default)]
pub(crate) enum Layout {
    /// They are not: a sheet's cell is its row and column.
    #[default]
    Sheet,
    /// Parted by a byte; so many characters of the first line stand before the row's bytes.
    Parted { delimiter: u8, before: u64 },
    /// Members of a JSON object that begins at a column; the pointer stands before their names.
    Members { column: u64, under: &'static str },
}

impl TableRow {
    /// Gives a cell, white space around it gone; nothing where it is empty.
    pub(crate) fn text(&self, column: usize) -> Option<&str> {
        self.cells.get(column).map(|cell| cell.trim()).filter(|text| !text.is_empty())
    }

    /// Tells whether a cell holds a formula, or in a text file what a spreadsheet would take for one.
    pub(crate) fn is_formula(&self, column: usize) -> bool {
        match self.layout {
            Layout::Sheet => self.formulas.contains(&column),
            Layout::Parted { .. } => self.text(column).is_some_and(|cell| cell.len() > 1 && cell.starts_with('=')),
            Layout::Members { .. } => false,
        }
    }

    /// Where the row begins.
    pub(crate) fn begin(&self) -> Spot {
        match self.layout {
            Layout::Members { column, .. } => Spot { column: Some(column), ..Spot::line(self.line) },
            Layout::Sheet | Layout::Parted { .. } => Spot::line(self.line),
        }
    }

    /// The row as it stands in the file.
    pub(crate) fn raw(&self) -> Raw {
        Raw { line: self.line, bytes: self.bytes.clone() }
    }

    fn spot(&self, column: usize, header: &[String]) -> Spot {
        match &self.layout {
            Layout::Sheet => Spot { column: Some(column as u64 + 1), ..Spot::line(self.line) },
            Layout::Parted { delimiter, before } => {
                let at = csv_table::cell_offset(&self.bytes, *delimiter, column);
                self.spot_at(at, *before + 1)
            }
            Layout::Members { column: start, under } => {
                let text = std::str::from_utf8(&self.bytes).unwrap_or_default();
                let name = header.get(column).map_or("", String::as_str);
                let pointer = json_table::pointer(under, name);
                match locate(text, &pointer) {
                    Some((line, column)) => {
                        let before = if line <= 1 { start.saturating_sub(1) } else { 0 };
                        let line = self.line + line.saturating_sub(1) as u64;
                        Spot { column: Some(before + column as u64), ..Spot::line(line) }
                    }
                    None => Spot { column: Some(*start), ..Spot::line(self.line) },
                }
            }
        }
    }

    /// Where a byte of the row stands; `start` is the column of its first one.
    pub(crate) fn spot_at(&self, offset: usize, start: u64) -> Spot {
        let before = self.bytes.get(..offset.min(self.bytes.len())).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', before).count() as u64;
        let from = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let characters = before.get(from..).unwrap_or_default().iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let start = if lines == 0 { start } else { 1 };
        Spot { line: self.line + lines, column: Some(start + characters as u64), field: None }
    }
}

/// Finds the second of two columns with the same name.
fn twice_named(names: &[String]) -> Option<usize> {
    let mut known = std::collections::HashSet::new();
    names.iter().position(|name| !name.is_empty() && !known.insert(name.as_str()))
}
