//! A record that stands on its own.

use std::ops::Range;
use std::sync::Arc;

use super::blocks::Line;
use crate::record::{Envelope, RecordHash};
use crate::vocab::{Instant, Seq};

/// A record that outlives the block it was read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The position.
    pub seq: Seq,
    /// The hash of the record before.
    pub prev: RecordHash,
    /// The recording time.
    pub at: Instant,
    /// The last position of its batch.
    pub end: Seq,
    /// The record's hash.
    pub hash: RecordHash,
    /// The record's bytes, without the newline.
    pub line: Arc<str>,
    body: Range<usize>,
    signature: Option<Range<usize>>,
}

impl StoredRecord {
    /// Gives the submitter's bytes.
    #[must_use]
    pub fn body(&self) -> &str {
        self.line.get(self.body.clone()).unwrap_or_default()
    }

    /// Gives the submitter's signature in base64.
    #[must_use]
    pub fn signature(&self) -> Option<&str> {
        self.line.get(self.signature.clone()?)
    }

    /// Gives the record taken apart.
    #[must_use]
    pub fn envelope(&self) -> Envelope<'_> {
        let Self { seq, prev, at, end, .. } = *self;
        Envelope { seq, prev, at, end, body: self.body(), signature: self.signature() }
    }

    pub(super) fn copy_of(line: &Line<'_>) -> Self {
        let Envelope { seq, prev, at, end, body, signature } = line.envelope;
        let range = |part: &str| {
            let start = (part.as_ptr() as usize).saturating_sub(line.bytes.as_ptr() as usize);
            start..start + part.len()
        };
        let text = String::from_utf8_lossy(line.bytes);
        let (body, signature) = (range(body), signature.map(range));
        Self { seq, prev, at, end, hash: line.hash, line: text.into(), body, signature }
    }
}
