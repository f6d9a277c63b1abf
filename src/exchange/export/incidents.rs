//! The incidents of a view, one after the other, as every form of export shows them.

use std::collections::BTreeSet;

use super::incident::{ExportedIncident, Figure, Point};
use super::precision::{Codes, is_country_wide, stands_for};
use crate::event::{Event, ViolationReported};
use crate::ledger::{CeasefireScopes, KnownAt, View};
use crate::log::ReadError;
use crate::projection::RowError;
use crate::rules::contest;
use crate::rules::counting::{AccuserClass, Counting, RuleSet};
use crate::rules::figures::{FigureEnvelope, envelopes};
use crate::rules::incident::{FigureFact, IncidentFacts};
use crate::rules::scope::{PlaceTree, ScopeRelation};
use crate::rules::sides::Sides;
use crate::vocab::{ActorId, ActorRef, CeasefireId, Outcome, PlaceId, Seq, Span, Unit, Where};

/// Which incidents are wanted, and how they are told.
#[derive(Debug, Clone, Copy)]
pub struct ExportQuestion<'a> {
    /// Those in the scope of this ceasefire, or called a breach of it; all without one.
    pub ceasefire: Option<&'a CeasefireId>,
    /// Those that lie or may lie in this window of event time.
    pub window: Option<Span>,
    /// Under which rules figures are read.
    pub rules: RuleSet,
    /// In which language places are named.
    pub lang: &'a str,
}

