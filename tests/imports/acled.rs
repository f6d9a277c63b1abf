//! ACLED: made-up rows under their published column names.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, code, fixture, number};

const FIRST: &str = "acled/made_up.csv";

fn reports(desk: &Desk) -> Vec<Value> {
    desk.events_of("violation.reported")
}

fn report(desk: &Desk, id: &str) -> Value {
    let id = format!("acled-{id}");
    reports(desk).into_iter().find(|event| event["incident"] == id.as_str()).unwrap()
}

/// The header and the rows.
fn rows() -> (String, Vec<String>) {
    let text = fs::read_to_string(fixture(FIRST)).unwrap();
    let mut lines = text.lines().map(ToOwned::to_owned);
    (lines.next().unwrap(), lines.collect())
}

#[test]
fn no_actor_of_a_row_is_accused_whichever_side_it_stands_on() {
    let desk = Desk::new();
    desk.import("acled", &fixture(FIRST), &[]);
    let reports = reports(&desk);
    assert_eq!(reports.len(), 6);
    for report in &reports {
        assert_eq!(report["attribution"], json!({ "level": "none_stated" }), "{report}");
        assert_eq!(report["asserts_breach_of"], "not_asserted");
        assert_eq!(report["source"]["speaker"], json!([{ "actor": "ACLED" }]));
    }
    let tally = desk.json(&["tally"]);
    assert_eq!(tally["accused"], json!([]), "the tally has a column for somebody");
    let actors: Vec<Value> = desk.events_of("actor.registered").iter().map(|event| event["actor"].clone()).collect();
    assert!(actors.contains(&"ACLED".into()) && !actors.iter().any(|actor| actor.to_string().contains("Northland")));
}

#[test]
fn a_row_with_its_sides_exchanged_reads_the_same_but_for_the_words() {
    let (header, rows) = rows();
    let row = rows.iter().find(|row| row.starts_with("NOR1,")).unwrap();
    let exchanged = row
        .replace("Military Forces of Northland (2019-)", "@")
        .replace("Southmark Front", "Military Forces of Northland (2019-)")
        .replace('@', "Southmark Front");
    assert_ne!(*row, exchanged);
    let read = |row: &str| {
        let desk = Desk::new();
        desk.import("acled", &desk.write("one.csv", format!("{header}\n{row}\n")), &[]);
        let mut report = report(&desk, "NOR1");
        report.as_object_mut().unwrap().retain(|member, _| member != "summary" && member != "note");
        report
    };
    assert_eq!(read(row), read(&exchanged));
}

#[test]
fn codes_are_kept_as_they_are_printed_and_a_date_is_as_wide_as_its_precision() {
    let desk = Desk::new();
    desk.import("acled", &fixture(FIRST), &[]);
    let day = report(&desk, "NOR1");
    assert_eq!((number(&day["when"], "acled"), number(&day["where"], "acled_prec")), (1, 1));
    let span = |report: &Value| (report["when"]["earliest"].clone(), report["when"]["latest"].clone());
    assert_eq!(span(&day), (json!("2031-05-02T00:00:00Z"), json!("2031-05-03T00:00:00Z")));
    assert_eq!((&day["means"], &day["act"]), (&json!(["Shelling/artillery/missile attack"]), &json!("shelling")));
    let week = report(&desk, "NOR2");
    assert_eq!((&week["when"]["precision"], number(&week["when"], "acled")), (&json!("week"), 2));
    assert_eq!(span(&week), (json!("2031-04-28T00:00:00Z"), json!("2031-05-11T00:00:00Z")));
    let month = report(&desk, "NOR3");
    assert_eq!((&month["when"]["precision"], &month["when"]["verbatim"]), (&json!("month"), &json!("15 May 2031")));
    assert_eq!(span(&month), (json!("2031-05-01T00:00:00Z"), json!("2031-06-01T00:00:00Z")));
    assert_eq!((&month["act"], &month["means"]), (&json!("other"), &json!(["Armed clash"])));
    assert_eq!(number(&month["where"], "acled_prec"), 3);
    let place = |event: &Value| event["where"]["place"].as_str().unwrap().to_owned();
    assert!(place(&day).starts_with("acled-oldbridge-") && place(&month).starts_with("acled-east-"));
    assert_eq!((number(&day["where"], "lat_e6"), number(&day["where"], "lon_e6")), (41_500_200, 44_123_456));
    for word in ["inter1=State Forces", "interaction=", "disorder_type=Political violence", "source_scale=National"] {
        assert!(day["note"].as_str().unwrap().contains(word), "{word}: {}", day["note"]);
    }
}

#[test]
fn fatalities_stand_as_stated_and_a_zero_bounds_nothing() {
    let desk = Desk::new();
    desk.import("acled", &fixture(FIRST), &[]);
    let stated = &report(&desk, "NOR1")["quantities"][0];
    assert_eq!((&stated["op"], number(stated, "min"), &stated["outcome"]), (&json!("exact"), 3, &json!("killed")));
    let zero = &report(&desk, "NOR2")["quantities"][0];
    assert_eq!((&zero["op"], number(zero, "best"), &zero["min"]), (&json!("approx"), 0, &Value::Null));
    assert_eq!(report(&desk, "NOR6")["quantities"], Value::Null, "an empty cell is no number");
}

