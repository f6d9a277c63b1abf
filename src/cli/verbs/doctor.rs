//! `doctor`: what is wrong with the ledger's folder, one line for each check. The log itself is `verify`'s.

mod disk;

use clap::Args;
use serde::Serialize;

use super::rebuild::refuse_known_at;
use super::record_text::{Told, refuse_csv};
use crate::cli::complaint::Complaint;
use crate::cli::console::{Console, Paint};
use crate::cli::outcome::Outcome;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::event::Event;
use crate::ledger::{Archive, FORMAT_VERSION, Settings, StoredRows, Verdict, hash_at};
use crate::log::{ChainPoint, LockError, Standing, StorageError, Verdict as TailVerdict, scan_segment};
use crate::projection::Cursor;
use crate::vocab::{Clock, Code, Seq};

/// What `doctor` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "It looks at the folder: settings, lock, end of the log, projections, clock, keys, strange files, disk.\n\
    Whether the log was tampered with is for `ceasefire verify`. With -n it writes nothing, and so does not time the disk."
)]
pub struct DoctorArgs {}

/// What `doctor` answers.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DoctorAnswer {
    /// The ledger's folder.
    pub folder: String,
    /// The checks.
    pub checks: Vec<Checked>,
}

/// One check and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Checked {
    /// What was checked.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, in a few words.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
}

impl Checked {
    fn new(name: &'static str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { name, verdict, detail: detail.into(), hint: None }
    }

    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Verdict::Ok, detail)
    }

    fn bad(name: &'static str, detail: impl Into<String>, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..Self::new(name, Verdict::Violated, detail) }
    }

    fn unsure(name: &'static str, detail: impl Into<String>, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..Self::new(name, Verdict::CannotTell, detail) }
    }
}

/// Looks the folder over.
pub fn run(_: &DoctorArgs, session: &mut Session) -> Result<Outcome, Complaint> {
    refuse_csv("doctor", &session.console)?;
    refuse_known_at("doctor", session)?;
    let folder = session.folder()?;
    let mut checks = Vec::new();
    match folder.settings() {
        Ok(settings) => {
            checks.push(settings_check(&settings));
            match Archive::open(folder.clone()) {
                Ok(archive) => checks.extend(log_checks(&settings, &archive, session.clock.as_ref())),
                Err(error) => checks.push(unreadable("log", &error)),
            }
        }
        Err(error) => checks.push(unreadable("settings", &error)),
    }
    checks.push(disk::keys_check(&folder));
    checks.push(disk::strangers_check(&folder));
    checks.push(if session.global.dry_run { disk::sync_untimed() } else { disk::sync_check(&folder) });
    let outcome = outcome(&checks);
    let answer = DoctorAnswer { folder: folder.path().display().to_string(), checks };
    if session.console.is_human() {
        print(&answer, &mut session.console)?;
    } else {
        session.console.answer("doctor", outcome, &answer)?;
    }
    Ok(outcome)
}

/// Tampering beats torn beats undecided.
fn outcome(checks: &[Checked]) -> Outcome {
    let any = |verdict: Verdict| checks.iter().any(|check| check.verdict == verdict);
    match (any(Verdict::Violated), any(Verdict::Torn), any(Verdict::CannotTell)) {
        (true, ..) => Outcome::Violated,
        (_, true, _) => Outcome::Torn,
        (_, _, true) => Outcome::Undecided,
        _ => Outcome::Ok,
    }
}

fn unreadable(name: &'static str, error: &dyn std::error::Error) -> Checked {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    Checked::unsure(name, format!("{error}{cause}"), "restore it from a copy; compare with another party's copy")
}

fn settings_check(settings: &Settings) -> Checked {
    if settings.format == FORMAT_VERSION {
        return Checked::ok("settings", format!("ledger.toml is readable, format {}", settings.format));
    }
    let detail = format!("ledger.toml says format {}, this program writes {FORMAT_VERSION}", settings.format);
    Checked::unsure("settings", detail, "update the program, or restore ledger.toml from a copy")
}

fn log_checks(settings: &Settings, archive: &Archive, clock: &dyn Clock) -> Vec<Checked> {
    let (lock, being_written) = lock_check(archive);
    vec![
        origin_check(settings, archive),
        lock,
        end_check(archive, being_written),
        checkpoint_check(archive),
        projections_check(archive),
        clock_check(archive, clock),
    ]
}

