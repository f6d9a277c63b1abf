//! One ledger, many callers at once: what they submit while the disk is busy goes into the next batch, with one sync.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::signing::{Gate, SubmittedBody};
use super::writing::{Admitted, AppendError, Earlier, Ledger, Submission, agreeing};
use crate::log::{AppendError as LogAppendError, NewBody};
use crate::projection::submission_key;
use crate::proof::BodySignature;
use crate::record::{Body, Receipt};
use crate::vocab::{Digest32, Label};

/// No more than this goes into one batch, so that nobody waits for a very long one.
const MOST_IN_A_BATCH: usize = 1_024;

/// A ledger that any number of threads append to. Clones are handles to the same ledger.
///
/// Nobody waits for a timer: a caller who comes alone has a batch of his own. Whoever finds nobody at work takes
/// everything that waits, appends it as one batch, tells each caller his own answer after the sync, lets the rows follow,
/// and hands on to the first who came in the meantime.
///
/// ```
/// # use std::sync::Arc;
/// # use ceasefire_ledger::{
/// #     ActorRef, Folder, Genesis, Ledger, SharedLedger, Source, Submission, SystemClock, ViolationReported,
/// # };
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temporary = tempfile::tempdir()?;
/// # let folder = Folder::at(temporary.path().join("ledger"));
/// let ledger = Ledger::create(folder, &Genesis::new("example.org/nk2020")?, Arc::new(SystemClock))?;
/// let shared = SharedLedger::new(ledger);
/// let report = |patrol: u32| -> Result<Submission, Box<dyn std::error::Error>> {
///     let source = Source::speaker(ActorRef::Actor("recorder".parse()?));
///     let mut report = ViolationReported::new(format!("I-{patrol}").parse()?, source);
///     report.summary = Some("three explosions heard to the south".parse()?);
///     Ok(Submission::new("recorder".parse()?, format!("patrol-{patrol}/1").parse()?, report.into()))
/// };
/// let submissions = (1..=8).map(report).collect::<Result<Vec<_>, _>>()?;
/// std::thread::scope(|scope| {
///     for submission in &submissions {
///         let shared = shared.clone();
///         scope.spawn(move || assert!(shared.append(submission).is_ok_and(|receipt| !receipt.replayed)));
///     }
/// });
/// assert_eq!(shared.with(|ledger| ledger.head().seq.number()), 9);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedLedger {
    shared: Arc<Shared>,
}

struct Shared {
    ledger: Mutex<Ledger>,
    origin: Label,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    somebody_leads: bool,
}

/// A submission that waits, and where its caller is told.
struct Waiting {
    /// How it reads and its bytes, made by the caller.
    given: SubmittedBody,
    /// The digest of the bytes.
    digest: Digest32,
    caller: Arc<Caller>,
}

/// What a caller is told.
#[derive(Default)]
struct Caller {
    told: Mutex<Option<Told>>,
    bell: Condvar,
}

enum Told {
    /// His answer.
    Answer(Result<Receipt, AppendError>),
    /// The one before him is done: what waits, his own among it, is now his to append.
    Lead,
}

impl SharedLedger {
    /// Shares a ledger.
    #[must_use]
    pub fn new(ledger: Ledger) -> Self {
        let origin = ledger.origin().clone();
        Self { shared: Arc::new(Shared { ledger: Mutex::new(ledger), origin, queue: Mutex::default() }) }
    }

    /// Appends one submission. Durable on return; the sync is shared with whoever submits at the same time. One with a
    /// private part has a batch of its own.
    ///
    /// Of several callers with one key the first has the record, the others its receipt, marked replayed.
    ///
    /// # Errors
    /// [`AppendError`], of this submission alone. Where a write or sync fails, one caller of the batch is told how; the
    /// others that the log must be opened again.
    pub fn append(&self, submission: &Submission) -> Result<Receipt, AppendError> {
        if !submission.private.is_empty() {
            return self.with(|ledger| ledger.append(submission));
        }
        let Submission { by, key, event, .. } = submission.clone();
        let body = Body { origin: self.shared.origin.clone(), by, key, event, sealed: None };
        let text = body.to_text()?;
        let given = SubmittedBody::unsigned(body, text);
        let Some(digest) = agreeing(std::slice::from_ref(&given))?.pop() else {
            return Err(AppendError::Log(LogAppendError::Empty));
        };
        let caller = Arc::new(Caller::default());
        let waiting = Waiting { given, digest, caller: Arc::clone(&caller) };
        let leads = self.shared.queue().take(waiting);
        if !leads && let Told::Answer(answer) = caller.wait() {
            return answer;
        }
        self.shared.lead();
        match caller.wait() {
            Told::Answer(answer) => answer,
            // He is told to lead once only, and leading answers him.
            Told::Lead => Err(AppendError::Log(LogAppendError::Poisoned)),
        }
    }

    /// Does something with the ledger itself, between two batches.
    pub fn with<T>(&self, act: impl FnOnce(&mut Ledger) -> T) -> T {
        act(&mut self.shared.ledger())
    }
}

