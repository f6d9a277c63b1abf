//! A ledger and its witnesses: asking them, and keeping what they cosigned.

use super::archive::Archive;
use super::folder::Folder;
use super::proving::{ProveError, SignedCheckpoint};
use crate::log::LockError;
use crate::proof::{
    Checkpoint, Note, NoteError, NoteSignature, OpenCheckpointError, PosixTime, Statement, VerifierKey,
};
use crate::publication::{ProofError, PublishError};
use crate::witness::{
    AskError, Asked, Asking, Grown, NotCosigned, Reply, RequestError, Shelf, ShelfError, TakenIn, ask,
    check_cosignature, request_from, take_cosignatures,
};

/// The folder of checkpoints that witnesses cosigned, or were asked to, each under its size.
pub const COSIGNED_FOLDER: &str = "cosigned";

/// The checkpoints of a ledger that witnesses cosigned, or were asked to by courier.
///
/// The file `checkpoint` is replaced whenever something is appended; these stay. Each is signed by the log.
#[derive(Debug)]
pub struct CosignedCheckpoints {
    shelf: Shelf,
    log: VerifierKey,
}

/// What a witness cosigned last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignedLast {
    /// The checkpoint, with everybody's signatures.
    pub signed: SignedCheckpoint,
    /// When the witness cosigned it, by its own clock.
    pub at: PosixTime,
}

/// A request for a witness, and the checkpoint it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessRequest {
    /// The request, as it goes over HTTP or into a file.
    pub text: String,
    /// The size that the witness is believed to know.
    pub from: u64,
    /// The checkpoint to be cosigned.
    pub checkpoint: Checkpoint,
}

/// A checkpoint that took in cosignatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenCosignatures {
    /// How many records they are for.
    pub size: u64,
    /// Whose, and when each cosigned.
    pub taken: Vec<(VerifierKey, PosixTime)>,
    /// Whether the published checkpoint carries them too: not where a newer one is published, or a writer is at work.
    pub published: bool,
}

impl Archive {
    /// Gives the checkpoints that were cosigned.
    ///
    /// # Errors
    /// [`ProveError::NoKey`] where the ledger has no key, and whatever keeps record 1 from being read.
    pub fn cosigned(&self) -> Result<CosignedCheckpoints, ProveError> {
        let log = self.log_key()?.ok_or(ProveError::NoKey)?;
        Ok(CosignedCheckpoints::under(self.folder(), log))
    }

    /// Makes the request for a witness. With `from` nothing, it starts from what the witness cosigned last, or from 0.
    ///
    /// # Errors
    /// [`WitnessingError`].
    pub fn witness_request(
        &self,
        witness: Option<&VerifierKey>,
        from: Option<u64>,
    ) -> Result<WitnessRequest, WitnessingError> {
        let signed = self.checkpoint()?;
        let held = match witness {
            Some(witness) => self.cosigned()?.last_of(witness)?,
            None => None,
        };
        let from = from.or_else(|| held.map(|held| held.signed.checkpoint.size())).unwrap_or(0);
        let note = addressed(&signed.note, self.cosigned()?.log(), witness)?;
        let prove = &mut |from, _| self.publication().consistency(from, &signed.checkpoint).map(|(_, proof)| proof);
        let request = request_from(from, signed.checkpoint.size(), &note, prove)?;
        Ok(WitnessRequest { text: request.to_string(), from, checkpoint: signed.checkpoint })
    }

    /// Keeps the latest checkpoint, so that a cosignature that comes back later still finds it. Durable on return.
    ///
    /// # Errors
    /// [`WitnessingError`].
    pub fn keep_checkpoint(&self) -> Result<(), WitnessingError> {
        let signed = self.checkpoint()?;
        self.cosigned()?.keep(&signed).map(|_| ())
    }

