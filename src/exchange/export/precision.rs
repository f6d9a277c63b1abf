//! Precision codes of UCDP and ACLED: as the source states them, else derived from what it says of time and place.

use crate::event::Event;
use crate::vocab::{Precision, When, Where};

const DAY_MICROS: i64 = 86_400_000_000;
/// A point that may be so far off, in metres, stands for a country.
const COUNTRY_M: u64 = 100_000;
/// Within this many metres a place is exact.
const EXACT_M: u64 = 5_000;
/// Within this many metres it is near: about 25 km, the limit of UCDP's code 2.
const NEAR_M: u64 = 25_000;
/// Within this many metres it is a part of a region.
const PART_M: u64 = 50_000;

/// A precision code, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coded {
    /// The code.
    pub code: u8,
    /// Whether the source states it; else it was derived here.
    pub stated: bool,
}

impl Coded {
    fn stated(code: Option<u8>) -> Option<Self> {
        code.map(|code| Self { code, stated: true })
    }

    fn derived(code: Option<u8>) -> Option<Self> {
        code.map(|code| Self { code, stated: false })
    }

    /// Names whose code it is.
    #[must_use]
    pub const fn basis(self) -> &'static str {
        if self.stated { "stated" } else { "derived" }
    }
}

/// The codes of one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Codes {
    pub(super) date_prec: Option<Coded>,
    pub(super) time_precision: Option<Coded>,
    pub(super) where_prec: Option<Coded>,
    pub(super) geo_precision: Option<Coded>,
}

impl Codes {
    pub(super) fn of(event: &Event) -> Self {
        let Event::ViolationReported(report) = event else { return Self::default() };
        let (when, place) = (report.when.as_ref(), report.place.as_ref());
        Self {
            date_prec: when.and_then(date_prec),
            time_precision: when.and_then(time_precision),
            where_prec: place.and_then(where_prec),
            geo_precision: place.and_then(geo_precision),
        }
    }
}

/// UCDP `date_prec`: 1 the day is known, 2 two to six days, 3 the week, 4 the month, 5 more than that.
pub(super) fn date_prec(when: &When) -> Option<Coded> {
    let derived = || match when.precision {
        Precision::Week => Some(3),
        Precision::Month => Some(4),
        Precision::Year => Some(5),
        Precision::Days => Some(match days(when)? {
            ..=1 => 1,
            2..=6 => 2,
            7 => 3,
            8..=31 => 4,
            _ => 5,
        }),
        _ => Some(1),
    };
    Coded::stated(when.ucdp).or_else(|| Coded::derived(derived()))
}

/// ACLED `time_precision`: 1 the day is known, 2 the week, 3 the month; a longer time has no code.
pub(super) fn time_precision(when: &When) -> Option<Coded> {
    let derived = || match when.precision {
        Precision::Week => Some(2),
        Precision::Month => Some(3),
        Precision::Year => None,
        Precision::Days => match days(when)? {
            ..=1 => Some(1),
            2..=7 => Some(2),
            8..=31 => Some(3),
            _ => None,
        },
        _ => Some(1),
    };
    Coded::stated(when.acled).or_else(|| Coded::derived(derived()))
}

/// The days that an interval touches.
fn days(when: &When) -> Option<i64> {
    let (from, to) = when.earliest.zip(when.latest)?;
    Some((to.micros() - from.micros() + DAY_MICROS - 1) / DAY_MICROS)
}

/// UCDP `where_prec`, derived from a stated radius alone: 1 exact, 2 within about 25 km.
pub(super) fn where_prec(place: &Where) -> Option<Coded> {
    let derived = place.radius_m.filter(|_| place.point().is_some()).and_then(|radius| match radius {
        radius if radius <= EXACT_M => Some(1),
        radius if radius <= NEAR_M => Some(2),
        _ => None,
    });
    Coded::stated(place.ucdp_prec).or_else(|| Coded::derived(derived))
}

/// ACLED `geo_precision`: 1 exact, 2 a part of a region, 3 a region; from a stated UCDP code, else from a stated radius.
pub(super) fn geo_precision(place: &Where) -> Option<Coded> {
    let derived = match place.ucdp_prec {
        Some(1) => Some(1),
        Some(2 | 3) => Some(2),
        Some(4) => Some(3),
        Some(_) => None,
        None => place.radius_m.filter(|_| place.point().is_some()).map(|radius| match radius {
            radius if radius <= EXACT_M => 1,
            radius if radius <= PART_M => 2,
            _ => 3,
        }),
    };
    Coded::stated(place.acled_prec).or_else(|| Coded::derived(derived))
}

/// Tells whether a point stands for something as wide as a country, and so is no point.
pub(super) fn is_country_wide(place: &Where) -> bool {
    place.ucdp_prec.is_some_and(|code| code >= 6) || place.radius_m.is_some_and(|radius| radius >= COUNTRY_M)
}

/// Says in words what a point stands for.
pub(super) fn stands_for(place: &Where) -> Option<&'static str> {
    Some(match place.ucdp_prec? {
        1 => "the place itself",
        2 => "a place within about 25 km",
        3 => "a district (second-order division)",
        4 => "a province (first-order division)",
        5 => "a line or an area without sharp bounds",
        6 => "a country",
        _ => "international waters or airspace",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::{Pointer, ZonePolicy};

    fn when(text: &str) -> When {
        When::from_short(text, &ZonePolicy::utc(), &Pointer::root()).unwrap()
    }

    #[test]
    fn a_stated_code_is_kept_and_a_derived_one_says_so() {
        let stated = When { ucdp: Some(5), acled: Some(3), ..when("2020-10-17") };
        assert_eq!(date_prec(&stated), Some(Coded { code: 5, stated: true }));
        assert_eq!(time_precision(&stated), Some(Coded { code: 3, stated: true }));
        assert_eq!(date_prec(&when("2020-10-17")), Some(Coded { code: 1, stated: false }));
    }

    #[test]
    fn the_codes_follow_the_length_of_the_interval() {
        let codes = |text: &str| {
            let when = when(text);
            (date_prec(&when).map(|c| c.code), time_precision(&when).map(|c| c.code))
        };
        assert_eq!(codes("2020-10-17T20:30Z"), (Some(1), Some(1)));
        assert_eq!(codes("2020-10-17/2020-10-19"), (Some(2), Some(2)));
        assert_eq!(codes("2020-10-17/2020-11-05"), (Some(4), Some(3)));
        assert_eq!(codes("2020-10"), (Some(4), Some(3)));
        assert_eq!(codes("2020"), (Some(5), None));
    }

    #[test]
    fn a_point_of_which_nothing_is_said_has_no_code() {
        let point = Where { lat_e6: Some(40_000_000), lon_e6: Some(46_000_000), ..Where::default() };
        assert_eq!((where_prec(&point), geo_precision(&point)), (None, None));
        let near = Where { radius_m: Some(20_000), ..point.clone() };
        assert_eq!(where_prec(&near), Some(Coded { code: 2, stated: false }));
        let country = Where { ucdp_prec: Some(6), ..point };
        assert!(is_country_wide(&country) && geo_precision(&country).is_none());
    }
}
