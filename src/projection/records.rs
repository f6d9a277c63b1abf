//! Records: the index by position and by idempotency key. Runs last: the others read what a target made before.

use super::Projection;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::{RecordRow, SubmissionRow, Tables, seq_key, submission_key};
use crate::event::Event;

/// Keeps the index.
pub(super) struct Records;

impl Projection for Records {
    fn name(&self) -> &'static str {
        "records"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["record", "submission"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        let mut claims = std::mem::take(&mut tables.claimed);
        match &recorded.event {
            Event::RecordCorrected(event) => {
                if let Some(target) = tables.resolve(&event.target, &recorded.by)? {
                    let claims = std::mem::take(&mut claims);
                    tables.records.change(&seq_key(target), |row| row.claims = claims)?;
                }
            }
            Event::RecordRetracted(event) => {
                if let Some(target) = tables.resolve(&event.target, &recorded.by)? {
                    tables.records.change(&seq_key(target), |row| row.retracted = Some(recorded.seq))?;
                }
            }
            _ => {}
        }
        let row = RecordRow {
            type_name: recorded.event.type_name().to_owned(),
            subject: recorded.event.subject().map(ToOwned::to_owned),
            claims,
            retracted: None,
        };
        tables.records.put(seq_key(recorded.seq), row);
        let submission = SubmissionRow { seq: recorded.seq, body: recorded.body };
        tables.submissions.put(submission_key(&recorded.by, recorded.key.as_str()), submission);
        Ok(())
    }
}
