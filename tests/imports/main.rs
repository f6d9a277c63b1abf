//! Imports as their users meet them: every format on real or made-up files, what is refused and where it is said, what
//! is written where the program stops midway, and what becomes of a source that publishes again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod bad_files;
mod desk;
mod engine;
mod mapping;
mod page;
mod series;
mod sheets;
mod ucdp;
