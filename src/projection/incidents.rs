//! Incidents: what is claimed about each, and which of them are one.

use super::Projection;
use super::claiming::{apply_claims, claim_keys};
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::{IncidentRow, Tables, claim_key, seq_key};
use crate::event::{About, ActIdentified, Event, IncidentMerged, IncidentSplit, ResponseMade};
use crate::rules::claims::{Answer, Charge, Finding, IncidentClaim, Mention, Report, Site, Verification, Voice, bare};
use crate::vocab::{ActorId, Attribution, IncidentId, Seq, When};

/// Keeps the incidents.
pub(super) struct Incidents;

impl Projection for Incidents {
    fn name(&self) -> &'static str {
        "incidents"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> &'static [&'static str] {
        &["incident", "incident_claim", "joined"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        match &recorded.event {
            Event::IncidentMerged(event) => merge(tables, event, recorded.seq),
            Event::IncidentSplit(event) => split(tables, event, recorded),
            Event::ActIdentified(event) => identify(tables, event, &recorded.by),
            _ => {
                let keys = apply_claims(
                    tables,
                    recorded,
                    |tables| &mut tables.incident_claims,
                    |_, event, _| Ok(claims(event)),
                )?;
                keys.iter().try_for_each(|key| touch(tables, key, recorded.seq))
            }
        }
    }
}

/// Notes that an incident's facts may have changed; its first claim brings it into being.
fn touch(tables: &mut Tables, claim_key: &str, seq: Seq) -> Result<(), RowError> {
    let Some(incident) = claim_key.split('/').next().and_then(|id| IncidentId::new(id).ok()) else { return Ok(()) };
    if !tables.incidents.has(incident.as_str())? {
        let row = IncidentRow { incident: incident.clone(), first: seq, merged_into: None, members: Vec::new() };
        tables.incidents.put(incident.to_string(), row);
    }
    tables.touched.insert(incident);
    Ok(())
}

fn claims(event: &Event) -> Vec<(String, IncidentClaim)> {
    match event {
        Event::ViolationReported(event) => {
            let report = Report {
                voice: Voice::of(&event.source),
                when: event.when.as_ref().map(When::span),
                site: event.place.as_ref().and_then(Site::of),
                act: event.act,
                against: event.against.clone(),
                quantities: bare(&event.quantities),
                attribution: event.attribution.clone(),
                breach: event.asserts_breach_of.clone(),
            };
            vec![(event.incident.to_string(), IncidentClaim::Report(Box::new(report)))]
        }
        Event::AccusationMade(event) => {
            let accused = event.against.clone();
            let charge = Charge { by: event.by.clone(), accused, level: None, quantities: Vec::new() };
            about_incidents(&event.about, &IncidentClaim::Charge(charge))
        }
        Event::StatementMade(event) => {
            let quantities = bare(&event.quantities);
            let claim = match &event.attribution {
                Some(Attribution { accused, level, .. }) => IncidentClaim::Charge(Charge {
                    by: event.by.clone(),
                    accused: accused.clone(),
                    level: Some(*level),
                    quantities,
                }),
                None => IncidentClaim::Mention(Mention { by: event.by.clone(), kind: event.kind, quantities }),
            };
            about_incidents(&event.about, &claim)
        }
        Event::ResponseMade(event) => answers(event),
        Event::VerificationStepped(event) => {
            let when = event.when.as_ref().map(When::span);
            let claim = Verification { step: event.step, assessor: event.assessor.clone(), when };
            vec![(event.incident.to_string(), IncidentClaim::Verification(claim))]
        }
        Event::FindingIssued(event) => {
            let finding = Finding {
                outcome: event.outcome,
                assessor: event.assessor.clone(),
                attribution: event.attribution.clone(),
                quantities: bare(&event.quantities),
                dissents: event.dissent.len() as u64,
            };
            about_incidents(std::slice::from_ref(&event.about), &IncidentClaim::Finding(Box::new(finding)))
        }
        _ => Vec::new(),
    }
}

fn about_incidents(about: &[About], claim: &IncidentClaim) -> Vec<(String, IncidentClaim)> {
    let mut seen: Vec<&IncidentId> = Vec::new();
    for about in about {
        if let About::Incident(incident) = about
            && !seen.contains(&incident)
        {
            seen.push(incident);
        }
    }
    seen.into_iter().map(|incident| (incident.to_string(), claim.clone())).collect()
}

