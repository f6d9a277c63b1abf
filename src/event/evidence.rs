//! Evidence: content hashes and custody. The bytes live outside the log.

use serde::{Deserialize, Serialize};

use super::about::About;
use super::members::{Coherent, members};
use crate::vocab::{ActorId, Code, Digest32, Fault, Label, Pointer, Source, Text, When};

/// `evidence.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EvidenceAdded {
    /// BLAKE3 of its bytes; its name in the ledger.
    pub blake3: Digest32,
    /// SHA-256 of its bytes.
    pub sha256: Digest32,
    /// Its media type.
    pub media_type: Label,
    /// Its length in bytes.
    pub bytes: u64,
    /// What it bears on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<About>,
    /// Who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodian: Option<ActorId>,
    /// Where it comes from.
    pub source: Source,
    /// What it shows, in the recorder's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// A remark of the recorder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

members!(EvidenceAdded { about, custodian, source });

impl Coherent for EvidenceAdded {}

/// `evidence.transferred`: custody passes from one to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EvidenceTransferred {
    /// Which.
    pub blake3: Digest32,
    /// From whom.
    pub from: ActorId,
    /// To whom.
    pub to: ActorId,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

members!(EvidenceTransferred { blake3, from, to, when });

impl Coherent for EvidenceTransferred {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.from == self.to {
            faults.push(Fault::new(Code::SelfReference, at.member("to"), "custody passes to the same hands"));
        }
    }
}
