//! A segment in blocks of whole lines, and the lines of a block as records.

#[cfg(feature = "ledger")]
use rayon::prelude::*;

use super::SegmentName;
use super::chain::{ChainPoint, Place};
#[cfg(feature = "ledger")]
use super::recovery::{Scan, Standing, scan_from};
use super::storage::{Storage, StorageError};
use crate::record::{DecodeError, Envelope, RecordHash};
use crate::vocab::Seq;

/// How much is read at a time.
#[cfg(feature = "ledger")]
const BLOCK_BYTES: usize = 1024 * 1024;
/// How far from the end the search for the last batch looks first.
const TAIL_BYTES: u64 = 8 * 1024;
/// Below this many lines it costs more to wake the other cores than they save.
#[cfg(feature = "ledger")]
const LINES_WORTH_SHARING: usize = 128;

/// A record as it stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The record, taken apart.
    pub envelope: Envelope<'a>,
    /// Its hash.
    pub hash: RecordHash,
    /// Its bytes, without the newline.
    pub bytes: &'a [u8],
    /// The segment it stands in.
    pub segment: SegmentName,
    /// Where it starts in the segment, in bytes.
    pub offset: u64,
}

/// How a line is taken apart.
pub(super) type Decode = for<'b> fn(&RawLine<'b>) -> Result<Line<'b>, DecodeError>;

impl<'a> Line<'a> {
    pub(super) fn decode(bytes: &'a [u8], place: Place) -> Result<Self, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let hash = RecordHash::of_line(bytes);
        Ok(Self { envelope, hash, bytes, segment: place.segment, offset: place.offset })
    }

    /// Takes a line apart as [`Line::decode`], without a look at the grammar of its body.
    pub(super) fn decode_frame(bytes: &'a [u8], place: Place) -> Result<Self, DecodeError> {
        let envelope = Envelope::decode_frame(bytes)?;
        let hash = RecordHash::of_line(bytes);
        Ok(Self { envelope, hash, bytes, segment: place.segment, offset: place.offset })
    }

    pub(super) const fn place(&self) -> Place {
        Place { segment: self.segment, offset: self.offset }
    }

    pub(super) fn ends_batch(&self) -> bool {
        self.envelope.seq == self.envelope.end
    }
}

/// Reads a segment block by block, each cut at a line's end.
#[cfg(feature = "ledger")]
#[derive(Debug)]
pub(super) struct BlockReader {
    segment: SegmentName,
    /// Where the buffer starts in the segment.
    start: u64,
    /// Where reading stops.
    limit: u64,
    buffer: Vec<u8>,
    /// How much of the buffer was handed out.
    shown: usize,
    block_bytes: usize,
}

/// Whole lines of a segment; only the last block of a segment may lack its newline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'b> {
    pub(super) segment: SegmentName,
    pub(super) start: u64,
    pub(super) bytes: &'b [u8],
}

#[cfg(feature = "ledger")]
impl BlockReader {
    pub(super) fn new(segment: SegmentName, from: u64, limit: u64) -> Self {
        Self { segment, start: from, limit, buffer: Vec::new(), shown: 0, block_bytes: BLOCK_BYTES }
    }

    /// Reads in smaller blocks, for a caller that wants only a few lines.
    #[cfg(feature = "ledger")]
    pub(super) fn with_block_bytes(self, block_bytes: usize) -> Self {
        Self { block_bytes, ..self }
    }

