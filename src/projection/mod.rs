//! Projections: what the log comes to. Each is a fold of records into rows; none is the truth.
//!
//! One trait, [`Projection`]; one list, [`PROJECTIONS`], in the order in which they see a record. The same code keeps rows
//! in sled ([`SledRows`]) and folds a prefix in memory for an as-of answer. A projection sees the rows of those before
//! it, and the record; it has no clock and no other input.

mod annex;
mod beside;
mod ceasefires;
mod claiming;
mod counters;
mod digest;
mod fold;
mod held;
mod incidents;
mod layered_rows;
pub mod layers;
mod pages;
mod published;
mod recorded;
mod records;
mod registry;
mod rows;
mod series;
mod sled_rows;
mod statements;
mod table;
mod tables;
mod tally;

pub(crate) use beside::beside;
pub use digest::{ProjectionDigest, projection_digests};
pub use fold::{Cursor, Fold, FoldError};
pub use layered_rows::LayeredRows;
pub use published::{Enacted, Published, Sieve};
pub use recorded::Recorded;
pub use rows::{MemoryRows, RowChange, RowError, RowStore, RowVisitor};
pub use series::RowKey;
pub use sled_rows::{OpenRowsError, SledRows};
pub use table::Table;
pub use tables::{
    ActorRow, AnnexRow, CeasefireRow, CoverageRow, CustodyRow, GenesisRow, IncidentRow, PlaceRow, ProcessRow,
    RecordRow, RelationRow, SeriesRow, Spoken, StatementRow, SubmissionRow, TABLE_NAMES, Tables, claim_key, seq_key,
    submission_key,
};

/// A fold of records into rows.
pub trait Projection: Sync {
    /// Its name, in digests and messages.
    fn name(&self) -> &'static str;

    /// Its version. A change of what the rows mean is a new version, and the rows are made anew.
    fn version(&self) -> u32;

    /// The tables it writes; no other projection does.
    fn tables(&self) -> &'static [&'static str];

    /// Takes one record into the rows.
    ///
    /// # Errors
    /// Only where the rows cannot be read or written: a record that says something odd is still folded.
    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError>;
}

/// Every projection, in the order in which they see a record.
pub const PROJECTIONS: &[&dyn Projection] = &[
    &registry::Registry,
    &ceasefires::Ceasefires,
    &incidents::Incidents,
    &tally::Tally,
    &counters::Counters,
    &statements::Statements,
    &annex::Annexes,
    &series::Series,
    &records::Records,
];
