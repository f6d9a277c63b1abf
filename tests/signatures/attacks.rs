//! What somebody would try who has no right to, through the command, each with its exit code: once at the door, where it is
//! denied and nothing is written; and once past the door, written into the log with a chain that holds, where
//! verification proves it and names the record.

use ceasefire_ledger::proof::BodySignature;

use crate::desk::{
    Desk, body, body_for, key_added, key_revoked, key_rotated, public_key, report, retracted, signed, signed_elsewhere,
    signer,
};

#[test]
fn a_revoked_key_signs_nothing_after_its_revocation() {
    let desk = Desk::new();
    let before = signed(&body("AZE", "a", &report("I-2", "AZE")), 2);
    desk.accepted(&before);
    let revocation = desk.appended("recorder", "r", &key_revoked("AZE-1", None), Some(1));
    let text = body("AZE", "b", &report("I-3", "AZE"));
    let said = desk.refused(&signed(&text, 2), 12, "CF0623");
    assert!(said.contains(&format!("`AZE-1`, which ended with record {revocation}")), "{said}");
    desk.accepted(&before);
    assert_eq!(desk.verified().0, 0, "what it signed before stays good");
    let seq = desk.smuggled(&text, Some(&signer(2).sign(text.as_bytes())));
    desk.violated_at(seq, "which ended with record");
}

#[test]
fn a_key_that_handed_over_signs_nothing_more_and_the_next_one_does() {
    let desk = Desk::new();
    desk.appended("AZE", "r", &key_rotated("AZE-1", "AZE-2", 12), Some(2));
    let text = body("AZE", "b", &report("I-3", "AZE"));
    desk.refused(&signed(&text, 2), 12, "CF0623");
    desk.accepted(&signed(&body("AZE", "c", &report("I-4", "AZE")), 12));
    assert_eq!(desk.verified().0, 0);
    let seq = desk.smuggled(&text, Some(&signer(2).sign(text.as_bytes())));
    desk.violated_at(seq, "which ended with record");
}

#[test]
fn a_signature_does_not_fit_another_body() {
    let desk = Desk::new();
    let said = body("AZE", "a", &report("I-2", "AZE"));
    let other = body("AZE", "b", &report("I-2", "ARM"));
    let signature = signer(2).sign(said.as_bytes());
    desk.refused(&signed_elsewhere(&other, &signature, 2), 12, "CF0621");
    let seq = desk.smuggled(&other, Some(&signature));
    desk.violated_at(seq, "no key of `AZE` in force made this signature");
}

