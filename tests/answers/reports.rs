//! Situation reports: what stands in them, and what must never.

use std::fs;

use crate::desk::{Desk, code, stderr};

const FRIDAY: [&str; 8] = ["report", "nk-2020-10-10", "--day", "2020-10-17", "--day-ends", "19:30", "--zone", "+04:00"];

#[test]
fn the_report_of_a_day_holds_the_strike_of_that_night_and_no_other_incident() {
    let desk = Desk::with_example();
    let report = desk.json(&FRIDAY);
    let incidents = report["incidents"].as_array().unwrap();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0]["incident"], "I-2");
    assert_eq!(incidents[0]["certain"], true);
    assert_eq!(incidents[0]["called_breach"], false);
    assert_eq!(report["period"]["from"], "2020-10-16T15:30:00Z");
    assert_eq!(report["period"]["to"], "2020-10-17T15:30:00Z");
    assert_eq!(report["before"]["from"], "2020-10-15T15:30:00Z");
    let killed =
        report["casualties"].as_array().unwrap().iter().find(|line| line["kind"]["outcome"] == "killed").unwrap();
    assert_eq!(killed["reported"]["value"], serde_json::json!({"min": 13, "max": 13}));
    assert_eq!(killed["verified"]["value"], serde_json::json!({"min": 0, "max": 0}));
    assert_eq!(killed["reported"]["records"], serde_json::json!([93]));
}

#[test]
fn every_number_of_a_report_names_its_records_or_is_zero() {
    let desk = Desk::with_example();
    let report = desk.json(&FRIDAY);
    let lines = report["summary"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["now"]["value"]["max"] == 1));
    for line in lines {
        for side in ["now", "before"] {
            let none = line[side]["records"].as_array().unwrap().is_empty();
            assert_eq!(none, line[side]["value"]["max"] == 0, "{line}");
        }
    }
}

#[test]
fn an_incident_that_may_lie_outside_the_day_makes_the_number_a_range() {
    let desk = Desk::with_truce();
    let monitor = ["append", "violation", "--source", "MON", "--act", "shelling", "--accused", "A", "--place", "ford"];
    desk.done(&[&monitor[..], &["--incident", "sure", "--at", "2021-03-10T12:00Z"]].concat());
    desk.done(&[&monitor[..], &["--incident", "unsure", "--at", "2021-03-10T23:00Z/2021-03-11T02:00Z"]].concat());
    desk.done(&[&monitor[..], &["--incident", "undated"]].concat());
    let report = desk.json(&["report", "T", "--day", "2021-03-10"]);
    assert_eq!(report["summary"][0]["what"], "incidents");
    assert_eq!(report["summary"][0]["now"]["value"], serde_json::json!({"min": 1, "max": 2}));
    assert_eq!(report["undated"]["value"], serde_json::json!({"min": 1, "max": 1}));
    assert_eq!(report["regions"][0]["name"], "west");
    let next = desk.json(&["report", "T", "--day", "2021-03-11"]);
    assert_eq!(next["summary"][0]["now"]["value"], serde_json::json!({"min": 0, "max": 1}));
    assert_eq!(next["summary"][0]["before"]["value"], serde_json::json!({"min": 1, "max": 2}));
}

#[test]
fn a_verified_incident_stands_apart_from_a_reported_one() {
    let desk = Desk::with_truce();
    let report = ["append", "violation", "--source", "B", "--act", "shelling", "--accused", "A", "--place", "ford"];
    desk.done(&[&report[..], &["--incident", "i-1", "--at", "2021-03-10T12:00Z", "--killed", "2"]].concat());
    desk.done(&[&report[..], &["--incident", "i-2", "--at", "2021-03-10T13:00Z", "--killed", ">3"]].concat());
    desk.done(&[
        "append",
        "finding",
        "--incident",
        "i-1",
        "--outcome",
        "verified",
        "--assessor",
        "MON",
        "--source",
        "MON",
    ]);
    let report = desk.json(&["report", "T", "--day", "2021-03-10"]);
    let killed = &report["casualties"][0];
    assert_eq!(killed["verified"]["value"], serde_json::json!({"min": 2, "max": 2}));
    assert_eq!(killed["reported"]["value"], serde_json::json!({"min": 4, "max": null}));
}

#[test]
fn a_blank_day_stays_blank_and_a_quiet_day_is_a_zero() {
    let desk = Desk::with_truce();
    let report = ["append", "violation", "--source", "MON", "--act", "shelling", "--accused", "A", "--place", "ford"];
    desk.done(&[&report[..], &["--incident", "i-1", "--at", "2021-03-10T12:00Z"]].concat());
    desk.done(&["append", "quiet", "--place", "ford", "--at", "2021-03-08", "--source", "MON"]);
    let heat = |arguments: &[&str]| {
        desk.done(&[&["report", "T", "--from", "2021-03-07", "--to", "2021-03-10", "--as", "svg"], arguments].concat())
    };
    let drawn = heat(&["--picture", "heat"]);
    assert_eq!(drawn.matches(">0</text>").count(), 1, "{drawn}");
    assert_eq!(drawn.matches(">1</text>").count(), 1, "{drawn}");
    let wrong = desk.run(&["report", "T", "--day", "2021-03-10", "--as", "svg", "--picture", "heatt"]);
    assert_eq!(code(&wrong), 3);
    assert!(stderr(&wrong).contains("did you mean `heat`?"), "{}", stderr(&wrong));
}

