//! Witnesses: parties who cosign a log's checkpoints, each only what continues all it cosigned before.
//!
//! A witness keeps no copy of the log and judges none of its records. It promises one thing: that the log it cosigned
//! never showed it two histories. FORMAT.md §3, C2SP tlog-witness 1.0.0; the page [`witnesses`](crate::manual::witnesses)
//! says how parties use it.
//!
//! | file | holds |
//! |---|---|
//! | `decision` | the witness's decision, pure: [`decide`] |
//! | `answering` | [`Witness`]: one log at a time, remembered before answered |
//! | `memory` | [`Memory`]: what it remembers, on disk |
//! | `equivocation` | [`Equivocation`]: evidence that a log signed two histories |
//! | `asking` | the log's side: [`ask`] one witness, by whatever carries the bytes |
//! | `shelf` | [`Shelf`]: notes on disk by size; the one file here that touches the file system |
//!
//! Nothing here opens a connection: bytes come in and go out.

mod answering;
mod asking;
mod decision;
mod equivocation;
mod memory;
mod shelf;

pub use answering::{Answered, StartError, Why, Witness};
pub use asking::{
    AskError, Asked, Asking, CarriedAnswer, CarriedAnswerError, Cosigned, Grown, NotCosigned, Reply, RequestError,
    TakenIn, ask, check_cosignature, request_from, take_cosignatures,
};
pub use decision::{Decision, Reason, Remembered, Standing, decide};
pub use equivocation::{Contradiction, Equivocation, EquivocationError, ReadEquivocationError};
pub use memory::{AdoptError, KeptEvidence, LogMemory, Memory, MemoryError};
pub use shelf::{Shelf, ShelfError};
