//! Publishing: what is signed is durable, never contradicts what was signed before, and a crash anywhere is healed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod log_support;

use std::sync::Arc;

use ceasefire_ledger::log::{FailPlan, LogReader, LogWriter, MemoryStorage, NewBody, Storage, Unsynced as UnsyncedLog};
use ceasefire_ledger::proof::{
    Checkpoint, Note, SignatureType, SignerKey, TileCoordinate, TilePath, TreeHash, leaf_hash, node_hash,
};
use ceasefire_ledger::publication::{
    CellError, Files, LastSigned, MemoryFiles, Publication, PublishError, Published, PublishedFile, Unsynced,
};
use ceasefire_ledger::vocab::Seq;
use log_support::{append, filled, open};

const SMALL: u64 = 4_000;
/// Batches that cross a tile's boundary, fill one to the brim, and add one record to a full one.
const BATCHES: [usize; 7] = [1, 3, 250, 2, 1, 300, 1];

fn signer() -> SignerKey {
    SignerKey::from_seed("test.example/log".parse().unwrap(), SignatureType::Ed25519, &[7; 32])
}

fn reader(log: &MemoryStorage) -> LogReader {
    LogReader::new(Arc::new(log.clone()))
}

fn publication(files: &MemoryFiles) -> Publication {
    Publication::on(Arc::new(files.clone()))
}

fn publish(files: &MemoryFiles, writer: &LogWriter, log: &MemoryStorage) -> Result<Published, PublishError> {
    publication(files).publish(&reader(log), writer.head(), &signer())
}

/// RFC 6962 §2.1 as it is written, over the lines themselves.
fn naive_root(leaves: &[TreeHash]) -> TreeHash {
    match leaves {
        [] => panic!("an empty tree"),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

fn leaves(log: &MemoryStorage) -> Vec<TreeHash> {
    let records = reader(log).records(Seq::FIRST, None).unwrap();
    records.map(|record| leaf_hash(record.unwrap().line.as_bytes())).collect()
}

fn signed(note: &Note) -> Checkpoint {
    Checkpoint::open(note, signer().verifier()).unwrap()
}

/// A note may be signed only if the log, as it is now, extends it.
fn assert_extends(log: &MemoryStorage, note: &Note, case: &str) {
    let (leaves, checkpoint) = (leaves(log), signed(note));
    let size = usize::try_from(checkpoint.size()).unwrap();
    assert!(size <= leaves.len(), "{case}: {size} records are signed, {} are there", leaves.len());
    assert_eq!(checkpoint.root(), naive_root(&leaves[..size]), "{case}: size {size}");
}

/// Every proof that the stored tiles can give holds, and no tile is left that nobody needs.
fn assert_whole(files: &MemoryFiles, log: &MemoryStorage, case: &str) {
    let note = publication(files).checkpoint().unwrap().unwrap();
    assert_extends(log, &note, case);
    let checkpoint = signed(&note);
    for (index, leaf) in leaves(log).iter().take(usize::try_from(checkpoint.size()).unwrap()).enumerate().step_by(37) {
        publication(files).inclusion(*leaf, index as u64, &checkpoint).unwrap_or_else(|e| panic!("{case}: {e}"));
    }
    for size in (1..=checkpoint.size()).step_by(41) {
        publication(files).consistency(size, &checkpoint).unwrap_or_else(|e| panic!("{case}: {e}"));
    }
}

fn tile(level: u8, index: u64, size: u64) -> PublishedFile {
    PublishedFile::Tile(TilePath::Hashes(TileCoordinate::in_tree(level, index, size).unwrap()))
}

/// Appends and publishes batch after batch until the machine stops; gives every note that left the program.
fn run(log: &MemoryStorage, files: &MemoryFiles) -> Vec<Note> {
    let mut writer = open(Arc::new(log.clone()), SMALL);
    let mut notes = Vec::new();
    for bodies in BATCHES {
        append(&mut writer, bodies);
        match publish(files, &writer, log) {
            Ok(published) => notes.push(published.note().clone()),
            Err(_) => break,
        }
    }
    notes
}

#[test]
fn what_is_published_is_the_tree_of_the_lines_at_every_size() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    let mut before = 0;
    for bodies in BATCHES {
        append(&mut writer, bodies);
        let note = publish(&files, &writer, &log).unwrap().note().clone();
        assert!(signed(&note).size() > before);
        before = signed(&note).size();
        assert_eq!(before, writer.head().seq.number());
        assert_whole(&files, &log, &format!("size {before}"));
    }
    assert_eq!(before, 560, "two segments' seals are records too");
    let left: Vec<PublishedFile> =
        files.list().into_iter().filter(|file| matches!(file, PublishedFile::Tile(_))).collect();
    let needed = [tile(0, 0, 560), tile(0, 1, 560), tile(0, 2, 560), tile(1, 0, 560)];
    let mut needed = needed.to_vec();
    needed.sort();
    assert_eq!(left, needed, "narrower forms are tidied away");
}

#[test]
fn nothing_new_to_sign_gives_the_same_note_and_writes_nothing() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    append(&mut writer, 3);
    let first = publish(&files, &writer, &log).unwrap();
    let steps = files.steps();
    assert_eq!(publish(&files, &writer, &log).unwrap(), Published::Unchanged(first.note().clone()));
    assert_eq!(files.steps(), steps);
}

