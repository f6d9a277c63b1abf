//! A disk that is full: nothing is acknowledged, nothing is broken, and with space again work goes on.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rayon::prelude::*;

use super::program::{Mounted, Need, hashes_in, image_of, records, run, seed, text, turn};
use super::tried;

const FULL: Option<i32> = Some(20);
const DONE: Option<i32> = Some(0);
const PAGE: u64 = 4096;

/// Fills a file system of so many bytes until the program says that it is full. Gives how many records were acknowledged.
fn fill(bytes: u64, seeds: &[String], home: &Path) -> usize {
    let disk = Mounted::tmpfs(bytes).unwrap();
    let ledger = disk.path().join("ledger");
    let at = ledger.display().to_string();
    let case = format!("{} KiB", bytes / 1024);
    let init = ["init", at.as_str(), "--origin", "example.org/nk2020", "--segment-bytes", "6000"];
    let created = run(home, &ledger, &init);
    if created.status.code() != DONE {
        assert_eq!(created.status.code(), FULL, "{case}: {}", text(&created));
        disk.resize(bytes + (1 << 20));
        let again = run(home, &ledger, &init);
        assert_eq!(again.status.code(), DONE, "{case}: init again: {}", text(&again));
        return 0;
    }
    let mut acknowledged: BTreeSet<String> = hashes(&created.stdout);
    let full = fill_up(&ledger, seeds, home, &case);
    acknowledged.extend(full);
    holds(&ledger, &acknowledged, &case);
    let before = image_of(&ledger);
    let verified = run(home, &ledger, &["verify"]);
    assert_eq!(verified.status.code(), DONE, "{case}: verify on a full disk: {}", text(&verified));
    assert!(image_of(&ledger) == before, "{case}: verify changed something on a full disk");
    let late = if (bytes / PAGE).is_multiple_of(4) { 2 } else { 0 };
    for attempt in 0..late {
        // Each sets rows aside that the disk took half of.
        let actor = format!("late-{attempt}");
        let name = format!("en={attempt} {}", "y".repeat(180));
        let late = run(home, &ledger, &["append", "actor", &actor, "--kind", "state", "--name", &name]);
        match late.status.code() {
            DONE => acknowledged.extend(hashes(&late.stdout)),
            code => assert_eq!(code, FULL, "{case}: {}", text(&late)),
        }
        let asides = fs::read_dir(&ledger).unwrap().map(|entry| entry.unwrap().file_name());
        let asides = asides.filter(|name| name.to_string_lossy().starts_with("projections.")).count();
        assert!(asides <= 1, "{case}: {asides} sets of rows lie aside");
    }

    disk.resize(bytes + (1 << 20));
    let again = run(home, &ledger, &["append", "actor", "after", "--kind", "state", "--name", "en=after"]);
    assert_eq!(again.status.code(), DONE, "{case}: {}", text(&again));
    acknowledged.extend(hashes(&again.stdout));
    holds(&ledger, &acknowledged, &case);
    let verified = run(home, &ledger, &["verify"]);
    assert_eq!(verified.status.code(), DONE, "{case}: verify at the end: {}", text(&verified));
    acknowledged.len()
}

/// Appends until the disk is full. Gives what was acknowledged.
fn fill_up(ledger: &Path, seeds: &[String], home: &Path, case: &str) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    for number in 0..2_000 {
        let name = format!("en={number} {}", "x".repeat(180));
        let id = format!("actor-{number}");
        let private = format!("contact=+374 10 {number:06}");
        let actor = ["append", "actor", &id, "--kind", "state", "--name", &name];
        let summary = "x".repeat(3_000);
        let report = ["append", "violation", "--source", "AZE.MoD", "--summary", &summary, "--idempotency-key", &id];
        let sealed = [report.as_slice(), &["--private", &private]].concat();
        let output = match seeds.get(number) {
            Some(seed) => run(home, ledger, &["import", "jsonl", seed]),
            None if number % 3 == 0 => run(home, ledger, &sealed),
            None if number % 3 == 1 => run(home, ledger, &report),
            None => run(home, ledger, &actor),
        };
        if output.status.code() != DONE {
            assert_eq!(output.status.code(), FULL, "{case}: {}", text(&output));
            assert_eq!(hashes(&output.stdout), BTreeSet::new(), "{case}: a receipt though the disk is full");
            return acknowledged;
        }
        acknowledged.extend(hashes(&output.stdout));
    }
    panic!("{case}: never full");
}

fn hashes(said: &[u8]) -> BTreeSet<String> {
    let said = String::from_utf8_lossy(said).into_owned();
    let Ok(answer) = serde_json::from_str::<serde_json::Value>(&said) else {
        return BTreeSet::new();
    };
    let receipts = answer["receipts"].to_string();
    hashes_in(&receipts).map(str::to_owned).collect()
}

fn holds(ledger: &Path, acknowledged: &BTreeSet<String>, case: &str) {
    let found: BTreeSet<String> = records(ledger).iter().map(|(_, hash)| hash.to_string()).collect();
    let lost: Vec<_> = acknowledged.difference(&found).collect();
    assert!(lost.is_empty(), "{case}: acknowledged and not there: {lost:?}");
}

/// Fills disks of each size, on all cores. Gives how many there were, and how many records were acknowledged on them.
fn fill_all(sizes: impl ParallelIterator<Item = u64>) -> (usize, usize) {
    let shared = tempfile::tempdir().unwrap();
    let seeds = [seed(shared.path(), 0..24), seed(shared.path(), 24..40)];
    let filled = sizes.map(|bytes| {
        let home = tempfile::tempdir().unwrap();
        (1, fill(bytes, &seeds, home.path()))
    });
    filled.reduce(|| (0, 0), |(disks, records), (disk, more)| (disks + disk, records + more))
}

#[test]
fn at_whatever_size_the_disk_is_full_nothing_is_lost_and_work_goes_on_when_there_is_space() {
    let _turn = turn();
    if !Need::Tmpfs.is_met() {
        return;
    }
    let (filled, records) = fill_all((0..64).into_par_iter().map(|step| (8 + step) * PAGE));
    tried(
        filled,
        &format!(
            "sizes of a disk that was full, {records} records acknowledged on them and kept; verify said 0 on each"
        ),
    );
    assert!(filled == 64 && records > 64, "{filled} {records}");
}
