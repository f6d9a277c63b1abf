//! One value of a record: a constant, or read from the cells of a row.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;

use super::MappingFault;
use super::dates::{Dates, NoDate};
use super::file::{FieldEntry, Form, Formulas, Pick};
use super::names::Names;
use crate::exchange::degrees::micro_degrees;
use crate::exchange::table::TableRow;
use crate::vocab::{
    ActorId, Code, ID_MAX_BYTES, Op, Outcome, Pointer, Precision, Quantity, Span, Text, Triple, Unit, WHOLE_MAX, When,
    Who, Whole,
};

/// Where a value goes, and where it comes from.
#[derive(Debug)]
pub(super) struct Setting {
    /// A JSON pointer into the event; one that ends in `/-` adds to a list.
    pub(super) pointer: String,
    pub(super) source: Origin,
    /// Where it stands in the mapping.
    pub(super) offset: usize,
}

/// Where a value comes from.
#[derive(Debug)]
pub(super) enum Origin {
    Constant(Value),
    Cells(Box<FieldEntry>),
}

/// A value that was read, and the column it comes from.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) value: Value,
    pub(super) column: usize,
}

/// What is wrong with a cell.
#[derive(Debug)]
pub(super) struct CellFault {
    pub(super) column: usize,
    pub(super) code: Code,
    pub(super) what: String,
    pub(super) hint: Option<String>,
}

impl CellFault {
    fn new(column: usize, code: Code, what: impl Into<String>) -> Self {
        Self { column, code, what: what.into(), hint: None }
    }

    fn hinting(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }
}

/// What reading a cell needs to know.
pub(super) struct Reading<'a> {
    pub(super) at: &'a BTreeMap<String, usize>,
    pub(super) names: &'a Names,
    pub(super) dates: &'a Dates,
    pub(super) unknown: &'a [String],
    pub(super) formulas: Formulas,
}

impl Setting {
    pub(super) fn read(
        text: &str,
        pointer: &Spanned<String>,
        value: &Spanned<toml::Value>,
        names: &Names,
    ) -> Result<Self, MappingFault> {
        let offset = value.span().start;
        let wrong = |what: String| MappingFault::at(text, offset, what);
        let into = pointer.get_ref();
        if !into.starts_with('/') || matches!(into.as_str(), "/" | "/type" | "/v") {
            let what = format!("`{into}` is no place in a record: write /when or /source/url");
            return Err(MappingFault::at(text, pointer.span().start, what));
        }
        let source = match value.get_ref() {
            table @ toml::Value::Table(_) => {
                let entry =
                    FieldEntry::deserialize(table.clone()).map_err(|error| wrong(error.message().to_owned()))?;
                check(&entry, into, names).map_err(wrong)?;
                Origin::Cells(Box::new(entry))
            }
            constant => Origin::Constant(json_of(constant).map_err(wrong)?),
        };
        Ok(Self { pointer: into.clone(), source, offset })
    }

    /// Every column that is read.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        let entry = match &self.source {
            Origin::Cells(entry) => Some(entry),
            Origin::Constant(_) => None,
        };
        entry.into_iter().flat_map(|entry| entry.columns())
    }

    /// Which of several different cells is meant.
    pub(super) fn pick(&self) -> Option<Pick> {
        match &self.source {
            Origin::Cells(entry) => entry.pick,
            Origin::Constant(_) => None,
        }
    }

    /// Whether a record without it is refused.
    pub(super) fn is_required(&self) -> bool {
        matches!(&self.source, Origin::Cells(entry) if entry.required)
    }

    /// Tells whether it adds to a list.
    pub(super) fn adds(&self) -> bool {
        self.pointer.ends_with("/-")
    }
}

/// Looks for what in a field does not fit together.
fn check(entry: &FieldEntry, pointer: &str, names: &Names) -> Result<(), String> {
    let adds = pointer.ends_with("/-");
    if entry.columns().next().is_none() {
        return Err("the field names no column".to_owned());
    }
    if entry.split.is_some() && !adds {
        return Err("a cell is split into the items of a list: let the pointer end in /-".to_owned());
    }
    for map in entry.words.iter().chain(entry.precision.iter().filter_map(|precision| precision.words.as_ref())) {
        if !names.has_words(map) {
            return Err(format!("there is no table [words.{map}]"));
        }
    }
    let triple = [&entry.low, &entry.best, &entry.high].into_iter().flatten().count();
    if (entry.form == Form::Triple) != (triple == 3) || !matches!(triple, 0 | 3) {
        return Err("a triple names its columns low, best and high".to_owned());
    }
    if (entry.from.is_some() || entry.to.is_some()) && entry.form != Form::Time {
        return Err("from and to are the ends of a time: as = \"time\"".to_owned());
    }
    let counts = matches!(entry.form, Form::Quantity | Form::Triple);
    if counts != entry.unit.is_some() {
        return Err("a quantity or triple names its unit, and nothing else does".to_owned());
    }
    choice::<Unit>(entry.unit.as_ref())?;
    choice::<Outcome>(entry.outcome.as_ref())?;
    choice::<Who>(entry.who.as_ref())?;
    Ok(())
}

