//! One GeoJSON feature, read: its properties as texts, its geometry as decimal texts, so that no digit is lost.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::import::rejects::REASON_MEMBER;
use super::import::{RowFault, Spot};
use super::items::Items;
use crate::record::locate;
use crate::vocab::Code;

/// A feature.
#[derive(Debug)]
pub(crate) struct Feature {
    /// Its properties in their order: a text as it reads, anything else as it is written; `null` is left out.
    pub(crate) properties: Vec<(String, String)>,
    /// Its geometry.
    pub(crate) geometry: Option<Geometry>,
}

/// A geometry, its positions as they are written: (longitude, latitude).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Geometry {
    Point(Position),
    /// Anything with more than one position: the positions of its outlines.
    Area {
        kind: String,
        positions: Vec<Position>,
    },
}

/// A position: longitude and latitude as decimal texts.
pub(crate) type Position = (String, String);

impl Feature {
    /// Reads the feature that was cut out last.
    pub(crate) fn read(features: &Items) -> Result<Self, RowFault> {
        let text = std::str::from_utf8(features.item()).map_err(|error| {
            let spot = features.spot_at(error.valid_up_to());
            RowFault::new(spot, Code::NotUtf8, "not UTF-8").hinting("GeoJSON is UTF-8: save the file so")
        })?;
        let wire: Wire = serde_json::from_str(text).map_err(|error| wrong(features, &error))?;
        let geometry = wire.geometry.map(|raw| Geometry::read(raw, text, features)).transpose()?;
        let properties = wire.properties.map(|properties| properties.0).unwrap_or_default();
        Ok(Self { properties, geometry })
    }

    /// Finds where a property stands.
    pub(crate) fn spot(features: &Items, property: &str) -> Spot {
        let text = std::str::from_utf8(features.item()).unwrap_or_default();
        let pointer = format!("/properties/{}", property.replace('~', "~0").replace('/', "~1"));
        let Some((line, column)) = locate(text, &pointer) else { return features.spot().clone() };
        Spot { field: Some(property.to_owned()), ..features.within(line, column) }
    }
}

fn wrong(features: &Items, error: &serde_json::Error) -> RowFault {
    let what = error.to_string();
    let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
    let code = if what.starts_with("duplicate") { Code::DuplicateKey } else { Code::JsonSyntax };
    RowFault::new(features.within(error.line(), error.column()), code, what)
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default)]
    properties: Option<Properties>,
    #[serde(borrow, default)]
    geometry: Option<&'a RawValue>,
}

struct Properties(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Properties;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of properties")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut all: Vec<(String, String)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if all.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format_args!("duplicate property `{name}`")));
                    }
                    if name == REASON_MEMBER {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let value: &RawValue = map.next_value()?;
                    if value.get() != "null" {
                        all.push((name, as_text(value)));
                    }
                }
                Ok(Properties(all))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A text as it reads; anything else as it is written.
fn as_text(raw: &RawValue) -> String {
    serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

#[derive(Deserialize)]
struct GeometryWire<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, default)]
    coordinates: Option<&'a RawValue>,
    #[serde(borrow, default)]
    geometries: Option<Vec<&'a RawValue>>,
}

impl Geometry {
    fn read(raw: &RawValue, text: &str, features: &Items) -> Result<Self, RowFault> {
        let at = || locate(text, "/geometry").map_or_else(|| features.spot().clone(), |(l, c)| features.within(l, c));
        let bad = |what: String| RowFault::new(at(), Code::BadPlace, what);
        let wire: GeometryWire = serde_json::from_str(raw.get()).map_err(|error| bad(error.to_string()))?;
        let mut positions = Vec::new();
        if let Some(coordinates) = wire.coordinates {
            walk(coordinates, 0, &mut positions)
                .map_err(|()| bad("a position is not [longitude, latitude]".to_owned()))?;
        }
        for part in wire.geometries.into_iter().flatten() {
            match Self::read(part, text, features)? {
                Self::Point(position) => positions.push(position),
                Self::Area { positions: more, .. } => positions.extend(more),
            }
        }
        match (wire.kind.as_str(), positions.len()) {
            (_, 0) => Err(bad(format!("the {} has no position", wire.kind))),
            ("Point", 1) => positions.pop().map(Self::Point).ok_or_else(|| bad("no position".to_owned())),
            _ => Ok(Self::Area { kind: wire.kind, positions }),
        }
    }
}

/// Collects the positions of nested lists of coordinates.
fn walk(raw: &RawValue, depth: u8, positions: &mut Vec<Position>) -> Result<(), ()> {
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(drop)?;
    let is_number = |raw: &&RawValue| raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if items.first().is_some_and(is_number) {
        let [lon, lat, ..] = items.as_slice() else { return Err(()) };
        if !is_number(lat) {
            return Err(());
        }
        positions.push((lon.get().to_owned(), lat.get().to_owned()));
        return Ok(());
    }
    if depth >= 4 {
        return Err(());
    }
    items.into_iter().try_for_each(|item| walk(item, depth + 1, positions))
}
