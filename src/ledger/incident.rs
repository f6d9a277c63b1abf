//! One incident: everything said about it, in order, and what that comes to.

use serde::{Deserialize, Serialize};

use super::key_book::RecordSignature;
use super::tally::facts_of;
use super::view::{KnownAt, View};
use crate::projection::{CeasefireRow, RowError};
use crate::rules::contest::{self, ContestRead};
use crate::rules::counting::{AccuserClass, Counting, RuleSet};
use crate::rules::figures::{FigureEnvelope, envelopes};
use crate::rules::incident::{IncidentFacts, Status};
use crate::rules::lifecycle::Force;
use crate::rules::scope::{CeasefireScope, PlaceTree, ScopeRelation};
use crate::rules::sides::Sides;
use crate::vocab::{CeasefireId, IncidentId, Level, Seq, Span};

/// One accuser of one accused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accuser {
    /// Who charges.
    pub by: Vec<String>,
    /// Whom.
    pub accused: Vec<String>,
    /// Seen from the accused.
    pub class: AccuserClass,
    /// On whose word.
    pub level: Level,
    /// The record.
    pub record: Seq,
}

/// How the incident stands to one ceasefire: by the rules, and beside it by anybody's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CeasefireRelation {
    /// The ceasefire.
    pub ceasefire: String,
    /// By interval, place and party.
    pub relation: ScopeRelation,
    /// Who asserts a breach of it.
    pub breach_asserted_by: Vec<String>,
    /// In which records.
    pub breach_records: Vec<Seq>,
}

/// What the claims about one incident come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncidentAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The rule set.
    pub rules: String,
    /// The incident that counts.
    pub incident: String,
    /// The incidents merged into it.
    pub merged: Vec<String>,
    /// The envelope of the times claimed.
    pub when: Option<Span>,
    /// The registered places claimed.
    pub places: Vec<String>,
    /// What is said to have been done.
    pub acts: Vec<String>,
    /// Who charges whom.
    pub accusers: Vec<Accuser>,
    /// How those charged, and others, answer.
    pub contest: Vec<ContestRead>,
    /// Where it stands with assessors.
    pub status: Status,
    /// Every figure, by kind.
    pub figures: Vec<FigureEnvelope>,
    /// How it stands to each ceasefire.
    pub ceasefires: Vec<CeasefireRelation>,
    /// Every record that bears on it, in order; retracted ones too.
    pub records: Vec<Seq>,
    /// Who signed those of them that are signed; for who asks, see [`View::signatures_of`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<RecordSignature>,
}

