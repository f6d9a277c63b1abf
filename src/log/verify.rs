//! Checking the whole chain, on all cores, in memory that does not grow with the log.

use std::fmt;

use super::SegmentName;
use super::ahead::{Buffers, Made, for_each_region};
use super::blocks::{Block, Decode, Line, last_whole_batch_end, read_range};
use super::chain::{Bad, ChainFault, ChainPoint, Head, Place, Walk, check_seal, seal_of};
use super::recovery::{Standing, Verdict, scan_from};
use super::segment::{SealedSegment, SegmentDigest};
use super::storage::{Storage, StorageError};
use crate::record::RecordHash;
use crate::vocab::Seq;

/// More findings than this are counted, not kept.
const FINDINGS_KEPT: usize = 1000;

/// What to check, and who watches.
pub struct VerifyPlan<'p> {
    /// Reads the seal from the body that opens a segment; nothing where the body is no seal.
    pub parse_sealed: &'p (dyn Fn(&str) -> Option<SealedSegment> + Sync),
    /// A record the caller knows to be in the log. Without it a changed or removed end of the log cannot be told.
    pub known: Option<(Seq, RecordHash)>,
    /// Is shown every readable line of the complete batches once, in order, a block at a time.
    #[expect(clippy::type_complexity, reason = "a closure is what the caller has; a name would hide its shape")]
    pub observer: Option<&'p mut dyn FnMut(&[Line<'_>])>,
    /// Is told how many bytes are done, of how many.
    pub progress: Option<&'p mut dyn FnMut(u64, u64)>,
}

impl<'p> VerifyPlan<'p> {
    /// Checks everything that the log alone can tell, unwatched.
    #[must_use]
    pub fn new(parse_sealed: &'p (dyn Fn(&str) -> Option<SealedSegment> + Sync)) -> Self {
        Self { parse_sealed, known: None, observer: None, progress: None }
    }
}

impl fmt::Debug for VerifyPlan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyPlan").field("known", &self.known).finish_non_exhaustive()
    }
}

/// What the caller makes of each line himself, on any core, and where it goes.
pub struct Reading<'p, T> {
    /// Whether the grammar of the bodies is looked at here.
    pub grammar: BodyGrammar,
    /// Is called for every line that is a record, on any core and in any order.
    pub make: &'p (dyn Fn(&Line<'_>) -> T + Sync),
    /// Is shown every readable line of the complete batches once, in order, a block at a time, with what was made of it.
    pub observe: &'p mut dyn FnMut(&[Line<'_>], Vec<T>),
}

impl<T> fmt::Debug for Reading<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("grammar", &self.grammar).finish_non_exhaustive()
    }
}

/// Who finds a body that is no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyGrammar {
    /// The check of the chain: such a line is no record.
    Checked,
    /// The caller, who reads every body. To look at the grammar takes as long as to hash the record twice.
    Elsewhere,
}

/// What was found in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// How many readable records the complete batches hold.
    pub records: u64,
    /// How many segments there are.
    pub segments: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// The last record of the last complete batch; nothing where it cannot be told.
    pub head: Option<Head>,
    /// Every violation, by position; at most 1000.
    pub findings: Vec<Finding>,
    /// How many violations were found beyond those kept.
    pub findings_left_out: u64,
    /// The unfinished batch at the end of the log.
    pub torn: Option<TornTail>,
}

/// A violation: proof that the log is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The bad position.
    pub seq: Seq,
    /// The segment it stands in, or is missing from.
    pub segment: SegmentName,
    /// The byte at which its line starts, or should.
    pub offset: u64,
    /// What is wrong; its text is the detail for people.
    pub fault: ChainFault,
}

/// An unfinished batch at the end of the log: being written, or left by a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TornTail {
    /// The last segment.
    pub segment: SegmentName,
    /// The first byte of the unfinished batch.
    pub from: u64,
    /// How many bytes there are from there on.
    pub bytes: u64,
    /// The first position of which no valid record is there.
    pub first_missing: Seq,
}

impl ChainReport {
    /// Tells whether nothing is wrong: no violation and no unfinished batch.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.torn.is_none()
    }

    /// Gives the first bad position.
    #[must_use]
    pub fn first_bad(&self) -> Option<Seq> {
        self.findings.first().map(|finding| finding.seq)
    }
}

