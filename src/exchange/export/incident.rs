//! One incident, as every form of export shows it.

use super::precision::Coded;
use crate::ledger::KnownAt;
use crate::vocab::{Bounds, Instant, Seq, Span};

/// A point, and how much it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Latitude in micro-degrees.
    pub lat_e6: i64,
    /// Longitude in micro-degrees.
    pub lon_e6: i64,
    /// How far off it may be, in metres, where that is stated.
    pub radius_m: Option<u64>,
    /// Whether it stands for something as wide as a country: then it is never drawn as a point.
    pub country_wide: bool,
    /// What it stands for, in words, where the source says.
    pub stands_for: Option<&'static str>,
    /// `report`, or `place` where it is the registered place's own point.
    pub basis: &'static str,
}

/// What is reported of one kind of figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figure {
    /// The lowest that the standing claims allow, or a published low estimate as it is printed.
    pub low: Option<u64>,
    /// A best estimate, where one claim gives it or nothing else is possible.
    pub best: Option<u64>,
    /// The highest; nothing where no claim bounds it.
    pub high: Option<u64>,
    /// Whether a published triple is out of order; it is kept as it is printed.
    pub out_of_order: bool,
}

impl Figure {
    /// Takes the envelope of several claims.
    #[must_use]
    pub fn of(bounds: Bounds) -> Self {
        let best = bounds.max.filter(|max| *max == bounds.min);
        Self { low: Some(bounds.min), best, high: bounds.max, out_of_order: false }
    }
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedIncident {
    /// Its id.
    pub incident: String,
    /// The incidents merged into it.
    pub merged: Vec<String>,
    /// The envelope of the times claimed.
    pub when: Option<Span>,
    /// The time in the first report's words.
    pub when_words: Option<String>,
    /// UCDP date precision.
    pub date_prec: Option<Coded>,
    /// ACLED time precision.
    pub time_precision: Option<Coded>,
    /// The registered places.
    pub places: Vec<String>,
    /// Their names.
    pub place_names: Vec<String>,
    /// The regions that they lie in.
    pub regions: Vec<String>,
    /// The place in the first report's words.
    pub where_words: Option<String>,
    /// Where it was, as far as it can be put on a map.
    pub point: Option<Point>,
    /// How many different points are claimed.
    pub points_claimed: u64,
    /// UCDP geographic precision.
    pub where_prec: Option<Coded>,
    /// ACLED geographic precision.
    pub geo_precision: Option<Coded>,
    /// What is said to have been done.
    pub acts: Vec<String>,
    /// With what.
    pub means: Vec<String>,
    /// Whose people or things were hit.
    pub against: Vec<String>,
    /// Who is accused.
    pub accused: Vec<String>,
    /// Each charge: who, whom, on whose word.
    pub charges: Vec<String>,
    /// Who accuses.
    pub accusers: Vec<String>,
    /// How those accused, and others, answer.
    pub answers: Vec<String>,
    /// Where it stands with assessors.
    pub status: String,
    /// The ceasefires that it lies within the scope of.
    pub in_scope_of: Vec<String>,
    /// Those that it may lie within the scope of.
    pub possibly_in_scope_of: Vec<String>,
    /// Those that somebody calls it a breach of.
    pub called_breach_of: Vec<String>,
    /// People killed.
    pub killed: Figure,
    /// People wounded.
    pub wounded: Figure,
    /// Every figure, by kind.
    pub figures: Vec<String>,
    /// Who reports it.
    pub reporters: Vec<String>,
    /// Since when it is known: recorded or, on the publication axis, published.
    pub known_since: Option<Instant>,
    /// The records that bear on it.
    pub records: Vec<Seq>,
    /// The rule set.
    pub rules: &'static str,
    /// What all this is as known at.
    pub known_at: KnownAt,
}
