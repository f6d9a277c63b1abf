//! Findings, with dissent; how much of what was taken up is resolved, and how long it took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{Event, FindingOutcome, VerificationStep};
use crate::ledger::reading::ReplayError;
use crate::ledger::view::{KnownAt, View};
use crate::rules::claims::IncidentClaim;
use crate::vocab::{Instant, Seq, Span};

/// The findings, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingsAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The findings about incidents, in order of record.
    pub findings: Vec<FindingLine>,
    /// Incidents whose verification was opened, or that have a finding.
    pub taken_up: u64,
    /// Those of them with a finding.
    pub resolved: u64,
    /// The median of the whole days from the opening to the first finding; nothing where no incident has both.
    pub median_days: Option<u64>,
    /// How many incidents that median is of.
    pub median_of: u64,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingLine {
    /// The record.
    pub record: Seq,
    /// The incident.
    pub incident: String,
    /// Whose it is.
    pub assessor: String,
    /// What it says.
    pub outcome: FindingOutcome,
    /// The standard of proof.
    pub standard: Option<String>,
    /// Who sat on it.
    pub members: Vec<String>,
    /// Who disagreed, and in which words.
    pub dissent: Vec<(String, String)>,
    /// Why.
    pub reasons: Option<String>,
    /// Whole days from the opening of the verification, where one was opened.
    pub days: Option<u64>,
}

const DAY_HOURS: u64 = 24;

impl View<'_> {
    /// Gives every standing finding about an incident.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn findings(&self) -> Result<FindingsAnswer, ReplayError> {
        let mut opened: BTreeMap<String, Option<Instant>> = BTreeMap::new();
        let mut issued: Vec<(Seq, Option<Seq>, String, Instant)> = Vec::new();
        self.tables.incident_claims.walk("", |key, claimed| {
            let incident = key.rsplit_once('/').map_or(key, |(incident, _)| incident).to_owned();
            match &claimed.claim {
                _ if !claimed.stands() => {}
                IncidentClaim::Verification(step) if step.step == VerificationStep::Opened => {
                    let at = step.when.map_or(claimed.at, Span::end);
                    let first = opened.entry(incident).or_insert(Some(at));
                    *first = first.map_or(Some(at), |first| Some(first.min(at)));
                }
                IncidentClaim::Finding(_) => {
                    opened.entry(incident.clone()).or_insert(None);
                    issued.push((claimed.seq, claimed.corrected_by(), incident, claimed.at));
                }
                _ => {}
            }
        })?;
        issued.sort();
        let mut findings = Vec::new();
        for (seq, correction, incident, recorded) in issued {
            if let Some(Event::FindingIssued(finding)) = self.event_as_corrected(seq, correction)? {
                let found = finding.source.as_ref().and_then(|source| source.published.as_ref());
                let found = found.and_then(|when| when.earliest).unwrap_or(recorded);
                let days = opened
                    .get(&incident)
                    .copied()
                    .flatten()
                    .map(|opened| super::hours_between(opened, found) / DAY_HOURS);
                findings.push(FindingLine {
                    record: seq,
                    incident,
                    assessor: finding.assessor.to_string(),
                    outcome: finding.outcome,
                    standard: finding.standard.map(|standard| standard.to_string()),
                    members: finding.members.iter().map(ToString::to_string).collect(),
                    dissent: finding.dissent.iter().map(|d| (d.by.to_string(), d.text.to_string())).collect(),
                    reasons: finding.reasons.map(|reasons| reasons.to_string()),
                    days,
                });
            }
        }
        let (median_days, median_of) = median_of_first(&findings);
        let mut resolved: Vec<&str> = findings.iter().map(|line| line.incident.as_str()).collect();
        resolved.sort_unstable();
        resolved.dedup();
        let (taken_up, resolved) = (opened.len() as u64, resolved.len() as u64);
        Ok(FindingsAnswer { known_at: self.known_at(), findings, taken_up, resolved, median_days, median_of })
    }
}

/// The median over the first finding of each incident; of an even number, the lower of the two in the middle.
fn median_of_first(findings: &[FindingLine]) -> (Option<u64>, u64) {
    let mut first: BTreeMap<&str, Option<u64>> = BTreeMap::new();
    for line in findings {
        first.entry(&line.incident).or_insert(line.days);
    }
    let mut days: Vec<u64> = first.into_values().flatten().collect();
    days.sort_unstable();
    (days.get(days.len().saturating_sub(1) / 2).copied(), days.len() as u64)
}
