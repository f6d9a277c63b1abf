//! What every verb of a witness needs: its key, the logs it knows, its memory. And files, read with a bound.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::proof::{NOTE_LENGTH_MAX, ParseKeyError, Policy, PolicyError, SignatureType, SignerKey, VerifierKey};
use crate::vocab::Code;
use crate::witness::{Memory, MemoryError, ShelfError, StartError, Witness};

/// A witness's place: who it is, whom it knows, where it remembers.
#[derive(Debug, Args)]
pub struct Seat {
    /// The witness's key, made by `ceasefire witness new`
    #[arg(long = "witness-key", value_name = "FILE")]
    pub key: PathBuf,
    /// What the witness knows
    #[command(flatten)]
    pub logs: KnownLogs,
    /// The folder in which the witness remembers what it cosigned
    #[arg(long, value_name = "DIR")]
    pub state: PathBuf,
}

/// The logs somebody knows.
#[derive(Debug, Args)]
pub struct KnownLogs {
    /// The public key of a log, as `ceasefire init` prints it, or a file that holds it; may be given several times
    #[arg(long = "log", value_name = "KEY|FILE")]
    pub keys: Vec<String>,
    /// A policy file, whose `log` lines name the logs
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

impl KnownLogs {
    /// Reads the keys; there must be one.
    ///
    /// # Errors
    /// `CF0641`, `CF0642`.
    pub fn read(&self) -> Result<Vec<VerifierKey>, Complaint> {
        let mut keys = self.keys.iter().map(|text| log_key(text)).collect::<Result<Vec<_>, _>>()?;
        if let Some(path) = &self.policy {
            keys.extend(read_policy(path)?.logs().map(|(key, _)| key.clone()));
        }
        if keys.is_empty() {
            return Err(Complaint::new(Outcome::Usage, Code::Usage, "no log is named")
                .hint("give the log's public key with --log, or a policy file with --policy"));
        }
        Ok(keys)
    }
}

impl Seat {
    /// Starts the witness.
    ///
    /// # Errors
    /// Says why not; a memory that another program has is `locked`.
    pub fn start(&self, session: &mut Session) -> Result<Witness, Complaint> {
        let logs = self.logs.read()?;
        let key = read_key(&self.key, session)?;
        let memory = Memory::hold(&self.state).map_err(|error| shelf(&error))?;
        Witness::start(key, logs, memory, Arc::clone(&session.clock)).map_err(|error| start(&error))
    }
}

/// Reads a witness's key file; says if others than its owner may read it.
///
/// # Errors
/// `CF0641` where it holds no witness key.
pub fn read_key(path: &Path, session: &mut Session) -> Result<SignerKey, Complaint> {
    let bytes = zeroize::Zeroizing::new(read_file(path)?);
    let refuse = |what: String| bad_key(what).at(file(&shown(path)));
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse("the key file is not text".to_owned()))?;
    let key = SignerKey::parse(text.trim_end()).map_err(|error| refuse(error.to_string()))?;
    if key.verifier().kind() != SignatureType::CosignatureV1 {
        return Err(refuse("this is the key of a log, not of a witness".to_owned()));
    }
    if is_readable_by_others(path) {
        session.console.say(format!("note: others can read {}; chmod 600 it", path.display()));
    }
    Ok(key)
}

/// Reads the public key of a witness.
///
/// # Errors
/// `CF0641`.
pub fn witness_key(text: &str) -> Result<VerifierKey, Complaint> {
    let key = verifier_key(text, "--witness")?;
    if key.kind() == SignatureType::CosignatureV1 {
        return Ok(key);
    }
    Err(bad_key("this is the public key of a log, not of a witness").at(file("--witness")))
}

fn log_key(text: &str) -> Result<VerifierKey, Complaint> {
    let key = match text.trim().parse::<VerifierKey>() {
        Err(_) if Path::new(text).is_file() => {
            verifier_key(&String::from_utf8_lossy(&read_file(Path::new(text))?), text)?
        }
        _ => verifier_key(text, "--log")?,
    };
    if key.kind() == SignatureType::Ed25519 {
        return Ok(key);
    }
    Err(bad_key("this is the public key of a witness, not of a log").at(file("--log")))
}

fn verifier_key(text: &str, flag: &str) -> Result<VerifierKey, Complaint> {
    text.trim().parse().map_err(|error: ParseKeyError| bad_key(error.to_string()).at(file(flag)))
}

