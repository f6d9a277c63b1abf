//! Finished segments checked whole, by the digests that the log itself holds of them.

use rayon::prelude::*;

use super::SegmentName;
use super::blocks::{BlockReader, Line};
use super::chain::{ChainFault, Place, check_seal, seal_of};
use super::segment::{SealedSegment, SegmentDigest};
use super::storage::{Storage, StorageError};
use super::verify::Finding;

/// How much of the next segment is read to find the seal in its first line.
const SEAL_BYTES: usize = 4 * 1024;
/// How much is hashed at a time: little enough to stay in a core's own cache between reading and hashing.
const PIECE_BYTES: usize = 128 * 1024;
/// So many segments are hashed between two words on how far it is.
const SEGMENTS_AT_ONCE: usize = 32;

/// What the log holds of one finished segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedSeal {
    /// The finished segment.
    pub name: SegmentName,
    /// Its length in bytes as it lies there.
    pub bytes: u64,
    /// The segment that begins after it, whose first record is the seal.
    pub held_by: SegmentName,
    /// The seal; nothing where that record is none.
    pub says: Option<SealedSegment>,
}

/// Reads the seal of every finished segment, in order: one line of each segment but the first (FORMAT.md §2).
///
/// `parse_sealed` reads a seal from the body that opens a segment. Where the last segment has no readable first line yet,
/// because it is just being begun or a crash left it so, the one before it has no seal yet and is not among them.
///
/// # Errors
/// [`StorageError`] where a segment cannot be read.
pub fn recorded_seals(
    storage: &dyn Storage,
    parse_sealed: &(dyn Fn(&str) -> Option<SealedSegment> + Sync),
) -> Result<Vec<RecordedSeal>, StorageError> {
    let names = storage.segments()?;
    let mut seals = Vec::with_capacity(names.len());
    for (&name, &held_by) in names.iter().zip(names.iter().skip(1)) {
        let mut blocks = BlockReader::new(held_by, 0, storage.length(held_by)?).with_block_bytes(SEAL_BYTES);
        let first = blocks.next(storage)?.and_then(|block| block.raw_lines().next());
        let line = first.filter(|raw| raw.terminated).and_then(|raw| Line::decode(raw.bytes, raw.place).ok());
        if line.is_none() && names.last() == Some(&held_by) {
            break;
        }
        let says = line.and_then(|line| parse_sealed(line.envelope.body));
        seals.push(RecordedSeal { name, bytes: storage.length(name)?, held_by, says });
    }
    Ok(seals)
}

/// Hashes finished segments whole, on all cores, and compares each with its seal. Gives what does not hold, in order.
///
/// A seal is itself a record of the next segment, so the digests are a chain: whoever knows the head, and walked the
/// records of the last segment up to it, knows by this that every byte before it is the one that was sealed. It says
/// nothing of what the records are: that is [`verify`](super::verify())'s work. `progress` is told how many bytes are
/// done, of how many.
///
/// # Errors
/// [`StorageError`] where a segment cannot be read: then nothing was proved either way.
pub fn check_seals(
    storage: &dyn Storage,
    seals: &[RecordedSeal],
    mut progress: Option<&mut dyn FnMut(u64, u64)>,
) -> Result<Vec<Finding>, StorageError> {
    let all: u64 = seals.iter().map(|seal| seal.bytes).sum();
    let (mut done, mut findings) = (0, Vec::new());
    for some in seals.chunks(SEGMENTS_AT_ONCE) {
        let checked: Vec<Option<Finding>> =
            some.par_iter().map(|seal| check(storage, seal)).collect::<Result<_, _>>()?;
        findings.extend(checked.into_iter().flatten());
        done += some.iter().map(|seal| seal.bytes).sum::<u64>();
        if let Some(progress) = &mut progress {
            progress(done, all);
        }
    }
    Ok(findings)
}

fn check(storage: &dyn Storage, seal: &RecordedSeal) -> Result<Option<Finding>, StorageError> {
    let digest = digest_of(storage, seal.name, seal.bytes)?;
    let found = seal_of(seal.name, seal.held_by.first().previous(), seal.bytes, digest);
    let fault: Option<ChainFault> = check_seal(seal.says.clone(), &found).err();
    let place = Place { segment: seal.held_by, offset: 0 };
    Ok(fault.map(|fault| Finding { seq: seal.held_by.first(), segment: place.segment, offset: place.offset, fault }))
}

fn digest_of(storage: &dyn Storage, name: SegmentName, bytes: u64) -> Result<SegmentDigest, StorageError> {
    let mut hasher = blake3::Hasher::new();
    let mut left = bytes;
    storage.read_pieces(name, &mut vec![0; PIECE_BYTES], &mut |piece| {
        // What was written to it since its length was taken is not looked at.
        let taken = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        hasher.update(piece.get(..taken).unwrap_or_default());
        left -= taken as u64;
        left > 0
    })?;
    Ok(SegmentDigest::of_hasher(&hasher))
}
