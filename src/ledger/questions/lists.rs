//! Where the lists of two sides agree: which incidents both report, and whom each accuses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ledger::view::{KnownAt, View};
use crate::projection::RowError;
use crate::rules::claims::{Claimed, IncidentClaim};
use crate::rules::incident::IncidentFacts;
use crate::rules::sides::Sides;
use crate::vocab::{ActorId, ActorRef, Seq, Span};

/// The incidents that one side or both speak of as having happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListsAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The window of event time, or nothing for all of it.
    pub window: Option<Span>,
    /// The one side.
    pub first: String,
    /// The other.
    pub second: String,
    /// Incidents that both report or charge somebody with.
    pub both: Vec<ListedBoth>,
    /// Incidents that the one reports and the other does not.
    pub only_first: Vec<ListedOnce>,
    /// Incidents that the other reports and the one does not.
    pub only_second: Vec<ListedOnce>,
}

/// An incident on both lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListedBoth {
    /// Which.
    pub incident: String,
    /// Whom the first side accuses.
    pub first_accuses: Vec<String>,
    /// Whom the second side accuses.
    pub second_accuses: Vec<String>,
    /// Whether both accuse the same side, and nobody else.
    pub same_accused: bool,
    /// The records of both.
    pub records: Vec<Seq>,
}

/// An incident on one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListedOnce {
    /// Which.
    pub incident: String,
    /// Whom that side accuses.
    pub accuses: Vec<String>,
    /// The records.
    pub records: Vec<Seq>,
}

/// What one side says of one incident.
#[derive(Default)]
struct Listing {
    accuses: Vec<String>,
    records: Vec<Seq>,
}

impl View<'_> {
    /// Compares the lists of two sides.
    ///
    /// An incident is on a side's list where the side or a part of it reports it, or charges somebody with it. A denial
    /// alone does not list it.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn lists(&self, first: &ActorId, second: &ActorId, window: Option<Span>) -> Result<ListsAnswer, RowError> {
        let sides = self.sides()?;
        let (first, second) = (sides.side_of(first).clone(), sides.side_of(second).clone());
        let mut answer = ListsAnswer {
            known_at: self.known_at(),
            window,
            first: first.to_string(),
            second: second.to_string(),
            both: Vec::new(),
            only_first: Vec::new(),
            only_second: Vec::new(),
        };
        let mut incidents: Vec<IncidentFacts> = Vec::new();
        self.tables.walk_incidents(|facts| {
            if window.is_none_or(|window| window.meets(facts.span())) {
                incidents.push(facts);
            }
        })?;
        for facts in &incidents {
            let claims = self.tables.claims_about(&facts.incident)?;
            let mut listed = BTreeMap::new();
            for claimed in claims.iter().filter(|claimed| claimed.stands()) {
                list(&mut listed, claimed, &sides);
            }
            answer.take(facts.incident.to_string(), listed.remove(&first), listed.remove(&second));
        }
        Ok(answer)
    }
}

impl ListsAnswer {
    fn take(&mut self, incident: String, first: Option<Listing>, second: Option<Listing>) {
        let once =
            |incident, listing: Listing| ListedOnce { incident, accuses: listing.accuses, records: listing.records };
        match (first, second) {
            (Some(first), Some(second)) => {
                let mut records: Vec<Seq> = first.records.into_iter().chain(second.records).collect();
                records.sort();
                self.both.push(ListedBoth {
                    incident,
                    same_accused: !first.accuses.is_empty() && first.accuses == second.accuses,
                    first_accuses: first.accuses,
                    second_accuses: second.accuses,
                    records,
                });
            }
            (Some(first), None) => self.only_first.push(once(incident, first)),
            (None, Some(second)) => self.only_second.push(once(incident, second)),
            (None, None) => {}
        }
    }
}

fn list(listed: &mut BTreeMap<ActorId, Listing>, claimed: &Claimed<IncidentClaim>, sides: &Sides) {
    let none: &[ActorRef] = &[];
    let (by, accused) = match &claimed.claim {
        IncidentClaim::Report(report) => {
            let attribution = report.attribution.as_ref().filter(|attribution| attribution.level.accuses());
            (&report.voice.speaker, attribution.map_or(none, |attribution| &attribution.accused))
        }
        IncidentClaim::Charge(charge) => (&charge.by, charge.accused.as_slice()),
        _ => return,
    };
    for side in sides.certain_sides(by) {
        let listing = listed.entry(side.clone()).or_default();
        listing.records.push(claimed.seq);
        for accused in sides.sides(accused) {
            let accused = accused.to_string();
            if !listing.accuses.contains(&accused) {
                listing.accuses.push(accused);
                listing.accuses.sort();
            }
        }
    }
}
