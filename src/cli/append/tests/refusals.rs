//! What is refused, with its code and place.

use clap::Parser;

use super::{Around, CommandLine, told};
use crate::cli::outcome::Outcome;

const SOURCE: [&str; 3] = ["violation", "--source", "AZE"];

#[test]
fn a_bad_value_is_refused_at_its_flag_with_its_code() {
    for (args, code, flag, pointer) in [
        (&["--wounded", "40-12"][..], "CF0207", "--wounded", "/event/quantities/0/max"),
        (&["--killed", "1", "--wounded", "lots"], "CF0206", "--wounded", "/event/quantities/1"),
        (&["--killed", "13/soldier"], "CF0115", "--killed", "/event/quantities/0"),
        (&["--count", "house"], "CF0206", "--count", "/event/quantities/0"),
        (&["--count", "hause=1"], "CF0115", "--count", "/event/quantities/0"),
        (&["--count", "person.killed/child=1 of person"], "CF0206", "--count", "/event/quantities/0/subset_of"),
        (&["--at", "yesterday"], "CF0204", "--at", "/event/when"),
        (&["--when", "2020-10-18/2020-10-10"], "CF0205", "--at", "/event/when/latest"),
        (&["--said", "18:04"], "CF0204", "--said", "/event/source/asserted"),
        (&["--place", "Ganja city"], "CF0201", "--place", "/event/where/place"),
        (&["--lat", "40,68", "--lon", "46.36"], "CF0209", "--lat", "/event/where/lat_e6"),
        (&["--lat", "40.68", "--lon", "181"], "CF0209", "--lon", "/event/where/lon_e6"),
        (&["--lat", "-90.000001", "--lon", "0"], "CF0209", "--lat", "/event/where/lat_e6"),
        (&["--act", "shelled"], "CF0115", "--act", "/event/act"),
        (&["--accused", "ARM,"], "CF0201", "--accused", "/event/attribution/accused/1"),
        (&["--share", "sole"], "CF0213", "--accused", "/event/attribution/accused"),
        (&["--heard", "explosion"], "CF0206", "--heard", "/event/observation/quantity"),
        (&["--heard", "--direction", "360"], "CF0209", "--direction", "/event/observation/direction_deg"),
        (&["--breach-of", "nk 2020"], "CF0201", "--breach-of", "/event/asserts_breach_of/asserted/0"),
        (&["--quote-lang", "arabic language"], "CF0203", "--quote-lang", "/event/source/lang"),
        (&["--url", ""], "CF0217", "--url", "/event/source/url"),
        (&["--document-blake3", "EA44"], "CF0214", "--document-blake3", "/event/source/document/blake3"),
        (&["--radius", "0.5", "--lat", "1", "--lon", "1"], "CF0114", "--radius", "/event/where/radius_m"),
        (&["--incident", "inc 1"], "CF0201", "--incident", "/event/incident"),
        (&["--killed", "1", "--idempotency-key", ""], "CF0217", "--idempotency-key", "/key"),
        (&["--killed", "1", "--by", "?me"], "CF0201", "--by", "/by"),
    ] {
        let line = [&SOURCE[..], args].concat();
        let complaint = Around::default().drafts(&line).unwrap_err();
        assert_eq!(told(&complaint), (code, flag.to_owned(), pointer.to_owned()), "{args:?}: {complaint:?}");
        assert_eq!(complaint.outcome, Outcome::Rejected);
    }
}

