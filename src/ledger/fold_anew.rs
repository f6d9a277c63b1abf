//! A fold from record 1 that looks at nothing stored: in memory, or where the log is long in a folder that vanishes with it.

use std::sync::Arc;

use super::layer_folder::LayerFolder;
use super::reading::{ReplayError, Until, hash_at};
use crate::log::LogReader;
use crate::projection::layers::{LayerPlan, Layers};
use crate::projection::{Cursor, Fold, LayeredRows, MemoryRows};
use crate::vocab::Seq;

/// A fold of more records than this keeps its rows in files: in memory they take one to three kilobytes for each record.
const RECORDS_IN_MEMORY: u64 = 50_000;

/// Begins a fold that will go so far.
///
/// Rows of a long one lie in the system's folder for temporary files, some 300 bytes for each record; where nothing can be
/// written there, in memory.
///
/// # Errors
/// [`ReplayError`] where the log cannot be read.
pub fn fold_anew(reader: &LogReader, until: Until) -> Result<Fold, ReplayError> {
    let head = reader.head()?.seq;
    let last = until.position().map_or(head, |last| last.min(head));
    if last.number() <= RECORDS_IN_MEMORY {
        return Ok(Fold::in_memory());
    }
    let log = hash_at(reader, Seq::FIRST)?.ok_or(ReplayError::Empty)?;
    let Ok(folder) = tempfile::Builder::new().prefix("ceasefire-replay-").tempdir() else {
        return Ok(Fold::in_memory());
    };
    let files = LayerFolder::vanishing(folder);
    let Ok((layers, _)) = Layers::open(Arc::new(files), LayerPlan::STANDARD, log, &Cursor::current_versions()) else {
        return Ok(Fold::in_memory());
    };
    let rows = LayeredRows::new(Arc::new(MemoryRows::default()), Arc::new(layers))?;
    Ok(Fold::on(Arc::new(rows)))
}