#[test]
fn a_body_that_was_written_again_is_not_the_one_that_was_signed() {
    let text = body("AZE", "a", &report("I-2", "AZE"));
    let signature = signer(2).sign(text.as_bytes());
    let spaced = text.replace("\"by\":", "\"by\": ");
    let moved = text.replace(r#""by":"AZE","key":"a""#, r#""key":"a","by":"AZE""#);
    let escaped = text.replace("shelling", "shell\\u0069ng");
    for other in [spaced, moved, escaped] {
        assert_ne!(other, text);
        let desk = Desk::new();
        desk.refused(&signed_elsewhere(&other, &signature, 2), 12, "CF0621");
        let seq = desk.smuggled(&other, Some(&signature));
        desk.violated_at(seq, "over these bytes");
    }
}

#[test]
fn a_record_of_one_ledger_is_not_replayed_into_another() {
    let desk = Desk::new();
    let text = body_for("example.org/other", "AZE", "a", &report("I-2", "AZE"));
    desk.refused(&signed(&text, 2), 3, "CF0312");
    let renamed = text.replace("example.org/other", crate::desk::ORIGIN);
    desk.refused(&signed_elsewhere(&renamed, &signer(2).sign(text.as_bytes()), 2), 12, "CF0621");
    let seq = desk.smuggled(&renamed, Some(&signer(2).sign(text.as_bytes())));
    desk.violated_at(seq, "over these bytes");
}

#[test]
fn nobody_signs_with_the_key_of_another_nor_an_organ_for_what_it_is_a_part_of() {
    for (by, seed, key) in [("ARM", 2, "AZE-1"), ("AZE", 4, "MoD-1"), ("AZE.MoD", 2, "AZE-1"), ("AZE", 1, "rec-1")] {
        let desk = Desk::new();
        let text = body(by, "a", &report("I-2", by));
        let said = desk.refused(&signed(&text, seed), 12, "CF0624");
        assert!(said.contains(&format!("`{key}`")) && said.contains(&format!("not of `{by}`")), "{said}");
        let seq = desk.smuggled(&text, Some(&signer(seed).sign(text.as_bytes())));
        desk.violated_at(seq, &format!("and not of `{by}`"));
    }
}

#[test]
fn a_key_that_nobody_added_signs_nothing() {
    let desk = Desk::new();
    let text = body("AZE", "a", &report("I-2", "AZE"));
    desk.refused(&signed(&text, 77), 12, "CF0621");
    let keyless = Desk::bare();
    let said = keyless.refused(&signed(&text, 77), 12, "CF0622");
    assert!(said.contains("`AZE` has no key in force"), "{said}");
    let seq = keyless.smuggled(&text, Some(&signer(77).sign(text.as_bytes())));
    keyless.violated_at(seq, "no key known here made the signature");
}

#[test]
fn a_role_does_not_sign_what_is_for_another() {
    let finding = r#"{"type":"finding.issued","v":1,"about":{"incident":"I-1"},"outcome":"verified","assessor":"AZE"}"#;
    let merge = r#"{"type":"incident.merged","v":1,"incident":"I-2","into":"I-1","reason":"one"}"#;
    let actor =
        r#"{"type":"actor.registered","v":1,"actor":"X","kind":"state","names":[{"lang":"en","text":"Xland"}]}"#;
    let reported = report("I-9", "panel");
    for (by, seed, event) in [
        ("AZE", 2, finding),
        ("OSCE", 5, finding),
        ("recorder", 1, finding),
        ("AZE", 2, merge),
        ("panel", 6, merge),
        ("OSCE", 5, actor),
        ("panel", 6, reported.as_str()),
    ] {
        let desk = Desk::new();
        desk.appended("recorder", "I-2", &report("I-2", "AZE"), None);
        let text = body(by, "a", event);
        let said = desk.refused(&signed(&text, seed), 12, "CF0625");
        assert!(said.contains("may sign as"), "{said}");
        let seq = desk.smuggled(&text, Some(&signer(seed).sign(text.as_bytes())));
        desk.violated_at(seq, "may sign as");
    }
}

#[test]
fn one_party_does_not_take_back_what_the_other_said() {
    let desk = Desk::new();
    let theirs = desk.appended("ARM", "theirs", &report("I-2", "ARM"), Some(3));
    let mine = desk.appended("AZE", "mine", &report("I-3", "AZE"), Some(2));
    let text = body("AZE", "a", &retracted(theirs));
    let said = desk.refused(&signed(&text, 2), 12, "CF0628");
    assert!(said.contains(&format!("did not submit record {theirs}")), "{said}");
    let by_key = text.replace(&format!(r#""seq":{theirs}"#), r#""key":"theirs","by":"ARM""#);
    desk.refused(&signed(&by_key, 2), 12, "CF0628");
    let replaced = format!(
        r#"{{"type":"record.corrected","v":1,"target":{{"seq":{theirs}}},"by":"source","reason":"x","replacement":{}}}"#,
        report("I-2", "AZE")
    );
    desk.refused(&signed(&body("AZE", "b", &replaced), 2), 12, "CF0628");
    desk.accepted(&signed(&body("AZE", "c", &retracted(mine)), 2));
    assert_eq!(desk.verified().0, 0);
    let seq = desk.smuggled(&text, Some(&signer(2).sign(text.as_bytes())));
    desk.violated_at(seq, "did not submit record");
}

#[test]
fn whoever_steals_a_party_key_neither_adds_keys_nor_ends_those_of_others() {
    let added = key_added("mine", "AZE", r#""party""#, 88);
    for event in [&added, &key_rotated("ARM-1", "mine", 88), &key_revoked("ARM-1", None), &key_revoked("rec-1", None)] {
        let desk = Desk::new();
        let text = body("AZE", "a", event);
        desk.refused(&signed(&text, 2), 12, "CF0627");
        let seq = desk.smuggled(&text, Some(&signer(2).sign(text.as_bytes())));
        desk.violated_at(seq, "needs the recorder's word");
    }
    let desk = Desk::new();
    let unsigned = body("AZE", "a", &key_revoked("ARM-1", None));
    let output = desk.run_with(&["import", "jsonl", "-"], &unsigned);
    assert_eq!(crate::desk::code(&output), 12, "unsigned, only the keeper's word changes keys");
    assert!(crate::desk::stderr(&output).contains("CF0627"));
}

#[test]
fn a_public_key_that_has_ended_does_not_come_back_under_another_id() {
    let desk = Desk::new();
    desk.appended("recorder", "r", &key_revoked("AZE-1", None), Some(1));
    for event in [key_added("AZE-9", "AZE", r#""party""#, 2), key_rotated("ARM-1", "ARM-9", 2)] {
        let said = desk.refused(&signed(&body("recorder", "a", &event), 1), 3, "CF0630");
        assert!(said.contains("the public key of `AZE-1`"), "{said}");
    }
    desk.refused(&signed(&body("recorder", "b", &key_rotated("AZE-1", "AZE-9", 99)), 1), 3, "CF0631");
    desk.refused(&signed(&body("recorder", "c", &key_revoked("AZE-1", None)), 1), 3, "CF0631");
}

#[test]
fn a_text_that_verifies_forgeries_is_no_public_key() {
    let desk = Desk::new();
    let good = public_key(50);
    let mut identity = [0; 32];
    identity[0] = 1;
    let small_order = BodySignature::from_bytes([0; 64]).to_base64();
    let weak = [base64(&identity), base64(&[0; 32]), base64(&[255; 32]), small_order, good.replace('=', "")];
    for text in weak {
        let event = key_added("AZE-9", "AZE", r#""party""#, 50).replace(&good, &text);
        let line = signed(&body("recorder", "a", &event), 1);
        desk.refused(&line, 3, "CF0629");
    }
    desk.accepted(&signed(&body("recorder", "a", &key_added("AZE-9", "AZE", r#""party""#, 50)), 1));
}

fn base64(bytes: &[u8; 32]) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(bytes)
}

#[test]
fn a_log_that_rotates_an_ended_key_or_takes_an_id_twice_was_written_by_no_ledger() {
    for event in [key_rotated("AZE-1", "AZE-3", 33), key_added("ARM-1", "AZE", r#""party""#, 33)] {
        let desk = Desk::new();
        desk.appended("AZE", "r", &key_rotated("AZE-1", "AZE-2", 12), Some(2));
        let text = body("recorder", "a", &event);
        let seq = desk.smuggled(&text, Some(&signer(1).sign(text.as_bytes())));
        desk.violated_at(seq, "it changes no key");
        let stolen = body("AZE", "b", &report("I-2", "AZE"));
        let second = desk.smuggled(&stolen, Some(&signer(33).sign(stolen.as_bytes())));
        let found = desk.verified().1["findings"].as_array().unwrap().len();
        assert_eq!((found, second.number()), (2, seq.number() + 1), "the key that it names is in force nowhere");
    }
}

#[test]
fn a_signature_that_was_taken_off_is_missed_where_the_keeper_says_since_when_all_is_signed() {
    let desk = Desk::new();
    let seq = desk.smuggled(&body("AZE", "a", &report("I-2", "AZE")), None);
    assert_eq!(desk.verified().0, 0, "in this ledger anybody may come unsigned");
    desk.settings(&format!("[signatures]\nmode = \"required\"\nsince = {seq}"));
    let (exit, check) = desk.verified();
    assert_eq!((exit, check["verdict"].as_str()), (5, Some("cannot_tell")));
    assert_eq!(check["findings"][0]["seq"], seq.number());
    assert_eq!(check["findings"].as_array().unwrap().len(), 1, "the records before are none of its business");
}
