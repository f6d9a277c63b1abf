//! The life of a ceasefire (DOMAIN.md §4): a pure function of claims, valid time and perspective.
//!
//! Each claimed step is a switch with an interval in which it was thrown. Before the interval it was not, after it it
//! was; within it both are possible, and the state is a set. The set is carried through the switches in order of time.

use serde::{Deserialize, Serialize};

use super::claims::{CeasefireClaim, Claimed, StepClaim, TermClaim, Voice};
use super::sides::Sides;
use crate::event::Step;
use crate::vocab::{ActorId, ActorRef, CeasefireId, Contested, Held, Instant, Seq, Span, choices};

choices! {
    /// The state of a ceasefire. "Violated" is none: compliance is read out apart.
    pub enum State {
        /// Nothing is claimed of it yet.
        None = "none",
        /// Proposed.
        Proposed = "proposed",
        /// Announced.
        Announced = "announced",
        /// Agreed, and not yet in force.
        Agreed = "agreed",
        /// In force.
        InForce = "in_force",
        /// Suspended.
        Suspended = "suspended",
        /// Ended by agreement or notice.
        Terminated = "terminated",
        /// Ended by its own term.
        Expired = "expired",
        /// Replaced by another.
        Superseded = "superseded",
        /// Collapsed, by declaration or finding.
        Collapsed = "collapsed",
        /// Agreed and never in force.
        NeverInForce = "never_in_force",
        /// Ended, nobody says when or how.
        Ended = "ended",
    }
}

/// From whose point of view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Perspective {
    /// A party's.
    Party(ActorId),
    /// The mediators'.
    Mediator,
    /// The monitors'.
    Monitor,
    /// The ledger's: the common value, or who holds which.
    Ledger,
}

impl std::fmt::Display for Perspective {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Party(party) => party.fmt(f),
            Self::Mediator => f.write_str("mediator"),
            Self::Monitor => f.write_str("monitor"),
            Self::Ledger => f.write_str("ledger"),
        }
    }
}

/// What is known of one ceasefire, in order of record.
#[derive(Debug, Clone)]
pub struct CeasefireFacts<'a> {
    /// Which.
    pub ceasefire: &'a CeasefireId,
    /// Who is bound.
    pub parties: &'a [ActorId],
    /// Who brought it about.
    pub mediators: &'a [ActorId],
    /// What is claimed of it; what was retracted is passed over.
    pub claims: &'a [Claimed<CeasefireClaim>],
    /// Who belongs to whom.
    pub sides: &'a Sides,
}

/// How the effective time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EffectiveBasis {
    /// Somebody states it.
    Stated,
    /// Several state it, and what they state does not meet.
    Disputed,
    /// Nobody states it: it is taken to be that of the agreement itself.
    PresumedOnAgreement,
}

/// When a ceasefire takes or took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Effective {
    /// The interval it lies in.
    pub when: Span,
    /// How it is known.
    pub basis: EffectiveBasis,
    /// The records.
    pub records: Vec<Seq>,
}

/// A claimed step that does not follow from what was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Anomaly {
    /// The record.
    pub seq: Seq,
    /// What does not follow.
    pub what: String,
}

/// The state of a ceasefire from one perspective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateView {
    /// The states it may be in.
    pub states: Vec<State>,
    /// When the present state began, as far as that is known.
    pub since: Option<Span>,
    /// The records that lead to it.
    pub records: Vec<Seq>,
    /// Claims that do not follow.
    pub anomalies: Vec<Anomaly>,
}

/// A step with the interval in which it was taken.
#[derive(Debug, Clone)]
struct Switch {
    step: SwitchStep,
    when: Span,
    records: Vec<Seq>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SwitchStep {
    Claimed(Step),
    Expiry,
}

impl CeasefireFacts<'_> {
    /// Gives the perspectives that this ceasefire has, besides the ledger's.
    #[must_use]
    pub fn perspectives(&self) -> Vec<Perspective> {
        let mut all: Vec<_> = self.parties.iter().cloned().map(Perspective::Party).collect();
        if !self.mediators.is_empty() {
            all.push(Perspective::Mediator);
        }
        all.push(Perspective::Monitor);
        all
    }

