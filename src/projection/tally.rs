//! The tally: what the claims about each incident come to. Counting walks these rows and no others.

use super::Projection;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::Tables;
use crate::rules::incident::IncidentFacts;

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
        &["tally"]
    }

    fn apply(&self, tables: &mut Tables, _recorded: &Recorded) -> Result<(), RowError> {
        for incident in std::mem::take(&mut tables.touched) {
            let root = tables.root_incident(&incident)?;
            if root != incident {
                tables.tally.remove(incident.as_str());
            }
            match IncidentFacts::from_claims(&root, &tables.claims_about(&root)?) {
                Some(facts) => tables.tally.put(root.to_string(), facts),
                None => tables.tally.remove(root.as_str()),
            }
        }
        Ok(())
    }
}
