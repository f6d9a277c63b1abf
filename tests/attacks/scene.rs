//! A small signed ledger to attack, and the attacker's tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

use ceasefire_ledger::ledger::{Archive, Folder};
use ceasefire_ledger::log::LogReader;
use ceasefire_ledger::proof::{Checkpoint, Note, SignatureType, SignerKey, TreeHash, VerifierKey};
use ceasefire_ledger::publication::{DiskFiles, Publication};
use ceasefire_ledger::record::{Envelope, RecordHash};
use ceasefire_ledger::vocab::{Instant, Seq};
use serde_json::Value;
use tempfile::TempDir;

/// A name that belongs to somebody, so that what was seen of it is remembered.
pub(crate) const ORIGIN: &str = "mission.int/attacked";

/// How many records the ledger has, all of them signed for.
pub(crate) const RECORDS: u64 = 9;

/// The record that attackers like to change: a report that counts "more than 40" wounded.
pub(crate) const TARGET: u64 = 5;

/// A copy of the ledger, and the memory of somebody who has not seen it yet.
pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) ledger: PathBuf,
}

impl Scene {
    /// Copies the ledger; nobody has seen it.
    pub(crate) fn new() -> Self {
        static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            make(&Self { ledger: folder.path().join("ledger"), folder: tempfile::tempdir().unwrap() });
            folder
        });
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger");
        copy(&template.path().join("ledger"), &ledger);
        Self { folder, ledger }
    }

    /// As somebody has it who checks the ledger without being its keeper: no keys, no projections.
    pub(crate) fn of_another_party() -> Self {
        let scene = Self::new();
        fs::remove_dir_all(scene.ledger.join("keys")).unwrap();
        fs::remove_dir_all(scene.ledger.join("projections")).unwrap();
        scene
    }

    /// Runs the program on the ledger, with this scene's own memory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
        command.arg("-L").arg(&self.ledger).args(arguments).stdin(Stdio::null());
        command.env("CEASEFIRE_STATE", self.folder.path().join("state")).env_remove("CEASEFIRE_LEDGER");
        command.output().unwrap()
    }

    /// Runs the program and holds its exit code against the expected one.
    pub(crate) fn expect(&self, exit: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {said}");
        said
    }

    /// Verifies, and gives each check that failed with the records it names.
    pub(crate) fn violated(&self, exit: i32, arguments: &[&str]) -> Vec<(String, Vec<u64>)> {
        let output = self.run(&[&["verify", "--json"], arguments].concat());
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(output.status.code(), Some(exit), "{answer:#}");
        let checks = answer["checks"].as_array().unwrap().iter();
        let violated = checks.filter(|check| check["verdict"] == "violated");
        violated
            .map(|check| {
                let findings = check["findings"].as_array().unwrap().iter();
                let named = findings.map(|finding| finding["seq"].as_u64().unwrap()).collect();
                (check["name"].as_str().unwrap().to_owned(), named)
            })
            .collect()
    }

    /// What a check says.
    pub(crate) fn detail(&self, check: &str) -> String {
        let output = self.run(&["verify", "--json"]);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = answer["checks"].as_array().unwrap().iter().find(|found| found["name"] == check).cloned();
        found.unwrap_or_else(|| panic!("no check is called {check}"))["detail"].as_str().unwrap().to_owned()
    }

    /// A file of the scene, beside the ledger.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn segment(&self) -> PathBuf {
        self.ledger.join("log/00000000000000000001.jsonl")
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        fs::read_to_string(self.segment()).unwrap().lines().map(ToOwned::to_owned).collect()
    }

    /// Writes the log anew, and takes away what would be noticed by chance: the stored projections.
    pub(crate) fn write_lines(&self, lines: &[String]) {
        fs::write(self.segment(), lines.join("\n") + "\n").unwrap();
        let _ = fs::remove_dir_all(self.ledger.join("projections"));
    }

    /// The key that record 1 names.
    pub(crate) fn log_key(&self) -> VerifierKey {
        Archive::open(Folder::at(&self.ledger)).unwrap().log_key().unwrap().unwrap()
    }

    /// The keeper's own key: he is an attacker too.
    pub(crate) fn keepers_key(&self) -> SignerKey {
        SignerKey::parse(&fs::read_to_string(self.ledger.join("keys/log.key")).unwrap()).unwrap()
    }

    /// Keeps a copy of everything in the ledger's folder.
    pub(crate) fn back_up(&self, name: &str) -> PathBuf {
        let backup = self.file(name);
        copy(&self.ledger, &backup);
        backup
    }

    /// Puts a copy in the place of the ledger's folder.
    pub(crate) fn put_back(&self, backup: &Path) {
        fs::remove_dir_all(&self.ledger).unwrap();
        copy(backup, &self.ledger);
    }

    /// Appends a report as anybody would.
    pub(crate) fn append(&self, summary: &str) {
        self.expect(0, &["append", "violation", "--source", "OSCE", "--heard", "--summary", summary]);
    }

    /// Makes tiles and checkpoint fit the log as it is now, signed with a key of the attacker's choice.
    pub(crate) fn sign_anew(&self, signer: &SignerKey) -> Note {
        for gone in ["checkpoint", "keys/last-signed"] {
            let _ = fs::remove_file(self.ledger.join(gone));
        }
        let _ = fs::remove_dir_all(self.ledger.join("tiles"));
        let storage = ceasefire_ledger::log::DiskStorage::open(self.ledger.join("log")).unwrap();
        let reader = LogReader::new(Arc::new(storage));
        let publication = Publication::on(Arc::new(DiskFiles::at(&self.ledger)));
        let published = publication.publish(&reader, reader.head().unwrap(), signer).unwrap();
        let _ = fs::remove_file(self.ledger.join("keys/last-signed"));
        published.note().clone()
    }
}

