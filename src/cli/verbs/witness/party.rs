//! The witnesses that a ledger's policy names.

use super::seat::{parse_policy, with_cause};
use crate::cli::complaint::Complaint;
use crate::cli::console::internal;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::ledger::{Archive, CosignedError, PolicyFileError, StandingError, WitnessingError};
use crate::proof::{Policy, VerifierKey};
use crate::vocab::Code;

/// A witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// What the policy calls it, else its key's name.
    pub name: String,
    /// Its public key.
    pub key: VerifierKey,
    /// Where it answers.
    pub url: Option<String>,
}

impl Party {
    /// A witness that no policy names.
    #[must_use]
    pub fn of_key(key: VerifierKey) -> Self {
        Self { name: key.name().to_string(), key, url: None }
    }
}

/// Reads the ledger's policy; nothing where none is set.
///
/// # Errors
/// `CF0642`.
pub fn policy_of(archive: &Archive) -> Result<Option<Policy>, Complaint> {
    archive.folder().policy().map_err(|error| match error {
        PolicyFileError::Text(_) => {
            let path = archive.folder().policy_path();
            let bytes = std::fs::read(&path).unwrap_or_default();
            let refused = parse_policy(&bytes, &path.display().to_string()).err();
            let complaint = refused.unwrap_or_else(|| internal("the policy changed while it was read"));
            Complaint { outcome: Outcome::Undecided, ..complaint }
        }
        error => with_cause(Outcome::Io, Code::StorageFailed, &error),
    })
}

/// The witnesses of a policy, in its order.
#[must_use]
pub fn parties(policy: Option<&Policy>) -> Vec<Party> {
    let of = |policy: &Policy| {
        let witnesses = policy.witnesses().map(|(name, key, url)| Party {
            name: name.to_owned(),
            key: key.clone(),
            url: url.map(ToOwned::to_owned),
        });
        witnesses.collect()
    };
    policy.map(of).unwrap_or_default()
}

/// A ledger that could not deal with its witnesses.
#[must_use]
pub fn witnessing(error: &WitnessingError) -> Complaint {
    match error {
        WitnessingError::Ledger(error) => refusal::prove(error),
        WitnessingError::Kept(error) => kept(error),
        WitnessingError::Shelf(error) => super::seat::shelf(error),
        WitnessingError::NotCosigned(_) => with_cause(Outcome::Violated, Code::NotCosigned, error),
        WitnessingError::NoCheckpointFor { .. } => with_cause(Outcome::Rejected, Code::NotCosigned, error),
        WitnessingError::TwoTrees { .. } => with_cause(Outcome::Violated, Code::TwoHistories, error),
        WitnessingError::Lock(_) => Complaint::new(Outcome::Locked, Code::Locked, error.to_string()),
        WitnessingError::Publish(error) => refusal::publish(error),
        WitnessingError::Request(_) => with_cause(Outcome::Undecided, Code::TilesDamaged, error)
            .hint("`ceasefire rebuild` makes the tiles anew; a size above the checkpoint's cannot be proved from"),
        _ => with_cause(Outcome::Rejected, Code::BadRequestFile, error),
    }
}

/// A policy that could not judge.
#[must_use]
pub fn unjudged(error: &StandingError) -> Complaint {
    match error {
        StandingError::Ledger(error) => refusal::prove(error),
        StandingError::Kept(error) => kept(error),
        StandingError::Shelf(error) => super::seat::shelf(error),
        _ => with_cause(Outcome::Undecided, Code::NotCosigned, error)
            .hint("`ceasefire verify` says which signature it is"),
    }
}

fn kept(error: &CosignedError) -> Complaint {
    match error {
        CosignedError::Shelf(error) => super::seat::shelf(error),
        _ => with_cause(Outcome::Undecided, Code::NotSignedByLog, error)
            .hint("the file in `cosigned/` is not what it was; move it aside"),
    }
}
