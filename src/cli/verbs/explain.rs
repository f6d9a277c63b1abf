//! `explain`: the records behind one printed number.

use clap::Args;
use serde_json::json;

use super::state::unknown;
use super::tally::{answer, full_id};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::record::Body;
use crate::vocab::{Code, Seq};

/// What `explain` takes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ceasefire explain nk-2020-10-10/accused/ARM/alleged")]
pub struct ExplainArgs {
    /// The number's id, as `ceasefire tally` prints it
    #[arg(value_name = "NUMBER-ID")]
    pub number: String,
}

/// Explains one number.
pub fn run(args: &ExplainArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let (of, id) = args.number.split_once('/').unwrap_or((args.number.as_str(), ""));
    let tally = answer((of != "all").then_some(of), &view, session, true)?;
    let Some(number) = super::tally::number(&tally, id) else {
        let ids: Vec<String> = tally.numbers.iter().map(|number| full_id(&tally, &number.id)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        return Err(unknown(Code::UnknownNumber, "number", &args.number, &ids));
    };
    let mut records = Vec::new();
    for &seq in &number.records {
        records.push((seq, told(&view, seq)?));
    }
    if !session.console.is_human() {
        let records: Vec<_> = records
            .iter()
            .map(|(seq, told)| json!({ "seq": seq, "type": told.type_name, "who": told.who, "summary": told.summary }))
            .collect();
        let value = json!({
            "known_at": tally.known_at, "rules": tally.rules, "window": tally.window, "id": args.number,
            "value": number.value, "incidents": number.incidents, "records": records,
        });
        session.console.answer("explain", Outcome::Ok, value)?;
        return Ok(Outcome::Ok);
    }
    let console = &mut session.console;
    let title = console.paint(Paint::Heading, &format!("{} = {}", args.number, number.value));
    console.line(format!("{title}   rules {}", tally.rules))?;
    if !number.incidents.is_empty() {
        console.line(format!("  incidents: {}", number.incidents.join(", ")))?;
    }
    if records.is_empty() {
        console.line("  no record stands behind it")?;
    }
    for (seq, told) in &records {
        let line =
            format!("  {:>7}  {:<20} {:<28} {}", seq.to_string(), told.type_name, told.who, isolated(&told.summary));
        console.line(line)?;
    }
    let known = &tally.known_at;
    let basis = known.basis();
    console.line(console.paint(Paint::Faint, &basis))?;
    Ok(Outcome::Ok)
}

/// One record in a line.
pub struct Told {
    /// Its event type.
    pub type_name: String,
    /// Who says so.
    pub who: String,
    /// What was said, in the recorder's words.
    pub summary: String,
}

/// Reads a record from the log and says it in a line.
pub fn told(view: &crate::ledger::View<'_>, seq: Seq) -> Result<Told, Complaint> {
    let record = view.reader().record_at(seq).map_err(|error| refusal::read(&error))?;
    let body = record.and_then(|record| Body::read(record.body()).ok());
    let later = (!view.knows(seq)).then(|| "[published later; here it reads as its correction says]".to_owned());
    Ok(match body {
        None => Told { type_name: "unreadable".to_owned(), who: String::new(), summary: String::new() },
        Some(body) => Told {
            type_name: body.event.type_name().to_owned(),
            who: body.event.source().map_or_else(
                || body.by.to_string(),
                |source| source.speaker.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            ),
            summary: later.or_else(|| body.event.summary().map(ToString::to_string)).unwrap_or_default(),
        },
    })
}
