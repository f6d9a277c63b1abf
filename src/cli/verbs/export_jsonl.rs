//! `export jsonl`: the records, for another ledger; or the incidents as they stand.

use clap::{Args, ValueEnum};

use super::export_incidents::{self, Which, deliver};
use crate::cli::complaint::{Complaint, Place};
use crate::cli::outcome::Outcome;
use crate::cli::session::Session;
use crate::exchange::export::{RecordsExported, records_jsonl};
use crate::vocab::{Code, Label};

/// What `export jsonl` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ceasefire export jsonl -o records.jsonl\n  \
    ceasefire export jsonl --for example.org/other | ceasefire -L OTHER import jsonl -\n  \
    ceasefire export jsonl --of incidents nk-2020-10-10\n\n\
    Records come as bodies that another ledger takes in; positions among them become keys, since positions differ there.\n\
    What is sealed is not in them: only its digests.")]
pub struct ExportJsonlArgs {
    /// What to export
    #[arg(long, value_enum, default_value_t = Of::Records, value_name = "WHAT")]
    pub of: Of,
    /// The name of the ledger that is to take the records in [default: this ledger's]
    #[arg(long = "for", value_name = "ORIGIN")]
    pub origin: Option<String>,
    #[command(flatten)]
    pub(super) which: Which,
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Of {
    /// Every record, as a body.
    Records,
    /// The incidents, as they stand.
    Incidents,
}

/// Exports JSON lines.
pub fn run(args: &ExportJsonlArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    if args.of == Of::Incidents {
        if args.origin.is_some() {
            return Err(usage("--for goes with records", "leave it out, or leave --of incidents out"));
        }
        return export_incidents::jsonl(&args.which, session);
    }
    let which = &args.which;
    let filtered = which.ceasefire.is_some() || which.from.is_some() || which.to.is_some();
    if filtered || session.global.valid_at.is_some() {
        return Err(usage(
            "records are exported whole: they lean on one another",
            "--of incidents takes these filters",
        ));
    }
    if session.global.published_by.is_some() {
        return Err(usage("records are exported as they were recorded", "--of incidents takes --published-by"));
    }
    records(args, session)
}

fn usage(what: &str, hint: &str) -> Complaint {
    Complaint::new(Outcome::Usage, Code::Usage, what).hint(hint)
}

fn records(args: &ExportJsonlArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let origin = args.origin.as_deref().unwrap_or(&view.genesis().origin);
    let origin = Label::new(origin).map_err(|error| {
        let place = Place { file: Some("--for".to_owned()), ..Place::default() };
        Complaint::new(Outcome::Rejected, Code::BadText, error.to_string()).at(place)
    })?;
    let mut told = RecordsExported::default();
    let bar = session.console.progress("exporting", view.known_at().seq.number());
    let mut watch = |seq: crate::vocab::Seq| bar.set_position(seq.number());
    deliver("jsonl", args.which.output.as_deref(), view.known_at(), session, &mut |out| {
        told = records_jsonl(&view, &origin, &mut watch, out)?;
        Ok(told.records)
    })?;
    bar.finish_and_clear();
    notes(told, session);
    Ok(Outcome::Ok)
}

/// Says what another ledger will not find in the file.
fn notes(told: RecordsExported, session: &mut Session) {
    if told.unsigned > 0 {
        let what = "signed records point to positions or are for another ledger; they are written without signature";
        session.console.say(format!("note: {} {what}", told.unsigned));
    }
    if told.sealed > 0 {
        session.console.say(format!("note: what {} records seal is not in the file, only its digests", told.sealed));
    }
}
