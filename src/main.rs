//! The `ceasefire` command: parses, runs, and turns the outcome into an exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ceasefire_ledger::cli::run(std::env::args_os()).into()
}
