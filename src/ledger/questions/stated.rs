//! Whether the ledger held that somebody gave a figure: yes with the records, or no.

use serde::{Deserialize, Serialize};

use super::names;
use crate::ledger::view::{KnownAt, View};
use crate::projection::RowError;
use crate::rules::incident::IncidentFacts;
use crate::vocab::{IncidentId, Quantity, Seq};

/// Whether a figure stands in the ledger, as somebody's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatedAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The figure asked about.
    pub quantity: Quantity,
    /// The incident, or nothing for anywhere.
    pub incident: Option<String>,
    /// Who gives it; empty where nobody does.
    pub stated: Vec<Stated>,
}

/// One record that gives the figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stated {
    /// Who gives it.
    pub by: Vec<String>,
    /// The incident, or the counter, that it is of.
    pub of: String,
    /// The record.
    pub record: Seq,
}

impl View<'_> {
    /// Finds who gives exactly this figure: of this kind, with this operator and these numbers, and of these people where
    /// the question says whom. Retracted records do not count.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn stated(&self, quantity: &Quantity, incident: Option<&IncidentId>) -> Result<StatedAnswer, RowError> {
        let root = incident.map(|incident| self.tables.root_incident(incident)).transpose()?;
        let mut stated = Vec::new();
        let mut take = |facts: &IncidentFacts| {
            for figure in facts.figures.iter().filter(|figure| is_same(&figure.quantity, quantity)) {
                stated.push(Stated { by: names(&figure.by), of: facts.incident.to_string(), record: figure.seq });
            }
        };
        match &root {
            Some(root) => self.tables.facts_of(root)?.iter().for_each(take),
            None => self.tables.walk_incidents(|facts| take(&facts))?,
        }
        if root.is_none() {
            self.tables.readings.walk("", |_, row| {
                let given = row.claim.values.iter().filter(|value| is_same(value, quantity));
                for _ in given.filter(|_| row.stands()) {
                    let (by, of) = (names(&row.claim.voice.speaker), row.claim.counter.to_string());
                    stated.push(Stated { by, of, record: row.seq });
                }
            })?;
        }
        stated.sort_by_key(|stated| stated.record);
        let incident = root.map(|root| root.to_string());
        Ok(StatedAnswer { known_at: self.known_at(), quantity: quantity.clone(), incident, stated })
    }
}

fn is_same(held: &Quantity, asked: &Quantity) -> bool {
    held.kind() == asked.kind()
        && held.op == asked.op
        && (held.min, held.max, held.best) == (asked.min, asked.max, asked.best)
        && (asked.who.is_none() || held.who == asked.who)
}
