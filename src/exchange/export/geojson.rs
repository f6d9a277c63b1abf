//! Incidents as GeoJSON (RFC 7946). Precision stands beside the point; what is as wide as a country has none.

use std::io::Write;

use serde_json::{Value, json};

use super::cell::json_degrees;
use super::incident::{ExportedIncident, Point};
use super::incidents::{ExportError, Incidents};
use super::jsonl::members;

/// Writes incidents as a feature collection, one feature a line. An incident without a point that may be drawn has the
/// geometry `null` (RFC 7946 §3.2), so none is left out. Gives how many there are.
///
/// # Errors
/// [`ExportError`].
pub fn incidents_geojson(incidents: &Incidents<'_>, out: &mut dyn Write) -> Result<u64, ExportError> {
    let known_at = serde_json::to_string(&incidents.known_at()).map_err(std::io::Error::from)?;
    write!(out, "{{\"type\":\"FeatureCollection\",\"known_at\":{known_at},\"features\":[")?;
    let mut separator = "\n";
    let rows = incidents.each(&mut |incident| {
        out.write_all(std::mem::replace(&mut separator, ",\n").as_bytes())?;
        serde_json::to_writer(&mut *out, &feature(incident)).map_err(|error| std::io::Error::from(error).into())
    })?;
    out.write_all(b"\n]}\n")?;
    Ok(rows)
}

fn feature(incident: &ExportedIncident) -> Value {
    let point = incident.point.as_ref().filter(|point| !point.country_wide);
    let geometry = point.map(|Point { lat_e6, lon_e6, .. }| {
        json!({ "type": "Point", "coordinates": [json_degrees(*lon_e6), json_degrees(*lat_e6)] })
    });
    let properties = members(incident, |name| !matches!(name, "lat" | "lon"));
    json!({ "type": "Feature", "id": incident.incident, "geometry": geometry, "properties": properties })
}
