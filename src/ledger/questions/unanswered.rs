//! Which charges the accused has not answered, and who did not come. Silence is never agreement.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{hours_between, names};
use crate::event::{About, Attendance};
use crate::ledger::reading::ReplayError;
use crate::ledger::view::{KnownAt, View};
use crate::projection::{RowError, Spoken};
use crate::rules::contest::{self, Contest};
use crate::rules::incident::IncidentFacts;
use crate::vocab::{ActorId, Instant, Seq, Span};

/// Charges that nobody of the accused side is recorded to have answered, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnansweredAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The instant up to which ages are reckoned.
    pub asked_at: Instant,
    /// The charges.
    pub charges: Vec<Unanswered>,
}

/// One unanswered charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unanswered {
    /// The side accused.
    pub accused: String,
    /// The incident or ceasefire; nothing where the accusation is general.
    pub about: Option<String>,
    /// Who charges.
    pub by: Vec<String>,
    /// When the first charge was recorded.
    pub recorded: Instant,
    /// Whole hours since.
    pub hours: u64,
    /// The records of the charge.
    pub records: Vec<Seq>,
}

/// Who did not come to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttendanceAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// Reports of attendance, in order of process and record.
    pub reports: Vec<Absent>,
}

/// One report of attendance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Absent {
    /// Which meeting or talks.
    pub process: String,
    /// Who.
    pub who: Vec<String>,
    /// Whether he came.
    pub attendance: Attendance,
    /// As of when; a report of absence "so far" says nothing of later.
    pub as_of: Option<Span>,
    /// The record.
    pub record: Seq,
}

impl View<'_> {
    /// Gives the charges against a side, or against any, that are not answered as far as is recorded.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn unanswered(&self, accused: Option<&ActorId>, asked_at: Instant) -> Result<UnansweredAnswer, ReplayError> {
        let sides = self.sides()?;
        let wanted = accused.map(|actor| sides.side_of(actor).clone());
        let mut incidents: Vec<IncidentFacts> = Vec::new();
        self.tables.walk_incidents(|facts| {
            if !facts.charges.is_empty() {
                incidents.push(facts);
            }
        })?;
        let mut charges = Vec::new();
        for facts in &incidents {
            let accused_sides: BTreeSet<&ActorId> =
                facts.charges.iter().flat_map(|charge| sides.sides(&charge.accused)).collect();
            for side in accused_sides.into_iter().filter(|side| wanted.as_ref().is_none_or(|wanted| wanted == *side)) {
                let against = facts.charges.iter().filter(|charge| sides.sides(&charge.accused).contains(&side));
                // What a side reports of itself is no charge to be answered.
                let against: Vec<_> =
                    against.filter(|charge| !sides.certain_sides(&charge.by).contains(&side)).collect();
                let open = contest::of_side(facts, side, &sides) == Contest::UncontestedSoFar;
                if let Some(first) = against.first().filter(|_| open) {
                    let by = against.iter().flat_map(|charge| names(&charge.by)).collect();
                    let records = against.iter().map(|charge| charge.seq).collect();
                    let about = Some(facts.incident.to_string());
                    charges.push(self.charge(side.to_string(), about, by, first.seq, records, asked_at)?);
                }
            }
        }
        charges.extend(self.unanswered_statements(wanted.as_ref(), asked_at)?);
        charges.sort_by_key(|charge| (charge.recorded, charge.records.first().copied()));
        Ok(UnansweredAnswer { known_at: self.known_at(), asked_at, charges })
    }

    /// Accusations that name no incident: answered where a response of the accused names the record.
    fn unanswered_statements(
        &self,
        wanted: Option<&ActorId>,
        asked_at: Instant,
    ) -> Result<Vec<Unanswered>, ReplayError> {
        let sides = self.sides()?;
        let (mut accusations, mut answered) = (Vec::new(), BTreeSet::new());
        self.tables.statements.walk("", |_, row| {
            let claim = &row.claim;
            let of_incident = claim.about.iter().any(|about| matches!(about, About::Incident(_)));
            match claim.spoken {
                _ if !row.stands() => {}
                Spoken::Accusation if !of_incident => accusations.push((row.seq, claim.clone())),
                Spoken::Response(_) => {
                    let by = sides.certain_sides(&claim.by).into_iter().cloned();
                    answered.extend(by.flat_map(|side| claim.records.iter().map(move |seq| (side.clone(), *seq))));
                }
                _ => {}
            }
        })?;
        let mut charges = Vec::new();
        for (seq, claim) in accusations {
            let about = claim.about.iter().find_map(|about| match about {
                About::Ceasefire(ceasefire) => Some(ceasefire.to_string()),
                _ => None,
            });
            for side in sides.sides(&claim.at) {
                let asked = wanted.is_none_or(|wanted| wanted == side);
                if asked && !answered.contains(&(side.clone(), seq)) {
                    let (by, records) = (names(&claim.by), vec![seq]);
                    charges.push(self.charge(side.to_string(), about.clone(), by, seq, records, asked_at)?);
                }
            }
        }
        Ok(charges)
    }

    fn charge(
        &self,
        accused: String,
        about: Option<String>,
        mut by: Vec<String>,
        first: Seq,
        records: Vec<Seq>,
        asked_at: Instant,
    ) -> Result<Unanswered, ReplayError> {
        by.sort();
        by.dedup();
        let recorded = self.known_since(first)?.unwrap_or(Instant::MAX);
        Ok(Unanswered { accused, about, by, recorded, hours: hours_between(recorded, asked_at), records })
    }

    /// Gives who is reported not to have come, or not yet; with `everyone`, those who came too.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn attendance(&self, everyone: bool) -> Result<AttendanceAnswer, RowError> {
        let mut reports = Vec::new();
        self.tables.processes.walk("", |_, row| {
            let claim = &row.claim;
            let shown = claim.attendance.filter(|attendance| everyone || *attendance != Attendance::Attended);
            if let Some(attendance) = shown.filter(|_| row.stands()) {
                reports.push(Absent {
                    process: claim.process.to_string(),
                    who: names(&claim.by),
                    attendance,
                    as_of: claim.as_of,
                    record: row.seq,
                });
            }
        })?;
        reports.sort_by_key(|report| (report.process.clone(), report.record));
        Ok(AttendanceAnswer { known_at: self.known_at(), reports })
    }
}