fn bad_key(what: impl Into<String>) -> Complaint {
    Complaint::new(Outcome::Rejected, Code::BadWitnessKey, what)
}

/// Reads a policy file.
///
/// # Errors
/// `CF0642` with the line.
pub fn read_policy(path: &Path) -> Result<Policy, Complaint> {
    parse_policy(&read_file(path)?, &shown(path))
}

/// Reads a policy.
///
/// # Errors
/// `CF0642` with the line.
pub fn parse_policy(bytes: &[u8], name: &str) -> Result<Policy, Complaint> {
    Policy::parse(bytes).map_err(|PolicyError { line, fault, .. }| {
        let what = match std::error::Error::source(&fault) {
            Some(cause) => format!("{fault}: {cause}"),
            None => fault.to_string(),
        };
        let place = Place { file: Some(name.to_owned()), line: Some(line), column: Some(1), pointer: None };
        Complaint::new(Outcome::Rejected, Code::BadPolicy, what).at(place)
    })
}

/// Reads a file, or standard input for `-`, no longer than a note may be.
///
/// # Errors
/// `CF0504` where it cannot be read or is too long.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Complaint> {
    let read = |from: &mut dyn Read| {
        let mut bytes = Vec::new();
        from.take(NOTE_LENGTH_MAX as u64 + 1).read_to_end(&mut bytes).map(|_| bytes)
    };
    let bytes =
        if path == Path::new("-") { read(&mut io::stdin()) } else { File::open(path).and_then(|mut f| read(&mut f)) };
    let bytes = bytes.map_err(|error| {
        Complaint::new(Outcome::Io, Code::StorageFailed, format!("cannot be read: {error}")).at(file(&shown(path)))
    })?;
    if bytes.len() > NOTE_LENGTH_MAX {
        let what = format!("longer than {NOTE_LENGTH_MAX} bytes");
        return Err(Complaint::new(Outcome::Rejected, Code::BadRequestFile, what).at(file(&shown(path))));
    }
    Ok(bytes)
}

/// Writes a file whole or not at all, durably; `-` is standard output.
///
/// # Errors
/// `CF0504`.
pub fn write_file(path: &Path, text: &str, session: &mut Session) -> Result<(), Complaint> {
    if path == Path::new("-") {
        return session.console.line(text.trim_end_matches('\n'));
    }
    write_whole(path, text.as_bytes()).map_err(|error| {
        Complaint::new(Outcome::Io, Code::StorageFailed, format!("cannot be written: {error}")).at(file(&shown(path)))
    })
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the file has no name"))?;
    let beside = path.with_file_name(format!(".{name}.new"));
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// A place that is a whole file or flag.
#[must_use]
pub fn file(name: &str) -> Place {
    Place { file: Some(name.to_owned()), ..Place::default() }
}

/// How a path is named in a complaint.
#[must_use]
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// A folder of notes that failed.
#[must_use]
pub fn shelf(error: &ShelfError) -> Complaint {
    match error {
        ShelfError::Held { .. } => Complaint::new(Outcome::Locked, Code::Locked, error.to_string())
            .hint("a witness that serves has its memory to itself; stop it, or ask it over HTTP"),
        ShelfError::Damaged { .. } => with_cause(Outcome::Undecided, Code::MemoryDamaged, error),
        _ => with_cause(Outcome::Io, Code::StorageFailed, error),
    }
}

/// A memory that could not be read.
#[must_use]
pub fn memory(error: &MemoryError) -> Complaint {
    match error {
        MemoryError::Shelf(error) => shelf(error),
        _ => Complaint::new(Outcome::Undecided, Code::MemoryDamaged, error.to_string()),
    }
}

fn start(error: &StartError) -> Complaint {
    match error {
        StartError::Memory { origin, cause } => {
            let complaint = memory(cause);
            Complaint { what: format!("of {origin}: {}", complaint.what), ..complaint }
        }
        _ => bad_key(error.to_string()),
    }
}

/// A complaint with what caused it.
#[must_use]
pub fn with_cause(outcome: Outcome, code: Code, error: &dyn std::error::Error) -> Complaint {
    Complaint::new(outcome, code, causes(error))
}

/// An error with its causes. A cause that the error repeats is left out.
#[must_use]
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut what = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !what.ends_with(&text) {
            what = format!("{what}: {text}");
        }
        cause = error.source();
    }
    what
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path) -> bool {
    false
}
