//! Evidence at the command line: added, handed over, listed, checked, exported; every way it can be wrong.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

struct Desk {
    folder: TempDir,
    ledger: PathBuf,
}

impl Desk {
    fn with_example() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("demo");
        let output = command(&["demo", ledger.to_str().unwrap()]).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        Self { folder, ledger }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut all = vec!["-L", self.ledger.to_str().unwrap()];
        all.extend(arguments);
        command(&all).output().unwrap()
    }

    fn json(&self, arguments: &[&str], exit: i32) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code(&output), exit, "{arguments:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn add(&self, name: &str, bytes: &[u8], more: &[&str]) -> Value {
        let file = self.file(name, bytes);
        self.json(&[&["evidence", "add", &file, "--source", "AZE.MoD"], more].concat(), 0)
    }

    fn stored(&self, hash: &str) -> PathBuf {
        self.ledger.join("evidence").join(&hash[..2]).join(hash)
    }

    fn log(&self) -> Vec<u8> {
        fs::read(self.ledger.join("log/00000000000000000001.jsonl")).unwrap()
    }

    fn refused(&self, arguments: &[&str], exit: i32, stable: &str) -> String {
        let before = self.log();
        let output = self.run(arguments);
        let text = stderr(&output);
        assert_eq!(code(&output), exit, "{arguments:?}: {text}");
        assert!(text.contains(&format!("code:  {stable}")), "{arguments:?}: {text}");
        assert!(self.log() == before, "{arguments:?} wrote a record");
        text
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
    command.args(arguments).stdin(Stdio::null()).env_remove("CEASEFIRE_LEDGER").env_remove("CLICOLOR_FORCE");
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn hash_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_string()
}

/// Puts other bytes in the place of kept ones.
fn overwrite(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_file_is_stored_by_its_hash_and_recorded_with_both_hashes_its_length_and_its_type() {
    let desk = Desk::with_example();
    let added = desk.add("photo.JPG", b"pixels", &["--incident", "I-2", "--custodian", "AZE.MoD"]);
    let hash = hash_of(b"pixels");
    assert_eq!((added["intake"].as_str(), added["evidence"]["blake3"].as_str()), (Some("new"), Some(hash.as_str())));
    assert_eq!(fs::read(desk.stored(&hash)).unwrap(), b"pixels");
    let body = &desk.json(&["show", "119"], 0)["body"]["event"];
    assert_eq!(body["type"], "evidence.added");
    assert_eq!((body["blake3"].as_str(), body["bytes"].as_u64()), (Some(hash.as_str()), Some(6)));
    assert_eq!(body["sha256"], "6ec9c2b0eb14010746c8bce8939303b382344b296206612eb8a907a37b2b2f37");
    assert_eq!((body["media_type"].as_str(), body["custodian"].as_str()), (Some("image/jpeg"), Some("AZE.MoD")));
    assert_eq!(desk.json(&["verify"], 0)["outcome"], "ok");
}

#[test]
fn the_same_file_twice_is_one_record_and_one_file() {
    let desk = Desk::with_example();
    let first = desk.add("a.txt", b"words", &[]);
    let again = desk.add("b.txt", b"words", &[]);
    assert_eq!((first["receipt"]["seq"].as_u64(), again["receipt"]["seq"].as_u64()), (Some(119), Some(119)));
    assert_eq!((again["intake"].as_str(), again["receipt"]["replayed"].as_bool()), (Some("already_kept"), Some(true)));
}

#[test]
fn what_is_refused_leaves_neither_a_record_nor_bytes() {
    let desk = Desk::with_example();
    let file = desk.file("a.txt", b"words");
    let text = desk.refused(&["evidence", "add", &file, "--source", "AZE.Mod"], 3, "CF0301");
    assert!(text.contains("--source"), "{text}");
    desk.refused(&["evidence", "add", &file], 3, "CF0212");
    desk.refused(&["evidence", "add", &file, "--source", "AZE.MoD", "--incident", "I-99"], 3, "CF0304");
    desk.refused(&["evidence", "add", "/no/such/file", "--source", "AZE.MoD"], 20, "CF0504");
    desk.refused(&["evidence", "add", desk.folder.path().to_str().unwrap(), "--source", "AZE.MoD"], 20, "CF0504");
    let left: Vec<_> = fs::read_dir(desk.ledger.join("evidence")).map(Iterator::collect).unwrap_or_default();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_dry_run_says_what_would_be_recorded_and_writes_nothing() {
    let desk = Desk::with_example();
    let before = desk.log();
    let added = desk.add("a.txt", b"words", &["-n"]);
    assert_eq!(
        (added["dry_run"].as_bool(), added["evidence"]["blake3"].as_str()),
        (Some(true), Some(hash_of(b"words").as_str()))
    );
    assert!(!desk.ledger.join("evidence").exists());
    assert!(desk.log() == before);
}

#[test]
fn standard_input_can_be_evidence() {
    let desk = Desk::with_example();
    let mut adding = command(&["-L", desk.ledger.to_str().unwrap(), "evidence", "add", "-", "--source", "AZE.MoD"]);
    let mut child = adding.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"piped").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains(&hash_of(b"piped")));
    assert_eq!(fs::read(desk.stored(&hash_of(b"piped"))).unwrap(), b"piped");
    assert_eq!(desk.json(&["evidence", "list"], 0)["evidence"][0]["media_type"], "application/octet-stream");
}

