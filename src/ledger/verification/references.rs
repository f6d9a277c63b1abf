//! Every record was made for this ledger and points only to what stood before it.

use super::VerifyError;
use super::checking::{Checking, Passed, Passing};
use super::report::{Check, Findings};
use crate::ledger::admit::{Admission, Pending};
use crate::ledger::key_book::KeyBook;
use crate::projection::Tables;
use crate::record::Body;
use crate::rules::admission::reference_faults;
use crate::vocab::{Label, Seq};

/// The check of origins and references. Its memory grows with the number of distinct ids and keys.
#[derive(Default)]
pub(super) struct References {
    origin: Option<Label>,
    known: Option<(Tables, Pending)>,
    findings: Findings,
}

impl References {
    fn take(&mut self, seq: Seq, body: &Body) {
        let origin = self.origin.get_or_insert_with(|| body.origin.clone());
        if body.origin != *origin {
            self.findings.keep(seq, format!("the record was made for {}", body.origin));
        }
        let (tables, pending) = self.known.get_or_insert_with(|| (Tables::new(None), Pending::default()));
        pending.stand_at(seq);
        if seq == Seq::FIRST {
            // Record 1 registers the recorder in whose name it stands.
            pending.introduce(body);
        }
        let keys = KeyBook::default();
        let known = Admission { tables, pending: &[pending], keys: &keys };
        if let Ok(faults) = reference_faults(body, &known) {
            for fault in faults {
                self.findings.keep(seq, format!("{} at {}", fault.what, fault.pointer));
            }
        }
        pending.introduce(body);
    }
}

impl Checking for References {
    fn watch(&mut self, block: &[Passing<'_>]) {
        for passing in block {
            if let Ok(body) = &passing.body {
                self.take(passing.line.envelope.seq, body);
            }
        }
    }

    fn conclude(self: Box<Self>, _: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let detail = "every record points only to what stood before it";
        Ok(vec![Check::of_findings("references", detail, self.findings.into_list())])
    }
}
