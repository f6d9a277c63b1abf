//! Power cuts and failing disks.
use std::sync::Arc;

use super::log_support::{FIRST, MOVE_ASIDE, append, open, try_open, verified, visible};
use ceasefire_ledger::log::{
    AppendError, FailPlan, LogWriter, MemoryStorage, NewBody, OpenError, Storage, StorageStep, TornPolicy, Unsynced,
};
use ceasefire_ledger::record::{Receipt, RecordHash};
use ceasefire_ledger::vocab::Seq;

const OUTCOMES: [Unsynced; 8] = [
    Unsynced::Lost,
    Unsynced::Kept(0),
    Unsynced::Kept(1),
    Unsynced::Kept(190),
    Unsynced::Kept(usize::MAX),
    Unsynced::Zeroed(0),
    Unsynced::Zeroed(1),
    Unsynced::Zeroed(190),
];

fn try_append(writer: &mut LogWriter, bodies: usize) -> Result<Vec<Receipt>, AppendError> {
    writer.append(&vec![NewBody { body: r#"{"n":1}"#, signature: None }; bodies])
}

fn holds_all(storage: &MemoryStorage, acknowledged: &[(Seq, RecordHash)]) -> bool {
    let found = visible(&(Arc::new(storage.clone()) as Arc<dyn Storage>));
    acknowledged.iter().all(|record| found.contains(record))
}

#[test]
fn a_crash_while_a_torn_tail_is_moved_aside_loses_neither_the_log_nor_the_tail() {
    let (full, receipts) = super::log_support::filled(&[2, 3], 10_000);
    let bytes = full.bytes(FIRST).unwrap();
    let torn = bytes[..bytes.len() - 7].to_vec();
    let promised: Vec<_> = receipts[..2].iter().map(|r| (r.seq, r.hash)).collect();
    let from = bytes.split_inclusive(|byte| *byte == b'\n').take(2).map(<[u8]>::len).sum::<usize>();
    for step in 0..7 {
        for outcome in OUTCOMES {
            let storage = MemoryStorage::new();
            storage.overwrite(FIRST, torn.clone());
            storage.plan_failure(Some(FailPlan::from(step)));
            let opened = try_open(Arc::new(storage.clone()), 10_000, MOVE_ASIDE);
            assert!(matches!(opened, Err(OpenError::Storage(_))), "step {step}: {opened:?}");
            let found = storage.crash(outcome);
            try_open(Arc::new(found.clone()), 10_000, MOVE_ASIDE).unwrap();
            assert!(holds_all(&found, &promised), "step {step}, {outcome:?}");
            let kept = found.files().iter().any(|file| found.bytes(file).unwrap() == torn[from..]);
            assert!(kept, "step {step}, {outcome:?}: {:?}", found.files());
        }
    }
}

#[test]
fn a_failed_sync_poisons_the_writer_until_the_log_is_opened_again() {
    let storage = MemoryStorage::new();
    let mut writer = open(Arc::new(storage.clone()), 10_000);
    let first = append(&mut writer, 1);
    let head = writer.head();
    storage.plan_failure(Some(FailPlan::once(storage.steps() + 1)));
    match try_append(&mut writer, 2) {
        Err(AppendError::Storage(error)) => assert_eq!(error.step, StorageStep::Sync),
        other => panic!("{other:?}"),
    }
    assert!(writer.is_poisoned());
    assert_eq!(writer.head(), head);
    let steps = storage.steps();
    assert!(matches!(try_append(&mut writer, 1), Err(AppendError::Poisoned)));
    assert!(matches!(try_append(&mut writer, 0), Err(AppendError::Poisoned)));
    assert_eq!(storage.steps(), steps, "a poisoned writer does not touch the storage");
    drop(writer);
    let after = storage.crash(Unsynced::Lost);
    let mut writer = open(Arc::new(after.clone()), 10_000);
    assert_eq!(writer.head().hash, first[0].hash);
    append(&mut writer, 1);
    assert!(verified(&after, None).is_clean());
}

#[test]
fn a_failed_write_leaves_a_torn_tail_that_is_kept_aside() {
    let storage = MemoryStorage::new();
    let mut writer = open(Arc::new(storage.clone()), 10_000);
    append(&mut writer, 2);
    let before = storage.bytes(FIRST).unwrap();
    storage.plan_failure(Some(FailPlan::from(storage.steps()).after_writing(40)));
    assert!(matches!(try_append(&mut writer, 1), Err(AppendError::Storage(_))));
    drop(writer);
    storage.plan_failure(None);
    let shared: Arc<dyn Storage> = Arc::new(storage.clone());
    match try_open(Arc::clone(&shared), 10_000, TornPolicy::Refuse) {
        Err(OpenError::Torn { from, bytes, first_missing, head, .. }) => {
            assert_eq!((from, bytes), (before.len() as u64, 40));
            assert_eq!((first_missing.number(), head.seq.number()), (3, 2));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(storage.files(), [FIRST]);
    let recovered = try_open(shared, 10_000, MOVE_ASIDE).unwrap().recovered.unwrap();
    assert_eq!((recovered.from, recovered.bytes), (before.len() as u64, 40));
    assert_eq!(recovered.kept_in, format!("{FIRST}.torn"));
    assert_eq!(storage.bytes(FIRST).unwrap(), before);
    assert!(storage.bytes(&recovered.kept_in).unwrap().starts_with(br#"{"seq":3"#));
}

#[test]
fn a_batch_costs_one_write_and_one_sync() {
    let storage = MemoryStorage::new();
    let mut writer = open(Arc::new(storage.clone()), 10_000);
    append(&mut writer, 1);
    for bodies in [1, 20, 7] {
        let before = storage.steps();
        append(&mut writer, bodies);
        assert_eq!(storage.steps() - before, 2);
    }
}

#[test]
fn memory_forgets_a_created_file_and_appended_bytes_that_were_not_synced() {
    let storage = MemoryStorage::new();
    let name = ceasefire_ledger::log::SegmentName::FIRST;
    storage.plan_failure(Some(FailPlan::once(2)));
    assert_eq!(storage.create(name).unwrap_err().step, StorageStep::SyncFolder);
    assert_eq!(storage.crash(Unsynced::Lost).segments().unwrap(), []);
    assert_eq!(storage.crash(Unsynced::Kept(0)).segments().unwrap(), [name]);
    storage.settle(name).unwrap();
    storage.append(name, b"abc").unwrap();
    storage.sync(name).unwrap();
    storage.append(name, b"def").unwrap();
    let after = |unsynced| storage.crash(unsynced).bytes(FIRST).unwrap();
    assert_eq!(after(Unsynced::Lost), b"abc");
    assert_eq!(after(Unsynced::Kept(2)), b"abcde");
    assert_eq!(after(Unsynced::Zeroed(1)), b"abcd\0\0");
}
