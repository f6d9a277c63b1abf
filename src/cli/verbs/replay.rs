//! `replay`: the state, rebuilt from record 1 and shown step by step.

mod steps;

use clap::Args;
use serde::Serialize;

use super::diff;
use super::rebuild::print_digests;
use super::record_text::{refuse_csv, seconds, seq_width};
use super::state::{state_words, unknown};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint, isolated};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::ledger::{Archive, Axis, Check, KnownAt, StoredRows, Until, Verdict};
use crate::projection::{Cursor, ProjectionDigest, Tables, projection_digests};
use crate::rules::lifecycle::State;
use crate::vocab::{Code, Contested, Seq, Span};
use steps::{Course, Passed, Step, Watch, is_called, watch};

/// Beyond so many steps in a row that change no state, the rest of them is told as a number.
const RUN: usize = 30;

/// What `replay` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ceasefire replay\n  ceasefire replay nk-2020-10-17 --valid-at 2020-10-17T20:30Z\n  \
    ceasefire replay --to 60 --perspective AZE\n  ceasefire replay --diff 60 118\n  ceasefire replay --check\n\n\
    Nothing stored is used: the log alone is folded, in memory. The digests at the end are the same for\n\
    everybody who holds the same log; --check compares them with the stored projections."
)]
pub struct ReplayArgs {
    /// One ceasefire [default: all of them]
    #[arg(value_name = "CEASEFIRE")]
    pub ceasefire: Option<String>,
    /// Stop at this position
    #[arg(long, value_name = "SEQ")]
    pub to: Option<String>,
    /// Show only what changed between two moments: positions or times
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["to", "check"])]
    pub diff: Option<Vec<String>>,
    /// Compare with the stored projections
    #[arg(long)]
    pub check: bool,
    /// Show every step, however many change nothing
    #[arg(long)]
    pub every: bool,
}

/// What `replay` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ReplayAnswer {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The instant or interval of event time that states are given at.
    pub valid_at: Span,
    /// The perspective.
    pub perspective: String,
    /// Every record that bears on a ceasefire, in order.
    pub steps: Vec<Step>,
    /// The states at the end.
    pub ends: Vec<End>,
    /// How many records were folded.
    pub folded: u64,
    /// The digest of each projection.
    pub digests: Vec<ProjectionDigest>,
    /// The comparison with the stored projections, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<Comparison>,
    /// The comparison with what was attested, where it was asked for and anything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attested: Option<Check>,
}

/// A ceasefire at the end.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct End {
    /// Which.
    pub ceasefire: String,
    /// Its state.
    pub state: Contested<State>,
}

/// The stored projections beside the ones just folded.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Comparison {
    /// The position they were compared at.
    pub seq: Option<Seq>,
    /// Whether they are the same; absent where that cannot be told.
    pub same: Option<bool>,
    /// The projections that differ.
    pub different: Vec<String>,
    /// In words.
    pub detail: String,
}

/// The stored digests, before the fold.
enum Kept {
    At(Cursor, Vec<ProjectionDigest>),
    CannotTell(String),
}

/// What a person is told beside the answer.
struct Shown {
    passed: Vec<Passed>,
    bearing: u64,
}

/// Replays.
pub fn run(args: &ReplayArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("replay", &session.console)?;
    if let Some([a, b]) = args.diff.as_deref() {
        return diff::compare(a, b, args.ceasefire.as_deref(), session);
    }
    let archive = session.archive()?;
    let kept = args.check.then(|| kept(&archive)).transpose()?;
    let watched = watched(args, kept.as_ref(), &archive, session)?;
    let head = archive.reader().head().map_err(|error| refusal::read(&error))?.seq;
    let last = if let Until::Seq(seq) = watched.until { seq } else { head };
    let bar = session.console.progress("replaying", last.number());
    let begun = std::time::Instant::now();
    let course = watch(archive.reader(), &watched, &mut |seq| bar.set_position(seq.number()));
    bar.finish_and_clear();
    let course = course?;
    let took = begun.elapsed();
    let check = kept.map(|kept| compared(kept, &course));
    let shown = Shown { passed: course.passed.clone(), bearing: course.bearing };
    let attested =
        if args.check { archive.confirm_attestations().map_err(|error| refusal::verify(&error))? } else { None };
    let answer = ReplayAnswer { attested, ..answered(course, check, watched, &archive)? };
    let outcome = outcome(answer.check.as_ref(), answer.attested.as_ref());
    if session.console.is_human() {
        print(&answer, &shown, &mut session.console)?;
        session.console.say(format!("{} records folded in {} ms", answer.folded, took.as_millis()));
    } else {
        session.console.answer("replay", outcome, &answer)?;
    }
    Ok(outcome)
}

