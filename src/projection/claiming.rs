//! How a claim row comes, is corrected and is retracted: the same in every projection.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::recorded::Recorded;
use super::rows::RowError;
use super::table::Table;
use super::tables::{Tables, seq_key};
use crate::event::Event;
use crate::rules::claims::{Claimed, Mended};
use crate::vocab::{Instant, Seq};

/// Chooses a projection's claim table among all.
pub(super) type Choose<C> = fn(&mut Tables) -> &mut Table<Claimed<C>>;

/// Draws the claims of an event, each with the id it is kept under (empty where it is kept by record alone).
pub(super) type Draw<C> = fn(&Tables, &Event, &Recorded) -> Result<Vec<(String, C)>, RowError>;

/// Applies a record to one claim table. Gives the keys of the rows that came or changed.
pub(super) fn apply_claims<C>(
    tables: &mut Tables,
    recorded: &Recorded,
    choose: Choose<C>,
    draw: Draw<C>,
) -> Result<Vec<String>, RowError>
where
    C: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    match &recorded.event {
        Event::RecordCorrected(correction) => {
            let Some(target) = tables.resolve(&correction.target, &recorded.by)? else { return Ok(Vec::new()) };
            let mut keys = Vec::new();
            // An identified statement stays identified, also where it was about no incident until now.
            let identified = tables.statements.row(&seq_key(target))?.and_then(|row| row.act);
            let (mut at, mut act) = (recorded.at, identified);
            let subject = tables.records.row(&seq_key(target))?.and_then(|row| row.subject);
            let mut stands_under = subject.clone();
            for key in claim_keys(tables, target, choose)? {
                if let Some(row) = choose(tables).row(&key)? {
                    (at, act) = (row.at, row.act.or(act));
                }
                choose(tables).remove(&key);
                stands_under = key.rsplit_once('/').map(|(under, _)| under.to_owned()).or(stands_under);
                keys.push(key);
            }
            let mut claims = draw(tables, &correction.replacement, recorded)?;
            // A report that a split moved stays where it was moved to.
            if let (Some(subject), Some(under), [(drawn, _)]) = (subject, stands_under, claims.as_mut_slice())
                && *drawn == subject
            {
                *drawn = under;
            }
            let mended = Some(Mended::Corrected(recorded.seq));
            keys.extend(put_claims(tables, choose, claims, &Stamp { seq: target, at, act, mended }));
            Ok(keys)
        }
        Event::RecordRetracted(retraction) => {
            let Some(target) = tables.resolve(&retraction.target, &recorded.by)? else { return Ok(Vec::new()) };
            let keys = claim_keys(tables, target, choose)?;
            for key in &keys {
                choose(tables).change(key, |row| row.mended = Some(Mended::Retracted(recorded.seq)))?;
            }
            Ok(keys)
        }
        event => {
            let claims = draw(tables, event, recorded)?;
            let stamp = Stamp { seq: recorded.seq, at: recorded.at, act: None, mended: None };
            Ok(put_claims(tables, choose, claims, &stamp))
        }
    }
}

/// What every row of one record has in common.
struct Stamp {
    seq: Seq,
    at: Instant,
    act: Option<Seq>,
    mended: Option<Mended>,
}

fn put_claims<C>(tables: &mut Tables, choose: Choose<C>, claims: Vec<(String, C)>, stamp: &Stamp) -> Vec<String>
where
    C: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let mut keys = Vec::new();
    for (subject, claim) in claims {
        let key = if subject.is_empty() { seq_key(stamp.seq) } else { super::tables::claim_key(&subject, stamp.seq) };
        let table = choose(tables);
        let name = table.name().to_owned();
        let row = Claimed { seq: stamp.seq, at: stamp.at, act: stamp.act, mended: stamp.mended, claim };
        table.put(key.clone(), row);
        tables.claimed.push((name, key.clone()));
        keys.push(key);
    }
    keys
}

/// Gives the rows that a record made in one claim table.
pub(super) fn claim_keys<C>(tables: &mut Tables, seq: Seq, choose: Choose<C>) -> Result<Vec<String>, RowError>
where
    C: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let name = choose(tables).name();
    let row = tables.records.row(&seq_key(seq))?;
    let claims = row.map(|row| row.claims).unwrap_or_default();
    Ok(claims.into_iter().filter(|(table, _)| table == name).map(|(_, key)| key).collect())
}
