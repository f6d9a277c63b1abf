//! Where something happened.

use serde::{Deserialize, Serialize};

use super::{Check, Code, Fault, Label, PlaceId, Pointer, Text};

const MICRO: i64 = 1_000_000;

/// A place as a source gives it (DOMAIN.md §2). At least the words, a registered place or a point must be there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Where {
    /// The few words that carry the place, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Text>,
    /// The registered place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// Latitude in micro-degrees, north positive, ±90,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat_e6: Option<i64>,
    /// Longitude in micro-degrees, east positive, ±180,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon_e6: Option<i64>,
    /// How far off the point may be, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius_m: Option<u64>,
    /// The UCDP geographic precision, 1 to 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ucdp_prec: Option<u8>,
    /// The ACLED geographic precision, 1 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acled_prec: Option<u8>,
    /// Bearing from the observer, in degrees from north, 0 to 359.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearing_deg: Option<u16>,
    /// Distance from the observer, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<u64>,
    /// Where the observer stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observer_place: Option<PlaceId>,
}

impl Where {
    /// A registered place.
    #[must_use]
    pub fn registered(place: PlaceId) -> Self {
        Self { place: Some(place), ..Self::default() }
    }

    /// A place in words.
    #[must_use]
    pub fn described(words: Text) -> Self {
        Self { verbatim: Some(words), ..Self::default() }
    }

    /// Gives the point as (latitude, longitude) in micro-degrees, where there is one.
    #[must_use]
    pub fn point(&self) -> Option<(i64, i64)> {
        self.lat_e6.zip(self.lon_e6)
    }
}

impl Check for Where {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        let mut out_of_range = |name: &str, wrong: bool, what: &str| {
            if wrong {
                faults.push(Fault::new(Code::BadPlace, at.member(name), what));
            }
        };
        let beyond = |value: Option<i64>, limit: i64| value.is_some_and(|value| value.abs() > limit * MICRO);
        out_of_range("lat_e6", beyond(self.lat_e6, 90), "latitude lies within ±90,000,000 micro-degrees");
        out_of_range("lon_e6", beyond(self.lon_e6, 180), "longitude lies within ±180,000,000 micro-degrees");
        let code = |value: Option<u8>, last: u8| value.is_some_and(|value| !(1..=last).contains(&value));
        out_of_range("ucdp_prec", code(self.ucdp_prec, 7), "UCDP geographic precision runs from 1 to 7");
        out_of_range("acled_prec", code(self.acled_prec, 3), "ACLED geographic precision runs from 1 to 3");
        out_of_range("bearing_deg", self.bearing_deg.is_some_and(|b| b >= 360), "a bearing runs from 0 to 359 degrees");
        if self.lat_e6.is_some() != self.lon_e6.is_some() {
            faults.push(Fault::new(Code::BadPlace, at.clone(), "a point needs both latitude and longitude"));
        }
        if self.verbatim.is_none() && self.place.is_none() && self.point().is_none() {
            faults.push(Fault::new(Code::BadPlace, at.clone(), "the place says nothing"));
        }
    }
}

/// What an external code list calls a thing: an ETH/PRIO or PA-X number, a UCDP id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExternalId {
    /// The list: `eth-prio`, `pa-x`, `ucdp`, `acled`.
    pub scheme: Label,
    /// The id there.
    pub id: Label,
}
