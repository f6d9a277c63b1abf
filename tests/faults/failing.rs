//! Disks that say no: the n-th call fails, once or from then on, whatever it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ceasefire_ledger::log::{
    AppendError, CutTail, FailPlan, LockError, LogReader, LogWriter, MemoryStorage, OpenError, ReadError, SegmentName,
    Storage, StorageError, StorageLock, StorageStep, TornPolicy, Unsynced, VerifyPlan, verify,
};
use ceasefire_ledger::record::{Receipt, RecordHash};
use ceasefire_ledger::vocab::Seq;

use super::log_support::{MOVE_ASIDE, append, filled, known, parse_seal, try_open, verified, visible};
use super::tried;

const SEGMENT_BYTES: u64 = 700;
const BATCHES: [usize; 8] = [1, 4, 1, 2, 1, 6, 1, 1];

/// A storage of which one call fails, reading ones too.
#[derive(Debug, Default)]
struct Failing {
    under: MemoryStorage,
    calls: AtomicU64,
    plan: Option<(u64, Lasting)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasting {
    Once,
    ForEver,
}

impl Failing {
    fn over(under: &MemoryStorage, plan: Option<(u64, Lasting)>) -> Arc<Self> {
        Arc::new(Self { under: under.clone(), calls: AtomicU64::new(0), plan })
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn call(&self, step: StorageStep, file: Option<SegmentName>) -> Result<(), StorageError> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let fails = self
            .plan
            .is_some_and(|(first, lasting)| number == first || (lasting == Lasting::ForEver && number > first));
        let failure = || StorageError { step, file: format!("{file:?}"), source: std::io::Error::from_raw_os_error(5) };
        if fails { Err(failure()) } else { Ok(()) }
    }
}

impl Storage for Failing {
    fn segments(&self) -> Result<Vec<SegmentName>, StorageError> {
        self.call(StorageStep::List, None)?;
        self.under.segments()
    }

    fn length(&self, name: SegmentName) -> Result<u64, StorageError> {
        self.call(StorageStep::Measure, Some(name))?;
        self.under.length(name)
    }

    fn read(&self, name: SegmentName, offset: u64, buffer: &mut [u8]) -> Result<usize, StorageError> {
        self.call(StorageStep::Read, Some(name))?;
        self.under.read(name, offset, buffer)
    }

    fn create(&self, name: SegmentName) -> Result<(), StorageError> {
        self.call(StorageStep::Create, Some(name))?;
        self.under.create(name)
    }

    fn append(&self, name: SegmentName, bytes: &[u8]) -> Result<(), StorageError> {
        self.call(StorageStep::Append, Some(name))?;
        self.under.append(name, bytes)
    }

    fn sync(&self, name: SegmentName) -> Result<(), StorageError> {
        self.call(StorageStep::Sync, Some(name))?;
        self.under.sync(name)
    }

    fn settle(&self, name: SegmentName) -> Result<(), StorageError> {
        self.call(StorageStep::Sync, Some(name))?;
        self.under.settle(name)
    }

    fn cut_tail(&self, name: SegmentName, from: u64) -> Result<CutTail, StorageError> {
        self.call(StorageStep::CutTail, Some(name))?;
        self.under.cut_tail(name, from)
    }

    fn take_back(&self, name: SegmentName, length: u64) -> Result<(), StorageError> {
        self.call(StorageStep::TakeBack, Some(name))?;
        self.under.take_back(name, length)
    }

    fn lock(&self) -> Result<Box<dyn StorageLock>, LockError> {
        self.call(StorageStep::Lock, None)?;
        self.under.lock()
    }
}

/// Appends batch after batch, also after a failure, and gives what was acknowledged and whether anything failed.
///
/// Fails where the first failure is not told, where anything is acknowledged after it, or where the writer that saw it
/// goes on asking the storage for anything.
fn append_on(storage: &Arc<Failing>, case: &str) -> (Vec<(Seq, RecordHash)>, bool) {
    let shared: Arc<dyn Storage> = Arc::<Failing>::clone(storage);
    let mut writer = match try_open(shared, SEGMENT_BYTES, MOVE_ASIDE) {
        Ok(opened) => opened.writer,
        Err(OpenError::Storage(_) | OpenError::Lock(LockError::Storage(_))) => return (Vec::new(), true),
        Err(other) => panic!("{case}: {other:?}"),
    };
    let mut receipts: Vec<Receipt> = Vec::new();
    let mut failed = false;
    for bodies in BATCHES {
        let calls = storage.calls();
        match try_append(&mut writer, bodies) {
            Ok(given) if !failed => receipts.extend(given),
            Err(AppendError::Storage(_)) if !failed => failed = true,
            Err(AppendError::Poisoned) if failed => assert_eq!(storage.calls(), calls, "{case}"),
            other => panic!("{case}: {other:?} after a failure: {failed}"),
        }
        assert_eq!(writer.is_poisoned(), failed, "{case}");
    }
    (receipts.iter().map(|receipt| (receipt.seq, receipt.hash)).collect(), failed)
}

fn try_append(writer: &mut LogWriter, bodies: usize) -> Result<Vec<Receipt>, AppendError> {
    let bodies: Vec<String> = (0..bodies).map(|n| format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(40 * n))).collect();
    let bodies: Vec<_> = bodies.iter().map(|body| ceasefire_ledger::log::NewBody { body, signature: None }).collect();
    writer.append(&bodies)
}

