//! What a ledger publishes of itself: the tiles of its tree, the signed checkpoint, and the proofs made from them.
//!
//! ```text
//! log (durable) ──▶ tiles ──▶ cell of the last signed checkpoint ──▶ checkpoint ──▶ witnesses
//! ```
//!
//! - [`Publication::publish`] signs a checkpoint of the log's durable head. It goes on from the stored tiles, so it hashes
//!   only what is new; it never signs what does not extend what was signed before. Where a crash broke it off, the next
//!   call takes it up.
//! - [`LastSigned`] is the cell: the last signed checkpoint, in a file of its own beside the key, so that a log and
//!   checkpoint put back from an older copy are noticed.
//! - [`Publication::inclusion`] and [`Publication::consistency`] make proofs from the tiles, and check them before they
//!   hand them out: damaged tiles give an error, never a bad proof. [`ProofsUnder`] makes many under one checkpoint.
//! - [`Files`] is what a publication asks of a disk. [`DiskFiles`] is the only place of this room that touches files;
//!   [`MemoryFiles`] is its twin in tests, which stops where it is told to.
//!
//! Tiles hold hashes. Entry bundles repeat the log, so they are not kept: [`TiledLog`] makes them for whoever serves them.

mod disk;
mod files;
mod growth;
mod last_signed;
mod memory;
mod proofs;
mod publish;
mod tiled_log;
mod tiles;

pub use disk::DiskFiles;
pub use files::{Files, PublishedFile};
pub use growth::grow;
pub use last_signed::{LastSigned, LastSignedError};
pub use memory::{MemoryFiles, Unsynced};
pub use proofs::{ProofError, ProofsUnder};
pub use publish::{CellError, Publication, PublishError, Published, ReadCheckpointError};
pub use tiled_log::{TiledFile, TiledLog, TiledLogError};
