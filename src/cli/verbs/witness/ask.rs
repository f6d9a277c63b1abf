//! `witness ask`: the witnesses that answer over HTTP, asked for their cosignature.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::list::{Judged, Lacking};
use super::party::{Party, parties, policy_of, witnessing};
use super::post::{Address, post};
use super::seat::{causes, file, with_cause};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::verbs::record_text::refuse_csv;
use crate::ledger::{Archive, AskWitnessError};
use crate::vocab::Code;
use crate::witness::{AskError, Asked};

/// What `witness ask` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire witness ask                     every witness of the policy that has an address\n  \
    ceasefire witness ask party-a mission     these two\n  \
    ceasefire witness ask https://w.example --witness w.example+0ad7d35e+BIqI…   one outside the policy\n\n\
    A cosignature is checked before it is kept. Exit code 5 says that a witness gave none; 1 that one answered with a signature that is not its own."
)]
pub struct AskArgs {
    /// Witnesses, by the policy's name or by address [default: all of the policy that have an address]
    #[arg(value_name = "NAME|URL")]
    pub who: Vec<String>,
    /// The public key of a witness that the policy does not name; with one URL
    #[arg(long, value_name = "VKEY")]
    pub witness: Option<String>,
    /// How long to wait for one witness, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// Ask those too who cosigned this checkpoint already
    #[arg(long)]
    pub again: bool,
}

/// What `witness ask` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AskAnswer {
    /// How many records the checkpoint covers.
    pub size: u64,
    /// What each witness said.
    pub asked: Vec<AskedOne>,
    /// Whether the policy is met now; absent without a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// What the policy lacks.
    pub lacking: Vec<Lacking>,
}

/// What one witness said.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AskedOne {
    /// The witness, as the policy or its key names it.
    pub witness: String,
    /// Where it was asked.
    pub url: String,
    /// How it ended.
    pub answer: AnswerKind,
    /// When it cosigned, by its own clock, in seconds since 1970-01-01T00:00:00Z.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosigned_at: Option<u64>,
    /// The size that it knows, where it said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knows: Option<u64>,
    /// In words.
    pub words: String,
}

/// How asking a witness ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// It cosigned.
    Cosigned,
    /// It had cosigned this checkpoint before, and was not asked.
    Already,
    /// It would be asked; a dry run asks nobody.
    WouldAsk,
    /// It refused.
    Refused,
    /// It knows more records than this ledger has.
    Ahead,
    /// It does not remember what it cosigned.
    Forgot,
    /// No answer came, or none that can be used.
    Silent,
    /// It answered with a signature that is not its cosignature.
    Forged,
}

impl AnswerKind {
    const fn outcome(self) -> Outcome {
        match self {
            Self::Cosigned | Self::Already | Self::WouldAsk => Outcome::Ok,
            Self::Forged => Outcome::Violated,
            _ => Outcome::Undecided,
        }
    }

    const fn code(self) -> Option<Code> {
        match self {
            Self::Cosigned | Self::Already | Self::WouldAsk => None,
            Self::Refused => Some(Code::WitnessRefused),
            Self::Ahead => Some(Code::WitnessAhead),
            Self::Forgot => Some(Code::MemorySetBack),
            Self::Silent => Some(Code::WitnessSilent),
            Self::Forged => Some(Code::NotCosigned),
        }
    }
}

