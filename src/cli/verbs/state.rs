//! `state`: what the ceasefires are like at an instant, as known at a position.

use clap::Args;

use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{CeasefireState, StateAnswer, View, perspective_of};
use crate::rules::lifecycle::{EffectiveBasis, State};
use crate::vocab::{CeasefireId, Code, Contested, Seq, Span};

/// What `state` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire state\n  ceasefire state nk-2020-10-17 --valid-at 2020-10-17T20:30Z\n  \
    ceasefire state --perspective AZE --known-at 90"
)]
pub struct StateArgs {
    /// One ceasefire [default: all of them]
    #[arg(value_name = "CEASEFIRE")]
    pub ceasefire: Option<String>,
}

/// Shows the state.
pub fn run(args: &StateArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let ceasefire = args.ceasefire.as_deref().map(|text| ceasefire_id(text, &view)).transpose()?;
    check_perspective(&session.global.perspective, ceasefire.as_ref(), &view)?;
    let span = session.valid_at(&view.genesis().zones)?.unwrap_or_else(|| Span::at(session.clock.now()));
    let answer =
        view.states(ceasefire.as_ref(), span, &session.global.perspective).map_err(|error| refusal::rows(&error))?;
    print(&answer, span, &session.global.lang.clone(), &mut session.console)?;
    Ok(Outcome::Ok)
}

/// Finds a ceasefire by its id or by what another list calls it.
pub fn ceasefire_id(text: &str, view: &View<'_>) -> Result<CeasefireId, Complaint> {
    let rows = view.tables().ceasefires.rows("").map_err(|error| refusal::rows(&error))?;
    let found = rows
        .iter()
        .find(|row| row.ceasefire.as_str() == text || row.external.iter().any(|external| external.id.as_str() == text));
    found.map(|row| row.ceasefire.clone()).ok_or_else(|| {
        let ids: Vec<&str> = rows.iter().map(|row| row.ceasefire.as_str()).collect();
        unknown(Code::UnknownCeasefire, "ceasefire", text, &ids)
    })
}

/// Complains about an id that is not there, and names the nearest one.
pub fn unknown(code: Code, what: &str, text: &str, ids: &[&str]) -> Complaint {
    let near = ids.iter().map(|id| (strsim::damerau_levenshtein(text, id), *id)).min();
    let complaint = Complaint::new(Outcome::Rejected, code, format!("there is no {what} `{text}`"));
    match near {
        Some((distance, id)) if distance <= 1 + text.chars().count() / 3 => {
            complaint.hint(format!("did you mean `{id}`?"))
        }
        Some(_) if ids.len() <= 8 => complaint.hint(format!("there is {}", ids.join(", "))),
        _ => complaint,
    }
}

fn check_perspective(text: &str, ceasefire: Option<&CeasefireId>, view: &View<'_>) -> Result<(), Complaint> {
    let rows = view.tables().ceasefires.rows("").map_err(|error| refusal::rows(&error))?;
    let sides = view.sides().map_err(|error| refusal::rows(&error))?;
    let mut known: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| ceasefire.is_none_or(|id| *id == row.ceasefire)) {
        match perspective_of(text, row, &sides) {
            Ok(_) => return Ok(()),
            Err(perspectives) => known.extend(perspectives),
        }
    }
    if known.is_empty() {
        return Ok(());
    }
    known.sort();
    known.dedup();
    let what = format!("there is no perspective `{text}`");
    let complaint = Complaint::new(Outcome::Rejected, Code::UnknownPerspective, what);
    Err(complaint.hint(format!("there is {}", known.join(", "))))
}

