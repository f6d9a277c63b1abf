//! Mappings: what a table's columns become, what is refused, and where that is said.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::desk::{Desk, code, fixture, number, stderr};

const REPORTS: &str = r#"
dataset = "patrols"
id = ["no"]
unknown = ["", "-1", "n/a"]

[dates]
formats = ["%d.%m.%Y %H:%M", "%d.%m.%Y"]
zone = "+04:00"

[words.act]
"Shelling" = "shelling"
"small arms" = "small_arms_fire"

[actors.MSN]
kind = "monitor"
name = "The Mission"

[places.oldbridge]
name = "Oldbridge"
kind = "village"
within = "north"
spellings = ["Old Bridge"]

[places.north]
name = "Northern sector"

[[record]]
type = "violation.reported"
part = "report"

[record.set]
"/source/speaker/0/actor" = "MSN"
"/source/medium" = "patrol report"
"/incident" = { column = "no", as = "id", prefix = "p-" }
"/when" = { column = "when", as = "time" }
"/where/place" = { column = "village", as = "place" }
"/where/verbatim" = { column = "village", as = "verbatim" }
"/act" = { column = "act", words = "act" }
"/quantities/0" = { column = "killed", as = "quantity", unit = "person", outcome = "killed" }
"/quantities/1" = { column = "children", as = "quantity", unit = "person", outcome = "killed", who = "child", subset_of = 0 }
"/quantities/2" = { column = "wounded", as = "quantity", unit = "person", outcome = "wounded", said_unknown = ["?"] }
"/means/-" = { column = "means", split = ";" }
"#;

const HEADER: &str = "no,when,village,act,killed,children,wounded,means";

struct Table {
    desk: Desk,
    map: PathBuf,
}

impl Table {
    fn new(map: &str) -> Self {
        let desk = Desk::new();
        let map = desk.write("map.toml", map);
        Self { desk, map }
    }

    fn csv(&self, rows: &str) -> PathBuf {
        self.desk.write("rows.csv", format!("{HEADER}\n{rows}"))
    }

    fn takes(&self, rows: &str) -> Vec<Value> {
        self.desk.import("csv", &self.csv(rows), &["--map", self.map.to_str().unwrap()]);
        self.desk.events_of("violation.reported")
    }

    fn refuses(&self, rows: &str) -> String {
        self.desk.refused("csv", &self.csv(rows), &["--map", self.map.to_str().unwrap()])
    }
}

#[test]
fn columns_become_fields_and_what_is_unknown_becomes_nothing() {
    let table = Table::new(REPORTS);
    let reports = table
        .takes("1,17.10.2020 19:30,Old  bridge,SHELLING,>40,3,?,mortar; rocket\n2,18.10.2020,n/a,small arms,-1,2,,\n");
    let first = &reports[0];
    assert_eq!(first["incident"], "p-1");
    assert_eq!(first["when"]["earliest"], "2020-10-17T15:30:00Z");
    assert_eq!(
        (&first["when"]["tz_basis"], &first["when"]["verbatim"]),
        (&json!("stated"), &json!("17.10.2020 19:30"))
    );
    assert_eq!(first["where"], json!({ "place": "oldbridge", "verbatim": "Old  bridge" }));
    assert_eq!(first["act"], "shelling");
    assert_eq!(first["means"], json!(["mortar", "rocket"]));
    assert_eq!(
        first["quantities"],
        json!([
            { "op": "more_than", "min": 40, "unit": "person", "outcome": "killed", "verbatim": ">40" },
            { "op": "exact", "min": 3, "unit": "person", "outcome": "killed", "who": "child", "subset_of": { "quantity": 0 } },
            { "op": "unknown", "unit": "person", "outcome": "wounded", "verbatim": "?" },
        ])
    );
    let second = &reports[1];
    assert_eq!(second.get("where"), None);
    assert_eq!(second.get("means"), None);
    let part = json!([{ "op": "exact", "min": 2, "unit": "person", "outcome": "killed", "who": "child", "subset_of": { "described": "a total that is not known" } }]);
    assert_eq!(second["quantities"], part, "a part of an unknown whole is no total");
    let places = table.desk.events_of("place.registered");
    assert_eq!(places.iter().map(|place| place["place"].as_str().unwrap()).collect::<Vec<_>>(), ["north", "oldbridge"]);
    assert_eq!(table.desk.events_of("import.completed")[0]["mapping"], blake3::hash(REPORTS.as_bytes()).to_string());
}

