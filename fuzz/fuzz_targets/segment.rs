#![no_main]
//! Runs the target `segment` of `targets.rs`.

#[allow(dead_code, reason = "the other targets")]
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::segment(bytes));
