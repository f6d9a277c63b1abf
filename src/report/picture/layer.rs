//! A layer behind the map: somebody's lines, named and hashed, since a border is a claim.

use serde_json::Value;

/// Lines of a GeoJSON file.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Who drew them, as the one who puts them here says.
    pub credit: String,
    /// BLAKE3 of the file.
    pub blake3: String,
    /// The lines: longitude and latitude in degrees.
    pub(super) lines: Vec<Vec<(f64, f64)>>,
}

/// Says why a layer could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// It is not JSON.
    #[error("the layer is not JSON")]
    Json(#[from] serde_json::Error),
    /// It has no lines or areas.
    #[error("the layer has no lines and no areas")]
    Empty,
    /// A coordinate lies outside the globe.
    #[error("a coordinate of the layer lies outside the globe")]
    OffTheGlobe,
}

impl Layer {
    /// Reads the lines and the outlines of areas of a GeoJSON file.
    ///
    /// # Errors
    /// [`LayerError`].
    pub fn read(bytes: &[u8], credit: &str) -> Result<Self, LayerError> {
        let value: Value = serde_json::from_slice(bytes)?;
        let mut lines = Vec::new();
        collect(&value, &mut lines);
        if lines.is_empty() {
            return Err(LayerError::Empty);
        }
        let on_the_globe = |(lon, lat): &(f64, f64)| lon.abs() <= 180.0 && lat.abs() <= 90.0;
        if !lines.iter().flatten().all(on_the_globe) {
            return Err(LayerError::OffTheGlobe);
        }
        Ok(Self { credit: credit.to_owned(), blake3: blake3::hash(bytes).to_string(), lines })
    }
}

fn collect(value: &Value, lines: &mut Vec<Vec<(f64, f64)>>) {
    for inner in ["features", "geometries"].iter().filter_map(|name| value.get(name)?.as_array()).flatten() {
        collect(inner, lines);
    }
    if let Some(geometry) = value.get("geometry") {
        collect(geometry, lines);
    }
    if let Some(coordinates) = value.get("coordinates") {
        collect_lines(coordinates, lines);
    }
}

/// An array of positions is a line; an array of arrays of them is looked into.
fn collect_lines(value: &Value, lines: &mut Vec<Vec<(f64, f64)>>) {
    let Some(items) = value.as_array() else { return };
    let positions: Vec<(f64, f64)> = items.iter().filter_map(position).collect();
    if positions.len() > 1 && positions.len() == items.len() {
        lines.push(positions);
    } else {
        for item in items {
            collect_lines(item, lines);
        }
    }
}

fn position(value: &Value) -> Option<(f64, f64)> {
    match value.as_array()?.as_slice() {
        [lon, lat, ..] => Some((lon.as_f64()?, lat.as_f64()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_outlines_are_read_however_deep_they_lie() {
        let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"MultiPolygon",
            "coordinates":[[[[1,2],[3,4],[1,2]]],[[[5,6],[7,8],[5,6]]]]}},
            {"type":"Feature","geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}},
            {"type":"Feature","geometry":{"type":"Point","coordinates":[9,9]}}]}"#;
        let layer = Layer::read(text.as_bytes(), "nobody").unwrap();
        assert_eq!(layer.lines.len(), 3);
    }

    #[test]
    fn a_layer_without_lines_or_off_the_globe_is_refused() {
        assert!(matches!(Layer::read(b"{}", ""), Err(LayerError::Empty)));
        let off = br#"{"type":"LineString","coordinates":[[0,0],[0,91]]}"#;
        assert!(matches!(Layer::read(off, ""), Err(LayerError::OffTheGlobe)));
    }
}
