//! What a timestamp authority answers (RFC 3161 §2.4.2): read, and checked.

use der::asn1::{Any, Int, ObjectIdentifier};
use der::{Tag, Tagged};

use super::algorithm::{Hash, SignatureFault};
use super::certificate::{CertificateAuthorities, PathFault};
use super::fields::{algorithm, is_context, members, octets, oid, sequence, small, values};
use super::signed_data::SignedData;
use crate::vocab::Instant;
use crate::vocab::hex::hex_of;

const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// The longest reply read, in bytes.
const REPLY_LENGTH_MAX: usize = 256 * 1024;

/// A reply that grants a timestamp over a SHA-256. Nothing of it is checked yet: see [`verify`](Self::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampReply {
    signed: SignedData,
    sha256: [u8; 32],
    at: Instant,
    accuracy_micros: Option<u64>,
    serial: String,
    policy: String,
}

/// What holds of a reply that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimestampTrust {
    /// The subject of the certificate that signed it.
    pub signer: String,
    /// The trusted authority that vouches for the signer, where the asker named any.
    pub authority: Option<String>,
}

impl TimestampReply {
    /// Reads a reply.
    ///
    /// # Errors
    /// [`TimestampReplyError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TimestampReplyError> {
        if bytes.len() > REPLY_LENGTH_MAX {
            return Err(TimestampReplyError::TooLong { bytes: bytes.len() });
        }
        let malformed = |part| TimestampReplyError::Malformed { part };
        let outer = sequence(bytes).ok_or(malformed("reply"))?;
        let status = outer.first().and_then(|status| members(status, Tag::Sequence));
        let status = status.as_deref().and_then(<[Any]>::first).and_then(small).ok_or(malformed("status"))?;
        // 0 is granted, 1 granted with changes.
        if status > 1 {
            return Err(TimestampReplyError::NotGranted { status });
        }
        let [_, token] = outer.as_slice() else { return Err(malformed("reply")) };
        let signed = SignedData::parse(token).ok_or(malformed("signed data"))?;
        if signed.content_type != TST_INFO {
            return Err(malformed("content type"));
        }
        let stated = Stated::parse(&signed.content).ok_or(malformed("timestamp"))?;
        if stated.hash != Some(Hash::Sha256) {
            return Err(TimestampReplyError::OtherHash);
        }
        let sha256 = stated.imprint.as_slice().try_into().map_err(|_| malformed("imprint"))?;
        let Stated { at, accuracy_micros, serial, policy, .. } = stated;
        Ok(Self { signed, sha256, at, accuracy_micros, serial, policy })
    }

    /// The SHA-256 that it is over.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The time it states, cut to microseconds.
    #[must_use]
    pub const fn at(&self) -> Instant {
        self.at
    }

    /// How far the time may be off, in microseconds, where it says so.
    #[must_use]
    pub const fn accuracy_micros(&self) -> Option<u64> {
        self.accuracy_micros
    }

    /// The authority's number for it, in hexadecimal.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The policy it was issued under, as an object identifier.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Checks that it is over this SHA-256 and that its signature holds; with authorities, that one of them vouches for
    /// the signer by certificates that were valid at the time stated.
    ///
    /// Without authorities anybody could have signed it. Revocation and the authority's policy are not checked.
    ///
    /// # Errors
    /// [`TimestampFault`]; [`TimestampFault::is_undecided`] tells whether it proves anything.
    pub fn verify(
        &self,
        sha256: &[u8; 32],
        authorities: Option<&CertificateAuthorities>,
    ) -> Result<TimestampTrust, TimestampFault> {
        if self.sha256 != *sha256 {
            return Err(TimestampFault::OtherBytes { stamped: hex_of(&self.sha256), asked: hex_of(sha256) });
        }
        if !self.signed.attributes_hold()? {
            return Err(TimestampFault::Attributes);
        }
        let known = authorities.map(CertificateAuthorities::certificates).unwrap_or_default();
        let candidates = self.signed.certificates.iter().chain(known);
        let signer = self.signed.signers_certificate(candidates).ok_or(TimestampFault::NoCertificate)?;
        self.signed.verify_with(signer)?;
        if !signer.is_for_timestamps() {
            return Err(TimestampFault::Purpose { subject: signer.subject() });
        }
        let authority = authorities
            .map(|authorities| authorities.path_from(signer, &self.signed.certificates, self.at))
            .transpose()?;
        Ok(TimestampTrust { signer: signer.subject(), authority })
    }
}