#[test]
fn a_crash_at_any_step_is_healed_by_the_next_publication_and_nothing_signed_is_ever_contradicted() {
    let steps = {
        let files = MemoryFiles::new();
        run(&MemoryStorage::new(), &files);
        files.steps()
    };
    assert!(steps > 40, "only {steps} steps");
    for step in 0..steps {
        for unsynced in [Unsynced::Lost, Unsynced::Kept] {
            let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
            files.stop_at(step);
            let mut notes = run(&log, &files);
            let (log, files) = (log.crash(UnsyncedLog::Lost), files.crash(unsynced));
            let case = format!("step {step}, {unsynced:?}");
            // Whatever a reader could see after the crash left the program too.
            notes.extend(publication(&files).checkpoint().unwrap());
            let mut writer = open(Arc::new(log.clone()), SMALL);
            let healed = publish(&files, &writer, &log).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(signed(healed.note()).size(), writer.head().seq.number(), "{case}");
            assert_whole(&files, &log, &case);
            append(&mut writer, 2);
            publish(&files, &writer, &log).unwrap();
            assert_whole(&files, &log, &case);
            for note in &notes {
                assert_extends(&log, note, &case);
            }
        }
    }
}

#[test]
fn bytes_that_are_not_durable_are_not_signed() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    append(&mut writer, 3);
    log.plan_failure(Some(FailPlan::from(log.steps() + 1)));
    // The write succeeds; neither the sync nor taking the batch back does: a reader sees the record, the writer does not
    // count on it.
    assert!(writer.append(&[NewBody { body: r#"{"n":4}"#, signature: None }]).is_err());
    log.plan_failure(None);
    assert_eq!(reader(&log).head().unwrap().seq, Seq::new(4));
    let note = publish(&files, &writer, &log).unwrap().note().clone();
    assert_eq!(signed(&note).size(), 3);
    assert_extends(&log.crash(UnsyncedLog::Lost), &note, "after the power cut");
}

#[test]
fn damaged_or_missing_tiles_are_made_anew_and_give_no_bad_proof_before() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    run(&log, &files);
    let mut writer = open(Arc::new(log.clone()), SMALL);
    let good: Vec<_> = files.list().into_iter().map(|file| (file, files.bytes(file).unwrap())).collect();
    let checkpoint = signed(&publication(&files).checkpoint().unwrap().unwrap());
    for (file, bytes) in good.iter().filter(|(file, _)| matches!(file, PublishedFile::Tile(_))) {
        let mut flipped = bytes.clone();
        flipped[40] ^= 1;
        for damage in [None, Some(Vec::new()), Some(bytes[..bytes.len() - 1].to_vec()), Some(flipped)] {
            files.overwrite(*file, damage);
            let all = leaves(&log).into_iter().zip(0..);
            let bad = all.filter(|(leaf, index)| publication(&files).inclusion(*leaf, *index, &checkpoint).is_err());
            assert!(bad.count() > 0, "{file}: the damage is not noticed");
            let rebuilt = publication(&files).rebuild_tiles(&reader(&log), &checkpoint).unwrap();
            assert_eq!((rebuilt, files.bytes(*file).as_ref()), (1, Some(bytes)), "{file}");
        }
    }
    // The right edge is needed to go on, and is made anew on the way.
    let edge = tile(0, 2, 560);
    files.overwrite(edge, None);
    append(&mut writer, 1);
    publish(&files, &writer, &log).unwrap();
    assert_whole(&files, &log, "without its edge");
}

#[test]
fn a_shorter_log_is_not_signed_and_nothing_is_changed() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    run(&log, &files);
    let before: Vec<_> = files.list().into_iter().map(|file| files.bytes(file)).collect();
    let (older, _) = filled(&[1, 3, 250], SMALL);
    let writer = open(Arc::new(older.clone()), SMALL);
    let refused = publish(&files, &writer, &older);
    let head = writer.head().seq;
    assert!(matches!(refused, Err(PublishError::Behind { head: h, signed }) if h == head && signed == Seq::new(560)));
    assert_eq!(files.list().into_iter().map(|file| files.bytes(file)).collect::<Vec<_>>(), before);
}

#[test]
fn an_older_log_that_was_written_on_is_not_signed_even_with_the_checkpoint_put_back() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    append(&mut writer, 5);
    publish(&files, &writer, &log).unwrap();
    let (older_log, older_files) = (log.crash(UnsyncedLog::Kept(usize::MAX)), files.crash(Unsynced::Kept));
    append(&mut writer, 5);
    publish(&files, &writer, &log).unwrap();
    drop(writer);
    // The older copy is put back, tiles and checkpoint too, and other records are appended: as many and more.
    for more in [5, 6] {
        let log = older_log.crash(UnsyncedLog::Kept(usize::MAX));
        let mut writer = open(Arc::new(log.clone()), SMALL);
        let bodies = vec![NewBody { body: r#"{"other":1}"#, signature: None }; more];
        writer.append(&bodies).unwrap();
        let cell = files.bytes(PublishedFile::LastSigned).unwrap();
        let older_files = older_files.crash(Unsynced::Kept);
        older_files.overwrite(PublishedFile::LastSigned, Some(cell));
        let refused = publish(&older_files, &writer, &log);
        assert!(matches!(refused, Err(PublishError::OtherRecord { seq }) if seq == Seq::new(10)), "{refused:?}");
        // Without the cell the checkpoint stands for it; of the newer tiles and checkpoint none fits this log.
        let newer_files = files.crash(Unsynced::Kept);
        newer_files.overwrite(PublishedFile::LastSigned, None);
        let refused = publish(&newer_files, &writer, &log);
        assert!(matches!(refused, Err(PublishError::OtherRecord { seq }) if seq == Seq::new(10)), "{refused:?}");
        // Nor without the tiles.
        for file in newer_files.list().into_iter().filter(|file| matches!(file, PublishedFile::Tile(_))) {
            newer_files.overwrite(file, None);
        }
        let refused = publish(&newer_files, &writer, &log);
        assert!(matches!(refused, Err(PublishError::Forked { size: 10, .. })), "{refused:?}");
        assert!(!newer_files.list().iter().any(|file| matches!(file, PublishedFile::Tile(_))), "tiles were written");
    }
}

#[test]
fn an_older_checkpoint_is_put_right_from_the_cell_and_an_older_cell_from_the_checkpoint() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    append(&mut writer, 5);
    publish(&files, &writer, &log).unwrap();
    let older = files.crash(Unsynced::Kept);
    append(&mut writer, 5);
    let newest = publish(&files, &writer, &log).unwrap();
    for file in [PublishedFile::Checkpoint, PublishedFile::LastSigned] {
        for bytes in [older.bytes(file), None] {
            let files = files.crash(Unsynced::Kept);
            files.overwrite(file, bytes);
            let published = publish(&files, &writer, &log).unwrap();
            assert_eq!(published, Published::Unchanged(newest.note().clone()), "{file}");
            assert_eq!(publication(&files).checkpoint().unwrap().as_ref(), Some(newest.note()), "{file}");
            let cell =
                LastSigned::parse(&files.bytes(PublishedFile::LastSigned).unwrap(), signer().verifier()).unwrap();
            assert_eq!((cell.seq(), cell.record), (Seq::new(10), Some(writer.head().hash)), "{file}");
        }
    }
}

#[test]
fn a_damaged_cell_signs_nothing() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    append(&mut writer, 5);
    publish(&files, &writer, &log).unwrap();
    append(&mut writer, 1);
    let cell = files.bytes(PublishedFile::LastSigned).unwrap();
    files.overwrite(PublishedFile::LastSigned, Some(cell[..cell.len() - 3].to_vec()));
    let refused = publish(&files, &writer, &log);
    assert!(matches!(refused, Err(PublishError::Cell(CellError::Cell(_)))), "{refused:?}");
    files.overwrite(PublishedFile::LastSigned, None);
    files.overwrite(PublishedFile::Checkpoint, Some(b"nonsense\n".to_vec()));
    let refused = publish(&files, &writer, &log);
    assert!(matches!(refused, Err(PublishError::Cell(CellError::Unreadable(_)))), "{refused:?}");
}

