//! The writer's handle: admit, append, acknowledge.

mod sealing;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::prelude::*;

use super::admit::{Admission, Pending};
use super::folder::{Folder, SettingsError};
use super::genesis::sealer;
use super::key_book::KeyBook;
use super::log_key::{LogKeyError, created_of, key_named, last_signed, log_signer};
use super::reading::{ReplayError, read_body};
use super::scratch::Scratch;
use super::signing::{Gate, SubmittedBody};
use super::stored::{Notice, stand_at_head};
use super::view::View;
use crate::event::{Event, UpcastTableError, check_upcasters};
use crate::log::{
    AppendError as LogAppendError, DiskStorage, Head, LogReader, LogSettings, LogWriter, NewBody,
    OpenError as LogOpenError, Storage, StorageError, TornPolicy,
};
use crate::projection::{Cursor, Fold, FoldError, GenesisRow, Recorded, RowError, submission_key};
use crate::proof::{BodySignature, BodySigner, Note, SignerKey, VerifierKey};
use crate::publication::{LastSigned, Publication, PublishError, Published};
use crate::record::{Body, Receipt, RecordHash};
use crate::rules::admission;
use crate::rules::keys::SubmitterKey;
use crate::rules::signing::{Denial, SignaturePolicy};
use crate::vault::{Private, SealFieldsError, Vault, VaultError};
use crate::vocab::{ActorId, Clock, Digest32, Fault, KeyId, Label, Seq};
use sealing::Unrecorded;

