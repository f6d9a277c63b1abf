//! `report`: a situation report of one ceasefire and one period.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::clock::{ClockArgs, unreadable};
use super::state::ceasefire_id;
use crate::cli::args::Format;
use crate::cli::complaint::{Complaint, Place};
use crate::cli::console::{Console, csv_text};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::report::{
    GatherError, Layer, PICTURES, ReportQuestion, Situation, Words, annex, draw, gather, markdown, page,
};
use crate::vocab::{Code, Cut, Instant, Pointer, Slot, Stretch, When, ZonePolicy};

/// What `report` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire report nk-2020-10-10 --day 2020-10-17 --day-ends 19:30 --zone +04:00\n  \
    ceasefire report nk-2020-10-10 --from 2020-10-10 --to 2020-10-17 -o situation\n  \
    ceasefire report nk-2020-10-10 --day 2020-10-17 --as svg --picture timeline > timeline.svg\n\n\
    With -o DIR it writes report.md, report.html, annex.csv and the pictures. Without, it prints one of them."
)]
pub struct ReportArgs {
    /// The ceasefire
    #[arg(value_name = "CEASEFIRE")]
    pub ceasefire: String,
    /// One reporting day
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"], required_unless_present_all = ["from", "to"])]
    pub day: Option<String>,
    /// The period's beginning: a date or a time
    #[arg(long, value_name = "TIME", requires = "to")]
    pub from: Option<String>,
    /// The period's end: a date (its day belongs to the period) or a time
    #[arg(long, value_name = "TIME", requires = "from")]
    pub to: Option<String>,
    #[command(flatten)]
    pub clock: ClockArgs,
    /// Write everything into this folder
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// What to print, without -o
    #[arg(long = "as", value_enum, default_value_t = Rendering::Md, value_name = "WHAT", conflicts_with = "output")]
    pub rendering: Rendering,
    /// Which picture, with --as svg: timeline, heat, weeks, counters or map
    #[arg(long, value_name = "NAME", default_value = "timeline")]
    pub picture: String,
    /// A GeoJSON file whose lines are drawn behind the map; a border is a claim, so say whose
    #[arg(long, value_name = "FILE", requires = "layer_credit")]
    pub layer: Option<PathBuf>,
    /// Who drew the layer
    #[arg(long, value_name = "WORDS", requires = "layer")]
    pub layer_credit: Option<String>,
}

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rendering {
    /// Markdown.
    Md,
    /// One self-contained page.
    Html,
    /// The annex: a row for each incident.
    Csv,
    /// One picture.
    Svg,
}

/// Makes the report.
pub fn run(args: &ReportArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    let layer = args.layer.as_deref().zip(args.layer_credit.as_deref()).map(read_layer).transpose()?;
    let words = Words::of(&session.global.lang);
    let situation = situation(args, session)?;
    if let Some(folder) = &args.output {
        return write(folder, &situation, &words, layer.as_ref(), session);
    }
    match session.console.format() {
        Format::Json | Format::Jsonl => {
            session.console.answer("report", Outcome::Ok, &situation)?;
        }
        Format::Csv => session.console.csv(&annex(&situation))?,
        Format::Human => print(args, &situation, &words, layer.as_ref(), &mut session.console)?,
    }
    Ok(Outcome::Ok)
}

fn situation(args: &ReportArgs, session: &mut Session) -> Result<Situation, Complaint> {
    let replayed = session.replayed()?;
    let view = replayed.view();
    let ceasefire = ceasefire_id(&args.ceasefire, &view)?;
    let cut = args.clock.cut(&view.genesis().zones)?;
    let question = ReportQuestion {
        ceasefire: &ceasefire,
        period: period(args, cut)?,
        cut,
        rules: session.rules(&view.genesis().rules)?,
    };
    let gathered = gather(view, &question).map_err(|error| match error {
        GatherError::Rows(error) => refusal::rows(&error),
        GatherError::Log(error) => refusal::read(&error),
    })?;
    gathered.ok_or_else(|| Complaint::new(Outcome::Rejected, Code::UnknownCeasefire, "the ceasefire is not recorded"))
}

