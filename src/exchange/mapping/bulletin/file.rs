//! The description of a bulletin as it is written: TOML, every key known, none twice.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::super::MappingFault;
use super::super::file::{ActorEntry, DatesEntry, Formulas};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BulletinFile {
    pub(super) dataset: Spanned<String>,
    pub(super) speaker: Spanned<String>,
    pub(super) speaker_column: Option<String>,
    #[serde(default)]
    pub(super) via: Vec<Spanned<String>>,
    pub(super) medium: Option<Spanned<String>>,
    pub(super) url: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) id: Vec<String>,
    pub(super) sheet: Option<String>,
    pub(super) delimiter: Option<Spanned<char>>,
    #[serde(default)]
    pub(super) unknown: Vec<String>,
    #[serde(default)]
    pub(super) formulas: Formulas,
    #[serde(default)]
    pub(super) skip: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) dates: DatesEntry,
    #[serde(default)]
    pub(super) actors: BTreeMap<Spanned<String>, ActorEntry>,
    pub(super) day: DayEntry,
    #[serde(default)]
    pub(super) counter: Vec<CounterEntry>,
}

/// Where a row's day stands, and which hours of it a row covers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DayEntry {
    pub(super) column: String,
    pub(super) ends: Option<Spanned<String>>,
    pub(super) hours: Option<Spanned<Hours>>,
}

/// How many hours a row covers: always as many, or as a column says.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Hours {
    Always(u32),
    Column(String),
}

/// One counter that every row may have a reading of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CounterEntry {
    pub(super) id: Spanned<String>,
    pub(super) counts: Counts,
    pub(super) column: String,
    pub(super) unit: Spanned<String>,
    pub(super) outcome: Option<Spanned<String>>,
    pub(super) who: Option<Spanned<String>>,
    pub(super) scope: Option<Spanned<String>>,
    pub(super) scope_column: Option<String>,
    #[serde(default)]
    pub(super) since: Vec<Spanned<String>>,
    pub(super) ceasefire: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) accused: Vec<Spanned<String>>,
    pub(super) total: Option<String>,
    #[serde(default)]
    pub(super) adds_up: bool,
    #[serde(default)]
    pub(super) skip: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) part: Vec<PartEntry>,
}

/// What the numbers of a counter count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Counts {
    /// All there was since it began.
    Cumulative,
    /// What there was in the row's own period.
    Period,
}

/// A part of a counter's reading.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartEntry {
    pub(super) column: String,
    pub(super) who: Option<Spanned<String>>,
    pub(super) name: Option<Spanned<String>>,
}

/// Reads the text of a description.
pub(super) fn parse(text: &str) -> Result<BulletinFile, MappingFault> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        MappingFault::at(text, at, error.message().to_owned())
    })
}
