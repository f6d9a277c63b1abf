//! The real program on a real machine: its calls recorded, failed and killed, its disk full, its power cut, many of it at
//! once. Every test says on stderr how many cases it tried (page `reliability` of the manual).
//!
//! Some tests need `strace`, or root for a small file system of their own. Where that is not to be had they say that
//! nothing was checked; what `FAULTS_REQUIRE` names (`strace`, `tmpfs`, `loop`) must be there.
//!
//! The long tier is ignored: `cargo test --release --test machine -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a case that cannot be made is a failed test"
)]
#![allow(clippy::needless_for_each, reason = "parallel loops read better as chains")]

mod child;
mod corpus;
#[path = "../fault_support/mod.rs"]
mod fault_support;
mod full_disk;
mod injected;
#[path = "../ledger_support/mod.rs"]
mod ledger_support;
mod power;
mod program;
mod recorded;
mod writers;

use fault_support::tried;
