//! The `ceasefire` command: one file for each verb, under `verbs/`.
//!
//! Data goes to stdout, everything else to stderr. A verb ends in an [`Outcome`], which is the exit code, or in a
//! complaint, which says what is wrong, where, what to do, and the stable code.

#![allow(
    unreachable_pub,
    reason = "the command is a program and offers no interface; its rooms share among themselves"
)]

mod append;
mod args;
mod called;
mod complaint;
mod console;
mod key_file;
mod new_file;
mod notes;
mod outcome;
mod refusal;
mod seen;
mod session;
mod verbs;
mod whole_file;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use args::{CommandLine, Verb};
use complaint::Complaint;
pub use outcome::Outcome;
use session::Session;

/// Parses a command line, runs it, and gives how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    keep_panics_of_sled_quiet();
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(error) => {
            let asked = matches!(
                error.kind(),
                ErrorKind::DisplayHelp
                    | ErrorKind::DisplayVersion
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            );
            let _ = error.print();
            return if asked && error.exit_code() == 0 { Outcome::Ok } else { Outcome::Usage };
        }
    };
    let CommandLine { global, verb } = command_line;
    let mut session = Session::new(global);
    let ended = run_verb(verb, &mut session).and_then(|outcome| session.console.finish().map(|()| outcome));
    ended.unwrap_or_else(|complaint: Complaint| {
        if complaint.outcome != Outcome::Ok {
            session.console.complain(&complaint);
        }
        complaint.outcome
    })
}

/// The store of rows catches what panics in sled, makes the rows anew and says so; the panic itself helps nobody.
fn keep_panics_of_sled_quiet() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|at| at.file().contains("sled-")) {
            told(panic);
        }
    }));
}

fn run_verb(verb: Verb, session: &mut Session) -> Result<Outcome, Complaint> {
    if session.global.published_by.is_some() && !verb.answers_as_published() {
        let what = "this verb knows no publication axis";
        return Err(Complaint::new(Outcome::Usage, crate::vocab::Code::NoPublicationAxis, what));
    }
    match verb {
        Verb::Init(args) => verbs::init::run(&args, session),
        Verb::Demo(args) => verbs::demo::run(&args, session),
        Verb::Append(args) => verbs::append::run(&args, session),
        Verb::Submit(args) => verbs::submit::run(&args, session),
        Verb::Key(args) => verbs::key::run(*args.0, session),
        Verb::Import(args) => verbs::import::run(&args, session),
        Verb::Map(args) => verbs::map::run(&args, session),
        Verb::Verify(args) => verbs::verify::run(&args, session),
        Verb::Segments(args) => verbs::segments::run(&args, session),
        Verb::Checkpoint(args) => verbs::checkpoint::run(&args, session),
        Verb::Prove(args) => verbs::prove::run(&args, session),
        Verb::Receipt(args) => verbs::receipt::run(&args, session),
        Verb::Replay(args) => verbs::replay::run(&args, session),
        Verb::State(args) => verbs::state::run(&args, session),
        Verb::Tally(args) => verbs::tally::run(&args, session),
        Verb::Report(args) => verbs::report::run(&args, session),
        Verb::Explain(args) => verbs::explain::run(&args, session),
        Verb::Incident(args) => verbs::incident::run(&args, session),
        Verb::Pending(args) => verbs::questions::pending::run(&args, session),
        Verb::Coverage(args) => verbs::questions::coverage::run(&args, session),
        Verb::Alike(args) => verbs::questions::alike::run(&args, session),
        Verb::Lists(args) => verbs::questions::lists::run(&args, session),
        Verb::Charges(args) => verbs::questions::charges::run(&args, session),
        Verb::Unanswered(args) => verbs::questions::unanswered::run(&args, session),
        Verb::Absent(args) => verbs::questions::absent::run(&args, session),
        Verb::Findings(args) => verbs::questions::findings::run(&args, session),
        Verb::Counters(args) => verbs::questions::counters::run(&args, session),
        Verb::Stated(args) => verbs::questions::stated::run(&args, session),
        Verb::Show(args) => verbs::show::run(&args, session),
        Verb::Evidence(args) => verbs::evidence::run(&args, session),
        Verb::Seal(args) => verbs::seal::run(&args, session),
        Verb::Unseal(args) => verbs::unseal::run(&args, session),
        Verb::Erase(args) => verbs::erase::run(&args, session),
        Verb::Export(args) => verbs::export::run(&args, session),
        Verb::CheckProof(args) => verbs::check_proof::run(&args, session),
        Verb::Log(args) => verbs::log::run(&args, session),
        Verb::Search(args) => verbs::search::run(&args, session),
        Verb::Diff(args) => verbs::diff::run(&args, session),
        Verb::Rebuild(args) => verbs::rebuild::run(&args, session),
        Verb::Recover(args) => verbs::recover::run(&args, session),
        Verb::Doctor(args) => verbs::doctor::run(&args, session),
        Verb::Witness(args) => verbs::witness::run(&args, session),
        Verb::Schema(args) => verbs::schema::run(&args, session),
        Verb::ExplainCode(args) => verbs::explain_code::run(&args, session),
        Verb::Completions(args) => verbs::completions::run(&args, session),
        Verb::Man(args) => verbs::man::run(&args, session),
        Verb::Generate(args) => verbs::generate::run(&args, session),
    }
}

/// Gives the command line's description, for completions and manual pages.
fn description() -> clap::Command {
    CommandLine::command()
}
