//! The verbs as their users meet them: exit codes, codes, and what is and is not printed.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::desk::Desk;

fn run(desk: &Desk, arguments: &[&str], stdin: &str) -> Output {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_ceasefire"))
        .args(["-L", desk.path.to_str().unwrap()])
        .args(arguments)
        .current_dir(desk.path.parent().unwrap())
        .env_remove("CEASEFIRE_LEDGER")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Runs a command that must end so; gives what it printed, answer and messages together.
fn ended(desk: &Desk, arguments: &[&str], exit: i32, code: Option<&str>) -> String {
    let output = run(desk, arguments, "from standard input\n");
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {text}");
    if let Some(code) = code {
        assert!(text.contains(&format!("code:  {code}")), "{arguments:?}: {text}");
    }
    text
}

fn json(desk: &Desk, arguments: &[&str]) -> Value {
    let output = run(desk, &[arguments, &["--json"]].concat(), "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = value["schema"].as_str().unwrap().to_owned();
    let schema = run(desk, &["schema", &name], "");
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, [""; 0], "{name}");
    value
}

const ERASE: &[&str] =
    &["--legal-basis", "GDPR 17", "--requester", "the witness", "--approver", "officer", "--approver", "head"];

fn reported() -> Desk {
    let desk = Desk::new();
    let outside = desk.path.parent().unwrap();
    fs::write(outside.join("name.txt"), "Aram Khachaturian\n").unwrap();
    let append = ["append", "violation", "--source", "?a villager", "--summary", "shots", "--idempotency-key", "r1"];
    let private = ["--private", "witness.name=@name.txt", "--private", "contact=@-", "--private", "handle=@@aram"];
    let text = ended(&desk, &[append.as_slice(), &private].concat(), 0, None);
    assert!(!text.contains("Aram") && !text.contains("standard input"), "{text}");
    desk
}

#[test]
fn a_field_is_sealed_shown_withheld_released_handed_over_and_erased() {
    let desk = reported();
    let show = ended(&desk, &["show", "4"], 0, None);
    assert!(show.contains("up to 4 fields") && !show.contains("Aram"), "{show}");
    let private = ended(&desk, &["show", "4", "--private"], 0, None);
    for expected in ["/witness/name  Aram Khachaturian", "/contact  from standard input", "/handle  @aram"] {
        assert!(private.contains(expected), "{expected}: {private}");
    }
    ended(&desk, &["seal", "withhold", "4", "--field", "contact", "--reason", "protected"], 0, None);
    ended(&desk, &["seal", "withhold", "4", "--field", "contact", "--reason", "protected"], 3, Some("CF0663"));
    let private = ended(&desk, &["show", "4", "--private"], 0, None);
    assert!(!private.contains("standard input") && private.contains("withheld by record 5"), "{private}");
    let over = ["unseal", "4", "--to", "officer", "--purpose", "case 7"];
    ended(&desk, &[&over[..], &["--field", "contact", "-o", "c.json"]].concat(), 3, Some("CF0663"));
    ended(&desk, &["seal", "release", "4", "--field", "contact", "--reason", "the hearing is over"], 0, None);
    ended(&desk, &["seal", "release", "4", "--field", "contact", "--reason", "the hearing is over"], 3, Some("CF0664"));
    ended(&desk, &["seal", "withhold", "4", "--field", "contact", "--reason", "protected"], 0, None);
    ended(&desk, &["seal", "release", "4", "--field", "contact", "--reason", "the hearing is over"], 0, None);

    let handed = ended(&desk, &[&over[..], &["--field", "witness", "-o", "w.json"]].concat(), 0, None);
    assert!(handed.contains("/witness/name") && !handed.contains("Aram"), "{handed}");
    ended(&desk, &[&over[..], &["--field", "witness", "-o", "w.json"]].concat(), 3, Some("CF0677"));
    let checked = ended(&desk, &["unseal", "check", "w.json"], 0, None);
    assert!(checked.contains("Aram Khachaturian"), "{checked}");
    let log = ended(&desk, &["log"], 0, None);
    assert!(log.contains("1 sealed value of record 4 handed over to officer") && !log.contains("Aram"), "{log}");

    ended(&desk, &[&["erase", "4", "--field", "witness.nam"][..], ERASE].concat(), 3, Some("CF0672"));
    let dry = ended(&desk, &[&["-n", "erase", "4", "--field", "witness"][..], ERASE].concat(), 0, None);
    assert!(dry.contains("nothing was written"), "{dry}");
    let erased = ended(&desk, &[&["erase", "4", "--field", "witness"][..], ERASE].concat(), 0, None);
    assert!(erased.contains("destroyed  1 data keys"), "{erased}");
    let private = ended(&desk, &["show", "4", "--private"], 0, None);
    assert!(!private.contains("Aram") && private.contains("erased by record"), "{private}");
    ended(&desk, &[&["erase", "4", "--field", "witness"][..], ERASE].concat(), 3, Some("CF0672"));
    ended(&desk, &["unseal", "check", "w.json"], 0, None);
    ended(&desk, &["verify"], 0, None);
}

#[test]
fn the_answers_as_json_fit_their_schemas() {
    let desk = reported();
    let list = json(&desk, &["seal", "list", "4"]);
    assert_eq!(list["fields"].as_array().unwrap().len(), 4);
    let shown = json(&desk, &["show", "4", "--private"]);
    let names: Vec<&str> =
        shown["private"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!(names, ["/contact", "/handle", "/witness/name"]);
    assert!(json(&desk, &["show", "4"]).get("private").is_none());
    let over = ["unseal", "4", "--all", "--to", "?the court", "--purpose", "case 7", "-o", "all.json"];
    assert_eq!(json(&desk, &over)["fields"].as_array().unwrap().len(), 3);
    let checked = json(&desk, &["unseal", "check", "all.json"]);
    assert_eq!(checked["sealed"], 4);
    let erased = json(&desk, &[&["erase", "4", "--all"][..], ERASE].concat());
    assert_eq!((&erased["destroyed"], erased["digests"].as_array().unwrap().len()), (&4.into(), 4));
}

#[test]
fn a_file_of_handed_over_fields_is_checked_with_exit_codes_of_its_own() {
    let desk = reported();
    let outside = desk.path.parent().unwrap().to_owned();
    let over = ["unseal", "4", "--field", "witness", "--to", "officer", "--purpose", "case 7", "-o", "w.json"];
    ended(&desk, &over, 0, None);
    let hash = json(&desk, &["show", "4"])["hash"].as_str().unwrap().to_owned();
    ended(&desk, &["unseal", "check", "w.json", "--hash", &hash], 0, None);
    ended(&desk, &["unseal", "check", "w.json", "--hash", &"0".repeat(64)], 1, Some("CF0674"));
    ended(&desk, &["unseal", "check", "w.json", "--hash", "xyz"], 3, Some("CF0214"));
    let text = fs::read_to_string(outside.join("w.json")).unwrap();
    // Into another record's line.
    let other = ended(&desk, &["show", "3", "--raw"], 0, None);
    let mut moved: Value = serde_json::from_str(&text).unwrap();
    moved["line"] = other.trim_end().into();
    fs::write(outside.join("moved.json"), moved.to_string()).unwrap();
    ended(&desk, &["unseal", "check", "moved.json"], 5, Some("CF0673"));
    let second = ["append", "violation", "--source", "?b", "--summary", "s", "--private", "witness.name=@name.txt"];
    ended(&desk, &second, 0, None);
    let line = ended(&desk, &["show", "6", "--raw"], 0, None);
    moved["line"] = line.trim_end().into();
    fs::write(outside.join("moved.json"), moved.to_string()).unwrap();
    ended(&desk, &["unseal", "check", "moved.json"], 1, Some("CF0674"));
    fs::write(outside.join("bad.json"), "{}").unwrap();
    ended(&desk, &["unseal", "check", "bad.json"], 5, Some("CF0673"));
    ended(&desk, &["unseal", "check", "absent.json"], 5, Some("CF0504"));
}

#[test]
fn a_private_part_that_cannot_be_read_is_refused_without_being_repeated() {
    let desk = Desk::new();
    let outside = desk.path.parent().unwrap().to_owned();
    let append = ["append", "violation", "--source", "?a", "--summary", "s"];
    for (typed, code) in [
        ("witness", "CF0666"),
        ("=Aram", "CF0666"),
        ("a..b=Aram", "CF0666"),
        ("witness.name=", "CF0666"),
        ("witness=@absent.txt", "CF0504"),
    ] {
        let exit = if code == "CF0504" { 20 } else { 3 };
        let text = ended(&desk, &[&append[..], &["--private", typed]].concat(), exit, Some(code));
        assert!(!text.contains("Aram"), "{text}");
    }
    let twice = ["--private", "witness=Aram", "--private", "witness.name=Aram"];
    let text = ended(&desk, &[&append[..], &twice].concat(), 3, Some("CF0666"));
    assert!(!text.contains("Aram"), "{text}");
    for (file, bytes, code) in [
        ("p.json", "[\"Aram\"]", "CF0666"),
        ("p.json", "{\"lat\":40.5}", "CF0106"),
        ("p.json", "{\"a\":1,\"a\":2}", "CF0105"),
        ("p.yaml", "witness: Aram: x", "CF0666"),
    ] {
        fs::write(outside.join(file), bytes).unwrap();
        ended(&desk, &[&append[..], &["--private-file", file]].concat(), 3, Some(code));
    }
    assert!(!desk.path.join("vault").exists());
    // Beside the event's members, in JSON and in YAML.
    let event = r#"{"source":{"speaker":[{"unnamed":"a"}]},"incident":"I-9","summary":"s","private":{"victims":[{"name":"Aram"}]}}"#;
    fs::write(outside.join("e.json"), event).unwrap();
    ended(&desk, &["append", "violation", "e.json"], 0, None);
    let yaml =
        "source:\n  speaker:\n    - unnamed: a\nincident: I-10\nsummary: s\nprivate:\n  notes: Aram\n  seen: true\n";
    fs::write(outside.join("e.yaml"), yaml).unwrap();
    ended(&desk, &["append", "violation", "e.yaml"], 0, None);
    assert!(ended(&desk, &["show", "4", "--private"], 0, None).contains("/victims/0/name  Aram"));
    let shown = ended(&desk, &["show", "5", "--private"], 0, None);
    assert!(shown.contains("/notes  Aram") && shown.contains("/seen  true"), "{shown}");
}

#[test]
fn what_the_vault_cannot_open_ends_with_cannot_tell() {
    let desk = reported();
    let key = fs::read(desk.path.join("keys/vault.key")).unwrap();
    fs::remove_file(desk.path.join("keys/vault.key")).unwrap();
    let over = ["unseal", "4", "--field", "witness", "--to", "officer", "--purpose", "case 7", "-o", "w.json"];
    ended(&desk, &over, 5, Some("CF0669"));
    ended(&desk, &["verify"], 5, None);
    let shown = ended(&desk, &["show", "4", "--private"], 0, None);
    assert!(shown.contains("unopened") && !shown.contains("Aram"), "{shown}");
    let second = ["append", "violation", "--source", "?b", "--summary", "t", "--private", "witness.name=@name.txt"];
    ended(&desk, &second, 5, Some("CF0669"));
    // Erasing needs no vault key: the field is named by its digest.
    let digest = json(&desk, &["seal", "list", "4"])["fields"][0]["digest"].as_str().unwrap().to_owned();
    ended(&desk, &[&["erase", "4", "--digest", &digest][..], ERASE].concat(), 0, None);
    fs::write(desk.path.join("keys/vault.key"), key).unwrap();
    ended(&desk, &["verify"], 0, None);
    fs::remove_dir_all(desk.path.join("vault")).unwrap();
    fs::remove_dir_all(desk.path.join("keys/vault")).unwrap();
    let text = ended(&desk, &["verify"], 5, None);
    assert!(text.contains("withheld or lost"), "{text}");
}

#[test]
fn an_erased_value_that_is_still_in_a_file_is_a_proven_no_until_the_next_opening() {
    let desk = reported();
    let backup = tempfile::tempdir().unwrap();
    for part in ["vault", "keys/vault"] {
        crate::desk::copy(&desk.path.join(part), &backup.path().join(part));
    }
    ended(&desk, &[&["erase", "4", "--field", "witness"][..], ERASE].concat(), 0, None);
    for part in ["vault", "keys/vault"] {
        crate::desk::copy(&backup.path().join(part), &desk.path.join(part));
    }
    let text = ended(&desk, &["verify"], 1, None);
    assert!(text.contains("was erased by record 5 and is still in the vault"), "{text}");
    let text = ended(&desk, &["append", "violation", "--source", "?b", "--summary", "t"], 0, None);
    assert!(text.contains("erasures that were recorded were carried out"), "{text}");
    ended(&desk, &["verify"], 0, None);
}
