//! Questions that monitors, parties and journalists ask, beside state, tally and incident. Each answer is one file, names
//! what it rests on (P4), and decides nothing: a ranked candidate is not merged, an unanswered charge is not admitted.

mod alike;
mod charges;
mod coverage;
mod findings;
mod lists;
mod pending;
mod stated;
mod unanswered;

pub use alike::{Alike, AlikeAnswer, Ground};
pub use charges::{ChargeLine, ChargesAnswer};
pub use coverage::{CoverageAnswer, Denied, Quiet};
pub use findings::{FindingLine, FindingsAnswer};
pub use lists::{ListedBoth, ListedOnce, ListsAnswer};
pub use pending::{PendingAnswer, PendingIncident};
pub use stated::{Stated, StatedAnswer};
pub use unanswered::{Absent, AttendanceAnswer, Unanswered, UnansweredAnswer};

use super::view::View;
use crate::event::Event;
use crate::log::ReadError;
use crate::record::Body;
use crate::rules::claims::Claimed;
use crate::vocab::{ActorRef, Instant, Seq};

const HOUR_MICROS: i64 = 3_600_000_000;

/// Whole hours from one instant to another; nothing is below zero.
fn hours_between(from: Instant, to: Instant) -> u64 {
    u64::try_from((to.micros() - from.micros()) / HOUR_MICROS).unwrap_or(0)
}

fn names(actors: &[ActorRef]) -> Vec<String> {
    actors.iter().map(ToString::to_string).collect()
}

impl View<'_> {
    /// Reads the event of a claim as it stands: a corrected record reads as its correction says.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn event_of<C>(&self, claimed: &Claimed<C>) -> Result<Option<Event>, ReadError> {
        self.event_as_corrected(claimed.seq, claimed.corrected_by())
    }

    /// Reads the event of a record, or what the correction makes of it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn event_as_corrected(&self, seq: Seq, correction: Option<Seq>) -> Result<Option<Event>, ReadError> {
        let event = self.event_at(correction.unwrap_or(seq))?;
        Ok(event.map(|event| match event {
            Event::RecordCorrected(correction) => *correction.replacement,
            event => event,
        }))
    }

    /// Gives since when a record counts as known: when it was recorded; on the publication axis, when it was published.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn known_since(&self, seq: Seq) -> Result<Option<Instant>, ReadError> {
        match self.published.and_then(|published| published.since(seq)) {
            Some(since) => Ok(Some(since)),
            None => Ok(self.reader.record_at(seq)?.map(|record| record.at)),
        }
    }

    /// Reads the event of a record as the log has it; nothing where there is no such record, or its body does not read.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn event_at(&self, seq: Seq) -> Result<Option<Event>, ReadError> {
        let Some(record) = self.reader.record_at(seq)? else { return Ok(None) };
        Ok(Body::read(record.body()).ok().map(|body| body.event))
    }
}
