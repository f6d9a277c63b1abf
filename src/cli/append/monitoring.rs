//! `append quiet`, `append access`, `append tally`: what was not seen, where nobody could look, and running counters.

use super::counts::{Counts, single};
use super::flags::{FlagReader, missing};
use super::kind::EventFlags;
use super::setting::{PlaceFlags, TimeFlags};
use super::source::{RemarkFlags, SourceFlags};
use crate::cli::complaint::Complaint;
use crate::event::{AccessDenied, Event, QuietReported, TallyReported};

/// Nothing was observed.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct QuietFlags {
    /// How well it was watched: two cameras, a patrol's stay of three hours
    #[arg(long, value_name = "WORDS")]
    coverage: Option<String>,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    place: PlaceFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for QuietFlags {
    const TYPE: &'static str = "quiet.reported";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        let place = self.place.read("where", reader)?;
        let during = self.time.read("during", reader)?;
        Ok(Event::from(QuietReported {
            place: place.ok_or_else(|| missing("--place", "where").hint("say where: --place ID or --where WORDS"))?,
            during: during.ok_or_else(|| missing("--at", "during"))?,
            coverage: reader.value("--coverage", "coverage", self.coverage.as_deref())?,
            source: self.source.required(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}

/// A monitor could not go where it wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct AccessFlags {
    /// Whose movement was restricted
    #[arg(long, value_name = "ACTOR")]
    monitor: Option<String>,
    /// By whom
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    denied_by: Vec<String>,
    /// The reason given
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    #[command(flatten)]
    time: TimeFlags,
    #[command(flatten)]
    place: PlaceFlags,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for AccessFlags {
    const TYPE: &'static str = "access.denied";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        Ok(Event::from(AccessDenied {
            monitor: reader.required("--monitor", "monitor", self.monitor.as_deref())?,
            by: reader.actors("--denied-by", "by", &self.denied_by)?,
            when: self.time.read("when", reader)?,
            place: self.place.read("where", reader)?,
            reason: reader.value("--reason", "reason", self.reason.as_deref())?,
            source: self.source.required(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}

/// A reading of a counter.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct TallyFlags {
    /// The counter, the same id in every reading of it
    #[arg(long, value_name = "COUNTER")]
    counter: Option<String>,
    /// What it reads: UNIT[.OUTCOME][/WHO]=QUANTITY, such as person.killed/civilian=60; repeat it for several
    #[arg(long, value_name = "COUNT")]
    count: Vec<String>,
    /// A part of the reading, written the same way; it is never added to it
    #[arg(long, value_name = "COUNT")]
    part: Vec<String>,
    /// The total the source states beside its figures, written the same way
    #[arg(long, value_name = "COUNT")]
    total: Option<String>,
    /// The source itself calls its numbers preliminary
    #[arg(long)]
    preliminary: bool,
    /// Whom the counter charges, where it does
    #[arg(long, value_name = "ACTOR[,ACTOR]")]
    accused: Vec<String>,
    /// What it covers, in words
    #[arg(long, value_name = "WORDS")]
    scope: Option<String>,
    /// The ceasefire it counts from
    #[arg(long, value_name = "CEASEFIRE")]
    ceasefire: Option<String>,
    /// From when it counts
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// When it was read, or the period it covers (A/B)
    #[arg(long, visible_alias = "at", value_name = "TIME")]
    period: Option<String>,
    #[command(flatten)]
    source: SourceFlags,
    #[command(flatten)]
    remark: RemarkFlags,
}

impl EventFlags for TallyFlags {
    const TYPE: &'static str = "tally.reported";

    fn event(&self, reader: &mut FlagReader<'_>) -> Result<Event, Complaint> {
        if self.count.is_empty() {
            return Err(missing("--count", "values").hint("say what the counter reads: --count person.killed=60"));
        }
        Ok(Event::from(TallyReported {
            counter: reader.required("--counter", "counter", self.counter.as_deref())?,
            accused: reader.actors("--accused", "accused", &self.accused)?,
            scope: reader.value("--scope", "scope", self.scope.as_deref())?,
            ceasefire: reader.value("--ceasefire", "ceasefire", self.ceasefire.as_deref())?,
            since: reader.time("--since", "since", self.since.as_deref())?,
            period: reader.time("--period", "period", self.period.as_deref())?,
            values: Counts::new("values", self.preliminary, reader).general("--count", &self.count)?.finish()?,
            breakdown: Counts::new("breakdown", self.preliminary, reader).general("--part", &self.part)?.finish()?,
            stated_total: single("--total", "stated_total", self.total.as_deref(), reader)?,
            source: self.source.required(reader)?,
            summary: self.remark.summary(reader)?,
            note: self.remark.note(reader)?,
        }))
    }
}
