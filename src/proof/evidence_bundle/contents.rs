//! What a bundle holds, and under which names.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read, Write};

use super::archive::{ArchiveWriter, Content, Entry, MANIFEST, ReadBundleError, read_archive};
use super::facts::{Facts, FactsError};
use super::page::page;
use crate::proof::checkpoint::Checkpoint;
use crate::proof::disclosure::Disclosure;
use crate::proof::file_digests::FileDigests;
use crate::proof::note::Note;
use crate::proof::policy::Policy;
use crate::proof::rfc4648;
use crate::proof::tlog_proof::TlogProof;
use crate::proof::tree::{TreeHash, parse_decimal};
use crate::record::MAX_RECORD_BYTES;
use crate::vocab::Digest32;

const CHECKPOINT: &str = "checkpoint";
const POLICY: &str = "policy";
const PAGE: &str = "page.html";
const RECORDS: &str = "records/";
const PROOFS: &str = "proofs/";
const DISCLOSURES: &str = "disclosures/";
const EVIDENCE: &str = "evidence/";
const TIMESTAMPS: &str = "timestamps/";
/// The most hashes of a consistency proof below 2⁶³ leaves.
const CONSISTENCY_HASHES_MAX: usize = 65;

/// What a bundle is put together from, and what is found in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleParts {
    /// The checkpoint that every proof leads to.
    pub checkpoint: Note,
    /// The policy's text.
    pub policy: Vec<u8>,
    /// The records, in order of position.
    pub records: Vec<RecordPart>,
    /// Timestamps of beginnings of the log, in order of size.
    pub stamped: Vec<StampedTree>,
    /// Evidence files and timestamps of them, in order of hash.
    pub evidence: Vec<EvidencePart>,
}

/// A record with what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPart {
    /// Its position, from 1.
    pub seq: u64,
    /// Its line without the newline.
    pub line: Vec<u8>,
    /// Its inclusion proof.
    pub proof: TlogProof,
    /// Sealed values that are opened, in order of their text.
    pub disclosures: Vec<Disclosure>,
}

/// A beginning of the log that was given to a timestamp authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampedTree {
    /// The tree; the timestamp is over the SHA-256 of its checkpoint text.
    pub tree: Checkpoint,
    /// The proof that the bundle's checkpoint goes on from it.
    pub consistency: Vec<TreeHash>,
    /// The RFC 3161 reply in DER.
    pub reply: Vec<u8>,
}

/// An evidence file: enclosed, or stamped, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidencePart {
    /// BLAKE3 of its bytes.
    pub blake3: Digest32,
    /// What its bytes are, where the file is enclosed.
    pub file: Option<FileDigests>,
    /// The RFC 3161 reply over its SHA-256, in DER.
    pub reply: Option<Vec<u8>>,
}

/// A bundle: its parts, and the page made from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceBundle {
    pub(super) parts: BundleParts,
    pub(super) page: Vec<u8>,
    /// Every entry but the page and the manifest.
    pub(super) listed: Listed,
}

/// Entries by name, each with its length and SHA-256.
pub(super) type Listed = BTreeMap<String, (u64, Digest32)>;

/// Why parts make no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// What they say does not hold.
    #[error("a bundle of these parts would not hold: {0}")]
    Facts(#[from] FactsError),
}

/// Opens the bytes of an evidence file, as often as it is asked.
pub type OpenEvidence<'a> = &'a mut dyn FnMut(&Digest32) -> io::Result<Box<dyn Read>>;

impl EvidenceBundle {
    /// Puts a bundle together and writes its page. The same parts give the same bytes.
    ///
    /// # Errors
    /// [`AssembleError`] where a part does not prove what it is there for.
    pub fn assemble(mut parts: BundleParts) -> Result<Self, AssembleError> {
        parts.records.sort_by_key(|record| record.seq);
        for record in &mut parts.records {
            record.disclosures.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        }
        parts.stamped.sort_by_key(|stamped| stamped.tree.size());
        parts.evidence.sort_by_key(|evidence| evidence.blake3);
        let mut bundle = Self { parts, page: Vec::new(), listed: Listed::new() };
        bundle.listed = listed(&bundle.small_entries(), bundle.files());
        bundle.page = page(&Facts::of(&bundle.parts)?, &bundle.listed).into_bytes();
        Ok(bundle)
    }

