//! What may enter the ledger: refuse only what is malformed, unauthorised or self-contradictory (P8).

use crate::event::{Event, current_version};
use crate::record::Body;
use crate::rules::keys::SubmitterKey;
use crate::vocab::{
    ActorId, CeasefireId, Check, Code, Digest32, Fault, IncidentId, KeyId, Label, Names, PlaceId, Pointer, RecordRef,
    Refer, Reference,
};

/// What a rule needs to know of a target record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its event type.
    pub type_name: String,
    /// The id it is about, for types that register or report under one.
    pub subject: Option<String>,
    /// Whether it was retracted.
    pub retracted: bool,
}

/// What a rule needs to know of a record's sealed fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnnexStanding {
    /// What the record seals.
    pub digests: Vec<Digest32>,
    /// What of it is withheld.
    pub withheld: Vec<Digest32>,
    /// What of it was erased.
    pub erased: Vec<Digest32>,
}

/// What is known of a text that is to be a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// It is none that a signature can be checked with.
    Unusable,
    /// It is the public half of a key that is or was known under this id.
    Taken(KeyId),
    /// It is new.
    New,
}

/// What stands in the ledger so far, for those who point to it.
pub trait Standing {
    /// Why it could not be asked.
    type Error;
    /// Is the actor registered?
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn actor(&self, id: &ActorId) -> Result<bool, Self::Error>;
    /// Is the place registered?
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn place(&self, id: &PlaceId) -> Result<bool, Self::Error>;
    /// Is the ceasefire recorded?
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn ceasefire(&self, id: &CeasefireId) -> Result<bool, Self::Error>;
    /// Is the incident reported?
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn incident(&self, id: &IncidentId) -> Result<bool, Self::Error>;
    /// Is the evidence added?
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn evidence(&self, digest: &Digest32) -> Result<bool, Self::Error>;
    /// Is the key added?
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn key(&self, id: &KeyId) -> Result<bool, Self::Error>;
    /// Is there such a record? `by` is the submitter of the record that points.
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn has_record(&self, record: &RecordRef, by: &ActorId) -> Result<bool, Self::Error>;
    /// The nearest registered id of a kind.
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn nearest(&self, reference: &Reference<'_>) -> Result<Option<String>, Self::Error>;
}

/// What the rules ask about the ledger so far.
pub trait Known: Standing {
    /// Which incident counts for this one, merges followed: itself where it was merged into none.
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn root_incident(&self, id: &IncidentId) -> Result<IncidentId, Self::Error>;
    /// How does the key stand?
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn submitter_key(&self, id: &KeyId) -> Result<Option<SubmitterKey>, Self::Error>;
    /// What is known of a public key?
    fn public_key(&self, text: &str) -> PublicKey;
    /// Which record is meant? `by` is the submitter of the record that points.
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn record(&self, record: &RecordRef, by: &ActorId) -> Result<Option<Target>, Self::Error>;
    /// What does a record seal? `by` is the submitter of the record that points.
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn annex(&self, record: &RecordRef, by: &ActorId) -> Result<AnnexStanding, Self::Error>;
    /// Who has a name with this skeleton?
    ///
    /// # Errors
    /// Only where the ledger could not be asked.
    fn skeleton(&self, skeleton: &str) -> Result<Option<ActorId>, Self::Error>;
}

/// Gives what two confusable names have in common (UTS #39), so that Latin and Cyrillic look-alikes meet.
#[must_use]
pub fn skeleton(name: &str) -> String {
    unicode_security::skeleton(&name.to_lowercase()).collect::<String>().to_lowercase()
}

/// Looks for everything that keeps a body out of the ledger.
///
/// # Errors
/// Only where the ledger could not be asked.
pub fn faults<K: Known>(body: &Body, origin: &Label, known: &K) -> Result<Vec<Fault>, K::Error> {
    let root = Pointer::root();
    let mut faults = Vec::new();
    if body.origin != *origin {
        let what = format!("the record is for {}, this ledger is {origin}", body.origin);
        faults.push(Fault::new(Code::WrongOrigin, root.member("origin"), what));
    }
    let event_at = root.member("event");
    if let Event::LedgerCreated(_) | Event::SegmentSealed(_) | Event::ProjectionAttested(_) = body.event {
        let what = format!("{} is written by the ledger itself", body.event.type_name());
        faults.push(Fault::new(Code::BadSegment, event_at.member("type"), what));
    }
    if let Event::Newer(newer) = &body.event {
        let what = match current_version(&newer.name) {
            Some(current) => format!("version {} of {} is newer than {current}", newer.version, newer.name),
            None => format!("no event type is called {}", newer.name),
        };
        faults.push(Fault::new(Code::UnknownEvent, event_at.member("type"), what));
    }
    faults.extend(body.faults(&root));
    faults.extend(reference_faults(body, known)?);
    faults.extend(registration_faults(body, known)?);
    faults.extend(mending_faults(body, known)?);
    faults.extend(annex_faults(body, known)?);
    Ok(faults)
}

/// Looks for references to what the ledger does not hold.
///
/// # Errors
/// Only where the ledger could not be asked.
pub fn reference_faults<K: Standing>(body: &Body, known: &K) -> Result<Vec<Fault>, K::Error> {
    let mut all_known = Ok(true);
    body.refer(&Pointer::nowhere(), &mut |_, reference| {
        if let Ok(true) = all_known {
            all_known = is_known(&reference, known, &body.by);
        }
    });
    if all_known? {
        return Ok(Vec::new());
    }
    // Only now the places are of interest.
    let mut faults = Ok(Vec::new());
    body.refer(&Pointer::root(), &mut |at, reference| {
        let Ok(found) = &mut faults else { return };
        match reference_fault(at, &reference, known, &body.by) {
            Ok(fault) => found.extend(fault),
            Err(error) => faults = Err(error),
        }
    });
    faults
}

fn reference_fault<K: Standing>(
    at: Pointer,
    reference: &Reference<'_>,
    known: &K,
    by: &ActorId,
) -> Result<Option<Fault>, K::Error> {
    if is_known(reference, known, by)? {
        return Ok(None);
    }
    let (code, what) = missing(reference);
    Ok(Some(Fault::new(code, at, what).suggesting(known.nearest(reference)?)))
}

fn is_known<K: Standing>(reference: &Reference<'_>, known: &K, by: &ActorId) -> Result<bool, K::Error> {
    match reference {
        Reference::Actor(id) => known.actor(id),
        Reference::Place(id) => known.place(id),
        Reference::Ceasefire(id) => known.ceasefire(id),
        Reference::Incident(id) => known.incident(id),
        Reference::Evidence(digest) => known.evidence(digest),
        Reference::Key(id) => known.key(id),
        Reference::Record(record) => known.has_record(record, by),
    }
}

fn missing(reference: &Reference<'_>) -> (Code, String) {
    match reference {
        Reference::Actor(id) => (Code::UnknownActor, format!("no actor is registered as `{id}`")),
        Reference::Place(id) => (Code::UnknownPlace, format!("no place is registered as `{id}`")),
        Reference::Ceasefire(id) => (Code::UnknownCeasefire, format!("no ceasefire is recorded as `{id}`")),
        Reference::Incident(id) => (Code::UnknownIncident, format!("no incident is reported as `{id}`")),
        Reference::Evidence(digest) => (Code::UnknownEvidence, format!("no evidence is recorded as {digest}")),
        Reference::Key(id) => (Code::UnknownKey, format!("no key is known as `{id}`")),
        Reference::Record(record) => (Code::UnknownRecord, format!("no record stands at `{record}`")),
    }
}

/// Looks for ids that are taken and names that look like another's.
fn registration_faults<K: Known>(body: &Body, known: &K) -> Result<Vec<Fault>, K::Error> {
    let at = Pointer::root().member("event");
    let taken =
        |member: &str, id: &str| Fault::new(Code::AlreadyRegistered, at.member(member), format!("`{id}` is taken"));
    Ok(match &body.event {
        Event::ActorRegistered(event) => {
            let mut faults = name_faults(&event.names, &event.actor, &at.member("names"), known)?;
            if known.actor(&event.actor)? {
                faults.push(taken("actor", event.actor.as_str()));
            }
            faults
        }
        Event::PlaceRegistered(event) if known.place(&event.place)? => vec![taken("place", event.place.as_str())],
        Event::CeasefireRecorded(event) if known.ceasefire(&event.ceasefire)? => {
            vec![taken("ceasefire", event.ceasefire.as_str())]
        }
        Event::KeyAdded(event) => {
            let id_taken = known.key(&event.key)?.then(|| taken("key", event.key.as_str()));
            id_taken.into_iter().chain(public_key_fault(&event.public_key, &at, known)).collect()
        }
        Event::KeyRotated(event) => {
            let id_taken = known.key(&event.successor)?.then(|| taken("successor", event.successor.as_str()));
            let faults = id_taken.into_iter().chain(public_key_fault(&event.public_key, &at, known));
            faults.chain(ended_fault(&event.key, &at, known)?).collect()
        }
        Event::KeyRevoked(event) => {
            let further_back = known.submitter_key(&event.key)?.is_some_and(|key| {
                event.suspect_since.is_some_and(|since| key.suspect_since.is_none_or(|known| since < known))
            });
            // A key that has ended is revoked only to cast doubt further back.
            if further_back { Vec::new() } else { ended_fault(&event.key, &at, known)?.into_iter().collect() }
        }
        Event::IncidentSplit(event) => {
            let exists = known.incident(&event.out)?;
            match (event.records.is_empty(), exists) {
                (false, true) => vec![taken("out", event.out.as_str())],
                (true, false) => {
                    let what = format!("no incident is reported as `{}`", event.out);
                    vec![Fault::new(Code::UnknownIncident, at.member("out"), what)]
                }
                (true, true) => {
                    let (root, out) = (known.root_incident(&event.incident)?, known.root_incident(&event.out)?);
                    let what = format!("`{}` was not merged into `{}`", event.out, event.incident);
                    let apart = out != root || out == event.out;
                    apart.then(|| Fault::new(Code::UnknownIncident, at.member("out"), what)).into_iter().collect()
                }
                (false, false) => Vec::new(),
            }
        }
        _ => Vec::new(),
    })
}

/// A public key can be used, and is nobody's yet: a key that was revoked does not come back under another id.
fn public_key_fault<K: Known>(text: &Label, at: &Pointer, known: &K) -> Option<Fault> {
    let at = at.member("public_key");
    match known.public_key(text.as_str()) {
        PublicKey::New => None,
        PublicKey::Unusable => {
            let what = "not the 32 bytes of an Ed25519 public key in base64";
            Some(Fault::new(Code::UnusablePublicKey, at, what))
        }
        PublicKey::Taken(id) => {
            let what = format!("it is the public key of `{id}` already");
            Some(Fault::new(Code::PublicKeyTaken, at, what))
        }
    }
}

/// A key that has ended neither hands over nor ends again.
fn ended_fault<K: Known>(id: &KeyId, at: &Pointer, known: &K) -> Result<Option<Fault>, K::Error> {
    let ended = known.submitter_key(id)?.and_then(|key| key.until);
    Ok(ended.map(|until| {
        let what = format!("`{id}` ended with record {until}");
        Fault::new(Code::KeyEndedAlready, at.member("key"), what)
    }))
}

/// No two registered actors have names that look the same.
fn name_faults<K: Known>(names: &Names, actor: &ActorId, at: &Pointer, known: &K) -> Result<Vec<Fault>, K::Error> {
    let mut faults = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(other) = known.skeleton(&skeleton(name.text.as_str()))?
            && other != *actor
        {
            let what = format!("the name looks the same as one of `{other}`");
            let fault = Fault::new(Code::Confusable, at.item(index).member("text"), what);
            faults.push(fault.suggesting(Some(other.to_string())));
        }
    }
    Ok(faults)
}