    /// Gives the next block, nothing at the limit.
    pub(super) fn next(&mut self, storage: &dyn Storage) -> Result<Option<Block<'_>>, StorageError> {
        self.buffer.drain(..self.shown);
        self.start += self.shown as u64;
        self.shown = 0;
        while self.read_more(storage)? && memchr::memchr(b'\n', &self.buffer).is_none() {}
        let whole = memchr::memrchr(b'\n', &self.buffer).map_or(self.buffer.len(), |newline| newline + 1);
        self.shown = whole;
        let bytes = self.buffer.get(..whole).unwrap_or_default();
        let block = Block { segment: self.segment, start: self.start, bytes };
        Ok((!bytes.is_empty()).then_some(block))
    }

    fn read_more(&mut self, storage: &dyn Storage) -> Result<bool, StorageError> {
        let have = self.buffer.len();
        let offset = self.start + have as u64;
        let room = usize::try_from(self.limit.saturating_sub(offset)).unwrap_or(usize::MAX).min(self.block_bytes);
        if room == 0 {
            return Ok(false);
        }
        self.buffer.resize(have + room, 0);
        let read = storage.read(self.segment, offset, self.buffer.get_mut(have..).unwrap_or_default())?;
        self.buffer.truncate(have + read);
        if read == 0 {
            self.limit = offset;
        }
        Ok(read > 0)
    }

    /// Tells whether all up to the limit was handed out.
    #[cfg(feature = "ledger")]
    pub(super) const fn is_exhausted(&self) -> bool {
        self.start + self.shown as u64 >= self.limit
    }

    /// Says where the next block starts.
    #[cfg(feature = "ledger")]
    pub(super) const fn place(&self) -> Place {
        Place { segment: self.segment, offset: self.start + self.shown as u64 }
    }
}

/// One line of a block.
#[derive(Debug)]
pub(super) struct RawLine<'b> {
    pub(super) place: Place,
    pub(super) bytes: &'b [u8],
    pub(super) terminated: bool,
}

/// What a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: u64 = 512;

impl RawLine<'_> {
    /// Tells whether sectors of the line were never written and read as zeros, which no record holds.
    ///
    /// A hole ends with a sector or with the file, and begins with a sector or, where the write began in the middle of
    /// one, with the line. `start` is added to the line's place.
    pub(super) fn has_hole(&self, start: u64) -> bool {
        let Some(from) = memchr::memchr(0, self.bytes) else { return false };
        let rest = self.bytes.get(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte != 0).unwrap_or(rest.len());
        let at_sector = |at: usize| (start + self.place.offset + at as u64).is_multiple_of(SECTOR_BYTES);
        let ends_file = !self.terminated && length == rest.len();
        (from == 0 || at_sector(from)) && (ends_file || at_sector(from + length))
    }
}

impl<'b> Block<'b> {
    /// Splits the block at its newlines.
    pub(super) fn raw_lines(self) -> impl Iterator<Item = RawLine<'b>> {
        let mut offset = self.start;
        // `split_inclusive` on bytes walks one by one; memchr finds line ends many bytes at a time.
        let mut rest = self.bytes;
        std::iter::from_fn(move || {
            let newline = memchr::memchr(b'\n', rest);
            let (line, after) = rest.split_at_checked(newline.map_or(rest.len(), |at| at + 1))?;
            if line.is_empty() {
                return None;
            }
            let place = Place { segment: self.segment, offset };
            rest = after;
            offset += line.len() as u64;
            Some(RawLine { place, bytes: line.strip_suffix(b"\n").unwrap_or(line), terminated: newline.is_some() })
        })
    }

    #[cfg(feature = "ledger")]
    /// Takes all lines apart and hashes them, on all cores where there are enough of them.
    pub(super) fn decode(self, decode: Decode) -> Vec<(RawLine<'b>, Result<Line<'b>, DecodeError>)> {
        let raw: Vec<_> = self.raw_lines().collect();
        let decode = |raw: RawLine<'b>| {
            let line = decode(&raw);
            (raw, line)
        };
        if raw.len() < LINES_WORTH_SHARING {
            return raw.into_iter().map(decode).collect();
        }
        raw.into_par_iter().with_min_len(LINES_WORTH_SHARING / 2).map(decode).collect()
    }
}

/// Where the complete batches of a segment end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchEnd {
    /// The byte after the last line of the last complete batch.
    pub(super) offset: u64,
    /// The point after that batch.
    pub(super) point: ChainPoint,
}

/// Finds the last line of a segment that ends a batch, reading from the back; nothing where there is none.
pub(super) fn last_batch_end(
    storage: &dyn Storage,
    segment: SegmentName,
    length: u64,
) -> Result<Option<BatchEnd>, StorageError> {
    let mut window = TAIL_BYTES;
    loop {
        let start = length.saturating_sub(window);
        let bytes = read_range(storage, segment, start, length)?;
        let found = batch_end_in(Block { segment, start, bytes: &bytes });
        if found.is_some() || start == 0 {
            return Ok(found);
        }
        window = window.saturating_mul(2);
    }
}