#[test]
fn a_wide_place_is_never_drawn_as_a_point() {
    let desk = Desk::with_truce();
    let report = ["append", "violation", "--source", "MON", "--accused", "A", "--act", "shelling"];
    let at = |incident: &str, radius: &str| {
        let place = ["--lat", "40", "--lon", "46", "--at", "2021-03-10T12:00Z", "--incident", incident];
        desk.done(&[&report[..], &place, &["--radius", radius]].concat());
    };
    at("near", "500");
    at("somewhere", "120000");
    let map = desk.done(&["report", "T", "--day", "2021-03-10", "--as", "svg", "--picture", "map"]);
    assert_eq!(map.matches(r#"<circle class="spot""#).count(), 1, "{map}");
    assert_eq!(map.matches(r#"<circle class="wide""#).count(), 1, "{map}");
    assert!(!map.contains(r#"class="layer""#), "a line was drawn that nobody put there: {map}");
}

#[test]
fn a_layer_is_named_and_hashed_and_one_without_a_name_is_refused() {
    let desk = Desk::with_truce();
    let report =
        ["append", "violation", "--source", "MON", "--accused", "A", "--act", "shelling", "--lat", "40.1", "--lon"];
    desk.done(&[&report[..], &["46.2", "--radius", "900", "--at", "2021-03-10T12:00Z"]].concat());
    let layer = desk.folder.path().join("line.geojson");
    fs::write(&layer, r#"{"type":"LineString","coordinates":[[46.0,40.0],[46.3,40.3]]}"#).unwrap();
    let layer = layer.to_str().unwrap();
    let map = ["report", "T", "--day", "2021-03-10", "--as", "svg", "--picture", "map", "--layer", layer];
    let drawn = desk.done(&[&map[..], &["--layer-credit", "Survey of Borduria"]].concat());
    let hash = blake3::hash(&fs::read(layer).unwrap()).to_string();
    assert!(drawn.contains("Survey of Borduria") && drawn.contains(&hash[..16]), "{drawn}");
    assert_eq!(code(&desk.run(&map)), 2);
}

#[test]
fn corrections_and_late_reports_of_the_period_are_listed() {
    let desk = Desk::with_truce();
    let report = ["append", "violation", "--source", "MON", "--act", "shelling", "--accused", "A", "--place", "ford"];
    desk.done(&[&report[..], &["--incident", "old", "--at", "2021-03-10T12:00Z"]].concat());
    let receipt = desk.json(&["show", "old"]);
    assert!(receipt.is_object());
    let head = desk.json(&["log"])["records"].as_array().unwrap().last().unwrap()["seq"].to_string();
    desk.done(&["append", "retraction", &head, "--changed-by", "recorder", "--reason", "entered twice"]);
    desk.done(&[&report[..], &["--incident", "older", "--at", "2021-03-09T12:00Z"]].concat());
    let report = desk.json(&["report", "T", "--from", "2021-03-11", "--to", "2099-01-01"]);
    let corrections = report["corrections"].as_array().unwrap();
    assert_eq!(corrections.len(), 1, "{corrections:?}");
    assert_eq!(corrections[0]["kind"], "record.retracted");
    assert_eq!(corrections[0]["reason"], "entered twice");
    let late = report["late"].as_array().unwrap();
    assert_eq!(late.iter().map(|line| line["incident"].as_str().unwrap()).collect::<Vec<_>>(), ["older"]);
}

#[test]
fn the_folder_of_a_report_holds_every_rendering_and_a_dry_run_writes_none() {
    let desk = Desk::with_example();
    let folder = desk.folder.path().join("out");
    let whole = [&FRIDAY[..], &["-o", folder.to_str().unwrap()]].concat();
    desk.done(&[&whole[..], &["--dry-run"]].concat());
    assert!(!folder.exists());
    desk.done(&whole);
    for name in ["report.md", "report.html", "annex.csv", "timeline.svg", "heat.svg", "weeks.svg"] {
        assert!(fs::metadata(folder.join(name)).unwrap().len() > 100, "{name}");
    }
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    let outside = page.matches("http").count() - page.matches("http://www.w3.org/2000/svg").count();
    assert_eq!((page.matches("<script").count(), page.matches("src=").count()), (0, 0));
    assert_eq!(outside, page.matches("http-equiv").count(), "the page points to somewhere");
    let annex = fs::read_to_string(folder.join("annex.csv")).unwrap();
    assert_eq!(annex.lines().count(), 2, "{annex}");
}

#[test]
fn an_arabic_report_reads_from_right_to_left_and_keeps_ids_apart() {
    let desk = Desk::with_example();
    let page = desk.done(&[&FRIDAY[..], &["--as", "html", "--lang", "ar"]].concat());
    assert!(page.contains(r#"<html lang="ar" dir="rtl">"#));
    assert!(page.contains("<bdi>nk-2020-10-10</bdi>"));
}

#[test]
fn a_period_that_cannot_be_read_or_ends_before_it_begins_is_refused() {
    let desk = Desk::with_example();
    for (arguments, stable) in [
        (&["--day", "2020-02-30"][..], "CF0204"),
        (&["--day", "yesterday"], "CF0204"),
        (&["--from", "2020-10-12", "--to", "2020-10-10"], "CF0205"),
        (&["--day", "2020-10-12", "--day-ends", "25:00"], "CF0204"),
        (&["--day", "2020-10-12", "--zone", "four"], "CF0204"),
    ] {
        let output = desk.run(&[&["report", "nk-2020-10-10"], arguments].concat());
        assert_eq!(code(&output), 3, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(stable), "{arguments:?}: {}", stderr(&output));
    }
}
