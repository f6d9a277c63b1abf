//! Checkpoints, keys and receipts as they are typed: a text, or a file that holds one.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::complaint::{Complaint, Place};
use super::outcome::Outcome;
use super::refusal;
use crate::ledger::{Archive, ProveError, SignedCheckpoint};
use crate::proof::{Checkpoint, Note, ReceiptFile, VerifierKey};
use crate::vocab::Code;

/// Reads a file whole, `-` from stdin.
///
/// # Errors
/// `CF0504` where it cannot be read.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Complaint> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    read.map_err(|error| {
        let what = format!("{} could not be read: {error}", path.display());
        Complaint::new(Outcome::Undecided, Code::StorageFailed, what).at(in_file(path))
    })
}

/// Reads a log key: the key itself, or a file that holds it.
///
/// # Errors
/// `CF0614` where it is neither.
pub fn log_key(text: &str) -> Result<VerifierKey, Complaint> {
    let refused = |what: String| {
        let place = Place { file: Some("--log-key".to_owned()), ..Place::default() };
        Complaint::new(Outcome::Rejected, Code::BadLogKey, what).at(place)
    };
    if let Ok(key) = text.trim().parse() {
        return Ok(key);
    }
    let held = fs::read_to_string(text).ok();
    let held = held.ok_or_else(|| refused(format!("`{text}` is neither a log key nor a file that holds one")))?;
    held.trim().parse().map_err(|error| refused(format!("{text} holds no log key: {error}")))
}

/// Reads a file that holds a checkpoint note.
///
/// # Errors
/// `CF0613` where it holds none.
pub fn note(path: &Path) -> Result<(Note, Checkpoint), Complaint> {
    let bytes = read_file(path)?;
    let refused = |why: &dyn std::fmt::Display| {
        let what = format!("{} is no checkpoint: {why}", path.display());
        Complaint::new(Outcome::Rejected, Code::BadNote, what).at(in_file(path))
    };
    let note = Note::parse(&bytes).map_err(|error| refused(&error))?;
    let checkpoint = note.text().parse().map_err(|error: crate::proof::CheckpointError| refused(&error))?;
    Ok((note, checkpoint))
}

/// Reads a file that holds a checkpoint of this very ledger, signed by its key.
///
/// # Errors
/// `CF0612` where it is another ledger's.
pub fn note_of(archive: &Archive, path: &Path) -> Result<SignedCheckpoint, Complaint> {
    let (note, checkpoint) = note(path)?;
    archive.signed(note).map_err(|error| match error {
        ProveError::Signature(_) => {
            let what =
                format!("{} is a checkpoint of {}: {}", path.display(), checkpoint.origin(), refusal::chain(&error));
            Complaint::new(Outcome::Rejected, Code::ForeignCheckpoint, what).at(in_file(path))
        }
        error => refusal::prove(&error),
    })
}

/// Reads receipts: one, or several one after the other. Never none.
///
/// # Errors
/// `CF0610` where one is none.
pub fn receipts(path: &Path) -> Result<Vec<ReceiptFile>, Complaint> {
    let bytes = read_file(path)?;
    let refused = |why: &dyn std::fmt::Display| {
        let what = format!("{} is no receipt: {why}", path.display());
        Complaint::new(Outcome::Rejected, Code::BadReceipt, what).at(in_file(path))
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| refused(&error))?;
    let values = serde_json::Deserializer::from_str(text).into_iter::<Box<serde_json::value::RawValue>>();
    let read = values.map(|value| {
        let value = value.map_err(|error| refused(&error))?;
        ReceiptFile::parse(value.get()).map_err(|error| refused(&error))
    });
    let receipts: Vec<ReceiptFile> = read.collect::<Result<_, _>>()?;
    if receipts.is_empty() { Err(refused(&"it is empty")) } else { Ok(receipts) }
}

fn in_file(path: &Path) -> Place {
    let file = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    Place { file: Some(file), ..Place::default() }
}
