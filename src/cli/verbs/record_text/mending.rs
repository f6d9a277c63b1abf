//! What became of a record: corrected or retracted by a later one.

use serde::Serialize;

use crate::projection::{RecordRow, RowError, Table, Tables, seq_key};
use crate::rules::claims::{Claimed, Mended};
use crate::vocab::Seq;

/// How a record was mended later, as far as that was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct Mending {
    /// The latest correction; the record reads as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<Seq>,
    /// The retraction; the record counts for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retracted_by: Option<Seq>,
}

impl Mending {
    /// Writes it as a mark behind a line.
    pub fn mark(&self) -> Option<String> {
        match (self.retracted_by, self.corrected_by) {
            (Some(by), _) => Some(format!("[retracted by {by}]")),
            (None, Some(by)) => Some(format!("[corrected by {by}]")),
            (None, None) => None,
        }
    }

    /// Writes it in words.
    pub fn sentences(&self) -> Vec<String> {
        let corrected = self.corrected_by.map(|by| format!("it reads as record {by} says: it was corrected"));
        let retracted =
            self.retracted_by.map(|by| format!("it counts for nothing since record {by}: it was retracted"));
        corrected.into_iter().chain(retracted).collect()
    }

    fn take(&mut self, mended: Option<Mended>) {
        match mended {
            Some(Mended::Corrected(by)) => self.corrected_by = self.corrected_by.max(Some(by)),
            Some(Mended::Retracted(by)) => self.retracted_by = Some(by),
            None => {}
        }
    }
}

/// Finds what became of a record. A correction shows in the rows that the record made; records that made none
/// (evidence) show their retraction alone.
pub fn mending(tables: &Tables, seq: Seq) -> Result<Mending, RowError> {
    let Some(row) = tables.records.row(&seq_key(seq))? else { return Ok(Mending::default()) };
    let mut mending = Mending { corrected_by: registration_corrected(tables, &row, seq)?, retracted_by: row.retracted };
    for (table, key) in &row.claims {
        mending.take(mended(tables, table, key)?);
    }
    Ok(mending)
}

fn mended(tables: &Tables, table: &str, key: &str) -> Result<Option<Mended>, RowError> {
    match table {
        "relation" => of(&tables.relations, key),
        "ceasefire_claim" => of(&tables.ceasefire_claims, key),
        "incident_claim" => of(&tables.incident_claims, key),
        "reading" => of(&tables.readings, key),
        "statement" => of(&tables.statements, key),
        "process" => of(&tables.processes, key),
        "coverage" => of(&tables.coverage, key),
        _ => Ok(None),
    }
}

fn of<C>(table: &Table<Claimed<C>>, key: &str) -> Result<Option<Mended>, RowError>
where
    C: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
{
    Ok(table.row(key)?.and_then(|row| row.mended))
}

/// A registered name keeps the records that made it; the last of them is how it reads.
fn registration_corrected(tables: &Tables, row: &RecordRow, seq: Seq) -> Result<Option<Seq>, RowError> {
    let Some(subject) = row.subject.as_deref() else { return Ok(None) };
    let records = match row.type_name.as_str() {
        "actor.registered" => tables.actors.row(subject)?.map(|row| row.records),
        "place.registered" => tables.places.row(subject)?.map(|row| row.records),
        "ceasefire.recorded" => tables.ceasefires.row(subject)?.map(|row| row.records),
        _ => None,
    };
    Ok(records.and_then(|records| records.last().copied()).filter(|last| *last > seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retraction_outweighs_a_correction_in_the_mark_and_both_are_told() {
        let mending = Mending { corrected_by: Some(Seq::new(7)), retracted_by: Some(Seq::new(9)) };
        assert_eq!(mending.mark().as_deref(), Some("[retracted by 9]"));
        assert_eq!(mending.sentences().len(), 2);
        assert_eq!(Mending::default().mark(), None);
    }

    #[test]
    fn the_latest_correction_is_the_one_that_counts() {
        let mut mending = Mending { corrected_by: Some(Seq::new(9)), retracted_by: None };
        mending.take(Some(Mended::Corrected(Seq::new(7))));
        assert_eq!(mending.corrected_by, Some(Seq::new(9)));
    }
}
