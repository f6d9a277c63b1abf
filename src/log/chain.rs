//! What ties a record to the one before it, checked one record at a time.

use super::SegmentName;
use super::blocks::Line;
use super::segment::{SealedSegment, SegmentDigest};
use crate::record::{DecodeError, RecordHash};
use crate::vocab::{Instant, Seq};

/// The last record of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its position; [`Seq::NONE`] in an empty log.
    pub seq: Seq,
    /// Its hash; [`RecordHash::ZERO`] in an empty log.
    pub hash: RecordHash,
    /// Its recording time; nothing in an empty log.
    pub at: Option<Instant>,
}

impl Head {
    /// The head of a log without records.
    pub const EMPTY: Self = Self { seq: Seq::NONE, hash: RecordHash::ZERO, at: None };
}

/// The place in the chain where the next record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainPoint {
    /// The position of the next record.
    pub next: Seq,
    /// The hash that it must name as `prev`.
    pub prev: RecordHash,
    /// The recording time it must not be below.
    pub last_at: Instant,
}

impl ChainPoint {
    /// The point before record 1.
    pub const START: Self = Self { next: Seq::FIRST, prev: RecordHash::ZERO, last_at: Instant::MIN };

    /// Gives the record before this point.
    #[must_use]
    pub fn head(&self) -> Head {
        if self.next <= Seq::FIRST {
            return Head::EMPTY;
        }
        Head { seq: self.next.previous(), hash: self.prev, at: Some(self.last_at) }
    }

    /// Gives the point after a record.
    #[must_use]
    pub(super) fn after(line: &Line<'_>) -> Self {
        Self { next: line.envelope.seq.next(), prev: line.hash, last_at: line.envelope.at }
    }
}

/// The checks of the chain, and what each looks at, in the order in which they are told.
pub const CHAIN_CHECKS: [(&str, &str); 5] = [
    ("framing", "every line is one record, written in the one way the format allows"),
    ("chain", "every record names the hash of the one before it, without a gap"),
    ("batches", "every batch is whole"),
    ("time", "recording times never go back"),
    ("seals", "every finished segment is what its seal says"),
];

/// In which way a record, or the lack of one, breaks the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// The line is no record.
    #[error("not a record: {0}")]
    Undecodable(#[from] DecodeError),
    /// No line of the segment holds the position that should be in it.
    #[error("missing from its segment")]
    Missing,
    /// The segment ends inside a line.
    #[error("the line has no end")]
    Unterminated,
    /// Another position stands here: a record was removed, doubled or moved.
    #[error("expected position {expected}, found {found}")]
    Sequence {
        /// The position that belongs here.
        expected: Seq,
        /// The position that stands here.
        found: Seq,
    },
    /// The record's bytes are not those that the next record names.
    #[error("hashes to {hashes_to}, the next record says {next_says}")]
    Hash {
        /// What the record hashes to.
        hashes_to: RecordHash,
        /// The next record's `prev`.
        next_says: RecordHash,
    },
    /// The record neither names the one before nor is named by the one after: its `prev` was changed, or both records were.
    #[error("names {says} as the record before, which hashes to {hashes_to}")]
    Prev {
        /// The record's `prev`.
        says: RecordHash,
        /// What the record before hashes to.
        hashes_to: RecordHash,
    },
    /// The recording time is below that of the record before.
    #[error("recorded at {found}, before the previous record's {previous}")]
    TimeBackwards {
        /// The time of the record before.
        previous: Instant,
        /// The record's time.
        found: Instant,
    },
    /// The record names another batch end than the records before it in the batch.
    #[error("its batch ends at {expected}, it says {found}")]
    BatchEnd {
        /// What the batch's first record says.
        expected: Seq,
        /// What this one says.
        found: Seq,
    },
    /// A finished segment ends inside a batch.
    #[error("missing: the segment ends inside a batch that runs to {end}")]
    IncompleteBatch {
        /// The last position of the batch.
        end: Seq,
    },
    /// A finished segment has no records.
    #[error("missing: the segment {name} is empty and not the last")]
    EmptySegment {
        /// The segment.
        name: SegmentName,
    },
    /// A file's name is not the position that its first record must have.
    #[error("the segment {name} stands where {expected} belongs")]
    SegmentMisnamed {
        /// The file's name.
        name: SegmentName,
        /// The name it should have.
        expected: SegmentName,
    },
    /// A segment does not start with the seal of the one before.
    #[error("the segment does not start with the seal of the one before")]
    SealMissing,
    /// The seal does not describe the segment before.
    #[error("the seal says {} bytes of {} with digest {}, found {} with {}", says.bytes, says.name, says.blake3, found.bytes, found.blake3)]
    SealMismatch {
        /// What the seal says.
        says: Box<SealedSegment>,
        /// What the segment before is.
        found: Box<SealedSegment>,
    },
    /// The record is not the one that the caller knew at its position.
    #[error("hashes to {found}, known as {known}")]
    KnownHash {
        /// What the caller knew.
        known: RecordHash,
        /// What stands there.
        found: RecordHash,
    },
    /// The log ends before the record that the caller knew.
    #[error("missing: the log was known to reach {known}")]
    KnownMissing {
        /// The last position that the caller knew.
        known: Seq,
    },
}

