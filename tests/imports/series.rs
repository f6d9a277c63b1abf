//! A source that publishes again: changed rows are corrected, missing ones retracted, and those that come back are
//! reported anew. What was known before stays what it was.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::desk::{Desk, code, fixture, number};

/// The header and the rows of the slice.
fn slice() -> (String, Vec<String>) {
    let text = fs::read_to_string(fixture("ucdp/syria_slice.csv")).unwrap();
    let mut lines = text.lines().map(ToOwned::to_owned);
    (lines.next().unwrap(), lines.collect())
}

fn file(desk: &Desk, name: &str, header: &str, rows: &[String]) -> PathBuf {
    desk.write(name, format!("{header}\n{}\n", rows.join("\n")))
}

/// Gives a row with another best and high estimate.
fn revised(row: &str, best: u64) -> String {
    let cells: Vec<&str> = row.rsplitn(4, ',').collect();
    format!("{},{}.0,{best}.0,{best}.0", cells[3], 0)
}

fn counts(answer: &Value) -> [u64; 5] {
    ["appended", "replayed", "corrected", "retracted", "readded"].map(|name| number(answer, name))
}

fn killed(desk: &Desk, more: &[&str]) -> Value {
    let tally = desk.json(&[&["tally"], more].concat());
    let numbers = tally["numbers"].as_array().unwrap();
    numbers.iter().find(|number| number["id"] == "figures/all/person.killed").unwrap()["value"].clone()
}

fn incidents(desk: &Desk, more: &[&str]) -> u64 {
    let tally = desk.json(&[&["tally"], more].concat());
    let numbers = tally["numbers"].as_array().unwrap();
    number(&numbers.iter().find(|number| number["id"] == "incidents").unwrap()["value"], "max")
}

#[test]
fn each_publication_changes_what_it_changes_and_every_earlier_answer_stays() {
    let desk = Desk::new();
    let (header, rows) = slice();
    let total = rows.len() as u64;
    let series = |date: &'static str| ["--series", "ged", "--published", date];
    let import =
        |name: &str, rows: &[String], date| desk.import("ucdp", &file(&desk, name, &header, rows), &series(date));
    assert_eq!(counts(&import("1.csv", &rows, "2019-06-01")), [total, 0, 0, 0, 0]);
    let first = desk.records().len().to_string();
    let known = |seq: &str| (killed(&desk, &["--known-at", seq]), incidents(&desk, &["--known-at", seq]));
    let at_first = known(&first);

    let mut second: Vec<String> = rows[3..].to_vec();
    second[0] = revised(&second[0], 500);
    second[1] = revised(&second[1], 700);
    assert_eq!(counts(&import("2.csv", &second, "2020-06-01")), [0, total - 5, 2, 3, 0]);
    let after_second = desk.records().len().to_string();
    let at_second = known(&after_second);
    assert_ne!(at_second.0, at_first.0);
    assert_eq!(at_second.1, at_first.1 - 3);

    let third: Vec<String> = rows[1..].to_vec();
    assert_eq!(counts(&import("3.csv", &third, "2021-06-01")), [0, total - 5, 2, 0, 2]);
    assert_eq!(known(&first), at_first, "what was known after the first publication has changed");
    assert_eq!(known(&after_second), at_second, "what was known after the second publication has changed");
    assert_eq!(incidents(&desk, &[]), at_first.1 - 1);

    let before = desk.log();
    assert_eq!(counts(&import("3.csv", &third, "2021-06-01")), [0, total - 1, 0, 0, 0]);
    assert_eq!(desk.log(), before, "the same publication again adds nothing");
    assert_eq!(code(&desk.run(&["verify"])), 0);
    assert_eq!(code(&desk.run(&["replay", "--check"])), 0);
}

#[test]
fn corrections_and_retractions_say_who_changed_his_mind_and_when_it_was_published() {
    let desk = Desk::new();
    let (header, rows) = slice();
    desk.import("ucdp", &file(&desk, "1.csv", &header, &rows), &["--series", "ged", "--published", "2019-06-01"]);
    let mut second = rows[1..].to_vec();
    second[0] = revised(&second[0], 9);
    desk.import("ucdp", &file(&desk, "2.csv", &header, &second), &["--series", "ged", "--published", "2020-06-01"]);
    let corrected = &desk.events_of("record.corrected")[0];
    assert_eq!(corrected["by"], "source");
    let published = "2020-06-01T00:00:00Z";
    assert_eq!(corrected["replacement"]["source"]["published"]["earliest"], published);
    let retracted = &desk.events_of("record.retracted")[0];
    assert_eq!((&retracted["by"], &retracted["published"]["earliest"]), (&"source".into(), &published.into()));
    let reports = desk.events_of("violation.reported");
    assert!(reports.iter().all(|report| report["source"]["published"]["earliest"] == "2019-06-01T00:00:00Z"));
    let completed = &desk.events_of("import.completed")[1];
    assert_eq!((number(&completed["series"], "corrected"), number(&completed["series"], "retracted")), (1, 1));
    assert_eq!((&completed["series"]["name"], &completed["published"]["earliest"]), (&"ged".into(), &published.into()));
}

