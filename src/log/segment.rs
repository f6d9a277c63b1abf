//! Segments: what they are called, how long they grow, what seals them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::vocab::Seq;
use crate::vocab::hex::{hex_of, parse_hex};

/// How long a segment grows before the next batch starts a new one: 16 MiB.
pub const DEFAULT_SEGMENT_BYTES: u64 = 16 * 1024 * 1024;

/// How the writer lays out the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// A batch starts a new segment once the last one is longer than this many bytes.
    pub segment_bytes: u64,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { segment_bytes: DEFAULT_SEGMENT_BYTES }
    }
}

/// Names a segment by the position of its first record: 20 digits and `.jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName(Seq);

/// Says that a text does not name a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 20 digits, from 1, and .jsonl")]
pub struct SegmentNameError;

impl SegmentName {
    /// The first segment of every log.
    pub const FIRST: Self = Self(Seq::FIRST);

    /// Names the segment that starts with this position, which is from 1.
    #[must_use]
    pub const fn starting_at(first: Seq) -> Self {
        Self(first)
    }

    /// Gives the position of the segment's first record.
    #[must_use]
    pub const fn first(self) -> Seq {
        self.0
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}.jsonl", self.0.number())
    }
}

impl FromStr for SegmentName {
    type Err = SegmentNameError;

    fn from_str(text: &str) -> Result<Self, SegmentNameError> {
        let digits = text.strip_suffix(".jsonl").ok_or(SegmentNameError)?;
        if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(SegmentNameError);
        }
        match digits.parse() {
            Ok(number @ 1..) => Ok(Self(Seq::new(number))),
            _ => Err(SegmentNameError),
        }
    }
}

impl Serialize for SegmentName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SegmentName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The BLAKE3 hash of a whole segment file, as `b3sum` prints it: 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentDigest([u8; 32]);

impl SegmentDigest {
    /// Hashes the bytes of a whole segment.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    pub(super) fn of_hasher(hasher: &blake3::Hasher) -> Self {
        Self(*hasher.finalize().as_bytes())
    }

    /// Gives the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for SegmentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex_of(&self.0))
    }
}

impl fmt::Debug for SegmentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex_of(&self.0))
    }
}

impl FromStr for SegmentDigest {
    type Err = crate::record::HashTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_hex(text.as_bytes()).map(Self).ok_or(crate::record::HashTextError)
    }
}

impl Serialize for SegmentDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SegmentDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// What the first record of the next segment says about a finished one (FORMAT.md §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSegment {
    /// The file's name.
    pub name: SegmentName,
    /// The position of its first record.
    pub first: Seq,
    /// The position of its last record.
    pub last: Seq,
    /// Its length in bytes.
    pub bytes: u64,
    /// The hash of the whole file.
    pub blake3: SegmentDigest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_named_by_its_first_position_in_twenty_digits() {
        let name = SegmentName::starting_at(Seq::new(42));
        assert_eq!(name.to_string(), "00000000000000000042.jsonl");
        assert_eq!("00000000000000000042.jsonl".parse(), Ok(name));
    }

    #[test]
    fn foreign_names_are_no_segments() {
        for foreign in [
            "lock",
            "42.jsonl",
            "00000000000000000000.jsonl",
            "00000000000000000001.jsonl.torn",
            "0000000000000000000x.jsonl",
            "+0000000000000000001.jsonl",
            "99999999999999999999.jsonl",
        ] {
            assert_eq!(foreign.parse::<SegmentName>(), Err(SegmentNameError), "{foreign}");
        }
    }
}
