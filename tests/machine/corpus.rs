//! The kept corpus of the fuzz targets, and small changes to each of its files, in a process that may use so much memory
//! and no more. `cargo fuzz` goes on from the same files (`fuzz/`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::fault_support::{Chance, tried};
use super::program::{text, turn};

#[path = "../../fuzz/targets.rs"]
mod targets;

const ROLE: &str = "CEASEFIRE_TEST_CORPUS_CHANGES";
/// How much address space the process may have, in KiB: the program and its threads take most of it.
const MEMORY_KIB: u32 = 1_000_000;
/// How long one input may take in a debug build on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(60);
/// How often each file is changed in the fast tier.
const CHANGES: u64 = 40;

fn corpus_of(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Changes some bytes: flips, removes, doubles, cuts off, puts in what readers stumble over.
fn changed(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    const STUMBLES: [&[u8]; 12] = [
        b"\0",
        b"\n",
        b"\"",
        b"\\",
        b"{",
        b"[[[[[[[[",
        b"-1",
        b"18446744073709551616",
        b"\xff\xfe",
        b",",
        b"1e999",
        b"\xf0\x9f",
    ];
    let mut bytes = bytes.to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(24)).min(bytes.len());
        match chance.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                bytes.splice(at..end, STUMBLES[chance.below(STUMBLES.len())].iter().copied());
            }
        }
    }
    bytes
}

/// Is the other process, when it is asked to be; otherwise it does nothing.
#[test]
#[ignore = "started by the tests below, in a process of its own"]
fn the_process_with_little_memory() {
    let Ok(changes) = std::env::var(ROLE) else { return };
    let changes: u64 = changes.parse().unwrap();
    let mut slowest = (Duration::ZERO, String::new());
    for (name, target) in targets::TARGETS {
        let files = corpus_of(name);
        for file in &files {
            let bytes = fs::read(file).unwrap();
            for number in 0..=changes {
                let mut chance = Chance::of(number);
                let tried = if number == 0 { bytes.clone() } else { changed(&bytes, &mut chance) };
                let case = || target(&tried);
                let begun = Instant::now();
                let ended = std::panic::catch_unwind(case);
                let took = begun.elapsed();
                if took > slowest.0 {
                    slowest = (took, format!("{name}: {}, change {number}", file.display()));
                }
                assert!(
                    ended.is_ok(),
                    "{name}: {}, change {number}: {:?}",
                    file.display(),
                    String::from_utf8_lossy(&tried)
                );
            }
        }
    }
    let (took, input) = slowest;
    println!("slowest: {} ms, {input}", took.as_millis());
    assert!(took < LONGEST, "{took:?} for {input}");
}

fn run(changes: u64) -> usize {
    let limited = format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "corpus::the_process_with_little_memory", "--ignored", "--nocapture"]);
    let output = command.env(ROLE, changes.to_string()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("1 passed"), "{}", text(&output));
    let said = text(&output);
    let slowest = said.lines().find_map(|line| line.strip_prefix("slowest: ")).unwrap_or_default();
    tried(1, &format!("slowest of them: {slowest}"));
    let files: usize = targets::TARGETS.iter().map(|(name, _)| corpus_of(name).len()).sum();
    files * usize::try_from(changes + 1).unwrap()
}

#[test]
fn no_reader_panics_or_takes_unbounded_memory_over_the_kept_corpus_and_changes_to_it() {
    let _turn = turn();
    for (name, _) in targets::TARGETS {
        assert!(corpus_of(name).len() >= 3, "{name}: no corpus");
    }
    let inputs = run(CHANGES);
    tried(inputs, &format!("inputs to {} readers, in {MEMORY_KIB} KiB of address space", targets::TARGETS.len()));
}

#[test]
#[ignore = "long tier: many changes"]
fn no_reader_panics_over_many_changes_to_the_kept_corpus() {
    let _turn = turn();
    tried(run(5_000), "inputs to the readers, long tier");
}
