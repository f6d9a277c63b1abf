//! I7, I8, I11, I12, I14: what every number keeps to, whatever was recorded.

use std::collections::{BTreeMap, BTreeSet};

use ceasefire_ledger::event::{Event, Step, StepReported, Term, TermsReported};
use ceasefire_ledger::ledger::{Until, View};
use ceasefire_ledger::projection::seq_key;
use ceasefire_ledger::rules::counting::COUNT_1;
use ceasefire_ledger::rules::lifecycle::State;
use ceasefire_ledger::vocab::{Bounds, Contested, Pointer, Seq, Triple, When, ZonePolicy};
use proptest::prelude::*;

use super::ledger_support::{assert_same, incidents_of, shelved, without_positions};
use super::support_random::{Dice, Move, actor, body, registry, scripts, source, tally, triple_report, written};
use super::{cases, number, tallies, tally_of_all};

fn most(bounds: Bounds) -> u64 {
    bounds.max.expect("incidents are counted, so there is a most")
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn i7_the_columns_and_the_unattributed_less_the_overlap_are_the_incidents(script in scripts(1..60)) {
        let shelf = shelved(&written(&script));
        for tally in tallies(&shelf.at(Until::Head).view()) {
            let columns: u64 = tally
                .accused
                .iter()
                .map(|accused| most(number(&tally, &format!("accused/{accused}/all")).value))
                .sum();
            let unattributed = ["none_stated", "cannot_be_attributed"];
            let unattributed: u64 =
                unattributed.iter().map(|kind| most(number(&tally, &format!("unattributed/{kind}")).value)).sum();
            let overlap = most(number(&tally, "overlap").value);
            prop_assert_eq!(columns + unattributed - overlap, most(number(&tally, "incidents").value));
        }
    }

    #[test]
    fn i8_every_computed_interval_begins_no_later_than_it_ends(script in scripts(1..60)) {
        let shelf = shelved(&written(&script));
        let sound = |bounds: Bounds| bounds.max.is_none_or(|max| bounds.min <= max);
        let answers = shelf.answers();
        let mut intervals = 0;
        let mut broken = Vec::new();
        super::ledger_support::walk_objects(&answers, &mut |object| {
            if let Ok(bounds) = serde_json::from_value::<Bounds>(serde_json::Value::Object(object.clone())) {
                intervals += 1;
                if !sound(bounds) {
                    broken.push(bounds);
                }
            }
        });
        prop_assert!(broken.is_empty() && intervals > 0, "{broken:?} of {intervals}");
    }

    #[test]
    fn i14_every_number_names_the_records_that_make_it(script in scripts(1..60)) {
        let shelf = shelved(&written(&script));
        let head = shelf.at(Until::Head);
        for tally in tallies(&head.view()) {
            for number in &tally.numbers {
                let counted = if number.id.starts_with("figures/") {
                    number.value.min > 0
                } else {
                    number.value.max != Some(0)
                };
                prop_assert!(!counted || !number.records.is_empty(), "{number:?}");
                for &record in &number.records {
                    prop_assert!(record <= tally.known_at.seq, "{number:?}");
                    let row = head.view().tables().records.row(&seq_key(record)).unwrap();
                    prop_assert!(row.is_some_and(|row| row.retracted.is_none()), "{record} of {number:?}");
                }
            }
        }
    }

    #[test]
    fn breaches_counted_as_records_came_are_those_the_claims_come_to(script in scripts(6..60)) {
        let shelf = shelved(&written(&script));
        let head = shelf.at(Until::Head);
        let (view, mut drawn) = (head.view(), BTreeMap::new());
        let every = view.tables().every_incident().unwrap();
        for facts in &every {
            prop_assert_eq!(&view.tables().facts_of(&facts.incident).unwrap().unwrap(), facts);
            for breach in &facts.breaches {
                let key = format!("{}/{}", facts.incident, breach.ceasefire);
                drawn.entry(key).or_insert_with(Vec::new).push(breach.seq);
            }
        }
        let mut kept = BTreeMap::new();
        view.tables().breaches.walk("", |key, records| { kept.insert(key.to_owned(), records.clone()); }).unwrap();
        prop_assert_eq!(&kept, &drawn);
        let mut counted = BTreeMap::new();
        drawn.keys().filter_map(|key| key.split_once('/')).for_each(|(_, of)| *counted.entry(of.to_owned()).or_insert(0) += 1);
        let mut counts = BTreeMap::new();
        view.tables().breach_counts.walk("", |key, count| { counts.insert(key.to_owned(), *count); }).unwrap();
        prop_assert_eq!(counts, counted);
        let mut roots = Vec::new();
        view.tables().incidents.walk("", |_, row| roots.extend(row.merged_into.is_none().then(|| row.incident.clone()))).unwrap();
        roots.retain(|root| view.tables().facts_of(root).unwrap().is_some());
        prop_assert_eq!(roots, every.into_iter().map(|facts| facts.incident).collect::<Vec<_>>());
    }

    #[test]
    fn i14_what_a_correction_changed_names_the_correction(script in scripts(6..60)) {
        let bodies = written(&script);
        let shelf = shelved(&bodies);
        let head = shelf.at(Until::Head);
        let all = tally_of_all(&head.view());
        for incident in incidents_of(&head.view()) {
            let root = head.view().tables().root_incident(&incident).unwrap();
            for claimed in head.view().tables().claims_about(&root).unwrap() {
                let counted = head.view().tables().facts_of(&root).unwrap().is_some();
                let is_report = matches!(claimed.claim, ceasefire_ledger::rules::claims::IncidentClaim::Report(_));
                if counted && is_report && claimed.stands() {
                    let named = &number(&all, "incidents").records;
                    let missing: Vec<Seq> = claimed.records().filter(|record| !named.contains(record)).collect();
                    prop_assert!(missing.is_empty(), "{missing:?} stand behind {root} and are not named");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn i8_a_published_triple_stays_as_it_was_printed_and_is_flagged(low in 0_u64..9, best in 0_u64..9, high in 0_u64..9) {
        let triple = Triple { low, best, high };
        let mut bodies = registry();
        bodies.push(body("triple", triple_report(triple)));
        let shelf = shelved(&bodies);
        let head = shelf.at(Until::Head);
        let incident = incidents_of(&head.view()).pop().unwrap();
        let answer = head.view().incident(&incident, COUNT_1).unwrap().unwrap();
        let claim = &answer.figures[0].claims[0];
        prop_assert_eq!(claim.inconsistent, low > best || best > high);
        let all = [low, best, high];
        let expected = Bounds { min: *all.iter().min().unwrap(), max: all.iter().max().copied() };
        prop_assert_eq!(claim.bounds, expected);
        let kept = head.view().tables().facts_of(&incident).unwrap().unwrap();
        prop_assert_eq!(kept.figures[0].quantity.triple, Some(triple));
    }

    #[test]
    fn i11_an_unresolved_zone_gives_a_state_set_until_every_zone_has_passed(
        zones in proptest::collection::vec(-18_i32..=18, 1..4),
        inside in 1_i64..1_000_000,
        day in 1_u32..28,
    ) {
        let policy = ZonePolicy::new(zones.iter().map(|hours| hours * 60).collect()).unwrap();
        let text = format!("2020-06-{day:02}T12:00");
        let effective = When::from_short(&text, &policy, &Pointer::root()).unwrap();
        let span = effective.span();
        let width = span.end().micros() - span.start().micros();
        let (widest, narrowest) = (zones.iter().max().unwrap(), zones.iter().min().unwrap());
        prop_assert_eq!(width, i64::from(widest - narrowest) * 3_600_000_000);
        let shelf = shelved(&agreed_and_effective(effective));
        let head = shelf.at(Until::Head);
        let before = state_at(&head.view(), span.start().plus_micros(-1));
        prop_assert_eq!(before, Contested::Certain(State::Agreed));
        let after = state_at(&head.view(), span.end());
        prop_assert_eq!(after, Contested::Certain(State::InForce));
        if width > 0 {
            let between = state_at(&head.view(), span.start().plus_micros(inside % width));
            prop_assert_eq!(between, Contested::Uncertain(vec![State::Agreed, State::InForce]));
        }
    }

    #[test]
    fn i12_a_tally_is_no_incident_and_changes_no_count(
        script in scripts(1..30),
        readings in proptest::collection::vec(any::<Move>(), 1..12),
    ) {
        let readings: Vec<_> = readings
            .iter()
            .enumerate()
            .map(|(at, numbers)| body(&format!("reading/{at}"), tally(&mut Dice::new(numbers))))
            .collect();
        let alone = shelved(&[registry(), readings.clone()].concat());
        let head = alone.at(Until::Head);
        prop_assert!(incidents_of(&head.view()).is_empty());
        for tally in tallies(&head.view()) {
            prop_assert!(tally.numbers.iter().all(|number| number.value == Bounds::ZERO), "{:?}", tally.numbers);
            prop_assert!(!tally.counters.is_empty());
        }
        let bodies = written(&script);
        let (with, without) = (shelved(&[bodies.clone(), readings].concat()), shelved(&bodies));
        let counted = |shelf: &super::ledger_support::Shelf| {
            let mut answers = without_positions(&shelf.answers());
            answers["tallies"].as_array_mut().unwrap().iter_mut().for_each(|t| drop(t.as_object_mut().unwrap().remove("counters")));
            without_positions(&answers)
        };
        assert_same(&counted(&with), &counted(&without), "with readings of counters");
    }
}

fn agreed_and_effective(effective: When) -> Vec<super::Given> {
    let mut bodies = registry();
    let ceasefire: ceasefire_ledger::vocab::CeasefireId = "truce-1".parse().unwrap();
    let source = source(&mut Dice::new(&[0; 14]));
    let agreed = StepReported {
        ceasefire: ceasefire.clone(),
        step: Step::Agreed,
        by: ["ALF", "BRA"].map(|id| ceasefire_ledger::vocab::ActorRef::Actor(actor(id))).to_vec(),
        when: Some(When::instant(super::ledger_support::instant("2020-05-01T00:00:00Z"))),
        until: None,
        place: None,
        source: source.clone(),
        summary: None,
        note: None,
    };
    bodies.push(body("agreed", Event::from(agreed)));
    let terms = vec![Term::Effective(effective)];
    bodies.push(body("terms", TermsReported { ceasefire, terms, source, summary: None, note: None }.into()));
    bodies
}

fn state_at(view: &View<'_>, at: ceasefire_ledger::vocab::Instant) -> Contested<State> {
    let ceasefire = "truce-1".parse().unwrap();
    view.states(Some(&ceasefire), ceasefire_ledger::vocab::Span::at(at), "ledger")
        .unwrap()
        .ceasefires
        .pop()
        .unwrap()
        .state
}

#[test]
fn a_number_is_named_once() {
    let script: Vec<Move> =
        (0..80_u8).map(|n| std::array::from_fn(|i| n.wrapping_mul(37).wrapping_add(i as u8 * 11))).collect();
    let shelf = shelved(&written(&script));
    for tally in tallies(&shelf.at(Until::Head).view()) {
        let ids: BTreeSet<&str> = tally.numbers.iter().map(|number| number.id.as_str()).collect();
        assert_eq!(ids.len(), tally.numbers.len());
    }
}
