//! Ledgers to test with: the bundled fixture, logs written without projections, and answers as JSON.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test binary uses its own part; a fixture that fails is a failed test"
)]

use std::path::Path;
use std::sync::Arc;

use ceasefire_ledger::event::Event;
use ceasefire_ledger::ledger::{Archive, Folder, Genesis, Ledger, Replayed, TallyQuestion, Until, View};
use ceasefire_ledger::log::{
    DiskStorage, LogReader, LogSettings, LogWriter, MemoryStorage, NewBody, SegmentName, Storage, TornPolicy,
};
use ceasefire_ledger::record::{Body, Receipt};
use ceasefire_ledger::rules::counting::{COUNT_1, Lineage};
use ceasefire_ledger::vocab::{CeasefireId, Clock, IncidentId, Instant, Seq, Span, SteppingClock, ZonePolicy};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A body with its bytes, as it is appended.
pub(crate) type Given = (Body, String);

pub(crate) const NK_2020: &str = include_str!("../../fixtures/nk-2020/events.jsonl");

pub(crate) fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// A clock that stands still, so that the order of records does not show in their recording times.
pub(crate) fn still_clock() -> Arc<dyn Clock> {
    Arc::new(SteppingClock::new(instant("2020-10-18T06:00:00Z"), 0))
}

pub(crate) fn nk_genesis() -> Genesis {
    let mut genesis = Genesis::new("example.org/nk2020").unwrap();
    genesis.zones = ZonePolicy::new(vec![180, 240]).unwrap();
    genesis
}

pub(crate) fn given(text: &str) -> Given {
    (Body::read(text).unwrap(), text.to_owned())
}

pub(crate) fn nk_bodies() -> Vec<Given> {
    NK_2020.lines().map(given).collect()
}

/// Creates a ledger in a folder and appends everything as one batch.
pub(crate) fn ledger_in(path: &Path, bodies: &[Given]) -> Ledger {
    let mut ledger = Ledger::create(Folder::at(path), &nk_genesis(), still_clock()).unwrap();
    if !bodies.is_empty() {
        ledger.append_bodies(bodies, None).unwrap();
    }
    ledger
}

/// Opens the writer of a ledger's log alone: the projections hear nothing of what it appends.
pub(crate) fn log_writer(folder: &Folder) -> LogWriter {
    let storage: Arc<dyn Storage> = Arc::new(DiskStorage::open(folder.log()).unwrap());
    let settings = LogSettings::default();
    LogWriter::open(storage, settings, still_clock(), Box::new(|_| String::new()), TornPolicy::Refuse).unwrap().writer
}

pub(crate) fn append_to_log(writer: &mut LogWriter, texts: &[&str]) -> Vec<Receipt> {
    let bodies: Vec<NewBody<'_>> = texts.iter().map(|body| NewBody { body, signature: None }).collect();
    writer.append(&bodies).unwrap()
}

/// The bytes of every segment, to see that nothing was written.
pub(crate) fn log_bytes(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder.log())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "jsonl"))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// An archive in a folder of its own.
pub(crate) struct Shelf {
    pub(crate) archive: Archive,
    _folder: TempDir,
}

impl Shelf {
    pub(crate) fn at(&self, until: Until) -> Replayed {
        self.archive.as_known(until, None).unwrap()
    }

    pub(crate) fn at_seq(&self, seq: u64) -> Replayed {
        self.at(Until::Seq(Seq::new(seq)))
    }

    /// Everything it answers at its head.
    pub(crate) fn answers(&self) -> Value {
        answers(&self.at(Until::Head).view(), &Questions::standard())
    }

    /// Everything it answered when it had so many records.
    pub(crate) fn answers_at(&self, seq: u64) -> Value {
        answers(&self.at_seq(seq).view(), &Questions::standard())
    }
}

/// Writes a log, each body a batch of its own, and opens it for reading. No projections are stored and no rule of
/// admission is asked: this is the fold alone. The log is written in memory and laid down unsynced, to be quick.
pub(crate) fn shelved(bodies: &[Given]) -> Shelf {
    let memory = MemoryStorage::new();
    let (storage, settings): (Arc<dyn Storage>, _) = (Arc::new(memory.clone()), LogSettings::default());
    let opened =
        LogWriter::open(storage, settings, still_clock(), Box::new(|_| String::new()), TornPolicy::Refuse).unwrap();
    let mut writer = opened.writer;
    append_to_log(&mut writer, &[genesis_text().as_str()]);
    for (_, text) in bodies {
        append_to_log(&mut writer, &[text]);
    }
    let temp = tempfile::tempdir().unwrap();
    let folder = Folder::at(temp.path());
    std::fs::write(folder.path().join("ledger.toml"), "origin = \"example.org/nk2020\"\nformat = 1\n").unwrap();
    std::fs::create_dir(folder.log()).unwrap();
    let name = SegmentName::FIRST.to_string();
    std::fs::write(folder.log().join(&name), memory.bytes(&name).unwrap()).unwrap();
    Shelf { archive: Archive::open(folder).unwrap(), _folder: temp }
}