#[test]
fn custody_is_a_table_and_a_gap_in_it_is_shown_and_not_refused() {
    let desk = Desk::with_example();
    let hash = hash_of(b"tape");
    desk.add("tape.wav", b"tape", &["--custodian", "AZE.MoD"]);
    let digits = &hash[..8];
    let handover = |from: &str, to: &str, at: &str| {
        desk.run(&["evidence", "transfer", digits, "--from", from, "--to", to, "--at", at])
    };
    assert_eq!(stderr(&handover("AZE.MoD", "UN", "2020-10-18")), "");
    let gap = handover("ARM.MFA", "RUS.MFA", "2020-10-19");
    assert_eq!(code(&gap), 0);
    assert!(stderr(&gap).contains("last recorded with UN, not with ARM.MFA"), "{}", stderr(&gap));
    let shown = desk.json(&["evidence", "show", digits], 0);
    let custody = shown["evidence"]["custody"].as_array().unwrap();
    let steps: Vec<_> =
        custody.iter().map(|step| (step["step"].as_str().unwrap(), step["gap"].as_bool().unwrap())).collect();
    assert_eq!(steps, [("added", false), ("transferred", false), ("transferred", true)]);
    assert_eq!(shown["evidence"]["holder"], "RUS.MFA");
    let text = stdout(&desk.run(&["evidence", "show", digits]));
    assert!(text.contains("AZE.MoD to UN") && text.contains("GAP"), "{text}");
    let csv = stdout(&desk.run(&["evidence", "show", digits, "--format", "csv"]));
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert_eq!(desk.json(&["evidence", "show", digits, "--known-at", "120"], 0)["evidence"]["holder"], "UN");
}

#[test]
fn a_retracted_transfer_changes_no_holder_and_stays_in_the_table() {
    let desk = Desk::with_example();
    let hash = hash_of(b"tape");
    desk.add("tape.wav", b"tape", &["--custodian", "AZE.MoD"]);
    desk.run(&["evidence", "transfer", &hash, "--from", "AZE.MoD", "--to", "UN"]);
    assert_eq!(
        code(&desk.run(&["append", "retraction", "120", "--changed-by", "recorder", "--reason", "typed in error"])),
        0
    );
    let shown = &desk.json(&["evidence", "show", &hash], 0)["evidence"];
    assert_eq!((shown["holder"].as_str(), shown["custody"][1]["retracted_by"].as_u64()), (Some("AZE.MoD"), Some(121)));
}

#[test]
fn check_tells_present_altered_and_missing_by_its_exit_code() {
    let desk = Desk::with_example();
    let hash = hash_of(b"twenty houses");
    assert_eq!(desk.json(&["evidence", "check"], 0)["checks"].as_array().unwrap().len(), 0);
    desk.add("report.txt", b"twenty houses", &[]);
    assert_eq!(desk.json(&["evidence", "check"], 0)["checks"][0]["state"], "present");
    overwrite(&desk.stored(&hash), b"twenty mouses");
    assert_eq!(desk.json(&["evidence", "check"], 1)["checks"][0]["state"], "altered");
    fs::remove_file(desk.stored(&hash)).unwrap();
    assert_eq!(desk.json(&["evidence", "check", &hash[..12]], 5)["checks"][0]["state"], "missing");
    desk.add("again.txt", b"twenty houses", &[]);
    assert_eq!(desk.json(&["evidence", "check"], 0)["checks"][0]["state"], "present");
}

