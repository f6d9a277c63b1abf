//! Names, ids and keys of C2SP signed-note: who signs, and how others recognise it.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::proof::rfc4648;
use crate::vocab::hex::{hex_of, parse_hex};

/// The name of a key and, for a log, its origin: never empty, without white space, control characters or `+`.
///
/// A schema-less URL such as `ceasefire.example/log` is the recommended form; nothing needs to answer there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// Borrows the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = ParseKeyNameError;

    fn from_str(text: &str) -> Result<Self, ParseKeyNameError> {
        if text.is_empty() {
            return Err(ParseKeyNameError::Empty);
        }
        match text.char_indices().find(|(_, symbol)| symbol.is_whitespace() || symbol.is_control() || *symbol == '+') {
            Some((at, _)) => Err(ParseKeyNameError::Character { at }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no key name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyNameError {
    /// There is no character.
    #[error("key name is empty")]
    Empty,
    /// White space, a control character or `+`.
    #[error("key name has white space, a control character or a plus sign at byte {at}")]
    Character {
        /// Where, in bytes from 0.
        at: usize,
    },
}

/// What a key signs, as one byte in its id and its text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SignatureType {
    /// `0x01`: Ed25519 over the note's text.
    Ed25519,
    /// `0x04`: Ed25519 over a time and a checkpoint, the statement of a witness (C2SP tlog-cosignature).
    CosignatureV1,
}

impl SignatureType {
    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::Ed25519),
            0x04 => Some(Self::CosignatureV1),
            _ => None,
        }
    }

    const fn as_byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
        }
    }
}

/// Four bytes that tell a name's keys apart; no protection against forgery.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// Wraps the bytes as they stand at the head of a signature.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// Borrows the bytes as they stand at the head of a signature.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }

    fn of(name: &KeyName, kind: SignatureType, public_key: &[u8; 32]) -> Self {
        let digest = Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', kind.as_byte()])
            .chain_update(public_key)
            .finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(digest);
        Self([a, b, c, d])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex_of(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A public key under a name, the `vkey` of C2SP signed-note: `<name>+<id>+<base64(type ‖ key)>`.
///
/// ```
/// use ceasefire_ledger::proof::VerifierKey;
///
/// let text = "ceasefire.example/log+ebd6d79a+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
/// let key: VerifierKey = text.parse()?;
/// assert_eq!(key.name().as_str(), "ceasefire.example/log");
/// assert_eq!(key.to_string(), text);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    kind: SignatureType,
    id: KeyId,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The name its signature lines carry.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> SignatureType {
        self.kind
    }

    /// The id its signatures begin with.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The Ed25519 public key (RFC 8032).
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether this key made the signature over exactly these bytes.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    fn of(name: KeyName, kind: SignatureType, key: VerifyingKey) -> Self {
        let id = KeyId::of(&name, kind, key.as_bytes());
        Self { name, kind, id, key }
    }
}

impl FromStr for VerifierKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let KeyText { name, id, kind, bytes } = split_key(text)?;
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak()).ok_or(ParseKeyError::Point)?;
        let key = Self::of(name, kind, key);
        if key.id != id {
            return Err(ParseKeyError::Id { expected: key.id, actual: id });
        }
        Ok(key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, self.id, encode_key(self.kind, self.public_key()))
    }
}

/// A private key under a name. Its bytes are wiped from memory on drop and never shown by `Debug`.
#[derive(Clone)]
pub struct SignerKey {
    verifier: VerifierKey,
    key: SigningKey,
}

impl SignerKey {
    /// Makes the key from 32 secret random bytes (RFC 8032); the caller wipes its own copy.
    #[must_use]
    pub fn from_seed(name: KeyName, kind: SignatureType, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { verifier: VerifierKey::of(name, kind, key.verifying_key()), key }
    }

    /// Reads `PRIVATE+KEY+<name>+<id>+<base64(type ‖ seed)>`, the form Go's note package writes.
    ///
    /// # Errors
    /// [`ParseKeyError`]; the text is not repeated in it.
    pub fn parse(text: &str) -> Result<Self, ParseKeyError> {
        let KeyText { name, id, kind, mut bytes } =
            split_key(text.strip_prefix(PRIVATE_PREFIX).ok_or(ParseKeyError::PrivatePrefix)?)?;
        let signer = Self::from_seed(name, kind, &bytes);
        bytes.zeroize();
        if signer.verifier.id != id {
            return Err(ParseKeyError::Id { expected: signer.verifier.id, actual: id });
        }
        Ok(signer)
    }

    /// Writes the form that [`parse`](Self::parse) reads: the secret itself, to be kept where only the owner reads it.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(encode_key(self.verifier.kind, self.key.as_bytes()));
        Zeroizing::new(format!("{PRIVATE_PREFIX}{}+{}+{}", self.verifier.name, self.verifier.id, secret.as_str()))
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs exactly these bytes.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignerKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// A private key does not begin with `PRIVATE+KEY+`.
    #[error("private key does not begin with PRIVATE+KEY+")]
    PrivatePrefix,
    /// It does not have the three parts name, id and key between plus signs.
    #[error("key does not have the parts name+id+key")]
    Parts,
    /// The name is not allowed.
    #[error("key has a bad name")]
    Name(#[from] ParseKeyNameError),
    /// The id is not eight lower-case hexadecimal digits.
    #[error("key id is not eight lower-case hexadecimal digits")]
    IdForm,
    /// The key is not canonical base64.
    #[error("key is not canonical base64")]
    Base64,
    /// The type byte is unknown here or the key is not 32 bytes long.
    #[error("key is neither of type 1 nor of type 4 with 32 bytes")]
    Type,
    /// The bytes are no point of the curve, or one of the few that verify forged signatures.
    #[error("key is no usable Ed25519 public key")]
    Point,
    /// The id is not that of name and key.
    #[error("key id is {actual}, but name and key have {expected}")]
    Id {
        /// The id that name, type and key have.
        expected: KeyId,
        /// The id that was written.
        actual: KeyId,
    },
}

const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";

struct KeyText {
    name: KeyName,
    id: KeyId,
    kind: SignatureType,
    bytes: [u8; 32],
}

/// Splits at the first two plus signs only: base64 has its own.
fn split_key(text: &str) -> Result<KeyText, ParseKeyError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(ParseKeyError::Parts);
    };
    let name = name.parse()?;
    let id = parse_hex(id.as_bytes()).map(KeyId).ok_or(ParseKeyError::IdForm)?;
    let key = Zeroizing::new(rfc4648::base64_parse(key).ok_or(ParseKeyError::Base64)?);
    let (kind, bytes) = key.split_first().ok_or(ParseKeyError::Type)?;
    let kind = SignatureType::from_byte(*kind).ok_or(ParseKeyError::Type)?;
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| ParseKeyError::Type)?;
    Ok(KeyText { name, id, kind, bytes })
}

fn encode_key(kind: SignatureType, bytes: &[u8; 32]) -> String {
    let mut typed = Zeroizing::new([0; 33]);
    if let Some((first, rest)) = typed.split_first_mut() {
        *first = kind.as_byte();
        rest.copy_from_slice(bytes);
    }
    rfc4648::base64_from(&*typed)
}
