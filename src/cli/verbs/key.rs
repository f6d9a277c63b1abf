//! `key`: submitters' keys: made, added, listed, handed over, revoked.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::append::{self, AppendVerb};
use super::record_text::refuse_csv;
use crate::cli::append::KeyChange;
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::Paint;
use crate::cli::key_file;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::KnownAt;
use crate::proof::BodyVerifier;
use crate::vocab::{Instant, Seq};

/// What `key` takes.
#[derive(Debug, Args)]
#[command(after_help = "A submitter makes a key, and gives its public half to the keeper, who adds it:\n  \
    ceasefire key new party.key\n  \
    ceasefire key add AZE-1 --actor AZE --role party --public-key A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n  \
    ceasefire append statement … --key party.key")]
pub struct KeyArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: KeyVerb,
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// Make a key: a file that you alone may read, and its public half; no ledger is needed
    New {
        /// The file to write; there must be none
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the public half of the key in a file; no ledger is needed
    Public {
        /// The key file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List the keys: whose, for what, from when to when
    List {
        /// Only those of this actor
        #[arg(long, value_name = "ACTOR")]
        actor: Option<String>,
    },
    /// Add, hand over, revoke.
    #[command(flatten)]
    Change(Box<KeyChange>),
}

/// What `key list` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct KeyListAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The keys, in order of their ids.
    pub keys: Vec<KeyLine>,
}

/// One key.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct KeyLine {
    /// Its id.
    pub key: String,
    /// Whose it is.
    pub actor: String,
    /// What it may sign.
    pub roles: Vec<String>,
    /// How it stands: `in_force`, `rotated` or `revoked`.
    pub state: String,
    /// The record that brought it; it may sign from the next one on.
    pub from: Seq,
    /// The record that ended it, the last that it may have signed.
    pub until: Option<Seq>,
    /// The key that it handed over to.
    pub successor: Option<String>,
    /// The first record that revoked it.
    pub revoked: Option<Seq>,
    /// From when on what it signed is doubtful.
    pub suspect_since: Option<Instant>,
    /// The Ed25519 public key, base64.
    pub public_key: String,
}

/// What `key new` and `key public` answer.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct KeyAnswer {
    /// The file that holds the private key.
    pub file: String,
    /// The public key, in base64: what the ledger's keeper is given.
    pub public_key: String,
}

