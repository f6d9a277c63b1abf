//! Sealed fields: personal data that is never in the log, and what withholding, disclosing and erasing leave of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod appending;
mod attacks;
mod command;
mod desk;
mod erasing;
mod killed;
mod subsets;
mod vault;
