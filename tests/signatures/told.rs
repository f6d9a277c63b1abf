//! Who signed, as `key list`, `show`, `log`, `incident` and `verify` tell it.

use crate::desk::{Desk, body, code, key_revoked, key_rotated, report, run_in, signed, signer, stderr};

#[test]
fn the_keys_are_listed_as_they_stood_at_any_moment_of_knowledge() {
    let desk = Desk::new();
    let rotation = desk.appended("AZE", "r", &key_rotated("AZE-1", "AZE-2", 12), Some(2)).number();
    let revocation =
        desk.appended("recorder", "s", &key_revoked("AZE-2", Some("2020-10-01T00:00:00Z")), Some(1)).number();
    let key = |arguments: &[&str], id: &str| {
        let answer = desk.json(&[&["key", "list"], arguments].concat());
        answer["keys"].as_array().unwrap().iter().find(|key| key["key"] == id).cloned()
    };
    let old = key(&[], "AZE-1").unwrap();
    assert_eq!(
        (&old["state"], &old["until"], &old["successor"]),
        (&"rotated".into(), &rotation.into(), &"AZE-2".into())
    );
    let new = key(&[], "AZE-2").unwrap();
    assert_eq!((&new["state"], &new["from"], &new["until"]), (&"revoked".into(), &rotation.into(), &revocation.into()));
    assert_eq!((&new["actor"], &new["roles"]), (&"AZE".into(), &serde_json::json!(["party"])));
    assert_eq!(new["suspect_since"], "2020-10-01T00:00:00Z");
    let before = (revocation - 1).to_string();
    let then = key(&["--known-at", &before], "AZE-2").unwrap();
    assert_eq!((&then["state"], &then["suspect_since"]), (&"in_force".into(), &serde_json::Value::Null));
    let before = (rotation - 1).to_string();
    assert_eq!(key(&["--known-at", &before], "AZE-2"), None);
    assert_eq!(key(&["--known-at", &before], "AZE-1").unwrap()["state"], "in_force");
    assert_eq!(key(&["--actor", "ARM"], "AZE-1"), None);
}

#[test]
fn who_signed_a_record_stands_in_show_log_and_incident() {
    let desk = Desk::new();
    let good = desk.appended("AZE", "a", &report("I-2", "AZE"), Some(2)).number();
    let bare = desk.appended("ARM", "b", &report("I-2", "ARM"), None).number();
    let shown = desk.json(&["show", &good.to_string()]);
    assert_eq!((&shown["signed"], &shown["signature"]["key"]), (&true.into(), &"AZE-1".into()));
    assert_eq!(shown["signature"]["standing"], "good");
    assert!(desk.json(&["show", &bare.to_string()]).get("signature").is_none());
    let log = desk.json(&["log"]);
    let line = |seq: u64| log["records"].as_array().unwrap().iter().find(|line| line["seq"] == seq).unwrap();
    assert_eq!(line(good)["signature"]["key"], "AZE-1");
    assert!(line(bare).get("signature").is_none());
    let incident = desk.json(&["incident", "I-2"]);
    assert_eq!(incident["signatures"], serde_json::json!([{ "record": good, "key": "AZE-1", "standing": "good" }]));
    desk.appended("recorder", "r", &key_revoked("AZE-1", Some("2020-10-01T00:00:00Z")), Some(1));
    assert_eq!(desk.json(&["show", &good.to_string()])["signature"]["standing"], "doubtful");
    let then = desk.json(&["show", &good.to_string(), "--known-at", &bare.to_string()]);
    assert_eq!(then["signature"]["standing"], "good", "nobody knew of the doubt then");
    let text = body("AZE", "x", &report("I-2", "AZE"));
    let bad = desk.smuggled(&text, Some(&signer(3).sign(text.as_bytes()))).number();
    let shown = desk.json(&["show", &bad.to_string()]);
    assert_eq!((&shown["signature"]["standing"], shown["signature"].get("key")), (&"bad".into(), None));
    assert!(shown["signature"]["why"].as_str().unwrap().contains("the key of `ARM`"), "{shown:#}");
}

