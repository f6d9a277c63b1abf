//! One value of a row, and how text is kept from being run as a formula.

use std::borrow::Cow;

use serde_json::Value;

use crate::vocab::Instant;

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known, or nothing applies. Never zero.
    Blank,
    /// Text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// A whole number.
    Whole(u64),
    /// Degrees, in millionths.
    Degrees(i64),
    /// A point in time.
    Time(Instant),
}

impl Cell {
    /// Makes a cell of a number that may not be known.
    #[must_use]
    pub fn whole(number: Option<u64>) -> Self {
        number.map_or(Self::Blank, Self::Whole)
    }

    /// Makes a cell of a text that may be missing.
    #[must_use]
    pub fn text(text: Option<impl ToString>) -> Self {
        text.map_or(Self::Blank, |text| Self::Text(text.to_string()))
    }

    /// Makes a cell of degrees that may not be known.
    #[must_use]
    pub fn degrees(micro: Option<i64>) -> Self {
        micro.map_or(Self::Blank, Self::Degrees)
    }

    /// Makes a cell of a time that may not be known.
    #[must_use]
    pub fn time(at: Option<Instant>) -> Self {
        at.map_or(Self::Blank, Self::Time)
    }

    /// Writes the value for a table: several texts stand apart by `; `, text that could be a formula is made harmless.
    #[must_use]
    pub fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Blank => Cow::Borrowed(""),
            Self::Text(text) => harmless(text),
            Self::List(texts) => Cow::Owned(harmless(&texts.join("; ")).into_owned()),
            Self::Whole(number) => number.to_string().into(),
            Self::Degrees(micro) => degrees(*micro).into(),
            Self::Time(at) => at.to_string().into(),
        }
    }

    /// Writes the value as JSON, text as it is.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::Blank => Value::Null,
            Self::Text(text) => Value::from(text.as_str()),
            Self::List(texts) => Value::from(texts.clone()),
            Self::Whole(number) => Value::from(*number),
            Self::Degrees(micro) => json_degrees(*micro),
            Self::Time(at) => Value::from(at.to_string()),
        }
    }
}

/// Makes a text harmless to a spreadsheet: one that begins with `=`, `+`, `-`, `@`, a tab or a line's end gets an
/// apostrophe before it. So does one that begins with an apostrophe before such a character, so that taking one
/// apostrophe away always gives the text back. Numbers are no texts and are left alone.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// Writes millionths of a degree as degrees, digit for digit.
pub(super) fn degrees(micro: i64) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let micro = micro.unsigned_abs();
    format!("{sign}{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

/// A JSON number with the same digits.
pub(super) fn json_degrees(micro: i64) -> Value {
    degrees(micro).parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_text_and_numbers_stay_numbers() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''=1"] {
            let written = Cell::Text(text.to_owned()).written().into_owned();
            assert_eq!(written.strip_prefix('\''), Some(text), "{text:?} can be told from {written:?}");
        }
        for text in ["a=1", "1-2", "'tis", "", " =1"] {
            assert_eq!(harmless(text), text);
        }
        assert_eq!(Cell::List(vec!["=a".into(), "b".into()]).written(), "'=a; b");
        assert_eq!(Cell::Degrees(-500_000).written(), "-0.500000");
        assert_eq!(Cell::Whole(0).written(), "0");
        assert_eq!(Cell::Blank.written(), "");
    }

    #[test]
    fn degrees_keep_every_digit_in_json_too() {
        assert_eq!(json_degrees(40_682_801).to_string(), "40.682801");
        assert_eq!(json_degrees(-179_999_999).to_string(), "-179.999999");
        assert_eq!(json_degrees(-1).to_string(), "-1e-6");
    }
}
