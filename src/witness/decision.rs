//! A witness's decision: from what it remembers and what it is asked to what it answers and remembers.

use crate::proof::{
    AddCheckpointAnswer, AddCheckpointRequest, Checkpoint, CheckpointError, ConsistencyError, CosignError, Note,
    NoteError, NoteSignature, PosixTime, SignerKey, Statement, VerifierKey, VerifyNoteError, cosign,
    verify_consistency,
};
use crate::witness::equivocation::Equivocation;

/// What a witness knows when it is asked about one log.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The witness's own key.
    pub witness: &'a SignerKey,
    /// The keys it trusts for the log; empty if it does not know the log.
    pub log_keys: &'a [VerifierKey],
    /// The newest checkpoint of the log that it cosigned.
    pub latest: Option<&'a Remembered>,
    /// What it cosigned at the very size that is asked about, if it still remembers.
    pub same_size: Option<&'a Remembered>,
    /// The present time, by its own clock.
    pub now: PosixTime,
}

/// A checkpoint that the witness cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The note: the log's signature and the witness's cosignature, nobody else's.
    pub note: Note,
    /// What the note's text says.
    pub checkpoint: Checkpoint,
    /// The time of the cosignature; `None` where an earlier key of the witness made it.
    pub at: Option<PosixTime>,
}

/// What the witness does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Decision {
    /// What it answers. A cosignature may leave only after [`Decision::keep`] is durable.
    pub answer: AddCheckpointAnswer,
    /// What it must remember first.
    pub keep: Option<Remembered>,
    /// What it must keep as evidence against the log.
    pub evidence: Option<Equivocation>,
    /// Why.
    pub reason: Reason,
}

/// Why a witness answered as it did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The checkpoint continues what the witness knows, or is the first.
    #[error("cosigned")]
    Cosigned,
    /// The note is no checkpoint. Status 400.
    #[error("the note is no checkpoint")]
    NoCheckpoint(#[from] CheckpointError),
    /// The note has too many signatures. Status 400.
    #[error("the note cannot take a cosignature")]
    Full(#[from] NoteError),
    /// The witness's key is no witness key. Status 500.
    #[error("the witness has no key that cosigns")]
    Key(#[from] CosignError),
    /// The witness knows no log of this origin. Status 404.
    #[error("the witness does not know this log")]
    UnknownLog,
    /// No key it trusts for the log signed the note. Status 403.
    #[error("the checkpoint is not signed by a key of this log")]
    NotSigned(#[source] VerifyNoteError),
    /// The request starts from another size than the witness knows. Status 409 with the size.
    #[error("the request starts from another size; the witness knows {latest}")]
    Stale {
        /// The size it knows.
        latest: u64,
    },
    /// The log signed another tree of the same size. Status 409 without a body.
    #[error("the log signed two different trees of {size} records")]
    OtherRoot {
        /// The size.
        size: u64,
    },
    /// The proof does not lead from what the witness knows to the checkpoint. Status 422.
    #[error("the checkpoint is not shown to continue what the witness knows")]
    Unproven(#[source] ConsistencyError),
    /// The note carries the witness's own cosignature, which it does not remember. Status 500.
    #[error("the witness cosigned {size} records and does not remember it: its memory was set back")]
    Forgotten {
        /// The size it cosigned.
        size: u64,
    },
}

/// Decides, in the order of C2SP tlog-witness 1.0.0: known log, signature, old size, root, proof.
///
/// That the request is well-formed was checked when it was read; whatever is not is status 400.
pub fn decide(standing: &Standing<'_>, request: &AddCheckpointRequest) -> Decision {
    let asked = match standing.trusted(request) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    standing.forgotten(&asked).unwrap_or_else(|| standing.weigh(asked))
}

/// A request whose log signature holds.
struct Asked<'a> {
    /// The note with the signatures of the log alone.
    note: Note,
    checkpoint: Checkpoint,
    request: &'a AddCheckpointRequest,
}

impl Standing<'_> {
    /// Takes the request where a key of the log signed the checkpoint.
    fn trusted<'a>(&self, request: &'a AddCheckpointRequest) -> Result<Asked<'a>, Box<Decision>> {
        let refused = |status, reason| Box::new(refuse(status, reason));
        let note = request.checkpoint();
        let checkpoint: Checkpoint = note.text().parse().map_err(|cause| refused(400, Reason::NoCheckpoint(cause)))?;
        let keys: Vec<_> = self.log_keys.iter().filter(|key| key.name() == checkpoint.origin()).collect();
        if keys.is_empty() {
            return Err(refused(404, Reason::UnknownLog));
        }
        note.verify(keys.iter().copied()).map_err(|cause| refused(403, Reason::NotSigned(cause)))?;
        let note = only_signed_by(note, &keys).map_err(|cause| refused(400, Reason::Full(cause)))?;
        Ok(Asked { note, checkpoint, request })
    }

    /// A cosignature of our own that we do not remember means that our memory was set back: whoever cosigns now could
    /// cosign a second history.
    fn forgotten(&self, asked: &Asked<'_>) -> Option<Decision> {
        let own = asked.request.checkpoint().verify([self.witness.verifier()]).is_ok();
        let size = asked.checkpoint.size();
        let beyond = self.latest.is_none_or(|latest| latest.checkpoint.size() < size);
        let another = self.same_size.is_some_and(|same| same.checkpoint != asked.checkpoint);
        (own && (beyond || another)).then(|| refuse(500, Reason::Forgotten { size }))
    }

    fn weigh(&self, asked: Asked<'_>) -> Decision {
        let size = asked.checkpoint.size();
        let other = self.same_size.filter(|same| same.checkpoint.root() != asked.checkpoint.root());
        let evidence = other.map(|same| Equivocation::new(same.note.clone(), asked.note.clone(), Vec::new()));
        let latest = self.latest.map_or(0, |latest| latest.checkpoint.size());
        if asked.request.old_size() != latest {
            return Decision { evidence, ..answer(AddCheckpointAnswer::Stale { latest }, Reason::Stale { latest }) };
        }
        if evidence.is_some() {
            return Decision { evidence, ..refuse(409, Reason::OtherRoot { size }) };
        }
        // Every log continues the empty one; a request from 0 has no proof.
        let Some(remembered) = self.latest.filter(|_| latest > 0) else { return self.cosigned(asked) };
        match consistent(remembered, &asked) {
            Ok(()) => self.cosigned(asked),
            Err(cause) => {
                let proof = asked.request.proof().to_vec();
                let evidence = Some(Equivocation::new(remembered.note.clone(), asked.note, proof));
                Decision { evidence, ..refuse(422, Reason::Unproven(cause)) }
            }
        }
    }

    /// The time never goes back: a later cosignature never looks older than an earlier one.
    fn cosigned(&self, asked: Asked<'_>) -> Decision {
        let at = self.latest.and_then(|latest| latest.at).map_or(self.now, |before| before.max(self.now));
        let Asked { mut note, checkpoint, .. } = asked;
        let cosignature = match cosign(&checkpoint, self.witness, at) {
            Ok(cosignature) => cosignature,
            Err(cause) => return refuse(500, Reason::Key(cause)),
        };
        if let Err(cause) = note.append(cosignature.clone()) {
            return refuse(400, Reason::Full(cause));
        }
        Decision {
            keep: Some(Remembered { note, checkpoint, at: Some(at) }),
            ..answer(AddCheckpointAnswer::Cosigned(vec![cosignature]), Reason::Cosigned)
        }
    }
}

