//! Incidents as CSV (RFC 4180, UTF-8, lines ended by a line feed), with their data dictionary.

use std::io::Write;

use super::columns::COLUMNS;
use super::incidents::{ExportError, Incidents};

/// Writes incidents as CSV: a head, a row of HXL tags where it is asked for, a row for each. Gives how many there are.
///
/// # Errors
/// [`ExportError`].
pub fn incidents_csv(incidents: &Incidents<'_>, hxl: bool, out: &mut dyn Write) -> Result<u64, ExportError> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS.iter().map(|column| column.name)).map_err(failed)?;
    if hxl {
        writer.write_record(COLUMNS.iter().map(|column| column.hxl)).map_err(failed)?;
    }
    let rows = incidents.each(&mut |incident| {
        let cells = COLUMNS.iter().map(|column| column.cell(incident));
        writer.write_record(cells.map(|cell| cell.written().into_owned())).map_err(failed)
    })?;
    writer.flush()?;
    Ok(rows)
}

/// Writes what each column means, as CSV.
///
/// # Errors
/// [`ExportError::Write`].
pub fn dictionary_csv(out: &mut dyn Write) -> Result<(), ExportError> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["column", "kind", "hxl", "says"]).map_err(failed)?;
    for column in COLUMNS {
        let kind = serde_json::to_value(column.kind).ok();
        let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default();
        writer.write_record([column.name, kind, column.hxl, column.says]).map_err(failed)?;
    }
    writer.flush()?;
    Ok(())
}

fn failed(error: csv::Error) -> ExportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        kind => std::io::Error::other(format!("{kind:?}")).into(),
    }
}
