//! Exports: what other programs read, and what another ledger makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::{Value, json};

use crate::desk::{Desk, code, stderr};

type Row = BTreeMap<String, String>;

fn read_csv(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn path(desk: &Desk, name: &str) -> PathBuf {
    desk.folder.path().join(name)
}

fn with_ucdp() -> (Desk, Vec<Row>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ucdp/syria_slice.csv");
    let desk = Desk::with_truce();
    desk.done(&["import", "ucdp", file.to_str().unwrap()]);
    (desk, read_csv(&fs::read_to_string(file).unwrap()))
}

fn whole(text: &str) -> u64 {
    text.trim_end_matches(".0").parse().unwrap()
}

#[test]
fn codes_triples_and_points_of_ucdp_come_out_as_they_went_in() {
    let (desk, published) = with_ucdp();
    let rows: BTreeMap<String, Row> =
        read_csv(&desk.done(&["export", "csv"])).into_iter().map(|row| (row["incident"].clone(), row)).collect();
    assert_eq!(rows.len(), published.len());
    let (mut flagged, mut wide) = (0, 0);
    for event in &published {
        let row = &rows[&format!("ucdp-{}", whole(&event["id"]))];
        let codes = |row: &Row| ["where_prec", "date_prec"].map(|name| whole(&row[name]));
        assert_eq!(codes(row), codes(event));
        assert_eq!((row["where_prec_basis"].as_str(), row["date_prec_basis"].as_str()), ("stated", "stated"));
        let triple = ["low", "best", "high"].map(|name| whole(&event[name]));
        assert_eq!(["killed_low", "killed_best", "killed_high"].map(|name| whole(&row[name])), triple);
        let out_of_order = triple[0] > triple[1] || triple[1] > triple[2];
        assert_eq!(row["killed_flag"] == "out_of_order", out_of_order);
        flagged += u32::from(out_of_order);
        let country = whole(&event["where_prec"]) >= 6;
        wide += u32::from(country);
        let (lat, other) = if country { ("area_lat", "lat") } else { ("lat", "area_lat") };
        assert!((row[lat].parse::<f64>().unwrap() - event["latitude"].parse::<f64>().unwrap()).abs() < 1e-6);
        assert_eq!(row[other], "", "a point stands in the wrong column");
        assert_eq!(row["accused"].is_empty(), !event["type_of_violence"].starts_with('3'));
    }
    assert!(flagged > 0 && wide > 0, "the slice shows neither: {flagged}, {wide}");
}

#[test]
fn a_country_is_never_a_point_on_the_map_and_no_incident_is_left_out() {
    let (desk, published) = with_ucdp();
    let map: Value = serde_json::from_str(&desk.done(&["export", "geojson"])).unwrap();
    assert_eq!((&map["type"], &map["known_at"]["axis"]), (&json!("FeatureCollection"), &json!("record")));
    let features = map["features"].as_array().unwrap();
    assert_eq!(features.len(), published.len());
    let mut without = 0;
    for event in &published {
        let feature = features.iter().find(|feature| feature["id"] == format!("ucdp-{}", whole(&event["id"]))).unwrap();
        let properties = &feature["properties"];
        assert_eq!(properties["where_prec"], whole(&event["where_prec"]));
        if whole(&event["where_prec"]) >= 6 {
            without += 1;
            assert!(feature["geometry"].is_null() && properties["area_lat"].is_number(), "{feature}");
        } else {
            let point = &feature["geometry"]["coordinates"];
            let longitude = point[0].as_f64().unwrap() - event["longitude"].parse::<f64>().unwrap();
            assert!(longitude.abs() < 1e-6 && properties["point_stands_for"].is_string(), "{feature}");
        }
    }
    assert!(without > 0);
}

/// A report with texts that a spreadsheet would run.
fn with_formulas() -> Desk {
    let desk = Desk::with_truce();
    let event = json!({"incident": "f-1", "when": {"earliest": "2021-03-10T00:00:00Z", "latest": "2021-03-11T00:00:00Z",
        "precision": "day", "tz_basis": "stated", "verbatim": "+1 day"},
        "where": {"verbatim": "=HYPERLINK(\"http://x\",\"y\")", "lat_e6": -45_500_000, "lon_e6": -70_000_001,
            "radius_m": 300}, "means": ["@SUM(1+1)*cmd|' /C calc'!A0"], "source": {"speaker": [{"actor": "MON"}]}});
    let members = event.to_string();
    let body = format!(
        r#"{{"origin":"example.org/test","by":"recorder","key":"f","event":{{"type":"violation.reported","v":1,{}}}"#,
        &members[1..]
    );
    fs::write(path(&desk, "f.jsonl"), body).unwrap();
    desk.done(&["import", "jsonl", path(&desk, "f.jsonl").to_str().unwrap()]);
    desk
}

#[test]
fn text_that_looks_like_a_formula_is_harmless_and_numbers_stay_numbers() {
    let desk = with_formulas();
    let row = read_csv(&desk.done(&["export", "csv"])).remove(0);
    assert_eq!(row["where_words"], "'=HYPERLINK(\"http://x\",\"y\")");
    assert_eq!(row["when_words"], "'+1 day");
    assert!(row["means"].starts_with("'@SUM"));
    assert_eq!((row["lat"].as_str(), row["lon"].as_str()), ("-45.500000", "-70.000001"));
    assert_eq!((row["where_prec"].as_str(), row["where_prec_basis"].as_str()), ("1", "derived"));
    let map: Value = serde_json::from_str(&desk.done(&["export", "geojson"])).unwrap();
    assert_eq!(map["features"][0]["properties"]["when_words"], "+1 day", "GeoJSON runs no formulas");
}

#[test]
fn a_workbook_holds_text_as_text_numbers_as_numbers_and_says_what_its_columns_mean() {
    let desk = with_formulas();
    let file = path(&desk, "out.xlsx");
    desk.done(&["export", "xlsx", "--hxl", "-o", file.to_str().unwrap()]);
    let mut workbook: Xlsx<_> = open_workbook(&file).unwrap();
    assert_eq!(workbook.sheet_names(), ["incidents", "columns"]);
    let formulas = workbook.worksheet_formula("incidents").unwrap();
    assert!(formulas.is_empty(), "a formula was written");
    let sheet = workbook.worksheet_range("incidents").unwrap();
    let rows: Vec<&[Data]> = sheet.rows().collect();
    assert_eq!(rows.len(), 3);
    let column = |name: &str| rows[0].iter().position(|head| *head == Data::String(name.to_owned())).unwrap();
    assert_eq!(rows[1][column("lat")], Data::String("#geo+lat".to_owned()));
    assert_eq!(rows[2][column("lat")], Data::Float(-45.5));
    assert_eq!(rows[2][column("radius_m")], Data::Float(300.0));
    assert_eq!(rows[2][column("where_words")], Data::String("'=HYPERLINK(\"http://x\",\"y\")".to_owned()));
    assert_eq!(rows[2][column("killed_low")], Data::Empty, "what nobody says is no zero");
    let columns = workbook.worksheet_range("columns").unwrap();
    assert_eq!(columns.rows().count(), rows[0].len() + 1);
}

#[test]
fn the_dictionary_says_what_each_column_means_and_the_tags_follow_the_head() {
    let desk = Desk::with_example();
    let table = desk.done(&["export", "csv", "--hxl"]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2 + 5);
    assert!(lines[1].starts_with("#event+id,") && lines[1].split(',').all(|tag| tag.starts_with('#')));
    let dictionary = read_csv(&desk.done(&["export", "csv", "--dictionary"]));
    let names: Vec<&str> = dictionary.iter().map(|row| row["column"].as_str()).collect();
    assert_eq!(names, lines[0].split(',').collect::<Vec<_>>());
    let tags: Vec<&str> = dictionary.iter().map(|row| row["hxl"].as_str()).collect();
    assert_eq!(tags, lines[1].split(',').collect::<Vec<_>>());
    let answer = desk.json(&["export", "csv", "--dictionary"]);
    assert_eq!(answer["columns"].as_array().unwrap().len(), names.len());
}

#[test]
fn the_filters_choose_the_incidents_that_the_tally_counts() {
    let desk = Desk::with_example();
    let rows = |more: &[&str]| {
        let table = read_csv(&desk.done(&[&["export", "csv"], more].concat()));
        table.into_iter().map(|row| row["incident"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(rows(&[]), ["I-1", "I-2", "I-3", "I-4", "I-5"]);
    let counted = |more: &[&str]| {
        let tally = desk.json(&[&["tally"], more].concat());
        let numbers = tally["numbers"].as_array().unwrap();
        numbers.iter().find(|number| number["id"] == "incidents").unwrap()["value"]["max"].as_u64().unwrap()
    };
    for window in [&["--valid-at", "2020-10-16/2020-10-18"][..], &["--valid-at", "2020-10-10"], &["nk-2020-10-10"]] {
        assert_eq!(rows(window).len() as u64, counted(window), "{window:?}");
    }
    assert_eq!(rows(&["--from", "2020-10-16", "--to", "2020-10-17"]), rows(&["--valid-at", "2020-10-16/2020-10-17"]));
    assert_eq!(rows(&["--known-at", "85"]).len() as u64, counted(&["--known-at", "85"]));
    assert_eq!(rows(&["--published-by", "2020-01-01"]), [""; 0]);
    let row = read_csv(&desk.done(&["export", "csv", "--published-by", "2100"])).remove(0);
    assert_eq!((row["axis"].as_str(), row["published_by"].as_str()), ("publication", "2100-12-31T21:00:00Z"));
    let wrong = desk.run(&["export", "csv", "nk-2020-10-11"]);
    assert!(code(&wrong) == 3 && stderr(&wrong).contains("did you mean"), "{}", stderr(&wrong));
    let turned = desk.run(&["export", "csv", "--from", "2020-10-18", "--to", "2020-10-10"]);
    assert!(code(&turned) == 3 && stderr(&turned).contains("CF0205"), "{}", stderr(&turned));
}

#[test]
fn a_file_is_written_whole_told_of_and_never_overwritten() {
    let desk = Desk::with_example();
    for form in ["csv", "jsonl", "geojson", "xlsx"] {
        let file = path(&desk, &format!("out.{form}"));
        let write = ["export", form, "-o", file.to_str().unwrap()];
        let would = desk.json(&[&write[..], &["-n"]].concat());
        assert!(would["dry_run"] == true && !file.exists(), "{form}");
        let answer = desk.json(&write);
        let bytes = fs::read(&file).unwrap();
        assert_eq!(answer["digests"]["blake3"], blake3::hash(&bytes).to_string(), "{form}");
        assert_eq!(answer["rows"], would["rows"]);
        assert_eq!(answer["rows"], if form == "jsonl" { 117 } else { 5 });
        let again = desk.run(&write);
        assert!(code(&again) == 3 && stderr(&again).contains("CF0684"), "{form}: {}", stderr(&again));
        assert_eq!(fs::read(&file).unwrap(), bytes);
        if form != "xlsx" {
            assert_eq!(desk.run(&["export", form]).stdout, bytes, "{form}: standard output gets the same");
        }
    }
    assert_eq!(code(&desk.run(&["export", "csv", "--json"])), 2);
    assert_eq!(code(&desk.run(&["export", "jsonl", "nk-2020-10-10"])), 2);
}

/// Everything that does not depend on positions, hashes and times of recording.
fn answers(desk: &Desk) -> Vec<Value> {
    let asked: [&[&str]; 6] = [
        &["tally"],
        &["tally", "T"],
        &["state", "--valid-at", "2021-03-12"],
        &["incident", "i-1"],
        &["unanswered"],
        &["counters"],
    ];
    asked.iter().map(|command| stripped(desk.json(command))).collect()
}

fn stripped(value: Value) -> Value {
    const ELSEWHERE: [&str; 14] = [
        "known_at",
        "record",
        "records",
        "breach_records",
        "asked_at",
        "recorded",
        "hours",
        "effective",
        "seq",
        "again",
        "access",
        "first",
        "known_since",
        "state_records",
    ];
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name, stripped(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(stripped).collect()),
        value => value,
    }
}

#[test]
fn another_ledger_takes_the_records_in_and_gives_the_same_answers() {
    let desk = Desk::with_truce();
    let report = ["append", "violation", "--source", "MON", "--act", "shelling", "--accused", "A", "--breach-of", "T"];
    let at = ["--place", "ford", "--at", "2021-03-10T12:00Z"];
    desk.done(&[&report[..], &at, &["--incident", "i-1", "--killed", "4"]].concat());
    desk.done(&[&report[..], &at, &["--incident", "i-2", "--killed", "9"]].concat());
    let seq = desk.json(&["log"])["records"].as_array().unwrap().last().unwrap()["seq"].as_u64().unwrap();
    desk.done(&["append", "retraction", &seq.to_string(), "--changed-by", "recorder", "--reason", "entered twice"]);
    let event = desk.json(&["show", &(seq - 1).to_string()])["body"]["event"].clone();
    let mut replacement = event.as_object().unwrap().clone();
    let (kind, version) = (replacement.remove("type").unwrap(), replacement.remove("v").unwrap());
    replacement.insert("quantities".into(), json!([{"op": "exact", "min": 6, "unit": "person", "outcome": "killed"}]));
    let rest = Value::from(replacement).to_string();
    fs::write(path(&desk, "r.json"), format!(r#"{{"type":{kind},"v":{version},{}"#, &rest[1..])).unwrap();
    let file = path(&desk, "r.json");
    let (target, file) = ((seq - 1).to_string(), file.to_str().unwrap());
    let mend =
        ["append", "correction", &target, "--changed-by", "source", "--reason", "revised", "--replacement", file];
    desk.done(&mend);
    desk.done(&["append", "tally", "--counter", "toll", "--source", "B", "--count", "person.killed=11"]);
    let out = path(&desk, "records.jsonl");
    desk.done(&["export", "jsonl", "--for", "example.org/elsewhere", "-o", out.to_str().unwrap()]);
    let text = fs::read_to_string(&out).unwrap();
    assert!(!text.contains(r#""seq""#), "a position is left in it: {text}");

    let other = Desk::elsewhere();
    other.done(&["append", "actor", "HERE", "--kind", "ngo", "--name", "en=Here before"]);
    other.done(&["import", "jsonl", out.to_str().unwrap()]);
    let (ours, theirs) = (answers(&desk), answers(&other));
    assert!(ours[3]["figures"][0]["envelope"]["max"] == 6, "{}", ours[3]);
    assert_eq!(ours, theirs);
    assert_eq!(code(&other.run(&["verify"])), 0);
    other.done(&["import", "jsonl", out.to_str().unwrap()]);
    assert_eq!(answers(&other), theirs, "the same file again adds nothing");
}

#[test]
fn the_example_and_ucdp_give_the_same_counts_in_another_ledger() {
    for (desk, by) in [(Desk::with_example(), None), (with_ucdp().0, Some("year"))] {
        let out = path(&desk, "records.jsonl");
        desk.done(&["export", "jsonl", "--for", "example.org/elsewhere", "-o", out.to_str().unwrap()]);
        let other = Desk::elsewhere();
        other.done(&["import", "jsonl", out.to_str().unwrap()]);
        let by = by.map_or_else(|| vec!["tally"], |by| vec!["tally", "--by", by]);
        let (ours, theirs) = (stripped(desk.json(&by)), stripped(other.json(&by)));
        assert!(ours.to_string().len() > 500);
        assert_eq!(ours, theirs);
    }
}

#[test]
fn a_signature_that_still_holds_goes_along() {
    let desk = Desk::with_truce();
    let key = path(&desk, "mon.key");
    let made = desk.json(&["key", "new", key.to_str().unwrap()]);
    let public = made["public_key"].as_str().unwrap();
    desk.done(&["key", "add", "mon-1", "--actor", "MON", "--public-key", public, "--role", "monitor"]);
    let signed = ["append", "violation", "--source", "MON", "--act", "shelling", "--incident", "s-1", "--by", "MON"];
    desk.done(&[&signed[..], &["--key", key.to_str().unwrap()]].concat());
    let out = path(&desk, "records.jsonl");
    desk.done(&["export", "jsonl", "-o", out.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&out).unwrap().matches("payloadType").count(), 1);
    let other = Desk::of_origin("example.org/test");
    other.done(&["import", "jsonl", out.to_str().unwrap()]);
    let shown = other.json(&["log", "--incident", "s-1"]);
    assert_eq!(shown["records"][0]["signature"]["standing"], "good", "{shown}");
    let elsewhere = desk.run(&["export", "jsonl", "--for", "example.org/elsewhere"]);
    assert!(stderr(&elsewhere).contains("1 signed records"), "{}", stderr(&elsewhere));
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_holds_the_same_rows_with_numbers_as_numbers() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let (desk, published) = with_ucdp();
    let out = path(&desk, "out.parquet");
    desk.done(&["export", "parquet", "-o", out.to_str().unwrap()]);
    let table = read_csv(&desk.done(&["export", "csv"]));
    let reader = SerializedFileReader::new(fs::File::open(&out).unwrap()).unwrap();
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!((rows.len(), table.len()), (published.len(), published.len()));
    let mut numbers = 0;
    for (row, expected) in rows.iter().zip(&table) {
        for (name, field) in row.get_column_iter() {
            let text = match field {
                Field::Null => String::new(),
                Field::Str(text) => text.clone(),
                Field::Long(number) => number.to_string(),
                Field::Double(degrees) => format!("{degrees:.6}"),
                other => panic!("{name} is {other:?}"),
            };
            numbers += u32::from(matches!(field, Field::Long(_) | Field::Double(_)));
            assert_eq!(text, expected[name].trim_start_matches('\''), "{name}");
        }
    }
    assert!(numbers > 500);
}
