//! Which records are meant: the filters of `log` and `search`.

use clap::Args;

use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::verbs::record_text::Told;
use crate::cli::verbs::state::{ceasefire_id, unknown};
use crate::event::{EVENT_TYPES, Event};
use crate::ledger::View;
use crate::projection::RowError;
use crate::vocab::{ActorId, CeasefireId, Code, IncidentId, Instant, PlaceId, Pointer, Refer, Reference, Seq, When};

/// Which records are meant. Several filters must all hold.
#[derive(Debug, Clone, Default, Args)]
pub struct Filters {
    /// Only this event type, or all types of a noun: violation.reported, or violation
    #[arg(long = "type", value_name = "TYPE")]
    pub type_name: Option<String>,
    /// Only records that this actor submitted or is named in: as speaker, as accused, in any part
    #[arg(long, value_name = "ID")]
    pub actor: Option<String>,
    /// Only records that name this ceasefire, or point to a record that does
    #[arg(long, value_name = "ID")]
    pub ceasefire: Option<String>,
    /// Only records that name this incident or one merged into it, or point to a record that does
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// Only records that name this place or one within it, or point to a record that does
    #[arg(long, value_name = "ID")]
    pub place: Option<String>,
    /// From this position on
    #[arg(long, value_name = "SEQ")]
    pub from: Option<u64>,
    /// Up to this position
    #[arg(long, value_name = "SEQ")]
    pub to: Option<u64>,
    /// Recorded at this time or later
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Recorded at this time or earlier
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

/// The filters, checked against what the ledger knows.
#[derive(Debug, Clone)]
pub struct Selection {
    type_name: Option<String>,
    actor: Option<ActorId>,
    ceasefire: Option<CeasefireId>,
    incidents: Option<Vec<IncidentId>>,
    places: Option<Vec<PlaceId>>,
    from: Seq,
    to: Option<Seq>,
    since: Instant,
    until: Instant,
}

/// Finds the record that another points to.
pub(super) type Pointed<'a> = &'a mut dyn FnMut(&crate::vocab::RecordRef) -> Result<Option<Told>, Complaint>;

impl Selection {
    /// Checks the filters: an id that is not there is complained about, with the nearest one.
    pub fn of(filters: &Filters, view: &View<'_>) -> Result<Self, Complaint> {
        let zones = &view.genesis().zones;
        let time = |name: &str, text: &Option<String>| {
            let when = text.as_deref().map(|text| When::from_short(text, zones, &Pointer::root()));
            when.transpose().map_err(|fault| {
                Complaint::fault(&fault, Some(Place { file: Some(name.to_owned()), ..Place::default() }))
            })
        };
        Ok(Self {
            type_name: filters.type_name.as_deref().map(event_type).transpose()?,
            actor: filters.actor.as_deref().map(|text| actor_id(text, view)).transpose()?,
            ceasefire: filters.ceasefire.as_deref().map(|text| ceasefire_id(text, view)).transpose()?,
            incidents: filters.incident.as_deref().map(|text| incident_ids(text, view)).transpose()?,
            places: filters.place.as_deref().map(|text| place_ids(text, view)).transpose()?,
            from: filters.from.map_or(Seq::FIRST, Seq::new),
            to: filters.to.map(Seq::new),
            since: time("--since", &filters.since)?.and_then(|when| when.earliest).unwrap_or(Instant::MIN),
            until: time("--until", &filters.until)?.and_then(|when| when.latest).unwrap_or(Instant::MAX),
        })
    }

    /// Calls `show` with every record that fits, oldest first, as far as the view goes.
    pub fn each(&self, view: &View<'_>, show: &mut dyn FnMut(Told) -> Result<(), Complaint>) -> Result<(), Complaint> {
        let head = view.known_at().seq;
        let to = self.to.map_or(head, |to| to.min(head));
        let records = view.reader().records(self.from, Some(to)).map_err(|error| refusal::read(&error))?;
        for record in records {
            let record = record.map_err(|error| refusal::read(&error))?;
            if !view.knows(record.seq) {
                continue;
            }
            let told = Told::read(record)?;
            let by = told.body.by.clone();
            let fits = self.fits(&told, &mut |record| {
                let seq = view.tables().resolve(record, &by).map_err(|error| refusal::rows(&error))?;
                seq.map_or(Ok(None), |seq| Told::at(seq, view))
            })?;
            if fits {
                show(told)?;
            }
        }
        Ok(())
    }

