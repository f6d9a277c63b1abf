//! Bulletins: somebody's daily or cumulative numbers as readings of counters.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::desk::{Desk, code, fixture, number};

const GAZA: [&str; 2] = ["counters/gaza_slice.json", "counters/gaza.toml"];
const WEST_BANK: [&str; 2] = ["counters/west_bank_slice.json", "counters/west_bank.toml"];

fn take(desk: &Desk, [file, map]: [&str; 2]) -> Value {
    desk.import("bulletin", &fixture(file), &["--map", fixture(map).to_str().unwrap()])
}

/// The rows of a slice, as this test reads them.
fn rows(file: &str) -> Vec<Value> {
    serde_json::from_str(&fs::read_to_string(fixture(file)).unwrap()).unwrap()
}

/// The series of a counter that tell of this kind, by who keeps them.
fn series(desk: &Desk, counter: &str, kind: &str) -> BTreeMap<String, Value> {
    let answer = desk.json(&["counters", counter]);
    let all = answer["counters"].as_array().unwrap().iter().map(|kept| kept["series"].clone());
    all.filter(|series| series["kind"] == kind)
        .map(|series| (series["by"][0].as_str().unwrap().to_owned(), series))
        .collect()
}

/// The readings of a series: the day each ends on, and its value.
fn readings(series: &Value) -> Vec<(String, u64)> {
    let day = |reading: &Value| {
        let end = ceasefire_ledger::Instant::parse(reading["period"]["to"].as_str().unwrap()).unwrap();
        let noon_before = end.plus_micros(-10 * 3_600_000_000);
        noon_before.to_string()[..10].to_owned()
    };
    series["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reading| (day(reading), number(&reading["value"], "min")))
        .collect()
}

/// What the file says of a column under a source.
fn printed(file: &str, column: &str, source: &str) -> Vec<(String, u64)> {
    let rows = rows(file).into_iter().filter(|row| row["report_source"] == source);
    rows.filter_map(|row| Some((row["report_date"].as_str()?.to_owned(), row[column].as_u64()?))).collect()
}

#[test]
fn a_counter_makes_no_incident_and_is_never_added_up() {
    let desk = Desk::new();
    take(&desk, GAZA);
    take(&desk, WEST_BANK);
    let kinds: Vec<Value> = desk.events().iter().map(|event| event["type"].clone()).collect();
    for kind in &kinds {
        let known = ["ledger.created", "actor.registered", "tally.reported", "import.completed"];
        assert!(known.contains(&kind.as_str().unwrap()), "{kind}");
    }
    let tally = desk.json(&["tally"]);
    let incidents = tally["numbers"].as_array().unwrap().iter().find(|number| number["id"] == "incidents").unwrap();
    assert_eq!(incidents["value"], json!({ "min": 0, "max": 0 }));
    assert_eq!(tally["accused"], json!([]));
    assert!(
        !tally["numbers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|number| number["id"].as_str().unwrap().starts_with("figures"))
    );
    assert_eq!(code(&desk.run(&["replay", "--check"])), 0);
}

#[test]
fn the_latest_reading_is_the_value_and_every_reading_is_the_one_that_was_printed() {
    let desk = Desk::new();
    take(&desk, GAZA);
    for (source, keeper) in [("mohtel", "GAZA.MoH"), ("gmotel", "GAZA.GMO"), ("missing", "GAZA.unnamed-source")] {
        for (counter, column, kind) in [
            ("gaza.killed", "killed_cum", "person.killed"),
            ("gaza.killed", "killed_women_cum", "person.killed (woman)"),
            ("gaza.injured", "injured_cum", "person.wounded"),
            ("gaza.killed.committee", "killed_committee", "person.killed"),
        ] {
            let printed = printed(GAZA[0], column, source);
            let series = series(&desk, counter, kind);
            let kept: Vec<Value> =
                series.into_iter().filter(|(by, _)| by == keeper).map(|(_, series)| series).collect();
            let Some(kept) = kept.first() else {
                assert!(printed.is_empty(), "{column} of {source} is not there");
                continue;
            };
            assert_eq!(readings(kept), printed, "{column} of {source}");
            assert_eq!(kept["value"], json!({ "min": printed.last().unwrap().1, "max": printed.last().unwrap().1 }));
        }
    }
}

#[test]
fn a_day_without_a_number_stays_without_one() {
    let desk = Desk::new();
    take(&desk, GAZA);
    let blank: Vec<String> = rows(GAZA[0])
        .iter()
        .filter(|row| row["killed_cum"].is_null())
        .map(|row| row["report_date"].as_str().unwrap().to_owned())
        .collect();
    assert!(blank.contains(&"2023-11-11".to_owned()) && blank.len() >= 3, "{blank:?}");
    for series in series(&desk, "gaza.killed", "person.killed").into_values().filter(|series| series["part"] == false) {
        let read = readings(&series);
        assert!(read.iter().all(|(day, value)| !blank.contains(day) && *value > 0), "{read:?}");
    }
}

#[test]
fn a_period_of_no_hours_is_no_reading_and_one_of_two_days_covers_both() {
    let desk = Desk::new();
    take(&desk, GAZA);
    let rows = rows(GAZA[0]);
    let none: Vec<&Value> = rows.iter().filter(|row| row["report_period"] == 0).collect();
    assert!(none.iter().any(|row| row["killed"] == 0), "the slice has no such day");
    let tallies = desk.events_of("tally.reported");
    let daily: Vec<&Value> = tallies.iter().filter(|event| event["counter"] == "gaza.killed.daily").collect();
    let expected = rows.iter().filter(|row| row["killed"].is_u64() && row["report_period"] != 0).count();
    assert_eq!(daily.len(), expected);
    let two = rows.iter().find(|row| row["report_period"] == 48 && row["killed"].is_u64()).unwrap();
    let day: chrono::NaiveDate = two["report_date"].as_str().unwrap().parse().unwrap();
    let end = format!("{day}T22:00:00Z");
    let start = format!("{}T22:00:00Z", day - chrono::Days::new(2));
    let reading = daily.iter().find(|event| event["period"]["latest"] == end.as_str()).unwrap();
    assert_eq!((&reading["period"]["earliest"], &reading["period"]["precision"]), (&json!(start), &json!("days")));
    assert_eq!(number(&reading["values"][0], "min"), two["killed"].as_u64().unwrap());
}

/// The series prints 1,032 women killed on 17 October by one office, 1,000 on the 19th and 967 on the 21st by another: one
/// keeper's number fell once. Read as one keeper's, it fell twice.
#[test]
fn a_number_that_falls_is_said_to_and_not_repaired() {
    let desk = Desk::new();
    take(&desk, GAZA);
    let women = series(&desk, "gaza.killed", "person.killed (woman)");
    assert_eq!((&women["GAZA.MoH"]["decreased"], &women["GAZA.GMO"]["decreased"]), (&json!(true), &json!(false)));
    let fell = |series: &Value| {
        readings(series).windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[1].clone()).collect::<Vec<_>>()
    };
    assert_eq!(fell(&women["GAZA.MoH"]), [("2023-10-21".to_owned(), 967)]);
    assert_eq!(fell(&series(&desk, "gaza.famine", "person.killed")["GAZA.MoH"]), [("2025-07-22".to_owned(), 101)]);
    let said = String::from_utf8(desk.run(&["counters", "gaza.killed"]).stdout).unwrap();
    assert_eq!(said.matches("fell: a reset or a correction by its keeper").count(), 1, "{said}");

    let one = fs::read_to_string(fixture(GAZA[1])).unwrap();
    let one = one.replace("speaker_column = \"report_source\"\n", "").replace("\"GAZA.unnamed-source\"\n", "\"TFP\"\n");
    let desk = Desk::new();
    let map = desk.write("one.toml", one);
    desk.import("bulletin", &fixture(GAZA[0]), &["--map", map.to_str().unwrap()]);
    let women = series(&desk, "gaza.killed", "person.killed (woman)");
    assert_eq!(fell(&women["TFP"]), [("2023-10-19".to_owned(), 1000), ("2023-10-21".to_owned(), 967)]);
}

#[test]
fn numbers_that_count_each_day_alone_may_lie_below_the_day_before() {
    let desk = Desk::new();
    take(&desk, GAZA);
    let daily = &series(&desk, "gaza.killed.daily", "person.killed")["GAZA.MoH"];
    assert!(readings(daily).windows(2).any(|pair| pair[1].1 < pair[0].1), "the slice has no such day");
    assert_eq!(daily["decreased"], false);
    assert!(daily["scope"].as_str().unwrap().ends_with("each period alone"));
}

#[test]
fn additions_for_days_long_past_are_readings_of_their_own() {
    let desk = Desk::new();
    take(&desk, GAZA);
    let added = readings(&series(&desk, "gaza.killed.committee", "person.killed")["GAZA.MoH"]);
    assert!(added.contains(&("2025-01-11".to_owned(), 499)) && added.len() >= 3, "{added:?}");
}

#[test]
fn a_verified_number_stands_beside_the_first_report_and_neither_replaces_the_other() {
    let desk = Desk::new();
    take(&desk, WEST_BANK);
    let of = |counter: &str| -> BTreeMap<String, u64> {
        readings(&series(&desk, counter, "person.killed")["UN.OCHA"]).into_iter().collect()
    };
    let (first, verified) = (of("west-bank.killed.first-report"), of("west-bank.killed.verified"));
    let (mut differ, mut filled) = (0, 0);
    for row in rows(WEST_BANK[0]) {
        let day = row["report_date"].as_str().unwrap();
        assert_eq!(verified.get(day).copied(), row["verified"]["killed_cum"].as_u64(), "{day}");
        if row["flash_source"] == "fill" {
            filled += 1;
            assert_eq!(first.get(day), None, "a number that nobody reported on {day} is a reading");
            continue;
        }
        assert_eq!(first.get(day).copied(), row["killed_cum"].as_u64(), "{day}");
        differ += u64::from(verified.get(day).is_some_and(|number| Some(number) != first.get(day)));
    }
    assert!(differ >= 5 && filled >= 5, "{differ} {filled}");
}

#[test]
fn both_come_in_only_once() {
    let desk = Desk::new();
    for files in [GAZA, WEST_BANK] {
        take(&desk, files);
        let before = desk.log();
        assert_eq!(number(&take(&desk, files), "records"), 0);
        assert_eq!(desk.log(), before);
    }
    assert_eq!(code(&desk.run(&["verify"])), 0);
}

/// A monitor's bulletin: a total beside its parts.
const MISSION: &str = r#"
dataset = "mission-daily"
speaker = "MSN"
[dates]
zone = "+04:00"
[day]
column = "day"
ends = "19:30"
[actors.MSN]
kind = "monitor"
name = "The Mission"
[[counter]]
id = "violations"
counts = "period"
column = "all"
unit = "violation"
adds_up = true
part = [{ column = "north", name = "North" }, { column = "south", name = "South" }]
[[counter]]
id = "explosions"
counts = "cumulative"
column = "explosions"
unit = "explosion"
since = ["2031-05-01", "2031-05-04"]
"#;

fn mission(csv: &str) -> Desk {
    let desk = Desk::new();
    let (file, map) = (desk.write("daily.csv", csv), desk.write("mission.toml", MISSION));
    desk.import("bulletin", &file, &["--map", map.to_str().unwrap()]);
    desk
}

#[test]
fn a_total_that_its_parts_do_not_come_to_is_kept_and_flagged_at_its_day() {
    let desk = mission("day,all,north,south,explosions\n2031-05-01,5,2,3,\n2031-05-02,9,2,3,\n2031-05-03,4,1,3,\n");
    let violations = &series(&desk, "violations", "violation")["MSN"];
    let history = violations["history"].as_array().unwrap();
    let flagged: Vec<bool> = history.iter().map(|reading| reading["stated_total"].is_object()).collect();
    assert_eq!(flagged, [false, true, false]);
    assert_eq!(history[1]["value"], json!({ "min": 9, "max": 9 }), "the total was repaired");
    assert_eq!(history[1]["stated_total"], json!({ "min": 9, "max": 9 }));
    assert_eq!(history[1]["parts_sum"], json!({ "min": 5, "max": 5 }));
    let said = String::from_utf8(desk.run(&["counters", "violations"]).stdout).unwrap();
    assert!(said.contains("states 9, its parts come to 5"), "{said}");
    assert_eq!(readings(&series(&desk, "violations", "violation: North")["MSN"]).len(), 3);
}

#[test]
fn an_empty_cell_is_no_zero_and_a_sum_without_it_is_not_compared() {
    let desk = mission("day,all,north,south,explosions\n2031-05-01,5,2,,\n2031-05-02,,1,2,\n2031-05-03,0,0,0,\n");
    let tallies = desk.events_of("tally.reported");
    assert_eq!(tallies.len(), 3, "an empty column of explosions is a reading");
    assert_eq!((&tallies[0]["stated_total"], tallies[0]["breakdown"].as_array().unwrap().len()), (&Value::Null, 1));
    let parts: Vec<&Value> = tallies[1]["values"].as_array().unwrap().iter().collect();
    assert!(parts.iter().all(|part| part["subset_of"]["described"] == "violations"), "{parts:?}");
    assert_eq!(number(&tallies[2]["values"][0], "min"), 0);
    let whole = &series(&desk, "violations", "violation")["MSN"];
    assert_eq!(whole["history"].as_array().unwrap().len(), 2);
    assert_eq!(whole["total_mismatch"], false);
}

#[test]
fn a_counter_that_begins_anew_is_another_series_and_one_that_falls_is_flagged() {
    let desk = mission(
        "day,all,north,south,explosions\n2031-05-01,,,,10\n2031-05-02,,,,25\n2031-05-03,,,,22\n2031-05-04,,,,3\n2031-05-05,,,,8\n",
    );
    let answer = desk.json(&["counters", "explosions"]);
    let all: Vec<&Value> = answer["counters"].as_array().unwrap().iter().map(|kept| &kept["series"]).collect();
    let mut seen: Vec<(u64, usize, bool)> = all
        .iter()
        .map(|series| {
            (number(&series["value"], "min"), series["history"].as_array().unwrap().len(), series["decreased"] == true)
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [(8, 2, false), (22, 3, true)]);
}

#[test]
fn a_bulletin_s_day_ends_when_it_says_so() {
    let desk = mission("day,all,north,south,explosions\n2031-05-02,5,2,3,7\n");
    let tallies = desk.events_of("tally.reported");
    let period = |counter: &str| {
        let tally = tallies.iter().find(|event| event["counter"] == counter).unwrap();
        (tally["period"]["earliest"].clone(), tally["period"]["latest"].clone())
    };
    assert_eq!(period("violations"), (json!("2031-05-01T15:30:00Z"), json!("2031-05-02T15:30:00Z")));
    assert_eq!(period("explosions"), (json!("2031-05-02T15:30:00Z"), json!("2031-05-02T15:30:00Z")));
}

#[test]
fn what_is_wrong_with_a_bulletin_or_its_description_is_said_at_its_place() {
    let desk = Desk::new();
    let file =
        desk.write("daily.csv", "day,all,north,south,explosions\n2031-05-02,5,two,3,7\nsoon,1,1,0,\n2031-04-30,,,,7\n");
    let map = desk.write("mission.toml", MISSION);
    let said = desk.refused("bulletin", &file, &["--map", map.to_str().unwrap()]);
    for place in ["daily.csv:2:14", "daily.csv:3:1", "daily.csv:4:1", "CF0204", "CF0205"] {
        assert!(said.contains(place), "{place}: {said}");
    }
    for (from, to, line, word) in [
        ("unit = \"violation\"", "unit = \"violations\"", 16, "violations"),
        ("\"19:30\"", "\"7pm\"", 8, "19:30"),
        ("id = \"explosions\"", "id = \"violations\"", 20, "two counters"),
        ("counts = \"period\"", "counts = \"daily\"", 14, "daily"),
    ] {
        let map = desk.write("broken.toml", MISSION.replace(from, to));
        let said = desk.refused("bulletin", &file, &["--map", map.to_str().unwrap()]);
        assert!(said.contains(&format!("broken.toml:{line}:")) && said.contains("CF0713"), "{to}: {said}");
        assert!(said.contains(word), "{to}: {said}");
    }
    let output = desk.run(&["import", "bulletin", file.to_str().unwrap()]);
    assert_eq!(code(&output), 2, "a bulletin without a description is a mistake in typing");
}