/// Why an export came to nothing, or was broken off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The rows cannot be read.
    #[error("the projections could not be read")]
    Rows(#[from] RowError),
    /// The log cannot be read.
    #[error("the log could not be read")]
    Log(#[from] ReadError),
    /// The ceasefire asked for is not recorded.
    #[error("the ceasefire is not recorded")]
    NoCeasefire,
    /// A sheet cannot hold so many rows.
    #[error("a sheet holds {most} rows at most")]
    TooManyRows {
        /// How many it holds.
        most: u32,
    },
    /// A record cannot be written so that another ledger takes it in.
    #[error("record {seq} cannot be written for another ledger: {what}")]
    Untranslatable {
        /// The record.
        seq: Seq,
        /// Why.
        what: String,
    },
    /// Writing failed.
    #[error("the export could not be written")]
    Write(#[from] std::io::Error),
}

/// The incidents of a view, ready to be shown.
pub struct Incidents<'a> {
    view: View<'a>,
    question: ExportQuestion<'a>,
    sides: Sides,
    tree: PlaceTree,
    parties: Vec<Vec<ActorId>>,
    scopes: CeasefireScopes,
}

/// What the reports of one incident say beside what the rules keep of them.
#[derive(Default)]
struct Told {
    codes: Codes,
    when_words: Option<String>,
    where_words: Option<String>,
    point: Option<Point>,
    points: BTreeSet<(i64, i64)>,
    means: Vec<String>,
}

impl<'a> Incidents<'a> {
    /// Prepares what holds for all of them.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn of(view: View<'a>, question: ExportQuestion<'a>) -> Result<Self, RowError> {
        let mut parties = Vec::new();
        view.tables().ceasefires.walk("", |_, row| parties.push(row.parties.clone()))?;
        let (sides, tree, scopes) = (view.sides()?, view.places()?, view.ceasefire_scopes()?);
        Ok(Self { view, question, sides, tree, parties, scopes })
    }

    /// Says what they are as known at.
    #[must_use]
    pub fn known_at(&self) -> KnownAt {
        self.view.known_at()
    }

    /// Shows each incident once, in order of id, those that others were merged into last. One is held at a time. Gives how
    /// many there were.
    ///
    /// # Errors
    /// [`ExportError`], or what `show` gives, which ends it.
    pub fn each(&self, show: &mut dyn FnMut(&ExportedIncident) -> Result<(), ExportError>) -> Result<u64, ExportError> {
        let wanted = self.question.ceasefire;
        if wanted.is_some_and(|ceasefire| !self.scopes.holds(ceasefire)) {
            return Err(ExportError::NoCeasefire);
        }
        let (mut shown, mut failed) = (0, None);
        self.view.tables().walk_incidents(|facts| {
            let in_window = self.question.window.is_none_or(|window| window.meets(facts.span()));
            let in_scope = || wanted.is_none_or(|wanted| self.scopes.concerns(wanted, &facts));
            if failed.is_none() && in_window && in_scope() {
                match self.told(&facts).and_then(|incident| show(&incident)) {
                    Ok(()) => shown += 1,
                    Err(error) => failed = Some(error),
                }
            }
        })?;
        failed.map_or(Ok(shown), Err)
    }

    fn told(&self, facts: &IncidentFacts) -> Result<ExportedIncident, ExportError> {
        let told = self.read_reports(facts)?;
        let places: Vec<&PlaceId> = facts.sites.iter().filter_map(|site| site.place.as_ref()).collect();
        let (in_scope_of, possibly_in_scope_of) = self.scope(facts);
        let members = self.view.tables().members(&facts.incident)?;
        let figures = envelopes(facts, self.question.rules.floors);
        Ok(ExportedIncident {
            incident: facts.incident.to_string(),
            merged: members.iter().skip(1).map(ToString::to_string).collect(),
            when: facts.when,
            when_words: told.when_words,
            date_prec: told.codes.date_prec,
            time_precision: told.codes.time_precision,
            place_names: self.place_names(&places)?,
            regions: once(places.iter().map(|place| self.tree.region_of(place).to_string())),
            places: once(places.iter().map(ToString::to_string)),
            where_words: told.where_words,
            points_claimed: told.points.len() as u64,
            where_prec: told.codes.where_prec,
            geo_precision: told.codes.geo_precision,
            point: told.point,
            acts: texts(&facts.acts),
            means: told.means,
            against: texts(&facts.against),
            accused: once(facts.charges.iter().flat_map(|charge| texts(&charge.accused))),
            charges: self.charges(facts),
            accusers: once(facts.charges.iter().flat_map(|charge| texts(&charge.by))),
            answers: answers(facts),
            status: facts.status.to_string(),
            in_scope_of,
            possibly_in_scope_of,
            called_breach_of: once(facts.breaches.iter().map(|breach| breach.ceasefire.to_string())),
            killed: figure(facts, &figures, Outcome::Killed),
            wounded: figure(facts, &figures, Outcome::Wounded),
            figures: figures.iter().map(|figure| format!("{} {}", figure.envelope, figure.kind)).collect(),
            reporters: texts(&facts.speakers),
            known_since: facts.reports.first().map(|seq| self.view.known_since(*seq)).transpose()?.flatten(),
            records: facts.records(),
            rules: self.question.rules.name,
            known_at: self.known_at(),
        })
    }

    /// Reads the words, codes and points of the reports as they stand.
    fn read_reports(&self, facts: &IncidentFacts) -> Result<Told, ExportError> {
        let mut told = Told::default();
        for seq in &facts.reports {
            let correction = facts.corrected.iter().rev().find(|(record, _)| record == seq).map(|(_, by)| *by);
            if let Some(event) = self.view.event_as_corrected(*seq, correction)?
                && let Event::ViolationReported(report) = &event
            {
                told.take(report, Codes::of(&event));
            }
        }
        if told.point.is_none() {
            for place in facts.sites.iter().filter_map(|site| site.place.as_ref()) {
                told.point = told.point.or(self.point_of(place)?);
            }
        }
        Ok(told)
    }

    /// The point that a registered place has of its own.
    fn point_of(&self, place: &PlaceId) -> Result<Option<Point>, ExportError> {
        let row = self.view.tables().places.row(place.as_str())?;
        for seq in row.iter().flat_map(|row| row.records.iter().rev()) {
            let event = self.view.event_as_corrected(*seq, None)?;
            if let Some(Event::PlaceRegistered(event)) = event
                && let Some(location) = event.location
            {
                return Ok(point(&location, "place"));
            }
        }
        Ok(None)
    }

    fn place_names(&self, places: &[&PlaceId]) -> Result<Vec<String>, RowError> {
        let mut names = Vec::new();
        for place in places {
            let row = self.view.tables().places.row(place.as_str())?;
            let name = row.as_ref().and_then(|row| row.names.in_language(self.question.lang));
            names.push(name.map_or_else(|| place.to_string(), |name| name.text.to_string()));
        }
        Ok(once(names.into_iter()))
    }

    fn scope(&self, facts: &IncidentFacts) -> (Vec<String>, Vec<String>) {
        let (mut sure, mut possible) = (Vec::new(), Vec::new());
        for relation in self.scopes.relations(facts) {
            match relation.relation {
                ScopeRelation::InScope => sure.push(relation.ceasefire),
                ScopeRelation::Possible { .. } => possible.push(relation.ceasefire),
                ScopeRelation::OutOfScope { .. } => {}
            }
        }
        (sure, possible)
    }

    fn charges(&self, facts: &IncidentFacts) -> Vec<String> {
        let counting = Counting {
            rules: self.question.rules,
            ceasefire: None,
            window: None,
            sides: &self.sides,
            parties: &self.parties,
        };
        let told = facts.charges.iter().map(|charge| {
            let side = charge.accused.iter().flat_map(ActorRef::possible).next();
            let side = side.map(|actor| self.sides.side_of(actor));
            let class = charge.by.first().map_or(AccuserClass::Unidentified, |by| counting.accuser_class(by, side));
            let level = charge.level.unwrap_or_else(|| class.level());
            format!("{} > {} ({level})", texts(&charge.by).join(", "), texts(&charge.accused).join(", "))
        });
        once(told)
    }
}

