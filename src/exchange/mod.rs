//! Import and export: one file for each format.

pub mod jsonl;
pub mod synthetic;
