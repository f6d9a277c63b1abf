//! Trust policies of C2SP tlog-policy (draft): which log, and which witnesses must have cosigned.

use std::collections::BTreeMap;

use crate::proof::checkpoint::{Checkpoint, CheckpointError};
use crate::proof::cosignature::PosixTime;
use crate::proof::key::{KeyName, VerifierKey};
use crate::proof::note::{Note, Statement, VerifyNoteError};
use crate::proof::policy_text::{self, PolicyError};

/// The logs and witnesses somebody trusts, and the quorum of witnesses they ask for.
///
/// ```
/// use ceasefire_ledger::proof::Policy;
///
/// let policy = Policy::parse(
///     b"log ceasefire.example/log+ebd6d79a+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n\
///       witness mission witness.example/w1+0ad7d35e+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\n\
///       quorum mission\n",
/// )?;
/// assert_eq!(policy.logs().count(), 1);
/// # Ok::<(), ceasefire_ledger::proof::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(super) logs: Vec<PolicyLog>,
    /// Witnesses and groups in the order of their lines: a group has only members that stand before it.
    pub(super) parties: Vec<Party>,
    pub(super) quorum: Quorum,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PolicyLog {
    pub(super) key: VerifierKey,
    pub(super) url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Party {
    pub(super) name: String,
    pub(super) role: Role,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Witness { key: Box<VerifierKey>, url: Option<String> },
    Group { threshold: usize, members: Vec<PartyIndex> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quorum {
    None,
    Of(PartyIndex),
}

/// The place of a witness or group in [`Policy::parties`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartyIndex(pub(super) usize);

impl Policy {
    /// Reads a policy file.
    ///
    /// Two rules are stricter than the draft: the file is UTF-8, and its last line ends with a newline, so that a file
    /// cut short is not taken for a weaker policy.
    ///
    /// # Errors
    /// [`PolicyError`] with the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        policy_text::parse(bytes)
    }

    /// The keys of the trusted logs, with the address each line gave.
    pub fn logs(&self) -> impl Iterator<Item = (&VerifierKey, Option<&str>)> {
        self.logs.iter().map(|log| (&log.key, log.url.as_deref()))
    }

    /// The witnesses under the name the policy calls them, with key and address.
    pub fn witnesses(&self) -> impl Iterator<Item = (&str, &VerifierKey, Option<&str>)> {
        self.parties.iter().filter_map(|party| match &party.role {
            Role::Witness { key, url } => Some((party.name.as_str(), &**key, url.as_deref())),
            Role::Group { .. } => None,
        })
    }

    /// Tells whether any witness is asked for at all.
    #[must_use]
    pub const fn asks_for_witnesses(&self) -> bool {
        !matches!(self.quorum, Quorum::None)
    }

    /// Judges a checkpoint note: is it signed by one of the logs, and cosigned by the quorum?
    ///
    /// # Errors
    /// When the note is not to be believed at all: a bad signature of a known key, a text that is no checkpoint, or no
    /// signature of a trusted log whose name is the checkpoint's origin.
    pub fn evaluate(&self, note: &Note) -> Result<PolicyJudgement, EvaluatePolicyError> {
        let keys = self.logs().map(|(key, _)| key).chain(self.witnesses().map(|(_, key, _)| key));
        let verified = note.verify(keys)?;
        let checkpoint: Checkpoint = note.text().parse()?;
        let by_log = verified.iter().any(|s| s.statement == Statement::Signed && s.key.name() == checkpoint.origin());
        if !by_log {
            return Err(EvaluatePolicyError::NoTrustedLog { origin: checkpoint.origin().clone() });
        }
        let mut times = BTreeMap::new();
        for (witness, key, _) in self.witnesses() {
            let own = verified.iter().filter(|signature| signature.key == key);
            let latest = own.filter_map(|signature| cosigned_at(signature.statement)).max();
            times.extend(latest.map(|at| (witness, at)));
        }
        let verdict = self.verdict(&times);
        let cosigned = times.into_iter().map(|(witness, at)| WitnessedAt { witness: witness.to_owned(), at }).collect();
        Ok(PolicyJudgement { checkpoint, cosigned, verdict })
    }

    fn verdict(&self, cosigned: &BTreeMap<&str, PosixTime>) -> PolicyVerdict {
        let Quorum::Of(quorum) = self.quorum else { return PolicyVerdict::Satisfied };
        let mut witnessed = Vec::with_capacity(self.parties.len());
        for party in &self.parties {
            let holds = match &party.role {
                Role::Witness { .. } => cosigned.contains_key(party.name.as_str()),
                Role::Group { threshold, members } => {
                    members.iter().filter(|&&member| holds(&witnessed, member)).count() >= *threshold
                }
            };
            witnessed.push(holds);
        }
        if holds(&witnessed, quorum) {
            return PolicyVerdict::Satisfied;
        }
        PolicyVerdict::NotSatisfied { unmet: self.unmet(quorum, &witnessed) }
    }

    /// The unmet parties from the quorum downwards.
    fn unmet(&self, quorum: PartyIndex, witnessed: &[bool]) -> Vec<UnmetParty> {
        let mut unmet = Vec::new();
        let mut open = vec![quorum];
        while let Some(party) = open.pop().and_then(|index| self.parties.get(index.0)) {
            let Role::Group { threshold, members } = &party.role else {
                unmet.push(UnmetParty { name: party.name.clone(), needed: 1, present: 0, missing: Vec::new() });
                continue;
            };
            let missing: Vec<PartyIndex> = members.iter().copied().filter(|&m| !holds(witnessed, m)).collect();
            let names = missing.iter().filter_map(|member| self.parties.get(member.0)).map(|party| party.name.clone());
            unmet.push(UnmetParty {
                name: party.name.clone(),
                needed: *threshold,
                present: members.len() - missing.len(),
                missing: names.collect(),
            });
            open.extend(missing.into_iter().rev().filter(|&member| self.is_group(member)));
        }
        unmet
    }

    fn is_group(&self, index: PartyIndex) -> bool {
        self.parties.get(index.0).is_some_and(|party| matches!(party.role, Role::Group { .. }))
    }
}

/// What a policy makes of a checkpoint note.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct PolicyJudgement {
    /// The checkpoint, signed by a trusted log.
    pub checkpoint: Checkpoint,
    /// The policy's witnesses that cosigned it, by name.
    pub cosigned: Vec<WitnessedAt>,
    /// Whether they are enough.
    pub verdict: PolicyVerdict,
}

/// A witness that cosigned, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WitnessedAt {
    /// The name the policy calls the witness.
    pub witness: String,
    /// The time of its latest cosignature on the note, by its own clock.
    pub at: PosixTime,
}