    /// Asks a witness for its cosignature of the latest checkpoint, and keeps it. `carry` takes a request's body to the
    /// witness and brings what it says. What was taken is durable on return; where the witness knows more than the log
    /// has, it is made sure that nothing smaller is ever signed.
    ///
    /// # Errors
    /// [`AskWitnessError`].
    pub fn ask_witness<C>(
        &self,
        witness: &VerifierKey,
        carry: &mut dyn FnMut(&str) -> Result<Reply, C>,
    ) -> Result<Asked, AskWitnessError<C>> {
        let signed = self.checkpoint().map_err(WitnessingError::from)?;
        let cosigned = self.cosigned().map_err(WitnessingError::from)?;
        let held = cosigned.last_of(witness)?;
        let addressed = |note| addressed(note, &cosigned.log, Some(witness)).map_err(WitnessingError::from);
        let note = addressed(&signed.note)?;
        let held_note = held.as_ref().map(|held| addressed(&held.signed.note)).transpose()?;
        let mut prove = |from: u64, to: u64| {
            let held = held.as_ref().map(|held| &held.signed.checkpoint).filter(|held| held.size() == to);
            self.publication().consistency(from, held.unwrap_or(&signed.checkpoint)).map(|(_, proof)| proof)
        };
        let asked = ask(Asking { witness, note: &note, held: held_note.as_ref() }, &mut prove, carry)?;
        match &asked {
            Asked::Cosigned(given) => {
                let lines = std::slice::from_ref(&given.signature);
                self.take_into(&signed, lines, std::slice::from_ref(witness))?;
            }
            Asked::Ahead { latest } => self.never_sign_below(*latest)?,
            _ => {}
        }
        Ok(asked)
    }

    /// Takes cosignatures that came by courier: each goes to the newest kept checkpoint that it is for. Lines of unknown
    /// keys are left alone. Durable on return.
    ///
    /// # Errors
    /// [`WitnessingError::NoCheckpointFor`] where a known witness's line is for none of them; nothing is taken then.
    pub fn take_cosignatures(
        &self,
        lines: &[NoteSignature],
        witnesses: &[VerifierKey],
    ) -> Result<Vec<TakenCosignatures>, WitnessingError> {
        let found = self.checkpoints_of(lines, witnesses)?;
        found.iter().map(|(signed, lines)| self.take_into(signed, lines, witnesses)).collect()
    }

    /// Says what [`take_cosignatures`](Self::take_cosignatures) would take; nothing is written.
    ///
    /// # Errors
    /// As there.
    pub fn try_cosignatures(
        &self,
        lines: &[NoteSignature],
        witnesses: &[VerifierKey],
    ) -> Result<Vec<TakenCosignatures>, WitnessingError> {
        let found = self.checkpoints_of(lines, witnesses)?;
        let would = found.iter().map(|(signed, lines)| {
            let grown = take_cosignatures(&signed.note, lines, witnesses)?;
            Ok(TakenCosignatures::of(signed.checkpoint.size(), &grown, false))
        });
        would.collect()
    }

    /// The checkpoints that known witnesses' lines are for.
    fn checkpoints_of(
        &self,
        lines: &[NoteSignature],
        witnesses: &[VerifierKey],
    ) -> Result<Vec<(SignedCheckpoint, Vec<NoteSignature>)>, WitnessingError> {
        let mut found: Vec<(SignedCheckpoint, Vec<NoteSignature>)> = Vec::new();
        let candidates = self.candidates()?;
        for line in lines {
            let claims = |key: &&VerifierKey| key.id() == line.id() && key.name() == line.name();
            let Some(witness) = witnesses.iter().find(claims) else { continue };
            let signed = candidates.iter().find(|signed| check_cosignature(witness, signed.note.text(), line).is_ok());
            let signed =
                signed.ok_or_else(|| WitnessingError::NoCheckpointFor { witness: Box::new(witness.clone()) })?;
            match found.iter_mut().find(|(found, _)| found == signed) {
                Some((_, lines)) => lines.push(line.clone()),
                None => found.push((signed.clone(), vec![line.clone()])),
            }
        }
        Ok(found)
    }

