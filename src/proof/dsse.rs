//! Signatures over record bodies: Ed25519 over the pre-authentication encoding of DSSE 1.0.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::proof::rfc4648;

/// The payload type of a record body (FORMAT.md §2): a signature made for anything else does not fit a body.
pub const BODY_TYPE: &str = "application/vnd.ceasefire.body.v1+json";

/// The bytes DSSE signs: `DSSEv1 <length of type> <type> <length of body> <body>`, lengths decimal in bytes.
#[must_use]
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// A submitter's private key. Its bytes are wiped from memory on drop and never shown by `Debug`.
#[derive(Clone)]
pub struct BodySigner(SigningKey);

impl BodySigner {
    /// Makes the key from 32 secret random bytes (RFC 8032); the caller wipes its own copy.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> BodyVerifier {
        BodyVerifier(self.0.verifying_key())
    }

    /// Signs a body's bytes exactly as they will stand in the record.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> BodySignature {
        BodySignature(self.0.sign(&pre_authentication_encoding(BODY_TYPE, body)).to_bytes())
    }
}

impl fmt::Debug for BodySigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodySigner").field("verifier", &self.verifier()).finish_non_exhaustive()
    }
}

/// A submitter's public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyVerifier(VerifyingKey);

impl BodyVerifier {
    /// Takes the 32 bytes of an Ed25519 public key (RFC 8032).
    ///
    /// # Errors
    /// [`BodyKeyError::Point`] for bytes that are no point of the curve, one of the few that verify forgeries, or a point in
    /// other bytes than its own (RFC 8032 §5.1.3): one key has one spelling, and every library reads it alike.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BodyKeyError> {
        let key = VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak());
        let key = key.filter(|key| key.to_edwards().compress().as_bytes() == bytes);
        key.map(Self).ok_or(BodyKeyError::Point)
    }

    /// Reads the canonical base64 of the 32 bytes.
    ///
    /// # Errors
    /// [`BodyKeyError::Base64`], and as [`from_bytes`](Self::from_bytes).
    pub fn parse_base64(text: &str) -> Result<Self, BodyKeyError> {
        Self::from_bytes(&rfc4648::base64_parse_exact(text).ok_or(BodyKeyError::Base64)?)
    }

    /// Spells the key in padded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        rfc4648::base64_from(self.0.as_bytes())
    }

    /// Borrows the 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks a signature over a body's bytes, refusing every form but the one canonical signature (`verify_strict`).
    ///
    /// # Errors
    /// [`BadBodySignature`].
    pub fn verify(&self, body: &[u8], signature: &BodySignature) -> Result<(), BadBodySignature> {
        let message = pre_authentication_encoding(BODY_TYPE, body);
        self.0.verify_strict(&message, &Signature::from_bytes(&signature.0)).map_err(|_| BadBodySignature)
    }
}

/// 64 bytes that claim to sign a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodySignature([u8; 64]);

impl BodySignature {
    /// Wraps the 64 bytes of RFC 8032.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Borrows the 64 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// Spells the signature as a record's `sig` has it: padded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        rfc4648::base64_from(&self.0)
    }

    /// Reads a record's `sig`.
    ///
    /// # Errors
    /// [`ParseBodySignatureError`] for anything but the canonical base64 of 64 bytes.
    pub fn parse_base64(text: &str) -> Result<Self, ParseBodySignatureError> {
        rfc4648::base64_parse_exact(text).map(Self).ok_or(ParseBodySignatureError)
    }
}

/// Why bytes or text are no submitter's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyKeyError {
    /// Not the canonical base64 of 32 bytes.
    #[error("public key is not the canonical base64 of 32 bytes")]
    Base64,
    /// No point of the curve, or one of small order.
    #[error("public key is no usable Ed25519 public key")]
    Point,
}

/// A text that is no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature is not the canonical base64 of 64 bytes")]
pub struct ParseBodySignatureError;

/// A signature that does not hold over the body it came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature is not the key's signature over this body")]
pub struct BadBodySignature;
