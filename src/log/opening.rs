//! Where a writer starts: the end of the log as it was found, a torn tail moved aside if so wished.

use super::blocks::{BlockReader, last_batch_end, read_range};
use super::chain::{ChainFault, ChainPoint, Head, seal_of};
use super::recovery::{Scan, Standing, Verdict, scan_segment};
use super::segment::{SealedSegment, SegmentDigest, SegmentName};
use super::storage::{LockError, Storage, StorageError};
use crate::record::{Envelope, RecordHash};
use crate::vocab::Seq;

/// What to do with an unfinished batch at the end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TornPolicy {
    /// Leave it and do not open.
    Refuse,
    /// Move it aside, but only if every record up to this position stands before it. The position is that of the last
    /// signed checkpoint, [`Seq::NONE`] where nothing was signed.
    MoveAside {
        /// The last position that must be there.
        keep_to: Seq,
    },
}

/// A torn tail that was moved aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveredTail {
    /// The segment it was cut from.
    pub segment: SegmentName,
    /// The byte it started at.
    pub from: u64,
    /// How many bytes it had.
    pub bytes: u64,
    /// The file that holds it now, beside the segment.
    pub kept_in: String,
}

/// Says why a log cannot be written to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The lock was not given.
    #[error("the log cannot be locked")]
    Lock(#[from] LockError),
    /// The storage failed.
    #[error("the log cannot be opened")]
    Storage(#[from] StorageError),
    /// The log ends in an unfinished batch.
    #[error("{segment} is torn from byte {from} on, position {first_missing} is missing")]
    Torn {
        /// The segment.
        segment: SegmentName,
        /// The first byte of the unfinished batch.
        from: u64,
        /// How many bytes there are from there on.
        bytes: u64,
        /// The first position of which no valid record is there.
        first_missing: Seq,
        /// The last record before the unfinished batch.
        head: Head,
    },
    /// Moving the torn tail aside would leave the log shorter than it was known to be.
    #[error("the log is torn after position {}, but was known to reach {known}", head.seq)]
    TornBelowKnown {
        /// The last record before the unfinished batch.
        head: Head,
        /// The last position that must be there.
        known: Seq,
    },
    /// The end of the log is damaged in a way that no unfinished write explains.
    #[error("record {seq} in {segment} at byte {offset}: {why}")]
    Corrupt {
        /// The first bad position.
        seq: Seq,
        /// The segment.
        segment: SegmentName,
        /// The byte in the segment.
        offset: u64,
        /// What is wrong.
        why: ChainFault,
    },
}

/// The segment that is written to.
pub(super) struct Tail {
    pub(super) name: SegmentName,
    pub(super) bytes: u64,
    pub(super) hasher: blake3::Hasher,
    /// The segment before, while this one is empty and has still to say so.
    pub(super) seals: Option<SealedSegment>,
}

/// Where a writer starts.
pub(super) struct End {
    pub(super) point: ChainPoint,
    pub(super) tail: Option<Tail>,
    pub(super) recovered: Option<RecoveredTail>,
}

/// Reads the end of the log and makes what it accepts durable.
pub(super) fn find_end(storage: &dyn Storage, torn: TornPolicy) -> Result<End, OpenError> {
    let segments = storage.segments()?;
    let Some((name, before)) = segments.split_last() else {
        return Ok(End { point: ChainPoint::START, tail: None, recovered: None });
    };
    let name = *name;
    let expect = match before.last() {
        Some(before) => point_after(storage, *before)?,
        None => ChainPoint::START,
    };
    if name.first() != expect.next {
        let expected = SegmentName::starting_at(expect.next);
        let why = ChainFault::SegmentMisnamed { name, expected };
        return Err(OpenError::Corrupt { seq: expect.next, segment: name, offset: 0, why });
    }
    let mut bytes = read_range(storage, name, 0, storage.length(name)?)?;
    let scan = scan_segment(&bytes, expect, Standing::Last);
    let recovered = settle_verdict(storage, name, &scan, torn)?;
    storage.settle(name)?;
    bytes.truncate(usize::try_from(scan.accepted_bytes).unwrap_or(usize::MAX));
    let seals = match before.last() {
        Some(before) if bytes.is_empty() => Some(describe(storage, *before, expect.next.previous())?),
        _ => None,
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes);
    let tail = Tail { name, bytes: scan.accepted_bytes, hasher, seals };
    Ok(End { point: scan.accepted, tail: Some(tail), recovered })
}

fn settle_verdict(
    storage: &dyn Storage,
    segment: SegmentName,
    scan: &Scan,
    torn: TornPolicy,
) -> Result<Option<RecoveredTail>, OpenError> {
    match (scan.verdict.clone(), torn) {
        (Verdict::Clean, _) => Ok(None),
        (Verdict::Corrupt { seq, offset, why }, _) => Err(OpenError::Corrupt { seq, segment, offset, why }),
        (Verdict::Torn { from, bytes, first_missing }, TornPolicy::Refuse) => {
            Err(OpenError::Torn { segment, from, bytes, first_missing, head: scan.accepted.head() })
        }
        (Verdict::Torn { .. }, TornPolicy::MoveAside { keep_to }) if scan.accepted.head().seq < keep_to => {
            Err(OpenError::TornBelowKnown { head: scan.accepted.head(), known: keep_to })
        }
        (Verdict::Torn { from, .. }, TornPolicy::MoveAside { .. }) => {
            let cut = storage.cut_tail(segment, from)?;
            Ok(Some(RecoveredTail { segment, from, bytes: cut.bytes, kept_in: cut.kept_in }))
        }
    }
}

/// Gives the point after a finished segment, from its last line.
fn point_after(storage: &dyn Storage, segment: SegmentName) -> Result<ChainPoint, OpenError> {
    let length = storage.length(segment)?;
    let end = last_batch_end(storage, segment, length)?;
    if let Some(end) = end.filter(|end| end.offset == length) {
        return Ok(end.point);
    }
    let (start, point) = match end {
        Some(end) => (end.offset, end.point),
        None => (0, ChainPoint { next: segment.first(), ..ChainPoint::START }),
    };
    let bytes = read_range(storage, segment, start, length)?;
    let (seq, offset, why) = match scan_segment(&bytes, own_start(&bytes, point), Standing::Finished).verdict {
        Verdict::Corrupt { seq, offset, why } => (seq, start + offset, why),
        _ => (segment.first(), 0, ChainFault::EmptySegment { name: segment }),
    };
    Err(OpenError::Corrupt { seq, segment, offset, why })
}

/// Takes the first line's own word for what came before it, where nothing else is known of that.
fn own_start(bytes: &[u8], point: ChainPoint) -> ChainPoint {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match Envelope::decode(first) {
        Ok(envelope) if point.prev == RecordHash::ZERO => ChainPoint { prev: envelope.prev, ..point },
        _ => point,
    }
}

/// Reads a finished segment through for its digest.
fn describe(storage: &dyn Storage, name: SegmentName, last: Seq) -> Result<SealedSegment, StorageError> {
    let length = storage.length(name)?;
    let mut hasher = blake3::Hasher::new();
    let mut blocks = BlockReader::new(name, 0, length);
    while let Some(block) = blocks.next(storage)? {
        hasher.update(block.bytes);
    }
    Ok(seal_of(name, last, length, SegmentDigest::of_hasher(&hasher)))
}
