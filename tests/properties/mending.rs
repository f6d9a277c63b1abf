//! I6, I9: what is merged can be split again, and what is retracted is gone from then on and no earlier.

use std::collections::BTreeSet;

use ceasefire_ledger::event::{About, Event, IncidentMerged, IncidentSplit};
use ceasefire_ledger::projection::{Recorded, TABLE_NAMES, Tables};
use ceasefire_ledger::vocab::{IncidentId, RecordRef, Refer, Reference};
use proptest::prelude::*;

use super::ledger_support::{Given, assert_same, incidents_of, shelved, states, tallies, without_positions};
use super::support_random::{body, reason, registry, retraction, scripts, written};
use super::{cases, number, recorded};
use ceasefire_ledger::projection::Fold;

/// Every row of every table but those that list the records themselves.
fn rows(records: &[Recorded]) -> Vec<(String, String, String)> {
    let mut fold = Fold::in_memory();
    records.iter().for_each(|record| fold.apply(record).unwrap());
    let mut rows = Vec::new();
    for table in TABLE_NAMES.iter().filter(|table| !matches!(**table, "record" | "submission" | "series")) {
        let mut see = |key: &str, row: &[u8]| {
            rows.push(((*table).to_owned(), key.to_owned(), String::from_utf8(row.to_vec()).unwrap()));
        };
        fold.tables.walk_table(table, &mut see).unwrap();
    }
    rows
}

fn roots(bodies: &[Given]) -> Vec<IncidentId> {
    let shelf = shelved(bodies);
    let head = shelf.at(ceasefire_ledger::ledger::Until::Head);
    let tables: &Tables = head.view().tables();
    let roots: BTreeSet<IncidentId> =
        incidents_of(&head.view()).iter().map(|incident| tables.root_incident(incident).unwrap()).collect();
    roots.into_iter().collect()
}

fn merge_and_split(from: &IncidentId, into: &IncidentId) -> [Given; 2] {
    let merged = IncidentMerged { incident: from.clone(), into: into.clone(), reason: reason() };
    let split = IncidentSplit { incident: into.clone(), out: from.clone(), records: Vec::new(), reason: reason() };
    [body("merge-back", merged.into()), body("split-again", split.into())]
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn i6_a_merge_and_its_split_leave_every_row_as_it_was(
        script in scripts(6..40),
        one in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
    ) {
        let mut bodies = written(&script);
        let roots = roots(&bodies);
        prop_assume!(roots.len() > 1);
        let (from, into) = (one.get(&roots), other.get(&roots));
        prop_assume!(from != into);
        let before = rows(&recorded(&bodies));
        let [merge, split] = merge_and_split(from, into);
        bodies.push(merge);
        let merged = rows(&recorded(&bodies));
        prop_assert_ne!(&merged, &before);
        bodies.push(split);
        prop_assert_eq!(rows(&recorded(&bodies)), before);
        let shelf = shelved(&bodies);
        let unmerged = bodies.len() as u64 - 1;
        assert_same(
            &without_positions(&shelf.answers()),
            &without_positions(&shelf.answers_at(unmerged)),
            "split again",
        );
    }

    #[test]
    fn i6_there_are_never_more_incidents_than_reports(script in scripts(1..60)) {
        let shelf = shelved(&written(&script));
        for tally in super::tallies(&shelf.at(ceasefire_ledger::ledger::Until::Head).view()) {
            let (incidents, reports) = (number(&tally, "incidents").value, number(&tally, "claims/reports").value);
            prop_assert!(incidents.max.unwrap() <= reports.min, "{incidents} of {reports}");
        }
    }

    #[test]
    fn i9_what_is_retracted_counts_for_nothing_after_and_as_before_earlier(
        script in scripts(6..50),
        which in any::<prop::sample::Index>(),
    ) {
        let bodies = written(&script);
        let free = unreferenced_claims(&bodies);
        prop_assume!(!free.is_empty());
        let at = *which.get(&free);
        let mut retracted = bodies.clone();
        retracted.push(body("take-back", retraction(bodies[at].0.key.as_str())));
        let mut never = bodies.clone();
        never.remove(at);
        let (after, without) = (shelved(&retracted), shelved(&never));
        assert_same(&counts(&after), &counts(&without), "after the retraction");
        // Before it, the ledger answers as if nothing would ever be retracted.
        assert_same(&after.answers_at(bodies.len() as u64 + 1), &shelved(&bodies).answers(), "before the retraction");
    }
}

/// Everything counted, and every state; positions left out, since one ledger has a record less.
fn counts(shelf: &super::ledger_support::Shelf) -> serde_json::Value {
    let head = shelf.at(ceasefire_ledger::ledger::Until::Head);
    let questions = super::Questions::standard();
    let counted = serde_json::json!({
        "tallies": tallies(&head.view(), &questions.windows),
        "states": states(&head.view(), &questions.instants),
    });
    without_positions(&counted)
}

/// The claims that no later record refers to: a ledger without them is one that could have been written.
fn unreferenced_claims(bodies: &[Given]) -> Vec<usize> {
    let mut pointed: BTreeSet<String> = BTreeSet::new();
    for (body, _) in bodies {
        body.refer(&ceasefire_ledger::vocab::Pointer::root(), &mut |_, reference| {
            if let Reference::Record(RecordRef { key: Some(key), .. }) = reference {
                pointed.insert(key.to_string());
            }
        });
    }
    let claims = bodies.iter().enumerate().skip(registry().len());
    claims
        .filter(|(_, (body, _))| body.event.is_retractable() && !pointed.contains(body.key.as_str()))
        .filter(|(index, _)| !brings_in_what_others_name(bodies, *index))
        .map(|(index, _)| index)
        .collect()
}

/// Whether a record is the first report of an incident that a later record names: without it, that one would be refused.
fn brings_in_what_others_name(bodies: &[Given], index: usize) -> bool {
    let Event::ViolationReported(report) = &bodies[index].0.event else { return false };
    let quoted = format!("\"{}\"", report.incident);
    let names = |given: &Given| given.1.contains(&quoted);
    !bodies[..index].iter().any(names) && bodies[index + 1..].iter().any(names)
}

#[test]
fn i9_an_incident_whose_only_report_is_retracted_is_no_incident_and_was_one() {
    let mut script = vec![[0; 14]; 1];
    script[0][0] = 4;
    let mut bodies = written(&script);
    let report = bodies.last().unwrap().0.clone();
    let Event::ViolationReported(reported) = &report.event else { panic!("the move is a report") };
    let condemned = super::support_random::condemnation(About::Incident(reported.incident.clone()));
    bodies.push(body("condemned", condemned));
    bodies.push(body("take-back", retraction(report.key.as_str())));
    let shelf = shelved(&bodies);
    let last = bodies.len() as u64 + 1;
    let incidents = |seq| {
        let then = shelf.at_seq(seq);
        super::tallies(&then.view()).iter().map(|tally| number(tally, "incidents").value.max).max().unwrap()
    };
    assert_eq!((incidents(last - 1), incidents(last)), (Some(1), Some(0)));
}