#[test]
fn diff_shows_what_a_publication_changed() {
    let desk = Desk::new();
    let (header, rows) = slice();
    desk.import("ucdp", &file(&desk, "1.csv", &header, &rows), &["--series", "ged"]);
    let before = desk.records().len().to_string();
    let mut second = rows[2..].to_vec();
    second[0] = revised(&second[0], 9);
    desk.import("ucdp", &file(&desk, "2.csv", &header, &second), &["--series", "ged"]);
    let after = desk.records().len().to_string();
    let diff = desk.json(&["diff", &before, &after]);
    let count = |what: &str| {
        let doings = diff["records"].as_array().unwrap();
        doings.iter().find(|doing| doing["what"] == what).map_or(0, |doing| doing["records"].as_array().unwrap().len())
    };
    assert_eq!((count("corrected"), count("retracted")), (1, 2));
}

#[test]
fn a_changed_row_outside_a_series_is_refused_with_the_way_out() {
    let desk = Desk::new();
    let (header, mut rows) = slice();
    desk.import("ucdp", &file(&desk, "1.csv", &header, &rows), &[]);
    rows[0] = revised(&rows[0], 9);
    let said = desk.refused("ucdp", &file(&desk, "2.csv", &header, &rows), &[]);
    assert!(said.contains("CF0705") && said.contains("2.csv:2:") && said.contains("--series"), "{said}");
    let answer = desk.import("ucdp", &file(&desk, "2.csv", &header, &rows), &["--series", "ucdp-ged"]);
    assert_eq!(number(&answer, "corrected"), 1, "an import without a series is the dataset's own");
}

#[test]
fn a_file_that_lacks_most_of_the_series_is_refused_unless_it_is_said_what_that_means() {
    let desk = Desk::new();
    let (header, rows) = slice();
    desk.import("ucdp", &file(&desk, "1.csv", &header, &rows), &["--series", "ged"]);
    let few = file(&desk, "few.csv", &header, &rows[..5]);
    let said = desk.refused("ucdp", &few, &["--series", "ged"]);
    assert!(said.contains("CF0706"), "{said}");
    assert_eq!(number(&desk.import("ucdp", &few, &["--series", "ged", "--missing", "keep"]), "records"), 0);
    let gone = number(&desk.import("ucdp", &few, &["--series", "ged", "--missing", "retract"]), "retracted");
    assert_eq!(gone, rows.len() as u64 - 5);
}

#[test]
fn a_row_that_was_refused_is_in_the_file_and_so_is_not_gone() {
    let desk = Desk::new();
    let (header, mut rows) = slice();
    desk.import("ucdp", &file(&desk, "1.csv", &header, &rows), &["--series", "ged"]);
    rows[0] = rows[0].replacen("2016-", "2016/", 1);
    rows.remove(7);
    let second = file(&desk, "2.csv", &header, &rows);
    let answer = desk.json_ending(4, &["import", "ucdp", second.to_str().unwrap(), "--series", "ged", "--keep-going"]);
    assert_eq!((number(&answer, "rejected"), number(&answer, "retracted")), (1, 1));
}

#[test]
fn a_record_that_the_recorder_retracted_himself_stays_so_until_the_source_changes_the_row() {
    let desk = Desk::new();
    let (header, mut rows) = slice();
    desk.import("ucdp", &file(&desk, "1.csv", &header, &rows), &["--series", "ged"]);
    let records = desk.records();
    let seq = records.iter().find(|record| record["body"]["event"]["type"] == "violation.reported").unwrap()["seq"]
        .to_string();
    assert_eq!(code(&desk.run(&["append", "retraction", &seq, "--changed-by", "recorder", "--reason", "a test"])), 0);
    let same = desk.import("ucdp", &file(&desk, "2.csv", &header, &rows), &["--series", "ged"]);
    assert_eq!(number(&same, "records"), 0);
    rows[0] = revised(&rows[0], 9);
    let changed = desk.import("ucdp", &file(&desk, "3.csv", &header, &rows), &["--series", "ged"]);
    assert_eq!((number(&changed, "readded"), number(&changed, "corrected")), (1, 0));
}