#[test]
fn two_notes_of_one_size_are_told_as_what_they_are() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    append(&mut writer, 5);
    publish(&files, &writer, &log).unwrap();
    let other = Checkpoint::new("test.example/log".parse().unwrap(), 5, leaf_hash(b"other")).unwrap();
    let other = other.sign(&signer()).unwrap();
    files.overwrite(PublishedFile::Checkpoint, Some(other.to_string().into_bytes()));
    append(&mut writer, 1);
    let refused = publish(&files, &writer, &log);
    assert!(
        matches!(&refused, Err(PublishError::Cell(CellError::Equivocation { published, .. })) if **published == other)
    );
}

#[test]
fn what_a_witness_knows_is_not_undercut() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    append(&mut writer, 5);
    publish(&files, &writer, &log).unwrap();
    publication(&files).never_below(8, signer().verifier()).unwrap();
    append(&mut writer, 2);
    let refused = publish(&files, &writer, &log);
    assert!(matches!(refused, Err(PublishError::Behind { signed, .. }) if signed == Seq::new(8)), "{refused:?}");
    append(&mut writer, 1);
    assert_eq!(signed(publish(&files, &writer, &log).unwrap().note()).size(), 8);
}

#[test]
fn cosignatures_stay_with_their_checkpoint_and_go_with_it() {
    let (log, files) = (MemoryStorage::new(), MemoryFiles::new());
    let mut writer = open(Arc::new(log.clone()), SMALL);
    append(&mut writer, 5);
    let note = publish(&files, &writer, &log).unwrap().note().clone();
    let witness = SignerKey::from_seed("w.example/1".parse().unwrap(), SignatureType::Ed25519, &[9; 32]);
    let mut cosigned = note.clone();
    cosigned.sign(&witness).unwrap();
    publication(&files).add_signatures(&cosigned).unwrap();
    assert_eq!(publish(&files, &writer, &log).unwrap(), Published::Unchanged(cosigned.clone()));
    append(&mut writer, 1);
    let next = publish(&files, &writer, &log).unwrap();
    assert_eq!(next.note().signatures().len(), 1);
    assert!(matches!(publication(&files).add_signatures(&cosigned), Err(PublishError::OtherText)));
}