    /// Tells whether a record fits; `pointed` finds the records it points to.
    pub(super) fn fits(&self, told: &Told, pointed: Pointed<'_>) -> Result<bool, Complaint> {
        let at = told.stored.at;
        let in_time = self.since <= at && at <= self.until;
        if !in_time || !self.fits_type(told.event()) {
            return Ok(false);
        }
        let about = self.named_ids();
        if about.is_empty() && self.actor.is_none() {
            return Ok(true);
        }
        let own = self.fits_ids(told);
        if own.all() {
            return Ok(true);
        }
        if !own.actor {
            return Ok(false);
        }
        let mut pointers = Vec::new();
        told.event().refer(&Pointer::root(), &mut |_, reference| {
            if let Reference::Record(record) = reference {
                pointers.push(record.clone());
            }
        });
        for record in &pointers {
            if let Some(target) = pointed(record)? {
                let there = self.fits_ids(&target);
                if own.with(there) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn fits_type(&self, event: &Event) -> bool {
        let name = event.type_name();
        self.type_name.as_ref().is_none_or(|wanted| {
            name == wanted || name.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('.'))
        })
    }

    fn named_ids(&self) -> Vec<&str> {
        let incidents = self.incidents.iter().flatten().map(IncidentId::as_str);
        let places = self.places.iter().flatten().map(PlaceId::as_str);
        self.ceasefire.iter().map(CeasefireId::as_str).chain(incidents).chain(places).collect()
    }

    fn fits_ids(&self, told: &Told) -> Fit {
        let mut fit = Fit {
            actor: self.actor.as_ref().is_none_or(|actor| *actor == told.body.by),
            ceasefire: self.ceasefire.is_none(),
            incident: self.incidents.is_none(),
            place: self.places.is_none(),
        };
        self.take_event(told.event(), &mut fit);
        if let Event::RecordCorrected(correction) = told.event() {
            self.take_event(&correction.replacement, &mut fit);
        }
        fit
    }

    fn take_event(&self, event: &Event, fit: &mut Fit) {
        let actor = |id: &str| self.actor.as_ref().is_some_and(|actor| actor.as_str() == id);
        let ceasefire = |id: &str| self.ceasefire.as_ref().is_some_and(|ceasefire| ceasefire.as_str() == id);
        let incident = |id: &str| self.incidents.iter().flatten().any(|incident| incident.as_str() == id);
        let place = |id: &str| self.places.iter().flatten().any(|place| place.as_str() == id);
        match event {
            Event::ActorRegistered(event) => fit.actor |= actor(event.actor.as_str()),
            Event::CeasefireRecorded(event) => fit.ceasefire |= ceasefire(event.ceasefire.as_str()),
            Event::PlaceRegistered(event) => fit.place |= place(event.place.as_str()),
            Event::ViolationReported(event) => fit.incident |= incident(event.incident.as_str()),
            Event::IncidentSplit(event) => fit.incident |= incident(event.out.as_str()),
            _ => {}
        }
        event.refer(&Pointer::root(), &mut |_, reference| match reference {
            Reference::Actor(id) => fit.actor |= actor(id.as_str()),
            Reference::Ceasefire(id) => fit.ceasefire |= ceasefire(id.as_str()),
            Reference::Incident(id) => fit.incident |= incident(id.as_str()),
            Reference::Place(id) => fit.place |= place(id.as_str()),
            _ => {}
        });
    }
}

/// Which filters by id a record fits.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one filter")]
struct Fit {
    actor: bool,
    ceasefire: bool,
    incident: bool,
    place: bool,
}

impl Fit {
    const fn all(self) -> bool {
        self.actor && self.ceasefire && self.incident && self.place
    }

    /// Tells whether everything fits once what the record points to is taken with it; who is named must be in it itself.
    const fn with(self, there: Self) -> bool {
        self.actor
            && (self.ceasefire || there.ceasefire)
            && (self.incident || there.incident)
            && (self.place || there.place)
    }
}

/// Reads an event type, or the noun that several types begin with.
fn event_type(text: &str) -> Result<String, Complaint> {
    let is_noun = |name: &str| name.split('.').next() == Some(text);
    if EVENT_TYPES.iter().any(|known| known.name == text || is_noun(known.name)) {
        return Ok(text.to_owned());
    }
    let nouns = EVENT_TYPES.iter().filter_map(|known| known.name.split('.').next());
    let names: Vec<&str> = EVENT_TYPES.iter().map(|known| known.name).chain(nouns).collect();
    Err(unknown(Code::UnknownEvent, "event type", text, &names))
}

fn actor_id(text: &str, view: &View<'_>) -> Result<ActorId, Complaint> {
    let mut ids = Vec::new();
    let walked = view.tables().actors.walk("", |key, _| ids.push(key.to_owned()));
    registered(text, "actor", Code::UnknownActor, walked, &ids)?;
    ActorId::new(text).map_err(|error| Complaint::new(Outcome::Rejected, Code::BadId, error.to_string()))
}

/// Gives the incident that counts, and everything merged into it.
fn incident_ids(text: &str, view: &View<'_>) -> Result<Vec<IncidentId>, Complaint> {
    let mut ids = Vec::new();
    let walked = view.tables().incidents.walk("", |key, _| ids.push(key.to_owned()));
    registered(text, "incident", Code::UnknownIncident, walked, &ids)?;
    let id =
        IncidentId::new(text).map_err(|error| Complaint::new(Outcome::Rejected, Code::BadId, error.to_string()))?;
    let root = view.tables().root_incident(&id);
    root.and_then(|root| view.tables().members(&root)).map_err(|error| refusal::rows(&error))
}

/// Gives a place, and every place that lies within it.
fn place_ids(text: &str, view: &View<'_>) -> Result<Vec<PlaceId>, Complaint> {
    let mut ids = Vec::new();
    let walked = view.tables().places.walk("", |key, _| ids.push(key.to_owned()));
    registered(text, "place", Code::UnknownPlace, walked, &ids)?;
    let whole =
        PlaceId::new(text).map_err(|error| Complaint::new(Outcome::Rejected, Code::BadId, error.to_string()))?;
    let tree = view.places().map_err(|error| refusal::rows(&error))?;
    let places = ids.iter().filter_map(|id| PlaceId::new(id).ok());
    Ok(places.filter(|place| tree.is_within(place, &whole)).collect())
}

fn registered(
    text: &str,
    what: &str,
    code: Code,
    walked: Result<(), RowError>,
    ids: &[String],
) -> Result<(), Complaint> {
    walked.map_err(|error| refusal::rows(&error))?;
    if ids.iter().any(|id| id == text) {
        return Ok(());
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    Err(unknown(code, what, text, &ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_stands_for_all_its_types_and_a_misspelt_one_is_refused_with_the_nearest() {
        assert_eq!(event_type("violation").unwrap(), "violation");
        assert_eq!(event_type("record.corrected").unwrap(), "record.corrected");
        let complaint = event_type("violation.reportd").unwrap_err();
        assert_eq!(complaint.code, Code::UnknownEvent);
        assert_eq!(complaint.hint.as_deref(), Some("did you mean `violation.reported`?"));
        assert_eq!(event_type("violatio").unwrap_err().hint.as_deref(), Some("did you mean `violation`?"));
    }

    #[test]
    fn a_noun_is_whole_words_only() {
        let event = |name: &str| Event::Newer(crate::event::NewerEvent { name: name.to_owned(), version: 9 });
        let selection = Selection {
            type_name: Some("act".to_owned()),
            actor: None,
            ceasefire: None,
            incidents: None,
            places: None,
            from: Seq::FIRST,
            to: None,
            since: Instant::MIN,
            until: Instant::MAX,
        };
        assert!(selection.fits_type(&event("act.identified")));
        assert!(!selection.fits_type(&event("actor.registered")));
    }
}
