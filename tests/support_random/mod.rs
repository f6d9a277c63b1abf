//! Random but valid ledgers: a script of small numbers becomes bodies that a ledger admits. A script shrinks well.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test binary uses its own part; a generator that fails is a failed test"
)]

mod parts;

use std::collections::BTreeMap;

use ceasefire_ledger::event::{
    About, AccessDenied, AccusationMade, ActIdentified, ActorKind, ActorRegistered, ActorRelated, Answered, Attendance,
    CeasefireRecorded, DurationTerm, Event, FindingIssued, FindingOutcome, IncidentMerged, IncidentSplit, MendedBy,
    PlaceRegistered, ProcessKind, ProcessReported, QuietReported, RecordCorrected, RecordRetracted, Relation,
    ResponseMade, ResponseScope, Scope, Stance, StatementKind, StatementMade, Step, StepReported, TallyReported, Term,
    TermsReported, VerificationStep, VerificationStepped, ViolationReported,
};
use ceasefire_ledger::record::Body;
use ceasefire_ledger::vocab::{
    ActorId, ActorRef, CeasefireId, IncidentId, Label, Lang, Name, Names, Op, PlaceId, Quantity, RecordRef, Text,
    Triple, Unit, Where,
};
use proptest::prelude::*;

pub(crate) use parts::Dice;
pub(crate) use parts::source;
use parts::{attribution, breach, quantities, site, when};

use crate::ledger_support::Given;

pub(crate) const ACTORS: &[(&str, ActorKind)] = &[
    ("ALF", ActorKind::State),
    ("BRA", ActorKind::State),
    ("CHA", ActorKind::State),
    ("ALF.mod", ActorKind::Organ),
    ("BRA.army", ActorKind::Organ),
    ("BRA.army.staff", ActorKind::Office),
    ("CHA.fm", ActorKind::Office),
    ("mission", ActorKind::Monitor),
    ("gazette", ActorKind::Media),
    ("militia", ActorKind::ArmedGroup),
    ("bravo-old", ActorKind::State),
];
const RELATIONS: &[(&str, Relation, &str)] = &[
    ("ALF.mod", Relation::PartOf, "ALF"),
    ("BRA.army", Relation::PartOf, "BRA"),
    ("BRA.army.staff", Relation::PartOf, "BRA.army"),
    ("CHA.fm", Relation::PartOf, "CHA"),
    ("militia", Relation::ProxyOf, "ALF"),
    ("bravo-old", Relation::AliasOf, "BRA"),
];
pub(crate) const PLACES: &[(&str, Option<&str>)] = &[("valley", None), ("town", Some("valley")), ("pass", None)];
pub(crate) const CEASEFIRES: &[(&str, &[&str], Option<&str>)] = &[
    ("truce-1", &["ALF", "BRA"], None),
    ("truce-2", &["BRA", "ALF"], Some("valley")),
    ("truce-3", &["militia", "BRA"], None),
];
pub(crate) const INCIDENTS: usize = 6;

/// One move of a script.
pub(crate) type Move = [u8; 14];

