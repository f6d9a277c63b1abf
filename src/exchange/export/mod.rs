//! Export: what the ledger holds, in the forms of other programs. One file for each form.
//!
//! [`Incidents`] shows the incidents of a view one after the other; [`COLUMNS`] says what stands in each column, for every
//! form alike, and is the data dictionary. `records` writes the records themselves, so that another ledger can take
//! them in and gives the same answers.

mod cell;
mod columns;
mod csv;
mod geojson;
mod incident;
mod incidents;
mod jsonl;
#[cfg(feature = "parquet")]
mod parquet;
mod precision;
mod records;
mod xlsx;

pub use cell::{Cell, harmless};
pub use columns::{COLUMNS, Column, ColumnKind};
pub use csv::{dictionary_csv, incidents_csv};
pub use geojson::incidents_geojson;
pub use incident::{ExportedIncident, Point};
pub use incidents::{ExportError, ExportQuestion, Incidents};
pub use jsonl::incidents_jsonl;
#[cfg(feature = "parquet")]
pub use parquet::incidents_parquet;
pub use precision::Coded;
pub use records::{RecordsExported, records_jsonl};
pub use xlsx::incidents_xlsx;
