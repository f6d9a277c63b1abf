//! Checkpoints, receipts, proofs and the files for a web server, at the command line.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ceasefire_ledger::proof::{EntryBundle, TreeHash, leaf_hash, node_hash};
use serde_json::Value;
use tempfile::TempDir;

/// A name that belongs to somebody, so that its key and checkpoint are remembered.
const ORIGIN: &str = "mission.int/proofs";

/// A ledger with its keeper's folder, and somebody else who has a memory of his own.
struct Desk {
    folder: TempDir,
    ledger: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self { ledger: folder.path().join("ledger"), folder };
        desk.expect(0, &["init", desk.ledger.to_str().unwrap(), "--origin", ORIGIN]);
        desk.expect(0, &["append", "actor", "OSCE", "--name", "en=OSCE", "--kind", "monitor"]);
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn run_as(&self, who: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
        command.args(arguments).stdin(Stdio::null()).current_dir(self.folder.path());
        command.env("CEASEFIRE_STATE", self.folder.path().join(who)).env_remove("CEASEFIRE_LEDGER");
        command.output().unwrap()
    }

    fn expect(&self, exit: i32, arguments: &[&str]) -> String {
        said(exit, &self.run_as("keeper", &[&["-L", self.ledger.to_str().unwrap()], arguments].concat()))
    }

    /// Somebody without the ledger.
    fn stranger(&self, exit: i32, arguments: &[&str]) -> String {
        said(exit, &self.run_as("stranger", arguments))
    }

    fn small_verifier(&self, exit: i32, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire-verify"));
        said(exit, &command.args(arguments).stdin(Stdio::null()).current_dir(self.folder.path()).output().unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let all = [&["-L", self.ledger.to_str().unwrap()], arguments, &["--json"]].concat();
        let output = self.run_as("keeper", &all);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn append(&self, summary: &str, more: &[&str]) {
        let report = ["append", "violation", "--source", "OSCE", "--heard", "--summary", summary];
        self.expect(0, &[&report, more].concat());
    }

    fn fill(&self, records: usize) {
        let rows: Vec<String> = (0..records)
            .map(|number| {
                format!(
                    r#"{{"origin":"{ORIGIN}","by":"recorder","key":"a/{number}","event":{{"type":"actor.registered","v":1,"actor":"X{number}","kind":"state","names":[{{"lang":"en","text":"Post {number}"}}]}}}}"#
                )
            })
            .collect();
        let file = self.path("rows.jsonl");
        fs::write(&file, rows.join("\n") + "\n").unwrap();
        self.expect(0, &["import", "jsonl", &file]);
    }

    fn log_key(&self) -> String {
        self.json(&["checkpoint", "--show"])["log_key"].as_str().unwrap().to_owned()
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.ledger.join("log/00000000000000000001.jsonl")).unwrap();
        text.lines().map(ToOwned::to_owned).collect()
    }
}

fn said(exit: i32, output: &Output) -> String {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(exit), "{said}");
    said
}

#[test]
fn every_append_ends_with_a_checkpoint_of_its_last_record_and_the_verb_shows_it() {
    let desk = Desk::new();
    desk.append("one", &[]);
    let shown = desk.json(&["checkpoint", "--show"]);
    assert_eq!(
        (shown["size"].as_u64(), shown["head_seq"].as_u64(), shown["signed_now"].as_bool()),
        (Some(3), Some(3), Some(false))
    );
    let note = shown["note"].as_str().unwrap();
    assert_eq!(note.lines().take(2).collect::<Vec<_>>(), [ORIGIN, "3"]);
    assert_eq!(fs::read_to_string(desk.ledger.join("checkpoint")).unwrap(), note);
    // Nothing came after it, so nothing is signed again.
    assert_eq!(desk.json(&["checkpoint"])["note"], shown["note"]);
    desk.expect(0, &["checkpoint", "-o", "today.note"]);
    assert_eq!(fs::read_to_string(desk.path("today.note")).unwrap(), note);
    // The checkpoint was lost: it comes back from the cell, the same.
    fs::remove_file(desk.ledger.join("checkpoint")).unwrap();
    assert_eq!(desk.json(&["checkpoint"])["note"], shown["note"]);
}

