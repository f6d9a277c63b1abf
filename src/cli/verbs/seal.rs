//! `seal`: what a record seals, and what of it is withheld. Nothing here shows a value.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::annex_target::{All, Chosen, FieldArgs, append_decision, choose, target};
use super::record_text::refuse_csv;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::{AnnexReleased, AnnexWithheld, Event};
use crate::ledger::{FieldState, RecordAnnex, Withheld};
use crate::record::Receipt;
use crate::vocab::{ActorRef, Digest32, Seq};

/// What `seal` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire seal list 7\n  ceasefire seal withhold 7 --field witness.name --reason 'under protection until the hearing'\n  \
    ceasefire seal release 7 --field witness.name --reason 'the hearing is over'\n\n\
    Fields are sealed when they are handed in: `append … --private witness.name=@FILE`. To hand one over: `unseal`. To destroy one: `erase`."
)]
pub struct SealArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List what a record seals: digests, and how each stands; no values
    List {
        /// The record: a position, key:K or by:ACTOR:K
        #[arg(value_name = "SEQ")]
        record: String,
    },
    /// Keep fields back from those who could read them, and record it
    Withhold(DecisionArgs),
    /// Say that withheld fields may be shown again, and record it
    Release(DecisionArgs),
}

#[derive(Debug, Args)]
struct DecisionArgs {
    #[command(flatten)]
    fields: FieldArgs,
    /// Why. It is recorded: no names in it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who decided it, where it was not the submitter: an actor's id, or ?words
    #[arg(long, value_name = "WHO")]
    decided_by: Option<String>,
}

/// What `seal list` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct SealAnswer {
    /// The record.
    pub record: Seq,
    /// Its digests. A decoy stands for nothing; where the vault key is not here, it cannot be told from a field.
    pub fields: Vec<SealedLine>,
    /// Whether a decision was asked for that was not recorded.
    pub dry_run: bool,
    /// The receipt of the decision; absent for a list and a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub receipt: Option<Receipt>,
}

/// One digest.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct SealedLine {
    /// The SHA-256 digest.
    pub digest: Digest32,
    /// `open`, `decoy`, `withheld`, `erased`, `erasure_pending`, `withheld_or_lost`, `unopened` or `damaged`.
    pub state: String,
    /// The record that withholds or erased it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_record: Option<Seq>,
    /// The field's name, for whoever holds the vault key; a withheld one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why it was not opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The records that say it was handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disclosed_in: Vec<Seq>,
}

/// Lists, withholds or releases.
pub fn run(args: &SealArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("seal", &session.console)?;
    match &args.act {
        Act::List { record } => list(record, session),
        Act::Withhold(decision) => decide(decision, session, |chosen, reason, decided_by| {
            let Chosen { target, digests, .. } = chosen;
            Event::from(AnnexWithheld { target: target.clone(), digests: digests.clone(), reason, decided_by })
        }),
        Act::Release(decision) => decide(decision, session, |chosen, reason, decided_by| {
            let Chosen { target, digests, .. } = chosen;
            Event::from(AnnexReleased { target: target.clone(), digests: digests.clone(), reason, decided_by })
        }),
    }
}

fn list(record: &str, session: &mut Session) -> Result<Outcome, Complaint> {
    let archive = session.archive()?;
    let seq = target(record, &archive)?;
    let annex = archive.annex(seq, Withheld::Closed).map_err(|error| refusal::annex(&error))?;
    let annex = annex.ok_or_else(|| super::annex_target::no_record(record))?;
    print(&annex, None, session)
}

fn decide(
    args: &DecisionArgs,
    session: &mut Session,
    event: impl FnOnce(&Chosen, crate::vocab::Text, Option<ActorRef>) -> Event,
) -> Result<Outcome, Complaint> {
    let archive = session.archive()?;
    let chosen = choose(&args.fields, All::Fields, &archive)?;
    let reason = super::annex_target::text("--reason", &args.reason)?;
    let decided_by =
        args.decided_by.as_deref().map(|who| super::annex_target::actor("--decided-by", who)).transpose()?;
    // What was withheld and released may be withheld again: the head tells the two apart.
    let head = archive.reader().head().map_err(|error| refusal::read(&error))?;
    let receipt = append_decision(event(&chosen, reason, decided_by), &head.hash.to_string(), &args.fields, session)?;
    let annex = archive.annex(chosen.seq, Withheld::Closed).map_err(|error| refusal::annex(&error))?;
    print(&annex.unwrap_or(chosen.annex), receipt, session)
}

fn print(annex: &RecordAnnex, receipt: Option<Receipt>, session: &mut Session) -> Result<Outcome, Complaint> {
    let lines: Vec<SealedLine> = annex.fields.iter().map(line).collect();
    let console = &mut session.console;
    if !console.is_human() {
        let answer = SealAnswer { record: annex.seq, fields: lines, dry_run: session.global.dry_run, receipt };
        console.answer("seal", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    if let Some(receipt) = &receipt {
        super::annex_target::print_receipt(receipt, console)?;
    }
    let title = console.paint(Paint::Heading, &format!("record {}", annex.seq));
    console.line(format!("{title}  seals {} digests, decoys among them", lines.len()))?;
    for line in &lines {
        let mut words = vec![line.state.replace('_', " ")];
        words.extend(line.by_record.map(|seq| format!("by record {seq}")));
        words.extend(line.why.clone());
        words.extend(line.disclosed_in.iter().map(|seq| format!("handed over: record {seq}")));
        let field = line.field.as_deref().map(isolated).unwrap_or_default();
        let digest = line.digest.to_string();
        console.line(
            format!("  {}…  {:<24} {}", digest.get(..16).unwrap_or_default(), words.join(", "), field).trim_end(),
        )?;
    }
    Ok(Outcome::Ok)
}

fn line(field: &crate::ledger::SealedField) -> SealedLine {
    let (mut by_record, mut why, mut pointer) = (None, None, None);
    match &field.state {
        FieldState::Open(disclosure) => pointer = Some(disclosure.pointer().to_owned()),
        FieldState::Withheld(seq) | FieldState::Erased(seq) | FieldState::ErasurePending(seq) => by_record = Some(*seq),
        FieldState::Unopened(reason) | FieldState::Damaged(reason) => why = Some((*reason).to_owned()),
        _ => {}
    }
    SealedLine {
        digest: field.digest,
        state: field.state.word().to_owned(),
        by_record,
        field: pointer,
        why,
        disclosed_in: field.disclosed_in.clone(),
    }
}
