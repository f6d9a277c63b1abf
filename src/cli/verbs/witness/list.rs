//! `witness list`: who cosigned what and when, and what the policy lacks.

use clap::Args;
use serde::Serialize;

use super::party::{parties, policy_of, unjudged, witnessing};
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{Archive, PolicyStanding};
use crate::proof::{Policy, PolicyVerdict, PosixTime, UnmetParty};
use crate::vocab::Instant;

/// What `witness list` takes.
#[derive(Debug, Args)]
pub struct ListArgs {}

/// What `witness list` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ListAnswer {
    /// How many records the latest checkpoint covers.
    pub size: u64,
    /// The witnesses of the policy, in its order.
    pub witnesses: Vec<ListedWitness>,
    /// Whether the policy is met for the latest checkpoint; absent without a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// What it lacks.
    pub lacking: Vec<Lacking>,
    /// The newest earlier checkpoint for which it was met, by size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_met: Option<u64>,
}

/// A witness and what it cosigned last.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ListedWitness {
    /// What the policy calls it.
    pub name: String,
    /// Its public key.
    pub vkey: String,
    /// Where it answers; absent for one that is asked by courier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How many records it cosigned last; absent where it never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosigned: Option<u64>,
    /// When, by its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
}

/// A part of the quorum that is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Lacking {
    /// The witness or group.
    pub name: String,
    /// How many of its members must have cosigned; 1 for a witness.
    pub needed: usize,
    /// How many have.
    pub present: usize,
    /// Those that have not.
    pub missing: Vec<String>,
}

/// Lists.
pub fn run(_: &ListArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let archive = session.archive()?;
    let policy = policy_of(&archive)?;
    let answer = listed(&archive, policy.as_ref())?;
    match session.console.format() {
        Format::Human => print(&answer, policy.is_some(), &mut session.console)?,
        Format::Csv => session.console.csv(&rows(&answer))?,
        _ => session.console.answer("witness-list", Outcome::Ok, &answer)?,
    }
    Ok(Outcome::Ok)
}

fn listed(archive: &Archive, policy: Option<&Policy>) -> Result<ListAnswer, Complaint> {
    let size = archive.checkpoint().map_err(|error| refusal::prove(&error))?.checkpoint.size();
    let cosigned = archive.cosigned().map_err(|error| refusal::prove(&error))?;
    let mut witnesses = Vec::new();
    for party in parties(policy) {
        let last = cosigned.last_of(&party.key).map_err(|error| witnessing(&error))?;
        witnesses.push(ListedWitness {
            name: party.name,
            vkey: party.key.to_string(),
            url: party.url,
            cosigned: last.as_ref().map(|last| last.signed.checkpoint.size()),
            at: last.and_then(|last| instant(last.at)),
        });
    }
    let standing = policy.map(|policy| standing(archive, policy)).transpose()?;
    let (met, last_met) =
        (standing.as_ref().map(Judged::is_met), standing.as_ref().and_then(|judged| judged.0.last_met));
    let lacking = standing.map(|standing| standing.lacking()).unwrap_or_default();
    Ok(ListAnswer { size, witnesses, met, lacking, last_met })
}

/// How the latest checkpoint stands under the policy.
pub struct Judged(PolicyStanding);

/// Judges the latest checkpoint.
///
/// # Errors
/// A signature that is not what it claims to be; `verify` names it.
pub fn standing(archive: &Archive, policy: &Policy) -> Result<Judged, Complaint> {
    archive.policy_standing(policy).map(Judged).map_err(|error| unjudged(&error))
}

impl Judged {
    /// Whether the quorum cosigned.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.0.judgement.verdict == PolicyVerdict::Satisfied
    }

    /// Who is missing.
    #[must_use]
    pub fn lacking(&self) -> Vec<Lacking> {
        let PolicyVerdict::NotSatisfied { unmet } = &self.0.judgement.verdict else { return Vec::new() };
        let lacking = |UnmetParty { name, needed, present, missing, .. }: &UnmetParty| Lacking {
            name: name.clone(),
            needed: *needed,
            present: *present,
            missing: missing.clone(),
        };
        unmet.iter().map(lacking).collect()
    }
}

/// A witness's time as the ledger writes times; `None` beyond the year 9999.
#[must_use]
pub fn instant(at: PosixTime) -> Option<Instant> {
    let micros = i64::try_from(at.as_seconds()).ok()?.checked_mul(1_000_000)?;
    Instant::from_micros(micros).ok()
}

fn rows(answer: &ListAnswer) -> Vec<Vec<String>> {
    let header = ["name", "vkey", "url", "cosigned", "at"].map(ToOwned::to_owned).to_vec();
    let row = |witness: &ListedWitness| {
        vec![
            witness.name.clone(),
            witness.vkey.clone(),
            witness.url.clone().unwrap_or_default(),
            witness.cosigned.map(|size| size.to_string()).unwrap_or_default(),
            witness.at.map(|at| at.to_string()).unwrap_or_default(),
        ]
    };
    [header].into_iter().chain(answer.witnesses.iter().map(row)).collect()
}

fn print(answer: &ListAnswer, has_policy: bool, console: &mut Console) -> Result<(), Complaint> {
    console.line(format!("the latest checkpoint covers {} records", answer.size))?;
    for witness in &answer.witnesses {
        let (paint, said) = match (witness.cosigned, witness.at) {
            (Some(size), at) => {
                let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
                let paint = if size == answer.size { Paint::Good } else { Paint::Unsure };
                (paint, format!("cosigned {size} records{at}"))
            }
            _ => (Paint::Unsure, "has cosigned nothing".to_owned()),
        };
        let said = console.paint(paint, &said);
        let place = witness.url.as_deref().map_or_else(|| "by courier".to_owned(), isolated);
        console.line(format!("  {:<16} {said}, {place}", isolated(&witness.name)))?;
    }
    if !has_policy {
        console.line("no policy says who must cosign; set one: ceasefire witness policy FILE")?;
    }
    print_met(answer.met, &answer.lacking, console)?;
    match answer.last_met {
        Some(size) => console.line(format!("it was last met for {size} records")),
        None => Ok(()),
    }
}

/// Says whether the policy is met, and who is missing.
///
/// # Errors
/// Where stdout cannot be written.
pub fn print_met(met: Option<bool>, lacking: &[Lacking], console: &mut Console) -> Result<(), Complaint> {
    match met {
        None => return Ok(()),
        Some(true) => {
            let words = console.paint(Paint::Good, "the policy is met");
            return console.line(words);
        }
        Some(false) => {
            let words = console.paint(Paint::Unsure, "the policy is not met");
            console.line(words)?;
        }
    }
    for party in lacking {
        let line = match party.missing.len() {
            0 => format!("  {} has not cosigned", isolated(&party.name)),
            _ => format!(
                "  {} needs {} of its members, has {}; missing: {}",
                isolated(&party.name),
                party.needed,
                party.present,
                party.missing.iter().map(|name| isolated(name)).collect::<Vec<_>>().join(", ")
            ),
        };
        console.line(line)?;
    }
    Ok(())
}
