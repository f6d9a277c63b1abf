//! What assessors with a mandate do: open a verification, issue a finding.

use serde::{Deserialize, Serialize};

use super::about::About;
use super::members::{Coherent, members};
use super::violation::check_parts;
use crate::vocab::{
    ActorId, Attribution, Check, Code, Fault, IncidentId, Label, Pointer, Quantity, Refer, Reference, Source, Text,
    When, choices,
};

choices! {
    /// Where a verification stands.
    pub enum VerificationStep {
        /// Opened.
        Opened = "opened",
        /// Suspended, for a reason.
        Suspended = "suspended",
        /// Resumed.
        Resumed = "resumed",
        /// Closed.
        Closed = "closed",
    }

    /// What a finding says.
    pub enum FindingOutcome {
        /// Verified.
        Verified = "verified",
        /// Verified in part.
        PartiallyVerified = "partially_verified",
        /// Not confirmed.
        NotConfirmed = "not_confirmed",
        /// Cannot be verified.
        Unverifiable = "unverifiable",
        /// Dismissed.
        Dismissed = "dismissed",
        /// Outside the assessor's mandate or the ceasefire's scope.
        OutOfScope = "out_of_scope",
    }
}

/// `verification.stepped`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VerificationStepped {
    /// The incident under verification.
    pub incident: IncidentId,
    /// The step.
    pub step: VerificationStep,
    /// Who verifies.
    pub assessor: ActorId,
    /// When the step was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Why, for a suspension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(VerificationStepped { incident, assessor, when });

impl Coherent for VerificationStepped {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.step == VerificationStep::Suspended && self.reason.is_none() {
            faults.push(Fault::new(Code::MissingField, at.member("reason"), "a suspension has a reason"));
        }
    }
}

/// A member of the assessing body who disagrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Dissent {
    /// Who.
    pub by: ActorId,
    /// In which words.
    pub text: Text,
}

impl Check for Dissent {
    fn check(&self, _: &Pointer, _: &mut Vec<Fault>) {}
}

impl Refer for Dissent {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.by.refer(&at.member("by"), see);
    }
}

/// `finding.issued`: an assessor's word, with its standard of proof. The ledger itself finds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FindingIssued {
    /// About an incident, or about a ceasefire having collapsed.
    pub about: About,
    /// What it says.
    pub outcome: FindingOutcome,
    /// Who issued it.
    pub assessor: ActorId,
    /// Under which mandate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate: Option<Label>,
    /// The standard of proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<Label>,
    /// Whom it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// When the incident happened or the ceasefire collapsed, as found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Figures as found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
    /// Who sat on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<ActorId>,
    /// Who disagreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dissent: Vec<Dissent>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Text>,
    /// Where it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(FindingIssued { about, assessor, attribution, when, quantities, members, dissent, source });

impl Coherent for FindingIssued {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        check_parts(&self.quantities, &at.member("quantities"), faults);
        if matches!(self.about, About::Record(_)) {
            let what = "a finding is about an incident or a ceasefire";
            faults.push(Fault::new(Code::BadKind, at.member("about"), what));
        }
    }
}
