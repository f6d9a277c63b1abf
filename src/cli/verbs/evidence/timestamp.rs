//! `evidence timestamp`: since when bytes exist, by somebody else's clock (RFC 3161).

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{named, short, store, store_failed, unreadable};
use crate::cli::append::SubmissionFlags;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::{Console, Paint, internal, isolated};
use crate::cli::new_file::{expect_free, write_new};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::verbs::append::{print, settle, submit, with_context, would_submit};
use crate::cli::verbs::record_text::refuse_csv;
use crate::cli::verbs::verify::outcome_of;
use crate::event::{About, Event, EvidenceAdded};
use crate::evidence::FileDigests;
use crate::ledger::{
    Archive, Ledger, RecordedTimestamp, TIMESTAMP_MEDIA_TYPE, TimestampTarget, TimestampsError, Verdict,
};
use crate::proof::timestamp::{CertificateAuthorities, TimestampReply, TimestampRequest};
use crate::record::Receipt;
use crate::vocab::{ActorRef, Code, Instant, Label, RecordRef, Seq, Source, Text};

/// How many trees are tried to find the one that a reply is over, from the newest on.
const TREES_TRIED: u64 = 1_000;

/// What `evidence timestamp` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "A timestamp authority signs a hash and a time: proof that the bytes existed by then, on its word and not on the \
    ledger's.\n\n  ceasefire evidence timestamp request checkpoint -o now.tsq\n  \
    curl -H 'Content-Type: application/timestamp-query' --data-binary @now.tsq https://tsa.example/ > now.tsr\n  \
    ceasefire evidence timestamp add now.tsr --for checkpoint --ca authority.pem\n\n\
    Checked: what the reply is over, its signature, that its certificate is for timestamps, and with --ca that the authority you \
    trust vouches for it by certificates valid at the time stated.\nNot checked: whether a certificate was revoked, and the rules \
    under which the authority works."
)]
pub struct TimestampArgs {
    /// What to do.
    #[command(subcommand)]
    pub act: TimestampAct,
}

/// What can be done with timestamps.
#[derive(Debug, Subcommand)]
pub enum TimestampAct {
    /// Write the request to be sent to a timestamp authority
    Request(RequestArgs),
    /// Check a reply, store it by its hash and record it
    Add(Box<TimestampAddArgs>),
    /// Check every reply that is recorded
    Check(TimestampCheckArgs),
}

/// What `evidence timestamp request` takes.
#[derive(Debug, Args)]
pub struct RequestArgs {
    /// What is to be stamped: eight or more digits of evidence's BLAKE3, or `checkpoint` for the log as it is now
    #[arg(value_name = "HASH|checkpoint")]
    pub what: String,
    /// The file to write, which must not exist
    #[arg(short, long, value_name = "FILE.tsq")]
    pub output: PathBuf,
}

/// What `evidence timestamp add` takes.
#[derive(Debug, Args)]
pub struct TimestampAddArgs {
    /// The authority's reply
    #[arg(value_name = "FILE.tsr")]
    pub file: PathBuf,
    /// What it is over: eight or more digits of evidence's BLAKE3, `checkpoint`, or `checkpoint:SIZE`
    #[arg(long = "for", value_name = "HASH|checkpoint")]
    pub target: String,
    /// The certificate of the authority that you trust, in PEM or DER, got from another source than the reply
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Who submits it.
    #[command(flatten)]
    pub submission: SubmissionFlags,
}

/// What `evidence timestamp check` takes.
#[derive(Debug, Args)]
pub struct TimestampCheckArgs {
    /// The certificate of the authority that you trust, in PEM or DER, got from another source than the reply
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// What `evidence timestamp request` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TimestampRequestAnswer {
    /// Nothing was written.
    pub dry_run: bool,
    /// What is to be stamped.
    pub what: String,
    /// The SHA-256 in the request.
    pub sha256: String,
    /// The file.
    pub file: String,
}

/// What `evidence timestamp add` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TimestampAddAnswer {
    /// Nothing was written.
    pub dry_run: bool,
    /// The reply, checked.
    pub timestamp: TimestampLine,
    /// The reply's own hashes and length.
    pub evidence: FileDigests,
    /// The receipt of the record; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

/// What `evidence timestamp check` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TimestampCheckAnswer {
    /// Every recorded reply.
    pub timestamps: Vec<TimestampLine>,
}

