//! The envelope of a timestamp: CMS `SignedData` of RFC 5652 §5 with one signer and signed attributes.

use der::asn1::{Any, ObjectIdentifier};
use der::{Encode, Tag};
use sha2::Digest;

use super::algorithm::{Hash, SignatureFault, verify};
use super::certificate::Certificate;
use super::fields::{algorithm, explicit, is_context, members, octets, oid, sequence, values};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// The most certificates read from one reply.
const CERTIFICATES_MAX: usize = 16;

/// A signed content, taken apart and not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignedData {
    pub(super) content_type: ObjectIdentifier,
    pub(super) content: Vec<u8>,
    pub(super) certificates: Vec<Certificate>,
    signer: Signer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signer {
    /// Issuer and serial number, or a key identifier: a hint only, the signed attribute decides.
    digest: ObjectIdentifier,
    attributes: Vec<(ObjectIdentifier, Vec<Any>)>,
    /// The signed bytes: the attributes as a SET OF.
    signed: Vec<u8>,
    algorithm: ObjectIdentifier,
    signature: Vec<u8>,
}

impl SignedData {
    /// Reads a `ContentInfo`.
    pub(super) fn parse(content_info: &Any) -> Option<Self> {
        let outer = members(content_info, Tag::Sequence)?;
        let [kind, wrapped] = outer.as_slice() else { return None };
        if oid(kind)? != SIGNED_DATA {
            return None;
        }
        let all = members(&explicit(wrapped, 0)?, Tag::Sequence)?;
        let [_version, _digests, content, rest @ .., signers] = all.as_slice() else { return None };
        let (content_type, content) = parse_content(content)?;
        let certificates = parse_certificates(rest)?;
        let signers = members(signers, Tag::Set)?;
        let [signer] = signers.as_slice() else { return None };
        Some(Self { content_type, content, certificates, signer: Signer::parse(signer)? })
    }

    /// Whether the signed attributes are about this content.
    pub(super) fn attributes_hold(&self) -> Result<bool, SignatureFault> {
        let hash = self.signer.hash()?;
        let typed = self.signer.attribute(CONTENT_TYPE).and_then(oid) == Some(self.content_type);
        let digest = self.signer.attribute(MESSAGE_DIGEST).and_then(octets);
        Ok(typed && digest == Some(hash.digest(&self.content).as_slice()))
    }

    /// Finds the certificate that the signer's signed attribute names by its hash.
    pub(super) fn signers_certificate<'a>(
        &self,
        mut candidates: impl Iterator<Item = &'a Certificate>,
    ) -> Option<&'a Certificate> {
        let named = self.signer.certificate_hash()?;
        candidates.find(|certificate| named.is_of(certificate.der()))
    }

    /// Checks the signature with a certificate's key.
    pub(super) fn verify_with(&self, certificate: &Certificate) -> Result<(), SignatureFault> {
        let Signer { algorithm, signed, signature, .. } = &self.signer;
        verify(certificate.key(), *algorithm, Some(self.signer.hash()?), signed, signature)
    }
}

fn parse_content(value: &Any) -> Option<(ObjectIdentifier, Vec<u8>)> {
    let content = members(value, Tag::Sequence)?;
    let [kind, wrapped] = content.as_slice() else { return None };
    Some((oid(kind)?, octets(&explicit(wrapped, 0)?)?.to_vec()))
}

/// Certificates stand under `[0]`, revocation lists under `[1]`; both may be absent. Other things than X.509
/// certificates are passed over.
fn parse_certificates(rest: &[Any]) -> Option<Vec<Certificate>> {
    let (certificates, others) = match rest {
        [first, others @ ..] if is_context(first, 0) => (values(first.value())?, others),
        others => (Vec::new(), others),
    };
    let only_lists = matches!(others, []) || matches!(others, [lists] if is_context(lists, 1));
    if !only_lists || certificates.len() > CERTIFICATES_MAX {
        return None;
    }
    let x509 = certificates.iter().filter(|value| der::Tagged::tag(*value) == Tag::Sequence);
    x509.map(|value| Certificate::parse(&value.to_der().ok()?).ok()).collect()
}

impl Signer {
    fn parse(value: &Any) -> Option<Self> {
        let all = members(value, Tag::Sequence)?;
        let [_version, _name, digest, attributes, signature_algorithm, signature, rest @ ..] = all.as_slice() else {
            return None;
        };
        let unsigned_only = matches!(rest, []) || matches!(rest, [unsigned] if is_context(unsigned, 1));
        if !unsigned_only || !is_context(attributes, 0) {
            return None;
        }
        // RFC 5652 §5.4: what is signed is the SET OF, not the [0] it is sent as.
        let signed = Any::new(Tag::Set, attributes.value()).ok()?.to_der().ok()?;
        let attributes = values(attributes.value())?.iter().map(parse_attribute).collect::<Option<Vec<_>>>()?;
        Some(Self {
            digest: algorithm(digest)?,
            attributes,
            signed,
            algorithm: algorithm(signature_algorithm)?,
            signature: octets(signature)?.to_vec(),
        })
    }

    fn hash(&self) -> Result<Hash, SignatureFault> {
        Hash::of(self.digest).ok_or_else(|| SignatureFault::Algorithm { oid: self.digest.to_string() })
    }

    /// The one value of an attribute that stands there once.
    fn attribute(&self, kind: ObjectIdentifier) -> Option<&Any> {
        let mut found = self.attributes.iter().filter(|(known, _)| *known == kind);
        match (found.next(), found.next()) {
            (Some((_, values)), None) => match values.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads `SigningCertificateV2` (RFC 5816), else `SigningCertificate` (RFC 2634): the first entry is the signer's.
    fn certificate_hash(&self) -> Option<CertificateHash> {
        if let Some(value) = self.attribute(SIGNING_CERTIFICATE_V2) {
            let first = first_certificate_id(value)?;
            let (hash, digest) = match first.as_slice() {
                [first, ..] if octets(first).is_some() => (Hash::Sha256, first),
                [named, digest, ..] => (Hash::of(algorithm(named)?)?, digest),
                _ => return None,
            };
            return Some(CertificateHash::Named(hash, octets(digest)?.to_vec()));
        }
        let first = first_certificate_id(self.attribute(SIGNING_CERTIFICATE)?)?;
        Some(CertificateHash::Sha1(octets(first.first()?)?.to_vec()))
    }
}

fn parse_attribute(value: &Any) -> Option<(ObjectIdentifier, Vec<Any>)> {
    let parts = members(value, Tag::Sequence)?;
    let [kind, values] = parts.as_slice() else { return None };
    Some((oid(kind)?, members(values, Tag::Set)?))
}

fn first_certificate_id(value: &Any) -> Option<Vec<Any>> {
    let lists = members(value, Tag::Sequence)?;
    let ids = members(lists.first()?, Tag::Sequence)?;
    sequence(&ids.first()?.to_der().ok()?)
}

/// How a signer names its certificate.
enum CertificateHash {
    Named(Hash, Vec<u8>),
    Sha1(Vec<u8>),
}

impl CertificateHash {
    fn is_of(&self, certificate: &[u8]) -> bool {
        match self {
            Self::Named(hash, digest) => hash.digest(certificate) == *digest,
            Self::Sha1(digest) => sha1::Sha1::digest(certificate).as_slice() == digest.as_slice(),
        }
    }
}
