//! Incidents as a workbook: one sheet of rows, one that says what the columns mean. A row is written and let go.

use std::io::{Seek, Write};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::cell::{Cell, degrees};
use super::columns::COLUMNS;
use super::incidents::{ExportError, Incidents};

/// The rows that a sheet can have.
const MOST_ROWS: u32 = 1_048_576;

/// Writes incidents as a workbook. Gives how many there are. Text is text, also where it looks like a formula; it is made
/// harmless all the same, since the sheet may be saved as CSV.
///
/// # Errors
/// [`ExportError::TooManyRows`] where a sheet cannot hold them; else as the others.
pub fn incidents_xlsx(incidents: &Incidents<'_>, hxl: bool, out: &mut dyn Write) -> Result<u64, ExportError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
    sheet.set_name("incidents").map_err(failed)?;
    sheet.set_freeze_panes(1, 1).map_err(failed)?;
    head(sheet, |column| column.name, 0, Some(&bold))?;
    let mut next = 1;
    if hxl {
        head(sheet, |column| column.hxl, 1, None)?;
        next = 2;
    }
    let rows = incidents.each(&mut |incident| {
        if next >= MOST_ROWS {
            return Err(ExportError::TooManyRows { most: MOST_ROWS });
        }
        for (column, number) in COLUMNS.iter().zip(0_u16..) {
            write_cell(sheet, next, number, &column.cell(incident))?;
        }
        next += 1;
        Ok(())
    })?;
    dictionary(workbook.add_worksheet_with_constant_memory().map_err(failed)?, &bold)?;
    // A workbook's parts are measured after they are written, so it is made in a file without a name first.
    let mut made = tempfile::tempfile()?;
    workbook.save_to_writer(&mut made).map_err(failed)?;
    made.rewind()?;
    std::io::copy(&mut made, out)?;
    Ok(rows)
}

fn head(
    sheet: &mut Worksheet,
    text: fn(&super::columns::Column) -> &'static str,
    row: u32,
    format: Option<&Format>,
) -> Result<(), ExportError> {
    let plain = Format::new();
    for (column, number) in COLUMNS.iter().zip(0_u16..) {
        let written = sheet.write_string_with_format(row, number, text(column), format.unwrap_or(&plain));
        written.map_err(failed)?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a sheet knows no other number; those of records are below 2^53")]
fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> Result<(), ExportError> {
    let written = match cell {
        Cell::Blank => return Ok(()),
        Cell::Whole(number) => sheet.write_number(row, column, *number as f64),
        Cell::Degrees(micro) => sheet.write_number(row, column, degrees(*micro).parse::<f64>().unwrap_or_default()),
        text => sheet.write_string(row, column, text.written()),
    };
    written.map(drop).map_err(failed)
}

fn dictionary(sheet: &mut Worksheet, bold: &Format) -> Result<(), ExportError> {
    sheet.set_name("columns").map_err(failed)?;
    for (number, head) in (0_u16..).zip(["column", "hxl", "says"]) {
        sheet.write_string_with_format(0, number, head, bold).map_err(failed)?;
    }
    for (row, column) in (1_u32..).zip(COLUMNS) {
        for (number, text) in (0_u16..).zip([column.name, column.hxl, column.says]) {
            sheet.write_string(row, number, text).map_err(failed)?;
        }
    }
    Ok(())
}

fn failed(error: XlsxError) -> ExportError {
    match error {
        XlsxError::IoError(error) => error.into(),
        error => std::io::Error::other(error).into(),
    }
}