impl View<'_> {
    /// Gives everything about one incident; nothing where it was never reported. A merged incident answers for the one
    /// it was merged into.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn incident(&self, incident: &IncidentId, rules: RuleSet) -> Result<Option<IncidentAnswer>, RowError> {
        if !self.tables.incidents.has(incident.as_str())? {
            return Ok(None);
        }
        let root = self.tables.root_incident(incident)?;
        let claims = self.tables.claims_about(&root)?;
        let merged = self.tables.members(&root)?.into_iter().skip(1).map(|id| id.to_string()).collect();
        let mut records: Vec<Seq> = claims.iter().flat_map(crate::rules::claims::Claimed::records).collect();
        records.sort();
        records.dedup();
        let blank = IncidentAnswer {
            known_at: self.known_at(),
            rules: rules.name.to_owned(),
            incident: root.to_string(),
            merged,
            when: None,
            places: Vec::new(),
            acts: Vec::new(),
            accusers: Vec::new(),
            contest: Vec::new(),
            status: Status::Alleged,
            figures: Vec::new(),
            ceasefires: Vec::new(),
            records,
            signatures: Vec::new(),
        };
        match self.tables.facts_of(&root)? {
            Some(facts) => Ok(Some(self.told(&facts, rules, blank)?)),
            None => Ok(Some(blank)),
        }
    }

    fn told(&self, facts: &IncidentFacts, rules: RuleSet, blank: IncidentAnswer) -> Result<IncidentAnswer, RowError> {
        Ok(IncidentAnswer {
            when: facts.when,
            places: facts.sites.iter().filter_map(|site| site.place.as_ref()).map(ToString::to_string).collect(),
            acts: facts.acts.iter().map(ToString::to_string).collect(),
            accusers: self.accusers(facts, rules)?,
            contest: facts.answers.iter().filter_map(contest::read).collect(),
            status: facts.status,
            figures: envelopes(facts, rules.floors),
            ceasefires: self.ceasefire_scopes()?.relations(facts),
            ..blank
        })
    }

    fn accusers(&self, facts: &IncidentFacts, rules: RuleSet) -> Result<Vec<Accuser>, RowError> {
        let sides = self.sides()?;
        let mut parties = Vec::new();
        self.tables.ceasefires.walk("", |_, row| parties.push(row.parties.clone()))?;
        let counting = Counting { rules, ceasefire: None, window: None, sides: &sides, parties: &parties };
        let mut accusers = Vec::new();
        for charge in &facts.charges {
            let side = charge.accused.iter().flat_map(crate::vocab::ActorRef::possible).next();
            let side = side.map(|actor| sides.side_of(actor));
            let class = charge.by.first().map_or(AccuserClass::Unidentified, |by| counting.accuser_class(by, side));
            accusers.push(Accuser {
                by: charge.by.iter().map(ToString::to_string).collect(),
                accused: charge.accused.iter().map(ToString::to_string).collect(),
                class,
                level: charge.level.unwrap_or_else(|| class.level()),
                record: charge.seq,
            });
        }
        Ok(accusers)
    }

    /// Prepares the ceasefires, so that many incidents can be held against them.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn ceasefire_scopes(&self) -> Result<CeasefireScopes, RowError> {
        let (sides, tree) = (self.sides()?, self.places()?);
        let mut ceasefires = Vec::new();
        for row in self.tables.ceasefires.rows("")? {
            let claims = self.ceasefire_claims(&row.ceasefire)?;
            let forces = facts_of(&row, &claims, &sides).in_force();
            ceasefires.push((row, forces));
        }
        Ok(CeasefireScopes { sides, tree, ceasefires })
    }
}

/// Every ceasefire with when it was in force.
pub struct CeasefireScopes {
    sides: Sides,
    tree: PlaceTree,
    ceasefires: Vec<(CeasefireRow, Vec<Force>)>,
}

impl CeasefireScopes {
    /// Tells whether a ceasefire is among them.
    #[must_use]
    pub fn holds(&self, ceasefire: &CeasefireId) -> bool {
        self.ceasefires.iter().any(|(row, _)| row.ceasefire == *ceasefire)
    }

    /// Tells whether an incident lies or may lie in the scope of a ceasefire, or is called a breach of it.
    #[must_use]
    pub fn concerns(&self, ceasefire: &CeasefireId, facts: &IncidentFacts) -> bool {
        let asserted = facts.breaches.iter().any(|breach| breach.ceasefire == *ceasefire);
        let row = self.ceasefires.iter().find(|(row, _)| row.ceasefire == *ceasefire);
        let outside = |(row, forces): &(CeasefireRow, Vec<Force>)| {
            matches!(self.relation(row, forces, facts), ScopeRelation::OutOfScope { .. })
        };
        row.is_some_and(|row| asserted || !outside(row))
    }

    /// Says how an incident stands to each of them.
    #[must_use]
    pub fn relations(&self, facts: &IncidentFacts) -> Vec<CeasefireRelation> {
        let told = self.ceasefires.iter().map(|(row, forces)| {
            let breaches = facts.breaches.iter().filter(|breach| breach.ceasefire == row.ceasefire);
            CeasefireRelation {
                ceasefire: row.ceasefire.to_string(),
                relation: self.relation(row, forces, facts),
                breach_asserted_by: breaches.clone().flat_map(|b| b.by.iter().map(ToString::to_string)).collect(),
                breach_records: breaches.map(|breach| breach.seq).collect(),
            }
        });
        told.collect()
    }

    fn relation(&self, row: &CeasefireRow, forces: &[Force], facts: &IncidentFacts) -> ScopeRelation {
        let places = row.scope.as_ref().map(|scope| scope.places.as_slice()).unwrap_or_default();
        let (tree, sides) = (&self.tree, &self.sides);
        CeasefireScope { parties: &row.parties, places, forces, tree, sides }.relation(facts)
    }
}
