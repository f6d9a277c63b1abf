//! Sealed fields in the manner of RFC 9901 (SD-JWT): the log holds digests, the vault what they stand for.
//!
//! RFC 9901 writes a digest as base64url. A record writes the same 32 bytes as every other digest of a record, in
//! hexadecimal, so that `printf %s DISCLOSURE | sha256sum` prints what the record holds.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::proof::rfc4648;
use crate::vocab::Digest32;

/// The most fields one record seals.
pub const SEALED_FIELDS_MAX: usize = 32;

/// The numbers of digests a list may have: each tells only that there are at most as many fields.
const LIST_LENGTHS: [usize; 4] = [4, 8, 16, SEALED_FIELDS_MAX];

/// One field laid open: a salt, the field's JSON pointer and its value, as base64url of a JSON array.
///
/// The text is the thing itself: its digest is over these characters, and nothing is ever written anew to check it.
/// `Debug` shows the digest only, and the memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    text: String,
    pointer: String,
    value: Box<str>,
}

impl Disclosure {
    /// Seals one field with 32 fresh secret random bytes.
    ///
    /// Two fields sealed with one salt, or a salt somebody can guess, give the value away.
    ///
    /// # Errors
    /// [`DisclosureError::Pointer`], and [`DisclosureError::Value`] if `value` is not one JSON value.
    pub fn new(salt: &[u8; 32], pointer: &str, value: &str) -> Result<Self, DisclosureError> {
        let value: &RawValue = serde_json::from_str(value).map_err(|_| DisclosureError::Value)?;
        let salt = Zeroizing::new(rfc4648::base64url_from(salt));
        let array = serde_json::to_string(&(salt.as_str(), pointer, value));
        let array = Zeroizing::new(array.map_err(|_| DisclosureError::Value)?);
        Self::from_str(&Zeroizing::new(rfc4648::base64url_from(array.as_bytes())))
    }

    /// The text to hand over.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The field's JSON pointer (RFC 6901) within the private part of the submission.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The field's value as the JSON text that was sealed.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The digest that stands for it in the log.
    #[must_use]
    pub fn digest(&self) -> DisclosureDigest {
        DisclosureDigest::of_text(&self.text)
    }
}

impl Drop for Disclosure {
    fn drop(&mut self) {
        self.text.zeroize();
        self.pointer.zeroize();
        self.value.zeroize();
    }
}

impl FromStr for Disclosure {
    type Err = DisclosureError;

    fn from_str(text: &str) -> Result<Self, DisclosureError> {
        let json = Zeroizing::new(rfc4648::base64url_parse(text).ok_or(DisclosureError::Base64)?);
        let (salt, pointer, value): (String, String, &RawValue) =
            serde_json::from_slice(&json).map_err(|_| DisclosureError::Array)?;
        let salt = Zeroizing::new(salt);
        rfc4648::base64url_parse_exact::<32>(&salt).map(Zeroizing::new).ok_or(DisclosureError::Salt)?;
        if !is_json_pointer(&pointer) {
            return Err(DisclosureError::Pointer);
        }
        Ok(Self { text: text.to_owned(), pointer, value: value.get().into() })
    }
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disclosure").field("digest", &self.digest()).finish_non_exhaustive()
    }
}

/// Why a text is no disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// Not canonical unpadded base64url.
    #[error("disclosure is not canonical base64url")]
    Base64,
    /// Not a JSON array of salt, pointer and value.
    #[error("disclosure is not a JSON array of salt, pointer and value")]
    Array,
    /// The salt is not 32 bytes in base64url.
    #[error("salt of the disclosure is not 32 bytes in base64url")]
    Salt,
    /// The pointer is not one of RFC 6901 to a field.
    #[error("pointer of the disclosure is no JSON pointer to a field")]
    Pointer,
    /// The value is not one JSON value.
    #[error("value of the disclosure is not JSON")]
    Value,
}

/// SHA-256 over a disclosure's text: what the log holds in its stead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisclosureDigest([u8; 32]);

impl DisclosureDigest {
    /// Hashes a disclosure's text, whatever it holds (RFC 9901 §4.2.3).
    #[must_use]
    pub fn of_text(disclosure: &str) -> Self {
        Self(Sha256::digest(disclosure).into())
    }

    /// A digest that stands for nothing, from 32 fresh random bytes (RFC 9901 §4.2.5).
    #[must_use]
    pub fn decoy(random: &[u8; 32]) -> Self {
        Self(Sha256::digest(random).into())
    }

    /// Borrows the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<Digest32> for DisclosureDigest {
    fn from(digest: Digest32) -> Self {
        Self(*digest.as_bytes())
    }
}

impl From<DisclosureDigest> for Digest32 {
    fn from(digest: DisclosureDigest) -> Self {
        Self::new(digest.0)
    }
}

impl FromStr for DisclosureDigest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        rfc4648::base64url_parse_exact(text).map(Self).ok_or(ParseDigestError)
    }
}

impl fmt::Display for DisclosureDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rfc4648::base64url_from(&self.0))
    }
}

