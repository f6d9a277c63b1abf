//! The bundled fixture, and the answers it must and must not give. No number is written here: they stand in
//! `fixtures/nk-2020/expected.json`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a missing field of the fixture is a failed test"
)]

mod ledger_support;

use std::collections::{BTreeMap, BTreeSet};

use ceasefire_ledger::event::{Attendance, Event, ProcessKind, Term};
use ceasefire_ledger::ledger::{
    CounterReading, IncidentAnswer, Ledger, StateAnswer, TallyAnswer, TallyQuestion, View, read_record,
};
use ceasefire_ledger::rules::claims::{CeasefireClaim, Claimed};
use ceasefire_ledger::rules::contest::Contest;
use ceasefire_ledger::rules::counting::{COUNT_1, Lineage, Number};
use ceasefire_ledger::rules::figures::FigureEnvelope;
use ceasefire_ledger::rules::lifecycle::State;
use ceasefire_ledger::vocab::{
    ActorId, Bounds, CeasefireId, Contested, IncidentId, Instant, Label, Pointer, RecordRef, Seq, Span, When,
};
use ledger_support::{answers, instant, ledger_in, nk_bodies, walk_objects};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("../fixtures/nk-2020/expected.json")).unwrap()
}

fn with_seed(test: impl Fn(&View<'_>, &Value)) {
    let folder = tempfile::tempdir().unwrap();
    let ledger: Ledger = ledger_in(&folder.path().join("ledger"), &nk_bodies());
    test(&ledger.view(), &expected());
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|item| text(item).to_owned()).collect()
}

fn bounds(value: &Value) -> Bounds {
    match value.as_u64() {
        Some(number) => Bounds::exactly(number),
        None => Bounds { min: value["min"].as_u64().expect("min"), max: value["max"].as_u64() },
    }
}

/// The position of a record that the fixture names by its key.
fn position(view: &View<'_>, key: &Value) -> Seq {
    let key = RecordRef::keyed(Label::new(text(key)).unwrap());
    let recorder = ActorId::new("recorder").unwrap();
    view.tables().resolve(&key, &recorder).unwrap().unwrap_or_else(|| panic!("no record {key}"))
}

fn event_at(view: &View<'_>, seq: Seq) -> Event {
    let mut event = None;
    let read: Result<(), ceasefire_ledger::ledger::ReplayError> =
        view.reader().for_each_block(seq, Some(seq), |lines| {
            event = Some(read_record(&lines[0])?.event);
            Ok(())
        });
    read.unwrap();
    event.expect("the record is there")
}

/// A date of the fixture in the zones of the ledger.
fn day(view: &View<'_>, value: &Value) -> Span {
    When::from_short(text(value), &view.genesis().zones, &Pointer::root()).unwrap().span()
}

fn tally(view: &View<'_>, ceasefire: Option<&str>) -> TallyAnswer {
    let ceasefire = ceasefire.map(|id| CeasefireId::new(id).unwrap());
    let question =
        TallyQuestion { ceasefire: ceasefire.as_ref(), rules: COUNT_1, window: None, lineage: Lineage::Keep };
    view.tally(&question).unwrap().expect("the ceasefire is recorded")
}

fn number<'a>(tally: &'a TallyAnswer, id: &str) -> &'a Number {
    tally.numbers.iter().find(|number| number.id == id).unwrap_or_else(|| panic!("no number {id}"))
}

fn incident(view: &View<'_>, id: &str) -> IncidentAnswer {
    view.incident(&IncidentId::new(id).unwrap(), COUNT_1).unwrap().unwrap_or_else(|| panic!("no incident {id}"))
}

fn state_of(answer: &StateAnswer) -> Vec<State> {
    match &answer.ceasefires[0].state {
        Contested::Certain(state) => vec![*state],
        Contested::Uncertain(states) => states.clone(),
        Contested::Contested(sides) => panic!("nobody contests the seed's states: {sides:?}"),
    }
}

fn states_at(view: &View<'_>, ceasefire: &str, at: Instant) -> StateAnswer {
    view.states(Some(&CeasefireId::new(ceasefire).unwrap()), ceasefire_ledger::vocab::Span::at(at), "ledger").unwrap()
}

