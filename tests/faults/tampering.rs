//! What truncation, damage and tampering look like, and where.
use std::sync::Arc;

use super::log_support::{FIRST, MOVE_ASIDE, append, filled, known, parse_seal, try_open, verified, visible};
use ceasefire_ledger::log::{
    ChainFault, ChainPoint, LogReader, LogWriter, MemoryStorage, OpenError, ReadError, Standing, Storage, TornPolicy,
    Verdict, scan_segment,
};
use ceasefire_ledger::record::Receipt;
use ceasefire_ledger::vocab::Seq;

const ONE_SEGMENT: u64 = 1 << 30;

fn storage_of(bytes: &[u8]) -> MemoryStorage {
    let storage = MemoryStorage::new();
    storage.overwrite(FIRST, bytes.to_vec());
    storage
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Gives the first bad position that verify, and the one that opening for writing, names.
fn named(bytes: &[u8], receipts: &[Receipt]) -> (Option<u64>, Option<u64>) {
    let storage = storage_of(bytes);
    let report = verified(&storage, known(receipts));
    let opened = match try_open(Arc::new(storage), ONE_SEGMENT, TornPolicy::Refuse) {
        Ok(_) | Err(OpenError::Torn { .. }) => None,
        Err(OpenError::Corrupt { seq, .. }) => Some(seq.number()),
        Err(other) => panic!("{other}"),
    };
    (report.first_bad().map(Seq::number), opened)
}

#[test]
fn every_truncation_is_clean_or_torn_and_keeps_every_complete_batch() {
    let batches = [1, 3, 1, 2];
    let (full, receipts) = filled(&batches, ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    let ends: Vec<usize> = lines(&bytes)
        .iter()
        .scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        })
        .collect();
    for cut in 0..=bytes.len() {
        let complete =
            receipts.iter().filter(|r| ends[usize::try_from(r.head_seq.number()).unwrap() - 1] <= cut).count();
        let from = if complete == 0 { 0 } else { ends[complete - 1] };
        let whole_lines = ends.iter().filter(|end| **end <= cut).count() as u64;
        let storage = storage_of(&bytes[..cut]);
        let shared: Arc<dyn Storage> = Arc::new(storage.clone());
        let expected: Vec<_> = receipts[..complete].iter().map(|r| (r.seq, r.hash)).collect();

        let scan = scan_segment(&bytes[..cut], ChainPoint::START, Standing::Last);
        assert_eq!((scan.records, scan.accepted_bytes), (complete as u64, from as u64), "cut at {cut}");
        if from == cut {
            assert_eq!(scan.verdict, Verdict::Clean);
        } else {
            let first_missing = Seq::new(whole_lines + 1);
            let torn = Verdict::Torn { from: from as u64, bytes: (cut - from) as u64, first_missing };
            assert_eq!(scan.verdict, torn, "cut at {cut}");
            let refused = try_open(Arc::clone(&shared), ONE_SEGMENT, TornPolicy::Refuse);
            assert!(matches!(refused, Err(OpenError::Torn { .. })), "{refused:?}");
            assert!(verified(&storage, None).torn.is_some());
        }
        assert_eq!(visible(&shared), expected, "cut at {cut}");
        assert_eq!(verified(&storage, None).findings, []);

        let opened = try_open(Arc::clone(&shared), ONE_SEGMENT, MOVE_ASIDE).unwrap();
        assert_eq!(opened.recovered.is_some(), from != cut);
        let mut writer = opened.writer;
        append(&mut writer, 2);
        assert_eq!(visible(&shared)[..complete], expected);
        assert!(verified(&storage, None).is_clean());
        if from != cut {
            assert_eq!(storage.bytes(&format!("{FIRST}.torn")).unwrap(), bytes[from..cut]);
        }
        if complete < receipts.len() {
            let report = verified(&storage_of(&bytes[..cut]), known(&receipts));
            assert_eq!(report.first_bad(), Some(Seq::new(whole_lines + 1)), "cut at {cut}");
        }
    }
}

