//! How an accused answers: the contest of an incident. Silence is never agreement.

use serde::{Deserialize, Serialize};

use super::incident::{AnswerFact, IncidentFacts};
use super::sides::Sides;
use crate::event::{Claiming, ResponseScope, ScopeBasis, Stance};
use crate::vocab::{ActorId, Seq, choices};

choices! {
    /// Where an accusation stands with the accused (C3).
    pub enum Contest {
        /// The accused has not answered, as far as is recorded.
        UncontestedSoFar = "uncontested_so_far",
        /// Denied.
        Denied = "denied",
        /// Denied in general words that cover it.
        DeniedGenerally = "denied_generally",
        /// Justified, and claimed.
        Justified = "justified",
        /// Justified, and not claimed.
        JustifiedWithoutClaiming = "justified_without_claiming",
        /// Acknowledged in part.
        PartlyAcknowledged = "partly_acknowledged",
        /// Acknowledged.
        Acknowledged = "acknowledged",
        /// Answered with a charge.
        Countered = "countered",
    }
}

/// One answer, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContestRead {
    /// Who answers, as the record names him.
    pub by: Vec<String>,
    /// What it comes to.
    pub contest: Contest,
    /// Whether it may be meant for something else.
    pub possibly: bool,
    /// How the recorder knows what it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<ScopeBasis>,
    /// The records: one act of speech.
    pub records: Vec<Seq>,
}

/// Reads one answer. A refusal to comment is none.
#[must_use]
pub fn read(fact: &AnswerFact) -> Option<ContestRead> {
    let answer = &fact.answer;
    let contest = match (answer.stance, answer.scope) {
        (Stance::Denial, ResponseScope::General) => Contest::DeniedGenerally,
        (Stance::Denial, _) => Contest::Denied,
        (Stance::PartialDenial, _) => Contest::PartlyAcknowledged,
        (Stance::Acknowledgement | Stance::ResponsibilityClaimed, _) => Contest::Acknowledged,
        (Stance::Justification, _) if answer.claiming == Some(Claiming::With) => Contest::Justified,
        (Stance::Justification, _) => Contest::JustifiedWithoutClaiming,
        (Stance::CounterClaim, _) => Contest::Countered,
        (Stance::NoComment, _) => return None,
    };
    Some(ContestRead {
        by: answer.by.iter().map(ToString::to_string).collect(),
        contest,
        possibly: answer.scope == ResponseScope::Uncertain,
        basis: answer.basis,
        records: std::iter::once(fact.seq).chain(fact.again.iter().copied()).collect(),
    })
}

/// Gives where the incident stands with one accused side: its latest sure answer.
#[must_use]
pub fn of_side(facts: &IncidentFacts, side: &ActorId, sides: &Sides) -> Contest {
    facts
        .answers
        .iter()
        .filter(|fact| sides.certain_sides(&fact.answer.by).contains(&side))
        .filter_map(read)
        .rfind(|read| !read.possibly)
        .map_or(Contest::UncontestedSoFar, |read| read.contest)
}
