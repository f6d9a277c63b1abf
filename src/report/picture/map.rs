//! A map: circles as wide as the place is uncertain. What is known only to a wide area is never drawn as a point, and no
//! border is drawn that somebody did not put there under his own name.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::layer::Layer;
use super::scale::place;
use super::{WIDTH, frame};
use crate::report::situation::{IncidentLine, Situation};
use crate::report::words::Words;

/// From this radius on a place is an area: about a district.
const WIDE_M: u64 = 25_000;
const METRES_PER_DEGREE: f64 = 111_320.0;
const TALLEST: f64 = 620.0;

/// A point with its radius, in degrees and metres.
struct Spot<'a> {
    lon: f64,
    lat: f64,
    radius_m: u64,
    line: &'a IncidentLine,
}

pub(super) fn draw(situation: &Situation, words: &Words, layer: Option<&Layer>) -> Option<Markup> {
    let mut spots: Vec<Spot<'_>> = situation.incidents.iter().flat_map(spots).collect();
    // Wide ones first, so that they hide nothing.
    spots.sort_by_key(|spot| std::cmp::Reverse(spot.radius_m));
    let window = Window::around(&spots)?;
    let unplaced = situation.incidents.iter().filter(|line| line.points.is_empty()).count();
    let drawing = html! {
        (window.graticule())
        @if let Some(layer) = layer {
            @for line in &layer.lines { path class="layer" d=(window.path(line)) {} }
        }
        @for spot in &spots { (window.spot(spot)) }
        text class="small faint" x="8" y=(window.height + 16.0) { (words.say("map_note")) }
        text class="small faint" x="8" y=(window.height + 32.0) {
            @if unplaced > 0 { (unplaced) " " (words.say("unplaced")) ". " }
            @if let Some(layer) = layer { (words.say("layer")) ": " (layer.credit) " (BLAKE3 " (layer.blake3.get(..16).unwrap_or_default()) "…)" }
        }
    };
    Some(frame(words.say("map"), window.height + 42.0, &drawing))
}

fn spots(line: &IncidentLine) -> impl Iterator<Item = Spot<'_>> {
    line.points.iter().map(move |(lat, lon, radius)| Spot {
        lon: place(*lon) / 1e6,
        lat: place(*lat) / 1e6,
        radius_m: *radius,
        line,
    })
}

/// The part of the globe that is drawn, flat: good for a country, not for the poles.
struct Window {
    west: f64,
    north: f64,
    per_degree: f64,
    squeeze: f64,
    height: f64,
    degrees: (f64, f64),
}

impl Window {
    fn around(spots: &[Spot<'_>]) -> Option<Self> {
        let reach = |spot: &Spot<'_>| radius_degrees(spot).clamp(0.02, 3.0);
        let fold = |pick: fn(f64, f64) -> f64, side: &dyn Fn(&Spot<'_>) -> f64| spots.iter().map(side).reduce(pick);
        let squeeze = fold(f64::min, &|spot| spot.lat.abs())?.to_radians().cos().max(0.1);
        let west = fold(f64::min, &|spot| spot.lon - reach(spot) / squeeze)?;
        let east = fold(f64::max, &|spot| spot.lon + reach(spot) / squeeze)?;
        let south = fold(f64::min, &|spot| spot.lat - reach(spot))?;
        let north = fold(f64::max, &|spot| spot.lat + reach(spot))?;
        let (wide, tall) = ((east - west) * squeeze * 1.1, (north - south) * 1.1);
        let per_degree = (WIDTH / wide).min(TALLEST / tall);
        let (west, north) = (f64::midpoint(west, east) - WIDTH / per_degree / squeeze / 2.0, north + tall * 0.045);
        let degrees = (WIDTH / per_degree / squeeze, tall);
        Some(Self { west, north, per_degree, squeeze, height: tall * per_degree, degrees })
    }

    fn x(&self, lon: f64) -> f64 {
        (lon - self.west) * self.squeeze * self.per_degree
    }

    fn y(&self, lat: f64) -> f64 {
        (self.north - lat) * self.per_degree
    }

    fn path(&self, line: &[(f64, f64)]) -> String {
        let mut path = String::new();
        for (lon, lat) in line {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{command}{:.1} {:.1}", self.x(*lon), self.y(*lat));
        }
        path
    }

    /// Lines of latitude and longitude at whole steps, so that a reader can find the place elsewhere.
    fn graticule(&self) -> Markup {
        let step = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0];
        let wanted = self.degrees.0.max(self.degrees.1) / 6.0;
        let step = step.into_iter().find(|step| *step >= wanted).unwrap_or(30.0);
        let steps = |from: f64, over: f64| {
            let first = (from / step).ceil();
            (0..20_i32).map(move |index| (first + f64::from(index)) * step).take_while(move |at| *at <= from + over)
        };
        html! {
            @for lon in steps(self.west, self.degrees.0) {
                line class="grid" x1=(self.x(lon)) y1="0" x2=(self.x(lon)) y2=(self.height) {}
                text class="small faint" x=(self.x(lon) + 3.0) y=(self.height - 4.0) { (format!("{lon:.2}° E")) }
            }
            @for lat in steps(self.north - self.degrees.1, self.degrees.1) {
                line class="grid" x1="0" y1=(self.y(lat)) x2=(WIDTH) y2=(self.y(lat)) {}
                text class="small faint" x="3" y=(self.y(lat) - 3.0) { (format!("{lat:.2}° N")) }
            }
        }
    }

    fn spot(&self, spot: &Spot<'_>) -> Markup {
        let (x, y) = (self.x(spot.lon), self.y(spot.lat));
        let radius = radius_degrees(spot) * self.per_degree;
        let class = if spot.radius_m >= WIDE_M { "wide" } else { "spot" };
        let title = format!("{} ±{} m", spot.line.incident, spot.radius_m);
        html! {
            circle class=(class) cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r=(format!("{:.1}", radius.max(3.0))) { title { (title) } }
            @if spot.radius_m == 0 {
                path class="layer" d=(format!("M{:.1} {:.1}h10M{:.1} {:.1}v10", x - 5.0, y, x, y - 5.0)) {}
            }
        }
    }
}

fn radius_degrees(spot: &Spot<'_>) -> f64 {
    super::scale::count(spot.radius_m) / METRES_PER_DEGREE
}
