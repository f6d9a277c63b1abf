//! The formats of the transparency-log world: what a stranger needs to check a ledger without trusting anyone.
//!
//! One file per specification, no input or output, no clock, no randomness of its own: bytes in, verdicts out.
//! FORMAT.md §3–§5 say how the ledger uses them; `fixtures/vectors/` holds known answers for each.
//!
//! | file | specification | holds |
//! |---|---|---|
//! | `tree` | RFC 6962 §2.1, RFC 9162 §2.1.1 | [`TreeHash`], [`leaf_hash`], the growing [`Frontier`] |
//! | `hash_source` | – | [`HashSource`], where proofs take hashes from; [`MemoryTree`] |
//! | `inclusion` | RFC 9162 §2.1.3 | [`prove_inclusion`], [`verify_inclusion`] |
//! | `consistency` | RFC 9162 §2.1.4 | [`prove_consistency`], [`verify_consistency`] |
//! | `tile` | C2SP tlog-tiles 0.1.0 | [`TilePath`], [`TileBuilder`], [`TiledTree`], [`EntryBundle`] |
//! | `key`, `note` | C2SP signed-note 1.0.0 | [`VerifierKey`], [`SignerKey`], [`Note`] |
//! | `checkpoint` | C2SP tlog-checkpoint 1.0.0 | [`Checkpoint`] |
//! | `cosignature` | C2SP tlog-cosignature 1.0 | [`cosign`], type `0x04` only |
//! | `policy`, `policy_text` | C2SP tlog-policy (draft) | [`Policy`], [`PolicyJudgement`] |
//! | `witness_request` | C2SP tlog-witness 1.0.0 | [`AddCheckpointRequest`], [`AddCheckpointAnswer`] |
//! | `tlog_proof` | C2SP tlog-proof (draft) | [`TlogProof`] |
//! | `receipt` | – | [`ReceiptFile`], what a submitter keeps |
//! | `dsse` | DSSE 1.0, RFC 8032 | [`BodySigner`], [`BodyVerifier`] |
//! | `disclosure` | RFC 9901 §4.2 | [`Disclosure`], [`SealedList`] |
//! | `disclosure_file` | – | [`DisclosureFile`], what hands over chosen fields of one record |
//! | `timestamp` | RFC 3161 | requests and replies, with the feature `timestamp` |
//! | `evidence_bundle` | FORMAT.md §6 | [`EvidenceBundle`] |
//! | `proof_report` | CLI.md | [`ProofTrust`], [`ProofReport`]: three-valued answers |
//! | `read_record` | FORMAT.md §2 | a record's line, read without knowing what events there are |
//! | `file_digests` | – | [`FileDigests`] |
//! | `rfc4648` | RFC 4648 | hexadecimal, base64 and base64url with one spelling each |
//!
//! Every reader here is strict: a value has one accepted text, so that two readers never differ over what was signed.
//! Not here: ML-DSA cosignatures (type `0x06`), ECDSA notes (`0x02`), RFC 6962 tree head signatures (`0x05`), extension
//! lines of checkpoints, pruned logs.

mod checkpoint;
mod consistency;
mod cosignature;
mod disclosure;
#[cfg(feature = "ledger")]
mod disclosure_file;
#[cfg(feature = "ledger")]
mod dsse;
mod evidence_bundle;
mod file_digests;
mod hash_source;
mod inclusion;
mod key;
mod note;
mod policy;
mod policy_text;
mod proof_report;
mod read_record;
mod receipt;
mod rfc4648;
#[cfg(feature = "ledger")]
mod tile;
#[cfg(feature = "timestamp")]
pub mod timestamp;
mod tlog_proof;
mod tree;
#[cfg(feature = "ledger")]
mod witness_request;

pub use checkpoint::{Checkpoint, CheckpointError, OpenCheckpointError, SignCheckpointError};
pub use consistency::{ConsistencyError, ProveConsistencyError, prove_consistency, verify_consistency};
pub use cosignature::{CosignError, PosixTime, cosign};
pub use disclosure::{
    Disclosure, DisclosureDigest, DisclosureError, DisclosureVerdict, ParseDigestError, SEALED_FIELDS_MAX, SealError,
    SealedList, SealedListError,
};
#[cfg(feature = "ledger")]
pub use disclosure_file::{DISCLOSURES_SCHEMA, Disclosed, DisclosureFile, DisclosureFileError, HandedOver};
#[cfg(feature = "ledger")]
pub use dsse::{
    BODY_TYPE, BadBodySignature, BodyKeyError, BodySignature, BodySigner, BodyVerifier, ParseBodySignatureError,
    pre_authentication_encoding,
};
pub use evidence_bundle::{
    AssembleError, BundleParts, EvidenceBundle, EvidencePart, OpenEvidence, ReadBundleError, RecordPart, StampedTree,
};
pub use file_digests::FileDigests;
pub use hash_source::{HashSource, MemoryTree, MissingHash, tree_root};
pub use inclusion::{InclusionError, ProveInclusionError, prove_inclusion, root_from_inclusion, verify_inclusion};
pub use key::{KeyId, KeyName, ParseKeyError, ParseKeyNameError, SignatureType, SignerKey, VerifierKey};
pub use note::{
    NOTE_LENGTH_MAX, NOTE_SIGNATURES_MAX, Note, NoteError, NoteSignature, SignatureLineError, Statement,
    VerifiedSignature, VerifyNoteError,
};
pub use policy::{EvaluatePolicyError, Policy, PolicyJudgement, PolicyVerdict, UnmetParty, WitnessedAt};
pub use policy_text::{PolicyError, PolicyFault};
pub use proof_report::{ProofCheck, ProofReport, ProofTrust, Standing};
pub use receipt::{ReceiptError, ReceiptFault, ReceiptFile, ReceiptParts, ReceiptVerdict};
#[cfg(feature = "ledger")]
pub use tile::{
    BundleCoordinate, BundleError, ENTRY_LENGTH_MAX, EntryBundle, MemoryTiles, ParseTilePathError, ReadTileError,
    TILE_WIDTH, Tile, TileBuilder, TileCoordinate, TilePath, TileSource, TiledTree, UnalignedTile, changed_bundles,
    changed_tiles, subtree_root,
};
pub use tlog_proof::{TlogProof, TlogProofError, VerifyTlogProofError};
pub use tree::{Frontier, ParseTreeHashError, TREE_SIZE_MAX, TreeHash, empty_root, leaf_hash, node_hash};
#[cfg(feature = "ledger")]
pub use witness_request::{
    AddCheckpointAnswer, AddCheckpointRequest, REQUEST_HASHES_MAX, SIZE_MEDIA_TYPE, WitnessRequestError,
};
