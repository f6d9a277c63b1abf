//! Import and export: one file for each format.
//!
//! An import is a [`Format`] (how a file becomes rows, and a row becomes events) and an [`Import`] (what is done with
//! them): rows are read one at a time, checked against the ledger and each other, laid aside, and written by batches
//! only when all of them were found good.

#[cfg(feature = "exchange")]
pub mod acled;
#[cfg(feature = "exchange")]
mod cells;
#[cfg(feature = "exchange")]
pub mod degrees;
#[cfg(feature = "exchange")]
pub mod export;
#[cfg(feature = "exchange")]
mod feature;
#[cfg(feature = "exchange")]
mod import;
#[cfg(feature = "exchange")]
mod items;
pub mod jsonl;
#[cfg(feature = "exchange")]
pub mod mapping;
#[cfg(feature = "exchange")]
pub mod native;
#[cfg(feature = "exchange")]
mod place_chain;
pub mod submission;
pub mod synthetic;
#[cfg(feature = "exchange")]
mod table;
#[cfg(feature = "exchange")]
pub mod ucdp;

#[cfg(feature = "exchange")]
pub use import::{
    Checked, Counts, Draft, Format, Import, ImportError, Input, Lines, Missing, Opened, Progress, Publication, Raw,
    Refusals, Refused, RejectForm, Rejects, Row, RowFault, Rows, Spot, Unreadable, Watch, Written, read_rows,
};
