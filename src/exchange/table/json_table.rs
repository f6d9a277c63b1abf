//! JSON lines as a table: each line an object, each column a dotted path into it.

use std::io::BufRead;

use serde_json::Value;

use super::{Layout, Table, TableRow};
use crate::exchange::import::{Lines, Opened, RejectForm, RowFault, Spot, Unreadable};
use crate::record::{JsonFault, JsonFaultKind, check_json_bytes};
use crate::vocab::Code;

/// A file of JSON objects, one a line. A blank line and one that begins with `#` hold nothing.
pub(crate) struct JsonTable {
    lines: Lines<Box<dyn BufRead + Send>>,
    header: Vec<String>,
    row: TableRow,
}

impl JsonTable {
    /// Begins to read; the columns are the paths that are asked for, such as `meta.instanceID` or `actors.0`.
    pub(crate) fn begin(opened: Opened, columns: Vec<String>) -> Self {
        let layout = Layout::Members { column: 1, under: "" };
        Self { lines: Lines::new(opened.reader), header: columns, row: TableRow { layout, ..TableRow::default() } }
    }

    fn take(&mut self) -> Result<(), Vec<RowFault>> {
        let value = read(self.lines.line(), self.lines.number()).map_err(|fault| vec![fault])?;
        if !value.is_object() {
            let what = "the line is not a JSON object";
            return Err(vec![RowFault::new(Spot::line(self.lines.number()), Code::JsonSyntax, what)]);
        }
        for (name, cell) in self.header.iter().zip(&mut self.row.cells) {
            cell.clear();
            if let Some(found) = value.pointer(&pointer("", name)) {
                cell.push_str(&as_text(found));
            }
        }
        Ok(())
    }
}

impl Table for JsonTable {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn step(&mut self) -> Result<Option<Result<(), Vec<RowFault>>>, Unreadable> {
        loop {
            if !self.lines.step()? {
                return Ok(None);
            }
            let line = self.lines.line();
            if !line.starts_with(b"#") && !line.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        self.row.line = self.lines.number();
        self.row.bytes.clear();
        self.row.bytes.extend_from_slice(self.lines.line());
        self.row.cells.resize(self.header.len(), String::new());
        Ok(Some(self.take()))
    }

    fn row(&self) -> &TableRow {
        &self.row
    }

    fn reject_form(&self) -> RejectForm {
        RejectForm::Lines
    }
}

/// Reads an object. A member that stands twice is refused; fractions are not, they are texts here.
fn read(line: &[u8], number: u64) -> Result<Value, RowFault> {
    if let Err(fault) = check_object(line) {
        let spot = Spot { column: Some(fault.column as u64), ..Spot::line(number) };
        return Err(RowFault::new(spot, crate::exchange::jsonl::code_of(fault.kind), fault.detail));
    }
    serde_json::from_slice(line).map_err(|error| {
        let spot = Spot { column: Some(error.column() as u64), ..Spot::line(number) };
        RowFault::new(spot, Code::JsonSyntax, error.to_string())
    })
}

/// Holds an object to the rules of JSON; fractions and large numbers are let through, they are texts here.
pub(super) fn check_object(text: &[u8]) -> Result<(), JsonFault> {
    match check_json_bytes(text) {
        Err(fault) if !matches!(fault.kind, JsonFaultKind::Float | JsonFaultKind::IntegerTooLarge) => Err(fault),
        _ => Ok(()),
    }
}

/// A text as it reads, nothing for `null`, anything else as it is written.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Turns a dotted path into a JSON pointer.
pub(super) fn pointer(under: &str, path: &str) -> String {
    let steps = path.split('.').map(|step| step.replace('~', "~0").replace('/', "~1"));
    steps.fold(under.to_owned(), |pointer, step| format!("{pointer}/{step}"))
}