impl ChainFault {
    /// The check of [`CHAIN_CHECKS`] that this breaks.
    #[must_use]
    pub const fn check(&self) -> &'static str {
        match self {
            Self::Undecodable(_) | Self::Unterminated => "framing",
            Self::TimeBackwards { .. } => "time",
            Self::BatchEnd { .. } | Self::IncompleteBatch { .. } => "batches",
            Self::SealMissing | Self::SealMismatch { .. } => "seals",
            _ => "chain",
        }
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: SegmentName,
    pub(super) offset: u64,
}

/// A fault with its record and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) seq: Seq,
    pub(super) place: Place,
    pub(super) fault: ChainFault,
}

/// Compares each record with the one before it.
///
/// After a fault it takes up the thread again, so that one bad record is not told as many.
#[derive(Debug)]
pub(super) struct Walk {
    next: Seq,
    /// What else may come next, after a record whose position was wrong: its position may be what was changed, or
    /// records may have been removed or doubled before it.
    or_next: Option<Seq>,
    /// Nothing while the record before is unknown or unreadable.
    prev: Option<RecordHash>,
    last_at: Instant,
    last_place: Option<Place>,
    open_batch: Option<Seq>,
    suspect: Option<Suspect>,
    bad: Vec<Bad>,
}

/// A link that does not hold: the next link tells which of its two records was changed.
#[derive(Debug)]
struct Suspect {
    seq: Seq,
    says: RecordHash,
    before_hashes_to: RecordHash,
    place: Place,
    place_before: Place,
}

impl Walk {
    pub(super) fn from(point: ChainPoint) -> Self {
        Self { prev: Some(point.prev), last_at: point.last_at, ..Self::without_past(point.next) }
    }

    /// Starts at a record of which nothing before is known.
    pub(super) const fn without_past(next: Seq) -> Self {
        Self {
            next,
            or_next: None,
            prev: None,
            last_at: Instant::MIN,
            last_place: None,
            open_batch: None,
            suspect: None,
            bad: Vec::new(),
        }
    }

    pub(super) fn next(&self) -> Seq {
        self.or_next.unwrap_or(self.next)
    }

    /// Tells whether a broken link waits for the next record to say whose fault it is.
    pub(super) const fn is_undecided(&self) -> bool {
        self.suspect.is_some()
    }

    pub(super) fn has_bad(&self) -> bool {
        !self.bad.is_empty()
    }

    pub(super) fn take_bad(&mut self) -> Vec<Bad> {
        std::mem::take(&mut self.bad)
    }

    /// Gives the point after the last record, where its hash is known.
    pub(super) fn point(&self) -> Option<ChainPoint> {
        Some(ChainPoint { next: self.next(), prev: self.prev?, last_at: self.last_at })
    }

    /// Takes the next record.
    pub(super) fn step(&mut self, line: &Line<'_>) {
        let seq = line.envelope.seq;
        let or_next = self.or_next.take();
        if or_next == Some(seq) {
            self.next = seq;
        }
        if seq == self.next {
            // Behind a record out of its place the link says nothing new.
            if or_next.is_none() {
                self.check_link(line);
            }
            self.check_time(line);
            self.check_batch(line);
        } else {
            self.decide(None);
            self.report(line.place(), ChainFault::Sequence { expected: self.next, found: seq });
            self.or_next = Some(seq.next());
        }
        self.next = self.next.next();
        self.prev = Some(line.hash);
        self.last_at = line.envelope.at;
        self.last_place = Some(line.place());
        // Of a record out of its place nobody knows whether a batch goes on behind it.
        let in_batch = self.or_next.is_none() && seq < line.envelope.end;
        self.open_batch = in_batch.then_some(line.envelope.end);
    }