impl Told {
    /// The first report that says something of a matter is the one that is shown of it.
    fn take(&mut self, report: &ViolationReported, codes: Codes) {
        if self.codes.date_prec.is_none() {
            (self.codes.date_prec, self.codes.time_precision) = (codes.date_prec, codes.time_precision);
        }
        let verbatim = |words: &Option<crate::vocab::Text>| words.as_ref().map(ToString::to_string);
        self.when_words =
            self.when_words.take().or_else(|| report.when.as_ref().and_then(|when| verbatim(&when.verbatim)));
        if let Some(place) = &report.place {
            self.where_words = self.where_words.take().or_else(|| verbatim(&place.verbatim));
            let first = self.point.is_none();
            self.points.extend(place.point());
            self.point = self.point.take().or_else(|| point(place, "report"));
            // The codes shown are those of the point shown.
            if first && (self.point.is_some() || self.codes.where_prec.is_none()) {
                (self.codes.where_prec, self.codes.geo_precision) = (codes.where_prec, codes.geo_precision);
            }
        }
        let means = report.means.iter().map(ToString::to_string).filter(|means| !self.means.contains(means));
        let means: Vec<String> = means.collect();
        self.means.extend(means);
    }
}

fn point(place: &Where, basis: &'static str) -> Option<Point> {
    let (lat_e6, lon_e6) = place.point()?;
    let (country_wide, stands_for) = (is_country_wide(place), stands_for(place));
    Some(Point { lat_e6, lon_e6, radius_m: place.radius_m, country_wide, stands_for, basis })
}

fn answers(facts: &IncidentFacts) -> Vec<String> {
    let read = facts.answers.iter().filter_map(contest::read);
    once(read.map(|answer| {
        let possibly = if answer.possibly { " (possibly of this)" } else { "" };
        format!("{}: {}{possibly}", answer.by.join(", "), answer.contest)
    }))
}

/// What is claimed of people: the envelope. Where one claim alone gives a published triple or a best estimate, that is shown
/// as it is printed.
fn figure(facts: &IncidentFacts, figures: &[FigureEnvelope], outcome: Outcome) -> Figure {
    let of_kind = |figure: &&FigureEnvelope| figure.kind.unit == Unit::Person && figure.kind.outcome == Some(outcome);
    let Some(envelope) = figures.iter().find(of_kind) else { return Figure::default() };
    let records: BTreeSet<Seq> = envelope.claims.iter().flat_map(|claim| claim.records.iter().copied()).collect();
    let whole = |fact: &&FigureFact| fact.quantity.subset_of.is_none() && fact.quantity.kind() == envelope.kind;
    let mut given = facts.figures.iter().filter(whole).filter(|fact| records.contains(&fact.seq));
    let (first, more) = (given.next(), given.next());
    let Some(first) = first.filter(|_| more.is_none()) else { return Figure::of(envelope.envelope) };
    match first.quantity.triple {
        Some(triple) => Figure {
            low: Some(triple.low),
            best: Some(triple.best),
            high: Some(triple.high),
            out_of_order: triple.is_out_of_order(),
        },
        None if first.quantity.best.is_some() => Figure { best: first.quantity.best, ..Figure::of(envelope.envelope) },
        None => Figure::of(envelope.envelope),
    }
}

fn texts<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// Each once, in the order of their first.
fn once(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}