#[test]
fn what_is_wrong_in_a_row_is_said_at_its_cell_with_what_to_do() {
    let table = Table::new(REPORTS);
    let good = "1,17.10.2020,Oldbridge,Shelling,1,,,\n";
    for (row, place, code, hint) in [
        ("2,31.02.2020,Oldbridge,Shelling,1,,,", "rows.csv:3:3", "CF0715", "impossible"),
        ("2,soon,Oldbridge,Shelling,1,,,", "rows.csv:3:3", "CF0204", ""),
        ("2,17.10.2020,Oldbrige,Shelling,1,,,", "rows.csv:3:14", "CF0714", "oldbridge"),
        ("2,17.10.2020,Oldbridge,Shellling,1,,,", "rows.csv:3:24", "CF0714", "shelling"),
        ("2,17.10.2020,Oldbridge,Shelling,many,,,", "rows.csv:3:33", "CF0206", ""),
        ("2,17.10.2020,Oldbridge,Shelling,=1+1,,,", "rows.csv:3:33", "CF0710", "value"),
        (",17.10.2020,Oldbridge,Shelling,1,,,", "rows.csv:3:1", "CF0707", ""),
        ("1,18.10.2020,Oldbridge,Shelling,1,,,", "rows.csv:3:1", "CF0704", "id of its own"),
        ("2,17.10.2020,Oldbridge,Shelling,40-12,,,", "rows.csv:3:33", "CF0207", ""),
    ] {
        let said = table.refuses(&format!("{good}{row}\n"));
        assert!(said.contains(place) && said.contains(code), "{row}: expected {place} and {code}: {said}");
        assert!(said.lines().any(|line| line.starts_with("hint:") && line.contains(hint)), "{row}: {said}");
    }
}

#[test]
fn a_mapping_that_cannot_be_understood_is_refused_at_its_line() {
    let desk = Desk::new();
    let rows = desk.write("rows.csv", format!("{HEADER}\n"));
    for (from, to, place, word) in [
        ("id = [\"no\"]", "ident = [\"no\"]", "map.toml:3:1", "ident"),
        ("violation.reported", "violation.report", "map.toml:28:8", "violation.report"),
        ("as = \"time\"", "as = \"tyme\"", "map.toml:35:11", "tyme"),
        ("words = \"act\"", "words = \"acts\"", "map.toml:38:10", "[words.acts]"),
        (
            "unit = \"person\", outcome = \"killed\" }\n\"/quantities/1",
            "unit = \"people\", outcome = \"killed\" }\n\"/quantities/1",
            "map.toml:39:19",
            "people",
        ),
        ("zone = \"+04:00\"", "zone = \"Baku\"", "map.toml:8:8", "+02:00"),
        ("kind = \"monitor\"", "kind = \"mission\"", "map.toml:15:8", "mission"),
        ("\"/act\"", "\"act\"", "map.toml:38:1", "no place"),
        ("\"%d.%m.%Y\"]", "\"%Q\"]", "map.toml:7:30", "%Q"),
    ] {
        assert!(REPORTS.contains(from), "{from}");
        let map = desk.write("map.toml", REPORTS.replacen(from, to, 1));
        let said = desk.refused("csv", &rows, &["--map", map.to_str().unwrap()]);
        assert!(
            said.contains(place) && said.contains("CF0713") && said.contains(word),
            "{to}: expected {place}: {said}"
        );
    }
    let map = desk.write("map.toml", REPORTS.replace("column = \"killed\"", "column = \"kiled\""));
    let said = desk.refused("csv", &rows, &["--map", map.to_str().unwrap()]);
    assert!(said.contains("CF0703") && said.contains("did you mean `killed`?"), "{said}");
    let map = desk.write("map.toml", REPORTS.replace("\"/act\"", "\"/action\""));
    let rows = desk.write("rows.csv", format!("{HEADER}\n1,17.10.2020,Oldbridge,Shelling,1,,,\n"));
    let said = desk.refused("csv", &rows, &["--map", map.to_str().unwrap()]);
    assert!(said.contains("CF0112") && said.contains("line 38 of the mapping"), "{said}");
}

