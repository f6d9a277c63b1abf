//! A witness at work: one log at a time, remembered before answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::proof::{
    AddCheckpointAnswer, AddCheckpointRequest, Checkpoint, KeyName, PosixTime, SignatureType, SignerKey, VerifierKey,
    WitnessRequestError,
};
use crate::vocab::Clock;
use crate::witness::decision::{Decision, Reason, Remembered, Standing, decide};
use crate::witness::equivocation::Contradiction;
use crate::witness::memory::{LogMemory, Memory, MemoryError};
use crate::witness::shelf::ShelfError;

/// A witness: its key, the logs it knows, and its memory.
///
/// Requests may come from any number of threads. Those about one log wait for each other from the reading of the memory
/// to its writing, so that no two of them are answered from the same past.
pub struct Witness {
    key: SignerKey,
    clock: Arc<dyn Clock>,
    logs: BTreeMap<KeyName, KnownLog>,
    _memory: Memory,
}

struct KnownLog {
    keys: Vec<VerifierKey>,
    memory: LogMemory,
    latest: Mutex<Latest>,
}

enum Latest {
    Known(Option<Box<Remembered>>),
    /// Writing failed: what is on the disk is known only after it is read again.
    Unsure,
}

/// What a witness answered, and what its operator should know.
#[derive(Debug)]
#[must_use]
pub struct Answered {
    /// The answer, as it goes out.
    pub answer: AddCheckpointAnswer,
    /// The log that the request was about, if it could be read.
    pub origin: Option<KeyName>,
    /// The size of the checkpoint, if it could be read.
    pub size: Option<u64>,
    /// Why.
    pub why: Why,
    /// What the witness holds against the log since this request.
    pub evidence: Option<Contradiction>,
}

