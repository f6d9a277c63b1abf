//! What is known of a record's sealed fields: what the log says was decided, and what the vault still holds.

use serde::Serialize;

use super::archive::Archive;
use super::reading::ReplayError;
use super::view::View;
use super::writing::OpenError;
use crate::log::{LogReader, StoredRecord};
use crate::projection::{AnnexRow, RowError, Tables, seq_key};
use crate::proof::Disclosure;
use crate::record::Body;
use crate::vault::{Entry, RecordKey, Vault, VaultError};
use crate::vocab::{Digest32, Seq};

/// Says why sealed fields could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnexError {
    /// The log could not be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The rows could not be read.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The vault could not be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<ReplayError> for AnnexError {
    fn from(error: ReplayError) -> Self {
        Self::Open(error.into())
    }
}

/// A record's sealed fields, in the order of their digests. No fields: the record seals nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordAnnex {
    /// The record.
    pub seq: Seq,
    /// Its line.
    pub line: String,
    /// Its submitter and key.
    pub record: RecordKey,
    /// What it seals.
    pub fields: Vec<SealedField>,
}

/// One digest, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedField {
    /// The digest.
    pub digest: Digest32,
    /// How it stands.
    pub state: FieldState,
    /// The records that say it was handed over.
    pub disclosed_in: Vec<Seq>,
}

/// How a sealed field stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldState {
    /// It was opened.
    Open(Disclosure),
    /// It stands for nothing.
    Decoy,
    /// It is here and kept back by this record; it was not opened.
    Withheld(Seq),
    /// It was erased by this record, and is gone.
    Erased(Seq),
    /// It was erased by this record, and is still in the vault: the next opening for writing destroys it.
    ErasurePending(Seq),
    /// It is not here, and no record says that it was erased.
    WithheldOrLost,
    /// It is here and could not be opened: the vault key is not here, or is another.
    Unopened(&'static str),
    /// It is not what was stored.
    Damaged(&'static str),
}

impl FieldState {
    /// Gives the word of the state, as it stands in answers.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Decoy => "decoy",
            Self::Withheld(_) => "withheld",
            Self::Erased(_) => "erased",
            Self::ErasurePending(_) => "erasure_pending",
            Self::WithheldOrLost => "withheld_or_lost",
            Self::Unopened(_) => "unopened",
            Self::Damaged(_) => "damaged",
        }
    }
}

impl RecordAnnex {
    /// Walks the fields that were opened.
    pub fn open_fields(&self) -> impl Iterator<Item = (&SealedField, &Disclosure)> {
        self.fields.iter().filter_map(|field| match &field.state {
            FieldState::Open(disclosure) => Some((field, disclosure)),
            _ => None,
        })
    }
}

/// Whether withheld fields are opened too: only to find one by its pointer, never to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// They stay closed.
    Closed,
    /// They are opened.
    Opened,
}

impl Archive {
    /// Gives the vault. Nothing is read.
    ///
    /// # Errors
    /// [`OpenError::Settings`].
    pub fn vault(&self) -> Result<Vault, OpenError> {
        Ok(self.folder().vault()?)
    }

    /// Looks at a record's sealed fields, as they stand now; nothing where there is no such record.
    ///
    /// # Errors
    /// [`AnnexError`]. A missing key and damage are answers, field by field.
    pub fn annex(&self, seq: Seq, withheld: Withheld) -> Result<Option<RecordAnnex>, AnnexError> {
        let replayed = self.at_head()?;
        self.annex_in(&replayed.view(), seq, withheld)
    }

    /// Looks at a record's sealed fields with rows that are at hand; they must be those of the head.
    ///
    /// # Errors
    /// As [`Archive::annex`].
    pub fn annex_in(&self, view: &View<'_>, seq: Seq, withheld: Withheld) -> Result<Option<RecordAnnex>, AnnexError> {
        annex_of(&self.vault()?, view.tables(), self.reader(), seq, withheld)
    }
}

/// Looks at a record's sealed fields.
pub(super) fn annex_of(
    vault: &Vault,
    tables: &Tables,
    reader: &LogReader,
    seq: Seq,
    withheld: Withheld,
) -> Result<Option<RecordAnnex>, AnnexError> {
    let Some(stored) = reader.record_at(seq).map_err(ReplayError::from)? else { return Ok(None) };
    let (record, digests) = record_key_of(&stored)?;
    let row = tables.annexes.row(&seq_key(seq))?.unwrap_or_default();
    let entries = vault.open(&record, &digests)?;
    let fields = digests.iter().zip(entries).map(|(digest, entry)| SealedField {
        digest: *digest,
        state: state_of(entry, digest, &row, withheld),
        disclosed_in: row.disclosed.iter().filter(|(disclosed, _)| disclosed == digest).map(|(_, seq)| *seq).collect(),
    });
    let fields = fields.collect();
    Ok(Some(RecordAnnex { seq, line: stored.line.to_string(), record, fields }))
}

/// Reads who submitted a record under which key, and what it seals.
pub(super) fn record_key_of(stored: &StoredRecord) -> Result<(RecordKey, Vec<Digest32>), ReplayError> {
    let body = Body::read(stored.body()).map_err(|source| ReplayError::Body { seq: stored.seq, source })?;
    Ok((RecordKey { by: body.by, key: body.key }, body.sealed.unwrap_or_default()))
}

fn state_of(entry: Entry, digest: &Digest32, row: &AnnexRow, withheld: Withheld) -> FieldState {
    match (row.erased_by(digest), entry) {
        (Some(seq), Entry::Missing) => FieldState::Erased(seq),
        (Some(seq), _) => FieldState::ErasurePending(seq),
        (None, Entry::Missing) => FieldState::WithheldOrLost,
        (None, Entry::Unopened(why)) => FieldState::Unopened(why),
        (None, Entry::Damaged(why)) => FieldState::Damaged(why),
        (None, entry) => match (row.withheld_by(digest), withheld, entry) {
            (Some(seq), Withheld::Closed, _) => FieldState::Withheld(seq),
            (_, _, Entry::Field(disclosure)) => FieldState::Open(disclosure),
            _ => FieldState::Decoy,
        },
    }
}

/// How many of a record's digests stand how, for answers that show no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnnexCount {
    /// Digests, decoys among them.
    pub digests: usize,
    /// Withheld by a record.
    pub withheld: usize,
    /// Handed over at least once.
    pub disclosed: usize,
    /// Erased by a record.
    pub erased: usize,
}

impl AnnexCount {
    /// Counts what the log alone says.
    #[must_use]
    pub fn of(row: &AnnexRow) -> Self {
        let count = |digests: &[(Digest32, Seq)]| {
            digests.iter().map(|(digest, _)| digest).collect::<std::collections::BTreeSet<_>>().len()
        };
        Self {
            digests: row.digests.len(),
            withheld: count(&row.withheld),
            disclosed: count(&row.disclosed),
            erased: count(&row.erased),
        }
    }
}