/// Says why a ledger could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no ledger, or its settings cannot be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The log cannot be opened.
    #[error(transparent)]
    Log(#[from] LogOpenError),
    /// The folder of the log cannot be opened.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log cannot be folded.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The first record is not `ledger.created`.
    #[error("the log does not begin with ledger.created")]
    NoGenesis,
    /// This program's own table of upcasters has a hole.
    #[error(transparent)]
    Upcasters(#[from] UpcastTableError),
    /// The log's signing key cannot be used.
    #[error(transparent)]
    Key(#[from] LogKeyError),
    /// The log is not the one that was signed: appending to it would fork what others have seen.
    #[error(transparent)]
    Signed(#[from] PublishError),
}

/// Says why something was not appended. Nothing was written, unless it is [`AppendError::Log`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// An input contradicts itself or refers to what is not there.
    #[error("submission {index} is refused")]
    Refused {
        /// Which of the batch, from 0.
        index: usize,
        /// Everything wrong with it.
        faults: Vec<Fault>,
    },
    /// The submitter is not registered.
    #[error("`{by}` is not registered here")]
    NotAllowed {
        /// Which of the batch, from 0.
        index: usize,
        /// Who.
        by: ActorId,
    },
    /// It is not signed as it must be, or not by who may sign it.
    #[error("submission {index} is denied: {denial}")]
    Denied {
        /// Which of the batch, from 0.
        index: usize,
        /// Why.
        denial: Box<Denial>,
    },
    /// The idempotency key was used for something else.
    #[error("the key `{key}` was used for other content in record {earlier}")]
    KeyReused {
        /// Which of the batch, from 0.
        index: usize,
        /// The key.
        key: Label,
        /// The record that used it.
        earlier: Seq,
    },
    /// The bytes given with a body do not read as that body.
    #[error("the bytes of submission {index} are not those of its body")]
    OtherBytes {
        /// Which of the batch, from 0.
        index: usize,
    },
    /// The head is not the expected one.
    #[error("the head is {found}, not {expected}")]
    HeadMoved {
        /// What the caller expected.
        expected: RecordHash,
        /// What it is.
        found: RecordHash,
    },
    /// The log holds records newer than this program.
    #[error("the log holds {count} records of types newer than this program")]
    NewerLog {
        /// How many.
        count: u64,
    },
    /// The private part could not be sealed.
    #[error("the private part of submission {index} could not be sealed")]
    Seal {
        /// Which of the batch, from 0.
        index: usize,
        /// Why.
        source: SealFieldsError,
    },
    /// The key was used before, and whether the private part is the same cannot be told.
    #[error("whether record {earlier} sealed the same private part cannot be told: its fields could not be opened")]
    Uncertain {
        /// Which of the batch, from 0.
        index: usize,
        /// The record that used the key.
        earlier: Seq,
    },
    /// A body holds digests of sealed fields, and what they stand for did not come with it.
    #[error("submission {index} seals fields that did not come with it")]
    Undisclosed {
        /// Which of the batch, from 0.
        index: usize,
    },
    /// The vault could not be read or written. Nothing was recorded.
    #[error("the vault failed")]
    Vault(#[source] VaultError),
    /// A body could not be written as JSON.
    #[error("the body could not be written")]
    Encode(#[from] serde_json::Error),
    /// The log refused or failed.
    #[error(transparent)]
    Log(#[from] LogAppendError),
    /// The rows could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The log could not be read for an earlier receipt.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// What somebody wants recorded: an event, by whom, under which idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Who submits it.
    pub by: ActorId,
    /// The idempotency key: the same key with the same event is one record.
    pub key: Label,
    /// The event.
    pub event: Event,
    /// What never enters the log: it is sealed, and kept in the vault. Empty for most.
    pub private: Private,
}

impl Submission {
    /// A submission without a private part.
    #[must_use]
    pub fn new(by: ActorId, key: Label, event: Event) -> Self {
        Self { by, key, event, private: Private::default() }
    }
}

/// A ledger open for writing. There is one at a time, in any process; reading goes on beside it.
pub struct Ledger {
    folder: Folder,
    pub(super) writer: LogWriter,
    reader: LogReader,
    publication: Publication,
    log_key: Option<VerifierKey>,
    signer: Option<SignerKey>,
    vault: Vault,
    unrecorded: Unrecorded,
    pub(super) fold: Fold,
    cursor: Cursor,
    genesis: GenesisRow,
    origin: Label,
    pub(super) keys: KeyBook,
    pub(super) policy: SignaturePolicy,
    submitter_key: Option<BodySigner>,
    uncommitted: u64,
    /// After rows could not be written: so many must wait before it is tried again.
    put_off_until: u64,
    stale: Option<FoldError>,
    notices: Vec<Notice>,
}

/// How many records are folded before rows that could not be written are tried again.
const TRY_AGAIN_AFTER: u64 = 1_000;

/// How the writer is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TornTail {
    /// A torn tail keeps the ledger closed.
    #[default]
    Refuse,
    /// A torn tail is moved aside first, never deleted.
    MoveAside,
}

impl Ledger {
    /// Opens a ledger for writing and takes its lock. The projections stand at the head on return.
    ///
    /// # Errors
    /// [`OpenError`]; a held lock and a torn tail are among [`OpenError::Log`].
    pub fn open(folder: Folder, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_with(folder, clock, TornTail::Refuse)
    }

    /// Opens a ledger for writing and says what to do with a torn tail.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_with(folder: Folder, clock: Arc<dyn Clock>, torn: TornTail) -> Result<Self, OpenError> {
        let vault = folder.vault()?;
        Self::open_with_vault(folder, clock, torn, vault)
    }

    /// Opens a ledger for writing whose vault lies elsewhere, on another medium.
    ///
    /// # Errors
    /// As [`Ledger::open`]. A vault that cannot be used is a notice: records without private parts need none.
    pub fn open_with_vault(
        folder: Folder,
        clock: Arc<dyn Clock>,
        torn: TornTail,
        vault: Vault,
    ) -> Result<Self, OpenError> {
        check_upcasters()?;
        let settings = folder.settings()?;
        let storage: Arc<dyn Storage> = Arc::new(DiskStorage::open(folder.log())?);
        let reader = LogReader::new(Arc::clone(&storage));
        let origin = Label::new(&settings.origin).map_err(|_| OpenError::NoGenesis)?;
        let log_settings = LogSettings { segment_bytes: settings.segment_bytes };
        let created = created_of(&reader)?;
        let log_key = key_named(&created);
        let signer = log_signer(&folder, &created)?;
        let publication = folder.publication();
        let last = last_signed(&publication, &created)?;
        let keep_to = last.as_ref().map_or(Seq::NONE, LastSigned::seq);
        let policy = match torn {
            TornTail::Refuse => TornPolicy::Refuse,
            TornTail::MoveAside => TornPolicy::MoveAside { keep_to },
        };
        let seal = sealer(origin.clone(), created.recorder.actor);
        let opened = LogWriter::open(storage, log_settings, clock, seal, policy);
        let opened = opened.map_err(|error| not_below(error, keep_to))?;
        if let Some(last) = last {
            last.holds_for(&reader, opened.writer.head())?;
        }
        let standing = stand_at_head(&folder, &reader, None)?;
        let genesis = genesis_of(&standing.fold)?;
        let mut notices = standing.notices;
        if let Some(tail) = opened.recovered {
            notices.push(Notice::TornTailMoved { kept_in: tail.kept_in, bytes: tail.bytes });
        }
        let origin = Label::new(&genesis.origin).unwrap_or(origin);
        let (fold, cursor) = (standing.fold, standing.cursor);
        let keys = KeyBook::of_rows(&fold.tables).map_err(ReplayError::from)?;
        let mut ledger = Self {
            folder,
            writer: opened.writer,
            reader,
            publication,
            log_key,
            signer,
            vault,
            unrecorded: Unrecorded::new(),
            fold,
            cursor,
            genesis,
            origin,
            keys,
            policy: settings.signatures,
            submitter_key: None,
            uncommitted: 0,
            put_off_until: 0,
            stale: None,
            notices,
        };
        ledger.resume_annexes();
        Ok(ledger)
    }

    /// Appends one submission. Durable on return.
    ///
    /// The same key with the same event and the same private part gives the first receipt again, marked replayed.
    ///
    /// # Errors
    /// [`AppendError`]; nothing was written, unless it is [`AppendError::Log`].
    pub fn append(&mut self, submission: &Submission) -> Result<Receipt, AppendError> {
        let mut receipts = self.append_batch(std::slice::from_ref(submission), None)?;
        receipts.pop().ok_or(AppendError::Log(LogAppendError::Empty))
    }

    /// Appends several submissions as one batch: all of them or none, with one sync. Durable on return.
    ///
    /// A later one may refer to an earlier one by key. `expected` is the head the caller looked at, where it matters.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_batch(
        &mut self,
        submissions: &[Submission],
        expected: Option<RecordHash>,
    ) -> Result<Vec<Receipt>, AppendError> {
        self.unrecorded.clear();
        let sealed = submissions.iter().enumerate().map(|(index, submission)| {
            let body = self.body(submission);
            self.seal_in_batch(body, &submission.private, index)
        });
        let bodies: Vec<Body> = sealed.collect::<Result<_, _>>()?;
        let texts = bodies.iter().map(Body::to_text).collect::<Result<Vec<_>, _>>()?;
        let batch: Vec<SubmittedBody> =
            bodies.into_iter().zip(texts).map(|(body, text)| SubmittedBody::unsigned(body, text)).collect();
        let digests = agreeing(&batch)?;
        self.append_agreeing(&self.signed(&batch), &digests, expected)
    }

    /// Appends bodies whose bytes are given, as one batch. Durable on return.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_bodies(
        &mut self,
        batch: &[(Body, String)],
        expected: Option<RecordHash>,
    ) -> Result<Vec<Receipt>, AppendError> {
        self.append_submitted(&unsigned(batch), expected)
    }

    /// Appends bodies with the signatures they came with, as one batch. Durable on return; the bytes recorded are the
    /// bytes that were signed.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_submitted(
        &mut self,
        batch: &[SubmittedBody],
        expected: Option<RecordHash>,
    ) -> Result<Vec<Receipt>, AppendError> {
        let digests = agreeing(batch)?;
        self.append_agreeing(&self.signed(batch), &digests, expected)
    }

    /// Appends bodies whose bytes are known to be theirs, with the digests of the bytes.
    fn append_agreeing(
        &mut self,
        batch: &[SubmittedBody],
        digests: &[Digest32],
        expected: Option<RecordHash>,
    ) -> Result<Vec<Receipt>, AppendError> {
        let admitted = self.admit(batch, digests, expected)?;
        let signatures: Vec<Option<String>> =
            batch.iter().map(|given| given.signature.as_ref().map(BodySignature::to_base64)).collect();
        let new: Vec<NewBody<'_>> = batch
            .iter()
            .zip(&signatures)
            .zip(&admitted)
            .filter(|(_, earlier)| earlier.is_none())
            .map(|((given, signature), _)| NewBody { body: &given.text, signature: signature.as_deref() })
            .collect();
        let bodies: Vec<&Body> = batch
            .iter()
            .zip(&admitted)
            .filter(|(_, earlier)| earlier.is_none())
            .map(|(given, _)| &given.body)
            .collect();
        self.store_annexes(&bodies)?;
        let fresh = if new.is_empty() { Ok(Vec::new()) } else { self.writer.append_read(&new) };
        self.settle_annexes(&bodies, fresh.as_ref().map(drop));
        let mut fresh = fresh?.into_iter();
        let mut receipts = Vec::with_capacity(batch.len());
        let repeats = admitted.iter().any(|earlier| matches!(earlier, Some(Earlier::InBatch(_))));
        let mut by_key: BTreeMap<String, Receipt> = BTreeMap::new();
        for (SubmittedBody { body, .. }, earlier) in batch.iter().zip(admitted) {
            let receipt = match earlier {
                Some(Earlier::InLog(seq)) => self.receipt_again(seq)?,
                Some(Earlier::InBatch(key)) => {
                    let first = by_key.get(&key).cloned();
                    Receipt { replayed: true, ..first.ok_or(AppendError::Log(LogAppendError::Empty))? }
                }
                None => fresh.next().ok_or(AppendError::Log(LogAppendError::Empty))?,
            };
            if repeats {
                by_key.entry(submission_key(&body.by, body.key.as_str())).or_insert_with(|| receipt.clone());
            }
            receipts.push(receipt);
        }
        if !new.is_empty() {
            self.follow_given(
                batch.iter().zip(digests).zip(&receipts).map(|((given, digest), receipt)| (given, *digest, receipt)),
            );
            self.carry_out(&bodies);
        }
        Ok(receipts)
    }

    /// Says what would become of a batch, without writing: which are new, which were there.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn would_append(&mut self, batch: &[(Body, String)]) -> Result<Vec<WouldAppend>, AppendError> {
        self.would_append_submitted(&unsigned(batch))
    }

    /// Says what would become of bodies with the signatures they came with, without writing.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn would_append_submitted(&mut self, batch: &[SubmittedBody]) -> Result<Vec<WouldAppend>, AppendError> {
        let digests = agreeing(batch)?;
        let admitted = self.admit(&self.signed(batch), &digests, None)?;
        Ok(admitted
            .into_iter()
            .map(|earlier| if earlier.is_none() { WouldAppend::New } else { WouldAppend::Replayed })
            .collect())
    }

    /// Makes the body of a submission to this ledger, without its private part: see [`Ledger::seal`].
    #[must_use]
    pub fn body(&self, submission: &Submission) -> Body {
        Body {
            origin: self.origin.clone(),
            by: submission.by.clone(),
            key: submission.key.clone(),
            event: submission.event.clone(),
            sealed: None,
        }
    }

    /// Signs from here on what is appended through this handle without a signature of its own.
    pub fn sign_with(&mut self, key: BodySigner) {
        self.submitter_key = Some(key);
    }

    /// Gives the key that this handle signs with, where the ledger knows it.
    #[must_use]
    pub fn signs_as(&self) -> Option<(&KeyId, &SubmitterKey)> {
        self.keys.holder_of(&self.submitter_key.as_ref()?.verifier())
    }

    /// Gives in whose name this handle submits unless told otherwise: the owner of the key that it signs with, else the
    /// ledger's keeper.
    #[must_use]
    pub fn submitter(&self) -> &ActorId {
        self.signs_as().map_or(&self.genesis.recorder, |(_, key)| &key.actor)
    }

    /// Gives every key there is and was, as of the head.
    #[must_use]
    pub const fn keys(&self) -> &KeyBook {
        &self.keys
    }

    /// Gives what must be signed here.
    #[must_use]
    pub const fn signature_policy(&self) -> &SignaturePolicy {
        &self.policy
    }

    /// Signs what came unsigned with this handle's key, where it has one, on all cores.
    pub(crate) fn signed<'b>(&self, batch: &'b [SubmittedBody]) -> Cow<'b, [SubmittedBody]> {
        match &self.submitter_key {
            Some(key) => batch.par_iter().map(|given| given.signed_if_not(key)).collect::<Vec<_>>().into(),
            None => batch.into(),
        }
    }

    /// Signs a body in the keeper's name where this handle's key is the keeper's, else leaves it unsigned.
    #[cfg(feature = "exchange")]
    pub(crate) fn own(&self, body: Body, text: String) -> SubmittedBody {
        let given = SubmittedBody::unsigned(body, text);
        let is_keepers = self.signs_as().is_some_and(|(_, key)| key.actor == self.genesis.recorder);
        match &self.submitter_key {
            Some(key) if is_keepers => given.signed_if_not(key),
            _ => given,
        }
    }

    /// Gives what the ledger says of itself.
    #[must_use]
    pub const fn genesis(&self) -> &GenesisRow {
        &self.genesis
    }

    /// Gives the ledger's name in the world, which stands in every body.
    #[must_use]
    pub const fn origin(&self) -> &Label {
        &self.origin
    }

    /// Gives the last acknowledged record.
    #[must_use]
    pub fn head(&self) -> Head {
        self.writer.head()
    }

    /// Gives the folder.
    #[must_use]
    pub const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Signs and publishes a checkpoint of what is durable: the end of every command that appends.
    ///
    /// Tiles, cell and checkpoint are durable on return. Nothing where the ledger has no signing key, or has it elsewhere.
    ///
    /// # Errors
    /// [`PublishError`]. The records are not concerned; the next call goes on where this one stopped.
    pub fn publish(&mut self) -> Result<Option<Published>, PublishError> {
        let Some(signer) = &self.signer else { return Ok(None) };
        self.publication.publish(&self.reader, self.writer.head(), signer).map(Some)
    }

    /// Adds cosignatures to the published checkpoint, if it is still the one they are for. Durable on return.
    ///
    /// Whether they are good is the caller's to check.
    ///
    /// # Errors
    /// [`PublishError::OtherText`] where another checkpoint was published meanwhile.
    pub fn add_cosignatures(&mut self, cosigned: &Note) -> Result<Note, PublishError> {
        self.publication.add_signatures(cosigned)
    }

    /// Never signs anything smaller from now on: the size that a witness said it knows. Durable on return.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn never_sign_below(&mut self, size: u64) -> Result<(), PublishError> {
        let signer = self.signer.as_ref().ok_or(PublishError::NothingSigned)?;
        self.publication.never_below(size, signer.verifier())
    }

    /// Gives what the ledger publishes.
    #[must_use]
    pub const fn publication(&self) -> &Publication {
        &self.publication
    }

    /// Gives the log's key as record 1 names it; nothing where it names none. Its secret half may be elsewhere.
    #[must_use]
    pub const fn log_key(&self) -> Option<&VerifierKey> {
        self.log_key.as_ref()
    }

    /// Gives the reader beside the writer.
    #[must_use]
    pub const fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// Takes what the user should know of what happened on the way.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Looks at the ledger as it stands.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(&self.fold.tables, &self.cursor, &self.genesis, &self.reader)
    }

    /// Writes the projections' rows. What is not written is folded again at the next opening; the log is not concerned.
    ///
    /// # Errors
    /// [`RowError`] where the rows cannot be written.
    pub fn settle(&mut self) -> Result<(), RowError> {
        self.fold.commit(&self.cursor)?;
        self.uncommitted = 0;
        Ok(())
    }

    /// Lets another thread write the rows.
    fn settle_beside(&mut self) -> Result<(), RowError> {
        self.fold.commit_beside(&self.cursor)?;
        self.uncommitted = 0;
        Ok(())
    }

    fn admit(
        &self,
        batch: &[SubmittedBody],
        digests: &[Digest32],
        expected: Option<RecordHash>,
    ) -> Result<Vec<Option<Earlier>>, AppendError> {
        let found = self.writer.head().hash;
        if let Some(expected) = expected
            && expected != found
        {
            return Err(AppendError::HeadMoved { expected, found });
        }
        if self.genesis.newer > 0 {
            return Err(AppendError::NewerLog { count: self.genesis.newer });
        }
        let mut so_far = Admitted::default();
        let mut gate = Gate::new(self, &self.keys, self.head().seq.next(), batch);
        let batch = batch.iter().zip(digests).enumerate();
        batch.map(|(index, (given, digest))| self.admit_next((given, *digest), index, &mut so_far, &mut gate)).collect()
    }

    /// Admits one submission of a batch after those before it. A refused one leaves no trace.
    pub(super) fn admit_next(
        &self,
        (given, digest): (&SubmittedBody, Digest32),
        index: usize,
        so_far: &mut Admitted,
        gate: &mut Gate<'_>,
    ) -> Result<Option<Earlier>, AppendError> {
        let body = &given.body;
        let key = submission_key(&body.by, body.key.as_str());
        let earlier = self.earlier(body, &key, digest, index, &so_far.keys)?;
        if earlier.is_none() {
            self.admit_one(given, index, (&[&so_far.pending], None), gate)?;
            if !self.is_disclosed(body) {
                return Err(AppendError::Undisclosed { index });
            }
            so_far.pending.take(body, &self.fold.tables, &[])?;
            so_far.keys.insert(key, digest);
        }
        Ok(earlier)
    }

    /// Step 1 of a record's way in: the key decides before any rule does.
    fn earlier(
        &self,
        body: &Body,
        key: &str,
        digest: Digest32,
        index: usize,
        in_batch: &BTreeMap<String, Digest32>,
    ) -> Result<Option<Earlier>, AppendError> {
        let reused = |earlier| AppendError::KeyReused { index, key: body.key.clone(), earlier };
        if let Some(other) = in_batch.get(key) {
            return if *other == digest { Ok(Some(Earlier::InBatch(key.to_owned()))) } else { Err(reused(Seq::NONE)) };
        }
        match self.fold.tables.submissions.row(key)? {
            Some(row) if row.body == digest => Ok(Some(Earlier::InLog(row.seq))),
            Some(row) => Err(reused(row.seq)),
            None => Ok(None),
        }
    }

    /// Asks who submits it, whether he may, and last what it says.
    pub(super) fn admit_one(
        &self,
        given: &SubmittedBody,
        index: usize,
        (pending, checked): (&[&Pending], Option<&Scratch>),
        gate: &mut Gate<'_>,
    ) -> Result<(), AppendError> {
        let body = &given.body;
        let known = Admission { tables: &self.fold.tables, checked, pending, keys: gate.keys() };
        if !admission::Standing::actor(&known, &body.by)? {
            return Err(AppendError::NotAllowed { index, by: body.by.clone() });
        }
        gate.pass(given, index)?;
        let faults = admission::faults(body, &self.origin, &known)?;
        if !faults.is_empty() {
            return Err(AppendError::Refused { index, faults });
        }
        gate.take(&body.event, index);
        Ok(())
    }

    pub(super) fn receipt_again(&self, seq: Seq) -> Result<Receipt, AppendError> {
        let lost = || ReplayError::Empty;
        let record = self.reader.record_at(seq).map_err(ReplayError::from)?.ok_or_else(lost)?;
        let head = self.reader.record_at(record.end).map_err(ReplayError::from)?.ok_or_else(lost)?;
        Ok(Receipt { seq, hash: record.hash, at: record.at, head_seq: head.seq, head: head.hash, replayed: true })
    }

    /// Takes what was just acknowledged into the rows, as the log has it. A failure here concerns the rows alone: they are
    /// made anew.
    pub(super) fn follow(&mut self) {
        if self.stale.is_some() {
            return;
        }
        let Ok(records) = self.reader.records(self.cursor.seq.next(), None) else { return };
        for record in records {
            let Ok(record) = record else { return };
            let Ok(recorded) = read_body(record.body(), record.seq, record.at) else { return };
            if self.take(&recorded, record.hash).is_break() {
                return;
            }
        }
    }

    /// Does what [`Ledger::follow`] does without reading again what is at hand: the bodies are those of the log's bytes.
    /// Where the ledger put a record of its own between them, as a seal, the log is read after all.
    pub(super) fn follow_given<'b>(
        &mut self,
        recorded: impl Iterator<Item = (&'b SubmittedBody, Digest32, &'b Receipt)>,
    ) {
        for (SubmittedBody { body, .. }, digest, receipt) in recorded {
            if receipt.replayed || receipt.seq <= self.cursor.seq {
                continue;
            }
            if receipt.seq != self.cursor.seq.next() || self.stale.is_some() {
                break;
            }
            let recorded = Recorded {
                seq: receipt.seq,
                at: receipt.at,
                by: body.by.clone(),
                key: body.key.clone(),
                body: digest,
                sealed: body.sealed.clone().unwrap_or_default(),
                event: body.event.clone(),
            };
            if self.take(&recorded, receipt.hash).is_break() {
                return;
            }
        }
        if self.cursor.seq < self.writer.head().seq {
            self.follow();
        }
    }

    /// Folds one record. Rows that cannot be written stay in memory; the answers are the same.
    fn take(&mut self, recorded: &Recorded, hash: RecordHash) -> ControlFlow<()> {
        self.keys.take(&recorded.event, recorded.seq);
        if let Err(error) = self.fold.apply(recorded) {
            self.stale = Some(error);
            return ControlFlow::Break(());
        }
        (self.cursor.seq, self.cursor.head) = (recorded.seq, hash);
        self.uncommitted += 1;
        if self.fold.is_due(recorded.seq) && self.uncommitted >= self.put_off_until {
            self.put_off_until = 0;
            if let Err(error) = self.settle_beside() {
                self.put_off_until = self.uncommitted + TRY_AGAIN_AFTER;
                self.notices.push(Notice::ProjectionsUnwritable { why: error.to_string() });
            }
        }
        ControlFlow::Continue(())
    }
}

