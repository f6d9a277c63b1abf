//! `incident`: everything said about one incident, in order, and what that comes to.

use clap::Args;
use serde_json::json;

use super::explain::told;
use super::state::{records, unknown};
use crate::cli::args::Format;
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{IncidentAnswer, View};
use crate::vocab::{Code, IncidentId};

/// What `incident` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire incident I-2")]
pub struct IncidentArgs {
    /// The incident's id; without one, all of them are listed
    #[arg(value_name = "ID")]
    pub incident: Option<String>,
}

/// Shows one incident, or lists them.
pub fn run(args: &IncidentArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let rules = session.rules(&view.genesis().rules)?;
    let Some(text) = &args.incident else { return list(&view, session) };
    let id =
        IncidentId::new(text).map_err(|error| Complaint::new(Outcome::Rejected, Code::BadId, error.to_string()))?;
    let Some(mut answer) = view.incident(&id, rules).map_err(|error| refusal::rows(&error))? else {
        let mut ids = Vec::new();
        view.tables().incidents.walk("", |key, _| ids.push(key.to_owned())).map_err(|error| refusal::rows(&error))?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        return Err(unknown(Code::UnknownIncident, "incident", text, &ids));
    };
    answer.signatures = view.signatures_of(&answer.records).map_err(|error| refusal::replay(&error))?;
    if session.console.is_human() {
        print(&answer, &view, &mut session.console)?;
    } else if session.console.format() == Format::Csv {
        print_csv(&answer, &view, &mut session.console)?;
    } else {
        session.console.answer("incident", Outcome::Ok, &answer)?;
    }
    Ok(Outcome::Ok)
}

/// Everything said about it, in the order it was recorded.
fn print_csv(answer: &IncidentAnswer, view: &View<'_>, console: &mut Console) -> Result<(), Complaint> {
    let mut rows =
        vec![["incident", "record", "type", "who", "words", "known_at", "head"].map(ToOwned::to_owned).to_vec()];
    for &seq in &answer.records {
        let told = told(view, seq)?;
        let known = &answer.known_at;
        let words = [told.type_name, told.who, told.summary];
        let basis = [known.seq.to_string(), known.head.to_string()];
        rows.push([answer.incident.clone(), seq.to_string()].into_iter().chain(words).chain(basis).collect());
    }
    console.csv(&rows)
}

fn list(view: &View<'_>, session: &mut Session) -> Result<Outcome, Complaint> {
    let mut rows = Vec::new();
    for facts in view.tables().every_incident().map_err(|error| refusal::rows(&error))? {
        let acts: Vec<String> = facts.acts.iter().map(ToString::to_string).collect();
        let places: Vec<String> =
            facts.sites.iter().filter_map(|site| site.place.as_ref().map(ToString::to_string)).collect();
        let when = facts.when.map_or_else(|| "time unknown".to_owned(), |when| when.to_string());
        rows.push((facts.incident.to_string(), when, acts.join(", "), places.join(", "), facts.reports.len()));
    }
    if !session.console.is_human() {
        let incidents: Vec<_> = rows
            .iter()
            .map(|(id, when, acts, places, reports)| json!({ "incident": id, "when": when, "acts": acts, "places": places, "reports": reports }))
            .collect();
        session.console.answer(
            "incidents",
            Outcome::Ok,
            json!({ "known_at": view.known_at(), "incidents": incidents }),
        )?;
        return Ok(Outcome::Ok);
    }
    for (id, when, acts, places, reports) in &rows {
        session.console.line(format!("{id:<20} {when:<44} {acts:<20} {places:<20} {reports} reports"))?;
    }
    if rows.is_empty() {
        session.console.line("no incident is reported")?;
    }
    Ok(Outcome::Ok)
}

fn print(answer: &IncidentAnswer, view: &View<'_>, console: &mut Console) -> Result<(), Complaint> {
    let title = console.paint(Paint::Heading, &format!("Incident {}", answer.incident));
    let merged =
        if answer.merged.is_empty() { String::new() } else { format!("   merged with {}", answer.merged.join(", ")) };
    console.line(format!("{title}{merged}"))?;
    let when = answer.when.map_or_else(|| "not stated".to_owned(), |when| when.to_string());
    console.line(format!("  when       {when}"))?;
    console.line(format!("  where      {}", or_not_stated(&answer.places)))?;
    console.line(format!("  act        {}", or_not_stated(&answer.acts)))?;
    console.line(format!("  status     {}", answer.status))?;
    for accuser in &answer.accusers {
        let (by, accused) = (accuser.by.join(", "), accuser.accused.join(", "));
        console.line(format!(
            "  accused    {accused}, by {by} ({}, {}) [{}]",
            accuser.class, accuser.level, accuser.record
        ))?;
    }
    if answer.accusers.is_empty() {
        console.line("  accused    nobody is named")?;
    }
    for read in &answer.contest {
        let possibly = if read.possibly { "possibly " } else { "" };
        let basis = read.basis.map(|basis| format!(" (scope: {basis})")).unwrap_or_default();
        console.line(format!(
            "  answer     {possibly}{} by {}{basis}{}",
            read.contest,
            read.by.join(", "),
            records(&read.records)
        ))?;
    }
    if answer.contest.is_empty() {
        console.line("  answer     none recorded so far; silence is never agreement")?;
    }
    for figure in &answer.figures {
        console.line(format!("  figure     {} {}", figure.envelope, figure.kind))?;
        for claim in &figure.claims {
            let marks = match (claim.preliminary, claim.inconsistent) {
                (false, false) => "",
                (true, false) => ", preliminary",
                (false, true) => ", out of order as published",
                (true, true) => ", preliminary, out of order as published",
            };
            console.line(format!(
                "               {} by {}{marks}{}",
                claim.bounds,
                claim.by.join(", "),
                records(&claim.records)
            ))?;
        }
    }
    for relation in &answer.ceasefires {
        let breach = match relation.breach_asserted_by.as_slice() {
            [] => "nobody calls it a breach".to_owned(),
            by => format!("called a breach by {}{}", by.join(", "), records(&relation.breach_records)),
        };
        console.line(format!("  {}  {}; {breach}", relation.ceasefire, relation.relation))?;
    }
    console.line("")?;
    console.line(console.paint(Paint::Heading, "Everything said about it, in the order it was recorded"))?;
    for &seq in &answer.records {
        let told = told(view, seq)?;
        let signed = answer.signatures.iter().find(|signature| signature.record == seq);
        let signed = signed.map(|signature| console.paint(Paint::Faint, &format!("  signed {signature}")));
        console.line(format!(
            "  {:>7}  {:<20} {:<28} {}{}",
            seq.to_string(),
            told.type_name,
            told.who,
            isolated(&told.summary),
            signed.unwrap_or_default()
        ))?;
    }
    let known = &answer.known_at;
    let basis = format!("{}, rules {}", known.basis(), answer.rules);
    console.line(console.paint(Paint::Faint, &basis))
}

fn or_not_stated(list: &[String]) -> String {
    if list.is_empty() { "not stated".to_owned() } else { list.join(", ") }
}
