//! The vault: what the digests of sealed fields stand for, encrypted, beside the log and never in it (FORMAT.md §5).
//!
//! ```text
//! Private ── Annex::seal ──▶ digests ──▶ the record's `sealed`, in the log
//!                       └──▶ Annex ──▶ Vault ──▶ vault/ab/….annex      each field under a data key of its own
//!                                          └──▶ keys/vault/ab/….keys   the data keys, wrapped by keys/vault.key
//! ```
//!
//! - [`Private`] is what a submission carries beside its event: fields by JSON pointer.
//! - [`Annex`] is what the digests of one record stand for: fields laid open, and decoys.
//! - [`Vault`] stores annexes, opens them and erases from them. It needs the vault key to store and to open, not to erase.
//! - [`VaultFiles`] is what it asks of a disk; [`DiskFiles`] is the only file here that touches one, [`MemoryFiles`] its
//!   twin in tests. [`Entropy`] is where salts, keys and nonces come from.
//!
//! An erased field loses its ciphertext and its data key. The ciphertexts of a record are all of one padded length, and
//! there are as many as digests, decoys among them: the files tell neither how many fields there are nor how long each is.

mod annex;
mod cipher;
mod disk;
mod entropy;
mod files;
mod memory;
mod private;
mod sheets;
mod store;

pub use annex::{Annex, Preimage, SealFieldsError};
pub use disk::{DiskFiles, DiskStep, Watch};
pub use entropy::{Entropy, EntropyError, SystemEntropy};
pub use files::{RecordId, RecordKey, VaultFile, VaultFileError, VaultFiles};
pub use memory::MemoryFiles;
pub use private::{Private, PrivateError};
pub use store::{Entry, Held, Vault, VaultError};
