//! The fold from record 1, watched: every record that bears on a ceasefire, and what state it leaves behind.

mod bearing;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::complaint::Complaint;
use crate::cli::refusal;
use crate::cli::verbs::record_text::gist;
use crate::event::{About, Event, Relation};
use crate::ledger::{ReplayError, Until, fold_anew, perspective_of, read_log};
use crate::log::LogReader;
use crate::projection::{CeasefireRow, Cursor, Fold, ProjectionDigest, Recorded, RowError, projection_digests};
use crate::record::RecordHash;
use crate::rules::lifecycle::{CeasefireFacts, Force, Perspective, State};
use crate::rules::scope::PlaceTree;
use crate::rules::sides::Sides;
use crate::vocab::{CeasefireId, Contested, Instant, Seq, Span};

use bearing::{Bearing, mends};

/// One record that bears on one ceasefire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Step {
    /// The record.
    pub seq: Seq,
    /// When it was recorded.
    pub recorded: Instant,
    /// Its event type.
    pub r#type: String,
    /// The ceasefire.
    pub ceasefire: String,
    /// What it says.
    pub what: String,
    /// For an incident: how it stands to the ceasefire, and whether anybody calls it a breach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// The state after it.
    pub state: Contested<State>,
    /// Whether that is another state than before.
    pub changed: bool,
}

/// What is watched.
pub struct Watch {
    /// Up to where.
    pub until: Until,
    /// At which instant or interval of event time states are given.
    pub at: Span,
    /// From whose point of view.
    pub perspective: String,
    /// The one ceasefire that is shown, by its id or by what another list calls it.
    pub only: Option<String>,
    /// After so many steps in a row that change no state, further ones are only counted; without it all are kept.
    pub run: Option<usize>,
    /// A position at which the digests are wanted too.
    pub digests_at: Option<Seq>,
}

/// Steps that were only counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// How many steps stand before them.
    pub after: usize,
    /// How many they are.
    pub count: u64,
    /// The first record.
    pub first: Seq,
    /// The last record.
    pub last: Seq,
}

/// What was seen.
pub struct Course {
    /// The steps, in order of record.
    pub steps: Vec<Step>,
    /// The steps that were only counted, in order.
    pub passed: Vec<Passed>,
    /// How many records bear on what is shown.
    pub bearing: u64,
    /// The ceasefires with their state at the end, in order of id; nothing where the perspective is not theirs.
    pub ends: Vec<(CeasefireRow, Option<Contested<State>>)>,
    /// Where the fold stopped.
    pub cursor: Cursor,
    /// The digests there.
    pub digests: Vec<ProjectionDigest>,
    /// The digests at the position that was asked for, with the hash of its record.
    pub digests_there: Option<(RecordHash, Vec<ProjectionDigest>)>,
}

/// A fold under way.
struct Walk<'a> {
    watch: &'a Watch,
    fold: Fold,
    log: Option<RecordHash>,
    last: (Seq, RecordHash),
    sides: Sides,
    places: PlaceTree,
    standings: BTreeMap<CeasefireId, Standing>,
    steps: Vec<Step>,
    passed: Vec<Passed>,
    quiet: usize,
    bearing: u64,
    digests_there: Option<(RecordHash, Vec<ProjectionDigest>)>,
}

/// How one ceasefire stands.
struct Standing {
    row: CeasefireRow,
    state: Option<Contested<State>>,
    forces: Vec<Force>,
}

/// Which standings a record may have changed.
enum Moved<'a> {
    None,
    One(&'a CeasefireId),
    All,
}

/// Folds the log from record 1 and watches.
pub fn watch(reader: &LogReader, watch: &Watch, progress: &mut dyn FnMut(Seq)) -> Result<Course, Complaint> {
    let mut walk = Walk {
        watch,
        fold: fold_anew(reader, watch.until).map_err(|error| refusal::replay(&error))?,
        log: None,
        last: (Seq::NONE, RecordHash::ZERO),
        sides: Sides::default(),
        places: PlaceTree::default(),
        standings: BTreeMap::new(),
        steps: Vec::new(),
        passed: Vec::new(),
        quiet: 0,
        bearing: 0,
        digests_there: None,
    };
    let walked = read_log(reader, Seq::FIRST, watch.until, |records| {
        records.iter().try_for_each(|(record, hash)| walk.take(record, *hash))?;
        records.last().iter().for_each(|(last, _)| progress(last.seq));
        Ok(())
    });
    walked.map_err(|error| refusal::replay(&error))?;
    walk.end()
}