#[test]
fn a_mapping_is_asked_for_where_one_is_needed() {
    let desk = Desk::new();
    let output = desk.run(&["import", "csv", desk.write("rows.csv", HEADER).to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("map suggest"), "{}", stderr(&output));
}

#[test]
fn dates_in_three_forms_come_in_and_one_that_can_be_read_twice_does_not() {
    let map = REPORTS.replace(
        "formats = [\"%d.%m.%Y %H:%M\", \"%d.%m.%Y\"]",
        "formats = [\"%d/%m/%Y\", \"%m/%d/%Y\", \"%d %b %Y\"]",
    );
    let table = Table::new(&map);
    let row = |number: u32, date: &str| format!("{number},{date},Oldbridge,Shelling,1,,,\n");
    let said = table.refuses(&[row(1, "2020-10-17"), row(2, "03/04/2020")].concat());
    assert!(said.contains("rows.csv:3:3") && said.contains("CF0716"), "{said}");
    let reports = table
        .takes(&[row(1, "2020-10-17"), row(2, "17/10/2020"), row(3, "17 Oct 2020"), row(4, "10/17/2020")].concat());
    assert!(reports.iter().all(|report| report["when"]["earliest"] == "2020-10-16T20:00:00Z"), "{reports:?}");
}

#[test]
fn a_data_set_of_80_columns_comes_in_with_all_its_troubles() {
    let desk = Desk::new();
    let map = fixture("imports/ceasefires.toml");
    let more = ["--map", map.to_str().unwrap()];
    let file = fixture("imports/ceasefires.csv");
    assert_eq!(fs::read_to_string(&file).unwrap().lines().next().unwrap().split(',').count(), 80);
    let answer = desk.import("csv", &file, &more);
    assert_eq!((number(&answer, "rows"), number(&answer, "appended")), (24, 24), "one row an agreement");
    let agreements: BTreeMap<String, Value> = desk
        .events_of("ceasefire.recorded")
        .into_iter()
        .map(|event| (event["ceasefire"].as_str().unwrap().to_owned(), event))
        .collect();
    assert_eq!(agreements.len(), 24);
    assert_eq!(agreements["NS-012"]["parties"], json!(["NLD", "SMF", "EHC"]));
    assert_eq!(agreements["NS-001"]["kind_verbatim"], "cessation of hostilities");
    assert_eq!(agreements["NS-001"]["kind"], "cessation_of_hostilities");
    assert_eq!(agreements["NS-009"]["relations"], json!([{ "relation": "renews", "to": "NS-008" }]));
    assert_eq!(agreements["NS-006"]["names"][0]["text"], "The \"Bridge\", ceasefire 6");
    let steps = desk.events_of("ceasefire.step_reported");
    let step = |ceasefire: &str, step: &str| -> Vec<Value> {
        let of = |event: &&Value| event["ceasefire"] == ceasefire && event["step"] == step;
        steps.iter().filter(of).cloned().collect()
    };
    let impossible = step("NS-007", "signed");
    assert!(!impossible.is_empty());
    for signed in impossible {
        assert_eq!(signed["when"]["verbatim"], "31/02/2031");
        assert_eq!(
            (&signed["when"]["precision"], &signed["when"]["earliest"]),
            (&json!("month"), &json!("2031-02-01T00:00:00Z"))
        );
    }
    assert_eq!(step("NS-011", "effective"), [json!(null); 0], "-1 is not known");
    assert_eq!(step("NS-013", "announced").len(), 1);
    assert_eq!(step("NS-013", "announced")[0].get("when"), None, "1900-01-01 is not known");
    assert_eq!(step("NS-010", "end_reported"), [json!(null); 0]);
    let registered: Vec<Value> =
        desk.events_of("actor.registered").into_iter().map(|event| event["actor"].clone()).collect();
    assert_eq!(registered.len(), 6, "one actor however it is spelled: {registered:?}");
    assert_eq!(code(&desk.run(&["verify"])), 0);
    assert_eq!(number(&desk.import("csv", &file, &more), "records"), 0);
}

#[test]
fn the_same_impossible_date_is_refused_where_the_mapping_does_not_keep_it() {
    let desk = Desk::new();
    let text = fs::read_to_string(fixture("imports/ceasefires.toml")).unwrap();
    let map = desk.write("strict.toml", text.replace("impossible = \"keep\"", "impossible = \"refuse\""));
    let said = desk.refused("csv", &fixture("imports/ceasefires.csv"), &["--map", map.to_str().unwrap()]);
    assert!(said.contains("CF0715") && said.contains("31/02/2031") && said.contains("at signed"), "{said}");
}

#[test]
fn rows_of_one_record_that_differ_or_stand_apart_are_refused() {
    let desk = Desk::new();
    let map = fixture("imports/ceasefires.toml");
    let more = ["--map", map.to_str().unwrap()];
    let text = fs::read_to_string(fixture("imports/ceasefires.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let differ = text.replacen("Ceasefire 1 of 2030", "Ceasefire One of 2030", 1);
    let said = desk.refused("csv", &desk.write("differ.csv", differ), &more);
    assert!(said.contains("CF0717") && said.contains("differ.csv:3:") && said.contains("line 2"), "{said}");
    let mut apart = lines.clone();
    let moved = apart.remove(1);
    apart.push(moved);
    let said = desk.refused("csv", &desk.write("apart.csv", apart.join("\n")), &more);
    assert!(said.contains("CF0718") && said.contains("sort the file"), "{said}");
}

#[test]
fn refused_groups_keep_all_their_rows_and_come_in_once_they_are_mended() {
    let desk = Desk::new();
    let map = fixture("imports/ceasefires.toml");
    let text = fs::read_to_string(fixture("imports/ceasefires.csv")).unwrap();
    let file = desk.write("broken.csv", text.replacen("Southmark  front", "Southmark  frond", 1));
    let arguments = ["import", "csv", file.to_str().unwrap(), "--map", map.to_str().unwrap()];
    let answer = desk.json_ending(4, &[&arguments[..], &["--keep-going"]].concat());
    assert_eq!(number(&answer, "rejected"), 1);
    let rejects = desk.path("broken.csv.rejects.csv");
    let kept = fs::read_to_string(&rejects).unwrap();
    assert_eq!(kept.lines().count(), 3, "{kept}");
    fs::write(&rejects, kept.replace("frond", "front")).unwrap();
    let answer = desk.import("csv", &rejects, &["--map", map.to_str().unwrap()]);
    assert_eq!((number(&answer, "rows"), number(&answer, "appended")), (1, 1));
    assert_eq!(
        number(&desk.import("csv", &fixture("imports/ceasefires.csv"), &["--map", map.to_str().unwrap()]), "records"),
        0
    );
}

#[test]
fn a_later_publication_of_a_mapped_table_corrects_retracts_and_adds_parts() {
    let desk = Desk::new();
    let map = fixture("imports/ceasefires.toml");
    let more = ["--map", map.to_str().unwrap(), "--series", "ns"];
    let text = fs::read_to_string(fixture("imports/ceasefires.csv")).unwrap();
    desk.import("csv", &fixture("imports/ceasefires.csv"), &more);
    let later =
        text.replace("the Eastern Hills", "the Eastern Hills and the river").replacen("9999-12-31", "2040-01-01", 0);
    let later = later.lines().filter(|line| !line.starts_with("NS-024")).collect::<Vec<_>>().join("\n");
    let answer = desk.import("csv", &desk.write("later.csv", later), &more);
    assert_eq!(number(&answer, "corrected"), 7, "every third agreement, but the one that is gone");
    assert!(number(&answer, "retracted") >= 3, "{answer}");
    assert!(desk.events_of("record.retracted").iter().all(|event| event["by"] == "source"));
    let corrected = desk.events_of("record.corrected");
    assert!(corrected.iter().all(|event| event["replacement"]["type"] == "ceasefire.recorded"));
    assert_eq!(code(&desk.run(&["verify"])), 0);
}

#[test]
fn rows_without_an_id_are_known_by_their_cells() {
    let table = Table::new(&REPORTS.replace("id = [\"no\"]\n", ""));
    let rows = "1,17.10.2020,Oldbridge,Shelling,1,,,\n2,17.10.2020,Oldbridge,Shelling,1,,,\n";
    assert_eq!(table.takes(rows).len(), 2);
    let twice = format!("{rows}1,17.10.2020,Oldbridge,Shelling,1,,,\n");
    assert_eq!(table.takes(&twice).len(), 2, "a row that stands twice is one");
    assert_eq!(table.takes(&format!("{rows}3,17.10.2020,Oldbridge,Shelling,1,,,\n")).len(), 3);
}

#[test]
fn json_objects_and_features_are_read_by_the_same_mapping_language() {
    let map = r#"
dataset = "forms"
id = ["_uuid"]

[[record]]
type = "violation.reported"

[record.set]
"/source/speaker/0/unnamed" = "a patrol"
"/incident" = { column = "_uuid", as = "id", prefix = "f-" }
"/when" = { column = "meta.seen", as = "time" }
"/where/verbatim" = { column = "place" }
"#;
    let desk = Desk::new();
    let map = desk.write("forms.toml", map);
    let good = r#"{"_uuid":"a-1","meta":{"seen":"2020-10-17"},"place":"Oldbridge","extra":1.5}"#;
    let bad = r#"{"_uuid":"a-2","meta":{"seen":"2020-17-10"},"place":"Oldbridge"}"#;
    let file = desk.write("forms.jsonl", format!("{good}\n{bad}\n"));
    let said = desk.refused("jsonl", &file, &["--map", map.to_str().unwrap()]);
    assert!(said.contains("forms.jsonl:2:31") && said.contains("meta.seen"), "{said}");
    let file = desk.write("forms.jsonl", format!("{good}\n"));
    assert_eq!(number(&desk.import("jsonl", &file, &["--map", map.to_str().unwrap()]), "appended"), 1);
}

const ZONES: &str = r#"
dataset = "zones"
id = ["name"]

[[record]]
type = "violation.reported"

[record.set]
"/source/speaker/0/unnamed" = "a map"
"/incident" = { column = "name", as = "id", prefix = "z-" }
"/where/verbatim" = { column = "name" }
"/where/lat_e6" = { column = "geometry.lat", as = "degrees" }
"/where/lon_e6" = { column = "geometry.lon", as = "degrees" }
"/where/radius_m" = { column = "geometry.radius_m", as = "whole" }
"#;

#[test]
fn a_point_stays_a_point_and_an_area_is_a_point_with_a_radius_that_covers_it() {
    let desk = Desk::new();
    let map = desk.write("zones.toml", ZONES);
    let text = r#"{"type":"FeatureCollection","features":[
 {"type":"Feature","properties":{"name":"post"},"geometry":{"type":"Point","coordinates":[46.75,39.816667,1200]}},
 {"type":"Feature","properties":{"name":"zone"},"geometry":{"type":"Polygon","coordinates":[[[46,39],[47,39],[47,40],[46,40],[46,39]]]}},
 {"type":"Feature","properties":{"name":"nowhere"},"geometry":null}
]}"#;
    desk.import("geojson", &desk.write("zones.geojson", text), &["--map", map.to_str().unwrap()]);
    let reports = desk.events_of("violation.reported");
    assert_eq!(reports[0]["where"], json!({ "verbatim": "post", "lat_e6": 39_816_667, "lon_e6": 46_750_000 }));
    let zone = &reports[1]["where"];
    assert_eq!((&zone["lat_e6"], &zone["lon_e6"]), (&json!(39_500_000), &json!(46_500_000)));
    let radius = number(zone, "radius_m");
    assert!((70_000..75_000).contains(&radius), "{radius}");
    assert_eq!(reports[2]["where"], json!({ "verbatim": "nowhere" }));
    let bad = text.replace("[46.75,39.816667,1200]", "[46.75]");
    let said = desk.refused("geojson", &desk.write("bad.geojson", bad), &["--map", map.to_str().unwrap()]);
    assert!(said.contains("bad.geojson:2:60") && said.contains("CF0209"), "{said}");
}

#[test]
fn a_suggested_mapping_is_a_mapping_and_takes_the_file() {
    let desk = Desk::new();
    let csv = "event_id,event date,lat,lon,location,fatalities,url,remarks\nA1,31/12/2020,39.8,46.75,Oldbridge,3,https://example.org/1,x\nA2,13/01/2021,39.9,46.70,Highmoor,-1,https://example.org/2,\n";
    let points = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"q1","place":"Oldbridge","date":"2020-01-02"},"geometry":{"type":"Point","coordinates":[46.75,39.8]}}]}"#;
    let lines = "{\"id\":\"a\",\"seen\":{\"date\":\"2020-01-02\"},\"place\":\"Oldbridge\"}\n";
    for (format, name, text, rows) in
        [("csv", "events.csv", csv, 2), ("geojson", "points.geojson", points, 1), ("jsonl", "forms.jsonl", lines, 1)]
    {
        let file = desk.write(name, text);
        let suggested = desk.json(&["map", "suggest", file.to_str().unwrap()])["mapping"].as_str().unwrap().to_owned();
        let map = desk.write("suggested.toml", &suggested);
        let checked = desk.json(&["map", "check", map.to_str().unwrap(), file.to_str().unwrap()]);
        assert_eq!((number(&checked, "rows"), number(&checked, "refused")), (rows, 0), "{suggested}");
        assert_eq!(
            number(&desk.import(format, &file, &["--map", map.to_str().unwrap()]), "appended"),
            rows,
            "{suggested}"
        );
    }
    let first = &desk.events_of("violation.reported")[0];
    assert_eq!(
        (&first["when"]["earliest"], &first["where"]["lat_e6"]),
        (&json!("2020-12-31T00:00:00Z"), &json!(39_800_000))
    );
    assert_eq!(first["quantities"][0]["min"], 3);
}

