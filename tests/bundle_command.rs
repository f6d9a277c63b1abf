//! Bundles, timestamps and the stranger's verifier at the command line.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64ct::{Base64, Encoding};
use ceasefire_ledger::proof::FileDigests;
use serde_json::Value;
use tempfile::TempDir;

/// The example ledger, its key, and both programs.
struct Desk {
    folder: TempDir,
    ledger: PathBuf,
    key: String,
}

impl Desk {
    fn with_example() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("demo");
        let mut desk = Self { ledger: ledger.clone(), folder, key: String::new() };
        let made = desk.program("ceasefire", &["demo", ledger.to_str().unwrap()]);
        assert_eq!(code(&made), 0, "{}", stderr(&made));
        let first = desk.json(&["show", "1"], 0);
        first["body"]["event"]["log_key"].as_str().unwrap().clone_into(&mut desk.key);
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Output {
        let path = match name {
            "ceasefire" => env!("CARGO_BIN_EXE_ceasefire"),
            _ => env!("CARGO_BIN_EXE_ceasefire-verify"),
        };
        let mut command = Command::new(path);
        command.args(arguments).stdin(Stdio::null()).current_dir(self.folder.path());
        for variable in ["CEASEFIRE_LEDGER", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command.env("CEASEFIRE_STATE", self.folder.path().join("state")).output().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.program("ceasefire", &[&["-L", self.ledger.to_str().unwrap()], arguments].concat())
    }

    fn json(&self, arguments: &[&str], exit: i32) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code(&output), exit, "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What both programs say of a file or folder.
    fn verdicts(&self, what: &str, more: &[&str]) -> (i32, i32) {
        let full = self.program("ceasefire", &[&["check-proof", what], more].concat());
        let small = self.program("ceasefire-verify", &[&[what], more].concat());
        (code(&full), code(&small))
    }

    fn refused(&self, arguments: &[&str], exit: i32, stable: &str) -> String {
        let output = self.run(arguments);
        let text = stderr(&output);
        assert_eq!(code(&output), exit, "{arguments:?}: {text}");
        assert!(text.contains(&format!("code:  {stable}")), "{arguments:?}: {text}");
        text
    }
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

/// A reply under `fixtures/timestamps/`, its authority as PEM, and the text that it is over.
fn stamped() -> (Vec<u8>, String, &'static [u8]) {
    let vector = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/timestamps/rsa.txt");
    let vector = fs::read_to_string(vector).unwrap();
    let field = |key: &str| vector.lines().find_map(|line| line.strip_prefix(key)).unwrap().to_owned();
    let text = b"ceasefire.example/log\n3\np5vUAZS2ZU1GBZ4VgKIVezvyXn7rgzyJJDmMmt04Vuo=\n";
    assert_eq!(FileDigests::of(text).sha256.to_string(), field("sha256: "));
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", wrapped(&field("authority: ")));
    (Base64::decode_vec(&field("reply: ")).unwrap(), pem, text)
}

fn wrapped(text: &str) -> String {
    text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_bundle_is_made_and_both_programs_believe_it_only_under_a_key_from_elsewhere() {
    let desk = Desk::with_example();
    let made = desk.json(&["export", "bundle", "7", "9", "12", "-o", &desk.path("case.zip")], 0);
    assert_eq!(made["records"], serde_json::json!([7, 9, 12]));
    assert_eq!((made["size"].as_u64(), made["log_key"].as_str()), (Some(118), Some(desk.key.as_str())));
    let case = desk.path("case.zip");
    assert_eq!(desk.verdicts(&case, &[]), (5, 5));
    assert_eq!(desk.verdicts(&case, &["--log-key", &desk.key]), (0, 0));
    let held = desk.file("log.vkey", format!("{}\n", desk.key).as_bytes());
    assert_eq!(desk.verdicts(&case, &["--log-key", &held]), (0, 0));
    let policy = desk.file("mine.policy", format!("log {}\nquorum none\n", desk.key).as_bytes());
    assert_eq!(desk.verdicts(&case, &["--policy", &policy]), (0, 0));
    let other = "ceasefire.example/log+ebd6d79a+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    assert_eq!(desk.verdicts(&case, &["--log-key", other]), (1, 1));
    let bytes = fs::read(&case).unwrap();
    assert_eq!(made["digests"]["sha256"], FileDigests::of(&bytes).sha256.to_string());
}

#[test]
fn the_same_question_gives_the_same_bytes() {
    let desk = Desk::with_example();
    desk.run(&["export", "bundle", "7", "9", "-o", &desk.path("one.zip")]);
    desk.run(&["export", "bundle", "9", "7", "7", "-o", &desk.path("two.zip")]);
    assert_eq!(fs::read(desk.path("one.zip")).unwrap(), fs::read(desk.path("two.zip")).unwrap());
}

#[test]
fn any_changed_byte_is_a_proven_no_for_both_programs() {
    let desk = Desk::with_example();
    desk.run(&["export", "bundle", "7", "-o", &desk.path("case.zip")]);
    let good = fs::read(desk.path("case.zip")).unwrap();
    for at in (0..good.len()).step_by(good.len() / 40) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let bad = desk.file("bad.zip", &bad);
        let verdicts = desk.verdicts(&bad, &["--log-key", &desk.key]);
        // A changed signature at the very start makes it a file of another kind, of which nothing can be told.
        let expected = if at < 4 { (5, 5) } else { (1, 1) };
        assert_eq!(verdicts, expected, "byte {at}");
    }
    let no = desk.file("no.zip", b"hello");
    assert_eq!(desk.verdicts(&no, &["--log-key", &desk.key]), (5, 5));
    assert_eq!(desk.verdicts(&desk.path("missing.zip"), &[]), (20, 20));
}

#[test]
fn an_incident_is_bundled_with_its_evidence_files() {
    let desk = Desk::with_example();
    let photo = desk.file("photo.jpg", b"pixels");
    desk.json(&["evidence", "add", &photo, "--source", "AZE.MoD", "--incident", "I-2"], 0);
    let without = desk.json(&["export", "bundle", "--incident", "I-2", "-o", &desk.path("named.zip")], 0);
    assert!(without["records"].as_array().unwrap().contains(&serde_json::json!(119)), "{without}");
    assert_eq!(without["files"], serde_json::json!([]));
    let with = desk.json(&["export", "bundle", "--incident", "I-2", "--files", "-o", &desk.path("files.zip")], 0);
    assert_eq!(with["files"], serde_json::json!([FileDigests::of(b"pixels").blake3.to_string()]));
    for name in ["named.zip", "files.zip"] {
        assert_eq!(desk.verdicts(&desk.path(name), &["--log-key", &desk.key]), (0, 0), "{name}");
    }
    let hash = FileDigests::of(b"pixels").blake3.to_string();
    fs::remove_file(desk.ledger.join("evidence").join(&hash[..2]).join(&hash)).unwrap();
    let again = desk.path("again.zip");
    desk.refused(&["export", "bundle", "--incident", "I-2", "--files", "-o", &again], 5, "CF0682");
    assert!(!Path::new(&again).exists());
}

#[test]
fn mistakes_are_told_and_nothing_is_written() {
    let desk = Desk::with_example();
    let out = desk.path("case.zip");
    desk.refused(&["export", "bundle", "-o", &out], 2, "CF0401");
    desk.refused(&["export", "bundle", "119", "-o", &out], 3, "CF0305");
    desk.refused(&["export", "bundle", "--incident", "I-99", "-o", &out], 3, "CF0304");
    let line = desk.file("x.json", b"{}");
    desk.refused(&["export", "bundle", "7", "--disclose", &line, "-o", &out], 3, "CF0686");
    desk.refused(&["export", "bundle", "7", "--policy", &line, "-o", &out], 3, "CF0642");
    let dry = desk.json(&["export", "bundle", "7", "-n", "-o", &out], 0);
    assert_eq!(dry["dry_run"], true);
    assert!(!Path::new(&out).exists());
    desk.file("case.zip", b"mine");
    desk.refused(&["export", "bundle", "7", "-o", &out], 3, "CF0684");
    assert_eq!(fs::read(&out).unwrap(), b"mine");
}

#[test]
fn proof_files_and_receipts_are_checked_by_both_programs() {
    let desk = Desk::with_example();
    let proof = desk.path("7.tlog-proof");
    desk.run(&["prove", "7", "-o", &proof]);
    assert_eq!(desk.verdicts(&proof, &["--log-key", &desk.key]), (0, 0));
    assert_eq!(desk.verdicts(&proof, &[]), (5, 5));
    desk.run(&["prove", "7", "--without-line", "-o", &desk.path("bare.tlog-proof")]);
    assert_eq!(desk.verdicts(&desk.path("bare.tlog-proof"), &["--log-key", &desk.key]), (5, 5));
    let (seven, eight) = (desk.run(&["show", "7", "--raw"]).stdout, desk.run(&["show", "8", "--raw"]).stdout);
    let (seven, eight) = (desk.file("7.line", &seven), desk.file("8.line", &eight));
    let bare = desk.path("bare.tlog-proof");
    assert_eq!(desk.verdicts(&bare, &["--log-key", &desk.key, "--line", &seven]), (0, 0));
    assert_eq!(desk.verdicts(&bare, &["--log-key", &desk.key, "--line", &eight]), (1, 1));
    let receipt = desk.path("7.json");
    desk.run(&["receipt", "issue", "7", "-o", &receipt]);
    assert_eq!(desk.verdicts(&receipt, &["--log-key", &desk.key]), (0, 0));
    assert_eq!(desk.verdicts(&receipt, &[]), (5, 5));
    let false_one = fs::read_to_string(&receipt).unwrap().replacen("\"seq\": 7", "\"seq\": 8", 1);
    let false_one = desk.file("8.json", false_one.as_bytes());
    assert_eq!(desk.verdicts(&false_one, &["--log-key", &desk.key]), (1, 1));
}

#[test]
fn the_strangers_verifier_checks_a_folder() {
    let desk = Desk::with_example();
    let folder = desk.ledger.to_str().unwrap();
    let verify = |more: &[&str]| desk.program("ceasefire-verify", &[&[folder], more].concat());
    let key = ["--log-key", desk.key.as_str()];
    let good = verify(&key);
    assert_eq!(code(&good), 0, "{}", stdout(&good));
    assert!(
        stdout(&good).contains("the first 118 records have the root that was signed; 0 came after"),
        "{}",
        stdout(&good)
    );
    assert_eq!(code(&verify(&[])), 5, "whose key it is, nobody said");
    let other = "ceasefire.example/log+ebd6d79a+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    assert_eq!(code(&verify(&["--log-key", other])), 1);
    let policy = format!(
        "log {}\nwitness w witness.example/w1+0ad7d35e+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\nquorum w\n",
        desk.key
    );
    let policy = desk.file("w.policy", policy.as_bytes());
    let unmet = verify(&["--policy", &policy]);
    assert!(code(&unmet) == 5 && stdout(&unmet).contains("missing: w"), "{}", stdout(&unmet));
    let segment = desk.ledger.join("log/00000000000000000001.jsonl");
    let log = fs::read_to_string(&segment).unwrap();
    let changed = |text: String, exit: i32, words: &str| {
        fs::write(&segment, text).unwrap();
        let found = verify(&key);
        assert_eq!(code(&found), exit, "{}", stdout(&found));
        assert!(stdout(&found).contains(words), "{}", stdout(&found));
    };
    changed(log.replacen("13 مدنيا", "31 مدنيا", 1), 1, "VIOLATED    chain       record 93");
    let lines: Vec<&str> = log.lines().collect();
    changed(format!("{}\n", lines[..117].join("\n")), 1, "118 records were signed, only 1 are here");
    let (rest, last) = log.trim_end().rsplit_once('\n').unwrap();
    changed(
        format!("{rest}\n{}\n", last.replacen("same", "sane", 1)),
        1,
        "the first 118 records are not those that were signed",
    );
    changed(format!("{log}{{\"seq\":119,"), 14, "half-written batch");
    changed(log.clone(), 0, "It holds");
    let known = desk.file("known.note", &fs::read(desk.ledger.join("checkpoint")).unwrap());
    fs::remove_file(desk.ledger.join("checkpoint")).unwrap();
    assert_eq!(code(&verify(&key)), 5, "no checkpoint, no key behind the log");
    assert_eq!(code(&verify(&["--log-key", &desk.key, "--checkpoint", &known])), 0);
    let before = fs::read_dir(&desk.ledger).unwrap().count();
    let json: Value = serde_json::from_slice(&verify(&["--json"]).stdout).unwrap();
    assert_eq!(
        (json["schema"].as_str(), json["outcome"].as_str()),
        (Some("ceasefire.check_proof/1"), Some("undecided"))
    );
    assert_eq!(fs::read_dir(&desk.ledger).unwrap().count(), before, "it writes nothing");
}

#[test]
fn the_strangers_verifier_reads_seals_of_several_segments() {
    let desk = Desk::with_example();
    let ledger = desk.path("segments");
    let init = ["init", &ledger, "--origin", "example.org/s"];
    assert_eq!(code(&desk.program("ceasefire", &init)), 0);
    let settings = Path::new(&ledger).join("ledger.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let small: Vec<String> = text
        .lines()
        .map(|line| if line.starts_with("segment_bytes") { "segment_bytes = 3000".to_owned() } else { line.to_owned() })
        .collect();
    fs::write(&settings, small.join("\n") + "\n").unwrap();
    let run = |arguments: &[&str]| desk.program("ceasefire", &[&["-L", &ledger], arguments].concat());
    for number in 0..12 {
        let id = format!("A{number}");
        let words = format!("en={}", "x".repeat(300) + &id);
        let made = run(&["append", "actor", &id, "--kind", "monitor", "--name", &words]);
        assert_eq!(code(&made), 0, "{}", stderr(&made));
    }
    let segments = fs::read_dir(Path::new(&ledger).join("log"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "jsonl"))
        .count();
    assert!(segments > 2, "{segments}");
    let first: Value = serde_json::from_slice(&run(&["show", "1", "--json"]).stdout).unwrap();
    let key = first["body"]["event"]["log_key"].as_str().unwrap().to_owned();
    let found = desk.program("ceasefire-verify", &[&ledger, "--log-key", &key]);
    assert_eq!(code(&found), 0, "{}", stdout(&found));
    let sealed = Path::new(&ledger).join("log/00000000000000000001.jsonl");
    let text = fs::read_to_string(&sealed).unwrap();
    fs::write(&sealed, text.replacen("xxx", "yyy", 1)).unwrap();
    let found = desk.program("ceasefire-verify", &[&ledger, "--log-key", &key]);
    assert_eq!(code(&found), 1);
    assert!(stdout(&found).contains("VIOLATED    seals"), "{}", stdout(&found));
}

#[test]
fn what_is_typed_wrong_is_usage() {
    let desk = Desk::with_example();
    for arguments in [&[][..], &["a", "b"], &["--frob", "a"], &["a", "--line"]] {
        assert_eq!(code(&desk.program("ceasefire-verify", arguments)), 2, "{arguments:?}");
    }
    let help = desk.program("ceasefire-verify", &["--help"]);
    assert!(code(&help) == 0 && stdout(&help).contains("exit codes"));
    let bad = desk.program("ceasefire-verify", &[desk.ledger.to_str().unwrap(), "--log-key", "nonsense"]);
    assert_eq!(code(&bad), 20);
}

#[test]
fn a_timestamp_of_evidence_is_checked_stored_and_bundled() {
    let desk = Desk::with_example();
    let (reply, pem, text) = stamped();
    let (reply, ca) = (desk.file("reply.tsr", &reply), desk.file("ca.pem", pem.as_bytes()));
    let report = desk.file("report.txt", text);
    desk.json(&["evidence", "add", &report, "--source", "AZE.MoD"], 0);
    let hash = FileDigests::of(text).blake3.to_string();
    let query = desk.path("q.tsq");
    let asked = desk.json(&["evidence", "timestamp", "request", &hash, "-o", &query], 0);
    assert_eq!(asked["sha256"], FileDigests::of(text).sha256.to_string());
    assert_eq!(fs::read(&query).unwrap().len(), 59);
    let add = ["evidence", "timestamp", "add", &reply, "--for", &hash[..12], "--ca", &ca];
    let dry = desk.json(&[&add[..], &["-n"]].concat(), 0);
    assert_eq!((dry["dry_run"].as_bool(), dry["receipt"].is_null()), (Some(true), true));
    let added = desk.json(&add, 0);
    assert_eq!(added["timestamp"]["authority"], "CN=Test root,O=Throw-away");
    assert_eq!(added["timestamp"]["at"], "2026-11-24T15:49:48Z");
    assert_eq!(desk.json(&["evidence", "timestamp", "check", "--ca", &ca], 0)["timestamps"][0]["verdict"], "ok");
    let made = desk.path("case.zip");
    desk.json(&["export", "bundle", "119", "-o", &made], 0);
    let key = ["--log-key", desk.key.as_str()];
    let checked = desk.json(&[&["check-proof", &made][..], &key, &["--ca", &ca]].concat(), 0);
    let stamp = checked["checks"].as_array().unwrap().iter().find(|check| check["name"] == "timestamp").unwrap();
    assert_eq!(stamp["verdict"], "ok");
    let unasked = desk.json(&[&["check-proof", &made][..], &key].concat(), 0);
    assert!(unasked["checks"].to_string().contains("not_asked"), "{unasked}");
    let other =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/timestamps/ecdsa.txt")).unwrap();
    let other = other.lines().find_map(|line| line.strip_prefix("authority: ")).unwrap();
    let other = desk.file("other.der", &Base64::decode_vec(other).unwrap());
    desk.json(&[&["check-proof", &made][..], &key, &["--ca", &other]].concat(), 5);
    desk.json(&["evidence", "timestamp", "check", "--ca", &other], 5);
}

#[test]
fn a_timestamp_of_something_else_is_refused_and_nothing_is_kept() {
    let desk = Desk::with_example();
    let (reply, pem, text) = stamped();
    let (path, ca) = (desk.file("reply.tsr", &reply), desk.file("ca.pem", pem.as_bytes()));
    let report = desk.file("report.txt", text);
    let other = desk.file("other.txt", b"other words");
    desk.json(&["evidence", "add", &report, "--source", "AZE.MoD"], 0);
    desk.json(&["evidence", "add", &other, "--source", "AZE.MoD"], 0);
    let (hash, wrong) = (FileDigests::of(text).blake3.to_string(), FileDigests::of(b"other words").blake3.to_string());
    let add = |file: &str, target: &str, ca: &str| {
        desk.refused(&["evidence", "timestamp", "add", file, "--for", target, "--ca", ca], 3, "CF0685")
    };
    assert!(add(&path, &wrong, &ca).contains("timestamp is over SHA-256"));
    assert!(add(&path, "checkpoint", &ca).contains("timestamp is over SHA-256"));
    let mut changed = reply.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(add(&desk.file("changed.tsr", &changed), &hash, &ca).contains("signature does not hold"));
    assert!(add(&path, &hash, &report).contains("not a certificate"));
    assert!(add(&report, &hash, &ca).contains("not a timestamp reply"));
    desk.refused(&["evidence", "timestamp", "add", &path, "--for", "checkpoint:999"], 3, "CF0411");
    assert_eq!(desk.json(&["evidence", "list"], 0)["evidence"].as_array().unwrap().len(), 2);
    assert_eq!(desk.json(&["evidence", "timestamp", "check"], 0)["timestamps"], serde_json::json!([]));
}

#[test]
fn sealed_values_are_in_a_bundle_only_when_they_are_handed_over() {
    let desk = Desk::with_example();
    let report = r#"{"source":{"speaker":[{"actor":"AZE.MoD"}]},"incident":"I-77","summary":"shots","private":{"notes":"شاهدة من گنجه"}}"#;
    let report = desk.file("report.json", report.as_bytes());
    assert_eq!(desk.json(&["append", "violation", &report], 0)["receipts"][0]["receipt"]["seq"], 119);
    let text = |name: &str| String::from_utf8_lossy(&fs::read(desk.path(name)).unwrap()).into_owned();
    desk.json(&["export", "bundle", "119", "-o", &desk.path("closed.zip")], 0);
    assert!(!text("closed.zip").contains("گنجه") && text("closed.zip").contains("Digests left closed"));
    let handed = desk.path("notes.json");
    let over = ["unseal", "119", "--field", "notes", "--to", "?a court", "--purpose", "case 7", "-o", &handed];
    let over = desk.run(&over);
    assert_eq!(code(&over), 0, "{}", stderr(&over));
    let opened = desk.json(&["export", "bundle", "119", "--disclose", &handed, "-o", &desk.path("opened.zip")], 0);
    assert_eq!(opened["disclosed"], 1);
    assert!(text("opened.zip").contains("شاهدة من گنجه"));
    for name in ["closed.zip", "opened.zip"] {
        assert_eq!(desk.verdicts(&desk.path(name), &["--log-key", &desk.key]), (0, 0), "{name}");
    }
    let elsewhere = desk.path("elsewhere.zip");
    desk.refused(&["export", "bundle", "7", "--disclose", &handed, "-o", &elsewhere], 3, "CF0686");
}

#[test]
fn every_answer_fits_its_schema() {
    let desk = Desk::with_example();
    let (reply, pem, text) = stamped();
    let (reply, ca) = (desk.file("reply.tsr", &reply), desk.file("ca.pem", pem.as_bytes()));
    let report = desk.file("report.txt", text);
    desk.json(&["evidence", "add", &report, "--source", "AZE.MoD"], 0);
    let (hash, query, made) = (FileDigests::of(text).blake3.to_string(), desk.path("q.tsq"), desk.path("case.zip"));
    let answers = [
        ("evidence_timestamp_request", desk.json(&["evidence", "timestamp", "request", "checkpoint", "-o", &query], 0)),
        (
            "evidence_timestamp_add",
            desk.json(&["evidence", "timestamp", "add", &reply, "--for", &hash, "--ca", &ca], 0),
        ),
        ("evidence_timestamp_check", desk.json(&["evidence", "timestamp", "check"], 0)),
        ("export_bundle", desk.json(&["export", "bundle", "119", "--files", "-o", &made], 0)),
        ("check_proof", desk.json(&["check-proof", &made, "--log-key", &desk.key], 0)),
    ];
    for (name, answer) in answers {
        let schema: Value = serde_json::from_slice(&desk.run(&["schema", name]).stdout).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<String> = validator.iter_errors(&answer).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, [""; 0], "{name}: {answer}");
        assert_eq!(answer["schema"], format!("ceasefire.{name}/1"));
    }
    let small = desk.program("ceasefire-verify", &[&made, "--log-key", &desk.key, "--json"]);
    let small: Value = serde_json::from_slice(&small.stdout).unwrap();
    let schema: Value = serde_json::from_slice(&desk.run(&["schema", "check_proof"]).stdout).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&small), "{small}");
}
