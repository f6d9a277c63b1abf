//! Every body reads strictly, and only record 1 creates the ledger.

use super::VerifyError;
use super::checking::{Checking, Passed, Passing};
use super::report::{Check, Findings};
use crate::event::Event;
use crate::log::Line;
use crate::record::{Body, check_json};
use crate::vocab::Seq;

/// The check of the bodies.
#[derive(Default)]
pub(super) struct Bodies {
    read: u64,
    newer: u64,
    findings: Findings,
}

impl Checking for Bodies {
    fn watch(&mut self, block: &[Passing<'_>]) {
        for Passing { line, body } in block {
            let seq = line.envelope.seq;
            self.read += 1;
            match body {
                Ok(body) => {
                    self.newer += u64::from(body.event.is_newer());
                    if (seq == Seq::FIRST) != matches!(body.event, Event::LedgerCreated(_)) {
                        self.findings.keep(seq, "ledger.created is record 1, and no other");
                    }
                }
                Err(what) => self.findings.keep(seq, what.as_str()),
            }
        }
    }

    fn conclude(self: Box<Self>, _: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let newer = match self.newer {
            0 => String::new(),
            newer => format!("; {newer} of types newer than this program, kept and passed over"),
        };
        let detail = format!("{} bodies read strictly{newer}", self.read);
        Ok(vec![Check::of_findings("bodies", detail, self.findings.into_list())])
    }
}

/// Reads a body with the typed reader; one that is newer than this program goes through the generic one instead.
pub(super) fn read_strictly(line: &Line<'_>) -> Result<Body, String> {
    let text = line.envelope.body;
    let body = Body::read(text).map_err(|error| error.to_string())?;
    if body.event.is_newer() {
        check_json(text).map_err(|fault| format!("{} at {}", fault.detail, fault.pointer))?;
    }
    Ok(body)
}
