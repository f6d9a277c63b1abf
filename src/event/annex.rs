//! Sealed fields: what was decided about them. None of these events holds a value, and none changes a count.
//!
//! Three acts that are never confused: *withholding* keeps a value from those who could read it, *disclosing* hands it
//! over, *erasing* destroys it. A record's digests stay in every case.

use serde::{Deserialize, Serialize};

use super::members::{Coherent, members};
use crate::vocab::{ActorId, ActorRef, Code, Digest32, Fault, Label, Pointer, RecordRef, Text};

/// `annex.withheld`: from here on the values are not shown, and not handed over, until they are released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnnexWithheld {
    /// The record whose values are withheld.
    pub target: RecordRef,
    /// The SHA-256 digests of the withheld disclosures.
    pub digests: Vec<Digest32>,
    /// Why.
    pub reason: Text,
    /// Who decided it, where it was not the submitter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<ActorRef>,
}

members!(AnnexWithheld { target, decided_by });

impl Coherent for AnnexWithheld {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        digests_fit(&self.digests, "nothing is withheld", at, faults);
    }
}

/// `annex.released`: values that were withheld may be shown and handed over again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnnexReleased {
    /// The record whose values are released.
    pub target: RecordRef,
    /// The SHA-256 digests of the released disclosures.
    pub digests: Vec<Digest32>,
    /// Why.
    pub reason: Text,
    /// Who decided it, where it was not the submitter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<ActorRef>,
}

members!(AnnexReleased { target, decided_by });

impl Coherent for AnnexReleased {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        digests_fit(&self.digests, "nothing is released", at, faults);
    }
}

/// `annex.disclosed`: values were handed over to somebody. Recorded before they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnnexDisclosed {
    /// The record whose values were handed over.
    pub target: RecordRef,
    /// The SHA-256 digests of the disclosures handed over.
    pub digests: Vec<Digest32>,
    /// To whom: an office or an institution. A private person's name does not belong here.
    pub to: ActorRef,
    /// What for.
    pub purpose: Text,
}

members!(AnnexDisclosed { target, to });

impl Coherent for AnnexDisclosed {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        digests_fit(&self.digests, "nothing is handed over", at, faults);
    }
}

/// `annex.erased`: sealed values were destroyed; their digests stay in the record. Recorded before they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnnexErased {
    /// The record whose values were destroyed.
    pub target: RecordRef,
    /// The SHA-256 digests of the destroyed disclosures.
    pub digests: Vec<Digest32>,
    /// On which legal ground.
    pub legal_basis: Text,
    /// Who asked for it.
    pub requester: Label,
    /// Who approved it: two.
    pub approvers: Vec<ActorId>,
}

members!(AnnexErased { target, approvers });

impl Coherent for AnnexErased {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        let distinct = matches!(self.approvers.as_slice(), [first, second] if first != second);
        if !distinct {
            faults.push(Fault::new(
                Code::EmptyList,
                at.member("approvers"),
                "an erasure needs two different approvers",
            ));
        }
        digests_fit(&self.digests, "nothing is erased", at, faults);
    }
}

/// One digest at least, in ascending order, none twice.
fn digests_fit(digests: &[Digest32], empty: &str, at: &Pointer, faults: &mut Vec<Fault>) {
    let at = at.member("digests");
    if digests.is_empty() {
        faults.push(Fault::new(Code::EmptyList, at, empty));
    } else if let Some(before) = digests.windows(2).position(|pair| matches!(pair, [a, b] if a >= b)) {
        faults.push(Fault::new(Code::BadHash, at.item(before + 1), "digests are sorted, none twice"));
    }
}
