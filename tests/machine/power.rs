//! Power cuts on a real file system: ext4 on a loop device is stopped while a ledger is written to, without its journal
//! being flushed, and mounted again. A process that is merely killed would prove nothing: its bytes stay in memory.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use ceasefire_ledger::ledger::{Archive, Folder, Ledger, TornTail, Verdict, VerifyQuestion};
use ceasefire_ledger::vocab::SystemClock;

use super::child::{Role, said, start};
use super::fault_support::Chance;
use super::program::{Mounted, Need, must, records, run, turn};
use super::tried;

const DISK: u64 = 32 << 20;

/// A disk with a ledger on it that is safe there.
fn disk_with_ledger(home: &Path) -> Mounted {
    let disk = Mounted::ext4(DISK).unwrap();
    let ledger = disk.path().join("ledger");
    let at = ledger.display().to_string();
    must(home, &ledger, &["init", &at, "--origin", "example.org/nk2020", "--segment-bytes", "20000"]);
    disk
}

/// One process appends as fast as it can, until the power is cut. Gives the hashes that it has receipts for.
fn under_endless_load(disk: &Mounted, home: &Path, chance: &mut Chance) -> BTreeSet<String> {
    let mut writer = start(Role::Endless, &disk.path().join("ledger"), "endless", home);
    let mut lines = said(&mut writer);
    let hash = |said: String| said.split_once(' ').unwrap().1.to_owned();
    let heard = Mutex::new(BTreeSet::from([hash(lines.next().unwrap())]));
    thread::scope(|scope| {
        scope.spawn(|| {
            for said in lines {
                heard.lock().unwrap().insert(hash(said));
            }
        });
        let acknowledged = cut_after(disk, Duration::from_micros(chance.below(400_000) as u64), &heard);
        writer.kill().unwrap();
        writer.wait().unwrap();
        acknowledged
    })
}

/// Cuts the power after some time, and gives what was acknowledged until then.
///
/// Nobody can hear anything after a real power cut. A stopped file system is not so strict: the kernel may tell a process
/// that went on running that its last sync went well, though its journal ended before. That is no acknowledgement.
fn cut_after(disk: &Mounted, wait: Duration, heard: &Mutex<BTreeSet<String>>) -> BTreeSet<String> {
    let cutter = disk.cutter();
    thread::sleep(wait);
    let acknowledged = heard.lock().unwrap().clone();
    cutter.cut();
    acknowledged
}

/// Commands of every kind run one after the other, until the power is cut.
fn under_commands(disk: &Mounted, home: &Path, chance: &mut Chance) -> BTreeSet<String> {
    let ledger = disk.path().join("ledger");
    must(home, &ledger, &["append", "actor", "AZE", "--kind", "state", "--name", "en=Azerbaijan"]);
    let wait = Duration::from_millis(chance.below(400) as u64);
    let heard = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        scope.spawn(|| commands(&ledger, home, &heard));
        while heard.lock().unwrap().len() < 3 {
            thread::sleep(Duration::from_millis(1));
        }
        cut_after(disk, wait, &heard)
    })
}

