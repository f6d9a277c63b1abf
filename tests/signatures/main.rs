//! Signatures of submitters: attacks on them, each with its exit code; what the policy lets in; signing on one machine and
//! submitting on another; and that what was let in is what verification believes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

#[path = "../ledger_support/mod.rs"]
mod ledger_support;

mod attacks;
mod bytes;
mod desk;
mod elsewhere;
mod judged;
mod policy;
mod told;
