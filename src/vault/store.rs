//! The vault: stores annexes, opens them, erases from them.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::annex::{Annex, Preimage};
use super::cipher::{self, CloseError, Closed, Holds, Place, SecretKey};
use super::disk::DiskFiles;
use super::entropy::{Entropy, EntropyError, SystemEntropy};
use super::files::{RecordId, RecordKey, VaultFile, VaultFileError, VaultFiles};
use super::sheets::{self, AnnexSheet, KeySheet, VaultKeyId};
use crate::proof::Disclosure;
use crate::vocab::{ActorId, Digest32, Label};

/// What stands before the vault key in its file.
const KEY_HEAD: &str = "ceasefire.vault-key/1:";

/// Says why the vault could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// A file could not be read or written.
    #[error(transparent)]
    Files(#[from] VaultFileError),
    /// No random bytes were to be had.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// There are files of records, and no vault key: a new one would not open them.
    #[error("the vault holds annexes and its key is not here")]
    KeyMissing,
    /// The file of the vault key holds something else.
    #[error("{} is not a vault key", VaultFile::Key)]
    KeyMalformed,
    /// A file is not what this program wrote.
    #[error("{file} is damaged")]
    Damaged {
        /// The file.
        file: VaultFile,
    },
    /// A field is longer than any the vault holds, or the cipher refused it.
    #[error("a field could not be encrypted")]
    Cipher,
}

impl From<CloseError> for VaultError {
    fn from(error: CloseError) -> Self {
        match error {
            CloseError::Entropy(error) => Self::Entropy(error),
            CloseError::Cipher => Self::Cipher,
        }
    }
}

/// What the vault holds for one digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A field, opened; its digest is the one it is kept under.
    Field(Disclosure),
    /// A decoy, opened.
    Decoy,
    /// Neither ciphertext nor data key.
    Missing,
    /// It is here and was not opened: the vault key is not here, or is another.
    Unopened(&'static str),
    /// It is not what was stored.
    Damaged(&'static str),
}

/// What lies in the vault under one record's digests, opened or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// Digests with a ciphertext.
    pub ciphertexts: BTreeSet<Digest32>,
    /// Digests with a data key.
    pub keys: BTreeSet<Digest32>,
}

/// The vault of one ledger.
#[derive(Debug, Clone)]
pub struct Vault {
    origin: Label,
    files: Arc<dyn VaultFiles>,
    entropy: Arc<dyn Entropy>,
}

impl Vault {
    /// Opens the vault of a ledger on files of any kind. Nothing is read or written.
    #[must_use]
    pub fn new(origin: Label, files: Arc<dyn VaultFiles>, entropy: Arc<dyn Entropy>) -> Self {
        Self { origin, files, entropy }
    }

    /// Opens the vault of a ledger on disk. Nothing is read or written.
    #[must_use]
    pub fn on_disk(origin: Label, files: DiskFiles) -> Self {
        Self::new(origin, Arc::new(files), Arc::new(SystemEntropy))
    }

    /// Gives where its random bytes come from.
    #[must_use]
    pub fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// Gives its files.
    #[must_use]
    pub fn files(&self) -> &dyn VaultFiles {
        self.files.as_ref()
    }

    /// Gives the name of a record's files.
    #[must_use]
    pub fn id_of(&self, record: &RecordKey) -> RecordId {
        RecordId::of(self.origin.as_str(), record)
    }

    /// Stores annexes of records that are about to be recorded. Durable on return. The vault key is made where there is
    /// none.
    ///
    /// The records are noted first, so that [`Vault::clean`] finds what a crash left of them; [`Vault::settle`] ends that.
    ///
    /// # Errors
    /// [`VaultError`]; what was stored until then stays noted.
    pub fn store(&self, annexes: &[(RecordKey, &Annex)]) -> Result<(), VaultError> {
        let key = self.key_or_new()?;
        let mut pending = self.pending()?;
        pending.extend(annexes.iter().map(|(record, _)| PendingRecord::of(record)));
        self.write_pending(&pending)?;
        for (record, annex) in annexes {
            let (annex_sheet, key_sheet) = self.close(record, annex, &key)?;
            let id = self.id_of(record);
            self.files.write(VaultFile::DataKeys(id), &key_sheet.to_bytes())?;
            self.files.write(VaultFile::Annex(id), &annex_sheet.to_bytes())?;
        }
        Ok(())
    }

