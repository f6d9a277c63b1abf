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
    /// BLAKE3; the file's name in an evidence store.
    pub blake3: Digest32,
    /// SHA-256; what courts, timestamps and other tools speak.
    pub sha256: Digest32,
    /// The length in bytes.
    pub bytes: u64,
}

impl FileDigests {
    /// Hashes bytes in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hashers = FileHashers::default();
        hashers.update(bytes);
        hashers.finish()
    }

    /// Hashes everything a reader gives, and shows each block to `see` on the way. Memory does not grow with the length.
    ///
    /// # Errors
    /// Whatever the reader or `see` answers.
    pub fn of_reader(reader: &mut dyn Read, mut see: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Self> {
        let mut hashers = FileHashers::default();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let read = match reader.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let filled = block.get(..read).unwrap_or_default();
            hashers.update(filled);
            see(filled)?;
        }
        Ok(hashers.finish())
    }
}

#[derive(Default)]
struct FileHashers {
    blake3: blake3::Hasher,
    sha256: Sha256,
    bytes: u64,
}

impl FileHashers {
    fn update(&mut self, bytes: &[u8]) {
        self.blake3.update(bytes);
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    fn finish(self) -> FileDigests {
        FileDigests {
            blake3: Digest32::new(*self.blake3.finalize().as_bytes()),
            sha256: Digest32::new(self.sha256.finalize().into()),
            bytes: self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_that_b3sum_and_sha256sum_print() {
        let found = FileDigests::of_reader(&mut b"abc".as_slice(), |_| Ok(())).unwrap();
        assert_eq!(found.blake3.to_string(), "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
        assert_eq!(found.sha256.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((found.bytes, found), (3, FileDigests::of(b"abc")));
    }
}