#[test]
fn a_suggested_mapping_of_the_80_columns_names_them_all_and_can_be_read() {
    let desk = Desk::new();
    let file = fixture("imports/ceasefires.csv");
    let suggested = desk.json(&["map", "suggest", file.to_str().unwrap()])["mapping"].as_str().unwrap().to_owned();
    let header = fs::read_to_string(&file).unwrap();
    for column in header.lines().next().unwrap().split(',') {
        assert!(suggested.contains(column), "{column} is not in {suggested}");
    }
    let map = desk.write("suggested.toml", &suggested);
    let output = desk.run(&["map", "check", map.to_str().unwrap(), file.to_str().unwrap(), "--json"]);
    assert!(matches!(code(&output), 0 | 3), "{}\n{suggested}", stderr(&output));
    assert!(!stderr(&output).contains("CF0713"), "{}\n{suggested}", stderr(&output));
}

#[test]
fn map_check_says_what_would_come_of_a_file_and_where_it_fails() {
    let desk = Desk::new();
    let map = desk.write("map.toml", REPORTS);
    let file = desk.write("rows.csv", format!("{HEADER}\n1,17.10.2020,Oldbridge,Shelling,1,,,\n2,soon,,,,,,\n"));
    let output = desk.run(&["map", "check", map.to_str().unwrap(), file.to_str().unwrap(), "--json"]);
    assert_eq!(code(&output), 3);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((number(&answer, "rows"), number(&answer, "refused")), (2, 1));
    assert_eq!(answer["records"], json!({ "violation.reported": 1 }));
    assert_eq!(answer["first"]["incident"], "p-1");
    assert!(stderr(&output).contains("\"line\":3"), "{}", stderr(&output));
}
