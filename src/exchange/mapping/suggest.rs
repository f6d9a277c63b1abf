//! A first mapping for a file, from its header and some of its rows. A guess is a guess, and says so.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::TableKind;
use crate::exchange::feature::Feature;
use crate::exchange::import::{Input, Lines, Opened, Unreadable};
use crate::exchange::items::Items;
use crate::exchange::table::{CsvTable, GEOMETRY_COLUMNS, SheetTable, Table};

/// How many rows are looked at.
const SAMPLE_ROWS: usize = 500;
/// Forms of dates that are tried, beside ISO 8601.
const DATE_FORMATS: [&str; 10] = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
];
/// Cells that often stand for "not known".
const MARKERS: [&str; 8] = ["-1", "-9", "-99", "-999", "NA", "N/A", "unknown", "n/a"];

/// A column, with what stands in it.
struct Column {
    name: String,
    cells: Vec<String>,
    filled: usize,
}

/// What a column seems to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Id,
    Date,
    Latitude,
    Longitude,
    Whole,
    Words,
    Text,
    Empty,
}

/// Writes a first mapping for a file.
///
/// # Errors
/// [`Unreadable`] where the file cannot be read as a table of that kind.
pub fn suggest(kind: TableKind, input: Input) -> Result<String, Unreadable> {
    let name = input.name.clone();
    let (opened, _) = input.open()?;
    let (columns, rows) = sample(kind, opened)?;
    Ok(Guess::new(&name, columns, rows).write())
}

fn sample(kind: TableKind, opened: Opened) -> Result<(Vec<Column>, usize), Unreadable> {
    match kind {
        TableKind::Csv => sample_table(&mut CsvTable::begin(opened, None)?),
        TableKind::Xlsx => sample_table(&mut SheetTable::begin(opened, None)?),
        TableKind::Jsonl => sample_lines(opened),
        TableKind::Geojson => sample_features(opened),
        TableKind::Submissions => sample_submissions(opened),
    }
}

fn sample_table(table: &mut dyn Table) -> Result<(Vec<Column>, usize), Unreadable> {
    let mut columns: Vec<Column> = table.header().iter().map(|name| Column::new(name)).collect();
    let mut rows = 0;
    while rows < SAMPLE_ROWS {
        let Some(step) = table.step()? else { break };
        if step.is_ok() {
            rows += 1;
            for (column, cell) in columns.iter_mut().zip(&table.row().cells) {
                column.push(cell);
            }
        }
    }
    Ok((columns, rows))
}

fn sample_lines(opened: Opened) -> Result<(Vec<Column>, usize), Unreadable> {
    let (mut lines, mut columns, mut rows) = (Lines::new(opened.reader), Vec::new(), 0);
    while rows < SAMPLE_ROWS && lines.step()? {
        let Ok(value) = serde_json::from_slice::<Value>(lines.line()) else { continue };
        rows += 1;
        flatten(&value, "", 0, &mut columns);
    }
    Ok((columns, rows))
}

/// Submissions: JSON where the file begins with a list or an object, else CSV. What says who sent them in is left out.
fn sample_submissions(mut opened: Opened) -> Result<(Vec<Column>, usize), Unreadable> {
    let start = opened.reader.fill_buf()?.trim_ascii_start();
    let (mut columns, rows) = if start.starts_with(b"[") || start.starts_with(b"{") {
        let (mut items, mut columns, mut rows) = (Items::of_list(opened), Vec::new(), 0);
        while rows < SAMPLE_ROWS && items.step()? {
            let Ok(value) = serde_json::from_slice::<Value>(items.item()) else { continue };
            rows += 1;
            flatten(&value, "", 0, &mut columns);
        }
        (columns, rows)
    } else {
        sample_table(&mut CsvTable::begin(opened, None)?)?
    };
    columns.retain(|column| !super::submission::is_personal(&column.name));
    Ok((columns, rows))
}

