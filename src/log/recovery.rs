//! What a segment's bytes amount to after a crash: a pure function, no I/O (FORMAT.md §2, "Recovery").

use super::SegmentName;
use super::blocks::{Block, Line};
use super::chain::{Bad, ChainFault, ChainPoint, Place, Walk};
use crate::record::Envelope;
use crate::vocab::Seq;

/// Whether a segment is the one that is still written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The last one: its end may be torn.
    Last,
    /// One that another follows: its end must be the end of a batch.
    Finished,
}

/// What was found in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The point after the last complete batch before anything bad.
    pub accepted: ChainPoint,
    /// How many bytes of the segment lie before that point.
    pub accepted_bytes: u64,
    /// How many records of the segment lie before that point.
    pub records: u64,
    /// Clean, torn or corrupt.
    pub verdict: Verdict,
}

/// The three answers of recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every byte belongs to a complete batch.
    Clean,
    /// The end is a batch that was never finished, and no valid record stands behind its first bad one.
    Torn {
        /// The first byte of the unfinished batch.
        from: u64,
        /// How many bytes there are from there on.
        bytes: u64,
        /// The first position of which no valid record is there.
        first_missing: Seq,
    },
    /// Something else than an unfinished write.
    Corrupt {
        /// The first bad position.
        seq: Seq,
        /// The byte at which its line, or the place where it is missing, starts; 0 where that is before this segment.
        offset: u64,
        /// What is wrong with it.
        why: ChainFault,
    },
}

/// Accepts a segment's bytes up to the last complete batch whose lines are records that chain and count.
///
/// `expect` is the point after the segment before, [`ChainPoint::START`] for the first. A link that does not hold is
/// held against the earlier record, which does not hash to what the later one says, unless the later one's own hash is
/// disputed too. So a corrupt verdict may name a record that `accepted` counts in, when only its successor gives it away.
///
/// A bad line is *torn* only in the last segment and only where nothing after its first byte is a valid record,
/// not even in the middle of a line whose newline was lost. There is one exception. A disk may write the sectors of one
/// batch in any order, so that after a power cut some hold its last records and others, before them, still zeros. A
/// batch is torn too where each of its bad lines has such a hole and what is valid behind it is of the same batch.
#[must_use]
pub fn scan_segment(bytes: &[u8], expect: ChainPoint, standing: Standing) -> Scan {
    scan_from(0, bytes, expect, standing)
}

/// Scans the bytes from an offset of a segment on; the offsets in the answer count from there.
pub(super) fn scan_from(start: u64, bytes: &[u8], expect: ChainPoint, standing: Standing) -> Scan {
    let mut scan = Scan { accepted: expect, accepted_bytes: 0, records: 0, verdict: Verdict::Clean };
    let mut walk = Walk::from(expect);
    let segment = SegmentName::starting_at(expect.next);
    for raw in (Block { segment, start: 0, bytes }).raw_lines() {
        let line = Line::decode(raw.bytes, raw.place);
        let fault = match line {
            Ok(line) if raw.terminated => {
                walk.step(&line);
                if walk.has_bad() && !walk.is_undecided() {
                    break;
                }
                scan.accept(&walk, &line);
                continue;
            }
            Ok(_) => ChainFault::Unterminated,
            Err(error) => error.into(),
        };
        let from = |offset: u64| bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        let explained = || {
            !holds_a_record(from(raw.place.offset))
                || raw.has_hole(start)
                    && is_one_batch_with_holes(from(scan.accepted_bytes), start + scan.accepted_bytes, scan.accepted)
        };
        if standing == Standing::Finished || walk.is_undecided() || walk.has_bad() || !explained() {
            walk.skip(raw.place, fault);
        }
        return scan.conclude(walk, bytes.len() as u64, standing);
    }
    scan.conclude(walk, bytes.len() as u64, standing)
}

impl Scan {
    fn accept(&mut self, walk: &Walk, line: &Line<'_>) {
        if !line.ends_batch() || walk.is_undecided() {
            return;
        }
        self.records += line.envelope.seq.number() - self.accepted.next.number() + 1;
        self.accepted = ChainPoint::after(line);
        self.accepted_bytes = line.offset + line.bytes.len() as u64 + 1;
    }

    fn conclude(mut self, mut walk: Walk, length: u64, standing: Standing) -> Self {
        walk.decide(None);
        if standing == Standing::Finished {
            walk.close_segment(Place { segment: SegmentName::starting_at(walk.next()), offset: length });
        }
        let first_missing = walk.next();
        self.verdict = match first(walk.take_bad()) {
            Some(bad) => Verdict::Corrupt { seq: bad.seq, offset: bad.place.offset, why: bad.fault },
            None if self.accepted_bytes == length => Verdict::Clean,
            None => Verdict::Torn { from: self.accepted_bytes, bytes: length - self.accepted_bytes, first_missing },
        };
        self
    }
}

/// Gives the fault with the lowest position; of several at one position the first that was seen.
fn first(bad: Vec<Bad>) -> Option<Bad> {
    bad.into_iter().min_by_key(|bad| bad.seq)
}

/// Tells whether a whole record stands anywhere behind the first byte.
///
/// A newline that was lost joins a bad line with a good one, so records are looked for inside lines too. They must be
/// terminated: a torn line ends where the write stopped and may end in anything.
fn holds_a_record(rest: &[u8]) -> bool {
    records_in(rest).any(|(at, _)| at > 0)
}

/// Gives every whole record with the byte it starts at, also those that begin inside a line.
fn records_in(bytes: &[u8]) -> impl Iterator<Item = (usize, Envelope<'_>)> {
    const OPENING: &[u8] = br#"{"seq":"#;
    memchr::memmem::find_iter(bytes, OPENING).filter_map(move |at| {
        let candidate = bytes.get(at..)?;
        let line = candidate.get(..memchr::memchr(b'\n', candidate)?)?;
        Some((at, Envelope::decode(line).ok()?))
    })
}

/// Tells whether the bytes behind a complete batch are one batch of which some sectors were never written.
fn is_one_batch_with_holes(bytes: &[u8], start: u64, expect: ChainPoint) -> bool {
    let mut records = records_in(bytes).map(|(_, record)| record);
    let Some(first) = records.next() else { return false };
    first.seq >= expect.next
        && records.all(|record| record.seq > first.seq && record.end == first.end)
        && bad_lines_have_holes(bytes, start)
}

fn bad_lines_have_holes(bytes: &[u8], start: u64) -> bool {
    let segment = SegmentName::FIRST;
    let lines = (Block { segment, start, bytes }).raw_lines();
    lines.filter(|line| !line.terminated || Envelope::decode(line.bytes).is_err()).all(|line| line.has_hole(0))
}
