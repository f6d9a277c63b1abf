//! What this user saw of each log before, so that a log that was shown differently to somebody is noticed on the next
//! visit.
//!
//! For each log's name one small file: the log's key and the newest checkpoint that was checked, as signed. Where a later
//! visit finds another log under the name, both notes are kept beside it as evidence.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::complaint::Complaint;
use super::outcome::Outcome;
use crate::proof::{Checkpoint, Note, VerifierKey};
use crate::vocab::Code;

const HEADER: &str = "ceasefire.seen/1";

/// Where the memory lies; nothing where no folder can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    folder: Option<PathBuf>,
}

/// What was seen of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The log's key.
    pub key: VerifierKey,
    /// The newest checkpoint.
    pub checkpoint: Checkpoint,
    /// Its note.
    pub note: Note,
}

impl Memory {
    /// Finds the user's own: `CEASEFIRE_STATE`, else `ceasefire` under `XDG_STATE_HOME`, else under `~/.local/state`.
    #[must_use]
    pub fn of_user() -> Self {
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let state = || path("XDG_STATE_HOME").or_else(|| path("HOME").map(|home| home.join(".local/state")));
        Self { folder: path("CEASEFIRE_STATE").or_else(|| state().map(|state| state.join("ceasefire"))) }
    }

    /// Recalls a log; nothing where it was never seen, or its name is an example's.
    ///
    /// # Errors
    /// `CF0615` where the file is there and cannot be read.
    pub fn recall(&self, origin: &str) -> Result<Option<Seen>, Complaint> {
        let Some(file) = self.file(origin) else { return Ok(None) };
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| unreadable(&file, &error.to_string()))?,
        };
        parse(&text).map(Some).ok_or_else(|| unreadable(&file, "it is damaged"))
    }

    /// Remembers a checkpoint that was checked, unless a newer one is remembered. Says where it could not.
    pub fn remember(&self, seen: &Seen) -> Option<String> {
        let file = self.file(seen.checkpoint.origin().as_str())?;
        let newer = |known: &Seen| known.checkpoint.size() >= seen.checkpoint.size();
        match self.recall(seen.checkpoint.origin().as_str()) {
            Ok(Some(known)) if known.key != seen.key || newer(&known) => return None,
            Err(complaint) => return Some(complaint.what),
            Ok(_) => {}
        }
        let text = format!("{HEADER}\n{}\n\n{}", seen.key, seen.note);
        write_whole(&file, text.as_bytes()).err().map(|error| format!("{}: {error}", file.display()))
    }

    /// Keeps what was seen before and what is shown now, side by side, and gives the folder.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep_fork(&self, seen: &Seen, files: &[(&str, String)]) -> io::Result<Option<PathBuf>> {
        let Some(file) = self.file(seen.checkpoint.origin().as_str()) else { return Ok(None) };
        let key = blake3::hash(files.iter().map(|(_, text)| text.as_str()).collect::<String>().as_bytes());
        let folder = file.with_extension(format!("fork-{}", &key.to_hex()[..8]));
        fs::create_dir_all(&folder)?;
        write_whole(&folder.join("seen-before.note"), seen.note.to_string().as_bytes())?;
        for (name, text) in files {
            write_whole(&folder.join(name), text.as_bytes())?;
        }
        Ok(Some(folder))
    }

    /// Names the file of a log. No part of the path comes from the log's name but its hash.
    fn file(&self, origin: &str) -> Option<PathBuf> {
        let folder = self.folder.as_ref().filter(|_| !is_example(origin))?;
        let name = blake3::hash(origin.as_bytes()).to_hex();
        Some(folder.join("logs").join(format!("{}.seen", &name[..32])))
    }
}

/// Names that are kept for examples (RFC 2606, RFC 6761) belong to nobody: two logs of such a name are no fork.
fn is_example(origin: &str) -> bool {
    let host = origin.split(['/', ':']).next().unwrap_or(origin).to_ascii_lowercase();
    let within = |name: &str| host == name || host.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    ["example", "test", "invalid", "localhost", "example.com", "example.net", "example.org"].into_iter().any(within)
}

fn parse(text: &str) -> Option<Seen> {
    let (head, note) = text.split_once("\n\n")?;
    let key: VerifierKey = head.strip_prefix(HEADER)?.strip_prefix('\n')?.parse().ok()?;
    let note = Note::parse(note.as_bytes()).ok()?;
    let checkpoint = Checkpoint::open(&note, &key).ok()?;
    Some(Seen { key, checkpoint, note })
}

fn unreadable(file: &Path, why: &str) -> Complaint {
    let what = format!("{} could not be read: {why}", file.display());
    Complaint::new(Outcome::Undecided, Code::StateFailed, what)
}

/// Writes a file whole or not at all; durable on return.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let mut file = File::create(&beside)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path)).inspect_err(
        |_| {
            let _ = fs::remove_file(&beside);
        },
    )?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{SignatureType, SignerKey, leaf_hash};

    fn seen(origin: &str, seed: u8, size: u64) -> Seen {
        let signer = SignerKey::from_seed(origin.parse().unwrap(), SignatureType::Ed25519, &[seed; 32]);
        let checkpoint = Checkpoint::new(origin.parse().unwrap(), size, leaf_hash(&size.to_le_bytes())).unwrap();
        let note = checkpoint.sign(&signer).unwrap();
        Seen { key: signer.verifier().clone(), checkpoint, note }
    }

    fn memory(folder: &Path) -> Memory {
        Memory { folder: Some(folder.to_owned()) }
    }

    #[test]
    fn the_newest_checkpoint_of_the_first_key_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let memory = memory(folder.path());
        let origin = "mission.int/log";
        assert_eq!(memory.recall(origin).unwrap(), None);
        for size in [5, 9, 7] {
            assert_eq!(memory.remember(&seen(origin, 1, size)), None);
        }
        assert_eq!(memory.remember(&seen(origin, 2, 50)), None);
        assert_eq!(memory.recall(origin).unwrap(), Some(seen(origin, 1, 9)));
        assert_eq!(memory.recall("mission.int/other").unwrap(), None);
    }

    #[test]
    fn names_for_examples_are_not_remembered() {
        for name in ["example.org/x", "log.example/x", "EXAMPLE.com", "a.test", "localhost:80/x", "x.example.net/y"] {
            assert!(is_example(name), "{name}");
        }
        for name in ["osce.org/x", "notexample.org/x", "example.org.am/x", "test.am", "contest/x"] {
            assert!(!is_example(name), "{name}");
        }
    }

    #[test]
    fn a_damaged_memory_is_said_and_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let memory = memory(folder.path());
        memory.remember(&seen("mission.int/log", 1, 5));
        let file = memory.file("mission.int/log").unwrap();
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("\n5\n", "\n6\n")).unwrap();
        assert_eq!(memory.recall("mission.int/log").unwrap_err().code, Code::StateFailed);
    }
}