/// What would become of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WouldAppend {
    /// It would be a new record.
    New,
    /// It was recorded before.
    Replayed,
}

/// What of a batch was admitted so far.
#[derive(Default)]
pub(super) struct Admitted {
    pending: Pending,
    keys: BTreeMap<String, Digest32>,
}

/// Where the same submission stands already.
pub(super) enum Earlier {
    InLog(Seq),
    InBatch(String),
}

fn unsigned(batch: &[(Body, String)]) -> Vec<SubmittedBody> {
    batch.iter().map(|(body, text)| SubmittedBody::unsigned(body.clone(), text.clone())).collect()
}

/// What is admitted is the body and what is logged are the bytes: they must be one. Gives the digests of the bytes.
pub(super) fn agreeing(batch: &[SubmittedBody]) -> Result<Vec<Digest32>, AppendError> {
    let agrees = |(index, given): (usize, &SubmittedBody)| {
        let agree = Body::read(&given.text).is_ok_and(|read| read == given.body);
        if agree { Ok(digest_of(&given.text)) } else { Err(AppendError::OtherBytes { index }) }
    };
    // To wake the other cores costs more than a few bodies.
    if batch.len() < FEW {
        return batch.iter().enumerate().map(agrees).collect();
    }
    let judged: Vec<_> = batch.par_iter().enumerate().map(agrees).collect();
    judged.into_iter().collect()
}

/// So few bodies are read by one core.
const FEW: usize = 64;

pub(super) fn digest_of(text: &str) -> Digest32 {
    Digest32::new(*blake3::hash(text.as_bytes()).as_bytes())
}

/// A tail that is torn below what was signed is no broken-off write: those records were durable (FORMAT.md §2).
fn not_below(error: LogOpenError, known: Seq) -> LogOpenError {
    match error {
        LogOpenError::Torn { head, .. } if head.seq < known => LogOpenError::TornBelowKnown { head, known },
        other => other,
    }
}

pub(super) fn genesis_of(fold: &Fold) -> Result<GenesisRow, OpenError> {
    let rows = fold.tables.genesis.rows("").map_err(ReplayError::from)?;
    rows.into_iter().next().ok_or(OpenError::NoGenesis)
}

impl Drop for Ledger {
    /// Writes the rows; what fails here is folded again at the next opening.
    fn drop(&mut self) {
        if self.uncommitted > 0 && self.stale.is_none() {
            let _ = self.settle();
        }
    }
}
