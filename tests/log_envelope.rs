//! There is exactly one way to write an envelope.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use ceasefire_ledger::record::{Envelope, RecordHash, check_json, check_json_bytes};
use ceasefire_ledger::vocab::{Instant, Seq};
use proptest::prelude::*;

fn body() -> impl Strategy<Value = String> {
    let text = any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap());
    let leaf = prop_oneof![text, any::<i32>().prop_map(|n| n.to_string()), Just("null".to_owned())];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(inner, 0..4).prop_map(|items| object(&items)),
        ]
    });
    proptest::collection::vec(value, 0..4).prop_map(|items| object(&items))
}

fn object(values: &[String]) -> String {
    let members: Vec<_> = values.iter().enumerate().map(|(at, value)| format!(r#""k{at}":{value}"#)).collect();
    format!("{{{}}}", members.join(","))
}

fn signature() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[A-Za-z0-9+/]{85}[AQgw]==")
}

prop_compose! {
    fn line()(
        (seq, extra) in (1..u64::MAX / 2, prop_oneof![0..3_u64, any::<u32>().prop_map(u64::from)]),
        prev in any::<[u8; 32]>(),
        micros in Instant::MIN.micros()..=Instant::MAX.micros(),
        body in body(),
        signature in signature(),
    ) -> (Vec<u8>, String, Option<String>) {
        let envelope = Envelope {
            seq: Seq::new(seq),
            prev: RecordHash::from_bytes(prev),
            at: Instant::from_micros(micros).unwrap(),
            end: Seq::new(seq + extra),
            body: &body,
            signature: signature.as_deref(),
        };
        (envelope.encode().unwrap(), body, signature)
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(( line, body, signature) in line()) {
        let envelope = Envelope::decode(&line).unwrap();
        prop_assert_eq!(envelope.body, &body);
        prop_assert_eq!(envelope.signature, signature.as_deref());
        prop_assert_eq!(envelope.encode().unwrap(), line);
        prop_assert_eq!(check_json(&body), Ok(()));
    }

    #[test]
    fn a_mutated_line_is_refused_or_its_own_only_spelling(
        (mut line, _, _) in line(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..3),
    ) {
        for (at, byte, edit) in edits {
            let at = at.index(line.len());
            match edit {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                _ => { line.remove(at); }
            }
        }
        if let Ok(envelope) = Envelope::decode(&line) {
            prop_assert_eq!(envelope.encode().unwrap(), line);
        }
    }

    #[test]
    fn any_bytes_at_all_are_answered_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(envelope) = Envelope::decode(&bytes) {
            prop_assert_eq!(envelope.encode().unwrap(), bytes.clone());
        }
        if check_json_bytes(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
        }
    }
}

#[test]
fn every_single_byte_change_of_one_line_is_refused_or_its_own_only_spelling() {
    let body = r#"{"n":1,"t":"a\u00e9é"}"#;
    let signature = format!("{}Q==", "b".repeat(85));
    for signature in [None, Some(signature.as_str())] {
        let at = Instant::parse("2020-02-29T18:04:05.123456Z").unwrap();
        let envelope = Envelope { seq: Seq::new(7), prev: RecordHash::ZERO, at, end: Seq::new(9), body, signature };
        let line = envelope.encode().unwrap();
        let mut accepted = 0;
        for at in 0..line.len() {
            for byte in 0..=u8::MAX {
                let mut changed = line.clone();
                changed[at] = byte;
                if let Ok(envelope) = Envelope::decode(&changed) {
                    assert_eq!(envelope.encode().unwrap(), changed);
                    accepted += 1;
                }
            }
        }
        assert!(accepted > line.len(), "digits, hex and text can change into other records");
    }
}