/// Checks framing, chain, batches, time order and seals of a whole log.
///
/// Lines are decoded and hashed on all cores; neighbours are compared afterwards. It takes no lock: beside a running
/// writer it checks what was there when it started, and a batch just being written shows as torn. Where a link does not
/// hold, the earlier record is named, unless the later one's own hash is disputed too.
///
/// # Errors
/// [`StorageError`] where the log cannot be read: then nothing was proved either way.
pub fn verify(storage: &dyn Storage, plan: VerifyPlan<'_>) -> Result<ChainReport, StorageError> {
    let VerifyPlan { parse_sealed, known, observer, progress } = plan;
    let mut observer = observer;
    let mut observe = |lines: &[Line<'_>], _: Vec<()>| observer.iter_mut().for_each(|observer| observer(lines));
    let reading = Reading { grammar: BodyGrammar::Checked, make: &|_| (), observe: &mut observe };
    verify_reading(storage, VerifyPlan { parse_sealed, known, observer: None, progress }, reading)
}

/// Checks a whole log as [`verify`] does, and makes of each line on the way what the caller needs of it. The plan's own
/// observer is not called.
///
/// # Errors
/// As [`verify`].
pub fn verify_reading<T: Send>(
    storage: &dyn Storage,
    plan: VerifyPlan<'_>,
    reading: Reading<'_, T>,
) -> Result<ChainReport, StorageError> {
    let names = storage.segments()?;
    let mut lengths = Vec::with_capacity(names.len());
    for name in &names {
        lengths.push((*name, storage.length(*name)?));
    }
    let mut pass = Pass::new(storage, plan, reading, &lengths);
    if let Some(((last, length), finished)) = lengths.split_last() {
        for (name, length) in finished {
            pass.check_finished(*name, *length)?;
        }
        pass.check_last(*last, *length)?;
    }
    Ok(pass.conclude())
}

struct Pass<'s, 'p, 'r, T> {
    storage: &'s dyn Storage,
    plan: VerifyPlan<'p>,
    reading: Reading<'r, T>,
    buffers: Buffers,
    walk: Walk,
    report: ChainReport,
    bytes_done: u64,
    /// The segment before, to be compared with its seal.
    finished: Option<SealedSegment>,
    last_segment: SegmentName,
    /// Where the tail stops being records, and the position that should stand there.
    tail_stops: Option<(Seq, u64)>,
}

impl<'s, 'p, 'r, T: Send> Pass<'s, 'p, 'r, T> {
    fn new(
        storage: &'s dyn Storage,
        plan: VerifyPlan<'p>,
        reading: Reading<'r, T>,
        lengths: &[(SegmentName, u64)],
    ) -> Self {
        let report = ChainReport {
            records: 0,
            segments: lengths.len() as u64,
            bytes: lengths.iter().map(|(_, length)| length).sum(),
            head: None,
            findings: Vec::new(),
            findings_left_out: 0,
            torn: None,
        };
        let walk = Walk::from(ChainPoint::START);
        let last_segment = lengths.last().map_or(SegmentName::FIRST, |(name, _)| *name);
        let buffers = Buffers::default();
        Self {
            storage,
            plan,
            reading,
            buffers,
            walk,
            report,
            bytes_done: 0,
            finished: None,
            last_segment,
            tail_stops: None,
        }
    }

    fn check_finished(&mut self, name: SegmentName, length: u64) -> Result<(), StorageError> {
        self.check_name(name);
        if length == 0 {
            self.walk.report(Place { segment: name, offset: 0 }, ChainFault::EmptySegment { name });
        }
        let digest = self.check_file(name, length)?;
        self.walk.close_segment(Place { segment: name, offset: length });
        self.finished = Some(seal_of(name, self.walk.next().previous(), length, digest));
        self.keep_findings();
        Ok(())
    }

    fn check_last(&mut self, name: SegmentName, length: u64) -> Result<(), StorageError> {
        self.check_name(name);
        let complete = last_whole_batch_end(self.storage, name, length, None)?.map_or(0, |end| end.offset);
        self.check_lines(name, complete, None)?;
        let tail = read_range(self.storage, name, complete, length)?;
        self.report.head = self.walk.point().map(|point| point.head());
        // The record before may have been unreadable; then only the framing of the tail can be judged.
        if let Some(point) = self.walk.point() {
            self.judge_tail(name, complete, &tail, point);
        }
        self.tell_progress(tail.len());
        Ok(())
    }

    fn judge_tail(&mut self, segment: SegmentName, start: u64, tail: &[u8], point: ChainPoint) {
        match scan_from(start, tail, point, Standing::Last).verdict {
            Verdict::Clean => {}
            Verdict::Torn { from, bytes, first_missing } => {
                self.tail_stops = Some((first_missing, start + from));
                self.report.torn = Some(TornTail { segment, from: start + from, bytes, first_missing });
            }
            Verdict::Corrupt { seq, offset, why } => {
                self.tail_stops = Some((seq.max(self.walk.next()), start + offset));
                self.keep(Bad { seq, place: Place { segment, offset: start + offset }, fault: why });
            }
        }
    }