    /// Says that what was stored is recorded.
    ///
    /// # Errors
    /// [`VaultError::Files`]; then [`Vault::clean`] does it later.
    pub fn settle(&self) -> Result<(), VaultError> {
        Ok(self.files.remove(VaultFile::Pending)?)
    }

    /// Removes what was stored for records that never were recorded, and gives how many there were.
    ///
    /// # Errors
    /// Those of `is_recorded`, and [`VaultError`].
    pub fn clean<E: From<VaultError>>(
        &self,
        mut is_recorded: impl FnMut(&RecordKey) -> Result<bool, E>,
    ) -> Result<u64, E> {
        let mut removed = 0;
        let pending = self.pending()?;
        for record in pending.iter().map(PendingRecord::key) {
            if !is_recorded(&record)? {
                self.discard(&record)?;
                removed += 1;
            }
        }
        if !pending.is_empty() {
            self.settle()?;
        }
        Ok(removed)
    }

    /// Gives the records for which something was stored and not yet noted as recorded, as an append leaves that is under
    /// way or was broken off.
    ///
    /// # Errors
    /// [`VaultError::Files`] and [`VaultError::Damaged`].
    pub fn unfinished(&self) -> Result<Vec<RecordKey>, VaultError> {
        Ok(self.pending()?.iter().map(PendingRecord::key).collect())
    }

    /// Removes everything that is kept for a record, data keys first.
    ///
    /// # Errors
    /// [`VaultError::Files`].
    pub fn discard(&self, record: &RecordKey) -> Result<(), VaultError> {
        let id = self.id_of(record);
        self.files.remove(VaultFile::DataKeys(id))?;
        Ok(self.files.remove(VaultFile::Annex(id))?)
    }

    /// Destroys the data keys of digests, then their ciphertexts, and tells whether there were any. It needs no key, and
    /// is durable on return; done again, it changes nothing.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where a file cannot be taken apart: then nothing was destroyed in it.
    pub fn erase(&self, record: &RecordKey, digests: &[Digest32]) -> Result<bool, VaultError> {
        let id = self.id_of(record);
        let mut erased = false;
        if let Some(mut sheet) = self.key_sheet(id)? {
            let before = sheet.entries.len();
            sheet.entries.retain(|(digest, _)| !digests.contains(digest));
            if sheet.entries.len() < before {
                erased = true;
                self.write_or_remove(VaultFile::DataKeys(id), sheet.entries.is_empty(), || sheet.to_bytes())?;
            }
        }
        if let Some(mut sheet) = self.annex_sheet(id)? {
            let before = sheet.entries.len();
            sheet.entries.retain(|(digest, _)| !digests.contains(digest));
            if sheet.entries.len() < before {
                erased = true;
                self.write_or_remove(VaultFile::Annex(id), sheet.entries.is_empty(), || sheet.to_bytes())?;
            }
        }
        Ok(erased)
    }

    /// Tells what lies here for a record, without opening it.
    ///
    /// # Errors
    /// [`VaultError::Files`] and [`VaultError::Damaged`].
    pub fn held(&self, record: &RecordKey) -> Result<Held, VaultError> {
        let id = self.id_of(record);
        let digests = |entries: sheets::Entries| entries.into_iter().map(|(digest, _)| digest).collect();
        Ok(Held {
            ciphertexts: self.annex_sheet(id)?.map(|sheet| digests(sheet.entries)).unwrap_or_default(),
            keys: self.key_sheet(id)?.map(|sheet| digests(sheet.entries)).unwrap_or_default(),
        })
    }