/// Reads what the flags ask for.
fn watched(args: &ReplayArgs, kept: Option<&Kept>, archive: &Archive, session: &Session) -> Result<Watch, Complaint> {
    if args.to.is_some() && session.global.known_at.is_some() {
        let what = "--to and --known-at both say where to stop";
        return Err(Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave one of them out"));
    }
    let until = match args.to.as_ref().or(session.global.known_at.as_ref()) {
        Some(text) => Session::known_at(archive, text)?,
        None => Until::Head,
    };
    let digests_at = match kept {
        Some(Kept::At(cursor, _)) => Some(cursor.seq),
        _ => None,
    };
    if args.check && until != Until::Head {
        let what = "the stored projections stand for the ledger as it is now";
        return Err(
            Complaint::new(Outcome::Usage, Code::Usage, what).hint("leave --to and --known-at out with --check")
        );
    }
    let at = session.valid_at(&Session::zones(archive)?)?.unwrap_or_else(|| Span::at(session.clock.now()));
    let run = (session.console.is_human() && !args.every).then_some(RUN);
    let perspective = session.global.perspective.clone();
    Ok(Watch { until, at, perspective, only: args.ceasefire.clone(), run, digests_at })
}

/// Reads the stored digests, and lets go of the rows.
fn kept(archive: &Archive) -> Result<Kept, Complaint> {
    Ok(match archive.stored_rows().map_err(|error| refusal::open(&error))? {
        StoredRows::None => Kept::CannotTell("no projections are stored".to_owned()),
        StoredRows::Held => Kept::CannotTell("another program has the stored projections open".to_owned()),
        StoredRows::Unusable(why) => Kept::CannotTell(why),
        StoredRows::Rows(_, cursor) if cursor.versions != Cursor::current_versions() => {
            Kept::CannotTell("the stored projections are of another version of this program".to_owned())
        }
        StoredRows::Rows(rows, cursor) => {
            let digests = projection_digests(&Tables::new(Some(&rows)), &cursor);
            Kept::At(cursor, digests.map_err(|error| refusal::rows(&error))?)
        }
    })
}

fn compared(kept: Kept, course: &Course) -> Comparison {
    let cannot_tell = |detail: String, seq| Comparison {
        seq,
        same: None,
        different: Vec::new(),
        detail: format!("cannot tell: {detail}"),
    };
    let (cursor, stored) = match kept {
        Kept::At(cursor, digests) => (cursor, digests),
        Kept::CannotTell(why) => return cannot_tell(why, None),
    };
    let seq = cursor.seq;
    match &course.digests_there {
        None => cannot_tell(format!("the stored projections go to record {seq}, the log does not"), Some(seq)),
        Some((hash, _)) if *hash != cursor.head => {
            cannot_tell(format!("the stored projections were made from another record {seq}"), Some(seq))
        }
        Some((_, anew)) => {
            let different: Vec<String> =
                anew.iter().filter(|digest| !stored.contains(digest)).map(|digest| digest.name.clone()).collect();
            let detail = if different.is_empty() {
                format!("the stored projections are the same, row for row, at record {seq}")
            } else {
                format!("the stored rows of {} are not what the log comes to, at record {seq}", different.join(", "))
            };
            Comparison { seq: Some(seq), same: Some(different.is_empty()), different, detail }
        }
    }
}

/// Rows that differ are proof; rows that could not be compared are not.
fn outcome(check: Option<&Comparison>, attested: Option<&Check>) -> Outcome {
    let stored = match check.map(|check| check.same) {
        None | Some(Some(true)) => Outcome::Ok,
        Some(Some(false)) => Outcome::Violated,
        Some(None) => Outcome::Undecided,
    };
    let attested = attested.map_or(Outcome::Ok, |check| super::verify::outcome_of(check.verdict));
    if stored == Outcome::Violated || attested == Outcome::Violated {
        return Outcome::Violated;
    }
    stored.max(attested)
}

fn answered(
    course: Course,
    check: Option<Comparison>,
    watched: Watch,
    archive: &Archive,
) -> Result<ReplayAnswer, Complaint> {
    let Course { steps, mut ends, cursor, digests, .. } = course;
    if let Some(text) = &watched.only {
        let ids: Vec<String> = ends.iter().map(|(row, _)| row.ceasefire.to_string()).collect();
        ends.retain(|(row, _)| is_called(row, text));
        if ends.is_empty() {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            return Err(unknown(Code::UnknownCeasefire, "ceasefire", text, &ids));
        }
    }
    if !ends.is_empty() && ends.iter().all(|(_, state)| state.is_none()) {
        let what = format!("there is no perspective `{}`", watched.perspective);
        return Err(Complaint::new(Outcome::Rejected, Code::UnknownPerspective, what));
    }
    let settings = archive.folder().settings().map_err(|error| refusal::open(&error.into()))?;
    let known_at = KnownAt {
        origin: settings.origin,
        log: cursor.log,
        seq: cursor.seq,
        head: cursor.head,
        axis: Axis::Record,
        published_by: None,
    };
    let ends =
        ends.into_iter().filter_map(|(row, state)| Some(End { ceasefire: row.ceasefire.to_string(), state: state? }));
    Ok(ReplayAnswer {
        folded: known_at.seq.number(),
        known_at,
        valid_at: watched.at,
        perspective: watched.perspective,
        steps,
        ends: ends.collect(),
        digests,
        check,
        attested: None,
    })
}

fn print(answer: &ReplayAnswer, shown: &Shown, console: &mut Console) -> Result<(), Complaint> {
    let title = console.paint(Paint::Heading, &format!("replay of {}", answer.known_at.origin));
    let whose = if answer.perspective == "ledger" { String::new() } else { format!(" for {}", answer.perspective) };
    console.line(format!("{title}  records 1 to {}, states{whose} at {}", answer.known_at.seq, answer.valid_at))?;
    console.line("")?;
    print_steps(answer, &shown.passed, console)?;
    if !answer.ends.is_empty() {
        console.line("")?;
        print_ends(answer, console)?;
    }
    let (bearing, folded) = (shown.bearing, answer.folded);
    console.line(format!("\n{folded} records folded, {bearing} of them bear on what is shown"))?;
    print_digests(&answer.digests, console)?;
    let head =
        console.paint(Paint::Faint, &format!("at record {}, head {}", answer.known_at.seq, answer.known_at.head));
    console.line(head)?;
    if let Some(check) = &answer.check {
        let paint = match check.same {
            Some(true) => Paint::Good,
            Some(false) => Paint::Bad,
            None => Paint::Unsure,
        };
        let detail = console.paint(paint, &check.detail);
        console.line(detail)?;
    }
    if let Some(attested) = &answer.attested {
        let paint = if attested.verdict == Verdict::Ok { Paint::Good } else { Paint::Bad };
        let detail = console.paint(paint, &attested.detail);
        console.line(detail)?;
        for finding in &attested.findings {
            console.line(format!("  record {}: {}", finding.seq, finding.what))?;
        }
    }
    Ok(())
}

/// Prints the steps, and in their place how many were only counted.
fn print_steps(answer: &ReplayAnswer, passed: &[Passed], console: &mut Console) -> Result<(), Complaint> {
    let seq = seq_width(answer.known_at.seq);
    let several = answer.ends.len() > 1;
    let id = if several { answer.steps.iter().map(|step| step.ceasefire.len()).max().unwrap_or(0) } else { 0 };
    for (index, step) in answer.steps.iter().enumerate() {
        print_passed(passed, index, console)?;
        print_step(step, seq, id, console)?;
    }
    print_passed(passed, answer.steps.len(), console)?;
    if answer.steps.is_empty() {
        console.line("no record bears on a ceasefire")?;
    }
    Ok(())
}

fn print_step(step: &Step, seq: usize, id: usize, console: &mut Console) -> Result<(), Complaint> {
    let time = console.paint(Paint::Faint, &seconds(step.recorded));
    let ceasefire = if id == 0 { String::new() } else { format!("{:<id$}  ", step.ceasefire) };
    let event = word_of(&step.r#type);
    console.line(format!("  {:>seq$}  {time}  {ceasefire}{event:<10}  {}", step.seq, isolated(&step.what)))?;
    let indent = " ".repeat(2 + seq + 2 + 20 + 2 + if id == 0 { 0 } else { id + 2 } + 12);
    if let Some(standing) = &step.standing {
        let standing = console.paint(Paint::Faint, &isolated(standing));
        console.line(format!("{indent}{standing}"))?;
    }
    if step.changed {
        let paint = if matches!(step.state, Contested::Certain(_)) { Paint::Good } else { Paint::Unsure };
        let state = console.paint(paint, &format!("→ {}", state_words(&step.state)));
        console.line(format!("{indent}{state}"))?;
    }
    Ok(())
}

/// Tells in one line what was only counted there.
fn print_passed(passed: &[Passed], after: usize, console: &mut Console) -> Result<(), Complaint> {
    for Passed { count, first, last, .. } in passed.iter().filter(|passed| passed.after == after) {
        let line = format!("  … {count} more, records {first} to {last}, change no state (--every shows them)");
        let line = console.paint(Paint::Faint, &line);
        console.line(line)?;
    }
    Ok(())
}

fn print_ends(answer: &ReplayAnswer, console: &mut Console) -> Result<(), Complaint> {
    let width = answer.ends.iter().map(|end| end.ceasefire.len()).max().unwrap_or(0);
    for end in &answer.ends {
        let paint = if matches!(end.state, Contested::Certain(_)) { Paint::Good } else { Paint::Unsure };
        let state = console.paint(paint, &state_words(&end.state));
        let id = console.paint(Paint::Heading, &format!("{:<width$}", end.ceasefire));
        console.line(format!("{id}  {state}"))?;
    }
    Ok(())
}

/// Gives a short word for an event type.
fn word_of(type_name: &str) -> &str {
    match type_name {
        "ceasefire.step_reported" => "step",
        "ceasefire.recorded" => "recorded",
        "record.corrected" => "corrected",
        "record.retracted" => "retracted",
        "incident.merged" => "merged",
        "incident.split" => "split",
        other => other.split('.').next().unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_rows_are_proof_and_missing_ones_are_not() {
        let check = |same| Comparison { seq: None, same, different: Vec::new(), detail: String::new() };
        assert_eq!(outcome(None, None), Outcome::Ok);
        assert_eq!(outcome(Some(&check(Some(true))), None), Outcome::Ok);
        assert_eq!(outcome(Some(&check(Some(false))), None), Outcome::Violated);
        assert_eq!(outcome(Some(&check(None)), None), Outcome::Undecided);
        let attested = |verdict| Check { name: String::new(), verdict, detail: String::new(), findings: Vec::new() };
        assert_eq!(outcome(Some(&check(None)), Some(&attested(Verdict::Violated))), Outcome::Violated);
        assert_eq!(outcome(Some(&check(Some(true))), Some(&attested(Verdict::CannotTell))), Outcome::Undecided);
    }
}
