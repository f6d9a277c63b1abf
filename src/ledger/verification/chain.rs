//! The chain's own findings, sorted by what they break, and how the log ends.

use std::collections::BTreeMap;

use super::VerifyError;
use super::checking::{Checking, Passed};
use super::report::{Check, Finding, Verdict};
use crate::log::{CHAIN_CHECKS, ChainReport};
use crate::vocab::Seq;

/// Framing, chain, batches, time, seals and end.
pub(super) struct Chain;

impl Checking for Chain {
    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let mut by_check: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
        for finding in &passed.chain.findings {
            by_check.entry(finding.fault.check()).or_default().push(Finding {
                segment: Some(finding.segment.to_string()),
                offset: Some(finding.offset),
                ..Finding::at(finding.seq, finding.fault.to_string())
            });
        }
        let mut checks: Vec<Check> = CHAIN_CHECKS
            .iter()
            .map(|&(name, detail)| Check::of_findings(name, detail, by_check.remove(name).unwrap_or_default()))
            .collect();
        checks.push(end_check(passed.chain, passed.is_being_written(), Seq::new(passed.signed.size())));
        Ok(checks)
    }
}

/// Below what was signed no write can have been broken off: those records were durable (FORMAT.md §2).
fn end_check(chain: &ChainReport, being_written: bool, signed: Seq) -> Check {
    match &chain.torn {
        Some(torn) if torn.first_missing <= signed => {
            let what = format!("missing: a checkpoint of {signed} records was signed, so no write was broken off here");
            let place = Finding {
                segment: Some(torn.segment.to_string()),
                offset: Some(torn.from),
                ..Finding::at(torn.first_missing, what)
            };
            Check::of_findings("end", "the last batch is complete", vec![place])
        }
        None => Check::ok("end", "the last batch is complete"),
        Some(_) if being_written => Check::ok("end", "a batch is being written"),
        Some(torn) => {
            let detail = format!(
                "{} bytes of a half-written batch after byte {} of {}; `ceasefire recover` moves them aside",
                torn.bytes, torn.from, torn.segment
            );
            Check { verdict: Verdict::Torn, ..Check::ok("end", detail) }
        }
    }
}
