//! Counters: readings that somebody publishes, in order. Nothing here is ever added up.

use super::Projection;
use super::claiming::apply_claims;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::Tables;
use crate::event::Event;
use crate::rules::claims::{Reading, Voice};
use crate::vocab::When;

/// Keeps the readings.
pub(super) struct Counters;

impl Projection for Counters {
    fn name(&self) -> &'static str {
        "counters"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["reading"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        apply_claims(tables, recorded, |tables| &mut tables.readings, |_, event, _| Ok(reading(event))).map(drop)
    }
}

fn reading(event: &Event) -> Vec<(String, Reading)> {
    let Event::TallyReported(event) = event else { return Vec::new() };
    let reading = Reading {
        counter: event.counter.clone(),
        voice: Voice::of(&event.source),
        accused: event.accused.clone(),
        scope: event.scope.as_ref().map(ToString::to_string),
        since: event.since.as_ref().map(When::span),
        period: event.period.as_ref().map(When::span),
        values: event.values.clone(),
        breakdown: event.breakdown.clone(),
        stated_total: event.stated_total.clone(),
    };
    vec![(event.counter.to_string(), reading)]
}
