//! `explain-code`: what an error code or an exit code means.

use clap::Args;
use serde_json::json;

use super::record_text::refuse_csv;
use super::state::unknown;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::vocab::{Code, CodeEntry};

/// What `explain-code` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire explain-code CF0207\n  ceasefire explain-code exit\n  \
    ceasefire explain-code 14\n  ceasefire explain-code            lists every code")]
pub struct ExplainCodeArgs {
    /// An error code, an exit code, or `exit` for all of those [default: list the error codes]
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Explains.
pub fn run(args: &ExplainCodeArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("explain-code", &session.console)?;
    let console = &mut session.console;
    match args.code.as_deref() {
        None => codes(Code::ALL, console)?,
        Some("exit") => exits(Outcome::ALL, console)?,
        Some(text) => {
            let ending = ending(text);
            if ending.is_empty() { code(text, console)? } else { exits(&ending, console)? }
        }
    }
    Ok(Outcome::Ok)
}

/// Finds the outcomes of an exit code, or of the word that stands in JSON.
fn ending(text: &str) -> Vec<Outcome> {
    let number = text.parse::<u8>().ok();
    Outcome::ALL.iter().copied().filter(|outcome| Some(outcome.code()) == number || outcome.word() == text).collect()
}

/// Finds a code; its digits alone will do.
fn parsed(text: &str) -> Option<Code> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    Code::parse(text).or_else(|| Code::parse(&format!("CF{text:0>4}")).filter(|_| is_number))
}

fn code(text: &str, console: &mut Console) -> Result<(), Complaint> {
    let Some(code) = parsed(text) else {
        let ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
        return Err(unknown(Code::UnknownCode, "error or exit code", text, &ids));
    };
    let CodeEntry { id, meaning, hint } = code.entry();
    if !console.is_human() {
        return codes(&[code], console);
    }
    let title = console.paint(Paint::Heading, id);
    console.line(format!("{title}  {meaning}"))?;
    console.line(format!("  hint  {hint}"))
}

fn codes(codes: &[Code], console: &mut Console) -> Result<(), Complaint> {
    if !console.is_human() {
        let entries = codes.iter().map(|code| code.entry());
        let entries: Vec<_> =
            entries.map(|entry| json!({ "code": entry.id, "meaning": entry.meaning, "hint": entry.hint })).collect();
        return console.answer("explain-code", Outcome::Ok, json!({ "codes": entries }));
    }
    for code in codes {
        let entry = code.entry();
        let id = console.paint(Paint::Heading, entry.id);
        console.line(format!("{id}  {}", entry.meaning))?;
    }
    Ok(())
}

fn exits(outcomes: &[Outcome], console: &mut Console) -> Result<(), Complaint> {
    if !console.is_human() {
        let entries = outcomes
            .iter()
            .map(|outcome| json!({ "exit": outcome.code(), "outcome": outcome.word(), "meaning": meaning(*outcome) }));
        let entries: Vec<_> = entries.collect();
        return console.answer("explain-code", Outcome::Ok, json!({ "exits": entries }));
    }
    for outcome in outcomes {
        let number = console.paint(Paint::Heading, &format!("{:>3}", outcome.code()));
        console.line(format!("{number}  {:<9}  {}", outcome.word(), meaning(*outcome)))?;
    }
    Ok(())
}

/// Says what an exit code means.
const fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "done, or everything asked for was checked and holds",
        Outcome::Violated => {
            "a negative answer, proven: tampering, a broken chain, a bad signature, a failed proof, a fork"
        }
        Outcome::Usage => "the command line could not be understood",
        Outcome::Rejected => "the input was refused; nothing was written",
        Outcome::Partial => "a part of an import was refused, as --keep-going allows",
        Outcome::Undecided => "it cannot be told: an unreadable file, an unknown key, a missing proof",
        Outcome::NoLedger => "there is no ledger here",
        Outcome::Locked => "another program is writing to the ledger",
        Outcome::Denied => "the submitter may not do this",
        Outcome::Conflict => "a precondition failed, or an idempotency key was used for other content",
        Outcome::Torn => {
            "the log ends in a half-written batch; the records before it are intact; `recover` moves it aside"
        }
        Outcome::Io => "reading or writing failed; nothing was acknowledged",
        Outcome::Internal => "a bug",
        Outcome::Interrupted => "interrupted (SIGINT)",
        Outcome::Terminated => "ended (SIGTERM)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_found_by_its_number_and_by_its_word() {
        assert_eq!(ending("14"), [Outcome::Torn]);
        assert_eq!(ending("undecided"), [Outcome::Undecided]);
        assert_eq!(ending("cancelled"), [Outcome::Interrupted, Outcome::Terminated]);
        assert_eq!(ending("207"), []);
    }

    #[test]
    fn the_digits_of_an_error_code_are_enough_and_a_code_that_is_not_there_is_not_guessed() {
        assert_eq!(parsed("207"), Some(Code::BoundsOrder));
        assert_eq!(parsed("cf0207"), Some(Code::BoundsOrder));
        assert_eq!((parsed("9999"), parsed("CF"), parsed("")), (None, None, None));
    }
}
