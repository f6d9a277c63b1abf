//! Private parts on their way in, and erasures on their way out: the order in which log and vault are written.
//!
//! | act | first | then | last |
//! |---|---|---|---|
//! | append | the annex is stored, and noted as pending | the record is appended and acknowledged | the note goes |
//! | erase | `annex.erased` is appended and acknowledged | a checkpoint is signed | data key and ciphertext are destroyed |
//!
//! What a crash left in between is put right at the next opening: an annex without its record is removed, a recorded
//! erasure is carried out. The same makes an old vault, put back from a backup, forget again what was erased since.

use std::collections::BTreeMap;

use super::{AppendError, Ledger};
use crate::event::Event;
use crate::ledger::annex::record_key_of;
use crate::ledger::reading::ReplayError;
use crate::ledger::stored::Notice;
use crate::log::AppendError as LogAppendError;
use crate::projection::{seq_key, submission_key};
use crate::record::Body;
use crate::vault::{Annex, Entry, Private, RecordKey, Vault, VaultError};
use crate::vocab::{Digest32, Seq};

/// Annexes that were sealed and are not recorded yet, by submitter and key.
pub(super) type Unrecorded = BTreeMap<String, Annex>;

/// How a private part compares with what an earlier record of the same key sealed.
enum Comparison {
    Same,
    Other,
    Uncertain,
}

impl Ledger {
    /// Seals the private part of a submission: gives the body with the digests in it. The annex waits until the body is
    /// appended through this handle, and is stored before it is recorded.
    ///
    /// Where the submitter's key was used before for the same event and the same private part, the body is the earlier
    /// one's, so that appending it gives the first receipt again although salts are random. Fields that were erased since
    /// cannot be compared and are passed over.
    ///
    /// # Errors
    /// [`AppendError::Seal`], [`AppendError::KeyReused`] where the private part is another, [`AppendError::Uncertain`]
    /// where the vault cannot say, and [`AppendError::Vault`].
    pub fn seal(&mut self, body: Body, private: &Private) -> Result<Body, AppendError> {
        self.seal_in_batch(body, private, 0)
    }

    /// Takes in what the digests of a body stand for, where the body was sealed elsewhere.
    pub fn take_annex(&mut self, body: &Body, annex: Annex) {
        self.unrecorded.insert(submission_key(&body.by, body.key.as_str()), annex);
    }

