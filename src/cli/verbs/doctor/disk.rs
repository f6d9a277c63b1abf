//! The files of the ledger's folder, and the disk they lie on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Checked;
use crate::ledger::{COSIGNED_FOLDER, Folder, POLICY_FILE, SETTINGS_FILE};
use crate::log::SegmentName;

/// What FORMAT.md §1 puts into a ledger's folder.
const OWN: [&str; 10] = [
    SETTINGS_FILE,
    "log",
    "checkpoint",
    COSIGNED_FOLDER,
    POLICY_FILE,
    "tiles",
    "evidence",
    "vault",
    "projections",
    "keys",
];

/// How many writes are timed, and how many bytes each has.
const WRITES: usize = 5;
const WRITE_BYTES: usize = 4096;

/// No disk makes bytes durable in less.
const TOO_FAST: Duration = Duration::from_micros(20);

/// Secrets are for their owner's eyes.
pub(super) fn keys_check(folder: &Folder) -> Checked {
    const NAME: &str = "keys";
    let entries = match fs::read_dir(folder.keys()) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Checked::ok(NAME, "none here; signing needs them, reading and checking do not");
        }
        Err(error) => {
            return Checked::unsure(NAME, format!("keys/ cannot be read: {error}"), "look at its owner and mode");
        }
    };
    let mut open = Vec::new();
    let mut count = 0;
    for entry in entries.flatten() {
        count += 1;
        if entry.metadata().is_ok_and(|metadata| is_open_to_others(&metadata)) {
            open.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    if open.is_empty() {
        return Checked::ok(NAME, format!("{count} in keys/, readable by their owner alone"));
    }
    Checked::bad(NAME, format!("others may read {}", open.join(", ")), "chmod 600 LEDGER/keys/*")
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

/// Files that no ledger puts there. In the log's folder they may be somebody's copy or cut.
pub(super) fn strangers_check(folder: &Folder) -> Checked {
    const NAME: &str = "files";
    // A file that was being put in place when the machine stopped is written anew the next time.
    let is_beside = |name: &str| name.strip_prefix('.').is_some_and(|rest| rest.strip_suffix(".new").is_some());
    let is_own = |name: &str| OWN.contains(&name) || name.starts_with("projections.aside") || is_beside(name);
    let is_logs = |name: &str| {
        let segment = name.split(".torn").next().unwrap_or(name);
        name == "lock" || segment.parse::<SegmentName>().is_ok()
    };
    let strangers = names_in(folder.path(), &is_own).and_then(|mut strangers| {
        strangers.extend(names_in(&folder.log(), &is_logs)?.into_iter().map(|name| format!("log/{name}")));
        Ok(strangers)
    });
    match strangers {
        Err(error) => {
            Checked::unsure(NAME, format!("the folder cannot be listed: {error}"), "look at its owner and mode")
        }
        Ok(strangers) if strangers.is_empty() => Checked::ok(NAME, "no file but the ledger's own"),
        Ok(strangers) if strangers.iter().any(|name| name.starts_with("log/")) => Checked::unsure(
            NAME,
            format!("not the ledger's: {}", strangers.join(", ")),
            "find out who put them there; the log passes over them",
        ),
        Ok(strangers) => Checked::ok(NAME, format!("not the ledger's, and passed over: {}", strangers.join(", "))),
    }
}

fn names_in(folder: &Path, known: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !known(&name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Stands for the timing where nothing may be written.
pub(super) fn sync_untimed() -> Checked {
    Checked::ok("disk", "not timed: -n writes nothing")
}

/// Times how long the disk takes to make a few bytes durable: what every append waits for.
pub(super) fn sync_check(folder: &Folder) -> Checked {
    const NAME: &str = "disk";
    let path = folder.path().join(format!(".doctor-{}", std::process::id()));
    let times = time_syncs(&path);
    let removed = fs::remove_file(&path);
    match (times, removed) {
        (Ok(times), Ok(())) => {
            let middle = median(times);
            let micros = middle.as_micros();
            let words = format!("a sync takes {}.{:03} ms, the middle of {WRITES}", micros / 1000, micros % 1000);
            let doubt = if middle < TOO_FAST { ": too fast for a disk; it may not survive a power cut" } else { "" };
            Checked::ok(NAME, format!("{words}{doubt}"))
        }
        (Err(error), _) => {
            Checked::unsure(NAME, format!("it cannot be written: {error}"), "look for space, owner and mode")
        }
        (_, Err(error)) => {
            Checked::unsure(NAME, format!("{} could not be removed: {error}", path.display()), "remove it by hand")
        }
    }
}

fn time_syncs(path: &Path) -> io::Result<Vec<Duration>> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(path)?;
    (0..WRITES)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[b'\n'; WRITE_BYTES])?;
            file.sync_data()?;
            Ok(begun.elapsed())
        })
        .collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Verdict;

    #[test]
    fn the_middle_of_the_times_is_given_and_not_their_mean() {
        let times = [1, 900, 2, 3, 4].map(Duration::from_millis).to_vec();
        assert_eq!(median(times), Duration::from_millis(3));
    }

    #[test]
    fn a_strange_file_beside_the_segments_cannot_be_passed_over_and_a_torn_end_is_no_stranger() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("log")).unwrap();
        let put = |name: &str| fs::write(folder.path().join("log").join(name), b"").unwrap();
        put("00000000000000000001.jsonl");
        put("00000000000000000001.jsonl.torn.2");
        put("lock");
        assert_eq!(strangers_check(&Folder::at(folder.path())).verdict, Verdict::Ok);
        put("00000000000000000001.jsonl.bak");
        let check = strangers_check(&Folder::at(folder.path()));
        assert_eq!(check.verdict, Verdict::CannotTell);
        assert_eq!(check.detail, "not the ledger's: log/00000000000000000001.jsonl.bak");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_wrong() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("keys/log.key");
        fs::create_dir(folder.path().join("keys")).unwrap();
        fs::write(&key, b"").unwrap();
        let mode = |mode| fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o600);
        assert_eq!(keys_check(&Folder::at(folder.path())).verdict, Verdict::Ok);
        mode(0o640);
        let check = keys_check(&Folder::at(folder.path()));
        assert_eq!((check.verdict, check.detail.as_str()), (Verdict::Violated, "others may read log.key"));
    }
}
