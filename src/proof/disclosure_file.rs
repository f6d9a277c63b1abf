//! A file that hands over chosen fields of one record: the record's line, and the disclosures that it seals.
//!
//! ```json
//! {"schema":"ceasefire.disclosures/1","line":"{\"seq\":7,…}","disclosures":["WyJ…"],"handed_over":{"record":9,"to":"…","purpose":"…"}}
//! ```
//!
//! Whoever has it needs no ledger to check that these values are what the line sealed. That the line stands in a log is
//! for its hash to show: in a receipt, a proof, or another copy.

use serde::{Deserialize, Serialize};

use super::disclosure::{Disclosure, DisclosureError, DisclosureVerdict, SealedList, SealedListError};
use crate::record::{Body, DecodeError, Envelope, RecordHash};
use crate::vocab::{ActorId, Digest32, Instant, Label, Seq};

/// The form of the file.
pub const DISCLOSURES_SCHEMA: &str = "ceasefire.disclosures/1";

/// What a disclosure file holds. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosureFile {
    /// [`DISCLOSURES_SCHEMA`].
    pub schema: String,
    /// The record's line, byte for byte, without its newline.
    pub line: String,
    /// The disclosures, as they were sealed.
    pub disclosures: Vec<String>,
    /// Which record says that they were handed over, to whom and what for. Not part of what is proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<HandedOver>,
}

/// What the file says of its own making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedOver {
    /// The position of the `annex.disclosed` record.
    pub record: Seq,
    /// To whom.
    pub to: String,
    /// What for.
    pub purpose: String,
}

/// What a disclosure file proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosed {
    /// The ledger that the record was made for.
    pub origin: Label,
    /// The record's position.
    pub seq: Seq,
    /// The record's hash.
    pub hash: RecordHash,
    /// When it was recorded.
    pub at: Instant,
    /// Who submitted it.
    pub by: ActorId,
    /// The type of its event.
    pub event_type: String,
    /// The fields, in the order of the file.
    pub fields: Vec<Disclosure>,
    /// How many digests the record seals, decoys among them.
    pub sealed: usize,
}

/// Says why a disclosure file proves nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureFileError {
    /// It is not such a file.
    #[error("not a disclosure file: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of another form.
    #[error("a file of the form `{schema}`, not {DISCLOSURES_SCHEMA}")]
    Schema {
        /// What it says it is.
        schema: String,
    },
    /// It discloses nothing.
    #[error("no disclosure is in it")]
    Nothing,
    /// The line is no record.
    #[error("the line is no record: {0}")]
    Line(#[from] DecodeError),
    /// The record's body is none.
    #[error("the body of the record cannot be read: {0}")]
    Body(serde_json::Error),
    /// The record's list of digests is none.
    #[error("the record's sealed list is none: {0}")]
    List(#[from] SealedListError),
    /// A text is no disclosure.
    #[error("disclosure {index}: {source}")]
    Disclosure {
        /// Which, from 0.
        index: usize,
        /// Why.
        source: DisclosureError,
    },
    /// The record did not seal this pointer and value.
    #[error("disclosure {index} is not sealed in this record")]
    NotSealedHere {
        /// Which, from 0.
        index: usize,
    },
}

impl DisclosureFile {
    /// Puts fields of a record into a file.
    #[must_use]
    pub fn of(line: &str, fields: &[Disclosure], handed_over: Option<HandedOver>) -> Self {
        Self {
            schema: DISCLOSURES_SCHEMA.to_owned(),
            line: line.to_owned(),
            disclosures: fields.iter().map(|field| field.as_str().to_owned()).collect(),
            handed_over,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`DisclosureFileError::Form`] and [`DisclosureFileError::Schema`].
    pub fn read(text: &str) -> Result<Self, DisclosureFileError> {
        let file: Self = serde_json::from_str(text)?;
        if file.schema == DISCLOSURES_SCHEMA {
            Ok(file)
        } else {
            Err(DisclosureFileError::Schema { schema: file.schema })
        }
    }

    /// Writes it: one JSON object on one line, with a newline.
    ///
    /// # Errors
    /// None in practice; the error is `serde_json`'s.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// Holds every disclosure against the record's line.
    ///
    /// # Errors
    /// [`DisclosureFileError`]; the first disclosure that is not sealed there is named.
    pub fn check(&self) -> Result<Disclosed, DisclosureFileError> {
        if self.disclosures.is_empty() {
            return Err(DisclosureFileError::Nothing);
        }
        let envelope = Envelope::decode(self.line.as_bytes())?;
        let body = Body::read(envelope.body).map_err(DisclosureFileError::Body)?;
        let sealed: Vec<Digest32> = body.sealed.unwrap_or_default();
        let list = SealedList::of_record(&sealed)?;
        let mut fields = Vec::with_capacity(self.disclosures.len());
        for (index, text) in self.disclosures.iter().enumerate() {
            let field: Disclosure = text.parse().map_err(|source| DisclosureFileError::Disclosure { index, source })?;
            if list.check(&field) == DisclosureVerdict::NotSealedHere {
                return Err(DisclosureFileError::NotSealedHere { index });
            }
            fields.push(field);
        }
        Ok(Disclosed {
            origin: body.origin,
            seq: envelope.seq,
            hash: RecordHash::of_line(self.line.as_bytes()),
            at: envelope.at,
            by: body.by,
            event_type: body.event.type_name().to_owned(),
            fields,
            sealed: sealed.len(),
        })
    }
}

impl std::fmt::Debug for DisclosureFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DisclosureFile({} disclosures)", self.disclosures.len())
    }
}

impl DisclosureFileError {
    /// Tells whether the file is well-formed and the answer is a proven no: a disclosure was moved or changed.
    #[must_use]
    pub const fn is_refutation(&self) -> bool {
        matches!(self, Self::NotSealedHere { .. })
    }
}
