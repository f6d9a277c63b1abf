//! The one writer: batches go in whole, receipts come out only after the sync.

use std::fmt;
use std::sync::Arc;

use super::chain::{ChainPoint, Head, seal_of};
use super::opening::{End, OpenError, RecoveredTail, Tail, TornPolicy, find_end};
use super::segment::{LogSettings, SealedSegment, SegmentDigest, SegmentName};
use super::storage::{Storage, StorageError, StorageLock};
use super::verify::BodyGrammar;
use crate::record::{EncodeError, Envelope, Receipt, RecordHash};
use crate::vocab::{Clock, Seq};

/// Appends to a log. There is at most one for a log at any time, in any process: it holds the storage's lock.
pub struct LogWriter {
    storage: Arc<dyn Storage>,
    settings: LogSettings,
    clock: Arc<dyn Clock>,
    sealer: Box<dyn Fn(&SealedSegment) -> String + Send>,
    point: ChainPoint,
    tail: Option<Tail>,
    condition: Condition,
    _lock: Box<dyn StorageLock>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Sound,
    Poisoned,
}

/// What a submitter wants recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewBody<'a> {
    /// One JSON object without line breaks, kept byte for byte.
    pub body: &'a str,
    /// The canonical base64 form of a 64-byte signature, where there is one.
    pub signature: Option<&'a str>,
}

/// A writer that was opened, and what had to be done for it.
#[derive(Debug)]
pub struct Opened {
    /// The writer.
    pub writer: LogWriter,
    /// The torn tail that was moved aside.
    pub recovered: Option<RecoveredTail>,
}

/// Says why a batch was not appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The batch has no bodies.
    #[error("the batch is empty")]
    Empty,
    /// A body cannot be a record. Nothing was written.
    #[error("body {index} of the batch is refused")]
    Refused {
        /// Which body, from 0.
        index: usize,
        /// Why.
        source: EncodeError,
    },
    /// The sealer's body cannot be a record. Nothing was written.
    #[error("the seal of {name} is refused")]
    Seal {
        /// The segment to be sealed.
        name: SegmentName,
        /// Why.
        source: EncodeError,
    },
    /// The storage failed, and no receipt exists. What was written of the batch was taken back where the storage still
    /// obeyed; whether any of it is in the log shows only when the log is opened again.
    #[error("the batch may not be durable")]
    Storage(#[from] StorageError),
    /// An earlier write or sync failed: the log must be opened again first.
    #[error("an earlier write failed, the log must be opened again")]
    Poisoned,
}

impl LogWriter {
    /// Takes the lock, reads the last segment, and stands ready after the last complete batch.
    ///
    /// What it builds upon is durable on return. Segments before the last are not read beyond the last line of the one
    /// before: that is [`verify`](super::verify)'s work. `sealer` gives the body of the record that opens each next
    /// segment.
    ///
    /// # Errors
    /// [`OpenError`]; the log is then as it was, except that a torn tail may have been moved aside already.
    pub fn open(
        storage: Arc<dyn Storage>,
        settings: LogSettings,
        clock: Arc<dyn Clock>,
        sealer: Box<dyn Fn(&SealedSegment) -> String + Send>,
        torn: TornPolicy,
    ) -> Result<Opened, OpenError> {
        let lock = storage.lock()?;
        let End { point, tail, recovered } = find_end(storage.as_ref(), torn)?;
        let condition = Condition::Sound;
        let writer = Self { storage, settings, clock, sealer, point, tail, condition, _lock: lock };
        Ok(Opened { writer, recovered })
    }

