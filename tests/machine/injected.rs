//! The real program with calls that fail or kill it: every write, sync, rename, opening and shortening, one after the
//! other, by `strace`. Whatever printed a receipt is there afterwards and verifies, and the ledger goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ceasefire_ledger::ledger::{Archive, Folder, Ledger, OpenError, TornTail, Verdict, VerifyQuestion};
use ceasefire_ledger::log::{LockError, OpenError as LogOpenError};
use ceasefire_ledger::record::RecordHash;
use ceasefire_ledger::vocab::{Clock, Seq, SystemClock};
use rayon::prelude::*;
use tempfile::TempDir;

use super::program::{Need, copy, hashes_in, image_of, must, plain, records, scratch, seed, text, turn};
use super::tried;

/// The calls of the six kinds, by their names on Linux.
const CALLS: [&str; 7] = ["write", "pwrite64", "fsync", "fdatasync", "rename", "openat", "ftruncate"];
const FAULTS: [&str; 3] = ["error=EIO", "error=ENOSPC", "signal=KILL"];

/// Exit codes that a command may end with when a call failed under it.
const DONE: i32 = 0;
const CANNOT_TELL: i32 = 5;
const NO_LEDGER: i32 = 10;
const IO: i32 = 20;

/// A command on a ledger.
struct Scene {
    name: &'static str,
    _scratch: TempDir,
    ledger: PathBuf,
    home: PathBuf,
    arguments: Vec<String>,
    before: Vec<(Seq, RecordHash)>,
    /// How many records the command adds where nothing fails.
    adds: usize,
    /// What was found on the disk afterwards and was held against what was said: the same need not be looked at twice.
    ends: Mutex<BTreeSet<[u8; 32]>>,
}

/// Which openings of files are made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Openings {
    /// Those of the program itself: what lies in the ledger's folder or its user's. The system's libraries are left out.
    Own,
    All,
}

const REPORT: [&str; 6] = ["append", "violation", "--source", "AZE.MoD", "--act", "shelling"];
const ERASURE: [&str; 8] =
    ["--legal-basis", "GDPR art. 17", "--requester", "the witness", "--approver", "AZE", "--approver", "ARM"];

impl Scene {
    /// Makes a ledger and a command for it. Its last segment is full, so that what is appended opens a new one.
    fn new(name: &'static str) -> Self {
        let scratch = scratch();
        let (ledger, home) = (scratch.path().join("ledger"), scratch.path().join("home"));
        fs::create_dir(&home).unwrap();
        let at = ledger.display().to_string();
        must(&home, &ledger, &["init", &at, "--origin", "example.org/nk2020", "--segment-bytes", "3000"]);
        must(&home, &ledger, &["import", "jsonl", &seed(&home, 0..24)]);
        let private = ["--private", "witness.name=Aram Khachaturian", "--idempotency-key", "first"];
        must(&home, &ledger, &[REPORT.as_slice(), &private].concat());
        let sealed = records(&ledger).last().unwrap().0.to_string();
        let evidence = home.join("scan.txt");
        fs::write(&evidence, "scanned statement\n".repeat(90)).unwrap();
        let evidence = evidence.display().to_string();
        let more = seed(&home, 24..40);
        let arguments = match name {
            "append" => [REPORT.as_slice(), &["--private", "contact=+374 10 000000"]].concat(),
            "import" => vec!["import", "jsonl", &more],
            "erase" => [&["erase", sealed.as_str(), "--field", "witness.name"], ERASURE.as_slice()].concat(),
            "evidence" => vec!["evidence", "add", &evidence, "--source", "AZE.MoD"],
            "checkpoint" => vec!["checkpoint", "--attest"],
            "recover" => vec!["recover"],
            other => panic!("{other}"),
        };
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        let before = records(&ledger);
        let ends = Mutex::new(BTreeSet::new());
        let mut scene = Self { name, _scratch: scratch, ledger, home, arguments, before, adds: 0, ends };
        if name == "recover" {
            scene.tear();
        }
        let case = scene.case();
        assert_eq!(case.run("true", None).status.code(), Some(DONE), "{name}");
        scene.adds = records(&case.ledger).len() - scene.before.len();
        scene
    }

    /// Leaves half a record at the end, as a write that was cut off does.
    fn tear(&self) {
        let archive = Archive::open(Folder::at(&self.ledger)).unwrap();
        let segment = *archive.storage().segments().unwrap().last().unwrap();
        let path = self.ledger.join("log").join(segment.to_string());
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, [bytes.as_slice(), &bytes[..90]].concat()).unwrap();
    }

    fn case(&self) -> Case<'_> {
        let scratch = scratch();
        let (ledger, home) = (scratch.path().join("ledger"), scratch.path().join("home"));
        copy(&self.ledger, &ledger);
        copy(&self.home, &home);
        Case { scene: self, scratch, ledger, home }
    }

    /// Records what calls of each kind the command makes, and gives those that are to fail by their numbers within a thread.
    fn calls(&self, openings: Openings) -> BTreeMap<&'static str, BTreeSet<usize>> {
        let case = self.case();
        let calls = format!("trace={}", CALLS.join(","));
        case.run("strace", Some(&["-e", &calls, "-e", "signal=none"]));
        let own = format!("\"{}/", case.scratch.path().display());
        let mut counted: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut numbers: BTreeMap<&'static str, BTreeSet<usize>> = BTreeMap::new();
        let trace = case.trace();
        for line in trace.lines() {
            let (thread, rest) = line.split_once(' ').unwrap();
            let call = CALLS.iter().find(|call| rest.trim_start().starts_with(&format!("{call}(")));
            if let Some(call) = call {
                let number = counted.entry((call, thread)).or_default();
                *number += 1;
                if *call != "openat" || openings == Openings::All || rest.contains(&own) {
                    numbers.entry(call).or_default().insert(*number);
                }
            }
        }
        numbers
    }
}