/// Why bytes are no reply that grants a timestamp over a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampReplyError {
    /// Longer than any reply.
    #[error("reply is {bytes} bytes long, more than 262144")]
    TooLong {
        /// The length in bytes.
        bytes: usize,
    },
    /// Not the DER of RFC 3161.
    #[error("not a timestamp reply in DER: bad {part}")]
    Malformed {
        /// The part that is wrong.
        part: &'static str,
    },
    /// The authority refused.
    #[error("authority did not grant a timestamp: status {status}")]
    NotGranted {
        /// RFC 3161's `PKIStatus`.
        status: u64,
    },
    /// The imprint is of another hash function.
    #[error("timestamp is not over a SHA-256")]
    OtherHash,
}

/// Why a reply does not show what it is asked to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampFault {
    /// It is over other bytes.
    #[error("timestamp is over SHA-256 {stamped}, not {asked}")]
    OtherBytes {
        /// What it is over.
        stamped: String,
        /// What was asked for.
        asked: String,
    },
    /// The signed attributes are about another content.
    #[error("signed attributes do not fit the timestamp")]
    Attributes,
    /// The certificate that signed it is neither in the reply nor given.
    #[error("certificate of the signer is not there")]
    NoCertificate,
    /// The signature does not hold, or cannot be checked.
    #[error("timestamp is not signed as it says: {0}")]
    Signature(#[from] SignatureFault),
    /// The certificate that signed it is not one for timestamps alone.
    #[error("certificate of {subject} is not for timestamps alone")]
    Purpose {
        /// Whose.
        subject: String,
    },
    /// No trusted authority vouches for the signer.
    #[error("signer is not to be believed: {0}")]
    Path(#[from] PathFault),
}

impl TimestampFault {
    /// Tells whether nothing is proved by it: with another authority, or by another program, the reply may hold.
    #[must_use]
    pub const fn is_undecided(&self) -> bool {
        match self {
            Self::NoCertificate | Self::Path(_) => true,
            Self::Signature(fault) => fault.is_undecided(),
            Self::OtherBytes { .. } | Self::Attributes | Self::Purpose { .. } => false,
        }
    }
}

/// A `TSTInfo`.
struct Stated {
    policy: String,
    hash: Option<Hash>,
    imprint: Vec<u8>,
    serial: String,
    at: Instant,
    accuracy_micros: Option<u64>,
}

impl Stated {
    fn parse(content: &[u8]) -> Option<Self> {
        let all = sequence(content)?;
        let [version, policy, imprint, serial, at, rest @ ..] = all.as_slice() else { return None };
        if small(version)? != 1 || has_critical_extension(rest)? {
            return None;
        }
        let imprint = members(imprint, Tag::Sequence)?;
        let [imprint_algorithm, imprint] = imprint.as_slice() else { return None };
        let accuracy_micros = match rest.first().filter(|value| value.tag() == Tag::Sequence) {
            Some(accuracy) => Some(parse_accuracy(accuracy)?),
            None => None,
        };
        Some(Self {
            policy: oid(policy)?.to_string(),
            hash: Hash::of(algorithm(imprint_algorithm)?),
            imprint: octets(imprint)?.to_vec(),
            serial: hex_of(serial.decode_as::<Int>().ok()?.as_bytes()),
            at: parse_time(at)?,
            accuracy_micros,
        })
    }
}

/// An extension that must be understood: none is.
fn has_critical_extension(rest: &[Any]) -> Option<bool> {
    let Some(extensions) = rest.iter().find(|value| is_context(value, 1)) else { return Some(false) };
    let mut critical = false;
    for extension in values(extensions.value())? {
        let parts = members(&extension, Tag::Sequence)?;
        critical |= parts.get(1).is_some_and(|flag| flag.decode_as::<bool>() == Ok(true));
    }
    Some(critical)
}

/// `YYYYMMDDhhmmss[.f…]Z`; a fraction is cut to microseconds.
fn parse_time(value: &Any) -> Option<Instant> {
    if value.tag() != Tag::GeneralizedTime {
        return None;
    }
    let text = std::str::from_utf8(value.value()).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to).unwrap_or_default();
    let fraction = fraction.get(..6.min(fraction.len())).unwrap_or_default();
    let text = format!(
        "{}-{}-{}T{}:{}:{}.{fraction}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    Instant::parse(&text).ok()
}

/// Seconds, milliseconds `[0]` and microseconds `[1]`, each optional.
fn parse_accuracy(value: &Any) -> Option<u64> {
    let mut micros = 0_u64;
    for part in members(value, Tag::Sequence)? {
        let (unit, number) = match part.tag() {
            Tag::Integer => (1_000_000, small(&part)?),
            Tag::ContextSpecific { constructed: false, number } if number.0 == 0 => (1_000, implicit_number(&part)?),
            Tag::ContextSpecific { constructed: false, number } if number.0 == 1 => (1, implicit_number(&part)?),
            _ => return None,
        };
        micros = micros.checked_add(number.checked_mul(unit)?)?;
    }
    Some(micros)
}

fn implicit_number(value: &Any) -> Option<u64> {
    small(&Any::new(Tag::Integer, value.value()).ok()?)
}
