//! Submissions of a form, as KoboToolbox and ODK hand them out.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::desk::{Desk, code, fixture, number, stderr};

fn map() -> String {
    fixture("forms/kobo.toml").to_str().unwrap().to_owned()
}

fn take(desk: &Desk, file: &Path, more: &[&str]) -> Value {
    desk.import("kobo", file, &[&["--map", &map()], more].concat())
}

fn report(desk: &Desk, incident: &str) -> Value {
    desk.events_of("violation.reported").into_iter().find(|event| event["incident"] == incident).unwrap()
}

#[test]
fn submissions_come_in_once_by_their_own_id_whether_as_json_or_as_csv() {
    let desk = Desk::new();
    let answer = take(&desk, &fixture("forms/kobo.json"), &[]);
    assert_eq!((number(&answer, "rows"), number(&answer, "appended")), (3, 3));
    let keys: Vec<String> = desk.records().iter().map(|record| record["body"]["key"].to_string()).collect();
    // An edited submission keeps the id that it was made with, not the one of its last edit.
    for id in ["000000000001", "000000000002", "000000000003"] {
        let id = format!("row/mission-form/6f0c1111-0000-4000-8000-{id}/report/1/");
        assert!(keys.iter().any(|key| key.contains(&id)), "{id}: {keys:?}");
    }
    for file in ["forms/kobo.json", "forms/kobo.csv"] {
        let again = take(&desk, &fixture(file), &[]);
        assert_eq!(number(&again, "records"), 0, "{file} added something");
    }
    assert_eq!(desk.events_of("import.completed")[0]["format"], "kobo");
}

#[test]
fn nothing_about_who_sent_it_in_or_from_which_device_is_kept() {
    let text = fs::read_to_string(fixture("forms/kobo.json")).unwrap();
    let desk = Desk::new();
    take(&desk, &fixture("forms/kobo.json"), &[]);
    for word in ["made-up-device", "made-up-user", "made-up-account", "000000001\"", "audit-1"] {
        assert!(text.contains(word), "{word} is not in the file, so the test tests nothing");
        assert!(!desk.log().contains(word), "{word} is in the log");
    }
}

#[test]
fn a_mapping_that_reads_such_a_field_is_refused_unless_it_says_that_it_is_meant() {
    let desk = Desk::new();
    let plain = fs::read_to_string(map()).unwrap();
    for column in ["deviceid", "_submitted_by", "phonenumber", "meta/audit"] {
        let reading = format!("{plain}\"/note\" = {{ column = \"{column}\" }}\n");
        let path = desk.write("reading.toml", &reading);
        let said = desk.refused("kobo", &fixture("forms/kobo.json"), &["--map", path.to_str().unwrap()]);
        let line = reading.lines().count();
        assert!(said.contains("CF0719") && said.contains(&format!("reading.toml:{line}:")), "{column}: {said}");
        assert!(said.contains("list it under personal"), "{said}");
    }
    let meant = format!("personal = [\"_submitted_by\"]\n{plain}\"/note\" = {{ column = \"_submitted_by\" }}\n");
    let path = desk.write("meant.toml", meant);
    desk.import("kobo", &fixture("forms/kobo.json"), &["--map", path.to_str().unwrap()]);
    assert_eq!(report(&desk, "form-101")["note"], "made-up-account");
}

