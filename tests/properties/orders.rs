//! I4: the order of records that share no references changes no answer.

use std::collections::{BTreeMap, BTreeSet};

use ceasefire_ledger::event::{About, Event};
use ceasefire_ledger::vocab::{Pointer, Refer, Reference};
use proptest::prelude::*;

use super::cases;
use super::ledger_support::{Given, assert_same, nk_bodies, shelved, without_positions};
use super::support_random::{scripts, written};

/// What a record uses, and what it makes or changes.
#[derive(Debug, Default, Clone)]
struct Touch {
    uses: BTreeSet<String>,
    changes: BTreeSet<String>,
}

/// How much of what two records have in common keeps them in order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ties {
    /// A thing stands before its use, and no more.
    UseAfterMaking,
    /// Records about the same incident, ceasefire, counter or record too.
    SharedSubject,
}

/// Works out what each record touches. A record that mends another touches all that the other does.
fn touches(bodies: &[Given], ties: Ties) -> Vec<Touch> {
    let mut by_key: BTreeMap<String, Touch> = BTreeMap::new();
    let mut touches = Vec::new();
    for (body, _) in bodies {
        let mut touch = Touch::default();
        let mut targets = Vec::new();
        body.refer(&Pointer::root(), &mut |_, reference| match reference {
            Reference::Incident(id) => drop(touch.uses.insert(format!("incident {id}"))),
            Reference::Record(record) => targets.push(record.key.as_ref().unwrap().to_string()),
            other => drop(touch.uses.insert(format!("{other:?}"))),
        });
        made_by(&body.event).into_iter().for_each(|made| {
            touch.changes.insert(made);
        });
        touch.changes.insert(format!("record {}", body.key));
        touch.uses.extend(targets.iter().map(|key| format!("record {key}")));
        if ties == Ties::SharedSubject {
            spoken_of(&body.event, &mut touch);
            if mends(&body.event) {
                for key in &targets {
                    let target = by_key.get(key).cloned().unwrap_or_default();
                    touch.changes.extend(target.changes);
                }
            }
        }
        by_key.insert(body.key.to_string(), touch.clone());
        touches.push(touch);
    }
    if ties == Ties::SharedSubject {
        join_merged(bodies, &mut touches);
    }
    touches
}

fn made_by(event: &Event) -> Option<String> {
    Some(match event {
        Event::ActorRegistered(event) => format!("{:?}", Reference::Actor(&event.actor)),
        Event::PlaceRegistered(event) => format!("{:?}", Reference::Place(&event.place)),
        Event::CeasefireRecorded(event) => format!("{:?}", Reference::Ceasefire(&event.ceasefire)),
        Event::ViolationReported(event) => format!("incident {}", event.incident),
        Event::IncidentSplit(event) => format!("incident {}", event.out),
        _ => return None,
    })
}

fn mends(event: &Event) -> bool {
    matches!(
        event,
        Event::RecordCorrected(_) | Event::RecordRetracted(_) | Event::ActIdentified(_) | Event::IncidentSplit(_)
    )
}

fn spoken_of(event: &Event, touch: &mut Touch) {
    let incidents: Vec<String> = touch.uses.iter().filter(|used| used.starts_with("incident ")).cloned().collect();
    touch.changes.extend(incidents);
    let subject = match event {
        Event::StepReported(event) => format!("claims of {}", event.ceasefire),
        Event::TermsReported(event) => format!("claims of {}", event.ceasefire),
        Event::FindingIssued(event) => match &event.about {
            About::Ceasefire(ceasefire) => format!("claims of {ceasefire}"),
            _ => return,
        },
        Event::TallyReported(event) => format!("counter {}", event.counter),
        Event::ActorRelated(event) => format!("relations of {}", event.actor),
        Event::RecordCorrected(event) => return spoken_of(&event.replacement, touch),
        _ => return,
    };
    touch.changes.insert(subject);
}

/// Incidents that are merged anywhere count as one here: what is said of either is then said of both.
fn join_merged(bodies: &[Given], touches: &mut [Touch]) {
    for (body, _) in bodies {
        let Event::IncidentMerged(merged) = &body.event else { continue };
        let pair = [format!("incident {}", merged.incident), format!("incident {}", merged.into)];
        let group: BTreeSet<String> = groups_of(touches, &pair);
        for touch in touches.iter_mut().filter(|touch| touch.changes.iter().any(|change| group.contains(change))) {
            touch.changes.extend(group.clone());
        }
    }
}

