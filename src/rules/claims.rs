//! What the rules need of a claim: the event without words, documents and remarks.
//!
//! Projections keep these beside the record's position; the words stay in the log.

use serde::{Deserialize, Serialize};

use crate::event::{
    Act, BreachClaim, Claiming, FindingOutcome, ResponseScope, ScopeBasis, Stance, StatementKind, Step,
    VerificationStep,
};
use crate::vocab::{
    ActorId, ActorRef, Attribution, CounterId, Instant, Level, PlaceId, Quantity, Seq, Source, Span, When, Where,
};

/// How a record was mended later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mended {
    /// It reads as the correction at this position says.
    Corrected(Seq),
    /// It counts for nothing since the retraction at this position.
    Retracted(Seq),
}

/// A claim with the record it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed<T> {
    /// The record.
    pub seq: Seq,
    /// When it was recorded.
    pub at: Instant,
    /// The act of speech it is identified with: the first record of that act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Seq>,
    /// How it was mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mended: Option<Mended>,
    /// What it claims.
    pub claim: T,
}

impl<T> Claimed<T> {
    /// Tells whether the claim counts: it was not retracted.
    #[must_use]
    pub const fn stands(&self) -> bool {
        !matches!(self.mended, Some(Mended::Retracted(_)))
    }

    /// Gives the correction that the record reads as, where it stands corrected.
    #[must_use]
    pub const fn corrected_by(&self) -> Option<Seq> {
        match self.mended {
            Some(Mended::Corrected(seq)) => Some(seq),
            _ => None,
        }
    }

    /// Gives the records that make the claim what it is: its own, and the correction's.
    pub fn records(&self) -> impl Iterator<Item = Seq> + use<T> {
        let mending = match self.mended {
            Some(Mended::Corrected(seq) | Mended::Retracted(seq)) => Some(seq),
            None => None,
        };
        std::iter::once(self.seq).chain(mending)
    }

    /// Gives the first record of the act of speech.
    #[must_use]
    pub fn act(&self) -> Seq {
        self.act.unwrap_or(self.seq)
    }
}

/// Who spoke, and by when at the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// Who spoke.
    pub speaker: Vec<ActorRef>,
    /// When it was said or published, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Span>,
}

impl Voice {
    /// Takes the voice from a source.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        let said = source.asserted.as_ref().or(source.published.as_ref()).map(When::span);
        Self { speaker: source.speaker.clone(), said }
    }

    /// Gives the latest instant by which it was said; failing that, when it was recorded.
    #[must_use]
    pub fn said_by(&self, recorded: Instant) -> Instant {
        self.said.and_then(|said| said.to).map_or(recorded, |said| said.min(recorded))
    }
}

/// Where something is said to have happened, in what can be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Site {
    /// The registered place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// Latitude and longitude in micro-degrees, and the radius in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<(i64, i64, u64)>,
}

impl Site {
    /// Takes the site from a place, where it holds anything comparable.
    #[must_use]
    pub fn of(place: &Where) -> Option<Self> {
        let point = place.point().map(|(lat, lon)| (lat, lon, place.radius_m.unwrap_or(0)));
        (place.place.is_some() || point.is_some()).then(|| Self { place: place.place.clone(), point })
    }
}

/// A claim about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentClaim {
    /// A violation report.
    Report(Box<Report>),
    /// Somebody charges somebody with it outside a report: an accusation, a condemnation that attributes.
    Charge(Charge),
    /// Somebody answers for it.
    Answer(Answer),
    /// Somebody speaks of it and charges nobody.
    Mention(Mention),
    /// A step of its verification.
    Verification(Verification),
    /// A finding about it.
    Finding(Box<Finding>),
}

/// What a violation report says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Who says so.
    pub voice: Voice,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Span>,
    /// Where it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// What was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// Whose people or things were hit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<ActorRef>,
    /// How many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
    /// Who is said to have done it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// Whether it is called a breach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breach: Option<BreachClaim>,
}

/// Who charges whom, outside a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Who charges.
    pub by: Vec<ActorRef>,
    /// Whom.
    pub accused: Vec<ActorRef>,
    /// On whose word, where the record says; else it follows from who charges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Figures given with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
}

/// Who answers, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Who answers.
    pub by: Vec<ActorRef>,
    /// How.
    pub stance: Stance,
    /// Whether a justification claims the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claiming: Option<Claiming>,
    /// How surely it answers this.
    pub scope: ResponseScope,
    /// How the recorder knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<ScopeBasis>,
}

/// Who speaks of it, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Who speaks.
    pub by: Vec<ActorRef>,
    /// How.
    pub kind: StatementKind,
    /// Figures given with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
}

/// A step of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The step.
    pub step: VerificationStep,
    /// Who verifies.
    pub assessor: ActorId,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Span>,
}

/// A finding about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it says.
    pub outcome: FindingOutcome,
    /// Whose it is.
    pub assessor: ActorId,
    /// Whom it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
    /// Figures as found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<Quantity>,
    /// How many members disagreed.
    pub dissents: u64,
}

/// A claim about a ceasefire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CeasefireClaim {
    /// A step.
    Step(StepClaim),
    /// When it takes effect.
    Effective(TermClaim),
    /// When it ends of itself.
    Expires(TermClaim),
    /// How long it holds, in minutes from its effective time.
    Duration(DurationClaim),
    /// Another term, which does not bear on its state.
    OtherTerm,
    /// A finding that it has collapsed.
    Collapsed(CollapseFinding),
}

/// A claimed step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepClaim {
    /// The step.
    pub step: Step,
    /// Who took it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<ActorRef>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Span>,
    /// Until when it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Span>,
    /// Who says so.
    pub voice: Voice,
}

/// A claimed time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermClaim {
    /// The time.
    pub when: Span,
    /// Who says so.
    pub voice: Voice,
}

/// A claimed duration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DurationClaim {
    /// Minutes from its effective time.
    pub minutes: u32,
    /// Who says so.
    pub voice: Voice,
}

/// A finding that a ceasefire has collapsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollapseFinding {
    /// Whose it is.
    pub assessor: ActorId,
    /// When it collapsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Span>,
}

/// One value of a counter, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The counter.
    pub counter: CounterId,
    /// Who publishes it.
    pub voice: Voice,
    /// Whom it charges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accused: Vec<ActorRef>,
    /// What it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// From when it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Span>,
    /// The instant it was read at, or the period it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Span>,
    /// The values read, parts among them.
    pub values: Vec<Quantity>,
    /// Parts of the values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdown: Vec<Quantity>,
    /// The total stated beside them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_total: Option<Quantity>,
}

/// Copies figures without their words.
#[must_use]
pub fn bare(quantities: &[Quantity]) -> Vec<Quantity> {
    quantities.iter().map(|quantity| Quantity { verbatim: None, owner: None, ..quantity.clone() }).collect()
}
