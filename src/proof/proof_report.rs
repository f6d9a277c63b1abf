//! What a proof shows, and on whose word: every check with an answer of its own.

use serde::Serialize;

use crate::proof::checkpoint::{Checkpoint, OpenCheckpointError};
use crate::proof::inclusion::verify_inclusion;
use crate::proof::key::VerifierKey;
use crate::proof::note::{Note, VerifyNoteError};
use crate::proof::policy::{EvaluatePolicyError, Policy, PolicyVerdict, UnmetParty};
use crate::proof::receipt::{ReceiptFile, ReceiptVerdict};
#[cfg(feature = "timestamp")]
use crate::proof::timestamp::CertificateAuthorities;
use crate::proof::tlog_proof::TlogProof;
use crate::proof::tree::leaf_hash;
use crate::record::Envelope;

/// Whom the asker trusts. A proof cannot say it: whoever made it chose what is in it.
#[derive(Debug, Clone, Default)]
pub struct ProofTrust {
    /// The policy that a checkpoint must satisfy.
    pub policy: Option<Policy>,
    /// The key of the log.
    pub log_key: Option<VerifierKey>,
    /// The authorities that may vouch for a timestamp.
    #[cfg(feature = "timestamp")]
    pub authorities: Option<CertificateAuthorities>,
}

impl ProofTrust {
    /// Trusts a policy and a key of the log, where they are given, and no authority for timestamps.
    #[must_use]
    pub fn in_signatures(policy: Option<Policy>, log_key: Option<VerifierKey>) -> Self {
        Self {
            policy,
            log_key,
            #[cfg(feature = "timestamp")]
            authorities: None,
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It was checked and holds.
    Ok,
    /// It was checked and does not hold.
    Violated,
    /// It could not be checked.
    CannotTell,
    /// It was not asked for: what it needs was not given.
    NotAsked,
}

/// One check and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProofCheck {
    /// What was checked.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Standing,
    /// What was found, in a few words.
    pub detail: String,
}

/// Every check of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProofReport {
    /// The log's name, as the proof has it.
    pub origin: Option<String>,
    /// The positions of the records.
    pub records: Vec<u64>,
    /// The number of records in the log's tree.
    pub size: Option<u64>,
    /// The root of the tree, base64.
    pub root: Option<String>,
    /// The log key that signed.
    pub log_key: Option<String>,
    /// The checks, each with its answer.
    pub checks: Vec<ProofCheck>,
}

impl ProofCheck {
    /// Puts a check and its answer together.
    #[must_use]
    pub fn new(name: &'static str, verdict: Standing, detail: impl Into<String>) -> Self {
        Self { name, verdict, detail: detail.into() }
    }
}

impl ProofReport {
    /// Begins a report of which nothing is known yet.
    #[must_use]
    pub fn of(checks: Vec<ProofCheck>) -> Self {
        Self { origin: None, records: Vec::new(), size: None, root: None, log_key: None, checks }
    }

    /// Gives the answer as a whole: what does not hold beats what cannot be told; what was not asked does not count.
    #[must_use]
    pub fn standing(&self) -> Standing {
        [Standing::Violated, Standing::CannotTell]
            .into_iter()
            .find(|standing| self.checks.iter().any(|check| check.verdict == *standing))
            .unwrap_or(Standing::Ok)
    }
}

impl ProofTrust {
    /// Did a log that the asker trusts sign?
    #[must_use]
    pub fn key_check(&self, note: &Note) -> ProofCheck {
        let (given, refused) = match (&self.log_key, &self.policy) {
            (Some(key), _) => ("the key you gave", Checkpoint::open(note, key).err().map(|error| key_words(&error))),
            (None, Some(policy)) => {
                ("a log of the policy you gave", policy.evaluate(note).err().map(|error| policy_words(&error)))
            }
            (None, None) => {
                let what = "whose key signed it, the file cannot prove: give the log's key or a policy";
                return ProofCheck::new("key", Standing::CannotTell, what);
            }
        };
        match refused {
            None => ProofCheck::new("key", Standing::Ok, format!("the checkpoint is signed by {given}")),
            Some(why) => ProofCheck::new("key", Standing::Violated, format!("not signed by {given}: {why}")),
        }
    }

    /// Did the witnesses sign that the asker asks for? Nothing where no policy was given.
    #[must_use]
    pub fn witnesses_check(&self, note: &Note) -> Option<ProofCheck> {
        let policy = self.policy.as_ref()?;
        Some(witnesses_of(policy, policy.evaluate(note).map(|judgement| judgement.verdict)))
    }