fn choice<T: std::str::FromStr>(text: Option<&String>) -> Result<Option<T>, String>
where
    T::Err: std::fmt::Display,
{
    text.map(|text| text.parse::<T>().map_err(|error| error.to_string())).transpose()
}

fn json_of(value: &toml::Value) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Boolean(flag) => json!(flag),
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(items) => Value::Array(items.iter().map(json_of).collect::<Result<_, _>>()?),
        toml::Value::Float(_) => return Err("a number has no fraction: coordinates are in micro-degrees".to_owned()),
        toml::Value::Table(_) => return Err("a list holds no tables: give each of its members a pointer".to_owned()),
    })
}

impl Reading<'_> {
    /// Reads a setting from a row; nothing where no cell of it is known.
    pub(super) fn values(&self, entry: &FieldEntry, adds: bool, row: &TableRow) -> Result<Vec<Found>, CellFault> {
        let one = |found: Option<Found>| found.into_iter().collect();
        match entry.form {
            Form::Triple => self.triple(entry, row).map(one),
            Form::Time if entry.from.is_some() || entry.to.is_some() => self.interval(entry, row).map(one),
            _ if adds => self.items(entry, row),
            _ => self.joined(entry, row).map(one),
        }
    }

    /// Each cell, or each part of each cell, is an item.
    fn items(&self, entry: &FieldEntry, row: &TableRow) -> Result<Vec<Found>, CellFault> {
        let mut items = Vec::new();
        for name in entry.column.iter().chain(&entry.columns) {
            let Some((text, column)) = self.cell(entry, row, name)? else { continue };
            let parts: Vec<&str> = match &entry.split {
                Some(split) => text.split(split.as_str()).map(str::trim).filter(|part| !part.is_empty()).collect(),
                None => vec![text],
            };
            for part in parts.into_iter().filter(|part| !self.is_unknown(entry, part)) {
                let value = self.value(entry, part, column, row)?;
                items.extend(value.map(|value| Found { value, column }));
            }
        }
        Ok(items)
    }

    /// One value of one cell, or of several joined.
    fn joined(&self, entry: &FieldEntry, row: &TableRow) -> Result<Option<Found>, CellFault> {
        if entry.columns.is_empty() {
            let Some(name) = &entry.column else { return Ok(None) };
            let Some((text, column)) = self.cell(entry, row, name)? else { return Ok(None) };
            return Ok(self.value(entry, text, column, row)?.map(|value| Found { value, column }));
        }
        let (mut parts, mut first) = (Vec::new(), None);
        for name in entry.column.iter().chain(&entry.columns) {
            if let Some((text, column)) = self.cell(entry, row, name)? {
                first = first.or(Some(column));
                parts.push(text);
            }
        }
        let Some(column) = first else { return Ok(None) };
        let text = parts.join(entry.join.as_deref().unwrap_or(" "));
        Ok(self.value(entry, &text, column, row)?.map(|value| Found { value, column }))
    }

    /// A cell that holds something known.
    fn cell<'r>(
        &self,
        entry: &FieldEntry,
        row: &'r TableRow,
        name: &str,
    ) -> Result<Option<(&'r str, usize)>, CellFault> {
        let Some(&column) = self.at.get(name) else { return Ok(None) };
        let text = match entry.form {
            Form::Verbatim => row.cells.get(column).map(String::as_str).filter(|text| !text.trim().is_empty()),
            _ => row.text(column),
        };
        let Some(text) = text.filter(|text| !self.is_unknown(entry, text.trim())) else { return Ok(None) };
        if self.formulas == Formulas::Refuse && row.is_formula(column) {
            return Err(CellFault::new(column, Code::FormulaCell, "the cell holds a formula"));
        }
        Ok(Some((text, column)))
    }

    fn is_unknown(&self, entry: &FieldEntry, text: &str) -> bool {
        let markers = entry.unknown.as_deref().unwrap_or(self.unknown);
        text.is_empty() || markers.iter().any(|marker| marker == text)
    }

    /// Tells whether a cell of a column holds something known.
    pub(super) fn knows(&self, row: &TableRow, name: &str) -> bool {
        let text = self.at.get(name).and_then(|&column| row.text(column));
        text.is_some_and(|text| !self.unknown.iter().any(|marker| marker == text))
    }

    fn value(&self, entry: &FieldEntry, text: &str, column: usize, row: &TableRow) -> Result<Option<Value>, CellFault> {
        let bad = |what: String| CellFault::new(column, Code::BadCell, what);
        let word;
        let text = match &entry.words {
            None => text,
            Some(map) => {
                word = self.names.meaning(map, text).map_err(|near| {
                    let fault =
                        CellFault::new(column, Code::UnknownWord, format!("`{text}` is not among the words of {map}"));
                    fault.hinting(
                        near.map(|near| format!("did you mean `{near}`? Otherwise add the word to [words.{map}]")),
                    )
                })?;
                if word.is_empty() {
                    return Ok(None);
                }
                word
            }
        };
        Ok(Some(match entry.form {
            Form::Text | Form::Verbatim => json!(format!("{}{text}", entry.prefix.as_deref().unwrap_or_default())),
            Form::Id => json!(id(entry.prefix.as_deref().unwrap_or_default(), text)),
            Form::Whole => json!(whole(text).ok_or_else(|| bad(format!("`{text}` is not a whole number")))?),
            Form::Degrees => {
                json!(micro_degrees(text).ok_or_else(|| bad(format!("`{text}` is not decimal degrees")))?)
            }
            Form::Time => match self.time(entry, text, column, row)? {
                Some(when) => json!(when),
                None => return Ok(None),
            },
            Form::Quantity => json!(quantity(entry, text, column)?),
            Form::Actor => match self.names.actor(text) {
                Ok(actor) => json!({ "actor": actor }),
                Err(_) if entry.unnamed => json!({ "unnamed": text }),
                Err(near) => return Err(spelling(text, column, near, "actors")),
            },
            Form::ActorId => json!(self.names.actor(text).map_err(|near| spelling(text, column, near, "actors"))?),
            Form::Place => json!(self.names.place(text).map_err(|near| spelling(text, column, near, "places"))?),
            Form::Flag => match text.to_lowercase().as_str() {
                "true" | "yes" | "y" | "1" => json!(true),
                "false" | "no" | "n" | "0" => json!(false),
                _ => return Err(bad(format!("`{text}` is neither yes nor no"))),
            },
            Form::Triple => return Ok(None),
        }))
    }

    fn time(&self, entry: &FieldEntry, text: &str, column: usize, row: &TableRow) -> Result<Option<When>, CellFault> {
        let when = self.dates.read(text).map_err(|why| no_date(&why, text, column))?;
        let (Some(when), Some(precision)) = (when.clone(), &entry.precision) else { return Ok(when) };
        let Some(word) = self.at.get(&precision.column).and_then(|&at| row.text(at)) else { return Ok(Some(when)) };
        let at = self.at.get(&precision.column).copied().unwrap_or(column);
        let code = match &precision.words {
            Some(map) => self.names.meaning(map, word).map_err(|near| {
                let fault = CellFault::new(at, Code::UnknownWord, format!("`{word}` is not among the words of {map}"));
                fault.hinting(near.map(|near| format!("did you mean `{near}`?")))
            })?,
            None => word,
        };
        let code: Precision = code.parse().map_err(|error| CellFault::new(at, Code::BadCell, format!("{error}")))?;
        Ok(Some(self.dates.widened(when, text, code)))
    }

    /// A time between two cells. Where only one of them is known, the time is that one.
    fn interval(&self, entry: &FieldEntry, row: &TableRow) -> Result<Option<Found>, CellFault> {
        let end = |name: &Option<String>| -> Result<Option<(When, usize, String)>, CellFault> {
            let Some(name) = name else { return Ok(None) };
            let Some((text, column)) = self.cell(entry, row, name)? else { return Ok(None) };
            Ok(self.time(entry, text, column, row)?.map(|when| (when, column, text.to_owned())))
        };
        let (from, to) = (end(&entry.from)?, end(&entry.to)?);
        let (from, to) = match (from, to) {
            (None, None) => return Ok(None),
            (Some((when, column, _)), None) | (None, Some((when, column, _))) => {
                return Ok(Some(Found { value: json!(when), column }));
            }
            (Some(from), Some(to)) => (from, to),
        };
        if from.2 == to.2 {
            return Ok(Some(Found { value: json!(from.0), column: from.1 }));
        }
        let days = from.0.precision == Precision::Day && to.0.precision == Precision::Day;
        let precision = if days { Precision::Days } else { from.0.precision.max(to.0.precision) };
        let basis = from.0.tz_basis.max(to.0.tz_basis);
        let mut when = When::between(from.0.earliest, to.0.latest, precision, basis);
        when.verbatim = Text::new(&format!("{}/{}", from.2, to.2)).ok();
        if let Span { from: Some(start), to: Some(end) } = when.span()
            && end < start
        {
            let what = format!("{} is before {}", to.2, from.2);
            return Err(CellFault::new(to.1, Code::TimeOrder, what));
        }
        Ok(Some(Found { value: json!(when), column: from.1 }))
    }

    fn triple(&self, entry: &FieldEntry, row: &TableRow) -> Result<Option<Found>, CellFault> {
        let number = |name: &Option<String>| -> Result<Option<(u64, usize)>, CellFault> {
            let Some(name) = name else { return Ok(None) };
            let Some((text, column)) = self.cell(entry, row, name)? else { return Ok(None) };
            let number = whole(text).and_then(|number| u64::try_from(number).ok());
            let bad = || CellFault::new(column, Code::BadCell, format!("`{text}` is not a whole number"));
            Ok(Some((number.ok_or_else(bad)?, column)))
        };
        let read = (number(&entry.low)?, number(&entry.best)?, number(&entry.high)?);
        let ((low, _), (best, column), (high, _)) = match read {
            (Some(low), Some(best), Some(high)) => (low, best, high),
            (None, None, None) => return Ok(None),
            (low, best, high) => {
                let known = [low, best, high].into_iter().flatten().next();
                let column = known.map_or(0, |(_, column)| column);
                let what = "low, best and high are published together: one of them is missing";
                return Err(CellFault::new(column, Code::BadCell, what));
            }
        };
        let unit = choice::<Unit>(entry.unit.as_ref()).ok().flatten().unwrap_or(Unit::Person);
        let quantity = Quantity { triple: Some(Triple { low, best, high }), ..Quantity::new(Op::Range, unit) };
        Ok(Some(Found { value: json!(dressed(quantity, entry)), column }))
    }
}