/// Another key for the same name.
pub(crate) fn attackers_key() -> SignerKey {
    SignerKey::from_seed(ORIGIN.parse().unwrap(), SignatureType::Ed25519, &[66; 32])
}

/// Signs whatever the attacker likes.
pub(crate) fn sign(signer: &SignerKey, size: u64, root: TreeHash) -> Note {
    Checkpoint::new(ORIGIN.parse().unwrap(), size, root).unwrap().sign(signer).unwrap()
}

/// Writes lines anew, so that each names the one before and keeps its time: a chain without a flaw.
pub(crate) fn rechained(lines: &[String]) -> Vec<String> {
    let mut prev = RecordHash::ZERO;
    let mut chained = Vec::new();
    for (line, seq) in lines.iter().zip(1..) {
        let old = Envelope::decode(line.as_bytes()).unwrap();
        let seq = Seq::new(seq);
        let line = Envelope { seq, prev, end: seq, ..old }.encode().unwrap();
        prev = RecordHash::of_line(&line);
        chained.push(String::from_utf8(line).unwrap());
    }
    chained
}

/// A line that goes on from the last one, with any body and time.
pub(crate) fn next_line(lines: &[String], body: &str, at: Option<Instant>) -> String {
    let last = lines.last().unwrap();
    let before = Envelope::decode(last.as_bytes()).unwrap();
    let (seq, prev) = (before.seq.next(), RecordHash::of_line(last.as_bytes()));
    let envelope = Envelope { seq, prev, at: at.unwrap_or(before.at), end: seq, body, signature: None };
    String::from_utf8(envelope.encode().unwrap()).unwrap()
}

/// Changes "more than 40" to "more than 4" in the target's line.
pub(crate) fn edited(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    let target = &mut lines[usize::try_from(TARGET).unwrap() - 1];
    let changed = target.replace(r#""min":41"#, r#""min":5"#).replace(r#""min":40"#, r#""min":4"#);
    assert_ne!(changed, *target, "the target has no such number");
    *target = changed;
    lines
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn make(scene: &Scene) {
    let ledger = scene.ledger.to_str().unwrap().to_owned();
    scene.expect(0, &["init", &ledger, "--origin", ORIGIN]);
    for actor in ["OSCE", "AZE", "ARM"] {
        scene.expect(0, &["append", "actor", actor, "--name", &format!("en={actor}"), "--kind", "state"]);
    }
    scene.expect(
        0,
        &["append", "violation", "--source", "AZE", "--accused", "ARM", "--wounded", ">40", "--incident", "I-1"],
    );
    for number in 6..=RECORDS {
        scene.append(&format!("report {number}"));
    }
    assert_eq!(scene.lines().len() as u64, RECORDS);
}

#[test]
fn the_ledger_is_whole_before_anybody_attacks_it() {
    for scene in [Scene::new(), Scene::of_another_party()] {
        assert_eq!(scene.violated(0, &["--full"]), []);
        // And again, now that it is remembered.
        assert_eq!(scene.violated(0, &["--full"]), []);
        assert!(scene.detail("seen").contains(&format!("{RECORDS} records")));
    }
    assert_eq!(rechained(&Scene::new().lines()), Scene::new().lines(), "the attacker's tools work");
}
