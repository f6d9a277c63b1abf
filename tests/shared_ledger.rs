//! Many callers of one ledger: each has his own answer, after a sync that covers his record, and nobody's fault is another's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a ledger that cannot be made is a failed test")]

mod ledger_support;

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::thread;

use ceasefire_ledger::ledger::{
    AppendError, Archive, Depth, Folder, Ledger, SharedLedger, Submission, Verdict, VerifyQuestion,
};
use ceasefire_ledger::record::Receipt;
use ceasefire_ledger::vocab::{ActorRef, Seq, Source};
use ceasefire_ledger::{Event, ViolationReported};
use ledger_support::{nk_genesis, still_clock};
use tempfile::TempDir;

fn shared() -> (TempDir, Folder, SharedLedger) {
    let temp = tempfile::tempdir().unwrap();
    let folder = Folder::at(temp.path().join("ledger"));
    let ledger = Ledger::create(folder.clone(), &nk_genesis(), still_clock()).unwrap();
    (temp, folder, SharedLedger::new(ledger))
}

fn report(key: &str, incident: &str) -> Submission {
    let source = Source::speaker(ActorRef::Actor("recorder".parse().unwrap()));
    let mut report = ViolationReported::new(incident.parse().unwrap(), source);
    report.summary = Some("shots were heard".parse().unwrap());
    Submission::new("recorder".parse().unwrap(), key.parse().unwrap(), Event::from(report))
}

/// Lets so many callers submit at the same moment, each several times.
fn submit_at_once(
    shared: &SharedLedger,
    callers: usize,
    times: usize,
    submission: impl Fn(usize, usize) -> Submission + Sync,
) -> Vec<Result<Receipt, AppendError>> {
    let start = Barrier::new(callers);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..callers)
            .map(|caller| {
                let (shared, start, submission) = (shared.clone(), &start, &submission);
                scope.spawn(move || {
                    start.wait();
                    (0..times).map(|time| shared.append(&submission(caller, time))).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn every_caller_has_the_receipt_of_his_own_record_and_it_is_in_the_log() {
    let (_temp, folder, shared) = shared();
    let answers = submit_at_once(&shared, 16, 12, |caller, time| {
        report(&format!("c{caller}/{time}"), &format!("I-{caller}-{time}"))
    });
    let receipts: Vec<Receipt> = answers.into_iter().map(Result::unwrap).collect();
    let positions: BTreeSet<Seq> = receipts.iter().map(|receipt| receipt.seq).collect();
    assert_eq!(positions, (2..=193).map(Seq::new).collect());
    let reader = ledger_support::reader_of(&folder);
    for (index, receipt) in receipts.iter().enumerate() {
        let record = reader.record_at(receipt.seq).unwrap().unwrap();
        assert_eq!(record.hash, receipt.hash);
        let key = format!("\"key\":\"c{}/{}\"", index / 12, index % 12);
        assert!(record.body().contains(&key), "{key} in {}", record.body());
        assert!(receipt.head_seq >= receipt.seq && !receipt.replayed);
    }
    let batches: BTreeSet<Seq> = receipts.iter().map(|receipt| receipt.head_seq).collect();
    assert!(batches.len() < 192, "no two of 192 records shared a sync");
    drop(shared);
    let report = Archive::open(folder).unwrap().verify(VerifyQuestion { depth: Depth::Full, ..Default::default() });
    assert_eq!(report.unwrap().verdict(), Verdict::Ok);
}

#[test]
fn of_callers_with_one_key_and_one_content_one_has_the_record_and_all_have_its_receipt() {
    let (_temp, folder, shared) = shared();
    let answers = submit_at_once(&shared, 12, 3, |_, _| report("same", "I-1"));
    let receipts: Vec<Receipt> = answers.into_iter().map(Result::unwrap).collect();
    assert!(receipts.iter().all(|receipt| receipt.seq == Seq::new(2)));
    assert_eq!(receipts.iter().filter(|receipt| !receipt.replayed).count(), 1);
    assert_eq!(ledger_support::reader_of(&folder).head().unwrap().seq, Seq::new(2));
}

#[test]
fn of_callers_with_one_key_and_other_contents_one_is_recorded_and_the_others_are_told() {
    let (_temp, folder, shared) = shared();
    let answers = submit_at_once(&shared, 12, 1, |caller, _| report("same", &format!("I-{caller}")));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(matches!(refused, AppendError::KeyReused { .. }), "{refused:?}");
    }
    assert_eq!(ledger_support::reader_of(&folder).head().unwrap().seq, Seq::new(2));
}

#[test]
fn a_refused_submission_is_its_callers_affair_alone() {
    let (_temp, folder, shared) = shared();
    let answers = submit_at_once(&shared, 12, 4, |caller, time| {
        let mut submission = report(&format!("c{caller}/{time}"), &format!("I-{caller}-{time}"));
        if caller % 3 == 0 {
            submission.by = "stranger".parse().unwrap();
        }
        submission
    });
    for (index, answer) in answers.iter().enumerate() {
        match answer {
            Ok(_) => assert_ne!((index / 4) % 3, 0),
            Err(AppendError::NotAllowed { by, .. }) => assert_eq!((by.as_str(), (index / 4) % 3), ("stranger", 0)),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(ledger_support::reader_of(&folder).head().unwrap().seq, Seq::new(1 + 8 * 4));
}

#[test]
fn a_submission_may_name_what_another_caller_was_just_given_a_receipt_for() {
    let (_temp, _folder, shared) = shared();
    let shared = Arc::new(shared);
    let answers = submit_at_once(&shared, 8, 6, |caller, time| {
        // Every second submission merges what the same caller reported before.
        let mut submission = report(&format!("c{caller}/{time}"), &format!("I-{caller}-{time}"));
        if time % 3 == 2 {
            let text = format!(
                r#"{{"type":"incident.merged","v":1,"incident":"I-{caller}-{}","into":"I-{caller}-{}","reason":"the same"}}"#,
                time - 1,
                time - 2
            );
            submission.event = ledger_support::event(&text);
        }
        submission
    });
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}
