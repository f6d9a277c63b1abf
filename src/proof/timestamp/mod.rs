//! Timestamps by somebody else's clock: RFC 3161 requests and replies.
//!
//! A timestamp authority signs a SHA-256 and a time. Its reply shows that bytes with this hash existed by then, on the
//! word of the authority and of those who vouch for its certificate. It says nothing of what the bytes mean.
//!
//! | file | specification | holds |
//! |---|---|---|
//! | `request` | RFC 3161 §2.4.1 | [`TimestampRequest`] |
//! | `reply` | RFC 3161 §2.4.2 | [`TimestampReply`] |
//! | `signed_data` | RFC 5652 §5 | the envelope a reply comes in |
//! | `certificate` | RFC 5280 §6 | [`CertificateAuthorities`] and the path from a signer to one of them |
//! | `algorithm` | RFC 8017 §8.2, FIPS 186-5 | the signatures accepted: RSA of 2048 bits or more and ECDSA on P-256 or P-384, over SHA-256, SHA-384 or SHA-512 |
//!
//! Only DER is read. Not here: revocation (CRL, OCSP), policies of authorities, RSA-PSS, and replies over another hash
//! than SHA-256.

mod algorithm;
mod certificate;
mod fields;
mod reply;
mod request;
mod signed_data;

pub use algorithm::SignatureFault;
pub use certificate::{CertificateAuthorities, CertificateError, PathFault};
pub use reply::{TimestampFault, TimestampReply, TimestampReplyError, TimestampTrust};
pub use request::TimestampRequest;
