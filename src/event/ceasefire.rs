//! Ceasefires: that there is one, the steps claimed of it, and the terms claimed of it.

use serde::{Deserialize, Serialize};

use super::members::{Coherent, members};
use crate::vocab::{
    ActorId, ActorRef, CeasefireId, Check, Code, ExternalId, Fault, Label, Names, PlaceId, Pointer, Refer, Reference,
    Source, Text, When, Where, choices,
};

choices! {
    /// What kind of ceasefire it is.
    pub enum CeasefireKind {
        /// A pause, for hours or days.
        Pause = "pause",
        /// A truce.
        Truce = "truce",
        /// A cessation of hostilities.
        CessationOfHostilities = "cessation_of_hostilities",
        /// A preliminary ceasefire, with some means of compliance.
        Preliminary = "preliminary",
        /// A definitive ceasefire.
        Definitive = "definitive",
        /// A ceasefire of one place.
        Local = "local",
        /// Declared by one side alone.
        Unilateral = "unilateral",
    }

    /// How one ceasefire stands to another.
    pub enum CeasefireRelation {
        /// It renews or reaffirms the other and does not replace it.
        Renews = "renews",
        /// It replaces the other.
        Supersedes = "supersedes",
        /// It carries the other out.
        Implements = "implements",
        /// It is an annex of the other.
        AnnexOf = "annex_of",
    }

    /// A step in the life of a ceasefire, as somebody claims it.
    pub enum Step {
        /// Proposed.
        Proposed = "proposed",
        /// Announced.
        Announced = "announced",
        /// Agreed.
        Agreed = "agreed",
        /// Signed.
        Signed = "signed",
        /// Joined by another party.
        Joined = "joined",
        /// Rejected.
        Rejected = "rejected",
        /// In effect.
        Effective = "effective",
        /// Suspended.
        Suspended = "suspended",
        /// Resumed after a suspension.
        Resumed = "resumed",
        /// Extended beyond its term.
        Extended = "extended",
        /// Left by a party.
        Withdrawn = "withdrawn",
        /// Ended by agreement or notice.
        Terminated = "terminated",
        /// Declared to have collapsed.
        CollapseDeclared = "collapse_declared",
        /// Replaced by another.
        Superseded = "superseded",
        /// Reported to have ended, nobody says when or how.
        EndReported = "end_reported",
    }
}

/// Where and for whom a ceasefire holds. Without it, everywhere and for every party.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The registered places it covers, with all that lies within them; empty is everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceId>,
    /// The scope in the words of the agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Text>,
}

impl Check for Scope {
    fn check(&self, _: &Pointer, _: &mut Vec<Fault>) {}
}

impl Refer for Scope {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.places.refer(&at.member("places"), see);
    }
}

/// How this ceasefire stands to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RelatedCeasefire {
    /// How.
    pub relation: CeasefireRelation,
    /// The other.
    pub to: CeasefireId,
}

impl Check for RelatedCeasefire {
    fn check(&self, _: &Pointer, _: &mut Vec<Fault>) {}
}

impl Refer for RelatedCeasefire {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.to.refer(&at.member("to"), see);
    }
}

/// `ceasefire.recorded`: there is such a thing, and this is what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CeasefireRecorded {
    /// The id it gets.
    pub ceasefire: CeasefireId,
    /// Its names.
    pub names: Names,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CeasefireKind>,
    /// Its kind in the source's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind_verbatim: Option<Label>,
    /// Who is bound by it.
    pub parties: Vec<ActorId>,
    /// Who brought it about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mediators: Vec<ActorId>,
    /// Who guarantees it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guarantors: Vec<ActorId>,
    /// Where and for whom it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// How it stands to others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<RelatedCeasefire>,
    /// What other lists call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalId>,
    /// Who says that there is such a ceasefire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(CeasefireRecorded { names, parties, mediators, guarantors, scope, relations, source });

impl Coherent for CeasefireRecorded {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.parties.is_empty() {
            faults.push(Fault::new(Code::EmptyList, at.member("parties"), "a ceasefire binds one party at least"));
        }
        if self.relations.iter().any(|related| related.to == self.ceasefire) {
            faults.push(Fault::new(Code::SelfReference, at.member("relations"), "a ceasefire is related to itself"));
        }
    }
}

/// `ceasefire.step_reported`: somebody claims one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StepReported {
    /// The ceasefire.
    pub ceasefire: CeasefireId,
    /// The step.
    pub step: Step,
    /// Who took it; empty where the step is the agreement's as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<ActorRef>,
    /// When it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Until when it holds, for an extension or a suspension with a term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<When>,
    /// Where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "where")]
    pub place: Option<Where>,
    /// Who says so.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(StepReported { ceasefire, by, when, until, place = "where", source });

impl Coherent for StepReported {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.step == Step::Extended && self.until.is_none() {
            faults.push(Fault::new(Code::MissingField, at.member("until"), "an extension says until when"));
        }
    }
}

/// A kind as a source words it, with the code it comes nearest to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KindTerm {
    /// The source's word.
    pub verbatim: Label,
    /// The code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CeasefireKind>,
}

/// How long it is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DurationTerm {
    /// Minutes from its effective time.
    pub minutes: u32,
}

/// One term of a ceasefire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Term {
    /// When it takes effect.
    Effective(When),
    /// When it ends of itself.
    Expires(When),
    /// How long it holds from its effective time.
    Duration(DurationTerm),
    /// What kind it is.
    Kind(KindTerm),
    /// What it is for.
    Purpose(Text),
    /// What it forbids.
    ProhibitedAct(Text),
    /// What it leaves out.
    Exception(Text),
    /// Where it holds.
    Area(Where),
    /// How it can be left.
    ExitClause(Text),
}

impl Check for Term {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        match self {
            Self::Effective(when) => when.check(&at.member("effective"), faults),
            Self::Expires(when) => when.check(&at.member("expires"), faults),
            Self::Area(area) => area.check(&at.member("area"), faults),
            _ => {}
        }
    }
}

impl Refer for Term {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        match self {
            Self::Effective(when) => when.refer(&at.member("effective"), see),
            Self::Expires(when) => when.refer(&at.member("expires"), see),
            Self::Area(area) => area.refer(&at.member("area"), see),
            _ => {}
        }
    }
}

/// `terms.reported`: somebody claims one or more terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TermsReported {
    /// The ceasefire.
    pub ceasefire: CeasefireId,
    /// The terms.
    pub terms: Vec<Term>,
    /// Who says so.
    pub source: Source,
    /// What was said, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(TermsReported { ceasefire, terms, source });

impl Coherent for TermsReported {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.terms.is_empty() {
            faults.push(Fault::new(Code::EmptyList, at.member("terms"), "no term is given"));
        }
    }
}
