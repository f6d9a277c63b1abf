//! The container: a ZIP archive of the simplest kind, in which every byte follows from the entries.
//!
//! Stored, not compressed; no dates, no comments, no extra fields; the names in one order. Whatever opens ZIP files opens
//! it, and the reader here accepts the one spelling that the writer makes: nothing can hide between entries, behind the
//! end, or under a name that stands twice.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use crate::proof::file_digests::FileDigests;

/// The entry that comes first; all others follow in the order of their bytes.
pub(super) const MANIFEST: &str = "bundle.json";

/// The most entries read.
const ENTRIES_MAX: usize = 60_000;
/// The most bytes of entries kept in memory; evidence files are hashed as they go by and not kept.
const KEPT_MAX: u64 = 64 * 1024 * 1024;
/// Offsets and lengths are of 32 bits.
const ARCHIVE_MAX: u64 = u32::MAX as u64;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 1.0 of the format is enough to read it.
const VERSION: u16 = 10;
/// 1 January 1980, the first day that a ZIP archive can name.
const DATE: u16 = 0x21;
const BLOCK_BYTES: usize = 64 * 1024;

/// One entry as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) sha256: [u8; 32],
    pub(super) length: u64,
    pub(super) content: Content,
}

/// What was kept of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Its bytes.
    Kept(Vec<u8>),
    /// An evidence file: its digests.
    File(FileDigests),
}

/// Why bytes are no bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadBundleError {
    /// It does not begin like an archive at all.
    #[error("not an evidence bundle: it does not begin like a ZIP archive")]
    NotAnArchive,
    /// Its first entry is not a bundle's.
    #[error("a ZIP archive, but no evidence bundle: its first entry is not bundle.json")]
    NotABundle,
    /// A byte is not the one that the entries make.
    #[error("the archive is not written in the one way that is accepted: byte {at}")]
    Form {
        /// Where, from 0.
        at: u64,
    },
    /// An entry's bytes do not fit its checksum.
    #[error("entry {name} is damaged: its checksum does not fit")]
    Checksum {
        /// The entry.
        name: String,
    },
    /// A name that no bundle has, or one out of order.
    #[error("entry {name:?} does not belong there")]
    Name {
        /// The entry.
        name: String,
    },
    /// An entry is missing, or the entries do not belong together.
    #[error("entry {name} {why}")]
    Entry {
        /// The entry.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// More than is read.
    #[error("larger than anything that is read: {what}")]
    TooLarge {
        /// What.
        what: &'static str,
    },
    /// It could not be read.
    #[error("it could not be read")]
    Io(#[from] io::Error),
}

/// An entry to be written: its name, length and checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    name: String,
    crc: u32,
    length: u32,
    offset: u32,
}

impl Head {
    fn local(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(30 + self.name.len());
        bytes.extend(LOCAL.to_le_bytes());
        bytes.extend(VERSION.to_le_bytes());
        self.shared(&mut bytes);
        bytes.extend(self.name.as_bytes());
        bytes
    }

    fn central(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(46 + self.name.len());
        bytes.extend(CENTRAL.to_le_bytes());
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(VERSION.to_le_bytes());
        self.shared(&mut bytes);
        // No comment, disk 0, no attributes inside or outside.
        bytes.extend([0; 2 + 2 + 2 + 4]);
        bytes.extend(self.offset.to_le_bytes());
        bytes.extend(self.name.as_bytes());
        bytes
    }

    /// What both headers have: flags, method, time, date, checksum, lengths, name's length, no extra field.
    fn shared(&self, bytes: &mut Vec<u8>) {
        bytes.extend([0; 2 + 2 + 2]);
        bytes.extend(DATE.to_le_bytes());
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend([0; 2]);
    }
}

/// The bytes after the last entry: the directory and its end.
fn directory(heads: &[Head], start: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> = heads.iter().flat_map(Head::central).collect();
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let count = u16::try_from(heads.len()).unwrap_or(u16::MAX);
    bytes.extend(END.to_le_bytes());
    bytes.extend([0; 2 + 2]);
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// Writes an archive entry by entry.
pub(super) struct ArchiveWriter<'w> {
    out: &'w mut dyn Write,
    heads: Vec<Head>,
    written: u64,
}