    /// Gives every state that a perspective holds possible at some instant of an interval.
    #[must_use]
    pub fn states_over(&self, span: Span, perspective: &Perspective) -> Vec<State> {
        let edges = self.perspectives().into_iter().flat_map(|side| self.switches(&side).0);
        let edges = edges.flat_map(|switch| [switch.when.start(), switch.when.end()]).filter(|edge| span.covers(*edge));
        let mut states: Vec<State> =
            std::iter::once(span.start()).chain(edges).flat_map(|at| self.state(at, perspective).states).collect();
        states.sort();
        states.dedup();
        states
    }

    /// Gives the state over an interval: the common value of every perspective, or who holds which (L5).
    #[must_use]
    pub fn ledger_state_over(&self, span: Span) -> Contested<State> {
        let sides = self.perspectives().into_iter().map(|perspective| {
            let values = self.states_over(span, &perspective);
            Held { by: perspective.to_string(), values }
        });
        Contested::from_sides(sides.collect())
    }

    /// Gives the state at an instant from one perspective; from the ledger's, every state that some side holds.
    #[must_use]
    pub fn state(&self, at: Instant, perspective: &Perspective) -> StateView {
        if *perspective == Perspective::Ledger {
            return self.united_state(at);
        }
        let (switches, mut anomalies) = self.switches(perspective);
        let mut view = StateView { states: vec![State::None], since: None, records: Vec::new(), anomalies: Vec::new() };
        for switch in &switches {
            if switch.when.start() > at {
                continue;
            }
            let thrown = switch.when.end() <= at;
            let mut next: Vec<State> = if thrown { Vec::new() } else { view.states.clone() };
            let mut changed = false;
            for &state in &view.states {
                let step = follow(state, switch.step);
                changed |= step.is_some_and(|to| to != state);
                next.push(step.unwrap_or(state));
            }
            if !changed && thrown && !view.states.iter().any(|&state| follow(state, switch.step).is_some()) {
                anomalies
                    .extend(switch.records.iter().map(|&seq| Anomaly { seq, what: misfit(switch.step, &view.states) }));
            }
            if changed {
                view.since = Some(switch.when);
                view.records.extend(&switch.records);
            }
            next.sort();
            next.dedup();
            view.states = next;
        }
        view.records.sort();
        view.records.dedup();
        anomalies.sort_by_key(|anomaly| anomaly.seq);
        anomalies.dedup();
        view.anomalies = anomalies;
        view
    }

    fn united_state(&self, at: Instant) -> StateView {
        let mut views = self.perspectives().into_iter().map(|perspective| self.state(at, &perspective));
        let Some(mut united) = views.next() else {
            return StateView { states: vec![State::None], since: None, records: Vec::new(), anomalies: Vec::new() };
        };
        for view in views {
            united.states.extend(view.states);
            united.records.extend(view.records);
            united.anomalies.extend(view.anomalies);
        }
        united.records.sort();
        united.records.dedup();
        united.states.sort();
        united.states.dedup();
        united.anomalies.sort_by_key(|anomaly| anomaly.seq);
        united.anomalies.dedup();
        united
    }

    /// Gives when the ceasefire takes effect, seen from a perspective.
    #[must_use]
    pub fn effective(&self, perspective: &Perspective) -> Option<Effective> {
        let stated: Vec<_> = self.standing().filter_map(effective_claim).collect();
        let counted = latest_of_each_speaker(self.own_or_all(stated, perspective));
        if counted.is_empty() {
            return self.presumed_effective();
        }
        let records = counted.iter().flat_map(|claim| claim.records.clone()).collect();
        let spans: Vec<Span> = counted.iter().map(|claim| claim.when).collect();
        Some(match intersection(&spans) {
            Some(when) => Effective { when, basis: EffectiveBasis::Stated, records },
            None => Effective { when: envelope(&spans), basis: EffectiveBasis::Disputed, records },
        })
    }

    /// With no effective time stated, an agreement takes effect with itself (rule L8 of the manual; compare the Vienna
    /// Convention on the Law of Treaties, article 24(2)).
    fn presumed_effective(&self) -> Option<Effective> {
        let agreements: Vec<_> = self
            .standing()
            .filter_map(|claimed| match &claimed.claim {
                CeasefireClaim::Step(step) if matches!(step.step, Step::Agreed | Step::Signed) => {
                    Some((step_span(step, claimed.at), claimed.records().collect::<Vec<_>>()))
                }
                _ => None,
            })
            .collect();
        let spans: Vec<Span> = agreements.iter().map(|(when, _)| *when).collect();
        let when = intersection(&spans).unwrap_or_else(|| envelope(&spans));
        let records = agreements.into_iter().flat_map(|(_, records)| records).collect();
        (!spans.is_empty()).then_some(Effective { when, basis: EffectiveBasis::PresumedOnAgreement, records })
    }

