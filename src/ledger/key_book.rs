//! Every key there ever was, ready to check signatures: who made this one, and was it his to make then?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reading::ReplayError;
use super::view::View;
use crate::event::{Event, Role};
use crate::log::StoredRecord;
use crate::projection::{RowError, Tables};
use crate::proof::{BodySignature, BodyVerifier};
use crate::record::Body;
use crate::rules::keys::{SubmitterKey, changed_keys};
use crate::rules::signing::{Denial, Unsigned};
use crate::vocab::{ActorId, KeyId, Seq, choices};

/// Keys by id and by owner.
#[derive(Debug, Clone, Default)]
pub struct KeyBook {
    keys: BTreeMap<KeyId, Entry>,
    by_owner: BTreeMap<ActorId, Vec<KeyId>>,
}

/// A key, and its public half where that is one: an old log may hold a text that is none.
#[derive(Debug, Clone)]
struct Entry {
    key: SubmitterKey,
    verifier: Option<BodyVerifier>,
}

impl KeyBook {
    /// Reads the keys of the rows.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn of_rows(tables: &Tables) -> Result<Self, RowError> {
        let mut rows = Vec::new();
        tables.keys.walk("", |id, key| rows.push((id.to_owned(), key.clone())))?;
        let mut book = Self::default();
        for (id, key) in rows {
            // A row's key is an id: it was made from one.
            if let Ok(id) = KeyId::new(&id) {
                book.put(id, key);
            }
        }
        Ok(book)
    }

    /// Takes in what a record changes among the keys. Tells whether it is about keys and changes none.
    pub fn take(&mut self, event: &Event, seq: Seq) -> Effect {
        if !matches!(event, Event::KeyAdded(_) | Event::KeyRotated(_) | Event::KeyRevoked(_)) {
            return Effect::None;
        }
        let known = |id: &KeyId| Ok::<_, std::convert::Infallible>(self.keys.get(id).map(|entry| entry.key.clone()));
        let Ok(changed) = changed_keys(event, seq, known);
        let effect = if changed.is_empty() { Effect::Void } else { Effect::Changed };
        for (id, key) in changed {
            self.put(id, key);
        }
        effect
    }

    /// Gives a key.
    #[must_use]
    pub fn key(&self, id: &KeyId) -> Option<&SubmitterKey> {
        self.keys.get(id).map(|entry| &entry.key)
    }

    /// Goes through the keys in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&KeyId, &SubmitterKey)> {
        self.keys.iter().map(|(id, entry)| (id, &entry.key))
    }

    /// Tells whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Finds the key with a public half, whoever's it is and however it stands.
    #[must_use]
    pub fn holder_of(&self, verifier: &BodyVerifier) -> Option<(&KeyId, &SubmitterKey)> {
        let found = self.keys.iter().find(|(_, entry)| entry.verifier.as_ref() == Some(verifier));
        found.map(|(id, entry)| (id, &entry.key))
    }

    /// Gives the roles of all keys that an actor has or had.
    #[must_use]
    pub fn roles_held(&self, owner: &ActorId) -> Vec<Role> {
        let mut roles: Vec<Role> = self.of(owner).flat_map(|(_, entry)| entry.key.roles.iter().copied()).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Gives what the rule on unsigned bodies has to know of a submitter; `held` are his roles.
    #[must_use]
    pub fn unsigned<'a>(&self, keeper: &'a ActorId, held: &'a [Role]) -> Unsigned<'a> {
        Unsigned { keeper, keeper_signs: self.by_owner.contains_key(keeper), held }
    }

    /// Finds the key of the submitter that was in force at a position and made a signature over a body's bytes.
    ///
    /// # Errors
    /// [`Denial`], which says whose signature it is where any known key made it. To find that out every key is tried.
    pub fn signer_of(&self, by: &ActorId, seq: Seq, body: &str, signature: &BodySignature) -> Result<&KeyId, Denial> {
        let made = |entry: &Entry| entry.verifier.is_some_and(|key| key.verify(body.as_bytes(), signature).is_ok());
        let in_force = |entry: &Entry| entry.key.is_in_force_at(seq);
        if let Some((id, _)) = self.of(by).find(|(_, entry)| in_force(entry) && made(entry)) {
            return Ok(id);
        }
        let own = self.of(by).find(|(_, entry)| !in_force(entry) && made(entry));
        let any = own.or_else(|| self.keys.iter().find(|(_, entry)| entry.key.actor != *by && made(entry)));
        Err(match any {
            Some((key, entry)) if entry.key.actor != *by => {
                Denial::KeyOfAnother { key: key.clone(), owner: entry.key.actor.clone(), by: by.clone() }
            }
            Some((key, entry)) => match entry.key.until.filter(|until| *until < seq) {
                Some(ended) => Denial::KeyEnded { key: key.clone(), ended },
                None => Denial::KeyTooNew { key: key.clone(), from: entry.key.from },
            },
            None if self.of(by).any(|(_, entry)| in_force(entry)) => Denial::BadSignature { by: by.clone() },
            None => Denial::UnknownKey { by: by.clone() },
        })
    }

    /// Says who signed a stored record, and how that stands.
    #[must_use]
    pub fn signature_of(&self, record: &StoredRecord, by: &ActorId) -> Option<RecordSignature> {
        let text = record.signature()?;
        let read = BodySignature::parse_base64(text).map_err(|_| Denial::BadSignature { by: by.clone() });
        let found = read.and_then(|signature| self.signer_of(by, record.seq, record.body(), &signature));
        let is_suspect = |id: &KeyId| self.key(id).is_some_and(|key| key.is_suspect_at(record.seq, record.at));
        Some(RecordSignature::of(record.seq, found, is_suspect))
    }

    fn of<'a>(&'a self, owner: &ActorId) -> impl Iterator<Item = (&'a KeyId, &'a Entry)> {
        let ids = self.by_owner.get(owner).into_iter().flatten();
        ids.filter_map(|id| self.keys.get_key_value(id))
    }

    fn put(&mut self, id: KeyId, key: SubmitterKey) {
        let verifier = if let Some(entry) = self.keys.get(&id) {
            entry.verifier
        } else {
            self.by_owner.entry(key.actor.clone()).or_default().push(id.clone());
            BodyVerifier::parse_base64(&key.public_key).ok()
        };
        self.keys.insert(id, Entry { key, verifier });
    }
}

