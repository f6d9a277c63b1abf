//! What the parties and others say: accusations, responses, statements.

use serde::{Deserialize, Serialize};

use super::about::{About, Legal};
use super::members::{Coherent, members};
use super::violation::{Act, check_parts};
use crate::vocab::{
    ActorRef, Attribution, Check, Code, ExternalId, Fault, Label, Pointer, Quantity, Refer, Reference, Source, Text,
    When, Where, choices,
};

choices! {
    /// How an actor answers.
    pub enum Stance {
        /// Denies it.
        Denial = "denial",
        /// Denies a part of it.
        PartialDenial = "partial_denial",
        /// Acknowledges it.
        Acknowledgement = "acknowledgement",
        /// Claims it as its own act.
        ResponsibilityClaimed = "responsibility_claimed",
        /// Justifies it.
        Justification = "justification",
        /// Charges the other side with it, or with something else.
        CounterClaim = "counter_claim",
        /// Was asked and says nothing.
        NoComment = "no_comment",
    }

    /// Whether a justification also claims the act.
    pub enum Claiming {
        /// It claims the act.
        With = "with",
        /// It justifies the act and does not say whose it was.
        Without = "without",
    }

    /// How surely a response is an answer to this.
    pub enum ResponseScope {
        /// The response names it, or its words can mean nothing else.
        Named = "named",
        /// The response is general and covers it.
        General = "general",
        /// It may or may not be meant.
        Uncertain = "uncertain",
    }

    /// How the recorder knows what a response answers.
    pub enum ScopeBasis {
        /// The words say so.
        Stated = "stated",
        /// The context says so.
        Context = "context",
    }

    /// What kind of statement it is.
    pub enum StatementKind {
        /// Condemns.
        Condemnation = "condemnation",
        /// Threatens.
        Threat = "threat",
        /// Demands.
        Demand = "demand",
        /// Pledges.
        Pledge = "pledge",
        /// Appeals.
        Appeal = "appeal",
        /// Voices concern.
        Concern = "concern",
        /// Criticises.
        Criticism = "criticism",
        /// Uses a legal word for what happened.
        LegalCharacterisation = "legal_characterisation",
        /// Publishes evidence.
        EvidencePublished = "evidence_published",
        /// Says who holds which ground.
        TerritorialClaim = "territorial_claim",
        /// Says what it did itself.
        OwnAction = "own_action",
    }
}

/// `accusation.made`: somebody charges somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AccusationMade {
    /// Who accuses.
    pub by: Vec<ActorRef>,
    /// Who is accused.
    pub against: Vec<ActorRef>,
    /// Of what: empty where the accusation is general.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<About>,
    /// Of which act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// With what, in the source's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<Label>,
    /// Legal words that the accuser uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal: Vec<Legal>,
    /// When the accused act is said to have happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Codes of other lists for it, such as CAMEO.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalId>,
    /// Through whom it is known.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(AccusationMade { by, against, about, when, source });

impl Coherent for AccusationMade {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        for (name, actors) in [("by", &self.by), ("against", &self.against)] {
            if actors.is_empty() {
                let what = "an accusation names who accuses and who is accused";
                faults.push(Fault::new(Code::EmptyList, at.member(name), what));
            }
        }
    }
}

/// One thing that a response answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// What.
    pub about: About,
    /// How surely.
    pub scope: ResponseScope,
    /// How the recorder knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<ScopeBasis>,
}

impl Check for Answered {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        self.about.check(&at.member("about"), faults);
    }
}

impl Refer for Answered {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.about.refer(&at.member("about"), see);
    }
}

/// `response.made`: somebody answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResponseMade {
    /// Who answers.
    pub by: Vec<ActorRef>,
    /// To what: empty where it is not said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Answered>,
    /// How.
    pub stance: Stance,
    /// Whether a justification claims the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claiming: Option<Claiming>,
    /// Legal words that the response uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal: Vec<Legal>,
    /// When what it speaks of is said to have happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Codes of other lists for it, such as CAMEO.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalId>,
    /// Through whom it is known.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(ResponseMade { by, to, when, source });

impl Coherent for ResponseMade {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.by.is_empty() {
            faults.push(Fault::new(Code::EmptyList, at.member("by"), "a response names who answers"));
        }
        if self.claiming.is_some() && self.stance != Stance::Justification {
            let what = "only a justification is with or without claiming";
            faults.push(Fault::new(Code::LevelWithoutAccused, at.member("claiming"), what));
        }
    }
}

/// `statement.made`: anything else that somebody says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StatementMade {
    /// Who says it.
    pub by: Vec<ActorRef>,
    /// What kind it is.
    pub kind: StatementKind,
    /// To whom or at whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<ActorRef>,
    /// About what: empty where it is general.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<About>,
    /// Whom it charges, where it does. A condemnation that charges nobody has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// Figures it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
    /// Legal words that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal: Vec<Legal>,
    /// When what it speaks of is said to have happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Where what it speaks of is said to have happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "where")]
    pub places: Vec<Where>,
    /// Codes of other lists for it, such as CAMEO.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalId>,
    /// Through whom it is known.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(StatementMade { by, to, about, attribution, quantities, when, places = "where", source });

impl Coherent for StatementMade {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.by.is_empty() {
            faults.push(Fault::new(Code::EmptyList, at.member("by"), "a statement names who makes it"));
        }
        check_parts(&self.quantities, &at.member("quantities"), faults);
    }
}
