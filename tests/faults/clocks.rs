//! Clocks that are set back, run ahead or stand still. The order of records is their position; `at` only never falls.

use std::sync::Arc;

use ceasefire_ledger::ledger::{Depth, Ledger, Until, Verdict, VerifyQuestion};
use ceasefire_ledger::vocab::{Clock, Instant, SteppingClock};

use super::ledger_support::{Given, given, instant, nk_bodies, nk_genesis};
use super::tried;
use ceasefire_ledger::ledger::{Archive, Folder};

const HOUR: i64 = 3_600_000_000;
const TEN_YEARS: i64 = 10 * 365 * 24 * HOUR;

/// What happens to the clock between two appends, in microseconds.
const JUMPS: [i64; 12] =
    [0, -HOUR, 1, TEN_YEARS, -TEN_YEARS, 0, 0, -20 * TEN_YEARS, HOUR, 20 * TEN_YEARS, TEN_YEARS, -HOUR];

fn start() -> Instant {
    instant("2020-10-18T06:00:00Z")
}

/// Appends a part of the seed after each jump, in one process or in another each time.
fn ledger_under(jumps: &[i64], reopen: bool, folder: &Folder) -> Vec<(u64, Instant)> {
    let clock = Arc::new(SteppingClock::new(start(), 0));
    let bodies: Vec<Given> = nk_bodies();
    let parts = bodies.chunks(bodies.len() / jumps.len());
    let mut ledger = Some(Ledger::create(folder.clone(), &nk_genesis(), Arc::clone(&clock) as _).unwrap());
    let (mut now, mut told) = (start(), Vec::new());
    for (part, jump) in parts.zip(jumps.iter().cycle()) {
        now = now.plus_micros(*jump);
        clock.set(now);
        if reopen {
            drop(ledger.take());
            ledger = Some(Ledger::open(folder.clone(), Arc::clone(&clock) as _).unwrap());
        }
        let receipts = ledger.as_mut().unwrap().append_bodies(part, None).unwrap();
        told.extend(receipts.iter().map(|receipt| (receipt.seq.number(), receipt.at)));
    }
    told
}

#[test]
fn recording_times_never_fall_whatever_the_clock_does_and_positions_order_the_records() {
    let mut cases = 0;
    for jumps in [&JUMPS[..], &[0], &[-HOUR], &[TEN_YEARS], &[TEN_YEARS, -TEN_YEARS]] {
        for reopen in [false, true] {
            let temporary = tempfile::tempdir().unwrap();
            let folder = Folder::at(temporary.path().join("ledger"));
            let told = ledger_under(jumps, reopen, &folder);
            assert!(told.is_sorted_by(|(a, at), (b, then)| a < b && at <= then), "{jumps:?}: {told:?}");
            let highest = told.iter().map(|(_, at)| *at).max().unwrap();
            assert_eq!(told.last().unwrap().1, highest);
            let archive = Archive::open(folder).unwrap();
            let question = VerifyQuestion { depth: Depth::Full, ..VerifyQuestion::default() };
            assert_eq!(archive.verify(question).unwrap().verdict(), Verdict::Ok, "{jumps:?}");
            cases += told.len();
        }
    }
    tried(cases, "records appended under clocks that jump");
}

#[test]
fn what_the_clock_does_changes_no_answer() {
    let answers = |jumps: &[i64]| {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(temporary.path().join("ledger"));
        ledger_under(jumps, true, &folder);
        let replayed = Archive::open(folder).unwrap().as_known(Until::Head, None).unwrap();
        super::ledger_support::answers(&replayed.view(), &super::ledger_support::Questions::standard())
    };
    let positions_only = |jumps| super::ledger_support::without_positions(&answers(jumps));
    let steady = positions_only(&[HOUR]);
    for jumps in [&JUMPS[..], &[0], &[-HOUR], &[TEN_YEARS]] {
        super::ledger_support::assert_same(&positions_only(jumps), &steady, &format!("{jumps:?}"));
    }
}

#[test]
fn a_question_as_known_at_a_time_takes_records_by_position_up_to_the_first_later_one() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::at(temporary.path().join("ledger"));
    let told = ledger_under(&[HOUR, TEN_YEARS, -TEN_YEARS, 0], true, &folder);
    let archive = Archive::open(folder).unwrap();
    for (seq, at) in &told {
        let known = archive.as_known(Until::Time(*at), None).unwrap();
        let last = told.iter().filter(|(_, other)| other <= at).map(|(seq, _)| *seq).max().unwrap();
        assert_eq!(known.view().known_at().seq.number(), last, "record {seq} at {at}");
    }
}

#[test]
fn a_clock_that_stands_far_from_the_calendar_is_held_to_its_ends() {
    for (set, expected) in [(Instant::MIN, start()), (Instant::MAX, Instant::MAX)] {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(temporary.path().join("ledger"));
        let clock = Arc::new(SteppingClock::new(start(), 0));
        let mut ledger = Ledger::create(folder, &nk_genesis(), Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        clock.set(set);
        let receipts = ledger.append_bodies(&[given(&nk_bodies()[0].1)], None).unwrap();
        assert_eq!(receipts[0].at, expected);
    }
}
