//! The two hashes and the length of a file, taken in one reading.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::vocab::Digest32;

/// How many bytes are in memory at a time, whatever the length of the file.
const BLOCK_BYTES: usize = 256 * 1024;

/// What names a file: BLAKE3 and SHA-256 of its bytes, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileDigests {
    /// BLAKE3; the file's name in the store.
    pub blake3: Digest32,
    /// SHA-256; what courts, timestamps and other tools speak.
    pub sha256: Digest32,
    /// The length in bytes.
    pub bytes: u64,
}

/// Hashes everything a reader gives, and shows each block to `see` on the way. Memory does not grow with the length.
///
/// # Errors
/// Whatever the reader or `see` answers.
pub fn digests_of(reader: &mut dyn Read, mut see: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<FileDigests> {
    let (mut blake3, mut sha256, mut bytes) = (blake3::Hasher::new(), Sha256::new(), 0_u64);
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let read = match reader.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let filled = block.get(..read).unwrap_or_default();
        blake3.update(filled);
        sha256.update(filled);
        bytes += filled.len() as u64;
        see(filled)?;
    }
    Ok(FileDigests {
        blake3: Digest32::new(*blake3.finalize().as_bytes()),
        sha256: Digest32::new(sha256.finalize().into()),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_that_b3sum_and_sha256sum_print() {
        let found = digests_of(&mut b"abc".as_slice(), |_| Ok(())).unwrap();
        assert_eq!(found.blake3.to_string(), "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
        assert_eq!(found.sha256.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(found.bytes, 3);
    }
}
