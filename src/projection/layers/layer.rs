//! One layer, open for reading.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::block::{Block, Malformed, Place};
use super::cache::BlockCache;
use super::files::{LayerFile, LayerFiles, LayerName};
use super::sieve::{may_hold, part_of};
use crate::projection::rows::RowError;
use crate::record::RecordHash;
use crate::vocab::Seq;

/// What a layer's file ends with.
pub(super) const MAGIC: &[u8; 17] = b"ceasefire.layer/3";
/// What every layer's file ends with, but for its version.
const ANY_MAGIC: &[u8] = b"ceasefire.layer/";
/// Root offset, root length, header length, digest, magic.
pub(super) const TAIL_BYTES: usize = 8 + 4 + 4 + 32 + MAGIC.len();

/// A record at which the rows of a layer stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boundary {
    /// Its position.
    pub seq: Seq,
    /// Its hash.
    pub head: RecordHash,
}

/// What a layer says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// The log: the hash of its record 1.
    pub(super) log: RecordHash,
    /// The end of the layer before; nothing where this one begins at record 1.
    pub(super) before: Option<Boundary>,
    /// The records at which the rows stand, in order; the last one is the layer's own.
    pub(super) ends: Vec<Boundary>,
    /// The projections' names and versions.
    pub(super) versions: Vec<(String, u32)>,
    /// The tables that it has rows of.
    pub(super) tables: BTreeMap<String, TableHeader>,
}

/// What a layer says of one of its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableHeader {
    /// How many entries it has.
    pub(super) entries: u64,
    /// Where it is written where the parts of its sieve are.
    pub(super) sieve: Extent,
}

/// A part of a layer's file, and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extent {
    pub(super) offset: u64,
    pub(super) bytes: u32,
    pub(super) blake3: RecordHash,
}

impl Extent {
    /// Its length as bytes.
    const BYTES: usize = 8 + 4 + 32;

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let parts = self.offset.to_le_bytes().into_iter().chain(self.bytes.to_le_bytes());
        let parts = parts.chain(*self.blake3.as_bytes());
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (offset, rest) = bytes.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let digest: [u8; 32] = rest.try_into().ok()?;
        let (offset, bytes) = (u64::from_le_bytes(*offset), u32::from_le_bytes(*length));
        Some(Self { offset, bytes, blake3: RecordHash::from_bytes(digest) })
    }
}

/// Says why a layer cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LayerFault {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("{0}")]
    Damaged(&'static str),
}

impl From<Malformed> for LayerFault {
    fn from(Malformed: Malformed) -> Self {
        Self::Damaged("a part of it is not what a layer is made of")
    }
}

/// A layer.
pub(super) struct Layer {
    pub(super) name: LayerName,
    pub(super) header: Header,
    files: Arc<dyn LayerFiles>,
    file: Box<dyn LayerFile>,
    root: Arc<Block>,
    /// Tells its blocks from those of other layers in the cache.
    number: u64,
    cache: Arc<BlockCache>,
    sieves: BTreeMap<String, TableSieve>,
}

/// The sieve of one table.
struct TableSieve {
    index: Extent,
    parts: OnceLock<Vec<SievePart>>,
}

/// A part of a sieve, read when it is first asked.
struct SievePart {
    at: Extent,
    bits: OnceLock<Vec<u8>>,
}

impl Layer {
    /// Opens a layer: its end is read and checked, nothing else.
    pub(super) fn open(
        files: &Arc<dyn LayerFiles>,
        name: LayerName,
        cache: &Arc<BlockCache>,
    ) -> Result<Self, LayerFault> {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let file = files.open(name)?;
        let (root, header) = read_end(file.as_ref())?;
        let last = header.ends.last().map(|end| end.seq);
        let first = header.before.map_or(Seq::FIRST, |before| before.seq.next());
        if last != Some(name.last) || first != name.first {
            return Err(LayerFault::Damaged("it is not of the records that it is named by"));
        }
        let sieve = |table: &TableHeader| TableSieve { index: table.sieve, parts: OnceLock::new() };
        let sieves = header.tables.iter().map(|(name, table)| (name.clone(), sieve(table))).collect();
        Ok(Self {
            name,
            header,
            files: Arc::clone(files),
            file,
            root: Arc::new(root),
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            cache: Arc::clone(cache),
            sieves,
        })
    }