/// Whether the quorum cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum PolicyVerdict {
    /// It did.
    Satisfied,
    /// It did not.
    NotSatisfied {
        /// Who is missing: the quorum first, then each unmet group under it.
        unmet: Vec<UnmetParty>,
    },
}

/// A witness or group whose part of the quorum is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnmetParty {
    /// The witness or group.
    pub name: String,
    /// How many of its members must have cosigned; 1 for a witness.
    pub needed: usize,
    /// How many have.
    pub present: usize,
    /// The members that have not; none for a witness.
    pub missing: Vec<String>,
}

impl UnmetParty {
    /// Names who is missing: its members, or itself where it is a witness.
    #[must_use]
    pub fn absent(&self) -> Vec<String> {
        if self.missing.is_empty() { vec![self.name.clone()] } else { self.missing.clone() }
    }
}

/// Why a policy could not judge a note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluatePolicyError {
    /// A known signature is bad or there is none.
    #[error("checkpoint note does not verify")]
    Note(#[from] VerifyNoteError),
    /// The signed text is no checkpoint.
    #[error("signed note is no checkpoint")]
    Text(#[from] CheckpointError),
    /// No log that the policy trusts signed under its own name.
    #[error("no trusted log of origin {origin} signed the checkpoint")]
    NoTrustedLog {
        /// The checkpoint's origin.
        origin: KeyName,
    },
}

fn holds(witnessed: &[bool], party: PartyIndex) -> bool {
    witnessed.get(party.0).copied().unwrap_or(false)
}

fn cosigned_at(statement: Statement) -> Option<PosixTime> {
    match statement {
        Statement::Cosigned { at } => Some(at),
        Statement::Signed => None,
    }
}
