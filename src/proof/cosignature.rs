//! Witness cosignatures of C2SP tlog-cosignature 1.0, Ed25519 type `0x04`.

use crate::proof::checkpoint::Checkpoint;
use crate::proof::key::{SignatureType, SignerKey, VerifierKey};
use crate::proof::note::NoteSignature;

/// Whole seconds since 1970-01-01T00:00:00Z without leap seconds, at most 2⁶³ − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PosixTime(u64);

impl PosixTime {
    /// Takes seconds since 1970-01-01T00:00:00Z; `None` above 2⁶³ − 1.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Option<Self> {
        if seconds < 1 << 63 { Some(Self(seconds)) } else { None }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0
    }
}

/// Cosigns: the witness states that at this time the checkpoint was the newest it knew of the log, consistent with all
/// before. That this is so, and stored, is the caller's part (FORMAT.md §3).
///
/// # Errors
/// [`CosignError::KeyType`] if the key is no witness key.
pub fn cosign(checkpoint: &Checkpoint, witness: &SignerKey, at: PosixTime) -> Result<NoteSignature, CosignError> {
    if witness.verifier().kind() != SignatureType::CosignatureV1 {
        return Err(CosignError::KeyType);
    }
    let signature = witness.sign(&signed_message(at, &checkpoint.to_string()));
    let blob = [at.0.to_be_bytes().as_slice(), &signature].concat();
    Ok(NoteSignature::of(witness.verifier(), blob))
}

/// Why a checkpoint was not cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CosignError {
    /// A key of another type than `0x04`.
    #[error("only a witness key of type 4 cosigns")]
    KeyType,
}

/// When the key cosigned this checkpoint text; `None` if it did not.
pub(super) fn check(text: &str, blob: &[u8], key: &VerifierKey) -> Option<PosixTime> {
    // A witness vouches for a tree, so its signature under any other text is not a cosignature.
    text.parse::<Checkpoint>().ok()?;
    let (time, signature) = blob.split_first_chunk()?;
    let at = PosixTime::from_seconds(u64::from_be_bytes(*time))?;
    let signature = signature.try_into().ok()?;
    key.verifies(&signed_message(at, text), signature).then_some(at)
}

fn signed_message(at: PosixTime, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {}\n{text}", at.0).into_bytes()
}
