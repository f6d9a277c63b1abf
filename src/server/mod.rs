//! What answers over HTTP: a witness (C2SP tlog-witness 1.0.0).
//!
//! A server prints nothing: what its operator should know it hands to whoever started it. Every size, time and number
//! that a stranger could stretch has a limit: see [`Limits`].

mod witness;

pub use witness::{Limits, Stop, WitnessServer};
