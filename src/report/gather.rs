//! Puts a situation report together from a view's answers.

use std::collections::{BTreeMap, BTreeSet};

use super::situation::{
    Casualty, CorrectionLine, Counted, IncidentLine, LateLine, Situation, StateLine, StatementLine, Stretches,
    SummaryLine, TimelineBar,
};
use crate::event::{About, Event};
use crate::ledger::{CounterReading, TallyQuestion, View};
use crate::log::ReadError;
use crate::projection::{CoverageRow, RowError, Spoken};
use crate::record::Body;
use crate::rules::breakdown::{Reach, by_place, by_time};
use crate::rules::claims::{CeasefireClaim, Claimed};
use crate::rules::contest;
use crate::rules::counting::{Lineage, RuleSet};
use crate::rules::figures::envelopes;
use crate::rules::incident::{IncidentFacts, Status};
use crate::rules::lifecycle::State;
use crate::vocab::{Bounds, CeasefireId, Contested, Cut, Instant, QuantityKind, Seq, Slot, Span, Stretch};

/// What a report is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ReportQuestion<'a> {
    /// Of which ceasefire.
    pub ceasefire: &'a CeasefireId,
    /// Which period of event time.
    pub period: (Instant, Instant),
    /// The clock that cuts days.
    pub cut: Cut,
    /// Under which rules.
    pub rules: RuleSet,
}

/// Says why a report could not be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// The rows cannot be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
}

/// The timeline reaches back at most this many days before the period.
const DAYS_BEFORE: i64 = 28;
const DAY_MICROS: i64 = 86_400_000_000;

/// Gathers the report. Nothing where the ceasefire is not recorded.
///
/// # Errors
/// [`GatherError`].
pub fn gather(view: View<'_>, question: &ReportQuestion<'_>) -> Result<Option<Situation>, GatherError> {
    let (from, to) = question.period;
    let period = Span { from: Some(from), to: Some(to) };
    let before = Span { from: Some(from.plus_micros(from.micros() - to.micros())), to: Some(from) };
    let Some(row) = view.tables().ceasefires.row(question.ceasefire.as_str())? else { return Ok(None) };
    let everything = view.incidents_in(Some(question.ceasefire), None)?.unwrap_or_default();
    let gathering = Gathering { view, question, period, before, everything: &everything };
    let now = gathering.in_window(period);
    let earlier = gathering.in_window(before);
    let question_of_tally = TallyQuestion {
        ceasefire: Some(question.ceasefire),
        rules: question.rules,
        window: Some(period),
        lineage: Lineage::Omit,
    };
    let tally = view.tally(&question_of_tally)?;
    let (candidates, coverage) = tally.map(|tally| (tally.candidates, tally.coverage)).unwrap_or_default();
    Ok(Some(Situation {
        known_at: view.known_at(),
        rules: question.rules.name.to_owned(),
        ceasefire: question.ceasefire.to_string(),
        names: row.names.iter().map(|name| (name.lang.to_string(), name.text.to_string())).collect(),
        period,
        before,
        cut: question.cut,
        summary: gathering.summary(&now, &earlier),
        undated: undated(&everything),
        candidates: candidates.into_iter().map(|pair| (pair.first, pair.second)).collect(),
        states: gathering.states()?,
        regions: by_place(&now, Reach::Region, &view.places()?, Some(period), question.rules.floors),
        casualties: casualties(&now, question.rules),
        incidents: gathering.lines(&now, period)?,
        access: view.coverage_of(Some(period))?.denied,
        statements: gathering.statements()?,
        late: gathering.late()?,
        corrections: gathering.corrections()?,
        counters: gathering.counters()?,
        coverage,
        pictures: gathering.stretches(&row.ceasefire)?,
    }))
}

/// Which incidents a line of the summary counts.
type Test<'t> = &'t dyn Fn(&IncidentFacts) -> bool;

struct Gathering<'a> {
    view: View<'a>,
    question: &'a ReportQuestion<'a>,
    period: Span,
    before: Span,
    everything: &'a [IncidentFacts],
}

