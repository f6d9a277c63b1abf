//! Signed notes of C2SP signed-note 1.0.0: a text and the signatures under it.

use std::fmt;

use crate::proof::cosignature::{self, PosixTime};
use crate::proof::key::{KeyId, KeyName, ParseKeyNameError, SignatureType, SignerKey, VerifierKey};
use crate::proof::rfc4648;

/// The longest note read, in bytes.
pub const NOTE_LENGTH_MAX: usize = 1_000_000;

/// The most signature lines read.
pub const NOTE_SIGNATURES_MAX: usize = 100;

/// A text ending in a newline, and signatures nobody has checked yet: see [`verify`](Self::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Takes a text that is still to be signed.
    ///
    /// # Errors
    /// [`NoteError::TextEnd`], [`NoteError::ControlCharacter`] and [`NoteError::TooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        check_bytes(text.as_bytes())?;
        if !text.ends_with('\n') {
            return Err(NoteError::TextEnd);
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note with at least one signature. Text and signatures part at the last blank line.
    ///
    /// # Errors
    /// [`NoteError`] with the place of what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        check_bytes(bytes)?;
        let note = std::str::from_utf8(bytes).map_err(|cause| NoteError::Utf8 { at: cause.valid_up_to() })?;
        let blank = note.rfind("\n\n").ok_or(NoteError::Separator)?;
        let (text, lines) = note.split_at_checked(blank + 1).ok_or(NoteError::Separator)?;
        let lines = lines.strip_prefix('\n').ok_or(NoteError::Separator)?;
        Ok(Self { text: text.to_owned(), signatures: parse_signature_lines(lines)? })
    }

    /// The signed text, its last newline included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures in their order, unchecked.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Appends a signature, such as a cosignature that a witness answered with.
    ///
    /// # Errors
    /// [`NoteError::TooManySignatures`].
    pub fn append(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        if self.signatures.len() == NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Signs the text with an Ed25519 key and appends the signature.
    ///
    /// # Errors
    /// [`NoteError::KeyType`] for a witness key, whose signature is made by [`cosign`](super::cosign).
    pub fn sign(&mut self, signer: &SignerKey) -> Result<(), NoteError> {
        let key = signer.verifier();
        if key.kind() != SignatureType::Ed25519 {
            return Err(NoteError::KeyType);
        }
        self.append(NoteSignature::of(key, signer.sign(self.text.as_bytes()).to_vec()))
    }

    /// Checks every signature that claims one of these keys and tells which hold; signatures of other keys are ignored.
    ///
    /// # Errors
    /// One bad signature of a known key refuses the whole note, as does the absence of any signature of a known key.
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<VerifiedSignature<'k>>, VerifyNoteError> {
        let keys: Vec<&VerifierKey> = keys.into_iter().collect();
        let mut verified = Vec::new();
        for (line, signature) in (1..).zip(&self.signatures) {
            let bad = || VerifyNoteError::BadSignature { line, name: signature.name.clone(), id: signature.id };
            for key in keys.iter().filter(|key| key.id() == signature.id && *key.name() == signature.name) {
                let statement = signature.check(&self.text, key).ok_or_else(bad)?;
                verified.push(VerifiedSignature { key, statement });
            }
        }
        if verified.is_empty() { Err(VerifyNoteError::NoKnownSignature) } else { Ok(verified) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// One signature line: whose it claims to be, and the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    id: KeyId,
    signature: Vec<u8>,
}

impl NoteSignature {
    /// Reads one line without its newline: `— <name> <base64(id ‖ signature)>`.
    ///
    /// # Errors
    /// [`SignatureLineError`].
    pub fn parse_line(line: &str) -> Result<Self, SignatureLineError> {
        let (name, blob) =
            line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(SignatureLineError::Form)?;
        let name = name.parse()?;
        let blob = rfc4648::base64_parse(blob).ok_or(SignatureLineError::Base64)?;
        match blob.split_first_chunk() {
            Some((id, signature)) if !signature.is_empty() => {
                Ok(Self { name, id: KeyId::from_bytes(*id), signature: signature.to_vec() })
            }
            _ => Err(SignatureLineError::Short),
        }
    }

    /// The name of the key it claims.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The id of the key it claims.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The bytes after the id.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    pub(super) fn of(key: &VerifierKey, signature: Vec<u8>) -> Self {
        Self { name: key.name().clone(), id: key.id(), signature }
    }

    /// What the key states about the text; `None` if the signature is not the key's.
    fn check(&self, text: &str, key: &VerifierKey) -> Option<Statement> {
        match key.kind() {
            SignatureType::Ed25519 => {
                let signature = self.signature.as_slice().try_into().ok()?;
                key.verifies(text.as_bytes(), signature).then_some(Statement::Signed)
            }
            SignatureType::CosignatureV1 => {
                cosignature::check(text, &self.signature, key).map(|at| Statement::Cosigned { at })
            }
        }
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [self.id.as_bytes().as_slice(), &self.signature].concat();
        write!(f, "— {} {}", self.name, rfc4648::base64_from(&blob))
    }
}

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedSignature<'k> {
    /// The key that made it.
    pub key: &'k VerifierKey,
    /// What it states.
    pub statement: Statement,
}

