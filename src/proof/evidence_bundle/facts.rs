//! What a bundle's parts come to, each fact checked: the page says these and nothing else.

use std::collections::BTreeMap;

use super::contents::{BundleParts, RecordPart};
use crate::proof::checkpoint::Checkpoint;
use crate::proof::consistency::verify_consistency;
use crate::proof::disclosure::{Disclosure, DisclosureVerdict, SealedList};
use crate::proof::inclusion::verify_inclusion;
use crate::proof::key::VerifierKey;
use crate::proof::policy::{EvaluatePolicyError, Policy, PolicyVerdict, UnmetParty};
use crate::proof::policy_text::PolicyError;
use crate::proof::read_record::ReadRecord;
use crate::proof::tree::leaf_hash;
use crate::vocab::{Digest32, Instant};

/// Everything that holds of a bundle under the policy that is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts<'b> {
    pub(super) checkpoint: Checkpoint,
    /// The log key that signed.
    pub(super) log_key: VerifierKey,
    pub(super) witnesses: Vec<WitnessFact>,
    pub(super) asks_for_witnesses: bool,
    /// The members of the policy whose part is not met; none where it is satisfied.
    pub(super) missing: Vec<String>,
    pub(super) records: Vec<RecordFact<'b>>,
    /// The sizes of stamped beginnings of the log.
    pub(super) stamped: Vec<u64>,
    pub(super) files: Vec<FileFact>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WitnessFact {
    pub(super) name: String,
    pub(super) key: String,
    pub(super) at: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordFact<'b> {
    pub(super) read: ReadRecord,
    pub(super) disclosures: &'b [Disclosure],
    /// Digests that no enclosed disclosure opens.
    pub(super) closed: usize,
}

/// A file that a record in the bundle names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileFact {
    pub(super) blake3: Digest32,
    pub(super) sha256: Digest32,
    pub(super) record: u64,
    pub(super) enclosed: bool,
    pub(super) stamped: bool,
}

/// Why a bundle does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// There is no record.
    #[error("there is no record in it")]
    NoRecord,
    /// The policy is none.
    #[error("the policy is unreadable: {0}")]
    Policy(#[from] PolicyError),
    /// The checkpoint is not signed as the enclosed policy asks.
    #[error("the checkpoint is not to be believed: {0}")]
    Checkpoint(#[from] EvaluatePolicyError),
    /// A record does not hold.
    #[error("record {seq}: {why}")]
    Record {
        /// Its position.
        seq: u64,
        /// What is wrong.
        why: String,
    },
    /// A disclosure does not hold.
    #[error("record {seq}: a disclosure fits none of its digests")]
    Disclosure {
        /// The record it is filed under.
        seq: u64,
    },
    /// A stamped tree is no beginning of the signed one.
    #[error("the stamped tree of {size} records is no beginning of the signed one: {why}")]
    Stamped {
        /// Its size.
        size: u64,
        /// What is wrong.
        why: String,
    },
    /// A file is there that no record in the bundle names, or that is not what the record says.
    #[error("evidence {blake3}: {why}")]
    File {
        /// Its name.
        blake3: Digest32,
        /// What is wrong.
        why: &'static str,
    },
}

impl<'b> Facts<'b> {
    /// Checks everything against the enclosed policy and against each other.
    pub(super) fn of(parts: &'b BundleParts) -> Result<Self, FactsError> {
        let policy = Policy::parse(&parts.policy)?;
        let judgement = policy.evaluate(&parts.checkpoint)?;
        let checkpoint = judgement.checkpoint;
        let signed =
            |key: &&VerifierKey| key.name() == checkpoint.origin() && Checkpoint::open(&parts.checkpoint, key).is_ok();
        let log_key = policy.logs().map(|(key, _)| key).find(signed).cloned().ok_or_else(|| {
            FactsError::Checkpoint(EvaluatePolicyError::NoTrustedLog { origin: checkpoint.origin().clone() })
        })?;
        let keys: BTreeMap<&str, &VerifierKey> = policy.witnesses().map(|(name, key, _)| (name, key)).collect();
        let witnesses = judgement.cosigned.iter().map(|cosigned| WitnessFact {
            name: cosigned.witness.clone(),
            key: keys.get(cosigned.witness.as_str()).map(ToString::to_string).unwrap_or_default(),
            at: moment(cosigned.at.as_seconds()),
        });
        let missing = match &judgement.verdict {
            PolicyVerdict::Satisfied => Vec::new(),
            PolicyVerdict::NotSatisfied { unmet } => unmet.iter().flat_map(UnmetParty::absent).collect(),
        };
        let records = records(parts, &checkpoint)?;
        stamped_trees_hold(parts, &checkpoint)?;
        Ok(Self {
            witnesses: witnesses.collect(),
            asks_for_witnesses: policy.asks_for_witnesses(),
            missing,
            stamped: parts.stamped.iter().map(|stamped| stamped.tree.size()).collect(),
            files: files(parts, &records)?,
            checkpoint,
            log_key,
            records,
        })
    }
}

fn moment(seconds: u64) -> String {
    let micros = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000));
    let at = micros.and_then(|micros| Instant::from_micros(micros).ok());
    at.map_or_else(|| format!("second {seconds}"), |at| at.to_string())
}

