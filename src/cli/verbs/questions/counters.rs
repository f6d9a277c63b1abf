//! `counters`: what others keep count of, who keeps it, and every reading with its resets.

use clap::Args;
use serde::Serialize;

use super::table::{Table, named, print, time};
use crate::cli::complaint::Complaint;
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::cli::verbs::state::unknown;
use crate::ledger::{CounterReading, KnownAt, View};
use crate::vocab::{ActorId, Code};

/// What `counters` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire counters\n  ceasefire counters AZE.PGO.toll")]
pub struct CountersArgs {
    /// One counter, with every reading [default: the latest reading of each]
    #[arg(value_name = "COUNTER")]
    pub counter: Option<String>,
}

/// Counters, and who keeps them.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CountersAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The series.
    pub counters: Vec<KeptCounter>,
}

/// One series, with what its keeper is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptCounter {
    /// What the keepers are: `state`, `monitor`, `media` …; one for each.
    pub keeper: Vec<String>,
    /// Its readings.
    pub series: CounterReading,
}

/// Shows counters.
pub fn run(args: &CountersArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let rules = session.rules(&view.genesis().rules)?;
    let mut series = view.counters(rules).map_err(|error| refusal::rows(&error))?;
    if let Some(counter) = &args.counter {
        let mut ids: Vec<String> = series.iter().map(|series| series.counter.clone()).collect();
        ids.dedup();
        series.retain(|series| series.counter == *counter);
        if series.is_empty() {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            return Err(unknown(Code::UnknownCounter, "counter", counter, &ids));
        }
    }
    let known_at = view.known_at();
    let mut counters = Vec::new();
    for series in series {
        counters.push(KeptCounter { keeper: keepers(&series, &view)?, series });
    }
    let answer = CountersAnswer { known_at, counters };
    let rows = if args.counter.is_some() { history(&answer) } else { latest(&answer) };
    let table = Table {
        title: "Counters that others keep".to_owned(),
        heads: &["counter", "kept by", "keeper", "what", "reading", "period", "note", "record"],
        rows,
        notes: vec![
            "readings are never added: not to each other, not to incidents; a day without one is missing".into(),
        ],
    };
    print("counters", Outcome::Ok, &answer, &answer.known_at, table, &mut session.console)?;
    Ok(Outcome::Ok)
}

/// What the keepers of a series are; an organ or office is what its side is.
fn keepers(series: &CounterReading, view: &View<'_>) -> Result<Vec<String>, Complaint> {
    let sides = view.sides().map_err(|error| refusal::rows(&error))?;
    let kinds = series.by.iter().map(|by| {
        let kind = ActorId::new(by).ok().and_then(|actor| sides.kind_of(&actor));
        kind.map_or_else(|| "unnamed".to_owned(), |kind| kind.to_string())
    });
    Ok(kinds.collect())
}

fn latest(answer: &CountersAnswer) -> Vec<Vec<String>> {
    let rows = answer.counters.iter().map(|kept| {
        let series = &kept.series;
        let period = series.history.last().and_then(|reading| reading.period);
        let note = match (series.decreased, series.total_mismatch) {
            (true, true) => "fell at some time; stated total does not add up",
            (true, false) => "fell at some time",
            (false, true) => "stated total does not add up",
            (false, false) => "",
        };
        row(kept, series.value.to_string(), time(period), note, series.record.to_string())
    });
    rows.collect()
}

fn history(answer: &CountersAnswer) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for kept in &answer.counters {
        let mut before: Option<u64> = None;
        for reading in &kept.series.history {
            let fell = before.zip(reading.value.max).is_some_and(|(before, now)| now < before);
            let fell = fell && !kept.series.counts_each_period();
            before = Some(reading.value.min);
            let mut notes = Vec::new();
            if fell {
                notes.push("fell: a reset or a correction by its keeper".to_owned());
            }
            if let Some((stated, sum)) = reading.stated_total.as_deref().zip(reading.parts_sum.as_deref()) {
                notes.push(format!("states {stated}, its parts come to {sum}"));
            }
            let (value, record) = (reading.value.to_string(), reading.record.to_string());
            rows.push(row(kept, value, time(reading.period), &notes.join("; "), record));
        }
    }
    rows
}

fn row(kept: &KeptCounter, value: String, period: String, note: &str, record: String) -> Vec<String> {
    let series = &kept.series;
    let scope = series.scope.as_ref().map(|scope| format!(", {scope}")).unwrap_or_default();
    vec![
        series.counter.clone(),
        named(&series.by, "nobody"),
        kept.keeper.join(", "),
        format!("{}{scope}", series.kind),
        value,
        period,
        note.to_owned(),
        record,
    ]
}
