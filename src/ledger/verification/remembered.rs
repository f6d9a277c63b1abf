//! A record that the asker knows is in the log.

use super::VerifyError;
use super::checking::{Checking, Passed};
use super::report::{Check, Finding};
use crate::record::RecordHash;
use crate::vocab::Seq;

/// The check of a record that the asker knows; without one it says nothing.
pub(super) struct Remembered {
    pub(super) known: Option<(Seq, RecordHash)>,
}

impl Checking for Remembered {
    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let Some((seq, hash)) = self.known else { return Ok(Vec::new()) };
        let held = !passed.chain.findings.iter().any(|finding| finding.seq == seq);
        let reached = passed.chain.head.is_some_and(|head| head.seq >= seq);
        if held && reached {
            return Ok(vec![Check::ok("remembered", format!("record {seq} is the one you know, {hash}"))]);
        }
        let what = if reached { "the record is not the one you know" } else { "the log ends before it" };
        let detail = format!("record {seq} should be {hash}");
        Ok(vec![Check::of_findings("remembered", detail, vec![Finding::at(seq, what)])])
    }
}
