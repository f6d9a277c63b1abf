//! Incidents as JSON lines: the columns as members, text as it is.

use std::io::Write;

use serde_json::{Map, Value};

use super::columns::COLUMNS;
use super::incident::ExportedIncident;
use super::incidents::{ExportError, Incidents};

/// Writes incidents one a line. Gives how many there are.
///
/// # Errors
/// [`ExportError`].
pub fn incidents_jsonl(incidents: &Incidents<'_>, out: &mut dyn Write) -> Result<u64, ExportError> {
    incidents.each(&mut |incident| {
        serde_json::to_writer(&mut *out, &members(incident, |_| true)).map_err(std::io::Error::from)?;
        out.write_all(b"\n").map_err(ExportError::from)
    })
}

/// The columns that are wanted as members, what is not known left out.
pub(super) fn members(incident: &ExportedIncident, wanted: impl Fn(&str) -> bool) -> Value {
    let columns = COLUMNS.iter().filter(|column| wanted(column.name));
    let members = columns.map(|column| (column.name.to_owned(), column.cell(incident).json()));
    Value::Object(members.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}
