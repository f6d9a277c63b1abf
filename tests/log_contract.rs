//! What storage, writer and reader promise, on disk and in memory alike.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod log_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ceasefire_ledger::log::{
    AppendError, DiskStorage, Head, LockError, LogReader, LogSettings, LogWriter, NewBody, OpenError, ReadError,
    SegmentDigest, SegmentName, Storage, TornPolicy,
};
use ceasefire_ledger::record::{EncodeError, RecordHash};
use ceasefire_ledger::vocab::{Instant, Seq, SteppingClock};
use log_support::{FIRST, append, filled, known, on_both, open, parse_seal, seal, try_open, verified, visible};

fn name(first: u64) -> SegmentName {
    SegmentName::starting_at(Seq::new(first))
}

fn contents(storage: &dyn Storage, name: SegmentName) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(storage.length(name).unwrap()).unwrap()];
    assert_eq!(storage.read(name, 0, &mut bytes).unwrap(), bytes.len());
    bytes
}

#[test]
fn segments_are_listed_in_order_and_read_from_any_offset() {
    on_both(|storage| {
        for first in [100, 1, 20] {
            storage.create(name(first)).unwrap();
        }
        assert_eq!(storage.segments().unwrap(), [name(1), name(20), name(100)]);
        storage.append(name(20), b"abc").unwrap();
        storage.append(name(20), b"def").unwrap();
        storage.sync(name(20)).unwrap();
        assert_eq!(storage.length(name(20)).unwrap(), 6);
        let mut buffer = [0; 4];
        assert_eq!(storage.read(name(20), 4, &mut buffer).unwrap(), 2);
        assert_eq!(&buffer[..2], b"ef");
        assert_eq!(storage.read(name(20), 9, &mut buffer).unwrap(), 0);
    });
}

#[test]
fn a_segment_is_read_in_pieces_from_its_start_until_nothing_is_left_or_no_more_is_wanted() {
    on_both(|storage| {
        storage.create(name(1)).unwrap();
        storage.append(name(1), b"abcdefghij").unwrap();
        let pieces = |wanted: usize| {
            let mut pieces: Vec<String> = Vec::new();
            let mut show = |piece: &[u8]| {
                pieces.push(String::from_utf8(piece.to_vec()).unwrap());
                pieces.len() < wanted
            };
            storage.read_pieces(name(1), &mut [0; 4], &mut show).unwrap();
            pieces
        };
        assert_eq!(pieces(9), ["abcd", "efgh", "ij"]);
        assert_eq!(pieces(2), ["abcd", "efgh"]);
        let missing = storage.read_pieces(name(2), &mut [0; 4], &mut |_| true).unwrap_err();
        assert_eq!(missing.source.kind(), std::io::ErrorKind::NotFound);
    });
}

#[test]
fn a_segment_is_never_created_twice_and_a_missing_one_is_an_error() {
    on_both(|storage| {
        storage.create(name(1)).unwrap();
        let twice = storage.create(name(1)).unwrap_err();
        assert_eq!(twice.source.kind(), std::io::ErrorKind::AlreadyExists);
        for missing in [storage.length(name(2)).map(drop), storage.append(name(2), b"x"), storage.sync(name(2))] {
            assert_eq!(missing.unwrap_err().source.kind(), std::io::ErrorKind::NotFound);
        }
    });
}

#[test]
fn foreign_files_in_the_folder_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let storage = DiskStorage::create(folder.path().join("log")).unwrap();
    for foreign in ["1.jsonl", "notes.txt", "00000000000000000001.jsonl.torn", "00000000000000000000.jsonl"] {
        std::fs::write(folder.path().join("log").join(foreign), "x").unwrap();
    }
    assert_eq!(storage.segments().unwrap(), []);
    storage.create(name(1)).unwrap();
    assert_eq!(storage.segments().unwrap(), [name(1)]);
}

