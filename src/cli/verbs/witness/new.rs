//! `witness new`: a witness's key.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::seat::{file, shown};
use crate::cli::complaint::Complaint;
use crate::cli::console::Paint;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::proof::{KeyName, ParseKeyNameError, SignatureType, SignerKey};
use crate::vocab::Code;
use zeroize::Zeroizing;

/// What `witness new` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire witness new party-a.key --name party-a.example/witness\n\n\
    The file holds the secret half and stays on the witness's machine. Give the printed public half to the ledger's \
    keeper and to everybody who checks the ledger.")]
pub struct NewArgs {
    /// The file to write; it must not exist
    #[arg(value_name = "KEYFILE")]
    pub path: PathBuf,
    /// The witness's name in the world: a name you own and a path; no spaces, no plus sign
    #[arg(long, value_name = "NAME")]
    pub name: String,
}

/// What `witness new` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct NewAnswer {
    /// The file with the secret half; absent on a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The public half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vkey: Option<String>,
}

/// Makes a key.
pub fn run(args: &NewArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness new", &session.console)?;
    let name: KeyName = args.name.parse().map_err(|error: ParseKeyNameError| {
        Complaint::new(Outcome::Rejected, Code::BadWitnessKey, error.to_string()).at(file("--name"))
    })?;
    if args.path.exists() {
        return Err(exists(&args.path));
    }
    if session.global.dry_run {
        return print(&NewAnswer { file: None, vkey: None }, args, session);
    }
    let key = SignerKey::from_seed(name, SignatureType::CosignatureV1, &*random_seed()?);
    write_secret(&args.path, &key).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(&args.path),
        _ => Complaint::new(Outcome::Io, Code::StorageFailed, format!("cannot be written: {error}"))
            .at(file(&shown(&args.path))),
    })?;
    let answer = NewAnswer { file: Some(args.path.display().to_string()), vkey: Some(key.verifier().to_string()) };
    print(&answer, args, session)
}

fn print(answer: &NewAnswer, args: &NewArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        console.answer("witness-new", Outcome::Ok, answer)?;
        return Ok(Outcome::Ok);
    }
    match &answer.vkey {
        None => console.line(format!("would make a key for {} in {}", args.name, args.path.display()))?,
        Some(vkey) => {
            let vkey = console.paint(Paint::Heading, vkey);
            console.line(vkey)?;
            console.say(format!(
                "This is the public half. The secret half is in {}; nobody else may read it.",
                args.path.display()
            ));
        }
    }
    Ok(Outcome::Ok)
}

fn exists(path: &Path) -> Complaint {
    Complaint::new(Outcome::Rejected, Code::BadWitnessKey, "the file exists; a key is never overwritten")
        .at(file(&shown(path)))
        .hint("choose another file")
}

fn random_seed() -> Result<Zeroizing<[u8; 32]>, Complaint> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| {
        Complaint::new(Outcome::Io, Code::StorageFailed, format!("no randomness for the key: {error}"))
    })?;
    Ok(seed)
}

/// Writes the secret so that only its owner reads it. Durable on return.
fn write_secret(path: &Path, key: &SignerKey) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(key.to_secret_text().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}
