//! Jobs in processes of their own, so that each job's time and peak memory are its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ceasefire_ledger::rules::counting::COUNT_1;
use ceasefire_ledger::{
    ActorRef, Archive, Folder, Ledger, Lineage, Seq, Source, Submission, SystemClock, TallyQuestion, Until,
    VerifyQuestion, ViolationReported,
};

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

/// Does one job on a ledger of so many records in a process of its own.
pub fn job(name: &str, folder: &Path, records: u64) -> Outcome<Peak> {
    let mut command = Command::new(std::env::current_exe()?);
    peak_of(command.args(["--child", name]).arg(folder).arg(records.to_string()))
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

/// Does one job, as a process of its own.
pub fn run(arguments: &[String]) -> Outcome<()> {
    let [job, folder, records, rest @ ..] = arguments else {
        return Err("a child takes a job, a folder and a number".into());
    };
    let folder = Folder::at(folder);
    let archive = || Archive::open(folder.clone());
    let records: u64 = records.parse()?;
    match job.as_str() {
        "append" => drop(append_all(&folder, records)?),
        "verify" => drop(archive()?.verify(VerifyQuestion::default())?),
        "replay" => drop(archive()?.folded_anew(Until::Head, None)?),
        "rebuild" => drop(archive()?.rebuild(true, None)?),
        "tally" => {
            let question = TallyQuestion { ceasefire: None, rules: COUNT_1, window: None, lineage: Lineage::Omit };
            drop(archive()?.at_head()?.view().tally(&question)?);
        }
        "known-at" => drop(archive()?.as_known(Until::Seq(Seq::new(records / 2 + 1)), None)?),
        "append-and-wait" => append_and_wait(folder, records, rest.first().map_or("x", String::as_str))?,
        other => return Err(format!("no job is called {other}").into()),
    }
    Ok(())
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