fn quantity(entry: &FieldEntry, text: &str, column: usize) -> Result<Quantity, CellFault> {
    let unit = choice::<Unit>(entry.unit.as_ref()).ok().flatten().unwrap_or(Unit::Person);
    let mut quantity = if entry.said_unknown.iter().any(|marker| marker == text) {
        Quantity::new(Op::Unknown, unit)
    } else {
        let plain = whole(text).map(|number| number.to_string());
        Quantity::from_short(plain.as_deref().unwrap_or(text), unit, &Pointer::root())
            .map_err(|fault| CellFault::new(column, fault.code, fault.what))?
    };
    if whole(text).is_none() {
        quantity.verbatim = Text::new(text).ok();
    }
    Ok(dressed(quantity, entry))
}

/// Adds what the mapping says of every such quantity.
fn dressed(quantity: Quantity, entry: &FieldEntry) -> Quantity {
    Quantity {
        outcome: choice(entry.outcome.as_ref()).ok().flatten(),
        who: choice(entry.who.as_ref()).ok().flatten(),
        subset_of: entry.subset_of.map(Whole::Quantity),
        ..quantity
    }
}

fn spelling(text: &str, column: usize, near: Option<String>, table: &str) -> CellFault {
    let fault = CellFault::new(column, Code::UnknownWord, format!("`{text}` is not among the spellings of {table}"));
    fault.hinting(near.map(|near| format!("did you mean `{near}`? Otherwise add the spelling to [{table}.…]")))
}

