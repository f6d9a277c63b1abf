//! Processes of their own: what a job took, a writer, and one that is killed.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ceasefire_ledger::{ActorRef, Folder, Ledger, Source, Submission, SystemClock, ViolationReported};

use crate::Outcome;
use crate::material::{BATCH, append_all};

/// How often a process's peak is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What a process took.
pub struct Peak {
    /// Its greatest resident memory.
    pub kib: f64,
    /// From its start to its end.
    pub time: Duration,
}

/// Runs a process and looks at its greatest resident memory until it ends.
pub fn peak_of(command: &mut Command) -> Outcome<Peak> {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut kib: f64 = 0.0;
    loop {
        if let Ok(text) = fs::read_to_string(&status)
            && let Some(peak) = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))
        {
            kib = kib.max(peak.trim().trim_end_matches("kB").trim().parse()?);
        }
        match child.try_wait()? {
            Some(ended) if ended.success() => return Ok(Peak { kib, time: started.elapsed() }),
            Some(ended) => {
                let output = child.wait_with_output()?;
                return Err(format!("{ended}: {}", String::from_utf8_lossy(&output.stderr)).into());
            }
            None => std::thread::sleep(LOOK_EVERY),
        }
    }
}

/// Does what a process of its own was started for.
pub fn run(arguments: &[String]) -> Outcome<()> {
    match arguments {
        [job, folder, records] if job == "append" => append_all(&Folder::at(folder), records.parse()?),
        [job, folder, records, name] if job == "append-and-wait" => {
            append_and_wait(Folder::at(folder), records.parse()?, name)
        }
        other => Err(format!("no job is called {other:?}").into()),
    }
}

/// Appends, says so, and never writes the rows of it: whoever started it kills it.
fn append_and_wait(folder: Folder, records: u64, name: &str) -> Outcome<()> {
    let mut ledger = Ledger::open(folder, Arc::new(SystemClock))?;
    let mut batch = Vec::with_capacity(BATCH);
    for number in 0..records {
        let source = Source::speaker(ActorRef::Actor("MISSION".parse()?));
        let mut report = ViolationReported::new(format!("{name}-{number}").parse()?, source);
        report.summary = Some("shots were heard".parse()?);
        let key = format!("{name}/{number}").parse()?;
        batch.push(Submission::new("recorder".parse()?, key, report.into()));
        if batch.len() == BATCH {
            ledger.append_batch(&batch, None)?;
            batch.clear();
        }
    }
    println!("appended");
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}
