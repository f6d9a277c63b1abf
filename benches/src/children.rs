//! Peak memory: each job in a process of its own, which tells its peak when it is done.

use std::fs;
use std::process::Command;

use ceasefire_ledger::rules::counting::COUNT_1;
use ceasefire_ledger::{Archive, Folder, Lineage, Seq, TallyQuestion, Until, VerifyQuestion};

use crate::material::{Material, append_all};
use crate::results::{Goal, Results};
use crate::{Options, Outcome};

/// The most that any job may take.
const MOST_MIB: f64 = 256.0;

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
        let output = Command::new(std::env::current_exe()?).args(["--child", job, folder, &records]).output()?;
        if !output.status.success() {
            return Err(format!("{job}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let kib: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
        let mib = kib / 1024.0;
        results.value(
            &format!("peak memory of {job}"),
            format!("{mib:.0} MiB"),
            "256 MiB",
            mib / MOST_MIB,
            Goal::AtMost(1.0),
        );
    }
    Ok(())
}

/// Does one job and prints the process's peak memory in KiB.
pub fn run(arguments: &[String]) -> Outcome<()> {
    let [job, folder, records] = arguments else { return Err("a child takes a job, a folder and a number".into()) };
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
        other => return Err(format!("no job is called {other}").into()),
    }
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    println!("{}", peak.trim().trim_end_matches("kB").trim());
    Ok(())
}