impl<'w> ArchiveWriter<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, heads: Vec::new(), written: 0 }
    }

    pub(super) fn bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut crc = Crc::default();
        crc.update(bytes);
        self.begin(name, crc.finish(), bytes.len() as u64)?;
        self.out.write_all(bytes)
    }

    /// Writes a file that is read twice: once for its checksum, once for its bytes.
    pub(super) fn file(
        &mut self,
        name: &str,
        digests: &FileDigests,
        open: &mut dyn FnMut() -> io::Result<Box<dyn Read>>,
    ) -> io::Result<()> {
        let mut crc = Crc::default();
        let found = FileDigests::of_reader(&mut *open()?, |block| {
            crc.update(block);
            Ok(())
        })?;
        let changed = || io::Error::new(io::ErrorKind::InvalidData, format!("{name} is not what was recorded"));
        if found != *digests {
            return Err(changed());
        }
        self.begin(name, crc.finish(), digests.bytes)?;
        let copied = FileDigests::of_reader(&mut *open()?, |block| self.out.write_all(block))?;
        if copied == *digests { Ok(()) } else { Err(changed()) }
    }

    pub(super) fn finish(self) -> io::Result<()> {
        let start = u32::try_from(self.written).map_err(|_| too_long())?;
        let directory = directory(&self.heads, start);
        if self.heads.len() > ENTRIES_MAX || self.written + directory.len() as u64 > ARCHIVE_MAX {
            return Err(too_long());
        }
        self.out.write_all(&directory)?;
        self.out.flush()
    }

    fn begin(&mut self, name: &str, crc: u32, length: u64) -> io::Result<()> {
        let length = u32::try_from(length).map_err(|_| too_long())?;
        let offset = u32::try_from(self.written).map_err(|_| too_long())?;
        let head = Head { name: name.to_owned(), crc, length, offset };
        let local = head.local();
        self.out.write_all(&local)?;
        self.written += local.len() as u64 + u64::from(length);
        self.heads.push(head);
        Ok(())
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "a bundle has less than 4 GiB and 60,000 entries")
}

/// Reads an archive in one pass. `is_file` tells the names of evidence files, whose bytes are hashed and not kept.
pub(super) fn read_archive(
    source: &mut dyn Read,
    is_file: &dyn Fn(&str) -> bool,
) -> Result<Vec<Entry>, ReadBundleError> {
    let mut source = Counted { source, read: 0 };
    let (mut entries, mut heads, mut kept) = (Vec::<Entry>::new(), Vec::new(), 0_u64);
    loop {
        let offset = source.read;
        let mut signature = [0; 4];
        source.fill(&mut signature)?;
        match u32::from_le_bytes(signature) {
            LOCAL => {}
            CENTRAL if !entries.is_empty() => {
                source.expect_rest(&directory(&heads, offset_of(offset)?), 4)?;
                source.expect_end()?;
                return Ok(entries);
            }
            _ if offset == 0 => return Err(ReadBundleError::NotAnArchive),
            _ => return Err(ReadBundleError::Form { at: offset }),
        }
        let head = read_head(&mut source, offset)?;
        let before = entries.last().map(|entry| entry.name.as_str());
        check_order(before, &head.name)?;
        if !is_file(&head.name) {
            kept += u64::from(head.length);
        }
        if entries.len() == ENTRIES_MAX || kept > KEPT_MAX {
            return Err(ReadBundleError::TooLarge { what: "its entries" });
        }
        entries.push(read_entry(&mut source, &head, is_file(&head.name))?);
        heads.push(head);
    }
}

fn offset_of(offset: u64) -> Result<u32, ReadBundleError> {
    u32::try_from(offset).map_err(|_| ReadBundleError::TooLarge { what: "4 GiB" })
}

/// Reads a local header after its signature. It is accepted only if writing it gives the same bytes.
fn read_head(source: &mut Counted<'_>, offset: u64) -> Result<Head, ReadBundleError> {
    let mut fixed = [0; 26];
    source.fill(&mut fixed)?;
    let number = |at: usize| {
        let bytes = fixed.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        u32::from_le_bytes(bytes)
    };
    let length = fixed.get(22..24).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_le_bytes);
    let mut name = vec![0; usize::from(length)];
    source.fill(&mut name)?;
    let name = String::from_utf8(name).map_err(|_| ReadBundleError::Form { at: offset + 30 })?;
    let head = Head { name, crc: number(10), length: number(14), offset: offset_of(offset)? };
    let written = head.local();
    let read = [LOCAL.to_le_bytes().as_slice(), &fixed, head.name.as_bytes()].concat();
    match written.iter().zip(&read).position(|(written, read)| written != read) {
        None => Ok(head),
        Some(at) => Err(ReadBundleError::Form { at: offset + at as u64 }),
    }
}

fn check_order(before: Option<&str>, name: &str) -> Result<(), ReadBundleError> {
    let in_order = match before {
        None if name == MANIFEST => true,
        None => return Err(ReadBundleError::NotABundle),
        Some(MANIFEST) => name != MANIFEST,
        Some(before) => before < name && name != MANIFEST,
    };
    if in_order { Ok(()) } else { Err(ReadBundleError::Name { name: name.to_owned() }) }
}

fn read_entry(source: &mut Counted<'_>, head: &Head, is_file: bool) -> Result<Entry, ReadBundleError> {
    let (mut crc, mut sha256) = (Crc::default(), Sha256::new());
    let mut bytes = Vec::new();
    let mut limited = Limited { source, left: u64::from(head.length) };
    let digests = FileDigests::of_reader(&mut limited, |block| {
        crc.update(block);
        if !is_file {
            sha256.update(block);
            bytes.extend_from_slice(block);
        }
        Ok(())
    })?;
    if digests.bytes != u64::from(head.length) {
        return Err(ReadBundleError::Form { at: source.read });
    }
    if crc.finish() != head.crc {
        return Err(ReadBundleError::Checksum { name: head.name.clone() });
    }
    let content = if is_file { Content::File(digests) } else { Content::Kept(bytes) };
    Ok(Entry { name: head.name.clone(), sha256: *digests.sha256.as_bytes(), length: digests.bytes, content })
}

