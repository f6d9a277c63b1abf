//! Answers the admission rules' questions from the rows, and from what the same batch brings.

use std::collections::{BTreeMap, BTreeSet};

use super::key_book::KeyBook;
use super::scratch::Scratch;
use crate::event::Event;
use crate::projection::{RowError, Tables, seq_key, submission_key};
use crate::proof::BodyVerifier;
use crate::record::Body;
use crate::rules::admission::{AnnexStanding, Known, PublicKey, Standing, Target, skeleton};
use crate::rules::keys::SubmitterKey;
use crate::vocab::{ActorId, CeasefireId, Digest32, IncidentId, KeyId, Names, PlaceId, RecordRef, Reference};

/// What a batch introduces before it is in the log: no position yet, but ids and keys.
#[derive(Debug, Default)]
pub(super) struct Pending {
    ids: BTreeMap<Kind, BTreeSet<String>>,
    skeletons: BTreeMap<String, ActorId>,
    records: BTreeMap<String, Target>,
    retracted: BTreeSet<String>,
    annexes: BTreeMap<String, AnnexStanding>,
    merged: BTreeMap<IncidentId, IncidentId>,
}

/// What kind of thing an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Actor,
    Place,
    Ceasefire,
    Incident,
    Evidence,
    Key,
}

impl Kind {
    /// What the keys of its ids begin with in [`Scratch`]; nothing for kinds that are few, and asked of in every record.
    const fn table(self) -> Option<&'static str> {
        match self {
            Self::Incident => Some("incident/"),
            Self::Evidence => Some("evidence/"),
            Self::Actor | Self::Place | Self::Ceasefire | Self::Key => None,
        }
    }
}

/// What is kept in [`Scratch`] of a submission that was checked and not written yet.
pub(super) struct Checked {
    /// Of its bytes.
    #[cfg_attr(
        not(feature = "exchange"),
        allow(dead_code, reason = "only an import asks whether it saw the same before")
    )]
    pub(super) digest: Digest32,
    target: Target,
}

impl Checked {
    /// Looks for the one under a submission's key.
    pub(super) fn find(key: &str, checked: &Scratch) -> Result<Option<Self>, RowError> {
        Ok(checked.get(&Self::key(key))?.as_deref().and_then(Self::from_bytes))
    }

    fn key(key: &str) -> String {
        format!("record/{key}")
    }

    /// The digest, the type's name and, after a zero, the subject.
    #[cfg(feature = "exchange")]
    fn to_bytes(&self) -> Vec<u8> {
        let subject = self.target.subject.iter().flat_map(|subject| [b"\0", subject.as_bytes()]);
        let parts = [self.digest.as_bytes(), self.target.type_name.as_bytes()];
        parts.into_iter().chain(subject).flatten().copied().collect()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (digest, rest) = bytes.split_first_chunk()?;
        let text = std::str::from_utf8(rest).ok()?;
        let (type_name, subject) = text.split_once('\0').map_or((text, None), |(name, id)| (name, Some(id.to_owned())));
        let target = Target { type_name: type_name.to_owned(), subject, retracted: false };
        Some(Self { digest: Digest32::new(*digest), target })
    }
}

impl Pending {
    /// Takes in all that a body brings for those who come after it. `below` are the layers before this one.
    pub(super) fn take(&mut self, body: &Body, tables: &Tables, below: &[&Self]) -> Result<(), RowError> {
        self.introduce(body);
        self.retract(body, tables)?;
        self.seal(body, tables, below)
    }

    /// Takes in what a body introduces.
    pub(super) fn introduce(&mut self, body: &Body) {
        self.introduce_event(&body.event);
        let target = Target {
            type_name: body.event.type_name().to_owned(),
            subject: body.event.subject().map(ToOwned::to_owned),
            retracted: false,
        };
        self.records.insert(submission_key(&body.by, body.key.as_str()), target);
        if let Event::IncidentMerged(event) = &body.event {
            self.merged.insert(event.incident.clone(), event.into.clone());
        }
        if let Event::RecordRetracted(event) = &body.event {
            self.retracted.insert(reference_key(&event.target, &body.by));
        }
    }