    /// Gives what the bundle holds.
    #[must_use]
    pub const fn parts(&self) -> &BundleParts {
        &self.parts
    }

    /// Gives the page, as it stands in the file.
    #[must_use]
    pub fn page(&self) -> &[u8] {
        &self.page
    }

    /// Writes the file. Evidence files are read twice and compared with their digests on both readings.
    ///
    /// # Errors
    /// Whatever `out` or `open` answers; `InvalidData` where an evidence file is not what it should be, and
    /// `FileTooLarge` above 4 GiB.
    pub fn write(&self, out: &mut dyn Write, open: OpenEvidence<'_>) -> io::Result<()> {
        let mut small = self.small_entries();
        let files: BTreeMap<String, FileDigests> = self.files().collect();
        small.insert(PAGE.to_owned(), self.page.clone());
        let listed = listed(&small, self.files());
        let mut writer = ArchiveWriter::new(out);
        writer.bytes(MANIFEST, manifest(&listed).as_bytes())?;
        for name in listed.keys() {
            match (small.get(name), files.get(name)) {
                (Some(bytes), _) => writer.bytes(name, bytes)?,
                (None, Some(digests)) => writer.file(name, digests, &mut || open(&digests.blake3))?,
                (None, None) => {}
            }
        }
        writer.finish()
    }

    /// Reads a file in one pass, strictly. What it says is not checked yet: see [`check`](Self::check).
    ///
    /// # Errors
    /// [`ReadBundleError`].
    pub fn read(source: &mut dyn Read) -> Result<Self, ReadBundleError> {
        let entries = read_archive(source, &is_evidence_file)?;
        let others = entries.iter().filter(|entry| entry.name != MANIFEST);
        let mut listed: Listed =
            others.map(|entry| (entry.name.clone(), (entry.length, Digest32::new(entry.sha256)))).collect();
        let manifest = manifest(&listed);
        listed.remove(PAGE);
        let mut shelves = Shelves::of(entries)?;
        if shelves.take(MANIFEST)? != manifest.as_bytes() {
            return Err(wrong(MANIFEST, "does not list the entries as they are"));
        }
        let bundle = Self { page: shelves.take(PAGE)?, parts: shelves.parts()?, listed };
        shelves.expect_empty()?;
        Ok(bundle)
    }

    fn small_entries(&self) -> BTreeMap<String, Vec<u8>> {
        let BundleParts { checkpoint, policy, records, stamped, evidence } = &self.parts;
        let mut entries = BTreeMap::new();
        entries.insert(CHECKPOINT.to_owned(), checkpoint.to_string().into_bytes());
        entries.insert(POLICY.to_owned(), policy.clone());
        for record in records {
            let seq = record.seq;
            entries.insert(format!("{RECORDS}{seq:020}.json"), record.line.clone());
            entries.insert(format!("{PROOFS}{seq:020}.tlog-proof"), record.proof.to_string().into_bytes());
            if !record.disclosures.is_empty() {
                let lines = record.disclosures.iter().map(|disclosure| format!("{}\n", disclosure.as_str()));
                entries.insert(format!("{DISCLOSURES}{seq:020}"), lines.collect::<String>().into_bytes());
            }
        }
        for stamped in stamped {
            let at = format!("{TIMESTAMPS}{:020}", stamped.tree.size());
            let hashes = stamped.consistency.iter().map(|hash| format!("{}\n", hash.to_base64()));
            entries.insert(format!("{at}.consistency"), hashes.collect::<String>().into_bytes());
            entries.insert(format!("{at}.checkpoint"), stamped.tree.to_string().into_bytes());
            entries.insert(format!("{at}.tsr"), stamped.reply.clone());
        }
        for evidence in evidence {
            if let Some(reply) = &evidence.reply {
                entries.insert(format!("{EVIDENCE}{}.tsr", evidence.blake3), reply.clone());
            }
        }
        entries
    }

