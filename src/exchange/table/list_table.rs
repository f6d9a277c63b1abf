//! A JSON list of objects as a table: each object a row, each column a dotted path into it.

use serde_json::Value;

use super::json_table::{as_text, check_object, pointer};
use super::{Layout, Table, TableRow};
use crate::exchange::import::{Opened, RejectForm, RowFault, Spot, Unreadable};
use crate::exchange::items::Items;
use crate::vocab::Code;

/// A list of objects, alone or as a member of an object around it.
pub(crate) struct ListTable {
    items: Items,
    header: Vec<String>,
    row: TableRow,
}

impl ListTable {
    /// Begins to read; the columns are the paths that are asked for, such as `group/question`, `verified.killed` or
    /// `_geolocation.0`.
    pub(crate) fn begin(opened: Opened, columns: Vec<String>) -> Self {
        Self { items: Items::of_list(opened), header: columns, row: TableRow::default() }
    }

    fn take(&mut self) -> Result<(), RowFault> {
        let at = |line: usize, column: usize| self.items.within(line, column);
        if let Err(fault) = check_object(self.items.item()) {
            let code = crate::exchange::jsonl::code_of(fault.kind);
            return Err(RowFault::new(at(fault.line, fault.column), code, fault.detail));
        }
        let value: Value = serde_json::from_slice(self.items.item())
            .map_err(|error| RowFault::new(at(error.line(), error.column()), Code::JsonSyntax, error.to_string()))?;
        for (name, cell) in self.header.iter().zip(&mut self.row.cells) {
            cell.clear();
            if let Some(found) = value.get(name).or_else(|| value.pointer(&pointer("", name))) {
                cell.push_str(&as_text(found));
            }
        }
        Ok(())
    }
}

impl Table for ListTable {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn step(&mut self) -> Result<Option<Result<(), Vec<RowFault>>>, Unreadable> {
        if !self.items.step()? {
            return Ok(None);
        }
        let Spot { line, column, .. } = self.items.spot().clone();
        self.row.line = line;
        self.row.layout = Layout::Members { column: column.unwrap_or(1), under: "" };
        self.row.bytes.clear();
        self.row.bytes.extend_from_slice(self.items.item());
        self.row.cells.resize(self.header.len(), String::new());
        Ok(Some(self.take().map_err(|fault| vec![fault])))
    }

    fn row(&self) -> &TableRow {
        &self.row
    }

    fn reject_form(&self) -> RejectForm {
        RejectForm::List
    }
}
