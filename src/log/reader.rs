//! Reading: whole batches, block by block, from any position.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::SegmentName;
use super::blocks::{
    BatchEnd, Block, BlockReader, Decode, Line, RawLine, last_batch_end, last_whole_batch_end, read_range, scan_tail,
};
use super::chain::{ChainFault, ChainPoint, Head, Place, Walk};
use super::recovery::Verdict;
use super::storage::{Storage, StorageError};
use super::stored::StoredRecord;
use crate::record::{DecodeError, MAX_RECORD_BYTES, RecordHash};
use crate::vocab::Seq;

/// One line in so many has its offset remembered.
const INDEX_EVERY: u64 = 64;
/// Stands for the length of a finished segment, which is asked for only when it is read.
const WHOLE: u64 = u64::MAX;
/// Block size for reading one record.
const SMALL_BLOCK_BYTES: usize = 64 * 1024;
/// How much is read to learn the position of a line in the middle; a longer line is found through the index.
const PROBE_BYTES: u64 = 16 * 1024;
/// So near to a line it is found by reading on.
const NEAR_BYTES: u64 = 64 * 1024;

/// Reads a log beside its writer. It needs no lock and writes nothing.
///
/// Only complete batches are shown; what stands behind the last one is passed over, whether it is being written or
/// torn. A batch may show a moment before its writer knows it to be durable. Every record shown is checked against the
/// one before it; [`verify`](super::verify) checks more.
#[derive(Debug)]
pub struct LogReader {
    storage: Arc<dyn Storage>,
    index: Mutex<HashMap<SegmentName, Arc<LineIndex>>>,
    /// What was there when the end of the log was looked at last.
    seen: Mutex<Option<Arc<Visible>>>,
}

/// Offsets of every 64th line of a segment, as far as it was indexed.
#[derive(Debug, Clone, Default)]
struct LineIndex {
    offsets: Vec<u64>,
    lines: u64,
    bytes: u64,
}

