//! Evidence bundles made from a ledger: the chosen records, and all that proves them to somebody without the ledger.

use std::collections::BTreeSet;

use super::archive::Archive;
use super::proving::{Inclusion, ProveError, SignedCheckpoint};
use super::view::View;
use crate::event::Event;
use crate::evidence::{EvidenceState, EvidenceStore, EvidenceStoreError};
use crate::projection::RowError;
use crate::proof::{
    AssembleError, BundleParts, Disclosure, DisclosureVerdict, EvidenceBundle, EvidencePart, FileDigests, RecordPart,
    SealedList,
};
use crate::record::Body;
use crate::vocab::{Digest32, Seq};

/// What a bundle is to hold.
#[derive(Debug, Clone, Default)]
pub struct BundleQuestion {
    /// The records.
    pub records: Vec<Seq>,
    /// Sealed values to open; each must fit one of the records.
    pub disclosures: Vec<Disclosure>,
    /// The policy's text; without one the bundle asks for no witness.
    pub policy: Option<Vec<u8>>,
    /// Whether the evidence files that the records name are enclosed.
    pub files: BundledFiles,
}

/// What becomes of the evidence files that the records name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BundledFiles {
    /// Their hashes stand in the records; the bytes stay here.
    #[default]
    Named,
    /// Their bytes go into the bundle.
    Enclosed,
}

/// Why no bundle could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// No record was chosen.
    #[error("no record is chosen")]
    NoRecord,
    /// The ledger's policy could not be read.
    #[error("the ledger's policy could not be read")]
    Policy(#[source] std::io::Error),
    /// A record cannot be proved.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// The rows could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// A disclosure fits none of the chosen records.
    #[error("a disclosure of {pointer} fits none of the chosen records")]
    Disclosure {
        /// The field that it opens.
        pointer: String,
    },
    /// The bytes of an evidence file are not here.
    #[error("the bytes of {blake3}, which record {record} names, are not stored here")]
    MissingFile {
        /// The file.
        blake3: Digest32,
        /// The record.
        record: Seq,
    },
    /// The bytes of an evidence file are not what the record says.
    #[error("the bytes of {blake3} are not what record {record} says")]
    AlteredFile {
        /// The file.
        blake3: Digest32,
        /// The record.
        record: Seq,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] EvidenceStoreError),
    /// The parts do not hold together.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// Recorded timestamps could not be looked for.
    #[cfg(feature = "timestamp")]
    #[error(transparent)]
    Timestamps(#[from] super::timestamps::TimestampsError),
}

impl Archive {
    /// Makes a bundle of records under the latest checkpoint, with the timestamps that are recorded of them.
    ///
    /// The same question to the same ledger gives the same bytes.
    ///
    /// # Errors
    /// [`BundleError`]; every part is checked before a bundle is given.
    pub fn bundle(&self, question: &BundleQuestion, view: &View<'_>) -> Result<EvidenceBundle, BundleError> {
        let checkpoint = self.checkpoint()?;
        let seqs: BTreeSet<Seq> = question.records.iter().copied().collect();
        if seqs.is_empty() {
            return Err(BundleError::NoRecord);
        }
        let proved = self.inclusions_under(seqs, &checkpoint)?;
        let mut records: Vec<RecordPart> = proved.into_iter().map(record_part).collect();
        place(&question.disclosures, &mut records)?;
        let evidence = self.evidence_parts(&records, question.files)?;
        let policy = match &question.policy {
            Some(policy) => policy.clone(),
            None => self.own_policy()?,
        };
        let mut parts =
            BundleParts { checkpoint: checkpoint.note.clone(), policy, records, stamped: Vec::new(), evidence };
        self.add_timestamps(&mut parts, &checkpoint, view)?;
        Ok(EvidenceBundle::assemble(parts)?)
    }

    /// The ledger's policy; without one, a policy that asks for the log's signature alone.
    fn own_policy(&self) -> Result<Vec<u8>, BundleError> {
        match std::fs::read(self.folder().policy_path()) {
            Ok(policy) => return Ok(policy),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(BundleError::Policy(error)),
        }
        let key = self.log_key().map_err(ProveError::from)?.ok_or(ProveError::NoKey)?;
        Ok(format!("log {key}\nquorum none\n").into_bytes())
    }

