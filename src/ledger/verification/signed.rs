//! What was signed for this log, as far as its folder says, and whose signature it has to be.

use super::VerifyQuestion;
use crate::ledger::archive::Archive;
use crate::proof::{Checkpoint, Note, OpenCheckpointError, VerifierKey};
use crate::publication::{LastSigned, ReadCheckpointError};

/// The log's key, the published checkpoint, and the cell where it is here.
pub(super) struct Signed {
    /// The key that record 1 names; nothing where it names none or cannot be read.
    pub(super) named: Option<VerifierKey>,
    /// The key that the asker knows.
    pub(super) known: Option<VerifierKey>,
    /// The published checkpoint.
    pub(super) published: Published,
    /// What was signed last, where keys/last-signed is here and is this key's.
    pub(super) cell: Option<LastSigned>,
}

/// The file `checkpoint`.
pub(super) enum Published {
    /// There is none.
    Missing,
    /// It cannot be read, or is no note.
    Unreadable(ReadCheckpointError),
    /// It is a note, but nobody says whose it should be.
    OfNobody,
    /// It is a note, but not one that the log's key signed.
    Foreign(OpenCheckpointError),
    /// It is a checkpoint that the log's key signed.
    Signed(Checkpoint, Note),
}

impl Signed {
    /// Looks at the folder, before the log is read: what is signed later cannot be missing from it.
    pub(super) fn of(archive: &Archive, question: &VerifyQuestion<'_>) -> Self {
        let named = archive.log_key().ok().flatten();
        let known = question.log_key.clone();
        let key = known.as_ref().or(named.as_ref());
        let published = match (archive.publication().checkpoint(), key) {
            (Err(error), _) => Published::Unreadable(error),
            (Ok(None), _) => Published::Missing,
            (Ok(Some(_)), None) => Published::OfNobody,
            (Ok(Some(note)), Some(key)) => match Checkpoint::open(&note, key) {
                Ok(checkpoint) => Published::Signed(checkpoint, note),
                Err(error) => Published::Foreign(error),
            },
        };
        let cell = key.and_then(|key| archive.publication().cell(key).ok().flatten());
        Self { named, known, published, cell }
    }

    /// The key whose signature counts: the asker's word goes before record 1's.
    pub(super) fn key(&self) -> Option<&VerifierKey> {
        self.known.as_ref().or(self.named.as_ref())
    }

    /// The largest checkpoint that was signed, with its note.
    pub(super) fn largest(&self) -> Option<(&Checkpoint, &Note)> {
        self.all().max_by_key(|(checkpoint, _)| checkpoint.size())
    }

    /// Everything that was signed: the published checkpoint and the cell's.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Checkpoint, &Note)> {
        let published = match &self.published {
            Published::Signed(checkpoint, note) => Some((checkpoint, note)),
            _ => None,
        };
        let cell = self.cell.as_ref().map(|cell| (&cell.checkpoint, &cell.note));
        // Of two of the same size the published one counts as the larger: it may carry cosignatures.
        cell.into_iter().chain(published)
    }

    /// The size of the largest; 0 where nothing was signed.
    pub(super) fn size(&self) -> u64 {
        self.largest().map_or(0, |(checkpoint, _)| checkpoint.size())
    }
}
