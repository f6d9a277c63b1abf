//! What an id names.

use super::{Fact, Named};
use crate::cli::verbs::record_text::{actors, figure_words};
use crate::ledger::View;
use crate::projection::RowError;
use crate::rules::claims::Claimed;
use crate::vocab::{Names, Seq};

/// Finds everything an id names.
pub(super) fn named(id: &str, view: &View<'_>) -> Result<Vec<Named>, RowError> {
    let found = [
        actor(id, view)?,
        place(id, view)?,
        ceasefire(id, view)?,
        incident(id, view)?,
        counter(id, view)?,
        process(id, view)?,
        key(id, view)?,
    ];
    Ok(found.into_iter().flatten().collect())
}

fn actor(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let tables = view.tables();
    let Some(row) = tables.actors.row(id)? else { return Ok(None) };
    let mut facts = vec![fact("kind", row.kind)];
    let mut records = row.records;
    tables.relations.walk("", |_, related| {
        let (from, to) = (&related.claim.actor, &related.claim.to);
        if related.stands() && (from.as_str() == id || to.as_str() == id) {
            facts.push(fact("relation", format!("{from} {} {to} [record {}]", related.claim.relation, related.seq)));
            records.push(related.seq);
        }
    })?;
    records.sort();
    let more = Some(format!("ceasefire log --actor {id}"));
    Ok(Some(Named { kind: "actor".to_owned(), facts, names: row.names, records, more }))
}

fn place(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let Some(row) = view.tables().places.row(id)? else { return Ok(None) };
    let mut facts: Vec<_> = row.within.iter().map(|within| fact("within", within)).collect();
    view.tables().places.walk("", |_, inner| {
        if inner.within.as_ref().is_some_and(|within| within.as_str() == id) {
            facts.push(fact("holds", &inner.place));
        }
    })?;
    let more = Some(format!("ceasefire search {id}"));
    Ok(Some(Named { kind: "place".to_owned(), facts, names: row.names, records: row.records, more }))
}

fn ceasefire(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let Some(row) = view.tables().ceasefires.row(id)? else { return Ok(None) };
    let ids = |ids: &[crate::vocab::ActorId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut facts: Vec<_> = row.kind.iter().map(|kind| fact("kind", kind)).collect();
    let roles = [("parties", &row.parties), ("mediators", &row.mediators), ("guarantors", &row.guarantors)];
    facts.extend(roles.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| fact(name, ids(list))));
    facts.extend(row.relations.iter().map(|related| fact("relation", format!("{} {}", related.relation, related.to))));
    facts.extend(row.external.iter().map(|external| fact("also", format!("{}:{}", external.scheme, external.id))));
    let claims = view.ceasefire_claims(&row.ceasefire)?;
    let mut records = row.records;
    records.extend(claims.iter().flat_map(Claimed::records));
    records.sort();
    records.dedup();
    let more = Some(format!("ceasefire state {id}, ceasefire replay {id}"));
    Ok(Some(Named { kind: "ceasefire".to_owned(), facts, names: row.names, records, more }))
}

fn incident(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let Some(row) = view.tables().incidents.row(id)? else { return Ok(None) };
    let mut facts = Vec::new();
    facts.extend(row.merged_into.iter().map(|(into, seq)| fact("merged", format!("into {into} [record {seq}]"))));
    facts.extend(row.members.iter().map(|member| fact("holds", member)));
    let claims = view.tables().claims_about(&row.incident)?;
    let mut records: Vec<Seq> = claims.iter().flat_map(Claimed::records).collect();
    records.sort();
    records.dedup();
    let more = Some(format!("ceasefire incident {id}"));
    Ok(Some(Named { kind: "incident".to_owned(), facts, names: Names::new(Vec::new()), records, more }))
}

/// A counter's readings in order, each beside who publishes it; nothing is added up.
fn counter(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let readings = view.tables().readings.rows(&format!("{id}/"))?;
    let mut facts = Vec::new();
    for reading in &readings {
        let claim = &reading.claim;
        let values: Vec<String> = claim.values.iter().map(figure_words).collect();
        let period = claim.period.map(|period| format!(" at {period}")).unwrap_or_default();
        let stands = if reading.stands() { "" } else { ", retracted" };
        let by = actors(&claim.voice.speaker);
        facts.push(fact(
            "reading",
            format!("{}{period}, says {by}{stands} [record {}]", values.join("; "), reading.seq),
        ));
    }
    let records = readings.iter().flat_map(Claimed::records).collect();
    let more = Some("ceasefire tally".to_owned());
    let counter = Named { kind: "counter".to_owned(), facts, names: Names::new(Vec::new()), records, more };
    Ok((!readings.is_empty()).then_some(counter))
}

fn process(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let reports = view.tables().processes.rows(&format!("{id}/"))?;
    let facts = reports.iter().map(|report| {
        let attendance = report.claim.attendance.map(|attendance| format!(" {attendance}")).unwrap_or_default();
        let by = actors(&report.claim.by);
        fact("report", format!("{}{attendance} by {by} [record {}]", report.claim.kind, report.seq))
    });
    let facts = facts.collect();
    let records = reports.iter().flat_map(Claimed::records).collect();
    let process = Named { kind: "process".to_owned(), facts, names: Names::new(Vec::new()), records, more: None };
    Ok((!reports.is_empty()).then_some(process))
}

fn key(id: &str, view: &View<'_>) -> Result<Option<Named>, RowError> {
    let Some(row) = view.tables().keys.row(id)? else { return Ok(None) };
    let roles: Vec<&str> = row.roles.iter().map(|role| role.as_str()).collect();
    let mut facts = vec![
        fact("of", &row.actor),
        fact("public key", &row.public_key),
        fact("may sign", roles.join(", ")),
        fact("from", format!("record {}", row.from)),
    ];
    facts.push(fact("state", row.state()));
    facts.extend(row.until.map(|until| fact("until", format!("record {until}"))));
    facts.extend(row.successor.as_ref().map(|next| fact("next", next)));
    facts.extend(row.revoked.map(|revoked| fact("revoked", format!("by record {revoked}"))));
    facts.extend(row.suspect_since.map(|since| fact("doubtful", format!("since {since}"))));
    let mut records: Vec<Seq> = std::iter::once(row.from).chain(row.until).chain(row.revoked).collect();
    records.dedup();
    let more = Some("ceasefire key list".to_owned());
    Ok(Some(Named { kind: "key".to_owned(), facts, names: Names::new(Vec::new()), records, more }))
}

fn fact(name: &str, value: impl std::fmt::Display) -> Fact {
    Fact { name: name.to_owned(), value: value.to_string() }
}

/// Gathers every id, for "did you mean".
pub(super) fn all_ids(view: &View<'_>) -> Result<Vec<String>, RowError> {
    let tables = view.tables();
    let mut ids: Vec<String> = Vec::new();
    tables.actors.walk("", |key, _| ids.push(key.to_owned()))?;
    tables.places.walk("", |key, _| ids.push(key.to_owned()))?;
    tables.ceasefires.walk("", |key, _| ids.push(key.to_owned()))?;
    tables.incidents.walk("", |key, _| ids.push(key.to_owned()))?;
    tables.keys.walk("", |key, _| ids.push(key.to_owned()))?;
    let mut keyed = |key: &str| ids.extend(key.split('/').next().map(ToOwned::to_owned));
    tables.readings.walk("", |key, _| keyed(key))?;
    tables.processes.walk("", |key, _| keyed(key))?;
    ids.sort();
    ids.dedup();
    Ok(ids)
}
