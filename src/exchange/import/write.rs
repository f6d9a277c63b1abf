//! The second pass: what was found good is written, a batch at a time.

use super::check::{Checked, ImportError, Progress, Watch};
use super::plan::Counts;
use crate::event::{Event, ImportCompleted, SeriesChange};
use crate::ledger::{AppendError, Ledger, Submission};
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
    pub fn write(mut self, ledger: &mut Ledger, watch: &mut Watch<'_>) -> Result<Counts, ImportError> {
        let counts = self.counts;
        if counts.records == 0 {
            return Ok(counts);
        }
        let completed = self.completed(ledger)?;
        let Self { mut rehearsal, spool, .. } = self;
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
            size += line.len();
            batch.push(line);
        }
        batch.push(completed);
        ledger.append_rehearsed(&mut rehearsal, &batch)?;
        Ok(counts)
    }

    /// Says what was taken in, as a body that was rehearsed.
    fn completed(&mut self, ledger: &Ledger) -> Result<String, ImportError> {
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
        let body = ledger.body(&Submission { by, key, event });
        let text = body.to_text().map_err(AppendError::from)?;
        ledger.rehearse(&mut self.rehearsal, &[(body, text.clone())])?;
        Ok(text)
    }
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