fn answers(event: &ResponseMade) -> Vec<(String, IncidentClaim)> {
    let mut answers: Vec<(String, IncidentClaim)> = Vec::new();
    for answered in &event.to {
        if let About::Incident(incident) = &answered.about
            && !answers.iter().any(|(subject, _)| subject == incident.as_str())
        {
            let answer = Answer {
                by: event.by.clone(),
                stance: event.stance,
                claiming: event.claiming,
                scope: answered.scope,
                basis: answered.basis,
            };
            answers.push((incident.to_string(), IncidentClaim::Answer(answer)));
        }
    }
    answers
}

fn merge(tables: &mut Tables, event: &IncidentMerged, seq: Seq) -> Result<(), RowError> {
    let (from, into) = (tables.root_incident(&event.incident)?, tables.root_incident(&event.into)?);
    if from == into {
        return Ok(());
    }
    tables.incidents.change(from.as_str(), |row| row.merged_into = Some((into.clone(), seq)))?;
    tables.incidents.change(into.as_str(), |row| row.members.push(from.clone()))?;
    note_joined(tables, &from)?;
    note_joined(tables, &into)?;
    tables.touched.extend([from, into]);
    Ok(())
}

/// Keeps the list of incidents whose facts are not those of their own claims alone.
fn note_joined(tables: &mut Tables, incident: &IncidentId) -> Result<(), RowError> {
    let row = tables.incidents.row(incident.as_str())?;
    if row.is_some_and(|row| row.merged_into.is_some() || !row.members.is_empty()) {
        tables.joined.put(incident.to_string(), ());
    } else {
        tables.joined.remove(incident.as_str());
    }
    Ok(())
}

fn split(tables: &mut Tables, event: &IncidentSplit, recorded: &Recorded) -> Result<(), RowError> {
    if !event.records.is_empty() {
        return move_records(tables, event, recorded);
    }
    let into = tables.incidents.row(event.out.as_str())?.and_then(|row| row.merged_into);
    let Some((into, _)) = into else { return Ok(()) };
    if tables.root_incident(&event.incident)? != tables.root_incident(&into)? {
        return Ok(());
    }
    tables.incidents.change(event.out.as_str(), |row| row.merged_into = None)?;
    tables.incidents.change(into.as_str(), |row| row.members.retain(|member| *member != event.out))?;
    note_joined(tables, &event.out)?;
    note_joined(tables, &into)?;
    let root = tables.root_incident(&into)?;
    tables.touched.extend([event.out.clone(), root]);
    Ok(())
}

/// Moves the claims of the named records from one incident to a new one.
fn move_records(tables: &mut Tables, event: &IncidentSplit, recorded: &Recorded) -> Result<(), RowError> {
    let prefix = format!("{}/", event.incident);
    for record in &event.records {
        let Some(seq) = tables.resolve(record, &recorded.by)? else { continue };
        for key in claim_keys(tables, seq, |tables| &mut tables.incident_claims)? {
            if !key.starts_with(&prefix) {
                continue;
            }
            let Some(row) = tables.incident_claims.row(&key)? else { continue };
            let moved = claim_key(event.out.as_str(), seq);
            tables.incident_claims.remove(&key);
            tables.incident_claims.put(moved.clone(), row);
            tables.records.change(&seq_key(seq), |row| {
                for (_, claim) in row.claims.iter_mut().filter(|(_, claim)| *claim == key) {
                    claim.clone_from(&moved);
                }
            })?;
            touch(tables, &moved, recorded.seq)?;
        }
    }
    tables.touched.insert(event.incident.clone());
    Ok(())
}

/// Gives every claim of the named records the first of them as its act of speech.
fn identify(tables: &mut Tables, event: &ActIdentified, by: &ActorId) -> Result<(), RowError> {
    let acts = super::statements::identified(tables, event, by)?;
    let Some(&first) = acts.first() else { return Ok(()) };
    for seq in acts {
        for key in claim_keys(tables, seq, |tables| &mut tables.incident_claims)? {
            tables.incident_claims.change(&key, |row| row.act = Some(first))?;
            if let Some(incident) = key.split('/').next().and_then(|id| IncidentId::new(id).ok()) {
                tables.touched.insert(incident);
            }
        }
    }
    Ok(())
}
