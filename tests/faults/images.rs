//! A crash at every step of a script, and everything the disk may hold afterwards.
//!
//! A step is one thing that a disk is asked for: a write, a sync, a folder entry, a shortening. The script is run up to
//! each step, as if the machine stopped there. Of what was not synced, the disk then holds nothing, all, a beginning
//! that ends at a sector or in the middle of one, with or without the file's full length, or any sectors and not
//! others. Each image is opened, and the same is done with each step of that opening.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ceasefire_ledger::log::{FailPlan, LogReader, LogWriter, MemoryStorage, NewBody, OpenError, Storage, Unsynced};
use ceasefire_ledger::record::{Receipt, RecordHash};
use ceasefire_ledger::vocab::Seq;
use rayon::prelude::*;

use super::fault_support::Chance;
use super::log_support::{MOVE_ASIDE, append, try_open, verified, visible};
use super::tried;

/// The segments of the script are full after this many bytes, so that it rotates.
const SEGMENT_BYTES: u64 = 3_000;
const SECTOR: usize = 512;

#[derive(Clone, Copy)]
enum Move {
    /// One batch; the lengths of its texts.
    Batch(&'static [usize]),
    /// The writer is closed and opened again.
    Reopen,
}

/// Single records and batches, short and long, full segments, and writers that come and go.
const SCRIPT: [Move; 19] = [
    Move::Batch(&[10]),
    Move::Batch(&[700]),
    Move::Batch(&[20, 20, 20]),
    Move::Reopen,
    Move::Batch(&[1_500, 40]),
    Move::Batch(&[40, 1_500]),
    Move::Batch(&[30]),
    Move::Batch(&[400, 400, 400, 400, 400]),
    Move::Reopen,
    Move::Batch(&[2_600, 10]),
    Move::Batch(&[5]),
    Move::Batch(&[300; 6]),
    Move::Batch(&[10, 900]),
    Move::Reopen,
    Move::Reopen,
    Move::Batch(&[350]),
    Move::Batch(&[4_000]),
    Move::Batch(&[60, 60, 60, 60]),
    Move::Batch(&[15]),
];

/// What the script comes to where nothing stops it.
struct Story {
    records: Vec<(Seq, RecordHash)>,
    /// How many records there are after each batch.
    ends: BTreeSet<usize>,
    /// How many records were promised before each step.
    steps: u64,
}

fn batch(writer: &mut LogWriter, lengths: &[usize]) -> Option<Vec<Receipt>> {
    let words = "قرية village գյուղ ";
    let text = |length: usize| words.chars().cycle().take(length).collect::<String>();
    let bodies: Vec<String> = lengths.iter().map(|length| format!(r#"{{"text":"{}"}}"#, text(*length))).collect();
    let bodies: Vec<_> = bodies.iter().map(|body| NewBody { body, signature: None }).collect();
    writer.append(&bodies).ok()
}

/// Runs the script until the storage stops it, and gives what was acknowledged.
fn play(storage: &MemoryStorage) -> Vec<Receipt> {
    let open = || try_open(Arc::new(storage.clone()), SEGMENT_BYTES, MOVE_ASIDE).ok().map(|opened| opened.writer);
    let mut receipts = Vec::new();
    let mut writer = open();
    for step in SCRIPT {
        let Some(open_writer) = &mut writer else { break };
        match step {
            Move::Batch(lengths) => match batch(open_writer, lengths) {
                Some(given) => receipts.extend(given),
                None => break,
            },
            Move::Reopen => {
                drop(writer.take());
                writer = open();
            }
        }
    }
    receipts
}

fn story() -> Story {
    let storage = MemoryStorage::new();
    let receipts = play(&storage);
    let sizes = SCRIPT.iter().map(|step| if let Move::Batch(lengths) = step { lengths.len() } else { 0 });
    assert_eq!(receipts.len(), sizes.sum::<usize>());
    assert!(storage.segments().unwrap().len() > 4, "the script must rotate");
    let records = LogReader::new(Arc::new(storage.clone())).records(Seq::FIRST, None).unwrap();
    let records: Vec<_> = records.map(Result::unwrap).collect();
    let ends = records.iter().filter(|record| record.seq == record.end).map(|record| count(record.seq));
    let ends = ends.chain([0]).collect();
    let records = records.iter().map(|record| (record.seq, record.hash)).collect();
    Story { records, ends, steps: storage.steps() }
}

fn count(seq: Seq) -> usize {
    usize::try_from(seq.number()).unwrap()
}

type Files = BTreeMap<String, Vec<u8>>;

fn files(storage: &MemoryStorage) -> Files {
    storage.files().into_iter().map(|name| (name.clone(), storage.bytes(&name).unwrap())).collect()
}

/// Everything that a power cut now may leave, each image once.
fn images_of(storage: &MemoryStorage, random: usize, chance: &mut Chance) -> Vec<MemoryStorage> {
    let (shown, durable) = (files(storage), files(&storage.crash(Unsynced::Lost)));
    let unsynced = shown.iter().map(|(name, bytes)| {
        let from = durable.get(name).map_or(0, Vec::len);
        (from, bytes.len().saturating_sub(from))
    });
    let (from, length) = unsynced.max_by_key(|(_, length)| *length).unwrap_or((0, 0));
    let mut outcomes = vec![Unsynced::Lost, Unsynced::Kept(usize::MAX), Unsynced::Kept(0), Unsynced::Zeroed(0)];
    let sectors = from / SECTOR + 1..(from + length).div_ceil(SECTOR);
    let mut cuts: Vec<usize> = sectors.clone().map(|sector| sector * SECTOR - from).collect();
    if length > 0 {
        cuts.extend((0..random).map(|_| chance.below(length)));
        outcomes.extend((0..random / 2).map(|_| Unsynced::Scattered(chance.draw())));
    }
    outcomes.extend(cuts.iter().flat_map(|cut| [Unsynced::Kept(*cut), Unsynced::Zeroed(*cut)]));
    let mut seen = BTreeSet::new();
    let images = outcomes.into_iter().map(|outcome| storage.crash(outcome));
    images.filter(|image| seen.insert(files(image))).collect()
}

/// Holds an image against what was promised: all of it is there, nothing else is, and a second opening finds no work.
fn hold(image: &MemoryStorage, promised: usize, story: &Story, case: &str) {
    let shared: Arc<dyn Storage> = Arc::new(image.clone());
    let found = visible(&shared);
    assert!(found.len() >= promised, "{case}: {} of {promised} promised records", found.len());
    assert_eq!(found, story.records[..found.len()], "{case}: a record that nobody wrote");
    assert!(story.ends.contains(&found.len()), "{case}: {} records are no whole batches", found.len());
    assert_eq!(verified(image, found.last().copied()).findings, [], "{case}");

    let before = files(image);
    let opened = try_open(Arc::clone(&shared), SEGMENT_BYTES, MOVE_ASIDE);
    let opened = opened.unwrap_or_else(|error| panic!("{case}: {error:?}"));
    assert_eq!(count(opened.writer.head().seq), found.len(), "{case}");
    let recovered = files(image);
    match opened.recovered {
        None => assert_eq!(recovered, before, "{case}: it says that there was nothing to recover"),
        Some(tail) => {
            let name = tail.segment.to_string();
            let from = usize::try_from(tail.from).unwrap();
            assert_eq!(recovered[&name], before[&name][..from], "{case}");
            assert_eq!(recovered[&tail.kept_in], before[&name][from..], "{case}");
            assert!(!before.contains_key(&tail.kept_in), "{case}: an earlier tail was overwritten");
        }
    }
    drop(opened.writer);
    let again = try_open(shared, SEGMENT_BYTES, MOVE_ASIDE).unwrap();
    assert_eq!((again.recovered, files(image)), (None, recovered), "{case}: the second recovery did something");

    let mut writer = again.writer;
    let more = append(&mut writer, 2);
    let survivor = image.crash(Unsynced::Lost);
    let known = more.last().map(|receipt| (receipt.head_seq, receipt.head));
    let report = verified(&survivor, known);
    assert!(report.is_clean(), "{case}: {report:?}");
    assert!(report.records >= found.len() as u64 + 2, "{case}");
}

fn copy_of(image: &MemoryStorage) -> MemoryStorage {
    image.crash(Unsynced::Kept(usize::MAX))
}

fn stopped_at(step: u64) -> (MemoryStorage, usize) {
    let storage = MemoryStorage::new();
    storage.plan_failure(Some(FailPlan::from(step).after_writing(usize::MAX)));
    let promised = play(&storage).last().map_or(0, |receipt| count(receipt.head_seq));
    (storage, promised)
}

/// Gives how many images a crash at each step leaves.
fn crash_at_every_step(random: usize) -> usize {
    let story = story();
    let tried = (0..story.steps).into_par_iter().map(|step| {
        let (storage, promised) = stopped_at(step);
        let images = images_of(&storage, random, &mut Chance::of(step));
        images.iter().zip(1..).for_each(|(image, number)| {
            hold(image, promised, &story, &format!("step {step}, image {number}"));
        });
        images.len()
    });
    tried.sum()
}

/// Crashes again at every step of recovery, in one of so many images, and gives how many images that leaves.
fn crash_in_recovery(one_in: usize, random: usize) -> usize {
    let story = story();
    let tried = (0..story.steps).into_par_iter().map(|step| {
        let (storage, promised) = stopped_at(step);
        let mut chance = Chance::of(step ^ 0x5EC0_17E4);
        let images = images_of(&storage, random, &mut chance);
        let images = images.iter().enumerate().filter(|(number, _)| (number + count_of(step)).is_multiple_of(one_in));
        images
            .map(|(number, image)| recovered_badly(image, promised, &story, (step, number), &mut chance))
            .sum::<usize>()
    });
    tried.sum()
}

fn count_of(step: u64) -> usize {
    usize::try_from(step).unwrap()
}

fn recovered_badly(
    image: &MemoryStorage,
    promised: usize,
    story: &Story,
    at: (u64, usize),
    chance: &mut Chance,
) -> usize {
    let steps = copy_of(image);
    drop(try_open(Arc::new(steps.clone()), SEGMENT_BYTES, MOVE_ASIDE).unwrap());
    let mut tried = 0;
    for step in 0..steps.steps() {
        let again = copy_of(image);
        again.plan_failure(Some(FailPlan::from(step)));
        let stopped = try_open(Arc::new(again.clone()), SEGMENT_BYTES, MOVE_ASIDE);
        assert!(matches!(stopped, Err(OpenError::Storage(_))), "{at:?}, then step {step}: {stopped:?}");
        for (number, left) in images_of(&again, 3, chance).iter().enumerate() {
            hold(left, promised, story, &format!("{at:?}, then step {step} of recovery, image {number}"));
            tried += 1;
        }
    }
    tried
}

#[test]
fn after_a_crash_at_any_step_every_promised_record_is_there_and_none_is_invented() {
    let images = crash_at_every_step(180);
    tried(images, "crash images of the log, each recovered");
    assert!(images >= 10_000, "{images}");
}

#[test]
fn after_a_crash_at_any_step_of_recovery_it_is_the_same() {
    let images = crash_in_recovery(12, 24);
    tried(images, "crash images of the log left by an interrupted recovery");
    assert!(images >= 2_000, "{images}");
}

#[test]
#[ignore = "long tier: every image of every recovery"]
fn after_a_crash_at_any_step_it_is_so_for_hundreds_of_thousands_of_images() {
    let images = crash_at_every_step(8_000) + crash_in_recovery(1, 200);
    tried(images, "crash images of the log, long tier");
    assert!(images >= 300_000, "{images}");
}