#[test]
fn every_record_of_the_fixture_is_admitted_and_counted_by_its_type() {
    with_seed(|view, expected| {
        let mut types: BTreeMap<String, u64> = BTreeMap::new();
        view.tables()
            .records
            .walk("", |_, row| {
                *types.entry(row.type_name.clone()).or_default() += 1;
            })
            .unwrap();
        assert_eq!(types.remove("ledger.created"), Some(1));
        let by_type: BTreeMap<String, u64> =
            serde_json::from_value(expected["records"]["by_type"].clone()).expect("counts by type");
        assert_eq!(types, by_type);
        assert_eq!(Some(types.values().sum()), expected["records"]["in_file"].as_u64());
    });
}

#[test]
fn every_state_is_the_expected_set_and_a_breach_is_no_state() {
    with_seed(|view, expected| {
        let checks = expected["state_checks"].as_array().unwrap();
        assert!(!checks.is_empty());
        for check in checks {
            let at = instant(text(&check["at"]));
            assert_eq!(at, instant(text(&check["at_utc"])));
            let answer = states_at(view, text(&check["ceasefire"]), at);
            let states: Vec<String> = state_of(&answer).iter().map(ToString::to_string).collect();
            assert_eq!(states, texts(&check["state"]), "{check}");
            if let Some(compliance) = check.get("compliance") {
                let state = &answer.ceasefires[0];
                assert_eq!(Some(state.asserted_breaches), compliance["alleged_breaches"].as_u64());
                assert_eq!(state.declared_collapsed_by, texts(&compliance["declared_collapsed_by"]));
            }
        }
    });
}