    fn files(&self) -> impl Iterator<Item = (String, FileDigests)> {
        let files = self.parts.evidence.iter().filter_map(|evidence| evidence.file);
        files.map(|digests| (format!("{EVIDENCE}{}", digests.blake3), digests))
    }
}

fn listed(small: &BTreeMap<String, Vec<u8>>, files: impl Iterator<Item = (String, FileDigests)>) -> Listed {
    let entry = |name: &str, digests: &FileDigests| (name.to_owned(), (digests.bytes, digests.sha256));
    let small = small.iter().map(|(name, bytes)| entry(name, &FileDigests::of(bytes)));
    small.chain(files.map(|(name, digests)| entry(&name, &digests))).collect()
}

/// The manifest: one line of JSON, its members in this order, no white space.
fn manifest(listed: &Listed) -> String {
    let mut text = String::from(r#"{"format":"ceasefire.bundle/1","entries":["#);
    for (index, (name, (bytes, sha256))) in listed.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // A name has no character that JSON escapes.
        let _ = write!(text, r#"{comma}{{"name":"{name}","bytes":{bytes},"sha256":"{sha256}"}}"#);
    }
    text.push_str("]}\n");
    text
}

fn is_evidence_file(name: &str) -> bool {
    name.strip_prefix(EVIDENCE).is_some_and(|hash| Digest32::parse(hash).is_some())
}

fn wrong(name: &str, why: impl Into<String>) -> ReadBundleError {
    ReadBundleError::Entry { name: name.to_owned(), why: why.into() }
}

/// The entries by name, each to be taken once.
struct Shelves {
    small: BTreeMap<String, Vec<u8>>,
    files: BTreeMap<String, FileDigests>,
}

impl Shelves {
    fn of(entries: Vec<Entry>) -> Result<Self, ReadBundleError> {
        let mut shelves = Self { small: BTreeMap::new(), files: BTreeMap::new() };
        for entry in entries {
            // Only letters, digits and four marks: a name in a bundle cannot lead anywhere when it is unpacked.
            let plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b'-');
            if !entry.name.bytes().all(plain) || entry.name.contains("..") {
                return Err(ReadBundleError::Name { name: entry.name });
            }
            match entry.content {
                Content::Kept(bytes) => drop(shelves.small.insert(entry.name, bytes)),
                Content::File(digests) => drop(shelves.files.insert(entry.name, digests)),
            }
        }
        Ok(shelves)
    }

    fn take(&mut self, name: &str) -> Result<Vec<u8>, ReadBundleError> {
        self.small.remove(name).ok_or_else(|| wrong(name, "is missing"))
    }

    fn expect_empty(self) -> Result<(), ReadBundleError> {
        match self.small.into_keys().chain(self.files.into_keys()).next() {
            None => Ok(()),
            Some(name) => Err(ReadBundleError::Name { name }),
        }
    }

    /// The numbers of entries `<folder><20 digits><ending>`.
    fn numbered(&self, folder: &str, ending: &str) -> Result<Vec<u64>, ReadBundleError> {
        let names = self.small.keys().filter(|name| name.starts_with(folder) && name.ends_with(ending));
        names
            .map(|name| {
                let digits = name.get(folder.len()..name.len() - ending.len()).unwrap_or_default();
                let number = digits.trim_start_matches('0');
                let number = parse_decimal(number).filter(|number| digits.len() == 20 && *number > 0);
                number.ok_or_else(|| ReadBundleError::Name { name: name.clone() })
            })
            .collect()
    }

    fn parts(&mut self) -> Result<BundleParts, ReadBundleError> {
        let checkpoint = self.take(CHECKPOINT)?;
        let note = Note::parse(&checkpoint).map_err(|error| wrong(CHECKPOINT, error.to_string()))?;
        if note.to_string().as_bytes() != checkpoint {
            return Err(wrong(CHECKPOINT, "is not written in the one way that is accepted"));
        }
        let policy = self.take(POLICY)?;
        Policy::parse(&policy).map_err(|error| wrong(POLICY, error.to_string()))?;
        let records = self.numbered(RECORDS, ".json")?;
        let records = records.into_iter().map(|seq| self.record(seq)).collect::<Result<Vec<_>, _>>()?;
        let stamped = self.numbered(TIMESTAMPS, ".checkpoint")?;
        let stamped = stamped.into_iter().map(|size| self.stamped(size)).collect::<Result<Vec<_>, _>>()?;
        Ok(BundleParts { checkpoint: note, policy, records, stamped, evidence: self.evidence()? })
    }

    fn record(&mut self, seq: u64) -> Result<RecordPart, ReadBundleError> {
        let name = format!("{RECORDS}{seq:020}.json");
        let line = self.take(&name)?;
        if line.len() > MAX_RECORD_BYTES {
            return Err(wrong(&name, "is longer than any record"));
        }
        let name = format!("{PROOFS}{seq:020}.tlog-proof");
        let bytes = self.take(&name)?;
        let proof = TlogProof::parse(&bytes).map_err(|error| wrong(&name, error.to_string()))?;
        if proof.to_string().as_bytes() != bytes {
            return Err(wrong(&name, "is not written in the one way that is accepted"));
        }
        let disclosures = match self.small.remove(&format!("{DISCLOSURES}{seq:020}")) {
            Some(bytes) => disclosures(&bytes).ok_or_else(|| {
                wrong(&format!("{DISCLOSURES}{seq:020}"), "is not a sorted list of disclosures, one a line")
            })?,
            None => Vec::new(),
        };
        Ok(RecordPart { seq, line, proof, disclosures })
    }

    fn stamped(&mut self, size: u64) -> Result<StampedTree, ReadBundleError> {
        let at = format!("{TIMESTAMPS}{size:020}");
        let name = format!("{at}.checkpoint");
        let text = String::from_utf8(self.take(&name)?).unwrap_or_default();
        let tree: Checkpoint = text.parse().map_err(|_| wrong(&name, "is no checkpoint text"))?;
        if tree.size() != size {
            return Err(wrong(&name, "is of another size"));
        }
        let name = format!("{at}.consistency");
        let consistency = hashes(&self.take(&name)?).ok_or_else(|| wrong(&name, "is no list of hashes"))?;
        Ok(StampedTree { tree, consistency, reply: self.take(&format!("{at}.tsr"))? })
    }

    fn evidence(&mut self) -> Result<Vec<EvidencePart>, ReadBundleError> {
        let mut evidence: BTreeMap<Digest32, EvidencePart> = BTreeMap::new();
        let blank = |blake3| EvidencePart { blake3, file: None, reply: None };
        for (name, digests) in std::mem::take(&mut self.files) {
            let blake3 = name.strip_prefix(EVIDENCE).and_then(Digest32::parse);
            match blake3.filter(|blake3| *blake3 == digests.blake3) {
                Some(blake3) => evidence.entry(blake3).or_insert_with(|| blank(blake3)).file = Some(digests),
                None => return Err(wrong(&name, format!("has BLAKE3 {}", digests.blake3))),
            }
        }
        let replies: Vec<String> = self.small.keys().filter(|name| name.starts_with(EVIDENCE)).cloned().collect();
        for name in replies {
            let hash = name.strip_prefix(EVIDENCE).and_then(|rest| rest.strip_suffix(".tsr")).and_then(Digest32::parse);
            let blake3 = hash.ok_or_else(|| ReadBundleError::Name { name: name.clone() })?;
            evidence.entry(blake3).or_insert_with(|| blank(blake3)).reply = Some(self.take(&name)?);
        }
        Ok(evidence.into_values().collect())
    }
}

fn disclosures(bytes: &[u8]) -> Option<Vec<Disclosure>> {
    let lines: Vec<&str> = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.split('\n').collect();
    let sorted = lines.is_sorted_by(|a, b| a < b);
    let read: Option<Vec<Disclosure>> = lines.iter().map(|line| line.parse().ok()).collect();
    read.filter(|_| sorted)
}

fn hashes(bytes: &[u8]) -> Option<Vec<TreeHash>> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.is_empty() {
        return Some(Vec::new());
    }
    let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
    let short = lines.len() <= CONSISTENCY_HASHES_MAX;
    let read: Option<Vec<TreeHash>> =
        lines.iter().map(|line| rfc4648::base64_parse_exact(line).map(TreeHash::from_bytes)).collect();
    read.filter(|_| short)
}