impl Walk<'_> {
    fn take(&mut self, record: &Recorded, hash: RecordHash) -> Result<(), ReplayError> {
        // Of what is mended, only the rows before say what it bore on.
        let mut bearing = if mends(&record.event) { self.bearing(record)? } else { Bearing::new() };
        self.fold.apply(record)?;
        self.log.get_or_insert(hash);
        self.last = (record.seq, hash);
        if self.fold.is_due(record.seq)
            && let Some(cursor) = self.cursor()
        {
            self.fold.commit_beside(&cursor)?;
        }
        let moved = self.follow(record)?;
        bearing.extend(self.bearing(record)?);
        self.add_steps(record, bearing, &moved)?;
        if self.watch.digests_at == Some(record.seq) {
            let cursor = self.cursor().ok_or(ReplayError::Empty)?;
            self.digests_there = Some((hash, projection_digests(&self.fold.tables, &cursor)?));
        }
        Ok(())
    }

    fn cursor(&self) -> Option<Cursor> {
        let (seq, head) = self.last;
        self.log.map(|log| Cursor { log, seq, head, versions: Cursor::current_versions() })
    }

    /// Keeps what states and scopes are computed from beside the rows.
    fn follow<'e>(&mut self, record: &'e Recorded) -> Result<Moved<'e>, RowError> {
        let moved = match &record.event {
            Event::ActorRegistered(event) => {
                self.sides.add(event.actor.clone(), event.kind);
                Moved::None
            }
            Event::PlaceRegistered(event) => {
                event.within.iter().for_each(|within| self.places.add(event.place.clone(), within.clone()));
                Moved::None
            }
            Event::CeasefireRecorded(event) => Moved::One(&event.ceasefire),
            Event::StepReported(event) => Moved::One(&event.ceasefire),
            Event::TermsReported(event) => Moved::One(&event.ceasefire),
            Event::FindingIssued(event) => match &event.about {
                About::Ceasefire(ceasefire) => Moved::One(ceasefire),
                _ => Moved::None,
            },
            Event::LedgerCreated(_)
            | Event::ActorRelated(_)
            | Event::RecordCorrected(_)
            | Event::RecordRetracted(_) => {
                self.gather_sides()?;
                Moved::All
            }
            _ => Moved::None,
        };
        Ok(moved)
    }

    fn gather_sides(&mut self) -> Result<(), RowError> {
        let tables = &self.fold.tables;
        let (mut sides, mut places) = (Sides::default(), PlaceTree::default());
        tables.actors.walk("", |_, row| sides.add(row.actor.clone(), row.kind))?;
        tables.relations.walk("", |_, row| {
            if row.stands() && matches!(row.claim.relation, Relation::PartOf | Relation::AliasOf) {
                sides.relate(row.claim.actor.clone(), row.claim.to.clone());
            }
        })?;
        tables.places.walk("", |_, row| {
            row.within.iter().for_each(|within| places.add(row.place.clone(), within.clone()));
        })?;
        (self.sides, self.places) = (sides, places);
        Ok(())
    }

    /// Adds a step for every ceasefire that the record bears on, and for every one whose state it changed.
    fn add_steps(&mut self, record: &Recorded, mut bearing: Bearing, moved: &Moved<'_>) -> Result<(), RowError> {
        let moved: Vec<CeasefireId> = match moved {
            Moved::None => Vec::new(),
            Moved::One(ceasefire) => vec![(*ceasefire).clone()],
            Moved::All => self.standings.keys().cloned().collect(),
        };
        let mut changed = Vec::new();
        for ceasefire in moved {
            if self.stand_anew(&ceasefire)? {
                bearing.entry(ceasefire.clone()).or_default();
                changed.push(ceasefire);
            }
        }
        let before = self.steps.len() + self.passed.len();
        for (ceasefire, standing) in bearing {
            let Some(Standing { row, state: Some(state), .. }) = self.standings.get(&ceasefire) else { continue };
            if self.watch.only.as_ref().is_none_or(|only| is_called(row, only)) {
                let state = state.clone();
                let changed = changed.contains(&ceasefire);
                self.add_step(record, &ceasefire, standing, state, changed);
            }
        }
        let passed = self.passed.last().is_some_and(|passed| passed.last == record.seq);
        self.bearing += u64::from(passed || self.steps.len() + self.passed.len() > before);
        Ok(())
    }

    /// Adds one step, or counts it where too many before it changed nothing either.
    fn add_step(
        &mut self,
        record: &Recorded,
        ceasefire: &CeasefireId,
        standing: Option<String>,
        state: Contested<State>,
        changed: bool,
    ) {
        self.quiet = if changed { 0 } else { self.quiet + 1 };
        if self.watch.run.is_none_or(|run| self.quiet <= run) {
            self.steps.push(step(record, ceasefire, standing, state, changed));
            return;
        }
        let after = self.steps.len();
        match self.passed.last_mut().filter(|passed| passed.after == after) {
            Some(passed) => (passed.count, passed.last) = (passed.count + 1, record.seq),
            None => self.passed.push(Passed { after, count: 1, first: record.seq, last: record.seq }),
        }
    }

    /// Computes how a ceasefire stands. Tells whether its state is another one than before.
    fn stand_anew(&mut self, ceasefire: &CeasefireId) -> Result<bool, RowError> {
        let Some(row) = self.fold.tables.ceasefires.row(ceasefire.as_str())? else { return Ok(false) };
        let mut claims = self.fold.tables.ceasefire_claims.rows(&format!("{ceasefire}/"))?;
        claims.sort_by_key(|claimed| claimed.seq);
        let facts = CeasefireFacts {
            ceasefire,
            parties: &row.parties,
            mediators: &row.mediators,
            claims: &claims,
            sides: &self.sides,
        };
        let at = self.watch.at;
        let state = match perspective_of(&self.watch.perspective, &row, &self.sides) {
            Ok(Perspective::Ledger) => Some(facts.ledger_state_over(at)),
            Ok(side) => Some(Contested::from_possible(facts.states_over(at, &side))),
            Err(_) => None,
        };
        let forces = facts.in_force();
        let before = self.standings.get(ceasefire).and_then(|standing| standing.state.clone());
        let changed = before != state;
        self.standings.insert(ceasefire.clone(), Standing { row, state, forces });
        Ok(changed)
    }

    fn end(self) -> Result<Course, Complaint> {
        let cursor = self.cursor().ok_or_else(|| refusal::replay(&ReplayError::Empty))?;
        let digests = projection_digests(&self.fold.tables, &cursor).map_err(|error| refusal::rows(&error))?;
        let Self { steps, passed, bearing, digests_there, standings, .. } = self;
        let ends = standings.into_values().map(|standing| (standing.row, standing.state)).collect();
        Ok(Course { steps, passed, bearing, ends, cursor, digests, digests_there })
    }
}

/// Tells whether a text is a ceasefire's id, or what another list calls it.
pub fn is_called(row: &CeasefireRow, text: &str) -> bool {
    row.ceasefire.as_str() == text || row.external.iter().any(|external| external.id.as_str() == text)
}

fn step(
    record: &Recorded,
    ceasefire: &CeasefireId,
    standing: Option<String>,
    state: Contested<State>,
    changed: bool,
) -> Step {
    let what = gist(&record.event);
    let what = what.strip_prefix(&format!("{ceasefire}: ")).map(ToOwned::to_owned).unwrap_or(what);
    Step {
        seq: record.seq,
        recorded: record.at,
        r#type: record.event.type_name().to_owned(),
        ceasefire: ceasefire.to_string(),
        what,
        standing,
        state,
        changed,
    }
}