#[test]
fn the_ceasefires_are_told_as_their_sources_tell_them() {
    with_seed(|view, expected| {
        for (id, about) in expected["ceasefires"].as_object().unwrap() {
            let ceasefire = CeasefireId::new(id).unwrap();
            let row = view.tables().ceasefires.row(id).unwrap().expect("recorded");
            let claims = view.ceasefire_claims(&ceasefire).unwrap();
            let names = |ids: &[ActorId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(names(&row.mediators), texts(&about["mediators"]));
            assert_eq!(names(&row.parties), texts(&expected["parties"]));
            let stated: Vec<Span> = claims.iter().filter_map(effective).collect();
            if let Some(none) = about.get("effective_claims") {
                assert_eq!(stated.len(), none.as_array().unwrap().len());
            }
            if let Some(span) = about.get("effective_span") {
                let [only] = stated.as_slice() else { panic!("one effective time is stated, not {stated:?}") };
                assert_eq!(only.to_string(), text(span));
            }
            if about.get("agreed").is_some() {
                assert_agreed(view, about, &claims);
            }
            for kind in about.get("kind_claims").and_then(Value::as_array).into_iter().flatten() {
                assert_kind_claim(view, kind);
            }
            for related in about.get("relations").and_then(Value::as_array).into_iter().flatten() {
                let found = row.relations.iter().any(|row| {
                    row.relation.as_str() == text(&related["relation"]) && row.to.as_str() == text(&related["to"])
                });
                assert!(found, "{related}");
            }
        }
    });
}

fn effective(claimed: &Claimed<CeasefireClaim>) -> Option<Span> {
    match &claimed.claim {
        CeasefireClaim::Effective(term) => Some(term.when),
        _ => None,
    }
}

fn assert_agreed(view: &View<'_>, about: &Value, claims: &[Claimed<CeasefireClaim>]) {
    let agreed = claims.iter().find_map(|claimed| match &claimed.claim {
        CeasefireClaim::Step(step) if step.step.as_str() == "agreed" => Some(step),
        _ => None,
    });
    let agreed = agreed.expect("somebody says that it was agreed");
    assert_eq!(agreed.when, Some(day(view, &about["agreed"])));
    assert_eq!(agreed.when.map(|when| when.to_string()).as_deref(), about["agreed_span"].as_str());
    assert_eq!(agreed.by.iter().map(ToString::to_string).collect::<Vec<_>>(), texts(&about["agreed_by"]));
}

fn assert_kind_claim(view: &View<'_>, kind: &Value) {
    let Event::TermsReported(terms) = event_at(view, position(view, &kind["record"])) else {
        panic!("{kind} is no report of terms")
    };
    let verbatim = terms.terms.iter().find_map(|term| match term {
        Term::Kind(kind) => Some(kind.verbatim.as_str().to_owned()),
        _ => None,
    });
    assert_eq!(verbatim.as_deref(), kind["verbatim"].as_str());
    assert_eq!(terms.source.speaker.iter().map(ToString::to_string).collect::<Vec<_>>(), [text(&kind["by"])]);
    assert_eq!(terms.source.via.iter().map(ToString::to_string).collect::<Vec<_>>(), texts(&kind["via"]));
}

#[test]
fn five_incidents_are_told_apart_and_the_two_of_ganja_never_merge() {
    with_seed(|view, expected| {
        let all = tally(view, None);
        let incidents = number(&all, "incidents");
        assert_eq!(incidents.incidents, texts(&expected["incidents"]["distinct"]));
        assert_eq!(incidents.value, bounds(&expected["incidents"]["total"]));
        for pair in expected["incidents"]["must_not_merge"].as_array().unwrap() {
            let pair = texts(pair);
            for ceasefire in ["nk-2020-10-10", "nk-2020-10-17"] {
                let candidates = tally(view, Some(ceasefire)).candidates;
                assert!(!candidates.iter().any(|c| pair.contains(&c.first) && pair.contains(&c.second)));
            }
            for id in &pair {
                assert_eq!(incident(view, id).incident, *id, "merged");
            }
        }
    });
}

#[test]
fn every_charge_has_its_accuser_its_accused_and_its_level() {
    with_seed(|view, expected| {
        for (id, charges) in expected["attribution"].as_object().unwrap() {
            let accusers = incident(view, id).accusers;
            for charge in charges.as_array().unwrap() {
                let record = position(view, &charge["record"]);
                let found = accusers.iter().find(|accuser| accuser.record == record).expect("a charge by that record");
                assert_eq!(found.accused, [text(&charge["accused"])], "{charge}");
                assert_eq!(found.level.as_str(), text(&charge["level"]), "{charge}");
                if let Some(by) = charge.get("by") {
                    assert_eq!(found.by, [text(by)], "{charge}");
                }
            }
        }
        for (id, names) in expected["distinct_accusers"].as_object().unwrap().iter().filter(|(_, v)| v.is_array()) {
            let accusers: BTreeSet<String> = incident(view, id).accusers.into_iter().flat_map(|a| a.by).collect();
            assert_eq!(accusers, texts(names).into_iter().collect(), "{id}");
        }
    });
}

#[test]
fn exactly_one_breach_is_asserted_and_the_rest_is_sorted_by_whose_word_it_is() {
    with_seed(|view, expected| {
        for (ceasefire, counts) in expected["counts"].as_object().unwrap() {
            let tally = tally(view, Some(ceasefire));
            for (side, breaches) in counts["asserted_breaches"].as_object().unwrap() {
                let asserted = number(&tally, &format!("asserted_breaches/{side}"));
                assert_eq!(asserted.value, bounds(&breaches["total"]), "{side}");
                for (class, count) in breaches.get("by_accuser").and_then(Value::as_object).into_iter().flatten() {
                    assert_eq!(number(&tally, &format!("asserted_breaches/{side}/{class}")).value, bounds(count));
                }
                if let Some(incidents) = breaches.get("incidents") {
                    assert_eq!(asserted.incidents, texts(incidents));
                }
            }
            let window = &counts["hostile_incidents_in_window"];
            for (part, sides) in [("alleged", "alleged_against"), ("own_action", "own_action_date_not_stated")] {
                for (side, incidents) in window[sides].as_object().unwrap() {
                    let number = number(&tally, &format!("accused/{side}/{part}"));
                    assert_eq!(number.incidents, texts(incidents), "{}", number.id);
                    assert_eq!(number.value, Bounds::exactly(texts(incidents).len() as u64));
                }
            }
            let asserted = &number(&tally, "asserted_breaches").incidents;
            let by_nobody: Vec<String> =
                number(&tally, "incidents").incidents.iter().filter(|id| !asserted.contains(id)).cloned().collect();
            assert_eq!(by_nobody, texts(&window["asserted_breach_by_nobody"]));
            for (side, verified) in counts["verified"].as_object().unwrap() {
                assert_eq!(number(&tally, &format!("accused/{side}/verified")).value, bounds(verified));
                let acknowledged = number(&tally, &format!("accused/{side}/acknowledged")).value;
                assert_eq!(acknowledged, bounds(&counts["acknowledged"]));
            }
            for kind in ["none_stated", "cannot_be_attributed"] {
                let unattributed = number(&tally, &format!("unattributed/{kind}")).value;
                assert_eq!(unattributed, bounds(&counts["unattributed_incidents"]));
            }
        }
    });
}

#[test]
fn answers_stand_with_what_they_answer_and_silence_is_none() {
    with_seed(|view, expected| {
        for (id, contests) in expected["contests"].as_object().unwrap().iter().filter(|(_, v)| v.is_array()) {
            let found = incident(view, id).contest;
            assert_eq!(found.len(), contests.as_array().unwrap().len(), "{id}");
            for (found, contest) in found.iter().zip(contests.as_array().unwrap()) {
                let meaning = match (text(&contest["stance"]), contest["claiming"].as_str()) {
                    ("denial", None) => Contest::Denied,
                    ("justification", Some("without")) => Contest::JustifiedWithoutClaiming,
                    other => panic!("the fixture has no {other:?}"),
                };
                assert_eq!(
                    (found.by.as_slice(), found.contest),
                    ([text(&contest["by"]).to_owned()].as_slice(), meaning)
                );
                assert_eq!(found.possibly, contest["scope"] == "uncertain", "{contest}");
                assert_eq!(found.basis.map(ceasefire_ledger::event::ScopeBasis::as_str), contest["basis"].as_str());
                assert_eq!(found.records, [position(view, &contest["record"])]);
            }
        }
        for (accusation, responses) in expected["responses"].as_object().unwrap() {
            let accusation = position(view, &Value::from(accusation.as_str()));
            let mut records = Vec::new();
            let mut acts = BTreeSet::new();
            for row in view.tables().statements.rows("").unwrap() {
                if row.claim.records.contains(&accusation) {
                    records.push(row.seq);
                    acts.insert(row.act());
                }
            }
            let named: Vec<Seq> =
                responses["records"].as_array().unwrap().iter().map(|key| position(view, key)).collect();
            assert_eq!(records, named);
            assert_eq!(Some(acts.len() as u64), responses["acts"].as_u64());
        }
    });
}

fn figure<'a>(answer: &'a IncidentAnswer, kind: &str) -> Option<&'a FigureEnvelope> {
    let kind = if kind.contains('.') { kind.to_owned() } else { format!("person.{kind}") };
    answer.figures.iter().find(|figure| figure.kind.to_string() == kind)
}

