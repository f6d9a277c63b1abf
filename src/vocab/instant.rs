//! Points in time, to the microsecond, in UTC.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, between the years 0000 and 9999.
///
/// Read from any RFC 3339 instant; written in UTC, with as many fraction digits as it needs. A finer fraction than
/// microseconds is refused, never rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// Says why a text is not an [`Instant`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstantError {
    /// The text is not an RFC 3339 instant with an offset.
    #[error("not an RFC 3339 instant such as 2020-10-17T18:04:05Z")]
    Malformed,
    /// The year lies outside 0000–9999.
    #[error("the year is outside 0000–9999")]
    OutOfRange,
    /// More than six fraction digits carry a value.
    #[error("finer than a microsecond")]
    TooFine,
}

impl Instant {
    /// The earliest instant that can be written, 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_167_219_200_000_000);
    /// The latest instant that can be written, 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// Wraps microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InstantError::OutOfRange`] outside the years 0000–9999.
    pub fn from_micros(micros: i64) -> Result<Self, InstantError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&micros) { Ok(Self(micros)) } else { Err(InstantError::OutOfRange) }
    }

    /// Converts from a calendar time.
    ///
    /// # Errors
    /// As [`Instant::from_micros`]; [`InstantError::TooFine`] where the time has a fraction of a microsecond.
    pub fn from_utc(time: DateTime<Utc>) -> Result<Self, InstantError> {
        if !time.timestamp_subsec_nanos().is_multiple_of(1_000) {
            return Err(InstantError::TooFine);
        }
        Self::from_micros(time.timestamp_micros())
    }

    /// Gives microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Converts to a calendar time in UTC.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// Moves by a number of microseconds and stays within [`Instant::MIN`]..=[`Instant::MAX`].
    #[must_use]
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Reads an RFC 3339 instant with an offset.
    ///
    /// # Errors
    /// Says why the text is not one: see [`InstantError`].
    pub fn parse(text: &str) -> Result<Self, InstantError> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| InstantError::Malformed)?;
        Self::from_utc(time.with_timezone(&Utc))
    }

    /// Writes the record-time form of FORMAT.md §2: UTC, always six fraction digits.
    #[must_use]
    pub fn to_record_time(self) -> String {
        self.to_utc().to_rfc3339_opts(SecondsFormat::Micros, true)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Instant;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 instant")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
                Instant::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time", "description": "An RFC 3339 instant, to the microsecond at most." })
    }
}
