//! `evidence list` and `evidence show`: what is recorded, and the chain of custody as a table.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::{named, short};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::About;
use crate::ledger::{CustodyKind, CustodyStep, EvidenceAnswer, KnownAt};

/// What `evidence list` takes.
#[derive(Debug, Args)]
pub struct ListArgs {}

/// What `evidence show` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire evidence show 6437b3ac")]
pub struct ShowArgs {
    /// Which evidence: eight or more digits of its BLAKE3
    #[arg(value_name = "HASH")]
    pub hash: String,
}

/// What `evidence list` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct EvidenceListAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// Every piece of evidence, in order of its hash.
    pub evidence: Vec<EvidenceAnswer>,
}

/// What `evidence show` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct EvidenceShowAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The piece of evidence.
    pub evidence: EvidenceAnswer,
}

/// Lists every piece of evidence.
pub fn list(_: &ListArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let evidence = view.all_evidence("").map_err(|error| refusal::rows(&error))?;
    let console = &mut session.console;
    match console.format() {
        crate::cli::args::Format::Csv => console.csv(&table(&evidence))?,
        crate::cli::args::Format::Human => print_list(&evidence, console)?,
        _ => {
            let answer = EvidenceListAnswer { known_at: view.known_at(), evidence };
            console.answer("evidence_list", Outcome::Ok, &answer)?;
        }
    }
    Ok(Outcome::Ok)
}

/// Shows one piece of evidence.
pub fn run(args: &ShowArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let evidence = named(&args.hash, &view)?;
    let console = &mut session.console;
    match console.format() {
        crate::cli::args::Format::Csv => console.csv(&custody_table(&evidence))?,
        crate::cli::args::Format::Human => print(&evidence, console)?,
        _ => {
            let answer = EvidenceShowAnswer { known_at: view.known_at(), evidence };
            console.answer("evidence_show", Outcome::Ok, &answer)?;
        }
    }
    Ok(Outcome::Ok)
}

fn table(evidence: &[EvidenceAnswer]) -> Vec<Vec<String>> {
    let head = ["blake3", "sha256", "bytes", "media_type", "holder", "about", "records", "stands"];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    rows.extend(evidence.iter().map(|answer| {
        let stated = answer.stated.first();
        let records: Vec<String> = answer.custody.iter().map(|step| step.record.to_string()).collect();
        vec![
            answer.blake3.to_string(),
            stated.map(|stated| stated.sha256.to_string()).unwrap_or_default(),
            stated.map(|stated| stated.bytes.to_string()).unwrap_or_default(),
            answer.media_type.clone(),
            answer.holder.as_ref().map(ToString::to_string).unwrap_or_default(),
            about_words(&answer.about),
            records.join(" "),
            answer.stands.to_string(),
        ]
    }));
    rows
}

fn print_list(evidence: &[EvidenceAnswer], console: &mut Console) -> Result<(), Complaint> {
    if evidence.is_empty() {
        return console.line("no evidence is recorded");
    }
    let heading = format!("{:<18}{:<26}{:>12}  {:<16}{}", "blake3", "media type", "bytes", "holder", "about");
    let heading = console.paint(Paint::Heading, &heading);
    console.line(heading)?;
    for answer in evidence {
        let bytes = answer.stated.first().map_or_else(|| "-".to_owned(), |stated| stated.bytes.to_string());
        let holder = answer.holder.as_ref().map_or_else(|| "not stated".to_owned(), ToString::to_string);
        let withdrawn = if answer.stands { "" } else { "  withdrawn" };
        console.line(format!(
            "{:<18}{:<26}{bytes:>12}  {holder:<16}{}{withdrawn}",
            short(&answer.blake3.to_string()),
            isolated(&answer.media_type),
            about_words(&answer.about)
        ))?;
    }
    Ok(())
}

fn print(answer: &EvidenceAnswer, console: &mut Console) -> Result<(), Complaint> {
    let title = console.paint(Paint::Heading, &format!("Evidence {}", answer.blake3));
    console.line(title)?;
    for stated in &answer.stated {
        console.line(format!("  sha256   {}", stated.sha256))?;
        console.line(format!("  bytes    {}", stated.bytes))?;
    }
    if answer.stated.len() > 1 {
        console
            .line(console.paint(Paint::Bad, "  its records contradict each other; see `ceasefire evidence check`"))?;
    }
    console.line(format!("  type     {}", isolated(&answer.media_type)))?;
    console.line(format!("  about    {}", about_words(&answer.about)))?;
    let holder = answer.holder.as_ref().map_or_else(|| "not stated".to_owned(), ToString::to_string);
    console.line(format!("  holder   {holder}"))?;
    if !answer.stands {
        console.line(console.paint(Paint::Unsure, "  withdrawn: every record that adds it was retracted"))?;
    }
    console.line("")?;
    console.line(console.paint(Paint::Heading, "Custody, in the order it was recorded"))?;
    for step in &answer.custody {
        let (record, recorded) = (step.record.to_string(), step.recorded.to_string());
        console.line(format!("  {record:>7}  {recorded:<28}  {}", step_words(step)))?;
    }
    Ok(())
}

fn custody_table(answer: &EvidenceAnswer) -> Vec<Vec<String>> {
    let head = ["record", "recorded", "step", "from", "to", "when", "gap", "corrected_by", "retracted_by"];
    let mut rows = vec![head.map(ToOwned::to_owned).to_vec()];
    let seq = |seq: Option<crate::vocab::Seq>| seq.map(|seq| seq.to_string()).unwrap_or_default();
    rows.extend(answer.custody.iter().map(|step| {
        vec![
            step.record.to_string(),
            step.recorded.to_string(),
            kind_word(step.step).to_owned(),
            step.from.join(" "),
            step.to.as_ref().map(ToString::to_string).unwrap_or_default(),
            step.when.map(|when| when.to_string()).unwrap_or_default(),
            step.gap.to_string(),
            seq(step.corrected_by),
            seq(step.retracted_by),
        ]
    }));
    rows
}

const fn kind_word(kind: CustodyKind) -> &'static str {
    match kind {
        CustodyKind::Added => "added",
        CustodyKind::Transferred => "transferred",
    }
}

fn step_words(step: &CustodyStep) -> String {
    let from = isolated(&step.from.join(", "));
    let to = step.to.as_ref().map(ToString::to_string);
    let mut words = match (step.step, to) {
        (CustodyKind::Added, Some(to)) => format!("added, from {from}, held by {to}"),
        (CustodyKind::Added, None) => format!("added, from {from}"),
        (CustodyKind::Transferred, to) => format!("{from} to {}", to.unwrap_or_default()),
    };
    if let Some(when) = step.when {
        let _ = write!(words, ", {when}");
    }
    if step.gap {
        words.push_str("  GAP: it was last with somebody else");
    }
    if let Some(seq) = step.corrected_by {
        let _ = write!(words, "  corrected by record {seq}");
    }
    if let Some(seq) = step.retracted_by {
        let _ = write!(words, "  retracted by record {seq}");
    }
    words
}

fn about_words(about: &[About]) -> String {
    if about.is_empty() {
        return "not stated".to_owned();
    }
    let word = |about: &About| match about {
        About::Incident(id) => id.to_string(),
        About::Ceasefire(id) => id.to_string(),
        About::Record(record) => format!("record {record}"),
    };
    about.iter().map(word).collect::<Vec<_>>().join(", ")
}
