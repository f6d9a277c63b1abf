//! Native events: bodies as they will stand in the log, with their own keys.

use std::io::BufRead;

use super::import::{Draft, Format, Lines, Opened, Raw, RejectForm, Row, RowFault, Rows, Spot, Unreadable};
use super::jsonl::{self, BodyLine};
use crate::ledger::SubmittedBody;
use crate::record::locate;
use crate::vocab::Pointer;

/// The format `jsonl`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Native;

impl Format for Native {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn rows(&self, opened: Opened) -> Result<Box<dyn Rows + '_>, Unreadable> {
        Ok(Box::new(NativeRows { lines: Lines::new(opened.reader) }))
    }
}

struct NativeRows<R> {
    lines: Lines<R>,
}

impl<R: BufRead> Rows for NativeRows<R> {
    fn next_row(&mut self) -> Result<Option<Row>, Unreadable> {
        while self.lines.step()? {
            let number = usize::try_from(self.lines.number()).unwrap_or(usize::MAX);
            let drafts = match jsonl::line_body(number, self.lines.line()) {
                None => continue,
                Some(Ok(line)) => {
                    let BodyLine { body, text, signature, .. } = line;
                    Ok(vec![Draft::Body(Box::new(SubmittedBody { body, text, signature }))])
                }
                Some(Err(fault)) => {
                    let column = fault.column.and_then(|column| u64::try_from(column).ok());
                    let spot = Spot { column, ..Spot::line(self.lines.number()) };
                    Err(vec![RowFault { spot, fault: fault.fault, hint: None }])
                }
            };
            return Ok(Some(Row { spot: Spot::line(self.lines.number()), id: None, drafts }));
        }
        Ok(None)
    }

    fn locate(&self, _: usize, pointer: &Pointer) -> Spot {
        let text = std::str::from_utf8(self.lines.line()).unwrap_or_default();
        let column = locate(text, pointer.as_str()).and_then(|(_, column)| u64::try_from(column).ok());
        Spot { line: self.lines.number(), column, field: None }
    }

    fn verbatim(&self) -> Vec<Raw> {
        vec![Raw { line: self.lines.number(), bytes: self.lines.line().to_vec() }]
    }

    fn reject_form(&self) -> RejectForm {
        RejectForm::Lines
    }
}
