//! The questions that monitors, parties and journalists ask: one file for each verb.

pub mod absent;
pub mod alike;
pub mod charges;
pub mod counters;
pub mod coverage;
pub mod findings;
pub mod lists;
pub mod pending;
pub mod stated;
mod table;
pub mod unanswered;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::verbs::state::unknown;
use crate::ledger::{ReplayError, View};
use crate::vocab::{ActorId, Code, IncidentId};

/// Finds a registered actor, or names the nearest one.
fn actor(text: &str, view: &View<'_>) -> Result<ActorId, Complaint> {
    let found = ActorId::new(text).ok();
    let held = found.filter(|actor| matches!(view.tables().actors.has(actor.as_str()), Ok(true)));
    held.map_or_else(
        || {
            let mut ids = Vec::new();
            let walked = view.tables().actors.walk("", |key, _| ids.push(key.to_owned()));
            walked.map_err(|error| refusal::rows(&error))?;
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            Err(unknown(Code::UnknownActor, "actor", text, &ids))
        },
        Ok,
    )
}

/// Reads an incident's id; whether it was reported is the view's to say.
fn incident(text: &str) -> Result<IncidentId, Complaint> {
    IncidentId::new(text).map_err(|error| {
        let place = Place { file: Some("INCIDENT".to_owned()), ..Place::default() };
        Complaint::new(Outcome::Rejected, Code::BadId, error.to_string()).at(place)
    })
}

/// Complains about an incident that nobody reported.
fn no_such_incident(incident: &IncidentId) -> Complaint {
    Complaint::new(Outcome::Rejected, Code::UnknownIncident, format!("there is no incident `{incident}`"))
}

fn replay(error: ReplayError) -> Complaint {
    refusal::open(&crate::ledger::OpenError::Replay(error))
}