/// What a record does to the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is not about keys.
    None,
    /// It brings or changes some.
    Changed,
    /// It is about keys and changes none: its id is taken, or the key has ended. No ledger admits such a record.
    Void,
}

choices! {
    /// How a signature stands.
    pub enum SignatureStanding {
        /// A key of the submitter in force at that position made it.
        Good = "good",
        /// It is good, and the key was revoked later as doubtful since before it was recorded.
        Doubtful = "doubtful",
        /// No such key made it.
        Bad = "bad",
    }
}

/// Who signed a record, and how that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordSignature {
    /// The record.
    pub record: Seq,
    /// The key that made the signature; absent where none of the submitter's in force did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How it stands.
    pub standing: SignatureStanding,
    /// Why it is bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl RecordSignature {
    fn of(record: Seq, found: Result<&KeyId, Denial>, is_suspect: impl Fn(&KeyId) -> bool) -> Self {
        match found {
            Ok(key) => {
                let standing = if is_suspect(key) { SignatureStanding::Doubtful } else { SignatureStanding::Good };
                Self { record, key: Some(key.to_string()), standing, why: None }
            }
            Err(denial) => Self { record, key: None, standing: SignatureStanding::Bad, why: Some(denial.to_string()) },
        }
    }
}

impl std::fmt::Display for RecordSignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = self.key.as_deref().unwrap_or("no known key");
        match (self.standing, &self.why) {
            (SignatureStanding::Good, _) => write!(f, "with {key}"),
            (SignatureStanding::Doubtful, _) => {
                write!(f, "with {key}, which was revoked as doubtful since before this was recorded")
            }
            (SignatureStanding::Bad, why) => write!(f, "badly: {}", why.as_deref().unwrap_or(key)),
        }
    }
}

impl View<'_> {
    /// Gathers the keys.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn key_book(&self) -> Result<KeyBook, RowError> {
        KeyBook::of_rows(self.tables())
    }

    /// Says of those of some records that are signed who signed them, in order. The records are read from the log.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn signatures_of(&self, records: &[Seq]) -> Result<Vec<RecordSignature>, ReplayError> {
        let book = self.key_book()?;
        let mut signatures = Vec::new();
        for seq in records {
            if let Some(record) = self.reader().record_at(*seq)?.filter(|record| record.signature().is_some()) {
                let body = Body::read(record.body()).map_err(|source| ReplayError::Body { seq: *seq, source })?;
                signatures.extend(book.signature_of(&record, &body.by));
            }
        }
        Ok(signatures)
    }
}

/// Reads the submitter of a stored record's body; nothing where the body is no longer readable.
pub(super) fn submitter_of(record: &StoredRecord) -> Option<ActorId> {
    Body::read(record.body()).ok().map(|body| body.by)
}
