//! Annexes: which digests a record seals, and what was decided about each. Counting never reads these rows.

use super::Projection;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::{AnnexRow, Tables, seq_key};
use crate::event::Event;
use crate::vocab::{Digest32, RecordRef, Seq};

/// Keeps them.
pub(super) struct Annexes;

impl Projection for Annexes {
    fn name(&self) -> &'static str {
        "annexes"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["annex", "erased"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        if !recorded.sealed.is_empty() {
            let row = AnnexRow { digests: recorded.sealed.clone(), ..AnnexRow::default() };
            tables.annexes.put(seq_key(recorded.seq), row);
        }
        match &recorded.event {
            Event::AnnexWithheld(event) => decide(tables, recorded, &event.target, &event.digests, AnnexRow::withhold),
            Event::AnnexReleased(event) => decide(tables, recorded, &event.target, &event.digests, AnnexRow::release),
            Event::AnnexDisclosed(event) => decide(tables, recorded, &event.target, &event.digests, AnnexRow::disclose),
            Event::AnnexErased(event) => {
                decide(tables, recorded, &event.target, &event.digests, AnnexRow::erase)?;
                let Some(target) = tables.resolve(&event.target, &recorded.by)? else { return Ok(()) };
                let mut records = tables.erased.row(&seq_key(target))?.unwrap_or_default();
                records.push(recorded.seq);
                tables.erased.put(seq_key(target), records);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Takes a decision about a target's digests into its row. Digests that the target does not seal are passed over.
fn decide(
    tables: &mut Tables,
    recorded: &Recorded,
    target: &RecordRef,
    digests: &[Digest32],
    take: fn(&mut AnnexRow, Digest32, Seq),
) -> Result<(), RowError> {
    let Some(target) = tables.resolve(target, &recorded.by)? else { return Ok(()) };
    tables.annexes.change(&seq_key(target), |row| {
        for digest in digests {
            if row.digests.binary_search(digest).is_ok() {
                take(row, *digest, recorded.seq);
            }
        }
    })
}
