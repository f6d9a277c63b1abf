//! Finished segments and the digests that the log holds of them: listed for `b3sum -c`, and checked by the command.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a ledger that cannot be made is a failed test")]

mod ledger_support;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use ceasefire_ledger::ledger::{Folder, Genesis, Ledger};
use ledger_support::{nk_bodies, nk_genesis, still_clock};
use serde_json::Value;
use tempfile::TempDir;

/// A ledger of several small segments.
struct Sealed {
    _temp: TempDir,
    folder: Folder,
}

impl Sealed {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::at(temp.path().join("ledger"));
        let genesis = Genesis { segment_bytes: 6_000, ..nk_genesis() };
        let mut ledger = Ledger::create(folder.clone(), &genesis, still_clock()).unwrap();
        for few in nk_bodies().chunks(5) {
            ledger.append_bodies(few, None).unwrap();
        }
        drop(ledger);
        let sealed = Self { _temp: temp, folder };
        assert!(sealed.files().len() > 4);
        sealed
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(self.folder.log()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|end| end == "jsonl"));
        files.sort();
        files
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
        command.arg("-L").arg(self.folder.path()).args(arguments).stdin(Stdio::null());
        command.env_remove("CEASEFIRE_LEDGER").output().unwrap()
    }

    fn checked(&self) -> (Option<i32>, Value) {
        let output = self.run(&["segments", "--check", "--json"]);
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Changes one letter of a file, somewhere after a text.
    fn change(&self, file: usize, after: &str) {
        let path = &self.files()[file];
        let text = fs::read_to_string(path).unwrap();
        let at = text.rfind(after).unwrap() + after.len();
        let mut bytes = text.into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn every_finished_file_is_listed_with_its_own_digest_in_the_form_that_b3sum_checks() {
    let sealed = Sealed::new();
    let output = sealed.run(&["segments"]);
    assert_eq!(output.status.code(), Some(0));
    let (mut files, listed) = (sealed.files(), String::from_utf8(output.stdout).unwrap());
    let open = files.pop().unwrap();
    let expected: Vec<String> =
        files.iter().map(|file| format!("{}  {}", blake3::hash(&fs::read(file).unwrap()), file.display())).collect();
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(open.file_name().unwrap().to_str().unwrap()), "{said}");
}

#[test]
fn a_whole_history_is_checked_up_to_the_head_that_verify_names() {
    let sealed = Sealed::new();
    let (code, report) = sealed.checked();
    assert_eq!(code, Some(0), "{report}");
    let verified: Value = serde_json::from_slice(&sealed.run(&["verify", "--json"]).stdout).unwrap();
    assert_eq!((&report["head"], &report["head_seq"]), (&verified["head"], &verified["head_seq"]));
    assert_eq!(report["segments"].as_u64().unwrap() + 1, sealed.files().len() as u64);
    assert_eq!(report["findings"], Value::Array(Vec::new()));
}

#[test]
fn a_changed_byte_of_any_finished_file_is_a_violation_at_the_record_that_seals_it() {
    let finished = Sealed::new().files().len() - 1;
    for file in 0..finished {
        let sealed = Sealed::new();
        sealed.change(file, "\"key\":\"");
        let (code, report) = sealed.checked();
        assert_eq!((code, &report["outcome"]), (Some(1), &Value::from("violated")), "file {file}: {report}");
        let next: u64 = sealed.files()[file + 1].file_stem().unwrap().to_str().unwrap().parse().unwrap();
        assert_eq!(report["findings"][0]["seq"], next, "file {file}: {report}");
    }
}

#[test]
fn a_changed_byte_of_the_last_file_is_a_violation_too() {
    let sealed = Sealed::new();
    let last = sealed.files().len() - 1;
    let lines = fs::read_to_string(&sealed.files()[last]).unwrap().lines().count();
    assert!(lines > 2, "the last file needs records before its last one");
    let path = &sealed.files()[last];
    let text = fs::read_to_string(path).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    fs::write(path, format!("{first}\n{}", rest.replacen("\"key\":\"", "\"key\":\"0", 1))).unwrap();
    let (code, report) = sealed.checked();
    assert_eq!(code, Some(1), "{report}");
    assert!(report["findings"][0]["segment"].as_str().unwrap().contains(path.file_name().unwrap().to_str().unwrap()));
}

#[test]
fn a_changed_seal_is_a_violation_and_one_that_is_no_seal_lists_nothing() {
    let sealed = Sealed::new();
    sealed.change(1, "\"blake3\":\"");
    let (code, report) = sealed.checked();
    assert_eq!(code, Some(1), "{report}");
    assert_eq!(report["findings"].as_array().unwrap().len(), 2, "the file it is about, and the file it stands in");

    let sealed = Sealed::new();
    let path = &sealed.files()[1];
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text.replacen("segment.sealed", "segment.opened", 1)).unwrap();
    let listed = sealed.run(&["segments"]);
    assert_eq!(listed.status.code(), Some(1));
    assert!(String::from_utf8(listed.stderr).unwrap().contains("CF0501"));
    assert_eq!(listed.stdout, b"");
}

#[test]
fn a_file_that_was_only_begun_seals_nothing_yet_and_is_no_violation() {
    let sealed = Sealed::new();
    let (_, before) = sealed.checked();
    let begun = format!("{:020}.jsonl", before["head_seq"].as_u64().unwrap() + 1);
    fs::write(sealed.folder.log().join(begun), b"").unwrap();
    let (code, report) = sealed.checked();
    assert_eq!(code, Some(0), "{report}");
    assert_eq!((&report["segments"], &report["head"]), (&before["segments"], &before["head"]));
}

#[test]
fn where_there_is_no_ledger_nothing_is_listed() {
    let temp = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ceasefire"))
        .args(["-L", temp.path().to_str().unwrap(), "segments"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(10));
}
