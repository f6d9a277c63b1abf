//! What becomes of a row: a new record, a correction, a report anew, or nothing.

use std::collections::HashSet;

use super::format::{Draft, Row, RowFault, Spot};
use crate::event::{Event, MendedBy, RecordCorrected, RecordRetracted};
use crate::ledger::{AppendError, Ledger, Rehearsal, Scratch, Submission, SubmittedBody};
use crate::projection::{RowError, RowKey, SeriesRow};
use crate::rules::admission::Target;
use crate::vocab::hex::hex_of;
use crate::vocab::{ActorId, Code, Label, Pointer, RecordRef, Text, Triple, When};

/// That a file is one of several publications of the same rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// What they are publications of.
    pub series: String,
    /// What it means that a row is not in the file.
    pub missing: Missing,
}

/// What it means that a row of the series is not in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// It is gone, and is retracted; but a file that lacks more than half of the series is refused.
    #[default]
    UpToHalf,
    /// It is gone, and is retracted, however many there are.
    Retract,
    /// Nothing: the file is a part of the series.
    Keep,
}

/// What came of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rows read.
    pub rows: u64,
    /// Rows that make new records.
    pub appended: u64,
    /// Rows that were recorded before, as they are.
    pub replayed: u64,
    /// Rows that read differently and are corrected.
    pub corrected: u64,
    /// Rows of the series that are gone and are retracted.
    pub retracted: u64,
    /// Rows that had been gone and are back.
    pub readded: u64,
    /// Rows that make no record: the format or mapping passes them over.
    pub passed_over: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Records to write, those of registered names among them.
    pub records: u64,
    /// Rows to write whose published low, best and high are out of order; they are kept as they are printed.
    pub out_of_order: u64,
}

/// What becomes of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    PassedOver,
    Unchanged,
    New,
    Readded,
    Corrected,
}

/// A row's records to be, each with the draft it comes from.
pub(super) struct RowPlan {
    pub(super) bodies: Vec<SubmittedBody>,
    origins: Vec<Origin>,
    pub(super) fate: Fate,
    pub(super) out_of_order: bool,
    seen: Vec<(Short, Seen)>,
    registered: Vec<String>,
}

/// Which draft a body comes from, and where in the body the draft stands.
#[derive(Clone, Copy)]
struct Origin {
    draft: usize,
    at: &'static str,
}

impl RowPlan {
    /// Turns a pointer into a body into one into the draft it was made from.
    pub(super) fn in_draft(&self, body: usize, pointer: &Pointer) -> (usize, Pointer) {
        let Some(origin) = self.origins.get(body) else { return (0, pointer.clone()) };
        let within = pointer.as_str().strip_prefix(origin.at).unwrap_or(pointer.as_str());
        (origin.draft, Pointer::from_text(within))
    }
}

/// Why a row has no plan.
pub(super) enum NoPlan {
    Refused(Vec<RowFault>),
    Failed(AppendError),
}

impl From<AppendError> for NoPlan {
    fn from(error: AppendError) -> Self {
        Self::Failed(error)
    }
}

/// Half of a BLAKE3 hash.
type Short = [u8; 16];

#[derive(Clone, Copy)]
struct Seen {
    content: Short,
    line: u64,
}

impl Seen {
    fn to_bytes(self) -> Vec<u8> {
        [self.content.as_slice(), &self.line.to_le_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (content, line) = bytes.split_first_chunk()?;
        Some(Self { content: *content, line: u64::from_le_bytes(line.try_into().ok()?) })
    }
}

/// The parts of rows that were seen, each under the hash of its key.
#[derive(Default)]
struct SeenParts(Scratch);

impl SeenParts {
    fn key(item: Short) -> String {
        format!("seen/{}", hex_of(&item))
    }

    fn get(&self, item: Short) -> Result<Option<Seen>, RowError> {
        Ok(self.0.get(&Self::key(item))?.as_deref().and_then(Seen::from_bytes))
    }

    fn put(&mut self, item: Short, seen: Seen) {
        self.0.put(Self::key(item), seen.to_bytes());
    }
}

/// What the rows so far came to.
pub(super) struct Planner {
    series: String,
    publication: Option<Missing>,
    by: ActorId,
    published: Option<When>,
    seen: SeenParts,
    /// Rows that were refused: they are in the file, so they are not gone.
    refused: HashSet<Short>,
    /// A row was refused whose id could not be read, so that nothing can be called gone.
    unnamed_refused: bool,
    registered: HashSet<String>,
}

impl Planner {
    pub(super) fn new(series: String, publication: Option<Missing>, by: ActorId, published: Option<When>) -> Self {
        Self {
            series,
            publication,
            by,
            published,
            seen: SeenParts::default(),
            refused: HashSet::new(),
            unnamed_refused: false,
            registered: HashSet::new(),
        }
    }

