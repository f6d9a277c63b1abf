//! The second pass: what was found good is written, a batch at a time.

use super::check::{Checked, ImportError, Progress, Watch};
use super::plan::Counts;
use crate::event::{Event, ImportCompleted, SeriesChange};
use crate::ledger::{AppendError, Ledger, Rehearsed, Submission};
use crate::projection::submission_key;
use crate::vocab::{ActorId, Digest32, Label};

/// How many records go into one batch, at most.
const BATCH_RECORDS: usize = 1_000;
/// How many bytes of bodies go into one batch, about.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

impl Checked {
    /// Writes the records by batches of up to 1,000, each durable before the next one begins. What was imported is said
    /// in the last batch, so that it is there exactly where all of it is. Where there is nothing to write, nothing is.
    ///
    /// # Errors
    /// [`ImportError`]; whole batches may be in, and the same import completes them.
    pub fn write(mut self, ledger: &mut Ledger, watch: &mut Watch<'_>) -> Result<Written, ImportError> {
        let counts = self.counts;
        if counts.records == 0 {
            return Ok(Written { counts, noted: true });
        }
        let completed = self.completed(ledger)?;
        let Self { mut rehearsal, spool, .. } = self;
        rehearsal.end();
        let total = spool.lines();
        let (mut batch, mut size, mut written) = (Vec::new(), 0, 0);
        for line in spool.read_back().map_err(ImportError::Aside)? {
            let line = line.map_err(ImportError::Aside)?;
            if batch.len() >= BATCH_RECORDS || size >= BATCH_BYTES {
                written += batch.len() as u64;
                ledger.append_rehearsed(&mut rehearsal, &batch)?;
                batch.clear();
                size = 0;
                if watch(Progress::Written(written, total)).is_break() {
                    return Err(ImportError::Interrupted);
                }
            }
            size += line.text.len();
            batch.push(line);
        }
        let noted = completed.is_some();
        batch.extend(completed);
        ledger.append_rehearsed(&mut rehearsal, &batch)?;
        Ok(Written { counts, noted })
    }

    /// Says what was taken in, as a body that was rehearsed; nothing where the ledger takes it only signed and this handle's
    /// key is not the keeper's.
    fn completed(&mut self, ledger: &Ledger) -> Result<Option<Rehearsed>, ImportError> {
        let counts = self.counts;
        let event = Event::from(ImportCompleted {
            format: label(self.format)?,
            file: self.file,
            bytes: self.bytes,
            mapping: self.mapping,
            rows: counts.rows,
            appended: counts.appended,
            replayed: counts.replayed,
            rejected: counts.rejected,
            series: self.series.clone().map(|name| SeriesChange {
                name,
                corrected: counts.corrected,
                retracted: counts.retracted,
                readded: counts.readded,
            }),
            published: self.import.published.clone(),
        });
        let by = ledger.genesis().recorder.clone();
        let key = label(&free_key(ledger, &by, self.file)?)?;
        let body = ledger.body(&Submission::new(by, key, event));
        let text = body.to_text().map_err(AppendError::from)?;
        let own = ledger.own(body, text);
        match ledger.rehearse(&mut self.rehearsal, std::slice::from_ref(&own)) {
            Err(AppendError::Denied { .. }) => Ok(None),
            rehearsed => Ok(rehearsed.map(|_| Some(Rehearsed::from(&own)))?),
        }
    }
}

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// What the rows came to.
    pub counts: Counts,
    /// Whether the import itself is recorded, where anything was to be: in the keeper's name, and so not where only the
    /// keeper's signature would let it in.
    pub noted: bool,
}

/// A file may be imported more than once and add something each time: with a mended mapping, or after a retraction.
fn free_key(ledger: &Ledger, by: &ActorId, file: Digest32) -> Result<String, AppendError> {
    let mut number = 1;
    loop {
        let key = format!("import/{file}/{number}");
        if !ledger.view().tables().submissions.has(&submission_key(by, &key))? {
            return Ok(key);
        }
        number += 1;
    }
}

fn label(text: &str) -> Result<Label, ImportError> {
    Label::new(text).map_err(|error| AppendError::Encode(serde::ser::Error::custom(error)).into())
}