#[test]
fn a_torn_tail_is_left_alone_where_a_signed_position_would_be_lost() {
    let (full, _) = filled(&[2, 2], ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    let storage = storage_of(&bytes[..bytes.len() - 1]);
    let kept = |keep_to| {
        let policy = TornPolicy::MoveAside { keep_to: Seq::new(keep_to) };
        try_open(Arc::new(storage.clone()), ONE_SEGMENT, policy)
    };
    match kept(3) {
        Err(OpenError::TornBelowKnown { head, known }) => assert_eq!((head.seq.number(), known.number()), (2, 3)),
        other => panic!("{other:?}"),
    }
    assert_eq!(storage.files(), [FIRST]);
    assert!(kept(2).is_ok());
}

#[test]
fn a_flipped_bit_before_a_valid_record_is_never_taken_for_a_torn_tail() {
    let (full, receipts) = filled(&[1, 2, 1, 1], ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    let last_line = bytes.len() - lines(&bytes).last().unwrap().len();
    for at in 0..last_line {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            let scan = scan_segment(&damaged, ChainPoint::START, Standing::Last);
            assert!(matches!(scan.verdict, Verdict::Corrupt { .. }), "byte {at}, bit {bit}: {scan:?}");
            let storage = storage_of(&damaged);
            let opened = try_open(Arc::new(storage.clone()), ONE_SEGMENT, MOVE_ASIDE);
            assert!(matches!(opened, Err(OpenError::Corrupt { .. })), "{opened:?}");
            assert_eq!(storage.bytes(FIRST).unwrap(), damaged);
            assert_eq!(storage.files(), [FIRST]);
            let read = LogReader::new(Arc::new(storage)).records(Seq::FIRST, None);
            let read = read.and_then(Iterator::collect::<Result<Vec<_>, _>>);
            assert!(matches!(read, Err(ReadError::Corrupt { .. })), "byte {at}, bit {bit}: {read:?}");
        }
    }
    assert_eq!(receipts.len(), 5);
}

#[test]
fn a_removed_record_is_detected_where_it_stood() {
    let (full, receipts) = filled(&[1, 3, 2, 1, 1], ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    let count = receipts.len();
    for removed in 0..count {
        let mut left = lines(&bytes);
        left.remove(removed);
        let position = removed as u64 + 1;
        let (verify_names, open_names) = named(&left.concat(), &receipts);
        assert_eq!(verify_names, Some(position));
        // Without knowing the head nobody can tell that the last batch was ever there.
        assert_eq!(open_names, (removed + 1 < count).then_some(position));
    }
}

#[test]
fn a_removed_last_batch_is_detected_by_one_who_knows_the_head() {
    let (full, receipts) = filled(&[2, 2, 2], ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    let shorter = lines(&bytes)[..4].concat();
    let report = verified(&storage_of(&shorter), known(&receipts));
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].fault, ChainFault::KnownMissing { known: Seq::new(6) });
    assert_eq!(report.findings[0].seq, Seq::new(5));
    assert!(verified(&storage_of(&shorter), None).is_clean());
}

#[test]
fn a_doubled_record_is_detected_behind_the_first_copy() {
    let (full, receipts) = filled(&[1, 3, 2, 1], ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    for doubled in 0..receipts.len() {
        let mut more = lines(&bytes);
        more.insert(doubled, more[doubled]);
        let position = Some(doubled as u64 + 2);
        assert_eq!(named(&more.concat(), &receipts), (position, position));
    }
}

#[test]
fn swapped_records_are_detected_at_the_first_of_them() {
    let (full, receipts) = filled(&[1, 3, 2, 1], ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    for first in 0..receipts.len() {
        for second in first + 1..receipts.len() {
            let mut order = lines(&bytes);
            order.swap(first, second);
            let position = Some(first as u64 + 1);
            assert_eq!(named(&order.concat(), &receipts), (position, position), "{first} and {second}");
        }
    }
}

#[test]
fn a_record_rewritten_in_its_own_spelling_is_named_through_its_successor() {
    let (full, receipts) = filled(&[1, 1, 1, 1], ONE_SEGMENT);
    let text = String::from_utf8(full.bytes(FIRST).unwrap()).unwrap();
    for n in 1..=4_u64 {
        let forged = text.replace(&format!(r#"{{"n":{n}}}"#), r#"{"n":9}"#);
        let report = verified(&storage_of(forged.as_bytes()), known(&receipts));
        assert_eq!(report.first_bad(), Some(Seq::new(n)));
        let fault = &report.findings[0].fault;
        if n < 4 {
            assert!(matches!(fault, ChainFault::Hash { .. }), "{fault:?}");
        } else {
            assert!(matches!(fault, ChainFault::KnownHash { .. }), "{fault:?}");
        }
        assert_eq!(report.findings.len(), 1, "one change is told once");
    }
}

#[test]
fn several_forged_records_are_each_reported() {
    let (full, receipts) = filled(&[1; 12], ONE_SEGMENT);
    let text = String::from_utf8(full.bytes(FIRST).unwrap()).unwrap();
    let forged = text.replace(r#"{"n":3}"#, r#"{"n":0}"#).replace(r#"{"n":8}"#, r#"{"n":0}"#);
    let report = verified(&storage_of(forged.as_bytes()), known(&receipts));
    assert_eq!(report.findings.iter().map(|f| f.seq.number()).collect::<Vec<_>>(), [3, 8]);
    assert_eq!(report.records, 12);
}

/// Five segments of one batch each, the batch of each but the first opened by a seal.
fn segmented() -> (MemoryStorage, Vec<Receipt>) {
    filled(&[3, 2, 2, 2, 2], 10)
}

#[test]
fn a_flipped_bit_in_any_segment_is_named_at_its_record() {
    let (storage, receipts) = segmented();
    let files = storage.files();
    assert_eq!(files.len(), 5);
    let mut first = 1;
    for file in &files {
        let bytes = storage.bytes(file).unwrap();
        for (line, seq) in lines(&bytes).iter().zip(first..) {
            let start = line.as_ptr() as usize - bytes.as_ptr() as usize;
            for at in (start..start + line.len()).step_by(3) {
                let damaged = storage.crash(ceasefire_ledger::log::Unsynced::Lost);
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                damaged.overwrite(file, changed);
                let report = verified(&damaged, known(&receipts));
                assert_eq!(report.first_bad().map(Seq::number), Some(seq), "{file} byte {at}: {report:?}");
            }
        }
        first += lines(&bytes).len() as u64;
    }
}

#[test]
fn a_removed_or_renamed_or_emptied_segment_is_detected() {
    let (storage, receipts) = segmented();
    let files = storage.files();
    let starts: Vec<Seq> = storage.segments().unwrap().iter().map(|name| name.first()).collect();
    for (file, start) in files.iter().zip(&starts) {
        for emptied in [false, true] {
            let damaged = storage.crash(ceasefire_ledger::log::Unsynced::Lost);
            if emptied {
                damaged.overwrite(file, Vec::new());
            } else {
                damaged.remove(file);
            }
            let report = verified(&damaged, known(&receipts));
            assert_eq!(report.first_bad(), Some(*start), "{file}: {report:?}");
        }
    }
    let renamed = storage.crash(ceasefire_ledger::log::Unsynced::Lost);
    let bytes = renamed.bytes(&files[2]).unwrap();
    renamed.remove(&files[2]);
    renamed.overwrite("00000000000000000008.jsonl", bytes);
    let report = verified(&renamed, known(&receipts));
    assert_eq!(report.first_bad(), Some(starts[2]));
    assert!(matches!(report.findings[0].fault, ChainFault::SegmentMisnamed { .. }), "{report:?}");
}

#[test]
fn a_tail_torn_off_a_finished_segment_is_corruption() {
    let (storage, receipts) = segmented();
    let files = storage.files();
    for file in &files[..4] {
        let damaged = storage.crash(ceasefire_ledger::log::Unsynced::Lost);
        let mut bytes = damaged.bytes(file).unwrap();
        let records_before = bytes.len();
        bytes.pop();
        damaged.overwrite(file, bytes);
        let report = verified(&damaged, known(&receipts));
        assert!(report.torn.is_none(), "{records_before}");
        assert!(matches!(report.findings[0].fault, ChainFault::Unterminated), "{report:?}");
    }
    let damaged = storage.crash(ceasefire_ledger::log::Unsynced::Lost);
    let mut bytes = damaged.bytes(&files[3]).unwrap();
    bytes.pop();
    damaged.overwrite(&files[3], bytes);
    let opened = try_open(Arc::new(damaged), 10, MOVE_ASIDE);
    match opened {
        Err(OpenError::Corrupt { seq, why: ChainFault::Unterminated, .. }) => assert_eq!(seq, Seq::new(12)),
        other => panic!("{other:?}"),
    }
}

/// A log whose seals are whatever `seal` makes of them.
fn sealed_by(seal: fn(&ceasefire_ledger::log::SealedSegment) -> String) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let opened = LogWriter::open(
        Arc::new(storage.clone()),
        ceasefire_ledger::log::LogSettings { segment_bytes: 10 },
        super::log_support::clock(),
        Box::new(seal),
        TornPolicy::Refuse,
    );
    let mut writer = opened.unwrap().writer;
    append(&mut writer, 3);
    append(&mut writer, 2);
    storage
}

#[test]
fn a_segment_without_the_right_seal_is_a_violation_at_its_first_record() {
    let missing = verified(&sealed_by(|_| r#"{"n":0}"#.to_owned()), None);
    assert_eq!(missing.findings.len(), 1);
    assert_eq!((missing.findings[0].seq, &missing.findings[0].fault), (Seq::new(4), &ChainFault::SealMissing));
    let forgers: [fn(&mut ceasefire_ledger::log::SealedSegment); 4] = [
        |sealed| sealed.bytes += 1,
        |sealed| sealed.last = Seq::new(2),
        |sealed| sealed.blake3 = ceasefire_ledger::log::SegmentDigest::of_bytes(b""),
        |sealed| sealed.name = ceasefire_ledger::log::SegmentName::starting_at(Seq::new(2)),
    ];
    let (good, _) = filled(&[3, 2], 10);
    assert!(verified(&good, None).is_clean());
    for forge in forgers {
        let lying = |body: &str| {
            let mut sealed = parse_seal(body)?;
            forge(&mut sealed);
            Some(sealed)
        };
        let plan = ceasefire_ledger::log::VerifyPlan::new(&lying);
        let report = ceasefire_ledger::log::verify(&good, plan).unwrap();
        assert_eq!(report.findings.len(), 1);
        assert_eq!(report.findings[0].seq, Seq::new(4));
        assert!(matches!(report.findings[0].fault, ChainFault::SealMismatch { .. }));
    }
}

#[test]
fn a_record_that_looks_torn_but_hides_a_valid_one_behind_a_lost_newline_is_corruption() {
    let (full, _) = filled(&[1, 1, 1], ONE_SEGMENT);
    let mut bytes = full.bytes(FIRST).unwrap();
    let second_end = lines(&bytes)[..2].concat().len() - 1;
    bytes[second_end] = b' ';
    let scan = scan_segment(&bytes, ChainPoint::START, Standing::Last);
    match scan.verdict {
        Verdict::Corrupt { seq, why: ChainFault::Undecodable(_), .. } => assert_eq!(seq, Seq::new(2)),
        other => panic!("{other:?}"),
    }
}

/// Puts zeros in place of a part of the bytes.
fn with_hole(bytes: &[u8], hole: std::ops::Range<usize>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[hole].fill(0);
    bytes
}

#[test]
fn zeros_are_an_unfinished_write_only_as_whole_sectors_of_the_last_batch_and_else_corruption() {
    let (full, receipts) = filled(&[2, 12, 12], ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    let ends: Vec<usize> = lines(&bytes)
        .iter()
        .scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        })
        .collect();
    let (second, third) = (ends[1], ends[13]);
    let sector = |at: usize| at.next_multiple_of(512);
    assert!(sector(third) + 1024 < ends[24], "the last batch must hold whole sectors with records behind them");
    let judged = |hole: std::ops::Range<usize>| {
        let damaged = with_hole(&bytes, hole);
        let storage = storage_of(&damaged);
        let scan = scan_segment(&damaged, ChainPoint::START, Standing::Last);
        let report = verified(&storage, None);
        let read = LogReader::new(Arc::new(storage)).head();
        match scan.verdict {
            Verdict::Torn { from, .. } => {
                assert_eq!(report.findings, []);
                assert_eq!(report.torn.unwrap().from, from);
                assert_eq!(read.unwrap().hash, receipts[13].hash);
                Some(from)
            }
            Verdict::Corrupt { seq, .. } => {
                assert_eq!(report.first_bad(), Some(seq));
                None
            }
            Verdict::Clean => panic!("zeros pass for records"),
        }
    };
    // The last batch: from its start, from a sector, to a sector.
    for hole in [third..sector(third), sector(third)..sector(third) + 512, third..sector(third) + 1024] {
        assert_eq!(judged(hole.clone()), Some(third as u64), "{hole:?}");
    }
    // Not from or not to a sector's edge; or not in the last batch.
    for hole in [
        third + 1..sector(third),
        third..sector(third) - 1,
        sector(third)..sector(third) + 511,
        sector(third) - 1..sector(third) + 512,
        second..sector(second),
        sector(second)..sector(second) + 512,
    ] {
        assert_eq!(judged(hole.clone()), None, "{hole:?}");
    }
    // With another change behind the hole it is no unfinished write either.
    let mut damaged = with_hole(&bytes, third..sector(third));
    let last = damaged.len() - 3;
    damaged[last] ^= 1;
    let scan = scan_segment(&damaged, ChainPoint::START, Standing::Last);
    assert!(matches!(scan.verdict, Verdict::Corrupt { .. }), "{scan:?}");
    // Neither for the reader, where the change is in a body's grammar: the end of the log stays, and `verify` names the damage.
    let mut damaged = with_hole(&bytes, third..sector(third));
    let quote = ends[22] + lines(&bytes)[23].windows(4).position(|part| part == br#"{"n""#).unwrap() + 3;
    damaged[quote] = b'x';
    assert_eq!(LogReader::new(Arc::new(storage_of(&damaged))).head().unwrap().hash, receipts[25].hash);
    let known = verified(&storage_of(&with_hole(&bytes, third..sector(third))), known(&receipts));
    assert_eq!(known.first_bad(), Some(Seq::new(15)), "one who has the receipt knows better");
}

#[test]
fn time_and_batch_faults_are_named_with_their_own_kind() {
    use ceasefire_ledger::record::{Envelope, RecordHash};
    use ceasefire_ledger::vocab::Instant;
    let written = |times: [&str; 3], ends: [u64; 3]| {
        let (mut bytes, mut prev) = (Vec::new(), RecordHash::ZERO);
        for (number, (at, end)) in (1..).zip(times.iter().zip(ends)) {
            let (seq, at, end) = (Seq::new(number), Instant::parse(at).unwrap(), Seq::new(end));
            let line = Envelope { seq, prev, at, end, body: "{}", signature: None }.encode().unwrap();
            prev = RecordHash::of_line(&line);
            bytes.extend_from_slice(&line);
            bytes.push(b'\n');
        }
        bytes
    };
    let day = ["2020-10-17T00:00:00Z", "2020-10-17T00:00:01Z", "2020-10-17T00:00:01Z"];
    let back = ["2020-10-17T00:00:00Z", "2020-10-17T00:00:01Z", "2020-10-17T00:00:00.999999Z"];
    assert!(verified(&storage_of(&written(day, [2, 2, 3])), None).is_clean());
    for (bytes, seq) in [(written(back, [2, 2, 3]), 3), (written(day, [2, 3, 3]), 2), (written(day, [3, 3, 3]), 0)] {
        let report = verified(&storage_of(&bytes), None);
        assert_eq!(report.first_bad().map_or(0, Seq::number), seq);
        let fault = report.findings.first().map(|finding| finding.fault.clone());
        match (seq, fault) {
            (3, Some(ChainFault::TimeBackwards { .. })) | (0, None) => {}
            (2, Some(ChainFault::BatchEnd { expected, found })) => {
                assert_eq!((expected.number(), found.number()), (2, 3));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn one_removed_doubled_or_renumbered_record_is_not_told_as_many() {
    let (full, receipts) = filled(&[1; 20], ONE_SEGMENT);
    let bytes = full.bytes(FIRST).unwrap();
    let told = |lines: &[&[u8]]| -> Vec<u64> {
        let report = verified(&storage_of(&lines.concat()), known(&receipts));
        report.findings.iter().map(|finding| finding.seq.number()).collect()
    };
    let mut removed = lines(&bytes);
    removed.remove(6);
    assert_eq!(told(&removed), [7]);
    let mut doubled = lines(&bytes);
    doubled.insert(6, doubled[6]);
    assert_eq!(told(&doubled), [8]);
    let mut swapped = lines(&bytes);
    swapped.swap(6, 7);
    assert_eq!(told(&swapped), [7, 8]);
    let renumbered = String::from_utf8(lines(&bytes)[6].to_vec()).unwrap().replacen(r#""seq":7"#, r#""seq":3"#, 1);
    let mut changed = lines(&bytes);
    changed[6] = renumbered.as_bytes();
    assert_eq!(told(&changed), [7]);
}

#[test]
fn a_reader_refuses_a_last_segment_that_no_unfinished_write_explains() {
    let (storage, _) = filled(&[3, 2], 10);
    let file = &storage.files()[1];
    let bytes = storage.bytes(file).unwrap();
    let seal = lines(&bytes)[0];
    storage.overwrite(file, [seal, seal].concat());
    match LogReader::new(Arc::new(storage)).head() {
        Err(ReadError::Corrupt { seq, offset, why: ChainFault::Sequence { expected, found }, .. }) => {
            assert_eq!((seq.number(), offset, expected.number(), found.number()), (5, seal.len() as u64, 5, 4));
        }
        other => panic!("{other:?}"),
    }
}