    /// Gives the interval in which the ceasefire lapses by its own term, extensions included (L2). A side's own word on
    /// the term comes first, as with the effective time.
    #[must_use]
    pub fn expiry(&self, perspective: &Perspective) -> Option<(Span, Vec<Seq>)> {
        let terms: Vec<StatedTime<'_>> =
            self.standing().filter_map(|claimed| self.term_claim(claimed, perspective)).collect();
        let term = self.own_or_all(terms, perspective).pop();
        let mut expiry = term.map(|term| (term.when, term.records));
        for extension in self.own_or_all(self.standing().filter_map(extension_claim).collect(), perspective) {
            let in_time = extension
                .said
                .is_none_or(|said| expiry.as_ref().is_none_or(|(end, _): &(Span, Vec<Seq>)| said < end.end()));
            if in_time {
                expiry = Some((extension.when, extension.records));
            }
        }
        expiry
    }

    fn term_claim<'a>(
        &self,
        claimed: &'a Claimed<CeasefireClaim>,
        perspective: &Perspective,
    ) -> Option<StatedTime<'a>> {
        let records = claimed.records().collect();
        match &claimed.claim {
            CeasefireClaim::Expires(term) => {
                Some(StatedTime { when: term.when, voice: &term.voice, records, said: None })
            }
            CeasefireClaim::Duration(duration) => {
                let micros = i64::from(duration.minutes) * 60_000_000;
                let from = self.effective(perspective)?.when;
                let moved = |end: Option<Instant>| end.map(|end| end.plus_micros(micros));
                let when = Span { from: moved(from.from), to: moved(from.to) };
                Some(StatedTime { when, voice: &duration.voice, records, said: None })
            }
            _ => None,
        }
    }

    /// A side's own claims where it makes any, else everybody's.
    fn own_or_all<'a>(&self, claims: Vec<StatedTime<'a>>, perspective: &Perspective) -> Vec<StatedTime<'a>> {
        let own: Vec<_> = claims.iter().filter(|claim| self.speaks_for(perspective, claim.voice)).cloned().collect();
        if own.is_empty() { claims } else { own }
    }

    /// Gives the intervals in which the ceasefire is surely or possibly in force, over every perspective.
    #[must_use]
    pub fn in_force(&self) -> Vec<Force> {
        let perspectives = self.perspectives();
        let all: Vec<Vec<Switch>> = perspectives.iter().map(|perspective| self.switches(perspective).0).collect();
        let mut edges: Vec<Instant> = vec![Instant::MIN];
        edges.extend(all.iter().flatten().flat_map(|switch| [switch.when.start(), switch.when.end()]));
        edges.sort();
        edges.dedup();
        let mut forces: Vec<Force> = Vec::new();
        for (index, &from) in edges.iter().enumerate() {
            let to = edges.get(index + 1).copied().unwrap_or(Instant::MAX);
            let views: Vec<_> = perspectives.iter().map(|perspective| self.state(from, perspective)).collect();
            let possible = views.iter().any(|view| view.states.contains(&State::InForce));
            let certain = views.iter().all(|view| view.states == [State::InForce]);
            if possible && from < to {
                push_force(&mut forces, Force { span: Span { from: Some(from), to: Some(to) }, certain });
            }
        }
        forces
    }

    fn standing(&self) -> impl Iterator<Item = &Claimed<CeasefireClaim>> {
        self.claims.iter().filter(|claimed| claimed.stands())
    }

    /// Collects the switches of one perspective in order of time, and the claims that have no effect there.
    fn switches(&self, perspective: &Perspective) -> (Vec<Switch>, Vec<Anomaly>) {
        let mut anomalies = Vec::new();
        let mut switches = Vec::new();
        for claimed in self.standing() {
            match &claimed.claim {
                CeasefireClaim::Step(step) => {
                    self.step_switches(step, claimed, perspective, &mut switches, &mut anomalies);
                }
                CeasefireClaim::Collapsed(finding) => {
                    let when = finding.when.unwrap_or(Span { from: Some(claimed.at), to: Some(claimed.at) });
                    let step = SwitchStep::Claimed(Step::CollapseDeclared);
                    switches.push(Switch { step, when, records: claimed.records().collect() });
                }
                _ => {}
            }
        }
        if let Some(effective) = self.effective(perspective) {
            let step = SwitchStep::Claimed(Step::Effective);
            switches.push(Switch { step, when: effective.when, records: effective.records });
        }
        if let Some((when, records)) = self.expiry(perspective) {
            switches.push(Switch { step: SwitchStep::Expiry, when, records });
        }
        switches.sort_by_key(|switch| (switch.when.start(), switch.when.end(), switch.step));
        (switches, anomalies)
    }

    fn step_switches(
        &self,
        step: &StepClaim,
        claimed: &Claimed<CeasefireClaim>,
        perspective: &Perspective,
        switches: &mut Vec<Switch>,
        anomalies: &mut Vec<Anomaly>,
    ) {
        if matches!(step.step, Step::Effective | Step::Extended) {
            return;
        }
        let records: Vec<Seq> = claimed.records().collect();
        let span = step_span(step, claimed.at);
        // L7: before force, a step is reached from the earliest instant that its source allows.
        let before_force =
            matches!(step.step, Step::Proposed | Step::Announced | Step::Agreed | Step::Signed | Step::Joined);
        let when = if before_force { Span::at(first_said(step, claimed.at)) } else { span };
        if !before_force && !self.holds_here(step, perspective) {
            if !self.has_a_say(step) {
                let what = format!("{} is claimed of somebody who is neither party nor mediator", step.step);
                anomalies.push(Anomaly { seq: claimed.seq, what });
            }
            return;
        }
        switches.push(Switch { step: SwitchStep::Claimed(step.step), when, records: records.clone() });
        if let (Step::Suspended, Some(until)) = (step.step, step.until) {
            switches.push(Switch { step: SwitchStep::Claimed(Step::Resumed), when: until, records });
        }
    }

    /// L3: what one side declares changes that side's view; what all parties or nobody in particular did, every view.
    fn holds_here(&self, step: &StepClaim, perspective: &Perspective) -> bool {
        let doers = doers(step);
        if doers.is_empty() {
            return step.step != Step::CollapseDeclared;
        }
        let sides = self.sides.certain_sides(doers);
        let every_party = self.parties.iter().all(|party| sides.contains(&self.sides.side_of(party)));
        every_party
            || match perspective {
                Perspective::Party(party) => sides.contains(&self.sides.side_of(party)),
                Perspective::Mediator => {
                    self.mediators.iter().any(|mediator| sides.contains(&self.sides.side_of(mediator)))
                }
                Perspective::Monitor | Perspective::Ledger => false,
            }
    }

    fn has_a_say(&self, step: &StepClaim) -> bool {
        let sides = self.sides.sides(doers(step));
        self.parties.iter().chain(self.mediators).any(|actor| sides.contains(&self.sides.side_of(actor)))
    }

    fn speaks_for(&self, perspective: &Perspective, voice: &Voice) -> bool {
        let sides = self.sides.certain_sides(&voice.speaker);
        match perspective {
            Perspective::Party(party) => sides.contains(&self.sides.side_of(party)),
            Perspective::Mediator => self.mediators.iter().any(|actor| sides.contains(&self.sides.side_of(actor))),
            Perspective::Monitor => voice
                .speaker
                .iter()
                .filter_map(ActorRef::certain)
                .any(|actor| self.sides.kind_of(actor) == Some(crate::event::ActorKind::Monitor)),
            Perspective::Ledger => false,
        }
    }
}