/// One reply and how it was found.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct TimestampLine {
    /// The record that added it; absent before it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Seq>,
    /// What it is over.
    pub what: String,
    /// The time it states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
    /// Who signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Who vouches for the signer; absent where no authority was given, or none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Whether it holds.
    pub verdict: Verdict,
    /// Why not, or what was not checked.
    pub detail: String,
}

/// Runs a verb about timestamps.
pub fn run(args: &TimestampArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("evidence timestamp", &session.console)?;
    match &args.act {
        TimestampAct::Request(args) => request(args, session),
        TimestampAct::Add(args) => add(args, session),
        TimestampAct::Check(args) => check(args, session),
    }
}

fn request(args: &RequestArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    expect_free(&args.output)?;
    let archive = session.archive()?;
    let target = match args.what.as_str() {
        "checkpoint" => TimestampTarget::Tree(latest(&archive)?.checkpoint),
        text => evidence_target(text, &archive)?,
    };
    let sha256 = target.sha256().ok_or_else(|| internal("nothing to stamp"))?;
    let dry_run = session.global.dry_run;
    if !dry_run {
        let der = TimestampRequest::over(sha256).to_der().map_err(|error| internal(&error.to_string()))?;
        write_new(&args.output, |file, failed| file.write_all(&der).map_err(|error| failed(&error)))?;
    }
    let (what, file) = (words(&target), args.output.display().to_string());
    let sha256 = crate::vocab::Digest32::new(sha256).to_string();
    if !session.console.is_human() {
        let answer = TimestampRequestAnswer { dry_run, what, sha256, file };
        session.console.answer("evidence_timestamp_request", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    let word = if dry_run { "would be written to" } else { "written to" };
    session.console.line(format!("request for {what}, SHA-256 {sha256}, {word} {file}"))?;
    let reply = args.output.with_extension("tsr").display().to_string();
    session.console.say(format!(
        "send it to an authority:  curl -H 'Content-Type: application/timestamp-query' --data-binary @{file} URL > {reply}"
    ));
    Ok(Outcome::Ok)
}

fn add(args: &TimestampAddArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let authorities = args.ca.as_deref().map(read_authorities).transpose()?;
    let bytes = std::fs::read(&args.file).map_err(|error| unreadable(&args.file, &error))?;
    let unusable = |what: String| {
        let place = Place { file: Some(args.file.display().to_string()), ..Place::default() };
        Complaint::new(Outcome::Rejected, Code::TimestampUnusable, what).at(place)
    };
    let reply = TimestampReply::parse(&bytes).map_err(|error| unusable(error.to_string()))?;
    let archive = session.archive()?;
    let target = target(&args.target, &reply, &archive)?;
    let line = judged(None, &target, &reply, authorities.as_ref());
    if line.verdict != Verdict::Ok {
        return Err(unusable(line.detail));
    }
    let mut ledger = session.ledger()?;
    let digests = FileDigests::of(&bytes);
    let event = event(&digests, &target, &line, &archive)?;
    let drafts = [with_context(&ledger, |context| args.submission.draft(event, context))?];
    would_submit(&mut ledger, &drafts)?;
    if session.global.dry_run {
        return added(line, digests, &[], &drafts, &ledger, session);
    }
    let received = store(session)?.receive(&mut bytes.as_slice(), &args.file, &mut |_| {});
    received.and_then(crate::evidence::Received::place).map_err(|error| store_failed(&error))?;
    let receipts = submit(&mut ledger, &drafts, None)?;
    added(line, digests, &receipts, &drafts, &ledger, session)?;
    session.console.finish()?;
    settle(&mut ledger, session);
    Ok(Outcome::Ok)
}

fn check(args: &TimestampCheckArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let authorities = args.ca.as_deref().map(read_authorities).transpose()?;
    let archive = session.archive()?;
    let replayed = session.replayed()?;
    let recorded = archive.timestamps(&replayed.view()).map_err(|error| failed(&error))?;
    let timestamps: Vec<TimestampLine> = recorded.iter().map(|one| recorded_line(one, authorities.as_ref())).collect();
    let worst = [Verdict::Violated, Verdict::CannotTell]
        .into_iter()
        .find(|verdict| timestamps.iter().any(|line| line.verdict == *verdict));
    let outcome = outcome_of(worst.unwrap_or(Verdict::Ok));
    if !session.console.is_human() {
        session.console.answer("evidence_timestamp_check", outcome, TimestampCheckAnswer { timestamps })?;
        return Ok(outcome);
    }
    for line in &timestamps {
        print_line(line, &mut session.console)?;
    }
    if timestamps.is_empty() {
        session.console.line("no timestamp is recorded")?;
    }
    Ok(outcome)
}

fn recorded_line(recorded: &RecordedTimestamp, authorities: Option<&CertificateAuthorities>) -> TimestampLine {
    let record = Some(recorded.record);
    match &recorded.reply {
        Ok(stored) => judged(record, &recorded.target, &stored.reply, authorities),
        Err(error) => {
            let verdict = match error {
                crate::ledger::UnreadableReply::Missing => Verdict::CannotTell,
                _ => Verdict::Violated,
            };
            let what = format!("reply {}", short(&recorded.blake3.to_string()));
            let detail = error.to_string();
            TimestampLine { record, what, at: None, signer: None, authority: None, verdict, detail }
        }
    }
}

/// Checks a reply against what it is said to be over.
fn judged(
    record: Option<Seq>,
    target: &TimestampTarget,
    reply: &TimestampReply,
    authorities: Option<&CertificateAuthorities>,
) -> TimestampLine {
    let what = words(target);
    let line = |verdict, detail: String| TimestampLine {
        record,
        what: what.clone(),
        at: Some(reply.at()),
        signer: None,
        authority: None,
        verdict,
        detail,
    };
    let Some(sha256) = target.sha256() else {
        return line(Verdict::Violated, "it is over nothing that its record points to".to_owned());
    };
    match reply.verify(&sha256, authorities) {
        Ok(trust) => {
            let unchecked = match &trust.authority {
                Some(_) => "revocation and the authority's rules are not checked",
                None => "who vouches for the signer was not checked: give --ca",
            };
            let line = line(Verdict::Ok, unchecked.to_owned());
            TimestampLine { signer: Some(trust.signer), authority: trust.authority, ..line }
        }
        Err(fault) if fault.is_undecided() => line(Verdict::CannotTell, fault.to_string()),
        Err(fault) => line(Verdict::Violated, fault.to_string()),
    }
}

/// The record of a reply: as any piece of evidence, about the record that leads to what was stamped.
fn event(
    digests: &FileDigests,
    target: &TimestampTarget,
    line: &TimestampLine,
    archive: &Archive,
) -> Result<Event, Complaint> {
    let label = |text: &str| Label::new(text).map_err(|error| internal(&error.to_string()));
    let signer = line.signer.clone().unwrap_or_default();
    let at = line.at.map(|at| at.to_string()).unwrap_or_default();
    let about = match target {
        TimestampTarget::Tree(tree) => Some(Seq::new(tree.size())),
        TimestampTarget::Evidence { blake3, .. } => added_by(*blake3, archive)?,
        TimestampTarget::Unknown => None,
    };
    let summary = format!("timestamp (RFC 3161) of {}: {at}, by {signer}", words(target));
    let unnamed = label(signer.get(..400.min(signer.len())).unwrap_or("timestamp authority"))?;
    Ok(Event::from(EvidenceAdded {
        blake3: digests.blake3,
        sha256: digests.sha256,
        media_type: label(TIMESTAMP_MEDIA_TYPE)?,
        bytes: digests.bytes,
        about: about.map(|seq| About::Record(RecordRef::at(seq))).into_iter().collect(),
        custodian: None,
        source: Source::speaker(ActorRef::Unnamed(unnamed)),
        summary: Some(Text::new(&summary).map_err(|error| internal(&error.to_string()))?),
        note: None,
    }))
}

fn added_by(blake3: crate::vocab::Digest32, archive: &Archive) -> Result<Option<Seq>, Complaint> {
    let replayed = archive.at_head().map_err(|error| refusal::open(&error))?;
    let answer = replayed.view().evidence(&blake3).map_err(|error| refusal::rows(&error))?;
    Ok(answer.and_then(|answer| answer.custody.first().map(|step| step.record)))
}

fn target(text: &str, reply: &TimestampReply, archive: &Archive) -> Result<TimestampTarget, Complaint> {
    let Some(size) = text.strip_prefix("checkpoint") else { return evidence_target(text, archive) };
    let under = latest(archive)?;
    let head = under.checkpoint.size();
    let tree = |size: u64| archive.tree_at(size, &under).map(TimestampTarget::Tree);
    if let Some(size) = size.strip_prefix(':') {
        let size = size.parse().ok().filter(|size| (1..=head).contains(size));
        let size = size.ok_or_else(|| {
            let what = format!("`{text}` is not checkpoint:SIZE with a size from 1 to {head}");
            Complaint::new(Outcome::Rejected, Code::BadKnownAt, what)
        })?;
        return tree(size).map_err(|error| refusal::prove(&error));
    }
    let tried = (1..=head).rev().take(usize::try_from(TREES_TRIED).unwrap_or(usize::MAX));
    for size in tried {
        let tree = tree(size).map_err(|error| refusal::prove(&error))?;
        if tree.sha256().as_ref() == Some(reply.sha256()) {
            return Ok(tree);
        }
    }
    tree(head).map_err(|error| refusal::prove(&error))
}

fn evidence_target(text: &str, archive: &Archive) -> Result<TimestampTarget, Complaint> {
    let replayed = archive.at_head().map_err(|error| refusal::open(&error))?;
    let answer = named(text, &replayed.view())?;
    let stated = answer.stated.first().copied().ok_or_else(|| {
        let what = "every record that adds it was retracted";
        Complaint::new(Outcome::Rejected, Code::UnknownEvidence, what)
    })?;
    Ok(TimestampTarget::Evidence { blake3: stated.blake3, sha256: stated.sha256 })
}

fn latest(archive: &Archive) -> Result<crate::ledger::SignedCheckpoint, Complaint> {
    archive.checkpoint().map_err(|error| refusal::prove(&error))
}

/// Reads certificates of authorities.
///
/// # Errors
/// `CF0685`, or `CF0504` where the file cannot be read.
pub fn read_authorities(path: &Path) -> Result<CertificateAuthorities, Complaint> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    CertificateAuthorities::parse(&bytes).map_err(|error| {
        let place = Place { file: Some(path.display().to_string()), ..Place::default() };
        Complaint::new(Outcome::Rejected, Code::TimestampUnusable, error.to_string()).at(place).hint(
            "--ca takes the authority's certificate: text between BEGIN CERTIFICATE and END CERTIFICATE, or its DER",
        )
    })
}

/// Recorded timestamps that could not be looked for.
pub fn failed(error: &TimestampsError) -> Complaint {
    match error {
        TimestampsError::Rows(error) => refusal::rows(error),
        TimestampsError::Prove(error) => refusal::prove(error),
        TimestampsError::Store(error) => store_failed(error),
    }
}

fn words(target: &TimestampTarget) -> String {
    match target {
        TimestampTarget::Tree(tree) => format!("the log's first {} records", tree.size()),
        TimestampTarget::Evidence { blake3, .. } => format!("evidence {}", short(&blake3.to_string())),
        TimestampTarget::Unknown => "something unknown".to_owned(),
    }
}

fn added(
    timestamp: TimestampLine,
    evidence: FileDigests,
    receipts: &[Receipt],
    drafts: &[crate::cli::append::Draft],
    ledger: &Ledger,
    session: &mut Session,
) -> Result<Outcome, Complaint> {
    let (dry_run, console) = (receipts.is_empty(), &mut session.console);
    if !console.is_human() {
        let receipt = receipts.first().cloned();
        let answer = TimestampAddAnswer { dry_run, timestamp, evidence, receipt };
        console.answer("evidence_timestamp_add", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    print(receipts, drafts, ledger, console)?;
    if dry_run {
        console.line("would be stored and recorded (nothing was written):")?;
    }
    print_line(&timestamp, console)?;
    Ok(Outcome::Ok)
}

fn print_line(line: &TimestampLine, console: &mut Console) -> Result<(), Complaint> {
    let (paint, word) = match line.verdict {
        Verdict::Ok => (Paint::Good, "ok"),
        Verdict::Violated => (Paint::Bad, "VIOLATED"),
        Verdict::CannotTell | Verdict::Torn => (Paint::Unsure, "cannot tell"),
    };
    let word = console.paint(paint, &format!("{word:<11}"));
    let record = line.record.map(|record| format!("record {record}: ")).unwrap_or_default();
    let at = line.at.map(|at| format!(" existed by {at}")).unwrap_or_default();
    console.line(format!("{word} {record}{}{at}", line.what))?;
    if let Some(signer) = &line.signer {
        console.line(format!("            signed by  {}", isolated(signer)))?;
    }
    if let Some(authority) = &line.authority {
        console.line(format!("            vouched by {}", isolated(authority)))?;
    }
    console.line(format!("            {}", line.detail))
}
