//! Questions, with the start of a process: state, tally, incident; warm, after a kill, and as known at an early record.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::material::Material;
use crate::results::{Goal, Results};
use crate::timing::{median_of, percentile};
use crate::{Options, Outcome};

/// Measures the questions that a person asks of the program.
pub fn measure(options: &Options, material: &Material, results: &mut Results) -> Outcome<()> {
    let Some(program) = &options.program else {
        results.note("Questions were not measured: no --program was given.");
        return Ok(());
    };
    let run = |arguments: &[&str]| -> Outcome<()> {
        let status = Command::new(program)
            .arg("-L")
            .arg(material.folder.path())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if status.success() { Ok(()) } else { Err(format!("{arguments:?}: {status}").into()) }
    };
    let nothing = median_of(20, || {
        Command::new(program).arg("--version").stdout(Stdio::null()).status()?;
        Ok(())
    })?;
    results.note(format!("The program starts and ends in {}.", crate::results::shown(nothing)));
    run(&["state"])?;
    let mut ask = |what: &str, arguments: &[&str], most: Duration| -> Outcome<()> {
        let mut times = Vec::new();
        for _ in 0..options.repeat.max(5) {
            let started = Instant::now();
            run(arguments)?;
            times.push(started.elapsed());
        }
        let time = percentile(&mut times, 50);
        results.times(what, time, "the goal", most, Goal::AtMost(1.0));
        Ok(())
    };
    let (warm, known) = (Duration::from_millis(25), Duration::from_secs(1));
    ask("`state`, process start included", &["state", "c0"], warm)?;
    ask("`incident`, process start included", &["incident", "i7"], warm)?;
    ask("`tally`, process start included", &["tally"], warm)?;
    for part in [1, 5, 9] {
        let at = (material.records * part / 10).max(1).to_string();
        ask(&format!("`state --known-at` {part}/10 of the log"), &["state", "c0", "--known-at", &at], known)?;
        ask(&format!("`incident --known-at` {part}/10 of the log"), &["incident", "i7", "--known-at", &at], known)?;
        ask(&format!("`tally --known-at` {part}/10 of the log"), &["tally", "--known-at", &at], known)?;
    }
    Ok(())
}