impl KeyLine {
    const COLUMNS: [&'static str; 10] =
        ["key", "actor", "roles", "state", "from", "until", "successor", "revoked", "suspect_since", "public_key"];

    fn cells(&self) -> Vec<String> {
        let seq = |seq: Option<Seq>| seq.map(|seq| seq.to_string()).unwrap_or_default();
        vec![
            self.key.clone(),
            self.actor.clone(),
            self.roles.join(" "),
            self.state.clone(),
            self.from.to_string(),
            seq(self.until),
            self.successor.clone().unwrap_or_default(),
            seq(self.revoked),
            self.suspect_since.map(|since| since.to_string()).unwrap_or_default(),
            self.public_key.clone(),
        ]
    }

    /// Says how the key stands.
    fn standing(&self) -> String {
        let ended = self.until.map(|until| until.to_string()).unwrap_or_default();
        let words = match (self.revoked, &self.successor) {
            (Some(revoked), None) => format!("revoked by record {revoked}"),
            (Some(revoked), Some(next)) => {
                format!("handed over to {next} by record {ended}, revoked by record {revoked}")
            }
            (None, Some(next)) => format!("handed over to {next} by record {ended}"),
            (None, None) => "in force".to_owned(),
        };
        match self.suspect_since {
            Some(since) => format!("{words}; doubtful since {since}"),
            None => words,
        }
    }
}

/// Does what is asked with keys.
pub fn run(args: KeyArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    match args.verb {
        KeyVerb::New { file } => new(&file, session),
        KeyVerb::Public { file } => public(&file, session),
        KeyVerb::List { actor } => list(actor.as_deref(), session),
        KeyVerb::Change(change) => {
            let (append, offline) = change.into_append();
            append::run(&AppendVerb { append, expect_head: None, receipt: None, offline }, session)
        }
    }
}

fn new(file: &Path, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("key new", &session.console)?;
    if session.global.dry_run {
        session.console.say(format!("would write a new key to {}", file.display()));
        return Ok(Outcome::Ok);
    }
    let verifier = key_file::create(file)?;
    told("key_new", file, &verifier, session)?;
    if session.console.is_human() {
        session.console.say(
            "Keep the file secret: whoever has it signs in your name. Give the public key to the ledger's keeper:\n  \
             ceasefire key add ID --actor YOU --role ROLE --public-key KEY",
        );
    }
    Ok(Outcome::Ok)
}

fn public(file: &Path, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("key public", &session.console)?;
    let (signer, readers) = key_file::read(file)?;
    session.warn_of_readers(file, readers);
    told("key_public", file, &signer.verifier(), session)?;
    Ok(Outcome::Ok)
}

fn told(verb: &str, file: &Path, verifier: &BodyVerifier, session: &mut Session) -> Result<(), Complaint> {
    let public_key = verifier.to_base64();
    if session.console.is_human() {
        session.console.line(format!("public key  {public_key}"))
    } else {
        let answer = KeyAnswer { file: file.display().to_string(), public_key };
        session.console.answer(verb, Outcome::Ok, &answer)
    }
}

fn list(actor: Option<&str>, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let book = view.key_book().map_err(|error| refusal::rows(&error))?;
    let keys: Vec<KeyLine> = book
        .iter()
        .filter(|(_, key)| actor.is_none_or(|actor| key.actor.as_str() == actor))
        .map(|(id, key)| KeyLine {
            key: id.to_string(),
            actor: key.actor.to_string(),
            roles: key.roles.iter().map(ToString::to_string).collect(),
            state: key.state().to_string(),
            from: key.from,
            until: key.until,
            successor: key.successor.as_ref().map(ToString::to_string),
            revoked: key.revoked,
            suspect_since: key.suspect_since,
            public_key: key.public_key.clone(),
        })
        .collect();
    match session.console.format() {
        Format::Human => print(&keys, session)?,
        Format::Csv => {
            session.console.csv(&[KeyLine::COLUMNS.map(ToOwned::to_owned).to_vec()])?;
            session.console.csv(&keys.iter().map(KeyLine::cells).collect::<Vec<_>>())?;
        }
        Format::Jsonl => {
            for key in &keys {
                session.console.answer("key_list", Outcome::Ok, key)?;
            }
        }
        Format::Json => {
            let answer = KeyListAnswer { known_at: view.known_at(), keys };
            session.console.answer("key_list", Outcome::Ok, &answer)?;
        }
    }
    Ok(Outcome::Ok)
}

fn print(keys: &[KeyLine], session: &mut Session) -> Result<(), Complaint> {
    if keys.is_empty() {
        session.console.say("there is no key; `ceasefire key new FILE` makes one");
    }
    let width = |of: fn(&KeyLine) -> usize| keys.iter().map(of).max().unwrap_or(0);
    let (ids, actors) = (width(|key| key.key.len()), width(|key| key.actor.len()));
    let roles = width(|key| key.roles.join(",").len());
    for key in keys {
        let paint = if key.state == "in_force" { Paint::Good } else { Paint::Unsure };
        let standing = session.console.paint(paint, &key.standing());
        let role = key.roles.join(",");
        let line =
            format!("{:<ids$}  {:<actors$}  {role:<roles$}  from record {}, {standing}", key.key, key.actor, key.from);
        session.console.line(line)?;
        session.console.line(session.console.paint(Paint::Faint, &format!("{:<ids$}  {}", "", key.public_key)))?;
    }
    Ok(())
}
