//! Evidence files: kept by the hash of their bytes, beside the log and never in it (FORMAT.md §1).
//!
//! ```text
//! LEDGER/evidence/ab/abcd…   the bytes; the name is their BLAKE3 in hexadecimal, the folder its first two digits
//! LEDGER/evidence/.incoming-N   bytes on their way in; whoever writes one holds its lock
//! ```
//!
//! What a record says of a file (`evidence.added`) is its two hashes, its length and its media type; the record is the
//! truth and the store is only where the bytes lie. A path is made from a hash and never from a name that came with a
//! file. The store knows nothing of the log: it keeps bytes and tells whether they are still what they were.

mod media_type;
mod store;

pub use crate::proof::FileDigests;
pub use media_type::{UNKNOWN_MEDIA_TYPE, media_type_of};
pub use store::{EvidenceState, EvidenceStore, EvidenceStoreError, Intake, Received, StoreStep};
