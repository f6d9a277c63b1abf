//! How one record points to another.

use serde::{Deserialize, Serialize};

use super::{ActorId, Check, Code, Fault, Label, Pointer, Seq};

/// Points to a record by its position, or by its submitter and idempotency key.
///
/// The second form lets a monitor without a connection write a report and a correction of it before either has a
/// position: the pair (submitter, key) names one record of a ledger for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordRef {
    /// The position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// The idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Label>,
    /// The submitter of that key; absent where it is the submitter of this record too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorId>,
}

impl RecordRef {
    /// Points to a position.
    #[must_use]
    pub const fn at(seq: Seq) -> Self {
        Self { seq: Some(seq), key: None, by: None }
    }

    /// Points to a record of the same submitter by its key.
    #[must_use]
    pub const fn keyed(key: Label) -> Self {
        Self { seq: None, key: Some(key), by: None }
    }
}

impl Check for RecordRef {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        let fits = match (self.seq, &self.key, &self.by) {
            (Some(seq), None, None) => seq != Seq::NONE,
            (None, Some(_), _) => true,
            _ => false,
        };
        if !fits {
            let what = "a record is named by its position (seq, from 1) or by its key, not by both";
            faults.push(Fault::new(Code::UnknownRecord, at.clone(), what));
        }
    }
}

impl std::fmt::Display for RecordRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.seq, &self.key) {
            (Some(seq), _) => write!(f, "{seq}"),
            (None, Some(key)) => write!(f, "{key}"),
            (None, None) => f.write_str("?"),
        }
    }
}