/// Takes the members of an object as columns, those of objects within it by dotted paths.
fn flatten(value: &Value, path: &str, depth: usize, columns: &mut Vec<Column>) {
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if member.is_object() && depth < 3 {
            flatten(member, &path, depth + 1, columns);
        } else {
            let text = if let Value::String(text) = member { text.clone() } else { member.to_string() };
            named(columns, &path).push(if member.is_null() { "" } else { &text });
        }
    }
}

fn sample_features(opened: Opened) -> Result<(Vec<Column>, usize), Unreadable> {
    let (mut features, mut columns, mut rows) = (Items::of_features(opened), Vec::new(), 0);
    while rows < SAMPLE_ROWS && features.step()? {
        let Ok(feature) = Feature::read(&features) else { continue };
        rows += 1;
        for (name, value) in &feature.properties {
            named(&mut columns, name).push(value);
        }
    }
    columns.extend(GEOMETRY_COLUMNS.iter().map(|name| Column::new(name)));
    Ok((columns, rows))
}

fn named<'a>(columns: &'a mut Vec<Column>, name: &str) -> &'a mut Column {
    let index = columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
        columns.push(Column::new(name));
        columns.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "the index was just found or made")]
    &mut columns[index]
}

impl Column {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), cells: Vec::new(), filled: 0 }
    }

    fn push(&mut self, cell: &str) {
        let cell = cell.trim();
        if !cell.is_empty() {
            self.filled += 1;
            self.cells.push(cell.chars().take(80).collect());
        }
    }

    fn known(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(String::as_str).filter(|cell| !MARKERS.contains(cell))
    }

    fn distinct(&self) -> BTreeSet<&str> {
        self.known().collect()
    }

    fn all(&self, test: impl Fn(&str) -> bool) -> bool {
        self.known().next().is_some() && self.known().all(test)
    }

    fn is_called(&self, words: &[&str]) -> bool {
        let name = self.name.to_lowercase();
        words.iter().any(|word| name.contains(word))
    }

    fn kind(&self, rows: usize) -> Kind {
        let name = self.name.to_lowercase();
        let last = name.rsplit(['_', ' ', '.', '-']).next().unwrap_or_default();
        if GEOMETRY_COLUMNS.get(1).is_some_and(|lat| *lat == self.name) {
            return Kind::Latitude;
        }
        if GEOMETRY_COLUMNS.get(2).is_some_and(|lon| *lon == self.name) {
            return Kind::Longitude;
        }
        if self.filled == 0 {
            return Kind::Empty;
        }
        let decimal = |cell: &str| cell.parse::<f64>().is_ok();
        let dates = self.known().filter(|cell| !formats_of(cell).is_empty()).count();
        match last {
            "lat" | "latitude" if self.all(decimal) => Kind::Latitude,
            "lon" | "lng" | "long" | "longitude" if self.all(decimal) => Kind::Longitude,
            "id" | "uuid" | "code" | "key" if self.filled == rows && self.distinct().len() == self.filled => Kind::Id,
            _ if dates * 10 >= self.known().count() * 6 && dates > 0 => Kind::Date,
            _ if self.all(|cell| cell.parse::<i64>().is_ok()) => Kind::Whole,
            _ if self.distinct().len() <= 20 && self.filled > self.distinct().len() * 2 => Kind::Words,
            _ => Kind::Text,
        }
    }
}

/// The forms that read a cell as a date; `""` stands for ISO 8601.
fn formats_of(cell: &str) -> Vec<&'static str> {
    let iso = cell.len() >= 10
        && cell.get(..10).is_some_and(|date| chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok());
    if iso {
        return vec![""];
    }
    let mut read: Vec<(chrono::NaiveDate, &str)> = Vec::new();
    for format in DATE_FORMATS {
        if let Ok(date) = chrono::NaiveDate::parse_from_str(cell, format)
            && read.iter().all(|(known, _)| *known != date)
        {
            read.push((date, format));
        }
    }
    read.into_iter().map(|(_, format)| format).collect()
}

/// What was seen of a file.
struct Guess {
    file: String,
    stem: String,
    columns: Vec<(Column, Kind)>,
    rows: usize,
}

