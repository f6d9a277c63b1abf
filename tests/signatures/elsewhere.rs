//! Signing on a machine without the ledger, and submitting on the one with it.

use std::fs;

use ceasefire_ledger::log::LogReader;
use serde_json::Value;

use crate::desk::{Desk, ORIGIN, body, code, key_revoked, report, run_in, signed, stderr};
use crate::ledger_support::reader_of;

/// Writes the key file of a seed: PKCS#8 as openssl writes it.
fn key_file(folder: &tempfile::TempDir, name: &str, seed: u8) {
    use base64ct::{Base64, Encoding};
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([seed; 32]);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", Base64::encode_string(&der));
    fs::write(folder.path().join(name), pem).unwrap();
}

fn reader(desk: &Desk) -> LogReader {
    reader_of(&ceasefire_ledger::Folder::at(desk.path()))
}

const SIGN: &[&str] = &[
    "append",
    "quiet",
    "--source",
    "OSCE",
    "--place",
    "somewhere",
    "--at",
    "2020-10-17",
    "--by",
    "OSCE",
    "--key",
    "osce.key",
    "--sign-only",
    "--origin",
    ORIGIN,
];

#[test]
fn what_is_signed_without_a_ledger_is_recorded_byte_for_byte_and_twice_is_once() {
    let away = tempfile::tempdir().unwrap();
    key_file(&away, "osce.key", 5);
    let sign = |act: &str| {
        let line = ["append", "violation", "--source", "OSCE", "--act", act, "--when", "2020-10-17T19:30"];
        let rest = [
            "--zone",
            "+04:00",
            "--by",
            "OSCE",
            "--key",
            "osce.key",
            "--sign-only",
            "--origin",
            ORIGIN,
            "-o",
            "out.jsonl",
        ];
        let output = run_in(&away, &[&line[..], &rest].concat(), "");
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    };
    sign("shelling");
    sign("overflight");
    sign("shelling");
    let file = fs::read_to_string(away.path().join("out.jsonl")).unwrap();
    assert_eq!(file.lines().count(), 2, "the same report again adds no line");
    let desk = Desk::new();
    let first = desk.run_with(&["submit", "-", "--json"], &file);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let first: Value = serde_json::from_slice(&first.stdout).unwrap();
    let head = desk.log();
    let again = desk.run_with(&["submit", "-", "--json"], &file);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(desk.log(), head, "a file submitted twice adds nothing");
    for ((line, first), again) in
        file.lines().zip(first["receipts"].as_array().unwrap()).zip(again["receipts"].as_array().unwrap())
    {
        let envelope: Value = serde_json::from_str(line).unwrap();
        let payload =
            <base64ct::Base64 as base64ct::Encoding>::decode_vec(envelope["payload"].as_str().unwrap()).unwrap();
        let seq = first["receipt"]["seq"].as_u64().unwrap();
        let record = reader(&desk).record_at(ceasefire_ledger::Seq::new(seq)).unwrap().unwrap();
        assert_eq!(record.body().as_bytes(), payload, "the bytes recorded are the bytes signed");
        assert_eq!(record.signature(), envelope["signatures"][0]["sig"].as_str());
        assert_eq!(first["signed_with"], "OSCE-1");
        assert_eq!(
            (&again["receipt"]["hash"], &again["receipt"]["replayed"]),
            (&first["receipt"]["hash"], &true.into())
        );
        assert!(record.body().contains("2020-10-17T15:30:00"), "the zone that was typed: {}", record.body());
    }
    assert_eq!(desk.verified().0, 0);
}

#[test]
fn a_file_that_is_submitted_again_after_its_key_was_revoked_gives_the_first_receipts() {
    let desk = Desk::new();
    let line = signed(&body("OSCE", "a", &report("I-2", "OSCE")), 5);
    desk.accepted(&line);
    desk.appended("recorder", "r", &key_revoked("OSCE-1", None), Some(1));
    let before = desk.log();
    assert!(desk.accepted(&line).contains("recorded before"));
    assert_eq!(desk.log(), before);
}

