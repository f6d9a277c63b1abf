//! `witness`: cosigning a ledger's checkpoints, on both sides and on both kinds of machine.

mod adopt;
mod answer;
mod ask;
mod evidence;
mod list;
mod new;
mod party;
mod policy;
mod post;
mod qr;
mod request;
mod seat;
mod serve;
mod take;

pub use adopt::AdoptAnswer;
pub use answer::AnswerAnswer;
pub use ask::AskAnswer;
pub use evidence::EvidenceAnswer;
pub use list::ListAnswer;
pub use new::NewAnswer;
pub use policy::PolicyAnswer;
pub use request::RequestAnswer;
pub use seat::read_policy;
pub use serve::ServeEvent;
pub use take::TakeAnswer;

use clap::{Args, Subcommand};

use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::proof::VerifierKey;
use crate::vocab::Code;

/// What `witness` takes.
#[derive(Debug, Args)]
pub struct WitnessArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: WitnessVerb,
}

/// What a witness, or a ledger that asks one, can do.
#[derive(Debug, Subcommand)]
pub enum WitnessVerb {
    /// Make a witness's key and print its public half
    New(new::NewArgs),
    /// Be a witness: answer over HTTP
    Serve(serve::ServeArgs),
    /// Be a witness without a network: answer a request in a file
    Answer(answer::AnswerArgs),
    /// Show what is held against a log that signed two histories
    Evidence(evidence::EvidenceArgs),
    /// Give a witness back a checkpoint that it cosigned and forgot
    Adopt(adopt::AdoptArgs),
    /// Show or set which witnesses must cosign this ledger
    Policy(policy::PolicyArgs),
    /// Ask witnesses over HTTP to cosign the latest checkpoint
    Ask(ask::AskArgs),
    /// Write the request for a witness that is asked by courier
    Request(request::RequestArgs),
    /// Take in what came back from a witness by courier
    Take(take::TakeArgs),
    /// Show who cosigned what and when, and what the policy lacks
    List(list::ListArgs),
}

/// Runs a verb of `witness`.
pub fn run(args: &WitnessArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    match &args.verb {
        WitnessVerb::New(args) => new::run(args, session),
        WitnessVerb::Serve(args) => serve::run(args, session),
        WitnessVerb::Answer(args) => answer::run(args, session),
        WitnessVerb::Evidence(args) => evidence::run(args, session),
        WitnessVerb::Adopt(args) => adopt::run(args, session),
        WitnessVerb::Policy(args) => policy::run(args, session),
        WitnessVerb::Ask(args) => ask::run(args, session),
        WitnessVerb::Request(args) => request::run(args, session),
        WitnessVerb::Take(args) => take::run(args, session),
        WitnessVerb::List(args) => list::run(args, session),
    }
}

/// Reads the ledger's own public key from record 1.
fn log_key(session: &Session) -> Result<VerifierKey, Complaint> {
    let archive = session.archive()?;
    let key = archive.log_key().map_err(|error| refusal::open(&error))?;
    key.ok_or_else(|| Complaint::new(Outcome::Undecided, Code::NoPolicy, "the ledger has no key of its own"))
}
