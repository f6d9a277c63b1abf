//! The signatures of submissions: made, checked, and held against the keys and the policy before anything is written.

use rayon::prelude::*;

use super::key_book::{KeyBook, submitter_of};
use super::writing::{AppendError, Ledger};
use crate::event::Event;
use crate::proof::{BodySignature, BodySigner};
use crate::record::Body;
use crate::rules::signing::{Denial, may_sign, may_stand_unsigned};
use crate::vocab::{ActorId, KeyId, Seq};

/// A body on its way in: how it reads, its bytes, and the submitter's signature over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmittedBody {
    /// How it reads.
    pub body: Body,
    /// Its bytes, which are what is signed and what is recorded.
    pub text: String,
    /// The signature, where it is signed.
    pub signature: Option<BodySignature>,
}

impl SubmittedBody {
    /// Takes a body and its bytes without a signature.
    #[must_use]
    pub const fn unsigned(body: Body, text: String) -> Self {
        Self { body, text, signature: None }
    }

    /// Keeps the signature it came with, else signs its bytes.
    pub(super) fn signed_if_not(&self, signer: &BodySigner) -> Self {
        let signature = self.signature.unwrap_or_else(|| signer.sign(self.text.as_bytes()));
        Self { signature: Some(signature), ..self.clone() }
    }
}

/// Holds the signatures of one batch against keys and policy, as the records of the batch change the keys.
pub(super) struct Gate<'a> {
    ledger: &'a Ledger,
    book: &'a KeyBook,
    /// The keys once the batch has changed any.
    changed: Option<KeyBook>,
    first: Seq,
    made_by: Vec<Option<Result<KeyId, Denial>>>,
}

impl<'a> Gate<'a> {
    /// Checks every signature of a batch, on all cores. `first` is the position that its first record would have.
    pub(super) fn new(ledger: &'a Ledger, book: &'a KeyBook, first: Seq, batch: &[SubmittedBody]) -> Self {
        let judge = |(index, given)| made_by(book, given, nth_after(first, index));
        let judged = if batch.iter().any(|given| given.signature.is_some()) {
            batch.par_iter().enumerate().map(judge).collect()
        } else {
            batch.iter().enumerate().map(judge).collect()
        };
        Self { ledger, book, changed: None, first, made_by: judged }
    }

    /// Decides whether a submission may come in.
    pub(super) fn pass(&self, given: &SubmittedBody, index: usize) -> Result<(), AppendError> {
        let made_by = match &self.changed {
            None => self.made_by.get(index).cloned().flatten(),
            Some(changed) => made_by(changed, given, nth_after(self.first, index)),
        };
        let decided = match made_by {
            None => {
                let held = self.keys().roles_held(&given.body.by);
                let known = self.keys().unsigned(&self.ledger.genesis().recorder, &held);
                may_stand_unsigned(&given.body, self.ledger.signature_policy(), known)
            }
            Some(Err(denial)) => Err(denial),
            Some(Ok(id)) => match self.keys().key(&id) {
                Some(key) => may_sign(&given.body, &id, key, self.mended(&given.body)?.as_ref()),
                None => Err(Denial::UnknownKey { by: given.body.by.clone() }),
            },
        };
        decided.map_err(|denial| AppendError::Denied { index, denial: Box::new(denial) })
    }

    /// Takes in what a submission that may come in changes among the keys.
    pub(super) fn take(&mut self, event: &Event, index: usize) {
        if matches!(event, Event::KeyAdded(_) | Event::KeyRotated(_) | Event::KeyRevoked(_)) {
            let seq = nth_after(self.first, index);
            self.changed.get_or_insert_with(|| self.book.clone()).take(event, seq);
        }
    }

    /// Gives the keys as the batch has left them, where it has changed any.
    #[cfg(feature = "exchange")]
    pub(super) fn into_changed(self) -> Option<KeyBook> {
        self.changed
    }

    /// Gives the keys as the batch has left them so far.
    pub(super) fn keys(&self) -> &KeyBook {
        self.changed.as_ref().unwrap_or(self.book)
    }

    /// Finds who submitted the record that a correction or retraction is about.
    fn mended(&self, body: &Body) -> Result<Option<ActorId>, AppendError> {
        let target = match &body.event {
            Event::RecordCorrected(event) => &event.target,
            Event::RecordRetracted(event) => &event.target,
            _ => return Ok(None),
        };
        let Some(seq) = target.seq else {
            // Who names a record by its key names its submitter with it.
            return Ok(target.key.as_ref().map(|_| target.by.clone().unwrap_or_else(|| body.by.clone())));
        };
        let record = self.ledger.reader().record_at(seq).map_err(super::reading::ReplayError::from)?;
        Ok(record.as_ref().and_then(submitter_of))
    }
}

/// Finds the key that made a submission's signature, where it has one.
fn made_by(book: &KeyBook, given: &SubmittedBody, seq: Seq) -> Option<Result<KeyId, Denial>> {
    let signature = given.signature.as_ref()?;
    Some(book.signer_of(&given.body.by, seq, &given.text, signature).cloned())
}

/// Where a submission would stand if nothing came between: later than every record before it, which is what counts.
fn nth_after(first: Seq, index: usize) -> Seq {
    Seq::new(first.number().saturating_add(index as u64))
}