/// A copy of a scene, for one fault.
struct Case<'s> {
    scene: &'s Scene,
    scratch: TempDir,
    ledger: PathBuf,
    home: PathBuf,
}

impl Case<'_> {
    fn run(&self, under: &str, injection: Option<&[&str]>) -> Output {
        let program = env!("CARGO_BIN_EXE_ceasefire");
        let mut command = Command::new(if injection.is_some() { under } else { program });
        if let Some(injection) = injection {
            command.args(["-f", "-qq", "-o"]).arg(self.scratch.path().join("trace")).args(injection).arg(program);
        }
        let mut command = plain(command, &self.home);
        command.arg("-L").arg(&self.ledger).arg("--json").args(&self.scene.arguments).output().unwrap()
    }

    fn trace(&self) -> String {
        fs::read_to_string(self.scratch.path().join("trace")).unwrap()
    }

    /// Lets the n-th call of a thread fail, and holds what is left against what was said. Gives whether it came to it.
    fn suffers(&self, call: &str, fault: &str, number: usize) -> bool {
        let case = format!("{}: {call} {number}, {fault}", self.scene.name);
        let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{fault}:when={number}"));
        // With a filter only these calls stop the program, in half the time; but strace 6.1 then sends no signals.
        let filter: &[&str] = if fault.starts_with("error=") { &["--seccomp-bpf"] } else { &[] };
        let output = self.run("strace", Some(&[filter, &["-e", &trace, "-e", "signal=none", "-e", &inject]].concat()));
        let killed = fault == "signal=KILL" && output.status.code().is_none();
        if !killed && !self.trace().contains("(INJECTED)") {
            return false;
        }
        let said = text(&output);
        assert!(!said.contains("panicked"), "{case}: {said}");
        if !killed {
            self.check_exit(&output, &case);
        }
        if self.scene.ends.lock().unwrap().insert(self.end(&output)) {
            let found = self.check_kept(&output, &case);
            self.goes_on(found, &case);
        }
        true
    }

    /// Everything that the command left on the disk, and what it gave receipts for, in one hash.
    fn end(&self, output: &Output) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for (path, bytes) in image_of(&self.ledger) {
            let path = path.strip_prefix(&self.ledger).unwrap().display().to_string();
            hasher.update(format!("{path} {}\n", bytes.len()).as_bytes());
            hasher.update(&bytes);
        }
        hasher.update(receipts_in(&String::from_utf8_lossy(&output.stdout)).join(" ").as_bytes());
        *hasher.finalize().as_bytes()
    }

    fn check_exit(&self, output: &Output, case: &str) {
        let code = output.status.code().unwrap();
        // The loader could not open a library: the program never began.
        let never_began = code == 127;
        let allowed = [DONE, CANNOT_TELL, NO_LEDGER, IO].contains(&code) || never_began;
        assert!(allowed, "{case}: {}", text(output));
        if code == DONE {
            let found = records(&self.ledger).len() - self.scene.before.len();
            assert_eq!(found, self.scene.adds, "{case}: exit 0 and not done: {}", text(output));
        }
    }

    /// Whatever was printed is there and verifies; nothing else came in. Gives how many records there are.
    fn check_kept(&self, output: &Output, case: &str) -> usize {
        let found = records(&self.ledger);
        let (before, adds) = (&self.scene.before, self.scene.adds);
        assert!(found.starts_with(before), "{case}: an earlier record is gone");
        assert!(found.len() <= before.len() + adds, "{case}: a record that nobody wrote");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let by_hash: BTreeSet<String> = found.iter().map(|(_, hash)| hash.to_string()).collect();
        for receipt in receipts_in(&said) {
            assert!(by_hash.contains(&receipt), "{case}: a receipt for {receipt}, which is not there");
        }
        let archive = Archive::open(Folder::at(&self.ledger)).unwrap();
        let question = VerifyQuestion { known: found.last().copied(), ..VerifyQuestion::default() };
        let report = archive.verify(question).unwrap();
        let wrong = report.checks.iter().filter(|check| check.verdict == Verdict::Violated);
        let wrong: Vec<_> = wrong.filter(|check| !is_erasure(check)).collect();
        assert!(wrong.is_empty(), "{case}: {wrong:?}");
        found.len()
    }

    /// The next writer recovers what is to be recovered, appends, and everything verifies.
    fn goes_on(&self, found: usize, case: &str) {
        let mut ledger = open(&self.ledger, case);
        assert_eq!(ledger.head().seq.number(), found as u64, "{case}");
        let body = r#"{"origin":"example.org/nk2020","by":"recorder","key":"after","event":{"type":"actor.registered","v":1,"actor":"after","kind":"state","names":[{"lang":"en","text":"after"}]}}"#;
        let given = ceasefire_ledger::record::Body::read(body).unwrap();
        let receipts = ledger.append_bodies(&[(given, body.to_owned())], None).unwrap();
        ledger.settle().unwrap();
        ledger.publish().unwrap_or_else(|error| panic!("{case}: {error:?}"));
        drop(ledger);
        let archive = Archive::open(Folder::at(&self.ledger)).unwrap();
        let known = receipts.last().map(|receipt| (receipt.head_seq, receipt.head));
        let report = archive.verify(VerifyQuestion { known, ..VerifyQuestion::default() }).unwrap();
        assert_eq!(report.verdict(), Verdict::Ok, "{case}: {:#?}", report.checks);
    }
}

