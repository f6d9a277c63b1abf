//! A layer being written: entries in, in order; blocks, pages, root, header and tail out.

use std::collections::BTreeMap;
use std::io;

use super::block::{BLOCK_BYTES, BlockBuilder};
use super::files::LayerSink;
use super::layer::{Boundary, Extent, Header, MAGIC, TableHeader, end_digest};
use super::sieve::{Sieve, family_of, is_by_record, mark_of, sought};
use super::table_of;
use crate::record::RecordHash;

/// How long a page grows before compression.
const PAGE_BYTES: usize = 8 * 1024;

/// Writes one layer.
pub(super) struct LayerWriter {
    file: FileBuilder,
    block: BlockBuilder,
    page: BlockBuilder,
    root: BlockBuilder,
    last_key: Vec<u8>,
    tables: BTreeMap<String, Entries>,
    /// The marks that a guide is to know.
    guided: Vec<u64>,
}

/// What was written of one table.
#[derive(Default)]
struct Entries {
    count: u64,
    marks: Vec<u64>,
}

/// What a layer is of.
pub(super) struct Stretch {
    pub(super) log: RecordHash,
    pub(super) before: Option<Boundary>,
    pub(super) ends: Vec<Boundary>,
    pub(super) versions: Vec<(String, u32)>,
}

impl LayerWriter {
    pub(super) fn new(sink: Box<dyn LayerSink>) -> Self {
        Self {
            file: FileBuilder { sink, offset: 0 },
            block: BlockBuilder::default(),
            page: BlockBuilder::default(),
            root: BlockBuilder::default(),
            last_key: Vec::new(),
            tables: BTreeMap::new(),
            guided: Vec::new(),
        }
    }

    /// Adds an entry: keys in order, versions of one key from the newest to the oldest.
    pub(super) fn push(&mut self, key: &[u8], version: u64, value: Option<&[u8]>) -> io::Result<()> {
        let (table, is_another_key) = (table_of(key), self.last_key != key || self.tables.is_empty());
        if !self.tables.contains_key(table) {
            self.tables.insert(table.to_owned(), Entries::default());
        }
        if let Some(entries) = self.tables.get_mut(table) {
            entries.count += 1;
            if is_another_key {
                let before = entries.marks.len();
                entries.mark(key, &self.last_key);
                let new = entries.marks.get(before..).filter(|_| !is_by_record(key));
                self.guided.extend_from_slice(new.unwrap_or_default());
                self.last_key.clear();
                self.last_key.extend_from_slice(key);
            }
        }
        self.block.push(key, version, value);
        if self.block.len() >= BLOCK_BYTES { self.close_block() } else { Ok(()) }
    }

    /// Writes the rest. The layer is durable and has its name on return. Gives the marks that a guide is to know: those that
    /// its sieves let pass, but for rows that are kept by record alone.
    pub(super) fn finish(mut self, stretch: Stretch) -> io::Result<Vec<u64>> {
        self.close_block()?;
        self.close_page()?;
        let mut tables = BTreeMap::new();
        for (name, Entries { count, marks }) in std::mem::take(&mut self.tables) {
            tables.insert(name, TableHeader { entries: count, sieve: self.write_sieve(&marks)? });
        }
        let Stretch { log, before, ends, versions } = stretch;
        let header = Header { log, before, ends, versions, tables };
        let header = serde_json::to_vec(&header).map_err(io::Error::other)?;
        let (_, mut end) = self.root.finish();
        let root_at = self.file.offset;
        let root_bytes = length_of(&end)?;
        end.extend_from_slice(&header);
        let mut numbers = [0; 16];
        let parts = root_at.to_le_bytes().into_iter().chain(root_bytes.to_le_bytes());
        let parts = parts.chain(length_of(&header)?.to_le_bytes());
        numbers.iter_mut().zip(parts).for_each(|(number, part)| *number = part);
        let digest = end_digest(&end, &numbers);
        end.extend_from_slice(&numbers);
        end.extend_from_slice(&digest);
        end.extend_from_slice(MAGIC);
        self.file.write(&end)?;
        self.file.sink.finish()?;
        Ok(self.guided)
    }

    /// Writes the parts of a sieve, and then where each of them is.
    fn write_sieve(&mut self, marks: &[u64]) -> io::Result<Extent> {
        let mut index = Vec::new();
        let mut sieve = Sieve::with_room_for(marks.len());
        for mark in marks {
            sieve.enter(*mark);
        }
        for part in sieve.into_parts() {
            index.extend_from_slice(&self.file.write(&part)?.to_bytes());
        }
        self.file.write(&index)
    }

    fn close_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let (first, bytes) = self.block.finish();
        let extent = self.file.write(&bytes)?;
        self.page.push(&first, 0, Some(&extent.to_bytes()));
        if self.page.len() >= PAGE_BYTES { self.close_page() } else { Ok(()) }
    }

    fn close_page(&mut self) -> io::Result<()> {
        if self.page.is_empty() {
            return Ok(());
        }
        let (first, bytes) = self.page.finish();
        let extent = self.file.write(&bytes)?;
        self.root.push(&first, 0, Some(&extent.to_bytes()));
        Ok(())
    }
}

impl Entries {
    /// Marks a key that is not the one before, and its family where that is not the family before.
    fn mark(&mut self, key: &[u8], before: &[u8]) {
        let family = family_of(key);
        if family != family_of(before) {
            self.marks.extend(family.map(mark_of));
        }
        if sought(key) == key {
            self.marks.push(mark_of(key));
        }
    }
}

struct FileBuilder {
    sink: Box<dyn LayerSink>,
    offset: u64,
}

impl FileBuilder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<Extent> {
        self.sink.write(bytes)?;
        let blake3 = RecordHash::from_bytes(*blake3::hash(bytes).as_bytes());
        let extent = Extent { offset: self.offset, bytes: length_of(bytes)?, blake3 };
        self.offset += bytes.len() as u64;
        Ok(extent)
    }
}

fn length_of(bytes: &[u8]) -> io::Result<u32> {
    u32::try_from(bytes.len()).map_err(io::Error::other)
}