    /// Decides what becomes of a row. Nothing is remembered of it before it is [accepted](Self::accept).
    pub(super) fn plan(&self, ledger: &Ledger, rehearsal: &Rehearsal, row: Row) -> Result<RowPlan, NoPlan> {
        let Row { spot, id, drafts } = row;
        let drafts = drafts.map_err(NoPlan::Refused)?;
        let mut plan = RowPlan {
            bodies: Vec::new(),
            origins: Vec::new(),
            fate: if drafts.is_empty() { Fate::PassedOver } else { Fate::Unchanged },
            out_of_order: false,
            seen: Vec::new(),
            registered: Vec::new(),
        };
        for (index, draft) in drafts.into_iter().enumerate() {
            match draft {
                Draft::Body(given) => {
                    plan.fate = Fate::New;
                    plan.bodies.push(*given);
                    plan.origins.push(Origin { draft: index, at: "" });
                }
                Draft::Register(event) => self.register(ledger, rehearsal, *event, index, &mut plan)?,
                Draft::Claim { part, event } => {
                    let key = RowKey::new(&self.series, id.as_deref().unwrap_or_default(), &part);
                    self.claim(ledger, rehearsal, (&key, *event, index), &spot, &mut plan)?;
                }
            }
        }
        Ok(plan)
    }

    fn register(
        &self,
        ledger: &Ledger,
        rehearsal: &Rehearsal,
        event: Event,
        index: usize,
        plan: &mut RowPlan,
    ) -> Result<(), NoPlan> {
        let (name, known) = match &event {
            Event::ActorRegistered(actor) => {
                (format!("actor/{}", actor.actor), ledger.knows_actor(rehearsal, &actor.actor))
            }
            Event::PlaceRegistered(place) => {
                (format!("place/{}", place.place), ledger.knows_place(rehearsal, &place.place))
            }
            _ => (format!("{}/{index}", event.type_name()), Ok(false)),
        };
        if self.registered.contains(&name) || plan.registered.contains(&name) {
            return Ok(());
        }
        if !known? {
            self.push(ledger, &format!("register/{name}"), event, Origin { draft: index, at: "/event" }, plan)?;
        }
        plan.registered.push(name);
        Ok(())
    }

    /// Compares a part of a row with what the series holds of it.
    fn claim(
        &self,
        ledger: &Ledger,
        rehearsal: &Rehearsal,
        (key, event, index): (&RowKey, Event, usize),
        spot: &Spot,
        plan: &mut RowPlan,
    ) -> Result<(), NoPlan> {
        let text = serde_json::to_vec(&event).map_err(AppendError::from)?;
        plan.out_of_order |= event.quantities().iter().any(|q| q.triple.is_some_and(Triple::is_out_of_order));
        let content = short(&text);
        let at = key.table_key(&self.by);
        let item = short(at.as_bytes());
        let twice = plan.seen.iter().find(|(known, _)| *known == item).map(|(_, seen)| *seen);
        let earlier = twice.map_or_else(|| self.seen.get(item), |seen| Ok(Some(seen)));
        if let Some(earlier) = earlier.map_err(AppendError::from)? {
            if earlier.content == content {
                return Ok(());
            }
            let what = format!("line {} has the same id and says something else", earlier.line);
            return Err(NoPlan::Refused(vec![RowFault::new(spot.clone(), Code::RowTwice, what)]));
        }
        plan.seen.push((item, Seen { content, line: spot.line }));
        let content = hex_of(&content);
        match ledger.view().tables().series.row(&at).map_err(AppendError::from)? {
            None => self.report(ledger, (key, 1, &content), event, index, Fate::New, plan),
            Some(row) if row.content.as_ref() == Some(&content) => Ok(()),
            Some(row) if self.publication.is_none() => {
                let what = match row.content {
                    Some(_) => format!("record {} says something else of this row", row.record),
                    None => format!("this row was gone: record {} was retracted", row.record),
                };
                Err(NoPlan::Refused(vec![RowFault::new(spot.clone(), Code::RowChanged, what)]))
            }
            Some(row) => {
                let target = ledger.target(rehearsal, row.record)?;
                self.revise(ledger, (key, &content, &row), (event, index), target.as_ref(), spot, plan)
            }
        }
    }

    /// Records that a part of a row reads differently: a correction where the record can be corrected, else a
    /// retraction and a report anew.
    fn revise(
        &self,
        ledger: &Ledger,
        (key, content, row): (&RowKey, &str, &SeriesRow),
        (event, index): (Event, usize),
        target: Option<&Target>,
        spot: &Spot,
        plan: &mut RowPlan,
    ) -> Result<(), NoPlan> {
        let next = row.revision + 1;
        let Some(target) = target.filter(|target| !target.retracted) else {
            return self.report(ledger, (key, next, content), event, index, Fate::Readded, plan);
        };
        let alike = target.type_name == event.type_name() && target.subject.as_deref() == event.subject();
        if alike && event.is_correctable() {
            let mut replacement = event;
            self.stamp(&mut replacement);
            let correction = RecordCorrected {
                target: RecordRef::at(row.record),
                by: MendedBy::Source,
                reason: said("the source publishes this row differently")?,
                replacement: Box::new(replacement),
            };
            plan.fate = plan.fate.max(Fate::Corrected);
            let key = key.revised(next, Some(content)).to_string();
            let origin = Origin { draft: index, at: "/event/replacement" };
            return self.push(ledger, &key, correction.into(), origin, plan);
        }
        if !crate::event::is_retractable_type(&target.type_name) {
            let what = format!("record {} is a {}, this row is not the same", row.record, target.type_name);
            return Err(NoPlan::Refused(vec![RowFault::new(spot.clone(), Code::CannotCorrect, what)]));
        }
        let retraction = self.retraction(row, "the source publishes something else under this row's id")?;
        let origin = Origin { draft: index, at: "/event" };
        self.push(ledger, &key.revised(next, None).to_string(), retraction, origin, plan)?;
        self.report(ledger, (key, next + 1, content), event, index, Fate::Corrected, plan)
    }

