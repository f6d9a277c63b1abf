//! The publication axis: what sources had published by a moment, whatever the order in which it was recorded.
//!
//! A record's row of a source is one **entry**: a claim with its corrections and retractions, or everything that was ever
//! recorded of one row of a series ([`RowKey`]). Of each entry the version counts that was published last by then. The
//! versions of an entry are ordered by when they were published, and by position where that is the same.
//!
//! When a version was published is what its source says (the end of the interval given: by then it surely was). Where
//! nothing is said it counts from when it was recorded. Names, keys and sealed fields are no publications: they count
//! always, so that no claim loses what it speaks of, and nothing erased comes back.

use std::collections::{BTreeMap, HashMap};

use super::recorded::Recorded;
use super::series::RowKey;
use super::tables::submission_key;
use crate::event::{Event, is_retractable_type};
use crate::vocab::{ActorId, Instant, RecordRef, Seq, When};

/// Half of a BLAKE3 hash.
type Short = [u8; 16];

/// What the versions of one entry have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Entry {
    /// One record and what mends it.
    Record(Seq),
    /// One part of a row of a series.
    Row(Short),
}

/// A version of an entry: in order of publication, then of position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    since: Instant,
    seq: Seq,
}

/// What one entry comes to by the moment asked about.
#[derive(Debug, Default)]
struct Versions {
    /// The first time that anything of it was published.
    first: Option<Instant>,
    /// The last version that says something, and the record it replaces where it is a correction.
    said: Option<(Version, Option<Seq>)>,
    /// The last version that takes it back.
    gone: Option<Version>,
}

/// One record to fold, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Enacted {
    /// After all records before this position, and this one.
    pub point: Seq,
    /// Its place among those of one point.
    order: u8,
    /// The record.
    pub seq: Seq,
    /// The record that it corrects or retracts, where it is not the one that it names.
    pub target: Option<Seq>,
    /// Since when it counts as known; nothing for what counts always.
    pub since: Option<Instant>,
}

impl Enacted {
    /// Turns the record into one that can be folded in its new place.
    #[must_use]
    pub fn placed(&self, mut recorded: Recorded) -> Recorded {
        if let Some(since) = self.since {
            recorded.at = since;
        }
        if let Some(target) = self.target.map(RecordRef::at) {
            match &mut recorded.event {
                Event::RecordCorrected(event) => event.target = target,
                Event::RecordRetracted(event) => event.target = target,
                _ => {}
            }
        }
        recorded
    }
}

/// What had been published by a moment: the records that count, and since when each does.
#[derive(Debug)]
pub struct Published {
    by: Instant,
    since: BTreeMap<Seq, Option<Instant>>,
    steps: Vec<Enacted>,
}

impl Published {
    /// Gives the moment.
    #[must_use]
    pub const fn by(&self) -> Instant {
        self.by
    }

    /// Tells whether a record had been published by then, or counts always.
    #[must_use]
    pub fn knows(&self, seq: Seq) -> bool {
        self.since.contains_key(&seq)
    }

    /// Gives when a record was published; nothing where it was not by then, or counts always.
    #[must_use]
    pub fn since(&self, seq: Seq) -> Option<Instant> {
        self.since.get(&seq).copied().flatten()
    }

    /// Gives the records published from one instant to before another, in order of position.
    pub fn between(&self, from: Instant, to: Instant) -> impl Iterator<Item = (Seq, Instant)> + '_ {
        let dated = self.since.iter().filter_map(|(seq, since)| Some((*seq, (*since)?)));
        dated.filter(move |(_, since)| from <= *since && *since < to)
    }

    /// Gives the records to fold, in order.
    #[must_use]
    pub fn steps(&self) -> &[Enacted] {
        &self.steps
    }
}

/// Sifts the records of a log, taken in order of position, by when they were published.
#[derive(Debug)]
pub struct Sieve {
    by: Instant,
    since: BTreeMap<Seq, Option<Instant>>,
    steps: Vec<Enacted>,
    entries: HashMap<Entry, Versions>,
    /// The entries of records that are part of a series; every other record is an entry of its own.
    rows: HashMap<Seq, Entry>,
    keys: HashMap<Short, Seq>,
}

impl Sieve {
    /// Begins to sift for what had been published by a moment.
    #[must_use]
    pub fn published_by(by: Instant) -> Self {
        Self {
            by,
            since: BTreeMap::new(),
            steps: Vec::new(),
            entries: HashMap::new(),
            rows: HashMap::new(),
            keys: HashMap::new(),
        }
    }