    /// Appends a batch in one write and one sync; all of it is durable on return.
    ///
    /// Where the last segment is full, the batch starts the next one, and the seal of the full one goes in before the
    /// first body as a record of the same batch. Receipts are for the given bodies alone, in their order; the seal's
    /// record shows only as a position in between. A batch is never split, however long.
    ///
    /// # Errors
    /// [`AppendError`]. After [`AppendError::Storage`] every later call gives [`AppendError::Poisoned`].
    pub fn append(&mut self, bodies: &[NewBody<'_>]) -> Result<Vec<Receipt>, AppendError> {
        self.append_with(bodies, BodyGrammar::Checked)
    }

    /// Appends bodies as [`LogWriter::append`] does, but looks at each body only as [`Envelope::encode_frame`] does: the
    /// caller has read every one of them to its end, as an object.
    ///
    /// # Errors
    /// As [`LogWriter::append`].
    pub fn append_read(&mut self, bodies: &[NewBody<'_>]) -> Result<Vec<Receipt>, AppendError> {
        self.append_with(bodies, BodyGrammar::Elsewhere)
    }

    fn append_with(&mut self, bodies: &[NewBody<'_>], grammar: BodyGrammar) -> Result<Vec<Receipt>, AppendError> {
        if self.condition == Condition::Poisoned {
            return Err(AppendError::Poisoned);
        }
        if bodies.is_empty() {
            return Err(AppendError::Empty);
        }
        let target = self.target();
        let batch = self.encode(&target, bodies, grammar)?;
        self.write(&target, &batch.bytes).inspect_err(|_| self.condition = Condition::Poisoned)?;
        self.point = batch.after;
        Ok(batch.receipts)
    }

    /// Gives the last record of the log. Of a poisoned writer: the last one that was acknowledged.
    #[must_use]
    pub fn head(&self) -> Head {
        self.point.head()
    }

    /// Tells whether a write or sync failed, so that every append is refused.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.condition == Condition::Poisoned
    }

    fn target(&self) -> Target {
        match &self.tail {
            None => Target { name: SegmentName::starting_at(self.point.next), create: true, seals: None },
            Some(tail) if tail.bytes > self.settings.segment_bytes => {
                let seal =
                    seal_of(tail.name, self.point.next.previous(), tail.bytes, SegmentDigest::of_hasher(&tail.hasher));
                Target { name: SegmentName::starting_at(self.point.next), create: true, seals: Some(seal) }
            }
            Some(tail) => Target { name: tail.name, create: false, seals: tail.seals.clone() },
        }
    }

    fn encode(&self, target: &Target, bodies: &[NewBody<'_>], grammar: BodyGrammar) -> Result<Batch, AppendError> {
        let seal = target.seals.as_ref().map(|sealed| (sealed.name, (self.sealer)(sealed)));
        let records = bodies.len() + usize::from(seal.is_some());
        let mut batch = Batch::new(self.point, records);
        if let Some((name, body)) = seal {
            let seal = NewBody { body: &body, signature: None };
            batch
                .push(seal, self.clock.as_ref(), BodyGrammar::Checked)
                .map_err(|source| AppendError::Seal { name, source })?;
        }
        for (index, body) in bodies.iter().enumerate() {
            let receipt = batch.push(*body, self.clock.as_ref(), grammar);
            let receipt = receipt.map_err(|source| AppendError::Refused { index, source })?;
            batch.receipts.push(receipt);
        }
        Ok(batch.finish())
    }

    fn write(&mut self, target: &Target, bytes: &[u8]) -> Result<(), StorageError> {
        if target.create {
            self.storage.create(target.name)?;
            self.tail = Some(Tail { name: target.name, bytes: 0, hasher: blake3::Hasher::new(), seals: None });
        }
        self.storage.append(target.name, bytes).and_then(|()| self.storage.sync(target.name)).inspect_err(|_| {
            // A full disk leaves half a batch, and after a failed sync the system may show bytes that the disk never got:
            // neither may be built upon. Where this fails too, the next opening finds a torn tail.
            let _ = self.storage.take_back(target.name, self.tail.as_ref().map_or(0, |tail| tail.bytes));
        })?;
        if let Some(tail) = &mut self.tail {
            tail.bytes += bytes.len() as u64;
            tail.hasher.update(bytes);
            tail.seals = None;
        }
        Ok(())
    }
}

impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter")
            .field("storage", &self.storage)
            .field("head", &self.head())
            .field("condition", &self.condition)
            .finish_non_exhaustive()
    }
}

/// The segment that the next batch goes into.
struct Target {
    name: SegmentName,
    create: bool,
    seals: Option<SealedSegment>,
}

/// A batch that is being encoded.
struct Batch {
    after: ChainPoint,
    end: Seq,
    bytes: Vec<u8>,
    receipts: Vec<Receipt>,
}

impl Batch {
    fn new(point: ChainPoint, records: usize) -> Self {
        let end = Seq::new(point.next.previous().number().saturating_add(records as u64));
        Self { after: point, end, bytes: Vec::new(), receipts: Vec::with_capacity(records) }
    }

    fn push(&mut self, new: NewBody<'_>, clock: &dyn Clock, grammar: BodyGrammar) -> Result<Receipt, EncodeError> {
        let ChainPoint { next: seq, prev, last_at } = self.after;
        let at = clock.now().max(last_at);
        let envelope = Envelope { seq, prev, at, end: self.end, body: new.body, signature: new.signature };
        let line = match grammar {
            BodyGrammar::Checked => envelope.encode()?,
            BodyGrammar::Elsewhere => envelope.encode_frame()?,
        };
        let hash = RecordHash::of_line(&line);
        self.bytes.extend_from_slice(&line);
        self.bytes.push(b'\n');
        self.after = ChainPoint { next: seq.next(), prev: hash, last_at: at };
        Ok(Receipt { seq, hash, at, head_seq: self.end, head: hash, replayed: false })
    }

    fn finish(mut self) -> Self {
        for receipt in &mut self.receipts {
            receipt.head = self.after.prev;
        }
        self
    }
}
