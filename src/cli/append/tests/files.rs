//! Each kind from a file or standard input.

use super::{Around, place};
use crate::event::Event;
use crate::record::Body;

const FIXTURE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/nk-2020/events.jsonl"));

fn kind_of(event: &Event) -> &'static str {
    match event {
        Event::ViolationReported(_) => "violation",
        Event::QuietReported(_) => "quiet",
        Event::AccessDenied(_) => "access",
        Event::TallyReported(_) => "tally",
        Event::CeasefireRecorded(_) => "agreement",
        Event::StepReported(_) => "step",
        Event::TermsReported(_) => "terms",
        Event::AccusationMade(_) => "accusation",
        Event::ResponseMade(_) => "response",
        Event::StatementMade(_) => "statement",
        Event::ProcessReported(_) => "process",
        Event::VerificationStepped(_) => "verification",
        Event::FindingIssued(_) => "finding",
        Event::EvidenceAdded(_) => "evidence-record",
        Event::EvidenceTransferred(_) => "transfer",
        Event::ActorRegistered(_) => "actor",
        Event::ActorRelated(_) => "relation",
        Event::PlaceRegistered(_) => "place",
        Event::KeyAdded(_) => "key",
        Event::KeyRotated(_) => "key-rotation",
        Event::KeyRevoked(_) => "key-revocation",
        Event::RecordCorrected(_) => "correction",
        Event::RecordRetracted(_) => "retraction",
        Event::IncidentMerged(_) => "merge",
        Event::IncidentSplit(_) => "split",
        Event::ActIdentified(_) => "identify",
        other => panic!("no kind appends {}", other.type_name()),
    }
}

const HEX: &str = "ea440f9f2519251b0e6807f084a6bb318ee5151080d13f63dd123d2f48d6ce0b";

