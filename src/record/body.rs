//! The body: what a submitter hands in, kept as exactly the bytes that came.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::vocab::{ActorId, Check, Code, Digest32, Fault, Label, Pointer, Refer, Reference};

/// The body of a record (FORMAT.md §2). Its bytes are stored as they came; this is how they read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The ledger it was made for; keeps a record from being replayed into another.
    pub origin: Label,
    /// Who submits it.
    pub by: ActorId,
    /// The submitter's idempotency key: the same key with the same body is the same record.
    pub key: Label,
    /// What it says.
    pub event: Event,
    /// SHA-256 digests of sealed fields, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Vec<Digest32>>,
}

impl Body {
    /// Reads a body from its text.
    ///
    /// # Errors
    /// Whatever the strict reader says: an unknown, missing or repeated member, a value of the wrong form.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let body = Self::deserialize(&mut reader)?;
        reader.end()?;
        Ok(body)
    }

    /// Writes the body's canonical text: members in the order of the format, no white space.
    ///
    /// # Errors
    /// None in practice; the error is `serde_json`'s.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl Check for Body {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        self.event.check(&at.member("event"), faults);
        if let Some(sealed) = &self.sealed
            && !sealed.is_sorted_by(|a, b| a < b)
        {
            faults.push(Fault::new(Code::BadHash, at.member("sealed"), "sealed digests are sorted, none twice"));
        }
    }
}

impl Refer for Body {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.by.refer(&at.member("by"), see);
        self.event.refer(&at.member("event"), see);
    }
}
