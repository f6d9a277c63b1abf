//! The two files of a record, as bytes: ciphertexts in one, wrapped data keys in the other.
//!
//! ```text
//! ceasefire.vault/1 annex\n   u32 length of a ciphertext   u32 entries   { digest 32, nonce 24, ciphertext }…
//! ceasefire.vault/1 keys\n    key id 8                     u32 entries   { digest 32, nonce 24, wrapped key 48 }…
//! ```
//!
//! Numbers are big-endian; entries stand in the order of their digests; nothing follows them.

use super::cipher::{Closed, KEY_BYTES, NONCE_BYTES, TAG_BYTES};
use crate::vocab::Digest32;

const ANNEX_HEAD: &[u8] = b"ceasefire.vault/1 annex\n";
const KEYS_HEAD: &[u8] = b"ceasefire.vault/1 keys\n";
const LENGTH_BYTES: usize = 4;
const DIGEST_BYTES: usize = 32;
/// More entries than a record has digests.
const ENTRIES_MAX: usize = 32;

/// Lengths that a message is padded to: each tells only that it is at most as long.
const BUCKETS: [usize; 6] = [256, 1_024, 4_096, 16_384, 65_536, 262_144];

/// The first bytes of a digest of the vault key: tells another key from damage.
pub(super) type VaultKeyId = [u8; 8];

/// Entries by digest, in order.
pub(super) type Entries = Vec<(Digest32, Closed)>;

/// Finds the length that messages are padded to of which the longest has so many bytes.
pub(super) fn bucket(longest: usize) -> Option<usize> {
    BUCKETS.into_iter().find(|bucket| longest + LENGTH_BYTES <= *bucket)
}

/// Puts a message into a bucket: its length, itself, zeros.
pub(super) fn pad(message: &[u8], bucket: usize) -> Option<Vec<u8>> {
    let length = u32::try_from(message.len()).ok()?;
    let mut padded = Vec::with_capacity(bucket);
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(message);
    (padded.len() <= bucket).then(|| {
        padded.resize(bucket, 0);
        padded
    })
}

/// Takes a message out of its bucket.
pub(super) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// A record's ciphertexts, all of one length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AnnexSheet {
    pub(super) entries: Entries,
}

/// A record's wrapped data keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeySheet {
    pub(super) key: VaultKeyId,
    pub(super) entries: Entries,
}

impl AnnexSheet {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let length = self.entries.first().map_or(0, |(_, closed)| closed.ciphertext.len());
        let mut bytes = ANNEX_HEAD.to_vec();
        bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        write_entries(&self.entries, &mut bytes);
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes.strip_prefix(ANNEX_HEAD)?);
        let length = reader.number()?;
        let whole = BUCKETS.iter().any(|bucket| bucket + TAG_BYTES == length);
        let entries = reader.entries(length)?;
        (whole && !entries.is_empty()).then_some(Self { entries })
    }
}

impl KeySheet {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = KEYS_HEAD.to_vec();
        bytes.extend_from_slice(&self.key);
        write_entries(&self.entries, &mut bytes);
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes.strip_prefix(KEYS_HEAD)?);
        let key = reader.exactly()?;
        let entries = reader.entries(KEY_BYTES + TAG_BYTES)?;
        (!entries.is_empty()).then_some(Self { key, entries })
    }
}

fn write_entries(entries: &Entries, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&u32::try_from(entries.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (digest, closed) in entries {
        bytes.extend_from_slice(digest.as_bytes());
        bytes.extend_from_slice(&closed.nonce);
        bytes.extend_from_slice(&closed.ciphertext);
    }
}

/// Reads from the left.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn exactly<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<usize> {
        self.exactly().map(u32::from_be_bytes).and_then(|number| usize::try_from(number).ok())
    }

    /// Reads the number of entries and so many entries, in order, and nothing after them.
    fn entries(&mut self, ciphertext: usize) -> Option<Entries> {
        let count = self.number().filter(|count| *count <= ENTRIES_MAX)?;
        let mut entries = Entries::with_capacity(count);
        for _ in 0..count {
            let digest = Digest32::new(self.exactly::<DIGEST_BYTES>()?);
            let nonce = self.exactly::<NONCE_BYTES>()?;
            entries.push((digest, Closed { nonce, ciphertext: self.take(ciphertext)?.to_vec() }));
        }
        let in_order = entries.is_sorted_by(|(a, _), (b, _)| a < b);
        (in_order && self.0.is_empty()).then_some(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(ciphertext: usize) -> Entries {
        let closed = |byte| Closed { nonce: [byte; NONCE_BYTES], ciphertext: vec![byte; ciphertext] };
        [3, 5, 9].map(|byte| (Digest32::new([byte; 32]), closed(byte))).to_vec()
    }

    #[test]
    fn a_sheet_is_read_back_and_no_other_spelling_of_it_is() {
        let annex = AnnexSheet { entries: entries(256 + TAG_BYTES) };
        let keys = KeySheet { key: *b"12345678", entries: entries(KEY_BYTES + TAG_BYTES) };
        assert_eq!(AnnexSheet::read(&annex.to_bytes()), Some(annex.clone()));
        assert_eq!(KeySheet::read(&keys.to_bytes()), Some(keys.clone()));
        for bytes in [annex.to_bytes(), keys.to_bytes()] {
            let longer = [bytes.as_slice(), &[0]].concat();
            let cuts = (0..bytes.len()).map(|length| &bytes[..length]);
            for wrong in cuts.chain([longer.as_slice(), &[], b"ceasefire.vault/2 annex\n"]) {
                assert_eq!((AnnexSheet::read(wrong), KeySheet::read(wrong)), (None, None), "{} bytes", wrong.len());
            }
        }
        let mut swapped = annex.entries.clone();
        swapped.swap(0, 1);
        assert_eq!(AnnexSheet::read(&AnnexSheet { entries: swapped }.to_bytes()), None);
        assert_eq!(
            AnnexSheet::read(&AnnexSheet { entries: entries(300) }.to_bytes()),
            None,
            "no bucket has this length"
        );
    }

    #[test]
    fn messages_of_one_bucket_are_padded_to_one_length() {
        for (length, expected) in [(0, 256), (252, 256), (253, 1_024), (1_020, 1_024), (262_140, 262_144)] {
            assert_eq!(bucket(length), Some(expected));
            let message = vec![7; length];
            let padded = pad(&message, expected).unwrap();
            assert_eq!((padded.len(), unpad(&padded)), (expected, Some(message.as_slice())));
        }
        assert_eq!(bucket(262_141), None);
        assert_eq!(pad(&[7; 253], 256), None);
        assert_eq!(unpad(&[0, 0, 0, 9, 1]), None);
    }
}