/// Opens what a failure left, with the machine still up or after a power cut, and goes on.
fn goes_on(storage: &MemoryStorage, promised: &[(Seq, RecordHash)], torn: TornPolicy, case: &str) {
    let shared: Arc<dyn Storage> = Arc::new(storage.clone());
    let opened = try_open(Arc::clone(&shared), SEGMENT_BYTES, torn);
    let mut writer = opened.unwrap_or_else(|error| panic!("{case}: {error:?}")).writer;
    let mut receipts = append(&mut writer, 2);
    receipts.extend(append(&mut writer, 1));
    drop(writer);
    let after = storage.crash(Unsynced::Lost);
    let found = visible(&(Arc::new(after.clone()) as Arc<dyn Storage>));
    let later: Vec<_> = receipts.iter().map(|receipt| (receipt.seq, receipt.hash)).collect();
    assert!(promised.iter().chain(&later).all(|record| found.contains(record)), "{case}: a promise was broken");
    let report = verified(&after, known(&receipts));
    assert!(report.is_clean(), "{case}: {report:?}");
}

#[test]
fn whichever_call_fails_once_or_for_ever_nothing_is_acknowledged_after_it() {
    let mut cases = 0;
    for lasting in [Lasting::Once, Lasting::ForEver] {
        for number in 0.. {
            let under = MemoryStorage::new();
            let storage = Failing::over(&under, Some((number, lasting)));
            let case = format!("call {number}, {lasting:?}");
            let (promised, failed) = append_on(&storage, &case);
            if !failed {
                assert!(storage.calls() <= number, "{case}");
                assert!(number > 20, "the script is too short");
                break;
            }
            for outcome in [Unsynced::Lost, Unsynced::Kept(60), Unsynced::Kept(usize::MAX)] {
                goes_on(&under.crash(outcome), &promised, MOVE_ASIDE, &format!("{case}, {outcome:?}"));
            }
            goes_on(&under, &promised, MOVE_ASIDE, &case);
            cases += 1;
        }
    }
    tried(cases, "storage calls failed, once and for ever");
}

/// Under each call of the storage lie steps of a disk; here each of those fails, after some of its bytes or none.
fn each_step_failing(check: impl Fn(&MemoryStorage, Lasting, &str)) -> usize {
    let whole = MemoryStorage::new();
    append_on(&Failing::over(&whole, None), "nothing fails");
    let mut cases = 0;
    for step in 0..whole.steps() {
        for (plan, lasting) in [(FailPlan::once(step), Lasting::Once), (FailPlan::from(step), Lasting::ForEver)] {
            for written in [0, 1, 100, 511, usize::MAX] {
                let plan = plan.after_writing(written);
                for plan in [plan, plan.forgetting()] {
                    let storage = MemoryStorage::new();
                    storage.plan_failure(Some(plan));
                    check(&storage, lasting, &format!("{plan:?}"));
                    cases += 1;
                }
            }
        }
    }
    cases
}

#[test]
fn whichever_step_of_a_disk_fails_after_any_part_of_a_write_the_promise_holds() {
    let cases = each_step_failing(|storage, _, case| {
        let (promised, failed) = append_on(&Failing::over(storage, None), case);
        assert!(failed, "{case}");
        for outcome in [Unsynced::Lost, Unsynced::Kept(60), Unsynced::Kept(usize::MAX)] {
            goes_on(&storage.crash(outcome), &promised, MOVE_ASIDE, &format!("{case}, {outcome:?}"));
        }
    });
    tried(cases, "disk steps failed, after any part of a write");
}

