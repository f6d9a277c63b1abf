//! The tally: what the claims about each incident come to. Counting walks these rows and no others.

use super::Projection;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::Tables;
use crate::rules::incident::IncidentFacts;
use crate::vocab::IncidentId;

/// Keeps the facts of every incident that counts. Reads the incidents that the same record touched.
pub(super) struct Tally;

impl Projection for Tally {
    fn name(&self) -> &'static str {
        "tally"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["tally", "breach"]
    }

    fn apply(&self, tables: &mut Tables, _recorded: &Recorded) -> Result<(), RowError> {
        for incident in std::mem::take(&mut tables.touched) {
            let root = tables.root_incident(&incident)?;
            if root != incident {
                forget(tables, &incident)?;
            }
            forget(tables, &root)?;
            if let Some(facts) = IncidentFacts::from_claims(&root, &tables.claims_about(&root)?) {
                keep(tables, &root, facts);
            }
        }
        Ok(())
    }
}

fn forget(tables: &mut Tables, incident: &IncidentId) -> Result<(), RowError> {
    if let Some(facts) = tables.tally.row(incident.as_str())? {
        for breach in &facts.breaches {
            tables.breaches.remove(&format!("{}/{incident}", breach.ceasefire));
        }
        tables.tally.remove(incident.as_str());
    }
    Ok(())
}

fn keep(tables: &mut Tables, incident: &IncidentId, facts: IncidentFacts) {
    for breach in &facts.breaches {
        let same = facts.breaches.iter().filter(|other| other.ceasefire == breach.ceasefire);
        let records = same.map(|breach| breach.seq).collect();
        tables.breaches.put(format!("{}/{incident}", breach.ceasefire), records);
    }
    tables.tally.put(incident.to_string(), facts);
}
