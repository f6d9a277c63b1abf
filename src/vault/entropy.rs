//! Where secrets come from.

use std::fmt;

/// A source of secret random bytes.
pub trait Entropy: fmt::Debug + Send + Sync {
    /// Fills a buffer with bytes that nobody can guess.
    ///
    /// # Errors
    /// [`EntropyError`] where there are none to be had; the buffer is not to be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|error| EntropyError { why: error.to_string() })
    }
}

/// Says that no random bytes could be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes: {why}")]
pub struct EntropyError {
    /// What the system said.
    pub why: String,
}
