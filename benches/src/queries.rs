//! Questions, with the start of a process: state, tally, incident; warm, after a kill, and as known at an early record.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::material::{Ledgers, Material};
use crate::results::Results;
use crate::timing::{median_of, percentile};
use crate::{Options, Outcome};

/// What is asked, and what it is called.
const QUESTIONS: &[(&str, &[&str])] =
    &[("state", &["state", "c0"]), ("incident", &["incident", "i7"]), ("tally", &["tally"])];
const WARM: Duration = Duration::from_millis(25);
const AFTER_A_KILL: Duration = Duration::from_millis(200);
const KNOWN_AT: Duration = Duration::from_secs(1);
/// An answer slower than this is asked for once only.
const SLOW: Duration = Duration::from_secs(2);

/// Measures the questions that a person asks of the program.
pub fn measure(options: &Options, ledgers: &Ledgers, results: &mut Results) -> Outcome<()> {
    let material = &ledgers.whole;
    let nothing = median_of(20, || {
        Command::new(&options.program).arg("--version").stdout(Stdio::null()).status()?;
        Ok(())
    })?;
    results.note(format!("The program starts and ends in {}.", crate::results::shown(nothing)));
    for (name, question) in QUESTIONS {
        let time = median(options, material, question)?;
        results.within(&format!("`{name}`, process start included, warm"), time, WARM);
    }
    for part in [1, 5, 9] {
        let at = (material.records * part / 10).max(1).to_string();
        for (name, question) in QUESTIONS {
            let known: Vec<&str> = question.iter().copied().chain(["--known-at", &at]).collect();
            let time = median(options, material, &known)?;
            results.within(&format!("`{name} --known-at` {part}/10 of the log"), time, KNOWN_AT);
        }
    }
    for (name, question) in QUESTIONS {
        let mut times = Vec::new();
        for run in 0..options.repeat.max(3) {
            append_and_kill(material, &format!("{name}-{run}"))?;
            times.push(ask(options, material, question)?);
            if times.iter().any(|time| *time > SLOW) {
                break;
            }
        }
        results.within(&format!("`{name}`, first after kill -9 of a writer"), percentile(&mut times, 50), AFTER_A_KILL);
    }
    Ok(())
}

fn median(options: &Options, material: &Material, question: &[&str]) -> Outcome<Duration> {
    let first = ask(options, material, question)?;
    if first > SLOW {
        return Ok(first);
    }
    let times: Outcome<Vec<Duration>> = (0..options.repeat.max(5)).map(|_| ask(options, material, question)).collect();
    Ok(percentile(&mut times?, 50))
}

fn ask(options: &Options, material: &Material, question: &[&str]) -> Outcome<Duration> {
    let started = Instant::now();
    let status = Command::new(&options.program)
        .arg("-L")
        .arg(material.folder.path())
        .args(question)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if status.success() { Ok(started.elapsed()) } else { Err(format!("{question:?}: {status}").into()) }
}

/// Lets a process append what the projections have not written yet, and kills it.
fn append_and_kill(material: &Material, name: &str) -> Outcome<()> {
    let folder = material.folder.path().display().to_string();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--child", "append-and-wait", &folder, "8000", name])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut said)?;
    }
    child.kill()?;
    child.wait()?;
    if said.trim() == "appended" { Ok(()) } else { Err("the writer ended before it was killed".into()) }
}
