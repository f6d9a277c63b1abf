//! Property I10: whatever is erased, in whatever order, everything that was published before stays byte for byte.

use std::collections::BTreeMap;

use ceasefire_ledger::ledger::Until;
use ceasefire_ledger::projection::ProjectionDigest;
use ceasefire_ledger::vocab::{Digest32, Seq};
use ceasefire_ledger::{Verdict, VerifyQuestion};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::desk::{Desk, erasure, own, report};

/// How many fields each record seals.
const FIELDS: [usize; 3] = [1, 3, 5];

/// Everything that was published at one size of the log.
#[derive(Debug, PartialEq)]
struct Published {
    log: Vec<u8>,
    checkpoint: Vec<u8>,
    proofs: Vec<String>,
    consistency: Vec<String>,
    digests: Vec<ProjectionDigest>,
}

/// What is to be had of an earlier size: its log, and under its own checkpoint the proof of each record.
fn published(desk: &Desk, note: &[u8], size: u64) -> Published {
    let archive = desk.archive();
    let log = std::fs::read(desk.path.join("log/00000000000000000001.jsonl")).unwrap();
    let lines = log.split_inclusive(|byte| *byte == b'\n').take(usize::try_from(size).unwrap());
    let signed = archive.signed(ceasefire_ledger::proof::Note::parse(note).unwrap()).unwrap();
    assert_eq!(signed.checkpoint.size(), size);
    let proved = archive.inclusions_under((1..=size).map(Seq::new), &signed).unwrap();
    let consistency = |from: u64| {
        let (root, hashes) = archive.publication().consistency(from, &signed.checkpoint).unwrap();
        format!("{root:?} {hashes:?}")
    };
    Published {
        log: lines.flatten().copied().collect(),
        checkpoint: note.to_vec(),
        proofs: proved.iter().map(|inclusion| inclusion.proof.to_string()).collect(),
        consistency: (1..=size).map(consistency).collect(),
        digests: archive.as_known(Until::Seq(Seq::new(size)), None).unwrap().view().digests().unwrap(),
    }
}

/// The tiles that are full at some size do not change any more; the last, partial ones are kept for their size.
fn tiles(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    desk.files().into_iter().filter(|(name, _)| name.starts_with("tiles/")).collect()
}

fn note(desk: &Desk) -> Vec<u8> {
    std::fs::read(desk.path.join("checkpoint")).unwrap()
}

/// A field: which record, and which of its digests.
fn order() -> impl Strategy<Value = Vec<(usize, usize)>> {
    let all: Vec<(usize, usize)> =
        FIELDS.iter().enumerate().flat_map(|(record, count)| (0..*count).map(move |field| (record, field))).collect();
    let length = all.len();
    (Just(all).prop_shuffle(), 0..=length).prop_map(|(all, taken)| all.into_iter().take(taken).collect())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(2020),
        ..ProptestConfig::default()
    })]

    #[test]
    fn erasing_any_subset_in_any_order_leaves_every_earlier_publication_byte_for_byte(order in order(), batches in 1..4_usize) {
        let desk = Desk::new();
        let mut sizes: Vec<(u64, Vec<u8>)> = vec![(3, note(&desk))];
        let mut fields: Vec<Vec<Digest32>> = Vec::new();
        for (number, count) in FIELDS.iter().enumerate() {
            let names: Vec<(String, String)> =
                (0..*count).map(|field| (format!("/f{field}"), format!("secret {number}.{field}"))).collect();
            let names: Vec<(&str, &str)> = names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let seq = desk.append(&report(&format!("r{number}"), &names)).seq;
            sizes.push((seq.number(), note(&desk)));
            fields.push((0..*count).map(|field| desk.digest(seq, &format!("/f{field}"))).collect());
        }
        let before: Vec<Published> = sizes.iter().map(|(size, note)| published(&desk, note, *size)).collect();
        let tiles_before = tiles(&desk);
        for (number, group) in order.chunks(batches).enumerate() {
            let mut by_record: BTreeMap<usize, Vec<Digest32>> = BTreeMap::new();
            for (record, field) in group {
                by_record.entry(*record).or_default().push(fields[*record][*field]);
            }
            for (record, digests) in by_record {
                let target = Seq::new(4 + record as u64);
                desk.append(&own(&format!("e{number}.{record}"), erasure(target, &digests)));
            }
        }
        let after: Vec<Published> = sizes.iter().map(|(size, note)| published(&desk, note, *size)).collect();
        prop_assert_eq!(&after, &before);
        let tiles_after = tiles(&desk);
        for (name, bytes) in tiles_before.iter().filter(|(name, _)| tiles_after.contains_key(*name)) {
            prop_assert_eq!(tiles_after.get(name), Some(bytes), "{}", name);
        }
        // What was erased is gone, the rest is here, and the ledger is whole.
        for (record, digests) in fields.iter().enumerate() {
            let annex = desk.annex(Seq::new(4 + record as u64));
            for (field, digest) in digests.iter().enumerate() {
                let state = annex.fields.iter().find(|sealed| sealed.digest == *digest).unwrap().state.word();
                let expected = if order.contains(&(record, field)) { "erased" } else { "open" };
                prop_assert_eq!(state, expected);
            }
        }
        let report = desk.archive().verify(VerifyQuestion::default()).unwrap();
        prop_assert_eq!(report.verdict(), Verdict::Ok, "{:?}", report.checks);
    }
}

#[test]
fn what_is_counted_and_told_before_an_erasure_is_so_after_it() {
    let desk = Desk::new();
    let seq = desk.append(&report("r1", &[("/witness/name", "Aram Khachaturian")])).seq;
    let rows = |desk: &Desk| {
        let replayed = desk.archive().at_head().unwrap();
        let mut rows = Vec::new();
        for name in ceasefire_ledger::projection::TABLE_NAMES {
            // The index of records, and what is kept of the erasure itself, grow by it.
            if ["record", "submission", "annex", "erased"].contains(name) {
                continue;
            }
            let tables = replayed.view();
            tables.tables().walk_table(name, &mut |key, row| rows.push((*name, key.to_owned(), row.to_vec()))).unwrap();
        }
        rows
    };
    let before = rows(&desk);
    assert!(before.iter().any(|(table, ..)| *table == "incident_claim"), "{before:?}");
    desk.append(&own("e", erasure(seq, &desk.all_digests(seq))));
    assert_eq!(rows(&desk), before);
}
