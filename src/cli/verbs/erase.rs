//! `erase`: destroys sealed fields for good. That they are destroyed is recorded first.

use clap::Args;
use serde::Serialize;

use super::annex_target::{All, FieldArgs, append_decision, at, choose, print_receipt, text};
use super::record_text::refuse_csv;
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::{AnnexErased, Event};
use crate::ledger::{FieldState, Withheld};
use crate::record::Receipt;
use crate::vocab::{ActorId, Code, Digest32, Label, Seq};

/// What `erase` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ceasefire erase 7 --field witness.name --legal-basis 'GDPR art. 17(1)(b)' --requester 'the witness' \\\n    \
    --approver data.officer --approver head.of.mission\n\n\
    The erasure is recorded, with digests and never values, before anything is destroyed; if the machine stops in between, the next\n\
    command that writes finishes it. The record, its hash and every proof stay as they are. Copies elsewhere (backups, files that\n\
    were handed over) are not reached: see the manual, sealed_fields."
)]
pub struct EraseArgs {
    #[command(flatten)]
    fields: FieldArgs,
    /// On which legal ground. It is recorded
    #[arg(long, value_name = "TEXT")]
    legal_basis: String,
    /// Who asked for it, in words that name no private person. It is recorded
    #[arg(long, value_name = "WHO")]
    requester: String,
    /// Who approved it: two different registered actors
    #[arg(long = "approver", value_name = "ACTOR", required = true)]
    approvers: Vec<String>,
}

/// What `erase` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct EraseAnswer {
    /// The record whose fields are erased.
    pub record: Seq,
    /// What is erased.
    pub digests: Vec<Digest32>,
    /// How many of them are gone from the vault.
    pub destroyed: usize,
    /// Whether nothing was recorded and nothing destroyed.
    pub dry_run: bool,
    /// The receipt of the record that says so; absent for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub receipt: Option<Receipt>,
}

/// Records the erasure, then destroys.
pub fn run(args: &EraseArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("erase", &session.console)?;
    let archive = session.archive()?;
    let chosen = choose(&args.fields, All::Digests, &archive)?;
    let approvers = args.approvers.iter().map(|typed| approver(typed)).collect::<Result<Vec<_>, _>>()?;
    let requester = Label::new(&args.requester)
        .map_err(|error| Complaint::new(Outcome::Rejected, Code::BadText, error.to_string()).at(at("--requester")))?;
    let event = AnnexErased {
        target: chosen.target.clone(),
        digests: chosen.digests.clone(),
        legal_basis: text("--legal-basis", &args.legal_basis)?,
        requester,
        approvers,
    };
    let receipt = append_decision(Event::from(event), "", &args.fields, session)?;
    let after = archive.annex(chosen.seq, Withheld::Closed).map_err(|error| refusal::annex(&error))?;
    let chosen_after =
        after.iter().flat_map(|annex| &annex.fields).filter(|field| chosen.digests.contains(&field.digest));
    let destroyed = chosen_after.filter(|field| matches!(field.state, FieldState::Erased(_))).count();
    let whole = destroyed == chosen.digests.len();
    report(
        &EraseAnswer {
            record: chosen.seq,
            digests: chosen.digests,
            destroyed,
            dry_run: session.global.dry_run,
            receipt,
        },
        session,
    )?;
    if whole || session.global.dry_run {
        return Ok(Outcome::Ok);
    }
    let what = "the erasure is recorded, and not all of it is destroyed yet";
    Err(Complaint::new(Outcome::Io, Code::ErasurePending, what))
}

fn approver(typed: &str) -> Result<ActorId, Complaint> {
    ActorId::new(typed)
        .map_err(|error| Complaint::new(Outcome::Rejected, Code::BadId, error.to_string()).at(at("--approver")))
}

fn report(answer: &EraseAnswer, session: &mut Session) -> Result<(), Complaint> {
    let console = &mut session.console;
    if !console.is_human() {
        return console.answer("erase", Outcome::Ok, answer);
    }
    let Some(receipt) = &answer.receipt else { return Ok(()) };
    print_receipt(receipt, console)?;
    let (destroyed, record) = (answer.destroyed, answer.record);
    console.line(format!("  destroyed  {destroyed} data keys and ciphertexts of record {record}"))?;
    console.say(
        "Not reached: backups, files that were handed over, and what the file system keeps of deleted files. The manual says what to do.",
    );
    Ok(())
}
