//! The machine, as far as a reader needs it to judge the numbers.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::timing::percentile;

/// The machine in a few lines of Markdown.
pub fn describe(folder: &Path) -> Outcome<String> {
    let mut text = String::new();
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = memory.lines().next().unwrap_or_default().trim_start_matches("MemTotal:").trim().to_owned();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
    writeln!(text, "- processor: {}, {cores} cores", model.trim_start_matches([' ', '\t', ':']))?;
    writeln!(text, "- memory: {memory}")?;
    writeln!(
        text,
        "- load average when it began: {load} (0 is an idle machine; the numbers suffer from others' work)"
    )?;
    writeln!(text, "- system: {}", said("uname", &["-sr"]))?;
    writeln!(text, "- compiler: {}", said("rustc", &["--version"]))?;
    let device = said("df", &["--output=fstype,source", &folder.display().to_string()]);
    writeln!(
        text,
        "- file system: {}",
        device.lines().last().unwrap_or("unknown").split_whitespace().collect::<Vec<_>>().join(" on ")
    )?;
    let sync = sync_time(folder)?;
    writeln!(text, "- one `fdatasync` after 512 bytes: {:.3} ms (median of 200)", sync.as_secs_f64() * 1e3)?;
    Ok(text)
}

/// The time that the disk takes for one sync of little.
pub fn sync_time(folder: &Path) -> Outcome<Duration> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        file.write_all(&[b'x'; 512])?;
        let started = Instant::now();
        File::sync_data(&file)?;
        times.push(started.elapsed());
    }
    Ok(percentile(&mut times, 50))
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