impl fmt::Debug for DisclosureDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DisclosureDigest({self})")
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("digest is not the canonical base64url of 32 bytes")]
pub struct ParseDigestError;

/// The `sealed` list of a record: digests in ascending order of their bytes, decoys among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealedList(Vec<DisclosureDigest>);

impl SealedList {
    /// Hides these disclosures among decoys, up to 4, 8, 16 or 32 digests. `random` fills 32 fresh secret random bytes
    /// for each decoy. Without disclosures the list is empty and the record has no `sealed`.
    ///
    /// # Errors
    /// [`SealError::TooManyFields`] above [`SEALED_FIELDS_MAX`], [`SealError::RepeatedPointer`], and
    /// [`SealError::Randomness`] if `random` repeats itself.
    pub fn seal(disclosures: &[Disclosure], mut random: impl FnMut(&mut [u8; 32])) -> Result<Self, SealError> {
        let mut pointers = BTreeSet::new();
        if let Some(repeated) = disclosures.iter().find(|disclosure| !pointers.insert(disclosure.pointer())) {
            return Err(SealError::RepeatedPointer { pointer: repeated.pointer.clone() });
        }
        let mut digests: Vec<_> = disclosures.iter().map(Disclosure::digest).collect();
        for _ in digests.len()..padded_length(digests.len())? {
            let mut bytes = [0; 32];
            random(&mut bytes);
            digests.push(DisclosureDigest::decoy(&bytes));
        }
        digests.sort_unstable();
        if digests.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(SealError::Randomness);
        }
        Ok(Self(digests))
    }

    /// Takes a record's `sealed`.
    ///
    /// # Errors
    /// [`SealedListError::Length`] and [`SealedListError::Order`] with the place in the list.
    pub fn of_record(digests: &[Digest32]) -> Result<Self, SealedListError> {
        Self::of(digests.iter().copied().map(DisclosureDigest::from).collect())
    }

    /// Reads digests in the text form of RFC 9901, base64url.
    ///
    /// # Errors
    /// [`SealedListError`] with the place in the list.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, SealedListError> {
        let digests = texts.iter().zip(0..);
        let digests = digests.map(|(text, at)| text.as_ref().parse().map_err(|_| SealedListError::Digest { at }));
        Self::of(digests.collect::<Result<_, _>>()?)
    }

    fn of(digests: Vec<DisclosureDigest>) -> Result<Self, SealedListError> {
        let actual = digests.len();
        if !LIST_LENGTHS.contains(&actual) {
            return Err(SealedListError::Length { actual });
        }
        match digests.windows(2).position(|pair| matches!(pair, [a, b] if a >= b)) {
            Some(before) => Err(SealedListError::Order { at: before + 1 }),
            None => Ok(Self(digests)),
        }
    }

    /// The digests in the order they are recorded in.
    #[must_use]
    pub fn digests(&self) -> &[DisclosureDigest] {
        &self.0
    }

    /// Whether this record sealed that field with that value: a disclosure of another record, or one with another
    /// pointer or value, is [`DisclosureVerdict::NotSealedHere`].
    pub fn check(&self, disclosure: &Disclosure) -> DisclosureVerdict {
        if self.0.contains(&disclosure.digest()) {
            DisclosureVerdict::SealedHere
        } else {
            DisclosureVerdict::NotSealedHere
        }
    }
}

/// What a record's list says of a disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum DisclosureVerdict {
    /// The record committed to exactly this pointer and value.
    SealedHere,
    /// The record did not.
    NotSealedHere,
}

/// Why fields were not sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// More fields than one list hides.
    #[error("{actual} fields to seal, more than 32")]
    TooManyFields {
        /// The number of fields.
        actual: usize,
    },
    /// One field twice.
    #[error("field {pointer} is sealed twice")]
    RepeatedPointer {
        /// Its JSON pointer.
        pointer: String,
    },
    /// Two digests are alike: the random bytes are not random.
    #[error("random bytes repeat themselves")]
    Randomness,
}

/// Why texts are no `sealed` list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealedListError {
    /// Not 4, 8, 16 or 32 digests.
    #[error("sealed list has {actual} digests, not 4, 8, 16 or 32")]
    Length {
        /// The number of digests.
        actual: usize,
    },
    /// A digest does not follow the one before it.
    #[error("digest {at} of the sealed list is not above the one before it")]
    Order {
        /// Its place, from 0.
        at: usize,
    },
    /// A text is no digest.
    #[error("digest {at} of the sealed list is not the canonical base64url of 32 bytes")]
    Digest {
        /// Its place, from 0.
        at: usize,
    },
}

fn padded_length(fields: usize) -> Result<usize, SealError> {
    if fields == 0 {
        return Ok(0);
    }
    let length = LIST_LENGTHS.into_iter().find(|&length| fields <= length);
    length.ok_or(SealError::TooManyFields { actual: fields })
}

/// RFC 6901 §3, without the pointer to the whole document.
fn is_json_pointer(text: &str) -> bool {
    let escapes = text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    text.starts_with('/') && escapes
}