/// The program goes on in the same machine, so what it reads is what the system still shows, durable or not.
#[test]
fn after_a_write_or_sync_that_failed_once_nothing_is_left_half_written_and_nothing_is_built_on_lost_bytes() {
    let cases = each_step_failing(|storage, lasting, case| {
        let (promised, _) = append_on(&Failing::over(storage, None), case);
        storage.plan_failure(None);
        match lasting {
            Lasting::Once => goes_on(storage, &promised, TornPolicy::Refuse, case),
            // Nothing could be taken back. A disk that also forgets then needs a restart, as the manual says: only what
            // it holds is read after one.
            Lasting::ForEver if case.contains("forgets: true") => {
                goes_on(&storage.crash(Unsynced::Lost), &promised, MOVE_ASIDE, case);
            }
            Lasting::ForEver => goes_on(storage, &promised, MOVE_ASIDE, case),
        }
    });
    tried(cases, "failed writes and syncs, the log opened again without a restart");
}

#[test]
fn a_reader_or_verifier_whose_call_fails_says_so_and_never_gives_a_wrong_answer() {
    let (full, receipts) = filled(&[1, 3, 200, 2, 1, 70, 1], 9_000);
    let shared: Arc<dyn Storage> = Arc::new(full.clone());
    let truth = visible(&shared);
    let whole = verified(&full, known(&receipts));
    assert!(full.segments().unwrap().len() > 2);
    let read = |storage: Arc<dyn Storage>| -> Result<Vec<(Seq, RecordHash)>, ReadError> {
        let reader = LogReader::new(storage);
        reader.head()?;
        let last = reader.record_at(truth.last().unwrap().0)?.unwrap();
        let records = reader.records(Seq::new(150), None)?.collect::<Result<Vec<_>, _>>()?;
        assert_eq!(records.last(), Some(&last));
        reader.records(Seq::FIRST, None)?.map(|record| record.map(|record| (record.seq, record.hash))).collect()
    };
    let mut cases = 0;
    for lasting in [Lasting::Once, Lasting::ForEver] {
        for number in 0.. {
            let storage = Failing::over(&full, Some((number, lasting)));
            let answer = read(Arc::<Failing>::clone(&storage));
            if storage.calls() <= number {
                assert_eq!(answer.unwrap(), truth);
                break;
            }
            assert!(matches!(answer, Err(ReadError::Storage(_))), "call {number}, {lasting:?}: {answer:?}");
            cases += 1;
        }
        for number in 0.. {
            let storage = Failing::over(&full, Some((number, lasting)));
            let plan = VerifyPlan { known: known(&receipts), ..VerifyPlan::new(&parse_seal) };
            let report = verify(storage.as_ref(), plan);
            if storage.calls() <= number {
                assert_eq!(report.unwrap(), whole);
                break;
            }
            assert!(report.is_err(), "call {number}, {lasting:?}: {report:?}");
            cases += 1;
        }
    }
    tried(cases, "reading calls failed");
    assert!(cases > 60, "{cases}");
}

#[test]
fn a_reader_whose_batch_was_taken_back_finds_the_one_that_came_in_its_place() {
    let storage = MemoryStorage::new();
    let shared: Arc<dyn Storage> = Arc::new(storage.clone());
    let mut writer = try_open(Arc::clone(&shared), 1 << 30, MOVE_ASIDE).unwrap().writer;
    append(&mut writer, 100);
    let reader = LogReader::new(Arc::clone(&shared));
    // As a reader sees it between the write and the sync that fails.
    let (name, before) = (SegmentName::FIRST, storage.bytes(&SegmentName::FIRST.to_string()).unwrap());
    let early = MemoryStorage::new();
    early.overwrite(&name.to_string(), before.clone());
    let mut other = try_open(Arc::new(early.clone()), 1 << 30, MOVE_ASIDE).unwrap().writer;
    try_append(&mut other, 90).unwrap();
    storage.overwrite(&name.to_string(), early.bytes(&name.to_string()).unwrap());
    assert_eq!(reader.record_at(Seq::new(190)).unwrap().unwrap().seq, Seq::new(190));
    storage.overwrite(&name.to_string(), before);
    let receipts = [append(&mut writer, 150), append(&mut writer, 3)].concat();
    for receipt in &receipts {
        assert_eq!(reader.record_at(receipt.seq).unwrap().unwrap().hash, receipt.hash);
    }
    let from = reader.records(Seq::new(170), None).unwrap();
    assert_eq!(from.map(Result::unwrap).count(), 84);
}
