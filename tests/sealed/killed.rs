//! A process that is killed between any two steps on the disk: whatever was acknowledged is there, nothing was erased that
//! is not recorded, and the next opening puts the rest right.

#![expect(clippy::print_stdout, reason = "the process that is killed says how far it came")]

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ceasefire_ledger::ledger::{FieldState, TornTail};
use ceasefire_ledger::vault::{DiskFiles, DiskStep, Vault, VaultFile};
use ceasefire_ledger::vocab::{Digest32, Seq};
use ceasefire_ledger::{Folder, Ledger, Verdict};

use crate::desk::{Desk, ORIGIN, clock, copy, erasure, label, own, report, sealed_check};

const FOLDER: &str = "CEASEFIRE_TEST_KILLED_FOLDER";
const STEP: &str = "CEASEFIRE_TEST_KILLED_STEP";
const FIELDS: &[(&str, &str)] = &[("/witness/name", "Aram Khachaturian"), ("/contact", "+374 10 000000")];

/// Appends a private report, then erases one of its fields, then the rest. Prints what was acknowledged.
fn script(ledger: &mut Ledger) {
    let receipt = ledger.append(&report("r1", FIELDS)).unwrap();
    println!("acknowledged report {}", receipt.seq);
    let digests = sealed_of(ledger, receipt.seq);
    let (first, rest) = digests.split_first().unwrap();
    ledger.append(&own("e1", erasure(receipt.seq, &[*first]))).unwrap();
    println!("acknowledged erasure 1");
    ledger.append(&own("e2", erasure(receipt.seq, rest))).unwrap();
    println!("acknowledged erasure 2");
}

fn sealed_of(ledger: &Ledger, seq: Seq) -> Vec<Digest32> {
    let stored = ledger.reader().record_at(seq).unwrap().unwrap();
    ceasefire_ledger::record::Body::read(stored.body()).unwrap().sealed.unwrap()
}

/// Is the process that is killed, when it is asked to be; otherwise it does nothing.
#[test]
#[ignore = "started by the test below, in a process of its own"]
fn the_process_that_is_killed() {
    let (Ok(path), Ok(last)) = (std::env::var(FOLDER), std::env::var(STEP)) else { return };
    let last: u64 = last.parse().unwrap();
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let watch = move |step: DiskStep| {
        if counted.fetch_add(1, Ordering::SeqCst) == last {
            println!("killed after {step:?}");
            let _ = Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    };
    let folder = Folder::at(&path);
    let files = DiskFiles::at(folder.path().join("vault"), folder.keys()).watched(Arc::new(watch));
    let vault = Vault::on_disk(label(ORIGIN), files);
    let mut ledger = Ledger::open_with_vault(folder, clock(), TornTail::Refuse, vault).unwrap();
    script(&mut ledger);
    println!("steps {}", steps.load(Ordering::SeqCst));
}

/// Runs the script in a process that dies after a step. Gives what it printed, and whether it was killed.
fn run(desk: &Desk, step: u64) -> (String, bool) {
    use std::os::unix::process::ExitStatusExt;
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::the_process_that_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, &desk.path)
        .env(STEP, step.to_string())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() || output.status.signal() == Some(9),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (text, output.status.signal() == Some(9))
}

#[cfg(unix)]
#[test]
fn killed_at_any_step_nothing_is_lost_and_nothing_is_erased_that_is_not_recorded() {
    let template = Desk::new();
    let whole = Desk::new();
    let (text, killed) = run(&whole, u64::MAX);
    assert!(!killed, "{text}");
    let steps: u64 = text.lines().find_map(|line| line.strip_prefix("steps ")).unwrap().parse().unwrap();
    assert!(steps >= 26, "only {steps} steps were seen");
    let mut seen = std::collections::BTreeSet::new();
    for step in 0..steps {
        let folder = tempfile::tempdir().unwrap();
        let desk = template.copied_to(folder);
        let (text, killed) = run(&desk, step);
        assert!(killed, "step {step} of {steps} was not reached: {text}");
        let (report_acknowledged, erasures) =
            (text.contains("acknowledged report"), text.matches("acknowledged erasure").count());

        // As it lies there, before anybody mends it.
        let archive = desk.archive();
        let head = archive.reader().head().unwrap().seq;
        let recorded = head >= Seq::new(4);
        assert!(recorded || !report_acknowledged, "step {step}: an acknowledged report is gone");
        let recorded_erasures = usize::try_from(head.number().saturating_sub(4)).unwrap();
        assert!(recorded_erasures >= erasures, "step {step}: an acknowledged erasure is gone");
        if recorded {
            for field in desk.annex(Seq::new(4)).fields {
                let state = field.state.word();
                seen.insert(state);
                let fits = match field.state {
                    FieldState::Open(_) | FieldState::Decoy => true,
                    FieldState::Erased(by) | FieldState::ErasurePending(by) => by <= head,
                    _ => false,
                };
                assert!(fits, "step {step}, {text}: {state} though no record says so");
            }
        }

        // The next opening puts it right.
        let mut ledger = desk.ledger();
        let stored = ledger.vault().files().records().unwrap();
        let expected = match (recorded, recorded_erasures) {
            (true, 0 | 1) => 2,
            _ => 0,
        };
        assert_eq!(stored.len(), expected, "step {step}, {text}: {stored:?}");
        assert_eq!(ledger.vault().files().read(VaultFile::Pending).unwrap(), None, "step {step}");
        drop(ledger.take_notices());
        assert_eq!(sealed_check(&desk).verdict, Verdict::Ok, "step {step}");
        // The same commands again complete what was begun.
        script(&mut ledger);
        assert_eq!(ledger.head().seq, Seq::new(6), "step {step}");
        assert_eq!(ledger.vault().files().records().unwrap(), [], "step {step}");
        drop(ledger);
        assert_eq!(desk.states(Seq::new(4)), ["erased"; 4], "step {step}");
    }
    assert!(seen.contains("open") && seen.contains("erased") && seen.contains("erasure_pending"), "{seen:?}");
}

impl Desk {
    fn copied_to(&self, folder: tempfile::TempDir) -> Self {
        let path = folder.path().join("ledger");
        copy(&self.path, &path);
        Self { path, _folder: folder }
    }
}
