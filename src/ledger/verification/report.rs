//! What verification answers: a verdict for each check, and what is wrong, by position.

use serde::{Deserialize, Serialize};

use crate::record::RecordHash;
use crate::vocab::Seq;

/// More findings than this are counted, not kept.
const FINDINGS_KEPT: usize = 1_000;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was checked and holds.
    Ok,
    /// It was checked and does not hold: proof of tampering or damage.
    Violated,
    /// It could not be checked, or not wholly.
    CannotTell,
    /// The log ends in a half-written batch.
    Torn,
}

/// One check and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What was looked at, in a few words.
    pub detail: String,
    /// What is wrong, by position.
    pub findings: Vec<Finding>,
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The bad record.
    pub seq: Seq,
    /// The segment it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// The byte at which its line starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifyReport {
    /// The ledger's name, where record 1 could be read.
    pub origin: Option<String>,
    /// How many records.
    pub records: u64,
    /// How many segments.
    pub segments: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The last record.
    pub head_seq: Seq,
    /// Its hash.
    pub head: Option<RecordHash>,
    /// The root of the tree over all records (RFC 6962), in base64; absent where a record is missing or unreadable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The newest checkpoint that was signed for the log and is here: the signed note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// Records of types newer than this program: kept, counted, not understood.
    pub newer: u64,
    /// How many findings there are beyond those listed.
    pub findings_left_out: u64,
    /// The checks, each with its answer.
    pub checks: Vec<Check>,
}

impl VerifyReport {
    /// Gives the answer as a whole: tampering beats torn beats undecided.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        [Verdict::Violated, Verdict::Torn, Verdict::CannotTell]
            .into_iter()
            .find(|verdict| self.checks.iter().any(|check| check.verdict == *verdict))
            .unwrap_or(Verdict::Ok)
    }

    /// Gives the first bad position.
    #[must_use]
    pub fn first_bad(&self) -> Option<Seq> {
        self.checks.iter().flat_map(|check| &check.findings).map(|finding| finding.seq).min()
    }
}

impl Check {
    /// Says that something was checked and holds.
    pub(super) fn ok(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), verdict: Verdict::Ok, detail: detail.into(), findings: Vec::new() }
    }

    /// Says that something could not be checked, and why.
    pub(super) fn cannot_tell(name: &str, detail: impl Into<String>) -> Self {
        Self { verdict: Verdict::CannotTell, ..Self::ok(name, detail) }
    }

    /// Says what was found wrong; nothing found is `ok`.
    pub(super) fn of_findings(name: &str, detail: impl Into<String>, findings: Vec<Finding>) -> Self {
        let verdict = if findings.is_empty() { Verdict::Ok } else { Verdict::Violated };
        Self { verdict, findings, ..Self::ok(name, detail) }
    }
}

impl Finding {
    /// Names a bad record without its place in a file.
    pub(in crate::ledger) fn at(seq: Seq, what: impl Into<String>) -> Self {
        Self { seq, segment: None, offset: None, what: what.into() }
    }
}

/// Findings of one check; beyond a thousand they are no longer kept.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
}

impl Findings {
    pub(super) fn keep(&mut self, seq: Seq, what: impl Into<String>) {
        if self.kept.len() < FINDINGS_KEPT {
            self.kept.push(Finding::at(seq, what));
        }
    }

    pub(super) fn into_list(self) -> Vec<Finding> {
        self.kept
    }
}
