//! What monitors could and could not see: denied access, and reports that all was quiet.

use serde::{Deserialize, Serialize};

use super::names;
use crate::ledger::view::{KnownAt, View};
use crate::projection::{CoverageRow, RowError};
use crate::vocab::{Seq, Span};

/// Denied access and reports of quiet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CoverageAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The window of event time, or nothing for all of it.
    pub window: Option<Span>,
    /// Where monitors could not go, by whom.
    pub denied: Vec<Denied>,
    /// Where somebody reported that nothing was observed.
    pub quiet: Vec<Quiet>,
}

/// One denied movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Denied {
    /// Which monitor.
    pub monitor: String,
    /// Who denied it; empty where the report does not say.
    pub by: Vec<String>,
    /// When.
    pub when: Option<Span>,
    /// The record.
    pub record: Seq,
}

/// One report of quiet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quiet {
    /// Who reports it.
    pub by: Vec<String>,
    /// Where.
    pub place: Option<String>,
    /// Over which interval.
    pub during: Span,
    /// The record.
    pub record: Seq,
}

impl View<'_> {
    /// Gives what is recorded of coverage, in order of record.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn coverage_of(&self, window: Option<Span>) -> Result<CoverageAnswer, RowError> {
        let (mut denied, mut quiet) = (Vec::new(), Vec::new());
        let within = |span: Option<Span>| window.is_none_or(|window| span.is_none_or(|span| window.meets(span)));
        self.tables.coverage.walk("", |_, row| match &row.claim {
            _ if !row.stands() => {}
            CoverageRow::AccessDenied { monitor, by, when } if within(*when) => {
                denied.push(Denied { monitor: monitor.to_string(), by: names(by), when: *when, record: row.seq });
            }
            CoverageRow::Quiet { by, place, during } if within(Some(*during)) => {
                let place = place.as_ref().map(ToString::to_string);
                quiet.push(Quiet { by: names(by), place, during: *during, record: row.seq });
            }
            _ => {}
        })?;
        Ok(CoverageAnswer { known_at: self.known_at(), window, denied, quiet })
    }
}
