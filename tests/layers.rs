//! Layers, the settled part of the projections: whatever they hold, lose or are exchanged for, no answer may change. What
//! they give for an earlier moment of knowledge is what a fold from record 1 gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a ledger that cannot be made is a failed test"
)]
#![allow(
    clippy::needless_for_each,
    clippy::cast_possible_truncation,
    reason = "a script of random moves is short, and reads better as a chain"
)]

mod ledger_support;
mod support_random;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use ceasefire_ledger::ledger::{Archive, Depth, Folder, Ledger, Notice, Replayed, Until, Verdict, VerifyQuestion};
use ceasefire_ledger::projection::layers::{LayerFiles, LayerName, LayerPlan, Layers, MemoryLayers};
use ceasefire_ledger::projection::{Cursor, LayeredRows, MemoryRows, RowChange, RowError, RowStore};
use ceasefire_ledger::record::RecordHash;
use ceasefire_ledger::vocab::Seq;
use ledger_support::{Given, Questions, answers, assert_same, instant, nk_bodies, still_clock};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use support_random::{scripts, written};
use tempfile::TempDir;

fn cases(cases: u32) -> ProptestConfig {
    let defaults = ProptestConfig::default();
    let rng_seed = if defaults.rng_seed == RngSeed::Random { RngSeed::Fixed(2020) } else { defaults.rng_seed };
    ProptestConfig { cases, max_shrink_iters: 2_000, failure_persistence: None, rng_seed, ..defaults }
}

// The store alone, against a map.

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn log() -> RecordHash {
    RecordHash::of_line(b"record 1")
}

fn cursor(seq: u64) -> Cursor {
    let head = RecordHash::of_line(&seq.to_le_bytes());
    Cursor { log: log(), seq: Seq::new(seq), head, versions: Cursor::current_versions() }
}

fn layers(files: &MemoryLayers, plan: LayerPlan) -> Arc<Layers> {
    let (layers, discarded) = Layers::open(Arc::new(files.clone()), plan, log(), &Cursor::current_versions()).unwrap();
    assert_eq!(discarded, []);
    Arc::new(layers)
}

fn rows_of(store: &dyn RowStore, prefix: &[u8]) -> Result<Model, RowError> {
    let mut rows = Model::new();
    let mut last: Option<Vec<u8>> = None;
    store.walk(prefix, &mut |key, value| {
        assert!(last.as_deref().is_none_or(|last| last < key), "out of order");
        last = Some(key.to_vec());
        rows.insert(key.to_vec(), value.to_vec());
        Ok(true)
    })?;
    Ok(rows)
}

fn assert_store_is(store: &dyn RowStore, model: &Model, keys: &[Vec<u8>]) {
    let prefixes: [&[u8]; 15] = [
        b"", b"a/", b"b/", b"b/k1", b"c/", b"c/i0/", b"c/i1/", b"c/i2/", b"c/i2/k1", b"c/i9/", b"d/", b"d/i1/",
        b"d/i9/", b"e/", b"none/",
    ];
    for prefix in prefixes {
        let expected: Model = model
            .range(prefix.to_vec()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        assert_eq!(rows_of(store, prefix).unwrap(), expected, "prefix {}", String::from_utf8_lossy(prefix));
    }
    for key in keys {
        assert_eq!(store.row(key).unwrap().as_ref(), model.get(key), "key {}", String::from_utf8_lossy(key));
    }
}

/// What happens to the rows with one record: keys, and what they are set to or that they go.
type Step = Vec<(u8, u8, Option<u8>)>;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(
        proptest::collection::vec((0_u8..5, 0_u8..12, proptest::option::of(0_u8..48)), 0..5),
        1..60,
    )
}

/// The third table has several keys for each id, the fourth is kept by id and record, the fifth by record alone.
fn key_of(table: u8, key: u8) -> Vec<u8> {
    let text = match table {
        0 => format!("a/k{key}"),
        1 => format!("b/k{key}"),
        2 => format!("c/i{}/k{key}", key % 4),
        3 => format!("d/i{}/{key:020}", key % 4),
        _ => format!("e/{key:020}"),
    };
    text.into_bytes()
}