#[test]
fn a_cut_tail_is_kept_beside_the_segment_and_never_overwrites_another() {
    let folder = tempfile::tempdir().unwrap();
    let disk = DiskStorage::create(folder.path().join("log")).unwrap();
    let memory = ceasefire_ledger::log::MemoryStorage::new();
    for storage in [&disk as &dyn Storage, &memory] {
        storage.create(name(1)).unwrap();
        for (tail, kept_in) in [("one", "1.jsonl.torn"), ("three", "1.jsonl.torn.2"), ("", "1.jsonl.torn.3")] {
            storage.append(name(1), tail.as_bytes()).unwrap();
            let cut = storage.cut_tail(name(1), 0).unwrap();
            assert_eq!((cut.kept_in, cut.bytes), (format!("0000000000000000000{kept_in}"), tail.len() as u64));
            assert_eq!(storage.length(name(1)).unwrap(), 0);
        }
        storage.append(name(1), b"on").unwrap();
        assert_eq!(contents(storage, name(1)), b"on");
    }
    for (file, bytes) in [("1.jsonl.torn", "one"), ("1.jsonl.torn.2", "three")] {
        let file = format!("0000000000000000000{file}");
        assert_eq!(memory.bytes(&file).unwrap(), bytes.as_bytes());
        assert_eq!(std::fs::read(folder.path().join("log").join(file)).unwrap(), bytes.as_bytes());
    }
}

#[test]
fn a_second_writer_is_turned_away_until_the_first_is_gone() {
    on_both(|storage| {
        let first = open(Arc::clone(&storage), 1000);
        let second = try_open(Arc::clone(&storage), 1000, TornPolicy::Refuse);
        assert!(matches!(second, Err(OpenError::Lock(LockError::Held))), "{second:?}");
        drop(first);
        open(storage, 1000);
    });
}

#[test]
fn another_process_handle_on_the_same_folder_is_turned_away_too() {
    let folder = tempfile::tempdir().unwrap();
    let first = DiskStorage::create(folder.path().join("log")).unwrap();
    let second = DiskStorage::open(folder.path().join("log")).unwrap();
    let held = first.lock().unwrap();
    assert!(matches!(second.lock(), Err(LockError::Held)));
    drop(held);
    second.lock().unwrap();
}