#[test]
fn a_first_mapping_of_a_form_leaves_such_fields_out() {
    let desk = Desk::new();
    for file in ["forms/kobo.json", "forms/kobo.csv"] {
        let output = desk.run(&["map", "suggest", fixture(file).to_str().unwrap(), "--kind", "kobo"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("report/village"), "{text}");
        for word in ["deviceid", "_submitted_by", "phonenumber", "username", "meta/audit"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

#[test]
fn an_empty_answer_is_no_zero_and_a_zero_is_one() {
    let desk = Desk::new();
    take(&desk, &fixture("forms/kobo.json"), &[]);
    assert_eq!(report(&desk, "form-103")["quantities"], Value::Null);
    let second = report(&desk, "form-102");
    assert_eq!((number(&second["quantities"][0], "min"), number(&second["quantities"][1], "min")), (0, 3));
    assert_eq!(second["where"], json!({ "place": "newmill" }), "a place without a point has none");
    let first = report(&desk, "form-101");
    assert_eq!(first["where"], json!({ "place": "oldbridge", "lat_e6": 41_500_200, "lon_e6": 44_123_456 }));
    assert_eq!(first["when"]["earliest"], "2031-05-02T13:30:00Z");
}

#[test]
fn what_odk_central_hands_out_is_read_too() {
    let desk = Desk::new();
    let text = json!({
        "value": [{
            "__id": "uuid:7a0c2222-0000-4000-8000-000000000001",
            "__system": { "submissionDate": "2031-05-04T03:00:00Z", "submitterId": "5", "submitterName": "made-up-name", "deviceId": "made-up-device" },
            "report": { "seen": "2031-05-04", "what": "shelling" },
            "number": 7
        }],
        "@odata.context": "made up"
    });
    let map = fs::read_to_string(map()).unwrap();
    let map = map.replace("report/", "report.").replace("_submission_time", "__system.submissionDate");
    let map = map.replace("column = \"_id\"", "column = \"number\"");
    let map = desk.write("odk.toml", map);
    desk.import("kobo", &desk.write("odk.json", text.to_string()), &["--map", map.to_str().unwrap()]);
    let report = report(&desk, "form-7");
    assert_eq!(report["source"]["asserted"]["earliest"], "2031-05-04T03:00:00Z");
    assert!(
        desk.log().contains("row/mission-form/7a0c2222-0000-4000-8000-000000000001/")
            && !desk.log().contains("made-up")
    );
}

#[test]
fn submissions_without_an_id_are_refused_with_what_to_do() {
    let desk = Desk::new();
    let json = fs::read_to_string(fixture("forms/kobo.json")).unwrap();
    let nameless = json.replacen("      \"_uuid\": \"6f0c1111-0000-4000-8000-000000000003\",\n", "", 1);
    let said = desk.refused("kobo", &desk.write("nameless.json", nameless), &["--map", &map()]);
    assert!(said.contains("nameless.json:42:5") && said.contains("CF0707") && said.contains("_uuid"), "{said}");
    let csv = fs::read_to_string(fixture("forms/kobo.csv")).unwrap().replace("_uuid", "number");
    let said = desk.refused("kobo", &desk.write("nameless.csv", csv), &["--map", &map()]);
    assert!(said.contains("nameless.csv:1:1") && said.contains("CF0703") && said.contains("_uuid"), "{said}");
}

#[test]
fn refused_submissions_come_in_once_they_are_mended() {
    let desk = Desk::new();
    let json = fs::read_to_string(fixture("forms/kobo.json")).unwrap();
    let broken = json.replace("\"report/village\": \"newmill\"", "\"report/village\": \"newmil\"");
    let file = desk.write("broken.json", broken);
    let (path, map) = (file.to_str().unwrap().to_owned(), map());
    let output = desk.run(&["import", "kobo", &path, "--map", &map]);
    assert_eq!(code(&output), 3);
    assert!(
        stderr(&output).contains("broken.json:30:25") && stderr(&output).contains("newmill"),
        "{}",
        stderr(&output)
    );
    let answer = desk.json_ending(4, &["import", "kobo", &path, "--map", &map, "--keep-going"]);
    assert_eq!((number(&answer, "appended"), number(&answer, "rejected")), (2, 1));
    let rejects = desk.path("broken.json.rejects.json");
    let kept = fs::read_to_string(&rejects).unwrap();
    assert!(kept.contains("CF0714"), "{kept}");
    fs::write(&rejects, kept.replace("\"newmil\"", "\"newmill\"")).unwrap();
    let answer = take(&desk, &rejects, &[]);
    assert_eq!((number(&answer, "rows"), number(&answer, "appended")), (1, 1));
    assert_eq!(number(&take(&desk, &fixture("forms/kobo.json"), &[]), "records"), 0);
}

#[test]
fn an_edited_submission_is_a_correction_in_a_series() {
    let desk = Desk::new();
    take(&desk, &fixture("forms/kobo.json"), &["--series", "mission"]);
    let json = fs::read_to_string(fixture("forms/kobo.json")).unwrap();
    let edited = json
        .replace("\"_uuid\": \"6f0c1111-0000-4000-8000-000000000003\"", "\"meta/rootUuid\": \"uuid:6f0c1111-0000-4000-8000-000000000003\", \"_uuid\": \"6f0c1111-0000-4000-8000-0000000000ee\"")
        .replacen("\"report/killed\": \"\"", "\"report/killed\": \"1\"", 1);
    let answer = take(&desk, &desk.write("edited.json", edited), &["--series", "mission"]);
    assert_eq!((number(&answer, "corrected"), number(&answer, "retracted"), number(&answer, "appended")), (1, 0, 0));
}
