//! Registry: actors, relations, places, keys, evidence, and what the ledger says of itself.

use super::Projection;
use super::claiming::apply_claims;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::{ActorRow, CustodyRow, GenesisRow, PlaceRow, RelationRow, Tables};
use crate::event::{ActorKind, ActorRegistered, Event, LedgerCreated, PlaceRegistered};
use crate::rules::admission::skeleton;
use crate::rules::keys::changed_keys;
use crate::vocab::{Names, Seq, When};

/// The one row of the genesis table.
const GENESIS_KEY: &str = "1";

/// Keeps who and where.
pub(super) struct Registry;

impl Projection for Registry {
    fn name(&self) -> &'static str {
        "registry"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> &'static [&'static str] {
        &["genesis", "actor", "relation", "skeleton", "place", "key", "evidence", "custody"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        match &recorded.event {
            Event::LedgerCreated(event) => create(tables, event, recorded.seq),
            Event::ActorRegistered(event) => register_actor(tables, event, recorded.seq),
            Event::PlaceRegistered(event) => register_place(tables, event, recorded.seq),
            Event::KeyAdded(_) | Event::KeyRotated(_) | Event::KeyRevoked(_) => {
                return change_keys(tables, &recorded.event, recorded.seq);
            }
            Event::EvidenceAdded(event) => tables.evidence.put(event.blake3.to_string(), event.clone()),
            Event::Newer(_) => return tables.genesis.change(GENESIS_KEY, |row| row.newer += 1),
            Event::RecordCorrected(event) => match &*event.replacement {
                Event::ActorRegistered(replacement) => return correct_actor(tables, replacement, recorded.seq),
                Event::PlaceRegistered(replacement) => return correct_place(tables, replacement, recorded.seq),
                _ => {}
            },
            _ => {}
        }
        apply_claims(tables, recorded, |tables| &mut tables.custody, |_, event, _| Ok(custody(event)))?;
        apply_claims(
            tables,
            recorded,
            |tables| &mut tables.relations,
            |_, event, _| {
                Ok(match event {
                    Event::ActorRelated(event) => {
                        let row =
                            RelationRow { actor: event.actor.clone(), relation: event.relation, to: event.to.clone() };
                        vec![(String::new(), row)]
                    }
                    _ => Vec::new(),
                })
            },
        )
        .map(drop)
    }
}

/// What an event says of the custody of evidence.
fn custody(event: &Event) -> Vec<(String, CustodyRow)> {
    match event {
        Event::EvidenceAdded(event) => {
            let row = CustodyRow::Added {
                sha256: event.sha256,
                bytes: event.bytes,
                media_type: event.media_type.to_string(),
                custodian: event.custodian.clone(),
                by: event.source.speaker.clone(),
                about: event.about.clone(),
            };
            vec![(event.blake3.to_string(), row)]
        }
        Event::EvidenceTransferred(event) => {
            let when = event.when.as_ref().map(When::span);
            let row = CustodyRow::Transferred { from: event.from.clone(), to: event.to.clone(), when };
            vec![(event.blake3.to_string(), row)]
        }
        _ => Vec::new(),
    }
}

fn create(tables: &mut Tables, event: &LedgerCreated, seq: Seq) {
    let recorder = event.recorder.actor.clone();
    let row = GenesisRow {
        origin: event.origin.to_string(),
        recorder: recorder.clone(),
        zones: event.zones.clone(),
        rules: event.rules.to_string(),
        newer: 0,
    };
    tables.genesis.put(GENESIS_KEY.to_owned(), row);
    name_actor(tables, &recorder, &event.recorder.names);
    let names = event.recorder.names.clone();
    let row = ActorRow { actor: recorder.clone(), kind: ActorKind::Office, names, records: vec![seq] };
    tables.actors.put(recorder.to_string(), row);
}

fn register_actor(tables: &mut Tables, event: &ActorRegistered, seq: Seq) {
    name_actor(tables, &event.actor, &event.names);
    let row = ActorRow { actor: event.actor.clone(), kind: event.kind, names: event.names.clone(), records: vec![seq] };
    tables.actors.put(event.actor.to_string(), row);
}

fn correct_actor(tables: &mut Tables, event: &ActorRegistered, seq: Seq) -> Result<(), RowError> {
    let mut records = Vec::new();
    if let Some(row) = tables.actors.row(event.actor.as_str())? {
        for name in row.names.iter() {
            tables.skeletons.remove(&skeleton(name.text.as_str()));
        }
        records = row.records;
    }
    records.push(seq);
    name_actor(tables, &event.actor, &event.names);
    let row = ActorRow { actor: event.actor.clone(), kind: event.kind, names: event.names.clone(), records };
    tables.actors.put(event.actor.to_string(), row);
    Ok(())
}

fn name_actor(tables: &mut Tables, actor: &crate::vocab::ActorId, names: &Names) {
    for name in names.iter() {
        tables.skeletons.put(skeleton(name.text.as_str()), actor.clone());
    }
}

fn register_place(tables: &mut Tables, event: &PlaceRegistered, seq: Seq) {
    let row = PlaceRow {
        place: event.place.clone(),
        names: event.names.clone(),
        within: event.within.clone(),
        records: vec![seq],
    };
    tables.places.put(event.place.to_string(), row);
}

fn correct_place(tables: &mut Tables, event: &PlaceRegistered, seq: Seq) -> Result<(), RowError> {
    let mut records = tables.places.row(event.place.as_str())?.map(|row| row.records).unwrap_or_default();
    records.push(seq);
    let row =
        PlaceRow { place: event.place.clone(), names: event.names.clone(), within: event.within.clone(), records };
    tables.places.put(event.place.to_string(), row);
    Ok(())
}

/// Takes in what a record changes among the keys.
fn change_keys(tables: &mut Tables, event: &Event, seq: Seq) -> Result<(), RowError> {
    for (id, key) in changed_keys(event, seq, |id| tables.keys.row(id.as_str()))? {
        tables.keys.put(id.to_string(), key);
    }
    Ok(())
}
