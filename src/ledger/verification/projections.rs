//! The stored projections are of this log; asked for, they are folded again and compared.

use std::sync::Arc;

use super::checking::{Checking, Passed};
use super::report::{Check, Finding};
use super::{Depth, VerifyError};
use crate::ledger::archive::Archive;
use crate::ledger::reading::{ReplayError, Until, hash_at};
use crate::ledger::writing::OpenError;
use crate::projection::{Cursor, OpenRowsError, RowStore, SledRows, Tables, projection_digests};

const NAME: &str = "projections";

/// The check of the stored projections.
pub(super) struct Projections;

impl Checking for Projections {
    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let check = match (passed.is_sound(), passed.depth) {
            (false, _) => Check::cannot_tell(NAME, "not compared: the log they are made from is damaged"),
            (true, Depth::Log) => open_check(passed.archive),
            (true, Depth::Full) => full_check(passed.archive)?,
        };
        Ok(vec![check])
    }
}

/// The open check: do the stored rows name a record of this log?
fn open_check(archive: &Archive) -> Check {
    let rows = match stored_rows(archive) {
        Ok(Some(rows)) => rows,
        Ok(None) => return Check::ok(NAME, "none stored; they are made from the log when needed"),
        Err(check) => return check,
    };
    let Ok(Some(cursor)) = Cursor::read(&rows) else {
        return Check::cannot_tell(NAME, "they do not say how far they go; `ceasefire rebuild` makes them anew");
    };
    match hash_at(archive.reader(), cursor.seq) {
        Ok(Some(hash)) if hash == cursor.head => {
            Check::ok(NAME, format!("made from this log, up to record {}", cursor.seq))
        }
        Ok(_) => stale(&cursor),
        Err(error) => Check::cannot_tell(NAME, format!("the log could not be read again: {error}")),
    }
}

/// Folds the log again and compares digests.
fn full_check(archive: &Archive) -> Result<Check, VerifyError> {
    let rows = match stored_rows(archive) {
        Ok(Some(rows)) => rows,
        Ok(None) => return Ok(Check::ok(NAME, "none stored; nothing to compare")),
        Err(check) => return Ok(check),
    };
    let Some(cursor) = Cursor::read(&rows)? else {
        return Ok(Check::cannot_tell(NAME, "they do not say how far they go"));
    };
    let log_hash = hash_at(archive.reader(), cursor.seq).map_err(|e| OpenError::Replay(ReplayError::Read(e)))?;
    if log_hash != Some(cursor.head) {
        return Ok(stale(&cursor));
    }
    let store: Arc<dyn RowStore> = Arc::new(rows);
    let stored = projection_digests(&Tables::new(Some(&store)), &cursor)?;
    let folded = archive.as_known(Until::Seq(cursor.seq), None)?;
    let anew = folded.view().digests()?;
    let differing = stored.iter().zip(&anew).filter(|(stored, anew)| stored != anew);
    let findings = differing
        .map(|(stored, _)| {
            Finding::at(cursor.seq, format!("the rows of `{}` are not what the log comes to", stored.name))
        })
        .collect();
    let detail = format!("{} projections folded again up to record {} and compared", anew.len(), cursor.seq);
    Ok(Check::of_findings(NAME, detail, findings))
}

fn stored_rows(archive: &Archive) -> Result<Option<SledRows>, Check> {
    let folder = archive.folder().projections();
    if !folder.exists() {
        return Ok(None);
    }
    match SledRows::open(&folder) {
        Ok(rows) => Ok(Some(rows)),
        Err(OpenRowsError::Held) => Err(Check::ok(NAME, "in use by another program; not looked at")),
        Err(OpenRowsError::Damaged(why)) => {
            Err(Check::cannot_tell(NAME, format!("unreadable ({why}); `ceasefire rebuild` makes them anew")))
        }
    }
}

fn stale(cursor: &Cursor) -> Check {
    let what = format!("record {} is not the one they were made from; `ceasefire rebuild` makes them anew", cursor.seq);
    Check::cannot_tell(NAME, what)
}
