//! Imports as their users meet them: every format on real or made-up files, what is refused and where it is said, what
//! is written where the program stops midway, and what becomes of a source that publishes again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod acled;
mod bad_files;
mod bad_formats;
mod bulletin;
mod desk;
mod engine;
mod kobo;
mod mapping;
mod page;
mod revisions;
mod series;
mod sheets;
mod ucdp;