#[test]
fn what_must_be_there_is_asked_for_by_its_flag() {
    for (line, code, flag, pointer) in [
        (&["violation", "--killed", "13"][..], "CF0212", "--source", "/event/source/speaker"),
        (&["violation", "--killed", "13", "--via", "outlet"], "CF0212", "--source", "/event/source/speaker"),
        (&["quiet", "--source", "A", "--place", "p"], "CF0113", "--at", "/event/during"),
        (&["access", "--source", "A"], "CF0113", "--monitor", "/event/monitor"),
        (&["tally", "--source", "A", "--counter", "c"], "CF0113", "--count", "/event/values"),
        (&["agreement", "x", "--name", "en=X"], "CF0113", "--party", "/event/parties"),
        (&["agreement", "x", "--party", "A"], "CF0113", "--name", "/event/names"),
        (&["agreement", "x", "--party", "A", "--name", "X"], "CF0202", "--name", "/event/names/0"),
        (&["agreement", "x y", "--party", "A", "--name", "en=X"], "CF0201", "ID", "/event/ceasefire"),
        (&["step", "--source", "A", "--ceasefire", "x"], "CF0113", "--step", "/event/step"),
        (&["terms", "--source", "A", "--ceasefire", "x"], "CF0113", "--effective", "/event/terms"),
        (
            &["terms", "--source", "A", "--ceasefire", "x", "--duration", "3"],
            "CF0204",
            "--duration",
            "/event/terms/0/duration",
        ),
        (&["accusation", "--source", "A"], "CF0113", "--against", "/event/against"),
        (
            &["response", "--source", "A", "--stance", "denial", "--incident", "I"],
            "CF0113",
            "--scope",
            "/event/to/0/scope",
        ),
        (&["finding", "--outcome", "verified", "--assessor", "J"], "CF0113", "--incident", "/event/about"),
        (
            &["finding", "--incident", "I", "--outcome", "verified", "--assessor", "J", "--accused", "A"],
            "CF0113",
            "--level",
            "/event/attribution/level",
        ),
        (&["relation", "A", "--source", "B"], "CF0113", "--part-of", "/event/relation"),
        (&["retraction", "last", "--changed-by", "source", "--reason", "r"], "CF0305", "RECORD", "/event/target"),
        (&["identify", "--record", "12", "--reason", "r"], "CF0113", "--record", "/event/records"),
    ] {
        let complaint = Around::default().drafts(line).unwrap_err();
        assert_eq!(told(&complaint), (code, flag.to_owned(), pointer.to_owned()), "{line:?}: {complaint:?}");
        assert_eq!(complaint.outcome, Outcome::Rejected);
    }
}

#[test]
fn a_near_word_is_suggested_and_a_hint_tells_the_right_form() {
    let hint = |args: &[&str]| {
        let line = [&SOURCE[..], args].concat();
        Around::default().drafts(&line).unwrap_err().to_text()
    };
    assert!(hint(&["--act", "missle_strike"]).contains("did you mean `missile_strike`?"));
    assert!(hint(&["--wounded", "lots"]).contains("examples: 13, >40"));
    assert!(hint(&["--wounded", "40-12"]).contains("--> --wounded  at /event/quantities/0/max"));
    assert!(hint(&["--lat", "40,68", "--lon", "1"]).contains("with a point"));
}