/// Finds the end of the last batch that has no hole, as a write leaves that was cut off; nothing where there is none.
///
/// `seen` is the last record of a batch that was found to be whole before.
pub(super) fn last_whole_batch_end(
    storage: &dyn Storage,
    segment: SegmentName,
    length: u64,
    seen: Option<RecordHash>,
) -> Result<Option<BatchEnd>, StorageError> {
    let mut limit = length;
    loop {
        let Some(end) = last_batch_end(storage, segment, limit)? else { return Ok(None) };
        if seen == Some(end.point.prev) {
            return Ok(Some(end));
        }
        match last_hole(storage, segment, end)? {
            None => return Ok(Some(end)),
            Some(hole) => limit = hole,
        }
    }
}

/// Gives the start of the last line with a hole in the batch that ends there.
fn last_hole(storage: &dyn Storage, segment: SegmentName, end: BatchEnd) -> Result<Option<u64>, StorageError> {
    let last = end.point.next.previous();
    let mut window = TAIL_BYTES;
    loop {
        let start = end.offset.saturating_sub(window);
        let bytes = read_range(storage, segment, start, end.offset)?;
        // The first line of the window may lack its beginning.
        let cut = if start == 0 { 0 } else { memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |newline| newline + 1) };
        let block = Block { segment, start: start + cut as u64, bytes: bytes.get(cut..).unwrap_or_default() };
        let lines: Vec<_> = block.raw_lines().collect();
        let strange = lines.iter().rposition(|line| !seems_of_batch(line, last));
        if let Some((line, behind)) = strange.and_then(|at| lines.get(at..)?.split_first()) {
            // Damage behind a hole is no unfinished write: it is not passed over.
            let is_hole = line.has_hole(0) && behind.iter().all(|line| Envelope::decode(line.bytes).is_ok());
            return Ok(is_hole.then_some(line.place.offset));
        }
        if start == 0 {
            return Ok(None);
        }
        window = window.saturating_mul(2);
    }
}

/// Tells whether a line says that it is of the batch which ends there, and has no sector that was never written. The grammar
/// of its body is not looked at: that would be most of the work of finding the end of a log.
fn seems_of_batch(line: &RawLine<'_>, last: Seq) -> bool {
    memchr::memchr(0, line.bytes).is_none() && Envelope::decode_frame(line.bytes).is_ok_and(|line| line.end == last)
}

fn batch_end_in(block: Block<'_>) -> Option<BatchEnd> {
    let newlines = memchr::memrchr_iter(b'\n', block.bytes);
    let starts = memchr::memrchr_iter(b'\n', block.bytes).skip(1).map(|newline| newline + 1).chain([0]);
    for (newline, start) in newlines.zip(starts) {
        let place = Place { segment: block.segment, offset: block.start + start as u64 };
        let line = Line::decode(block.bytes.get(start..newline)?, place);
        // A line that the window cuts does not decode; the next window has all of it.
        if let Some(line) = line.ok().filter(Line::ends_batch) {
            let offset = block.start + newline as u64 + 1;
            return Some(BatchEnd { offset, point: ChainPoint::after(&line) });
        }
    }
    None
}

/// Judges what stands behind the last complete batch of the log.
#[cfg(feature = "ledger")]
pub(super) fn scan_tail(
    storage: &dyn Storage,
    segment: SegmentName,
    end: BatchEnd,
    length: u64,
) -> Result<Scan, StorageError> {
    let bytes = read_range(storage, segment, end.offset, length)?;
    Ok(scan_from(end.offset, &bytes, end.point, Standing::Last))
}

/// Reads the bytes between two offsets, or fewer if the segment has become shorter.
pub(super) fn read_range(
    storage: &dyn Storage,
    segment: SegmentName,
    from: u64,
    to: u64,
) -> Result<Vec<u8>, StorageError> {
    let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX)];
    let read = storage.read(segment, from, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}