/// Long and varied, so that a layer of few rows has several blocks.
fn value_of(value: u8) -> Vec<u8> {
    (0..u32::from(value) * 40).flat_map(|n| blake3::hash(&n.to_le_bytes()).as_bytes()[..4].to_vec()).collect()
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn rows_in_layers_are_those_of_a_map_at_the_head_and_as_of_every_end(
        steps in steps(), records in 1_u64..6, merged in 2_usize..5, commit_every in 1_u64..4, reopen_every in 1_u64..20,
    ) {
        let (files, plan) = (MemoryLayers::default(), LayerPlan { records, merged });
        let fresh: Arc<dyn RowStore> = Arc::new(MemoryRows::default());
        let mut store = LayeredRows::new(Arc::clone(&fresh), layers(&files, plan)).unwrap();
        let keys: Vec<Vec<u8>> = (0..5).flat_map(|table| (0..13).map(move |key| key_of(table, key))).collect();
        let (mut model, mut at_ends) = (Model::new(), BTreeMap::new());
        let mut changes: BTreeMap<Vec<u8>, Option<Vec<u8>>> = BTreeMap::new();
        for (step, seq) in steps.iter().zip(1..) {
            for (table, key, value) in step {
                let (key, value) = (key_of(*table, *key), value.map(value_of));
                match &value {
                    Some(value) => model.insert(key.clone(), value.clone()),
                    None => model.remove(&key),
                };
                changes.insert(key, value);
            }
            let due = store.is_due(Seq::new(seq), Seq::NONE);
            if due || seq % commit_every == 0 {
                let changes: Vec<RowChange> = std::mem::take(&mut changes).into_iter().collect();
                store.commit(changes, &cursor(seq)).unwrap();
                store.tidy().unwrap();
                prop_assert_eq!(Cursor::read(&store).unwrap(), Some(cursor(seq)));
                assert_store_is(&store, &model, &keys);
            }
            if due {
                at_ends.insert(seq, model.clone());
            }
            if changes.is_empty() && seq % reopen_every == 0 {
                store = LayeredRows::new(Arc::clone(&fresh), layers(&files, plan)).unwrap();
                assert_store_is(&store, &model, &keys);
            }
        }
        let stack = layers(&files, plan);
        prop_assert_eq!(stack.ends().iter().map(|end| end.seq.number()).collect::<Vec<_>>(), at_ends.keys().copied().collect::<Vec<_>>());
        for (end, model) in &at_ends {
            assert_store_is(&LayeredRows::as_of(Arc::clone(&stack), Seq::new(*end)), model, &keys);
            prop_assert_eq!(stack.cursor_at(Seq::new(*end)), Some(cursor(*end)));
        }
        let great = files.list().unwrap().len();
        prop_assert!(at_ends.len() < merged || great < at_ends.len(), "{} files for {} ends", great, at_ends.len());
    }
}

/// Layers over three stretches, the first two merged, and the rows as they stood at each end.
fn three_stretches() -> (MemoryLayers, Vec<(u64, Model)>) {
    let (files, plan) = (MemoryLayers::default(), LayerPlan { records: 10, merged: 2 });
    let store = LayeredRows::new(Arc::new(MemoryRows::default()), layers(&files, plan)).unwrap();
    let (mut model, mut ends) = (Model::new(), Vec::new());
    for end in [10_u8, 20, 30] {
        let changes: Vec<RowChange> = (0..40)
            .map(|key| (key_of(key % 3, key + end / 10), (key % 7 != end / 10).then(|| value_of(key / 8 + end / 10))))
            .collect();
        for (key, value) in &changes {
            match value {
                Some(value) => model.insert(key.clone(), value.clone()),
                None => model.remove(key),
            };
        }
        store.commit(changes, &cursor(u64::from(end))).unwrap();
        store.tidy().unwrap();
        ends.push((u64::from(end), model.clone()));
    }
    assert_eq!(files.list().unwrap().len(), 2);
    (files, ends)
}

