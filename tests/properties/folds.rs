//! I1: replay is deterministic, and what was kept up as records came is what a replay gives.

use std::sync::Arc;

use ceasefire_ledger::projection::{
    Cursor, Fold, MemoryRows, ProjectionDigest, Recorded, RowStore, SledRows, projection_digests,
};
use ceasefire_ledger::record::RecordHash;
use proptest::prelude::*;

use super::ledger_support::ledger_in;
use super::support_random::{scripts, written};
use super::{cases, recorded};

fn cursor(record: &Recorded) -> Cursor {
    let (log, head) = (RecordHash::ZERO, RecordHash::of_line(record.key.as_str().as_bytes()));
    Cursor { log, seq: record.seq, head, versions: Cursor::current_versions() }
}

fn folded_at_once(records: &[Recorded]) -> Vec<ProjectionDigest> {
    let mut fold = Fold::in_memory();
    records.iter().for_each(|record| fold.apply(record).unwrap());
    projection_digests(&fold.tables, &cursor(records.last().unwrap())).unwrap()
}

/// Folds with a commit after every few records; each time another fold goes on from what the store holds.
fn folded_by_and_by(store: &Arc<dyn RowStore>, records: &[Recorded], every: usize) -> Vec<ProjectionDigest> {
    for chunk in records.chunks(every) {
        let mut fold = Fold::on(Arc::clone(store));
        chunk.iter().for_each(|record| fold.apply(record).unwrap());
        fold.commit(&cursor(chunk.last().unwrap())).unwrap();
    }
    let last = cursor(records.last().unwrap());
    assert_eq!(Cursor::read(store.as_ref()).unwrap(), Some(last.clone()));
    projection_digests(&Fold::on(Arc::clone(store)).tables, &last).unwrap()
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn i1_rows_kept_up_as_records_come_are_those_of_one_replay(script in scripts(1..60), every in 1_usize..20) {
        let records = recorded(&written(&script));
        let at_once = folded_at_once(&records);
        prop_assert_eq!(&folded_at_once(&records), &at_once);
        for every in [1, every] {
            let store: Arc<dyn RowStore> = Arc::new(MemoryRows::default());
            prop_assert_eq!(&folded_by_and_by(&store, &records, every), &at_once);
        }
    }
}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn i1_rows_in_sled_are_those_of_a_replay_in_memory(script in scripts(20..60), every in 1_usize..20) {
        let records = recorded(&written(&script));
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn RowStore> = Arc::new(SledRows::open(folder.path()).unwrap());
        prop_assert_eq!(folded_by_and_by(&store, &records, every), folded_at_once(&records));
    }

    #[test]
    fn every_random_ledger_is_admitted_and_verifies(script in scripts(20..80)) {
        let folder = tempfile::tempdir().unwrap();
        let bodies = written(&script);
        let ledger = ledger_in(&folder.path().join("ledger"), &bodies);
        prop_assert_eq!(ledger.head().seq.number(), bodies.len() as u64 + 1);
        let folder = ledger.folder().clone();
        drop(ledger);
        let report = ceasefire_ledger::ledger::Archive::open(folder).unwrap();
        let report = report.verify(ceasefire_ledger::ledger::VerifyQuestion {
            depth: ceasefire_ledger::ledger::Depth::Full,
            ..Default::default()
        });
        let report = report.unwrap();
        prop_assert_eq!(report.verdict(), ceasefire_ledger::ledger::Verdict::Ok, "{:?}", report.checks);
    }
}