/// An interval in which a ceasefire is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Force {
    /// The interval.
    pub span: Span,
    /// Whether every perspective is sure of it.
    pub certain: bool,
}

fn push_force(forces: &mut Vec<Force>, force: Force) {
    match forces.last_mut() {
        Some(last) if last.certain == force.certain && last.span.to == force.span.from => last.span.to = force.span.to,
        _ => forces.push(force),
    }
}

#[derive(Debug, Clone)]
struct StatedTime<'a> {
    when: Span,
    voice: &'a Voice,
    records: Vec<Seq>,
    /// The earliest it can have been said, where that matters.
    said: Option<Instant>,
}

fn effective_claim(claimed: &Claimed<CeasefireClaim>) -> Option<StatedTime<'_>> {
    let records = claimed.records().collect();
    match &claimed.claim {
        CeasefireClaim::Effective(TermClaim { when, voice }) => {
            Some(StatedTime { when: *when, voice, records, said: None })
        }
        CeasefireClaim::Step(step) if step.step == Step::Effective => {
            Some(StatedTime { when: step_span(step, claimed.at), voice: &step.voice, records, said: None })
        }
        _ => None,
    }
}

/// An extension counts from when it was asserted: after the term it is too late (L2).
fn extension_claim(claimed: &Claimed<CeasefireClaim>) -> Option<StatedTime<'_>> {
    match &claimed.claim {
        CeasefireClaim::Step(step) if step.step == Step::Extended => {
            let said = Some(step_span(step, claimed.at).start());
            Some(StatedTime { when: step.until?, voice: &step.voice, records: claimed.records().collect(), said })
        }
        _ => None,
    }
}