#[test]
fn receipts_name_the_records_that_readers_find() {
    on_both(|storage| {
        let mut writer = open(Arc::clone(&storage), 700);
        let receipts: Vec<_> = [1, 3, 2, 1, 9, 1, 1, 4].iter().flat_map(|n| append(&mut writer, *n)).collect();
        assert_eq!(receipts.len(), 22);
        assert!(storage.segments().unwrap().len() > 2);
        let reader = LogReader::new(Arc::clone(&storage));
        assert_eq!(reader.head().unwrap(), writer.head());
        let all: Vec<_> = reader.records(Seq::FIRST, None).unwrap().map(Result::unwrap).collect();
        let seals = all.iter().filter(|record| parse_seal(record.body()).is_some()).count();
        assert_eq!(all.len(), 22 + seals);
        for receipt in &receipts {
            let record = reader.record_at(receipt.seq).unwrap().unwrap();
            assert_eq!((record.hash, record.at, record.end), (receipt.hash, receipt.at, receipt.head_seq));
            assert_eq!(RecordHash::of_line(record.line.as_bytes()), receipt.hash);
            assert_eq!(record.body(), format!(r#"{{"n":{}}}"#, n_of(record.body())));
            assert_eq!(reader.record_at(receipt.head_seq).unwrap().unwrap().hash, receipt.head);
            assert!(!receipt.replayed);
        }
        for (from, to) in [(0, 5), (2, 2), (7, 19), (19, 400), (400, 500), (5, 4)] {
            let part = reader.records(Seq::new(from), Some(Seq::new(to))).unwrap().map(Result::unwrap);
            let expected = all.iter().filter(|record| (from..=to).contains(&record.seq.number()));
            assert!(part.eq(expected.cloned()), "{from}..={to}");
        }
        assert_eq!(reader.record_at(Seq::NONE).unwrap(), None);
        assert_eq!(reader.record_at(writer.head().seq.next()).unwrap(), None);
        let report = verified(storage.as_ref(), known(&receipts));
        assert!(report.is_clean(), "{report:?}");
        assert_eq!((report.records, report.head), (all.len() as u64, Some(writer.head())));
    });
}

fn n_of(body: &str) -> u64 {
    body.trim_start_matches(r#"{"n":"#).trim_end_matches('}').parse().unwrap()
}

#[test]
fn a_long_segment_is_read_at_random() {
    on_both(|storage| {
        let mut writer = open(Arc::clone(&storage), 1 << 30);
        let reader = LogReader::new(Arc::clone(&storage));
        let mut receipts = Vec::new();
        for bodies in [1000, 1, 500, 70] {
            receipts.extend(append(&mut writer, bodies));
            for receipt in receipts.iter().step_by(13) {
                assert_eq!(reader.record_at(receipt.seq).unwrap().unwrap().hash, receipt.hash);
            }
        }
        let last = receipts.last().unwrap();
        assert_eq!(reader.record_at(last.seq).unwrap().unwrap().hash, last.hash);
    });
}

/// A look into the middle of such a line does not reach the next one: it is found through the index.
#[test]
fn a_segment_of_long_lines_is_read_at_random() {
    on_both(|storage| {
        let mut writer = open(Arc::clone(&storage), 1 << 30);
        let reader = LogReader::new(Arc::clone(&storage));
        let bodies: Vec<String> = (0..40).map(|n| format!(r#"{{"n":"{}"}}"#, "x".repeat(n * 1_000))).collect();
        let bodies: Vec<_> = bodies.iter().map(|body| NewBody { body, signature: None }).collect();
        let receipts = writer.append(&bodies).unwrap();
        for receipt in receipts.iter().rev().chain(&receipts) {
            let found = reader.record_at(receipt.seq).unwrap().unwrap();
            assert_eq!((found.seq, found.hash), (receipt.seq, receipt.hash));
        }
    });
}

/// Where a line begins is guessed from how many stand before it: here that is far off.
#[test]
fn a_segment_of_short_lines_and_then_long_ones_is_read_at_random() {
    on_both(|storage| {
        let mut writer = open(Arc::clone(&storage), 1 << 30);
        let reader = LogReader::new(Arc::clone(&storage));
        let long = |n: usize| if n < 3_000 { String::new() } else { "x".repeat(2_000 + n) };
        let bodies: Vec<String> = (0..3_200).map(|n| format!(r#"{{"n":"{}"}}"#, long(n))).collect();
        let bodies: Vec<_> = bodies.iter().map(|body| NewBody { body, signature: None }).collect();
        let receipts = writer.append(&bodies).unwrap();
        let sought =
            receipts.iter().step_by(11).chain(receipts.iter().rev().step_by(17)).chain(&receipts[2_990..3_010]);
        for receipt in sought {
            let found = reader.record_at(receipt.seq).unwrap().unwrap();
            assert_eq!((found.seq, found.hash), (receipt.seq, receipt.hash));
        }
    });
}

#[test]
fn a_batch_that_was_taken_back_is_not_shown_again_and_another_in_its_place_is() {
    let (storage, receipts) = filled(&[2, 3], 1 << 30);
    let reader = LogReader::new(Arc::new(storage.clone()));
    let third = Seq::new(3);
    assert_eq!(reader.record_at(third).unwrap().unwrap().hash, receipts[2].hash);
    let whole = storage.bytes(FIRST).unwrap();
    let second_line = memchr::memchr_iter(b'\n', &whole).nth(1).unwrap();
    storage.overwrite(FIRST, whole[..=second_line].to_vec());
    assert_eq!(reader.record_at(third).unwrap(), None);

    storage.overwrite(FIRST, whole.clone());
    assert_eq!(reader.head().unwrap().hash, receipts[4].hash);
    storage.overwrite(FIRST, whole[..=second_line].to_vec());
    let body = format!(r#"{{"other":"{}"}}"#, "x".repeat(9_000));
    let mut writer = open(Arc::new(storage.clone()), 1 << 30);
    let others = writer.append(&[NewBody { body: &body, signature: None }; 2]).unwrap();
    assert_eq!(reader.record_at(third).unwrap().unwrap().hash, others[0].hash);
    assert_eq!(reader.record_at(third.next()).unwrap().unwrap().hash, others[1].hash);
    assert_eq!(reader.record_at(Seq::new(5)).unwrap(), None);
}

#[test]
fn an_empty_log_has_an_empty_head_and_no_records() {
    on_both(|storage| {
        let reader = LogReader::new(Arc::clone(&storage));
        assert_eq!(reader.head().unwrap(), Head::EMPTY);
        assert_eq!(visible(&storage), []);
        assert_eq!(open(Arc::clone(&storage), 1000).head(), Head::EMPTY);
        assert!(verified(storage.as_ref(), None).is_clean());
    });
}

#[test]
fn a_reopened_log_goes_on_where_it_stopped() {
    on_both(|storage| {
        let mut receipts = Vec::new();
        for bodies in [2, 1, 5, 3, 1, 1, 4] {
            receipts.extend(append(&mut open(Arc::clone(&storage), 700), bodies));
        }
        let report = verified(storage.as_ref(), known(&receipts));
        assert!(report.is_clean(), "{report:?}");
        assert!(report.segments > 2);
    });
}

#[test]
fn rotation_opens_the_next_segment_with_the_digest_of_the_whole_file_before() {
    on_both(|storage| {
        let mut writer = open(Arc::clone(&storage), 400);
        let first = append(&mut writer, 3);
        let second = append(&mut writer, 2);
        let segments = storage.segments().unwrap();
        assert_eq!(segments, [name(1), name(4)]);
        let record = LogReader::new(Arc::clone(&storage)).record_at(Seq::new(4)).unwrap().unwrap();
        let sealed = parse_seal(record.body()).unwrap();
        let file = contents(storage.as_ref(), name(1));
        assert_eq!(sealed.blake3, SegmentDigest::of_bytes(&file));
        assert_eq!(
            (sealed.name, sealed.first, sealed.last, sealed.bytes),
            (name(1), Seq::new(1), Seq::new(3), file.len() as u64)
        );
        // The seal belongs to the batch, but its receipt to nobody.
        assert_eq!(record.end, Seq::new(6));
        assert_eq!(
            first.iter().chain(&second).map(|receipt| receipt.seq.number()).collect::<Vec<_>>(),
            [1, 2, 3, 5, 6]
        );
    });
}

#[test]
fn a_batch_longer_than_a_segment_stays_whole() {
    on_both(|storage| {
        let mut writer = open(Arc::clone(&storage), 300);
        append(&mut writer, 40);
        assert_eq!(storage.segments().unwrap().len(), 1);
        append(&mut writer, 40);
        assert_eq!(storage.segments().unwrap(), [name(1), name(41)]);
        assert!(verified(storage.as_ref(), None).is_clean());
    });
}

#[test]
fn a_segment_created_just_before_the_machine_stopped_is_sealed_by_the_next_batch() {
    on_both(|storage| {
        append(&mut open(Arc::clone(&storage), 100), 3);
        storage.create(name(4)).unwrap();
        let before = LogReader::new(Arc::clone(&storage)).head().unwrap();
        assert_eq!(before.seq, Seq::new(3));
        let mut writer = open(Arc::clone(&storage), 100);
        assert_eq!(writer.head(), before);
        let receipts = append(&mut writer, 1);
        assert_eq!(receipts[0].seq, Seq::new(5));
        assert!(verified(storage.as_ref(), known(&receipts)).is_clean());
    });
}

#[test]
fn recording_times_never_decrease_when_the_clock_stands_still_or_goes_back() {
    on_both(|storage| {
        let start = Instant::parse("2020-10-17T18:04:05Z").unwrap();
        let clock = Arc::new(SteppingClock::new(start, -1_000));
        let settings = LogSettings::default();
        let opened = LogWriter::open(
            Arc::clone(&storage),
            settings,
            Arc::clone(&clock) as _,
            Box::new(seal),
            TornPolicy::Refuse,
        );
        let mut writer = opened.unwrap().writer;
        let mut receipts = append(&mut writer, 3);
        clock.set(start.plus_micros(5_000_000));
        receipts.extend(append(&mut writer, 1));
        clock.set(Instant::MIN);
        receipts.extend(append(&mut writer, 1));
        drop(writer);
        let reopened = LogWriter::open(Arc::clone(&storage), settings, clock, Box::new(seal), TornPolicy::Refuse);
        receipts.extend(append(&mut reopened.unwrap().writer, 1));
        let late = start.plus_micros(5_000_000);
        assert_eq!(receipts.iter().map(|r| r.at).collect::<Vec<_>>(), [start, start, start, late, late, late]);
        assert!(verified(storage.as_ref(), None).is_clean());
    });
}

#[test]
fn a_refused_batch_writes_nothing_and_poisons_nothing() {
    on_both(|storage| {
        let mut writer = open(Arc::clone(&storage), 1000);
        append(&mut writer, 1);
        let before = contents(storage.as_ref(), name(1));
        assert!(matches!(writer.append(&[]), Err(AppendError::Empty)));
        let good = NewBody { body: "{}", signature: None };
        let bad = NewBody { body: "{\n}", signature: None };
        match writer.append(&[good, bad]) {
            Err(AppendError::Refused { index: 1, source: EncodeError::LineBreak { offset: 1 } }) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(contents(storage.as_ref(), name(1)), before);
        append(&mut writer, 1);
        assert!(verified(storage.as_ref(), None).is_clean());
    });
}

#[test]
fn a_reader_beside_a_running_writer_never_sees_half_a_batch() {
    on_both(|storage| {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut writer = open(Arc::clone(&storage), 20_000);
                for batch in 0..150 {
                    append(&mut writer, 1 + batch % 40);
                }
                done.store(true, Ordering::Release);
            });
            let reader = LogReader::new(Arc::clone(&storage));
            let mut last_seen = 0;
            loop {
                let finished = done.load(Ordering::Acquire);
                let mut last = None;
                let read = reader.for_each_block(Seq::new(last_seen + 1), None, |lines| {
                    last = lines.last().map(|line| (line.envelope.seq, line.envelope.end));
                    Ok::<_, ReadError>(())
                });
                read.unwrap();
                if let Some((seq, end)) = last {
                    assert_eq!(seq, end);
                    last_seen = seq.number();
                }
                if finished {
                    break;
                }
            }
            assert_eq!(reader.head().unwrap().seq.number(), last_seen);
        });
    });
}

#[test]
fn an_observer_sees_every_record_once_and_progress_reaches_the_end() {
    on_both(|storage| {
        let mut writer = open(Arc::clone(&storage), 5_000);
        for _ in 0..50 {
            append(&mut writer, 7);
        }
        let (mut seen, mut told) = (Vec::new(), (0, 0));
        let mut observer = |lines: &[ceasefire_ledger::log::Line<'_>]| {
            seen.extend(lines.iter().map(|line| (line.envelope.seq, line.hash)));
        };
        let mut progress = |done, of| told = (done, of);
        let plan = ceasefire_ledger::log::VerifyPlan {
            observer: Some(&mut observer),
            progress: Some(&mut progress),
            ..ceasefire_ledger::log::VerifyPlan::new(&parse_seal)
        };
        let report = ceasefire_ledger::log::verify(storage.as_ref(), plan).unwrap();
        assert_eq!(seen, visible(&storage));
        assert_eq!(told, (report.bytes, report.bytes));
    });
}
