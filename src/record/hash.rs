//! The hash that names a record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::vocab::hex::{hex_of, parse_hex};

/// Names a record: BLAKE3 of its line without the newline (FORMAT.md §2). Written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordHash([u8; 32]);

/// Says that a text is not a record hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hex digits")]
pub struct HashTextError;

impl RecordHash {
    /// Stands where record 1 names the record before it: 32 zero bytes.
    pub const ZERO: Self = Self([0; 32]);

    /// Hashes a record's line, which must come without its newline.
    #[must_use]
    pub fn of_line(line: &[u8]) -> Self {
        Self(*blake3::hash(line).as_bytes())
    }

    /// Wraps 32 bytes that are already a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Gives the 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex_of(&self.0))
    }
}

impl fmt::Debug for RecordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex_of(&self.0))
    }
}

impl FromStr for RecordHash {
    type Err = HashTextError;

    fn from_str(text: &str) -> Result<Self, HashTextError> {
        parse_hex(text.as_bytes()).map(Self).ok_or(HashTextError)
    }
}

impl Serialize for RecordHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for RecordHash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RecordHash".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_an_empty_line_is_the_published_blake3_vector() {
        let expected = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(RecordHash::of_line(b"").to_string(), expected);
    }

    #[test]
    fn text_form_survives_a_round_trip() {
        let hash = RecordHash::of_line(b"{}");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let json = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<RecordHash>(&json).unwrap(), hash);
    }

    #[test]
    fn upper_case_short_and_long_texts_are_refused() {
        let text = RecordHash::of_line(b"{}").to_string();
        let long = format!("{text}0");
        for wrong in [&text.to_uppercase(), &text[1..], &long, ""] {
            assert_eq!(wrong.parse::<RecordHash>(), Err(HashTextError), "{wrong}");
        }
    }
}
