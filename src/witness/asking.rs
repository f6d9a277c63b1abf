//! The log's side: asking a witness for its cosignature, and taking it into the checkpoint.

use crate::proof::{
    AddCheckpointAnswer, AddCheckpointRequest, Checkpoint, CheckpointError, Note, NoteError, NoteSignature, PosixTime,
    SIZE_MEDIA_TYPE, Statement, TreeHash, VerifierKey, VerifyNoteError, WitnessRequestError,
};

/// How often a witness may name yet another size before it is given up: others may be asking it at the same time.
const TRIES: usize = 4;

/// What a witness is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The witness.
    pub witness: &'a VerifierKey,
    /// The checkpoint, signed by the log. A cosignature of this witness already under it goes along, so that a witness
    /// whose memory was set back sees that it was.
    pub note: &'a Note,
    /// The newest note with a cosignature of this witness; it is asked from there on.
    pub held: Option<&'a Note>,
}

/// What a witness said over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The media type, without parameters; empty if none.
    pub media_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// How asking a witness ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asked {
    /// It cosigned; the cosignature holds.
    Cosigned(Cosigned),
    /// It knows a larger log than this one: another copy of the log went on, or somebody else signs with its key.
    /// Nothing smaller than this may be signed any more (FORMAT.md §3).
    Ahead {
        /// The size that the witness knows.
        latest: u64,
    },
    /// It knows less than it cosigned: its memory was set back. It was shown its own cosignature.
    Forgot {
        /// The size that it knows.
        latest: u64,
        /// The size that it cosigned.
        held: u64,
    },
    /// It gave no cosignature: every other status, a 409 without a size and every 5xx included.
    Refused {
        /// The status.
        status: u16,
    },
}

/// A witness's cosignature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// The signature line.
    pub signature: NoteSignature,
    /// When, by the witness's clock.
    pub at: PosixTime,
}

/// Asks a witness. `prove` makes the consistency proof from a size to the checkpoint's or the held one's (given as second
/// size); `carry` takes a request's body to the witness and brings what it says.
///
/// # Errors
/// [`AskError`] where no answer came, or one that no sound witness gives.
pub fn ask<P, C>(
    asking: Asking<'_>,
    prove: &mut dyn FnMut(u64, u64) -> Result<Vec<TreeHash>, P>,
    carry: &mut dyn FnMut(&str) -> Result<Reply, C>,
) -> Result<Asked, AskError<P, C>> {
    let size = asking.note.text().parse::<Checkpoint>()?.size();
    let held = asking.held.map(|held| held.text().parse::<Checkpoint>()).transpose()?.map_or(0, |held| held.size());
    let mut from = held.min(size);
    for _ in 0..TRIES {
        let reply = post(from, size, asking.note, prove, carry)?;
        let latest = match AddCheckpointAnswer::read(reply.status, &reply.media_type, &reply.body) {
            Ok(AddCheckpointAnswer::Cosigned(signatures)) => {
                return cosignature_of(asking.witness, asking.note.text(), &signatures).map(Asked::Cosigned);
            }
            Ok(AddCheckpointAnswer::Stale { latest }) => latest,
            Ok(other) => return Ok(Asked::Refused { status: other.status() }),
            Err(cause) => return Err(AskError::Answer(cause)),
        };
        if latest > size {
            return Ok(Asked::Ahead { latest });
        }
        if let Some(note) = asking.held.filter(|_| latest < held) {
            // It sees its own cosignature and refuses; what it says to it changes nothing here.
            post(latest, held, note, prove, carry)?;
            return Ok(Asked::Forgot { latest, held });
        }
        if latest == from {
            break;
        }
        from = latest;
    }
    Ok(Asked::Refused { status: 409 })
}

fn post<P, C>(
    from: u64,
    to: u64,
    note: &Note,
    prove: &mut dyn FnMut(u64, u64) -> Result<Vec<TreeHash>, P>,
    carry: &mut dyn FnMut(&str) -> Result<Reply, C>,
) -> Result<Reply, AskError<P, C>> {
    let request = request_from(from, to, note, prove)?;
    carry(&request.to_string()).map_err(AskError::Carry)
}

/// Makes the request that starts from a size which the witness is believed to know.
///
/// # Errors
/// [`RequestError`].
pub fn request_from<P>(
    from: u64,
    to: u64,
    note: &Note,
    prove: &mut dyn FnMut(u64, u64) -> Result<Vec<TreeHash>, P>,
) -> Result<AddCheckpointRequest, RequestError<P>> {
    let proof = if from == 0 || from == to { Vec::new() } else { prove(from, to).map_err(RequestError::Prove)? };
    Ok(AddCheckpointRequest::new(from, proof, note.clone())?)
}

/// Finds the witness's cosignature among the lines of an answer; other keys' lines are left alone.
fn cosignature_of<P, C>(
    witness: &VerifierKey,
    text: &str,
    signatures: &[NoteSignature],
) -> Result<Cosigned, AskError<P, C>> {
    let mut newest: Option<Cosigned> = None;
    for signature in signatures.iter().filter(|line| line.id() == witness.id() && line.name() == witness.name()) {
        let at = check_cosignature(witness, text, signature)?;
        if newest.as_ref().is_none_or(|newest| newest.at < at) {
            newest = Some(Cosigned { signature: signature.clone(), at });
        }
    }
    newest.ok_or(AskError::NoCosignature)
}