fn no_date(why: &NoDate, text: &str, column: usize) -> CellFault {
    match why {
        NoDate::Unreadable => {
            CellFault::new(column, Code::BadTime, format!("`{text}` is not a date of the forms in [dates]"))
        }
        NoDate::Impossible => CellFault::new(column, Code::ImpossibleDate, format!("no calendar has the day `{text}`")),
        NoDate::Ambiguous(one, other) => {
            CellFault::new(column, Code::AmbiguousDate, format!("`{text}` can be {one} or {other}"))
        }
    }
}

/// Reads a whole number, also one that is printed with `.0` behind it.
fn whole(text: &str) -> Option<i64> {
    let plain = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    plain.parse().ok().filter(|number: &i64| number.unsigned_abs() <= WHOLE_MAX)
}

/// Makes an id of a text: as it is where it can stand, else its letters and digits with a hash of the whole.
fn id(prefix: &str, text: &str) -> String {
    let plain = format!("{prefix}{text}");
    if ActorId::new(&plain).is_ok() {
        return plain;
    }
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let mut slug = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if prefix.len() + slug.len() + 12 >= ID_MAX_BYTES {
            break;
        }
    }
    format!("{prefix}{}-{}", slug.trim_matches('-'), hash.get(..10).unwrap_or_default())
        .trim_start_matches('-')
        .to_owned()
}