/// A correction replaces like with like; what is retracted stays so.
fn mending_faults<K: Known>(body: &Body, known: &K) -> Result<Vec<Fault>, K::Error> {
    let at = Pointer::root().member("event");
    let (target_ref, replacement) = match &body.event {
        Event::RecordCorrected(event) => (&event.target, Some(&*event.replacement)),
        Event::RecordRetracted(event) => (&event.target, None),
        _ => return Ok(Vec::new()),
    };
    let Some(target) = known.record(target_ref, &body.by)? else { return Ok(Vec::new()) };
    let mut faults = Vec::new();
    if target.retracted {
        faults.push(Fault::new(Code::AlreadyRetracted, at.member("target"), "the record is retracted already"));
    }
    match replacement {
        Some(replacement) => {
            let same_type = replacement.type_name() == target.type_name;
            if !same_type || replacement.subject().map(ToOwned::to_owned) != target.subject {
                let subject =
                    target.subject.as_deref().map(|subject| format!(" about `{subject}`")).unwrap_or_default();
                let what = format!("the target is a {}{subject}; the replacement is not", target.type_name);
                let member = if same_type { "replacement" } else { "replacement/type" };
                faults.push(Fault::new(Code::BadKind, Pointer::from_text(format!("{}/{member}", at.as_str())), what));
            }
            let mut names = Vec::new();
            if let Event::ActorRegistered(event) = replacement {
                names = name_faults(&event.names, &event.actor, &at.member("replacement").member("names"), known)?;
            }
            faults.extend(names);
        }
        None if !crate::event::is_retractable_type(&target.type_name) => {
            let what = format!("{} can not be retracted", target.type_name);
            faults.push(Fault::new(Code::NotCorrectable, at.member("target"), what));
        }
        None => {}
    }
    Ok(faults)
}