#[test]
fn one_bad_line_keeps_the_whole_file_out_and_is_named() {
    let desk = Desk::new();
    let good = |n: u8| signed(&body("OSCE", &format!("n-{n}"), &report(&format!("B-{n}"), "OSCE")), 5);
    let file = format!("{}\n{}{}", good(1), signed(&body("OSCE", "x", &report("B-9", "OSCE")), 2), good(2));
    let said = desk.refused(&file, 12, "CF0624");
    assert!(said.contains("<stdin>:3:1"), "{said}");
    let said = desk.refused(&format!("{}{}", good(1), body("OSCE", "y", &report("B-8", "OSCE"))), 3, "CF0634");
    assert!(said.contains("<stdin>:2:1") && said.contains("nobody signed"), "{said}");
    let said = desk.refused(&format!("{}{{\"payloadType\":1}}", good(1)), 3, "CF0634");
    assert!(said.contains("<stdin>:2:"), "{said}");
    desk.accepted(&(good(1) + &good(2)));
}

#[test]
fn what_signing_without_a_ledger_needs_is_asked_for_flag_by_flag() {
    let away = tempfile::tempdir().unwrap();
    key_file(&away, "osce.key", 5);
    let complete = run_in(&away, SIGN, "");
    assert_eq!(code(&complete), 0, "{}", stderr(&complete));
    for (flag, values) in [("--key", 1), ("--origin", 1), ("--by", 1)] {
        let at = SIGN.iter().position(|argument| *argument == flag).unwrap();
        let mut arguments = SIGN.to_vec();
        arguments.drain(at..=at + values);
        let output = run_in(&away, &arguments, "");
        let text = stderr(&output);
        assert_eq!(code(&output), 2, "{text}");
        assert!(text.contains("CF0635") && text.contains(&format!("--> {flag}")), "{text}");
    }
    let mut arguments = SIGN.to_vec();
    arguments.retain(|argument| *argument != "--sign-only");
    let output = run_in(&away, &arguments, "");
    assert_eq!(code(&output), 2, "--origin alone says nothing: {}", stderr(&output));
    let output = run_in(
        &away,
        &[
            "append",
            "violation",
            "--source",
            "OSCE",
            "--accused",
            "AZE",
            "--by",
            "OSCE",
            "--key",
            "osce.key",
            "--sign-only",
            "--origin",
            ORIGIN,
        ],
        "",
    );
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("--> --level"), "{}", stderr(&output));
    let output = run_in(
        &away,
        &[
            "append",
            "violation",
            "--source",
            "OSCE",
            "--wounded",
            "40-12",
            "--by",
            "OSCE",
            "--key",
            "osce.key",
            "--sign-only",
            "--origin",
            ORIGIN,
        ],
        "",
    );
    assert_eq!(code(&output), 3, "a contradiction is refused before it is signed: {}", stderr(&output));
}

#[test]
fn a_dry_run_signs_and_writes_nothing() {
    let away = tempfile::tempdir().unwrap();
    key_file(&away, "osce.key", 5);
    let output = run_in(&away, &[SIGN, &["-o", "out.jsonl", "-n"]].concat(), "");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(!away.path().join("out.jsonl").exists());
    let output = run_in(&away, &["key", "new", "x.key", "-n"], "");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(!away.path().join("x.key").exists());
    let desk = Desk::new();
    let before = desk.log();
    let output = desk.run_with(&["submit", "-", "-n"], &signed(&body("OSCE", "a", &report("I-2", "OSCE")), 5));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(desk.log(), before);
}

#[test]
fn a_key_file_that_is_none_and_one_that_is_there_are_refused() {
    let away = tempfile::tempdir().unwrap();
    fs::write(away.path().join("notes.txt"), "patrol 7").unwrap();
    let mut arguments = SIGN.to_vec();
    let at = arguments.iter().position(|argument| *argument == "osce.key").unwrap();
    for file in ["notes.txt", "missing.key", "."] {
        arguments[at] = file;
        let output = run_in(&away, &arguments, "");
        assert_eq!(code(&output), 3, "{file}: {}", stderr(&output));
        assert!(stderr(&output).contains("CF0632"), "{}", stderr(&output));
    }
    let output = run_in(&away, &["key", "new", "notes.txt"], "");
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("CF0633"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(away.path().join("notes.txt")).unwrap(), "patrol 7");
}
