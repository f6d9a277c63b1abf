//! Series: which record stands for which row of a source that publishes again and again.
//!
//! Nothing here is new: it is read from the idempotency keys that an import gives its records ([`RowKey`]).

use std::fmt;

use super::Projection;
use super::recorded::Recorded;
use super::rows::RowError;
use super::tables::{SeriesRow, Tables};
use crate::event::Event;
use crate::vocab::ActorId;

/// What an imported record's idempotency key begins with.
const PREFIX: &str = "row/";
/// The longest id that stands in a key as it is; a longer one is hashed.
const ID_MAX_BYTES: usize = 160;

/// The idempotency key of an imported record: `row/SERIES/ROW/PART/REVISION/CONTENT`.
///
/// `SERIES` names what the file is a publication of, `ROW` is the row's own id (or a hash of it), `PART` says which
/// of the row's records it is, `REVISION` counts from 1 what was recorded of that part, and `CONTENT` is the beginning
/// of a BLAKE3 hash of what the row said, or `gone`. Ids are percent-encoded where they hold anything but letters,
/// digits, `.`, `_`, `-` and `~`; an id of more than 160 bytes is replaced by `b3~` and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKey {
    series: String,
    row: String,
    part: String,
    /// Counts what was recorded of this part of the row, from 1.
    pub revision: u32,
    /// The content, as a hash; nothing where the row was gone.
    pub content: Option<String>,
}

impl RowKey {
    /// Names a part of a row of a series, before anything was recorded of it.
    #[must_use]
    pub fn new(series: &str, row: &str, part: &str) -> Self {
        Self { series: encoded(series), row: encoded(row), part: encoded(part), revision: 0, content: None }
    }

    /// Names the next thing recorded of it.
    #[must_use]
    pub fn revised(&self, revision: u32, content: Option<&str>) -> Self {
        Self { revision, content: content.map(ToOwned::to_owned), ..self.clone() }
    }

    /// Reads a key; nothing where it is not one of an imported record.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix(PREFIX)?.split('/');
        let mut next = || parts.next().map(ToOwned::to_owned).filter(|part| !part.is_empty());
        let (series, row, part) = (next()?, next()?, next()?);
        let revision = next()?.parse().ok().filter(|revision| *revision > 0)?;
        let content = Some(next()?).filter(|content| content != "gone");
        parts.next().is_none().then_some(Self { series, row, part, revision, content })
    }

    /// Gives the key of the row that the `series` table keeps of it, for one submitter.
    #[must_use]
    pub fn table_key(&self, by: &ActorId) -> String {
        format!("{by}/{}/{}/{}", self.series, self.row, self.part)
    }

    /// Reads the key back from one of the `series` table.
    #[must_use]
    pub fn from_table_key(key: &str) -> Option<Self> {
        let mut parts = key.split('/').skip(1).map(ToOwned::to_owned);
        let (series, row, part) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { series, row, part, revision: 0, content: None })
    }

    /// Gives what the keys of a whole series begin with in the `series` table, for one submitter.
    #[must_use]
    pub fn table_prefix(by: &ActorId, series: &str) -> String {
        format!("{by}/{}/", encoded(series))
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = self.content.as_deref().unwrap_or("gone");
        write!(f, "{PREFIX}{}/{}/{}/{}/{content}", self.series, self.row, self.part, self.revision)
    }
}

/// Writes an id so that it holds no slash, no space and nothing beyond ASCII, and is not too long.
fn encoded(id: &str) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    if text.is_empty() {
        return "%".to_owned();
    }
    if text.len() > ID_MAX_BYTES {
        let hash = blake3::hash(id.as_bytes()).to_hex();
        return format!("b3~{}", hash.get(..40).unwrap_or_default());
    }
    text
}

/// Keeps the series.
pub(super) struct Series;

impl Projection for Series {
    fn name(&self) -> &'static str {
        "series"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["series"]
    }

    fn apply(&self, tables: &mut Tables, recorded: &Recorded) -> Result<(), RowError> {
        let Some(key) = RowKey::parse(recorded.key.as_str()) else { return Ok(()) };
        let at = key.table_key(&recorded.by);
        let row = match &recorded.event {
            Event::RecordCorrected(_) | Event::RecordRetracted(_) => {
                let Some(row) = tables.series.row(&at)? else { return Ok(()) };
                SeriesRow { revision: key.revision, content: key.content, ..row }
            }
            _ => SeriesRow { record: recorded.seq, revision: key.revision, content: key.content },
        };
        tables.series.put(at, row);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_as_what_was_written() {
        let key = RowKey::new("ucdp-ged", "214797", "report").revised(3, Some("00ff"));
        assert_eq!(key.to_string(), "row/ucdp-ged/214797/report/3/00ff");
        assert_eq!(RowKey::parse(&key.to_string()), Some(key.clone()));
        let gone = key.revised(4, None);
        assert_eq!(gone.to_string(), "row/ucdp-ged/214797/report/4/gone");
        assert_eq!(RowKey::parse(&gone.to_string()), Some(gone));
    }

    #[test]
    fn an_id_with_slashes_spaces_or_letters_of_any_script_keeps_its_place() {
        let key = RowKey::new("Straßen/2020", "a b/ك", "").revised(1, Some("0"));
        assert_eq!(RowKey::parse(&key.to_string()), Some(key.clone()));
        assert_eq!(key.to_string(), "row/Stra%C3%9Fen%2F2020/a%20b%2F%D9%83/%/1/0");
    }

    #[test]
    fn a_long_id_is_hashed_and_two_long_ids_stay_apart() {
        let long = |end: &str| RowKey::new("s", &format!("{}{end}", "x".repeat(600)), "p").to_string();
        assert!(long("a").len() < 100);
        assert_ne!(long("a"), long("b"));
    }

    #[test]
    fn other_keys_are_none() {
        for key in ["row/a/b/c/0/x", "row/a/b/c/x/y", "row/a/b/c/1", "row/a/b/c/1/x/y", "patrol-7/1", "row//b/c/1/x"] {
            assert_eq!(RowKey::parse(key), None, "{key}");
        }
    }
}