/// Scripts of so many moves.
pub(crate) fn scripts(moves: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Move>> {
    proptest::collection::vec(any::<Move>(), moves)
}

/// A body by the recorder, under a key.
pub(crate) fn body(key: &str, event: Event) -> Given {
    let body = Body {
        origin: Label::new("example.org/nk2020").unwrap(),
        by: ActorId::new("recorder").unwrap(),
        key: Label::new(key).unwrap(),
        event,
        sealed: None,
    };
    let text = body.to_text().unwrap();
    (body, text)
}

pub(crate) fn actor(id: &str) -> ActorId {
    ActorId::new(id).unwrap()
}

pub(crate) fn incident(number: usize) -> IncidentId {
    IncidentId::new(&format!("I-{number}")).unwrap()
}

pub(crate) fn reason() -> Text {
    Text::new("so decided").unwrap()
}

fn names(text: &str) -> Names {
    Names::new(vec![Name { lang: Lang::new("en").unwrap(), text: Label::new(text).unwrap() }])
}

/// The actors, relations, places and ceasefires that every random ledger begins with.
pub(crate) fn registry() -> Vec<Given> {
    let mut bodies = Vec::new();
    for (id, kind) in ACTORS {
        let event = ActorRegistered {
            actor: actor(id),
            kind: *kind,
            names: names(&format!("The {id}")),
            external: Vec::new(),
            note: None,
        };
        bodies.push(body(&format!("actor/{id}"), event.into()));
    }
    for (id, relation, to) in RELATIONS {
        let source = source(&mut Dice::new(&[0; 14]));
        let event = ActorRelated {
            actor: actor(id),
            relation: *relation,
            to: actor(to),
            from: None,
            until: None,
            source,
            note: None,
        };
        bodies.push(body(&format!("relation/{id}"), event.into()));
    }
    for (id, within) in PLACES {
        let within = within.map(|within| PlaceId::new(within).unwrap());
        let place = PlaceId::new(id).unwrap();
        let event = PlaceRegistered {
            place,
            names: names(id),
            kind: None,
            within,
            location: None,
            external: Vec::new(),
            note: None,
        };
        bodies.push(body(&format!("place/{id}"), event.into()));
    }
    bodies.extend(
        CEASEFIRES.iter().map(|(id, parties, place)| body(&format!("ceasefire/{id}"), ceasefire(id, parties, *place))),
    );
    bodies
}

fn ceasefire(id: &str, parties: &[&str], place: Option<&str>) -> Event {
    let scope = place.map(|place| Scope { places: vec![PlaceId::new(place).unwrap()], verbatim: None });
    CeasefireRecorded {
        ceasefire: CeasefireId::new(id).unwrap(),
        names: names(id),
        kind: None,
        kind_verbatim: None,
        parties: parties.iter().map(|id| actor(id)).collect(),
        mediators: vec![actor("CHA")],
        guarantors: Vec::new(),
        scope,
        relations: Vec::new(),
        external: Vec::new(),
        source: None,
        summary: None,
        note: None,
    }
    .into()
}

/// Builds bodies, and remembers what they may refer to.
#[derive(Default)]
pub(crate) struct Scribe {
    bodies: Vec<Given>,
    incidents: Vec<IncidentId>,
    mendable: Vec<(String, Event)>,
    responses: Vec<String>,
    reports: BTreeMap<IncidentId, Vec<String>>,
    /// What is merged, and into what: incidents that count by themselves until then, as the ledger has it.
    merged: BTreeMap<IncidentId, IncidentId>,
    splits: usize,
}

/// Writes a script out: the registry, and one body for each move that has something to refer to.
pub(crate) fn written(script: &[Move]) -> Vec<Given> {
    let mut scribe = Scribe { bodies: registry(), ..Scribe::default() };
    script.iter().for_each(|numbers| scribe.play(&mut Dice::new(numbers)));
    scribe.bodies
}

impl Scribe {
    fn play(&mut self, dice: &mut Dice<'_>) {
        let event = match dice.below(24) {
            0..=2 => step(dice),
            3 => terms(dice),
            4..=9 => self.report(dice),
            10 => self.accusation(dice),
            11 | 12 => self.response(dice),
            13 => self.statement(dice),
            14 => tally(dice),
            15 => self.finding(dice),
            16 => return self.verification(dice),
            17 => return self.merge(dice),
            18 => return self.split(dice),
            19 => return self.correct(dice),
            20 => return self.retract(dice),
            21 => return self.identify(dice),
            22 => quiet(dice),
            _ => access(dice),
        };
        self.claim(event);
    }

    fn key(&self) -> String {
        format!("k/{}", self.bodies.len())
    }

    fn push(&mut self, event: Event) {
        self.bodies.push(body(&self.key(), event));
    }

    /// Pushes somebody's claim: it can be corrected and retracted.
    fn claim(&mut self, event: Event) {
        let key = self.key();
        if let Event::ViolationReported(report) = &event {
            if !self.incidents.contains(&report.incident) {
                self.incidents.push(report.incident.clone());
            }
            self.reports.entry(report.incident.clone()).or_default().push(key.clone());
        }
        if let Event::ResponseMade(_) = &event {
            self.responses.push(key.clone());
        }
        self.mendable.push((key, event.clone()));
        self.push(event);
    }

    fn some_incident(&self, dice: &mut Dice<'_>) -> Option<IncidentId> {
        (!self.incidents.is_empty()).then(|| self.incidents[dice.below(self.incidents.len())].clone())
    }

    /// One incident, two, or none; sometimes a ceasefire.
    fn about(&self, dice: &mut Dice<'_>) -> Vec<About> {
        let mut about: Vec<About> =
            (0..dice.below(3)).filter_map(|_| self.some_incident(dice)).map(About::Incident).collect();
        if dice.below(4) == 0 {
            about.push(About::Ceasefire(some_ceasefire(dice)));
        }
        about
    }

    fn report(&self, dice: &mut Dice<'_>) -> Event {
        let known = dice.below(3) > 0;
        let known = if known { self.some_incident(dice) } else { None };
        let incident = known.unwrap_or_else(|| incident(dice.below(INCIDENTS)));
        report_of(incident, dice).into()
    }

    fn accusation(&self, dice: &mut Dice<'_>) -> Event {
        AccusationMade {
            by: vec![dice.actor_ref()],
            against: (0..=dice.below(2)).map(|_| dice.actor_ref()).collect(),
            about: self.about(dice),
            act: None,
            means: Vec::new(),
            legal: Vec::new(),
            when: None,
            external: Vec::new(),
            source: source(dice),
            summary: None,
            note: None,
        }
        .into()
    }

    fn response(&self, dice: &mut Dice<'_>) -> Event {
        let stance = Stance::ALL[dice.below(Stance::ALL.len())];
        let scope = ResponseScope::ALL[dice.below(ResponseScope::ALL.len())];
        let to = self.about(dice).into_iter().map(|about| Answered { about, scope, basis: None }).collect();
        ResponseMade {
            by: vec![dice.actor_ref()],
            to,
            stance,
            claiming: None,
            legal: Vec::new(),
            when: None,
            external: Vec::new(),
            source: source(dice),
            summary: None,
            note: None,
        }
        .into()
    }

    fn statement(&self, dice: &mut Dice<'_>) -> Event {
        StatementMade {
            by: vec![dice.actor_ref()],
            kind: StatementKind::ALL[dice.below(StatementKind::ALL.len())],
            to: Vec::new(),
            about: self.about(dice),
            attribution: attribution(dice),
            quantities: quantities(dice),
            legal: Vec::new(),
            when: None,
            places: Vec::new(),
            external: Vec::new(),
            source: source(dice),
            summary: None,
            note: None,
        }
        .into()
    }

    fn finding(&self, dice: &mut Dice<'_>) -> Event {
        let about = self.some_incident(dice).map_or_else(|| About::Ceasefire(some_ceasefire(dice)), About::Incident);
        let about = if dice.below(5) == 0 { About::Ceasefire(some_ceasefire(dice)) } else { about };
        FindingIssued {
            about,
            outcome: FindingOutcome::ALL[dice.below(FindingOutcome::ALL.len())],
            assessor: actor("mission"),
            mandate: None,
            standard: None,
            attribution: attribution(dice),
            when: when(dice),
            quantities: quantities(dice),
            members: Vec::new(),
            dissent: Vec::new(),
            reasons: None,
            source: None,
            note: None,
        }
        .into()
    }

    fn verification(&mut self, dice: &mut Dice<'_>) {
        let Some(incident) = self.some_incident(dice) else { return };
        let step = VerificationStep::ALL[dice.below(VerificationStep::ALL.len())];
        let event = VerificationStepped {
            incident,
            step,
            assessor: actor("mission"),
            when: when(dice),
            reason: Some(reason()),
            note: None,
        };
        self.claim(event.into());
    }

    fn merge(&mut self, dice: &mut Dice<'_>) {
        let (Some(from), Some(into)) = (self.some_incident(dice), self.some_incident(dice)) else { return };
        if from != into {
            let (one, other) = (self.root(&from), self.root(&into));
            if one != other {
                self.merged.insert(one, other);
            }
            self.push(IncidentMerged { incident: from, into, reason: reason() }.into());
        }
    }

    fn root(&self, incident: &IncidentId) -> IncidentId {
        self.merged.get(incident).map_or_else(|| incident.clone(), |into| self.root(into))
    }

    /// Undoes a merge, or gives a report an incident of its own.
    fn split(&mut self, dice: &mut Dice<'_>) {
        if dice.below(2) == 0 && !self.merged.is_empty() {
            let out = self.merged.keys().nth(dice.below(self.merged.len())).cloned();
            let Some((out, incident)) = out.and_then(|out| self.merged.remove_entry(&out)) else { return };
            return self.push(IncidentSplit { incident, out, records: Vec::new(), reason: reason() }.into());
        }
        let Some(from) = self.some_incident(dice) else { return };
        let Some(reports) = self.reports.get_mut(&from).filter(|reports| !reports.is_empty()) else { return };
        // Only what is still there can be moved: an incident to which nothing moves does not come into being.
        let key = reports.remove(dice.below(reports.len()));
        let out = IncidentId::new(&format!("S-{}", self.splits)).unwrap();
        self.splits += 1;
        self.incidents.push(out.clone());
        self.reports.insert(out.clone(), vec![key.clone()]);
        let records = vec![RecordRef::keyed(Label::new(&key).unwrap())];
        self.push(IncidentSplit { incident: from, out, records, reason: reason() }.into());
    }

    fn correct(&mut self, dice: &mut Dice<'_>) {
        if self.mendable.is_empty() {
            return;
        }
        let at = dice.below(self.mendable.len());
        let (key, target) = self.mendable[at].clone();
        let replacement = match target {
            // It names the incident that it was reported for, and so stays with the one that a split moved it to.
            Event::ViolationReported(report) => report_of(report.incident, dice).into(),
            Event::StatementMade(_) => self.statement(dice),
            Event::ResponseMade(_) => self.response(dice),
            Event::StepReported(old) => {
                let Event::StepReported(new) = step(dice) else { return };
                StepReported { ceasefire: old.ceasefire, ..new }.into()
            }
            other => other,
        };
        let target = RecordRef::keyed(Label::new(&key).unwrap());
        let replacement = Box::new(replacement);
        self.push(RecordCorrected { target, by: MendedBy::Source, reason: reason(), replacement }.into());
    }

    fn retract(&mut self, dice: &mut Dice<'_>) {
        if self.mendable.is_empty() {
            return;
        }
        let (key, _) = self.mendable.remove(dice.below(self.mendable.len()));
        self.reports.values_mut().for_each(|reports| reports.retain(|report| *report != key));
        self.push(retraction(&key));
    }

    fn identify(&mut self, dice: &mut Dice<'_>) {
        if self.responses.len() < 2 {
            return;
        }
        let one = dice.below(self.responses.len());
        let other = (one + 1 + dice.below(self.responses.len() - 1)) % self.responses.len();
        let records = [one, other].map(|at| RecordRef::keyed(Label::new(&self.responses[at]).unwrap())).to_vec();
        self.push(ActIdentified { records, reason: reason() }.into());
    }
}

pub(crate) fn retraction(key: &str) -> Event {
    let target = RecordRef::keyed(Label::new(key).unwrap());
    RecordRetracted { target, by: MendedBy::Recorder, reason: reason(), published: None }.into()
}

/// A report whose one figure is a published triple.
pub(crate) fn triple_report(triple: Triple) -> Event {
    let mut report = ViolationReported::new(incident(0), source(&mut Dice::new(&[0; 14])));
    report.quantities = vec![Quantity { triple: Some(triple), ..Quantity::new(Op::Range, Unit::Person) }];
    report.into()
}

/// A condemnation that charges nobody.
pub(crate) fn condemnation(about: About) -> Event {
    StatementMade {
        by: vec![ActorRef::Actor(actor("CHA"))],
        kind: StatementKind::Condemnation,
        to: Vec::new(),
        about: vec![about],
        attribution: None,
        quantities: Vec::new(),
        legal: Vec::new(),
        when: None,
        places: Vec::new(),
        external: Vec::new(),
        source: source(&mut Dice::new(&[0; 14])),
        summary: None,
        note: None,
    }
    .into()
}

fn some_ceasefire(dice: &mut Dice<'_>) -> CeasefireId {
    CeasefireId::new(CEASEFIRES[dice.below(CEASEFIRES.len())].0).unwrap()
}

fn report_of(incident: IncidentId, dice: &mut Dice<'_>) -> ViolationReported {
    let mut report = ViolationReported::new(incident, source(dice));
    report.when = when(dice);
    report.place = site(dice);
    report.attribution = attribution(dice);
    report.quantities = quantities(dice);
    report.asserts_breach_of = breach(dice);
    report.summary = Some(reason());
    report
}

fn step(dice: &mut Dice<'_>) -> Event {
    let step = Step::ALL[dice.below(Step::ALL.len())];
    let until = if step == Step::Extended { Some(parts::some_when(dice)) } else { None };
    StepReported {
        ceasefire: some_ceasefire(dice),
        step,
        by: (0..dice.below(3)).map(|_| dice.actor_ref()).collect(),
        when: when(dice),
        until,
        place: None,
        source: source(dice),
        summary: None,
        note: None,
    }
    .into()
}

fn terms(dice: &mut Dice<'_>) -> Event {
    let term = |dice: &mut Dice<'_>| match dice.below(5) {
        0 | 1 => Term::Effective(parts::some_when(dice)),
        2 => Term::Expires(parts::some_when(dice)),
        3 => Term::Duration(DurationTerm { minutes: dice.number() * 60 }),
        _ => Term::Purpose(reason()),
    };
    let ceasefire = some_ceasefire(dice);
    let terms = (0..=dice.below(2)).map(|_| term(dice)).collect();
    TermsReported { ceasefire, terms, source: source(dice), summary: None, note: None }.into()
}

