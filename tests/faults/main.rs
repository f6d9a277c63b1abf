//! What goes wrong: power cuts, disks that fail, changed bytes, clocks that jump, rows that are lost. Every test says on
//! stderr how many cases it tried (page `reliability` of the manual). The real program on a real machine is under
//! `tests/machine/`.
//!
//! The long tier is ignored: `cargo test --release --test faults -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a case that cannot be made is a failed test"
)]
#![allow(clippy::needless_for_each, reason = "the shared scripts of random moves read better as chains")]

mod clocks;
mod crashes;
mod every_bit;
mod failing;
#[path = "../fault_support/mod.rs"]
mod fault_support;
mod images;
#[path = "../ledger_support/mod.rs"]
mod ledger_support;
#[path = "../log_support/mod.rs"]
mod log_support;
mod model;
mod rows;
#[path = "../support_random/mod.rs"]
mod support_random;
mod tampering;

use fault_support::tried;