#[test]
fn casualties_are_intervals_and_parts_stay_out_of_sums() {
    with_seed(|view, expected| {
        let casualties = &expected["casualties"];
        let arm = &casualties["of_incidents_attributed_to_ARM"];
        let all = tally(view, None);
        for kind in ["killed", "wounded"] {
            let number = number(&all, &format!("figures/accused/ARM/person.{kind}"));
            assert_eq!(number.value, bounds(&arm[kind]), "{kind}");
            assert_eq!(number.incidents, texts(&arm["incidents"]));
        }
        for (id, kinds) in casualties.as_object().unwrap().iter().filter(|(id, _)| id.starts_with("I-")) {
            let answer = incident(view, id);
            for (kind, figures) in kinds.as_object().unwrap().iter().filter(|(_, v)| v.get("min").is_some()) {
                if figures.get("in_no_sum").is_some() {
                    assert!(figure(&answer, "killed_or_wounded").is_none(), "{id} {kind}");
                } else {
                    let found = figure(&answer, kind).unwrap_or_else(|| panic!("no {kind} in {id}"));
                    assert_eq!(found.envelope, bounds(figures), "{id} {kind}");
                }
            }
        }
        let child = &casualties["I-2"]["killed"]["of_which"][0];
        let facts = view.tables().facts_of(&"I-2".parse().unwrap()).unwrap().unwrap();
        let part = facts.figures.iter().find(|f| f.seq == position(view, &child["record"])).unwrap();
        assert!(part.quantity.subset_of.is_some());
        assert_eq!(part.quantity.bounds(COUNT_1.floors), bounds(child));
    });
}