fn records<'b>(parts: &'b BundleParts, checkpoint: &Checkpoint) -> Result<Vec<RecordFact<'b>>, FactsError> {
    if parts.records.is_empty() {
        return Err(FactsError::NoRecord);
    }
    let mut facts: Vec<RecordFact<'b>> = Vec::new();
    for part in &parts.records {
        let fact = record(part, parts, checkpoint)?;
        let neighbour = facts.last().filter(|before| before.read.seq + 1 == part.seq);
        if neighbour.is_some_and(|before| before.read.hash != fact.read.prev) {
            let why = "it does not name the hash of the record before, which is in the bundle".to_owned();
            return Err(FactsError::Record { seq: part.seq, why });
        }
        facts.push(fact);
    }
    Ok(facts)
}

fn record<'b>(
    part: &'b RecordPart,
    parts: &BundleParts,
    checkpoint: &Checkpoint,
) -> Result<RecordFact<'b>, FactsError> {
    let seq = part.seq;
    let wrong = |why: String| FactsError::Record { seq, why };
    let read = ReadRecord::read(&part.line).map_err(wrong)?;
    if read.seq != seq {
        return Err(wrong(format!("the line says position {}", read.seq)));
    }
    if read.member("origin") != Some(checkpoint.origin().as_str()) {
        return Err(wrong("it was made for another ledger".to_owned()));
    }
    if part.proof.index() + 1 != seq {
        return Err(wrong(format!("its proof is for position {}", part.proof.index() + 1)));
    }
    if *part.proof.checkpoint() != parts.checkpoint || part.proof.extra().is_some() {
        return Err(wrong("its proof leads to another checkpoint than the bundle's".to_owned()));
    }
    let (index, size, root) = (part.proof.index(), checkpoint.size(), checkpoint.root());
    verify_inclusion(index, size, leaf_hash(&part.line), part.proof.hashes(), root)
        .map_err(|error| wrong(error.to_string()))?;
    let sealed = read.sealed().ok_or_else(|| wrong("its sealed digests are malformed".to_owned()))?;
    let closed = sealed.len().saturating_sub(part.disclosures.len());
    if !part.disclosures.is_empty() {
        let list = SealedList::of_record(&sealed).map_err(|error| wrong(error.to_string()))?;
        let sealed_here = |opened: &Disclosure| list.check(opened) == DisclosureVerdict::SealedHere;
        if !part.disclosures.iter().all(sealed_here) {
            return Err(FactsError::Disclosure { seq });
        }
    }
    Ok(RecordFact { read, disclosures: &part.disclosures, closed })
}

fn stamped_trees_hold(parts: &BundleParts, checkpoint: &Checkpoint) -> Result<(), FactsError> {
    for stamped in &parts.stamped {
        let tree = &stamped.tree;
        let wrong = |why: String| FactsError::Stamped { size: tree.size(), why };
        if tree.origin() != checkpoint.origin() {
            return Err(wrong("it is of another log".to_owned()));
        }
        verify_consistency(tree.size(), checkpoint.size(), tree.root(), checkpoint.root(), &stamped.consistency)
            .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

/// The files that records name, each with the first record that does, and what is enclosed of it.
fn files(parts: &BundleParts, records: &[RecordFact<'_>]) -> Result<Vec<FileFact>, FactsError> {
    let mut files: BTreeMap<Digest32, FileFact> = BTreeMap::new();
    let mut lengths: BTreeMap<Digest32, u64> = BTreeMap::new();
    for record in records {
        let Some((blake3, sha256, bytes)) = record.read.evidence() else { continue };
        let blank = FileFact { blake3, sha256, record: record.read.seq, enclosed: false, stamped: false };
        files.entry(blake3).or_insert(blank);
        lengths.entry(blake3).or_insert(bytes);
    }
    for part in &parts.evidence {
        let wrong = |why| FactsError::File { blake3: part.blake3, why };
        let file = files.get_mut(&part.blake3).ok_or(wrong("no record in the bundle names it"))?;
        if let Some(digests) = part.file {
            let same = digests.sha256 == file.sha256 && Some(&digests.bytes) == lengths.get(&part.blake3);
            if !same {
                return Err(wrong("its bytes are not what the record says"));
            }
            file.enclosed = true;
        }
        file.stamped = part.reply.is_some();
    }
    Ok(files.into_values().collect())
}
