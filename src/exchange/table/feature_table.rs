//! A GeoJSON collection as a table: properties are columns, and so is what the geometry comes to.

use super::{Layout, Table, TableRow};
use crate::exchange::degrees::{covering, micro_degrees};
use crate::exchange::feature::{Feature, Geometry};
use crate::exchange::import::{Opened, RejectForm, RowFault, Unreadable};
use crate::exchange::items::Items;
use crate::vocab::Code;

/// What a geometry comes to: its kind, a point in decimal degrees, and for anything larger than a point a radius in
/// metres that covers it.
pub(crate) const GEOMETRY_COLUMNS: [&str; 4] = ["geometry.type", "geometry.lat", "geometry.lon", "geometry.radius_m"];

/// A feature collection.
pub(crate) struct FeatureTable {
    features: Items,
    header: Vec<String>,
    row: TableRow,
}

impl FeatureTable {
    /// Begins to read; the columns are the properties that are asked for, and those of the geometry.
    pub(crate) fn begin(opened: Opened, columns: Vec<String>) -> Self {
        Self { features: Items::of_features(opened), header: columns, row: TableRow::default() }
    }

    fn take(&mut self) -> Result<(), Vec<RowFault>> {
        let feature = Feature::read(&self.features).map_err(|fault| vec![fault])?;
        let geometry = feature.geometry.as_ref().map(|geometry| self.geometry(geometry)).transpose();
        let geometry = geometry.map_err(|fault| vec![fault])?.unwrap_or_default();
        for (name, cell) in self.header.iter().zip(&mut self.row.cells) {
            cell.clear();
            let property = feature.properties.iter().find(|(property, _)| property == name).map(|(_, value)| value);
            let of_geometry = || {
                let index = GEOMETRY_COLUMNS.iter().position(|column| column == name)?;
                geometry.get(index)
            };
            if let Some(value) = property.or_else(of_geometry) {
                cell.push_str(value);
            }
        }
        Ok(())
    }

    /// Gives the cells of the geometry, in the order of its columns.
    fn geometry(&self, geometry: &Geometry) -> Result<[String; 4], RowFault> {
        let bad = |what: String| RowFault::new(self.features.spot().clone(), Code::BadPlace, what);
        match geometry {
            Geometry::Point((lon, lat)) => Ok(["Point".to_owned(), lat.clone(), lon.clone(), String::new()]),
            Geometry::Area { kind, positions } => {
                let read = |(lon, lat): &(String, String)| {
                    let both = micro_degrees(lat).zip(micro_degrees(lon));
                    both.ok_or_else(|| bad(format!("[{lon}, {lat}] is not a position in degrees")))
                };
                let positions: Vec<(i64, i64)> = positions.iter().map(read).collect::<Result<_, _>>()?;
                let (lat, lon, radius) = covering(&positions).ok_or_else(|| bad("the area is empty".to_owned()))?;
                Ok([kind.clone(), decimal(lat), decimal(lon), radius.to_string()])
            }
        }
    }
}

/// Writes micro-degrees as decimal degrees.
fn decimal(micro: i64) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", micro.abs() / 1_000_000, micro.abs() % 1_000_000)
}

impl Table for FeatureTable {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn step(&mut self) -> Result<Option<Result<(), Vec<RowFault>>>, Unreadable> {
        if !self.features.step()? {
            return Ok(None);
        }
        let begun = self.features.spot();
        self.row.line = begun.line;
        self.row.layout = Layout::Members { column: begun.column.unwrap_or(1), under: "/properties" };
        self.row.bytes.clear();
        self.row.bytes.extend_from_slice(self.features.item());
        self.row.cells.resize(self.header.len(), String::new());
        Ok(Some(self.take()))
    }

    fn row(&self) -> &TableRow {
        &self.row
    }

    fn reject_form(&self) -> RejectForm {
        RejectForm::Features
    }
}