/// The numbers of digests that a sealed list may have (FORMAT.md §5): each tells only that there are at most as many
/// fields.
const SEALED_LENGTHS: [usize; 4] = [4, 8, 16, 32];

/// A sealed list has one of the four lengths; a decision is about fields that its target seals, and fits what was
/// decided before.
fn annex_faults<K: Known>(body: &Body, known: &K) -> Result<Vec<Fault>, K::Error> {
    let mut faults = Vec::new();
    if let Some(sealed) = body.sealed.as_ref().filter(|sealed| !SEALED_LENGTHS.contains(&sealed.len())) {
        let what = format!("sealed has {} digests, not 4, 8, 16 or 32", sealed.len());
        faults.push(Fault::new(Code::SealedLength, Pointer::root().member("sealed"), what));
    }
    let (target, digests) = match &body.event {
        Event::AnnexWithheld(event) => (&event.target, &event.digests),
        Event::AnnexReleased(event) => (&event.target, &event.digests),
        Event::AnnexDisclosed(event) => (&event.target, &event.digests),
        Event::AnnexErased(event) => (&event.target, &event.digests),
        _ => return Ok(faults),
    };
    let annex = known.annex(target, &body.by)?;
    let at = Pointer::root().member("event").member("digests");
    for (index, digest) in digests.iter().enumerate() {
        let withheld = annex.withheld.contains(digest);
        let fault = match &body.event {
            _ if !annex.digests.contains(digest) => {
                Some((Code::NotSealedThere, format!("record {target} does not seal {digest}")))
            }
            _ if annex.erased.contains(digest) => Some((Code::AlreadyErased, format!("{digest} was erased"))),
            Event::AnnexWithheld(_) | Event::AnnexDisclosed(_) if withheld => {
                Some((Code::FieldWithheld, format!("{digest} is withheld")))
            }
            Event::AnnexReleased(_) if !withheld => Some((Code::NotWithheld, format!("{digest} is not withheld"))),
            _ => None,
        };
        faults.extend(fault.map(|(code, what)| Fault::new(code, at.item(index), what)));
    }
    Ok(faults)
}
