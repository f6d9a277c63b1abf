//! The engine of every import: rows → drafts → admission → batches.
//!
//! Two passes. The first reads the file once, makes events of each row, checks them against the ledger and against the
//! rows before, and lays what is good aside in a file that vanishes with the program. The second writes from there, a
//! thousand records a batch. The rows are held one at a time. Of each it keeps ids, keys and hashes, a hundred bytes or two,
//! and beyond 50,000 of them in the system's folder for temporary files.
//!
//! If the program or the machine stops in the second pass, whole batches are in the log. The same command completes the
//! import: the rows that are in are recognised by their keys, the others are added.

mod check;
mod format;
mod input;
mod lines;
mod plan;
pub(crate) mod rejects;
mod spool;
mod write;

pub use check::{Checked, Import, ImportError, Progress, Refusals, Refused, Watch, read_rows};
pub use format::{Draft, Format, Raw, RejectForm, Row, RowFault, Rows, Spot, Unreadable};
pub(crate) use input::TooLong;
pub use input::{Input, Opened};
pub use lines::Lines;
pub use plan::{Counts, Missing, Publication};
pub use rejects::Rejects;
pub use write::Written;
