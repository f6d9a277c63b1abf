//! Submissions of a form: KoboToolbox and ODK, as JSON or CSV.
//!
//! A submission has an id of its own from the moment it is made. What says who sent it in, from which telephone, and how
//! the form was filled in is not read unless the mapping lists it under `personal`.

use super::rows::MappedRows;
use super::{Mapped, Mapping, MappingFault, find_columns};
use crate::exchange::import::{Opened, RowFault, Rows, Spot, Unreadable};
use crate::exchange::table::{CsvTable, ListTable, Table};
use crate::vocab::Code;

/// Where a submission's id stands; the first that holds something. KoboToolbox gives an edited submission a new `_uuid`
/// and keeps the first one in `meta/rootUuid`.
const ID_COLUMNS: [&str; 8] =
    ["meta/rootUuid", "meta.rootUuid", "_uuid", "__id", "KEY", "meta/instanceID", "meta.instanceID", "instanceID"];

/// Names of fields that say who sent a form in, or from which device, or how it was filled in: the last step of a path,
/// letters alone, in lower case.
pub(super) const PERSONAL_FIELDS: [&str; 24] = [
    "audit",
    "auditurl",
    "backgroundaudio",
    "deviceid",
    "devicephonenum",
    "email",
    "imei",
    "imsi",
    "phonenumber",
    "simid",
    "simserial",
    "submittedby",
    "submitter",
    "submitterid",
    "submittername",
    "subscriberid",
    "useragent",
    "useremail",
    "userid",
    "username",
    "enumeratorid",
    "enumeratorname",
    "deviceserial",
    "wifimac",
];

/// Tells whether a column is one of [`PERSONAL_FIELDS`], however it is written: `_submitted_by`, `meta/audit`,
/// `__system.submitterName`, `SubmitterID`.
pub(super) fn is_personal(column: &str) -> bool {
    let step = column.rsplit(['/', '.', ':']).next().unwrap_or(column);
    let folded: String =
        step.chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()).collect();
    PERSONAL_FIELDS.contains(&folded.as_str()) || column.split(['/', '.']).any(|step| step == "audit")
}

/// Refuses a mapping that reads a personal field without saying that it is meant.
pub(super) fn check_privacy(mapping: &Mapping) -> Result<(), MappingFault> {
    let columns = mapping.columns();
    let found = columns.iter().find(|column| is_personal(column) && !mapping.personal.contains(column));
    let Some(column) = found else { return Ok(()) };
    let offset = mapping.text.find(&format!("\"{column}\"")).map_or(0, |at| at + 1);
    let what = format!("`{column}` says who sent the form in, or from which device");
    Err(MappingFault { code: Code::PersonalColumn, ..MappingFault::at(&mapping.text, offset, what) })
}

/// Begins to read submissions: JSON where the file begins with a list or an object, else CSV.
pub(super) fn rows(
    mapped: &Mapped,
    mut opened: Opened,
    mut columns: Vec<String>,
) -> Result<Box<dyn Rows + '_>, Unreadable> {
    let start = opened.reader.fill_buf().map_err(|error| Unreadable::from_read(error, Spot::line(1)))?;
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let table: Box<dyn Table> = if start.starts_with(b"[") || start.starts_with(b"{") {
        let more: Vec<String> =
            ID_COLUMNS.iter().map(|id| (*id).to_owned()).filter(|id| !columns.contains(id)).collect();
        columns.extend(more);
        Box::new(ListTable::begin(opened, columns.clone()))
    } else {
        Box::new(CsvTable::begin(opened, mapped.mapping.delimiter)?)
    };
    let at = find_columns(&columns, table.header())?;
    let ids: Vec<usize> =
        ID_COLUMNS.iter().filter_map(|id| table.header().iter().position(|name| name == id)).collect();
    if ids.is_empty() && mapped.mapping.id.is_empty() {
        let what = "the file has no column of submission ids";
        let fault = RowFault::new(Spot { column: Some(1), ..Spot::line(1) }, Code::BadHeader, what);
        return Err(fault.hinting("export the form with its `_uuid` (KoboToolbox) or `KEY` (ODK)").into());
    }
    Ok(Box::new(MappedRows::new(mapped, table, at, ids)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_about_the_sender_are_known_however_they_are_written() {
        for column in [
            "deviceid",
            "_submitted_by",
            "meta/audit",
            "__system.submitterName",
            "SubmitterID",
            "group/phonenumber",
            "meta.audit",
            "__system.userAgent",
        ] {
            assert!(is_personal(column), "{column}");
        }
        for column in ["village", "when", "group/killed", "auditorium", "_uuid", "device_seen"] {
            assert!(!is_personal(column), "{column}");
        }
    }
}
