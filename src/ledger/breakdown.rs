//! The breakdown: incidents by day, week, month, year, region or place.

use serde::{Deserialize, Serialize};

use super::tally::facts_of;
use super::view::{KnownAt, View};
use crate::projection::RowError;
use crate::rules::breakdown::{Reach, SlotCount, by_place, by_time};
use crate::rules::counting::RuleSet;
use crate::rules::incident::IncidentFacts;
use crate::rules::scope::{CeasefireScope, ScopeRelation};
use crate::vocab::{CeasefireId, Cut, Span, Stretch};

/// Along which axis incidents are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenDownBy {
    /// By slots of event time.
    Time(Stretch, Cut),
    /// By registered places.
    Place(Reach),
}

/// What a breakdown is asked for.
#[derive(Debug, Clone, Copy)]
pub struct BreakdownQuestion<'a> {
    /// Of which ceasefire; of everything without one.
    pub ceasefire: Option<&'a CeasefireId>,
    /// Under which rules.
    pub rules: RuleSet,
    /// In which window of event time: incidents that lie or may lie in it.
    pub window: Option<Span>,
    /// Along which axis.
    pub by: BrokenDownBy,
}

/// A breakdown, and what it rests on (P4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BreakdownAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The rule set.
    pub rules: String,
    /// The ceasefire, or nothing for everything.
    pub ceasefire: Option<String>,
    /// The window of event time, or nothing for all of it.
    pub window: Option<Span>,
    /// The axis: `day`, `week`, `month`, `year`, `region` or `place`.
    pub by: String,
    /// The clock that cuts days, where the axis is time.
    pub cut: Option<Cut>,
    /// How many incidents were sorted, each once.
    pub incidents: u64,
    /// The slots that hold an incident, in order. A slot that is not listed is not a zero: nobody may have looked.
    pub slots: Vec<SlotCount>,
}

impl View<'_> {
    /// Sorts incidents into slots. Nothing where the ceasefire asked for is not recorded.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn breakdown(&self, question: &BreakdownQuestion<'_>) -> Result<Option<BreakdownAnswer>, RowError> {
        let Some(incidents) = self.incidents_in(question.ceasefire, question.window)? else { return Ok(None) };
        let sorted: Vec<&IncidentFacts> = incidents.iter().collect();
        let floors = question.rules.floors;
        let (by, cut, slots) = match question.by {
            BrokenDownBy::Time(stretch, cut) => (stretch.as_str(), Some(cut), by_time(&sorted, stretch, cut, floors)),
            BrokenDownBy::Place(Reach::Place) => ("place", None, self.by_place(&sorted, Reach::Place, question)?),
            BrokenDownBy::Place(Reach::Region) => ("region", None, self.by_place(&sorted, Reach::Region, question)?),
        };
        Ok(Some(BreakdownAnswer {
            known_at: self.known_at(),
            rules: question.rules.name.to_owned(),
            ceasefire: question.ceasefire.map(ToString::to_string),
            window: question.window,
            by: by.to_owned(),
            cut,
            incidents: sorted.len() as u64,
            slots,
        }))
    }

    fn by_place(
        &self,
        incidents: &[&IncidentFacts],
        reach: Reach,
        question: &BreakdownQuestion<'_>,
    ) -> Result<Vec<SlotCount>, RowError> {
        Ok(by_place(incidents, reach, &self.places()?, question.window, question.rules.floors))
    }

    /// Gives the incidents that lie or may lie in a window, of one ceasefire or of everything: those in its scope, and
    /// those that somebody calls a breach of it. Nothing where the ceasefire is not recorded.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn incidents_in(
        &self,
        ceasefire: Option<&CeasefireId>,
        window: Option<Span>,
    ) -> Result<Option<Vec<IncidentFacts>>, RowError> {
        let mut incidents = self.tables.every_incident()?;
        incidents.retain(|facts| window.is_none_or(|window| window.meets(facts.span())));
        let Some(ceasefire) = ceasefire else { return Ok(Some(incidents)) };
        let Some(row) = self.tables.ceasefires.row(ceasefire.as_str())? else { return Ok(None) };
        let (sides, tree) = (self.sides()?, self.places()?);
        let claims = self.ceasefire_claims(ceasefire)?;
        let forces = facts_of(&row, &claims, &sides).in_force();
        let places = row.scope.as_ref().map(|scope| scope.places.as_slice()).unwrap_or_default();
        let scope = CeasefireScope { parties: &row.parties, places, forces: &forces, tree: &tree, sides: &sides };
        incidents.retain(|facts| {
            let asserted = facts.breaches.iter().any(|breach| breach.ceasefire == *ceasefire);
            asserted || !matches!(scope.relation(facts), ScopeRelation::OutOfScope { .. })
        });
        Ok(Some(incidents))
    }
}