/// The text of record 1 of a ledger of [`nk_genesis`].
pub(crate) fn genesis_text() -> String {
    static TEXT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    TEXT.get_or_init(|| {
        let temp = tempfile::tempdir().unwrap();
        let ledger = ledger_in(&temp.path().join("ledger"), &[]);
        ledger.reader().record_at(Seq::FIRST).unwrap().unwrap().body().to_owned()
    })
    .clone()
}

pub(crate) fn reader_of(folder: &Folder) -> LogReader {
    LogReader::new(Arc::new(DiskStorage::open(folder.log()).unwrap()))
}

/// What is asked in [`answers`].
pub(crate) struct Questions {
    pub(crate) instants: Vec<Instant>,
    pub(crate) windows: Vec<Option<Span>>,
}

impl Questions {
    pub(crate) fn standard() -> Self {
        let days = ["2020-10-01T00:00:00Z", "2020-10-10T12:00:00Z", "2020-10-17T20:30:00Z", "2020-11-20T00:00:00Z"];
        let window = Span { from: Some(instant("2020-10-10T00:00:00Z")), to: Some(instant("2020-10-17T00:00:00Z")) };
        Self { instants: days.map(instant).to_vec(), windows: vec![None, Some(window)] }
    }
}

pub(crate) fn ceasefires_of(view: &View<'_>) -> Vec<CeasefireId> {
    view.tables().ceasefires.rows("").unwrap().into_iter().map(|row| row.ceasefire).collect()
}

pub(crate) fn incidents_of(view: &View<'_>) -> Vec<IncidentId> {
    view.tables().incidents.rows("").unwrap().into_iter().map(|row| row.incident).collect()
}

/// Every tally: of each ceasefire and of everything, in each window.
pub(crate) fn tallies(view: &View<'_>, windows: &[Option<Span>]) -> Vec<Value> {
    let mut ceasefires: Vec<Option<CeasefireId>> = ceasefires_of(view).into_iter().map(Some).collect();
    ceasefires.push(None);
    let mut tallies = Vec::new();
    for ceasefire in &ceasefires {
        for &window in windows {
            let question =
                TallyQuestion { ceasefire: ceasefire.as_ref(), rules: COUNT_1, window, lineage: Lineage::Keep };
            tallies.push(serde_json::to_value(view.tally(&question).unwrap().unwrap()).unwrap());
        }
    }
    tallies
}

pub(crate) fn states(view: &View<'_>, instants: &[Instant]) -> Vec<Value> {
    let at = |at: &Instant| {
        serde_json::to_value(view.states(None, ceasefire_ledger::vocab::Span::at(*at), "ledger").unwrap()).unwrap()
    };
    instants.iter().map(at).collect()
}

/// Everything that the ledger answers here: states, tallies, incidents.
pub(crate) fn answers(view: &View<'_>, questions: &Questions) -> Value {
    let incident = |id: &IncidentId| serde_json::to_value(view.incident(id, COUNT_1).unwrap().unwrap()).unwrap();
    json!({
        "states": states(view, &questions.instants),
        "tallies": tallies(view, &questions.windows),
        "incidents": incidents_of(view).iter().map(incident).collect::<Vec<_>>(),
    })
}

/// The fields of an answer that name positions.
const POSITIONS: &[&str] = &["known_at", "record", "records", "breach_records", "seq"];

/// An answer without positions, its lists in one order: what must not depend on the order of unrelated records.
pub(crate) fn without_positions(answer: &Value) -> Value {
    match answer {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !POSITIONS.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name.clone(), without_positions(value))).collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(without_positions).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}

/// Shows every object of an answer.
pub(crate) fn walk_objects<'a>(value: &'a Value, see: &mut dyn FnMut(&'a serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            members.values().for_each(|value| walk_objects(value, see));
        }
        Value::Array(items) => items.iter().for_each(|item| walk_objects(item, see)),
        _ => {}
    }
}

/// Fails with the first difference between two answers, not with both in full.
pub(crate) fn assert_same(left: &Value, right: &Value, what: &str) {
    if let Some((pointer, left, right)) = first_difference(left, right, String::new()) {
        panic!("{what}: {pointer}: {left} against {right}");
    }
}

fn first_difference(left: &Value, right: &Value, at: String) -> Option<(String, Value, Value)> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().zip(b.values()).find_map(|((name, a), b)| first_difference(a, b, format!("{at}/{name}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| first_difference(a, b, format!("{at}/{i}")))
        }
        (a, b) => (a != b).then(|| (at, a.clone(), b.clone())),
    }
}

pub(crate) fn event(text: &str) -> Event {
    ceasefire_ledger::event::read_event(text).unwrap()
}
