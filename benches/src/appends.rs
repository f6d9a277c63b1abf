//! Appending: one record, many callers, bulk; against the same bytes written and synced with nothing in between.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ceasefire_ledger::exchange::synthetic::{SYNTHETIC_ORIGIN, bodies};
use ceasefire_ledger::record::Body;
use ceasefire_ledger::{Folder, Genesis, Ledger, SharedLedger, Submission, SystemClock};

use crate::material::{BATCH, Material};
use crate::results::{Goal, Results};
use crate::timing::percentile;
use crate::{Options, Outcome};

/// How many single records are appended.
const SINGLES: u64 = 2_000;
/// The bytes that an envelope adds to a body, about.
const ENVELOPE: usize = 150;

/// Measures every way of appending.
pub fn measure(options: &Options, material: &Material, results: &mut Results) -> Outcome<()> {
    let given: Vec<(Body, String)> = bodies(7, SINGLES + 20 * BATCH as u64).collect::<Result<_, _>>()?;
    let (singles, bulk) = given.split_at(usize::try_from(SINGLES)?);
    singly(singles, material, results)?;
    for callers in [64, 256] {
        together(callers, singles, material, results, options)?;
    }
    in_bulk(singles, bulk, material, results)
}

fn ledger(path: &Path) -> Outcome<Ledger> {
    Ok(Ledger::create(Folder::at(path), &Genesis::new(SYNTHETIC_ORIGIN)?, Arc::new(SystemClock))?)
}

fn singly(singles: &[(Body, String)], material: &Material, results: &mut Results) -> Outcome<()> {
    let mut ledger = ledger(&material.beside("singly"))?;
    let mut file = File::create(material.beside("singly.raw"))?;
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for given in singles {
        let started = Instant::now();
        ledger.append_bodies(std::slice::from_ref(given), None)?;
        ours.push(started.elapsed());
        let bytes = vec![b'x'; given.1.len() + ENVELOPE];
        let started = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        raw.push(started.elapsed());
    }
    let (ours, raw) = (percentile(&mut ours, 50), percentile(&mut raw, 50));
    results.times("one durable append, p50", ours, "raw write + fdatasync", raw, Goal::AtMost(1.10));
    Ok(())
}

/// Many callers, each waiting for his own sync. The bare loop writes as many records per sync as there are callers.
fn together(
    callers: usize,
    singles: &[(Body, String)],
    material: &Material,
    results: &mut Results,
    options: &Options,
) -> Outcome<()> {
    let mut ledger = ledger(&material.beside(&format!("together-{callers}")))?;
    // Who and where first: what the callers submit refers to it.
    let (scenery, rest) = singles.split_at(40);
    ledger.append_bodies(scenery, None)?;
    let submissions: Vec<Submission> = rest
        .iter()
        .filter(|(_, text)| text.contains("violation.reported") || text.contains("quiet.reported"))
        .map(|(body, _)| Submission::new(body.by.clone(), body.key.clone(), body.event.clone()))
        .collect();
    let shared = SharedLedger::new(ledger);
    let (next, times) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                let mut own = Vec::new();
                while let Some(submission) =
                    submissions.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX))
                {
                    let started = Instant::now();
                    if shared.append(submission).is_ok() {
                        own.push(started.elapsed());
                    }
                }
                times.lock().map(|mut times| times.extend(own)).unwrap_or_default();
            });
        }
    });
    let ours = started.elapsed();
    let mut times: Vec<Duration> = times.into_inner().unwrap_or_default();
    let mut file = File::create(material.beside(&format!("together-{callers}.raw")))?;
    let started = Instant::now();
    for batch in submissions.chunks(callers) {
        file.write_all(&vec![b'x'; batch.len() * 520])?;
        file.sync_data()?;
    }
    let raw = started.elapsed();
    let measure = format!("{} durable appends by {callers} callers at once", times.len());
    let baseline = format!("bare loop, {callers} records a sync");
    results.speeds(&measure, ours, &baseline, raw, Goal::AtLeast(0.8));
    let sync = crate::machine::sync_time(&options.folder)?;
    let p99 = percentile(&mut times, 99);
    results.times(&format!("  of them p99, {callers} callers"), p99, "one raw sync", sync, Goal::AtMost(10.0));
    Ok(())
}

fn in_bulk(
    singles: &[(Body, String)],
    bulk: &[(Body, String)],
    material: &Material,
    results: &mut Results,
) -> Outcome<()> {
    let mut ledger = ledger(&material.beside("bulk"))?;
    ledger.append_bodies(singles, None)?;
    let mut file = File::create(material.beside("bulk.raw"))?;
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for batch in bulk.chunks(BATCH) {
        let started = Instant::now();
        ledger.append_bodies(batch, None)?;
        ours.push(started.elapsed());
        let bytes = vec![b'x'; batch.iter().map(|(_, text)| text.len() + ENVELOPE).sum()];
        let started = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        raw.push(started.elapsed());
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
