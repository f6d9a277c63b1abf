//! `append`: one record, and its receipt.

mod answer;
mod offline;

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::record_text::to_json;
use crate::cli::append::{AppendArgs, Context, Draft};
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::Event;
use crate::ledger::{Ledger, Submission, WouldAppend};
use crate::proof::ReceiptFile;
use crate::record::{Body, Receipt, RecordHash};
use crate::rules::counting::{AccuserClass, COUNT_1, Counting};
use crate::vocab::{ActorRef, Code, Label, Level, Pointer};

pub use answer::{AppendAnswer, EnteredReceipt};
pub use offline::OfflineFlags;

/// What `append` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "The shortest report there is:\n  ceasefire append violation --source OSCE.SMM --heard --count 'explosion=>3'\n\n\
    `ceasefire append KIND --help` lists what can be said.\n\n\
    Signed on a machine without the ledger, for `ceasefire submit` on the one with it:\n  \
    ceasefire append quiet --source patrol-3 --place pass --by patrol-3 --key patrol.key --sign-only --origin example.org/nk2020 -o out.jsonl"
)]
pub struct AppendVerb {
    /// The kind and what it says.
    #[command(flatten)]
    pub append: AppendArgs,
    /// Append only if this is still the head of the ledger
    #[arg(long, global = true, value_name = "HASH")]
    pub expect_head: Option<String>,
    /// Write the receipt, with the proof that the record is in the log, to a file, or - for standard output
    #[arg(long, global = true, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// Signing for another machine.
    #[command(flatten)]
    pub offline: OfflineFlags,
}

/// Appends what was typed. What is printed is durable.
pub fn run(args: &AppendVerb, session: &mut Session) -> Result<Outcome, Complaint> {
    if args.offline.sign_only {
        return offline::sign(&args.append, &args.offline, session);
    }
    args.offline.refuse_alone()?;
    let expected = args.expect_head.as_deref().map(parse_head).transpose()?;
    let mut ledger = session.ledger()?;
    let drafts = with_context(&ledger, |context| args.append.drafts(context))?;
    if session.global.dry_run {
        return preview(&mut ledger, &drafts, session);
    }
    let receipts = submit(&mut ledger, &drafts, expected)?;
    if let Some(path) = &args.receipt {
        session.settle(&mut ledger);
        return give(&receipts, &drafts, path, &ledger, session);
    }
    print(&receipts, &drafts, &ledger, &mut session.console)?;
    session.console.finish()?;
    session.settle(&mut ledger);
    Ok(Outcome::Ok)
}

/// Prints receipts and writes them, with their proofs, to a file.
fn give(
    receipts: &[Receipt],
    drafts: &[Draft],
    path: &Path,
    ledger: &Ledger,
    session: &mut Session,
) -> Result<Outcome, Complaint> {
    let archive = session.archive()?;
    let proved = receipts.iter().map(|receipt| archive.receipt(receipt.seq).map_err(|error| refusal::prove(&error)));
    let proved = proved.collect::<Result<Vec<ReceiptFile>, _>>();
    if let (Ok(proved), true) = (&proved, path == Path::new("-") && session.console.is_human()) {
        let text: String = proved.iter().map(ToString::to_string).collect();
        session.console.line(text.trim_end_matches('\n'))?;
        return Ok(Outcome::Ok);
    }
    let entered = entered(drafts, ledger);
    let proofs = proved.as_deref().unwrap_or_default();
    print_proved("append", receipts, &entered, proofs, &mut session.console)?;
    session.console.finish()?;
    let safe =
        |complaint: Complaint| Complaint { what: format!("the record is safe, but {}", complaint.what), ..complaint };
    let proved = proved.map_err(safe)?;
    if path != Path::new("-") {
        super::receipt::write(&proved, path).map_err(safe)?;
        session.console.say(format!("{} written to {}", super::receipt::counted(proved.len()), path.display()));
    }
    Ok(Outcome::Ok)
}

