//! Attacks on a ledger, one file a theme: what an attacker does to the files, which exit code the real program ends
//! with, and which record it names.
//!
//! To add an attack, take a [`Scene`](scene::Scene): a copy of a small signed ledger with a memory of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod backdated_time;
mod deleted_and_reordered;
mod edited_value;
mod false_attestation;
mod forged_from_the_start;
mod forked_checkpoint;
mod restored_backup;
mod scene;
mod stranger_record;
mod truncated_log;
