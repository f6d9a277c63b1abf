//! Whole jobs, each in a process of its own: its peak memory, and how its time grows from a tenth of the records. What is
//! linear takes a tenth of the time; a query takes the same.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ceasefire_ledger::exchange::synthetic::{SYNTHETIC_ORIGIN, bodies};
use ceasefire_ledger::{Folder, Genesis, Ledger, SystemClock};

use crate::children::{Peak, peak_of};
use crate::material::{Ledgers, Material};
use crate::results::{Goal, Results};
use crate::timing::percentile;
use crate::{Options, Outcome};

/// The most that any job may take.
const MOST_MIB: f64 = 256.0;
/// How often a question is asked.
const ASKED: usize = 11;

/// What is asked of the program, and what it is called.
const JOBS: &[(&str, &[&str])] =
    &[("verify", &["verify"]), ("tally", &["tally"]), ("replay", &["replay"]), ("rebuild", &["rebuild", "--fresh"])];

/// Measures whole jobs.
pub fn measure(options: &Options, ledgers: &Ledgers, results: &mut Results) -> Outcome<()> {
    let (whole, tenth) = (&ledgers.whole, &ledgers.tenth);
    let factor = whole.records as f64 / tenth.records as f64;
    results.note(format!("Growth is from {} to {} records, {factor:.1} times as many.", tenth.records, whole.records));
    let most = Goal::AtMost(1.1 * factor);
    let told = |results: &mut Results, name: &str, great: &Peak, small: &Peak| {
        let (mib, below) = (great.kib / 1024.0, small.kib / 1024.0);
        let against = format!("256 MiB; {below:.0} MiB for a tenth");
        results.value(
            &format!("peak memory of {name}"),
            format!("{mib:.0} MiB"),
            &against,
            mib / MOST_MIB,
            Goal::AtMost(1.0),
        );
        results.times(&format!("growth of {name}"), great.time, "for a tenth", small.time, most);
    };
    told(results, "append, in batches", &whole.making, &tenth.making);
    for question in [["state", "c0"], ["incident", "i7"]] {
        let (great, small) = (asked(options, whole, question)?, asked(options, tenth, question)?);
        let measure = format!("growth of `{}`, process start included", question[0]);
        results.times(&measure, great, "for a tenth", small, Goal::AtMost(1.5));
    }
    let middle = (whole.records / 2 + 1).to_string();
    let known = job(options, whole, &["incident", "i7", "--known-at", &middle])?;
    let mib = known.kib / 1024.0;
    results.value("peak memory of known-at", format!("{mib:.0} MiB"), "256 MiB", mib / MOST_MIB, Goal::AtMost(1.0));
    for (name, command) in JOBS {
        let small = job(options, tenth, command)?;
        told(results, name, &job(options, whole, command)?, &small);
    }
    let small = import(options, tenth, options.records / 10)?;
    told(results, "import", &import(options, whole, options.records)?, &small);
    Ok(())
}

/// Has the program do something with a ledger.
fn job(options: &Options, material: &Material, arguments: &[&str]) -> Outcome<Peak> {
    peak_of(Command::new(&options.program).arg("-L").arg(material.folder.path()).args(arguments))
}

/// Asks a question of the program, again and again.
fn asked(options: &Options, material: &Material, question: [&str; 2]) -> Outcome<Duration> {
    let mut times = Vec::new();
    for _ in 0..ASKED {
        let started = Instant::now();
        let mut command = Command::new(&options.program);
        command.arg("-L").arg(material.folder.path()).args(question).stdout(Stdio::null()).stderr(Stdio::null());
        if !command.status()?.success() {
            return Err(format!("{question:?} failed").into());
        }
        times.push(started.elapsed());
    }
    Ok(percentile(&mut times, 50))
}

/// Imports a file of the same records with the program; the check of the whole file before it is included.
fn import(options: &Options, material: &Material, records: u64) -> Outcome<Peak> {
    let (file, folder) = (material.beside("bodies.jsonl"), material.beside("imported"));
    write_bodies(&file, records)?;
    drop(Ledger::create(Folder::at(&folder), &Genesis::new(SYNTHETIC_ORIGIN)?, Arc::new(SystemClock))?);
    let mut command = Command::new(&options.program);
    command.arg("-L").arg(&folder).args(["import", "jsonl"]).arg(&file);
    let peak = peak_of(&mut command)?;
    fs::remove_file(file)?;
    fs::remove_dir_all(folder)?;
    Ok(peak)
}

fn write_bodies(file: &Path, records: u64) -> Outcome<()> {
    use std::io::Write as _;
    let mut out = std::io::BufWriter::new(fs::File::create(file)?);
    for body in bodies(1, records) {
        writeln!(out, "{}", body?.1)?;
    }
    Ok(out.flush()?)
}