#[test]
fn another_program_that_signed_meanwhile_is_noticed() {
    /// Files whose cell changes between two looks at it.
    #[derive(Debug)]
    struct Raced(MemoryFiles, std::sync::atomic::AtomicU32);
    impl Files for Raced {
        fn read(&self, file: PublishedFile) -> Result<Option<Vec<u8>>, ceasefire_ledger::log::StorageError> {
            let looks =
                self.1.fetch_add(u32::from(file == PublishedFile::LastSigned), std::sync::atomic::Ordering::SeqCst);
            if file == PublishedFile::LastSigned && looks == 2 {
                self.0.overwrite(file, Some(b"other".to_vec()));
            }
            self.0.read(file)
        }
        fn put(&self, files: &[(PublishedFile, Vec<u8>)]) -> Result<(), ceasefire_ledger::log::StorageError> {
            self.0.put(files)
        }
        fn partial_widths(&self, tile: TileCoordinate) -> Result<Vec<u16>, ceasefire_ledger::log::StorageError> {
            self.0.partial_widths(tile)
        }
        fn remove(&self, file: PublishedFile) -> Result<(), ceasefire_ledger::log::StorageError> {
            self.0.remove(file)
        }
    }
    let (log, _) = filled(&[5], SMALL);
    let writer = open(Arc::new(log.clone()) as Arc<dyn Storage>, SMALL);
    let files = MemoryFiles::new();
    let raced = Publication::on(Arc::new(Raced(files.clone(), 0.into())));
    let refused = raced.publish(&reader(&log), writer.head(), &signer());
    assert!(matches!(refused, Err(PublishError::Moved)), "{refused:?}");
    assert_eq!(files.bytes(PublishedFile::Checkpoint), None);
    assert_eq!(files.bytes(PublishedFile::LastSigned), Some(b"other".to_vec()));
}
