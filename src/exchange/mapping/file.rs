//! A mapping as it is written: TOML, every key known, none twice.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::MappingFault;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MappingFile {
    pub(super) dataset: Spanned<String>,
    #[serde(default)]
    pub(super) id: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) group: bool,
    pub(super) sheet: Option<String>,
    pub(super) delimiter: Option<Spanned<char>>,
    #[serde(default)]
    pub(super) unknown: Vec<String>,
    #[serde(default)]
    pub(super) personal: Vec<String>,
    #[serde(default)]
    pub(super) formulas: Formulas,
    #[serde(default)]
    pub(super) dates: DatesEntry,
    #[serde(default)]
    pub(super) words: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) actors: BTreeMap<Spanned<String>, ActorEntry>,
    #[serde(default)]
    pub(super) places: BTreeMap<Spanned<String>, PlaceEntry>,
    #[serde(default)]
    pub(super) record: Vec<RecordEntry>,
}

/// What to do with a cell that holds a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Formulas {
    #[default]
    Refuse,
    Value,
}

/// How dates are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatesEntry {
    #[serde(default)]
    pub(super) formats: Vec<Spanned<String>>,
    pub(super) zone: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) unknown: Vec<String>,
    #[serde(default)]
    pub(super) impossible: Impossible,
}

/// What to do with a date that no calendar has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Impossible {
    #[default]
    Refuse,
    Keep,
}

/// An actor that rows name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActorEntry {
    pub(super) kind: Spanned<String>,
    pub(super) name: Spanned<String>,
    #[serde(default = "english")]
    pub(super) lang: String,
    #[serde(default)]
    pub(super) spellings: Vec<String>,
}

/// A place that rows name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceEntry {
    pub(super) name: Spanned<String>,
    #[serde(default = "english")]
    pub(super) lang: String,
    pub(super) kind: Option<String>,
    pub(super) within: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) spellings: Vec<String>,
}

fn english() -> String {
    "en".to_owned()
}

/// One record that each row, or each group of rows, makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordEntry {
    #[serde(rename = "type")]
    pub(super) event_type: Spanned<String>,
    pub(super) part: Option<String>,
    #[serde(default)]
    pub(super) each: Each,
    #[serde(default)]
    pub(super) part_id: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) only_if: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) only_when: BTreeMap<Spanned<String>, Vec<String>>,
    pub(super) set: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
}

/// What a record is made of where several rows stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Each {
    #[default]
    Group,
    Row,
}

/// A value that is read from cells.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldEntry {
    pub(super) column: Option<String>,
    #[serde(default)]
    pub(super) columns: Vec<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) low: Option<String>,
    pub(super) best: Option<String>,
    pub(super) high: Option<String>,
    #[serde(rename = "as", default)]
    pub(super) form: Form,
    pub(super) words: Option<String>,
    pub(super) split: Option<String>,
    pub(super) join: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) who: Option<String>,
    pub(super) subset_of: Option<u16>,
    pub(super) precision: Option<PrecisionEntry>,
    pub(super) unknown: Option<Vec<String>>,
    #[serde(default)]
    pub(super) said_unknown: Vec<String>,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) pick: Option<Pick>,
    #[serde(default)]
    pub(super) unnamed: bool,
}

/// Where a date's precision stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrecisionEntry {
    pub(super) column: String,
    pub(super) words: Option<String>,
}

/// What a cell is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    /// Text, white space around it gone.
    #[default]
    Text,
    /// Text, byte for byte.
    Verbatim,
    /// An ASCII id.
    Id,
    /// A whole number.
    Whole,
    /// Decimal degrees, to micro-degrees.
    Degrees,
    /// A time or an interval.
    Time,
    /// A quantity in a short form.
    Quantity,
    /// A published low, best and high.
    Triple,
    /// An actor, as a reference.
    Actor,
    /// An actor's id.
    ActorId,
    /// A place's id.
    Place,
    /// Yes or no.
    Flag,
}

/// Which of several different cells is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Pick {
    First,
    Last,
}

impl FieldEntry {
    /// Every column that the value is read from.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        let one = [&self.column, &self.from, &self.to, &self.low, &self.best, &self.high];
        let one = one.into_iter().flatten().map(String::as_str);
        let precision = self.precision.iter().map(|precision| precision.column.as_str());
        one.chain(self.columns.iter().map(String::as_str)).chain(precision)
    }
}

/// Reads the text of a mapping.
pub(super) fn parse(text: &str) -> Result<MappingFile, MappingFault> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        MappingFault::at(text, at, error.message().to_owned())
    })
}
