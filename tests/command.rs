//! The command as its users meet it: exit codes one by one, the example's answers through every verb, names in many
//! scripts, and reading beside a writer.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use ceasefire_ledger::{Folder, Ledger, SystemClock};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with the example ledger in it.
struct Desk {
    _folder: TempDir,
    ledger: PathBuf,
}

impl Desk {
    fn with_example() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("demo");
        let output = run(&["demo", ledger.to_str().unwrap()]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        Self { _folder: folder, ledger }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut all = vec!["-L", self.ledger.to_str().unwrap()];
        all.extend(arguments);
        run(&all)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn segment(&self) -> PathBuf {
        self.ledger.join("log/00000000000000000001.jsonl")
    }
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ceasefire"));
    command.args(arguments).stdin(Stdio::null()).env_remove("CEASEFIRE_LEDGER").env_remove("CLICOLOR_FORCE");
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Asserts an exit code, the stable code on stderr, and that the log is as it was.
fn refused(desk: &Desk, arguments: &[&str], exit: i32, stable: &str) -> String {
    let before = fs::read(desk.segment()).unwrap();
    let output = desk.run(arguments);
    let text = stderr(&output);
    assert_eq!(code(&output), exit, "{arguments:?}: {text}");
    assert!(text.contains(&format!("code:  {stable}")), "{arguments:?}: {text}");
    assert!(text.contains("hint:  "), "{arguments:?}: {text}");
    assert_eq!(fs::read(desk.segment()).unwrap(), before, "{arguments:?} wrote something");
    text
}

#[test]
fn exit_0_a_monitor_types_one_line_and_gets_a_receipt_and_the_same_line_gives_the_first_one_again() {
    let desk = Desk::with_example();
    let line = ["append", "violation", "--source", "AZE.MoD", "--act", "shelling", "--wounded", ">40"];
    let first = desk.json(&line);
    let receipt = &first["receipts"][0]["receipt"];
    assert_eq!(receipt["seq"], 119);
    assert_eq!(receipt["replayed"], false);
    let again = desk.json(&line);
    assert_eq!(again["receipts"][0]["receipt"]["seq"], 119);
    assert_eq!(again["receipts"][0]["receipt"]["hash"], receipt["hash"]);
    assert_eq!(again["receipts"][0]["receipt"]["replayed"], true);
    let raw = desk.run(&["show", "119", "--raw"]);
    let line = stdout(&raw);
    let hash = blake3::hash(line.trim_end_matches('\n').as_bytes()).to_hex();
    assert_eq!(receipt["hash"], hash.as_str());
}

#[test]
fn exit_1_a_changed_byte_is_proof_of_tampering_and_the_bad_record_is_named() {
    let desk = Desk::with_example();
    let text = fs::read_to_string(desk.segment()).unwrap();
    fs::write(desk.segment(), text.replacen("13 مدنيا", "31 مدنيا", 1)).unwrap();
    let output = desk.run(&["verify", "--json"]);
    assert_eq!(code(&output), 1);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let chain = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "chain").unwrap();
    assert_eq!((chain["verdict"].as_str(), chain["findings"][0]["seq"].as_u64()), (Some("violated"), Some(93)));
}

#[test]
fn exit_1_a_changed_last_record_is_caught_by_a_kept_receipt() {
    let desk = Desk::with_example();
    let head = desk.json(&["verify"]);
    let known = format!("{}:{}", head["head_seq"], head["head"].as_str().unwrap());
    assert_eq!(code(&desk.run(&["verify", "--known", &known])), 0);
    fs::remove_dir_all(desk.ledger.join("projections")).unwrap();
    let text = fs::read_to_string(desk.segment()).unwrap();
    let last_line = text.trim_end().rfind('\n').unwrap();
    fs::write(desk.segment(), format!("{}{}", &text[..last_line], text[last_line..].replacen("same", "sane", 1)))
        .unwrap();
    assert_eq!(code(&desk.run(&["verify"])), 1, "the signed checkpoint tells");
    // Without it the chain alone cannot tell, and says so; a receipt can.
    for gone in ["checkpoint", "keys/last-signed"] {
        fs::remove_file(desk.ledger.join(gone)).unwrap();
    }
    assert_eq!(code(&desk.run(&["verify"])), 5);
    assert_eq!(code(&desk.run(&["verify", "--known", &known])), 1);
}

#[test]
fn exit_2_what_is_no_command_line() {
    assert_eq!(code(&run(&["frobnicate"])), 2);
    assert_eq!(code(&run(&["state", "--format", "xml"])), 2);
}

#[test]
fn exit_3_a_mistake_gets_a_pointer_a_hint_and_a_code_and_nothing_is_written() {
    let desk = Desk::with_example();
    let report = ["append", "violation", "--source", "AZE.MoD"];
    let with = |more: &[&'static str]| [&report[..], more].concat();
    let text = refused(&desk, &with(&["--wounded", "40-12"]), 3, "CF0207");
    assert!(text.contains("--wounded") && text.contains("/max"), "{text}");
    let text = refused(&desk, &["append", "violation", "--source", "AZE.Mod", "--heard"], 3, "CF0301");
    assert!(text.contains("did you mean `AZE.MoD`?"), "{text}");
    refused(&desk, &with(&[]), 3, "CF0211");
    refused(&desk, &with(&["--at", "2020-10-18/2020-10-10"]), 3, "CF0205");
    refused(&desk, &with(&["--at", "2020-02-31"]), 3, "CF0204");
    refused(&desk, &with(&["--killed", "a lot"]), 3, "CF0206");
    refused(&desk, &["state", "nk-2020-10-11"], 3, "CF0303");
    refused(&desk, &["state", "--perspective", "TUR"], 3, "CF0409");
    refused(&desk, &["tally", "--rules", "count/9"], 3, "CF0408");
    refused(&desk, &["explain", "all/nothing"], 3, "CF0410");
    refused(&desk, &["state", "--known-at", "500"], 3, "CF0411");
}

#[test]
fn exit_3_a_file_with_a_mistake_is_pointed_at_by_line_and_column() {
    let desk = Desk::with_example();
    let file = desk.ledger.join("report.json");
    let text = "{\n  \"incident\": \"I-9\",\n  \"source\": {\"speaker\": [{\"actor\": \"AZE.MoD\"}]},\n  \"quantities\": [\n    {\"op\": \"range\", \"min\": 40, \"max\": 12, \"unit\": \"person\"}\n  ]\n}\n";
    fs::write(&file, text).unwrap();
    let text = refused(&desk, &["append", "violation", file.to_str().unwrap()], 3, "CF0207");
    assert!(text.contains("report.json:5:") && text.contains("at /event/quantities/0/max"), "{text}");
}

#[test]
fn exit_4_and_3_an_import_takes_all_or_nothing_unless_told_to_keep_going() {
    let desk = Desk::with_example();
    let line = |key: &str, actor: &str| {
        format!(
            r#"{{"origin":"example.org/nk2020","by":"recorder","key":"{key}","event":{{"type":"violation.reported","v":1,"incident":"{key}","act":"shelling","source":{{"speaker":[{{"actor":"{actor}"}}]}}}}}}"#
        )
    };
    let file = desk.ledger.join("rows.jsonl");
    fs::write(&file, format!("{}\n{}\n{}\n", line("x1", "AZE"), line("x2", "NOBODY"), line("x3", "ARM"))).unwrap();
    let path = file.to_str().unwrap();
    let text = refused(&desk, &["import", "jsonl", path], 3, "CF0301");
    assert!(text.contains("rows.jsonl:2:"), "{text}");
    let output = desk.run(&["import", "jsonl", path, "--keep-going", "--json"]);
    assert_eq!(code(&output), 4, "{}", stderr(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((answer["appended"].as_u64(), answer["rejected"].as_u64()), (Some(2), Some(1)));
    let rejects = fs::read_to_string(format!("{path}.rejects.jsonl")).unwrap();
    let (reason, row) = rejects.split_once('\n').unwrap();
    assert!(reason.starts_with("# line 2: CF0301 ") && reason.contains("NOBODY"), "{reason}");
    assert_eq!(row, format!("{}\n", line("x2", "NOBODY")));
    fs::write(&file, format!("{}\n{}\n", line("x1", "AZE"), line("x3", "ARM"))).unwrap();
    let before = fs::read(desk.segment()).unwrap();
    let again = desk.json(&["import", "jsonl", path]);
    assert_eq!((again["appended"].as_u64(), again["replayed"].as_u64()), (Some(0), Some(2)));
    assert_eq!(fs::read(desk.segment()).unwrap(), before);
}

#[test]
fn exit_5_what_cannot_be_told_is_not_called_wrong() {
    let desk = Desk::with_example();
    fs::write(desk.ledger.join("ledger.toml"), "origin = 7\n").unwrap();
    assert_eq!(code(&desk.run(&["state"])), 5);
}

#[test]
fn exit_10_there_is_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(&["state"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 10, "{}", stderr(&output));
}

#[test]
fn exit_11_a_second_writer_is_refused_and_readers_go_on() {
    let desk = Desk::with_example();
    let held = Ledger::open(Folder::at(&desk.ledger), Arc::new(SystemClock)).unwrap();
    let output = desk.run(&["append", "violation", "--source", "AZE.MoD", "--heard"]);
    assert_eq!(code(&output), 11, "{}", stderr(&output));
    for reading in [&["state"][..], &["tally"], &["incident", "I-2"], &["verify"], &["log"], &["show", "7"]] {
        let output = desk.run(reading);
        assert_eq!(code(&output), 0, "{reading:?}: {}", stderr(&output));
    }
    drop(held);
    assert_eq!(code(&desk.run(&["append", "violation", "--source", "AZE.MoD", "--heard"])), 0);
}

#[test]
fn exit_12_a_submitter_who_is_not_registered_may_not_submit() {
    let desk = Desk::with_example();
    refused(&desk, &["append", "violation", "--source", "AZE.MoD", "--heard", "--by", "nobody"], 12, "CF0406");
}

#[test]
fn exit_13_a_moved_head_and_a_key_used_for_something_else() {
    let desk = Desk::with_example();
    let report = |act: &'static str| {
        ["append", "violation", "--source", "AZE.MoD", "--act", act, "--idempotency-key", "patrol-7"]
    };
    assert_eq!(code(&desk.run(&report("shelling"))), 0);
    refused(&desk, &report("overflight"), 13, "CF0405");
    let other = "0".repeat(64);
    refused(&desk, &["append", "violation", "--source", "AZE.MoD", "--saw", "--expect-head", &other], 13, "CF0404");
}

#[test]
fn exit_14_a_torn_tail_is_said_moved_aside_and_the_ledger_goes_on() {
    let desk = Desk::with_example();
    let whole = fs::read(desk.segment()).unwrap();
    let signed = ["checkpoint", "keys/last-signed"].map(|file| desk.ledger.join(file));
    let signed = signed.map(|path| (fs::read(&path).unwrap(), path));
    assert_eq!(code(&desk.run(&["append", "violation", "--source", "AZE.MoD", "--heard"])), 0);
    let with_report = fs::read(desk.segment()).unwrap();
    // As if the machine had stopped in the middle of the write, before a checkpoint of it was signed.
    fs::write(desk.segment(), &with_report[..whole.len() + 40]).unwrap();
    for (bytes, path) in &signed {
        fs::write(path, bytes).unwrap();
    }
    fs::remove_dir_all(desk.ledger.join("projections")).unwrap();
    assert_eq!(code(&desk.run(&["verify"])), 14);
    refused(&desk, &["append", "violation", "--source", "AZE.MoD", "--saw"], 14, "CF0502");
    let output = desk.run(&["recover"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(fs::read(desk.segment()).unwrap(), whole);
    let torn = desk.ledger.join("log/00000000000000000001.jsonl.torn");
    assert_eq!(fs::read(torn).unwrap(), with_report[whole.len()..whole.len() + 40]);
    assert_eq!(code(&desk.run(&["append", "violation", "--source", "AZE.MoD", "--saw"])), 0);
    assert_eq!(code(&desk.run(&["verify", "--full"])), 0);
}

#[test]
fn exit_20_a_folder_that_cannot_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let inside = file.join("ledger");
    let output = run(&["init", inside.to_str().unwrap(), "--origin", "example.org/x"]);
    assert_eq!(code(&output), 20, "{}", stderr(&output));
}

#[test]
fn errors_in_json_have_the_same_three_fields() {
    let desk = Desk::with_example();
    let output = desk.run(&["append", "violation", "--source", "AZE.MoD", "--wounded", "40-12", "--json"]);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["code"], "CF0207");
    assert_eq!(error["outcome"], "rejected");
    assert!(error["error"].is_string() && error["hint"].is_string() && error["at"]["pointer"].is_string());
}

/// Collects every number of an answer that is a count or a figure: not a position, a size or a degree.
fn counts(value: &Value, name: &str, found: &mut Vec<u64>) {
    let aside = ["seq", "record", "records", "head_seq", "history", "counters", "known_at", "breach_records", "bytes"];
    match value {
        _ if aside.contains(&name) => {}
        Value::Number(number) => found.extend(number.as_u64()),
        Value::Array(items) => items.iter().for_each(|item| counts(item, name, found)),
        Value::Object(members) => members.iter().for_each(|(name, item)| counts(item, name, found)),
        _ => {}
    }
}

#[test]
fn no_verb_gives_one_of_the_seeds_wrong_answers() {
    let desk = Desk::with_example();
    let expected: Value = serde_json::from_str(
        &fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/nk-2020/expected.json")).unwrap(),
    )
    .unwrap();
    let never = expected["wrong_answers"]["never_printed_as_a_count"].as_array().unwrap().iter();
    let never: Vec<u64> =
        never.filter_map(|wrong| wrong["number"].as_str()?.trim_end_matches('+').parse().ok()).collect();
    assert!(never.contains(&73) && never.contains(&44), "{never:?}");
    let mut found = Vec::new();
    for verb in [
        &["tally"][..],
        &["tally", "nk-2020-10-10"],
        &["tally", "nk-2020-10-17"],
        &["tally", "nk-2020-10-10", "--valid-at", "2020-10-10/2020-10-17"],
        &["state"],
        &["incident", "I-1"],
        &["incident", "I-2"],
        &["explain", "nk-2020-10-10/figures/accused/ARM/person.killed"],
        &["explain", "nk-2020-10-10/accused/ARM/alleged"],
    ] {
        counts(&desk.json(verb), "", &mut found);
    }
    assert!(found.contains(&14) && found.contains(&42), "the right figures are there: {found:?}");
    assert_eq!(found.iter().filter(|number| never.contains(number)).collect::<Vec<_>>(), Vec::<&u64>::new());
}

#[test]
fn names_in_other_scripts_print_whole_and_isolated_and_never_move_a_number() {
    let desk = Desk::with_example();
    for (lang, name) in [("az", "Gəncə"), ("hy", "Գանձակ"), ("ru", "Гянджа"), ("ar", "\u{2068}كنجة\u{2069}")]
    {
        let output = desk.run(&["show", "ganja", "--lang", lang]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).contains(name), "{lang}: {}", stdout(&output));
    }
    let text = stdout(&desk.run(&["show", "ganja", "--lang", "ar"]));
    let right_to_left = |character: char| ('\u{0590}'..='\u{08FF}').contains(&character);
    for line in text.lines().filter(|line| line.chars().any(right_to_left)) {
        let mut inside = false;
        for character in line.chars() {
            match character {
                '\u{2068}' => inside = true,
                '\u{2069}' => inside = false,
                _ => assert!(inside || !right_to_left(character), "outside an isolate: {line}"),
            }
        }
    }
}

#[test]
fn every_answer_in_json_fits_the_schema_that_the_program_prints() {
    let desk = Desk::with_example();
    for (verb, name) in [
        (&["state"][..], "state"),
        (&["tally", "nk-2020-10-10", "--lineage"], "tally"),
        (&["incident", "I-2"], "incident"),
        (&["verify"], "verify"),
    ] {
        let schema = run(&["schema", name]);
        assert_eq!(code(&schema), 0, "{}", stderr(&schema));
        let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
        let answer = desk.json(verb);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        assert_eq!(answer["schema"], format!("ceasefire.{name}/1"));
        assert_eq!(answer["outcome"], "ok");
    }
}

#[test]
fn a_dry_run_writes_nothing() {
    let desk = Desk::with_example();
    let before = fs::read(desk.segment()).unwrap();
    let output = desk.run(&["append", "violation", "--source", "AZE.MoD", "--heard", "-n"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(fs::read(desk.segment()).unwrap(), before);
}
