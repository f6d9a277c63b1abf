//! The stored projections are of this log; asked for, they are folded again and compared.

use std::sync::Arc;

use super::checking::{Checking, Passed};
use super::report::{Check, Finding};
use super::{Depth, VerifyError};
use crate::ledger::archive::Archive;
use crate::ledger::reading::{ReplayError, Until, hash_at};
use crate::ledger::stored::StoredRows;
use crate::ledger::writing::OpenError;
use crate::projection::{Cursor, RowError, RowStore, Tables, projection_digests};

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
///
/// Rows that cannot be used answer nothing: whoever opens them makes them anew from the log, as where there are none. So
/// that is told and leaves nothing open, a full disk's half-written rows for instance. Only to compare them
/// ([`full_check`]) they are needed.
fn open_check(archive: &Archive) -> Check {
    let cursor = match stored(archive) {
        Stored::Rows(_, cursor) => cursor,
        Stored::Nothing(check) => return check,
        Stored::Unusable(why) => {
            return Check::ok(NAME, format!("not usable, and nothing is answered from them ({why}); {MEND}"));
        }
    };
    match hash_at(archive.reader(), cursor.seq) {
        Ok(Some(hash)) if hash == cursor.head => {
            Check::ok(NAME, format!("made from this log, up to record {}", cursor.seq))
        }
        Ok(_) => stale(&cursor),
        Err(error) => Check::cannot_tell(NAME, format!("the log could not be read again: {error}")),
    }
}

/// Folds the log again from record 1 and compares digests.
fn full_check(archive: &Archive) -> Result<Check, VerifyError> {
    let (rows, cursor) = match stored(archive) {
        Stored::Rows(rows, cursor) => (rows, cursor),
        Stored::Nothing(check) => return Ok(check),
        Stored::Unusable(why) => return Ok(Check::cannot_tell(NAME, format!("{why}; {MEND}"))),
    };
    let log_hash = hash_at(archive.reader(), cursor.seq).map_err(|e| OpenError::Replay(ReplayError::Read(e)))?;
    if log_hash != Some(cursor.head) {
        return Ok(stale(&cursor));
    }
    let stored = match projection_digests(&Tables::new(Some(&rows)), &cursor) {
        Err(error @ RowError::Layer { .. }) => return Ok(Check::cannot_tell(NAME, format!("{error}; {MEND}"))),
        Err(error @ RowError::Unreadable { .. }) => {
            return Ok(Check::of_findings(
                NAME,
                "a row is not one".to_owned(),
                vec![Finding::at(cursor.seq, error.to_string())],
            ));
        }
        digests => digests?,
    };
    let folded = archive.folded_anew(Until::Seq(cursor.seq), None)?;
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

/// What mends rows that cannot be used.
const MEND: &str = "`ceasefire rebuild` makes them anew";

/// What there is to compare.
enum Stored {
    /// Rows, and how far they go.
    Rows(Arc<dyn RowStore>, Cursor),
    /// Nothing that could be looked at; the check says why.
    Nothing(Check),
    /// Rows that cannot be used, and why.
    Unusable(String),
}

fn stored(archive: &Archive) -> Stored {
    Stored::Nothing(match archive.stored_rows() {
        Ok(StoredRows::Rows(rows, cursor)) => return Stored::Rows(rows, cursor),
        Ok(StoredRows::Unusable(why)) => return Stored::Unusable(why),
        Ok(StoredRows::None) => Check::ok(NAME, "none stored; they are made from the log when needed"),
        Ok(StoredRows::Held) => Check::ok(NAME, "in use by another program; not looked at"),
        Err(error) => Check::cannot_tell(NAME, format!("the log could not be read again: {error}")),
    })
}

fn stale(cursor: &Cursor) -> Check {
    Check::cannot_tell(NAME, format!("record {} is not the one they were made from; {MEND}", cursor.seq))
}