    fn check_name(&mut self, name: SegmentName) {
        let expected = SegmentName::starting_at(self.walk.next());
        if name != expected {
            self.walk.report(Place { segment: name, offset: 0 }, ChainFault::SegmentMisnamed { name, expected });
        }
    }

    /// Checks the lines of a finished segment, and hashes the file as it goes by.
    fn check_file(&mut self, name: SegmentName, length: u64) -> Result<SegmentDigest, StorageError> {
        let mut hasher = blake3::Hasher::new();
        self.check_lines(name, length, Some(&mut hasher))?;
        Ok(SegmentDigest::of_hasher(&hasher))
    }

    fn check_lines(
        &mut self,
        name: SegmentName,
        limit: u64,
        mut file: Option<&mut blake3::Hasher>,
    ) -> Result<(), StorageError> {
        let decode: Decode = match self.reading.grammar {
            BodyGrammar::Checked => |raw| Line::decode(raw.bytes, raw.place),
            BodyGrammar::Elsewhere => |raw| Line::decode_frame(raw.bytes, raw.place),
        };
        let read = (decode, self.reading.make);
        let mut buffers = std::mem::take(&mut self.buffers);
        let shown = for_each_region(self.storage, (name, limit), &mut buffers, read, &mut |block, made| {
            if let Some(file) = &mut file {
                file.update(block.bytes);
            }
            self.check_block(block, made);
        });
        self.buffers = buffers;
        shown
    }

    fn check_block(&mut self, block: Block<'_>, made: Vec<Made<'_, T>>) {
        let (mut lines, mut read) = (Vec::with_capacity(made.len()), Vec::with_capacity(made.len()));
        for (raw, line) in made {
            match line {
                Ok((line, made)) if raw.terminated => {
                    self.check_line(&line);
                    lines.push(line);
                    read.push(made);
                }
                Ok(_) => self.walk.skip(raw.place, ChainFault::Unterminated),
                Err(error) => self.walk.skip(raw.place, error.into()),
            }
        }
        self.report.records += lines.len() as u64;
        self.keep_findings();
        (self.reading.observe)(&lines, read);
        self.tell_progress(block.bytes.len());
    }

    fn check_line(&mut self, line: &Line<'_>) {
        if let Some(found) = self.finished.take() {
            self.check_seal(line, &found);
        }
        self.walk.step(line);
        let known_here = self.plan.known.filter(|(seq, _)| *seq == line.envelope.seq);
        if let Some((seq, known)) = known_here.filter(|(_, known)| *known != line.hash) {
            let fault = ChainFault::KnownHash { known, found: line.hash };
            self.keep(Bad { seq, place: line.place(), fault });
        }
    }

    fn check_seal(&mut self, line: &Line<'_>, found: &SealedSegment) {
        if line.offset != 0 {
            // The line that should hold the seal is unreadable, which is said already.
            return;
        }
        if let Err(fault) = check_seal((self.plan.parse_sealed)(line.envelope.body), found) {
            self.walk.report(line.place(), fault);
        }
    }

    fn conclude(mut self) -> ChainReport {
        self.walk.decide(self.plan.known);
        self.keep_findings();
        self.check_known_is_there();
        if self.report.segments == 0 {
            self.report.head = Some(Head::EMPTY);
        }
        self.report.findings.sort_by_key(|finding| finding.seq);
        self.report
    }

    fn check_known_is_there(&mut self) {
        let Some((known, _)) = self.plan.known.filter(|(seq, _)| *seq >= self.walk.next()) else { return };
        let (first_missing, offset) = self.tail_stops.unwrap_or((self.walk.next(), 0));
        let place = Place { segment: self.last_segment, offset };
        self.keep(Bad { seq: first_missing.min(known), place, fault: ChainFault::KnownMissing { known } });
    }

    fn keep_findings(&mut self) {
        for bad in self.walk.take_bad() {
            self.keep(bad);
        }
    }

    fn keep(&mut self, bad: Bad) {
        let Place { segment, offset } = bad.place;
        if self.report.findings.len() < FINDINGS_KEPT {
            self.report.findings.push(Finding { seq: bad.seq, segment, offset, fault: bad.fault });
        } else {
            self.report.findings_left_out += 1;
        }
    }

    fn tell_progress(&mut self, bytes: usize) {
        self.bytes_done += bytes as u64;
        if let Some(progress) = &mut self.plan.progress {
            progress(self.bytes_done, self.report.bytes);
        }
    }
}
