//! What is under verification, and for how long.

use serde::{Deserialize, Serialize};

use super::hours_between;
use crate::event::VerificationStep;
use crate::ledger::view::{KnownAt, View};
use crate::projection::RowError;
use crate::rules::claims::IncidentClaim;
use crate::rules::incident::{IncidentFacts, Status};
use crate::vocab::{Instant, Seq, Span};

/// The incidents under verification, the longest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PendingAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The instant up to which ages are reckoned.
    pub asked_at: Instant,
    /// Only those that have surely been open longer than this many hours.
    pub over_hours: u64,
    /// The incidents.
    pub incidents: Vec<PendingIncident>,
}

/// One incident under verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PendingIncident {
    /// Which.
    pub incident: String,
    /// Who verifies.
    pub assessor: String,
    /// When the verification was opened: as stated, else when that was recorded.
    pub opened: Span,
    /// Whole hours that it has surely been open.
    pub hours: u64,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Its steps.
    pub records: Vec<Seq>,
}

impl View<'_> {
    /// Gives what has been under verification for more than so many hours at an instant.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn pending(&self, asked_at: Instant, over_hours: u64) -> Result<PendingAnswer, RowError> {
        let mut open: Vec<IncidentFacts> = Vec::new();
        self.tables.walk_incidents(|facts| {
            if facts.status == Status::UnderVerification {
                open.push(facts);
            }
        })?;
        let mut incidents = Vec::new();
        for facts in &open {
            incidents.extend(self.pending_incident(facts, asked_at)?);
        }
        incidents.retain(|incident| incident.hours > over_hours || over_hours == 0);
        incidents.sort_by(|a, b| b.hours.cmp(&a.hours).then_with(|| a.incident.cmp(&b.incident)));
        Ok(PendingAnswer { known_at: self.known_at(), asked_at, over_hours, incidents })
    }

    fn pending_incident(&self, facts: &IncidentFacts, asked_at: Instant) -> Result<Option<PendingIncident>, RowError> {
        let mut found: Option<PendingIncident> = None;
        for claimed in self.tables.claims_about(&facts.incident)?.iter().filter(|claimed| claimed.stands()) {
            let IncidentClaim::Verification(step) = &claimed.claim else { continue };
            match (&mut found, step.step) {
                (found, VerificationStep::Closed) => *found = None,
                (Some(open), step) => {
                    open.records.push(claimed.seq);
                    open.suspended = step == VerificationStep::Suspended;
                }
                (found, first) => {
                    let opened = step.when.unwrap_or(Span::at(claimed.at));
                    *found = Some(PendingIncident {
                        incident: facts.incident.to_string(),
                        assessor: step.assessor.to_string(),
                        opened,
                        hours: hours_between(opened.to.unwrap_or(claimed.at), asked_at),
                        suspended: first == VerificationStep::Suspended,
                        records: vec![claimed.seq],
                    });
                }
            }
        }
        Ok(found)
    }
}
