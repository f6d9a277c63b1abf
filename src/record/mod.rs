//! The envelope of a record: how it is written, strictly read, hashed and acknowledged (FORMAT.md §2).
//!
//! A record is one line of JSON. Around the submitter's body, which is kept byte for byte, the log puts a position
//! (`seq`), the hash of the record before (`prev`), a recording time (`at`), the last position of the batch (`end`)
//! and, for a signed submission, the signature (`sig`). There is exactly one way to write an envelope: a line is read
//! only if writing it again would give the same bytes, so the record hash, BLAKE3 over those bytes, never depends on
//! how some library prints JSON.
//!
//! - [`Body`] is what a submitter hands in.
//! - [`Envelope`] writes and reads a line.
//! - [`RecordHash`] names a line by its BLAKE3 hash.
//! - [`Receipt`] is what a submitter keeps.
//! - [`check_json`] holds a submitted text to the input rules of CLI.md and says where it breaks them; [`locate`] turns
//!   a JSON pointer into a line and a column.
//!
//! The log itself never looks into a body; [`Body`] is how everybody else reads one.

#[cfg(feature = "ledger")]
mod body;
mod envelope;
mod fields;
mod hash;
mod locate;
#[cfg(feature = "ledger")]
mod receipt;
mod strict;

#[cfg(feature = "ledger")]
pub use body::Body;
pub use envelope::{DecodeError, EncodeError, Envelope, MAX_RECORD_BYTES, is_signature};
pub use hash::{HashTextError, RecordHash};
#[cfg(feature = "ledger")]
pub use locate::{locate, value_range};
#[cfg(feature = "ledger")]
pub use receipt::Receipt;
pub use strict::{JsonFault, JsonFaultKind, MAX_DEPTH, MAX_INTEGER, MAX_TEXT_BYTES, check_json, check_json_bytes};
