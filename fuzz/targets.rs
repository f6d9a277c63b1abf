//! What the fuzzer and the kept corpus try: seven readers of bytes that come from elsewhere. Whatever the bytes are, none
//! of them panics, and what one accepts it writes again as it was.
//!
//! The same functions are run by `cargo fuzz` (`fuzz_targets/`) and, over the kept corpus, by plain `cargo test`
//! (`tests/machine/corpus.rs`).

use std::io::Cursor;
use std::sync::Arc;

use ceasefire_ledger::exchange::mapping::{Mapping, TableKind};
use ceasefire_ledger::exchange::native::Native;
use ceasefire_ledger::exchange::ucdp::Ucdp;
use ceasefire_ledger::exchange::{Format, Input, read_rows};
use ceasefire_ledger::log::{
    ChainPoint, LogReader, MemoryStorage, Standing, Verdict, VerifyPlan, scan_segment, verify,
};
use ceasefire_ledger::proof::{
    Checkpoint, DisclosureFile, Note, Policy, ReceiptFile, TlogProof, TreeHash, VerifierKey, leaf_hash,
    verify_consistency, verify_inclusion,
};
use ceasefire_ledger::record::{Body, Envelope};
use ceasefire_ledger::vocab::{Check, Pointer, Seq, ZonePolicy};

/// A target: its name, which is that of its corpus, and what it does.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target.
pub(crate) const TARGETS: [Target; 7] = [
    ("record", record),
    ("segment", segment),
    ("note", note),
    ("proof", proof),
    ("mapping", mapping),
    ("csv", csv),
    ("body", body),
];

/// One line of the log. What is a record is so in one spelling only.
pub(crate) fn record(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::decode(bytes) {
        assert_eq!(envelope.encode().unwrap(), bytes, "a record has one spelling");
        body(envelope.body.as_bytes());
    }
}

/// A whole segment: scanned, read and verified.
pub(crate) fn segment(bytes: &[u8]) {
    for standing in [Standing::Last, Standing::Finished] {
        let scan = scan_segment(bytes, ChainPoint::START, standing);
        let accepted = usize::try_from(scan.accepted_bytes).unwrap();
        let again = scan_segment(&bytes[..accepted], ChainPoint::START, standing);
        assert_eq!(again.verdict, Verdict::Clean, "what was accepted is whole");
        assert_eq!((again.accepted, again.records), (scan.accepted, scan.records));
    }
    let storage = MemoryStorage::new();
    storage.overwrite("00000000000000000001.jsonl", bytes.to_vec());
    let report = verify(&storage, VerifyPlan::new(&|_| None)).unwrap();
    let reader = LogReader::new(Arc::new(storage));
    if let Ok(head) = reader.head() {
        if head.seq != Seq::NONE {
            let last = reader.record_at(head.seq).unwrap().unwrap();
            assert_eq!(last.hash, head.hash);
        }
        if report.findings.is_empty() {
            let seqs = reader.records(Seq::FIRST, None).unwrap().map(|record| record.unwrap().seq.number());
            assert!(seqs.eq(1..=head.seq.number()), "what verifies can be read");
        }
    }
}

/// Signed notes, checkpoints, keys and policies. A note has one spelling.
pub(crate) fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes, "a note has one spelling");
        if let Ok(checkpoint) = note.text().parse::<Checkpoint>() {
            assert!(note.text().starts_with(checkpoint.to_string().trim_end_matches('\n')));
        }
    }
    let policy = Policy::parse(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text, "a key has one spelling");
    }
    if let (Ok(policy), Ok(note)) = (policy, Note::parse(SIGNED.as_bytes())) {
        let _ = policy.evaluate(&note);
    }
}

