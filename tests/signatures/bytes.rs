//! One bit is enough: whatever of a signed submission is changed, it does not get in.

use ceasefire_ledger::ledger::{AppendError, SubmittedBody};
use ceasefire_ledger::proof::BodySignature;
use ceasefire_ledger::record::Body;

use crate::desk::{Desk, body, report, signed, signer};

#[test]
fn every_single_bit_of_body_and_signature_counts() {
    let desk = Desk::new();
    let mut ledger = desk.ledger();
    let text = body("AZE", "a", &report("I-2", "AZE"));
    let signature = signer(2).sign(text.as_bytes());
    let mut would = |text: String, signature: BodySignature| match Body::read(&text) {
        Ok(body) => {
            ledger.would_append_submitted(&[SubmittedBody { body, text, signature: Some(signature) }]).map(drop)
        }
        Err(_) => Err(AppendError::OtherBytes { index: 0 }),
    };
    would(text.clone(), signature).unwrap();
    let (mut tried, mut denied, mut unread) = (0, 0, 0);
    let mut judge = |what: String, found: Result<(), AppendError>| {
        tried += 1;
        match found {
            Err(AppendError::Denied { .. }) => denied += 1,
            Err(AppendError::OtherBytes { .. } | AppendError::NotAllowed { .. }) => unread += 1,
            other => panic!("{what}: {other:?}"),
        }
    };
    for at in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        match String::from_utf8(bytes) {
            Ok(changed) => judge(format!("bit {at} of the body"), would(changed, signature)),
            Err(_) => judge(format!("bit {at}"), Err(AppendError::OtherBytes { index: 0 })),
        }
    }
    for at in 0..512 {
        let mut bytes = *signature.as_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        judge(format!("bit {at} of the signature"), would(text.clone(), BodySignature::from_bytes(bytes)));
    }
    assert_eq!(tried, text.len() * 8 + 512);
    assert!(denied >= 512 + text.len() && unread > 0, "{denied} denied, {unread} not read");
}

#[test]
fn every_byte_of_a_line_that_is_cut_or_changed_keeps_it_out() {
    let desk = Desk::new();
    let text = body("AZE", "a", &report("I-2", "AZE"));
    let line = signed(&text, 2);
    let line = line.trim_end();
    let mut ledger = desk.ledger();
    let mut would = |line: &str| {
        let read = ceasefire_ledger::exchange::jsonl::read_lines(line.as_bytes()).next();
        let read = read.and_then(Result::ok).filter(|line| line.signature.is_some());
        let given = read.map(|line| SubmittedBody { body: line.body, text: line.text, signature: line.signature });
        given.map(|given| ledger.would_append_submitted(&[given]))
    };
    assert!(would(line).is_some_and(|would| would.is_ok()));
    for length in 0..line.len() {
        assert!(would(&line[..length]).is_none(), "cut after {length}");
    }
    // `keyid` is a hint for people: it is neither signed nor recorded, and nothing hangs on it.
    let hint = line.find("\"keyid\"").unwrap()..line.find(",\"sig\"").unwrap();
    for at in (0..line.len()).filter(|at| !hint.contains(at)) {
        let mut bytes = line.as_bytes().to_vec();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert!(would(&changed).is_none_or(|would| would.is_err()), "byte {at}: {changed}");
    }
}

#[test]
fn every_bit_of_a_signed_record_in_a_log_with_a_chain_that_holds_is_missed_by_verification() {
    // The chain of the last record is nobody's to check; its signature is.
    let text = body("AZE", "a", &report("I-2", "AZE"));
    let signature = signer(2).sign(text.as_bytes());
    for changed in [
        text.replace("shelling", "shellinG"),
        text.replace("I-2", "I-3"),
        text.replace(r#""key":"a""#, r#""key":"b""#),
        text.replace(r#"{"actor":"AZE"}"#, r#"{"actor":"ARM"}"#),
    ] {
        if Body::read(&changed).is_err() {
            continue;
        }
        let desk = Desk::new();
        let seq = desk.smuggled(&changed, Some(&signature));
        desk.violated_at(seq, "no key of `AZE` in force made this signature over these bytes");
    }
}
