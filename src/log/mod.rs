//! The append-only log: segment files of records, one writer, any number of readers (FORMAT.md §1–2).
//!
//! ```text
//! LogWriter ── append (one write, one sync a batch) ──▶ segment files ◀── LogReader, verify
//!     └─ open: scan_segment says clean, torn or corrupt
//! ```
//!
//! - [`Storage`] is what the log asks of a disk. [`DiskStorage`] is the only place that touches files;
//!   [`MemoryStorage`] forgets at a crash whatever was not synced, and fails on request.
//! - [`LogWriter`] appends batches. A receipt is given out only after the batch's bytes were durable. After any failed
//!   write or sync it refuses further work until it is opened anew.
//! - [`LogReader`] shows whole batches only, from any position, in memory that does not grow with the log.
//! - [`scan_segment`] is recovery as a pure function over bytes: *clean*, *torn* (an unfinished batch at the very end,
//!   with no valid record after it) or *corrupt* (anything else). A torn tail is moved aside on request, never deleted.
//! - [`verify`] checks framing, chain, batches, time order and the digests of sealed segments on all cores, and gives
//!   what it finds as values. [`check_seals`] checks sealed segments whole, at the speed of `b3sum`.
//!
//! A body is opaque here. The one record the log causes itself, `segment.sealed`, is written and read through functions
//! that the caller hands in.

mod ahead;
mod blocks;
mod chain;
mod disk;
#[cfg(feature = "ledger")]
mod memory;
#[cfg(feature = "ledger")]
mod opening;
#[cfg(feature = "ledger")]
mod reader;
mod recovery;
#[cfg(feature = "ledger")]
mod sealed;
mod segment;
mod storage;
#[cfg(feature = "ledger")]
mod stored;
mod verify;
#[cfg(feature = "ledger")]
mod writer;

pub use blocks::Line;
pub use chain::{CHAIN_CHECKS, ChainFault, ChainPoint, Head};
pub use disk::DiskStorage;
#[cfg(feature = "ledger")]
pub use memory::{FailPlan, MemoryStorage, Unsynced};
#[cfg(feature = "ledger")]
pub use opening::{OpenError, RecoveredTail, TornPolicy};
#[cfg(feature = "ledger")]
pub use reader::{LogReader, ReadError, Records};
pub use recovery::{Scan, Standing, Verdict, scan_segment};
#[cfg(feature = "ledger")]
pub use sealed::{RecordedSeal, check_seals, recorded_seals};
pub use segment::{DEFAULT_SEGMENT_BYTES, LogSettings, SealedSegment, SegmentDigest, SegmentName, SegmentNameError};
pub use storage::{CutTail, LockError, Storage, StorageError, StorageLock, StorageStep};
#[cfg(feature = "ledger")]
pub use stored::StoredRecord;
pub use verify::{BodyGrammar, ChainReport, Finding, Reading, TornTail, VerifyPlan, verify, verify_reading};
#[cfg(feature = "ledger")]
pub use writer::{AppendError, LogWriter, NewBody, Opened};
