//! Every record was made for this ledger and points only to what stood before it.

use std::collections::HashSet;

use super::VerifyError;
use super::checking::{Checking, Passed, Passing};
use super::fingerprints::Fingerprints;
use super::report::{Check, Findings};
use crate::event::Event;
use crate::projection::submission_key;
use crate::record::Body;
use crate::rules::admission::{Standing, reference_faults};
use crate::vocab::{
    ActorId, CeasefireId, Digest32, IncidentId, KeyId, Label, PlaceId, RecordRef, Reference as Pointed, Seq,
};

/// The check of origins and references.
#[derive(Default)]
pub(super) struct References {
    origin: Option<Label>,
    brought: Brought,
    findings: Findings,
}

/// What the records up to here brought. Of what there may be millions, incidents and idempotency keys, it keeps
/// fingerprints: some 20 bytes for each incident and 10 for each record.
#[derive(Default)]
struct Brought {
    actors: HashSet<ActorId>,
    places: HashSet<PlaceId>,
    ceasefires: HashSet<CeasefireId>,
    keys: HashSet<KeyId>,
    evidence: HashSet<Digest32>,
    incidents: Fingerprints,
    submissions: Fingerprints,
    /// The record before the one at hand.
    last: Option<Seq>,
}

impl References {
    fn take(&mut self, seq: Seq, body: &Body) {
        let origin = self.origin.get_or_insert_with(|| body.origin.clone());
        if body.origin != *origin {
            self.findings.keep(seq, format!("the record was made for {}", body.origin));
        }
        self.brought.last = Some(seq.previous());
        if seq == Seq::FIRST {
            // Record 1 registers the recorder in whose name it stands.
            self.brought.take(&body.event);
        }
        let Ok(faults) = reference_faults(body, &self.brought);
        for fault in faults {
            self.findings.keep(seq, format!("{} at {}", fault.what, fault.pointer));
        }
        self.brought.take(&body.event);
        self.brought.submissions.insert(submission_key(&body.by, body.key.as_str()).as_bytes());
    }
}

impl Checking for References {
    fn watch(&mut self, block: &[Passing<'_>]) {
        for passing in block {
            if let Ok(body) = &passing.body {
                self.take(passing.line.envelope.seq, body);
            }
        }
    }

    fn conclude(self: Box<Self>, _: &Passed<'_>) -> Result<Vec<Check>, VerifyError> {
        let detail = "every record points only to what stood before it";
        Ok(vec![Check::of_findings("references", detail, self.findings.into_list())])
    }
}

impl Brought {
    fn take(&mut self, event: &Event) {
        match event {
            Event::LedgerCreated(event) => drop(self.actors.insert(event.recorder.actor.clone())),
            Event::ActorRegistered(event) => drop(self.actors.insert(event.actor.clone())),
            Event::PlaceRegistered(event) => drop(self.places.insert(event.place.clone())),
            Event::CeasefireRecorded(event) => drop(self.ceasefires.insert(event.ceasefire.clone())),
            Event::ViolationReported(event) => self.incidents.insert(event.incident.as_str().as_bytes()),
            Event::IncidentSplit(event) => self.incidents.insert(event.out.as_str().as_bytes()),
            Event::EvidenceAdded(event) => drop(self.evidence.insert(event.blake3)),
            Event::KeyAdded(event) => drop(self.keys.insert(event.key.clone())),
            Event::KeyRotated(event) => drop(self.keys.insert(event.successor.clone())),
            _ => {}
        }
    }
}

impl Standing for Brought {
    type Error = std::convert::Infallible;

    fn actor(&self, id: &ActorId) -> Result<bool, Self::Error> {
        Ok(self.actors.contains(id))
    }

    fn place(&self, id: &PlaceId) -> Result<bool, Self::Error> {
        Ok(self.places.contains(id))
    }

    fn ceasefire(&self, id: &CeasefireId) -> Result<bool, Self::Error> {
        Ok(self.ceasefires.contains(id))
    }

    fn incident(&self, id: &IncidentId) -> Result<bool, Self::Error> {
        Ok(self.incidents.contains(id.as_str().as_bytes()))
    }

    fn evidence(&self, digest: &Digest32) -> Result<bool, Self::Error> {
        Ok(self.evidence.contains(digest))
    }

    fn key(&self, id: &KeyId) -> Result<bool, Self::Error> {
        Ok(self.keys.contains(id))
    }

    fn has_record(&self, record: &RecordRef, by: &ActorId) -> Result<bool, Self::Error> {
        let by_key = record.key.as_ref().is_some_and(|key| {
            let key = submission_key(record.by.as_ref().unwrap_or(by), key.as_str());
            self.submissions.contains(key.as_bytes())
        });
        Ok(by_key || record.seq.is_some_and(|seq| Seq::NONE < seq && Some(seq) <= self.last))
    }

    /// Whoever checks a log has no use for what might have been meant.
    fn nearest(&self, _: &Pointed<'_>) -> Result<Option<String>, Self::Error> {
        Ok(None)
    }
}