/// Appends drafts as one batch. What is given back is durable.
pub fn submit(ledger: &mut Ledger, drafts: &[Draft], expected: Option<RecordHash>) -> Result<Vec<Receipt>, Complaint> {
    let place = |index: usize, pointer: &Pointer| drafts.get(index).map(|draft| draft.origin.place(pointer));
    let submissions = submissions(drafts, ledger);
    ledger.append_batch(&submissions, expected).map_err(|error| refusal::append(&error, &place))
}

/// Checks drafts without writing anything. Gives their bodies, each with whether it would be new.
pub fn would_submit(ledger: &mut Ledger, drafts: &[Draft]) -> Result<Vec<(Body, String, WouldAppend)>, Complaint> {
    let place = |index: usize, pointer: &Pointer| drafts.get(index).map(|draft| draft.origin.place(pointer));
    let mut batch = Vec::new();
    for submission in submissions(drafts, ledger) {
        let body = ledger.body(&submission);
        let body = ledger.seal(body, &submission.private).map_err(|error| refusal::append(&error, &place))?;
        let text = body.to_text().map_err(|error| crate::cli::console::internal(&error.to_string()))?;
        batch.push((body, text));
    }
    let would = ledger.would_append(&batch).map_err(|error| refusal::append(&error, &place))?;
    Ok(batch.into_iter().zip(would).map(|((body, text), would)| (body, text, would)).collect())
}

/// Ends a command that appended: projections and checkpoint.
pub fn settle(ledger: &mut Ledger, session: &mut Session) {
    session.settle(ledger);
}

fn submissions(drafts: &[Draft], ledger: &Ledger) -> Vec<Submission> {
    let submission = |draft: &Draft| Submission {
        by: draft.by.clone().unwrap_or_else(|| ledger.submitter().clone()),
        key: draft.key.clone(),
        event: draft.event.clone(),
        private: draft.private.clone(),
    };
    drafts.iter().map(submission).collect()
}

/// Reads what was typed with the ledger's zones, recorder and parties at hand.
pub fn with_context<T>(
    ledger: &Ledger,
    read: impl FnOnce(&mut Context<'_>) -> Result<T, Complaint>,
) -> Result<T, Complaint> {
    let view = ledger.view();
    let sides = view.sides().map_err(|error| refusal::rows(&error))?;
    let mut parties = Vec::new();
    let walked = view.tables().ceasefires.walk("", |_, row| parties.push(row.parties.clone()));
    walked.map_err(|error| refusal::rows(&error))?;
    let counting = Counting { rules: COUNT_1, ceasefire: None, window: None, sides: &sides, parties: &parties };
    let level_of = |speaker: &ActorRef, accused: &[ActorRef]| -> Level {
        let side = accused.iter().flat_map(ActorRef::possible).next().map(|actor| sides.side_of(actor));
        let class: AccuserClass = counting.accuser_class(speaker, side);
        class.level()
    };
    let mut context = Context {
        zones: &ledger.genesis().zones,
        recorder: &ledger.genesis().recorder,
        stdin: &mut io::stdin(),
        read_file: &|path: &Path| std::fs::read(path),
        level_of: &|speaker, accused| Some(level_of(speaker, accused)),
    };
    read(&mut context)
}

fn preview(ledger: &mut Ledger, drafts: &[Draft], session: &mut Session) -> Result<Outcome, Complaint> {
    let would = would_submit(ledger, drafts)?;
    if !session.console.is_human() {
        let bodies = would.iter().map(|(body, ..)| to_json(body)).collect::<Result<_, _>>()?;
        let new = would.iter().filter(|(.., would)| *would == WouldAppend::New).count();
        let answer =
            AppendAnswer { dry_run: Some(true), new: Some(new), bodies: Some(bodies), ..AppendAnswer::default() };
        session.console.answer("append", Outcome::Ok, &answer)?;
        return Ok(Outcome::Ok);
    }
    for (_, text, would) in would {
        let words = match would {
            WouldAppend::New => "would record (nothing was written):",
            WouldAppend::Replayed => "was recorded before; nothing would be written:",
        };
        session.console.line(words)?;
        session.console.line(text)?;
    }
    Ok(Outcome::Ok)
}

/// One thing that went in.
#[derive(Debug, Clone, Copy)]
pub struct Entered<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its idempotency key.
    pub key: &'a Label,
    /// The key that it is signed with.
    pub signed_with: Option<&'a str>,
}

