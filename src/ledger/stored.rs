//! The stored projections: opened, compared with the log, brought up to date, or set aside and made anew.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant as Moment};

use super::folder::Folder;
use super::reading::{Progress, ReplayError, Until, fold_log, hash_at};
use crate::log::LogReader;
use crate::projection::{Cursor, Fold, OpenRowsError, RowStore, SledRows};
use crate::vocab::Seq;

/// Something that happened on the way and that the user should know; not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Another program has the projections open; the answer was folded from the log instead.
    ProjectionsHeld,
    /// The projections could not be used, and were made anew from the log.
    ProjectionsRebuilt {
        /// Why.
        why: String,
        /// Where the old ones lie now.
        aside: Option<String>,
    },
    /// The projections could not be written; the answer was folded from the log instead.
    ProjectionsUnwritable {
        /// Why.
        why: String,
    },
    /// A torn tail was moved aside.
    TornTailMoved {
        /// The file that holds it now.
        kept_in: String,
        /// How many bytes it has.
        bytes: u64,
    },
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ProjectionsHeld => {
                f.write_str("another program has the projections open; this answer was folded from the log")
            }
            Self::ProjectionsRebuilt { why, aside: Some(aside) } => {
                write!(f, "the projections were rebuilt from the log: {why} (the old ones: {aside})")
            }
            Self::ProjectionsRebuilt { why, aside: None } => {
                write!(f, "the projections were rebuilt from the log: {why}")
            }
            Self::ProjectionsUnwritable { why } => {
                write!(f, "the projections could not be used ({why}); this answer was folded from the log")
            }
            Self::TornTailMoved { kept_in, bytes } => {
                write!(f, "a half-written end of {bytes} bytes was moved to {kept_in}")
            }
        }
    }
}

/// How long to wait for another program to let go of the projections before folding in memory.
const PATIENCE: Duration = Duration::from_millis(200);

/// A fold that stands at the head of the log, and what it took to get there.
pub(super) struct Standing {
    pub(super) fold: Fold,
    pub(super) cursor: Cursor,
    pub(super) notices: Vec<Notice>,
}

/// Opens the stored projections and brings them to the head of the log.
pub(super) fn stand_at_head(
    folder: &Folder,
    reader: &LogReader,
    progress: Option<Progress<'_>>,
) -> Result<Standing, ReplayError> {
    let mut notices = Vec::new();
    let Some(store) = usable_rows(folder, reader, &mut notices)? else {
        return fold_in_memory(reader, notices, progress);
    };
    let from = Cursor::read(store.as_ref())?;
    if from.is_none() && notices.is_empty() && reader.head()?.seq > Seq::FIRST {
        notices.push(Notice::ProjectionsRebuilt { why: "there were none".to_owned(), aside: None });
    }
    let mut fold = Fold::on(Arc::clone(&store));
    match fold_log(reader, from.as_ref(), Until::Head, &mut fold, progress) {
        Ok(cursor) => Ok(Standing { fold, cursor, notices }),
        Err(ReplayError::Rows(error)) => {
            notices.push(Notice::ProjectionsUnwritable { why: error.to_string() });
            fold_in_memory(reader, notices, None)
        }
        Err(ReplayError::Fold(error)) => {
            drop((fold, store));
            let why = format!("record {} could not be folded", error.seq);
            notices.push(set_aside(folder, why));
            fold_in_memory(reader, notices, None)
        }
        Err(error) => Err(error),
    }
}

fn fold_in_memory(
    reader: &LogReader,
    notices: Vec<Notice>,
    progress: Option<Progress<'_>>,
) -> Result<Standing, ReplayError> {
    let mut fold = Fold::in_memory();
    let cursor = fold_log(reader, None, Until::Head, &mut fold, progress)?;
    Ok(Standing { fold, cursor, notices })
}

/// Opens the rows and checks that they are of this log; what does not fit is set aside.
fn usable_rows(
    folder: &Folder,
    reader: &LogReader,
    notices: &mut Vec<Notice>,
) -> Result<Option<Arc<dyn RowStore>>, ReplayError> {
    for _attempt in 0..2 {
        let rows = match open_patiently(folder) {
            Ok(rows) => rows,
            Err(OpenRowsError::Held) => {
                notices.push(Notice::ProjectionsHeld);
                return Ok(None);
            }
            Err(OpenRowsError::Damaged(why)) => {
                let notice = set_aside(folder, why);
                let unwritable = matches!(notice, Notice::ProjectionsUnwritable { .. });
                notices.push(notice);
                if unwritable {
                    return Ok(None);
                }
                continue;
            }
        };
        match misfit(&rows, reader)? {
            None => return Ok(Some(Arc::new(rows))),
            Some(why) => {
                drop(rows);
                notices.push(set_aside(folder, why));
            }
        }
    }
    Ok(None)
}

fn open_patiently(folder: &Folder) -> Result<SledRows, OpenRowsError> {
    let patience_ends = Moment::now() + PATIENCE;
    loop {
        match SledRows::open(&folder.projections()) {
            Err(OpenRowsError::Held) if Moment::now() < patience_ends => thread::sleep(Duration::from_millis(10)),
            opened => return opened,
        }
    }
}

/// The open check: log id, position, head hash, versions. Says what does not fit.
fn misfit(rows: &dyn RowStore, reader: &LogReader) -> Result<Option<String>, ReplayError> {
    let mut any = false;
    if let Err(error) = rows.walk(b"", &mut |_, _| {
        any = true;
        Ok(false)
    }) {
        return Ok(Some(error.to_string()));
    }
    let cursor = match Cursor::read(rows) {
        Ok(cursor) => cursor,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let Some(cursor) = cursor else {
        return Ok(any.then(|| "they do not say how far they go".to_owned()));
    };
    if cursor.versions != Cursor::current_versions() {
        return Ok(Some("they are of another version of this program".to_owned()));
    }
    if hash_at(reader, Seq::FIRST)? != Some(cursor.log) {
        return Ok(Some("they belong to another log".to_owned()));
    }
    Ok(match hash_at(reader, cursor.seq)? {
        None => Some(format!("they go to record {}, the log does not", cursor.seq)),
        Some(hash) if hash != cursor.head => Some(format!("record {} is not the one they were made from", cursor.seq)),
        Some(_) => None,
    })
}

fn set_aside(folder: &Folder, why: String) -> Notice {
    match folder.set_projections_aside() {
        Ok(aside) => {
            let aside = aside.and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
            Notice::ProjectionsRebuilt { why, aside }
        }
        Err(error) => Notice::ProjectionsUnwritable { why: format!("{why}; {error}") },
    }
}

/// Removes the stored rows and makes them anew; resumes where an earlier rebuild of the same log was broken off.
pub(super) fn rebuild(
    folder: &Folder,
    reader: &LogReader,
    fresh: bool,
    progress: Option<Progress<'_>>,
) -> Result<Standing, ReplayError> {
    if fresh {
        folder
            .remove_projections()
            .map_err(|error| ReplayError::Rows(crate::projection::RowError::Store(error.to_string())))?;
    }
    let mut standing = stand_at_head(folder, reader, progress)?;
    // Somebody who asked for it need not be told.
    standing.notices.retain(|notice| !matches!(notice, Notice::ProjectionsRebuilt { aside: None, .. }));
    Ok(standing)
}
