//! How a command ends: the exit codes of CLI.md, each with its word in JSON.

use std::process::ExitCode;

/// How a command ended. The numbers are documented, tested one by one, and only ever added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Done, or everything asked for was checked and holds.
    Ok,
    /// A negative answer, proven.
    Violated,
    /// The command line could not be understood.
    Usage,
    /// The input was refused; nothing was written.
    Rejected,
    /// A part of an import was refused, as allowed by `--keep-going`.
    Partial,
    /// It cannot be told.
    Undecided,
    /// There is no ledger here.
    NoLedger,
    /// Another writer has the ledger.
    Locked,
    /// The submitter may not do this.
    Denied,
    /// A precondition failed, or an idempotency key was used for something else.
    Conflict,
    /// The log ends in a half-written batch.
    Torn,
    /// Reading or writing failed.
    Io,
    /// A bug.
    Internal,
    /// Interrupted by SIGINT.
    Interrupted,
    /// Ended by SIGTERM.
    Terminated,
}

impl Outcome {
    /// Every outcome, in order of its exit code.
    pub const ALL: &'static [Self] = &[
        Self::Ok,
        Self::Violated,
        Self::Usage,
        Self::Rejected,
        Self::Partial,
        Self::Undecided,
        Self::NoLedger,
        Self::Locked,
        Self::Denied,
        Self::Conflict,
        Self::Torn,
        Self::Io,
        Self::Internal,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// Gives the process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Violated => 1,
            Self::Usage => 2,
            Self::Rejected => 3,
            Self::Partial => 4,
            Self::Undecided => 5,
            Self::NoLedger => 10,
            Self::Locked => 11,
            Self::Denied => 12,
            Self::Conflict => 13,
            Self::Torn => 14,
            Self::Io => 20,
            Self::Internal => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Gives the word that stands in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Violated => "violated",
            Self::Usage => "usage",
            Self::Rejected => "rejected",
            Self::Partial => "partial",
            Self::Undecided => "undecided",
            Self::NoLedger => "no_ledger",
            Self::Locked => "locked",
            Self::Denied => "denied",
            Self::Conflict => "conflict",
            Self::Torn => "torn",
            Self::Io => "io",
            Self::Internal => "internal",
            Self::Interrupted | Self::Terminated => "cancelled",
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}