#[test]
fn broken_json_is_refused_with_line_and_column() {
    let source = r#""source":{"speaker":[{"actor":"AZE"}]}"#;
    for (text, code, at, pointer) in [
        ("{\"act\":\n tru}".to_owned(), "CF0103", "<stdin>:2:5", "/event/act"),
        ("{} {}".to_owned(), "CF0104", "<stdin>:1:4", "/event"),
        ("{\"act\":\"shelling\",\n \"act\":\"other\"}".to_owned(), "CF0105", "<stdin>:2:2", "/event/act"),
        ("{\"where\":{\"lat_e6\":40.68}}".to_owned(), "CF0106", "<stdin>:1:20", "/event/where/lat_e6"),
        ("{\"where\":{\"lat_e6\":9007199254740992}}".to_owned(), "CF0107", "<stdin>:1:20", "/event/where/lat_e6"),
        (
            format!("{}{}", "[".repeat(17), "]".repeat(17)),
            "CF0108",
            "<stdin>:1:17",
            &format!("/event{}", "/0".repeat(16)),
        ),
        (format!("{{\"note\":\"{}\"}}", "x".repeat(16 * 1024 + 1)), "CF0109", "<stdin>:1:9", "/event/note"),
        (" ".repeat(70_000), "CF0110", "<stdin>:1:1", "/event"),
        (r#"{"note":"\ud800"}"#.to_owned(), "CF0111", "<stdin>:1:9", "/event/note"),
        ("\u{feff}{}".to_owned(), "CF0102", "<stdin>:1:1", "/event"),
        (format!("{{\"incident\":\"I\",\n \"wounden\":1,{source}}}"), "CF0112", "<stdin>:2:12", "/event/wounden"),
        (
            format!("{{\"incident\":\"I\",\"where\":\n{{\"plaice\":1}},{source}}}"),
            "CF0112",
            "<stdin>:2:11",
            "/event/where/plaice",
        ),
        (
            format!("{{\"incident\":\"I\",\"quantities\":[\n{{\"op\":\"none\"}}],{source}}}"),
            "CF0113",
            "<stdin>:2:1",
            "/event/quantities/0/unit",
        ),
        (r#"{"incident":"I"}"#.to_owned(), "CF0212", "<stdin>:1:1", "/event/source"),
        (format!("{{\"incident\":7,{source}}}"), "CF0114", "<stdin>:1:13", "/event/incident"),
        ("[]".to_owned(), "CF0114", "<stdin>:1:1", "/event"),
        (format!("{{\"incident\":\"I\",\"act\":\"shel\",{source}}}"), "CF0115", "<stdin>:1:23", "/event/act"),
        (
            format!("{{\"incident\":\"I\",\"asserts_breach_of\":\"no\",{source}}}"),
            "CF0115",
            "<stdin>:1:37",
            "/event/asserts_breach_of",
        ),
        (format!("{{\"incident\":\"I 1\",{source}}}"), "CF0201", "<stdin>:1:13", "/event/incident"),
        (format!("{{\"incident\":\"I\",\"means\":[\"\"],{source}}}"), "CF0217", "<stdin>:1:26", "/event/means/0"),
        (
            "{\"incident\":\"I\",\"source\":{\"speaker\":[],\"lang\":\"a\"}}".to_owned(),
            "CF0203",
            "<stdin>:1:47",
            "/event/source/lang",
        ),
        (
            format!("{{\"incident\":\"I\",\"when\":{{\"earliest\":\"2020-10-17\"}},{source}}}"),
            "CF0204",
            "<stdin>:1:36",
            "/event/when/earliest",
        ),
        (format!("{{\"type\":\"quiet.reported\",{source}}}"), "CF0216", "<stdin>:1:9", "/event/type"),
        (format!("{{{source},\"v\":2}}"), "CF0117", "<stdin>:1:45", "/event/v"),
    ] {
        let complaint = Around::stdin(&text).drafts(&["violation", "-"]).unwrap_err();
        let wanted = (code, at.to_owned(), pointer.to_owned());
        let start: String = text.chars().take(80).collect();
        assert_eq!(told(&complaint), wanted, "{start}: {}", complaint.what);
        assert_eq!(complaint.outcome, Outcome::Rejected);
    }
}

#[test]
fn broken_yaml_is_refused_with_line_and_column() {
    let source = "source: {speaker: [{actor: AZE}]}\n";
    for (text, code, at, pointer) in [
        ("act: [\n".to_owned(), "CF0103", "r.yaml:1:6", "/event"),
        (format!("incident: I\nincident: J\n{source}"), "CF0105", "r.yaml:2:1", "/event/incident"),
        (
            format!("incident: I\nwhere: {{lat_e6: 40.68, lon_e6: 1}}\n{source}"),
            "CF0106",
            "r.yaml:2:17",
            "/event/where/lat_e6",
        ),
        (
            format!("incident: I\nwhere: {{lat_e6: 9007199254740992, lon_e6: 1}}\n{source}"),
            "CF0107",
            "r.yaml:2:17",
            "/event/where/lat_e6",
        ),
        (format!("incident: I\nnote: {}\n{source}", "x".repeat(16 * 1024 + 1)), "CF0109", "r.yaml:2:7", "/event/note"),
        (format!("incident: I\nwounden: 1\n{source}"), "CF0112", "r.yaml:2:10", "/event/wounden"),
        ("incident: I\n".to_owned(), "CF0212", "r.yaml:1:1", "/event/source"),
        (
            format!("incident: I\nquantities:\n  - op: none\n{source}"),
            "CF0113",
            "r.yaml:3:5",
            "/event/quantities/0/unit",
        ),
        (format!("incident: I\nlegal: war_crime\n{source}"), "CF0114", "r.yaml:2:8", "/event/legal"),
        (format!("incident: I\nact: shel\n{source}"), "CF0115", "r.yaml:2:6", "/event/act"),
        (format!("incident: I 1\n{source}"), "CF0201", "r.yaml:1:11", "/event/incident"),
        ("\u{feff}incident: I\n".to_owned(), "CF0102", "r.yaml:1:1", ""),
        (format!("incident: &x I\nnote: *x\n{source}"), "CF0103", "r.yaml:2:7", "/event"),
        (format!("<<: {{act: shelling}}\nincident: I\n{source}"), "CF0103", "r.yaml:1:1", "/event"),
        (format!("incident: I\n{source}---\nincident: J\n"), "CF0104", "r.yaml:4:1", "/event"),
        (
            format!("incident: I\nquantities: [{{op: exact, min: 1.5, unit: person}}]\n{source}"),
            "CF0106",
            "r.yaml:2:31",
            "/event/quantities/0/min",
        ),
    ] {
        let complaint = Around::file("r.yaml", &text).drafts(&["violation", "r.yaml"]).unwrap_err();
        let wanted = (code, at.to_owned(), pointer.to_owned());
        let start: String = text.chars().take(80).collect();
        assert_eq!(told(&complaint), wanted, "{start}: {}", complaint.what);
    }
}

#[test]
fn a_near_field_or_code_in_a_file_is_suggested() {
    let text = |json: &str| Around::stdin(json).drafts(&["violation", "-"]).unwrap_err().to_text();
    assert!(text(r#"{"quantitys":[]}"#).contains("did you mean `quantities`?"));
    assert!(text(r#"{"quantities":[{"op":"more_then"}]}"#).contains("did you mean `more_than`?"));
    assert!(text(r#"{"incident":"I"}"#).contains(r#""source":{"speaker""#));
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_where_they_stand() {
    for name in ["r.json", "r.yaml"] {
        let mut around = Around::default();
        around.files.insert(name, b"{\"act\":\n\"\xff\"}");
        let complaint = around.drafts(&["violation", name]).unwrap_err();
        assert_eq!(told(&complaint), ("CF0101", format!("{name}:2:2"), "/event".to_owned()));
    }
}

#[test]
fn an_event_must_name_a_type_that_is_known() {
    let told = |json: &str| {
        let complaint = Around::stdin(json).drafts(&["event", "-"]).unwrap_err();
        (told(&complaint).0, told(&complaint).1, complaint.hint.unwrap())
    };
    assert_eq!(told(r#"{"v":1}"#).0, "CF0116");
    let (code, at, hint) = told(r#"{"type":"violation.report"}"#);
    assert_eq!((code, at.as_str()), ("CF0117", "<stdin>:1:9"));
    assert!(hint.contains("violation.reported"), "{hint}");
}

#[test]
fn the_replacement_of_a_correction_is_refused_where_it_stands() {
    let line = ["correction", "12", "--changed-by", "source", "--reason", "r", "--replacement", "-"];
    let complaint = Around::stdin(r#"{"type":"violation.reported","incident":7}"#).drafts(&line).unwrap_err();
    assert_eq!(told(&complaint), ("CF0114", "<stdin>:1:41".to_owned(), "/event/replacement/incident".to_owned()));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let complaint = Around::default().drafts(&["violation", "gone.json"]).unwrap_err();
    assert_eq!((complaint.outcome, told(&complaint).1), (Outcome::Io, "gone.json".to_owned()));
}

#[test]
fn a_file_and_flags_do_not_mix() {
    for line in [
        &["violation", "r.json", "--killed", "13"][..],
        &["violation", "-", "--source", "AZE"],
        &["actor", "a.yaml", "--kind", "state"],
        &["correction", "-", "--reason", "r"],
    ] {
        let complaint = Around::stdin("{}").drafts(line).unwrap_err();
        assert_eq!((complaint.outcome, complaint.code.id()), (Outcome::Usage, "CF0401"), "{line:?}");
    }
}

#[test]
fn flags_that_exclude_or_need_each_other_are_a_matter_of_usage() {
    for line in [
        &["violation", "--saw", "--heard"][..],
        &["violation", "--direction", "90"],
        &["violation", "--breach-of", "x", "--no-breach-asserted"],
        &["violation", "--lat", "40"],
        &["violation", "--at-words", "at night"],
        &["violation", "--zeppelins", "1"],
        &["actor"],
    ] {
        let full = std::iter::once(&"append").chain(line);
        let error = CommandLine::try_parse_from(full).err().unwrap();
        assert_eq!(error.exit_code(), 2, "{line:?}");
    }
}