fn commands(ledger: &Path, home: &Path, heard: &Mutex<BTreeSet<String>>) {
    let evidence = home.join("evidence.txt");
    for number in 0.. {
        fs::write(&evidence, format!("scan {number}\n").repeat(300)).unwrap();
        let (scan, private) = (evidence.display().to_string(), format!("contact=+374 10 {number:06}"));
        let report = ["append", "violation", "--source", "AZE", "--act", "shelling"];
        let key = format!("report-{number}");
        let report = [report.as_slice(), &["--idempotency-key", &key]].concat();
        let output = match number % 4 {
            0 => run(home, ledger, &[report.as_slice(), &["--private", &private]].concat()),
            1 => run(home, ledger, &["evidence", "add", &scan, "--source", "AZE"]),
            2 => run(home, ledger, &report),
            _ => run(home, ledger, &["checkpoint"]),
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if let Ok(answer) = serde_json::from_str::<serde_json::Value>(&said) {
            let receipts = answer["receipts"].as_array().into_iter().flatten();
            let hash = |receipt: &serde_json::Value| receipt["receipt"]["hash"].as_str().map(str::to_owned);
            heard.lock().unwrap().extend(receipts.filter_map(hash));
        }
        if !output.status.success() {
            return;
        }
    }
}

/// After the power is back: everything acknowledged is there, the ledger opens, goes on and verifies.
fn hold(disk: &Mounted, acknowledged: &BTreeSet<String>, case: &str) {
    disk.mount_again();
    let ledger = disk.path().join("ledger");
    let found: BTreeSet<String> = records(&ledger).iter().map(|(_, hash)| hash.to_string()).collect();
    let lost: Vec<_> = acknowledged.difference(&found).collect();
    assert!(lost.is_empty(), "{case}: {} of {} acknowledged records are lost", lost.len(), acknowledged.len());
    let archive = Archive::open(Folder::at(&ledger)).unwrap();
    let report = archive.verify(VerifyQuestion::default()).unwrap();
    assert!(report.checks.iter().all(|check| check.verdict != Verdict::Violated), "{case}: {:#?}", report.checks);
    let opened = Ledger::open_with(Folder::at(&ledger), std::sync::Arc::new(SystemClock), TornTail::MoveAside);
    let mut opened = opened.unwrap_or_else(|error| panic!("{case}: {error:?}"));
    opened.settle().unwrap();
    opened.publish().unwrap_or_else(|error| panic!("{case}: {error:?}"));
    drop(opened);
    let report = archive.verify(VerifyQuestion::default()).unwrap();
    assert_eq!(report.verdict(), Verdict::Ok, "{case}: {:#?}", report.checks);
    drop(archive);
}

fn cut_power(rounds: u64, load: impl Fn(&Mounted, &Path, &mut Chance) -> BTreeSet<String>, what: &str) {
    let mut kept = 0;
    for round in 0..rounds {
        let home = tempfile::tempdir().unwrap();
        let mut chance = Chance::of(round);
        let disk = disk_with_ledger(home.path());
        let acknowledged = load(&disk, home.path(), &mut chance);
        hold(&disk, &acknowledged, &format!("{what}, round {round}"));
        kept += acknowledged.len();
    }
    tried(
        usize::try_from(rounds).unwrap(),
        &format!("power cuts on ext4 under {what}, {kept} acknowledged records kept"),
    );
    assert!(kept as u64 > rounds, "{kept}");
}

#[test]
fn a_power_cut_on_ext4_loses_nothing_that_was_acknowledged() {
    let _turn = turn();
    if !Need::Loop.is_met() {
        return;
    }
    cut_power(6, under_endless_load, "a writer without pause");
    cut_power(4, under_commands, "commands of every kind");
}

#[test]
#[ignore = "long tier: hundreds of power cuts"]
fn hundreds_of_power_cuts_on_ext4_lose_nothing_that_was_acknowledged() {
    let _turn = turn();
    assert!(Need::Loop.is_met());
    cut_power(200, under_endless_load, "a writer without pause");
    cut_power(200, under_commands, "commands of every kind");
}

/// The power cut must be able to find something: a program that does not sync loses what it said.
#[test]
fn a_program_that_says_it_before_it_syncs_is_found_out_by_a_power_cut() {
    let _turn = turn();
    if !Need::Loop.is_met() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let disk = Mounted::ext4(DISK).unwrap();
    let mut writer = start(Role::Careless, &disk.path(), "careless", home.path());
    let mut lines = said(&mut writer);
    let cutter = disk.cutter();
    lines.nth(50).unwrap();
    cutter.cut();
    writer.kill().unwrap();
    writer.wait().unwrap();
    disk.mount_again();
    let kept = fs::read(disk.path().join("careless")).unwrap_or_default();
    assert!(kept.len() < 50 * 64, "{} bytes were kept though nothing was synced", kept.len());
    tried(1, "power cut under a program that never syncs: it lost what it had said");
}
