//! The two axes of knowledge: what the ledger had recorded, and what sources had published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, code, stderr};

const FIELDS: [&str; 3] = ["killed", "wounded", "missing"];
const DAYS: usize = 14;

/// What one publication says of a day: a number for each field, or that there is none.
type Row = [Option<u32>; 3];

/// One publication: when it came out, and its rows by day.
struct Snapshot {
    published: String,
    rows: BTreeMap<String, Row>,
}

/// Numbers that look drawn by chance and are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

fn day(number: usize) -> String {
    format!("2024-03-{:02}", number + 1)
}

/// A series of publications: days are added, figures revised, taken back and added later, days drop out once and may come
/// back.
fn series(draw: &mut Draw) -> Vec<Snapshot> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut out: BTreeMap<String, Row> = BTreeMap::new();
    let mut dropped = BTreeSet::new();
    let mut snapshots = Vec::new();
    for number in 0..10_usize {
        for known in 0..(5 + number).min(DAYS) {
            let name = day(known);
            if let Some(row) = out.remove(&name) {
                if draw.one_in(2) {
                    rows.insert(name, row)
                } else {
                    out.insert(name, row)
                };
                continue;
            }
            let Some(row) = rows.get_mut(&name) else {
                let value = |draw: &mut Draw| Some(u32::try_from(draw.below(50)).unwrap());
                let row = [value(draw), value(draw), value(draw).filter(|_| draw.one_in(2))];
                rows.insert(name, row);
                continue;
            };
            if draw.one_in(9) && dropped.insert(name.clone()) {
                out.extend(rows.remove(&name).map(|row| (name, row)));
                continue;
            }
            for (field, cell) in row.iter_mut().enumerate() {
                if draw.one_in(3) {
                    *cell = Some(u32::try_from(draw.below(50)).unwrap()).filter(|_| field == 0 || !draw.one_in(3));
                }
            }
        }
        let published = format!("2024-{:02}-{:02}", 4 + number / 2, 1 + 14 * (number % 2));
        snapshots.push(Snapshot { published, rows: rows.clone() });
    }
    snapshots
}

/// What the answer must be, straight from the publications: the last that had come out by then.
fn in_force<'a>(snapshots: &'a [Snapshot], by: &str) -> BTreeMap<&'a str, Row> {
    let last = snapshots.iter().filter(|snapshot| snapshot.published.as_str() <= by).max_by_key(|s| &s.published);
    last.map(|last| last.rows.iter().map(|(day, row)| (day.as_str(), *row)).collect()).unwrap_or_default()
}

/// What the ledger answers: every field of every day.
fn answered(desk: &Desk, axis: &[&str]) -> BTreeMap<String, Row> {
    let answer = desk.json(&[&["counters"], axis].concat());
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for kept in answer["counters"].as_array().unwrap() {
        let series = &kept["series"];
        let field = FIELDS.iter().position(|field| series["kind"] == format!("person.{field}")).unwrap();
        for reading in series["history"].as_array().unwrap() {
            let from = reading["period"]["from"].as_str().unwrap()[..10].to_owned();
            assert_eq!(reading["value"]["min"], reading["value"]["max"]);
            let value = u32::try_from(reading["value"]["min"].as_u64().unwrap()).unwrap();
            let before = rows.entry(from).or_default()[field].replace(value);
            assert_eq!(before, None, "a day has two readings of one field");
        }
    }
    rows
}

fn compare(desk: &Desk, axis: &[&str], expected: &BTreeMap<&str, Row>) -> usize {
    let found = answered(desk, axis);
    let found: BTreeMap<&str, Row> = found.iter().map(|(day, row)| (day.as_str(), *row)).collect();
    assert_eq!(&found, expected, "{axis:?}");
    expected.len() * FIELDS.len()
}

const MAPPING: &str = r#"
dataset = "toll"
id = ["day"]
unknown = [""]