#[test]
fn twenty_houses_and_more_than_twenty_are_an_envelope_with_both_claims() {
    with_seed(|view, expected| {
        let houses = &expected["casualties"]["I-2"]["houses"];
        let answer = incident(view, "I-2");
        let found = figure(&answer, "house.destroyed").expect("houses");
        assert_eq!(found.envelope, bounds(&houses["envelope"]));
        let claims = houses["claims"].as_array().unwrap();
        assert_eq!(found.claims.len(), claims.len());
        for claim in claims {
            let own = found.claims.iter().find(|own| own.by == [text(&claim["by"])]).expect("the speaker's claim");
            assert_eq!(own.bounds, bounds(claim));
            assert_eq!(own.preliminary, claim["preliminary"] == true);
            assert_eq!(own.records, [position(view, &claim["record"])]);
        }
    });
}

fn assert_counter(view: &View<'_>, counters: &[CounterReading], tally: &Value) -> usize {
    let record = position(view, &tally["record"]);
    let own: Vec<&CounterReading> = counters.iter().filter(|reading| reading.record == record).collect();
    let kinds = tally.as_object().unwrap().iter().filter(|(_, value)| value.is_u64());
    for (kind, value) in kinds.clone() {
        let kind = match kind.split_once('_') {
            Some((outcome, _civilians)) => format!("person.{outcome} (civilian)"),
            None => format!("person.{kind}"),
        };
        let reading = own.iter().find(|reading| reading.kind == kind).unwrap_or_else(|| panic!("no {kind}: {own:?}"));
        assert_eq!(reading.value, bounds(value), "{tally}");
        assert_eq!(reading.counter, text(&tally["counter"]));
        assert_eq!(reading.by, [text(&tally["by"])]);
        assert_eq!(reading.accused, texts(&tally["accused"]), "{tally}");
        assert!(!reading.decreased && !reading.total_mismatch && reading.history.len() <= 1);
        if let Some(since) = tally.get("since") {
            assert_eq!(reading.since, Some(day(view, since)));
        }
        if tally.get("subset_of").is_some() {
            assert!(reading.part);
        }
    }
    assert_eq!(own.len(), kinds.count());
    own.len()
}

#[test]
fn counters_are_readings_beside_each_other_and_never_added() {
    with_seed(|view, expected| {
        for ceasefire in [None, Some("nk-2020-10-10"), Some("nk-2020-10-17")] {
            let answer = tally(view, ceasefire);
            let tallies = expected["tallies"].as_array().unwrap();
            let found: usize = tallies.iter().map(|tally| assert_counter(view, &answer.counters, tally)).sum();
            assert_eq!(answer.counters.len(), found, "every counter is one of the source's");
        }
    });
}

#[test]
fn who_came_and_who_had_not_come_yet_is_told_as_of_the_day() {
    with_seed(|view, expected| {
        for (process, about) in expected["processes"].as_object().unwrap() {
            let rows = view.tables().processes.rows(&format!("{process}/")).unwrap();
            if let Some(reports) = about.get("reports") {
                assert_eq!(Some(rows.len() as u64), reports.as_u64());
            }
            for attended in about.get("attended").and_then(Value::as_array).into_iter().flatten() {
                let row = rows.iter().find(|row| row.claim.attendance == Some(Attendance::Attended)).unwrap();
                assert_eq!(row.claim.by.iter().map(ToString::to_string).collect::<Vec<_>>(), [text(&attended["by"])]);
                let Event::ProcessReported(report) = event_at(view, row.seq) else { panic!("no report of a process") };
                let speaker = texts(&attended["speaker_any_of"]).join("|");
                assert_eq!(report.source.speaker.iter().map(ToString::to_string).collect::<Vec<_>>(), [speaker]);
            }
            for absent in about.get("not_yet").and_then(Value::as_array).into_iter().flatten() {
                let row = rows.iter().find(|row| row.claim.attendance == Some(Attendance::NotYet)).unwrap();
                assert_eq!(row.claim.by.iter().map(ToString::to_string).collect::<Vec<_>>(), [text(&absent["by"])]);
                assert_eq!(row.claim.as_of, Some(day(view, &absent["as_of"])));
            }
            if about.get("mechanism").is_some() {
                let kinds: Vec<ProcessKind> = rows.iter().map(|row| row.claim.kind).collect();
                assert!(kinds.contains(&ProcessKind::MechanismPlanned));
                assert!(!kinds.contains(&ProcessKind::MechanismEstablished));
            }
        }
    });
}

