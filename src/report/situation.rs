//! What a situation report says, as values: every number with its records.

use serde::{Deserialize, Serialize};

use crate::ledger::{CounterReading, Coverage, Denied, KnownAt};
use crate::rules::breakdown::SlotCount;
use crate::rules::incident::Status;
use crate::rules::lifecycle::State;
use crate::vocab::{Bounds, Contested, Cut, Instant, QuantityKind, Seq, Slot, Span};

/// A situation report of one ceasefire and one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Situation {
    /// Which log and position.
    pub known_at: KnownAt,
    /// The rule set.
    pub rules: String,
    /// The ceasefire.
    pub ceasefire: String,
    /// Its names, each with its language.
    pub names: Vec<(String, String)>,
    /// The period of event time; its end is not part of it.
    pub period: Span,
    /// The period before, of the same length.
    pub before: Span,
    /// The clock that cuts days.
    pub cut: Cut,
    /// The numbers, against the period before.
    pub summary: Vec<SummaryLine>,
    /// Incidents of the ceasefire of which nobody says when; they are in no other number.
    pub undated: Counted,
    /// Pairs of incidents of the period that may be one; nothing is merged by it.
    pub candidates: Vec<(String, String)>,
    /// The state at the beginning and at the end of the period, from each point of view.
    pub states: Vec<StateLine>,
    /// The incidents of the period by region.
    pub regions: Vec<SlotCount>,
    /// The figures of the period, verified and reported apart.
    pub casualties: Vec<Casualty>,
    /// Every incident that lies or may lie in the period.
    pub incidents: Vec<IncidentLine>,
    /// Where monitors could not go.
    pub access: Vec<Denied>,
    /// What was said in the period.
    pub statements: Vec<StatementLine>,
    /// Incidents of earlier periods whose first report was recorded in this one.
    pub late: Vec<LateLine>,
    /// Corrections, retractions, merges and splits recorded in the period.
    pub corrections: Vec<CorrectionLine>,
    /// Counters that others keep, as last read by the end of the period.
    pub counters: Vec<CounterReading>,
    /// Who reported, and where nobody could.
    pub coverage: Coverage,
    /// What the pictures show.
    pub pictures: Stretches,
}

/// An interval with the records that make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counted {
    /// From what is certain to what is possible.
    pub value: Bounds,
    /// The records, in order.
    pub records: Vec<Seq>,
}

/// One number of the summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SummaryLine {
    /// What is counted: a key of the table of words.
    pub what: String,
    /// In the period.
    pub now: Counted,
    /// In the period before.
    pub before: Counted,
}

/// A state from one point of view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StateLine {
    /// Whose view.
    pub perspective: String,
    /// The states it may have been in when the period began.
    pub at_start: Vec<State>,
    /// The states it may have been in when the period ended.
    pub at_end: Vec<State>,
    /// The records that lead to the state at the end.
    pub records: Vec<Seq>,
}

/// Figures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Casualty {
    /// What is counted.
    pub kind: QuantityKind,
    /// For incidents that an assessor verified, wholly or in part.
    pub verified: Counted,
    /// For all others: as claimed.
    pub reported: Counted,
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncidentLine {
    /// Its id.
    pub incident: String,
    /// Whether it surely lies in the period.
    pub certain: bool,
    /// The envelope of the times claimed.
    pub when: Option<Span>,
    /// The registered places claimed.
    pub places: Vec<String>,
    /// The points claimed: latitude and longitude in micro-degrees, and the radius in metres.
    pub points: Vec<(i64, i64, u64)>,
    /// What is said to have been done.
    pub acts: Vec<String>,
    /// Whom anybody charges.
    pub accused: Vec<String>,
    /// How those charged answer.
    pub answers: Vec<String>,
    /// Where it stands with assessors.
    pub status: Status,
    /// Whether anybody calls it a breach of this ceasefire.
    pub called_breach: bool,
    /// The figures claimed.
    pub figures: Vec<(QuantityKind, Bounds)>,
    /// When its first report was recorded.
    pub recorded: Option<Instant>,
    /// The records.
    pub records: Vec<Seq>,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatementLine {
    /// Who said it.
    pub by: Vec<String>,
    /// What kind of statement it is.
    pub kind: String,
    /// About what.
    pub about: Vec<String>,
    /// When it was said; nothing where the source does not say.
    pub said: Option<Span>,
    /// What it says, in the recorder's words.
    pub summary: Option<String>,
    /// The few words kept of it, with their language.
    pub quote: Option<(Option<String>, String)>,
    /// The record.
    pub record: Seq,
}

/// An incident that was reported late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LateLine {
    /// The incident.
    pub incident: String,
    /// When it happened.
    pub when: Option<Span>,
    /// When its first report was recorded.
    pub recorded: Instant,
    /// The records.
    pub records: Vec<Seq>,
}

/// Something that changes what earlier reports said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CorrectionLine {
    /// Its event type.
    pub kind: String,
    /// What it changes.
    pub target: String,
    /// Why.
    pub reason: String,
    /// When it was recorded.
    pub recorded: Instant,
    /// The record.
    pub record: Seq,
}

/// A stretch of a ceasefire's life in which its state does not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimelineBar {
    /// The ceasefire.
    pub ceasefire: String,
    /// From when to when.
    pub span: Span,
    /// Its state, as the ledger sees it.
    pub state: Contested<State>,
}

/// What the pictures show, beside what the report says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stretches {
    /// The interval of the timeline: the period, and what came before it.
    pub window: Span,
    /// The state of every ceasefire over that interval.
    pub bars: Vec<TimelineBar>,
    /// The incidents of that interval.
    pub incidents: Vec<IncidentLine>,
    /// The days of that interval.
    pub days: Vec<Slot>,
    /// Days on which somebody reported that a place was quiet: place, day.
    pub quiet: Vec<(String, String)>,
    /// Incidents by week.
    pub weeks: Vec<SlotCount>,
}