/// Why a request was answered as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// The witness decided so.
    #[error(transparent)]
    Decided(#[from] Reason),
    /// The body is no request. Status 400.
    #[error("not an add-checkpoint request")]
    Malformed(#[from] WitnessRequestError),
    /// The memory could not be read. Status 500.
    #[error("the witness's memory could not be read")]
    Memory(#[from] MemoryError),
    /// The memory could not be written: nothing more is cosigned for this log until the witness starts anew. Status 500.
    #[error("the witness's memory could not be written")]
    Write(#[from] ShelfError),
    /// Writing failed before. Status 500.
    #[error("the witness's memory could not be written before; it must be started anew")]
    Unsure,
    /// The clock stands before 1970. Status 500.
    #[error("the clock stands before 1970")]
    Clock,
}

impl Witness {
    /// Starts with a key and the keys of the logs it knows; several keys may speak for one log. What it remembers is
    /// read and checked.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(
        key: SignerKey,
        logs: impl IntoIterator<Item = VerifierKey>,
        memory: Memory,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        if key.verifier().kind() != SignatureType::CosignatureV1 {
            return Err(StartError::KeyType);
        }
        let mut keys: BTreeMap<KeyName, Vec<VerifierKey>> = BTreeMap::new();
        for log in logs {
            if log.kind() != SignatureType::Ed25519 {
                return Err(StartError::LogKeyType { name: log.name().clone() });
            }
            keys.entry(log.name().clone()).or_default().push(log);
        }
        let logs = keys.into_iter().map(|(origin, keys)| {
            let kept = memory.of_log(&origin);
            let known = KnownLog::recall(keys, kept, key.verifier());
            known.map(|known| (origin.clone(), known)).map_err(|cause| StartError::Memory { origin, cause })
        });
        Ok(Self { logs: logs.collect::<Result<_, _>>()?, key, clock, _memory: memory })
    }

    /// Its public key.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// The logs it knows, with the size it last cosigned.
    pub fn logs(&self) -> impl Iterator<Item = (&KeyName, Option<u64>)> {
        self.logs.iter().map(|(origin, log)| (origin, log.latest_size()))
    }

    /// Answers the body of a request. A cosignature that it gives is durably remembered.
    pub fn answer(&self, body: &[u8]) -> Answered {
        self.answer_with(body, KnownLog::carry_out)
    }

    /// Says how it would answer, and remembers nothing: the cosignature must not be given to anybody.
    pub fn consider(&self, body: &[u8]) -> Answered {
        self.answer_with(body, |log, _, decision| Answered {
            evidence: log.kind_of(&decision),
            ..Answered::decided(decision)
        })
    }

    fn answer_with(&self, body: &[u8], act: impl Fn(&KnownLog, &mut Latest, Decision) -> Answered) -> Answered {
        let request = match AddCheckpointRequest::parse(body) {
            Ok(request) => request,
            Err(cause) => return Answered::refused(400, cause.into()),
        };
        let checkpoint = match request.checkpoint().text().parse::<Checkpoint>() {
            Ok(checkpoint) => checkpoint,
            Err(cause) => return Answered::refused(400, WitnessRequestError::from(cause).into()),
        };
        let (origin, size) = (checkpoint.origin().clone(), checkpoint.size());
        let known = self.logs.get(&origin);
        let answered = match (known, posix(self.clock.as_ref())) {
            (_, None) => Answered::refused(500, Why::Clock),
            (None, Some(now)) => Answered::decided(decide(&self.standing(&[], now), &request)),
            (Some(log), Some(now)) => log.answer(&request, size, &self.standing(&log.keys, now), act),
        };
        Answered { origin: Some(origin), size: Some(size), ..answered }
    }

    const fn standing<'a>(&'a self, log_keys: &'a [VerifierKey], now: PosixTime) -> Standing<'a> {
        Standing { witness: &self.key, log_keys, latest: None, same_size: None, now }
    }
}

impl KnownLog {
    fn recall(keys: Vec<VerifierKey>, memory: LogMemory, own: &VerifierKey) -> Result<Self, MemoryError> {
        let latest = memory.latest(&keys, own)?.map(Box::new);
        Ok(Self { keys, memory, latest: Mutex::new(Latest::Known(latest)) })
    }

    fn latest_size(&self) -> Option<u64> {
        match &*self.latest.lock().unwrap_or_else(PoisonError::into_inner) {
            Latest::Known(latest) => latest.as_ref().map(|latest| latest.checkpoint.size()),
            Latest::Unsure => None,
        }
    }

    /// Holds the log's lock from the reading of the memory to its writing.
    fn answer(
        &self,
        request: &AddCheckpointRequest,
        size: u64,
        standing: &Standing<'_>,
        act: impl Fn(&Self, &mut Latest, Decision) -> Answered,
    ) -> Answered {
        // A thread that died while it held the lock may have left the disk ahead of the memory.
        let mut held = self.latest.lock().unwrap_or_else(|poisoned| {
            let mut held = poisoned.into_inner();
            *held = Latest::Unsure;
            held
        });
        let Latest::Known(latest) = &*held else { return Answered::refused(500, Why::Unsure) };
        let same_size = match self.memory.at_size(size, &self.keys, standing.witness.verifier()) {
            Ok(same_size) => same_size,
            Err(cause) => return Answered::refused(500, cause.into()),
        };
        let standing = Standing { latest: latest.as_deref(), same_size: same_size.as_ref(), ..*standing };
        let decision = decide(&standing, request);
        act(self, &mut held, decision)
    }

    /// Makes durable what was decided, then lets the answer go.
    fn carry_out(&self, held: &mut Latest, mut decision: Decision) -> Answered {
        let evidence = self.keep_evidence(&decision);
        if let Some(remembered) = decision.keep.take() {
            if let Err(cause) = self.memory.keep(&remembered) {
                *held = Latest::Unsure;
                return Answered::refused(500, cause.into());
            }
            *held = Latest::Known(Some(Box::new(remembered)));
        }
        match evidence {
            Ok(evidence) => Answered { evidence, ..Answered::decided(decision) },
            // It is refused as it would have been; the operator learns that the evidence is lost.
            Err(cause) => Answered { answer: decision.answer, ..Answered::refused(500, cause.into()) },
        }
    }

    fn keep_evidence(&self, decision: &Decision) -> Result<Option<Contradiction>, ShelfError> {
        let (Some(evidence), Some(kind)) = (&decision.evidence, self.kind_of(decision)) else { return Ok(None) };
        self.memory.keep_evidence(evidence, kind).map(|_| Some(kind))
    }

    fn kind_of(&self, decision: &Decision) -> Option<Contradiction> {
        decision.evidence.as_ref()?.check(&self.keys).ok()
    }
}

impl Answered {
    fn decided(decision: Decision) -> Self {
        let Decision { answer, reason, .. } = decision;
        Self { answer, origin: None, size: None, why: reason.into(), evidence: None }
    }

    fn refused(status: u16, why: Why) -> Self {
        Self { answer: AddCheckpointAnswer::Refused { status }, origin: None, size: None, why, evidence: None }
    }
}

/// Why a witness did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The witness's key is of another type than `0x04`.
    #[error("the key is no witness key (type 4)")]
    KeyType,
    /// A log's key is of another type than `0x01`.
    #[error("the key {name} is no log key (type 1)")]
    LogKeyType {
        /// The key's name.
        name: KeyName,
    },
    /// What it remembers of a log could not be read.
    #[error("what the witness remembers of {origin} could not be read")]
    Memory {
        /// The log.
        origin: KeyName,
        /// The cause.
        #[source]
        cause: MemoryError,
    },
}

/// Whole seconds; `None` before 1970.
fn posix(clock: &dyn Clock) -> Option<PosixTime> {
    PosixTime::from_seconds(u64::try_from(clock.now().micros().div_euclid(1_000_000)).ok()?)
}
