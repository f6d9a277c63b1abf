//! Which incidents may be the same one: ranked by what they share, and nothing merged.

use serde::{Deserialize, Serialize};

use super::hours_between;
use crate::ledger::view::{KnownAt, View};
use crate::projection::RowError;
use crate::rules::counting::{RuleSet, are_near};
use crate::rules::incident::IncidentFacts;
use crate::rules::sides::Sides;
use crate::vocab::{IncidentId, Seq, Span, choices};

choices! {
    /// On which ground two incidents are alike.
    pub enum Ground {
        /// The times claimed overlap.
        Time = "time",
        /// The same registered place, or points nearer than the rule set says.
        Place = "place",
        /// The same act.
        Act = "act",
        /// A side is accused of both.
        Accused = "accused",
    }
}

/// Incidents that may be the one asked about, the most alike first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlikeAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The rule set: how near is near.
    pub rules: String,
    /// The incident asked about.
    pub incident: String,
    /// The others, those that share most first.
    pub alike: Vec<Alike>,
}

/// One incident that shares something with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alike {
    /// Which.
    pub incident: String,
    /// What the two share.
    pub grounds: Vec<Ground>,
    /// Whole hours between the times claimed; 0 where they overlap, nothing where one has none.
    pub hours_apart: Option<u64>,
    /// Its reports.
    pub records: Vec<Seq>,
}

impl View<'_> {
    /// Ranks the incidents that share two grounds at least with one, time or place among them. Nothing where it was never
    /// reported.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn alike(&self, incident: &IncidentId, rules: RuleSet) -> Result<Option<AlikeAnswer>, RowError> {
        let root = self.tables.root_incident(incident)?;
        let Some(facts) = self.tables.facts_of(&root)? else { return Ok(None) };
        let sides = self.sides()?;
        let mut alike = Vec::new();
        self.tables.walk_incidents(|other| {
            if other.incident != facts.incident {
                alike.extend(compared(&facts, &other, rules, &sides));
            }
        })?;
        alike.sort_by_key(|one: &Alike| {
            (std::cmp::Reverse(one.grounds.len()), one.hours_apart.unwrap_or(u64::MAX), one.incident.clone())
        });
        let (known_at, rules) = (self.known_at(), rules.name.to_owned());
        Ok(Some(AlikeAnswer { known_at, rules, incident: root.to_string(), alike }))
    }
}

fn compared(one: &IncidentFacts, other: &IncidentFacts, rules: RuleSet, sides: &Sides) -> Option<Alike> {
    let hours_apart = one.when.zip(other.when).map(|(a, b)| apart(a, b));
    let accused = |facts: &IncidentFacts| -> Vec<String> {
        let charged = facts.charges.iter().flat_map(|charge| sides.sides(&charge.accused));
        charged.map(ToString::to_string).collect()
    };
    let same_accused = accused(other).iter().any(|side| accused(one).contains(side));
    let tests = [
        (Ground::Time, one.when.zip(other.when).is_some_and(|(a, b)| a.meets(b))),
        (Ground::Place, are_near(rules, &one.sites, &other.sites)),
        (Ground::Act, one.acts.iter().any(|act| other.acts.contains(act))),
        (Ground::Accused, same_accused),
    ];
    let grounds: Vec<Ground> = tests.into_iter().filter(|(_, holds)| *holds).map(|(ground, _)| ground).collect();
    let where_or_when = grounds.iter().any(|ground| matches!(ground, Ground::Time | Ground::Place));
    (grounds.len() >= 2 && where_or_when).then(|| Alike {
        incident: other.incident.to_string(),
        grounds,
        hours_apart,
        records: other.reports.clone(),
    })
}

fn apart(a: Span, b: Span) -> u64 {
    if a.meets(b) { 0 } else { hours_between(a.end(), b.start()).max(hours_between(b.end(), a.start())) }
}
