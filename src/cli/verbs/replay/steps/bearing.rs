//! On which ceasefires a record bears.

use std::collections::BTreeMap;

use super::{Standing, Walk};
use crate::event::{About, Event};
use crate::projection::{Recorded, RowError, seq_key};
use crate::rules::scope::{CeasefireScope, ScopeRelation};
use crate::vocab::{CeasefireId, IncidentId, Pointer, Refer, Reference};

/// On which ceasefires a record bears; for an incident, how it stands to each.
pub(super) type Bearing = BTreeMap<CeasefireId, Option<String>>;

impl Walk<'_> {
    /// On which ceasefires a record bears, by the rows as they stand.
    pub(super) fn bearing(&self, record: &Recorded) -> Result<Bearing, RowError> {
        match &record.event {
            Event::RecordCorrected(correction) => {
                let mut bearing = self.target_bearing(record)?;
                bearing.extend(self.event_bearing(&correction.replacement)?);
                Ok(bearing)
            }
            Event::RecordRetracted(_) => self.target_bearing(record),
            event => self.event_bearing(event),
        }
    }

    fn event_bearing(&self, event: &Event) -> Result<Bearing, RowError> {
        match event {
            Event::CeasefireRecorded(event) => Ok(one(&event.ceasefire)),
            Event::ViolationReported(event) => self.incident_bearing(&event.incident),
            Event::FindingIssued(event) => match &event.about {
                About::Incident(incident) => self.incident_bearing(incident),
                About::Ceasefire(ceasefire) => Ok(one(ceasefire)),
                About::Record(_) => Ok(Bearing::new()),
            },
            Event::IncidentMerged(event) => self.incidents_bearing(&[&event.incident, &event.into]),
            Event::IncidentSplit(event) => self.incidents_bearing(&[&event.incident, &event.out]),
            event => {
                let mut bearing = Bearing::new();
                event.refer(&Pointer::root(), &mut |_, reference| {
                    if let Reference::Ceasefire(ceasefire) = reference {
                        bearing.insert(ceasefire.clone(), None);
                    }
                });
                Ok(bearing)
            }
        }
    }

    /// On which ceasefires the mended record bears, by the rows that it made.
    fn target_bearing(&self, record: &Recorded) -> Result<Bearing, RowError> {
        let target = match &record.event {
            Event::RecordCorrected(event) => &event.target,
            Event::RecordRetracted(event) => &event.target,
            _ => return Ok(Bearing::new()),
        };
        let Some(seq) = self.fold.tables.resolve(target, &record.by)? else { return Ok(Bearing::new()) };
        let Some(row) = self.fold.tables.records.row(&seq_key(seq))? else { return Ok(Bearing::new()) };
        let mut bearing = Bearing::new();
        for (table, key) in &row.claims {
            let subject = key.split('/').next().unwrap_or_default();
            match (table.as_str(), row.type_name.as_str()) {
                ("ceasefire_claim", _) => bearing.extend(CeasefireId::new(subject).ok().map(|id| (id, None))),
                ("incident_claim", "violation.reported" | "finding.issued") => {
                    if let Ok(incident) = IncidentId::new(subject) {
                        bearing.extend(self.incident_bearing(&incident)?);
                    }
                }
                _ => {}
            }
        }
        Ok(bearing)
    }

    fn incidents_bearing(&self, incidents: &[&IncidentId]) -> Result<Bearing, RowError> {
        let mut bearing = Bearing::new();
        for incident in incidents {
            bearing.extend(self.incident_bearing(incident)?);
        }
        Ok(bearing)
    }

    /// How an incident stands to each ceasefire it may concern: by the rules, and beside it by anybody's word.
    fn incident_bearing(&self, incident: &IncidentId) -> Result<Bearing, RowError> {
        let root = self.fold.tables.root_incident(incident)?;
        let Some(facts) = self.fold.tables.facts_of(&root)? else { return Ok(Bearing::new()) };
        let mut bearing = Bearing::new();
        for (ceasefire, Standing { row, forces, .. }) in &self.standings {
            let places = row.scope.as_ref().map(|scope| scope.places.as_slice()).unwrap_or_default();
            let (tree, sides) = (&self.places, &self.sides);
            let relation = CeasefireScope { parties: &row.parties, places, forces, tree, sides }.relation(&facts);
            let breaches = facts.breaches.iter().filter(|breach| breach.ceasefire == *ceasefire);
            let mut by: Vec<String> = breaches.flat_map(|breach| breach.by.iter().map(ToString::to_string)).collect();
            by.sort();
            by.dedup();
            if !by.is_empty() || !matches!(relation, ScopeRelation::OutOfScope { .. }) {
                let called = if by.is_empty() { "nobody".to_owned() } else { by.join(", ") };
                bearing.insert(ceasefire.clone(), Some(format!("{relation}; called a breach by {called}")));
            }
        }
        Ok(bearing)
    }
}

/// Whether an event changes how earlier records count.
pub(super) const fn mends(event: &Event) -> bool {
    matches!(
        event,
        Event::RecordCorrected(_) | Event::RecordRetracted(_) | Event::IncidentMerged(_) | Event::IncidentSplit(_)
    )
}

fn one(ceasefire: &CeasefireId) -> Bearing {
    Bearing::from([(ceasefire.clone(), None)])
}