#[test]
fn civilians_that_were_aimed_at_are_named_as_hit_and_nobody_else() {
    let desk = Desk::new();
    desk.import("acled", &fixture(FIRST), &[]);
    let attack = report(&desk, "NOR4");
    assert_eq!(attack["against"], json!([{ "unnamed": "Civilians (Northland)" }]));
    assert_eq!(attack["target"], json!(["Civilian targeting"]));
    assert_eq!(report(&desk, "NOR1")["against"], Value::Null);
}

#[test]
fn demonstrations_and_strategic_developments_are_no_incidents_and_are_counted_as_passed_over() {
    let desk = Desk::new();
    let answer = desk.import("acled", &fixture(FIRST), &[]);
    assert_eq!((number(&answer, "rows"), number(&answer, "appended"), number(&answer, "passed_over")), (8, 6, 2));
    let again = desk.import("acled", &fixture(FIRST), &[]);
    assert_eq!((number(&again, "replayed"), number(&again, "passed_over"), number(&again, "records")), (6, 2, 0));
    assert!(!desk.log().contains("Peaceful protest"));
}

#[test]
fn free_text_is_not_read() {
    let desk = Desk::new();
    desk.import("acled", &fixture(FIRST), &[]);
    assert!(fs::read_to_string(fixture(FIRST)).unwrap().contains("invented sentence"));
    assert!(!desk.log().contains("invented sentence"));
}

#[test]
fn the_json_of_the_interface_reads_as_the_csv_does() {
    let (header, rows) = rows();
    let names: Vec<&str> = header.split(',').collect();
    let mut reader = csv::Reader::from_path(fixture(FIRST)).unwrap();
    let objects: Vec<Value> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let members = names.iter().zip(record.iter()).map(|(name, cell)| ((*name).to_owned(), json!(cell)));
            Value::Object(members.collect())
        })
        .collect();
    let desk = Desk::new();
    let file = desk.write("answer.json", json!({ "status": 200, "count": rows.len(), "data": objects }).to_string());
    desk.import("acled", &file, &[]);
    let again = desk.import("acled", &fixture(FIRST), &[]);
    assert_eq!(number(&again, "records"), 0, "the CSV says something else than the JSON");
}

#[test]
fn a_later_download_becomes_corrections_and_retractions_and_overwrites_nothing() {
    let desk = Desk::new();
    let (header, rows) = rows();
    let file = |name: &str, rows: &[String]| desk.write(name, format!("{header}\n{}\n", rows.join("\n")));
    let take = |name: &str, rows: &[String], date: &str| {
        let answer = desk.import("acled", &file(name, rows), &["--series", "acled-northland", "--published", date]);
        ["appended", "replayed", "corrected", "retracted", "readded"].map(|count| number(&answer, count))
    };
    assert_eq!(take("1.csv", &rows, "2031-06-01"), [6, 0, 0, 0, 0]);
    let first = desk.log();
    let known = |seq: &str| {
        let tally = desk.json(&["tally", "--known-at", seq]);
        tally["numbers"].clone()
    };
    let (at, before) = (desk.records().len().to_string(), known(&desk.records().len().to_string()));
    // NOR1 has one more killed, NOR2 was deleted, NOR5 was coded anew as a protest.
    let mut second: Vec<String> = rows.iter().filter(|row| !row.starts_with("NOR2,")).cloned().collect();
    for row in &mut second {
        if row.starts_with("NOR1,") {
            *row = row.replace(",3,invented", ",4,invented");
        }
        if row.starts_with("NOR5,") {
            *row = row.replace("Political violence", "Demonstrations").replace("Riots", "Protests");
        }
    }
    assert_eq!(take("2.csv", &second, "2031-07-01"), [0, 3, 1, 2, 0]);
    assert!(desk.log().starts_with(&first), "a record was overwritten");
    assert_eq!(known(&at), before, "what was known before has changed");
    assert_ne!(desk.json(&["tally"])["numbers"], before);
    assert_eq!(take("3.csv", &rows, "2031-08-01"), [0, 3, 1, 0, 2]);
    assert_eq!(known(&at), before);
    assert_eq!(code(&desk.run(&["verify"])), 0);
    assert_eq!(code(&desk.run(&["replay", "--check"])), 0);
}

#[test]
fn what_is_wrong_is_said_at_its_cell() {
    let (header, rows) = rows();
    let row = rows.iter().find(|row| row.starts_with("NOR1,")).unwrap();
    let desk = Desk::new();
    for (broken, code, column) in [
        (row.replace("2031-05-02", "02/05/2031"), "CF0204", "event_date"),
        (row.replace(",3,invented", ",three,invented"), "CF0707", "fatalities"),
        (row.replace("41.500200", "41,5"), "CF0702", "cells"),
        (row.replacen(",1,Political", ",7,Political", 1), "CF0707", "time_precision"),
        (row.replacen("NOR1,", ",", 1), "CF0707", "event_id_cnty"),
    ] {
        assert_ne!(broken, *row, "{column}");
        let said = desk.refused("acled", &desk.write("broken.csv", format!("{header}\n{broken}\n")), &[]);
        assert!(said.contains(code) && said.contains(column) && said.contains("broken.csv:2:"), "{column}: {said}");
        assert!(said.contains("hint:"), "{said}");
    }
    let headless = header.replace("event_date", "when");
    let said = desk.refused("acled", &desk.write("headless.csv", format!("{headless}\n{row}\n")), &[]);
    assert!(said.contains("CF0703") && said.contains("event_date"), "{said}");
}
