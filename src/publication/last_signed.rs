//! The cell: what was signed last, so that nothing else is ever signed for the same records.

use std::fmt;

use crate::proof::{Checkpoint, Note, NoteError, OpenCheckpointError, VerifierKey};
use crate::record::{HashTextError, RecordHash};
use crate::vocab::Seq;

const HEADER: &str = "ceasefire.last-signed/1";

/// The last signed checkpoint, and which record it ends with.
///
/// ```text
/// ceasefire.last-signed/1
/// record <hash of the record at the checkpoint's size>
/// not-below <the smallest size that may be signed>
///
/// <the signed note>
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSigned {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The note it was signed as.
    pub note: Note,
    /// The hash of its last record; nothing where only the note was there to read it from.
    pub record: Option<RecordHash>,
    /// The last record of a smaller checkpoint that the cell holds, where the published one is newer.
    pub earlier: Option<(Seq, RecordHash)>,
    /// The smallest size that may be signed: this checkpoint's, or what a witness said it knows.
    pub not_below: u64,
}

impl LastSigned {
    /// Takes a note that the log's key signed.
    ///
    /// # Errors
    /// [`LastSignedError::Note`] where it did not.
    pub fn of_note(note: Note, record: Option<RecordHash>, key: &VerifierKey) -> Result<Self, LastSignedError> {
        let checkpoint = Checkpoint::open(&note, key)?;
        let not_below = checkpoint.size();
        Ok(Self { checkpoint, note, record, earlier: None, not_below })
    }

    /// Reads the file, whose note must be signed by this key.
    ///
    /// # Errors
    /// [`LastSignedError`].
    pub fn parse(bytes: &[u8], key: &VerifierKey) -> Result<Self, LastSignedError> {
        let text = std::str::from_utf8(bytes).map_err(|_| LastSignedError::Form)?;
        let (head, note) = text.split_once("\n\n").ok_or(LastSignedError::Form)?;
        let [HEADER, record, not_below] = head.split('\n').collect::<Vec<_>>()[..] else {
            return Err(LastSignedError::Form);
        };
        let record = record.strip_prefix("record ").ok_or(LastSignedError::Form)?.parse()?;
        let not_below = not_below.strip_prefix("not-below ").and_then(|size| size.parse().ok());
        let not_below: u64 = not_below.ok_or(LastSignedError::Form)?;
        let last = Self::of_note(Note::parse(note.as_bytes())?, Some(record), key)?;
        Ok(Self { not_below: not_below.max(last.not_below), ..last })
    }

    /// The position of the last signed record.
    #[must_use]
    pub fn seq(&self) -> Seq {
        Seq::new(self.checkpoint.size())
    }
}

impl fmt::Display for LastSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.record.unwrap_or(RecordHash::ZERO);
        write!(f, "{HEADER}\nrecord {record}\nnot-below {}\n\n{}", self.not_below, self.note)
    }
}

/// Why a file is no cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LastSignedError {
    /// Its head is not the three lines it should be.
    #[error("does not begin with the three lines of {HEADER}")]
    Form,
    /// The record's hash is none.
    #[error("names no record hash")]
    Record(#[from] HashTextError),
    /// What follows is no note.
    #[error("holds no signed note")]
    Syntax(#[from] NoteError),
    /// The note is not one that this ledger's key signed.
    #[error("holds a note that this ledger's key did not sign")]
    Note(#[from] OpenCheckpointError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{SignatureType, SignerKey, leaf_hash};

    fn signer(seed: u8) -> SignerKey {
        SignerKey::from_seed("test.example/log".parse().unwrap(), SignatureType::Ed25519, &[seed; 32])
    }

    fn cell() -> LastSigned {
        let checkpoint = Checkpoint::new("test.example/log".parse().unwrap(), 3, leaf_hash(b"x")).unwrap();
        let note = checkpoint.sign(&signer(1)).unwrap();
        LastSigned { checkpoint, note, record: Some(RecordHash::of_line(b"{}")), earlier: None, not_below: 5 }
    }

    #[test]
    fn a_cell_survives_a_round_trip_and_keeps_what_may_not_be_undercut() {
        let read = LastSigned::parse(cell().to_string().as_bytes(), signer(1).verifier()).unwrap();
        assert_eq!(read, cell());
        assert_eq!((read.seq(), read.not_below), (Seq::new(3), 5));
    }

    #[test]
    fn a_cell_of_another_key_or_with_a_changed_byte_is_refused() {
        let text = cell().to_string();
        assert!(matches!(LastSigned::parse(text.as_bytes(), signer(2).verifier()), Err(LastSignedError::Note(_))));
        let other_size = text.replace("\n3\n", "\n2\n");
        assert!(matches!(
            LastSigned::parse(other_size.as_bytes(), signer(1).verifier()),
            Err(LastSignedError::Note(_))
        ));
        for wrong in
            ["", "ceasefire.last-signed/1\n", &text.replace("record ", "records "), &text.replacen("5\n\n", "\n\n", 1)]
        {
            assert!(LastSigned::parse(wrong.as_bytes(), signer(1).verifier()).is_err(), "{wrong:?}");
        }
    }
}
