//! From stored lines to records as projections see them, on all cores.

use rayon::prelude::*;

use crate::log::{Line, LogReader, ReadError};
use crate::projection::{Cursor, Fold, FoldError, Recorded, RowError, beside};
use crate::record::{Body, RecordHash};
use crate::vocab::{Digest32, Instant, Seq};

/// Says why the log could not be folded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// A record's body is not one.
    #[error("the body of record {seq} is unreadable: {source}")]
    Body {
        /// The record.
        seq: Seq,
        /// What the strict reader says.
        source: serde_json::Error,
    },
    /// A projection stopped.
    #[error("the fold stopped")]
    Fold(#[from] FoldError),
    /// The rows could not be written.
    #[error("the rows could not be written")]
    Rows(#[from] RowError),
    /// The log is empty: it has no record 1.
    #[error("the log has no record")]
    Empty,
}

/// Where a fold stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At the last complete batch.
    Head,
    /// At a position.
    Seq(Seq),
    /// At the last record that was recorded by then.
    Time(Instant),
}

impl Until {
    pub(super) fn position(self) -> Option<Seq> {
        match self {
            Self::Seq(seq) => Some(seq),
            Self::Head | Self::Time(_) => None,
        }
    }

    pub(super) fn takes(self, seq: Seq, at: Instant) -> bool {
        match self {
            Self::Head => true,
            Self::Seq(last) => seq <= last,
            Self::Time(time) => at <= time,
        }
    }
}

/// Reads a line as a record.
///
/// # Errors
/// [`ReplayError::Body`].
pub fn read_record(line: &Line<'_>) -> Result<Recorded, ReplayError> {
    read_body(line.envelope.body, line.envelope.seq, line.envelope.at)
}

/// Reads a body as a record at a position.
pub(super) fn read_body(text: &str, seq: Seq, at: Instant) -> Result<Recorded, ReplayError> {
    let body = Body::read(text).map_err(|source| ReplayError::Body { seq, source })?;
    let digest = Digest32::new(*blake3::hash(text.as_bytes()).as_bytes());
    let sealed = body.sealed.unwrap_or_default();
    Ok(Recorded { seq, at, by: body.by, key: body.key, body: digest, sealed, event: body.event })
}

/// Watches a long fold; told the last position done.
pub type Progress<'a> = &'a mut dyn FnMut(Seq);

/// Folds the records after `from` into tables, and commits them when the store wants it and at the end. Gives where it
/// stopped.
///
/// `from` is the cursor of what the tables hold already; nothing for an empty fold.
///
/// # Errors
/// [`ReplayError`]. What was committed before stays, with its cursor: the fold can be resumed.
pub fn fold_log(
    reader: &LogReader,
    from: Option<&Cursor>,
    until: Until,
    fold: &mut Fold,
    mut progress: Option<Progress<'_>>,
) -> Result<Cursor, ReplayError> {
    let mut cursor = from.cloned();
    let mut uncommitted = 0;
    let start = from.map_or(Seq::FIRST, |cursor| cursor.seq.next());
    read_log(reader, start, until, |records| {
        for (record, hash) in &records {
            fold.apply(record)?;
            advance(&mut cursor, record.seq, *hash);
            uncommitted += 1;
            if fold.is_due(record.seq) {
                cursor.as_ref().map_or(Ok(()), |cursor| fold.commit_beside(cursor))?;
                uncommitted = 0;
            }
        }
        if let (Some(progress), Some((last, _))) = (progress.as_mut(), records.last()) {
            progress(last.seq);
        }
        Ok(())
    })?;
    let cursor = cursor.ok_or(ReplayError::Empty)?;
    if uncommitted > 0 {
        fold.commit(&cursor)?;
    } else {
        fold.finish_writing()?;
    }
    Ok(cursor)
}

/// Moves a cursor on to the next record.
pub(super) fn advance(cursor: &mut Option<Cursor>, seq: Seq, head: RecordHash) {
    match cursor {
        Some(cursor) => (cursor.seq, cursor.head) = (seq, head),
        None => *cursor = Some(Cursor { log: head, seq, head, versions: Cursor::current_versions() }),
    }
}

/// Records, read, each with its hash.
pub type Block = Vec<(Recorded, RecordHash)>;

/// Shows the records from `start` on, block by block. While one block is looked at, all cores read the next one.
///
/// # Errors
/// [`ReplayError`], or whatever `visit` gave, which ends the reading.
pub fn read_log(
    reader: &LogReader,
    start: Seq,
    until: Until,
    mut visit: impl FnMut(Block) -> Result<(), ReplayError>,
) -> Result<(), ReplayError> {
    let mut ready: Option<Block> = None;
    let walked: Result<(), Stop> = reader.for_each_frame(start, until.position(), |lines| {
        let taken = lines.iter().take_while(|line| until.takes(line.envelope.seq, line.envelope.at)).count();
        let wanted = lines.get(..taken).unwrap_or_default();
        let before = ready.take();
        let mut read = Ok(Vec::new());
        beside(|| read = read_block(wanted), || before.map_or(Ok(()), &mut visit))?;
        ready = Some(read?);
        if taken < lines.len() { Err(Stop::Reached) } else { Ok(()) }
    });
    match walked {
        Ok(()) | Err(Stop::Reached) => ready.map_or(Ok(()), visit),
        Err(Stop::Failed(error)) => Err(error),
    }
}

fn read_block(lines: &[Line<'_>]) -> Result<Block, ReplayError> {
    // As results first: those are written where they stay.
    let read: Vec<Result<_, ReplayError>> = lines.par_iter().map(|line| Ok((read_record(line)?, line.hash))).collect();
    read.into_iter().collect()
}

/// Why a walk over the log ended early.
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

/// Gives the hash of the record at a position, where there is one.
///
/// # Errors
/// [`ReadError`].
pub fn hash_at(reader: &LogReader, seq: Seq) -> Result<Option<RecordHash>, ReadError> {
    Ok(reader.record_at(seq)?.map(|record| record.hash))
}
