//! `ceasefire-verify`: checks a ledger's folder, an evidence bundle, a proof file or a receipt, for somebody who trusts
//! nobody.
//!
//! It writes nothing, asks no network, and needs only what makes the bytes: the rooms `record`, `log` and `proof` and
//! three values of `vocab`. Built with `--no-default-features` nothing else of the crate is compiled into it. A test
//! counts the lines and the README states them: a distrusting party reads these, or writes another checker from the
//! manual's pages `record_format` and `evidence`.
//!
//! Not checked here: whether the records' references, counts and projections are right, and who signed the bodies. The
//! full program does that (`ceasefire verify --full`).

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's answer goes to its terminal")]

mod answer;
mod arguments;
mod files;
mod folder;

use std::process::ExitCode;

use answer::{Answer, Outcome};
use arguments::{Arguments, Asked, USAGE};
use ceasefire_ledger::proof::ProofTrust;

fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args_os().skip(1)) {
        Ok(Asked::Check(arguments)) => arguments,
        Ok(Asked::Help) => {
            println!("{USAGE}");
            return Outcome::Ok.into();
        }
        Err(what) => {
            eprintln!("error: {what}\n\n{USAGE}");
            return Outcome::Usage.into();
        }
    };
    match check(&arguments) {
        Ok(answer) => {
            print!("{}", if arguments.json { answer.to_json() } else { answer.to_text() });
            answer.outcome().into()
        }
        Err(failed) => {
            eprintln!("error: {failed}");
            Outcome::Io.into()
        }
    }
}

/// Checks what was named. An error means that it could not be read at all.
fn check(arguments: &Arguments) -> Result<Answer, String> {
    let trust = ProofTrust::in_signatures(arguments.policy()?, arguments.log_key()?);
    if arguments.path.is_dir() {
        folder::check(&arguments.path, arguments.checkpoint.as_deref(), &trust)
    } else {
        files::check(&arguments.path, arguments.line.as_deref(), &trust)
    }
}