/// Prints the receipts of drafts that were appended.
pub fn print(receipts: &[Receipt], drafts: &[Draft], ledger: &Ledger, console: &mut Console) -> Result<(), Complaint> {
    print_entered("append", receipts, &entered(drafts, ledger), console)
}

fn entered<'a>(drafts: &'a [Draft], ledger: &'a Ledger) -> Vec<Entered<'a>> {
    let signed_with = ledger.signs_as().map(|(id, _)| id.as_str());
    drafts.iter().map(|draft| Entered { event: &draft.event, key: &draft.key, signed_with }).collect()
}

/// Prints receipts: what a submitter keeps.
pub fn print_entered(
    verb: &str,
    receipts: &[Receipt],
    entered: &[Entered<'_>],
    console: &mut Console,
) -> Result<(), Complaint> {
    print_proved(verb, receipts, entered, &[], console)
}

/// Prints receipts; in JSON together with the proofs there are.
fn print_proved(
    verb: &str,
    receipts: &[Receipt],
    entered: &[Entered<'_>],
    proved: &[ReceiptFile],
    console: &mut Console,
) -> Result<(), Complaint> {
    if !console.is_human() {
        let receipts: Vec<_> = receipts
            .iter()
            .zip(entered)
            .map(|(receipt, draft)| EnteredReceipt {
                kind: draft.event.type_name().to_string(),
                subject: draft.event.subject().map(ToString::to_string),
                key: draft.key.to_string(),
                signed_with: draft.signed_with.map(ToOwned::to_owned),
                receipt: receipt.clone(),
            })
            .collect();
        let answer = AppendAnswer {
            receipts: Some(receipts),
            proved: (!proved.is_empty()).then(|| proved.to_vec()),
            ..AppendAnswer::default()
        };
        return console.answer(verb, Outcome::Ok, &answer);
    }
    for (receipt, draft) in receipts.iter().zip(entered) {
        let subject = draft.event.subject().map(|subject| format!(" {subject}")).unwrap_or_default();
        let title = console.paint(Paint::Heading, &format!("record {}", receipt.seq));
        console.line(format!("{title}  {}{subject}", draft.event.type_name()))?;
        console.line(format!("  hash  {}", receipt.hash))?;
        console.line(format!("  at    {}", receipt.at))?;
        console.line(format!("  head  {}:{}", receipt.head_seq, receipt.head))?;
        console.line(format!("  key   {}", draft.key))?;
        if let Some(signed_with) = draft.signed_with {
            console.line(format!("  signed with {signed_with}"))?;
        }
        if receipt.replayed {
            console.line(
                console.paint(Paint::Unsure, "  recorded before: this is the first receipt again; nothing was written"),
            )?;
        }
        if let Some(level) = stated_level(draft.event) {
            console.line(
                console.paint(Paint::Faint, &format!("  the accusation stands as `{level}`; --level says otherwise")),
            )?;
        }
    }
    Ok(())
}

/// The level of a report's attribution, which a monitor may not have thought of.
fn stated_level(event: &Event) -> Option<Level> {
    match event {
        Event::ViolationReported(event) => event.attribution.as_ref().map(|attribution| attribution.level),
        _ => None,
    }
}

fn parse_head(text: &str) -> Result<RecordHash, Complaint> {
    let hash = text.rsplit(':').next().unwrap_or(text);
    hash.parse().map_err(|_| {
        let place = Place { file: Some("--expect-head".to_owned()), ..Place::default() };
        Complaint::new(Outcome::Rejected, Code::BadHash, format!("`{text}` is not a record hash")).at(place)
    })
}
