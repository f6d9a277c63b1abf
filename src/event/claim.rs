//! What events have in common, whatever their type.

use super::{About, Event};
use crate::vocab::{IncidentId, Quantity, Source, Text};

impl Event {
    /// Gives who said so, where the event is somebody's claim.
    #[must_use]
    pub const fn source(&self) -> Option<&Source> {
        match self {
            Self::ActorRelated(event) => Some(&event.source),
            Self::CeasefireRecorded(event) => event.source.as_ref(),
            Self::StepReported(event) => Some(&event.source),
            Self::TermsReported(event) => Some(&event.source),
            Self::ViolationReported(event) => Some(&event.source),
            Self::QuietReported(event) => Some(&event.source),
            Self::AccessDenied(event) => Some(&event.source),
            Self::TallyReported(event) => Some(&event.source),
            Self::AccusationMade(event) => Some(&event.source),
            Self::ResponseMade(event) => Some(&event.source),
            Self::StatementMade(event) => Some(&event.source),
            Self::ProcessReported(event) => Some(&event.source),
            Self::FindingIssued(event) => event.source.as_ref(),
            Self::EvidenceAdded(event) => Some(&event.source),
            _ => None,
        }
    }

    /// Gives who said so, to complete it.
    #[must_use]
    pub const fn source_mut(&mut self) -> Option<&mut Source> {
        match self {
            Self::ActorRelated(event) => Some(&mut event.source),
            Self::CeasefireRecorded(event) => event.source.as_mut(),
            Self::StepReported(event) => Some(&mut event.source),
            Self::TermsReported(event) => Some(&mut event.source),
            Self::ViolationReported(event) => Some(&mut event.source),
            Self::QuietReported(event) => Some(&mut event.source),
            Self::AccessDenied(event) => Some(&mut event.source),
            Self::TallyReported(event) => Some(&mut event.source),
            Self::AccusationMade(event) => Some(&mut event.source),
            Self::ResponseMade(event) => Some(&mut event.source),
            Self::StatementMade(event) => Some(&mut event.source),
            Self::ProcessReported(event) => Some(&mut event.source),
            Self::FindingIssued(event) => event.source.as_mut(),
            Self::EvidenceAdded(event) => Some(&mut event.source),
            _ => None,
        }
    }

    /// Gives the quantities that the event claims.
    #[must_use]
    pub fn quantities(&self) -> &[Quantity] {
        match self {
            Self::ViolationReported(event) => &event.quantities,
            Self::TallyReported(event) => &event.values,
            Self::StatementMade(event) => &event.quantities,
            Self::FindingIssued(event) => &event.quantities,
            _ => &[],
        }
    }

    /// Gives what was said in the recorder's words, or the reason of a piece of housekeeping.
    #[must_use]
    pub const fn summary(&self) -> Option<&Text> {
        match self {
            Self::CeasefireRecorded(event) => event.summary.as_ref(),
            Self::StepReported(event) => event.summary.as_ref(),
            Self::TermsReported(event) => event.summary.as_ref(),
            Self::ViolationReported(event) => event.summary.as_ref(),
            Self::QuietReported(event) => event.summary.as_ref(),
            Self::AccessDenied(event) => event.summary.as_ref(),
            Self::TallyReported(event) => event.summary.as_ref(),
            Self::AccusationMade(event) => event.summary.as_ref(),
            Self::ResponseMade(event) => event.summary.as_ref(),
            Self::StatementMade(event) => event.summary.as_ref(),
            Self::ProcessReported(event) => event.summary.as_ref(),
            Self::EvidenceAdded(event) => event.summary.as_ref(),
            Self::FindingIssued(event) => event.reasons.as_ref(),
            Self::RecordCorrected(event) => Some(&event.reason),
            Self::RecordRetracted(event) => Some(&event.reason),
            Self::IncidentMerged(event) => Some(&event.reason),
            Self::IncidentSplit(event) => Some(&event.reason),
            Self::ActIdentified(event) => Some(&event.reason),
            Self::KeyRevoked(event) => Some(&event.reason),
            Self::AnnexWithheld(event) => Some(&event.reason),
            Self::AnnexReleased(event) => Some(&event.reason),
            Self::AnnexDisclosed(event) => Some(&event.purpose),
            Self::AnnexErased(event) => Some(&event.legal_basis),
            _ => None,
        }
    }

    /// Gives the incident that the event reports or speaks of first, where it does.
    #[must_use]
    pub fn incident(&self) -> Option<&IncidentId> {
        match self {
            Self::ViolationReported(event) => Some(&event.incident),
            Self::VerificationStepped(event) => Some(&event.incident),
            Self::IncidentMerged(event) => Some(&event.incident),
            Self::IncidentSplit(event) => Some(&event.incident),
            Self::AccusationMade(event) => first_incident(&event.about),
            Self::StatementMade(event) => first_incident(&event.about),
            Self::ResponseMade(event) => event.to.iter().find_map(|answered| match &answered.about {
                About::Incident(incident) => Some(incident),
                _ => None,
            }),
            Self::FindingIssued(event) => match &event.about {
                About::Incident(incident) => Some(incident),
                _ => None,
            },
            _ => None,
        }
    }

    /// Tells whether a record of this type can be corrected. The ledger's own events, keys and housekeeping can not:
    /// they are followed by another event instead.
    #[must_use]
    pub fn is_correctable(&self) -> bool {
        self.is_retractable()
            || matches!(self, Self::ActorRegistered(_) | Self::PlaceRegistered(_) | Self::CeasefireRecorded(_))
    }

    /// Tells whether a record of this type can be retracted. Registered names can not: other records lean on them.
    #[must_use]
    pub fn is_retractable(&self) -> bool {
        is_retractable_type(self.type_name())
    }

    /// Gives the id that a correction must keep: what is registered, or the incident, ceasefire, counter or process
    /// that is spoken of.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        Some(match self {
            Self::ActorRegistered(event) => event.actor.as_str(),
            Self::ActorRelated(event) => event.actor.as_str(),
            Self::PlaceRegistered(event) => event.place.as_str(),
            Self::CeasefireRecorded(event) => event.ceasefire.as_str(),
            Self::StepReported(event) => event.ceasefire.as_str(),
            Self::TermsReported(event) => event.ceasefire.as_str(),
            Self::ViolationReported(event) => event.incident.as_str(),
            Self::VerificationStepped(event) => event.incident.as_str(),
            Self::TallyReported(event) => event.counter.as_str(),
            Self::ProcessReported(event) => event.process.as_str(),
            _ => return None,
        })
    }
}

/// Tells whether a record of an event type can be retracted.
#[must_use]
pub fn is_retractable_type(name: &str) -> bool {
    matches!(
        name,
        "actor.related"
            | "ceasefire.step_reported"
            | "terms.reported"
            | "violation.reported"
            | "quiet.reported"
            | "access.denied"
            | "tally.reported"
            | "accusation.made"
            | "response.made"
            | "statement.made"
            | "process.reported"
            | "verification.stepped"
            | "finding.issued"
            | "evidence.added"
            | "evidence.transferred"
    )
}

fn first_incident(about: &[About]) -> Option<&IncidentId> {
    about.iter().find_map(|about| match about {
        About::Incident(incident) => Some(incident),
        _ => None,
    })
}
