//! The invariants of the domain (DOMAIN.md §7), over random ledgers that are valid. Each test names its invariant.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a ledger that cannot be made is a failed test"
)]
#![allow(
    clippy::needless_for_each,
    clippy::cast_possible_truncation,
    reason = "a script of random moves is short, and reads better as a chain"
)]

mod acts;
mod folds;
mod knowledge;
#[path = "../ledger_support/mod.rs"]
mod ledger_support;
mod mending;
mod numbers;
mod orders;
#[path = "../support_random/mod.rs"]
mod support_random;
mod words;

use ceasefire_ledger::ledger::{TallyAnswer, TallyQuestion, View};
use ceasefire_ledger::projection::Recorded;
use ceasefire_ledger::record::RecordHash;
use ceasefire_ledger::rules::counting::{COUNT_1, Lineage, Number};
use ceasefire_ledger::vocab::{CeasefireId, Digest32, Seq};
use ledger_support::{Given, Questions, ceasefires_of, given};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// So many random ledgers. A failing script is shrunk, and printed; nothing is kept in files.
///
/// The same cases on every machine, so that a red run can be repeated; `PROPTEST_RNG_SEED=n cargo test` looks elsewhere.
fn cases(cases: u32) -> ProptestConfig {
    let defaults = ProptestConfig::default();
    let rng_seed = if defaults.rng_seed == RngSeed::Random { RngSeed::Fixed(2020) } else { defaults.rng_seed };
    ProptestConfig { cases, max_shrink_iters: 2_000, failure_persistence: None, rng_seed, ..defaults }
}

/// Puts bodies behind record 1 of a ledger, as projections see them.
fn recorded(bodies: &[Given]) -> Vec<Recorded> {
    let genesis = given(&ledger_support::genesis_text());
    let at = ledger_support::instant("2020-10-18T06:00:00Z");
    let records = std::iter::once(&genesis).chain(bodies).zip(1..);
    records
        .map(|((body, text), seq)| Recorded {
            seq: Seq::new(seq),
            at,
            by: body.by.clone(),
            key: body.key.clone(),
            body: Digest32::new(*RecordHash::of_line(text.as_bytes()).as_bytes()),
            sealed: body.sealed.clone().unwrap_or_default(),
            event: body.event.clone(),
        })
        .collect()
}

/// Every tally of a view: of each ceasefire and of everything, in each of the standard windows.
fn tallies(view: &View<'_>) -> Vec<TallyAnswer> {
    let mut ceasefires: Vec<Option<CeasefireId>> = ceasefires_of(view).into_iter().map(Some).collect();
    ceasefires.push(None);
    let windows = Questions::standard().windows;
    let questions = ceasefires.iter().flat_map(|ceasefire| windows.iter().map(move |window| (ceasefire, *window)));
    questions
        .map(|(ceasefire, window)| {
            let ceasefire = ceasefire.as_ref();
            let question = TallyQuestion { ceasefire, rules: COUNT_1, window, lineage: Lineage::Keep };
            view.tally(&question).unwrap().unwrap()
        })
        .collect()
}

/// The tally of everything, without a window.
fn tally_of_all(view: &View<'_>) -> TallyAnswer {
    let question = TallyQuestion { ceasefire: None, rules: COUNT_1, window: None, lineage: Lineage::Keep };
    view.tally(&question).unwrap().unwrap()
}

fn number<'a>(tally: &'a TallyAnswer, id: &str) -> &'a Number {
    tally.numbers.iter().find(|number| number.id == id).unwrap_or_else(|| panic!("no number {id}"))
}