/// Asks.
pub fn run(args: &AskArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("witness ask", &session.console)?;
    let archive = session.archive()?;
    let policy = policy_of(&archive)?;
    let chosen = chosen(args, &parties(policy.as_ref()))?;
    let signed = archive.checkpoint().map_err(|error| refusal::prove(&error))?;
    let size = signed.checkpoint.size();
    let mut asked = Vec::new();
    let bar = session.console.progress("asking witnesses", chosen.len() as u64);
    for (party, address) in &chosen {
        asked.push(ask_one(&archive, party, address, size, args, session.global.dry_run)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let standing = policy.as_ref().map(|policy| super::list::standing(&archive, policy)).transpose()?;
    let met = standing.as_ref().map(Judged::is_met);
    let lacking = standing.map(|judged| judged.lacking()).unwrap_or_default();
    let answer = AskAnswer { size, asked, met, lacking };
    let outcomes = answer.asked.iter().map(|one| one.answer.outcome());
    let outcome = [Outcome::Violated, Outcome::Undecided].into_iter().find(|bad| outcomes.clone().any(|it| it == *bad));
    let outcome = outcome.unwrap_or(Outcome::Ok);
    if session.console.is_human() {
        print(&answer, &mut session.console)?;
    } else {
        session.console.answer("witness-ask", outcome, &answer)?;
    }
    Ok(outcome)
}

/// Whom to ask, and where.
fn chosen(args: &AskArgs, known: &[Party]) -> Result<Vec<(Party, Address)>, Complaint> {
    let mut chosen = Vec::new();
    if args.who.is_empty() {
        for party in known {
            if let Some(url) = &party.url {
                chosen.push((party.clone(), address(url)?));
            }
        }
        if chosen.is_empty() {
            let what = "there is no witness to ask: the policy names none with an address";
            return Err(Complaint::new(Outcome::Undecided, Code::NoPolicy, what)
                .hint("set a policy (ceasefire witness policy FILE), give a URL and --witness, or carry the request: ceasefire witness request"));
        }
    }
    for who in &args.who {
        let same =
            |party: &&Party| party.name == *who || party.url.as_deref().is_some_and(|url| same_address(url, who));
        let party = match (known.iter().find(same), &args.witness) {
            (Some(party), _) => party.clone(),
            (None, Some(vkey)) if args.who.len() == 1 => Party::of_key(super::seat::witness_key(vkey)?),
            (None, _) => {
                let what = format!("the policy names no witness {}", isolated(who));
                return Err(Complaint::new(Outcome::Rejected, Code::UnknownWitness, what)
                    .hint("`ceasefire witness list` names them; for another give one URL and its key with --witness"));
            }
        };
        let url = party.url.clone().filter(|_| party.name == *who).unwrap_or_else(|| who.clone());
        chosen.push((party, address(&url)?));
    }
    Ok(chosen)
}

fn same_address(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

fn address(text: &str) -> Result<Address, Complaint> {
    Address::parse(text).ok_or_else(|| {
        let what = format!("{} is no http or https address", isolated(text));
        Complaint::new(Outcome::Rejected, Code::UnknownWitness, what)
            .at(file("NAME|URL"))
            .hint("a witness of the policy that has no address is asked by courier: ceasefire witness request NAME")
    })
}

fn ask_one(
    archive: &Archive,
    party: &Party,
    address: &Address,
    size: u64,
    args: &AskArgs,
    dry_run: bool,
) -> Result<AskedOne, Complaint> {
    let said = |answer, words: String| AskedOne {
        witness: party.name.clone(),
        url: address.as_str().to_owned(),
        answer,
        cosigned_at: None,
        knows: None,
        words,
    };
    let last = archive.cosigned().map_err(|error| refusal::prove(&error))?.last_of(&party.key);
    let last = last.map_err(|error| witnessing(&error))?.filter(|last| last.signed.checkpoint.size() == size);
    if let Some(last) = last.filter(|_| !args.again) {
        let words = format!("{size} records, before");
        return Ok(AskedOne { cosigned_at: Some(last.at.as_seconds()), ..said(AnswerKind::Already, words) });
    }
    if dry_run {
        return Ok(said(AnswerKind::WouldAsk, format!("for {size} records")));
    }
    let mut carry = |body: &str| post(address, body, Duration::from_secs(args.timeout));
    let asked = match archive.ask_witness(&party.key, &mut carry) {
        Ok(asked) => asked,
        Err(AskWitnessError::Witnessing(error)) => return Err(witnessing(&error)),
        Err(AskWitnessError::Ask(AskError::Carry(error))) => return Ok(said(AnswerKind::Silent, error.why)),
        Err(AskWitnessError::Ask(error @ AskError::BadCosignature(_))) => {
            return Ok(said(AnswerKind::Forged, causes(&error)));
        }
        Err(AskWitnessError::Ask(error @ (AskError::NoCosignature | AskError::Answer(_)))) => {
            return Ok(said(AnswerKind::Silent, causes(&error)));
        }
        Err(AskWitnessError::Ask(error)) => return Err(with_cause(Outcome::Undecided, Code::TilesDamaged, &error)),
    };
    Ok(match asked {
        Asked::Cosigned(given) => {
            let words = format!("{size} records");
            AskedOne { cosigned_at: Some(given.at.as_seconds()), ..said(AnswerKind::Cosigned, words) }
        }
        Asked::Ahead { latest } => {
            let words = format!(
                "it knows {latest} records, this ledger has signed {size}; nothing below {latest} will be signed here any more"
            );
            AskedOne { knows: Some(latest), ..said(AnswerKind::Ahead, words) }
        }
        Asked::Forgot { latest, held } => {
            let words = format!("it knows {latest} records but cosigned {held}; it was shown its own cosignature");
            AskedOne { knows: Some(latest), ..said(AnswerKind::Forgot, words) }
        }
        Asked::Refused { status } => said(AnswerKind::Refused, refusal_words(status)),
    })
}

fn refusal_words(status: u16) -> String {
    let why = match status {
        400 => "it could not read the request",
        403 => "it does not trust the key that signed the checkpoint",
        404 => "it does not know this log, or does not answer at this address",
        409 => "it knows another tree of this size, or was asked by others at the same time",
        422 => "to it the checkpoint does not continue what it cosigned",
        429 | 503 => "it is busy",
        500..=599 => "it failed",
        _ => "it gave no cosignature",
    };
    format!("status {status}: {why}")
}

fn print(answer: &AskAnswer, console: &mut Console) -> Result<(), Complaint> {
    for one in &answer.asked {
        let (paint, word) = match one.answer {
            AnswerKind::Cosigned => (Paint::Good, "cosigned"),
            AnswerKind::Already => (Paint::Good, "already"),
            AnswerKind::WouldAsk => (Paint::Faint, "would ask"),
            AnswerKind::Refused => (Paint::Unsure, "refused"),
            AnswerKind::Ahead => (Paint::Bad, "AHEAD"),
            AnswerKind::Forgot => (Paint::Unsure, "forgot"),
            AnswerKind::Silent => (Paint::Unsure, "no answer"),
            AnswerKind::Forged => (Paint::Bad, "FORGED"),
        };
        let word = console.paint(paint, &format!("{word:<9}"));
        let code = one.answer.code().map(|code| format!(" ({code})")).unwrap_or_default();
        console.line(format!("{word} {:<16} {}{code}", isolated(&one.witness), isolated(&one.words)))?;
    }
    super::list::print_met(answer.met, &answer.lacking, console)
}