fn consistent(latest: &Remembered, asked: &Asked<'_>) -> Result<(), ConsistencyError> {
    let (old, new) = (&latest.checkpoint, &asked.checkpoint);
    verify_consistency(old.size(), new.size(), old.root(), new.root(), asked.request.proof())
}

/// Keeps one signature of each of these keys: a log may hang up to a hundred lines under its note.
fn only_signed_by(note: &Note, keys: &[&VerifierKey]) -> Result<Note, NoteError> {
    let mut kept = Note::new(note.text())?;
    for key in keys {
        let own = |signature: &&NoteSignature| signature.id() == key.id() && signature.name() == key.name();
        if let Some(signature) = note.signatures().iter().find(own) {
            kept.append(signature.clone())?;
        }
    }
    Ok(kept)
}

impl Remembered {
    /// Reads a note that was kept, without the signatures of others; `None` if neither the log nor the witness signed it,
    /// as after damage.
    #[must_use]
    pub fn of(note: &Note, log_keys: &[VerifierKey], witness: &VerifierKey) -> Option<Self> {
        let own = note.verify([witness]).ok();
        let by_log = note.verify(log_keys).is_ok();
        let signers = log_keys.iter().filter(|_| by_log).chain(own.is_some().then_some(witness));
        let kept = only_signed_by(note, &signers.collect::<Vec<_>>()).ok()?;
        if kept.signatures().is_empty() {
            return None;
        }
        let checkpoint = note.text().parse().ok()?;
        let times = own.iter().flatten().filter_map(|signature| match signature.statement {
            Statement::Cosigned { at } => Some(at),
            Statement::Signed => None,
        });
        let at = times.max();
        Some(Self { note: kept, checkpoint, at })
    }
}

fn answer(answer: AddCheckpointAnswer, reason: Reason) -> Decision {
    Decision { answer, keep: None, evidence: None, reason }
}

fn refuse(status: u16, reason: Reason) -> Decision {
    answer(AddCheckpointAnswer::Refused { status }, reason)
}