    /// Checks a proof file for a record's line (without its newline): that the line is a record at the place that the
    /// proof says, in the tree of its checkpoint, and that those trusted signed the checkpoint. Without a line, the one
    /// that the proof carries beside itself is taken.
    #[must_use]
    pub fn check_tlog_proof(&self, proof: &TlogProof, line: Option<&[u8]>) -> ProofReport {
        let Some(line) = line.or(proof.extra()) else {
            let what = "which record it is about must be given: the proof does not carry the line";
            return ProofReport::of(vec![ProofCheck::new("record", Standing::CannotTell, what)]);
        };
        let mut report = ProofReport::of(Vec::new());
        let seq = proof.index() + 1;
        report.checks.push(match Envelope::decode(line) {
            Ok(envelope) if envelope.seq.number() == seq => ok("record", format!("a record, at position {seq}")),
            Ok(envelope) => violated("record", format!("the line says position {}, the proof {seq}", envelope.seq)),
            Err(error) => violated("record", format!("the line is no record: {error}")),
        });
        let checkpoint: Checkpoint = match proof.checkpoint().text().parse() {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                report.checks.push(violated("inclusion", format!("the proof has no checkpoint: {error}")));
                return report;
            }
        };
        let (size, root) = (checkpoint.size(), checkpoint.root());
        let included = verify_inclusion(proof.index(), size, leaf_hash(line), proof.hashes(), root);
        report.checks.push(match included {
            Ok(()) => ok("inclusion", format!("at its position in a tree of {size}")),
            Err(error) => violated("inclusion", error.to_string()),
        });
        report.origin = Some(checkpoint.origin().to_string());
        (report.size, report.root, report.records) = (Some(size), Some(root.to_base64()), vec![seq]);
        report.checks.push(self.key_check(proof.checkpoint()));
        report
            .checks
            .push(self.witnesses_check(proof.checkpoint()).unwrap_or_else(|| {
                ProofCheck::new("witnesses", Standing::NotAsked, "to ask for yours, give a policy")
            }));
        report
    }
}

impl ProofTrust {
    /// Checks a receipt. The key that it names itself is only what it says of itself.
    #[must_use]
    pub fn check_receipt(&self, receipt: &ReceiptFile) -> ProofReport {
        let mut report = ProofReport::of(Vec::new());
        let key = self.log_key.clone().or_else(|| self.policy_key_of(receipt.origin()));
        let seq = receipt.seq();
        report.checks.push(match receipt.check(key.as_ref()) {
            ReceiptVerdict::Holds(checkpoint) => {
                report.size = Some(checkpoint.size());
                report.root = Some(checkpoint.root().to_base64());
                ok("receipt", format!("record {seq} is one of {} that the log's key signed for", checkpoint.size()))
            }
            ReceiptVerdict::Violated(fault) => violated("receipt", fault.to_string()),
            ReceiptVerdict::NotCovered => ProofCheck::new(
                "receipt",
                Standing::CannotTell,
                "no checkpoint covers the record yet: ask for one later",
            ),
            ReceiptVerdict::UnknownKey(_) => {
                let what = "it holds under the key that it names itself: give the log's key or a policy";
                ProofCheck::new("receipt", Standing::CannotTell, what)
            }
        });
        report.origin = Some(receipt.origin().to_owned());
        report.records = vec![seq.number()];
        report.log_key = key.map(|key| key.to_string()).or_else(|| receipt.log_key().map(ToOwned::to_owned));
        report
    }

    fn policy_key_of(&self, origin: &str) -> Option<VerifierKey> {
        let logs = self.policy.as_ref()?.logs().map(|(key, _)| key);
        logs.into_iter().find(|key| key.name().as_str() == origin).cloned()
    }
}

fn ok(name: &'static str, detail: String) -> ProofCheck {
    ProofCheck::new(name, Standing::Ok, detail)
}

fn violated(name: &'static str, detail: String) -> ProofCheck {
    ProofCheck::new(name, Standing::Violated, detail)
}

fn key_words(error: &OpenCheckpointError) -> String {
    match error {
        OpenCheckpointError::Signature(VerifyNoteError::NoKnownSignature) => "another key signed".to_owned(),
        other => other.to_string(),
    }
}

fn policy_words(error: &EvaluatePolicyError) -> String {
    match error {
        EvaluatePolicyError::Note(VerifyNoteError::NoKnownSignature) => "other keys signed".to_owned(),
        other => other.to_string(),
    }
}

/// The answer about witnesses of a policy that the asker gave.
fn witnesses_of(policy: &Policy, verdict: Result<PolicyVerdict, EvaluatePolicyError>) -> ProofCheck {
    const NAME: &str = "witnesses";
    match verdict {
        Err(_) => ProofCheck::new(NAME, Standing::CannotTell, "not looked at: no log of the policy signed"),
        Ok(PolicyVerdict::NotSatisfied { unmet }) => {
            let missing: Vec<String> = unmet.iter().flat_map(UnmetParty::absent).collect();
            let what = format!("not enough of your policy's have signed; missing: {}", missing.join(", "));
            ProofCheck::new(NAME, Standing::CannotTell, what)
        }
        Ok(PolicyVerdict::Satisfied) if policy.asks_for_witnesses() => {
            ProofCheck::new(NAME, Standing::Ok, "those that your policy asks for have signed")
        }
        Ok(PolicyVerdict::Satisfied) => ProofCheck::new(NAME, Standing::Ok, "your policy asks for none"),
    }
}