/// A source that knows how far it was read.
struct Counted<'s> {
    source: &'s mut dyn Read,
    read: u64,
}

impl Counted<'_> {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), ReadBundleError> {
        match self.source.read_exact(buffer) {
            Ok(()) => {
                self.read += buffer.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && self.read == 0 => {
                Err(ReadBundleError::NotAnArchive)
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(ReadBundleError::Form { at: self.read }),
            Err(error) => Err(error.into()),
        }
    }

    /// Compares what follows with the bytes that must follow, of which `seen` are read.
    fn expect_rest(&mut self, expected: &[u8], seen: usize) -> Result<(), ReadBundleError> {
        for block in expected.get(seen..).unwrap_or_default().chunks(BLOCK_BYTES) {
            let at = self.read;
            let mut found = vec![0; block.len()];
            self.fill(&mut found)?;
            if let Some(differs) = block.iter().zip(&found).position(|(expected, found)| expected != found) {
                return Err(ReadBundleError::Form { at: at + differs as u64 });
            }
        }
        Ok(())
    }

    fn expect_end(&mut self) -> Result<(), ReadBundleError> {
        let mut one = [0];
        match self.source.read(&mut one)? {
            0 => Ok(()),
            _ => Err(ReadBundleError::Form { at: self.read }),
        }
    }
}

/// The next so many bytes of a source.
struct Limited<'c, 's> {
    source: &'c mut Counted<'s>,
    left: u64,
}

impl Read for Limited<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.source.source.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= read as u64;
        self.source.read += read as u64;
        Ok(read)
    }
}

/// The checksum of ZIP archives: CRC-32 of IEEE 802.3.
struct Crc(u32);

impl Default for Crc {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc {
    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let index = usize::from(self.0.to_le_bytes()[0] ^ byte);
            self.0 = CRC_TABLE.get(index).copied().unwrap_or_default() ^ (self.0 >> 8);
        }
    }

    const fn finish(self) -> u32 {
        !self.0
    }
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the index is below 256; there is no `try_from` in a constant"
        )]
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
            bit += 1;
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "the loop stays below 256, and a constant is worked out by the compiler"
        )]
        {
            table[index] = value;
        }
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn written(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = ArchiveWriter::new(&mut out);
        for (name, bytes) in entries {
            writer.bytes(name, bytes).unwrap();
        }
        writer.finish().unwrap();
        out
    }

    fn read(bytes: &[u8]) -> Result<Vec<Entry>, ReadBundleError> {
        read_archive(&mut &*bytes, &|name| name.starts_with("evidence/"))
    }

    #[test]
    fn the_checksum_is_the_usual_one() {
        let mut crc = Crc::default();
        crc.update(b"123456789");
        assert_eq!(crc.finish(), 0xCBF4_3926);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let bytes = written(&[(MANIFEST, b"{}\n"), ("evidence/ab", b"pixels"), ("policy", b"")]);
        let entries = read(&bytes).unwrap();
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, [MANIFEST, "evidence/ab", "policy"]);
        assert_eq!(entries[0].content, Content::Kept(b"{}\n".to_vec()));
        assert_eq!(entries[1].content, Content::File(FileDigests::of(b"pixels")));
    }

    #[test]
    fn every_single_changed_missing_or_added_byte_is_refused() {
        let good = written(&[(MANIFEST, b"{}\n"), ("checkpoint", b"words"), ("policy", b"more words")]);
        for at in 0..good.len() {
            let mut changed = good.clone();
            changed[at] ^= 1;
            let accepted = read(&changed).is_ok_and(|entries| entries.len() == 3);
            assert!(!accepted, "byte {at} was changed");
            assert!(read(&good[..at]).is_err(), "cut at {at}");
            let mut longer = good.clone();
            longer.insert(at, 0);
            assert!(read(&longer).is_err(), "a byte more at {at}");
        }
        assert!(read(&[good.clone(), vec![0]].concat()).is_err());
        assert!(read(&[good.clone(), good.clone()].concat()).is_err());
    }

    #[test]
    fn names_stand_once_and_in_order() {
        for entries in [
            &[(MANIFEST, &b""[..]), ("b", b""), ("a", b"")][..],
            &[(MANIFEST, b""), ("a", b""), ("a", b"")],
            &[(MANIFEST, b""), (MANIFEST, b"")],
        ] {
            assert!(matches!(read(&written(entries)), Err(ReadBundleError::Name { .. })), "{entries:?}");
        }
        assert!(matches!(read(&written(&[("a", b"")])), Err(ReadBundleError::NotABundle)));
        assert!(matches!(read(b"hello"), Err(ReadBundleError::NotAnArchive)));
        assert!(matches!(read(b""), Err(ReadBundleError::NotAnArchive)));
    }
}