    /// Sees to it that nothing smaller than what a witness knows is ever signed. Durable on return.
    ///
    /// # Errors
    /// [`WitnessingError::Lock`] where a writer is at work.
    pub fn never_sign_below(&self, size: u64) -> Result<(), WitnessingError> {
        let _lock = self.storage().lock()?;
        Ok(self.publication().never_below(size, self.cosigned()?.log())?)
    }

    /// The checkpoints that a cosignature may be for, newest first.
    fn candidates(&self) -> Result<Vec<SignedCheckpoint>, WitnessingError> {
        let cosigned = self.cosigned()?;
        let mut candidates: Vec<SignedCheckpoint> = self.checkpoint().into_iter().collect();
        for size in cosigned.sizes()?.into_iter().rev() {
            candidates.extend(cosigned.at(size)?);
        }
        Ok(candidates)
    }

    fn take_into(
        &self,
        signed: &SignedCheckpoint,
        lines: &[NoteSignature],
        witnesses: &[VerifierKey],
    ) -> Result<TakenCosignatures, WitnessingError> {
        let grown = self.cosigned()?.take(signed, lines, witnesses)?;
        let published = self.add_to_published(&grown)?;
        Ok(TakenCosignatures::of(signed.checkpoint.size(), &grown, published))
    }

    /// Adds the cosignatures to the published checkpoint, if it is the one they are for and nobody is writing. They are
    /// kept already; the published file is for readers.
    fn add_to_published(&self, grown: &Grown<'_>) -> Result<bool, WitnessingError> {
        let Ok(_lock) = self.storage().lock() else { return Ok(false) };
        match self.publication().add_signatures(&grown.note) {
            Ok(_) => Ok(true),
            Err(PublishError::OtherText) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl TakenCosignatures {
    fn of(size: u64, grown: &Grown<'_>, published: bool) -> Self {
        let taken = grown.taken.iter().map(|TakenIn { witness, at }| ((*witness).clone(), *at)).collect();
        Self { size, taken, published }
    }
}

impl CosignedCheckpoints {
    /// Names those in a ledger's folder, to be signed by this key; nothing is touched.
    pub(super) fn under(folder: &Folder, log: VerifierKey) -> Self {
        Self { shelf: Shelf::at(folder.path().join(COSIGNED_FOLDER)), log }
    }

    /// The log's key.
    #[must_use]
    pub const fn log(&self) -> &VerifierKey {
        &self.log
    }

    /// Lists the sizes, smallest first.
    ///
    /// # Errors
    /// [`ShelfError`].
    pub fn sizes(&self) -> Result<Vec<u64>, ShelfError> {
        self.shelf.sizes()
    }

    /// Gives the checkpoint of a size, if one was cosigned; the log's signature is checked.
    ///
    /// # Errors
    /// [`CosignedError`].
    pub fn at(&self, size: u64) -> Result<Option<SignedCheckpoint>, CosignedError> {
        let Some(note) = self.shelf.note(size)? else { return Ok(None) };
        let checkpoint =
            Checkpoint::open(&note, &self.log).map_err(|cause| CosignedError::NotSigned { size, cause })?;
        if checkpoint.size() == size {
            return Ok(Some(SignedCheckpoint { checkpoint, note }));
        }
        Err(CosignedError::Misnamed { size, actual: checkpoint.size() })
    }

    /// Gives what a witness cosigned last.
    ///
    /// # Errors
    /// [`WitnessingError::Kept`] where a note with a line in the witness's name cannot be used.
    pub fn last_of(&self, witness: &VerifierKey) -> Result<Option<CosignedLast>, WitnessingError> {
        for size in self.sizes()?.into_iter().rev() {
            let Some(signed) = self.at(size)? else { continue };
            if let Some(at) = cosigned_at(&signed.note, witness) {
                return Ok(Some(CosignedLast { signed, at }));
            }
        }
        Ok(None)
    }

    /// Keeps a checkpoint that the log signed, with what cosignatures of it are kept already. Durable on return.
    fn keep(&self, signed: &SignedCheckpoint) -> Result<Note, WitnessingError> {
        let size = signed.checkpoint.size();
        let note = match self.at(size)? {
            Some(kept) if kept.checkpoint != signed.checkpoint => {
                return Err(WitnessingError::TwoTrees { size, kept: Box::new(kept.note) });
            }
            Some(kept) => joined(&kept.note, &signed.note)?,
            None => signed.note.clone(),
        };
        self.shelf.put(size, &note)?;
        Ok(note)
    }

    fn take<'k>(
        &self,
        signed: &SignedCheckpoint,
        lines: &[NoteSignature],
        witnesses: &'k [VerifierKey],
    ) -> Result<Grown<'k>, WitnessingError> {
        let kept = self.keep(signed)?;
        let grown = take_cosignatures(&kept, lines, witnesses)?;
        self.shelf.put(signed.checkpoint.size(), &grown.note)?;
        Ok(grown)
    }
}

/// Says why a kept checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CosignedError {
    /// The file could not be read, or is no note.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// The log's key did not sign it.
    #[error("the checkpoint kept for {size} records is not signed by the log")]
    NotSigned {
        /// The size in the file's name.
        size: u64,
        /// The cause.
        #[source]
        cause: OpenCheckpointError,
    },
    /// It is of another size.
    #[error("the checkpoint kept for {size} records is of {actual}")]
    Misnamed {
        /// The size in the file's name.
        size: u64,
        /// The size that it states.
        actual: u64,
    },
}