/// Checks that a line is the witness's cosignature of a note's text; gives when it cosigned.
///
/// # Errors
/// [`NotCosigned`].
pub fn check_cosignature(
    witness: &VerifierKey,
    text: &str,
    signature: &NoteSignature,
) -> Result<PosixTime, NotCosigned> {
    let mut note = Note::new(text)?;
    note.append(signature.clone())?;
    let verified = note.verify([witness])?;
    let times = verified.iter().filter_map(|signature| match signature.statement {
        Statement::Cosigned { at } => Some(at),
        Statement::Signed => None,
    });
    times.max().ok_or(NotCosigned::KeyType)
}

/// Why a signature is not a cosignature of a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotCosigned {
    /// The text is no note's.
    #[error("no note can hold the cosignature")]
    Note(#[from] NoteError),
    /// The signature is not the witness's over this text.
    #[error("the signature is not the witness's for this checkpoint")]
    Signature(#[from] VerifyNoteError),
    /// The key is no witness key.
    #[error("the key is no witness key")]
    KeyType,
}

/// Why a request could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError<P> {
    /// The consistency proof could not be made.
    #[error("the consistency proof could not be made")]
    Prove(#[source] P),
    /// It does not fit together.
    #[error("the request could not be put together")]
    Form(#[from] WitnessRequestError),
}

/// Why a witness could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError<P, C> {
    /// A note is no checkpoint.
    #[error("the note is no checkpoint")]
    Checkpoint(#[from] CheckpointError),
    /// The request could not be made.
    #[error(transparent)]
    Request(#[from] RequestError<P>),
    /// No answer came.
    #[error("the witness gave no answer")]
    Carry(#[source] C),
    /// A 200 with something else than signature lines.
    #[error("the witness's answer is not made of signature lines")]
    Answer(#[source] NoteError),
    /// A 200 without a line of this witness.
    #[error("the answer holds no cosignature of this witness")]
    NoCosignature,
    /// A line in the witness's name that is not its cosignature.
    #[error("the answer holds a signature in the witness's name that is not its own")]
    BadCosignature(#[from] NotCosigned),
}

/// A note that took in cosignatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown<'k> {
    /// The note, with the signatures it had before.
    pub note: Note,
    /// Who cosigned it anew.
    pub taken: Vec<TakenIn<'k>>,
}

/// A witness whose cosignature was taken into a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenIn<'k> {
    /// The witness.
    pub witness: &'k VerifierKey,
    /// When it cosigned, by its own clock.
    pub at: PosixTime,
}

/// Takes cosignatures of known witnesses into a note: each is verified first; a later one replaces an earlier one of the
/// same witness. Every other signature stays.
///
/// # Errors
/// [`NotCosigned`] where a line claims a known witness and is not its cosignature of this checkpoint: then nothing is
/// taken.
pub fn take_cosignatures<'k>(
    note: &Note,
    lines: &[NoteSignature],
    witnesses: &'k [VerifierKey],
) -> Result<Grown<'k>, NotCosigned> {
    let mut signatures: Vec<NoteSignature> = note.signatures().to_vec();
    let mut taken = Vec::new();
    for line in lines {
        let claims = |key: &&VerifierKey| key.id() == line.id() && key.name() == line.name();
        let Some(witness) = witnesses.iter().find(claims) else { continue };
        let at = check_cosignature(witness, note.text(), line)?;
        let earlier = signatures.iter().position(|kept| kept.id() == line.id() && kept.name() == line.name());
        match earlier.and_then(|place| signatures.get_mut(place)) {
            None => signatures.push(line.clone()),
            Some(kept) if check_cosignature(witness, note.text(), kept).is_ok_and(|before| before >= at) => continue,
            Some(kept) => *kept = line.clone(),
        }
        taken.push(TakenIn { witness, at });
    }
    let mut note = Note::new(note.text())?;
    signatures.into_iter().try_for_each(|signature| note.append(signature))?;
    Ok(Grown { note, taken })
}

/// What a file holds that came back from a witness: the body of its answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CarriedAnswer {
    /// The body of a 200.
    Cosignatures(Vec<NoteSignature>),
    /// The body of a 409: the size that the witness knows.
    Size(u64),
}

impl CarriedAnswer {
    /// Reads the body of an answer without its status, which it shows by its form.
    ///
    /// # Errors
    /// [`CarriedAnswerError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CarriedAnswerError> {
        if let Ok(AddCheckpointAnswer::Stale { latest }) = AddCheckpointAnswer::read(409, SIZE_MEDIA_TYPE, bytes) {
            return Ok(Self::Size(latest));
        }
        match AddCheckpointAnswer::read(200, "", bytes)? {
            AddCheckpointAnswer::Cosigned(signatures) => Ok(Self::Cosignatures(signatures)),
            _ => Err(CarriedAnswerError::Form),
        }
    }
}

/// Why a file is no answer of a witness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CarriedAnswerError {
    /// Neither signature lines nor a size.
    #[error("neither cosignature lines nor a size")]
    Form,
    /// Not signature lines.
    #[error("not cosignature lines")]
    Lines(#[from] NoteError),
}