    /// Opens what is kept under a record's digests: one answer for each.
    ///
    /// # Errors
    /// [`VaultError::Files`] where a file cannot be read, and [`VaultError::KeyMalformed`]. Damage is an answer.
    pub fn open(&self, record: &RecordKey, digests: &[Digest32]) -> Result<Vec<Entry>, VaultError> {
        let id = self.id_of(record);
        let (annex, keys) = match (self.annex_sheet(id), self.key_sheet(id)) {
            (Err(VaultError::Damaged { .. }), _) | (_, Err(VaultError::Damaged { .. })) => {
                return Ok(digests.iter().map(|_| Entry::Damaged("the file cannot be read")).collect());
            }
            (annex, keys) => (annex?, keys?),
        };
        let key = self.key()?;
        let opener = Opener { vault: self, record, key: key.as_ref(), annex: annex.as_ref(), keys: keys.as_ref() };
        Ok(digests.iter().map(|digest| opener.open(digest)).collect())
    }

    /// Tells whether the vault key is here.
    ///
    /// # Errors
    /// [`VaultError::Files`] and [`VaultError::KeyMalformed`].
    pub fn has_key(&self) -> Result<bool, VaultError> {
        Ok(self.key()?.is_some())
    }

    fn key(&self) -> Result<Option<SecretKey>, VaultError> {
        let Some(bytes) = self.files.read(VaultFile::Key)?.map(Zeroizing::new) else { return Ok(None) };
        let text = std::str::from_utf8(&bytes).map_err(|_| VaultError::KeyMalformed)?;
        let text = text.strip_suffix('\n').and_then(|line| line.strip_prefix(KEY_HEAD));
        let mut key = SecretKey::default();
        let read = text.and_then(|text| Base64UrlUnpadded::decode(text, key.as_mut_slice()).ok().map(<[u8]>::len));
        if read == Some(cipher::KEY_BYTES) { Ok(Some(key)) } else { Err(VaultError::KeyMalformed) }
    }

    fn key_or_new(&self) -> Result<SecretKey, VaultError> {
        if let Some(key) = self.key()? {
            return Ok(key);
        }
        if !self.files.records()?.is_empty() {
            return Err(VaultError::KeyMissing);
        }
        let key = cipher::fresh_key(self.entropy())?;
        let text = Zeroizing::new(Base64UrlUnpadded::encode_string(key.as_slice()));
        let line = Zeroizing::new(format!("{KEY_HEAD}{}\n", text.as_str()));
        self.files.write(VaultFile::Key, line.as_bytes())?;
        Ok(key)
    }

    fn close(&self, record: &RecordKey, annex: &Annex, key: &SecretKey) -> Result<(AnnexSheet, KeySheet), VaultError> {
        let longest = annex.iter().map(|(_, preimage)| preimage.as_bytes().len()).max().unwrap_or_default();
        let bucket = sheets::bucket(longest).ok_or(VaultError::Cipher)?;
        let mut annex_sheet = AnnexSheet { entries: Vec::new() };
        let mut key_sheet = KeySheet { key: key_id(key), entries: Vec::new() };
        for (digest, preimage) in annex.iter() {
            let place = Place { origin: self.origin.as_str(), record, digest };
            let data_key = cipher::fresh_key(self.entropy())?;
            let message = sheets::pad(preimage.as_bytes(), bucket).map(Zeroizing::new).ok_or(VaultError::Cipher)?;
            let closed = cipher::close(&data_key, &message, &place, Holds::Preimage, self.entropy())?;
            let wrapped = cipher::close(key, data_key.as_slice(), &place, Holds::DataKey, self.entropy())?;
            annex_sheet.entries.push((*digest, closed));
            key_sheet.entries.push((*digest, wrapped));
        }
        Ok((annex_sheet, key_sheet))
    }

    fn annex_sheet(&self, id: RecordId) -> Result<Option<AnnexSheet>, VaultError> {
        let file = VaultFile::Annex(id);
        let Some(bytes) = self.files.read(file)? else { return Ok(None) };
        AnnexSheet::read(&bytes).map(Some).ok_or(VaultError::Damaged { file })
    }

    fn key_sheet(&self, id: RecordId) -> Result<Option<KeySheet>, VaultError> {
        let file = VaultFile::DataKeys(id);
        let Some(bytes) = self.files.read(file)? else { return Ok(None) };
        KeySheet::read(&bytes).map(Some).ok_or(VaultError::Damaged { file })
    }