    fn evidence_parts(&self, records: &[RecordPart], files: BundledFiles) -> Result<Vec<EvidencePart>, BundleError> {
        if files == BundledFiles::Named {
            return Ok(Vec::new());
        }
        let store = EvidenceStore::at(self.folder().evidence());
        let mut parts: Vec<EvidencePart> = Vec::new();
        for record in records {
            let Some(stated) = evidence_named(record) else { continue };
            if parts.iter().any(|part| part.blake3 == stated.blake3) {
                continue;
            }
            let (blake3, record) = (stated.blake3, Seq::new(record.seq));
            match store.state(&stated)? {
                EvidenceState::Present => parts.push(EvidencePart { blake3, file: Some(stated), reply: None }),
                EvidenceState::Missing => return Err(BundleError::MissingFile { blake3, record }),
                EvidenceState::Altered(_) | EvidenceState::NotAFile => {
                    return Err(BundleError::AlteredFile { blake3, record });
                }
            }
        }
        Ok(parts)
    }

    #[cfg(not(feature = "timestamp"))]
    fn add_timestamps(&self, _: &mut BundleParts, _: &SignedCheckpoint, _: &View<'_>) -> Result<(), BundleError> {
        Ok(())
    }

    /// Adds the earliest recorded timestamp of each record's tree and of each evidence file that a record names.
    #[cfg(feature = "timestamp")]
    fn add_timestamps(
        &self,
        parts: &mut BundleParts,
        checkpoint: &SignedCheckpoint,
        view: &View<'_>,
    ) -> Result<(), BundleError> {
        use super::timestamps::TimestampTarget;
        use crate::proof::StampedTree;
        let mut trees: Vec<StampedTree> = Vec::new();
        let named: BTreeSet<Digest32> = parts.records.iter().filter_map(evidence_named).map(|one| one.blake3).collect();
        for recorded in self.timestamps(view)? {
            let Ok(stored) = recorded.reply else { continue };
            match recorded.target {
                TimestampTarget::Evidence { blake3, .. } if named.contains(&blake3) => {
                    add_reply(&mut parts.evidence, blake3, stored.bytes);
                }
                TimestampTarget::Tree(tree) if !trees.iter().any(|stamped| stamped.tree == tree) => {
                    let proof = self.publication().consistency(tree.size(), &checkpoint.checkpoint);
                    let (_, consistency) = proof.map_err(ProveError::from)?;
                    trees.push(StampedTree { tree, consistency, reply: stored.bytes });
                }
                _ => {}
            }
        }
        let earliest = |seq: u64| trees.iter().map(|one| one.tree.size()).filter(|size| *size >= seq).min();
        let wanted: BTreeSet<u64> = parts.records.iter().filter_map(|record| earliest(record.seq)).collect();
        parts.stamped = trees.into_iter().filter(|stamped| wanted.contains(&stamped.tree.size())).collect();
        Ok(())
    }
}

#[cfg(feature = "timestamp")]
fn add_reply(evidence: &mut Vec<EvidencePart>, blake3: Digest32, reply: Vec<u8>) {
    match evidence.iter_mut().find(|part| part.blake3 == blake3) {
        Some(part) => {
            part.reply.get_or_insert(reply);
        }
        None => evidence.push(EvidencePart { blake3, file: None, reply: Some(reply) }),
    }
}

fn record_part(Inclusion { record, proof }: Inclusion) -> RecordPart {
    RecordPart { seq: record.seq.number(), line: record.line.as_bytes().to_vec(), proof, disclosures: Vec::new() }
}

/// Puts each disclosure to the record that sealed it.
fn place(disclosures: &[Disclosure], records: &mut [RecordPart]) -> Result<(), BundleError> {
    let lists: Vec<Option<SealedList>> = records.iter().map(sealed_by).collect();
    for disclosure in disclosures {
        let seals = |list: &Option<SealedList>| {
            list.as_ref().is_some_and(|list| list.check(disclosure) == DisclosureVerdict::SealedHere)
        };
        let record = lists.iter().position(seals).and_then(|index| records.get_mut(index));
        let unplaced = || BundleError::Disclosure { pointer: disclosure.pointer().to_owned() };
        let record = record.ok_or_else(unplaced)?;
        if !record.disclosures.contains(disclosure) {
            record.disclosures.push(disclosure.clone());
        }
    }
    Ok(())
}

fn sealed_by(record: &RecordPart) -> Option<SealedList> {
    SealedList::of_record(&body(record)?.sealed?).ok()
}

fn evidence_named(record: &RecordPart) -> Option<FileDigests> {
    match body(record)?.event {
        Event::EvidenceAdded(event) => {
            Some(FileDigests { blake3: event.blake3, sha256: event.sha256, bytes: event.bytes })
        }
        _ => None,
    }
}

fn body(record: &RecordPart) -> Option<Body> {
    let envelope = crate::record::Envelope::decode(&record.line).ok()?;
    Body::read(envelope.body).ok()
}