fn origin_check(settings: &Settings, archive: &Archive) -> Checked {
    let first = match archive.reader().record_at(Seq::FIRST) {
        Ok(Some(first)) => first,
        Ok(None) => return Checked::bad("origin", "the log has no record 1", "restore the log from a copy"),
        Err(error) => return unreadable("origin", &error),
    };
    match Told::read(first).ok().map(|told| told.body.event) {
        Some(Event::LedgerCreated(event)) if event.origin.as_str() == settings.origin => {
            Checked::ok("origin", format!("{}, in ledger.toml and in record 1", settings.origin))
        }
        Some(Event::LedgerCreated(event)) => {
            let detail = format!("ledger.toml says {}, record 1 says {}", settings.origin, event.origin);
            Checked::bad("origin", detail, "put record 1's origin into ledger.toml; the log is the truth")
        }
        _ => Checked::bad("origin", "record 1 is not ledger.created", "compare with another party's copy"),
    }
}

/// Tells too whether a writer is at work.
fn lock_check(archive: &Archive) -> (Checked, bool) {
    match archive.storage().lock() {
        Ok(_) => (Checked::ok("lock", "free: nobody is writing"), false),
        Err(LockError::Held) => (Checked::ok("lock", "held: a program is writing"), true),
        Err(error) => (unreadable("lock", &error), false),
    }
}

/// Looks for a half-written batch at the end of the last segment.
fn end_check(archive: &Archive, being_written: bool) -> Checked {
    const NAME: &str = "end";
    let tail = match last_segment(archive) {
        Ok(Some(tail)) => tail,
        Ok(None) => return Checked::bad(NAME, "the log is empty", "restore the log from a copy"),
        Err(detail) => return Checked::unsure(NAME, detail, "ceasefire verify looks closer"),
    };
    match tail.verdict {
        TailVerdict::Clean => Checked::ok(NAME, "the last batch is complete"),
        TailVerdict::Torn { .. } if being_written => Checked::ok(NAME, "a batch is being written"),
        TailVerdict::Torn { from, bytes, .. } => Checked {
            hint: Some("ceasefire recover moves them aside"),
            ..Checked::new(NAME, Verdict::Torn, format!("{bytes} bytes of a half-written batch after byte {from}"))
        },
        TailVerdict::Corrupt { seq, why, .. } => {
            Checked::bad(NAME, format!("record {seq}: {why}"), "ceasefire verify; then compare with another copy")
        }
    }
}

/// Scans the last segment, on the word of the record before it.
fn last_segment(archive: &Archive) -> Result<Option<crate::log::Scan>, String> {
    let storage = archive.storage();
    let said = |error: StorageError| error.to_string();
    let Some(name) = storage.segments().map_err(said)?.pop() else { return Ok(None) };
    let before = archive.reader().record_at(name.first().previous()).map_err(|error| error.to_string())?;
    let expect = before.map_or(ChainPoint::START, |record| ChainPoint {
        next: record.seq.next(),
        prev: record.hash,
        last_at: record.at,
    });
    let length = usize::try_from(storage.length(name).map_err(said)?).map_err(|error| error.to_string())?;
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match storage.read(name, filled as u64, rest).map_err(said)? {
            0 => break,
            read => filled += read,
        }
    }
    bytes.truncate(filled);
    Ok(Some(scan_segment(&bytes, expect, Standing::Last)))
}

/// Whether all that is in the log is signed for, and whether the log still reaches over what was.
fn checkpoint_check(archive: &Archive) -> Checked {
    const NAME: &str = "checkpoint";
    let (key, head) = match (archive.log_key(), archive.reader().head()) {
        (Ok(Some(key)), Ok(head)) => (key, head.seq),
        (Ok(None), _) => return Checked::ok(NAME, "none: record 1 names no log key"),
        (Err(error), _) => return unreadable(NAME, &error),
        (_, Err(error)) => return unreadable(NAME, &error),
    };
    match archive.publication().last_signed(&key) {
        Ok(None) => Checked::unsure(NAME, "none, though record 1 names a log key", "ceasefire checkpoint makes one"),
        Ok(Some(last)) if last.seq() > head => {
            let detail = format!("{} records were signed, the log ends with record {head}", last.seq());
            Checked::bad(NAME, detail, Code::BehindSigned.entry().hint)
        }
        Ok(Some(last)) => {
            let after = head.number() - last.seq().number();
            Checked::ok(NAME, format!("{} records signed, {after} came after", last.seq()))
        }
        Err(error) => Checked::unsure(NAME, refusal::chain(&error), Code::CellUnreadable.entry().hint),
    }
}

