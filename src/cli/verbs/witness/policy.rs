//! `witness policy`: which witnesses must cosign this ledger.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::seat::{file, parse_policy, read_file, shown, with_cause};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::ledger::PolicyFileError;
use crate::proof::Policy;
use crate::vocab::Code;

/// What `witness policy` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example: both parties and the mission must cosign.\n\n  \
    log example.org/nk2020+9f2c…+AQ…\n  \
    witness party-a party-a.example/witness+…+BA… https://party-a.example/witness\n  \
    witness party-b party-b.example/witness+…+BA…\n  \
    witness mission mission.example/witness+…+BA… https://mission.example\n  \
    group all-three all party-a party-b mission\n  \
    quorum all-three\n\n\
    The format is C2SP tlog-policy. `group NAME 2 …` asks for two of the named, `any` for one. A witness without an \
    address is asked by courier. Who checks the ledger uses a policy of his own: ceasefire verify --policy FILE.")]
pub struct PolicyArgs {
    /// The policy to set; - is standard input [default: show the one that is set]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// What `witness policy` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct PolicyAnswer {
    /// The policy's text.
    pub policy: String,
    /// The witnesses that it names.
    pub witnesses: Vec<PolicyWitness>,
}

/// A witness of a policy.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct PolicyWitness {
    /// What the policy calls it.
    pub name: String,
    /// Its public key.
    pub vkey: String,
    /// Where it answers; absent for one that is asked by courier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Shows or sets the policy.
pub fn run(args: &PolicyArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness policy", &session.console)?;
    let folder = session.folder()?;
    let (bytes, name) = match &args.file {
        Some(path) => (read_file(path)?, shown(path)),
        None => (kept(&folder.policy_path())?, folder.policy_path().display().to_string()),
    };
    let policy = parse_policy(&bytes, &name)?;
    if args.file.is_some() {
        let key = super::log_key(session)?;
        let known = policy.logs().any(|(log, _)| *log == key);
        let set = match (known, session.global.dry_run) {
            (false, _) => Err(PolicyFileError::ForeignLog),
            (true, true) => Ok(()),
            (true, false) => folder.set_policy(&bytes, &key).map(|_| ()),
        };
        set.map_err(|error| match &error {
            PolicyFileError::ForeignLog => Complaint::new(Outcome::Rejected, Code::BadPolicy, error.to_string())
                .at(file(&name))
                .hint(format!("add the line: log {key}")),
            _ => with_cause(Outcome::Io, Code::StorageFailed, &error),
        })?;
    }
    print(&policy, &bytes, args, session)
}

fn kept(path: &std::path::Path) -> Result<Vec<u8>, Complaint> {
    if path.exists() {
        return read_file(path);
    }
    Err(Complaint::new(Outcome::Undecided, Code::NoPolicy, "no policy is set"))
}

fn print(policy: &Policy, bytes: &[u8], args: &PolicyArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let witnesses = policy.witnesses().map(|(name, key, url)| PolicyWitness {
        name: name.to_owned(),
        vkey: key.to_string(),
        url: url.map(ToOwned::to_owned),
    });
    let answer = PolicyAnswer { witnesses: witnesses.collect(), policy: text };
    if !session.console.is_human() {
        session.console.answer("witness-policy", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    if args.file.is_none() {
        for line in answer.policy.lines() {
            session.console.line(isolated(line))?;
        }
        return Ok(Outcome::Ok);
    }
    let count = answer.witnesses.len();
    let (would, plural) =
        (if session.global.dry_run { "would set" } else { "set" }, if count == 1 { "" } else { "es" });
    let words = session.console.paint(Paint::Good, &format!("{would} a policy with {count} witness{plural}"));
    session.console.line(words)?;
    for witness in answer.witnesses {
        let url = witness.url.map_or_else(|| "by courier".to_owned(), |url| isolated(&url));
        session.console.line(format!("  {:<16} {url}", isolated(&witness.name)))?;
    }
    Ok(Outcome::Ok)
}