/// The pair, with whatever was joined to either before.
fn groups_of(touches: &[Touch], pair: &[String; 2]) -> BTreeSet<String> {
    let mut group: BTreeSet<String> = pair.iter().cloned().collect();
    let joined = |touch: &&Touch| touch.changes.iter().filter(|c| c.starts_with("incident ")).count() > 1;
    for touch in touches.iter().filter(joined) {
        if pair.iter().any(|incident| touch.changes.contains(incident)) {
            group.extend(touch.changes.iter().filter(|change| change.starts_with("incident ")).cloned());
        }
    }
    group
}

fn tied(earlier: &Touch, later: &Touch, ties: Ties) -> bool {
    let made_then_used = earlier.changes.intersection(&later.uses).next().is_some();
    match ties {
        Ties::UseAfterMaking => made_then_used,
        Ties::SharedSubject => {
            made_then_used
                || earlier.uses.intersection(&later.changes).next().is_some()
                || earlier.changes.intersection(&later.changes).next().is_some()
        }
    }
}

/// Another order: of the records that may come next, always the one with the least lot.
fn reordered(bodies: &[Given], lots: &[u16], ties: Ties) -> Vec<Given> {
    let touches = touches(bodies, ties);
    let first_maker = |at: usize| {
        made_by(&bodies[at].0.event)
            .is_none_or(|made| !(0..at).any(|i| made_by(&bodies[i].0.event).as_ref() == Some(&made)))
    };
    // With the weaker ties, the first report of an incident is what makes it.
    let before = |earlier: usize, later: usize| {
        (ties == Ties::SharedSubject
            || first_maker(earlier)
            || mends(&bodies[later].0.event)
            || !mends(&bodies[earlier].0.event))
            && tied(&touches[earlier], &touches[later], ties)
    };
    let mut left: BTreeSet<usize> = (0..bodies.len()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let ready = left.iter().filter(|&&at| !left.range(..at).any(|&earlier| before(earlier, at)));
        let next = *ready.min_by_key(|&&at| lots[at % lots.len()].wrapping_mul(at as u16 | 1)).unwrap();
        left.remove(&next);
        order.push(bodies[next].clone());
    }
    order
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn i4_records_that_share_no_references_may_come_in_any_order(
        script in scripts(4..50),
        lots in proptest::collection::vec(any::<u16>(), 97),
    ) {
        let bodies = written(&script);
        let moved = reordered(&bodies, &lots, Ties::SharedSubject);
        prop_assert_eq!(moved.len(), bodies.len());
        assert_same(
            &without_positions(&shelved(&moved).answers()),
            &without_positions(&shelved(&bodies).answers()),
            "another order",
        );
    }
}

#[test]
fn i4_the_seed_gives_the_same_answers_in_every_order_that_respects_references() {
    let bodies = nk_bodies();
    let expected = without_positions(&shelved(&bodies).answers());
    for seed in 1..=12_u16 {
        let lots: Vec<u16> = (0..101_u16).map(|n| (n + 1).wrapping_mul(seed.wrapping_mul(0x9e37))).collect();
        let moved = reordered(&bodies, &lots, Ties::UseAfterMaking);
        assert_ne!(moved, bodies, "the order is another one");
        assert_same(&without_positions(&shelved(&moved).answers()), &expected, &format!("order {seed}"));
    }
}

#[test]
fn i2_every_prefix_of_the_seed_answers_from_its_records_alone_in_every_order() {
    for seed in 0..3_u16 {
        let lots: Vec<u16> = (0..101_u16).map(|n| (n + 1).wrapping_mul(seed.wrapping_mul(0x9e37) | 1)).collect();
        let mut bodies = nk_bodies();
        if seed > 0 {
            bodies = reordered(&bodies, &lots, Ties::UseAfterMaking);
        }
        let whole = shelved(&bodies);
        for kept in (0..=bodies.len()).step_by(if seed == 0 { 1 } else { 5 }) {
            let prefix = shelved(&bodies[..kept]);
            assert_same(
                &whole.answers_at(kept as u64 + 1),
                &prefix.answers(),
                &format!("order {seed}, {kept} records"),
            );
        }
    }
}
