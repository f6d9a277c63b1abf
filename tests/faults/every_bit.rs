//! Every bit of a log of 1 MiB, every byte it can be cut at, every record taken out, doubled, moved or exchanged.
//!
//! To scan 1 MiB for each of eight million bits would take hours, so the fast tier scans on from the record before the
//! change. That is the same code, and it is shown below to give the same answer as a scan from the start and as `verify`
//! of the whole log. The long tier verifies the whole log for every bit.

use std::ops::Range;
use std::sync::Arc;

use ceasefire_ledger::log::{ChainPoint, LogWriter, MemoryStorage, NewBody, Standing, Storage, Verdict, scan_segment};
use ceasefire_ledger::record::{Receipt, RecordHash};
use ceasefire_ledger::vocab::Seq;
use rayon::prelude::*;

use super::fault_support::Chance;
use super::log_support::{FIRST, known, open, verified};
use super::tried;

const MIB: usize = 1024 * 1024;
const ONE_SEGMENT: u64 = 1 << 30;

/// A log of at least so many bytes: batches of one to four records of many lengths, some signed.
struct Log {
    bytes: Vec<u8>,
    receipts: Vec<Receipt>,
    lines: Vec<Range<usize>>,
    /// For each line, where its batch starts, and the point there.
    batches: Vec<(usize, ChainPoint)>,
    /// For each line, the point before it.
    points: Vec<ChainPoint>,
}

impl Log {
    fn of(length: usize) -> Self {
        let storage = MemoryStorage::new();
        let mut writer = open(Arc::new(storage.clone()), ONE_SEGMENT);
        let mut chance = Chance::of(1);
        let (mut receipts, mut written) = (Vec::new(), 0);
        while written < length {
            let records = [1, 1, 1, 1, 2, 4][chance.below(6)];
            receipts.extend(some_batch(&mut writer, records, &mut chance));
            written = storage.length(storage.segments().unwrap()[0]).map_or(0, |bytes| usize::try_from(bytes).unwrap());
        }
        receipts.extend(some_batch(&mut writer, 1, &mut chance));
        Self::from(storage.bytes(FIRST).unwrap(), receipts)
    }

    fn from(bytes: Vec<u8>, receipts: Vec<Receipt>) -> Self {
        let mut at = 0;
        let lines: Vec<Range<usize>> = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| {
                at += line.len();
                at - line.len()..at
            })
            .collect();
        assert_eq!(lines.len(), receipts.len());
        let (mut batches, mut start, mut point) = (Vec::new(), 0, ChainPoint::START);
        for (line, receipt) in lines.iter().zip(&receipts) {
            batches.push((start, point));
            if receipt.seq == receipt.head_seq {
                start = line.end;
                point = ChainPoint { next: receipt.seq.next(), prev: receipt.hash, last_at: receipt.at };
            }
        }
        let after =
            |receipt: &Receipt| ChainPoint { next: receipt.seq.next(), prev: receipt.hash, last_at: receipt.at };
        let points = [ChainPoint::START].into_iter().chain(receipts.iter().map(after)).collect();
        Self { bytes, receipts, lines, batches, points }
    }

    fn head(&self) -> RecordHash {
        self.receipts.last().unwrap().head
    }

    fn line(&self, index: usize) -> &[u8] {
        &self.bytes[self.lines[index].clone()]
    }

    /// Scans on from the batch of a line, and gives the first bad position.
    ///
    /// What a scan makes of a log is decided by the point it starts from and the bytes after it. Where nothing is bad,
    /// the end is compared with the head, as one does who has a receipt.
    fn first_bad_from(&self, index: usize, tail: &[u8]) -> Option<u64> {
        self.first_bad_after(self.batches[index].1, tail)
    }

    fn first_bad_after(&self, point: ChainPoint, tail: &[u8]) -> Option<u64> {
        let scan = scan_segment(tail, point, Standing::Last);
        match scan.verdict {
            Verdict::Corrupt { seq, .. } => Some(seq.number()),
            Verdict::Torn { first_missing, .. } => Some(first_missing.min(self.receipts.last().unwrap().seq).number()),
            Verdict::Clean if scan.accepted.head().hash == self.head() => None,
            Verdict::Clean => Some(scan.accepted.head().seq.number()),
        }
    }

    /// Verifies other bytes in place of the log's, as one who has the last receipt.
    fn first_bad_of(&self, bytes: Vec<u8>) -> Option<u64> {
        let storage = MemoryStorage::new();
        storage.overwrite(FIRST, bytes);
        verified(&storage, known(&self.receipts)).first_bad().map(Seq::number)
    }
}