/// Prints an answer in the chosen format.
pub fn print(answer: &StateAnswer, span: Span, lang: &str, console: &mut Console) -> Result<(), Complaint> {
    match console.format() {
        crate::cli::args::Format::Human => {
            if answer.ceasefires.is_empty() {
                console.line("no ceasefire is recorded")?;
            }
            for ceasefire in &answer.ceasefires {
                print_one(ceasefire, span, lang, console)?;
            }
            let known = &answer.known_at;
            let basis = known.basis();
            let basis = console.paint(Paint::Faint, &basis);
            console.line(basis)
        }
        crate::cli::args::Format::Csv => {
            let mut rows = vec![["ceasefire", "valid_at", "perspective", "state"].map(ToOwned::to_owned).to_vec()];
            rows.extend(answer.ceasefires.iter().map(|state| {
                let words = state.state.to_string();
                vec![state.ceasefire.clone(), span.to_string(), state.perspective.clone(), words]
            }));
            console.csv(&rows)
        }
        _ => console.answer("state", Outcome::Ok, answer),
    }
}

fn print_one(state: &CeasefireState, span: Span, lang: &str, console: &mut Console) -> Result<(), Complaint> {
    let name = state.names.iter().find(|(tag, _)| tag == lang).or_else(|| state.names.first());
    let name = name.map(|(_, text)| isolated(text)).unwrap_or_default();
    let title = console.paint(Paint::Heading, &state.ceasefire);
    console.line(format!("{title}  {name}"))?;
    let words = state_words(&state.state);
    let paint = if matches!(state.state, Contested::Certain(_)) { Paint::Good } else { Paint::Unsure };
    let words = console.paint(paint, &words);
    let whose = if state.perspective == "ledger" { String::new() } else { format!(" for {}", state.perspective) };
    console.line(format!("  state      {words}{whose}, at {span}"))?;
    for view in &state.views {
        let states: Vec<&str> = view.states.iter().map(|state| label(*state)).collect();
        let since = view.since.map(|since| format!(", since {since}")).unwrap_or_default();
        let line = format!("  {:<9}  {}{since}{}", view.perspective, states.join(" or "), records(&view.records));
        console.line(line)?;
    }
    if let Some(effective) = &state.effective {
        let basis = match effective.basis {
            EffectiveBasis::Stated => "as stated",
            EffectiveBasis::Disputed => "stated differently by several",
            EffectiveBasis::PresumedOnAgreement => "nobody states it: presumed with the agreement itself",
        };
        console.line(format!("  effective  {} ({basis}){}", effective.when, records(&effective.records)))?;
    }
    let expiry = state.expiry.map_or_else(|| "no term is recorded".to_owned(), |expiry| expiry.to_string());
    console.line(format!("  lapses     {expiry}"))?;
    let declared = match state.declared_collapsed_by.as_slice() {
        [] => "nobody".to_owned(),
        by => by.join(", "),
    };
    let breaches = state.asserted_breaches;
    console.line(format!(
        "  apart from its state: incidents called a breach {breaches}; declared collapsed by {declared}"
    ))?;
    for anomaly in &state.anomalies {
        let note = format!("  anomaly    {} [record {}]", anomaly.what, anomaly.seq);
        let note = console.paint(Paint::Unsure, &note);
        console.line(note)?;
    }
    console.line("")
}

/// Writes a state for a person.
#[must_use]
pub fn state_words(state: &Contested<State>) -> String {
    let joined = |states: &[State]| states.iter().map(|state| label(*state)).collect::<Vec<_>>().join(" or ");
    match state {
        Contested::Certain(state) => label(*state).to_owned(),
        Contested::Uncertain(states) => format!("uncertain: either {}", joined(states)),
        Contested::Contested(sides) => {
            let parts: Vec<String> =
                sides.iter().map(|held| format!("{} holds {}", held.by, joined(&held.values))).collect();
            format!("contested: {}", parts.join("; "))
        }
    }
}

/// Gives the words of a state.
const fn label(state: State) -> &'static str {
    match state {
        State::None => "nothing reported yet",
        State::Agreed => "agreed (not yet in force)",
        State::InForce => "in force",
        State::NeverInForce => "never in force",
        State::Ended => "ended (date unknown)",
        other => other.as_str(),
    }
}

/// Writes record positions in brackets.
#[must_use]
pub fn records(records: &[Seq]) -> String {
    match records {
        [] => String::new(),
        records => format!(" [{}]", records.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
    }
}