    /// Remembers a retraction under its target's position: a later one may name the same record by its key.
    fn retract(&mut self, body: &Body, tables: &Tables) -> Result<(), RowError> {
        if let Event::RecordRetracted(event) = &body.event
            && let Some(seq) = tables.resolve(&event.target, &body.by)?
        {
            self.retracted.insert(seq_key(seq));
        }
        Ok(())
    }

    /// Remembers what a body seals, and what it decides about sealed fields, for those who come after it in the batch.
    fn seal(&mut self, body: &Body, tables: &Tables, below: &[&Self]) -> Result<(), RowError> {
        if let Some(sealed) = &body.sealed {
            let annex = AnnexStanding { digests: sealed.clone(), ..AnnexStanding::default() };
            self.annexes.insert(submission_key(&body.by, body.key.as_str()), annex);
        }
        let (target, digests) = match &body.event {
            Event::AnnexWithheld(event) => (&event.target, &event.digests),
            Event::AnnexReleased(event) => (&event.target, &event.digests),
            Event::AnnexErased(event) => (&event.target, &event.digests),
            _ => return Ok(()),
        };
        let layers: Vec<&Self> = below.iter().copied().chain([&*self]).collect();
        let keys = KeyBook::default();
        let mut annex = Admission { tables, checked: None, pending: &layers, keys: &keys }.annex(target, &body.by)?;
        match &body.event {
            Event::AnnexWithheld(_) => annex.withheld.extend(digests),
            Event::AnnexReleased(_) => annex.withheld.retain(|digest| !digests.contains(digest)),
            _ => annex.erased.extend(digests),
        }
        let key = match tables.resolve(target, &body.by)? {
            Some(seq) => seq_key(seq),
            None => reference_key(target, &body.by),
        };
        self.annexes.insert(key, annex);
        Ok(())
    }

    /// Takes over what another layer introduced. Incidents and submissions, of which there may be millions, go to `checked`.
    #[cfg(feature = "exchange")]
    pub(super) fn take_over(&mut self, other: Self, digests: &BTreeMap<String, Digest32>, checked: &mut Scratch) {
        for (kind, ids) in other.ids {
            match kind.table() {
                Some(table) => ids.into_iter().for_each(|id| checked.put(format!("{table}{id}"), Vec::new())),
                None => self.ids.entry(kind).or_default().extend(ids),
            }
        }
        for (key, target) in other.records {
            if let Some(digest) = digests.get(&key) {
                checked.put(Checked::key(&key), Checked { digest: *digest, target }.to_bytes());
            }
        }
        self.skeletons.extend(other.skeletons);
        self.retracted.extend(other.retracted);
        self.merged.extend(other.merged);
        self.annexes.extend(other.annexes);
    }

    fn introduce_event(&mut self, event: &Event) {
        let mut add = |kind: Kind, id: &str| {
            self.ids.entry(kind).or_default().insert(id.to_owned());
        };
        match event {
            Event::LedgerCreated(event) => {
                add(Kind::Actor, event.recorder.actor.as_str());
                self.name(&event.recorder.actor, &event.recorder.names);
            }
            Event::ActorRegistered(event) => {
                add(Kind::Actor, event.actor.as_str());
                self.name(&event.actor, &event.names);
            }
            Event::RecordCorrected(event) => {
                if let Event::ActorRegistered(event) = &*event.replacement {
                    self.name(&event.actor, &event.names);
                }
            }
            Event::PlaceRegistered(event) => add(Kind::Place, event.place.as_str()),
            Event::CeasefireRecorded(event) => add(Kind::Ceasefire, event.ceasefire.as_str()),
            Event::ViolationReported(event) => add(Kind::Incident, event.incident.as_str()),
            Event::IncidentSplit(event) => add(Kind::Incident, event.out.as_str()),
            Event::EvidenceAdded(event) => add(Kind::Evidence, &event.blake3.to_string()),
            Event::KeyAdded(event) => add(Kind::Key, event.key.as_str()),
            Event::KeyRotated(event) => add(Kind::Key, event.successor.as_str()),
            _ => {}
        }
    }

