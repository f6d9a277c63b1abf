//! Answers on the publication axis: the log, folded as if everything had been recorded when it was published.

use super::archive::Archive;
use super::reading::{Progress, ReplayError, Until, advance, read_body, read_log};
use crate::log::LogReader;
use crate::projection::{Cursor, Enacted, Fold, Published, Recorded, Sieve};
use crate::vocab::{Instant, Seq};

/// The rows that had been published by a moment, from what the log held by another.
pub(super) struct PublishedRows {
    pub(super) fold: Fold,
    pub(super) cursor: Cursor,
    pub(super) published: Published,
}

/// Folds what had been published by a moment. Reads the log twice, and holds every row in memory: nothing is stored of it.
pub(super) fn fold_published(
    archive: &Archive,
    until: Until,
    by: Instant,
    mut progress: Option<Progress<'_>>,
) -> Result<PublishedRows, ReplayError> {
    let reader = archive.reader();
    let (cursor, published) = sift(reader, until, by)?;
    let mut fold = Fold::in_memory();
    let mut steps = published.steps().iter().peekable();
    read_log(reader, Seq::FIRST, Until::Seq(cursor.seq), |records| {
        for (recorded, _) in records {
            let seq = recorded.seq;
            while let Some(step) = steps.next_if(|step| step.point == seq) {
                fold.apply(&placed(step, &recorded, reader)?)?;
            }
            if let Some(progress) = progress.as_mut() {
                progress(seq);
            }
        }
        Ok(())
    })?;
    Ok(PublishedRows { fold, cursor, published })
}

/// Finds out what had been published, and how far the log goes.
fn sift(reader: &LogReader, until: Until, by: Instant) -> Result<(Cursor, Published), ReplayError> {
    let mut sieve = Sieve::published_by(by);
    let mut cursor: Option<Cursor> = None;
    read_log(reader, Seq::FIRST, until, |records| {
        for (recorded, hash) in &records {
            sieve.take(recorded);
            advance(&mut cursor, recorded.seq, *hash);
        }
        Ok(())
    })?;
    Ok((cursor.ok_or(ReplayError::Empty)?, sieve.finish()))
}

/// Puts a record in its place; one that comes later than it stands in the log is read again.
fn placed(step: &Enacted, at_point: &Recorded, reader: &LogReader) -> Result<Recorded, ReplayError> {
    if step.seq == at_point.seq {
        return Ok(step.placed(at_point.clone()));
    }
    let record = reader.record_at(step.seq)?.ok_or(ReplayError::Empty)?;
    Ok(step.placed(read_body(record.body(), record.seq, record.at)?))
}