    /// Tells whether it has any row of a table.
    pub(super) fn holds_table(&self, table: &str) -> bool {
        self.sieves.contains_key(table)
    }

    /// Tells whether a table may hold a key, or any key of a family; `false` is certain. `mark` is that of what is looked for.
    pub(super) fn may_hold(&self, table: &str, mark: u64) -> Result<bool, RowError> {
        self.sifted(table, mark).map_err(|fault| self.failed(&fault))
    }

    fn sifted(&self, table: &str, mark: u64) -> Result<bool, LayerFault> {
        let Some(sieve) = self.sieves.get(table) else { return Ok(false) };
        let parts = read_once(&sieve.parts, || sieve_parts(&self.read(sieve.index)?))?;
        let part = parts.get(part_of(mark, parts.len())).ok_or(Malformed)?;
        Ok(may_hold(read_once(&part.bits, || self.read(part.at))?, mark))
    }

    /// Goes to the first entry of a key or after it.
    pub(super) fn seek(self: &Arc<Self>, key: &[u8]) -> Result<LayerCursor, RowError> {
        LayerCursor::at(Arc::clone(self), key).map_err(|fault| self.failed(&fault))
    }

    /// Gives a block; one that had to be read is kept for others where that is asked for.
    fn block(&self, extent: Extent, keep: bool) -> Result<Arc<Block>, LayerFault> {
        let at = (self.number, extent.offset);
        if let Some(block) = self.cache.block(at) {
            return Ok(block);
        }
        let block = Arc::new(Block::read(&self.read(extent)?)?);
        if keep {
            self.cache.keep(at, Arc::clone(&block));
        }
        Ok(block)
    }

    /// Reads a part and compares it with its hash.
    fn read(&self, extent: Extent) -> Result<Vec<u8>, LayerFault> {
        let mut bytes = vec![0; usize::try_from(extent.bytes).unwrap_or(usize::MAX)];
        self.file.read(extent.offset, &mut bytes)?;
        if blake3::hash(&bytes).as_bytes() == extent.blake3.as_bytes() {
            Ok(bytes)
        } else {
            Err(LayerFault::Damaged("a part of it does not have the hash that it should have"))
        }
    }

    /// Removes a layer that is not whole, so that the next one who opens the ledger makes it anew.
    fn failed(&self, fault: &LayerFault) -> RowError {
        if matches!(fault, LayerFault::Damaged(_)) {
            // Should it stay, it will be found damaged again.
            let _ = self.files.remove(self.name);
        }
        RowError::Layer { layer: self.name.to_string(), what: fault.to_string() }
    }
}

/// Reads what was not read yet. Two who ask at once may both read it.
fn read_once<T>(cell: &OnceLock<T>, read: impl FnOnce() -> Result<T, LayerFault>) -> Result<&T, LayerFault> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let read = read()?;
    Ok(cell.get_or_init(|| read))
}

fn sieve_parts(index: &[u8]) -> Result<Vec<SievePart>, LayerFault> {
    let (extents, rest) = index.as_chunks::<{ Extent::BYTES }>();
    let part = |extent: &[u8; Extent::BYTES]| {
        let at = Extent::from_bytes(extent)?;
        Some(SievePart { at, bits: OnceLock::new() })
    };
    let parts: Option<Vec<SievePart>> = extents.iter().map(part).collect();
    Ok(parts.filter(|_| rest.is_empty()).ok_or(Malformed)?)
}

fn read_end(file: &dyn LayerFile) -> Result<(Block, Header), LayerFault> {
    let damaged = || LayerFault::Damaged("its end is not that of a layer");
    let length = file.length()?;
    let tail_at = length.checked_sub(TAIL_BYTES as u64).ok_or_else(damaged)?;
    let mut tail = [0; TAIL_BYTES];
    file.read(tail_at, &mut tail)?;
    let (numbers, rest) = tail.split_first_chunk::<16>().ok_or_else(damaged)?;
    let (digest, magic) = rest.split_first_chunk::<32>().ok_or_else(damaged)?;
    let [o1, o2, o3, o4, o5, o6, o7, o8, r1, r2, r3, r4, h1, h2, h3, h4] = *numbers;
    let root_at = u64::from_le_bytes([o1, o2, o3, o4, o5, o6, o7, o8]);
    let (root_bytes, header_bytes) = (u32::from_le_bytes([r1, r2, r3, r4]), u32::from_le_bytes([h1, h2, h3, h4]));
    let end = root_at.checked_add(u64::from(root_bytes)).and_then(|end| end.checked_add(u64::from(header_bytes)));
    if magic != MAGIC && magic.starts_with(ANY_MAGIC) {
        return Err(LayerFault::Damaged("it is of another version of this program"));
    }
    if magic != MAGIC || end != Some(tail_at) {
        return Err(damaged());
    }
    let mut bytes = vec![0; usize::try_from(tail_at - root_at).map_err(|_| damaged())?];
    file.read(root_at, &mut bytes)?;
    if end_digest(&bytes, numbers) != *digest {
        return Err(LayerFault::Damaged("its end does not have the hash that it should have"));
    }
    let root_bytes = usize::try_from(root_bytes).map_err(|_| damaged())?;
    let (root, header) = bytes.split_at_checked(root_bytes).ok_or_else(damaged)?;
    let header = serde_json::from_slice(header).map_err(|_| LayerFault::Damaged("it says nothing of itself"))?;
    Ok((Block::read(root)?, header))
}

