//! Peak memory: each job in a process of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ceasefire_ledger::exchange::synthetic::{SYNTHETIC_ORIGIN, bodies};
use ceasefire_ledger::rules::counting::COUNT_1;
use ceasefire_ledger::{
    ActorRef, Archive, Folder, Genesis, Ledger, Lineage, Seq, Source, Submission, SystemClock, TallyQuestion, Until,
    VerifyQuestion, ViolationReported,
};

use crate::material::{BATCH, Material, append_all};
use crate::results::{Goal, Results};
use crate::{Options, Outcome};

/// The most that any job may take.
const MOST_MIB: f64 = 256.0;
/// How often a process's peak is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Measures the peak memory of each job.
pub fn measure(options: &Options, material: &Material, results: &mut Results) -> Outcome<()> {
    let records = options.records.to_string();
    let ledger = material.folder.path().display().to_string();
    let new = material.beside("appended").display().to_string();
    for (job, folder) in [
        ("append", &new),
        ("verify", &ledger),
        ("replay", &ledger),
        ("rebuild", &ledger),
        ("tally", &ledger),
        ("known-at", &ledger),
    ] {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--child", job, folder, &records]);
        told(results, job, &peak_of(&mut command)?);
    }
    fs::remove_dir_all(&new)?;
    import(options, material, results)
}

fn told(results: &mut Results, job: &str, peak: &Peak) {
    let mib = peak.kib / 1024.0;
    let ours = format!("{mib:.0} MiB in {}", crate::results::shown(peak.time));
    results.value(&format!("peak memory of {job}"), ours, "256 MiB", mib / MOST_MIB, Goal::AtMost(1.0));
}

/// Imports a file of the same records with the program.
fn import(options: &Options, material: &Material, results: &mut Results) -> Outcome<()> {
    let (file, folder) = (material.beside("bodies.jsonl"), material.beside("imported"));
    write_bodies(&file, options.records)?;
    drop(Ledger::create(Folder::at(&folder), &Genesis::new(SYNTHETIC_ORIGIN)?, Arc::new(SystemClock))?);
    let mut command = Command::new(&options.program);
    command.arg("-L").arg(&folder).args(["import", "jsonl"]).arg(&file);
    let peak = peak_of(&mut command)?;
    told(results, "import", &peak);
    let each = peak.time.as_secs_f64() * 1e6 / options.records as f64;
    results.note(format!("The import took {each:.1} µs a record, the check of the whole file before it included."));
    fs::remove_file(file)?;
    Ok(fs::remove_dir_all(folder)?)
}

fn write_bodies(file: &Path, records: u64) -> Outcome<()> {
    use std::io::Write as _;
    let mut out = std::io::BufWriter::new(fs::File::create(file)?);
    for body in bodies(1, records) {
        writeln!(out, "{}", body?.1)?;
    }
    Ok(out.flush()?)
}

/// What a process took.
struct Peak {
    kib: f64,
    time: Duration,
}

/// Runs a process and looks at its greatest resident memory until it ends.
fn peak_of(command: &mut Command) -> Outcome<Peak> {
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
