//! Ceasefires: what they are called and what is claimed of them. Their state is a rule, applied when it is asked for.

use super::Projection;
use super::claiming::apply_claims;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::{CeasefireRow, Tables};
use crate::event::{About, CeasefireRecorded, Event, FindingIssued, FindingOutcome, StepReported, Term, TermsReported};
use crate::rules::claims::{CeasefireClaim, CollapseFinding, DurationClaim, StepClaim, TermClaim, Voice};
use crate::vocab::{Seq, When};

/// Keeps the ceasefires.
pub(super) struct Ceasefires;

impl Projection for Ceasefires {
    fn name(&self) -> &'static str {
        "ceasefires"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["ceasefire", "ceasefire_claim"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        match &recorded.event {
            Event::CeasefireRecorded(event) => record(tables, event, Vec::new(), recorded.seq),
            Event::RecordCorrected(correction) => {
                if let Event::CeasefireRecorded(event) = &*correction.replacement {
                    let earlier = tables.ceasefires.row(event.ceasefire.as_str())?;
                    record(tables, event, earlier.map(|row| row.records).unwrap_or_default(), recorded.seq);
                }
            }
            _ => {}
        }
        apply_claims(tables, recorded, |tables| &mut tables.ceasefire_claims, |_, event, _| Ok(claims(event))).map(drop)
    }
}

fn record(tables: &mut Tables, event: &CeasefireRecorded, mut records: Vec<Seq>, seq: Seq) {
    records.push(seq);
    let row = CeasefireRow {
        ceasefire: event.ceasefire.clone(),
        names: event.names.clone(),
        kind: event.kind,
        parties: event.parties.clone(),
        mediators: event.mediators.clone(),
        guarantors: event.guarantors.clone(),
        scope: event.scope.clone(),
        relations: event.relations.clone(),
        external: event.external.clone(),
        records,
    };
    tables.ceasefires.put(event.ceasefire.to_string(), row);
}

fn claims(event: &Event) -> Vec<(String, CeasefireClaim)> {
    match event {
        Event::StepReported(event) => vec![(event.ceasefire.to_string(), step_claim(event))],
        Event::TermsReported(event) => term_claims(event),
        Event::FindingIssued(event) => collapse_finding(event).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn step_claim(event: &StepReported) -> CeasefireClaim {
    CeasefireClaim::Step(StepClaim {
        step: event.step,
        by: event.by.clone(),
        when: event.when.as_ref().map(When::span),
        until: event.until.as_ref().map(When::span),
        voice: Voice::of(&event.source),
    })
}

/// A record makes one claim row for each term; the term's place in the list keeps their keys apart.
fn term_claims(event: &TermsReported) -> Vec<(String, CeasefireClaim)> {
    let voice = || Voice::of(&event.source);
    let claim = |term: &Term| match term {
        Term::Effective(when) => CeasefireClaim::Effective(TermClaim { when: when.span(), voice: voice() }),
        Term::Expires(when) => CeasefireClaim::Expires(TermClaim { when: when.span(), voice: voice() }),
        Term::Duration(term) => CeasefireClaim::Duration(DurationClaim { minutes: term.minutes, voice: voice() }),
        _ => CeasefireClaim::OtherTerm,
    };
    let subject =
        |index: usize| if index == 0 { event.ceasefire.to_string() } else { format!("{}/{index}", event.ceasefire) };
    event.terms.iter().enumerate().map(|(index, term)| (subject(index), claim(term))).collect()
}

fn collapse_finding(event: &FindingIssued) -> Option<(String, CeasefireClaim)> {
    let found = matches!(event.outcome, FindingOutcome::Verified | FindingOutcome::PartiallyVerified);
    match &event.about {
        About::Ceasefire(ceasefire) if found => {
            let when = event.when.as_ref().map(When::span);
            let finding = CollapseFinding { assessor: event.assessor.clone(), when };
            Some((ceasefire.to_string(), CeasefireClaim::Collapsed(finding)))
        }
        _ => None,
    }
}