/// The digest of root, header and the numbers that say where they are.
pub(super) fn end_digest(root_and_header: &[u8], numbers: &[u8; 16]) -> [u8; 32] {
    *blake3::Hasher::new().update(root_and_header).update(numbers).finalize().as_bytes()
}

/// A walk over the entries of a layer, every version of a key from the newest to the oldest.
pub(super) struct LayerCursor {
    layer: Arc<Layer>,
    root_at: Place,
    page: Arc<Block>,
    page_at: Place,
    block: Arc<Block>,
    at: Place,
    over: bool,
    /// How many parts it has gone through.
    parts: u32,
}

/// A walk that goes on for longer keeps what it reads for nobody: it would push out what is asked for again and again.
const KEPT_PARTS: u32 = 4;

impl LayerCursor {
    fn at(layer: Arc<Layer>, key: &[u8]) -> Result<Self, LayerFault> {
        let root = Arc::clone(&layer.root);
        let (page, block) = (Arc::clone(&root), Arc::clone(&root));
        let (root_at, page_at, at) = (Place::default(), Place::default(), Place::default());
        let mut cursor = Self { layer, root_at, page, page_at, block, at, over: false, parts: 0 };
        if !cursor.root_at.seek_below(&root, key)? {
            cursor.over = true;
            return Ok(cursor);
        }
        cursor.open_page()?;
        if !cursor.page_at.seek_below(&cursor.page, key)? {
            return Err(Malformed.into());
        }
        cursor.open_block()?;
        while cursor.step()? && cursor.key() < key {}
        Ok(cursor)
    }

    fn child(layer: &Layer, parts: &mut u32, of: &Block, at: &Place) -> Result<Arc<Block>, LayerFault> {
        let extent = at.value(of).and_then(Extent::from_bytes).ok_or(Malformed)?;
        *parts = parts.saturating_add(1);
        layer.block(extent, *parts <= KEPT_PARTS)
    }

    fn open_page(&mut self) -> Result<(), LayerFault> {
        self.page = Self::child(&self.layer, &mut self.parts, &self.layer.root, &self.root_at)?;
        Ok(())
    }

    fn open_block(&mut self) -> Result<(), LayerFault> {
        self.block = Self::child(&self.layer, &mut self.parts, &self.page, &self.page_at)?;
        Ok(())
    }

    fn step(&mut self) -> Result<bool, LayerFault> {
        while !self.over && !self.at.step(&self.block)? {
            if !self.page_at.step(&self.page)? {
                if !self.root_at.step(&self.layer.root)? {
                    self.over = true;
                    break;
                }
                self.open_page()?;
                self.page_at = Place::default();
                if !self.page_at.step(&self.page)? {
                    return Err(Malformed.into());
                }
            }
            self.open_block()?;
            self.at = Place::default();
        }
        Ok(!self.over)
    }

    /// Goes to the next entry.
    pub(super) fn advance(&mut self) -> Result<(), RowError> {
        self.step().map(drop).map_err(|fault| self.layer.failed(&fault))
    }

    /// Tells whether there is no entry left.
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn key(&self) -> &[u8] {
        self.at.key()
    }

    pub(super) const fn version(&self) -> u64 {
        self.at.version()
    }

    /// Gives the value; nothing where the row was removed.
    pub(super) fn value(&self) -> Option<&[u8]> {
        self.at.value(&self.block)
    }
}