    fn write_or_remove(
        &self,
        file: VaultFile,
        is_empty: bool,
        bytes: impl FnOnce() -> Vec<u8>,
    ) -> Result<(), VaultError> {
        if is_empty { Ok(self.files.remove(file)?) } else { Ok(self.files.write(file, &bytes())?) }
    }

    fn pending(&self) -> Result<BTreeSet<PendingRecord>, VaultError> {
        let file = VaultFile::Pending;
        let Some(bytes) = self.files.read(file)? else { return Ok(BTreeSet::new()) };
        serde_json::from_slice(&bytes).map_err(|_| VaultError::Damaged { file })
    }

    fn write_pending(&self, pending: &BTreeSet<PendingRecord>) -> Result<(), VaultError> {
        let bytes = serde_json::to_vec(pending).map_err(|_| VaultError::Damaged { file: VaultFile::Pending })?;
        Ok(self.files.write(VaultFile::Pending, &bytes)?)
    }
}

/// A record that is on its way into the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PendingRecord {
    by: ActorId,
    key: Label,
}

impl PendingRecord {
    fn of(record: &RecordKey) -> Self {
        Self { by: record.by.clone(), key: record.key.clone() }
    }

    fn key(&self) -> RecordKey {
        RecordKey { by: self.by.clone(), key: self.key.clone() }
    }
}

/// Opens one record's entries.
struct Opener<'a> {
    vault: &'a Vault,
    record: &'a RecordKey,
    key: Option<&'a SecretKey>,
    annex: Option<&'a AnnexSheet>,
    keys: Option<&'a KeySheet>,
}

impl Opener<'_> {
    fn open(&self, digest: &Digest32) -> Entry {
        let closed = self.annex.and_then(|sheet| of(&sheet.entries, digest));
        let wrapped = self.keys.and_then(|sheet| of(&sheet.entries, digest));
        let (closed, wrapped) = match (closed, wrapped) {
            (Some(closed), Some(wrapped)) => (closed, wrapped),
            (None, None) => return Entry::Missing,
            (Some(_), None) => return Entry::Damaged("its data key is gone"),
            (None, Some(_)) => return Entry::Damaged("its ciphertext is gone"),
        };
        let Some(key) = self.key else { return Entry::Unopened("the vault key is not here") };
        if self.keys.is_some_and(|sheet| sheet.key != key_id(key)) {
            return Entry::Unopened("it was closed with another vault key");
        }
        self.decrypt(digest, closed, wrapped, key).unwrap_or_else(Entry::Damaged)
    }

    fn decrypt(
        &self,
        digest: &Digest32,
        closed: &Closed,
        wrapped: &Closed,
        key: &SecretKey,
    ) -> Result<Entry, &'static str> {
        let place = Place { origin: self.vault.origin.as_str(), record: self.record, digest };
        let unwrapped = cipher::open(key, wrapped, &place, Holds::DataKey).ok_or("its data key does not open")?;
        let mut data_key = SecretKey::default();
        data_key.clone_from_slice(unwrapped.get(..cipher::KEY_BYTES).ok_or("its data key is too short")?);
        let message = cipher::open(&data_key, closed, &place, Holds::Preimage).ok_or("its ciphertext does not open")?;
        let preimage = sheets::unpad(&message).and_then(|bytes| Preimage::read(bytes).ok());
        match preimage.ok_or("what it holds is no field")? {
            preimage if preimage.digest() != *digest => Err("what it holds has another digest"),
            Preimage::Field(disclosure) => Ok(Entry::Field(disclosure)),
            Preimage::Decoy(_) => Ok(Entry::Decoy),
        }
    }
}

fn of<'a>(entries: &'a sheets::Entries, digest: &Digest32) -> Option<&'a Closed> {
    let found = entries.binary_search_by_key(digest, |(digest, _)| *digest).ok()?;
    entries.get(found).map(|(_, closed)| closed)
}

fn key_id(key: &SecretKey) -> VaultKeyId {
    let hash = Sha256::new_with_prefix("ceasefire.vault/1 key id\n").chain_update(key.as_slice()).finalize();
    hash.first_chunk().copied().unwrap_or_default()
}