/// What a verified signature states about the note's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Statement {
    /// The key's owner signed the text.
    Signed,
    /// A witness saw the text's checkpoint as the log's newest at this time.
    Cosigned {
        /// When, by the witness's own clock.
        at: PosixTime,
    },
}

/// Why bytes are no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// More than [`NOTE_LENGTH_MAX`] bytes.
    #[error("note is {actual} bytes long, more than 1000000")]
    TooLong {
        /// The length in bytes.
        actual: usize,
    },
    /// A control character other than newline.
    #[error("note has a control character at byte {at}")]
    ControlCharacter {
        /// Where, in bytes from 0.
        at: usize,
    },
    /// Not UTF-8.
    #[error("note is not UTF-8 from byte {at}")]
    Utf8 {
        /// Where, in bytes from 0.
        at: usize,
    },
    /// The text to be signed does not end with a newline.
    #[error("note text does not end with a newline")]
    TextEnd,
    /// No blank line parts text and signatures.
    #[error("note has no blank line before its signatures")]
    Separator,
    /// Nothing follows the last blank line.
    #[error("note has no signature")]
    NoSignature,
    /// The last line has no newline.
    #[error("note does not end with a newline")]
    Unterminated,
    /// A line after the last blank line is no signature.
    #[error("bad signature line {line}")]
    SignatureLine {
        /// The line among the signature lines, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        cause: SignatureLineError,
    },
    /// More than [`NOTE_SIGNATURES_MAX`] signatures.
    #[error("note has more than 100 signatures")]
    TooManySignatures,
    /// A witness key was to sign a text.
    #[error("a witness key cosigns checkpoints and signs no text")]
    KeyType,
}

/// Why a line is no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureLineError {
    /// Not an em dash, a name and a base64 text with one space between each.
    #[error("signature line is not an em dash, a name and base64, with one space between each")]
    Form,
    /// The name is not allowed.
    #[error("signature line has a bad key name")]
    Name(#[from] ParseKeyNameError),
    /// The signature is not canonical base64.
    #[error("signature is not canonical base64")]
    Base64,
    /// Fewer than five bytes.
    #[error("signature is too short for a key id and a signature")]
    Short,
}

/// Why a note is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyNoteError {
    /// A signature claims a known key and is not its signature.
    #[error("signature {line} claims the known key {name}+{id} and is not its signature")]
    BadSignature {
        /// The signature's line, from 1.
        line: usize,
        /// The name it claims.
        name: KeyName,
        /// The id it claims.
        id: KeyId,
    },
    /// No signature claims a known key.
    #[error("note has no signature of a known key")]
    NoKnownSignature,
}

/// Reads signature lines, each ending in a newline: at least one, at most [`NOTE_SIGNATURES_MAX`].
pub(super) fn parse_signature_lines(lines: &str) -> Result<Vec<NoteSignature>, NoteError> {
    if lines.is_empty() {
        return Err(NoteError::NoSignature);
    }
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Unterminated)?;
    let mut signatures = Vec::new();
    for (line, text) in (1..).zip(lines.split('\n')) {
        if line > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        signatures.push(NoteSignature::parse_line(text).map_err(|cause| NoteError::SignatureLine { line, cause })?);
    }
    Ok(signatures)
}

/// Refuses what is too long or has a control character other than newline.
pub(super) fn check_bytes(bytes: &[u8]) -> Result<(), NoteError> {
    if bytes.len() > NOTE_LENGTH_MAX {
        return Err(NoteError::TooLong { actual: bytes.len() });
    }
    match bytes.iter().position(|&byte| byte < b' ' && byte != b'\n') {
        Some(at) => Err(NoteError::ControlCharacter { at }),
        None => Ok(()),
    }
}
