//! Every image that a power cut may leave, opened and held against what was said by then.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ceasefire_ledger::ledger::{
    Archive, Check, FieldState, Folder, Ledger, Notice, TornTail, Until, Verdict, VerifyQuestion, Withheld,
};
use ceasefire_ledger::projection::ProjectionDigest;
use ceasefire_ledger::vocab::{Clock, Seq, SystemClock};
use rayon::prelude::*;

use super::super::fault_support::Chance;
use super::super::tried;
use super::disk::{Image, Moment, digest, image_of, lay_out};
use super::{LEDGER, Life, Need, Story, mixed_life, scratch, turn};

/// What is made from the log alone: it may be lost, and is looked at apart.
fn is_derived(name: &str) -> bool {
    let within = name.strip_prefix("ledger/").unwrap_or_default();
    within.starts_with("projections") || within.starts_with("layers")
}

/// What `verify` says of an erasure that is in the log and was not carried out.
const STILL_HERE: &str = "and is still in the vault";

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// An image, with what was promised when the power went.
struct Cut {
    image: Image,
    promised: usize,
    case: String,
}

/// Every image of a life, each once for the same promise.
fn cuts_of(life: &Life, story: &Story, random: usize) -> Vec<Cut> {
    let recording = life.recording.without(&is_derived);
    let promises = story.promises(&recording.steps);
    let seen = Mutex::new(BTreeSet::new());
    let moments = (0..=recording.steps.len()).into_par_iter();
    moments
        .flat_map_iter(|steps| {
            let images = Moment::after(&recording, steps).images(random, &mut Chance::of(steps as u64));
            let so_far = promises[steps];
            let new: Vec<_> =
                images.into_iter().filter(|image| seen.lock().unwrap().insert((so_far, digest(image)))).collect();
            let case = format!("{steps} of {} steps", recording.steps.len());
            new.into_iter().map(move |image| Cut { image, promised: so_far, case: case.clone() })
        })
        .collect()
}

/// Holds an image against its promise, and lets the ledger go on from it.
fn hold(cut: &Cut, story: &Story) {
    let scratch = scratch();
    let root = scratch.path().join("disk");
    lay_out(&cut.image, &root);
    let (folder, case) = (Folder::at(root.join(LEDGER)), &cut.case);
    if !folder.holds_ledger() {
        assert_eq!(cut.promised, 0, "{case}: the ledger is gone");
        return;
    }
    let found = found_records(&folder, story, case);
    assert!(found >= cut.promised, "{case}: {found} of {} promised records", cut.promised);
    check_sealed(&folder, found, When::Before, case);

    let mut ledger = Ledger::open_with(folder.clone(), clock(), TornTail::MoveAside)
        .unwrap_or_else(|error| panic!("{case}: {error:?}"));
    assert_eq!(ledger.head().seq.number(), found as u64, "{case}: recovery changed what there is");
    ledger.settle().unwrap();
    ledger.publish().unwrap_or_else(|error| panic!("{case}: {error:?}"));
    assert_eq!(ledger.view().digests().unwrap(), replayed(&folder), "{case}");
    drop(ledger);
    check_sealed(&folder, found, When::After, case);

    let once = trusted(&root);
    let mut again = Ledger::open_with(folder.clone(), clock(), TornTail::MoveAside).unwrap();
    assert_eq!(again.take_notices(), [], "{case}");
    again.publish().unwrap();
    drop(again);
    assert_eq!(differing(&once, &trusted(&root)), [""; 0], "{case}: the second recovery did something");
    let report = Archive::open(folder).unwrap().verify(VerifyQuestion::default()).unwrap();
    assert_eq!(report.verdict(), Verdict::Ok, "{case}: {:#?}", report.checks);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}

/// Counts the records there are; none may be there that was not written, and no part of a batch.
fn found_records(folder: &Folder, story: &Story, case: &str) -> usize {
    let archive = Archive::open(folder.clone()).unwrap_or_else(|error| panic!("{case}: {error:?}"));
    let records = archive.reader().records(Seq::FIRST, None).unwrap_or_else(|error| panic!("{case}: {error:?}"));
    let found: Vec<_> = records.map(|record| record.unwrap_or_else(|error| panic!("{case}: {error:?}"))).collect();
    let pairs: Vec<_> = found.iter().map(|record| (record.seq, record.hash)).collect();
    assert_eq!(pairs, story.records[..pairs.len()], "{case}: a record that nobody wrote");
    assert!(story.ends.contains(&pairs.len()), "{case}: a part of a batch");
    let report = archive.verify(VerifyQuestion::default()).unwrap_or_else(|error| panic!("{case}: {error:?}"));
    // Something may be under way, and then it cannot be told; but a power cut is never called tampering. One thing is told
    // as it is: what the log says was erased and is still here, until the next opening destroys it.
    let wrong = report.checks.iter().filter(|check| check.verdict == Verdict::Violated && !is_erasure(check));
    assert_eq!(wrong.map(|check| format!("{check:?}")).collect::<Vec<_>>(), [""; 0], "{case}");
    pairs.len()
}