/// A speaker's later word supersedes only his own.
fn latest_of_each_speaker(claims: Vec<StatedTime<'_>>) -> Vec<StatedTime<'_>> {
    let mut latest: Vec<StatedTime<'_>> = Vec::new();
    for claim in claims {
        latest.retain(|earlier| earlier.voice.speaker != claim.voice.speaker);
        latest.push(claim);
    }
    latest
}

/// The interval in which a step was taken: its own, else up to when it was said.
fn step_span(step: &StepClaim, recorded: Instant) -> Span {
    step.when.or(step.voice.said).unwrap_or(Span { from: None, to: Some(recorded) })
}

/// An undated step before force begins no earlier than it was first said, or else recorded.
fn first_said(step: &StepClaim, recorded: Instant) -> Instant {
    match (step.when, step.voice.said) {
        (Some(when), _) => when.start(),
        (None, Some(said)) => said.start(),
        (None, None) => recorded,
    }
}

fn doers(step: &StepClaim) -> &[ActorRef] {
    if step.by.is_empty() && step.step == Step::CollapseDeclared { &step.voice.speaker } else { &step.by }
}

fn intersection(spans: &[Span]) -> Option<Span> {
    let from = spans.iter().map(|span| span.start()).max()?;
    let to = spans.iter().map(|span| span.end()).min()?;
    let open = |edge: Instant, limit: Instant| (edge != limit).then_some(edge);
    (from <= to).then_some(Span { from: open(from, Instant::MIN), to: open(to, Instant::MAX) })
}

fn envelope(spans: &[Span]) -> Span {
    let from = spans.iter().map(|span| span.start()).min().filter(|&from| from != Instant::MIN);
    let to = spans.iter().map(|span| span.end()).max().filter(|&to| to != Instant::MAX);
    Span { from, to }
}

/// Where a step leads from a state; nothing where it does not follow (L6).
fn follow(state: State, step: SwitchStep) -> Option<State> {
    use State::{
        Agreed, Announced, Collapsed, Ended, Expired, InForce, NeverInForce, None as Nothing, Proposed, Superseded,
        Suspended, Terminated,
    };
    let SwitchStep::Claimed(step) = step else {
        return matches!(state, InForce | Suspended).then_some(Expired);
    };
    match (step, state) {
        (Step::Proposed, Nothing) => Some(Proposed),
        (Step::Announced, Nothing | Proposed) => Some(Announced),
        (Step::Agreed | Step::Signed, Nothing | Proposed | Announced) => Some(Agreed),
        (Step::Effective, Nothing | Proposed | Announced | Agreed) | (Step::Resumed, Suspended) => Some(InForce),
        (Step::Suspended, InForce) => Some(Suspended),
        (Step::Rejected, Nothing | Proposed | Announced | Agreed)
        | (Step::Withdrawn | Step::Terminated, Proposed | Announced | Agreed) => Some(NeverInForce),
        (Step::Withdrawn | Step::Terminated, InForce | Suspended) => Some(Terminated),
        (Step::CollapseDeclared, InForce | Suspended) => Some(Collapsed),
        (Step::Superseded, Agreed | InForce | Suspended) => Some(Superseded),
        (Step::EndReported, _) => Some(Ended),
        // Said again, or after the fact: nothing changes and nothing is wrong.
        (Step::Proposed | Step::Announced | Step::Agreed | Step::Signed | Step::Joined | Step::Extended, _)
        | (Step::Effective, InForce) => Some(state),
        _ => None,
    }
}

fn misfit(step: SwitchStep, states: &[State]) -> String {
    let from = states.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    match step {
        SwitchStep::Claimed(step) => format!("{step} does not follow from {from}"),
        SwitchStep::Expiry => format!("the term ends while the ceasefire is {from}"),
    }
}
