//! The tally: which incidents somebody calls a breach of which ceasefire. What is counted otherwise is drawn from the claims
//! when it is asked for.

use super::Projection;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::Tables;
use crate::event::{BreachClaim, Event};
use crate::vocab::{CeasefireId, IncidentId, Seq};

/// Keeps the asserted breaches. Reads the incidents that the same record touched.
pub(super) struct Tally;

impl Projection for Tally {
    fn name(&self) -> &'static str {
        "tally"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> &'static [&'static str] {
        &["breach", "breach_count"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        let touched = std::mem::take(&mut tables.touched);
        match &recorded.event {
            Event::ViolationReported(event) => match &event.asserts_breach_of {
                Some(BreachClaim::Asserted(breaches)) => {
                    let root = tables.root_incident(&event.incident)?;
                    breaches.iter().try_for_each(|breach| assert(tables, &root, &breach.ceasefire, recorded.seq))
                }
                _ => Ok(()),
            },
            Event::RecordCorrected(_)
            | Event::RecordRetracted(_)
            | Event::IncidentMerged(_)
            | Event::IncidentSplit(_) => touched.iter().try_for_each(|incident| draw_anew(tables, incident)),
            // No other claim asserts a breach or takes one back.
            _ => Ok(()),
        }
    }
}

/// Adds one assertion, later than all others, without looking at the other claims.
fn assert(tables: &mut Tables, root: &IncidentId, ceasefire: &CeasefireId, seq: Seq) -> Result<(), RowError> {
    let key = breach_key(root, ceasefire.as_str());
    let mut records = tables.breaches.row(&key)?.unwrap_or_default();
    if records.is_empty() {
        count(tables, ceasefire.as_str(), Counted::More)?;
    }
    records.push(seq);
    tables.breaches.put(key, records);
    Ok(())
}

/// Draws the assertions of an incident, and of the one it is merged into, anew from their claims.
fn draw_anew(tables: &mut Tables, incident: &IncidentId) -> Result<(), RowError> {
    let root = tables.root_incident(incident)?;
    if root != *incident {
        forget(tables, incident)?;
    }
    forget(tables, &root)?;
    let facts = tables.facts_of(&root)?;
    let breaches = facts.iter().flat_map(|facts| &facts.breaches);
    breaches.map(|breach| (&breach.ceasefire, breach.seq)).try_for_each(|(of, seq)| assert(tables, &root, of, seq))
}

fn forget(tables: &mut Tables, incident: &IncidentId) -> Result<(), RowError> {
    let mut keys = Vec::new();
    tables.breaches.walk(&breach_key(incident, ""), |key, _| keys.push(key.to_owned()))?;
    for key in keys {
        tables.breaches.remove(&key);
        if let Some((_, ceasefire)) = key.split_once('/') {
            count(tables, ceasefire, Counted::Fewer)?;
        }
    }
    Ok(())
}

fn breach_key(incident: &IncidentId, ceasefire: &str) -> String {
    format!("{incident}/{ceasefire}")
}

/// Which way a count goes.
#[derive(Clone, Copy)]
enum Counted {
    More,
    Fewer,
}

/// A count of nothing has no row, so that rows do not tell what was taken back.
fn count(tables: &mut Tables, ceasefire: &str, counted: Counted) -> Result<(), RowError> {
    let before = tables.breach_counts.row(ceasefire)?.unwrap_or_default();
    match counted {
        Counted::More => tables.breach_counts.put(ceasefire.to_owned(), before.saturating_add(1)),
        Counted::Fewer if before <= 1 => tables.breach_counts.remove(ceasefire),
        Counted::Fewer => tables.breach_counts.put(ceasefire.to_owned(), before - 1),
    }
    Ok(())
}
