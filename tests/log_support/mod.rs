//! Logs to test with.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses its own part; a fixture that fails is a failed test"
)]

use std::sync::Arc;

use ceasefire_ledger::log::{
    ChainReport, DiskStorage, LogReader, LogSettings, LogWriter, MemoryStorage, NewBody, OpenError, Opened,
    SealedSegment, Storage, TornPolicy, VerifyPlan, verify,
};
use ceasefire_ledger::record::{Receipt, RecordHash};
use ceasefire_ledger::vocab::{Clock, Instant, Seq, SteppingClock};

pub(crate) const FIRST: &str = "00000000000000000001.jsonl";
pub(crate) const MOVE_ASIDE: TornPolicy = TornPolicy::MoveAside { keep_to: Seq::NONE };

/// Runs a test on a storage in memory and on one on disk.
pub(crate) fn on_both(test: impl Fn(Arc<dyn Storage>)) {
    test(Arc::new(MemoryStorage::new()));
    let folder = tempfile::tempdir().unwrap();
    test(Arc::new(DiskStorage::create(folder.path().join("log")).unwrap()));
}

pub(crate) fn seal(sealed: &SealedSegment) -> String {
    format!(r#"{{"sealed":{}}}"#, serde_json::to_string(sealed).unwrap())
}

pub(crate) fn parse_seal(body: &str) -> Option<SealedSegment> {
    serde_json::from_str(body.strip_prefix(r#"{"sealed":"#)?.strip_suffix('}')?).ok()
}

/// A clock that moves by a little more than a second.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SteppingClock::new(Instant::parse("2020-10-17T18:04:05.123456Z").unwrap(), 1_000_003))
}

pub(crate) fn try_open(storage: Arc<dyn Storage>, segment_bytes: u64, torn: TornPolicy) -> Result<Opened, OpenError> {
    LogWriter::open(storage, LogSettings { segment_bytes }, clock(), Box::new(seal), torn)
}

pub(crate) fn open(storage: Arc<dyn Storage>, segment_bytes: u64) -> LogWriter {
    try_open(storage, segment_bytes, TornPolicy::Refuse).unwrap().writer
}

/// Appends one batch of so many bodies, numbered on from the head.
pub(crate) fn append(writer: &mut LogWriter, bodies: usize) -> Vec<Receipt> {
    let start = writer.head().seq.number();
    let bodies: Vec<String> = (1..=bodies as u64).map(|n| format!(r#"{{"n":{}}}"#, start + n)).collect();
    let bodies: Vec<_> = bodies.iter().map(|body| NewBody { body, signature: None }).collect();
    writer.append(&bodies).unwrap()
}

/// Writes batches of the given sizes into a fresh storage.
pub(crate) fn filled(batches: &[usize], segment_bytes: u64) -> (MemoryStorage, Vec<Receipt>) {
    let storage = MemoryStorage::new();
    let mut writer = open(Arc::new(storage.clone()), segment_bytes);
    let receipts = batches.iter().flat_map(|bodies| append(&mut writer, *bodies)).collect();
    (storage, receipts)
}

/// Gives all visible records as (position, hash).
pub(crate) fn visible(storage: &Arc<dyn Storage>) -> Vec<(Seq, RecordHash)> {
    let records = LogReader::new(Arc::clone(storage)).records(Seq::FIRST, None).unwrap();
    records.map(|record| record.unwrap()).map(|record| (record.seq, record.hash)).collect()
}

pub(crate) fn verified(storage: &dyn Storage, known: Option<(Seq, RecordHash)>) -> ChainReport {
    verify(storage, VerifyPlan { known, ..VerifyPlan::new(&parse_seal) }).unwrap()
}

/// The end of a log as a caller would remember it.
pub(crate) fn known(receipts: &[Receipt]) -> Option<(Seq, RecordHash)> {
    receipts.last().map(|receipt| (receipt.head_seq, receipt.head))
}
