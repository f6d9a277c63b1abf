//! What was typed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ceasefire_ledger::proof::{Policy, VerifierKey};

pub(crate) const USAGE: &str = "\
ceasefire-verify checks a ledger's folder, an evidence bundle, a proof file or a receipt. It needs nothing else.

usage: ceasefire-verify WHAT [--log-key KEY|FILE] [--policy FILE] [--checkpoint FILE] [--line FILE] [--json]

  WHAT              a ledger's folder; an evidence bundle (.zip); a .tlog-proof, with --line; a receipt (.json)
  --log-key KEY     the log's key as its keeper published it, or a file that holds it
  --policy FILE     whose signatures you ask for (C2SP tlog-policy): logs, witnesses, how many of them
  --checkpoint FILE a checkpoint you know, in place of the one in the folder
  --line FILE       the record's line that a .tlog-proof is about
  --json            answer as JSON

Whose key it is no file can prove: without --log-key or --policy the best answer is that it cannot be told.
exit codes: 0 everything asked for was checked and holds, 1 violated, 5 cannot tell, 14 half-written end, 2 usage, 20 unreadable";

pub(crate) enum Asked {
    Help,
    Check(Arguments),
}

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) path: PathBuf,
    pub(crate) line: Option<PathBuf>,
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) json: bool,
    log_key: Option<String>,
    policy: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn read(mut typed: impl Iterator<Item = OsString>) -> Result<Asked, String> {
        let mut read = Self::default();
        let mut path = None;
        while let Some(argument) = typed.next() {
            let mut value = |name: &str| typed.next().ok_or_else(|| format!("{name} needs a value"));
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(Asked::Help),
                Some("--json") => read.json = true,
                Some("--line") => read.line = Some(value("--line")?.into()),
                Some("--checkpoint") => read.checkpoint = Some(value("--checkpoint")?.into()),
                Some("--policy") => read.policy = Some(value("--policy")?.into()),
                Some("--log-key") => {
                    let key = value("--log-key")?.into_string();
                    read.log_key = Some(key.map_err(|_| "--log-key is not text".to_owned())?);
                }
                Some(flag) if flag.starts_with('-') => return Err(format!("there is no flag {flag}")),
                _ if path.is_none() => path = Some(PathBuf::from(argument)),
                _ => return Err("name one thing to check".to_owned()),
            }
        }
        read.path = path.ok_or("name what is to be checked")?;
        Ok(Asked::Check(read))
    }

    /// The key that was typed, or that the named file holds.
    pub(crate) fn log_key(&self) -> Result<Option<VerifierKey>, String> {
        let Some(typed) = &self.log_key else { return Ok(None) };
        if let Ok(key) = typed.parse() {
            return Ok(Some(key));
        }
        let text = String::from_utf8(file(Path::new(typed))?).map_err(|_| format!("{typed} is not text"))?;
        let key = text.trim_end().parse();
        key.map(Some).map_err(|error| format!("{typed} holds no log key: {error}"))
    }

    pub(crate) fn policy(&self) -> Result<Option<Policy>, String> {
        let Some(path) = &self.policy else { return Ok(None) };
        let policy = Policy::parse(&file(path)?);
        policy.map(Some).map_err(|error| format!("{} is no policy: {error}", path.display()))
    }
}

/// Reads a whole file.
pub(crate) fn file(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
