//! Many processes at one ledger: writers that wait for each other, readers beside them, and one that was killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ceasefire_ledger::ledger::{Archive, Folder, Verdict, VerifyQuestion};
use ceasefire_ledger::log::{DiskStorage, LogReader, Storage};
use ceasefire_ledger::vocab::Seq;
use tempfile::TempDir;

use super::child::{Role, open, said, start};
use super::program::{must, records, run, text, turn};
use super::tried;

const WRITERS: usize = 8;
const APPENDS: usize = 200;
const LOCKED: Option<i32> = Some(11);

struct Desk {
    scratch: TempDir,
    ledger: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let ledger = scratch.path().join("ledger");
        let at = ledger.display().to_string();
        must(scratch.path(), &ledger, &["init", &at, "--origin", "example.org/nk2020", "--segment-bytes", "60000"]);
        Self { scratch, ledger }
    }

    fn home(&self) -> &Path {
        self.scratch.path()
    }
}

#[test]
fn eight_processes_append_two_hundred_records_each_without_a_gap_or_a_loss_and_readers_see_whole_ones() {
    let _turn = turn();
    let desk = Desk::new();
    let done = AtomicBool::new(false);
    let reads = AtomicUsize::new(0);
    let receipts: BTreeMap<u64, String> = std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| read_on(&desk.ledger, &done, &reads));
        }
        let names: Vec<String> = (0..WRITERS).map(|number| format!("w{number}")).collect();
        let writers: Vec<_> = names.iter().map(|name| start(Role::Writer, &desk.ledger, name, desk.home())).collect();
        let said_by: Vec<_> = writers
            .into_iter()
            .map(|mut writer| {
                scope.spawn(move || {
                    let said: Vec<String> = said(&mut writer).collect();
                    let ended = writer.wait_with_output().unwrap();
                    assert!(ended.status.success(), "{}", text(&ended));
                    assert_eq!(said.len(), APPENDS);
                    said
                })
            })
            .collect();
        let all: Vec<String> = said_by.into_iter().flat_map(|said| said.join().unwrap()).collect();
        done.store(true, Ordering::Relaxed);
        all.iter()
            .map(|said| {
                let (seq, hash) = said.split_once(' ').unwrap();
                (seq.parse().unwrap(), hash.to_owned())
            })
            .collect()
    });
    assert_eq!(receipts.len(), WRITERS * APPENDS, "two receipts for one position");
    let found = records(&desk.ledger);
    assert!(found.iter().map(|(seq, _)| seq.number()).eq(1..=found.len() as u64), "a gap");
    let by_seq: BTreeMap<u64, String> = found.iter().map(|(seq, hash)| (seq.number(), hash.to_string())).collect();
    assert!(receipts.iter().all(|(seq, hash)| by_seq.get(seq) == Some(hash)), "a record was lost");
    let positions: BTreeSet<u64> = receipts.keys().copied().collect();
    check_others(&desk.ledger, &positions, found.len());
    let reads = reads.into_inner();
    tried(WRITERS * APPENDS, &format!("appends by {WRITERS} processes, {reads} readings of everything beside them"));
    assert!(reads > 20, "{reads}");
}

/// What no writer has a receipt for is the first record or a seal.
fn check_others(ledger: &Path, positions: &BTreeSet<u64>, records: usize) {
    let archive = Archive::open(Folder::at(ledger)).unwrap();
    for seq in (1..=records as u64).filter(|seq| !positions.contains(seq)) {
        let record = archive.reader().record_at(Seq::new(seq)).unwrap().unwrap();
        let is_own = seq == 1 || ceasefire_ledger::ledger::read_seal(record.body()).is_some();
        assert!(is_own, "record {seq} was acknowledged to nobody: {}", record.body());
    }
    let report = archive.verify(VerifyQuestion::default()).unwrap();
    assert_eq!(report.verdict(), Verdict::Ok, "{:#?}", report.checks);
}

/// Reads everything over and over: each record whole, each after the one before, never fewer than the last time.
fn read_on(ledger: &Path, done: &AtomicBool, reads: &AtomicUsize) {
    let storage = Arc::new(DiskStorage::open(Folder::at(ledger).log()).unwrap());
    let mut least = 1;
    while !done.load(Ordering::Relaxed) {
        let reader = LogReader::new(Arc::clone(&storage) as _);
        let mut seen = 0;
        for record in reader.records(Seq::FIRST, None).unwrap() {
            let record = record.unwrap();
            seen += 1;
            assert_eq!(record.seq.number(), seen);
            assert!(ceasefire_ledger::record::Body::read(record.body()).is_ok(), "half a record: {}", record.body());
        }
        assert!(seen >= least, "{seen} records after {least}");
        least = seen;
        reads.fetch_add(1, Ordering::Relaxed);
        // Readers without pause would leave the writers no processor on a small machine.
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_lock_of_a_writer_that_was_killed_is_free_at_once() {
    let _turn = turn();
    let desk = Desk::new();
    let home = desk.home();
    let rounds = 8;
    for round in 0..rounds {
        let mut holder = start(Role::Holder, &desk.ledger, "holder", home);
        assert!(said(&mut holder).next().is_some(), "it never opened the ledger");
        let name = format!("after-{round}");
        let label = format!("en={}", ["Ash", "Birch", "Cedar", "Fir", "Hazel", "Larch", "Oak", "Willow"][round]);
        let append = ["append", "actor", &name, "--kind", "state", "--name", &label];
        let refused = run(home, &desk.ledger, &append);
        assert_eq!(refused.status.code(), LOCKED, "{}", text(&refused));
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(desk.ledger.join("log/lock").exists(), "a killed writer leaves the file of its lock");
        let begun = Instant::now();
        must(home, &desk.ledger, &append);
        assert!(begun.elapsed() < Duration::from_secs(20), "round {round}");
    }
    drop(open(&Folder::at(&desk.ledger)));
    assert!(fs::metadata(desk.ledger.join("log/lock")).is_ok());
    tried(rounds, "writers killed with the lock in their hands");
}

/// A process that is being started holds copies of every open file until its program begins, that of a lock too.
#[test]
fn a_lock_that_was_let_go_is_free_also_while_processes_are_being_started() {
    let _turn = turn();
    let scratch = tempfile::tempdir().unwrap();
    let storage = DiskStorage::open(scratch.path()).unwrap();
    let done = AtomicBool::new(false);
    let (locks, started) = (3_000, AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::process::Command::new("true").status().unwrap();
                    started.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let begun = Instant::now();
        let held = (0..locks).filter(|_| {
            std::thread::yield_now();
            storage.lock().is_err()
        });
        let held = held.count();
        while started.load(Ordering::Relaxed) < 200 && begun.elapsed() < Duration::from_secs(20) {
            drop(storage.lock());
        }
        done.store(true, Ordering::Relaxed);
        assert_eq!(held, 0, "of {locks} locks");
    });
    tried(locks, &format!("locks taken and let go beside {} processes being started", started.into_inner()));
}
