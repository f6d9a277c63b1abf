//! XChaCha20-Poly1305, and what each ciphertext is bound to.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::entropy::{Entropy, EntropyError};
use super::files::RecordKey;
use crate::vocab::Digest32;

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;
/// Bytes of a nonce: long enough to be drawn at random for every message.
pub(super) const NONCE_BYTES: usize = 24;
/// Bytes by which a ciphertext is longer than what it holds.
pub(super) const TAG_BYTES: usize = 16;

/// A secret key; wiped when it is dropped.
pub(super) type SecretKey = Zeroizing<[u8; KEY_BYTES]>;

/// Draws a key.
pub(super) fn fresh_key(entropy: &dyn Entropy) -> Result<SecretKey, EntropyError> {
    let mut key = SecretKey::default();
    entropy.fill(key.as_mut_slice())?;
    Ok(key)
}

/// What a ciphertext holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// What a digest stands for, under its data key.
    Preimage,
    /// A data key, under the vault key.
    DataKey,
}

/// Where a ciphertext belongs: it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) origin: &'a str,
    pub(super) record: &'a RecordKey,
    pub(super) digest: &'a Digest32,
}

impl Place<'_> {
    /// The additional data: what is held, then origin, submitter and key, each after its length, then the digest.
    fn additional(&self, holds: Holds) -> Vec<u8> {
        let what: &[u8] = match holds {
            Holds::Preimage => b"ceasefire.vault/1 preimage\n",
            Holds::DataKey => b"ceasefire.vault/1 data key\n",
        };
        let mut bytes = what.to_vec();
        for part in [self.origin, self.record.by.as_str(), self.record.key.as_str()] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes.extend_from_slice(self.digest.as_bytes());
        bytes
    }
}

/// A message under a key: nonce and ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) nonce: [u8; NONCE_BYTES],
    pub(super) ciphertext: Vec<u8>,
}

/// Says that a message could not be encrypted.
#[derive(Debug, thiserror::Error)]
pub(super) enum CloseError {
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    #[error("the cipher refused")]
    Cipher,
}

/// Encrypts a message for one place.
pub(super) fn close(
    key: &SecretKey,
    message: &[u8],
    place: &Place<'_>,
    holds: Holds,
    entropy: &dyn Entropy,
) -> Result<Closed, CloseError> {
    let mut nonce = [0; NONCE_BYTES];
    entropy.fill(&mut nonce)?;
    let additional = place.additional(holds);
    let payload = Payload { msg: message, aad: &additional };
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let ciphertext = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| CloseError::Cipher)?;
    Ok(Closed { nonce, ciphertext })
}

/// Decrypts a message; nothing where the key is another, a bit was changed, or it belongs elsewhere.
pub(super) fn open(key: &SecretKey, closed: &Closed, place: &Place<'_>, holds: Holds) -> Option<Zeroizing<Vec<u8>>> {
    let additional = place.additional(holds);
    let payload = Payload { msg: closed.ciphertext.as_slice(), aad: &additional };
    let cipher = XChaCha20Poly1305::new((&**key).into());
    cipher.decrypt(&XNonce::from(closed.nonce), payload).ok().map(Zeroizing::new)
}