    fn name(&mut self, actor: &ActorId, names: &Names) {
        for name in names.iter() {
            self.skeletons.insert(skeleton(name.text.as_str()), actor.clone());
        }
    }
}

/// A reference in the form under which a retraction of it is remembered.
fn reference_key(record: &RecordRef, by: &ActorId) -> String {
    match (&record.key, record.seq) {
        (Some(key), _) => submission_key(record.by.as_ref().unwrap_or(by), key.as_str()),
        (None, seq) => seq.map(seq_key).unwrap_or_default(),
    }
}

/// The rows, with what the batch brings, in layers: the later ones know of the earlier ones.
pub(super) struct Admission<'a> {
    pub(super) tables: &'a Tables,
    /// What was checked before the layers and not written: an import's rows.
    pub(super) checked: Option<&'a Scratch>,
    pub(super) pending: &'a [&'a Pending],
    pub(super) keys: &'a KeyBook,
}

impl Admission<'_> {
    fn pends(&self, kind: Kind, id: &str) -> Result<bool, RowError> {
        let pends = self.pending.iter().any(|pending| pending.ids.get(&kind).is_some_and(|ids| ids.contains(id)));
        match (self.checked, kind.table()) {
            (Some(checked), Some(table)) if !pends => checked.has(&format!("{table}{id}")),
            _ => Ok(pends),
        }
    }

    fn retracts(&self, key: &str) -> bool {
        self.pending.iter().any(|pending| pending.retracted.contains(key))
    }
}

impl Standing for Admission<'_> {
    type Error = RowError;

    fn actor(&self, id: &ActorId) -> Result<bool, RowError> {
        Ok(self.pends(Kind::Actor, id.as_str())? || self.tables.actors.has(id.as_str())?)
    }

    fn place(&self, id: &PlaceId) -> Result<bool, RowError> {
        Ok(self.pends(Kind::Place, id.as_str())? || self.tables.places.has(id.as_str())?)
    }

    fn ceasefire(&self, id: &CeasefireId) -> Result<bool, RowError> {
        Ok(self.pends(Kind::Ceasefire, id.as_str())? || self.tables.ceasefires.has(id.as_str())?)
    }

    fn incident(&self, id: &IncidentId) -> Result<bool, RowError> {
        Ok(self.pends(Kind::Incident, id.as_str())? || self.tables.incidents.has(id.as_str())?)
    }

    fn evidence(&self, digest: &Digest32) -> Result<bool, RowError> {
        let id = digest.to_string();
        Ok(self.pends(Kind::Evidence, &id)? || self.tables.evidence.has(&id)?)
    }

    fn key(&self, id: &KeyId) -> Result<bool, RowError> {
        Ok(self.pends(Kind::Key, id.as_str())? || self.tables.keys.has(id.as_str())?)
    }

    fn has_record(&self, record: &RecordRef, by: &ActorId) -> Result<bool, RowError> {
        Ok(self.record(record, by)?.is_some())
    }

    fn nearest(&self, reference: &Reference<'_>) -> Result<Option<String>, RowError> {
        let mut best = Best::default();
        let kind = match reference {
            Reference::Actor(id) => {
                best.wanted = id.to_string();
                self.tables.actors.walk("", |key, _| best.offer(key))?;
                Kind::Actor
            }
            Reference::Place(id) => {
                best.wanted = id.to_string();
                self.tables.places.walk("", |key, _| best.offer(key))?;
                Kind::Place
            }
            Reference::Ceasefire(id) => {
                best.wanted = id.to_string();
                self.tables.ceasefires.walk("", |key, _| best.offer(key))?;
                Kind::Ceasefire
            }
            Reference::Incident(id) => {
                best.wanted = id.to_string();
                self.tables.incidents.walk("", |key, _| best.offer(key))?;
                Kind::Incident
            }
            Reference::Key(id) => {
                best.wanted = id.to_string();
                self.tables.keys.walk("", |key, _| best.offer(key))?;
                Kind::Key
            }
            Reference::Record(_) | Reference::Evidence(_) => return Ok(None),
        };
        self.pending.iter().filter_map(|pending| pending.ids.get(&kind)).flatten().for_each(|id| best.offer(id));
        if let (Some(checked), Some(table)) = (self.checked, kind.table()) {
            checked.walk(table, &mut |key| best.offer(key.strip_prefix(table).unwrap_or(key)))?;
        }
        Ok(best.found.map(|(_, id)| id))
    }
}

