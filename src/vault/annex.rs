//! An annex: what the digests of one record stand for.

use std::fmt;

use zeroize::Zeroizing;

use super::entropy::{Entropy, EntropyError};
use super::private::{Private, PrivateError};
use crate::proof::{Disclosure, DisclosureDigest, DisclosureError, SEALED_FIELDS_MAX, SealError, SealedList};
use crate::vocab::Digest32;

/// Length of a salt and of a decoy's random bytes.
const SECRET_BYTES: usize = 32;

/// What one digest stands for.
///
/// `Debug` shows the digest only, and the memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub enum Preimage {
    /// A field, laid open.
    Field(Disclosure),
    /// Nothing: random bytes that a digest was made of so that the number of fields cannot be seen.
    Decoy(Zeroizing<[u8; SECRET_BYTES]>),
}

impl Preimage {
    /// Reads the bytes that were kept: 32 raw ones are a decoy, anything else must be a disclosure's text.
    ///
    /// # Errors
    /// [`DisclosureError`]. No disclosure has 32 bytes: its salt alone is longer.
    pub fn read(bytes: &[u8]) -> Result<Self, DisclosureError> {
        if let Ok(decoy) = <[u8; SECRET_BYTES]>::try_from(bytes) {
            return Ok(Self::Decoy(Zeroizing::new(decoy)));
        }
        std::str::from_utf8(bytes).map_err(|_| DisclosureError::Base64)?.parse().map(Self::Field)
    }

    /// Gives the bytes to keep; the digest is their SHA-256.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Field(disclosure) => disclosure.as_str().as_bytes(),
            Self::Decoy(bytes) => bytes.as_slice(),
        }
    }

    /// Gives the digest that stands for it in the log.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        match self {
            Self::Field(disclosure) => disclosure.digest().into(),
            Self::Decoy(bytes) => DisclosureDigest::decoy(bytes).into(),
        }
    }
}

impl fmt::Debug for Preimage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Preimage({})", self.digest())
    }
}

/// The fields of one record, laid open, with the decoys among them, in the order of their digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annex {
    preimages: Vec<(Digest32, Preimage)>,
}

/// Says why fields were not sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealFieldsError {
    /// There are too many, or none.
    #[error(transparent)]
    Private(#[from] PrivateError),
    /// A field could not be put into the form that is hashed.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// The list could not be made.
    #[error(transparent)]
    List(#[from] SealError),
    /// No random bytes were to be had.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl Annex {
    /// Seals each field with a salt of its own and hides the digests among decoys. An empty private part has no annex.
    ///
    /// # Errors
    /// [`SealFieldsError`].
    pub fn seal(private: &Private, entropy: &dyn Entropy) -> Result<Option<Self>, SealFieldsError> {
        private.check()?;
        if private.is_empty() {
            return Ok(None);
        }
        let mut salt = Zeroizing::new([0; SECRET_BYTES]);
        let mut fields = Vec::with_capacity(private.len());
        for (pointer, value) in private.iter() {
            entropy.fill(salt.as_mut_slice())?;
            fields.push(Disclosure::new(&salt, pointer, value)?);
        }
        let mut pool = Zeroizing::new([0; SECRET_BYTES * SEALED_FIELDS_MAX]);
        entropy.fill(pool.as_mut_slice())?;
        let mut secrets = pool.as_chunks::<SECRET_BYTES>().0.iter();
        let mut decoys = Vec::new();
        SealedList::seal(&fields, |bytes| {
            bytes.clone_from(secrets.next().unwrap_or(&[0; SECRET_BYTES]));
            decoys.push(Preimage::Decoy(Zeroizing::new(*bytes)));
        })?;
        let preimages = fields.into_iter().map(Preimage::Field).chain(decoys);
        Ok(Some(Self::of(preimages)))
    }

    /// Puts preimages that are known already into one annex.
    #[must_use]
    pub fn of(preimages: impl IntoIterator<Item = Preimage>) -> Self {
        let mut preimages: Vec<_> = preimages.into_iter().map(|preimage| (preimage.digest(), preimage)).collect();
        preimages.sort_unstable_by_key(|(digest, _)| *digest);
        Self { preimages }
    }

    /// Gives the record's `sealed`.
    #[must_use]
    pub fn digests(&self) -> Vec<Digest32> {
        self.preimages.iter().map(|(digest, _)| *digest).collect()
    }

    /// Walks the digests with what they stand for, in the order of the digests.
    pub fn iter(&self) -> impl Iterator<Item = &(Digest32, Preimage)> {
        self.preimages.iter()
    }

    /// Walks the fields alone.
    pub fn fields(&self) -> impl Iterator<Item = &Disclosure> {
        self.preimages.iter().filter_map(|(_, preimage)| match preimage {
            Preimage::Field(disclosure) => Some(disclosure),
            Preimage::Decoy(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::entropy::SystemEntropy;
    use super::*;

    fn private(count: usize) -> Private {
        let mut private = Private::default();
        (0..count).for_each(|number| private.put_text(&format!("/f{number}"), "the same value").unwrap());
        private
    }

    #[test]
    fn equal_values_are_sealed_under_different_salts_among_decoys() {
        for (count, length) in [(1, 4), (4, 4), (5, 8), (9, 16), (17, 32), (32, 32)] {
            let annex = Annex::seal(&private(count), &SystemEntropy).unwrap().unwrap();
            assert_eq!(annex.digests().len(), length);
            assert_eq!(annex.fields().count(), count);
            assert!(annex.digests().is_sorted_by(|a, b| a < b));
            let salts: BTreeSet<String> =
                annex.fields().map(|field| field.as_str().get(..60).unwrap().to_owned()).collect();
            assert_eq!(salts.len(), count);
            for (digest, preimage) in annex.iter() {
                assert_eq!(Preimage::read(preimage.as_bytes()).unwrap().digest(), *digest);
            }
        }
        assert_eq!(Annex::seal(&Private::default(), &SystemEntropy).unwrap(), None);
        assert!(matches!(Annex::seal(&private(33), &SystemEntropy), Err(SealFieldsError::Private(_))));
    }

    /// A broken source of random bytes.
    #[derive(Debug)]
    struct Stuck;

    impl Entropy for Stuck {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            bytes.fill(7);
            Ok(())
        }
    }

    #[test]
    fn random_bytes_that_repeat_themselves_seal_nothing() {
        let sealed = Annex::seal(&private(1), &Stuck);
        assert!(matches!(sealed, Err(SealFieldsError::List(SealError::Randomness))), "{sealed:?}");
    }

    #[test]
    fn debug_shows_no_value() {
        let mut private = Private::default();
        private.put_text("/witness/name", "Aram").unwrap();
        let annex = Annex::seal(&private, &SystemEntropy).unwrap().unwrap();
        let shown = format!("{annex:?} {private:?}");
        assert!(!shown.contains("Aram") && !shown.contains("witness"), "{shown}");
    }
}
