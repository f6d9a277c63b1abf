//! Mending without erasing: corrections, retractions, merges, splits, and what was imported.

use serde::{Deserialize, Serialize};

use super::Event;
use super::members::{Coherent, members};
use crate::vocab::{
    Check, Code, Digest32, Fault, IncidentId, Label, Pointer, RecordRef, Refer, Reference, Text, When, choices,
};

choices! {
    /// Who changes his mind.
    pub enum MendedBy {
        /// The source said so differently or took it back.
        Source = "source",
        /// The recorder had it wrong.
        Recorder = "recorder",
    }
}

/// `record.corrected`: from here on the target reads as the replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordCorrected {
    /// Which record.
    pub target: RecordRef,
    /// Who changes his mind.
    pub by: MendedBy,
    /// Why.
    pub reason: Text,
    /// The whole event as it should read; of the same type, about the same incident, ceasefire or id.
    pub replacement: Box<Event>,
}

impl Check for RecordCorrected {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        self.target.check(&at.member("target"), faults);
        self.replacement.check(&at.member("replacement"), faults);
        if !self.replacement.is_correctable() {
            let what = format!("{} can not be corrected", self.replacement.type_name());
            faults.push(Fault::new(Code::NotCorrectable, at.member("replacement").member("type"), what));
        }
    }
}

impl Refer for RecordCorrected {
    fn refer(&self, at: &Pointer, see: &mut dyn FnMut(Pointer, Reference<'_>)) {
        self.target.refer(&at.member("target"), see);
        self.replacement.refer(&at.member("replacement"), see);
    }
}

/// `record.retracted`: from here on the target counts for nothing. It stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordRetracted {
    /// Which record.
    pub target: RecordRef,
    /// Who changes his mind.
    pub by: MendedBy,
    /// Why.
    pub reason: Text,
    /// When the source published that, where it did: the publication that no longer has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<When>,
}

members!(RecordRetracted { target, published });

impl Coherent for RecordRetracted {}

/// `incident.merged`: two incidents are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IncidentMerged {
    /// The incident that goes into the other.
    pub incident: IncidentId,
    /// The other.
    pub into: IncidentId,
    /// Why.
    pub reason: Text,
}

members!(IncidentMerged { incident, into });

impl Coherent for IncidentMerged {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.incident == self.into {
            faults.push(Fault::new(Code::SelfReference, at.member("into"), "an incident is merged into itself"));
        }
    }
}

/// `incident.split`: what was taken for one incident is two. Undoes a merge, or moves reports to an incident of their
/// own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IncidentSplit {
    /// The incident to split.
    pub incident: IncidentId,
    /// The incident that comes out of it: one that was merged into it, or a new id for the named records.
    pub out: IncidentId,
    /// The records that move to a new incident; empty where a merge is undone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordRef>,
    /// Why.
    pub reason: Text,
}

members!(IncidentSplit { incident, records });

impl Coherent for IncidentSplit {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.incident == self.out {
            faults.push(Fault::new(Code::SelfReference, at.member("out"), "an incident is split from itself"));
        }
    }
}

/// `act.identified`: two or more statements are one act of speech; it counts once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActIdentified {
    /// The records.
    pub records: Vec<RecordRef>,
    /// Why.
    pub reason: Text,
}

members!(ActIdentified { records });

impl Coherent for ActIdentified {
    fn coherent(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.records.len() < 2 {
            faults.push(Fault::new(Code::EmptyList, at.member("records"), "name two records at least"));
        }
        let twice = self
            .records
            .iter()
            .enumerate()
            .find(|(index, record)| self.records.iter().take(*index).any(|earlier| earlier == *record));
        if let Some((index, _)) = twice {
            let pointer = at.member("records").item(index);
            faults.push(Fault::new(Code::SelfReference, pointer, "a record is identified with itself"));
        }
    }
}

/// `import.completed`: what an import took in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportCompleted {
    /// The format: `jsonl`, `ucdp`, `csv`.
    pub format: Label,
    /// BLAKE3 of the file.
    pub file: Digest32,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of the mapping, where one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Digest32>,
    /// Rows read.
    pub rows: u64,
    /// Rows that became new records.
    pub appended: u64,
    /// Rows that were in the ledger before.
    pub replayed: u64,
    /// Rows refused.
    pub rejected: u64,
    /// The series that the file was taken as a publication of, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesChange>,
    /// When the file was published, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<When>,
}

members!(ImportCompleted { published });

impl Coherent for ImportCompleted {}

/// What one publication of a series changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SeriesChange {
    /// The series.
    pub name: Label,
    /// Rows that read differently and became corrections.
    pub corrected: u64,
    /// Rows that were gone and became retractions.
    pub retracted: u64,
    /// Rows that had been gone and came back.
    pub readded: u64,
}