/// Opens what is left and reads everything: each end that is still there has its rows, or the reading says that a layer is damaged.
fn assert_never_wrong(files: &MemoryLayers, ends: &[(u64, Model)], what: &str) -> bool {
    let plan = LayerPlan { records: 10, merged: 2 };
    let (stack, discarded) = Layers::open(Arc::new(files.clone()), plan, log(), &Cursor::current_versions()).unwrap();
    let stack = Arc::new(stack);
    let mut noticed = !discarded.is_empty();
    for end in stack.ends() {
        let model = &ends.iter().find(|(seq, _)| *seq == end.seq.number()).unwrap().1;
        let store = LayeredRows::as_of(Arc::clone(&stack), end.seq);
        match rows_of(&store, b"") {
            Ok(rows) => assert_eq!(&rows, model, "{what}"),
            Err(RowError::Layer { .. }) => noticed = true,
            Err(other) => panic!("{what}: {other}"),
        }
    }
    noticed
}

#[test]
fn every_flipped_byte_of_a_layer_is_noticed_and_none_is_answered_from() {
    let (whole, ends) = three_stretches();
    assert!(!assert_never_wrong(&whole, &ends, "whole"));
    for name in whole.list().unwrap() {
        let length = whole.open(name).unwrap().length().unwrap();
        let mut unnoticed = Vec::new();
        for at in (0..length).step_by(13) {
            let (files, _) = copied(&whole);
            files.damage(name, |bytes| bytes[usize::try_from(at).unwrap()] ^= 1 << (at % 8));
            if !assert_never_wrong(&files, &ends, &format!("{name}, byte {at}")) {
                unnoticed.push(at);
            }
        }
        // The sieves, one for each table, are read only when rows are asked for one by one.
        let sieves = 3 * 100;
        assert!(unnoticed.len() < sieves / 13, "{name}: {unnoticed:?}");
        assert!(
            unnoticed.windows(2).all(|pair| pair[1] - pair[0] == 13),
            "{name}: {unnoticed:?} is more than the sieves"
        );
    }
}

