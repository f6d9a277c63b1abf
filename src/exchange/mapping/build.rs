//! From the values of a record to an event: a tree by JSON pointers, and what is left out of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Record;
use super::field::{CellFault, Found, Origin, Reading, Setting};
use super::file::Pick;
use crate::event::Event;
use crate::exchange::jsonl::{pointer_step, typed_code};
use crate::exchange::table::TableRow;
use crate::vocab::{Code, Fault, Pointer};

/// An event made of rows, and which cell each of its values comes from.
pub(super) struct Built {
    pub(super) event: Event,
    pub(super) cells: CellsOf,
}

/// Which cell a value comes from: pointer, row of the group, column.
#[derive(Debug, Default, Clone)]
pub(super) struct CellsOf(Vec<(String, usize, usize)>);

impl CellsOf {
    pub(super) const fn new(cells: Vec<(String, usize, usize)>) -> Self {
        Self(cells)
    }

    /// Finds the cell of a place in the event: the nearest at or above it, else one below it.
    pub(super) fn find(&self, pointer: &Pointer) -> Option<(usize, usize)> {
        let under = |place: &str, whole: &str| {
            place == whole || place.strip_prefix(whole).is_some_and(|rest| rest.starts_with('/'))
        };
        let wanted = pointer.as_str();
        let above = self.0.iter().filter(|(place, ..)| under(wanted, place)).max_by_key(|(place, ..)| place.len());
        let below = || self.0.iter().find(|(place, ..)| under(place, wanted));
        above.or_else(below).map(|(_, row, column)| (*row, *column))
    }
}

/// Why rows made no event.
pub(super) enum NotBuilt {
    /// A cell is wrong: row of the group, and what.
    Cell(usize, CellFault),
    /// The rows differ where they should say the same: row of the group, column, what.
    Differ(usize, usize, String),
    /// A value that must be there is not: the columns it would come from.
    Missing(String),
    /// What came out is no event of its type.
    NoEvent(Fault, CellsOf),
}

