//! What the policy of `ledger.toml` lets in. It decides admission and changes no answer.

use crate::desk::{Desk, body, code, key_added, key_revoked, public_key, report, signed, stderr};

const FINDING: &str =
    r#"{"type":"finding.issued","v":1,"about":{"incident":"I-1"},"outcome":"verified","assessor":"panel"}"#;

/// Imports one unsigned body.
fn unsigned(desk: &Desk, by: &str, key: &str, event: &str) -> (i32, String) {
    let before = desk.log();
    let output = desk.run_with(&["import", "jsonl", "-"], &body(by, key, event));
    let denied = code(&output) == 12;
    assert!(!denied || desk.log() == before, "something was written");
    (code(&output), stderr(&output))
}

#[test]
fn a_ledger_toml_without_a_word_on_signatures_goes_on_working_and_takes_what_is_unsigned() {
    let desk = Desk::new();
    let settings = std::fs::read_to_string(desk.path().join("ledger.toml")).unwrap();
    assert!(!settings.contains("signatures"), "{settings}");
    assert_eq!(unsigned(&desk, "AZE", "a", &report("I-2", "AZE")).0, 0);
    assert_eq!(unsigned(&desk, "panel", "b", FINDING).0, 0);
    desk.accepted(&signed(&body("AZE", "c", &report("I-3", "AZE")), 2));
}

#[test]
fn where_signatures_are_required_nothing_comes_in_unsigned() {
    let desk = Desk::new();
    desk.settings("[signatures]\nmode = \"required\"");
    for (by, event) in
        [("AZE", report("I-2", "AZE")), ("recorder", report("I-2", "AZE")), ("panel", FINDING.to_owned())]
    {
        let (exit, said) = unsigned(&desk, by, "a", &event);
        assert_eq!(exit, 12, "{said}");
        assert!(said.contains("CF0626") && said.contains("this ledger takes nothing unsigned"), "{said}");
    }
    let output = desk.run(&["append", "violation", "--source", "AZE", "--heard"]);
    assert_eq!(code(&output), 12, "{}", stderr(&output));
    desk.accepted(&signed(&body("AZE", "b", &report("I-2", "AZE")), 2));
    assert_eq!(desk.verified().0, 0, "the file does not say since when, so that nothing follows for earlier records");
}

#[test]
fn a_required_role_binds_its_own_types_and_everybody_who_has_had_such_a_key() {
    let desk = Desk::new();
    desk.settings("[signatures]\nrequired_roles = [\"assessor\", \"monitor\"]");
    let (exit, said) = unsigned(&desk, "recorder", "a", FINDING);
    assert_eq!(exit, 12, "{said}");
    assert!(said.contains("takes nothing of this type unsigned"), "{said}");
    let (exit, said) = unsigned(&desk, "OSCE", "b", &report("I-2", "OSCE"));
    assert_eq!(exit, 12, "{said}");
    assert!(said.contains("it has had a key with the role monitor"), "{said}");
    assert_eq!(unsigned(&desk, "AZE", "c", &report("I-2", "AZE")).0, 0, "a party need not");
    assert_eq!(unsigned(&desk, "ARM", "d", &report("I-3", "ARM")).0, 0);
    desk.appended("recorder", "e", &key_revoked("OSCE-1", None), Some(1));
    assert_eq!(unsigned(&desk, "OSCE", "f", &report("I-2", "OSCE")).0, 12, "nor does a revocation open the door");
}

#[test]
fn a_new_ledger_that_requires_signatures_takes_its_keepers_first_key_and_nothing_else_unsigned() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| crate::desk::run_in(&folder, arguments, "");
    let made = run(&["init", "ledger", "--origin", "example.org/x", "--signatures", "required"]);
    assert_eq!(code(&made), 0, "{}", stderr(&made));
    let desk = Desk { folder };
    let made = desk.run(&["key", "new", "keeper.key"]);
    assert_eq!(code(&made), 0, "{}", stderr(&made));
    let public = desk.run(&["key", "public", "keeper.key", "--json"]);
    let public: serde_json::Value = serde_json::from_slice(&public.stdout).unwrap();
    let public = public["public_key"].as_str().unwrap().to_owned();
    let actor = ["append", "actor", "AZE", "--name", "en=Azerbaijan", "--kind", "state"];
    assert_eq!(code(&desk.run(&actor)), 12, "nothing comes unsigned");
    let other = ["key", "add", "x", "--actor", "recorder", "--role", "recorder", "--public-key", &public_key(9)];
    let add = ["key", "add", "keeper-1", "--actor", "recorder", "--role", "recorder", "--public-key", &public];
    let added = desk.run(&add);
    assert_eq!(code(&added), 0, "{}", stderr(&added));
    assert_eq!(code(&desk.run(&other)), 12, "the second key must be signed");
    assert_eq!(code(&desk.run(&[&actor[..], &["--key", "keeper.key"]].concat())), 0);
    assert_eq!(desk.verified().0, 0, "the first key and what the ledger writes itself need no signature");
}

