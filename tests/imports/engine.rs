//! What holds for every format.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::process::Stdio;
use std::sync::Arc;

use ceasefire_ledger::exchange::native::Native;
use ceasefire_ledger::exchange::{Import, ImportError, Input, Progress, Refusals};
use ceasefire_ledger::{Folder, Ledger, SystemClock};

use crate::desk::{Desk, code, number, stderr};

fn report(key: &str, speaker: &str) -> String {
    format!(
        r#"{{"origin":"example.org/imports","by":"recorder","key":"{key}","event":{{"type":"violation.reported","v":1,"incident":"{key}","act":"shelling","source":{{"speaker":[{{"actor":"{speaker}"}}]}}}}}}"#
    )
}

fn reports(from: usize, to: usize) -> String {
    (from..to).map(|number| report(&format!("r{number}"), "recorder") + "\n").collect()
}

fn import() -> Import {
    Import { by: "recorder".parse().unwrap(), publication: None, published: None, refusals: Refusals::Stop }
}

fn open(desk: &Desk) -> Ledger {
    Ledger::open(Folder::at(desk.path("ledger")), Arc::new(SystemClock)).unwrap()
}

fn input(text: &str) -> Input {
    Input::new("test", Some(text.len() as u64), Box::new(std::io::Cursor::new(text.as_bytes().to_vec())))
}

#[test]
fn a_file_comes_in_once_and_is_recorded_with_its_hash() {
    let desk = Desk::new();
    let text = reports(0, 3);
    let file = desk.write("three.jsonl", &text);
    let answer = desk.import("jsonl", &file, &[]);
    assert_eq!((number(&answer, "appended"), number(&answer, "records")), (3, 3));
    let completed = desk.events_of("import.completed");
    assert_eq!(completed.len(), 1);
    assert_eq!(completed[0]["file"], blake3::hash(text.as_bytes()).to_string());
    assert_eq!((number(&completed[0], "bytes"), number(&completed[0], "rows")), (text.len() as u64, 3));
    let before = desk.log();
    let again = desk.import("jsonl", &file, &[]);
    assert_eq!((number(&again, "appended"), number(&again, "replayed")), (0, 3));
    assert_eq!(desk.log(), before);
}