fn some_batch(writer: &mut LogWriter, records: usize, chance: &mut Chance) -> Vec<Receipt> {
    let signature = format!("{}Q==", "k".repeat(85));
    let body = |chance: &mut Chance| match chance.below(8) {
        0 => format!(r#"{{"t":"{}"}}"#, "قرية ".repeat(chance.below(30))),
        1 => format!(r#"{{"a":[1,2,{{"b":"\u00e9 {}"}}]}}"#, chance.draw()),
        _ => format!(r#"{{"n":{}}}"#, chance.below(1_000)),
    };
    let bodies: Vec<(String, bool)> = (0..records).map(|_| (body(chance), chance.below(6) == 0)).collect();
    let bodies: Vec<_> =
        bodies.iter().map(|(body, signed)| NewBody { body, signature: signed.then_some(signature.as_str()) }).collect();
    writer.append(&bodies).unwrap()
}

/// Flips every bit of every line and gives the first of them for which `name` does not give the line's position.
fn first_misnamed(
    log: &Log,
    lines: impl ParallelIterator<Item = usize>,
    name: impl Fn(usize, &mut [u8], usize) -> Option<u64> + Sync,
) -> Option<(usize, u8, Option<u64>)> {
    lines.find_map_any(|index| {
        let (line, start) = (log.lines[index].clone(), log.batches[index].0);
        let mut tail = log.bytes[start..].to_vec();
        line.flat_map(|at| (0..8).map(move |bit| (at, bit))).find_map(|(at, bit)| {
            tail[at - start] ^= 1 << bit;
            let named = name(index, &mut tail, start);
            tail[at - start] ^= 1 << bit;
            (named != Some(index as u64 + 1)).then_some((at, bit, named))
        })
    })
}

#[test]
fn every_flipped_bit_of_1_mib_is_detected_and_its_record_named() {
    let log = Log::of(MIB);
    assert_eq!(log.first_bad_from(0, &log.bytes), None);
    let last = log.lines.len() - 1;
    let misnamed = first_misnamed(&log, (0..log.lines.len()).into_par_iter(), |index, tail, start| {
        let named = log.first_bad_after(log.points[index], &tail[log.lines[index].start - start..]);
        // No record after the last one says whether its `prev` or the record before was changed: the receipt does.
        let by_receipt = index == last && named != Some(index as u64 + 1);
        if by_receipt { log.first_bad_of([&log.bytes[..start], tail].concat()) } else { named }
    });
    assert_eq!(misnamed, None);
    tried(log.bytes.len() * 8, "flipped bits, the bad record named");
}

#[test]
fn a_scan_from_the_record_before_a_flipped_bit_says_what_a_scan_and_a_verification_of_everything_say() {
    let log = Log::of(MIB);
    let mut chance = Chance::of(4);
    let mut places: Vec<(usize, usize, u8)> = (0..300)
        .map(|_| {
            let index = chance.below(log.lines.len());
            let line = &log.lines[index];
            (index, line.start + chance.below(line.len()), [0, 1, 2, 3, 4, 5, 6, 7][chance.below(8)])
        })
        .collect();
    let last = log.lines.len() - 1;
    places.extend(log.lines[last].clone().step_by(7).map(|at| (last, at, 1)));
    places.par_iter().for_each(|&(index, at, bit)| {
        let mut damaged = log.bytes.clone();
        damaged[at] ^= 1 << bit;
        let start = log.batches[index].0;
        let from_start = log.first_bad_from(0, &damaged);
        assert_eq!(from_start, log.first_bad_from(index, &damaged[start..]), "byte {at}, bit {bit}");
        let from_record = log.first_bad_after(log.points[index], &damaged[log.lines[index].start..]);
        assert_eq!(from_start, from_record, "byte {at}, bit {bit}");
        assert!(index == last || from_start == Some(index as u64 + 1), "byte {at}, bit {bit}");
        assert_eq!(log.first_bad_of(damaged), Some(index as u64 + 1), "byte {at}, bit {bit}");
    });
    tried(places.len(), "flipped bits of 1 MiB, the whole log verified");
}

/// `FAULTS_SHARE=3/64` does the third of 64 shares.
#[test]
#[ignore = "long tier: verifies 1 MiB eight million times"]
fn every_flipped_bit_of_1_mib_is_named_by_a_verification_of_the_whole_log() {
    let log = Log::of(MIB);
    let share = std::env::var("FAULTS_SHARE").unwrap_or_else(|_| "1/1".to_owned());
    let (part, of) = share.split_once('/').map(|(part, of)| (part.parse().unwrap(), of.parse().unwrap())).unwrap();
    let (part, of): (usize, usize) = (part, of);
    let lines: Vec<usize> = (0..log.lines.len()).filter(|line| line % of == part - 1).collect();
    let bits: usize = lines.iter().map(|line| log.lines[*line].len() * 8).sum();
    let misnamed = first_misnamed(&log, lines.into_par_iter(), |_, tail, start| {
        log.first_bad_of([&log.bytes[..start], tail].concat())
    });
    assert_eq!(misnamed, None);
    tried(bits, &format!("flipped bits, the whole log verified for each (share {share})"));
}

#[test]
fn every_byte_that_1_mib_can_be_cut_at_keeps_the_whole_batches_before_it() {
    let log = Log::of(MIB);
    (0..log.lines.len()).into_par_iter().for_each(|index| {
        let (start, point) = log.batches[index];
        for cut in log.lines[index].clone() {
            let scan = scan_segment(&log.bytes[start..cut], point, Standing::Last);
            assert_eq!((scan.accepted, scan.accepted_bytes), (point, 0), "cut at {cut}");
            let (from, bytes, first_missing) = (0, (cut - start) as u64, Seq::new(index as u64 + 1));
            let expected = if bytes == 0 { Verdict::Clean } else { Verdict::Torn { from, bytes, first_missing } };
            assert_eq!(scan.verdict, expected, "cut at {cut}");
        }
    });
    tried(log.bytes.len(), "bytes at which a log was cut");
}

/// Puts other lines in place of a range of lines, and gives the bytes from the batch of `index` on.
fn with_lines(log: &Log, index: usize, replaced: Range<usize>, by: &[&[u8]]) -> Vec<u8> {
    let before = &log.bytes[log.batches[index].0..log.lines[replaced.start].start];
    let after = log.lines.get(replaced.end).map_or(log.bytes.len(), |line| line.start);
    [before, &by.concat(), &log.bytes[after..]].concat()
}

#[test]
fn every_record_of_1_mib_that_is_removed_doubled_or_swapped_is_named() {
    let log = Log::of(MIB);
    let count = log.lines.len();
    let mut cases = 0;
    let named = |index: usize, tail: &[u8]| log.first_bad_from(index, tail);
    let found: Vec<_> = (0..count - 1)
        .into_par_iter()
        .map(|index| {
            let removed = named(index, &with_lines(&log, index, index..index + 1, &[]));
            let line = log.line(index);
            let doubled = named(index, &with_lines(&log, index, index..index + 1, &[line, line]));
            let next = log.line(index + 1);
            let swapped = named(index, &with_lines(&log, index, index..index + 2, &[next, line]));
            let far = Chance::of(index as u64).below(count - index - 1) + index + 1;
            let middle = &log.bytes[log.lines[index].end..log.lines[far].start];
            let far = named(index, &with_lines(&log, index, index..far + 1, &[log.line(far), middle, line]));
            [removed, doubled, swapped, far]
        })
        .collect();
    for (index, found) in found.into_iter().enumerate() {
        let at = Some(index as u64 + 1);
        assert_eq!(found, [at, Some(index as u64 + 2), at, at], "record {}", index + 1);
        cases += found.len();
    }
    tried(cases, "records removed, doubled, swapped with the next and with one far off");
}

#[test]
fn records_batches_and_endings_of_another_ledger_are_named_where_they_begin() {
    let log = Log::of(MIB / 4);
    let other = other_ledger(&log);
    let count = log.lines.len();
    let cases: Vec<usize> = (0..count)
        .into_par_iter()
        .map(|index| {
            let name = |tail: Vec<u8>| log.first_bad_from(index, &tail);
            let one = name(with_lines(&log, index, index..index + 1, &[other.line(index)]));
            let ending = name(with_lines(&log, index, index..count, &[&other.bytes[other.lines[index].start..]]));
            // The one before is named where its hash is not what the foreign record says.
            let at = index as u64 + 1;
            assert!(one == Some(at) || one == Some(at - 1), "record {at}: {one:?}");
            // A whole other ledger shows only to one who has a receipt of this one.
            let expected = if index == 0 { [Some(count as u64); 2] } else { [Some(at), Some(at - 1)] };
            assert!(expected.contains(&ending), "from {at}: {ending:?}");
            2
        })
        .collect();
    tried(cases.iter().sum(), "records and endings of another ledger put in");
}

/// A ledger of the same batches at the same times with the same bodies, but for its first record.
fn other_ledger(log: &Log) -> Log {
    let storage = MemoryStorage::new();
    let mut writer = open(Arc::new(storage.clone()), ONE_SEGMENT);
    let mut receipts = Vec::new();
    let mut at = 0;
    while at < log.lines.len() {
        let end = usize::try_from(log.receipts[at].head_seq.number()).unwrap();
        let bodies: Vec<String> = (at..end)
            .map(|index| {
                let line = log.line(index).strip_suffix(b"\n").unwrap();
                let body = ceasefire_ledger::record::Envelope::decode(line).unwrap().body.to_owned();
                if index == 0 { r#"{"other":1}"#.to_owned() } else { body }
            })
            .collect();
        let bodies: Vec<_> = bodies.iter().map(|body| NewBody { body, signature: None }).collect();
        receipts.extend(writer.append(&bodies).unwrap());
        at = end;
    }
    Log::from(storage.bytes(FIRST).unwrap(), receipts)
}
