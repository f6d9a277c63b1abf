//! Statements: accusations, responses and whatever else was said, with processes and coverage beside them.

use super::Projection;
use super::claiming::{apply_claims, claim_keys};
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::{CoverageRow, ProcessRow, Spoken, StatementRow, Tables};
use crate::event::{About, ActIdentified, Event};
use crate::vocab::{ActorId, Seq, When};

/// Keeps what was said.
pub(super) struct Statements;

impl Projection for Statements {
    fn name(&self) -> &'static str {
        "statements"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["statement", "process", "coverage"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        if let Event::ActIdentified(event) = &recorded.event {
            return identify(tables, event, &recorded.by);
        }
        apply_claims(tables, recorded, |tables| &mut tables.statements, statement)?;
        apply_claims(tables, recorded, |tables| &mut tables.processes, |_, event, _| Ok(process(event)))?;
        apply_claims(tables, recorded, |tables| &mut tables.coverage, |_, event, _| Ok(coverage(event)))?;
        Ok(())
    }
}

fn statement(tables: &Tables, event: &Event, recorded: &Recorded) -> Result<Vec<(String, StatementRow)>, RowError> {
    let row = match event {
        Event::AccusationMade(event) => StatementRow {
            spoken: Spoken::Accusation,
            by: event.by.clone(),
            at: event.against.clone(),
            about: event.about.clone(),
            records: Vec::new(),
            legal: event.legal.clone(),
        },
        Event::ResponseMade(event) => StatementRow {
            spoken: Spoken::Response(event.stance),
            by: event.by.clone(),
            at: Vec::new(),
            about: event.to.iter().map(|answered| answered.about.clone()).collect(),
            records: Vec::new(),
            legal: event.legal.clone(),
        },
        Event::StatementMade(event) => StatementRow {
            spoken: Spoken::Statement(event.kind),
            by: event.by.clone(),
            at: event.to.clone(),
            about: event.about.clone(),
            records: Vec::new(),
            legal: event.legal.clone(),
        },
        _ => return Ok(Vec::new()),
    };
    let mut records = Vec::new();
    for about in &row.about {
        if let About::Record(record) = about {
            records.extend(tables.resolve(record, &recorded.by)?);
        }
    }
    Ok(vec![(String::new(), StatementRow { records, ..row })])
}

fn process(event: &Event) -> Vec<(String, ProcessRow)> {
    let Event::ProcessReported(event) = event else { return Vec::new() };
    let row = ProcessRow {
        process: event.process.clone(),
        kind: event.kind,
        by: event.by.clone(),
        with: event.with.clone(),
        attendance: event.attendance,
        as_of: event.as_of.as_ref().map(When::span),
    };
    vec![(event.process.to_string(), row)]
}

fn coverage(event: &Event) -> Vec<(String, CoverageRow)> {
    let row = match event {
        Event::QuietReported(event) => CoverageRow::Quiet {
            by: event.source.speaker.clone(),
            place: event.place.place.clone(),
            during: event.during.span(),
        },
        Event::AccessDenied(event) => CoverageRow::AccessDenied {
            monitor: event.monitor.clone(),
            by: event.by.clone(),
            when: event.when.as_ref().map(When::span),
        },
        _ => return Vec::new(),
    };
    vec![(String::new(), row)]
}

/// Gives the records of one act of speech in order; acts they were identified with before come along.
pub(super) fn identified(tables: &mut Tables, event: &ActIdentified, by: &ActorId) -> Result<Vec<Seq>, RowError> {
    let mut acts = Vec::new();
    for record in &event.records {
        let Some(seq) = tables.resolve(record, by)? else { continue };
        acts.push(seq);
        for key in claim_keys(tables, seq, |tables| &mut tables.statements)? {
            acts.extend(tables.statements.row(&key)?.and_then(|row| row.act));
        }
    }
    // Whatever was identified with any of them before comes along, in whichever order it was said.
    let mut same = Vec::new();
    tables.statements.walk("", |_, row| {
        if row.act.is_some_and(|act| acts.contains(&act)) {
            same.push(row.seq);
        }
    })?;
    acts.extend(same);
    acts.sort();
    acts.dedup();
    Ok(acts)
}

fn identify(tables: &mut Tables, event: &ActIdentified, by: &ActorId) -> Result<(), RowError> {
    let acts = identified(tables, event, by)?;
    let Some(&first) = acts.first() else { return Ok(()) };
    for seq in acts {
        for key in claim_keys(tables, seq, |tables| &mut tables.statements)? {
            tables.statements.change(&key, |row| row.act = Some(first))?;
        }
    }
    Ok(())
}