fn is_erasure(check: &Check) -> bool {
    !check.findings.is_empty() && check.findings.iter().all(|finding| finding.what.ends_with(STILL_HERE))
}

/// What is sealed is there unless the log says that it was erased; then it is gone, at the latest after an opening.
fn check_sealed(folder: &Folder, found: usize, moment: When, case: &str) {
    let archive = Archive::open(folder.clone()).unwrap();
    for seq in sealing_records(&archive, found) {
        let annex = archive.annex(seq, Withheld::Opened).unwrap().unwrap();
        for field in annex.fields {
            let fits = match field.state {
                FieldState::Open(_) | FieldState::Decoy | FieldState::Erased(_) => true,
                FieldState::ErasurePending(_) => moment == When::Before,
                _ => false,
            };
            assert!(fits, "{case}: a field of record {seq} is {}", field.state.word());
        }
    }
}

/// The records that seal something.
fn sealing_records(archive: &Archive, found: usize) -> Vec<Seq> {
    let records = archive.reader().records(Seq::FIRST, Some(Seq::new(found as u64))).unwrap().map(Result::unwrap);
    records.filter(|record| record.body().contains(r#""sealed":["#)).map(|record| record.seq).collect()
}

/// The digests of a fold from record 1, in memory.
fn replayed(folder: &Folder) -> Vec<ProjectionDigest> {
    let archive = Archive::open(folder.clone()).unwrap();
    archive.as_known(Until::Head, None).unwrap().view().digests().unwrap()
}

fn trusted(root: &Path) -> Image {
    let mut image = image_of(root);
    image.retain(|name, _| !is_derived(name));
    image
}

fn differing(one: &Image, other: &Image) -> Vec<String> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

/// One in so many, evenly over the whole life.
fn sampled(cuts: Vec<Cut>, most: usize) -> Vec<Cut> {
    let one_in = cuts.len().div_ceil(most).max(1);
    let sample = |(at, cut): (usize, Cut)| at.is_multiple_of(one_in).then_some(cut);
    cuts.into_iter().enumerate().filter_map(sample).collect()
}

fn hold_all(most: usize, random: usize) -> (usize, usize) {
    let life = mixed_life();
    let story = Story::of(&life.ledger());
    let cuts = cuts_of(&life, &story, random);
    let all = cuts.len();
    let cuts = sampled(cuts, most);
    cuts.par_iter().for_each(|cut| hold(cut, &story));
    (cuts.len(), all)
}

#[test]
fn whatever_a_power_cut_leaves_of_a_ledgers_files_every_promise_is_kept_and_the_ledger_goes_on() {
    let _turn = turn();
    if !Need::Strace.is_met() {
        return;
    }
    let (held, all) = hold_all(700, 2);
    tried(held, &format!("images of a whole ledger after a power cut, of {all} that a recorded life can leave"));
    assert!(held >= 500, "{held}");
}

#[test]
#[ignore = "long tier: every image of a whole ledger"]
fn whatever_a_power_cut_leaves_of_a_ledgers_files_it_is_so_for_every_image() {
    let _turn = turn();
    assert!(Need::Strace.is_met());
    let (held, all) = hold_all(usize::MAX, 12);
    tried(held, &format!("images of a whole ledger after a power cut, of {all}"));
}

/// Takes images after which recovery has something to do, records what the next commands do, and cuts the power again.
fn hold_recoveries(most: usize, images_each: usize) -> (usize, usize) {
    let life = mixed_life();
    let story = Story::of(&life.ledger());
    let cuts = cuts_of(&life, &story, 1);
    let mut lives = Vec::new();
    for cut in sampled(cuts, most) {
        if !cut.image.contains_key("ledger/ledger.toml") {
            continue;
        }
        let mut second = Life::on(&cut.image);
        let recovered = second.run(&["recover"]);
        assert!(recovered.status.success(), "{}: {}", cut.case, String::from_utf8_lossy(&recovered.stderr));
        second.must(&["checkpoint"]);
        lives.push((cut, second));
    }
    let held: usize = lives
        .par_iter()
        .map(|(cut, second)| {
            let recording = second.recording.without(&is_derived);
            let steps = recording.steps.len();
            let mut cuts = Vec::new();
            let mut seen = BTreeSet::new();
            for at in 0..=steps {
                for image in Moment::after(&recording, at).images(1, &mut Chance::of(at as u64)) {
                    if seen.insert(digest(&image)) {
                        let case = format!("{}, then {at} of {steps} steps of recovery", cut.case);
                        cuts.push(Cut { image, promised: cut.promised, case });
                    }
                }
            }
            let cuts = sampled(cuts, images_each);
            cuts.iter().for_each(|cut| hold(cut, &story));
            cuts.len()
        })
        .sum();
    (lives.len(), held)
}

#[test]
fn whatever_a_power_cut_leaves_of_a_recovery_every_promise_is_kept() {
    let _turn = turn();
    if !Need::Strace.is_met() {
        return;
    }
    let (recoveries, held) = hold_recoveries(14, 12);
    tried(held, &format!("images of a whole ledger after a power cut in one of {recoveries} recoveries"));
    assert!(recoveries >= 10 && held >= 60, "{recoveries} {held}");
}

#[test]
#[ignore = "long tier: many recoveries"]
fn whatever_a_power_cut_leaves_of_many_recoveries_every_promise_is_kept() {
    let _turn = turn();
    assert!(Need::Strace.is_met());
    let (recoveries, held) = hold_recoveries(400, 100);
    tried(held, &format!("images of a whole ledger after a power cut in one of {recoveries} recoveries"));
}

/// The stored projections in every state of being written, beside the log as it was then.
fn hold_derived(most: usize) -> (usize, usize) {
    let life = mixed_life();
    let story = Story::of(&life.ledger());
    let (recording, promises) = (&life.recording, story.promises(&life.recording.steps));
    let init = life.commands[0].1;
    let moments: Vec<usize> = (init..=recording.steps.len()).collect();
    let one_in = moments.len().div_ceil(most).max(1);
    let images: Vec<Cut> = moments
        .into_par_iter()
        .step_by(one_in)
        .flat_map_iter(|steps| {
            let mut images = Moment::after(recording, steps).images(1, &mut Chance::of(steps as u64));
            images.truncate(6);
            let so_far = promises[steps];
            let case = format!("{steps} steps, projections too");
            images.into_iter().map(move |image| Cut { image, promised: so_far, case: case.clone() })
        })
        .collect();
    let rebuilt = Mutex::new(0);
    images.par_iter().for_each(|cut| {
        let scratch = scratch();
        let root = scratch.path().join("disk");
        lay_out(&cut.image, &root);
        let folder = Folder::at(root.join(LEDGER));
        let ledger = Ledger::open_with(folder.clone(), clock(), TornTail::MoveAside);
        let mut ledger = ledger.unwrap_or_else(|error| panic!("{}: {error:?}", cut.case));
        let notices = ledger.take_notices();
        let told =
            |notice: &Notice| matches!(notice, Notice::ProjectionsRebuilt { .. } | Notice::LayerDiscarded { .. });
        *rebuilt.lock().unwrap() += usize::from(notices.iter().any(told));
        assert!(ledger.head().seq.number() >= cut.promised as u64, "{}", cut.case);
        assert_eq!(ledger.view().digests().unwrap(), replayed(&folder), "{}: {notices:?}", cut.case);
    });
    (images.len(), rebuilt.into_inner().unwrap())
}

#[test]
fn whatever_a_power_cut_leaves_of_the_projections_the_answers_are_those_of_the_log() {
    let _turn = turn();
    if !Need::Strace.is_met() {
        return;
    }
    let (held, rebuilt) = hold_derived(60);
    tried(held, &format!("images of the stored projections after a power cut, {rebuilt} of them made anew"));
    assert!(held >= 200 && rebuilt > 0, "{held} {rebuilt}");
}

#[test]
#[ignore = "long tier: every moment of the stored projections"]
fn whatever_a_power_cut_leaves_of_the_projections_at_every_moment_the_answers_are_those_of_the_log() {
    let _turn = turn();
    assert!(Need::Strace.is_met());
    let (held, rebuilt) = hold_derived(usize::MAX);
    tried(held, &format!("images of the stored projections after a power cut, {rebuilt} of them made anew"));
}

/// The model of the disk must be able to find something: with the syncs left out, promises are broken.
#[test]
fn a_program_that_never_synced_would_be_found_out() {
    let _turn = turn();
    if !Need::Strace.is_met() {
        return;
    }
    let mut life = mixed_life();
    let story = Story::of(&life.ledger());
    life.recording.steps.retain(|step| !matches!(step, super::trace::Step::Sync { .. }));
    let cuts = sampled(cuts_of(&life, &story, 0), 60);
    let broken = cuts.iter().filter(|cut| {
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let held = std::panic::catch_unwind(|| hold(cut, &story));
        std::panic::set_hook(quiet);
        held.is_err()
    });
    let broken = broken.count();
    tried(cuts.len(), &format!("images of a ledger whose syncs were left out; {broken} were found to break a promise"));
    assert!(broken > 10, "{broken}");
}
