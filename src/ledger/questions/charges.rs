//! Everything a side is charged with: by whom, how it stands, and why what was dismissed was dismissed.

use serde::{Deserialize, Serialize};

use super::names;
use crate::event::Event;
use crate::ledger::reading::ReplayError;
use crate::ledger::view::{KnownAt, View};
use crate::rules::contest::{self, Contest};
use crate::rules::counting::{AccuserClass, Counting, RuleSet};
use crate::rules::incident::{IncidentFacts, Status};
use crate::vocab::{ActorId, Level, Seq, Span};

/// The charges against one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChargesAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The side.
    pub against: String,
    /// The window of event time, or nothing for all of it.
    pub window: Option<Span>,
    /// The charges, in order of record.
    pub charges: Vec<ChargeLine>,
}

/// One record that charges the side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChargeLine {
    /// The record.
    pub record: Seq,
    /// The incident.
    pub incident: String,
    /// Who charges.
    pub by: Vec<String>,
    /// Seen from the accused.
    pub class: AccuserClass,
    /// On whose word.
    pub level: Level,
    /// Where the incident stands with assessors.
    pub status: Status,
    /// The records of that status.
    pub status_records: Vec<Seq>,
    /// The reasons of the last finding, where it gives any.
    pub reasons: Option<String>,
    /// How the side answers.
    pub answer: Contest,
}

impl View<'_> {
    /// Gives every charge against a side.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn charges(
        &self,
        against: &ActorId,
        rules: RuleSet,
        window: Option<Span>,
    ) -> Result<ChargesAnswer, ReplayError> {
        let sides = self.sides()?;
        let side = sides.side_of(against).clone();
        let mut parties = Vec::new();
        self.tables.ceasefires.walk("", |_, row| parties.push(row.parties.clone()))?;
        let counting = Counting { rules, ceasefire: None, window: None, sides: &sides, parties: &parties };
        let mut incidents: Vec<IncidentFacts> = Vec::new();
        self.tables.walk_incidents(|facts| {
            let charged = facts.charges.iter().any(|charge| sides.sides(&charge.accused).contains(&&side));
            if charged && window.is_none_or(|window| window.meets(facts.span())) {
                incidents.push(facts);
            }
        })?;
        let mut charges = Vec::new();
        for facts in &incidents {
            let reasons = self.reasons(facts)?;
            for charge in facts.charges.iter().filter(|charge| sides.sides(&charge.accused).contains(&&side)) {
                let accuser = charge.by.first();
                let class = accuser.map_or(AccuserClass::Unidentified, |by| counting.accuser_class(by, Some(&side)));
                charges.push(ChargeLine {
                    record: charge.seq,
                    incident: facts.incident.to_string(),
                    by: names(&charge.by),
                    class,
                    level: charge.level.unwrap_or_else(|| class.level()),
                    status: facts.status,
                    status_records: facts.status_records.clone(),
                    reasons: reasons.clone(),
                    answer: contest::of_side(facts, &side, &sides),
                });
            }
        }
        charges.sort_by_key(|charge| charge.record);
        Ok(ChargesAnswer { known_at: self.known_at(), against: side.to_string(), window, charges })
    }

    fn reasons(&self, facts: &IncidentFacts) -> Result<Option<String>, ReplayError> {
        let Some(last) = facts.status_records.last() else { return Ok(None) };
        let correction = facts.corrected.iter().rev().find(|(seq, _)| seq == last).map(|(_, by)| *by);
        Ok(match self.event_as_corrected(*last, correction)? {
            Some(Event::FindingIssued(finding)) => finding.reasons.map(|reasons| reasons.to_string()),
            _ => None,
        })
    }
}
