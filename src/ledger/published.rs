//! Answers on the publication axis: the log, folded as if everything had been recorded when it was published.

use rayon::prelude::*;

use super::archive::Archive;
use super::reading::{Progress, ReplayError, Until, read_body, read_record};
use crate::log::{LogReader, ReadError};
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
    walk(reader, Until::Seq(cursor.seq), &mut |records, _| {
        for recorded in records {
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
    walk(reader, until, &mut |records, hashes| {
        for (recorded, hash) in records.iter().zip(hashes) {
            sieve.take(recorded);
            let log = cursor.as_ref().map_or(*hash, |cursor| cursor.log);
            cursor = Some(Cursor { log, seq: recorded.seq, head: *hash, versions: Cursor::current_versions() });
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

type Visit<'a> = &'a mut dyn FnMut(Vec<Recorded>, &[crate::record::RecordHash]) -> Result<(), ReplayError>;

/// Shows the records of the log from the first, block by block.
fn walk(reader: &LogReader, until: Until, visit: Visit<'_>) -> Result<(), ReplayError> {
    let walked: Result<(), Stop> = reader.for_each_block(Seq::FIRST, until.position(), |lines| {
        let taken = lines.iter().take_while(|line| until.takes(line.envelope.seq, line.envelope.at)).count();
        let lines_taken = lines.get(..taken).unwrap_or_default();
        let records: Vec<Recorded> = lines_taken.par_iter().map(read_record).collect::<Result<_, _>>()?;
        let hashes: Vec<_> = lines_taken.iter().map(|line| line.hash).collect();
        visit(records, &hashes)?;
        if taken < lines.len() { Err(Stop::Reached) } else { Ok(()) }
    });
    match walked {
        Ok(()) | Err(Stop::Reached) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why a walk ended early.
enum Stop {
    Reached,
    Failed(ReplayError),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ReplayError> for Stop {
    fn from(error: ReplayError) -> Self {
        Self::Failed(error)
    }
}
