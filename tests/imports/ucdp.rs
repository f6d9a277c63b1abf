//! UCDP: a slice of the published data, byte for byte, through every step.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, code, fixture, number, stderr};

const SYRIA: &str = "ucdp/syria_slice.csv";
const CAR: &str = "ucdp/car_slice.geojson";

fn reports(desk: &Desk) -> BTreeMap<String, Value> {
    let reports = desk.events_of("violation.reported").into_iter();
    reports.map(|event| (event["incident"].as_str().unwrap().to_owned(), event)).collect()
}

/// The rows of the slice by their header.
fn rows() -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(fixture(SYRIA)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn whole(text: &str) -> u64 {
    text.strip_suffix(".0").unwrap_or(text).parse().unwrap()
}

#[test]
fn both_forms_come_in_verify_replay_and_come_in_only_once() {
    for (name, count) in [(SYRIA, 91), (CAR, 37)] {
        let desk = Desk::new();
        let answer = desk.import("ucdp", &fixture(name), &[]);
        assert_eq!((number(&answer, "rows"), number(&answer, "appended")), (count, count), "{name}");
        assert_eq!(code(&desk.run(&["verify"])), 0);
        assert_eq!(code(&desk.run(&["replay", "--check"])), 0);
        let before = desk.log();
        let again = desk.import("ucdp", &fixture(name), &[]);
        assert_eq!((number(&again, "replayed"), number(&again, "records")), (count, 0), "{name}");
        assert_eq!(desk.log(), before);
    }
}

#[test]
fn a_triple_out_of_order_is_kept_as_printed_and_flagged() {
    let desk = Desk::new();
    let answer = desk.import("ucdp", &fixture(SYRIA), &[]);
    let (mut broken, reports) = (0, reports(&desk));
    for row in rows() {
        let triple = json!({ "low": whole(&row["low"]), "best": whole(&row["best"]), "high": whole(&row["high"]) });
        let report = &reports[&format!("ucdp-{}", whole(&row["id"]))];
        assert_eq!(report["quantities"][0]["triple"], triple);
        broken += u64::from(whole(&row["low"]) > whole(&row["best"]) || whole(&row["best"]) > whole(&row["high"]));
    }
    assert_eq!((broken, number(&answer, "out_of_order")), (10, 10));
    let flagged = desk.json(&["tally", "--by", "year"]);
    let flagged: u64 = flagged["slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| number(&slot["figures"][0]["published"], "out_of_order"))
        .sum();
    assert_eq!(flagged, 10);
}

#[test]
fn nobody_is_accused_but_in_one_sided_violence() {
    let desk = Desk::new();
    desk.import("ucdp", &fixture(SYRIA), &[]);
    let reports = reports(&desk);
    let mut kinds = BTreeMap::new();
    for row in rows() {
        let report = &reports[&format!("ucdp-{}", whole(&row["id"]))];
        let kind = whole(&row["type_of_violence"]);
        *kinds.entry(kind).or_insert(0) += 1;
        let expected = if kind == 3 {
            json!({ "accused": [{ "actor": format!("ucdp-{}", whole(&row["side_a_new_id"])) }], "level": "alleged_by_third_party" })
        } else {
            json!({ "level": "none_stated" })
        };
        assert_eq!(report["attribution"], expected, "{}", row["id"]);
        assert_eq!(report["asserts_breach_of"], "not_asserted");
    }
    assert!(kinds.values().all(|count| *count >= 6) && kinds.len() == 3, "{kinds:?}");
}

#[test]
fn precisions_parts_and_places_are_kept_as_they_are_coded() {
    let desk = Desk::new();
    desk.import("ucdp", &fixture(SYRIA), &[]);
    let (reports, mut precisions) = (reports(&desk), BTreeMap::new());
    for row in rows() {
        let report = &reports[&format!("ucdp-{}", whole(&row["id"]))];
        assert_eq!(number(&report["when"], "ucdp"), whole(&row["date_prec"]));
        assert_eq!(number(&report["where"], "ucdp_prec"), whole(&row["where_prec"]));
        assert_eq!(report["where"]["verbatim"], row["where_coordinates"].as_str());
        precisions.insert(whole(&row["where_prec"]), report["where"]["place"].clone());
        let same_day = row["date_start"] == row["date_end"];
        let words =
            if same_day { row["date_start"].clone() } else { format!("{}/{}", row["date_start"], row["date_end"]) };
        assert_eq!(report["when"]["verbatim"], words.as_str());
        assert!(report["when"]["earliest"].as_str().unwrap().starts_with(&row["date_start"]));
        let parts: Vec<u64> =
            report["quantities"].as_array().unwrap()[1..].iter().map(|part| number(part, "best")).collect();
        let printed = ["deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"].map(|column| whole(&row[column]));
        assert_eq!(parts, printed);
        assert_eq!(parts.iter().sum::<u64>(), whole(&row["best"]));
    }
    assert_eq!(precisions.len(), 6);
    assert_eq!(precisions[&6], "ucdp-country-652");
    let day = |event: &&Value| event["when"]["precision"] == "day";
    assert!(reports.values().filter(day).count() > 40 && reports.values().filter(|event| !day(event)).count() > 20);
}

#[test]
fn a_coordinate_loses_no_digit() {
    let desk = Desk::new();
    desk.import("ucdp", &fixture(CAR), &[]);
    let collection: Value = serde_json::from_str(&fs::read_to_string(fixture(CAR)).unwrap()).unwrap();
    let reports = reports(&desk);
    for feature in collection["features"].as_array().unwrap() {
        let site = &reports[&format!("ucdp-{}", feature["properties"]["id"])]["where"];
        for (index, name) in [(0, "lon_e6"), (1, "lat_e6")] {
            let printed = feature["geometry"]["coordinates"][index].as_f64().unwrap();
            let kept = i32::try_from(site[name].as_i64().unwrap()).unwrap();
            assert!((f64::from(kept) / 1e6 - printed).abs() < 1e-9, "{printed} became {kept}");
        }
    }
}

#[test]
fn an_actor_that_is_registered_already_is_used_where_the_command_says_so() {
    let desk = Desk::new();
    assert_eq!(code(&desk.run(&["append", "actor", "SYR", "--kind", "state", "--name", "en=Government of Syria"])), 0);
    let said = desk.refused("ucdp", &fixture(SYRIA), &[]);
    assert!(said.contains("CF0309") && said.contains("syria_slice.csv:"), "{said}");
    desk.import("ucdp", &fixture(SYRIA), &["--actor", "118=SYR"]);
    assert!(reports(&desk).values().any(|event| event["against"][0]["actor"] == "SYR"));
}

#[test]
fn what_is_wrong_is_said_at_its_cell() {
    let desk = Desk::new();
    let text = fs::read_to_string(fixture(SYRIA)).unwrap();
    let line = text.lines().nth(1).unwrap();
    let mended = |from: &str, to: &str| text.replacen(line, &line.replacen(from, to, 1), 1);
    let date = line.split(',').find(|cell| cell.len() == 10 && cell.starts_with("2016-")).unwrap();
    for (broken, code, column) in [
        (mended(date, "2016-02-31"), "CF0204", "date_start"),
        (mended("36.", "E36."), "CF0707", "longitude"),
        (text.replacen("side_a,", "who,", 1), "CF0703", "side_a"),
        (text.replacen(line, &format!("{line},7"), 1), "CF0702", "cells"),
        (text.replacen(line, &format!("{line}\n{}", line.replacen("Homs", "Hims", 1)), 1), "CF0704", "line 2"),
    ] {
        let said = desk.refused("ucdp", &desk.write("broken.csv", &broken), &[]);
        assert!(said.contains(code) && said.contains(column), "{code} {column}: {said}");
    }
}

#[test]
fn refused_rows_of_either_form_come_in_once_they_are_mended() {
    for (name, from, to, end) in [(SYRIA, "date_prec", "", "csv"), (CAR, "\"best\":", "\"best\":-", "geojson")] {
        let desk = Desk::new();
        let text = fs::read_to_string(fixture(name)).unwrap();
        let broken = if end == "csv" {
            let line = text.lines().nth(3).unwrap();
            text.replacen(line, &line.replacen("2016-", "2016/", 2), 1)
        } else {
            text.replacen(from, to, 1)
        };
        assert_ne!(broken, text);
        let file = desk.write(&format!("broken.{end}"), &broken);
        let answer = desk.json_ending(4, &["import", "ucdp", file.to_str().unwrap(), "--keep-going"]);
        assert_eq!(number(&answer, "rejected"), 1);
        let rejects = desk.path(&format!("broken.{end}.rejects.{end}"));
        let kept = fs::read_to_string(&rejects).unwrap();
        assert!(kept.contains("CF0"), "{kept}");
        let mended = if end == "csv" { kept.replace("2016/", "2016-") } else { kept.replacen(to, from, 1) };
        fs::write(&rejects, mended).unwrap();
        let answer = desk.import("ucdp", &rejects, &[]);
        assert_eq!((number(&answer, "rows"), number(&answer, "appended")), (1, 1));
        let whole = desk.import("ucdp", &fixture(name), &[]);
        assert_eq!(number(&whole, "records"), 0, "a mended row is not the row of the whole file");
    }
}

#[test]
fn the_deaths_of_both_sides_stay_out_of_every_sum() {
    let desk = Desk::new();
    desk.import("ucdp", &fixture(SYRIA), &[]);
    let (low, high) = rows().iter().fold((0, 0), |(low, high), row| {
        let triple = ["low", "best", "high"].map(|name| whole(&row[name]));
        (low + triple.iter().min().unwrap(), high + triple.iter().max().unwrap())
    });
    let tally = desk.json(&["tally"]);
    let numbers = tally["numbers"].as_array().unwrap();
    let killed = numbers.iter().find(|number| number["id"] == "figures/all/person.killed").unwrap();
    assert_eq!(killed["value"], json!({ "min": low, "max": high }));
}

#[test]
fn a_zip_bomb_in_gzip_is_a_row_without_end() {
    let desk = Desk::new();
    let file = desk.gzip("bomb.csv.gz", &vec![b'x'; 40_000_000]);
    let said = desk.refused("ucdp", &file, &[]);
    assert!(said.contains("CF0701"), "{said}");
    assert!(!stderr(&desk.run(&["verify"])).contains("error"));
}
