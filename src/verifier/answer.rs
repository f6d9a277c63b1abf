//! The answer: every check on its own line, and one exit code (CLI.md).

use std::fmt::Write as _;
use std::process::ExitCode;

use ceasefire_ledger::proof::{ProofReport, Standing};
use serde_json::json;

/// The exit codes of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Violated,
    Usage,
    Undecided,
    Torn,
    Io,
}

impl Outcome {
    const fn code_and_word(self) -> (u8, &'static str) {
        match self {
            Self::Ok => (0, "ok"),
            Self::Violated => (1, "violated"),
            Self::Usage => (2, "usage"),
            Self::Undecided => (5, "undecided"),
            Self::Torn => (14, "torn"),
            Self::Io => (20, "io"),
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code_and_word().0)
    }
}

/// What was found.
pub(crate) struct Answer {
    pub(crate) report: ProofReport,
    /// The log ends in a half-written batch.
    pub(crate) torn: bool,
}

impl Answer {
    /// Tampering beats torn beats undecided.
    pub(crate) fn outcome(&self) -> Outcome {
        match (self.report.standing(), self.torn) {
            (Standing::Violated, _) => Outcome::Violated,
            (_, true) => Outcome::Torn,
            (Standing::CannotTell, false) => Outcome::Undecided,
            (Standing::Ok | Standing::NotAsked, false) => Outcome::Ok,
        }
    }

    pub(crate) fn to_json(&self) -> String {
        let mut value = serde_json::to_value(&self.report).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            members.insert("schema".to_owned(), json!("ceasefire.check_proof/1"));
            members.insert("outcome".to_owned(), json!(self.outcome().code_and_word().1));
        }
        format!("{value}\n")
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for check in &self.report.checks {
            let word = match check.verdict {
                Standing::Ok => "ok",
                Standing::Violated => "VIOLATED",
                Standing::CannotTell => "cannot tell",
                Standing::NotAsked => "not asked",
            };
            let _ = writeln!(text, "{word:<12}{:<12}{}", check.name, shown(&check.detail));
        }
        if let (Some(origin), Some(size)) = (&self.report.origin, self.report.size) {
            let key = self.report.log_key.as_deref().unwrap_or("none");
            let _ = writeln!(text, "log {}, {size} records, key {}", shown(origin), shown(key));
        }
        text.push_str(match self.outcome() {
            Outcome::Ok => "It holds: everything that was asked for was checked.\n",
            Outcome::Violated => "It does not hold.\n",
            Outcome::Torn => "The log ends in a half-written batch; the records before it are intact.\n",
            _ => "It cannot be told.\n",
        });
        text
    }
}

/// Text from a file, with what a terminal would obey spelt out.
fn shown(text: &str) -> String {
    let obeyed = |character: char| {
        character.is_control()
            || matches!(character, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if obeyed(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}
