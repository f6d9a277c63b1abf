//! What was let in is what verification believes: random keys, rotations, revocations and reports, held against a plain model.

use std::collections::BTreeMap;

use ceasefire_ledger::ledger::{AppendError, Archive, Folder, SubmittedBody, Verdict, VerifyQuestion};
use ceasefire_ledger::record::Body;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::desk::{Desk, body, key_added, key_revoked, key_rotated, report, signer};

const OWNERS: &[&str] = &["AZE", "ARM", "OSCE"];

/// A key as a plain reader of the manual would keep it: its owner, its seed, whether it is in force.
#[derive(Clone)]
struct Plain {
    owner: &'static str,
    seed: u8,
    good: bool,
}

/// What somebody tries: which act, with which key, in whose name, about which key.
type Move = (u8, u8, u8, u8);

#[derive(Default)]
struct Model {
    keys: BTreeMap<String, Plain>,
}

impl Model {
    fn nth(&self, number: u8) -> Option<(String, Plain)> {
        let at = usize::from(number) % self.keys.len().max(1);
        self.keys.iter().nth(at).map(|(id, key)| (id.clone(), key.clone()))
    }

    /// Whether a submission signed with a seed in a name gets in, as the manual has it; the event is otherwise sound.
    fn admits(&self, seed: u8, by: &str, ends: Option<&str>) -> bool {
        let signer = self.keys.iter().find(|(_, key)| key.seed == seed && key.owner == by && key.good);
        match (signer, ends) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some((id, _)), Some(ended)) => id == ended,
        }
    }
}

fn config() -> ProptestConfig {
    let defaults = ProptestConfig::default();
    let rng_seed = if std::env::var_os("PROPTEST_RNG_SEED").is_some() { defaults.rng_seed } else { RngSeed::Fixed(17) };
    ProptestConfig { cases: 24, failure_persistence: None, rng_seed, ..defaults }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn admission_agrees_with_a_plain_model_and_verification_with_admission(
        moves in proptest::collection::vec(any::<Move>(), 1..24),
        together in any::<bool>(),
    ) {
        let desk = Desk::bare();
        desk.appended("recorder", "rec", &key_added("rec-1", "recorder", r#""recorder""#, 1), None);
        let mut model = Model::default();
        let mut ledger = desk.ledger();
        let mut held: Vec<SubmittedBody> = Vec::new();
        for (number, (act, with, name, about)) in moves.into_iter().enumerate() {
            let fresh = 10 + u8::try_from(number).unwrap();
            let by = OWNERS[usize::from(name) % OWNERS.len()];
            let with = model.nth(with);
            let target = model.nth(about);
            let id = format!("k-{number}");
            let seed = with.as_ref().map_or(9, |(_, key)| key.seed);
            let (by, seed, event, admitted) = match (act % 4, target) {
                (0, _) | (_, None) => ("recorder", 1, key_added(&id, by, r#""monitor""#, fresh), true),
                (1, Some((ended, plain))) => {
                    let by = if about % 3 == 0 { plain.owner } else { by };
                    let seed = if about % 2 == 0 { plain.seed } else { seed };
                    (by, seed, key_rotated(&ended, &id, fresh), model.admits(seed, by, Some(&ended)))
                }
                (2, Some((ended, plain))) => {
                    let by = if about % 3 == 0 { plain.owner } else { by };
                    let seed = if about % 2 == 0 { plain.seed } else { seed };
                    (by, seed, key_revoked(&ended, None), model.admits(seed, by, Some(&ended)))
                }
                (_, Some(_)) => {
                    let by = with.as_ref().filter(|_| name % 3 != 0).map_or(by, |(_, key)| key.owner);
                    (by, seed, report(&format!("I-{number}"), by), model.admits(seed, by, None))
                }
            };
            let text = body(by, &format!("n-{number}"), &event);
            let signature = Some(signer(seed).sign(text.as_bytes()));
            let given = SubmittedBody { body: Body::read(&text).unwrap(), text, signature };
            let batch = [held.as_slice(), std::slice::from_ref(&given)].concat();
            let found = ledger.would_append_submitted(&batch);
            match &found {
                Ok(_) => prop_assert!(admitted, "let in: {}", given.text),
                Err(AppendError::Denied { index, .. }) => {
                    prop_assert!(!admitted, "denied: {}", given.text);
                    prop_assert_eq!(*index, held.len());
                }
                Err(error) => prop_assert!(false, "{error}: {}", given.text),
            }
            if !admitted {
                continue;
            }
            match &given.body.event {
                ceasefire_ledger::Event::KeyAdded(event) => {
                    let owner = OWNERS.iter().find(|owner| **owner == event.actor.as_str()).unwrap();
                    model.keys.insert(id, Plain { owner, seed: fresh, good: true });
                }
                ceasefire_ledger::Event::KeyRotated(event) => {
                    let old = model.keys.get_mut(event.key.as_str()).unwrap();
                    old.good = false;
                    let owner = old.owner;
                    model.keys.insert(id, Plain { owner, seed: fresh, good: true });
                }
                ceasefire_ledger::Event::KeyRevoked(event) => {
                    model.keys.get_mut(event.key.as_str()).unwrap().good = false;
                }
                _ => {}
            }
            held.push(given);
            // In one batch, or each in its own: the keys are judged record by record either way.
            if !together {
                ledger.append_submitted(&held, None).unwrap();
                held.clear();
            }
        }
        if !held.is_empty() {
            ledger.append_submitted(&held, None).unwrap();
        }
        drop(ledger);
        let report = Archive::open(Folder::at(desk.path())).unwrap().verify(VerifyQuestion::default()).unwrap();
        prop_assert_eq!(report.verdict(), Verdict::Ok, "{:?}", report.checks);
    }
}