fn projections_check(archive: &Archive) -> Checked {
    const NAME: &str = "projections";
    const REBUILD: &str = "ceasefire rebuild makes them anew from the log";
    let stored = match archive.stored_rows() {
        Ok(stored) => stored,
        Err(error) => return unreadable(NAME, &error),
    };
    let cursor = match stored {
        StoredRows::None => return Checked::ok(NAME, "none stored; they are made from the log when needed"),
        StoredRows::Held => return Checked::ok(NAME, "in use by another program; not looked at"),
        StoredRows::Unusable(why) => return Checked::unsure(NAME, why, REBUILD),
        StoredRows::Rows(_, cursor) => cursor,
    };
    if cursor.versions != Cursor::current_versions() {
        return Checked::unsure(NAME, "of another version of this program", REBUILD);
    }
    match (hash_at(archive.reader(), cursor.seq), archive.reader().head()) {
        (Ok(Some(hash)), Ok(head)) if hash == cursor.head => {
            let behind = head.seq.number().saturating_sub(cursor.seq.number());
            let behind = if behind == 0 { String::new() } else { format!(", {behind} behind the log") };
            Checked::ok(NAME, format!("of this log, up to record {}{behind}", cursor.seq))
        }
        (Ok(_), Ok(_)) => Checked::unsure(NAME, format!("made from another record {}", cursor.seq), REBUILD),
        (Err(error), _) | (_, Err(error)) => unreadable(NAME, &error),
    }
}

/// A clock behind the head would give new records the head's time: recording times never go back.
fn clock_check(archive: &Archive, clock: &dyn Clock) -> Checked {
    const NAME: &str = "clock";
    let (now, head) = match archive.reader().head() {
        Ok(head) => (clock.now(), head),
        Err(error) => return unreadable(NAME, &error),
    };
    match head.at {
        Some(at) if now < at => {
            let seconds = (at.micros() - now.micros()) / 1_000_000;
            let detail = format!("{seconds} s behind the last record, which was recorded at {at}");
            Checked::unsure(NAME, detail, "set the clock; until then new records carry the last record's time")
        }
        _ => Checked::ok(NAME, format!("{now}, not behind the last record")),
    }
}

fn print(answer: &DoctorAnswer, console: &mut Console) -> Result<(), Complaint> {
    let title = console.paint(Paint::Heading, "ledger");
    console.line(format!("{title} in {}", answer.folder))?;
    for check in &answer.checks {
        let (word, paint) = match check.verdict {
            Verdict::Ok => ("ok", Paint::Good),
            Verdict::Violated => ("wrong", Paint::Bad),
            Verdict::Torn => ("torn", Paint::Bad),
            Verdict::CannotTell => ("cannot tell", Paint::Unsure),
        };
        let word = console.paint(paint, &format!("{word:<11}"));
        console.line(format!("  {word}  {:<11}  {}", check.name, check.detail))?;
        if let Some(hint) = check.hint {
            console.line(format!("  {:<11}  {:<11}  hint: {hint}", "", ""))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_beats_what_is_torn_beats_what_cannot_be_told() {
        let check = |verdict| Checked::new("x", verdict, "");
        let [ok, wrong, torn, unsure] = [Verdict::Ok, Verdict::Violated, Verdict::Torn, Verdict::CannotTell].map(check);
        assert_eq!(outcome(std::slice::from_ref(&ok)), Outcome::Ok);
        assert_eq!(outcome(&[ok.clone(), unsure.clone()]), Outcome::Undecided);
        assert_eq!(outcome(&[unsure.clone(), torn.clone()]), Outcome::Torn);
        assert_eq!(outcome(&[unsure, torn, wrong, ok]), Outcome::Violated);
    }
}
