//! What a submitter keeps.

use serde::{Deserialize, Serialize};

use super::RecordHash;
use crate::vocab::{Instant, Seq};

/// Says where a submission stands in the log. Given out only after its bytes were durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// The record's position.
    pub seq: Seq,
    /// The record's hash.
    pub hash: RecordHash,
    /// The recording time.
    pub at: Instant,
    /// The position of the last record of the batch the record came in.
    pub head_seq: Seq,
    /// The hash of the last record of the batch the record came in.
    pub head: RecordHash,
    /// Whether this is the receipt of an earlier submission, handed out again.
    pub replayed: bool,
}
