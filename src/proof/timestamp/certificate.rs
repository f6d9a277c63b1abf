//! Certificates, and the way from a signer to one that is trusted (the parts of RFC 5280 §6 that a timestamp needs).

use der::asn1::ObjectIdentifier;
use der::{Decode, DecodePem, Encode};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use super::algorithm::{SignatureFault, verify};
use super::fields::sequence;
use crate::vocab::Instant;

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// The critical extensions that are understood: basic constraints, key usage, extended key usage, and certificate
/// policies, which are not judged here.
const UNDERSTOOD: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("2.5.29.19"),
    ObjectIdentifier::new_unwrap("2.5.29.15"),
    ObjectIdentifier::new_unwrap("2.5.29.37"),
    ObjectIdentifier::new_unwrap("2.5.29.32"),
];

/// The longest path, signer and authority included.
const PATH_MAX: usize = 8;

/// A certificate with its bytes: what is checked are the bytes that came, not ones written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    der: Vec<u8>,
    signed: Vec<u8>,
    key: Vec<u8>,
    read: x509_cert::Certificate,
}

impl Certificate {
    pub(super) fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let malformed = |_| CertificateError::Malformed;
        let read = x509_cert::Certificate::from_der(der).map_err(malformed)?;
        let parts = sequence(der).ok_or(CertificateError::Malformed)?;
        let signed = parts.first().ok_or(CertificateError::Malformed)?.to_der().map_err(malformed)?;
        let key = read.tbs_certificate().subject_public_key_info().to_der().map_err(malformed)?;
        Ok(Self { der: der.to_vec(), signed, key, read })
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// The `SubjectPublicKeyInfo`.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(super) fn subject(&self) -> String {
        self.read.tbs_certificate().subject().to_string()
    }

    fn was_issued_by(&self, issuer: &Self) -> bool {
        let named = self.read.tbs_certificate().issuer() == issuer.read.tbs_certificate().subject();
        named && self.verify_by(issuer).is_ok()
    }

    fn verify_by(&self, issuer: &Self) -> Result<(), SignatureFault> {
        // RFC 5280 §4.1.1.2: the algorithm outside must be the one that is signed inside.
        let outside = self.read.signature_algorithm();
        if outside != self.read.tbs_certificate().signature() {
            return Err(SignatureFault::Bad);
        }
        let signature = self.read.signature().as_bytes().ok_or(SignatureFault::Bad)?;
        verify(&issuer.key, outside.oid, None, &self.signed, signature)
    }

    fn is_valid_at(&self, at: Instant) -> bool {
        let validity = self.read.tbs_certificate().validity();
        let seconds = u64::try_from(at.micros().div_euclid(1_000_000)).unwrap_or(0);
        let (from, until) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
        (from.as_secs()..=until.as_secs()).contains(&seconds)
    }

    fn critical_extension(&self) -> Option<String> {
        let extensions = self.read.tbs_certificate().extensions().map(Vec::as_slice).unwrap_or_default();
        let strange = extensions.iter().find(|one| one.critical && !UNDERSTOOD.contains(&one.extn_id));
        strange.map(|one| one.extn_id.to_string())
    }

    /// May it sign certificates, with so many authorities below it?
    fn may_issue(&self, below: usize) -> bool {
        let tbs = self.read.tbs_certificate();
        let Ok(Some((_, constraints))) = tbs.get_extension::<BasicConstraints>() else { return false };
        let length = constraints.path_len_constraint.is_none_or(|most| below <= usize::from(most));
        let usage = match tbs.get_extension::<KeyUsage>() {
            Ok(usage) => usage.is_none_or(|(_, usage)| usage.key_cert_sign()),
            Err(_) => false,
        };
        constraints.ca && length && usage
    }

    /// RFC 3161 §2.3: the one purpose of the key is timestamping, and the certificate insists on it.
    pub(super) fn is_for_timestamps(&self) -> bool {
        let tbs = self.read.tbs_certificate();
        let purpose = matches!(tbs.get_extension::<ExtendedKeyUsage>(),
            Ok(Some((true, usage))) if usage.0.as_slice() == [TIME_STAMPING]);
        let usage = match tbs.get_extension::<KeyUsage>() {
            Ok(usage) => usage.is_none_or(|(_, usage)| usage.digital_signature() || usage.non_repudiation()),
            Err(_) => false,
        };
        purpose && usage
    }
}

/// The certificates of authorities that the asker trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateAuthorities(Vec<Certificate>);

impl CertificateAuthorities {
    /// Reads one certificate in DER, or one or more in PEM.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CertificateError> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.contains(BEGIN)) else {
            return Ok(Self(vec![Certificate::parse(bytes)?]));
        };
        // Text before a certificate, as `openssl x509 -text` prints it, is passed over.
        let texts = text.split(BEGIN).skip(1).map(|rest| format!("{BEGIN}{rest}"));
        let certificates = texts.map(|text| {
            let end = text.find("-----END CERTIFICATE-----").ok_or(CertificateError::Malformed)?;
            let pem = format!("{}-----END CERTIFICATE-----\n", text.get(..end).unwrap_or_default());
            let read = x509_cert::Certificate::from_pem(pem).map_err(|_| CertificateError::Malformed)?;
            Certificate::parse(&read.to_der().map_err(|_| CertificateError::Malformed)?)
        });
        certificates.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    /// Finds a way from a signer to one of these authorities by certificates that were valid at a time. Gives the
    /// authority's name.
    pub(super) fn path_from(
        &self,
        signer: &Certificate,
        others: &[Certificate],
        at: Instant,
    ) -> Result<String, PathFault> {
        let mut fault = PathFault::Untrusted { subject: signer.subject() };
        self.climb(&mut vec![signer], others, at, &mut fault).ok_or(fault)
    }

    fn climb<'a>(
        &'a self,
        path: &mut Vec<&'a Certificate>,
        others: &'a [Certificate],
        at: Instant,
        fault: &mut PathFault,
    ) -> Option<String> {
        let &last = path.last()?;
        if let Some(oid) = last.critical_extension() {
            *fault = PathFault::CriticalExtension { subject: last.subject(), oid };
            return None;
        }
        if !last.is_valid_at(at) {
            *fault = PathFault::NotValidThen { subject: last.subject() };
            return None;
        }
        if self.0.contains(last) {
            return Some(last.subject());
        }
        if path.len() == PATH_MAX {
            return None;
        }
        for issuer in self.0.iter().chain(others) {
            let below = path.len() - 1;
            let may = self.0.contains(issuer) || issuer.may_issue(below);
            if path.contains(&issuer) || !may || !last.was_issued_by(issuer) {
                continue;
            }
            path.push(issuer);
            if let Some(found) = self.climb(path, others, at, fault) {
                return Some(found);
            }
            path.pop();
        }
        None
    }
}

/// Why bytes are no certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Neither a certificate in DER nor certificates in PEM.
    #[error("not a certificate in DER, nor certificates in PEM")]
    Malformed,
}

/// Why no trusted authority vouches for a signer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathFault {
    /// No way leads to an authority that the asker trusts.
    #[error("no authority given vouches for {subject}")]
    Untrusted {
        /// The signer.
        subject: String,
    },
    /// A certificate on the way was not valid at the time that is stated.
    #[error("certificate of {subject} was not valid at the time stated")]
    NotValidThen {
        /// Whose.
        subject: String,
    },
    /// A certificate on the way demands something that is not understood here.
    #[error("certificate of {subject} has the critical extension {oid}, which is not understood here")]
    CriticalExtension {
        /// Whose.
        subject: String,
        /// The extension.
        oid: String,
    },
}