#[test]
fn verify_looks_at_the_files_by_length_and_on_request_byte_for_byte() {
    let desk = Desk::with_example();
    let evidence = |exit: i32, arguments: &[&str]| {
        let report = desk.json(&[&["verify"], arguments].concat(), exit);
        let check =
            report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "evidence").unwrap().clone();
        (check["verdict"].as_str().unwrap().to_owned(), check["findings"][0]["seq"].as_u64())
    };
    assert_eq!(evidence(0, &[]), ("ok".to_owned(), None));
    let hash = hash_of(b"twenty houses");
    desk.add("report.txt", b"twenty houses", &[]);
    assert_eq!(evidence(0, &["--full"]), ("ok".to_owned(), None));
    overwrite(&desk.stored(&hash), b"twenty mouses");
    assert_eq!(evidence(0, &[]), ("ok".to_owned(), None));
    assert_eq!(evidence(1, &["--full"]), ("violated".to_owned(), Some(119)));
    overwrite(&desk.stored(&hash), b"twenty");
    assert_eq!(evidence(1, &[]), ("violated".to_owned(), Some(119)));
    let said = stdout(&desk.run(&["verify"]));
    assert!(said.contains("The log is whole; a stored evidence file is not what its record says."), "{said}");
    fs::remove_file(desk.stored(&hash)).unwrap();
    assert_eq!(evidence(5, &[]), ("cannot_tell".to_owned(), Some(119)));
    fs::remove_dir_all(desk.ledger.join("evidence")).unwrap();
    assert_eq!(evidence(0, &[]), ("ok".to_owned(), None));
    desk.add("report.txt", b"twenty houses", &[]);
    overwrite(&desk.stored(&hash), b"twenty mouses");
    assert_eq!(
        code(&desk.run(&["append", "retraction", "119", "--changed-by", "recorder", "--reason", "typed in error"])),
        0
    );
    assert_eq!(evidence(0, &["--full"]), ("ok".to_owned(), None), "a withdrawn record promises nothing");
}

#[test]
fn a_record_that_states_another_sha256_than_the_bytes_have_is_proven_wrong() {
    let desk = Desk::with_example();
    let hash = hash_of(b"tape");
    desk.add("tape.wav", b"tape", &[]);
    let other = "0".repeat(64);
    let line = ["append", "evidence-record", "--source", "ARM.MFA", "--media-type", "audio/wav", "--bytes", "4"];
    assert_eq!(code(&desk.run(&[&line[..], &["--blake3", &hash, "--sha256", &other]].concat())), 0);
    let check = &desk.json(&["evidence", "check"], 1)["checks"][0];
    assert_eq!(check["state"], "misstated");
}

#[test]
fn export_hands_out_only_what_was_recorded() {
    let desk = Desk::with_example();
    let hash = hash_of(b"tape");
    desk.add("tape.wav", b"tape", &[]);
    let target = desk.folder.path().join("out.wav");
    let target = target.to_str().unwrap();
    assert_eq!(code(&desk.run(&["evidence", "export", &hash, "-o", target])), 0);
    assert_eq!(fs::read(target).unwrap(), b"tape");
    desk.refused(&["evidence", "export", &hash, "-o", target], 3, "CF0684");
    assert_eq!(desk.run(&["evidence", "export", &hash, "-o", "-"]).stdout, b"tape");
    overwrite(&desk.stored(&hash), b"TAPE");
    let other = desk.folder.path().join("other.wav");
    desk.refused(&["evidence", "export", &hash, "-o", other.to_str().unwrap()], 1, "CF0681");
    let piped = desk.run(&["evidence", "export", &hash, "-o", "-"]);
    assert_eq!((code(&piped), piped.stdout.as_slice()), (1, b"".as_slice()));
    fs::remove_file(desk.stored(&hash)).unwrap();
    desk.refused(&["evidence", "export", &hash, "-o", other.to_str().unwrap()], 5, "CF0682");
    let left: Vec<String> = fs::read_dir(desk.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("other"))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_hash_is_named_by_eight_digits_and_mistakes_are_told() {
    let desk = Desk::with_example();
    desk.add("a.txt", b"words", &[]);
    desk.refused(&["evidence", "show", "1234567"], 3, "CF0214");
    desk.refused(&["evidence", "show", "../../../etc/passwd"], 3, "CF0214");
    desk.refused(&["evidence", "show", "00000000"], 3, "CF0306");
    desk.refused(&["evidence", "transfer", "00000000", "--from", "UN", "--to", "AZE"], 3, "CF0306");
    let hash = hash_of(b"words");
    desk.refused(&["evidence", "transfer", &hash, "--from", "UN", "--to", "UN"], 3, "CF0215");
}

#[test]
fn every_answer_fits_its_schema() {
    let desk = Desk::with_example();
    let added = desk.add("tape.wav", b"tape", &["--incident", "I-2"]);
    let hash = hash_of(b"tape");
    let target = desk.folder.path().join("out.wav");
    let answers = [
        ("evidence_add", added),
        ("evidence_list", desk.json(&["evidence", "list"], 0)),
        ("evidence_show", desk.json(&["evidence", "show", &hash], 0)),
        ("evidence_check", desk.json(&["evidence", "check"], 0)),
        ("evidence_export", desk.json(&["evidence", "export", &hash, "-o", target.to_str().unwrap()], 0)),
    ];
    for (name, answer) in answers {
        let output = desk.run(&["schema", name]);
        let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<String> = validator.iter_errors(&answer).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, [""; 0], "{name}: {answer}");
        assert_eq!(answer["schema"], format!("ceasefire.{name}/1"));
    }
}
