//! I2, I3, I5: what was known then stays what was known then, and nothing is known twice.

use ceasefire_ledger::ledger::WouldAppend;
use proptest::prelude::*;

use super::cases;
use super::ledger_support::{assert_same, ledger_in, shelved};
use super::support_random::{registry, scripts, written};

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn i2_i3_an_answer_as_of_a_record_is_the_same_whatever_came_after(
        script in scripts(4..40),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        let bodies = written(&script);
        let whole = shelved(&bodies);
        for cut in cuts {
            let kept = registry().len() + cut.index(bodies.len() - registry().len() + 1);
            let prefix = shelved(&bodies[..kept]);
            let seq = kept as u64 + 1;
            assert_same(&whole.answers_at(seq), &prefix.answers(), &format!("as of record {seq}"));
            let (then, alone) = (whole.at_seq(seq), prefix.at_seq(seq));
            prop_assert_eq!(then.view().digests().unwrap(), alone.view().digests().unwrap());
        }
    }
}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn i5_importing_a_batch_twice_adds_nothing(script in scripts(4..40), cut in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let bodies = written(&script);
        let (first, rest) = bodies.split_at(registry().len() + cut.index(bodies.len() - registry().len() + 1));
        let mut ledger = ledger_in(&folder.path().join("ledger"), first);
        let receipts = ledger.append_bodies(&bodies, None).unwrap();
        prop_assert!(receipts.iter().take(first.len()).all(|receipt| receipt.replayed));
        prop_assert!(receipts.iter().skip(first.len()).all(|receipt| !receipt.replayed));
        let (head, digests) = (ledger.head(), ledger.view().digests().unwrap());
        // Again as a whole, again in part, and twice within one batch.
        let twice = [bodies.clone(), bodies.clone()].concat();
        for again in [bodies.as_slice(), rest, twice.as_slice()] {
            let expected: Vec<WouldAppend> = vec![WouldAppend::Replayed; again.len()];
            prop_assert_eq!(ledger.would_append(again).unwrap(), expected);
            let repeated = ledger.append_bodies(again, None).unwrap();
            prop_assert!(repeated.iter().all(|receipt| receipt.replayed));
            prop_assert_eq!(ledger.head(), head);
            prop_assert_eq!(&ledger.view().digests().unwrap(), &digests);
        }
        let again = ledger.append_bodies(&bodies, None).unwrap();
        prop_assert!(again.iter().zip(&receipts).all(|(a, b)| (a.seq, a.hash, a.at) == (b.seq, b.hash, b.at)));
    }
}

#[test]
fn i5_a_new_batch_that_holds_everything_twice_is_recorded_once() {
    let (once, twice) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bodies = registry();
    let expected = ledger_in(&once.path().join("ledger"), &bodies);
    let doubled = ledger_in(&twice.path().join("ledger"), &[bodies.clone(), bodies].concat());
    assert_eq!(doubled.head(), expected.head());
}