/// Every window that begins and ends at an edge of a claimed time.
fn windows(view: &View<'_>) -> Vec<Option<Span>> {
    let mut edges: BTreeSet<Instant> = BTreeSet::new();
    let mut add = |span: Option<Span>| edges.extend(span.into_iter().flat_map(|s| [s.from, s.to]).flatten());
    view.tables().every_incident().unwrap().iter().for_each(|facts| add(facts.when));
    view.tables().readings.rows("").unwrap().iter().for_each(|row| add(row.claim.since));
    let edges: Vec<Instant> = edges.into_iter().collect();
    assert!(edges.len() > 4);
    let pairs = edges
        .iter()
        .enumerate()
        .flat_map(|(i, &from)| edges.iter().skip(i).map(move |&to| Some(Span { from: Some(from), to: Some(to) })));
    std::iter::once(None).chain(pairs).collect()
}

#[test]
fn no_wrong_answer_is_ever_printed_whatever_is_asked() {
    with_seed(|view, expected| {
        let wrong: Vec<(u64, String)> = expected["wrong_answers"]["never_printed_as_a_count"]
            .as_array()
            .unwrap()
            .iter()
            .map(|wrong| (text(&wrong["number"]).trim_end_matches('+').parse().unwrap(), text(&wrong["is"]).to_owned()))
            .collect();
        assert!(!wrong.is_empty());
        let checks = expected["state_checks"].as_array().unwrap();
        let questions = ledger_support::Questions {
            instants: checks.iter().map(|check| instant(text(&check["at"]))).collect(),
            windows: windows(view),
        };
        let printed = answers(view, &questions);
        let mut counts = 0;
        walk_objects(&printed, &mut |object| {
            let of_bounds = object.len() == 2 && object.contains_key("min") && object.contains_key("max");
            let names: &[&str] =
                if of_bounds { &["min", "max"] } else { &["asserted_breaches", "quiet_reports", "access_denied"] };
            for value in names.iter().filter_map(|name| object.get(*name)).filter_map(Value::as_u64) {
                counts += 1;
                for (number, is) in &wrong {
                    assert_ne!(value, *number, "{is} is printed in {object:?}");
                }
            }
        });
        assert!(counts > 1_000, "{counts} counts were looked at");
    });
}

#[test]
fn nothing_is_said_that_the_source_does_not_say() {
    with_seed(|view, _| {
        let all = tally(view, None);
        // A toll without a perpetrator charges nobody.
        let nobody = all.counters.iter().filter(|counter| counter.counter.starts_with("NKR."));
        assert!(nobody.clone().count() > 0);
        assert!(nobody.clone().all(|counter| counter.accused.is_empty()));
        // Statements of third parties are no incidents.
        assert!(number(&all, "accused/ARM/alleged").value.max < Some(5));
        // The list of targets is not the accused's word, and claims nothing.
        let strike = incident(view, "I-2");
        assert!(strike.contest.iter().all(|read| read.contest != Contest::Acknowledged));
        // The strike lies in the first truce's window, and nobody calls it a breach.
        let relation = strike.ceasefires.iter().find(|relation| relation.ceasefire == "nk-2020-10-10").unwrap();
        assert!(relation.breach_asserted_by.is_empty());
        assert_eq!(relation.relation, ceasefire_ledger::rules::scope::ScopeRelation::InScope);
    });
}
