//! The real program on a real folder, every call recorded by `strace`: what a power cut after each of them may leave, and
//! whether anything was said before it was durable.
//!
//! No test code stands between the program and its files, so this covers every file of a ledger: segments, checkpoint,
//! tiles, the cell of what was signed last, the vault and its keys, evidence, and the stored projections.

mod disk;
mod images;
mod order;
mod trace;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use ceasefire_ledger::ledger::{Archive, Folder};
use ceasefire_ledger::record::RecordHash;
use ceasefire_ledger::vocab::Seq;
use tempfile::TempDir;

use super::ledger_support::NK_2020;
use super::program::{Need, program, scratch, turn};
use trace::{Recording, Step};

/// The name of the ledger's folder in the recorded folder.
const LEDGER: &str = "ledger";

/// One recorded life of a ledger, from `init` on.
struct Life {
    _scratch: TempDir,
    outside: PathBuf,
    recording: Recording,
    /// The commands, and how many steps were done after each.
    commands: Vec<(String, usize)>,
}

impl Life {
    fn new() -> Self {
        let scratch = scratch();
        let (root, outside) = (scratch.path().join("disk"), scratch.path().join("outside"));
        fs::create_dir(&root).unwrap();
        fs::create_dir(&outside).unwrap();
        Self { outside, recording: Recording::of(&root), commands: Vec::new(), _scratch: scratch }
    }

    /// Goes on from an image of an earlier life.
    fn on(image: &disk::Image) -> Self {
        let mut life = Self::new();
        let root = life.recording.root.clone();
        disk::lay_out(image, &root);
        life.recording = Recording::of(&root);
        life
    }

    fn ledger(&self) -> PathBuf {
        self.recording.root.join(LEDGER)
    }

    /// Writes a file that is not part of the ledger.
    fn outside(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.outside.join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    fn run(&mut self, arguments: &[&str]) -> Output {
        let mut command = program(&self.outside);
        command.arg("-L").arg(self.ledger()).arg("--json").args(arguments);
        let trace = self.outside.join("trace");
        let output = self.recording.run(&mut command, &trace);
        self.commands.push((arguments.join(" "), self.recording.steps.len()));
        output
    }

    fn must(&mut self, arguments: &[&str]) -> serde_json::Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or(serde_json::Value::Null)
    }

    /// Which command was under way at a step.
    fn command_at(&self, step: usize) -> &str {
        let command = self.commands.iter().find(|(_, end)| step <= *end);
        command.map_or("none", |(command, _)| command)
    }
}

/// Appends, batches, rotations, sealed fields, an erasure, evidence, checkpoints.
fn mixed_life() -> Life {
    let mut life = Life::new();
    let ledger = life.ledger().display().to_string();
    life.must(&["init", &ledger, "--origin", "example.org/nk2020", "--segment-bytes", "6000"]);
    let seed: Vec<&str> = NK_2020.lines().collect();
    let first = life.outside("first.jsonl", (seed[..24].join("\n") + "\n").as_bytes());
    let second = life.outside("second.jsonl", (seed[24..40].join("\n") + "\n").as_bytes());
    life.must(&["import", "jsonl", &first]);
    let report = ["append", "violation", "--source", "AZE.MoD", "--act", "shelling"];
    let with = |more: &[&'static str]| [report.as_slice(), more].concat();
    life.must(&with(&["--wounded", ">40", "--idempotency-key", "one"]));
    let private = with(&["--killed", "2", "--idempotency-key", "two", "--private", "witness.name=Aram Khachaturian"]);
    let sealed = life.must(&private)["receipts"][0]["receipt"]["seq"].as_u64().unwrap();
    life.must(&["import", "jsonl", &second]);
    let scan = life.outside("scan.txt", "scanned statement\n".repeat(90).as_bytes());
    life.must(&["evidence", "add", &scan, "--source", "AZE.MoD"]);
    life.must(&with(&["--idempotency-key", "three", "--private", "contact=+374 10 000000", "--wounded", "1"]));
    let sealed = sealed.to_string();
    let why = ["--legal-basis", "GDPR art. 17", "--requester", "the witness", "--approver", "AZE", "--approver", "ARM"];
    life.must(&[&["erase", sealed.as_str(), "--field", "witness.name"], why.as_slice()].concat());
    life.must(&["checkpoint", "--attest"]);
    life.must(&with(&["--idempotency-key", "four", "--killed", "1"]));
    life
}

/// What the log holds at the end of a life: a record for each position, and where the batches end.
struct Story {
    records: Vec<(Seq, RecordHash)>,
    ends: Vec<usize>,
    by_hash: BTreeMap<String, usize>,
}

impl Story {
    fn of(ledger: &Path) -> Self {
        let archive = Archive::open(Folder::at(ledger)).unwrap();
        let records: Vec<_> = archive.reader().records(Seq::FIRST, None).unwrap().map(Result::unwrap).collect();
        let number = |seq: Seq| usize::try_from(seq.number()).unwrap();
        let ends = records.iter().filter(|record| record.seq == record.end).map(|record| number(record.seq)).collect();
        let by_hash = records.iter().map(|record| (record.hash.to_string(), number(record.seq))).collect();
        Self { records: records.iter().map(|record| (record.seq, record.hash)).collect(), ends, by_hash }
    }

    /// The last record whose hash stands in a text: who prints it says that it is in the ledger.
    fn promised_in(&self, text: &str) -> usize {
        let hashes = text.split(|end: char| !end.is_ascii_hexdigit()).filter(|word| word.len() == 64);
        hashes.filter_map(|hash| self.by_hash.get(hash)).copied().max().unwrap_or(0)
    }

    /// For each number of steps, how many records were promised by then.
    fn promises(&self, steps: &[Step]) -> Vec<usize> {
        let mut promised = vec![0];
        for step in steps {
            let so_far = promised.last().copied().unwrap();
            let said = if let Step::Say { text } = step { self.promised_in(text) } else { 0 };
            promised.push(so_far.max(said));
        }
        promised
    }
}
