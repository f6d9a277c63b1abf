//! Entry bundles, made from the log when they are asked for.

use crate::log::{LogReader, ReadError};
use crate::proof::{BundleCoordinate, BundleError, EntryBundle, TILE_WIDTH};
use crate::vocab::Seq;

/// Makes the bytes of an entry bundle: up to 256 record lines, each after its length (C2SP tlog-tiles).
///
/// Nothing where the log does not hold all the records of the bundle.
///
/// # Errors
/// [`BundleReadError`].
pub fn bundle_at(log: &LogReader, bundle: BundleCoordinate) -> Result<Option<Vec<u8>>, BundleReadError> {
    let first = bundle.index().saturating_mul(TILE_WIDTH.into()).saturating_add(1);
    let last = first.saturating_add(u64::from(bundle.width())).saturating_sub(1);
    let records = log.records(Seq::new(first), Some(Seq::new(last)))?.collect::<Result<Vec<_>, _>>()?;
    if records.len() != usize::from(bundle.width()) {
        return Ok(None);
    }
    let entries = records.iter().map(|record| record.line.as_bytes()).collect();
    Ok(Some(EntryBundle::new(entries)?.to_bytes()))
}

/// Why an entry bundle could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleReadError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// The records are no bundle.
    #[error("the records are no entry bundle")]
    Bundle(#[from] BundleError),
}
