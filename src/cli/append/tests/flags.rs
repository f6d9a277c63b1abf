//! Each kind from flags.

use clap::{CommandFactory, Parser};
use serde_json::{Value, json};

use super::{CommandLine, drafts, event, place};
use crate::event::Event;

fn check(line: &str, mut expected: Value) {
    let got = event(&words(line));
    let name = expected["type"].as_str().unwrap();
    expected["v"] = json!(crate::event::current_version(name).unwrap());
    assert_eq!(got, expected, "{line}\n{}", serde_json::to_string_pretty(&got).unwrap());
}

/// Splits a line at its blanks; single quotes keep words together, as in a shell.
fn words(line: &str) -> Vec<&str> {
    let quoted = line.split('\'').enumerate();
    quoted
        .flat_map(|(index, part)| if index % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
        .collect()
}

fn speaker(id: &str) -> Value {
    json!({"speaker": [{"actor": id}]})
}

fn day(earliest: &str, latest: &str) -> Value {
    json!({"earliest": earliest, "latest": latest, "precision": "day", "tz_basis": "unstated"})
}

#[test]
fn a_violation_is_told_in_one_line() {
    check(
        "violation --incident I-2 --source AZE --via ministry --via outlet --at 2020-10-16 --at-words \
         'مساء الجمعة' --place ganja --lat 40.6828 --lon 46.3606 --radius 500 --act missile_strike \
         --means 'Scud, Elbrus' --target houses --against AZE --accused ARM|NKR --killed 13/civilian \
         --wounded >40 --houses ~20 --shot-down 1 --count house.destroyed=>20 --breach-of nk-2020-10-10#1 \
         --legal war_crime,grave_breach --quote '13 مدنيا' --quote-lang ar --said 2020-10-17T12:00Z --summary \
         'A strike.' --note Unsure.",
        json!({
            "type": "violation.reported", "incident": "I-2",
            "when": {"earliest": "2020-10-15T20:00:00Z", "latest": "2020-10-16T21:00:00Z", "precision": "day",
                "tz_basis": "unstated", "verbatim": "مساء الجمعة"},
            "where": {"place": "ganja", "lat_e6": 40_682_800, "lon_e6": 46_360_600, "radius_m": 500},
            "act": "missile_strike", "means": ["Scud, Elbrus"], "target": ["houses"], "against": [{"actor": "AZE"}],
            "quantities": [
                {"op": "exact", "min": 13, "unit": "person", "outcome": "killed", "who": "civilian"},
                {"op": "more_than", "min": 40, "unit": "person", "outcome": "wounded"},
                {"op": "approx", "best": 20, "unit": "house"},
                {"op": "exact", "min": 1, "unit": "uav", "outcome": "shot_down"},
                {"op": "more_than", "min": 20, "unit": "house", "outcome": "destroyed"},
            ],
            "attribution": {"accused": [{"any_of": ["ARM", "NKR"]}], "level": "alleged_by_opponent"},
            "asserts_breach_of": {"asserted": [{"ceasefire": "nk-2020-10-10", "article": "1"}]},
            "legal": ["war_crime", "grave_breach"],
            "source": {"speaker": [{"actor": "AZE"}], "via": [{"actor": "ministry"}, {"actor": "outlet"}], "lang": "ar",
                "quote": "13 مدنيا", "asserted": {"earliest": "2020-10-17T12:00:00Z", "latest": "2020-10-17T12:00:00Z",
                "precision": "minute", "tz_basis": "stated"}},
            "summary": "A strike.", "note": "Unsure.",
        }),
    );
}

#[test]
fn a_patrol_reports_what_it_heard_and_nothing_else() {
    check(
        "violation --incident I-9 --source '?a patrol, on foot' --heard explosion=5 --direction 90 --fire \
         undetermined --assessed-as artillery --no-breach-asserted",
        json!({
            "type": "violation.reported", "incident": "I-9", "asserts_breach_of": "not_asserted",
            "observation": {"sense": "heard", "quantity": {"op": "exact", "min": 5, "unit": "explosion"},
                "direction_deg": 90, "fire": "undetermined", "assessed_as": "artillery"},
            "source": {"speaker": [{"unnamed": "a patrol, on foot"}]},
        }),
    );
    check(
        "violation --incident I-9 --source patrol-3 --camera --killed several --preliminary",
        json!({
            "type": "violation.reported", "incident": "I-9", "observation": {"sense": "camera"},
            "quantities": [{"op": "unspecified_plural", "unit": "person", "outcome": "killed", "preliminary": true}],
            "source": speaker("patrol-3"),
        }),
    );
}

#[test]
fn a_child_among_the_killed_is_a_part_of_them_and_never_a_fourteenth() {
    let quantities = |args: &[&str]| {
        let args = [&["violation", "--incident", "I-2", "--source", "AZE"], args].concat();
        event(&args)["quantities"].clone()
    };
    let of_all = quantities(&["--killed", "13", "--count", "person.killed/child=1"]);
    assert_eq!(of_all[1]["subset_of"], json!({"quantity": 0}));
    let of_civilians =
        quantities(&["--killed", "13/civilian", "--count", "person.killed/child=1 of person.killed/civilian"]);
    assert_eq!(of_civilians[1]["subset_of"], json!({"quantity": 0}));
    let other_outcome = quantities(&["--wounded", "40", "--count", "person.killed/child=1"]);
    assert_eq!(other_outcome[1].get("subset_of"), None);
}

#[test]
fn an_incident_without_an_id_is_named_after_its_content_and_a_command_typed_twice_is_one_record() {
    let line = ["violation", "--source", "AZE", "--killed", "13", "--place", "ganja"];
    let (first, second) = (drafts(&line), drafts(&line));
    assert_eq!(first, second);
    let Event::ViolationReported(report) = &first[0].event else { panic!("another type") };
    let hex = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(hex(report.incident.as_str().strip_prefix("inc-").unwrap(), 10), "{}", report.incident);
    assert!(hex(first[0].key.as_str().strip_prefix("auto-").unwrap(), 32), "{}", first[0].key);
    let other = drafts(&["violation", "--source", "AZE", "--killed", "14", "--place", "ganja"]);
    assert_ne!(first[0].event.incident(), other[0].event.incident());
    assert_ne!(first[0].key, other[0].key);
}

#[test]
fn a_typed_key_and_submitter_stand_as_they_are() {
    let draft =
        &drafts(&["violation", "--source", "AZE", "--killed", "13", "--idempotency-key", "p3/17", "--by", "patrol-3"])
            [0];
    assert_eq!((draft.key.as_str(), draft.by.as_ref().unwrap().as_str()), ("p3/17", "patrol-3"));
}

#[test]
fn the_language_of_names_never_becomes_the_language_of_a_quote() {
    let source = |line: &str| event(&words(line))["source"].clone();
    assert_eq!(source("violation --source AZE --killed 1"), speaker("AZE"));
    assert_eq!(source("violation --source AZE --killed 1 --lang hy"), speaker("AZE"));
    let quoted = source("violation --source AZE --killed 1 --quote-lang ar --lang hy");
    assert_eq!(quoted, json!({"speaker": [{"actor": "AZE"}], "lang": "ar"}));
}

#[test]
fn a_typed_level_stands_against_the_derived_one() {
    let attribution = |args: &[&str]| {
        let args = [&["violation", "--incident", "I-2", "--source", "AZE"], args].concat();
        event(&args)["attribution"].clone()
    };
    assert_eq!(attribution(&["--accused", "ARM", "--level", "implied"])["level"], "implied");
    assert_eq!(attribution(&["--level", "none_stated"]), json!({"level": "none_stated"}));
}

#[test]
fn monitoring_kinds_come_from_flags() {
    check(
        "quiet --at 2020-10-17 --where 'the road to Ganja' --coverage 'two cameras' --source patrol-3",
        json!({"type": "quiet.reported", "where": {"verbatim": "the road to Ganja"}, "coverage": "two cameras",
            "during": day("2020-10-16T20:00:00Z", "2020-10-17T21:00:00Z"), "source": speaker("patrol-3")}),
    );
    check(
        "access --monitor OSCE --denied-by 'NKR.forces,?a man in uniform' --at 2020-10-17 --place fuzuli \
         --reason mines --source OSCE",
        json!({"type": "access.denied", "monitor": "OSCE", "by": [{"actor": "NKR.forces"}, {"unnamed": "a man in uniform"}],
            "when": day("2020-10-16T20:00:00Z", "2020-10-17T21:00:00Z"), "where": {"place": "fuzuli"}, "reason": "mines",
            "source": speaker("OSCE")}),
    );
    check(
        "tally --counter AZE.PGO --count person.killed/civilian=60 --count person.wounded/civilian=270 \
         --part person.killed/child=5 --total person=330 --accused ARM --scope 'since the start' \
         --ceasefire nk-2020-10-10 --since 2020-09-27 --period 2020-10-17 --source AZE",
        json!({"type": "tally.reported", "counter": "AZE.PGO", "accused": [{"actor": "ARM"}], "scope": "since the start",
            "ceasefire": "nk-2020-10-10", "since": day("2020-09-26T20:00:00Z", "2020-09-27T21:00:00Z"),
            "period": day("2020-10-16T20:00:00Z", "2020-10-17T21:00:00Z"),
            "values": [{"op": "exact", "min": 60, "unit": "person", "outcome": "killed", "who": "civilian"},
                {"op": "exact", "min": 270, "unit": "person", "outcome": "wounded", "who": "civilian"}],
            "breakdown": [{"op": "exact", "min": 5, "unit": "person", "outcome": "killed", "who": "child"}],
            "stated_total": {"op": "exact", "min": 330, "unit": "person"}, "source": speaker("AZE")}),
    );
}

#[test]
fn ceasefire_kinds_come_from_flags() {
    check(
        "agreement nk-2020-10-18 --name 'en=Second truce' --name ar=الهدنة --kind truce --kind-words \
         'humanitarian truce' --party AZE,ARM --mediator RUS --guarantor UN --scope-place karabakh \
         --scope-words everywhere --renews nk-2020-10-10 --external pa-x=2345 --source AZE.MFA",
        json!({"type": "ceasefire.recorded", "ceasefire": "nk-2020-10-18",
            "names": [{"lang": "en", "text": "Second truce"}, {"lang": "ar", "text": "الهدنة"}], "kind": "truce",
            "kind_verbatim": "humanitarian truce", "parties": ["AZE", "ARM"], "mediators": ["RUS"], "guarantors": ["UN"],
            "scope": {"places": ["karabakh"], "verbatim": "everywhere"},
            "relations": [{"relation": "renews", "to": "nk-2020-10-10"}], "external": [{"scheme": "pa-x", "id": "2345"}],
            "source": speaker("AZE.MFA")}),
    );
    check(
        "step --ceasefire nk-2020-10-10 --step extended --taken-by AZE --at 2020-10-17 --until 2020-10-20 \
         --place moscow --source RUS",
        json!({"type": "ceasefire.step_reported", "ceasefire": "nk-2020-10-10", "step": "extended", "by": [{"actor": "AZE"}],
            "when": day("2020-10-16T20:00:00Z", "2020-10-17T21:00:00Z"),
            "until": day("2020-10-19T20:00:00Z", "2020-10-20T21:00:00Z"), "where": {"place": "moscow"},
            "source": speaker("RUS")}),
    );
    check(
        "terms --ceasefire nk-2020-10-18 --effective 2020-10-18T00:00 --effective-words 'منتصف الليل' \
         --duration 3d --kind-words 'humanitarian truce' --kind truce --purpose 'exchange of the dead' \
         --forbids shelling --forbids advances --area karabakh --source AZE.MFA",
        json!({"type": "terms.reported", "ceasefire": "nk-2020-10-18", "terms": [
            {"effective": {"earliest": "2020-10-17T20:00:00Z", "latest": "2020-10-17T21:00:00Z", "precision": "minute",
                "tz_basis": "unstated", "verbatim": "منتصف الليل"}},
            {"duration": {"minutes": 4320}}, {"kind": {"verbatim": "humanitarian truce", "code": "truce"}},
            {"purpose": "exchange of the dead"}, {"prohibited_act": "shelling"}, {"prohibited_act": "advances"},
            {"area": {"place": "karabakh"}}], "source": speaker("AZE.MFA")}),
    );
}

#[test]
fn what_is_said_comes_from_flags() {
    check(
        "accusation --source ARM.PM --against PAK.special_forces,AZE.army --act ground_attack --means \
         rifles --incident I-2 --record 12 --legal aggression --external cameo=112",
        json!({"type": "accusation.made", "by": [{"actor": "ARM.PM"}],
            "against": [{"actor": "PAK.special_forces"}, {"actor": "AZE.army"}],
            "about": [{"incident": "I-2"}, {"record": {"seq": 12}}], "act": "ground_attack", "means": ["rifles"],
            "legal": ["aggression"], "external": [{"scheme": "cameo", "id": "112"}], "source": speaker("ARM.PM")}),
    );
    check(
        "response --responder PAK --source PAK.MFA --stance denial --record by:AZE:nk/ACC4 --scope named \
         --scope-basis stated",
        json!({"type": "response.made", "by": [{"actor": "PAK"}], "stance": "denial",
            "to": [{"about": {"record": {"key": "nk/ACC4", "by": "AZE"}}, "scope": "named", "basis": "stated"}],
            "source": speaker("PAK.MFA")}),
    );
    check(
        "statement --stated-by TUR.MoD --kind condemnation --to ARM --ceasefire nk-2020-10-10 --accused \
         ARM.forces --count person.killed/child=1 --legal war_crime --place ganja --medium post",
        json!({"type": "statement.made", "by": [{"actor": "TUR.MoD"}], "kind": "condemnation", "to": [{"actor": "ARM"}],
            "about": [{"ceasefire": "nk-2020-10-10"}],
            "attribution": {"accused": [{"actor": "ARM.forces"}], "level": "alleged_by_third_party"},
            "quantities": [{"op": "exact", "min": 1, "unit": "person", "outcome": "killed", "who": "child"}],
            "legal": ["war_crime"], "where": [{"place": "ganja"}],
            "source": {"speaker": [{"actor": "TUR.MoD"}], "medium": "post"}}),
    );
    check(
        "process --process M-1 --kind attendance --actor AZE --with RUS --attendance not_yet --as-of \
         2020-10-17 --place moscow --source outlet",
        json!({"type": "process.reported", "process": "M-1", "kind": "attendance", "by": [{"actor": "AZE"}],
            "with": [{"actor": "RUS"}], "attendance": "not_yet",
            "as_of": day("2020-10-16T20:00:00Z", "2020-10-17T21:00:00Z"), "where": {"place": "moscow"},
            "source": speaker("outlet")}),
    );
}

const HEX: &str = "ea440f9f2519251b0e6807f084a6bb318ee5151080d13f63dd123d2f48d6ce0b";

#[test]
fn assessment_and_evidence_come_from_flags() {
    check(
        "verification --incident I-2 --step suspended --assessor JMC --reason access --note n",
        json!({"type": "verification.stepped", "incident": "I-2", "step": "suspended", "assessor": "JMC",
            "reason": "access", "note": "n"}),
    );
    check(
        "finding --incident I-2 --outcome verified --assessor JMC --mandate 'annex 3' --standard \
         'clear and convincing' --accused ARM --level established --basis 'clear and convincing' --count \
         person.killed=15 --member AZE,ARM --dissent 'ARM=We do not agree.' --reasons craters",
        json!({"type": "finding.issued", "about": {"incident": "I-2"}, "outcome": "verified", "assessor": "JMC",
            "mandate": "annex 3", "standard": "clear and convincing",
            "attribution": {"accused": [{"actor": "ARM"}], "level": "established", "basis": "clear and convincing"},
            "quantities": [{"op": "exact", "min": 15, "unit": "person", "outcome": "killed"}], "members": ["AZE", "ARM"],
            "dissent": [{"by": "ARM", "text": "We do not agree."}], "reasons": "craters"}),
    );
    check(
        &format!(
            "evidence-record --blake3 {HEX} --sha256 {HEX} --media-type image/jpeg --bytes 7142 --incident I-2 \
             --custodian JMC --source TUR.MoD"
        ),
        json!({"type": "evidence.added", "blake3": HEX, "sha256": HEX, "media_type": "image/jpeg", "bytes": 7142,
            "about": [{"incident": "I-2"}], "custodian": "JMC", "source": speaker("TUR.MoD")}),
    );
    check(
        &format!("transfer --blake3 {HEX} --from JMC --to UN --reason appeal"),
        json!({"type": "evidence.transferred", "blake3": HEX, "from": "JMC", "to": "UN", "reason": "appeal"}),
    );
}

#[test]
fn registry_and_keys_come_from_flags() {
    check(
        "place ganja --name az=Gəncə --kind city --within aze --lat 40.6828 --lon 46.3606 --external \
         geonames=586523 --note n",
        json!({"type": "place.registered", "place": "ganja", "names": [{"lang": "az", "text": "Gəncə"}], "kind": "city",
            "within": "aze", "where": {"lat_e6": 40_682_800, "lon_e6": 46_360_600},
            "external": [{"scheme": "geonames", "id": "586523"}], "note": "n"}),
    );
    check(
        "relation NKR.forces --proxy-of ARM --since 2020-09-27 --source AZE --note n",
        json!({"type": "actor.related", "actor": "NKR.forces", "relation": "proxy_of", "to": "ARM",
            "from": day("2020-09-26T20:00:00Z", "2020-09-27T21:00:00Z"), "source": speaker("AZE"), "note": "n"}),
    );
    check(
        "key patrol-3-2020 --actor patrol-3 --public-key AAAA --role monitor,party",
        json!({"type": "key.added", "key": "patrol-3-2020", "actor": "patrol-3", "public_key": "AAAA",
            "roles": ["monitor", "party"]}),
    );
    check(
        "key-rotation patrol-3-2020 --successor patrol-3-2021 --public-key BBBB",
        json!({"type": "key.rotated", "key": "patrol-3-2020", "successor": "patrol-3-2021", "public_key": "BBBB"}),
    );
    check(
        "key-revocation patrol-3-2020 --reason lost --suspect-since 2020-10-17T00:00:00+04:00",
        json!({"type": "key.revoked", "key": "patrol-3-2020", "reason": "lost", "suspect_since": "2020-10-16T20:00:00Z"}),
    );
}

#[test]
fn an_actor_with_relations_is_one_draft_more_for_each() {
    let line = [
        "actor",
        "AZE.MoD",
        "--name",
        "en=Ministry of Defence",
        "--kind",
        "organ",
        "--part-of",
        "AZE",
        "--idempotency-key",
        "k",
    ];
    let drafts = drafts(&line);
    let events: Vec<Value> = drafts.iter().map(|draft| serde_json::to_value(&draft.event).unwrap()).collect();
    assert_eq!(
        events,
        [
            json!({"type": "actor.registered", "v": 1, "actor": "AZE.MoD", "kind": "organ",
                "names": [{"lang": "en", "text": "Ministry of Defence"}]}),
            json!({"type": "actor.related", "v": 1, "actor": "AZE.MoD", "relation": "part_of", "to": "AZE",
                "source": speaker("recorder")}),
        ]
    );
    assert_eq!((drafts[0].key.as_str(), drafts[1].key.as_str()), ("k", "k/part_of/AZE"));
    assert_eq!(place(&drafts[1], "/event/to"), "--part-of");
}

#[test]
fn housekeeping_comes_from_flags() {
    check(
        "retraction key:nk-2020/I2.killed --changed-by source --reason withdrawn",
        json!({"type": "record.retracted", "target": {"key": "nk-2020/I2.killed"}, "by": "source", "reason": "withdrawn"}),
    );
    check(
        "merge I-6 --into I-2 --reason 'same strike'",
        json!({"type": "incident.merged", "incident": "I-6", "into": "I-2", "reason": "same strike"}),
    );
    check(
        "split I-2 --out I-7 --record 12 --reason 'two strikes'",
        json!({"type": "incident.split", "incident": "I-2", "out": "I-7", "records": [{"seq": 12}],
            "reason": "two strikes"}),
    );
    check(
        "identify --record 12 --record key:b --reason 'one denial'",
        json!({"type": "act.identified", "records": [{"seq": 12}, {"key": "b"}], "reason": "one denial"}),
    );
}

#[test]
fn every_flag_has_a_line_of_help_and_violation_ends_with_examples() {
    let command = CommandLine::command();
    command.clone().debug_assert();
    for kind in command.get_subcommands() {
        assert!(kind.get_about().is_some(), "{}", kind.get_name());
        for argument in kind.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{} {}", kind.get_name(), argument.get_id());
        }
    }
    let help = CommandLine::try_parse_from(["append", "violation", "--help"]).err().unwrap().to_string();
    assert!(help.contains("ceasefire append violation --source patrol-3"), "{help}");
    assert!(help.contains("missile_strike"), "{help}");
}