impl Known for Admission<'_> {
    fn root_incident(&self, id: &IncidentId) -> Result<IncidentId, RowError> {
        let mut root = self.tables.root_incident(id)?;
        let mut seen = BTreeSet::new();
        while let Some(into) = self.pending.iter().find_map(|pending| pending.merged.get(&root))
            && seen.insert(root.clone())
        {
            root = self.tables.root_incident(into)?;
        }
        Ok(root)
    }

    fn submitter_key(&self, id: &KeyId) -> Result<Option<SubmitterKey>, RowError> {
        Ok(self.keys.key(id).cloned())
    }

    fn public_key(&self, text: &str) -> PublicKey {
        match BodyVerifier::parse_base64(text) {
            Ok(verifier) => {
                self.keys.holder_of(&verifier).map_or(PublicKey::New, |(id, _)| PublicKey::Taken(id.clone()))
            }
            Err(_) => PublicKey::Unusable,
        }
    }

    fn record(&self, record: &RecordRef, by: &ActorId) -> Result<Option<Target>, RowError> {
        let key = reference_key(record, by);
        let retracted = self.retracts(&key);
        if let Some(target) = self.pending.iter().find_map(|pending| pending.records.get(&key)) {
            return Ok(Some(Target { retracted: target.retracted || retracted, ..target.clone() }));
        }
        if let Some(Checked { target, .. }) = self.checked.map_or(Ok(None), |checked| Checked::find(&key, checked))? {
            return Ok(Some(Target { retracted, ..target }));
        }
        let Some(seq) = self.tables.resolve(record, by)? else { return Ok(None) };
        let retracted = retracted || self.retracts(&seq_key(seq));
        let row = self.tables.records.row(&seq_key(seq))?;
        Ok(row.map(|row| Target {
            type_name: row.type_name,
            subject: row.subject,
            retracted: retracted || row.retracted.is_some(),
        }))
    }

    fn annex(&self, record: &RecordRef, by: &ActorId) -> Result<AnnexStanding, RowError> {
        let seq = self.tables.resolve(record, by)?;
        let key = seq.map_or_else(|| reference_key(record, by), seq_key);
        if let Some(annex) = self.pending.iter().rev().find_map(|pending| pending.annexes.get(&key)) {
            return Ok(annex.clone());
        }
        let row = seq.map_or(Ok(None), |seq| self.tables.annexes.row(&seq_key(seq)))?.unwrap_or_default();
        let withheld = row.withheld.into_iter().map(|(digest, _)| digest).collect();
        let erased = row.erased.into_iter().map(|(digest, _)| digest).collect();
        Ok(AnnexStanding { digests: row.digests, withheld, erased })
    }

    fn skeleton(&self, skeleton: &str) -> Result<Option<ActorId>, RowError> {
        match self.pending.iter().find_map(|pending| pending.skeletons.get(skeleton)) {
            Some(actor) => Ok(Some(actor.clone())),
            None => self.tables.skeletons.row(skeleton),
        }
    }
}

/// The nearest of the ids offered, if it is near enough to be a slip of the pen.
#[derive(Default)]
struct Best {
    wanted: String,
    found: Option<(usize, String)>,
}

impl Best {
    fn offer(&mut self, id: &str) {
        let (wanted, offered) = (self.wanted.to_lowercase(), id.to_lowercase());
        let distance = strsim::damerau_levenshtein(&wanted, &offered);
        let near = distance <= 1 + wanted.chars().count() / 4 && distance < wanted.chars().count();
        if near && self.found.as_ref().is_none_or(|(best, _)| distance < *best) {
            self.found = Some((distance, id.to_owned()));
        }
    }
}
