//! A segment's lines, read, decoded and hashed on all cores ahead of whoever walks them in order.
//!
//! A line holds all that its hash needs, so the segment is cut into regions that nobody has to wait for. A region has
//! the lines that begin in it.

use std::sync::mpsc;

use super::SegmentName;
use super::blocks::{Block, Decode, Line, RawLine};
use super::storage::{Storage, StorageError};
use crate::record::DecodeError;

/// How long a region is, in bytes.
const REGION_BYTES: u64 = 256 * 1024;
/// So many regions are taken up at once: what is read ahead is at most 8 MiB, and what was made of it.
const REGIONS_AHEAD: usize = 32;
/// Below this many bytes it costs more to wake the other cores than they save.
const WORTH_SHARING: u64 = 64 * 1024;
/// By how much a region is read on, to the end of its last line.
const STEP_BYTES: usize = 4 * 1024;

/// A line and what it is, with what the caller's function made of it.
pub(super) type Made<'b, T> = (RawLine<'b>, Result<(Line<'b>, T), DecodeError>);

/// Where regions are read to, used again for the next segment.
#[derive(Default)]
pub(super) struct Buffers(Vec<Vec<u8>>);

/// Shows the lines of a segment up to `limit`, in order, region by region, with what `make` makes of each. `decode` and
/// `make` run on any core.
pub(super) fn for_each_region<T: Send>(
    storage: &dyn Storage,
    (segment, limit): (SegmentName, u64),
    Buffers(buffers): &mut Buffers,
    (decode, make): (Decode, &(dyn Fn(&Line<'_>) -> T + Sync)),
    show: &mut dyn FnMut(Block<'_>, Vec<Made<'_, T>>),
) -> Result<(), StorageError> {
    let starts: Vec<u64> = (0..limit.div_ceil(REGION_BYTES)).map(|number| number * REGION_BYTES).collect();
    // Who is asked by one of the pool's own threads must not wait for the others: they may all be waiting likewise.
    let alone = limit < WORTH_SHARING || rayon::current_thread_index().is_some();
    let at_once = if alone { 1 } else { REGIONS_AHEAD };
    for starts in starts.chunks(at_once) {
        buffers.resize_with(starts.len().max(buffers.len()), Vec::new);
        let regions = starts.iter().map(|&start| Region { storage, segment, start, limit }).zip(&mut *buffers);
        if alone {
            for (region, buffer) in regions {
                let block = region.read(buffer)?;
                let lines = made(block, decode, make);
                show_unless_empty(show, block, lines);
            }
            continue;
        }
        rayon::in_place_scope_fifo(|scope| {
            let mut coming = Vec::new();
            for (region, buffer) in regions {
                let (sender, receiver) = mpsc::sync_channel(1);
                coming.push(receiver);
                scope.spawn_fifo(move |_| {
                    let done = region.read(buffer).map(|block| (block, made(block, decode, make)));
                    // Nobody waits any more where an earlier region could not be read.
                    let _ = sender.send(done);
                });
            }
            for receiver in coming {
                // A task that panicked sends nothing; the scope hands the panic on.
                let Ok(done) = receiver.recv() else { break };
                let (block, lines) = done?;
                show_unless_empty(show, block, lines);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// No line begins in a region that lies within a longer one.
fn show_unless_empty<'b, T>(
    show: &mut dyn FnMut(Block<'b>, Vec<Made<'b, T>>),
    block: Block<'b>,
    lines: Vec<Made<'b, T>>,
) {
    if !block.bytes.is_empty() {
        show(block, lines);
    }
}

fn made<'b, T>(block: Block<'b>, decode: Decode, make: &(dyn Fn(&Line<'_>) -> T + Sync)) -> Vec<Made<'b, T>> {
    let one = |raw: RawLine<'b>| {
        let line = decode(&raw).map(|line| (line, make(&line)));
        (raw, line)
    };
    block.raw_lines().map(one).collect()
}

/// The lines that begin in a stretch of a segment.
#[derive(Clone, Copy)]
struct Region<'s> {
    storage: &'s dyn Storage,
    segment: SegmentName,
    start: u64,
    limit: u64,
}

impl Region<'_> {
    /// Reads the region from the first line that begins in it to the end of the last.
    fn read<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<Block<'b>, StorageError> {
        let end = self.start.saturating_add(REGION_BYTES).min(self.limit);
        // The byte before tells whether a line begins at the first one.
        let from = self.start.saturating_sub(1);
        self.read_at(buffer, 0, from, end)?;
        let first = match self.start {
            0 => Some(0),
            _ => memchr::memchr(b'\n', buffer).map(|newline| newline + 1),
        };
        let begins = first.filter(|first| from + (*first as u64) < end);
        if begins.is_some() {
            self.read_to_line_end(buffer, from)?;
        }
        let first = begins.unwrap_or(buffer.len());
        let bytes = buffer.get(first..).unwrap_or_default();
        Ok(Block { segment: self.segment, start: from + first as u64, bytes })
    }

    fn read_to_line_end(&self, buffer: &mut Vec<u8>, from: u64) -> Result<(), StorageError> {
        while buffer.last() != Some(&b'\n') {
            let had = buffer.len();
            let have = from + had as u64;
            self.read_at(buffer, had, have, have.saturating_add(STEP_BYTES as u64).min(self.limit))?;
            let more = buffer.get(had..).unwrap_or_default();
            if more.is_empty() {
                break;
            }
            if let Some(newline) = memchr::memchr(b'\n', more) {
                buffer.truncate(had + newline + 1);
            }
        }
        Ok(())
    }

    /// Puts the bytes of the segment between two places into the buffer, after the first `kept` of it.
    fn read_at(&self, buffer: &mut Vec<u8>, kept: usize, from: u64, to: u64) -> Result<(), StorageError> {
        let wanted = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        // What an earlier region left is written over, not wiped first.
        buffer.resize(kept.saturating_add(wanted), 0);
        let read = self.storage.read(self.segment, from, buffer.get_mut(kept..).unwrap_or_default())?;
        buffer.truncate(kept + read);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::MemoryStorage;

    /// Lines of every length around a region's end, and one longer than three regions.
    fn bytes() -> Vec<u8> {
        let region = usize::try_from(REGION_BYTES).unwrap();
        let mut bytes = Vec::new();
        for around in [region - 2, region - 1, region, region + 1, 3 * region + 7, 1, 5] {
            bytes.extend(vec![b'x'; around]);
            bytes.push(b'\n');
            bytes.extend(b"short\n\n");
        }
        bytes
    }

    fn shown(bytes: &[u8], limit: usize) -> (Vec<u8>, Vec<(u64, usize, bool)>) {
        let storage = MemoryStorage::new();
        storage.create(SegmentName::FIRST).unwrap();
        storage.append(SegmentName::FIRST, bytes).unwrap();
        let decode: Decode = |raw| Line::decode(raw.bytes, raw.place);
        let (mut all, mut lines) = (Vec::new(), Vec::new());
        for_each_region(
            &storage,
            (SegmentName::FIRST, limit as u64),
            &mut Buffers::default(),
            (decode, &|_: &Line<'_>| ()),
            &mut |block, made| {
                assert_eq!(block.start, all.len() as u64);
                all.extend_from_slice(block.bytes);
                lines.extend(made.iter().map(|(raw, _)| (raw.place.offset, raw.bytes.len(), raw.terminated)));
            },
        )
        .unwrap();
        (all, lines)
    }

    #[test]
    fn regions_together_are_the_segment_and_no_line_is_cut_or_shown_twice() {
        let bytes = bytes();
        let whole = Block { segment: SegmentName::FIRST, start: 0, bytes: &bytes };
        let expected: Vec<_> =
            whole.raw_lines().map(|raw| (raw.place.offset, raw.bytes.len(), raw.terminated)).collect();
        assert_eq!(shown(&bytes, bytes.len()), (bytes.clone(), expected));
    }

    #[test]
    fn a_segment_that_ends_inside_a_line_is_shown_to_its_end() {
        let bytes = bytes();
        for less in [1, 2, 3, 100] {
            let cut = bytes.len() - less;
            let (all, lines) = shown(&bytes, cut);
            assert_eq!(all, bytes[..cut]);
            let ended = bytes[cut - 1] == b'\n';
            assert_eq!(lines.last().map(|(_, _, terminated)| *terminated), Some(ended), "{less}");
        }
    }
}
