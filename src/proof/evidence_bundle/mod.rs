//! The evidence bundle: one file that a court can keep (FORMAT.md §6), written and checked without a ledger.
//!
//! ```text
//! bundle.json                         every other entry with its length and SHA-256
//! checkpoint                          the signed note, cosignatures and all
//! disclosures/00000000000000000007    opened values of record 7, one a line
//! evidence/6437b3ac…                  a file that a chosen record names          evidence/6437b3ac….tsr   a timestamp of it
//! page.html                           what this file shows and what it does not, in English and Arabic
//! policy                              whose signatures are asked for
//! proofs/00000000000000000007.tlog-proof
//! records/00000000000000000007.json   the record's line, byte for byte, without the newline
//! timestamps/00000000000000000118.{checkpoint,consistency,tsr}   a timestamp of the log's first 118 records
//! ```
//!
//! Nothing vouches for the file as such: everything in it is either signed and proved, or follows from what is. The
//! manifest and the page are made anew by whoever checks, and compared. So [`EvidenceBundle::check`] needs to be told
//! whom the asker trusts ([`ProofTrust`](crate::proof::ProofTrust)); without that it says that it cannot tell.
//!
//! The manual, page `evidence`, says all of it in words, enough to write another checker.

mod archive;
mod contents;
mod facts;
mod judgement;
mod page;

pub use archive::ReadBundleError;
pub use contents::{AssembleError, BundleParts, EvidenceBundle, EvidencePart, OpenEvidence, RecordPart, StampedTree};
