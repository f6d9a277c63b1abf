//! Appending: one record, many callers, bulk; against the same bytes written and synced with nothing in between.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ceasefire_ledger::exchange::synthetic::{SCENERY_RECORDS, SYNTHETIC_ORIGIN, bodies};
use ceasefire_ledger::record::Body;
use ceasefire_ledger::{Folder, Genesis, Ledger, SharedLedger, Submission, SystemClock};

use crate::material::{BATCH, Ledgers, Material, segments};
use crate::results::{Goal, Results};
use crate::timing::percentile;
use crate::{Options, Outcome};

/// How many records are given, the scenery and those appended singly among them.
const GIVEN: u64 = 8_000;
/// How many single records are appended.
const SINGLES: usize = 2_000;

/// Measures every way of appending.
pub fn measure(options: &Options, ledgers: &Ledgers, results: &mut Results) -> Outcome<()> {
    let material = &ledgers.whole;
    let given: Vec<(Body, String)> = bodies(7, GIVEN + 20 * BATCH as u64).collect::<Result<_, _>>()?;
    let (few, bulk) = given.split_at(usize::try_from(GIVEN)?);
    singly(few.get(..SINGLES).unwrap_or(few), material, results)?;
    for callers in [64, 256] {
        together(callers, few, material, results, options)?;
    }
    in_bulk(few, bulk, material, results)
}

fn ledger(path: &Path) -> Outcome<Ledger> {
    Ok(Ledger::create(Folder::at(path), &Genesis::new(SYNTHETIC_ORIGIN)?, Arc::new(SystemClock))?)
}

/// The end of a ledger's only segment, read as it grows: so that the baseline writes the very same bytes.
struct Tail(File);

impl Tail {
    fn of(ledger: &Ledger) -> Outcome<Self> {
        let path = segments(ledger.folder())?.pop().ok_or("the log has no segment")?;
        let mut tail = Self(File::open(path)?);
        tail.new_bytes()?;
        Ok(tail)
    }

    /// Gives what came since it was last asked.
    fn new_bytes(&mut self) -> Outcome<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Writes and syncs, and gives the time that it took.
fn write_and_sync(file: &mut File, bytes: &[u8]) -> Outcome<Duration> {
    let started = Instant::now();
    file.write_all(bytes)?;
    file.sync_data()?;
    Ok(started.elapsed())
}

fn singly(singles: &[(Body, String)], material: &Material, results: &mut Results) -> Outcome<()> {
    let mut ledger = ledger(&material.beside("singly"))?;
    let mut tail = Tail::of(&ledger)?;
    let mut file = File::create(material.beside("singly.raw"))?;
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for given in singles {
        let started = Instant::now();
        ledger.append_bodies(std::slice::from_ref(given), None)?;
        ours.push(started.elapsed());
        raw.push(write_and_sync(&mut file, &tail.new_bytes()?)?);
    }
    let (ours, raw) = (percentile(&mut ours, 50), percentile(&mut raw, 50));
    results.times("one durable append, p50", ours, "raw write + fdatasync", raw, Goal::AtMost(1.10));
    let work = ours.saturating_sub(raw);
    let each = format!("{} beside the sync", crate::results::shown(work));
    results.value("  its work", each, "whatever the disk", work.as_secs_f64() * 1e6, Goal::None);
    Ok(())
}

/// Many callers, each waiting for his own sync. The bare loop writes as many records per sync as there are callers.
fn together(
    callers: usize,
    few: &[(Body, String)],
    material: &Material,
    results: &mut Results,
    options: &Options,
) -> Outcome<()> {
    let (scenery, rest) = few.split_at(SCENERY_RECORDS);
    let submissions: Vec<Submission> = rest
        .iter()
        .filter(|(_, text)| text.contains("violation.reported") || text.contains("quiet.reported"))
        .map(|(body, _)| Submission::new(body.by.clone(), body.key.clone(), body.event.clone()))
        .collect();
    let (mut ours, mut raw, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..options.repeat.max(3) {
        let mut ledger = ledger(&material.beside(&format!("together-{callers}-{run}")))?;
        ledger.append_bodies(scenery, None)?;
        let mut tail = Tail::of(&ledger)?;
        let (time, each) = submit(&SharedLedger::new(ledger), &submissions, callers);
        if each.len() != submissions.len() {
            return Err(format!("{} of {} were refused", submissions.len() - each.len(), submissions.len()).into());
        }
        ours.push(time);
        waits.extend(each);
        let bytes = tail.new_bytes()?;
        let mut file = File::create(material.beside(&format!("together-{callers}-{run}.raw")))?;
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let syncs: Outcome<Vec<Duration>> =
            lines.chunks(callers).map(|lines| write_and_sync(&mut file, &lines.concat())).collect();
        raw.push(syncs?.into_iter().sum());
    }
    let (ours, raw) = (percentile(&mut ours, 50), percentile(&mut raw, 50));
    let measure = format!("{} durable appends by {callers} callers at once", submissions.len());
    let baseline = format!("bare loop, {callers} records a sync");
    results.speeds(&measure, ours, &baseline, raw, Goal::AtLeast(0.8));
    let sync = crate::machine::sync_time(&options.folder)?;
    let p99 = percentile(&mut waits, 99);
    results.times(&format!("  of them p99, {callers} callers"), p99, "one raw sync", sync, Goal::AtMost(10.0));
    Ok(())
}

/// Submits everything from so many threads. Gives how long all of it took, and each one.
fn submit(shared: &SharedLedger, submissions: &[Submission], callers: usize) -> (Duration, Vec<Duration>) {
    let (next, times) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                let mut own = Vec::new();
                while let Some(submission) = submissions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    if shared.append(submission).is_ok() {
                        own.push(started.elapsed());
                    }
                }
                times.lock().map(|mut times| times.extend(own)).unwrap_or_default();
            });
        }
    });
    (started.elapsed(), times.into_inner().unwrap_or_default())
}

fn in_bulk(few: &[(Body, String)], bulk: &[(Body, String)], material: &Material, results: &mut Results) -> Outcome<()> {
    let mut ledger = ledger(&material.beside("bulk"))?;
    ledger.append_bodies(few, None)?;
    let mut tail = Tail::of(&ledger)?;
    let mut last = Vec::new();
    let mut file = File::create(material.beside("bulk.raw"))?;
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for batch in bulk.chunks(BATCH) {
        let started = Instant::now();
        ledger.append_bodies(batch, None)?;
        ours.push(started.elapsed());
        // The batch may have begun a new segment: then the baseline writes as many other bytes.
        let bytes = tail.new_bytes()?;
        last = if bytes.is_empty() { last } else { bytes };
        raw.push(write_and_sync(&mut file, &last)?);
    }
    let (ours, raw) = (percentile(&mut ours, 50), percentile(&mut raw, 50));
    results.speeds(
        "a batch of 1,000, admission and projections included",
        ours,
        "raw write + fdatasync",
        raw,
        Goal::AtLeast(0.5),
    );
    Ok(())
}