#[test]
fn a_gzipped_file_and_standard_input_are_read_like_any_other() {
    let desk = Desk::new();
    let text = reports(0, 3);
    let packed = desk.gzip("three.jsonl.gz", text.as_bytes());
    assert_eq!(number(&desk.import("jsonl", &packed, &[]), "appended"), 3);
    assert_eq!(desk.events_of("import.completed")[0]["file"], blake3::hash(&fs::read(&packed).unwrap()).to_string());
    let mut child =
        desk.command(&["import", "jsonl", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(reports(2, 5).as_bytes()).unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((number(&answer, "appended"), number(&answer, "replayed")), (2, 1));
}

#[test]
fn a_damaged_gzip_file_is_refused_as_such_and_nothing_is_written() {
    let desk = Desk::new();
    let packed = desk.gzip("cut.jsonl.gz", reports(0, 500).as_bytes());
    let bytes = fs::read(&packed).unwrap();
    fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
    let said = desk.refused("jsonl", &packed, &["--keep-going"]);
    assert!(said.contains("CF0708") && said.contains("cut.jsonl.gz:"), "{said}");
}

#[test]
fn every_faulty_row_is_told_at_once_each_at_its_place() {
    let desk = Desk::new();
    let text = [report("a", "recorder"), report("b", "NOBODY"), "{\"x\":".to_owned(), report("d", "NOBODY")].join("\n");
    let said = desk.refused("jsonl", &desk.write("four.jsonl", text), &[]);
    for place in ["four.jsonl:2:", "four.jsonl:3:", "four.jsonl:4:"] {
        assert!(said.contains(place), "{place} is not in {said}");
    }
    assert!(said.contains("3 of 4 rows are refused; nothing was written") && said.contains("--keep-going"), "{said}");
}

#[test]
fn refused_rows_are_kept_as_they_were_and_come_in_once_they_are_mended() {
    let desk = Desk::new();
    let bad = report("b", "NOBODY").replace("\"act\"", "  \"act\"");
    let file = desk.write("rows.jsonl", format!("{}\n{bad}\r\n{}\n", report("a", "recorder"), report("c", "recorder")));
    let answer = desk.json_ending(4, &["import", "jsonl", file.to_str().unwrap(), "--keep-going"]);
    assert_eq!((number(&answer, "appended"), number(&answer, "rejected")), (2, 1));
    let rejects = desk.path("rows.jsonl.rejects.jsonl");
    let text = fs::read_to_string(&rejects).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("# line 2: CF0301 "), "{}", lines[0]);
    assert_eq!(lines[1], bad);
    desk.json_ending(4, &["import", "jsonl", file.to_str().unwrap(), "--keep-going"]);
    assert_eq!(fs::read_to_string(&rejects).unwrap(), text, "what somebody may be mending was overwritten");
    assert!(desk.path("rows.jsonl.rejects-2.jsonl").exists());
    fs::write(&rejects, text.replace("NOBODY", "recorder")).unwrap();
    assert_eq!(number(&desk.import("jsonl", &rejects, &[]), "appended"), 1);
    assert_eq!(desk.events_of("violation.reported").len(), 3);
}

#[test]
fn a_row_that_leans_on_a_refused_row_is_refused_too() {
    let desk = Desk::new();
    let about = |key: &str, incident: &str| {
        format!(
            r#"{{"origin":"example.org/imports","by":"recorder","key":"{key}","event":{{"type":"accusation.made","v":1,"by":[{{"actor":"recorder"}}],"against":[{{"unnamed":"somebody"}}],"about":[{{"incident":"{incident}"}}],"source":{{"speaker":[{{"actor":"recorder"}}]}}}}}}"#
        )
    };
    let text = [report("good", "recorder"), report("bad", "NOBODY"), about("x", "bad"), about("y", "good")].join("\n");
    let file = desk.write("leaning.jsonl", text);
    let answer = desk.json_ending(4, &["import", "jsonl", file.to_str().unwrap(), "--keep-going"]);
    assert_eq!((number(&answer, "appended"), number(&answer, "rejected")), (2, 2));
    let rejects = fs::read_to_string(desk.path("leaning.jsonl.rejects.jsonl")).unwrap();
    assert!(rejects.contains("# line 3: CF0304"), "{rejects}");
}

#[test]
fn one_key_with_two_contents_is_a_conflict_at_its_place() {
    let desk = Desk::new();
    let file = desk.write(
        "twice.jsonl",
        format!("{}\n{}\n", report("a", "recorder"), report("a", "recorder").replace("shelling", "overflight")),
    );
    let before = desk.log();
    let output = desk.run(&["import", "jsonl", file.to_str().unwrap()]);
    assert_eq!(code(&output), 13, "{}", stderr(&output));
    assert!(stderr(&output).contains("twice.jsonl:2:") && stderr(&output).contains("CF0405"), "{}", stderr(&output));
    assert_eq!(desk.log(), before);
}

#[test]
fn a_dry_run_says_what_would_be_written_and_writes_nothing() {
    let desk = Desk::new();
    let file = desk.write("rows.jsonl", format!("{}{}\n", reports(0, 3), report("b", "NOBODY")));
    let before = desk.log();
    let answer = desk.json_ending(4, &["import", "jsonl", file.to_str().unwrap(), "--keep-going", "-n"]);
    assert_eq!((number(&answer, "appended"), number(&answer, "rejected")), (3, 1));
    assert_eq!(desk.log(), before);
    assert!(!desk.path("rows.jsonl.rejects.jsonl").exists());
}

#[test]
fn a_line_without_an_end_is_refused_before_it_fills_the_memory() {
    let desk = Desk::new();
    let said = desk.refused("jsonl", &desk.write("long.jsonl", b"{".repeat(5_000_000)), &["--keep-going"]);
    assert!(said.contains("CF0701") && said.contains("long.jsonl:1:"), "{said}");
}

#[test]
fn native_events_take_no_series_no_date_and_no_submitter_from_the_command_line() {
    let desk = Desk::new();
    let file = desk.write("one.jsonl", reports(0, 1));
    for flag in [["--series", "x"], ["--published", "2020-01-01"], ["--by", "recorder"]] {
        let output = desk.run(&["import", "jsonl", file.to_str().unwrap(), flag[0], flag[1]]);
        assert_eq!(code(&output), 2, "{flag:?}: {}", stderr(&output));
    }
}

/// The second pass ends after its first batch, as if the program had been killed between two batches.
#[test]
fn an_import_that_stopped_midway_is_completed_by_the_same_import() {
    let desk = Desk::new();
    let text = reports(0, 2_500);
    let mut ledger = open(&desk);
    let checked = import().check(&Native, input(&text), &ledger, &mut |_| ControlFlow::Continue(())).unwrap();
    let stopped = checked.write(&mut ledger, &mut |progress| match progress {
        Progress::Written(1_000, 2_500) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(matches!(stopped, Err(ImportError::Interrupted)), "{stopped:?}");
    drop(ledger);
    assert_eq!(desk.events_of("violation.reported").len(), 1_000);
    assert_eq!(desk.events_of("import.completed").len(), 0, "an import that was not completed is called so");
    let answer = desk.import("jsonl", &desk.write("all.jsonl", &text), &[]);
    assert_eq!((number(&answer, "appended"), number(&answer, "replayed")), (1_500, 1_000));
    assert_eq!(desk.events_of("violation.reported").len(), 2_500);
    assert_eq!(desk.events_of("import.completed").len(), 1);
    assert_eq!(code(&desk.run(&["verify"])), 0);
}

/// What is checked is written only where nothing came between.
#[test]
fn what_was_checked_is_not_written_over_what_came_since() {
    let desk = Desk::new();
    let mut ledger = open(&desk);
    let checked = import().check(&Native, input(&reports(0, 2)), &ledger, &mut |_| ControlFlow::Continue(())).unwrap();
    let other = import().check(&Native, input(&reports(0, 1)), &ledger, &mut |_| ControlFlow::Continue(())).unwrap();
    other.write(&mut ledger, &mut |_| ControlFlow::Continue(())).unwrap();
    let refused = checked.write(&mut ledger, &mut |_| ControlFlow::Continue(()));
    let said = refused.unwrap_err().to_string();
    assert!(said.starts_with("the head is "), "{said}");
    drop(ledger);
    assert_eq!(desk.events_of("violation.reported").len(), 1);
}

/// A quadratic way of setting rows aside would take minutes here.
#[test]
fn a_file_of_which_most_is_refused_is_read_once() {
    let desk = Desk::new();
    let text: String = (0..6_000).map(|number| report(&format!("r{number}"), "NOBODY") + "\n").collect();
    let text = text + &report("good", "recorder");
    let ledger = open(&desk);
    let mut steps = 0;
    let aside = Import { refusals: Refusals::SetAside, ..import() };
    let checked = aside.check(&Native, input(&text), &ledger, &mut |_| {
        steps += 1;
        ControlFlow::Continue(())
    });
    let checked = checked.unwrap();
    assert_eq!((checked.counts().rows, checked.counts().rejected, checked.counts().appended), (6_001, 6_000, 1));
    assert_eq!(checked.refused().len(), 20);
    assert_eq!(steps, 6_001 / 256);
}

#[test]
fn what_an_import_and_a_mapping_answer_fits_the_schemas_that_the_program_prints() {
    let desk = Desk::new();
    let (file, map) = (crate::desk::fixture("forms/kobo.csv"), crate::desk::fixture("forms/kobo.toml"));
    let (file, map) = (file.to_str().unwrap(), map.to_str().unwrap());
    let answers = [
        ("map_suggest", desk.json(&["map", "suggest", file, "--kind", "kobo"])),
        ("map_check", desk.json(&["map", "check", map, file, "--kind", "kobo"])),
        ("import", desk.json(&["import", "kobo", file, "--map", map])),
    ];
    for (name, answer) in answers {
        let schema: serde_json::Value = serde_json::from_slice(&desk.run(&["schema", name]).stdout).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        assert_eq!(answer["schema"], format!("ceasefire.{name}/1"));
    }
}