#[test]
fn an_import_under_a_required_signature_is_noted_where_the_recorder_signs_and_else_says_that_it_is_not() {
    let desk = Desk::new();
    desk.settings("[signatures]\nmode = \"required\"");
    let lines =
        signed(&body("AZE", "a", &report("I-2", "AZE")), 2) + &signed(&body("ARM", "b", &report("I-3", "ARM")), 3);
    let output = desk.run_with(&["import", "jsonl", "-"], &lines);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("the import itself is not recorded"), "{}", stderr(&output));
    let records = desk.json(&["log"])["records"].as_array().unwrap().clone();
    assert!(records.iter().all(|record| record["type"] != "import.completed"));
    assert_eq!(desk.verified().1["verdict"], "ok");
}

#[test]
fn an_import_of_many_signed_submissions_adds_nothing_when_it_comes_again_and_leaves_out_the_bad_on_request() {
    let desk = Desk::new();
    let lines: Vec<String> = (0..30)
        .map(|n| signed(&body("AZE", &format!("n-{n}"), &report(&format!("B-{n}"), "AZE")), if n == 7 { 3 } else { 2 }))
        .collect();
    let file = desk.folder.path().join("lines.jsonl");
    std::fs::write(&file, lines.concat()).unwrap();
    let file = file.to_str().unwrap();
    let before = desk.log();
    let output = desk.run(&["import", "jsonl", file]);
    assert_eq!(code(&output), 12, "{}", stderr(&output));
    assert!(stderr(&output).contains("lines.jsonl:8:1"), "{}", stderr(&output));
    assert_eq!(desk.log(), before, "all or none");
    let output = desk.run(&["import", "jsonl", file, "--keep-going", "--json"]);
    assert_eq!(code(&output), 4, "{}", stderr(&output));
    let rejected = std::fs::read_to_string(format!("{file}.rejects.jsonl")).unwrap();
    let kept: Vec<&str> = rejected.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(kept, [lines[7].trim_end()], "the refused line, byte for byte");
    std::fs::write(file, lines.concat().replace(&lines[7], "")).unwrap();
    let again = desk.json(&["import", "jsonl", file]);
    assert_eq!((again["appended"].as_u64(), again["replayed"].as_u64()), (Some(0), Some(29)));
    let check = desk.verified();
    assert_eq!(check.0, 0, "{}", check.1);
}

#[test]
fn a_policy_that_cannot_be_read_keeps_the_ledger_closed() {
    for section in
        ["[signatures]\nmode = \"sometimes\"", "[signatures]\nrequired_roles = [\"king\"]", "[signatures]\nmodes = 1"]
    {
        let desk = Desk::bare();
        desk.settings(section);
        let output = desk.run(&["append", "violation", "--source", "AZE", "--heard"]);
        assert_eq!(code(&output), 5, "{section}: {}", stderr(&output));
        assert!(stderr(&output).contains("CF0506"), "{}", stderr(&output));
    }
}

#[test]
fn the_policy_changes_no_answer() {
    let desk = Desk::new();
    desk.appended("panel", "f", FINDING, Some(6));
    let asked = [&["state"][..], &["tally"], &["incident", "I-1"], &["key", "list"], &["log"]];
    let answers = || asked.map(|arguments| desk.json(arguments));
    let before = answers();
    desk.settings("[signatures]\nmode = \"required\"\nrequired_roles = [\"party\"]\nsince = 1");
    assert_eq!(answers(), before);
}

#[test]
fn a_key_and_its_first_signature_come_in_one_batch() {
    let desk = Desk::bare();
    let lines = [
        signed(&body("recorder", "k1", &key_added("rec-1", "recorder", r#""recorder""#, 1)), 1),
        signed(&body("recorder", "k2", &key_added("AZE-1", "AZE", r#""party""#, 2)), 1),
        signed(&body("AZE", "r", &report("I-1", "AZE")), 2),
    ];
    desk.refused(&lines.concat(), 12, "CF0622");
    desk.appended("recorder", "k1", &key_added("rec-1", "recorder", r#""recorder""#, 1), None);
    desk.accepted(&lines[1..].concat());
    assert_eq!(desk.verified().0, 0);
    let late = signed(&body("ARM", "r", &report("I-2", "ARM")), 3)
        + &signed(&body("recorder", "k3", &key_added("ARM-1", "ARM", r#""party""#, 3)), 1);
    desk.refused(&late, 12, "CF0622");
}
