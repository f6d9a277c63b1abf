//! A record as projections see it.

use crate::event::Event;
use crate::vocab::{ActorId, Digest32, Instant, Label, Seq};

/// A record, read: its position, when it was recorded, who submitted it, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its position.
    pub seq: Seq,
    /// When it was recorded.
    pub at: Instant,
    /// Who submitted it.
    pub by: ActorId,
    /// The submitter's idempotency key.
    pub key: Label,
    /// BLAKE3 of the body's bytes.
    pub body: Digest32,
    /// What it seals, decoys among them; empty for most.
    pub sealed: Vec<Digest32>,
    /// What it says.
    pub event: Event,
}