#[test]
fn doubtful_is_what_the_key_signed_from_the_time_named_up_to_its_revocation_and_verification_counts_it() {
    let desk = Desk::new();
    // The clock of these ledgers stands at 2020-10-18T06:00:00Z.
    let seq = desk.appended("AZE", "a", &report("I-2", "AZE"), Some(2));
    desk.appended("ARM", "b", &report("I-3", "ARM"), Some(3));
    desk.appended("recorder", "r", &key_revoked("AZE-1", Some("2020-10-18T06:00:00Z")), Some(1));
    let (exit, check) = desk.verified();
    assert_eq!(exit, 0, "doubtful is not bad: {check:#}");
    let detail = check["detail"].as_str().unwrap();
    assert_eq!(detail, format!("9 signed, 8 unsigned, 1 doubtful (records {seq})"));
    let later = Desk::new();
    later.appended("AZE", "a", &report("I-2", "AZE"), Some(2));
    later.appended("recorder", "r", &key_revoked("AZE-1", Some("2020-10-18T06:00:00.000001Z")), Some(1));
    assert!(later.verified().1["detail"].as_str().unwrap().ends_with("0 doubtful"), "{}", later.verified().1);
}

#[test]
fn the_command_signs_with_the_key_of_a_flag_or_of_the_environment_in_its_owners_name() {
    let desk = Desk::new();
    let made = desk.run(&["key", "new", "k.key", "--json"]);
    let public =
        serde_json::from_slice::<serde_json::Value>(&made.stdout).unwrap()["public_key"].as_str().unwrap().to_owned();
    let report = ["append", "violation", "--source", "ARM", "--act", "shelling", "--key", "k.key"];
    let unknown = desk.run(&report);
    assert_eq!(code(&unknown), 12, "{}", stderr(&unknown));
    assert!(stderr(&unknown).contains("CF0622") && stderr(&unknown).contains(&public), "{}", stderr(&unknown));
    desk.appended(
        "recorder",
        "k",
        &crate::desk::key_added("ARM-2", "ARM", r#""party""#, 3).replace(&crate::desk::public_key(3), &public),
        Some(1),
    );
    let answer = desk.json(&report);
    let seq = answer["receipts"][0]["receipt"]["seq"].as_u64().unwrap();
    assert_eq!(answer["receipts"][0]["signed_with"], "ARM-2");
    let shown = desk.json(&["show", &seq.to_string()]);
    assert_eq!((&shown["record"]["by"], &shown["signature"]["key"]), (&"ARM".into(), &"ARM-2".into()));
    let for_another = desk.run(&[&report[..], &["--by", "AZE"]].concat());
    assert_eq!(code(&for_another), 12, "{}", stderr(&for_another));
    assert!(stderr(&for_another).contains("CF0624"), "{}", stderr(&for_another));
    let path = desk.path();
    let with_env = |key: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ceasefire"));
        command.args([
            "-L",
            path.to_str().unwrap(),
            "append",
            "violation",
            "--source",
            "ARM",
            "--act",
            "overflight",
            "--json",
        ]);
        command.current_dir(desk.folder.path()).env("CEASEFIRE_KEY", key).output().unwrap()
    };
    let named = with_env("k.key");
    assert_eq!(code(&named), 0, "{}", stderr(&named));
    assert!(String::from_utf8_lossy(&named.stdout).contains("ARM-2"));
    let none = with_env("");
    assert_eq!(code(&none), 0, "{}", stderr(&none));
    assert!(!String::from_utf8_lossy(&none.stdout).contains("ARM-2"), "an empty name is no key");
}

#[cfg(unix)]
#[test]
fn a_key_file_is_its_owners_alone_and_a_word_is_said_where_it_is_not() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let made = run_in(&folder, &["key", "new", "k.key"], "");
    assert_eq!(code(&made), 0, "{}", stderr(&made));
    let path = folder.path().join("k.key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!stderr(&run_in(&folder, &["key", "public", "k.key"], "")).contains("warning"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = stderr(&run_in(&folder, &["key", "public", "k.key"], ""));
    assert!(said.contains("warning: others on this machine may read k.key"), "{said}");
    let secret = std::fs::read_to_string(&path).unwrap();
    let secret = secret.lines().nth(1).unwrap();
    let output = run_in(&folder, &["key", "public", "k.key", "--json"], "");
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    assert!(!printed.contains(secret), "the secret is never printed");
}

#[test]
fn a_submission_that_was_there_unsigned_gives_its_receipt_and_says_that_no_key_signed_it() {
    let desk = Desk::new();
    let text = body("AZE", "a", &report("I-2", "AZE"));
    desk.appended("AZE", "a", &report("I-2", "AZE"), None);
    let output = desk.run_with(&["submit", "-", "--json"], &signed(&text, 2));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let item = &answer["receipts"][0];
    assert_eq!((&item["receipt"]["replayed"], &item["signed_with"]), (&true.into(), &serde_json::Value::Null));
}