fn is_erasure(check: &ceasefire_ledger::ledger::Check) -> bool {
    !check.findings.is_empty() && check.findings.iter().all(|finding| finding.what.ends_with("still in the vault"))
}

/// The record hashes that a command printed as its receipts.
fn receipts_in(said: &str) -> Vec<String> {
    let Ok(answer) = serde_json::from_str::<serde_json::Value>(said) else {
        return Vec::new();
    };
    let receipts = answer["receipts"].as_array().cloned().unwrap_or_default();
    receipts
        .iter()
        .flat_map(|receipt| hashes_in(&receipt["receipt"].to_string()).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn open(ledger: &Path, case: &str) -> Ledger {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    for _ in 0..10_000 {
        match Ledger::open_with(Folder::at(ledger), Arc::clone(&clock), TornTail::MoveAside) {
            // Another thread is starting a process, which for a moment holds this one's files too.
            Err(OpenError::Log(LogOpenError::Lock(LockError::Held))) => {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            opened => return opened.unwrap_or_else(|error| panic!("{case}: {error:?}")),
        }
    }
    panic!("{case}: locked");
}

/// Lets each call of these kinds fail in each way. Gives the counts by kind and fault.
fn each_fault(scenes: &[&'static str], openings: Openings) -> BTreeMap<(&'static str, &'static str), usize> {
    // A case waits for its processes most of the time.
    let threads = 3 * rayon::current_num_threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let (mut counts, mut ends) = (BTreeMap::new(), 0);
    for name in scenes {
        let scene = Scene::new(name);
        let mut cases = Vec::new();
        for (call, numbers) in scene.calls(openings) {
            cases.extend(numbers.into_iter().flat_map(|number| FAULTS.map(|fault| (call, fault, number))));
        }
        let reached: BTreeMap<_, AtomicUsize> =
            cases.iter().map(|(call, fault, _)| ((*call, *fault), AtomicUsize::new(0))).collect();
        pool.install(|| {
            cases.par_iter().for_each(|(call, fault, number)| {
                if scene.case().suffers(call, fault, *number) {
                    reached[&(*call, *fault)].fetch_add(1, Ordering::Relaxed);
                }
            });
        });
        ends += scene.ends.lock().unwrap().len();
        for (kind, count) in reached {
            *counts.entry(kind).or_default() += count.into_inner();
        }
    }
    tried(ends, "different ledgers that failed calls left, each held against its receipts and gone on with");
    counts
}

fn told(counts: &BTreeMap<(&'static str, &'static str), usize>) -> usize {
    let mut by_call: BTreeMap<&str, usize> = BTreeMap::new();
    for ((call, _), count) in counts {
        *by_call.entry(call).or_default() += count;
    }
    let all = by_call.values().sum();
    let kinds: Vec<String> = by_call.iter().map(|(call, count)| format!("{call} {count}")).collect();
    tried(all, &format!("calls of the real program failed or killed it ({})", kinds.join(", ")));
    all
}

#[test]
fn whichever_call_of_the_program_fails_or_kills_it_every_receipt_is_kept_and_the_ledger_goes_on() {
    let _turn = turn();
    if !Need::Strace.is_met() {
        return;
    }
    let counts = each_fault(&["append", "import", "erase", "recover"], Openings::Own);
    let all = told(&counts);
    for call in CALLS {
        for fault in FAULTS {
            assert!(counts.get(&(call, fault)).is_some_and(|count| *count > 0), "{call} was never made to {fault}");
        }
    }
    assert!(all > 1_200, "{all}");
}

#[test]
#[ignore = "long tier: every opening of a library too, and every command that writes"]
fn whichever_call_of_any_command_fails_or_kills_it_every_receipt_is_kept_and_the_ledger_goes_on() {
    let _turn = turn();
    assert!(Need::Strace.is_met());
    let counts = each_fault(&["append", "import", "erase", "evidence", "checkpoint", "recover"], Openings::All);
    told(&counts);
}
