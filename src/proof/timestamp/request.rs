//! What is sent to a timestamp authority (RFC 3161 §2.4.1).

use der::asn1::{AnyRef, ObjectIdentifier, OctetString};
use der::{Encode, Sequence};

const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// A request for a timestamp over a SHA-256, the certificate to come with the reply.
///
/// It has no nonce: the reply is kept and judged by its imprint, and an older reply over the same hash is a better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampRequest {
    sha256: [u8; 32],
}

impl TimestampRequest {
    /// Asks for a timestamp over bytes with this SHA-256.
    #[must_use]
    pub const fn over(sha256: [u8; 32]) -> Self {
        Self { sha256 }
    }

    /// Writes the DER of the request; `openssl ts -query -in FILE -text` shows it.
    ///
    /// # Errors
    /// None in practice; the error is the DER writer's.
    pub fn to_der(&self) -> Result<Vec<u8>, der::Error> {
        let algorithm = Algorithm { oid: SHA_256, parameters: AnyRef::NULL };
        let imprint = Imprint { algorithm, hash: OctetString::new(self.sha256.as_slice())? };
        Query { version: 1, imprint, cert_req: true }.to_der()
    }
}

#[derive(Sequence)]
struct Query<'a> {
    version: u8,
    imprint: Imprint<'a>,
    cert_req: bool,
}

#[derive(Sequence)]
struct Imprint<'a> {
    algorithm: Algorithm<'a>,
    hash: OctetString,
}

#[derive(Sequence)]
struct Algorithm<'a> {
    oid: ObjectIdentifier,
    parameters: AnyRef<'a>,
}
