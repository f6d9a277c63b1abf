//! The ledger's own events: where it begins, where a segment of it is sealed, and what its records come to.

use serde::{Deserialize, Serialize};

use super::members::{Coherent, members};
use crate::vocab::{ActorId, Code, Digest32, Fault, Label, Names, Pointer, Refer, Reference, Seq, Text, ZonePolicy};

/// The actor that keeps the ledger and is registered with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recorder {
    /// Its id, a registered actor from record 1 on.
    pub actor: ActorId,
    /// Its names.
    pub names: Names,
}

impl crate::vocab::Check for Recorder {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        self.names.check(&at.member("names"), faults);
    }
}

impl Refer for Recorder {
    fn refer(&self, _: &Pointer, _: &mut dyn FnMut(Pointer, Reference<'_>)) {}
}

/// `ledger.created`: always record 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LedgerCreated {
    /// The ledger's name in the world, such as `example.org/nk2020`; every record repeats it.
    pub origin: Label,
    /// The format version of FORMAT.md; 1.
    pub format: u32,
    /// Who keeps it.
    pub recorder: Recorder,
    /// The zones that a time without a zone may be meant in, in minutes east of UTC.
    pub zones: ZonePolicy,
    /// The rule set that its numbers are counted under unless another is asked for.
    pub rules: Label,
    /// The public key of the log, as a C2SP signed-note verifier key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_key: Option<Label>,
    /// What it is kept for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
}

members!(LedgerCreated { recorder });

impl Coherent for LedgerCreated {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        crate::vocab::Check::check(&self.zones, &at.member("zones"), faults);
        if self.origin.as_str().contains(char::is_whitespace) || self.origin.as_str().contains('+') {
            let what = "an origin has no spaces and no plus sign";
            faults.push(Fault::new(Code::BadText, at.member("origin"), what));
        }
    }
}

/// `segment.sealed`: the first record of every later segment, about the one before it (FORMAT.md §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SegmentSealed {
    /// The sealed file's name.
    pub segment: Label,
    /// Its first position.
    pub first: Seq,
    /// Its last position.
    pub last: Seq,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of the whole file: `b3sum` prints the same.
    pub blake3: Digest32,
}

members!(SegmentSealed {});

impl Coherent for SegmentSealed {}

/// `projection.attested`: what the records up to one position come to, in the keeper's own word.
///
/// Whoever holds the log folds the same records and compares. A published count that does not follow from the log is
/// then a misstatement that can be proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProjectionAttested {
    /// The last record that was folded.
    pub seq: Seq,
    /// The hash of that record.
    pub head: Digest32,
    /// The root of the tree over the records up to it (RFC 6962), in hexadecimal.
    pub root: Digest32,
    /// The digest of each projection.
    pub projections: Vec<AttestedProjection>,
}

/// The digest of one projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AttestedProjection {
    /// The projection's name.
    pub name: Label,
    /// Its version.
    pub version: u32,
    /// How many rows it has.
    pub rows: u64,
    /// BLAKE3 over its rows, bound to the log, the position, the name and the version.
    pub digest: Digest32,
}

members!(ProjectionAttested {});

impl Coherent for ProjectionAttested {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.projections.is_empty() {
            faults.push(Fault::new(Code::EmptyList, at.member("projections"), "nothing is attested"));
        }
        if self.seq == Seq::NONE {
            faults.push(Fault::new(Code::WrongType, at.member("seq"), "positions are counted from 1"));
        }
    }
}
