//! What is measured with: made-up records, the same for the same seed, and a ledger of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ceasefire_ledger::exchange::synthetic::{SYNTHETIC_ORIGIN, bodies};
use ceasefire_ledger::record::Body;
use ceasefire_ledger::{Archive, Folder, Genesis, Ledger, SystemClock};
use tempfile::TempDir;

use crate::children::{Peak, peak_of};
use crate::{Options, Outcome};

/// How many records a batch has in bulk.
pub const BATCH: usize = 1_000;

/// The log's signing key is made from this: nobody relies on what it signs.
const KEY_SEED: [u8; 32] = [7; 32];

/// Two ledgers, so that growth shows.
pub struct Ledgers {
    /// As many records as were asked for.
    pub whole: Material,
    /// A tenth of them.
    pub tenth: Material,
}

impl Ledgers {
    /// Makes both.
    pub fn make(options: &Options) -> Outcome<Self> {
        let tenth = Material::make(options, options.records / 10)?;
        let whole = Material::make(options, options.records)?;
        Ok(Self { whole, tenth })
    }

    /// The greater one that has at most so many records.
    pub fn at_most(&self, records: u64) -> &Material {
        if self.whole.records <= records { &self.whole } else { &self.tenth }
    }
}

/// A ledger on the disk.
pub struct Material {
    temp: TempDir,
    /// The ledger.
    pub folder: Folder,
    /// What its making took.
    pub making: Peak,
    /// How many records it has, with those that the ledger makes itself.
    pub records: u64,
    /// The bytes of its records without line ends.
    pub raw_bytes: u64,
}

impl Material {
    /// Makes a ledger of made-up records, in a process of its own.
    pub fn make(options: &Options, records: u64) -> Outcome<Self> {
        let temp = tempfile::tempdir_in(&options.folder)?;
        let folder = Folder::at(temp.path().join("ledger"));
        let mut command = Command::new(std::env::current_exe()?);
        let making = peak_of(command.args(["--child", "append"]).arg(folder.path()).arg(records.to_string()))?;
        let records = Archive::open(folder.clone())?.reader().head()?.seq.number();
        let bytes: u64 = segments(&folder)?.iter().map(|path| fs::metadata(path).map_or(0, |found| found.len())).sum();
        Ok(Self { temp, folder, making, records, raw_bytes: bytes.saturating_sub(records) })
    }

    /// Gives a new path beside the ledger.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    /// Reads the log's bytes, segment by segment.
    pub fn log(&self) -> Outcome<Vec<Vec<u8>>> {
        segments(&self.folder)?.iter().map(|path| Ok(fs::read(path)?)).collect()
    }
}

/// Makes a ledger of so many made-up records, in batches.
pub fn append_all(folder: &Folder, records: u64) -> Outcome<()> {
    let genesis = Genesis { key_seed: Some(KEY_SEED), ..Genesis::new(SYNTHETIC_ORIGIN)? };
    let mut ledger = Ledger::create(folder.clone(), &genesis, Arc::new(SystemClock))?;
    let mut batch: Vec<(Body, String)> = Vec::with_capacity(BATCH);
    for body in bodies(1, records) {
        batch.push(body?);
        if batch.len() == BATCH {
            ledger.append_bodies(&batch, None)?;
            batch.clear();
        }
    }
    if !batch.is_empty() {
        ledger.append_bodies(&batch, None)?;
    }
    ledger.settle()?;
    ledger.publish()?;
    Ok(())
}

/// Gives the log's files in order.
pub fn segments(folder: &Folder) -> Outcome<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder.log())? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "jsonl") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Gives the lines of a segment without their ends.
pub fn lines(segment: &[u8]) -> impl Iterator<Item = &[u8]> {
    segment.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// The bytes of everything below a path.
pub fn bytes_under(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_under(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
