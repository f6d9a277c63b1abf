//! Signing without a ledger: a signed submission for another machine, where `submit` takes it in.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::AppendAnswer;
use crate::cli::append::{AppendArgs, Context, Draft};
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::internal;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::whole_file;
use crate::exchange::submission::envelope;
use crate::proof::BodySigner;
use crate::record::Body;
use crate::vocab::{ActorId, Check, Code, Label, Pointer, ZonePolicy};

/// Flags for signing without a ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Signing for another machine")]
pub struct OfflineFlags {
    /// Make a signed submission for the ledger of another machine; none is needed here
    #[arg(long, global = true)]
    pub sign_only: bool,
    /// The name of the ledger it is for, as record 1 of that ledger has it
    #[arg(long, global = true, value_name = "NAME")]
    pub origin: Option<String>,
    /// A zone that a time without a zone may be meant in; give each one [default: UTC alone]
    #[arg(long = "zone", global = true, value_name = "+HH:MM", allow_hyphen_values = true)]
    pub zones: Vec<String>,
    /// Add the signed submission to this file, as one line [default: -, standard output]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl OfflineFlags {
    /// Refuses the flags where they change nothing.
    pub(super) fn refuse_alone(&self) -> Result<(), Complaint> {
        if *self == Self::default() {
            return Ok(());
        }
        let what = "--origin, --zone and --output are for --sign-only";
        Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("add --sign-only, or leave them out"))
    }

    fn origin(&self) -> Result<Label, Complaint> {
        let origin = self.origin.as_deref().ok_or_else(|| incomplete("--origin", "for which ledger is not said"))?;
        Label::new(origin).map_err(|error| refused(Code::BadText, "--origin", error.to_string()))
    }

    fn zones(&self) -> Result<ZonePolicy, Complaint> {
        if self.zones.is_empty() {
            return Ok(ZonePolicy::utc());
        }
        let zones: Option<Vec<i32>> = self.zones.iter().map(|zone| ZonePolicy::parse_offset(zone)).collect();
        let zones = zones.ok_or_else(|| {
            let what = format!("`{}` is not a zone", self.zones.join(", "));
            refused(Code::BadTime, "--zone", what).hint("write +04:00 or Z")
        })?;
        ZonePolicy::new(zones).map_err(|fault| Complaint::fault(&fault, Some(flag("--zone"))))
    }
}

fn flag(name: &str) -> Place {
    Place { file: Some(name.to_owned()), ..Place::default() }
}

fn refused(code: Code, name: &str, what: String) -> Complaint {
    Complaint::new(Outcome::Rejected, code, what).at(flag(name))
}

fn incomplete(name: &str, what: &str) -> Complaint {
    Complaint::new(Outcome::Usage, Code::SigningIncomplete, what).at(flag(name))
}

/// Signs what was typed, and prints it or adds it to a file.
pub(super) fn sign(append: &AppendArgs, flags: &OfflineFlags, session: &mut Session) -> Result<Outcome, Complaint> {
    let origin = flags.origin()?;
    let zones = flags.zones()?;
    let signer = session.signer()?.ok_or_else(|| incomplete("--key", "with which key is not said"))?;
    let drafts = drafts(append, &zones)?;
    let mut lines = Vec::new();
    let mut bodies = Vec::new();
    for draft in &drafts {
        let body = body(draft, &origin)?;
        let (text, line) = signed(&body, &signer)?;
        lines.push(line);
        bodies.push(serde_json::from_str::<Value>(&text).unwrap_or_default());
    }
    let output = flags.output.as_ref().filter(|path| *path != Path::new("-"));
    let added = match (output, session.global.dry_run) {
        (Some(path), false) => add_to_file(path, &lines)?,
        _ => lines.len(),
    };
    let written = output.map(|path| path.display().to_string());
    if !session.console.is_human() {
        let answer = AppendAnswer {
            dry_run: Some(session.global.dry_run),
            signed: Some(lines),
            bodies: Some(bodies),
            output: written,
            added: Some(added),
            ..AppendAnswer::default()
        };
        session.console.answer("append", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    match written {
        _ if session.global.dry_run => {
            session.console.line("would sign (nothing was written):")?;
            bodies.iter().try_for_each(|body| session.console.line(body.to_string()))?;
        }
        None => lines.iter().try_for_each(|line| session.console.line(line))?,
        Some(path) => {
            for draft in &drafts {
                let subject = draft.event.subject().map(|subject| format!(" {subject}")).unwrap_or_default();
                session.console.line(format!("signed  {}{subject}, key {}", draft.event.type_name(), draft.key))?;
            }
            let words = if added == 0 { "it stands there already".to_owned() } else { format!("{added} added") };
            session.console.say(format!("{path}: {words}; `ceasefire submit` takes it in"));
        }
    }
    Ok(Outcome::Ok)
}

/// Makes drafts without a ledger: whose side a speaker is on is not known, so that a level must be typed.
fn drafts(append: &AppendArgs, zones: &ZonePolicy) -> Result<Vec<Draft>, Complaint> {
    let submitter = append.submitter()?.ok_or_else(|| incomplete("--by", "in whose name is not said"))?;
    let mut context = Context {
        zones,
        recorder: &submitter,
        stdin: &mut io::stdin(),
        read_file: &|path: &Path| std::fs::read(path),
        level_of: &|_, _| None,
    };
    append.drafts(&mut context)
}

/// Makes the body and holds it against every rule that needs no ledger.
fn body(draft: &Draft, origin: &Label) -> Result<Body, Complaint> {
    let by: ActorId = draft.by.clone().ok_or_else(|| incomplete("--by", "in whose name is not said"))?;
    if !draft.private.is_empty() {
        let what = "a private part can be handed in on the ledger's machine only";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave --private out, or append it there"));
    }
    let body = Body { origin: origin.clone(), by, key: draft.key.clone(), event: draft.event.clone(), sealed: None };
    let mut faults = Vec::new();
    body.check(&Pointer::root(), &mut faults);
    if faults.is_empty() {
        return Ok(body);
    }
    let place = |fault: &crate::vocab::Fault| Some(draft.origin.place(&fault.pointer));
    Err(refusal::several(faults.iter().map(|fault| Complaint::fault(fault, place(fault))).collect()))
}

fn signed(body: &Body, signer: &BodySigner) -> Result<(String, String), Complaint> {
    let text = body.to_text().map_err(|error| internal(&error.to_string()))?;
    let signature = signer.sign(text.as_bytes());
    let line = envelope(&text, &signature, &signer.verifier()).map_err(|error| internal(&error.to_string()))?;
    Ok((text, line))
}

/// Adds lines to a file; one that stands in it is not added again. Gives how many were added. Durable on return.
fn add_to_file(path: &Path, lines: &[String]) -> Result<usize, Complaint> {
    let failed = |error: io::Error| {
        let what = format!("could not be written: {error}");
        Complaint::new(Outcome::Io, Code::StorageFailed, what).at(flag(&path.display().to_string()))
    };
    let mut text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let there: BTreeSet<&str> = text.lines().collect();
    let new: Vec<&String> = lines.iter().filter(|line| !there.contains(line.as_str())).collect();
    let added = new.len();
    if added == 0 {
        return Ok(0);
    }
    let mut more = String::new();
    if !text.is_empty() && !text.ends_with('\n') {
        more.push('\n');
    }
    for line in new {
        more.push_str(line);
        more.push('\n');
    }
    text.push_str(&more);
    whole_file::replace(path, text.as_bytes()).map_err(failed)?;
    Ok(added)
}
