//! Checking many submissions, piece by piece, before any of them is written: how an import is all or nothing and still
//! needs no room for the whole of it.

use std::collections::BTreeMap;

use super::admit::{Admission, Checked, Pending};
use super::key_book::KeyBook;
use super::scratch::Scratch;
use super::signing::{Gate, SubmittedBody};
use super::writing::{AppendError, Ledger, WouldAppend, digest_of};
use crate::log::NewBody;
use crate::projection::submission_key;
use crate::proof::BodySignature;
use crate::record::RecordHash;
use crate::rules::admission::{Known, Standing, Target};
use crate::vocab::{ActorId, Digest32, PlaceId, RecordRef, Seq};

/// Submissions that were checked one after the other against the ledger and against each other, and not written yet.
///
/// It keeps what they introduce (ids, names, keys), not what they say; of many of them most lies in the system's folder for
/// temporary files.
#[derive(Debug)]
pub struct Rehearsal {
    settled: Pending,
    /// Ids and submissions.
    checked: Scratch,
    /// The submitters' keys, once what was rehearsed has changed any.
    changed_keys: Option<KeyBook>,
    new: u64,
    head: RecordHash,
}

impl Rehearsal {
    /// Lets go what was kept to check by: nothing more will be rehearsed.
    pub(crate) fn end(&mut self) {
        (self.settled, self.checked) = (Pending::default(), Scratch::default());
    }
}

impl Ledger {
    /// Begins to check submissions as if they were appended from here on.
    ///
    /// # Errors
    /// [`AppendError::NewerLog`].
    pub fn rehearsal(&self) -> Result<Rehearsal, AppendError> {
        if self.genesis().newer > 0 {
            return Err(AppendError::NewerLog { count: self.genesis().newer });
        }
        let (settled, checked, head) = (Pending::default(), Scratch::default(), self.head().hash);
        Ok(Rehearsal { settled, checked, changed_keys: None, new: 0, head })
    }

    /// Checks a few submissions that stand or fall together, after all that were rehearsed before. Says of each whether
    /// it would be a new record. Those refused leave no trace in the rehearsal.
    ///
    /// # Errors
    /// As [`Ledger::append_bodies`]; the index counts within these few.
    pub fn rehearse(&self, rehearsal: &mut Rehearsal, few: &[SubmittedBody]) -> Result<Vec<WouldAppend>, AppendError> {
        let mut layer = Pending::default();
        let mut digests: BTreeMap<String, Digest32> = BTreeMap::new();
        let mut would = Vec::with_capacity(few.len());
        let first = Seq::new(self.head().seq.next().number().saturating_add(rehearsal.new));
        let mut gate = Gate::new(self, rehearsal.changed_keys.as_ref().unwrap_or(&self.keys), first, few);
        for (index, given) in few.iter().enumerate() {
            let SubmittedBody { body, text, .. } = given;
            let (key, digest) = (submission_key(&body.by, body.key.as_str()), digest_of(text));
            let pending = match digests.get(&key) {
                Some(digest) => Some(*digest),
                None => Checked::find(&key, &rehearsal.checked)?.map(|checked| checked.digest),
            };
            let pending = pending.map(|digest| (Seq::NONE, digest));
            let known = match pending {
                Some(pending) => Some(pending),
                None => self.fold.tables.submissions.row(&key)?.map(|row| (row.seq, row.body)),
            };
            would.push(match known {
                Some((_, earlier)) if earlier == digest => WouldAppend::Replayed,
                Some((earlier, _)) => return Err(AppendError::KeyReused { index, key: body.key.clone(), earlier }),
                None => {
                    let (pending, checked) = ([&rehearsal.settled, &layer], Some(&rehearsal.checked));
                    self.admit_one(given, index, (&pending, checked), &mut gate)?;
                    if body.sealed.is_some() {
                        return Err(AppendError::Undisclosed { index });
                    }
                    layer.take(body, &self.fold.tables, &[&rehearsal.settled])?;
                    digests.insert(key, digest);
                    WouldAppend::New
                }
            });
        }
        let changed_keys = gate.into_changed();
        rehearsal.changed_keys = changed_keys.or_else(|| rehearsal.changed_keys.take());
        rehearsal.new = rehearsal.new.saturating_add(few.len() as u64);
        rehearsal.settled.take_over(layer, &digests, &mut rehearsal.checked);
        Ok(would)
    }

    /// Tells whether an actor is registered, here or among what was rehearsed.
    ///
    /// # Errors
    /// [`AppendError::Rows`].
    pub fn knows_actor(&self, rehearsal: &Rehearsal, actor: &ActorId) -> Result<bool, AppendError> {
        Ok(self.known(rehearsal, &[&rehearsal.settled]).actor(actor)?)
    }

    /// Tells whether a place is registered, here or among what was rehearsed.
    ///
    /// # Errors
    /// [`AppendError::Rows`].
    pub fn knows_place(&self, rehearsal: &Rehearsal, place: &PlaceId) -> Result<bool, AppendError> {
        Ok(self.known(rehearsal, &[&rehearsal.settled]).place(place)?)
    }

    /// Says what a record is that a correction or retraction would point to.
    ///
    /// # Errors
    /// [`AppendError::Rows`].
    pub fn target(&self, rehearsal: &Rehearsal, record: Seq) -> Result<Option<Target>, AppendError> {
        Ok(self.known(rehearsal, &[&rehearsal.settled]).record(&RecordRef::at(record), &self.genesis().recorder)?)
    }

    /// Appends bodies that this rehearsal found to be new, in the order in which it saw them, as one batch. Their rules
    /// are not asked again. Durable on return.
    ///
    /// # Errors
    /// [`AppendError::HeadMoved`] where something else was appended since; [`AppendError::Log`].
    pub(crate) fn append_rehearsed(
        &mut self,
        rehearsal: &mut Rehearsal,
        rehearsed: &[Rehearsed],
    ) -> Result<(), AppendError> {
        let found = self.head().hash;
        if rehearsal.head != found {
            return Err(AppendError::HeadMoved { expected: rehearsal.head, found });
        }
        let new: Vec<NewBody<'_>> = rehearsed
            .iter()
            .map(|rehearsed| NewBody { body: &rehearsed.text, signature: rehearsed.signature.as_deref() })
            .collect();
        self.writer.append(&new)?;
        self.follow();
        if rehearsed.iter().any(|rehearsed| rehearsed.text.contains("\"annex.erased\"")) {
            self.resume_annexes();
        }
        rehearsal.head = self.head().hash;
        Ok(())
    }

    fn known<'a>(&'a self, rehearsal: &'a Rehearsal, pending: &'a [&'a Pending]) -> Admission<'a> {
        Admission { tables: &self.fold.tables, checked: Some(&rehearsal.checked), pending, keys: &self.keys }
    }
}

/// The bytes of a body that was rehearsed, with its signature in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rehearsed {
    pub(crate) text: String,
    pub(crate) signature: Option<String>,
}

impl From<&SubmittedBody> for Rehearsed {
    fn from(given: &SubmittedBody) -> Self {
        Self { text: given.text.clone(), signature: given.signature.as_ref().map(BodySignature::to_base64) }
    }
}