/// Says why a log cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The storage failed.
    #[error("the log cannot be read")]
    Storage(#[from] StorageError),
    /// A record is damaged or missing.
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

impl LogReader {
    /// Reads from a storage. Nothing is touched before the first question.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Self { storage, index: Mutex::default(), seen: Mutex::default() }
    }

    /// Gives the last record of the last complete batch, reading only the end of the log.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Corrupt`] where damage, not an unfinished write, stands at the end.
    pub fn head(&self) -> Result<Head, ReadError> {
        Ok(self.visible()?.head)
    }

    /// Calls `show` with the records from `from` to `to`, both included, in order and in blocks of about 1 MiB.
    ///
    /// Without `to` it goes to the last complete batch there was when it was called. Memory does not grow with the log.
    ///
    /// # Errors
    /// [`ReadError`] in the caller's own error type, or whatever `show` gave, which ends the reading.
    pub fn for_each_block<E: From<ReadError>>(
        &self,
        from: Seq,
        to: Option<Seq>,
        show: impl FnMut(&[Line<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        Self::show_blocks(self.cursor(from, to)?, show)
    }

    /// Does what [`LogReader::for_each_block`] does, but looks at no body's grammar: the caller reads every body, and finds
    /// what the grammar would.
    ///
    /// # Errors
    /// As [`LogReader::for_each_block`].
    pub fn for_each_frame<E: From<ReadError>>(
        &self,
        from: Seq,
        to: Option<Seq>,
        show: impl FnMut(&[Line<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let cursor = self.cursor(from, to)?;
        Self::show_blocks(Cursor { decode: |raw| Line::decode_frame(raw.bytes, raw.place), ..cursor }, show)
    }

    fn show_blocks<E: From<ReadError>>(
        mut cursor: Cursor,
        mut show: impl FnMut(&[Line<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(lines) = cursor.next_block()? {
            if !lines.is_empty() {
                show(&lines)?;
            }
        }
        Ok(())
    }

    /// Gives the records from `from` to `to`, both included, one by one, each a copy; otherwise as
    /// [`LogReader::for_each_block`].
    ///
    /// # Errors
    /// [`ReadError`] where the end of the log cannot be found; the iterator gives those met later and then ends.
    pub fn records(&self, from: Seq, to: Option<Seq>) -> Result<Records, ReadError> {
        Ok(Records { cursor: Some(self.cursor(from, to)?), ready: VecDeque::new() })
    }

    /// Gives one record; nothing where the log has no such position yet. It is found by the position that it says; whether
    /// as many stand before it is what [`verify`](super::verify()) tells.
    ///
    /// # Errors
    /// As [`LogReader::for_each_block`].
    pub fn record_at(&self, seq: Seq) -> Result<Option<StoredRecord>, ReadError> {
        // What was there once is there still, unless a writer took it back or somebody damaged it: then the end is looked
        // at again.
        if let Some(seen) = self.seen().filter(|seen| seq < seen.head.seq)
            && let Ok(found) = self.record_in(&seen, seq)
        {
            return Ok(found);
        }
        self.record_in(self.visible()?.as_ref(), seq)
    }

    fn record_in(&self, visible: &Visible, seq: Seq) -> Result<Option<StoredRecord>, ReadError> {
        if seq == Seq::NONE || seq > visible.head.seq {
            return Ok(None);
        }
        let stretch = visible.stretch_of(seq, self.storage.as_ref())?;
        if seq == visible.head.seq {
            // It was just read to find the end: no need to look for its place from the segment's start.
            return last_line(self.storage.as_ref(), stretch.segment, stretch.limit, seq).map(Some);
        }
        self.find_line(stretch, seq).map(Some)
    }

    fn seen(&self) -> Option<Arc<Visible>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn visible(&self) -> Result<Arc<Visible>, ReadError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = seen.as_ref().map(|seen| seen.head.hash);
        let visible = Arc::new(Visible::of(self.storage.as_ref(), whole)?);
        *seen = Some(Arc::clone(&visible));
        Ok(visible)
    }

    fn find_line(&self, stretch: Stretch, seq: Seq) -> Result<StoredRecord, ReadError> {
        let Stretch { segment, limit, .. } = stretch;
        if self.indexed(segment).lines == 0
            && let Some(found) = self.find_by_guesses(stretch, seq)?
        {
            return Ok(found);
        }
        let (mut position, offset) = self.line_before(segment, limit, seq)?;
        let mut blocks = BlockReader::new(segment, offset, limit).with_block_bytes(SMALL_BLOCK_BYTES);
        while let Some(block) = blocks.next(self.storage.as_ref())? {
            for raw in block.raw_lines() {
                if position == seq {
                    return only_line(&raw, seq);
                }
                position = position.next();
            }
        }
        Err(missing(seq, segment, limit))
    }

    /// Goes to a line by guesses, as lines say their positions; nothing where they do not lead to it.
    ///
    /// Records of a log are of about the same length, so two guesses mostly do. Every other one halves what is left, so that
    /// in no log it takes many.
    fn find_by_guesses(&self, stretch: Stretch, seq: Seq) -> Result<Option<StoredRecord>, StorageError> {
        let Stretch { segment, limit, after } = stretch;
        let storage = self.storage.as_ref();
        // The line begins at `low` or after it, and before `high`.
        let mut low = Mark { position: segment.first(), offset: 0 };
        let mut high = Mark { position: after, offset: limit };
        let mut halves = false;
        while high.offset - low.offset > NEAR_BYTES {
            let middle = if halves { u64::midpoint(low.offset, high.offset) } else { guess(low, high, seq) };
            halves = !halves;
            let bytes = read_range(storage, segment, middle - 1, (middle + PROBE_BYTES).min(limit))?;
            let Some(newline) = memchr::memchr(b'\n', &bytes) else { return Ok(None) };
            let bytes = bytes.get(newline + 1..).unwrap_or_default();
            let block = Block { segment, start: middle + newline as u64, bytes };
            match said_position(bytes) {
                Some(position) if position <= seq => {
                    if let Some(found) = line_in(block, seq) {
                        return Ok(Some(found));
                    }
                    low = Mark { position, offset: block.start };
                }
                Some(position) => high = Mark { position, offset: middle },
                None => return Ok(None),
            }
        }
        let mut blocks = BlockReader::new(segment, low.offset, limit).with_block_bytes(SMALL_BLOCK_BYTES);
        while let Some(block) = blocks.next(storage)?.filter(|block| block.start < high.offset) {
            if let Some(found) = line_in(block, seq) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn cursor(&self, from: Seq, to: Option<Seq>) -> Result<Cursor, ReadError> {
        let visible = self.visible()?;
        let from = from.max(Seq::FIRST);
        let to = to.map_or(visible.head.seq, |to| to.min(visible.head.seq));
        let mut cursor = Cursor {
            storage: Arc::clone(&self.storage),
            segments: VecDeque::new(),
            blocks: None,
            walk: None,
            decode: |raw| Line::decode(raw.bytes, raw.place),
            from,
            to,
        };
        if from > to {
            return Ok(cursor);
        }
        cursor.segments = visible.segments.iter().copied().collect();
        while cursor.segments.get(1).is_some_and(|(next, _)| next.first() <= from) {
            cursor.segments.pop_front();
        }
        if let Some((segment, limit)) = cursor.segments.pop_front() {
            let limit = known_limit(self.storage.as_ref(), segment, limit)?;
            let (line, offset) = self.line_before(segment, limit, from)?;
            cursor.walk = Some(Walk::without_past(line));
            cursor.blocks = Some(BlockReader::new(segment, offset, limit));
        }
        Ok(cursor)
    }

    fn indexed(&self, segment: SegmentName) -> Arc<LineIndex> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).get(&segment).cloned().unwrap_or_default()
    }

    /// Gives the nearest indexed line at or before a position: its position and its offset.
    fn line_before(&self, segment: SegmentName, limit: u64, seq: Seq) -> Result<(Seq, u64), StorageError> {
        let lines_in = seq.number().saturating_sub(segment.first().number());
        if lines_in == 0 {
            return Ok((segment.first(), 0));
        }
        let found = self.indexed_on(self.indexed(segment), segment, limit, lines_in)?;
        if self.starts_at(segment, found)? {
            return Ok(found);
        }
        // The writer took a batch back that was indexed here, and wrote another; or somebody changed the log.
        self.indexed_on(Arc::default(), segment, limit, lines_in)
    }

    /// Extends an index as far as needed, and looks up the nearest line at or before the one after so many lines.
    fn indexed_on(
        &self,
        mut index: Arc<LineIndex>,
        segment: SegmentName,
        limit: u64,
        lines_in: u64,
    ) -> Result<(Seq, u64), StorageError> {
        if index.bytes < limit && index.lines <= lines_in {
            index = Arc::new(index.extended(self.storage.as_ref(), segment, limit)?);
            self.index.lock().unwrap_or_else(PoisonError::into_inner).insert(segment, Arc::clone(&index));
        }
        let slot = (lines_in / INDEX_EVERY).min((index.offsets.len() as u64).saturating_sub(1));
        let offset = usize::try_from(slot).ok().and_then(|slot| index.offsets.get(slot)).copied().unwrap_or(0);
        Ok((Seq::new(segment.first().number() + slot * INDEX_EVERY), offset))
    }

    /// Tells whether the line of a position starts at an offset.
    fn starts_at(&self, segment: SegmentName, (seq, offset): (Seq, u64)) -> Result<bool, StorageError> {
        let Some(newline) = offset.checked_sub(1) else { return Ok(true) };
        let expected = format!("\n{{\"seq\":{seq},");
        let found = read_range(self.storage.as_ref(), segment, newline, newline + expected.len() as u64)?;
        Ok(found == expected.as_bytes())
    }
}

impl LineIndex {
    /// Indexes on to `limit`, which is the end of a batch.
    fn extended(&self, storage: &dyn Storage, segment: SegmentName, limit: u64) -> Result<Self, StorageError> {
        let mut index = self.clone();
        let mut blocks = BlockReader::new(segment, index.bytes, limit);
        while let Some(block) = blocks.next(storage)? {
            for raw in block.raw_lines() {
                if index.lines.is_multiple_of(INDEX_EVERY) {
                    index.offsets.push(raw.place.offset);
                }
                index.lines += 1;
            }
            index.bytes = block.start + block.bytes.len() as u64;
        }
        Ok(index)
    }
}

/// The complete batches there are at one moment.
#[derive(Debug)]
struct Visible {
    segments: Vec<(SegmentName, u64)>,
    head: Head,
}

impl Visible {
    fn of(storage: &dyn Storage, whole: Option<RecordHash>) -> Result<Self, ReadError> {
        let names = storage.segments()?;
        let mut segments = Vec::with_capacity(names.len());
        let mut names = names.into_iter().peekable();
        while let Some(name) = names.next() {
            // Only the last one grows; nothing is asked of the others before they are read.
            segments.push((name, if names.peek().is_some() { WHOLE } else { storage.length(name)? }));
        }
        let Some((name, length)) = segments.pop() else { return Ok(Self { segments, head: Head::EMPTY }) };
        if let Some(end) = last_whole_batch_end(storage, name, length, whole)? {
            refuse_damage(storage, name, end, length)?;
            segments.push((name, end.offset));
            return Ok(Self { segments, head: end.point.head() });
        }
        let point = match segments.last() {
            Some((before, _)) => point_after(storage, *before)?,
            None => ChainPoint::START,
        };
        refuse_damage(storage, name, BatchEnd { offset: 0, point }, length)?;
        Ok(Self { segments, head: point.head() })
    }

    /// Gives the segment that holds a visible position.
    fn stretch_of(&self, seq: Seq, storage: &dyn Storage) -> Result<Stretch, ReadError> {
        let next = self.segments.partition_point(|(name, _)| name.first() <= seq);
        let Some((segment, limit)) = next.checked_sub(1).and_then(|at| self.segments.get(at)) else {
            return Err(missing(seq, SegmentName::FIRST, 0));
        };
        let after = self.segments.get(next).map_or(self.head.seq.next(), |(name, _)| name.first());
        Ok(Stretch { segment: *segment, limit: known_limit(storage, *segment, *limit)?, after })
    }
}

/// The lines of a segment that are visible.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    segment: SegmentName,
    /// Where they end.
    limit: u64,
    /// The position after their last one.
    after: Seq,
}

fn point_after(storage: &dyn Storage, name: SegmentName) -> Result<ChainPoint, ReadError> {
    let end = last_batch_end(storage, name, storage.length(name)?)?;
    end.map(|end| end.point).ok_or_else(|| missing(name.first(), name, 0))
}

fn known_limit(storage: &dyn Storage, name: SegmentName, limit: u64) -> Result<u64, StorageError> {
    if limit == WHOLE { storage.length(name) } else { Ok(limit) }
}

fn missing(seq: Seq, segment: SegmentName, offset: u64) -> ReadError {
    ReadError::Corrupt { seq, segment, offset, why: ChainFault::Missing }
}

/// Reads the last line of the complete batches of a segment.
fn last_line(storage: &dyn Storage, segment: SegmentName, limit: u64, seq: Seq) -> Result<StoredRecord, ReadError> {
    let start = limit.saturating_sub(MAX_RECORD_BYTES as u64 + 2);
    let bytes = read_range(storage, segment, start, limit)?;
    let ended = bytes.strip_suffix(b"\n").ok_or_else(|| missing(seq, segment, limit))?;
    let from = memchr::memrchr(b'\n', ended).map_or(0, |newline| newline + 1);
    let place = Place { segment, offset: start + from as u64 };
    only_line(&RawLine { place, bytes: ended.get(from..).unwrap_or_default(), terminated: true }, seq)
}

/// A line, by its position and by where it begins.
#[derive(Debug, Clone, Copy)]
struct Mark {
    position: Seq,
    offset: u64,
}

/// Guesses where a line between two others begins; a little too early, so that what is read from there on has it.
fn guess(low: Mark, high: Mark, seq: Seq) -> u64 {
    let lines = high.position.number().saturating_sub(low.position.number()).max(1);
    let before = seq.number().saturating_sub(low.position.number()).min(lines);
    let bytes = u128::from(high.offset - low.offset) * u128::from(before) / u128::from(lines);
    let guessed = low.offset + u64::try_from(bytes).unwrap_or_default();
    guessed.saturating_sub(PROBE_BYTES / 2).clamp(low.offset + 1, high.offset - 1)
}

/// Gives the line of a position where it is among these, whole.
fn line_in(block: Block<'_>, seq: Seq) -> Option<StoredRecord> {
    let raw = block.raw_lines().find(|raw| said_position(raw.bytes) == Some(seq))?;
    if raw.terminated { only_line(&raw, seq).ok() } else { None }
}

/// The position that a line begins with.
fn said_position(line: &[u8]) -> Option<Seq> {
    let rest = line.strip_prefix(br#"{"seq":"#)?;
    let digits = rest.get(..memchr::memchr(b',', rest)?)?;
    std::str::from_utf8(digits).ok()?.parse().ok().map(Seq::new)
}

fn only_line(raw: &RawLine<'_>, seq: Seq) -> Result<StoredRecord, ReadError> {
    let Place { segment, offset } = raw.place;
    let corrupt = |why| ReadError::Corrupt { seq, segment, offset, why };
    let line = Line::decode(raw.bytes, raw.place).map_err(|error| corrupt(error.into()))?;
    if line.envelope.seq != seq {
        return Err(corrupt(ChainFault::Sequence { expected: seq, found: line.envelope.seq }));
    }
    Ok(StoredRecord::copy_of(&line))
}

fn refuse_damage(storage: &dyn Storage, segment: SegmentName, end: BatchEnd, length: u64) -> Result<(), ReadError> {
    match scan_tail(storage, segment, end, length)?.verdict {
        Verdict::Corrupt { seq, offset, why } => {
            Err(ReadError::Corrupt { seq, segment, offset: end.offset + offset, why })
        }
        _ => Ok(()),
    }
}

/// Walks over the visible records.
#[derive(Debug)]
struct Cursor {
    storage: Arc<dyn Storage>,
    segments: VecDeque<(SegmentName, u64)>,
    blocks: Option<BlockReader>,
    walk: Option<Walk>,
    decode: Decode,
    from: Seq,
    to: Seq,
}

impl Cursor {
    /// Gives the wanted lines of the next block, perhaps none of them; nothing after the last block.
    fn next_block(&mut self) -> Result<Option<Vec<Line<'_>>>, ReadError> {
        let (Some(walk), Some(blocks)) = (&mut self.walk, &mut self.blocks) else { return Ok(None) };
        if walk.next() > self.to {
            return Ok(None);
        }
        if blocks.is_exhausted() {
            walk.close_segment(blocks.place());
            refuse(walk)?;
            let Some((segment, limit)) = self.segments.pop_front() else { return Ok(None) };
            let limit = known_limit(self.storage.as_ref(), segment, limit)?;
            *blocks = BlockReader::new(segment, 0, limit);
        }
        let Some(block) = blocks.next(self.storage.as_ref())? else { return Ok(Some(Vec::new())) };
        wanted_lines(block.decode(self.decode), walk, self.from, self.to).map(Some)
    }
}

fn wanted_lines<'b>(
    decoded: Vec<(RawLine<'b>, Result<Line<'b>, DecodeError>)>,
    walk: &mut Walk,
    from: Seq,
    to: Seq,
) -> Result<Vec<Line<'b>>, ReadError> {
    let mut lines = Vec::with_capacity(decoded.len());
    for (raw, line) in decoded {
        if walk.next() > to {
            break;
        }
        match line {
            Ok(line) if raw.terminated => {
                walk.step(&line);
                if line.envelope.seq >= from {
                    lines.push(line);
                }
            }
            Ok(_) => walk.skip(raw.place, ChainFault::Unterminated),
            Err(error) => walk.skip(raw.place, error.into()),
        }
        if walk.is_undecided() {
            walk.decide(None);
        }
        refuse(walk)?;
    }
    Ok(lines)
}

fn refuse(walk: &mut Walk) -> Result<(), ReadError> {
    match walk.take_bad().into_iter().min_by_key(|bad| bad.seq) {
        None => Ok(()),
        Some(bad) => {
            let Place { segment, offset } = bad.place;
            Err(ReadError::Corrupt { seq: bad.seq, segment, offset, why: bad.fault })
        }
    }
}

/// Records one by one; ends after the first error.
#[derive(Debug)]
pub struct Records {
    cursor: Option<Cursor>,
    ready: VecDeque<StoredRecord>,
}

impl Iterator for Records {
    type Item = Result<StoredRecord, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            match self.cursor.as_mut()?.next_block() {
                Ok(Some(lines)) => self.ready.extend(lines.iter().map(StoredRecord::copy_of)),
                Ok(None) => self.cursor = None,
                Err(error) => {
                    self.cursor = None;
                    return Some(Err(error));
                }
            }
        }
    }
}