#[test]
fn a_damaged_sieve_is_noticed_when_it_is_read() {
    let (files, ends) = three_stretches();
    let name = *files.list().unwrap().last().unwrap();
    let length = files.open(name).unwrap().length().unwrap();
    let undamaged = rows_of(&LayeredRows::as_of(layers(&files, LayerPlan::STANDARD), Seq::new(30)), b"").unwrap();
    assert_eq!(undamaged, ends[2].1);
    let mut noticed = 0;
    // It lies before root and header, at the end.
    for at in length.saturating_sub(2_000)..length {
        let (files, _) = copied(&files);
        files.damage(name, |bytes| bytes[usize::try_from(at).unwrap()] ^= 1);
        let Ok((stack, _)) = Layers::open(Arc::new(files), LayerPlan::STANDARD, log(), &Cursor::current_versions())
        else {
            continue;
        };
        if stack.top().map(|top| top.seq.number()) != Some(30) {
            continue;
        }
        let store = LayeredRows::as_of(Arc::new(stack), Seq::new(30));
        match store.row(&key_of(0, 200)) {
            Ok(row) => assert_eq!(row, None),
            Err(RowError::Layer { .. }) => noticed += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(noticed > 50, "{noticed}");
}

#[test]
fn every_shortened_layer_is_noticed() {
    let (whole, ends) = three_stretches();
    for name in whole.list().unwrap() {
        let length = usize::try_from(whole.open(name).unwrap().length().unwrap()).unwrap();
        for kept in (0..length).step_by(97) {
            let (files, _) = copied(&whole);
            files.damage(name, |bytes| bytes.truncate(kept));
            assert!(assert_never_wrong(&files, &ends, &format!("{name} cut to {kept}")), "{name} cut to {kept}");
        }
    }
}

fn copied(whole: &MemoryLayers) -> (MemoryLayers, Vec<LayerName>) {
    let (files, names) = (MemoryLayers::default(), whole.list().unwrap());
    names.iter().for_each(|name| files.adopt(whole, *name));
    (files, names)
}

#[test]
fn a_layer_of_another_log_another_version_or_another_stretch_is_not_used() {
    let (files, _) = three_stretches();
    let open = |files: &MemoryLayers, log, versions: &[(String, u32)]| {
        let (stack, discarded) = Layers::open(Arc::new(files.clone()), LayerPlan::STANDARD, log, versions).unwrap();
        (stack.top().map_or(0, |top| top.seq.number()), discarded.into_iter().map(|gone| gone.why).collect::<Vec<_>>())
    };
    let versions = Cursor::current_versions();
    let other = RecordHash::of_line(b"another record 1");
    let (reached, why) = open(&copied(&files).0, other, &versions);
    assert_eq!((reached, why[0].as_str()), (0, "it is of another log"));
    let mut older = versions.clone();
    older[0].1 += 1;
    let (reached, why) = open(&copied(&files).0, log(), &older);
    assert_eq!((reached, why[0].as_str()), (0, "it is of another version of this program"));
    let (form, names) = copied(&files);
    form.damage(names[0], |bytes| *bytes.last_mut().unwrap() = b'1');
    let (reached, why) = open(&form, log(), &versions);
    assert_eq!((reached, why[0].as_str()), (0, "it is of another version of this program"));
    let names = files.list().unwrap();
    let (gap, _) = copied(&files);
    gap.remove(names[0]).unwrap();
    assert_eq!(open(&gap, log(), &versions), (0, Vec::new()));
    // A layer under the name of another stretch.
    let (renamed, _) = copied(&files);
    let bytes = {
        let mut kept = Vec::new();
        renamed.damage(names[1], |bytes| kept = bytes.clone());
        kept
    };
    renamed.damage(names[0], |first| *first = bytes);
    let (reached, why) = open(&renamed, log(), &versions);
    assert_eq!((reached, why[0].as_str()), (0, "it is not of the records that it is named by"));
}

#[test]
fn fresh_rows_left_behind_by_a_program_that_died_are_removed_and_those_of_the_layers_hold() {
    let (files, plan) = (MemoryLayers::default(), LayerPlan { records: 10, merged: 4 });
    let fresh: Arc<dyn RowStore> = Arc::new(MemoryRows::default());
    let before = MemoryRows::default();
    let store = LayeredRows::new(Arc::clone(&fresh), layers(&files, plan)).unwrap();
    store.commit(vec![(key_of(0, 1), Some(b"old".to_vec()))], &cursor(4)).unwrap();
    fresh
        .walk(b"", &mut |key, value| before.change(vec![(key.to_vec(), Some(value.to_vec()))]).map(|()| true))
        .unwrap();
    store.commit(vec![(key_of(0, 1), None), (key_of(0, 2), Some(b"new".to_vec()))], &cursor(10)).unwrap();
    // The layer came into being; the emptying of the store did not.
    let died = LayeredRows::new(Arc::new(before), layers(&files, plan)).unwrap();
    assert_eq!(Cursor::read(&died).unwrap(), Some(cursor(10)));
    assert_eq!(rows_of(&died, b"a/").unwrap(), Model::from([(key_of(0, 2), b"new".to_vec())]));
    // The layers are gone, the store stands on them.
    files.list().unwrap().into_iter().for_each(|name| files.remove(name).unwrap());
    let alone = LayeredRows::new(fresh, layers(&files, plan)).unwrap();
    assert_eq!(Cursor::read(&alone).unwrap(), None);
    assert_eq!(rows_of(&alone, b"").unwrap(), Model::new());
}

#[test]
fn a_walk_since_a_record_asks_no_layer_that_ended_before_it_and_every_fresh_row() {
    let (files, plan) = (MemoryLayers::default(), LayerPlan { records: 10, merged: 8 });
    let store = LayeredRows::new(Arc::new(MemoryRows::default()), layers(&files, plan)).unwrap();
    for (key, end) in [(0, 10), (4, 20), (8, 30)] {
        store.commit(vec![(key_of(2, key), Some(b"row".to_vec()))], &cursor(end)).unwrap();
    }
    store.change(vec![(key_of(2, 12), Some(b"row".to_vec()))]).unwrap();
    let [oldest, older, newer, fresh] = [0, 4, 8, 12].map(|key| key_of(2, key));
    let walked = |since: u64| {
        let mut keys = std::collections::BTreeSet::new();
        let mut take = |key: &[u8], _: &[u8]| Ok(keys.insert(key.to_vec()));
        store.walk_since(b"c/i0/", Seq::new(since), &mut take).unwrap();
        keys
    };
    for since in [0, 1, 10] {
        assert_eq!(walked(since), [&oldest, &older, &newer, &fresh].map(Clone::clone).into(), "{since}");
    }
    assert_eq!(walked(11), [&older, &newer, &fresh].map(Clone::clone).into());
    assert_eq!(walked(21), [&newer, &fresh].map(Clone::clone).into());
    assert_eq!(walked(31), [fresh].into());
}

// A whole ledger.

struct Kept {
    _temp: TempDir,
    folder: Folder,
}

/// A ledger whose projections settle every few records.
fn ledger_of(bodies: &[Given], layer_records: u64) -> Kept {
    let temp = tempfile::tempdir().unwrap();
    let folder = Folder::at(temp.path().join("ledger"));
    let mut genesis = ledger_support::nk_genesis();
    genesis.layer_records = layer_records;
    let mut ledger = Ledger::create(folder.clone(), &genesis, still_clock()).unwrap();
    for batch in bodies.chunks(11) {
        ledger.append_bodies(batch, None).unwrap();
    }
    assert_eq!(ledger.take_notices(), []);
    Kept { _temp: temp, folder }
}

impl Kept {
    fn archive(&self) -> Archive {
        Archive::open(self.folder.clone()).unwrap()
    }

    fn layers(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(self.folder.layers()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }
}

fn assert_same_view(found: &Replayed, expected: &Replayed, what: &str) {
    assert_eq!(found.view().digests().unwrap(), expected.view().digests().unwrap(), "{what}");
    let questions = Questions::standard();
    assert_same(&answers(&found.view(), &questions), &answers(&expected.view(), &questions), what);
}

proptest! {
    #![proptest_config(cases(10))]

    #[test]
    fn an_answer_as_known_through_layers_is_that_of_a_fold_from_record_1(
        script in scripts(10..60), layer_records in 1_u64..12,
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 4),
    ) {
        let bodies = written(&script);
        let ledger = ledger_of(&bodies, layer_records);
        let archive = ledger.archive();
        let head = bodies.len() as u64 + 1;
        prop_assert!(!ledger.layers().is_empty());
        assert_same_view(&archive.at_head().unwrap(), &archive.folded_anew(Until::Head, None).unwrap(), "at the head");
        for cut in cuts {
            let until = Until::Seq(Seq::new(1 + cut.index(bodies.len() + 1) as u64));
            let (known, anew) = (archive.as_known(until, None).unwrap(), archive.folded_anew(until, None).unwrap());
            prop_assert_eq!(known.notices(), &[]);
            assert_same_view(&known, &anew, &format!("{until:?} of {head}, a layer every {layer_records}"));
        }
    }
}

#[test]
fn every_position_of_the_seed_is_known_through_layers_as_it_is_without_them() {
    let ledger = ledger_of(&nk_bodies(), 5);
    let archive = ledger.archive();
    assert!(ledger.layers().len() >= 20);
    for seq in 1..=118 {
        let until = Until::Seq(Seq::new(seq));
        let (known, anew) = (archive.as_known(until, None).unwrap(), archive.folded_anew(until, None).unwrap());
        assert_eq!(known.view().digests().unwrap(), anew.view().digests().unwrap(), "as of record {seq}");
        assert_eq!(known.view().known_at(), anew.view().known_at());
    }
}

#[test]
fn a_time_is_known_through_layers_as_it_is_without_them() {
    let temp = tempfile::tempdir().unwrap();
    let folder = Folder::at(temp.path().join("ledger"));
    let mut genesis = ledger_support::nk_genesis();
    genesis.layer_records = 4;
    let clock = ceasefire_ledger::vocab::SteppingClock::new(instant("2020-10-18T06:00:00Z"), 1_000_000);
    let mut ledger = Ledger::create(folder.clone(), &genesis, Arc::new(clock)).unwrap();
    nk_bodies().chunks(1).for_each(|batch| drop(ledger.append_bodies(batch, None).unwrap()));
    drop(ledger);
    let archive = Archive::open(folder).unwrap();
    let mut reached = Vec::new();
    for seconds in (0..400).step_by(9) {
        let until = Until::Time(instant("2020-10-18T06:00:00Z").plus_micros(seconds * 1_000_000));
        let Ok(anew) = archive.folded_anew(until, None) else { continue };
        let known = archive.as_known(until, None).unwrap();
        assert_eq!(known.view().known_at(), anew.view().known_at());
        assert_eq!(known.view().digests().unwrap(), anew.view().digests().unwrap());
        reached.push(known.view().known_at().seq);
    }
    reached.dedup();
    assert!(reached.len() > 10, "{reached:?}");
}

#[test]
fn a_damaged_layer_is_told_of_and_the_answers_stay_the_logs() {
    let whole = ledger_of(&nk_bodies(), 9);
    let expected = whole.archive().folded_anew(Until::Head, None).unwrap().view().digests().unwrap();
    let before = whole.archive().folded_anew(Until::Seq(Seq::new(70)), None).unwrap().view().digests().unwrap();
    let mut told = 0;
    for file in whole.layers() {
        let bytes = fs::read(&file).unwrap();
        for step in 0..12 {
            let at = bytes.len().saturating_sub(1) * step / 11;
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            fs::write(&file, damaged).unwrap();
            for (until, expected) in [(Until::Seq(Seq::new(70)), &before), (Until::Head, &expected)] {
                // Damage in a part that is read late is an error once; then the layer is gone, and the answer is right.
                let asked = (0..2).any(|_| {
                    let known = whole.archive().as_known(until, None).unwrap();
                    told += known.notices().len();
                    known.view().digests().inspect(|found| assert_eq!(found, expected)).is_ok()
                });
                assert!(asked, "{} byte {at}", file.display());
            }
            fs::write(&file, &bytes).unwrap();
        }
    }
    assert!(told > 20, "{told}");
}

#[test]
fn layers_of_a_longer_copy_of_the_log_or_of_another_course_of_it_are_not_used() {
    let long = ledger_of(&nk_bodies(), 5);
    let short = ledger_of(&nk_bodies()[..50], 5);
    let expected = short.archive().folded_anew(Until::Head, None).unwrap().view().digests().unwrap();
    for file in long.layers() {
        fs::copy(&file, short.folder.layers().join(file.file_name().unwrap())).unwrap();
    }
    let opened = short.archive().at_head().unwrap();
    assert_eq!(opened.view().digests().unwrap(), expected);
    let why = match opened.notices() {
        [Notice::LayerDiscarded { why, .. }] => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(why, "it goes to record 115, the log does not");
    drop(opened);
    let mut exchanged = nk_bodies()[..50].to_vec();
    exchanged.remove(30);
    let other = ledger_of(&exchanged, 5);
    let expected = other.archive().folded_anew(Until::Head, None).unwrap().view().digests().unwrap();
    fs::remove_dir_all(other.folder.layers()).unwrap();
    fs::create_dir(other.folder.layers()).unwrap();
    for file in long.layers().iter().take(9) {
        fs::copy(file, other.folder.layers().join(file.file_name().unwrap())).unwrap();
    }
    for until in [Until::Seq(Seq::new(47)), Until::Head] {
        let known = other.archive().as_known(until, None).unwrap();
        assert_eq!(
            known.view().digests().unwrap(),
            other.archive().folded_anew(until, None).unwrap().view().digests().unwrap()
        );
    }
    assert_eq!(other.archive().at_head().unwrap().view().digests().unwrap(), expected);
}

#[test]
fn layers_that_are_gone_are_made_anew_and_verify_compares_them_with_the_log() {
    let ledger = ledger_of(&nk_bodies(), 9);
    let expected = ledger.archive().folded_anew(Until::Head, None).unwrap().view().digests().unwrap();
    let full = || ledger.archive().verify(VerifyQuestion { depth: Depth::Full, ..VerifyQuestion::default() }).unwrap();
    let projections = |report: &ceasefire_ledger::ledger::VerifyReport| {
        let check = report.checks.iter().find(|check| check.name == "projections").unwrap();
        (check.verdict, check.detail.clone())
    };
    assert_eq!(projections(&full()).0, Verdict::Ok);
    fs::remove_dir_all(ledger.folder.layers()).unwrap();
    let (verdict, detail) = projections(&full());
    assert_eq!(verdict, Verdict::CannotTell, "{detail}");
    let opened = ledger.archive().at_head().unwrap();
    assert_eq!(opened.view().digests().unwrap(), expected);
    drop(opened);
    assert_eq!(projections(&full()).0, Verdict::Ok);
    assert!(!ledger.layers().is_empty());
}

#[test]
fn a_row_changed_in_a_layer_that_was_signed_anew_is_found_by_the_full_check() {
    // Somebody who can write the folder can write a layer of his own, hashes and all. The log betrays it.
    let ledger = ledger_of(&nk_bodies(), 9);
    let files = Arc::new(MemoryLayers::default());
    let archive = ledger.archive();
    let honest = archive.folded_anew(Until::Seq(Seq::new(9)), None).unwrap();
    let view = honest.view();
    let cursor = Cursor {
        log: view.known_at().log,
        seq: Seq::new(9),
        head: view.known_at().head,
        versions: Cursor::current_versions(),
    };
    let (forged, _) =
        Layers::open(Arc::clone(&files) as Arc<dyn LayerFiles>, LayerPlan::STANDARD, cursor.log, &cursor.versions)
            .unwrap();
    let mut actor = view.tables().actors.row("AZE").unwrap().unwrap();
    actor.kind = ceasefire_ledger::event::ActorKind::Monitor;
    forged.add(&[(b"actor/AZE".to_vec(), Some(serde_json::to_vec(&actor).unwrap()))], &cursor).unwrap();
    let name = files.list().unwrap()[0];
    let mut bytes = vec![0; usize::try_from(files.open(name).unwrap().length().unwrap()).unwrap()];
    files.open(name).unwrap().read(0, &mut bytes).unwrap();
    fs::write(ledger.folder.layers().join(name.to_string()), bytes).unwrap();
    let report = archive.verify(VerifyQuestion { depth: Depth::Full, ..VerifyQuestion::default() }).unwrap();
    let check = report.checks.iter().find(|check| check.name == "projections").unwrap();
    assert_eq!(check.verdict, Verdict::Violated, "{check:?}");
}

#[test]
fn a_reader_beside_the_writer_goes_on_from_the_layers_and_is_told_only_where_they_are_far_behind() {
    for (records_a_layer, told) in [(9, Vec::new()), (10_000, vec![Notice::ProjectionsHeld])] {
        let ledger = ledger_of(&nk_bodies(), records_a_layer);
        let writer = Ledger::open(ledger.folder.clone(), still_clock()).unwrap();
        let beside = ledger.archive().at_head().unwrap();
        assert_eq!(beside.notices(), told, "{records_a_layer}");
        assert_eq!(beside.view().digests().unwrap(), writer.view().digests().unwrap());
    }
}
