//! The signatures accepted, and no others.

use der::asn1::ObjectIdentifier;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use sha2::{Digest, Sha256, Sha384, Sha512};

const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SHA_256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA_384_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA_512_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const ECDSA_WITH_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_WITH_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_WITH_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");

/// The smallest RSA modulus accepted, in bytes.
const RSA_BYTES_MIN: usize = 256;

/// A hash function that signatures may stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn of(oid: ObjectIdentifier) -> Option<Self> {
        match oid {
            SHA_256 => Some(Self::Sha256),
            SHA_384 => Some(Self::Sha384),
            SHA_512 => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn pkcs1v15(self) -> rsa::Pkcs1v15Sign {
        match self {
            Self::Sha256 => rsa::Pkcs1v15Sign::new::<Sha256>(),
            Self::Sha384 => rsa::Pkcs1v15Sign::new::<Sha384>(),
            Self::Sha512 => rsa::Pkcs1v15Sign::new::<Sha512>(),
        }
    }
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// It is of a kind that is not checked here.
    #[error("signature algorithm {oid} is not checked here")]
    Algorithm {
        /// The algorithm's object identifier.
        oid: String,
    },
    /// The key is of a kind or length that is not accepted.
    #[error("public key is not RSA of 2048 to 8192 bits, P-256 or P-384")]
    Key,
    /// It is not the key's signature over these bytes.
    #[error("signature does not hold")]
    Bad,
}

impl SignatureFault {
    /// Tells whether nothing is proved by it: another program may be able to check the signature.
    #[must_use]
    pub const fn is_undecided(&self) -> bool {
        matches!(self, Self::Algorithm { .. } | Self::Key)
    }
}

/// Checks a signature over a message by the key in a `SubjectPublicKeyInfo`. `hash` is the one that stands beside a
/// signature algorithm that does not name its own.
pub(super) fn verify(
    key: &[u8],
    algorithm: ObjectIdentifier,
    hash: Option<Hash>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    let unknown = || SignatureFault::Algorithm { oid: algorithm.to_string() };
    let (rsa, hash) = match algorithm {
        RSA => (true, hash.ok_or_else(unknown)?),
        SHA_256_WITH_RSA => (true, Hash::Sha256),
        SHA_384_WITH_RSA => (true, Hash::Sha384),
        SHA_512_WITH_RSA => (true, Hash::Sha512),
        ECDSA_WITH_SHA_256 => (false, Hash::Sha256),
        ECDSA_WITH_SHA_384 => (false, Hash::Sha384),
        ECDSA_WITH_SHA_512 => (false, Hash::Sha512),
        _ => return Err(unknown()),
    };
    let digest = hash.digest(message);
    if rsa { verify_rsa(key, hash, &digest, signature) } else { verify_ecdsa(key, &digest, signature) }
}

fn verify_rsa(key: &[u8], hash: Hash, digest: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
    let key = rsa::PublicKey::from_public_key_der(key).map_err(|_| SignatureFault::Key)?;
    if key.size() < RSA_BYTES_MIN {
        return Err(SignatureFault::Key);
    }
    key.verify(hash.pkcs1v15(), digest, signature).map_err(|_| SignatureFault::Bad)
}

fn verify_ecdsa(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
    let bad = |_| SignatureFault::Bad;
    if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(key) {
        let signature = p256::ecdsa::Signature::from_der(signature).map_err(bad)?;
        return key.verify_prehash(digest, &signature).map_err(bad);
    }
    let key = p384::ecdsa::VerifyingKey::from_public_key_der(key).map_err(|_| SignatureFault::Key)?;
    let signature = p384::ecdsa::Signature::from_der(signature).map_err(bad)?;
    key.verify_prehash(digest, &signature).map_err(bad)
}
