//! The sealed history: finished segments against the digests that the log holds of them, and the last segment by records.

use serde::{Deserialize, Serialize};

use super::archive::Archive;
use super::genesis::read_seal;
use super::verification::{Finding, Verdict};
use crate::log::{self, Head, ReadError, RecordedSeal, SegmentDigest, SegmentName, StorageError};
use crate::record::RecordHash;
use crate::vocab::Seq;

/// One finished segment and its seal, which is a record of the segment after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SealedFile {
    /// The file's name in the folder of the log.
    pub segment: String,
    /// Its first record.
    pub first: Seq,
    /// Its last record.
    pub last: Seq,
    /// Its length in bytes, as the seal says.
    pub bytes: u64,
    /// BLAKE3 of the whole file, as the seal says: what `b3sum` prints.
    pub blake3: String,
    /// The record that is the seal.
    pub sealed_by: Seq,
}

/// The finished segments, and what is not sealed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SealedHistory {
    /// The finished segments whose seals can be read, in order.
    pub sealed: Vec<SealedFile>,
    /// Finished segments after which no readable seal stands: damage, or a changed log.
    pub unsealed: Vec<Finding>,
    /// The file that is still written to; absent in an empty log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

/// What was found of the sealed history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SealedReport {
    /// How many finished segments were hashed.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many records of the last segment were walked, one by one, up to the head.
    pub walked: u64,
    /// The last record of the last complete batch.
    pub head_seq: Seq,
    /// Its hash. Who knows it from elsewhere knows by it, and by this check, every byte before it.
    pub head: RecordHash,
    /// What does not hold, by position.
    pub findings: Vec<Finding>,
}

impl SealedReport {
    /// Gives the answer.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        if self.findings.is_empty() { Verdict::Ok } else { Verdict::Violated }
    }
}

impl Archive {
    /// Lists the finished segments with the digests that the log holds of them. Reads one line of each.
    ///
    /// # Errors
    /// [`StorageError`] where a segment cannot be read.
    pub fn sealed_history(&self) -> Result<SealedHistory, StorageError> {
        let seals = log::recorded_seals(self.storage(), &read_seal)?;
        let mut history = SealedHistory { sealed: Vec::new(), unsealed: Vec::new(), open: None };
        history.open = self.storage().segments()?.last().map(ToString::to_string);
        for seal in seals {
            match sealed_file(&seal) {
                Some(file) => history.sealed.push(file),
                None => history.unsealed.push(no_seal(&seal)),
            }
        }
        Ok(history)
    }

    /// Checks the sealed history at the speed of `b3sum`: every finished segment whole against its seal, on all cores, and
    /// the records of the last segment one by one. It takes no lock and writes nothing.
    ///
    /// It shows that every byte is the one that was sealed, up to the head it names. It does not read what the records
    /// say: [`Archive::verify`] does.
    ///
    /// # Errors
    /// [`StorageError`] where the log cannot be read: then nothing is proved either way.
    pub fn check_sealed(&self, progress: Option<&mut dyn FnMut(u64, u64)>) -> Result<SealedReport, StorageError> {
        let seals = log::recorded_seals(self.storage(), &read_seal)?;
        let mut findings: Vec<Finding> = log::check_seals(self.storage(), &seals, progress)?
            .into_iter()
            .map(|found| Finding {
                segment: Some(found.segment.to_string()),
                offset: Some(found.offset),
                ..Finding::at(found.seq, found.fault.to_string())
            })
            .collect();
        let first_open = seals.last().map_or(Seq::FIRST, |seal| seal.held_by.first());
        let (mut walked, mut head) = (0, Head::EMPTY);
        let read = self.reader().for_each_block(first_open, None, |lines| {
            walked += lines.len() as u64;
            if let Some(line) = lines.last() {
                head = Head { seq: line.envelope.seq, hash: line.hash, at: Some(line.envelope.at) };
            }
            Ok::<(), ReadError>(())
        });
        match read {
            Ok(()) => {}
            Err(ReadError::Storage(error)) => return Err(error),
            Err(ReadError::Corrupt { seq, segment, offset, why }) => findings.push(Finding {
                segment: Some(segment.to_string()),
                offset: Some(offset),
                ..Finding::at(seq, why.to_string())
            }),
        }
        let bytes = seals.iter().map(|seal| seal.bytes).sum();
        let segments = seals.len() as u64;
        Ok(SealedReport { segments, bytes, walked, head_seq: head.seq, head: head.hash, findings })
    }
}

fn sealed_file(seal: &RecordedSeal) -> Option<SealedFile> {
    // A seal that names another file says nothing of this one.
    let says = seal.says.as_ref().filter(|says| says.name == seal.name)?;
    let (name, digest): (&SegmentName, &SegmentDigest) = (&says.name, &says.blake3);
    Some(SealedFile {
        segment: name.to_string(),
        first: says.first,
        last: says.last,
        bytes: says.bytes,
        blake3: digest.to_string(),
        sealed_by: seal.held_by.first(),
    })
}

fn no_seal(seal: &RecordedSeal) -> Finding {
    Finding {
        segment: Some(seal.held_by.to_string()),
        offset: Some(0),
        ..Finding::at(seal.held_by.first(), format!("it should be the seal of {}, and is not", seal.name))
    }
}