/// A reading of one of two counters.
pub(crate) fn tally(dice: &mut Dice<'_>) -> Event {
    let mut values = quantities(dice);
    if values.is_empty() {
        values.push(parts::plain_quantity(dice));
    }
    TallyReported {
        counter: ["toll", "flights"][dice.below(2)].parse().unwrap(),
        accused: (0..dice.below(2)).map(|_| dice.actor_ref()).collect(),
        scope: None,
        ceasefire: None,
        since: None,
        period: when(dice),
        values,
        breakdown: Vec::new(),
        stated_total: None,
        source: source(dice),
        summary: None,
        note: None,
    }
    .into()
}

fn quiet(dice: &mut Dice<'_>) -> Event {
    let place = Where::registered(PlaceId::new(PLACES[dice.below(PLACES.len())].0).unwrap());
    let during = parts::some_when(dice);
    QuietReported { place, during, coverage: None, source: source(dice), summary: None, note: None }.into()
}

fn access(dice: &mut Dice<'_>) -> Event {
    if dice.below(2) == 0 {
        return AccessDenied {
            monitor: actor("mission"),
            by: vec![dice.actor_ref()],
            when: when(dice),
            place: None,
            reason: None,
            source: source(dice),
            summary: None,
            note: None,
        }
        .into();
    }
    ProcessReported {
        process: "talks".parse().unwrap(),
        kind: ProcessKind::Attendance,
        by: vec![dice.actor_ref()],
        with: Vec::new(),
        attendance: Some(Attendance::Attended),
        as_of: None,
        when: when(dice),
        place: None,
        about: Vec::new(),
        external: Vec::new(),
        source: source(dice),
        summary: None,
        note: None,
    }
    .into()
}