/// Proof files, receipts, disclosures, and bare proofs made of the bytes themselves.
pub(crate) fn proof(bytes: &[u8]) {
    if let Ok(proof) = TlogProof::parse(bytes) {
        let again = TlogProof::parse(proof.to_string().as_bytes()).unwrap();
        assert_eq!(again.to_string(), proof.to_string(), "what is written is read again");
        let (size, root) = (proof.index().saturating_add(1), leaf_hash(bytes));
        let _ = verify_inclusion(proof.index(), size, root, proof.hashes(), root);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(receipt) = ReceiptFile::parse(text) {
            let _ = receipt.check(None);
        }
        let _ = DisclosureFile::read(text);
    }
    let (numbers, rest) = bytes.split_at(bytes.len().min(16));
    let number = |half: &[u8]| half.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let (one, other) = (number(&numbers[..numbers.len() / 2]), number(&numbers[numbers.len() / 2..]));
    let hashes: Vec<TreeHash> = rest.chunks(32).map(leaf_hash).collect();
    let root = leaf_hash(bytes);
    let _ = verify_inclusion(one, other, root, &hashes, root);
    let _ = verify_consistency(one, other, root, root, &hashes);
}

/// A mapping, and a table read by it.
pub(crate) fn mapping(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for kind in [TableKind::Csv, TableKind::Jsonl, TableKind::Geojson] {
        let Ok(mapping) = Mapping::read(text) else { return };
        if let Ok(format) = mapping.into_format(kind, &zones()) {
            let table = if kind == TableKind::Csv { TABLE } else { r#"{"agreement_id":"1","party":"a"}"# };
            rows(&format, table.as_bytes());
        }
    }
}

/// A table of comma-separated values (UCDP's and one with a mapping), or of JSON lines, gzipped or not.
pub(crate) fn csv(bytes: &[u8]) {
    rows(&Ucdp { zones: zones(), actors: std::collections::BTreeMap::new() }, bytes);
    rows(&Native, bytes);
    for kind in [TableKind::Csv, TableKind::Jsonl, TableKind::Geojson] {
        let mapping = Mapping::read(MAPPING).unwrap();
        rows(&mapping.into_format(kind, &zones()).unwrap(), bytes);
    }
}

/// The body of a record. What is accepted is written and read again as it was.
pub(crate) fn body(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(read) = Body::read(text) else { return };
    let written = read.to_text().unwrap();
    assert_eq!(Body::read(&written).unwrap().to_text().unwrap(), written, "what is written is read again");
    let mut faults = Vec::new();
    read.check(&Pointer::default(), &mut faults);
}

fn rows(format: &dyn Format, bytes: &[u8]) {
    let input = Input::new("fuzzed", None, Box::new(Cursor::new(bytes.to_vec())));
    let _ = read_rows(format, input, &mut |row, rows| {
        assert!(!rows.verbatim().is_empty(), "a refused row could not be kept");
        if let Err(faults) = row.drafts {
            assert!(!faults.is_empty(), "a refused row without a reason");
        }
    });
}

fn zones() -> ZonePolicy {
    ZonePolicy::new(vec![180, 240]).unwrap()
}

const MAPPING: &str = include_str!("../fixtures/imports/ceasefires.toml");

const SIGNED: &str = "ceasefire.example/log\n3\np5vUAZS2ZU1GBZ4VgKIVezvyXn7rgzyJJDmMmt04Vuo=\n\n— ceasefire.example/log \
69bXmjmMOBVCOser7ZiUC9EMWYQtFcUrSA+Xl9Tm0oHgSF4S3E2WWLVOvmlfHZoUMUfxPE5bj5Y81tXpUnOi0Yf9/QY=\n";

const TABLE: &str = "agreement_id,row_no,name_en,party,party_kind,cf_type,announced,signed,effective,ended\n\
NS-001,1,Ceasefire 1,Northland (Gov.),state,cessation of hostilities,16/06/2030,17/06/2030,18/06/2030,28/07/2030\n\
NS-001,2,Ceasefire 1,Southmark Front,armed group,-1,,,,9999-12-31\n";