impl Queue {
    /// Takes in a submission; `true` where its caller is to lead, because nobody else does.
    fn take(&mut self, waiting: Waiting) -> bool {
        self.waiting.push_back(waiting);
        !std::mem::replace(&mut self.somebody_leads, true)
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends what waits, tells everybody, and hands on.
    fn lead(&self) {
        let mut ledger = self.ledger();
        let waiting: Vec<Waiting> = {
            let mut queue = self.queue();
            let most = queue.waiting.len().min(MOST_IN_A_BATCH);
            queue.waiting.drain(..most).collect()
        };
        let (given, callers): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|waiting| ((waiting.given, waiting.digest), waiting.caller)).unzip();
        ledger.append_each(given, |index, answer| {
            if let Some(caller) = callers.get(index) {
                caller.tell(Told::Answer(answer));
            }
        });
        drop(ledger);
        let mut queue = self.queue();
        match queue.waiting.front() {
            Some(next) => next.caller.tell(Told::Lead),
            None => queue.somebody_leads = false,
        }
    }
}

impl Ledger {
    /// Appends submissions of several callers with one sync and tells each his answer: what is refused does not hold up the
    /// others. Every receipt is durable when it is told. The rows follow after that.
    fn append_each(
        &mut self,
        batch: Vec<(SubmittedBody, Digest32)>,
        tell: impl Fn(usize, Result<Receipt, AppendError>),
    ) {
        let (batch, digests): (Vec<SubmittedBody>, Vec<Digest32>) = batch.into_iter().unzip();
        let signed = match self.signed(&batch) {
            Cow::Owned(signed) => Some(signed),
            Cow::Borrowed(_) => None,
        };
        let batch = signed.unwrap_or(batch);
        let admitted = self.admit_each(&batch, &digests);
        let new = batch.iter().zip(&digests).zip(&admitted).filter(|(_, admitted)| matches!(admitted, Ok(None)));
        let new: Vec<(&SubmittedBody, Digest32)> = new.map(|((given, digest), _)| (given, *digest)).collect();
        let (fresh, mut failed) = match self.log(&new) {
            Ok(receipts) => (receipts, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let mut fresh = fresh.into_iter();
        let mut by_key: BTreeMap<String, Receipt> = BTreeMap::new();
        let mut recorded = Vec::new();
        for (index, (given, admitted)) in batch.iter().zip(admitted).enumerate() {
            let key = submission_key(&given.body.by, given.body.key.as_str());
            let answer = match admitted {
                Err(refused) => Err(refused),
                Ok(Some(Earlier::InLog(seq))) => self.receipt_again(seq),
                Ok(Some(Earlier::InBatch(first))) => {
                    let first = by_key.get(&first).cloned().ok_or(AppendError::Log(LogAppendError::Poisoned));
                    first.map(|receipt| Receipt { replayed: true, ..receipt })
                }
                Ok(None) => match fresh.next() {
                    Some(receipt) => {
                        recorded.push(receipt.clone());
                        by_key.insert(key, receipt.clone());
                        Ok(receipt)
                    }
                    None => Err(AppendError::Log(failed.take().unwrap_or(LogAppendError::Poisoned))),
                },
            };
            tell(index, answer);
        }
        self.follow_given(new.iter().zip(&recorded).map(|((given, digest), receipt)| (*given, *digest, receipt)));
        if !recorded.is_empty() {
            self.carry_out(&new.iter().map(|(given, _)| &given.body).collect::<Vec<_>>());
        }
    }

    fn admit_each(&self, batch: &[SubmittedBody], digests: &[Digest32]) -> Vec<Result<Option<Earlier>, AppendError>> {
        if self.genesis().newer > 0 {
            return batch.iter().map(|_| Err(AppendError::NewerLog { count: self.genesis().newer })).collect();
        }
        let mut so_far = Admitted::default();
        let mut gate = Gate::new(self, &self.keys, self.head().seq.next(), batch);
        let batch = batch.iter().zip(digests).enumerate();
        batch.map(|(index, (given, digest))| self.admit_next((given, *digest), index, &mut so_far, &mut gate)).collect()
    }

    fn log(&mut self, new: &[(&SubmittedBody, Digest32)]) -> Result<Vec<Receipt>, LogAppendError> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let signatures: Vec<Option<String>> =
            new.iter().map(|(given, _)| given.signature.as_ref().map(BodySignature::to_base64)).collect();
        let new = new.iter().zip(&signatures);
        let new: Vec<NewBody<'_>> =
            new.map(|((given, _), signature)| NewBody { body: &given.text, signature: signature.as_deref() }).collect();
        self.writer.append_read(&new)
    }
}

impl Caller {
    fn tell(&self, told: Told) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        self.bell.notify_one();
    }

    fn wait(&self) -> Told {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match told.take() {
                Some(told) => return told,
                None => told = self.bell.wait(told).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}