/// Makes a record of rows; nothing where the mapping's conditions do not hold for them.
pub(super) fn build(
    record: &Record,
    rows: &[&TableRow],
    reading: &Reading<'_>,
) -> Result<Option<Built>, Vec<NotBuilt>> {
    if !applies(record, rows, reading) {
        return Ok(None);
    }
    let (mut tree, mut faults) = (Tree::default(), Vec::new());
    let mut fed: Vec<(&str, bool)> = Vec::new();
    for setting in &record.settings {
        let Origin::Cells(entry) = &setting.source else { continue };
        let found = gather(setting, rows, |row| reading.values(entry, setting.adds(), row));
        match found {
            Ok(found) if found.is_empty() && setting.is_required() => {
                faults.push(NotBuilt::Missing(setting.columns().collect::<Vec<_>>().join(", ")));
            }
            Ok(found) => {
                fed.push((parent(&setting.pointer), !found.is_empty()));
                for (row, found) in found {
                    tree.put(&setting.pointer, found.value, Some((row, found.column)));
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    for setting in &record.settings {
        let Origin::Constant(value) = &setting.source else { continue };
        // A constant beside values that are all unknown would make something of nothing.
        let beside: Vec<bool> = fed
            .iter()
            .filter(|(at, _)| *at == parent(&setting.pointer) && !at.is_empty())
            .map(|(_, any)| *any)
            .collect();
        if beside.is_empty() || beside.contains(&true) {
            tree.put(&setting.pointer, value.clone(), None);
        }
    }
    tree.compact();
    let Tree { value, cells } = tree;
    event(record, &value)
        .map(|event| Some(Built { event, cells: cells.clone() }))
        .map_err(|fault| vec![NotBuilt::NoEvent(fault, cells)])
}

fn applies(record: &Record, rows: &[&TableRow], reading: &Reading<'_>) -> bool {
    let any = |test: &dyn Fn(&TableRow) -> bool| rows.iter().any(|row| test(row));
    record.only_if.iter().all(|column| any(&|row| reading.knows(row, column.get_ref())))
        && record.only_when.iter().all(|(column, words)| {
            any(&|row| {
                let text = reading.at.get(column.get_ref()).and_then(|&at| row.text(at)).unwrap_or_default();
                words.iter().any(|word| word == text)
            })
        })
}

/// Reads a setting from every row of a group: a list takes what they all say, each thing once; a single value must be
/// the same in every row that knows it, unless the mapping picks one.
fn gather(
    setting: &Setting,
    rows: &[&TableRow],
    read: impl Fn(&TableRow) -> Result<Vec<Found>, CellFault>,
) -> Result<Vec<(usize, Found)>, NotBuilt> {
    let mut all: Vec<(usize, Found)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        for found in read(row).map_err(|fault| NotBuilt::Cell(index, fault))? {
            let known = all.iter().any(|(_, earlier)| earlier.value == found.value);
            if setting.adds() {
                if !known {
                    all.push((index, found));
                }
                continue;
            }
            match (all.first(), setting.pick()) {
                (None, _) => all.push((index, found)),
                (Some(_), Some(Pick::First)) => {}
                (Some(_), Some(Pick::Last)) => all = vec![(index, found)],
                (Some(_), None) if known => {}
                (Some((earlier, first)), None) => {
                    let line = rows.get(*earlier).map_or(0, |row| row.line);
                    let text = |row: usize, column: usize| {
                        rows.get(row).and_then(|row| row.text(column)).unwrap_or_default().to_owned()
                    };
                    let what = format!(
                        "`{}`, but `{}` in line {line}",
                        text(index, found.column),
                        text(*earlier, first.column)
                    );
                    return Err(NotBuilt::Differ(index, found.column, what));
                }
            }
        }
    }
    Ok(all)
}

fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The event's members under way.
#[derive(Default)]
struct Tree {
    value: Value,
    cells: CellsOf,
}

impl Tree {
    /// Puts a value at a pointer; numbers step into lists, `-` adds to one.
    fn put(&mut self, pointer: &str, value: Value, cell: Option<(usize, usize)>) {
        let mut at = &mut self.value;
        let mut path = String::new();
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let index = step.parse::<usize>().ok();
            if index.is_some() || step == "-" {
                if !at.is_array() {
                    *at = Value::Array(Vec::new());
                }
                let Value::Array(items) = at else { return };
                let index = index.unwrap_or(items.len()).min(1_000);
                if items.len() <= index {
                    items.resize(index + 1, Value::Null);
                }
                path = format!("{path}/{index}");
                let Some(item) = items.get_mut(index) else { return };
                at = item;
            } else {
                if !at.is_object() {
                    *at = Value::Object(Map::new());
                }
                let Value::Object(members) = at else { return };
                path = format!("{path}/{step}");
                at = members.entry(step).or_insert(Value::Null);
            }
        }
        *at = value;
        self.cells.0.extend(cell.map(|(row, column)| (path, row, column)));
    }

    /// Takes unfilled items out of lists, and has what pointed to the others follow them.
    fn compact(&mut self) {
        let mut moved = Vec::new();
        compact(&mut self.value, "", &mut moved);
        for (old, new) in moved {
            for (place, ..) in &mut self.cells.0 {
                if let Some(rest) = place.strip_prefix(&old).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                    *place = format!("{new}{rest}");
                }
            }
        }
    }
}

fn compact(value: &mut Value, path: &str, moved: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.iter_mut().for_each(|(name, member)| compact(member, &format!("{path}/{name}"), moved));
        }
        Value::Array(items) => {
            let mut places = BTreeMap::new();
            for (old, item) in std::mem::take(items).into_iter().enumerate() {
                if !item.is_null() {
                    places.insert(old, items.len());
                    if old != items.len() {
                        moved.push((format!("{path}/{old}"), format!("{path}/{}", items.len())));
                    }
                    items.push(item);
                }
            }
            for (index, item) in items.iter_mut().enumerate() {
                follow_whole(item, &places);
                compact(item, &format!("{path}/{index}"), moved);
            }
        }
        _ => {}
    }
}

/// A part points to its whole by number. Where the whole is not known, the part still is one.
fn follow_whole(item: &mut Value, places: &BTreeMap<usize, usize>) {
    let Some(whole) = item.get_mut("subset_of") else { return };
    let Some(old) = whole.get("quantity").and_then(Value::as_u64).and_then(|old| usize::try_from(old).ok()) else {
        return;
    };
    *whole = match places.get(&old) {
        Some(new) => serde_json::json!({ "quantity": new }),
        None => serde_json::json!({ "described": "a total that is not known" }),
    };
}

/// Reads the members as an event of the record's type.
fn event(record: &Record, members: &Value) -> Result<Event, Fault> {
    let members = if members.is_object() { members.to_string() } else { "{}".to_owned() };
    let rest = members.strip_prefix('{').unwrap_or_default();
    let comma = if rest == "}" { "" } else { "," };
    let text = format!("{{\"type\":\"{}\",\"v\":{}{comma}{rest}", record.event_type, record.version);
    let mut reader = serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize::<_, Event>(&mut reader).map_err(|error| {
        let pointer: String = error.path().iter().map(pointer_step).collect();
        let what = error.inner().to_string();
        let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what).to_owned();
        let code = typed_code(&what);
        let code = if code == Code::EventHead { Code::WrongType } else { code };
        Fault::new(code, Pointer::from_text(pointer), what)
    })
}