[dates]
formats = ["%Y-%m-%d"]
zone = "+00:00"

[[record]]
type = "tally.reported"

[record.set]
"/source/speaker/0/actor" = "MON"
"/counter" = "toll"
"/period" = { column = "day", as = "time" }
"/values/0" = { column = "killed", as = "quantity", unit = "person", outcome = "killed" }
"/values/1" = { column = "wounded", as = "quantity", unit = "person", outcome = "wounded" }
"/values/2" = { column = "missing", as = "quantity", unit = "person", outcome = "missing" }
"#;

fn import(desk: &Desk, snapshot: &Snapshot) -> std::process::Output {
    let cell = |cell: &Option<u32>| cell.map_or_else(String::new, |value| value.to_string());
    let rows = snapshot.rows.iter().map(|(day, row)| format!("{day},{}\n", row.each_ref().map(cell).join(",")));
    let file = desk.folder.path().join("toll.csv");
    fs::write(&file, format!("day,killed,wounded,missing\n{}", rows.collect::<String>())).unwrap();
    let map = desk.folder.path().join("toll.toml");
    fs::write(&map, MAPPING).unwrap();
    let (file, map) = (file.to_str().unwrap(), map.to_str().unwrap());
    let series = ["--series", "toll", "--missing", "retract", "--published", &snapshot.published];
    desk.run(&[&["import", "csv", file, "--map", map], &series[..]].concat())
}

fn head(desk: &Desk) -> String {
    desk.json(&["counters"])["known_at"]["seq"].to_string()
}

#[test]
fn on_both_axes_every_day_and_field_reads_as_in_the_publication_in_force() {
    let mut draw = Draw(20_240_301);
    let snapshots = series(&mut draw);
    let desk = Desk::with_truce();
    let mut heads = Vec::new();
    for snapshot in &snapshots {
        let output = import(&desk, snapshot);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        heads.push(head(&desk));
    }
    let kinds = |kind: &str| desk.json(&["log", "--type", kind])["records"].as_array().unwrap().len();
    let (corrected, retracted) = (kinds("record.corrected"), kinds("record.retracted"));
    assert!(corrected > 30 && retracted > 3, "the series revises too little: {corrected}, {retracted}");
    let mut compared = 0;
    for (number, head) in heads.iter().enumerate() {
        let expected = in_force(&snapshots, &snapshots[number].published);
        compared += compare(&desk, &["--known-at", head], &expected);
    }
    for _ in 0..24 {
        let by = format!("2024-{:02}-{:02}", 3 + draw.below(7), 1 + draw.below(28));
        compared += compare(&desk, &["--published-by", &by], &in_force(&snapshots, &by));
    }
    for _ in 0..8 {
        let (known, date) = (usize::try_from(draw.below(10)).unwrap(), usize::try_from(draw.below(10)).unwrap());
        let by = snapshots[date].published.as_str();
        let expected = in_force(&snapshots[..=known], by);
        compared += compare(&desk, &["--known-at", &heads[known], "--published-by", by], &expected);
    }
    assert!(compared > 800, "only {compared} cells were compared");
}

#[test]
fn recorded_in_any_order_the_publication_axis_reads_the_same() {
    let mut draw = Draw(7);
    let snapshots = series(&mut draw);
    let desk = Desk::with_truce();
    let mut lines = Vec::new();
    for name in (0..DAYS).map(day) {
        lines.push(recorded_anyhow(&name, &versions(&snapshots, &name), &mut draw));
    }
    let mut mixed = Vec::new();
    while lines.iter().any(|of_day| !of_day.is_empty()) {
        let of_day = &mut lines[usize::try_from(draw.below(DAYS as u64)).unwrap()];
        if !of_day.is_empty() {
            mixed.push(of_day.remove(0));
        }
    }
    let file = desk.folder.path().join("mixed.jsonl");
    fs::write(&file, mixed.join("\n")).unwrap();
    desk.done(&["import", "jsonl", file.to_str().unwrap()]);
    let mut compared = 0;
    for snapshot in &snapshots {
        let expected = in_force(&snapshots, &snapshot.published);
        compared += compare(&desk, &["--published-by", &snapshot.published], &expected);
    }
    for _ in 0..12 {
        let by = format!("2024-{:02}-{:02}", 3 + draw.below(7), 1 + draw.below(28));
        compared += compare(&desk, &["--published-by", &by], &in_force(&snapshots, &by));
    }
    assert!(compared > 400, "only {compared} cells were compared");
}