impl<'a> Gathering<'a> {
    fn in_window(&self, window: Span) -> Vec<&'a IncidentFacts> {
        self.everything.iter().filter(|facts| facts.when.is_some_and(|when| window.meets(when))).collect()
    }

    fn summary(&self, now: &[&IncidentFacts], before: &[&IncidentFacts]) -> Vec<SummaryLine> {
        let ceasefire = self.question.ceasefire;
        let breach = |facts: &IncidentFacts| facts.breaches.iter().any(|breach| breach.ceasefire == *ceasefire);
        let tests: [(&str, Test<'_>); 5] = [
            ("incidents", &|_| true),
            ("called_breach", &breach),
            ("verified_incidents", &is_verified),
            ("answered", &|facts| !facts.answers.is_empty()),
            ("nobody_named", &|facts| facts.charges.is_empty()),
        ];
        let (period, earlier) = (self.period, self.before);
        tests
            .iter()
            .map(|(what, test)| SummaryLine {
                what: (*what).to_owned(),
                now: counted(now.iter().filter(|facts| test(facts)), period),
                before: counted(before.iter().filter(|facts| test(facts)), earlier),
            })
            .collect()
    }

    fn states(&self) -> Result<Vec<StateLine>, RowError> {
        let (from, to) = self.question.period;
        let last = to.plus_micros(-1);
        let views = |at: Instant| -> Result<_, RowError> {
            let answer = self.view.states(Some(self.question.ceasefire), Span::at(at), "ledger")?;
            Ok(answer.ceasefires.into_iter().next().map(|state| state.views).unwrap_or_default())
        };
        let at_start = views(from)?;
        Ok(views(last)?
            .into_iter()
            .zip(at_start)
            .map(|(end, start)| StateLine {
                perspective: end.perspective,
                at_start: start.states,
                at_end: end.states,
                records: end.records,
            })
            .collect())
    }

    fn lines(&self, incidents: &[&IncidentFacts], window: Span) -> Result<Vec<IncidentLine>, GatherError> {
        let mut lines = Vec::with_capacity(incidents.len());
        for facts in incidents {
            lines.push(self.line(facts, window)?);
        }
        lines.sort_by_key(|line| (line.when.map(Span::start), line.incident.clone()));
        Ok(lines)
    }

    fn line(&self, facts: &IncidentFacts, window: Span) -> Result<IncidentLine, GatherError> {
        let mut accused: Vec<String> =
            facts.charges.iter().flat_map(|charge| &charge.accused).map(ToString::to_string).collect();
        accused.sort();
        accused.dedup();
        let answers = facts.answers.iter().filter_map(contest::read);
        let mut answers: Vec<String> = answers.map(|answer| answer.contest.to_string()).collect();
        answers.sort();
        answers.dedup();
        let breach = facts.breaches.iter().any(|breach| breach.ceasefire == *self.question.ceasefire);
        let figures = envelopes(facts, self.question.rules.floors);
        Ok(IncidentLine {
            incident: facts.incident.to_string(),
            certain: facts.when.is_some_and(|when| window.holds(when)),
            when: facts.when,
            places: facts.sites.iter().filter_map(|site| site.place.as_ref()).map(ToString::to_string).collect(),
            points: self.points(facts)?,
            acts: facts.acts.iter().map(ToString::to_string).collect(),
            accused,
            answers,
            status: facts.status,
            called_breach: breach,
            figures: figures.into_iter().map(|figure| (figure.kind, figure.envelope)).collect(),
            recorded: facts.reports.first().map(|seq| self.recorded_at(*seq)).transpose()?.flatten(),
            records: facts.records(),
        })
    }

    /// The points claimed; where a report names a registered place alone, that place's own point.
    fn points(&self, facts: &IncidentFacts) -> Result<Vec<(i64, i64, u64)>, GatherError> {
        let mut points = Vec::new();
        for site in &facts.sites {
            let point = match (&site.point, &site.place) {
                (Some(point), _) => Some(*point),
                (None, Some(place)) => self.point_of(place.as_str())?,
                (None, None) => None,
            };
            points.extend(point);
        }
        points.sort_unstable();
        points.dedup();
        Ok(points)
    }

    fn point_of(&self, place: &str) -> Result<Option<(i64, i64, u64)>, GatherError> {
        let Some(row) = self.view.tables().places.row(place)? else { return Ok(None) };
        for seq in row.records.iter().rev() {
            let located = match self.view.event_at(*seq)? {
                Some(Event::PlaceRegistered(event)) => event.location,
                Some(Event::RecordCorrected(event)) => match *event.replacement {
                    Event::PlaceRegistered(event) => event.location,
                    _ => None,
                },
                _ => None,
            };
            if let Some(location) = located {
                return Ok(location.point().map(|(lat, lon)| (lat, lon, location.radius_m.unwrap_or(0))));
            }
        }
        Ok(None)
    }

    fn recorded_at(&self, seq: Seq) -> Result<Option<Instant>, GatherError> {
        Ok(self.view.known_since(seq)?)
    }

    /// What was said in the period about the ceasefire or about an incident of the period; where a source does not say
    /// when, it is listed with what was recorded in the period.
    fn statements(&self) -> Result<Vec<StatementLine>, GatherError> {
        let incidents: BTreeSet<&str> = self.everything.iter().map(|facts| facts.incident.as_str()).collect();
        let concerns = |about: &About| match about {
            About::Ceasefire(ceasefire) => ceasefire == self.question.ceasefire,
            About::Incident(incident) => incidents.contains(incident.as_str()),
            About::Record(_) => false,
        };
        let mut rows = Vec::new();
        self.view.tables().statements.walk("", |_, row| {
            if row.stands() && row.claim.about.iter().any(concerns) {
                rows.push(row.clone());
            }
        })?;
        let mut lines = Vec::new();
        for claimed in rows {
            let Some(event) = self.view.event_of(&claimed)? else { continue };
            let (seq, at, row) = (claimed.seq, claimed.at, claimed.claim);
            let source = event.source();
            let said = source.and_then(|source| source.asserted.as_ref().or(source.published.as_ref()));
            let said = said.map(crate::vocab::When::span);
            if !said.map_or_else(|| self.period.covers(at), |said| self.period.meets(said)) {
                continue;
            }
            let quote = source.and_then(|source| {
                let lang = source.lang.as_ref().map(ToString::to_string);
                source.quote.as_ref().map(|quote| (lang, quote.to_string()))
            });
            lines.push(StatementLine {
                by: row.by.iter().map(ToString::to_string).collect(),
                kind: spoken(row.spoken),
                about: row.about.iter().map(about_words).collect(),
                said,
                summary: event.summary().map(ToString::to_string),
                quote,
                record: seq,
            });
        }
        lines.sort_by_key(|line| (line.said.map(Span::start), line.record));
        Ok(lines)
    }

    /// The positions recorded in an interval of recording time.
    fn recorded_in(&self, from: Instant, to: Instant) -> Result<Option<(Seq, Seq)>, GatherError> {
        let head = self.view.known_at().seq;
        let (first, after) = (self.first_at(from, head)?, self.first_at(to, head)?);
        Ok((first < after).then(|| (first, after.previous())))
    }

    /// The first position recorded at a time or later; one past the head where there is none. Times never go back.
    fn first_at(&self, time: Instant, head: Seq) -> Result<Seq, GatherError> {
        let (mut low, mut high) = (1, head.number() + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.view.reader().record_at(Seq::new(middle))?.map(|record| record.at) {
                Some(at) if at < time => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(Seq::new(low))
    }

    /// What became known in the period of what had happened before it.
    fn late(&self) -> Result<Vec<LateLine>, GatherError> {
        let mut lines = Vec::new();
        for facts in self.everything.iter().filter(|facts| facts.span().end() <= self.period.start()) {
            let Some(report) = facts.reports.first() else { continue };
            if let Some(recorded) = self.recorded_at(*report)?.filter(|at| self.came_in(*at)) {
                let (incident, when) = (facts.incident.to_string(), facts.when);
                lines.push(LateLine { incident, when, recorded, records: facts.records() });
            }
        }
        Ok(lines)
    }

    fn came_in(&self, at: Instant) -> bool {
        self.period.start() <= at && at < self.period.end()
    }

    /// What was mended in the period; on the publication axis, what was published in it that mends something.
    fn corrections(&self) -> Result<Vec<CorrectionLine>, GatherError> {
        let mut lines = Vec::new();
        if let Some(published) = self.view.published() {
            for (seq, recorded) in published.between(self.period.start(), self.period.end()) {
                let mends = self.view.event_at(seq)?;
                lines.extend(mends.and_then(|event| correction_line(&event, recorded, seq)));
            }
            return Ok(lines);
        }
        let Some((first, last)) = self.recorded_in(self.period.start(), self.period.end())? else { return Ok(lines) };
        for record in self.view.reader().records(first, Some(last))? {
            let record = record?;
            let Ok(body) = Body::read(record.body()) else { continue };
            lines.extend(correction_line(&body.event, record.at, record.seq));
        }
        Ok(lines)
    }

    /// Counters as read by the end of the period.
    fn counters(&self) -> Result<Vec<CounterReading>, RowError> {
        let to = self.period.end();
        let mut counters = self.view.counters(self.question.rules)?;
        for counter in &mut counters {
            counter.history.retain(|reading| reading.period.is_none_or(|period| period.start() < to));
            if let Some(last) = counter.history.last() {
                counter.value = last.value;
                counter.record = last.record;
            }
        }
        counters.retain(|counter| !counter.history.is_empty());
        Ok(counters)
    }

    fn stretches(&self, ceasefire: &CeasefireId) -> Result<Stretches, GatherError> {
        let (from, to) = self.question.period;
        let claims = self.view.ceasefire_claims(ceasefire)?;
        let earliest = claims.iter().filter_map(earliest_instant).min().unwrap_or(from);
        let back = from.plus_micros(-DAYS_BEFORE * DAY_MICROS);
        let begins = Slot::around(earliest.max(back).min(from), Stretch::Day, self.question.cut).span.start();
        let window = Span { from: Some(begins), to: Some(to) };
        let incidents = self.in_window(window);
        let weeks = by_time(&incidents, Stretch::Week, self.question.cut, self.question.rules.floors);
        Ok(Stretches {
            window,
            bars: self.bars(window)?,
            incidents: self.lines(&incidents, window)?,
            days: Slot::over(window, Stretch::Day, self.question.cut, 400).unwrap_or_default(),
            quiet: self.quiet(window)?,
            weeks,
        })
    }

    /// The states of every ceasefire over a window: between two claimed times nothing changes.
    fn bars(&self, window: Span) -> Result<Vec<TimelineBar>, RowError> {
        let mut bars = Vec::new();
        for row in self.view.tables().ceasefires.rows("")? {
            let claims = self.view.ceasefire_claims(&row.ceasefire)?;
            let mut cuts: BTreeSet<Instant> = claims.iter().flat_map(instants_of).collect();
            let state = self.view.states(Some(&row.ceasefire), window, "ledger")?;
            for span in state.ceasefires.iter().flat_map(|s| s.effective.iter().map(|e| e.when).chain(s.expiry)) {
                cuts.extend(span.from.into_iter().chain(span.to));
            }
            cuts.retain(|cut| window.start() < *cut && *cut < window.end());
            let mut begins = window.start();
            for ends in cuts.into_iter().chain([window.end()]) {
                self.bar(&mut bars, &row.ceasefire, begins, ends)?;
                begins = ends;
            }
        }
        Ok(bars)
    }

    fn bar(
        &self,
        bars: &mut Vec<TimelineBar>,
        ceasefire: &CeasefireId,
        begins: Instant,
        ends: Instant,
    ) -> Result<(), RowError> {
        let middle = begins.plus_micros((ends.micros() - begins.micros()) / 2);
        let answer = self.view.states(Some(ceasefire), Span::at(middle), "ledger")?;
        let Some(state) = answer.ceasefires.into_iter().next().map(|state| state.state) else { return Ok(()) };
        let id = ceasefire.to_string();
        match bars.last_mut() {
            Some(last) if last.ceasefire == id && last.state == state => last.span.to = Some(ends),
            _ if state == Contested::Certain(State::None) => {}
            _ => bars.push(TimelineBar { ceasefire: id, span: Span { from: Some(begins), to: Some(ends) }, state }),
        }
        Ok(())
    }

    fn quiet(&self, window: Span) -> Result<Vec<(String, String)>, RowError> {
        let mut quiet = BTreeSet::new();
        self.view.tables().coverage.walk("", |_, row| {
            if let CoverageRow::Quiet { place: Some(place), during, .. } = &row.claim
                && row.stands()
                && window.meets(*during)
            {
                let slots = Slot::over(*during, Stretch::Day, self.question.cut, 400).unwrap_or_default();
                let whole = slots.into_iter().filter(|slot| during.holds(slot.span));
                quiet.extend(whole.map(|slot| (place.to_string(), slot.name)));
            }
        })?;
        Ok(quiet.into_iter().collect())
    }
}

fn is_verified(facts: &IncidentFacts) -> bool {
    matches!(facts.status, Status::Verified | Status::PartiallyVerified)
}

/// Incidents of which nobody says when: they are in no period, and so in no other number here.
fn undated(everything: &[IncidentFacts]) -> Counted {
    let undated: Vec<&IncidentFacts> = everything.iter().filter(|facts| facts.when.is_none()).collect();
    let mut records: Vec<Seq> = undated.iter().flat_map(|facts| facts.records()).collect();
    records.sort();
    Counted { value: Bounds::exactly(undated.len() as u64), records }
}

fn counted<'f>(incidents: impl Iterator<Item = &'f &'f IncidentFacts>, window: Span) -> Counted {
    let mut value = Bounds::ZERO;
    let mut records = BTreeSet::new();
    for facts in incidents {
        let certain = facts.when.is_some_and(|when| window.holds(when));
        value = value.plus(Bounds { min: u64::from(certain), max: Some(1) });
        records.extend(facts.records());
    }
    Counted { value, records: records.into_iter().collect() }
}

fn casualties(incidents: &[&IncidentFacts], rules: RuleSet) -> Vec<Casualty> {
    let blank = || Counted { value: Bounds::ZERO, records: Vec::new() };
    let mut kinds: BTreeMap<QuantityKind, (Counted, Counted)> = BTreeMap::new();
    for facts in incidents {
        for figure in envelopes(facts, rules.floors) {
            let (verified, reported) = kinds.entry(figure.kind).or_insert_with(|| (blank(), blank()));
            let into = if is_verified(facts) { verified } else { reported };
            into.value = into.value.plus(figure.envelope);
            into.records.extend(figure.claims.iter().flat_map(|claim| claim.records.iter().copied()));
        }
    }
    let lines = kinds.into_iter().map(|(kind, (mut verified, mut reported))| {
        verified.records.sort();
        reported.records.sort();
        Casualty { kind, verified, reported }
    });
    lines.collect()
}

fn spoken(spoken: Spoken) -> String {
    match spoken {
        Spoken::Accusation => "accusation".to_owned(),
        Spoken::Response(stance) => stance.to_string(),
        Spoken::Statement(kind) => kind.to_string(),
    }
}

fn about_words(about: &About) -> String {
    match about {
        About::Incident(incident) => incident.to_string(),
        About::Ceasefire(ceasefire) => ceasefire.to_string(),
        About::Record(record) => record.to_string(),
    }
}

fn correction_line(event: &Event, recorded: Instant, record: Seq) -> Option<CorrectionLine> {
    let (target, reason) = mending(event)?;
    Some(CorrectionLine { kind: event.type_name().to_owned(), target, reason, recorded, record })
}

fn mending(event: &Event) -> Option<(String, String)> {
    match event {
        Event::RecordCorrected(event) => Some((event.target.to_string(), event.reason.to_string())),
        Event::RecordRetracted(event) => Some((event.target.to_string(), event.reason.to_string())),
        Event::IncidentMerged(event) => {
            Some((format!("{} → {}", event.incident, event.into), event.reason.to_string()))
        }
        Event::IncidentSplit(event) => Some((format!("{} → {}", event.incident, event.out), event.reason.to_string())),
        _ => None,
    }
}

fn instants_of(claimed: &Claimed<CeasefireClaim>) -> Vec<Instant> {
    let spans: Vec<Span> = match &claimed.claim {
        CeasefireClaim::Step(step) => step.when.into_iter().chain(step.until).chain(step.voice.said).collect(),
        CeasefireClaim::Effective(term) | CeasefireClaim::Expires(term) => vec![term.when],
        CeasefireClaim::Collapsed(finding) => finding.when.into_iter().collect(),
        CeasefireClaim::Duration(_) | CeasefireClaim::OtherTerm => Vec::new(),
    };
    spans.into_iter().flat_map(|span| span.from.into_iter().chain(span.to)).collect()
}

fn earliest_instant(claimed: &Claimed<CeasefireClaim>) -> Option<Instant> {
    instants_of(claimed).into_iter().min()
}