    fn report(
        &self,
        ledger: &Ledger,
        (key, revision, content): (&RowKey, u32, &str),
        mut event: Event,
        index: usize,
        fate: Fate,
        plan: &mut RowPlan,
    ) -> Result<(), NoPlan> {
        self.stamp(&mut event);
        plan.fate = plan.fate.max(fate);
        let key = key.revised(revision, Some(content)).to_string();
        self.push(ledger, &key, event, Origin { draft: index, at: "/event" }, plan)
    }

    fn push(&self, ledger: &Ledger, key: &str, event: Event, origin: Origin, plan: &mut RowPlan) -> Result<(), NoPlan> {
        let body = self.body(ledger, key, event)?;
        plan.bodies.push(body);
        plan.origins.push(origin);
        Ok(())
    }

    fn body(&self, ledger: &Ledger, key: &str, event: Event) -> Result<SubmittedBody, AppendError> {
        let key = Label::new(key).map_err(unwritable)?;
        let body = ledger.body(&Submission::new(self.by.clone(), key, event));
        let text = body.to_text()?;
        Ok(SubmittedBody::unsigned(body, text))
    }

    /// Notes the publication's time on a claim that names none.
    fn stamp(&self, event: &mut Event) {
        if let (Some(published), Some(source)) = (&self.published, event.source_mut()) {
            source.published.get_or_insert_with(|| published.clone());
        }
    }

    fn retraction(&self, row: &SeriesRow, reason: &str) -> Result<Event, AppendError> {
        Ok(Event::from(RecordRetracted {
            target: RecordRef::at(row.record),
            by: MendedBy::Source,
            reason: said(reason)?,
            published: self.published.clone(),
        }))
    }

    /// Remembers a row that will be written.
    pub(super) fn accept(&mut self, plan: &mut RowPlan) {
        plan.seen.drain(..).for_each(|(item, seen)| self.seen.put(item, seen));
        self.registered.extend(plan.registered.drain(..));
    }

    /// Remembers a row that will not be written.
    pub(super) fn refuse(&mut self, id: Option<&str>) {
        match id {
            Some(id) => {
                self.refused.insert(self.row_hash(id));
            }
            None => self.unnamed_refused = true,
        }
    }

    fn row_hash(&self, id: &str) -> Short {
        let key = RowKey::new(&self.series, id, "").table_key(&self.by);
        short(key.trim_end_matches('%').as_bytes())
    }

    /// Makes retractions of what the series holds and the file does not. Says how many rows stand in the series.
    pub(super) fn gone(&self, ledger: &Ledger) -> Result<Gone, AppendError> {
        let mut gone = Gone { standing: 0, bodies: Vec::new() };
        if matches!(self.publication, None | Some(Missing::Keep)) || self.unnamed_refused {
            return Ok(gone);
        }
        let mut rows: Vec<(RowKey, SeriesRow)> = Vec::new();
        let mut failed = Ok(());
        let tables = ledger.view();
        tables.tables().series.walk(&RowKey::table_prefix(&self.by, &self.series), |key, row| {
            if row.content.is_none() {
                return;
            }
            gone.standing += 1;
            let refused = key
                .rsplit_once('/')
                .is_some_and(|(row, _)| self.refused.contains(&short(format!("{row}/").as_bytes())));
            if refused {
                return;
            }
            match self.seen.get(short(key.as_bytes())) {
                Ok(Some(_)) => {}
                Ok(None) => rows.extend(RowKey::from_table_key(key).map(|key| (key, row.clone()))),
                Err(error) => failed = Err(error),
            }
        })?;
        failed?;
        for (key, row) in rows {
            let key = key.revised(row.revision + 1, None).to_string();
            let retraction = self.retraction(&row, "gone from what the source publishes")?;
            gone.bodies.push((row.record, self.body(ledger, &key, retraction)?));
        }
        Ok(gone)
    }
}

/// What the series holds and the file does not.
pub(super) struct Gone {
    pub(super) standing: u64,
    pub(super) bodies: Vec<(crate::vocab::Seq, SubmittedBody)>,
}

/// One of this file's own short sentences.
fn said(text: &str) -> Result<Text, AppendError> {
    Text::new(text).map_err(unwritable)
}

fn unwritable(error: impl std::fmt::Display) -> AppendError {
    AppendError::Encode(serde::ser::Error::custom(error))
}

fn short(bytes: &[u8]) -> Short {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(blake3::hash(bytes).as_bytes()) {
        *to = *from;
    }
    short
}