fn period(args: &ReportArgs, cut: Cut) -> Result<(Instant, Instant), Complaint> {
    let (from, to) = match (&args.day, &args.from, &args.to) {
        (Some(day), _, _) => {
            let date = date(day).ok_or_else(|| unreadable("--day", day, "write a date: 2020-10-17"))?;
            let slot = Slot::around(cut.begins(date), Stretch::Day, cut);
            (slot.span.start(), slot.span.end())
        }
        (None, Some(from), Some(to)) => {
            (bound("--from", from, cut, Side::Begins)?, bound("--to", to, cut, Side::Ends)?)
        }
        _ => return Err(unreadable("--day", "", "give --day, or --from and --to")),
    };
    if from >= to {
        let complaint = Complaint::new(Outcome::Rejected, Code::TimeOrder, "the period ends before it begins");
        return Err(complaint.at(Place { file: Some("--to".to_owned()), ..Place::default() }));
    }
    Ok((from, to))
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Begins,
    Ends,
}

/// A date is a reporting day: the period begins with its beginning, and ends with its end.
fn bound(flag: &str, text: &str, cut: Cut, side: Side) -> Result<Instant, Complaint> {
    if let Some(date) = date(text) {
        let slot = Slot::around(cut.begins(date), Stretch::Day, cut);
        return Ok(match side {
            Side::Begins => slot.span.start(),
            Side::Ends => slot.span.end(),
        });
    }
    let zones = ZonePolicy::new(vec![cut.offset]).unwrap_or_else(|_| ZonePolicy::utc());
    let when = When::from_short(text, &zones, &Pointer::root());
    when.ok().and_then(|when| when.earliest).ok_or_else(|| unreadable(flag, text, "write a date or a time"))
}

fn date(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

fn read_layer((path, credit): (&Path, &str)) -> Result<Layer, Complaint> {
    let place = || Place { file: Some(path.display().to_string()), ..Place::default() };
    let bytes = fs::read(path).map_err(|error| {
        Complaint::new(Outcome::Io, Code::StorageFailed, format!("the layer could not be read: {error}")).at(place())
    })?;
    Layer::read(&bytes, credit)
        .map_err(|error| Complaint::new(Outcome::Rejected, Code::JsonSyntax, error.to_string()).at(place()))
}

fn print(
    args: &ReportArgs,
    situation: &Situation,
    words: &Words,
    layer: Option<&Layer>,
    console: &mut Console,
) -> Result<(), Complaint> {
    match args.rendering {
        Rendering::Md => console.line(markdown(situation, words).trim_end()),
        Rendering::Html => console.line(page(situation, words, layer)),
        Rendering::Csv => console.csv(&annex(situation)),
        Rendering::Svg => {
            let picture = PICTURES.iter().find(|(_, name)| *name == args.picture);
            let Some((picture, name)) = picture else {
                let names: Vec<&str> = PICTURES.iter().map(|(_, name)| *name).collect();
                return Err(super::state::unknown(Code::Usage, "picture", &args.picture, &names));
            };
            let Some(svg) = draw(*picture, situation, words, layer) else {
                let what = format!("there is nothing to draw for `{name}` in this period");
                return Err(Complaint::new(Outcome::Rejected, Code::NothingSaid, what).hint("choose a longer period"));
            };
            console.line(svg)
        }
    }
}

fn write(
    folder: &Path,
    situation: &Situation,
    words: &Words,
    layer: Option<&Layer>,
    session: &mut Session,
) -> Result<Outcome, Complaint> {
    let mut files: Vec<(String, String)> = vec![
        ("report.md".to_owned(), markdown(situation, words)),
        ("report.html".to_owned(), page(situation, words, layer)),
        ("annex.csv".to_owned(), csv_text(&annex(situation))),
    ];
    for (picture, name) in PICTURES {
        files.extend(draw(*picture, situation, words, layer).map(|svg| (format!("{name}.svg"), svg)));
    }
    if !session.global.dry_run {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    let mut written = Vec::new();
    for (name, text) in &files {
        let path = folder.join(name);
        if !session.global.dry_run {
            fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        }
        written.push(path.display().to_string());
    }
    let console = &mut session.console;
    if console.is_human() {
        for path in &written {
            console.line(path)?;
        }
    } else {
        console.answer("report", Outcome::Ok, json!({ "files": written, "known_at": situation.known_at }))?;
    }
    Ok(Outcome::Ok)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Complaint {
    let place = Place { file: Some(path.display().to_string()), ..Place::default() };
    Complaint::new(Outcome::Io, Code::StorageFailed, format!("could not be written: {error}")).at(place)
}