    /// Takes a line that is no record in place of the next one.
    pub(super) fn skip(&mut self, place: Place, fault: ChainFault) {
        self.decide(None);
        self.report(place, fault);
        self.or_next = None;
        self.next = self.next.next();
        self.prev = None;
        self.last_place = None;
        self.open_batch = None;
    }

    /// Says that the next record is at fault, and stays where it is.
    pub(super) fn report(&mut self, place: Place, fault: ChainFault) {
        self.bad.push(Bad { seq: self.next, place, fault });
    }

    /// Says that no record of the open batch follows.
    pub(super) fn close_segment(&mut self, place: Place) {
        if let Some(end) = self.open_batch.take() {
            self.report(place, ChainFault::IncompleteBatch { end });
        }
    }

    /// Settles a link still in doubt; the hash of the last record, where the caller knows it, decides.
    pub(super) fn decide(&mut self, known: Option<(Seq, RecordHash)>) {
        let Some(suspect) = self.suspect.take() else { return };
        let altered =
            known.is_some_and(|(seq, hash)| seq == suspect.seq && self.prev.is_some_and(|found| found != hash));
        self.bad.push(if altered { suspect.blame_it() } else { suspect.blame_the_one_before() });
    }

    fn check_link(&mut self, line: &Line<'_>) {
        let says = line.envelope.prev;
        let broken = self.prev.filter(|hash| *hash != says);
        match (self.suspect.take(), broken) {
            (None, None) => {}
            (None, Some(hash)) => self.suspect_link(line, hash),
            (Some(suspect), None) => self.bad.push(suspect.blame_the_one_before()),
            (Some(suspect), Some(_)) => self.bad.push(suspect.blame_it()),
        }
    }

    fn suspect_link(&mut self, line: &Line<'_>, before_hashes_to: RecordHash) {
        let says = line.envelope.prev;
        if self.next == Seq::FIRST {
            return self.report(line.place(), ChainFault::Prev { says, hashes_to: before_hashes_to });
        }
        let place_before = self.last_place.unwrap_or(line.place());
        self.suspect = Some(Suspect { seq: self.next, says, before_hashes_to, place: line.place(), place_before });
    }

    fn check_time(&mut self, line: &Line<'_>) {
        if line.envelope.at < self.last_at {
            let fault = ChainFault::TimeBackwards { previous: self.last_at, found: line.envelope.at };
            self.report(line.place(), fault);
        }
    }

    fn check_batch(&mut self, line: &Line<'_>) {
        if let Some(expected) = self.open_batch.filter(|end| *end != line.envelope.end) {
            self.report(line.place(), ChainFault::BatchEnd { expected, found: line.envelope.end });
        }
    }
}

impl Suspect {
    fn blame_it(self) -> Bad {
        let fault = ChainFault::Prev { says: self.says, hashes_to: self.before_hashes_to };
        Bad { seq: self.seq, place: self.place, fault }
    }

    fn blame_the_one_before(self) -> Bad {
        let fault = ChainFault::Hash { hashes_to: self.before_hashes_to, next_says: self.says };
        Bad { seq: self.seq.previous(), place: self.place_before, fault }
    }
}

/// Compares a seal with the segment it is about.
pub(super) fn check_seal(says: Option<SealedSegment>, found: &SealedSegment) -> Result<(), ChainFault> {
    match says {
        None => Err(ChainFault::SealMissing),
        Some(says) if says == *found => Ok(()),
        Some(says) => Err(ChainFault::SealMismatch { says: Box::new(says), found: Box::new(found.clone()) }),
    }
}

/// Describes a finished segment of which `last` is the last position.
pub(super) fn seal_of(name: SegmentName, last: Seq, bytes: u64, blake3: SegmentDigest) -> SealedSegment {
    SealedSegment { name, first: name.first(), last, bytes, blake3 }
}