/// Events of the types that the fixture does not have.
fn others() -> Vec<String> {
    let source = r#""source":{"speaker":[{"actor":"AZE"}]}"#;
    let when = r#"{"earliest":"2020-10-17T00:00:00Z","precision":"day","tz_basis":"stated"}"#;
    [
        format!(r#"{{"type":"quiet.reported","v":1,"where":{{"place":"ganja"}},"during":{when},{source}}}"#),
        format!(r#"{{"type":"access.denied","v":1,"monitor":"OSCE",{source}}}"#),
        r#"{"type":"verification.stepped","v":1,"incident":"I-2","step":"opened","assessor":"JMC"}"#.to_owned(),
        r#"{"type":"finding.issued","v":1,"about":{"incident":"I-2"},"outcome":"verified","assessor":"JMC"}"#.to_owned(),
        format!(
            r#"{{"type":"evidence.added","v":1,"blake3":"{HEX}","sha256":"{HEX}","media_type":"image/jpeg","bytes":1,{source}}}"#
        ),
        format!(r#"{{"type":"evidence.transferred","v":1,"blake3":"{HEX}","from":"AZE","to":"UN"}}"#),
        r#"{"type":"key.added","v":1,"key":"k1","actor":"AZE","public_key":"AAAA","roles":["party"]}"#.to_owned(),
        r#"{"type":"key.rotated","v":1,"key":"k1","successor":"k2","public_key":"AAAA"}"#.to_owned(),
        r#"{"type":"key.revoked","v":1,"key":"k1","reason":"lost"}"#.to_owned(),
        format!(
            r#"{{"type":"record.corrected","v":1,"target":{{"seq":12}},"by":"source","reason":"r","replacement":{{"type":"violation.reported","v":1,"incident":"I-2","act":"shelling",{source}}}}}"#
        ),
        r#"{"type":"record.retracted","v":1,"target":{"seq":12},"by":"recorder","reason":"r"}"#.to_owned(),
        r#"{"type":"incident.merged","v":1,"incident":"I-6","into":"I-2","reason":"r"}"#.to_owned(),
        r#"{"type":"incident.split","v":1,"incident":"I-2","out":"I-6","reason":"r"}"#.to_owned(),
    ]
    .to_vec()
}

fn events() -> Vec<(Event, String)> {
    let bodies = FIXTURE.lines().map(|line| Body::read(line).unwrap().event);
    let events: Vec<Event> =
        bodies.chain(others().iter().map(|text| crate::event::read_event(text).unwrap())).collect();
    events
        .into_iter()
        .map(|event| {
            let text = serde_json::to_string(&event).unwrap();
            (event, text)
        })
        .collect()
}

/// The type and version that an event is written with.
fn head_of(event: &Event) -> String {
    let (name, version) = event.head();
    format!(r#""type":"{name}","v":{version},"#)
}

#[test]
fn every_kind_is_read_from_a_file_with_its_type_or_without() {
    let mut kinds = std::collections::BTreeSet::new();
    for (event, text) in events() {
        let kind = kind_of(&event);
        let head = head_of(&event);
        let headless = text.replacen(&head, "", 1);
        assert_ne!(headless, text);
        for text in [&text, &headless] {
            let drafts = Around::file("report.json", text).drafts(&[kind, "report.json"]).unwrap();
            assert_eq!(drafts.len(), 1, "{kind}");
            assert_eq!(drafts[0].event, event, "{kind}");
        }
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 26, "{kinds:?}");
}

#[test]
fn an_event_of_any_type_is_read_from_standard_input_and_its_head_may_come_last() {
    for (event, text) in events() {
        let head = head_of(&event);
        let members = text.replacen(&head, "", 1);
        let (name, version) = event.head();
        let last = format!(r#"{},"v":{version},"type":"{name}"}}"#, members.trim_end_matches('}'));
        // Only the outermost bracket may move.
        let last = if members.ends_with("}}") {
            format!(r#"{},"v":{version},"type":"{name}"}}"#, &members[..members.len() - 1])
        } else {
            last
        };
        for text in [&text, &last] {
            let drafts = Around::stdin(text).drafts(&["event", "-"]).unwrap();
            assert_eq!(drafts[0].event, event);
        }
    }
}

#[test]
fn json_read_as_yaml_is_the_same_event() {
    for (event, text) in events() {
        let kind = kind_of(&event);
        let by_name = Around::file("report.yml", &text).drafts(&[kind, "report.yml"]).unwrap();
        let by_flag = Around::stdin(&text).drafts(&[kind, "-", "--yaml"]).unwrap();
        assert_eq!((&by_name[0].event, &by_flag[0].event), (&event, &event), "{text}");
        assert_eq!(by_name[0].key, by_flag[0].key);
    }
}

const YAML: &str = "\
# A report written by hand.
incident: I-2
act: missile_strike
when:
  earliest: 2020-10-16T16:00:00Z
  precision: part_of_day
  tz_basis: unstated
quantities:
  - {op: exact, min: 13, unit: person, outcome: killed, verbatim: 13}
  - op: more_than
    min: 40
    unit: person
    outcome: wounded
asserts_breach_of: not_asserted
source:
  speaker: [{actor: outlet}]
  quote: |
    أكثر من 40
";

#[test]
fn a_report_in_yaml_is_read_into_the_same_types() {
    let draft = &Around::file("r.yaml", YAML).drafts(&["violation", "r.yaml"]).unwrap()[0];
    let flags = [
        "violation",
        "--incident",
        "I-2",
        "--act",
        "missile_strike",
        "--killed",
        "13",
        "--wounded",
        ">40",
        "--source",
        "outlet",
        "--no-breach-asserted",
        "--quote",
        "أكثر من 40\n",
    ];
    let Event::ViolationReported(mut read) = draft.event.clone() else { panic!("another type") };
    assert_eq!(read.quantities[0].verbatim.take().unwrap().as_str(), "13");
    assert_eq!(read.when.take().unwrap().earliest.unwrap().to_string(), "2020-10-16T16:00:00Z");
    assert_eq!(Event::from(read), super::drafts(&flags)[0].event);
}

#[test]
fn a_later_refusal_points_into_the_text() {
    let draft = &Around::file("r.yaml", YAML).drafts(&["violation", "r.yaml"]).unwrap()[0];
    for (pointer, expected) in [
        ("/event/incident", "r.yaml:2:11"),
        ("/event/quantities/1/min", "r.yaml:11:10"),
        ("/event/quantities/1/max", "r.yaml:10:5"),
        ("/event/source/speaker/0/actor", "r.yaml:16:21"),
        ("/by", "--by"),
    ] {
        assert_eq!(place(draft, pointer), expected, "{pointer}");
    }
    let json = "{\n \"incident\": \"I-2\",\n \"source\": {\"speaker\": [{\"actor\": \"X\"}]}\n}";
    let draft = &Around::stdin(json).drafts(&["violation", "-"]).unwrap()[0];
    assert_eq!(place(draft, "/event/source/speaker/0/actor"), "<stdin>:3:35");
    assert_eq!(place(draft, "/event/attribution/level"), "<stdin>:1:1");
}

#[test]
fn a_correction_takes_its_replacement_from_a_file_and_the_rest_from_flags() {
    let replacement = "type: violation.reported\nincident: I-2\nact: shelling\nsource: {speaker: [{actor: AZE}]}\n";
    let line =
        ["correction", "12", "--changed-by", "recorder", "--reason", "typed it wrong", "--replacement", "new.yaml"];
    let draft = &Around::file("new.yaml", replacement).drafts(&line).unwrap()[0];
    let Event::RecordCorrected(correction) = &draft.event else { panic!("another type") };
    assert_eq!(correction.replacement.incident().unwrap().as_str(), "I-2");
    assert_eq!(place(draft, "/event/replacement/source/speaker/0/actor"), "new.yaml:4:28");
    assert_eq!(place(draft, "/event/target"), "RECORD");
}
