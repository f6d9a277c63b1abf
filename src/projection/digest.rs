//! One hash for each projection, so that two who folded the same prefix compare a line and not their rows.

use serde::{Deserialize, Serialize};

use super::PROJECTIONS;
use super::fold::Cursor;
use super::rows::RowError;
use super::tables::Tables;
use crate::record::RecordHash;

/// The digest of one projection at one position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProjectionDigest {
    /// The projection.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// How many rows it has.
    pub rows: u64,
    /// BLAKE3, bound to the log, the position, its head hash, the name and the version.
    pub digest: RecordHash,
}

/// Computes the digest of every projection.
///
/// The hashed bytes are, with every length as a little-endian 64-bit number before what it measures: the text
/// `ceasefire.projection/1`, the log's id, the position (8 bytes), the head hash, the projection's name, its version
/// (4 bytes); then for each of its tables in order the table's name, and for each row in order of keys the key and the
/// row's JSON.
///
/// # Errors
/// [`RowError`] where the rows cannot be read.
pub fn projection_digests(tables: &Tables, cursor: &Cursor) -> Result<Vec<ProjectionDigest>, RowError> {
    PROJECTIONS
        .iter()
        .map(|projection| {
            let mut hasher = blake3::Hasher::new();
            measured(&mut hasher, b"ceasefire.projection/1");
            measured(&mut hasher, cursor.log.as_bytes());
            hasher.update(&cursor.seq.number().to_le_bytes());
            measured(&mut hasher, cursor.head.as_bytes());
            measured(&mut hasher, projection.name().as_bytes());
            hasher.update(&projection.version().to_le_bytes());
            let mut rows = 0;
            for table in projection.tables() {
                measured(&mut hasher, table.as_bytes());
                tables.walk_table(table, &mut |key, value| {
                    rows += 1;
                    measured(&mut hasher, key.as_bytes());
                    measured(&mut hasher, value);
                })?;
            }
            let digest = RecordHash::from_bytes(*hasher.finalize().as_bytes());
            Ok(ProjectionDigest { name: projection.name().to_owned(), version: projection.version(), rows, digest })
        })
        .collect()
}

fn measured(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}
