//! The order of a command's calls: nothing is acknowledged before its bytes were synced, and one file is synced a batch.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tried;
use super::trace::{Recording, Step, SyncCall};
use super::{LEDGER, Life, Need, Story, mixed_life, turn};

/// A folder, not a file.
const VAULT: &str = "ledger/vault";

/// The writes of records into segments: at which step, and which positions.
fn record_writes(recording: &Recording, story: &Story) -> Vec<(usize, BTreeSet<usize>)> {
    let steps = recording.steps.iter().enumerate();
    steps
        .filter_map(|(at, step)| {
            let Step::Write { node, bytes, .. } = step else { return None };
            recording.name_of(*node).starts_with(&format!("{LEDGER}/log/0")).then(|| {
                let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                let position = |line| story.by_hash[&blake3::hash(line).to_hex().to_string()];
                (at, lines.map(position).collect())
            })
        })
        .collect()
}

/// Gives the step at which each record's bytes were durable.
fn durable_at(recording: &Recording, story: &Story) -> BTreeMap<usize, usize> {
    let mut durable = BTreeMap::new();
    for (written, positions) in record_writes(recording, story) {
        let Step::Write { node: segment, .. } = &recording.steps[written] else { continue };
        let synced = recording
            .steps
            .iter()
            .position(|step| matches!(step, Step::Sync { node, covers, .. } if node == segment && *covers > written));
        let synced = synced.expect("a batch was never synced");
        durable.extend(positions.into_iter().map(|position| (position, synced)));
    }
    durable
}

/// Gives how many acknowledgements there were.
fn check_acknowledgements(life: &Life, story: &Story) -> usize {
    let durable = durable_at(&life.recording, story);
    assert_eq!(durable.len(), story.records.len(), "every record was written by one of the commands");
    let promises = story.promises(&life.recording.steps);
    let mut acknowledged = 0;
    for (at, step) in life.recording.steps.iter().enumerate() {
        let Step::Say { text } = step else { continue };
        for position in 1..=story.promised_in(text) {
            let synced = durable[&position];
            assert!(synced < at, "{}: record {position} was acknowledged before its sync", life.command_at(at));
        }
        acknowledged += usize::from(promises[at + 1] > promises[at]);
    }
    acknowledged
}

/// Between a batch's write and what follows it — the next batch, or an answer — one file is synced, once, by `fdatasync`.
fn check_syncs(life: &Life, story: &Story) -> usize {
    let steps = &life.recording.steps;
    let writes = record_writes(&life.recording, story);
    for (written, positions) in &writes {
        let Step::Write { node: segment, .. } = &steps[*written] else { continue };
        let follows = |step: &Step| match step {
            Step::Say { .. } => true,
            Step::Write { node, .. } => node != segment || !is_derived(life, *node),
            _ => false,
        };
        let until = steps[written + 1..].iter().position(follows).map_or(steps.len(), |at| written + 1 + at);
        let syncs: Vec<_> = steps[*written..until]
            .iter()
            .filter_map(|step| match step {
                // Of a record with sealed fields the vault's own note is taken away again, and its folder synced.
                Step::Sync { node, call, .. } => (life.recording.name_of(*node) != VAULT).then_some((*node, *call)),
                _ => None,
            })
            .collect();
        let case = format!("{}: records {positions:?}", life.command_at(*written));
        assert_eq!(syncs, [(*segment, SyncCall::Fdatasync)], "{case}");
    }
    writes.len()
}

fn is_derived(life: &Life, node: usize) -> bool {
    let name = life.recording.name_of(node);
    name.starts_with(&format!("{LEDGER}/projections")) || name.starts_with(&format!("{LEDGER}/layers"))
}

#[test]
fn every_acknowledgement_follows_the_sync_of_its_bytes_and_one_file_is_synced_a_batch() {
    let _turn = turn();
    if !Need::Strace.is_met() {
        return;
    }
    let life = mixed_life();
    let story = Story::of(&life.ledger());
    let acknowledged = check_acknowledgements(&life, &story);
    let batches = check_syncs(&life, &story);
    let commands = life.commands.len();
    tried(
        acknowledged,
        &format!("acknowledgements of {batches} batches by {commands} commands, each after its fdatasync"),
    );
    assert!(acknowledged >= 7, "{acknowledged}");
}

#[test]
fn a_sync_that_is_left_out_is_noticed() {
    let _turn = turn();
    if !Need::Strace.is_met() {
        return;
    }
    let mut life = mixed_life();
    let story = Story::of(&life.ledger());
    let is_batch_sync = |step: &Step| matches!(step, Step::Sync { call: SyncCall::Fdatasync, .. });
    let last = life.recording.steps.iter().rposition(is_batch_sync).unwrap();
    let sync = life.recording.steps.remove(last);
    assert!(std::panic::catch_unwind(|| check_syncs(&life, &story)).is_err());
    // As if the answer had gone out first.
    life.recording.steps.push(sync);
    assert!(std::panic::catch_unwind(|| check_acknowledgements(&life, &story)).is_err());
}