    /// Gives the vault.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(super) fn seal_in_batch(&mut self, body: Body, private: &Private, index: usize) -> Result<Body, AppendError> {
        if private.is_empty() {
            return Ok(body);
        }
        let key = submission_key(&body.by, body.key.as_str());
        let reused = |earlier| AppendError::KeyReused { index, key: body.key.clone(), earlier };
        if let Some(row) = self.fold.tables.submissions.row(&key)? {
            let Some((record, sealed)) = self.earlier_sealed(row.seq, &body)? else { return Err(reused(row.seq)) };
            return match self.compare(row.seq, &record, &sealed, private)? {
                Comparison::Same => Ok(Body { sealed: Some(sealed), ..body }),
                Comparison::Other => Err(reused(row.seq)),
                Comparison::Uncertain => Err(AppendError::Uncertain { index, earlier: row.seq }),
            };
        }
        let sealed = match self.unrecorded.get(&key) {
            Some(annex) if holds(annex, private) => annex.digests(),
            Some(_) => return Err(reused(Seq::NONE)),
            None => {
                let annex = Annex::seal(private, self.vault.entropy());
                let annex = annex.map_err(|source| AppendError::Seal { index, source })?;
                let Some(annex) = annex else { return Ok(body) };
                let digests = annex.digests();
                self.unrecorded.insert(key, annex);
                digests
            }
        };
        Ok(Body { sealed: Some(sealed), ..body })
    }

    /// Tells whether what a body seals is at hand.
    pub(super) fn is_disclosed(&self, body: &Body) -> bool {
        let annex = self.unrecorded.get(&submission_key(&body.by, body.key.as_str()));
        body.sealed.as_ref().is_none_or(|sealed| annex.is_some_and(|annex| annex.digests() == *sealed))
    }

    /// Stores the annexes of bodies that are about to be recorded. Durable on return.
    pub(super) fn store_annexes(&self, new: &[&Body]) -> Result<(), AppendError> {
        let sealing = new.iter().filter(|body| body.sealed.is_some());
        let annexes: Vec<(RecordKey, &Annex)> = sealing
            .filter_map(|body| {
                let annex = self.unrecorded.get(&submission_key(&body.by, body.key.as_str()))?;
                Some((RecordKey { by: body.by.clone(), key: body.key.clone() }, annex))
            })
            .collect();
        if annexes.is_empty() {
            return Ok(());
        }
        self.vault.store(&annexes).map_err(|error| {
            // A full disk may have taken one part and not the other. What stays is removed at the next opening.
            let _ = self.clean_vault();
            AppendError::from(error)
        })
    }

    /// Removes what the vault holds for records that never came, and gives for how many.
    fn clean_vault(&self) -> Result<u64, AppendError> {
        let submissions = &self.fold.tables.submissions;
        self.vault.clean(|record: &RecordKey| Ok(submissions.has(&submission_key(&record.by, record.key.as_str()))?))
    }

    /// Ends an append whose annexes were stored: what is recorded is no longer pending, what the log refused is removed.
    /// After a failed write nobody knows yet which it is; the next opening looks.
    pub(super) fn settle_annexes(&mut self, new: &[&Body], appended: Result<(), &LogAppendError>) {
        self.unrecorded.clear();
        if new.iter().all(|body| body.sealed.is_none()) {
            return;
        }
        let ended = match appended {
            Ok(()) => self.vault.settle().map_err(AppendError::from),
            Err(LogAppendError::Refused { .. }) => self.clean_vault().map(drop),
            Err(_) => Ok(()),
        };
        if let Err(error) = ended {
            self.notices.push(Notice::VaultUnready { why: error.to_string() });
        }
    }

    /// Carries out the erasures among bodies that were just recorded. What fails is tried again at the next opening.
    pub(in crate::ledger) fn carry_out(&mut self, new: &[&Body]) {
        let targets: Vec<_> = new
            .iter()
            .filter_map(|body| match &body.event {
                Event::AnnexErased(event) => Some((event.target.clone(), body.by.clone())),
                _ => None,
            })
            .collect();
        if targets.is_empty() {
            return;
        }
        // Whoever destroys first and is asked later should be able to point to a checkpoint that holds the decision.
        if let Err(error) = self.publish() {
            self.notices.push(Notice::VaultUnready { why: format!("no checkpoint before the erasure: {error}") });
        }
        for (target, by) in targets {
            let erased = self.fold.tables.resolve(&target, &by).map_err(ReplayError::from).map_err(AppendError::from);
            let erased = erased.and_then(|seq| seq.map_or(Ok(false), |seq| self.destroy(seq)));
            if let Err(error) = erased {
                self.notices.push(Notice::VaultUnready { why: format!("an erasure is not carried out yet: {error}") });
            }
        }
    }

    /// Puts right what a crash, or an old copy of the vault, left undone.
    pub(in crate::ledger) fn resume_annexes(&mut self) {
        match self.clean_vault() {
            Ok(0) => {}
            Ok(records) => self.notices.push(Notice::AnnexesRemoved { records }),
            Err(error) => self.notices.push(Notice::VaultUnready { why: error.to_string() }),
        }
        let mut targets = Vec::new();
        let walked = self.fold.tables.erased.walk("", |key, _| targets.extend(key.parse().ok().map(Seq::new)));
        if let Err(error) = walked {
            self.notices.push(Notice::VaultUnready { why: error.to_string() });
        }
        let mut records = 0;
        for target in targets {
            match self.destroy(target) {
                Ok(erased) => records += u64::from(erased),
                Err(error) => {
                    let why = format!("erased fields of record {target} are still there: {error}");
                    self.notices.push(Notice::VaultUnready { why });
                }
            }
        }
        if records > 0 {
            self.notices.push(Notice::ErasuresFinished { records });
        }
    }

    /// Destroys everything of a record that the log says was erased, and tells whether any of it was still there.
    fn destroy(&self, target: Seq) -> Result<bool, AppendError> {
        let Some(row) = self.fold.tables.annexes.row(&seq_key(target))? else { return Ok(false) };
        let Some(stored) = self.reader.record_at(target).map_err(ReplayError::from)? else { return Ok(false) };
        let (record, _) = record_key_of(&stored)?;
        let erased: Vec<Digest32> = row.erased.iter().map(|(digest, _)| *digest).collect();
        Ok(self.vault.erase(&record, &erased)?)
    }

    /// Gives what an earlier record of the same key seals, where its event is the same and it seals anything.
    fn earlier_sealed(&self, seq: Seq, body: &Body) -> Result<Option<(RecordKey, Vec<Digest32>)>, AppendError> {
        let Some(stored) = self.reader.record_at(seq).map_err(ReplayError::from)? else { return Ok(None) };
        let earlier = Body::read(stored.body()).map_err(|source| ReplayError::Body { seq, source })?;
        let record = RecordKey { by: earlier.by, key: earlier.key };
        Ok(earlier.sealed.filter(|_| earlier.event == body.event).map(|sealed| (record, sealed)))
    }

    /// Holds a private part against what the vault opens. Erased fields are known by their number alone.
    fn compare(
        &self,
        seq: Seq,
        record: &RecordKey,
        sealed: &[Digest32],
        private: &Private,
    ) -> Result<Comparison, AppendError> {
        let row = self.fold.tables.annexes.row(&seq_key(seq))?.unwrap_or_default();
        let (mut opened, mut erased, mut closed) = (0, 0, 0);
        for (digest, entry) in sealed.iter().zip(self.vault.open(record, sealed)?) {
            match entry {
                _ if row.erased_by(digest).is_some() => erased += 1,
                Entry::Field(field) => {
                    if !private.iter().any(|(pointer, value)| pointer == field.pointer() && value == field.value()) {
                        return Ok(Comparison::Other);
                    }
                    opened += 1;
                }
                Entry::Decoy => {}
                Entry::Missing | Entry::Unopened(_) | Entry::Damaged(_) => closed += 1,
            }
        }
        Ok(match private.len() - opened {
            unmatched if unmatched > erased + closed => Comparison::Other,
            _ if closed > 0 => Comparison::Uncertain,
            _ => Comparison::Same,
        })
    }
}

/// Tells whether an annex holds exactly these fields.
fn holds(annex: &Annex, private: &Private) -> bool {
    let found = |(pointer, value): (&str, &str)| {
        annex.fields().any(|field| field.pointer() == pointer && field.value() == value)
    };
    annex.fields().count() == private.len() && private.iter().all(found)
}

impl From<VaultError> for AppendError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}