/// Says why a ledger could not deal with its witnesses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessingError {
    /// The ledger has no checkpoint that can be used.
    #[error(transparent)]
    Ledger(#[from] ProveError),
    /// A kept checkpoint cannot be used.
    #[error(transparent)]
    Kept(#[from] CosignedError),
    /// The folder of kept checkpoints failed.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// The request could not be made.
    #[error(transparent)]
    Request(#[from] RequestError<ProofError>),
    /// A note could not take another signature.
    #[error("the checkpoint cannot take another signature")]
    Note(#[from] NoteError),
    /// A line is not the cosignature that it claims to be.
    #[error(transparent)]
    NotCosigned(#[from] NotCosigned),
    /// A line in a known witness's name is for none of the kept checkpoints.
    #[error("the signature in the name of {witness} is for none of this ledger's checkpoints")]
    NoCheckpointFor {
        /// The witness.
        witness: Box<VerifierKey>,
    },
    /// The log signed two trees of one size.
    #[error("the log's key signed two different trees of {size} records")]
    TwoTrees {
        /// The size.
        size: u64,
        /// The note that was kept before.
        kept: Box<Note>,
    },
    /// A writer is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The published checkpoint or its cell could not be changed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Says why a witness could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskWitnessError<C> {
    /// The ledger's side failed.
    #[error(transparent)]
    Witnessing(#[from] WitnessingError),
    /// The witness's side failed.
    #[error(transparent)]
    Ask(#[from] AskError<ProofError, C>),
}

/// When a witness cosigned a note; `None` where it did not.
#[must_use]
pub(super) fn cosigned_at(note: &Note, witness: &VerifierKey) -> Option<PosixTime> {
    let times = note.verify([witness]).ok()?.into_iter().filter_map(|signature| match signature.statement {
        Statement::Cosigned { at } => Some(at),
        Statement::Signed => None,
    });
    times.max()
}

/// The note with the signatures of both; each line once.
pub(super) fn joined(note: &Note, other: &Note) -> Result<Note, NoteError> {
    let mut joined = note.clone();
    for signature in other.signatures() {
        if !joined.signatures().contains(signature) {
            joined.append(signature.clone())?;
        }
    }
    Ok(joined)
}

/// The note as it goes to a witness: signed by the log, and by the witness itself where it cosigned it before.
fn addressed(note: &Note, log: &VerifierKey, witness: Option<&VerifierKey>) -> Result<Note, NoteError> {
    let mut addressed = Note::new(note.text())?;
    for key in [log].into_iter().chain(witness) {
        let own = |signature: &&NoteSignature| signature.id() == key.id() && signature.name() == key.name();
        if let Some(signature) = note.signatures().iter().find(own) {
            addressed.append(signature.clone())?;
        }
    }
    Ok(addressed)
}