/// The changes of a day over the publications: when, and to what; nothing for "no longer there".
fn versions(snapshots: &[Snapshot], name: &str) -> Vec<(String, Option<Row>)> {
    let mut versions: Vec<(String, Option<Row>)> = Vec::new();
    for snapshot in snapshots {
        let row = snapshot.rows.get(name).copied();
        if versions.last().map_or(row.is_some(), |(_, last)| *last != row) {
            versions.push((snapshot.published.clone(), row));
        }
    }
    versions
}

/// The versions of a day as bodies in an order drawn by chance: any of them is the report, the others mend it. What was
/// taken back comes last, since the ledger takes no correction of what was retracted.
fn recorded_anyhow(name: &str, versions: &[(String, Option<Row>)], draw: &mut Draw) -> Vec<String> {
    let mut said: Vec<(&String, &Row)> = versions.iter().filter_map(|(p, row)| Some((p, row.as_ref()?))).collect();
    for index in (1..said.len()).rev() {
        said.swap(index, usize::try_from(draw.below(index as u64 + 1)).unwrap());
    }
    let target = json!({ "key": format!("{name}/0") });
    let mut lines = Vec::new();
    for (index, (published, row)) in said.into_iter().enumerate() {
        let report = reading(name, published, row);
        let event = match index {
            0 => report,
            _ => mending("record.corrected", 1, &target, &format!(r#""replacement":{report}"#)),
        };
        lines.push(body(&format!("{name}/{index}"), &event));
    }
    for (published, _) in versions.iter().filter(|(_, row)| row.is_none()) {
        let event = mending("record.retracted", 2, &target, &format!(r#""published":{}"#, when(published)));
        lines.push(body(&format!("{name}/gone"), &event));
    }
    lines
}

fn when(date: &str) -> Value {
    let next = chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").unwrap().succ_opt().unwrap();
    json!({"earliest": format!("{date}T00:00:00Z"), "latest": format!("{next}T00:00:00Z"), "precision": "day",
        "tz_basis": "stated"})
}

fn reading(name: &str, published: &str, row: &Row) -> String {
    let values: Vec<Value> = FIELDS
        .iter()
        .zip(row)
        .filter_map(|(field, value)| Some(json!({"op": "exact", "min": (*value)?, "unit": "person", "outcome": field})))
        .collect();
    format!(
        r#"{{"type":"tally.reported","v":1,"counter":"toll","values":{},"period":{},"source":{{"speaker":[{{"actor":"MON"}}],"published":{}}}}}"#,
        Value::from(values),
        when(name),
        when(published)
    )
}

fn mending(kind: &str, version: u32, target: &Value, rest: &str) -> String {
    format!(
        r#"{{"type":"{kind}","v":{version},"target":{target},"by":"source","reason":"published differently",{rest}}}"#
    )
}

fn body(key: &str, event: &str) -> String {
    format!(r#"{{"origin":"example.org/test","by":"recorder","key":"{key}","event":{event}}}"#)
}

#[test]
fn a_publication_that_came_out_before_one_that_is_in_is_refused() {
    let snapshots = series(&mut Draw(11));
    let desk = Desk::with_truce();
    assert_eq!(code(&import(&desk, &snapshots[3])), 0);
    let before = head(&desk);
    let late = import(&desk, &snapshots[1]);
    assert_eq!(code(&late), 3);
    assert!(stderr(&late).contains("CF0722"), "{}", stderr(&late));
    assert_eq!(head(&desk), before, "something was written");
    assert_eq!(code(&import(&desk, &snapshots[3])), 0, "the same publication again is no other one");
    assert_eq!(code(&import(&desk, &snapshots[4])), 0);
}

#[test]
fn what_nobody_dates_counts_from_when_it_was_recorded_and_names_count_always() {
    let desk = Desk::with_truce();
    let report =
        ["append", "violation", "--source", "MON", "--act", "shelling", "--accused", "A", "--at", "2021-03-10"];
    desk.done(&[&report[..], &["--incident", "dated", "--published", "2021-03-12"]].concat());
    desk.done(&[&report[..], &["--incident", "undated"]].concat());
    let incidents = |by: &str| {
        let tally = desk.json(&["tally", "--published-by", by]);
        let numbers = tally["numbers"].as_array().unwrap();
        numbers.iter().find(|number| number["id"] == "incidents").unwrap()["value"]["max"].as_u64().unwrap()
    };
    assert_eq!((incidents("2021-03-11"), incidents("2021-03-12"), incidents("2021-03-13")), (0, 1, 1));
    assert_eq!(incidents("9000-01-01"), 2);
    assert_eq!(incidents("2021-03-12T12:00Z"), 0, "in the middle of the day it is not sure that it was out");
    assert!(desk.json(&["state", "--published-by", "2021-01-01"])["ceasefires"][0]["ceasefire"] == "T");
}

#[test]
fn a_correction_counts_from_its_publication_whichever_was_recorded_first() {
    let desk = Desk::with_truce();
    let report = ["violation", "--incident", "i-1", "--source", "MON", "--at", "2021-03-10"];
    desk.done(&[&["append"], &report[..], &["--killed", "5", "--published", "2021-03-11"]].concat());
    let target = head(&desk);
    let corrected = |killed: &str, published: &str| {
        let correction =
            ["append", "correction", &target, "--changed-by", "source", "--reason", "revised", "--replacement"];
        let replacement = desk.folder.path().join("replacement.json");
        let mut shown = desk.json(&["show", &target])["body"]["event"].clone();
        shown["quantities"] =
            json!([{"op": "exact", "min": killed.parse::<u64>().unwrap(), "unit": "person", "outcome": "killed"}]);
        shown["source"]["published"] = when(published);
        fs::write(&replacement, ordered(&shown)).unwrap();
        desk.done(&[&correction[..], &[replacement.to_str().unwrap()]].concat());
    };
    corrected("9", "2021-03-20");
    corrected("7", "2021-03-15");
    let killed = |axis: &[&str]| {
        let answer = desk.json(&[&["incident", "i-1"], axis].concat());
        answer["figures"][0]["envelope"]["max"].as_u64()
    };
    let by = |date: &'static str| killed(&["--published-by", date]);
    let unheard = desk.run(&["incident", "i-1", "--published-by", "2021-03-10"]);
    assert!(code(&unheard) == 3 && stderr(&unheard).contains("CF0304"), "{}", stderr(&unheard));
    assert_eq!((by("2021-03-11"), by("2021-03-14")), (Some(5), Some(5)));
    assert_eq!((by("2021-03-15"), by("2021-03-19"), by("2021-03-20")), (Some(7), Some(7), Some(9)));
    assert_eq!(killed(&[]), Some(7), "on the record axis the correction recorded last is in force");
}

#[test]
fn the_figure_that_a_speaker_published_last_is_his_last_whichever_was_recorded_last() {
    let desk = Desk::with_truce();
    let report = ["append", "violation", "--incident", "i-1", "--source", "MON", "--at", "2021-03-10"];
    desk.done(&[&report[..], &["--killed", "9", "--published", "2021-03-20"]].concat());
    desk.done(&[&report[..], &["--killed", "7", "--published", "2021-03-15"]].concat());
    let killed = |axis: &[&str]| {
        let incident = desk.json(&[&["incident", "i-1"], axis].concat());
        let tally = desk.json(&[&["tally"], axis].concat());
        let numbers = tally["numbers"].as_array().unwrap();
        let counted = numbers.iter().find(|number| number["id"] == "figures/all/person.killed").unwrap();
        let (told, counted) = (&incident["figures"][0]["envelope"], &counted["value"]);
        assert_eq!(told, counted, "{axis:?}");
        told["max"].as_u64().unwrap()
    };
    assert_eq!(killed(&[]), 7);
    assert_eq!((killed(&["--published-by", "2021-03-15"]), killed(&["--published-by", "2021-03-20"])), (7, 9));
}

/// An event's `type` and `v` come first.
fn ordered(event: &Value) -> String {
    let mut members = event.as_object().unwrap().clone();
    let (kind, version) = (members.remove("type").unwrap(), members.remove("v").unwrap());
    let rest = Value::from(members).to_string();
    format!(r#"{{"type":{kind},"v":{version},{}"#, &rest[1..])
}

#[test]
fn with_everything_published_both_axes_answer_the_same() {
    let desk = Desk::with_example();
    let asked: [&[&str]; 6] = [
        &["state", "--valid-at", "2020-10-17T20:30Z"],
        &["tally", "nk-2020-10-10"],
        &["incident", "I-2"],
        &["counters"],
        &["lists", "ARM", "AZE"],
        &["stated", "person.killed=13"],
    ];
    for command in asked {
        let mut one = desk.json(command);
        let mut other = desk.json(&[command, &["--published-by", "9000-01-01"]].concat());
        assert_eq!((&one["known_at"]["axis"], &other["known_at"]["axis"]), (&"record".into(), &"publication".into()));
        assert_eq!(other["known_at"]["published_by"], "9000-01-01T21:00:00Z");
        for answer in [&mut one, &mut other] {
            answer.as_object_mut().unwrap().remove("known_at");
        }
        assert_eq!(one, other, "{command:?}");
    }
}

#[test]
fn every_answer_says_on_which_axis_it_stands_and_verbs_without_one_refuse() {
    let desk = Desk::with_example();
    for command in
        [&["state"][..], &["tally"], &["incident", "I-2"], &["counters"], &["pending"], &["explain", "all/incidents"]]
    {
        let recorded = desk.done(command);
        assert!(recorded.contains("record axis"), "{command:?}: {recorded}");
        let published = desk.done(&[command, &["--published-by", "2100"]].concat());
        assert!(
            published.contains("publication axis: as published by 2100-12-31T21:00:00Z"),
            "{command:?}: {published}"
        );
    }
    let report = ["report", "nk-2020-10-10", "--day", "2020-10-17", "--as"];
    for form in ["md", "html"] {
        assert!(desk.done(&[&report[..], &[form]].concat()).contains("record axis"), "{form}");
        let published = desk.done(&[&report[..], &[form, "--published-by", "2100"]].concat());
        assert!(published.contains("publication axis: what sources had published by"), "{form}");
    }
    let csv = desk.run(&["tally", "--published-by", "2100", "--format", "csv"]);
    assert!(stderr(&csv).contains("publication axis"), "{}", stderr(&csv));
    for command in [&["verify"][..], &["rebuild"], &["prove", "7"], &["replay"], &["diff", "3", "9"]] {
        let output = desk.run(&[command, &["--published-by", "2100"]].concat());
        assert_eq!(code(&output), 2, "{command:?}");
        assert!(stderr(&output).contains("CF0720"), "{command:?}: {}", stderr(&output));
    }
    let wrong = desk.run(&["state", "--published-by", "yesterday"]);
    assert_eq!(code(&wrong), 3, "{}", stderr(&wrong));
}
