//! `evidence transfer`: custody passes from one to another.

use clap::Args;

use super::named;
use crate::cli::append::EvidenceHandoverFlags;
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::cli::verbs::append::{AppendAnswer, print, settle, submit, with_context, would_submit};
use crate::cli::verbs::record_text::to_json;

/// What `evidence transfer` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ceasefire evidence transfer 6437b3ac --from OSCE.SMM --to ICC --at 2020-11-02 --reason 'request 14'"
)]
pub struct TransferArgs {
    /// Which evidence: eight or more digits of its BLAKE3
    #[arg(value_name = "HASH")]
    pub hash: String,
    /// Who gives it to whom.
    #[command(flatten)]
    pub flags: EvidenceHandoverFlags,
}

/// Records that custody passed on.
pub fn run(args: &TransferArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let mut ledger = session.ledger()?;
    let known = named(&args.hash, &ledger.view())?;
    let drafts = [with_context(&ledger, |context| args.flags.draft(known.blake3, context))?];
    if session.global.dry_run {
        let would = would_submit(&mut ledger, &drafts)?;
        if !session.console.is_human() {
            let bodies = would.iter().map(|(body, ..)| to_json(body)).collect::<Result<Vec<_>, _>>()?;
            let answer = AppendAnswer {
                dry_run: Some(true),
                new: Some(bodies.len()),
                bodies: Some(bodies),
                ..AppendAnswer::default()
            };
            session.console.answer("append", Outcome::Ok, &answer)?;
            return Ok(Outcome::Ok);
        }
        session.console.line("would record (nothing was written):")?;
        for (_, text, _) in would {
            session.console.line(text)?;
        }
        return Ok(Outcome::Ok);
    }
    let receipts = submit(&mut ledger, &drafts, None)?;
    print(&receipts, &drafts, &ledger, &mut session.console)?;
    if let Some(holder) = known.holder
        && let crate::event::Event::EvidenceTransferred(event) = &drafts[0].event
        && event.from != holder
    {
        session.console.say(format!(
            "note: it was last recorded with {holder}, not with {}: the chain of custody shows a gap",
            event.from
        ));
    }
    session.console.finish()?;
    settle(&mut ledger, session);
    Ok(Outcome::Ok)
}
