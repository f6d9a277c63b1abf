//! Answers as people get them: reports, and whatever else is printed about real questions.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod axes;
mod desk;
mod exports;
mod questions;
mod reports;