#[test]
fn a_receipt_is_checked_without_the_ledger_and_only_under_a_key_from_elsewhere() {
    let desk = Desk::new();
    desk.append("one", &["--receipt", "one.receipt"]);
    let key = desk.log_key();
    let said = desk.stranger(5, &["receipt", "check", "one.receipt"]);
    assert!(said.contains("--log-key"), "{said}");
    let said = desk.stranger(0, &["receipt", "check", "one.receipt", "--log-key", &key]);
    assert!(said.contains("record 3"), "{said}");
    desk.small_verifier(0, &["one.receipt", "--log-key", &key]);
    desk.small_verifier(5, &["one.receipt"]);
    // Whoever verified the ledger once knows the key.
    desk.stranger(0, &["-L", desk.ledger.to_str().unwrap(), "verify"]);
    desk.stranger(0, &["receipt", "check", "one.receipt"]);
    let another = "mission.int/proofs+";
    let said = desk.stranger(3, &["receipt", "check", "one.receipt", "--log-key", another]);
    assert!(said.contains("code:"), "{said}");
}

#[test]
fn any_changed_character_of_a_receipt_makes_it_false_or_no_receipt() {
    let desk = Desk::new();
    desk.append("one", &["--receipt", "one.receipt"]);
    let key = desk.log_key();
    let good = fs::read(desk.path("one.receipt")).unwrap();
    let mut tried = 0;
    for at in (0..good.len()).step_by(7).filter(|at| !good[*at].is_ascii_whitespace()) {
        let mut bad = good.clone();
        bad[at] = if bad[at] == b'x' { b'y' } else { b'x' };
        fs::write(desk.path("bad.receipt"), &bad).unwrap();
        let output = desk.run_as("nobody", &["receipt", "check", "bad.receipt", "--log-key", &key]);
        let exit = output.status.code().unwrap();
        assert!([1, 3].contains(&exit), "byte {at}: exit {exit}: {}", String::from_utf8_lossy(&output.stdout));
        tried += 1;
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn a_receipt_without_proof_is_completed_from_the_ledger_and_issued_again() {
    let desk = Desk::new();
    desk.append("one", &["--receipt", "one.receipt"]);
    let key = desk.log_key();
    let whole = fs::read_to_string(desk.path("one.receipt")).unwrap();
    // As it was before a checkpoint covered the record.
    let mut bare: Value = serde_json::from_str(&whole).unwrap();
    let members = bare.as_object_mut().unwrap();
    let had = members.len();
    members.retain(|name, _| !["inclusion", "checkpoint"].contains(&name.as_str()));
    assert!(members.len() < had, "{whole}");
    fs::write(desk.path("bare.receipt"), serde_json::to_vec(&bare).unwrap()).unwrap();
    let said = desk.stranger(5, &["receipt", "check", "bare.receipt", "--log-key", &key]);
    assert!(said.contains("complete"), "{said}");
    desk.append("two", &[]);
    desk.expect(0, &["receipt", "complete", "bare.receipt", "-o", "completed.receipt"]);
    desk.stranger(0, &["receipt", "check", "completed.receipt", "--log-key", &key]);
    desk.expect(0, &["receipt", "issue", "3", "-o", "again.receipt"]);
    desk.stranger(0, &["receipt", "check", "again.receipt", "--log-key", &key]);
    assert_eq!(fs::read(desk.path("again.receipt")).unwrap(), fs::read(desk.path("completed.receipt")).unwrap());
    desk.expect(3, &["receipt", "issue", "99"]);
}

#[test]
fn a_proof_of_a_record_is_checked_without_the_ledger() {
    let desk = Desk::new();
    desk.append("one", &[]);
    let key = desk.log_key();
    desk.expect(0, &["prove", "3", "-o", "3.tlog-proof"]);
    desk.stranger(0, &["check-proof", "3.tlog-proof", "--log-key", &key]);
    desk.stranger(5, &["check-proof", "3.tlog-proof"]);
    desk.small_verifier(0, &["3.tlog-proof", "--log-key", &key]);
    // Without the line in it, whoever checks must have the line.
    desk.expect(0, &["prove", "3", "--without-line", "-o", "bare.tlog-proof"]);
    fs::write(desk.path("3.line"), &desk.lines()[2]).unwrap();
    fs::write(desk.path("2.line"), &desk.lines()[1]).unwrap();
    desk.small_verifier(0, &["bare.tlog-proof", "--line", "3.line", "--log-key", &key]);
    desk.small_verifier(1, &["bare.tlog-proof", "--line", "2.line", "--log-key", &key]);
    desk.stranger(0, &["check-proof", "bare.tlog-proof", "--line", "3.line", "--log-key", &key]);
    desk.stranger(1, &["check-proof", "bare.tlog-proof", "--line", "2.line", "--log-key", &key]);
    let said = desk.expect(3, &["prove", "99"]);
    assert!(said.contains("code:"), "{said}");
}

#[test]
fn a_checkpoint_from_before_fixes_what_was_known_and_what_the_log_must_go_on_from() {
    let desk = Desk::new();
    desk.append("one", &["--incident", "I-1"]);
    desk.expect(0, &["checkpoint", "-o", "then.note"]);
    let before = desk.json(&["tally"]);
    desk.append("two", &["--incident", "I-2"]);
    assert_ne!(desk.json(&["tally"])["numbers"], before["numbers"], "the second report changes the count");
    let then = desk.json(&["tally", "--known-at", &desk.path("then.note")]);
    for member in ["numbers", "known_at"] {
        assert_eq!(then[member], before[member], "{member}");
    }
    desk.expect(0, &["verify", "--since", "then.note"]);
    let request = desk.json(&["prove", "--from", "then.note"]);
    assert_eq!((request["from"].as_u64(), request["size"].as_u64()), (Some(3), Some(4)));
    assert!(request["proof"].as_str().unwrap().starts_with("old 3\n"));
    // What another key signed under the same name says nothing of this log.
    let other = Desk::new();
    other.append("another", &[]);
    fs::copy(other.ledger.join("checkpoint"), desk.path("other.note")).unwrap();
    let said = desk.expect(5, &["verify", "--since", "other.note"]);
    assert!(said.contains("not signed by the log"), "{said}");
    let said = desk.expect(3, &["tally", "--known-at", "other.note"]);
    assert!(said.contains("code:"), "{said}");
}

/// RFC 6962 §2.1 as it is written.
fn naive_root(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => panic!("an empty tree"),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn files_under(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_files_for_a_web_server_hold_every_record_and_its_hash_and_grow_with_the_log() {
    let desk = Desk::new();
    desk.fill(300);
    let first = desk.json(&["export", "tiles", "-o", &desk.path("public")]);
    assert_eq!((first["size"].as_u64(), first["written"].as_u64()), (Some(303), Some(5)));
    let names: Vec<String> = files_under(Path::new(&desk.path("public"))).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["checkpoint", "tile/0/000", "tile/0/001.p/47", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/47"]
    );
    let read = |name: &str| fs::read(Path::new(&desk.path("public")).join(name)).unwrap();
    let (one, two) = (read("tile/entries/000"), read("tile/entries/001.p/47"));
    let mut entries = EntryBundle::parse(&one, 256).unwrap().entries().to_vec();
    entries.extend(EntryBundle::parse(&two, 47).unwrap().entries());
    assert_eq!(entries, desk.lines().iter().map(String::as_bytes).collect::<Vec<_>>());
    let leaves: Vec<TreeHash> = entries.iter().map(|line| leaf_hash(line)).collect();
    let hashes: Vec<u8> = leaves.iter().flat_map(|leaf| *leaf.as_bytes()).collect();
    assert_eq!([read("tile/0/000"), read("tile/0/001.p/47")].concat(), hashes);
    assert_eq!(first["root"], naive_root(&leaves).to_base64());
    assert_eq!(read("checkpoint"), fs::read(desk.ledger.join("checkpoint")).unwrap());
    // Grown: what is full stays, and is not written again.
    desk.append("one more", &[]);
    let second = desk.json(&["export", "tiles", "-o", &desk.path("public")]);
    assert_eq!(
        (second["size"].as_u64(), second["written"].as_u64(), second["kept"].as_u64()),
        (Some(304), Some(2), Some(3))
    );
    assert_eq!(read("checkpoint"), fs::read(desk.ledger.join("checkpoint")).unwrap());
}

#[test]
fn the_files_for_a_web_server_are_never_mixed_with_another_log_nor_made_of_changed_records() {
    let desk = Desk::new();
    desk.expect(0, &["export", "tiles", "-n", "-o", "public"]);
    assert!(!Path::new(&desk.path("public")).exists());
    desk.expect(0, &["export", "tiles", "-o", "public"]);
    let before = files_under(Path::new(&desk.path("public")));
    let other = Desk::new();
    let said = other.expect(3, &["export", "tiles", "-o", &desk.path("public")]);
    assert!(said.contains("CF0684") && said.contains("another log"), "{said}");
    assert_eq!(files_under(Path::new(&desk.path("public"))), before);
    // A record that was changed behind the checkpoint's back: no checkpoint goes out.
    let segment = desk.ledger.join("log/00000000000000000001.jsonl");
    let changed = fs::read_to_string(&segment).unwrap().replace("\"text\":\"OSCE\"", "\"text\":\"OSCF\"");
    fs::write(&segment, changed).unwrap();
    desk.expect(1, &["export", "tiles", "-o", "forged"]);
    assert!(!Path::new(&desk.path("forged")).join("checkpoint").exists());
}

#[test]
fn the_answers_as_json_fit_their_schemas() {
    let desk = Desk::new();
    desk.append("one", &["--receipt", "one.receipt"]);
    let report = ["append", "violation", "--source", "OSCE", "--heard"];
    let again = desk.path("another");
    let signed = ["--key", "k.key", "--sign-only", "--origin", ORIGIN, "--by", "OSCE"];
    let cases: [(&str, &[&str]); 13] = [
        ("init", &["init", &again, "--origin", ORIGIN]),
        ("key_new", &["key", "new", "k.key"]),
        ("key_public", &["key", "public", "k.key"]),
        ("append", &[&report[..], &["--summary", "two"]].concat()),
        ("append", &[&report[..], &["--summary", "three", "--receipt", "three.receipt"]].concat()),
        ("append", &[&report[..], &["-n"]].concat()),
        ("append", &[&report[..], &signed].concat()),
        ("checkpoint", &["checkpoint", "--show"]),
        ("prove", &["prove", "3"]),
        ("receipt", &["receipt", "issue", "3", "-o", "again.receipt"]),
        ("receipt_check", &["receipt", "check", "one.receipt"]),
        ("check_proof", &["check-proof", "one.receipt"]),
        ("export_tiles", &["export", "tiles", "-o", "public"]),
    ];
    for (name, arguments) in cases {
        let schema: Value = serde_json::from_str(&desk.expect(0, &["schema", name])).unwrap();
        let output = desk.run_as("keeper", &[&["-L", desk.ledger.to_str().unwrap()], arguments, &["--json"]].concat());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{name}: {output:?}"));
        assert_eq!(answer["schema"], format!("ceasefire.{name}/1"), "{answer:#}");
        let validator = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert_eq!(wrong, Vec::<String>::new(), "{name}");
    }
}