impl Guess {
    fn new(file: &str, columns: Vec<Column>, rows: usize) -> Self {
        let file = file.rsplit(['/', '\\']).next().unwrap_or(file).to_owned();
        let stem: String = file
            .split('.')
            .next()
            .unwrap_or_default()
            .chars()
            .map(|character| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' })
            .collect();
        let stem = stem.trim_matches('-').chars().take(30).collect::<String>();
        let columns = columns.into_iter().map(|column| {
            let kind = column.kind(rows);
            (column, kind)
        });
        Self { file, stem: if stem.is_empty() { "table".to_owned() } else { stem }, columns: columns.collect(), rows }
    }

    fn of(&self, wanted: Kind) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(move |(_, kind)| *kind == wanted).map(|(column, _)| column)
    }

    fn called(&self, words: &[&str], wanted: &[Kind]) -> Option<&Column> {
        let mut found = self.columns.iter().filter(|(column, kind)| wanted.contains(kind) && column.is_called(words));
        found.next().map(|(column, _)| column)
    }

    fn write(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "# A first mapping for {}, from its header and {} rows. Every line is a guess: look at each.",
            one_line(&self.file),
            self.rows
        );
        let _ = writeln!(text, "# Then: ceasefire map check MAP FILE\n");
        let _ = writeln!(text, "dataset = {}", quoted(&self.stem));
        match self.of(Kind::Id).next() {
            Some(id) => drop(writeln!(text, "id = [{}]", quoted(&id.name))),
            None => text.push_str(
                "# No column looks like an id of the row: without `id`, a row is known by a hash of its cells.\n",
            ),
        }
        self.write_markers(&mut text);
        self.write_dates(&mut text);
        let agreements =
            self.columns.iter().filter(|(column, _)| column.is_called(&["ceasefire", "agreement", "truce"])).count();
        let used = if agreements > 0 { self.write_ceasefire(&mut text) } else { self.write_report(&mut text) };
        self.write_rest(&mut text, &used);
        text
    }

    fn write_markers(&self, text: &mut String) {
        let seen: Vec<&str> = MARKERS
            .into_iter()
            .filter(|marker| self.columns.iter().any(|(column, _)| column.cells.iter().any(|cell| cell == marker)))
            .collect();
        if !seen.is_empty() {
            let list: Vec<String> = seen.iter().map(|marker| quoted(marker)).collect();
            let _ = writeln!(text, "unknown = [{}]  # seen here; take out what is a real value", list.join(", "));
        }
    }

    fn write_dates(&self, text: &mut String) {
        let (mut needed, mut unclear) = (BTreeSet::new(), None);
        for cell in self.of(Kind::Date).flat_map(Column::known) {
            match formats_of(cell).as_slice() {
                [] | [""] => {}
                [one] => drop(needed.insert(*one)),
                [..] => unclear = unclear.or(Some(cell)),
            }
        }
        if needed.is_empty() && unclear.is_none() {
            return;
        }
        let _ = writeln!(text, "\n[dates]");
        let covered = unclear.is_none_or(|cell| formats_of(cell).iter().any(|format| needed.contains(format)));
        if let (Some(cell), false) = (unclear, covered) {
            let _ = writeln!(text, "# {} can be read as day/month or month/day: keep the right one.", quoted(cell));
            needed.insert("%d/%m/%Y");
        }
        let list: Vec<String> = needed.iter().map(|format| quoted(format)).collect();
        let _ = writeln!(text, "formats = [{}]  # beside 2016-01-31", list.join(", "));
        let _ = writeln!(text, "# zone = \"+00:00\"  # without it, a time covers every zone that the ledger allows");
    }

    fn write_head(&self, text: &mut String, event_type: &str, part: &str) {
        let _ = writeln!(text, "\n[[record]]\ntype = {}\npart = {}\n\n[record.set]", quoted(event_type), quoted(part));
        let _ = writeln!(
            text,
            "\"/source/speaker/0/unnamed\" = {}  # better: \"/source/speaker/0/actor\" = an id of [actors.…]",
            quoted(&format!("the publisher of {}", self.file))
        );
    }

    /// The id of a thing: the row's own, else some of its cells.
    fn write_id(&self, text: &mut String, pointer: &str) -> Vec<String> {
        if let Some(id) = self.of(Kind::Id).next() {
            let _ = writeln!(
                text,
                "{} = {{ column = {}, as = \"id\", prefix = {} }}",
                quoted(pointer),
                quoted(&id.name),
                quoted(&format!("{}-", self.stem))
            );
            return vec![id.name.clone()];
        }
        let some: Vec<String> = self
            .columns
            .iter()
            .filter(|(column, kind)| column.filled == self.rows && *kind != Kind::Empty)
            .take(3)
            .map(|(column, _)| column.name.clone())
            .collect();
        let some = if some.is_empty() {
            self.columns.iter().take(1).map(|(column, _)| column.name.clone()).collect()
        } else {
            some
        };
        let list: Vec<String> = some.iter().map(|name| quoted(name)).collect();
        let _ = writeln!(
            text,
            "{} = {{ columns = [{}], as = \"id\", join = \"-\", prefix = {} }}",
            quoted(pointer),
            list.join(", "),
            quoted(&format!("{}-", self.stem))
        );
        Vec::new()
    }

    fn write_report(&self, text: &mut String) -> Vec<String> {
        self.write_head(text, "violation.reported", "report");
        let mut used = self.write_id(text, "/incident");
        used.extend(self.write_when(text));
        let point = self.of(Kind::Latitude).next().zip(self.of(Kind::Longitude).next());
        if let Some((lat, lon)) = point {
            for (pointer, column) in [("/where/lat_e6", lat), ("/where/lon_e6", lon)] {
                let _ =
                    writeln!(text, "{} = {{ column = {}, as = \"degrees\" }}", quoted(pointer), quoted(&column.name));
                used.push(column.name.clone());
            }
        }
        let [_, _, _, radius] = GEOMETRY_COLUMNS;
        if self.columns.iter().any(|(column, _)| column.name == radius) {
            let _ = writeln!(text, "\"/where/radius_m\" = {{ column = {}, as = \"whole\" }}", quoted(radius));
            used.push(radius.to_owned());
        }
        for (pointer, words) in [
            ("/where/verbatim", &["place", "location", "where", "village", "city", "town", "area"][..]),
            ("/summary", &["description", "summary", "notes", "title"][..]),
            ("/source/url", &["url", "link"][..]),
        ] {
            if let Some(column) =
                self.called(words, &[Kind::Text, Kind::Words]).filter(|column| !used.contains(&column.name))
            {
                let _ = writeln!(text, "{} = {{ column = {} }}", quoted(pointer), quoted(&column.name));
                used.push(column.name.clone());
            }
        }
        let counts =
            [("killed", &["killed", "fatalit", "death", "dead"][..]), ("wounded", &["wounded", "injured"][..])];
        for (index, (outcome, words)) in counts.into_iter().enumerate() {
            if let Some(column) = self.called(words, &[Kind::Whole]).filter(|column| !used.contains(&column.name)) {
                let _ = writeln!(
                    text,
                    "\"/quantities/{index}\" = {{ column = {}, as = \"quantity\", unit = \"person\", outcome = \"{outcome}\" }}",
                    quoted(&column.name)
                );
                used.push(column.name.clone());
            }
        }
        used
    }

    fn write_when(&self, text: &mut String) -> Vec<String> {
        let start = self.called(&["start", "from", "begin"], &[Kind::Date]);
        let end = self.called(&["end", "until", "to"], &[Kind::Date]);
        match (start.or_else(|| self.of(Kind::Date).next()), end) {
            (Some(start), Some(end)) if start.name != end.name => {
                let _ = writeln!(
                    text,
                    "\"/when\" = {{ from = {}, to = {}, as = \"time\" }}",
                    quoted(&start.name),
                    quoted(&end.name)
                );
                vec![start.name.clone(), end.name.clone()]
            }
            (Some(date), _) => {
                let _ = writeln!(text, "\"/when\" = {{ column = {}, as = \"time\" }}", quoted(&date.name));
                vec![date.name.clone()]
            }
            (None, _) => Vec::new(),
        }
    }

    fn write_ceasefire(&self, text: &mut String) -> Vec<String> {
        let parties: Vec<&Column> = self
            .columns
            .iter()
            .filter(|(column, kind)| {
                matches!(kind, Kind::Text | Kind::Words) && column.is_called(&["party", "parties", "side_", "actor"])
            })
            .map(|(column, _)| column)
            .collect();
        write_actors(text, &parties);
        self.write_head(text, "ceasefire.recorded", "agreement");
        let mut used = self.write_id(text, "/ceasefire");
        let _ = writeln!(text, "\"/names/0/lang\" = \"und\"");
        match self.called(&["name", "title"], &[Kind::Text, Kind::Words]) {
            Some(name) => {
                let _ = writeln!(text, "\"/names/0/text\" = {{ column = {} }}", quoted(&name.name));
                used.push(name.name.clone());
            }
            None => drop(writeln!(text, "\"/names/0/text\" = \"a ceasefire without a name\"")),
        }
        if parties.is_empty() {
            let _ = writeln!(
                text,
                "# \"/parties/-\" = {{ column = …, as = \"actor_id\" }}  # a ceasefire binds one party at least"
            );
        } else {
            let list: Vec<String> = parties.iter().map(|column| quoted(&column.name)).collect();
            let _ = writeln!(text, "\"/parties/-\" = {{ columns = [{}], as = \"actor_id\" }}", list.join(", "));
            used.extend(parties.iter().map(|column| column.name.clone()));
        }
        if let Some(date) = self.of(Kind::Date).next() {
            let _ = writeln!(
                text,
                "\n[[record]]\ntype = \"ceasefire.step_reported\"\npart = \"signed\"\nonly_if = [{}]\n\n[record.set]",
                quoted(&date.name)
            );
            let _ = writeln!(
                text,
                "\"/source/speaker/0/unnamed\" = {}",
                quoted(&format!("the publisher of {}", self.file))
            );
            self.write_id(text, "/ceasefire");
            let _ = writeln!(text, "\"/step\" = \"signed\"  # or announced, effective, terminated, …");
            let _ = writeln!(text, "\"/when\" = {{ column = {}, as = \"time\" }}", quoted(&date.name));
            used.push(date.name.clone());
        }
        used
    }

    /// The other columns, with a few of their cells.
    fn write_rest(&self, text: &mut String, used: &[String]) {
        let rest: Vec<&(Column, Kind)> =
            self.columns.iter().filter(|(column, _)| !used.contains(&column.name)).collect();
        if rest.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n# Columns that are not read:");
        for (column, kind) in rest {
            let some: Vec<String> = column.distinct().into_iter().take(4).map(one_line).collect();
            let of = if *kind == Kind::Empty { "empty".to_owned() } else { some.join(" | ") };
            let _ = writeln!(text, "#   {}: {of}", one_line(&column.name));
        }
    }
}

/// Writes an entry for every name that stands in the columns of parties.
fn write_actors(text: &mut String, parties: &[&Column]) {
    let mut names: std::collections::BTreeMap<String, &str> = std::collections::BTreeMap::new();
    for name in parties.iter().flat_map(|column| column.known()).take(400) {
        names.entry(super::names::folded(name)).or_insert(name);
    }
    let mut ids = BTreeSet::new();
    for name in names.into_values() {
        let slug: String = name.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
        let id = if slug.is_empty() || !ids.insert(slug.clone()) { format!("P{}", ids.len() + 1) } else { slug };
        let _ = writeln!(
            text,
            "\n[actors.{id}]\nkind = \"armed_group\"  # or state, de_facto_authority, organ, …\nname = {}",
            quoted(name)
        );
        ids.insert(id);
    }
}

/// A text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(one_line(text)).to_string()
}

fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
