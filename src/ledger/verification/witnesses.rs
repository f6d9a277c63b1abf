//! Witnesses cosigned what the records come to, and as many of them as the policy asks for.

use rayon::prelude::*;

use super::VerifyError;
use super::checking::{Checking, Passed};
use super::report::{Check, Finding};
use crate::ledger::proving::SignedCheckpoint;
use crate::ledger::witnessing::{CosignedCheckpoints, CosignedError, joined};
use crate::proof::{
    EvaluatePolicyError, KeyName, Note, Policy, PolicyJudgement, PolicyVerdict, UnmetParty, VerifyNoteError,
};
use crate::vocab::Seq;

const NAME: &str = "witnesses";

/// The check of the cosignatures.
pub(super) struct Witnesses {
    /// The asker's policy; otherwise the one that the keeper set.
    pub(super) policy: Option<Policy>,
}

/// What is kept of the cosigned checkpoints.
struct Kept {
    signed: Vec<SignedCheckpoint>,
    /// Files that are not what they should be.
    unusable: Vec<CosignedError>,
}

impl Checking for Witnesses {
    fn conclude(self: Box<Self>, passed: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let Some(key) = passed.signed.key() else {
            return Ok(vec![Check::ok(NAME, "none: there is no log key whose checkpoints they could cosign")]);
        };
        let cosigned = CosignedCheckpoints::under(passed.archive.folder(), key.clone());
        let kept = match cosigned.sizes() {
            Ok(sizes) => kept(&cosigned, &sizes),
            Err(error) => return Ok(vec![Check::cannot_tell(NAME, error.to_string())]),
        };
        let mut findings: Vec<Finding> = kept.signed.iter().filter_map(|signed| against_tree(signed, passed)).collect();
        let policy = match self.policy {
            Some(policy) => Ok(Some(policy)),
            None => passed.archive.folder().policy(),
        };
        let check = match policy {
            Ok(Some(policy)) => {
                findings.extend(against_keys(&kept.signed, &policy));
                judged(&kept, &policy, passed)
            }
            Ok(None) => Check::ok(NAME, "no policy says who must cosign"),
            Err(error) => Check::cannot_tell(NAME, error.to_string()),
        };
        Ok(vec![settled(check, findings, &kept)])
    }
}

fn kept(cosigned: &CosignedCheckpoints, sizes: &[u64]) -> Kept {
    // A signature takes its time, and a ledger may have many checkpoints.
    let read: Vec<_> = sizes.par_iter().map(|&size| cosigned.at(size)).collect();
    let mut kept = Kept { signed: Vec::new(), unusable: Vec::new() };
    for one in read {
        match one {
            Ok(signed) => kept.signed.extend(signed),
            Err(error) => kept.unusable.push(error),
        }
    }
    kept
}

/// What the log's key signed, and witnesses may have cosigned, must be what the records come to.
fn against_tree(signed: &SignedCheckpoint, passed: &Passed<'_>) -> Option<Finding> {
    let (size, tree) = (signed.checkpoint.size(), passed.tree);
    let cosigners = match signed.note.signatures().len() {
        0 | 1 => "signed",
        _ => "signed and cosigned",
    };
    match tree.root_at(size) {
        Some(root) if root == signed.checkpoint.root() => None,
        Some(_) => {
            Some(Finding::at(Seq::new(size), format!("the records up to here are not those that were {cosigners}")))
        }
        // Where a record is unreadable other checks say so.
        None if size == 0 || tree.broken().is_some() => None,
        None => Some(Finding::at(Seq::new(tree.size()).next(), format!("missing: {size} records were {cosigners}"))),
    }
}

/// A signature in a known witness's name must be its own.
fn against_keys(kept: &[SignedCheckpoint], policy: &Policy) -> Vec<Finding> {
    let forged = |signed: &SignedCheckpoint| {
        let name = forged_name(policy.evaluate(&signed.note).err()?)?;
        Some(Finding::at(Seq::new(signed.checkpoint.size()), forged_words(&name)))
    };
    kept.par_iter().filter_map(forged).collect()
}

fn forged_name(error: EvaluatePolicyError) -> Option<KeyName> {
    match error {
        EvaluatePolicyError::Note(VerifyNoteError::BadSignature { name, .. }) => Some(name),
        _ => None,
    }
}

fn forged_words(name: &KeyName) -> String {
    format!("the signature in the name of {name} under the checkpoint of these records is not its own")
}

/// Judges the newest checkpoint by the policy.
fn judged(kept: &Kept, policy: &Policy, passed: &Passed<'_>) -> Check {
    let Some((checkpoint, note)) = passed.signed.largest() else {
        return Check::cannot_tell(NAME, "there is no checkpoint that they could have cosigned");
    };
    let size = checkpoint.size();
    let same = kept.signed.iter().find(|kept| kept.checkpoint == *checkpoint);
    let whole = same.map_or(Ok(note.clone()), |kept| joined(&kept.note, note));
    match whole.map(|note: Note| policy.evaluate(&note)) {
        Ok(Ok(PolicyJudgement { verdict: PolicyVerdict::Satisfied, cosigned, .. })) => {
            let names: Vec<&str> = cosigned.iter().map(|by| by.witness.as_str()).collect();
            let by = if names.is_empty() { "nobody, and nobody has to".to_owned() } else { names.join(", ") };
            Check::ok(NAME, format!("{size} records cosigned by {by}; the policy is met"))
        }
        Ok(Ok(PolicyJudgement { verdict: PolicyVerdict::NotSatisfied { unmet }, .. })) => {
            let last = match last_met(kept, policy, size) {
                Some(last) => format!("; the policy was last met for {last} records"),
                None => String::new(),
            };
            Check::cannot_tell(NAME, format!("{size} records: {}{last}", lacking(&unmet)))
        }
        Ok(Err(error)) => match forged_name(error.clone()) {
            Some(name) => {
                let finding = Finding::at(Seq::new(size), forged_words(&name));
                Check::of_findings(NAME, "every signature in a witness's name is its own", vec![finding])
            }
            None => Check::cannot_tell(NAME, format!("the policy does not take the checkpoint: {error}")),
        },
        Err(error) => Check::cannot_tell(NAME, error.to_string()),
    }
}

fn last_met(kept: &Kept, policy: &Policy, below: u64) -> Option<u64> {
    let earlier = kept.signed.iter().rev().filter(|signed| signed.checkpoint.size() < below);
    let met = |signed: &&SignedCheckpoint| {
        policy.evaluate(&signed.note).is_ok_and(|judgement| judgement.verdict == PolicyVerdict::Satisfied)
    };
    earlier.into_iter().find(met).map(|signed| signed.checkpoint.size())
}

/// Who is missing, the quorum first.
fn lacking(unmet: &[UnmetParty]) -> String {
    let words = unmet.iter().map(|party| {
        let UnmetParty { name, needed, present, missing, .. } = party;
        if missing.is_empty() {
            return format!("{name} has not cosigned");
        }
        format!("{name} needs {needed} of its members and has {present} (missing: {})", missing.join(", "))
    });
    words.collect::<Vec<_>>().join("; ")
}

/// What was found goes before what could not be told.
fn settled(check: Check, mut findings: Vec<Finding>, kept: &Kept) -> Check {
    findings.extend(check.findings.iter().cloned());
    findings.dedup();
    if !findings.is_empty() {
        return Check::of_findings(NAME, check.detail, findings);
    }
    match kept.unusable.first() {
        Some(error) => Check::cannot_tell(NAME, format!("{}; {error}", check.detail)),
        None => check,
    }
}