    /// Takes in a record.
    pub fn take(&mut self, recorded: &Recorded) {
        let seq = recorded.seq;
        let since = published(&recorded.event).unwrap_or(recorded.at);
        match &recorded.event {
            event if counts_always(event) => {
                self.since.insert(seq, None);
                self.steps.push(Enacted { point: seq, order: 0, seq, target: None, since: None });
            }
            Event::RecordCorrected(event) => self.correct(self.resolve(&event.target, &recorded.by), since, seq),
            Event::RecordRetracted(event) => self.retract(self.resolve(&event.target, &recorded.by), since, seq),
            event if is_retractable_type(event.type_name()) => {
                let entry = RowKey::parse(recorded.key.as_str()).map(|key| row(&key, &recorded.by));
                if let Some(entry) = entry {
                    self.rows.insert(seq, entry);
                }
                self.say(entry.unwrap_or(Entry::Record(seq)), Version { since, seq }, None);
            }
            _ if since <= self.by => {
                self.since.insert(seq, Some(since));
                self.steps.push(Enacted { point: seq, order: 0, seq, target: None, since: Some(since) });
            }
            _ => {}
        }
        self.keys.insert(short(&submission_key(&recorded.by, recorded.key.as_str())), seq);
    }

    fn resolve(&self, record: &RecordRef, by: &ActorId) -> Option<Seq> {
        record.seq.or_else(|| {
            let key = submission_key(record.by.as_ref().unwrap_or(by), record.key.as_ref()?.as_str());
            self.keys.get(&short(&key)).copied()
        })
    }

    fn entry(&self, seq: Seq) -> Entry {
        self.rows.get(&seq).copied().unwrap_or(Entry::Record(seq))
    }

    fn correct(&mut self, target: Option<Seq>, since: Instant, seq: Seq) {
        if let Some(target) = target {
            self.say(self.entry(target), Version { since, seq }, Some(target));
        }
    }

    fn retract(&mut self, target: Option<Seq>, since: Instant, seq: Seq) {
        let Some(target) = target.filter(|_| since <= self.by) else { return };
        self.since.insert(seq, Some(since));
        let versions = self.entries.entry(self.entry(target)).or_default();
        versions.gone = versions.gone.max(Some(Version { since, seq }));
    }

    fn say(&mut self, entry: Entry, version: Version, corrects: Option<Seq>) {
        if version.since > self.by {
            return;
        }
        self.since.insert(version.seq, Some(version.since));
        let versions = self.entries.entry(entry).or_default();
        versions.first = Some(versions.first.map_or(version.since, |first| first.min(version.since)));
        if versions.said.is_none_or(|(said, _)| said < version) {
            versions.said = Some((version, corrects));
        }
    }

    /// Gives what had been published.
    #[must_use]
    pub fn finish(self) -> Published {
        let Self { by, since, mut steps, entries, .. } = self;
        for versions in entries.into_values() {
            enact(&versions, &mut steps);
        }
        steps.sort_unstable();
        Published { by, since, steps }
    }
}

/// Adds the records that make the version in force: the record, its correction, its retraction, in this order.
fn enact(versions: &Versions, steps: &mut Vec<Enacted>) {
    let Some((said, corrects)) = versions.said else { return };
    let record = corrects.unwrap_or(said.seq);
    steps.push(Enacted { point: record, order: 0, seq: record, target: None, since: versions.first });
    let mut point = record;
    if corrects.is_some() {
        point = point.max(said.seq);
        steps.push(Enacted { point, order: 1, seq: said.seq, target: Some(record), since: Some(said.since) });
    }
    if let Some(gone) = versions.gone.filter(|gone| said < *gone) {
        point = point.max(gone.seq);
        let since = Some(gone.since);
        steps.push(Enacted { point, order: 2, seq: gone.seq, target: Some(record), since });
    }
}

/// When an event was published, where that is said: by then it surely was.
fn published(event: &Event) -> Option<Instant> {
    let when = match event {
        Event::RecordCorrected(event) => return published(&event.replacement),
        Event::RecordRetracted(event) => event.published.as_ref(),
        Event::ImportCompleted(event) => event.published.as_ref(),
        event => event.source().and_then(|source| source.published.as_ref()),
    };
    when.and_then(|when: &When| when.latest)
}

/// Names, keys, what the ledger says of itself, and sealed fields.
fn counts_always(event: &Event) -> bool {
    match event {
        Event::RecordCorrected(event) => counts_always(&event.replacement),
        Event::LedgerCreated(_)
        | Event::SegmentSealed(_)
        | Event::ProjectionAttested(_)
        | Event::ActorRegistered(_)
        | Event::PlaceRegistered(_)
        | Event::CeasefireRecorded(_)
        | Event::KeyAdded(_)
        | Event::KeyRotated(_)
        | Event::KeyRevoked(_)
        | Event::AnnexWithheld(_)
        | Event::AnnexReleased(_)
        | Event::AnnexDisclosed(_)
        | Event::AnnexErased(_) => true,
        _ => false,
    }
}

fn row(key: &RowKey, by: &ActorId) -> Entry {
    Entry::Row(short(&key.table_key(by)))
}

fn short(text: &str) -> Short {
    let mut half = [0; 16];
    half.copy_from_slice(blake3::hash(text.as_bytes()).as_bytes().split_at(16).0);
    half
}
