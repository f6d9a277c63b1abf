//! When something happened or was said: an interval, never a guess.

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use super::choice::choices;
use super::{CeasefireId, Check, Code, Fault, Instant, Label, Pointer, Text};

choices! {
    /// How finely the source gives a time.
    pub enum Precision {
        /// To the second or finer.
        Instant = "instant",
        /// To the minute.
        Minute = "minute",
        /// To the hour.
        Hour = "hour",
        /// A part of a day: late on Friday evening.
        PartOfDay = "part_of_day",
        /// One day.
        Day = "day",
        /// Several days.
        Days = "days",
        /// One week.
        Week = "week",
        /// One month.
        Month = "month",
        /// One year.
        Year = "year",
    }

    /// Where the time zone comes from.
    pub enum TzBasis {
        /// The source states it.
        Stated = "stated",
        /// The recorder inferred it.
        Inferred = "inferred",
        /// It is not known: the interval covers every zone that the ledger's policy allows.
        Unstated = "unstated",
    }
}

/// What an interval was measured from, where the source gives no date of its own ("less than 24 hours later").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The ceasefire whose step the interval was measured from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceasefire: Option<CeasefireId>,
    /// What it was measured from and how far, in words.
    pub relation: Label,
}

/// An interval of time (DOMAIN.md §2). Half-open: it begins at `earliest` and ends before `latest`, unless both are the
/// same instant.
///
/// An end that is not known is left out and unbounded; both cannot be left out (then the time itself is).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The earliest it can have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<Instant>,
    /// The latest it can have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Instant>,
    /// How finely the source gives it.
    pub precision: Precision,
    /// Where the zone comes from.
    pub tz_basis: TzBasis,
    /// The few words that carry the time, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Text>,
    /// What it was measured from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
    /// The UCDP date precision, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ucdp: Option<u8>,
    /// The ACLED time precision, 1 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acled: Option<u8>,
}

/// An interval that a question is asked about, or that an answer covers; an absent end is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Span {
    /// Where it begins.
    pub from: Option<Instant>,
    /// Where it ends.
    pub to: Option<Instant>,
}

impl Span {
    /// All of time.
    pub const ALWAYS: Self = Self { from: None, to: None };

    /// One instant.
    #[must_use]
    pub const fn at(instant: Instant) -> Self {
        Self { from: Some(instant), to: Some(instant) }
    }

    /// Gives the beginning, or the earliest writable instant.
    #[must_use]
    pub fn start(self) -> Instant {
        self.from.unwrap_or(Instant::MIN)
    }

    /// Gives the end, or the latest writable instant.
    #[must_use]
    pub fn end(self) -> Instant {
        self.to.unwrap_or(Instant::MAX)
    }

    /// Tells whether the other interval lies wholly within this one.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.start() <= other.start() && other.end() <= self.end()
    }

    /// Tells whether the interval holds an instant: its beginning counts, its end does not, unless the two are one.
    #[must_use]
    pub fn covers(self, instant: Instant) -> bool {
        self.start() <= instant && (instant < self.end() || self.start() == self.end() && instant == self.end())
    }

    /// Tells whether the two share an instant; intervals that only touch do not.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.covers(other.start()) || other.covers(self.start())
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.from, self.to) {
            (None, None) => f.write_str("all of time"),
            (Some(from), Some(to)) if from == to => from.fmt(f),
            (from, to) => {
                let end = |end: Option<Instant>| end.map_or_else(|| "..".to_owned(), |instant| instant.to_string());
                write!(f, "{}/{}", end(from), end(to))
            }
        }
    }
}

/// The zones that a time without a zone may be meant in, as minutes east of UTC. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ZonePolicy(Vec<i32>);

impl ZonePolicy {
    /// UTC alone.
    #[must_use]
    pub fn utc() -> Self {
        Self(vec![0])
    }

    /// Collects offsets in minutes east of UTC, each within ±18 hours; an empty list stands for UTC.
    ///
    /// # Errors
    /// A fault where an offset is out of range.
    pub fn new(minutes: Vec<i32>) -> Result<Self, Fault> {
        if minutes.is_empty() {
            return Ok(Self::utc());
        }
        match minutes.iter().position(|offset| offset.abs() > 18 * 60) {
            Some(index) => {
                Err(Fault::new(Code::BadTime, Pointer::root().item(index), "a zone lies within 18 hours of UTC"))
            }
            None => Ok(Self(minutes)),
        }
    }

    /// Reads an offset such as `+04:00`, `-03:30` or `Z` as minutes east of UTC.
    #[must_use]
    pub fn parse_offset(text: &str) -> Option<i32> {
        if matches!(text, "Z" | "z" | "+00:00") {
            return Some(0);
        }
        let (sign, digits) = match text.as_bytes().first()? {
            b'+' => (1, text.get(1..)?),
            b'-' => (-1, text.get(1..)?),
            _ => return None,
        };
        let (hours, minutes) = digits.split_once(':')?;
        let two = |part: &str| (part.len() == 2).then(|| part.parse::<i32>().ok()).flatten();
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    }

    /// Walks the offsets, in minutes east of UTC.
    pub fn minutes(&self) -> impl Iterator<Item = i32> {
        self.0.iter().copied()
    }

    fn westernmost(&self) -> i32 {
        self.0.iter().copied().min().unwrap_or(0)
    }

    fn easternmost(&self) -> i32 {
        self.0.iter().copied().max().unwrap_or(0)
    }
}

impl Check for ZonePolicy {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.0.is_empty() || self.0.iter().any(|offset| offset.abs() > 18 * 60) {
            faults.push(Fault::new(
                Code::BadTime,
                at.clone(),
                "zones lie within 18 hours of UTC, and there is one at least",
            ));
        }
    }
}

/// A wall-clock interval before its zone is known.
struct WallTime {
    from: NaiveDateTime,
    to: NaiveDateTime,
    precision: Precision,
    offset: Option<i32>,
}

impl When {
    /// One instant, in a stated zone.
    #[must_use]
    pub const fn instant(instant: Instant) -> Self {
        Self::between(Some(instant), Some(instant), Precision::Instant, TzBasis::Stated)
    }

    /// An interval without words.
    #[must_use]
    pub const fn between(
        earliest: Option<Instant>,
        latest: Option<Instant>,
        precision: Precision,
        tz_basis: TzBasis,
    ) -> Self {
        Self { earliest, latest, precision, tz_basis, verbatim: None, anchor: None, ucdp: None, acled: None }
    }

    /// Gives the interval.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span { from: self.earliest, to: self.latest }
    }

    /// Reads a short form: an RFC 3339 instant, a date, a month, a year, a local time, or `A/B` of these (`..` for an
    /// open end). A time without a zone covers every zone of the policy.
    ///
    /// A date is that whole day, not its midnight; a time to the minute is that minute's first instant.
    ///
    /// # Errors
    /// A fault at `at` where the text is none of these, or the interval ends before it begins.
    pub fn from_short(text: &str, zones: &ZonePolicy, at: &Pointer) -> Result<Self, Fault> {
        let unreadable = || Fault::new(Code::BadTime, at.clone(), format!("`{text}` is not a time"));
        let end = |part: &str| match part.trim() {
            "" | ".." => Ok(None),
            part => parse_wall_time(part).map(Some).ok_or_else(unreadable),
        };
        let when = match text.trim().split_once('/') {
            None => end(text.trim())?.ok_or_else(unreadable)?.placed(zones).ok_or_else(unreadable)?,
            Some((from, to)) => {
                let (from, to) = (end(from)?, end(to)?);
                let unzoned = [&from, &to].into_iter().flatten().any(|part| part.offset.is_none());
                let days = [&from, &to].into_iter().flatten().all(|part| part.precision == Precision::Day);
                let from = from.map(|part| part.placed(zones).ok_or_else(unreadable)).transpose()?;
                let to = to.map(|part| part.placed(zones).ok_or_else(unreadable)).transpose()?;
                let precision = match (&from, &to) {
                    _ if days => Precision::Days,
                    (Some(from), Some(to)) => from.precision.max(to.precision),
                    (Some(one), None) | (None, Some(one)) => one.precision,
                    (None, None) => return Err(unreadable()),
                };
                let basis = if unzoned { TzBasis::Unstated } else { TzBasis::Stated };
                Self::between(from.and_then(|w| w.earliest), to.and_then(|w| w.latest), precision, basis)
            }
        };
        let mut faults = Vec::new();
        when.check(at, &mut faults);
        faults.into_iter().next().map_or(Ok(when), Err)
    }
}

impl WallTime {
    /// Places the wall clock on the time line: in its own zone, else over every zone of the policy.
    fn placed(self, zones: &ZonePolicy) -> Option<When> {
        let (east, west, basis) = match self.offset {
            Some(offset) => (offset, offset, TzBasis::Stated),
            None => (zones.easternmost(), zones.westernmost(), TzBasis::Unstated),
        };
        let utc = |wall: NaiveDateTime, offset: i32| {
            Instant::from_utc((wall - Duration::minutes(offset.into())).and_utc()).ok()
        };
        Some(When::between(Some(utc(self.from, east)?), Some(utc(self.to, west)?), self.precision, basis))
    }
}

/// Reads a date (to the day, month or year) or a time of day with or without a zone.
fn parse_wall_time(text: &str) -> Option<WallTime> {
    match text.split_once(['T', ' ']) {
        Some((date, time)) => parse_time_of_day(NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?, time),
        None => parse_calendar_unit(text),
    }
}

fn parse_time_of_day(date: NaiveDate, text: &str) -> Option<WallTime> {
    let zone_start = text.find(['Z', 'z', '+', '-']);
    let (clock, offset) = match zone_start {
        Some(start) => (text.get(..start)?, Some(ZonePolicy::parse_offset(text.get(start..)?)?)),
        None => (text, None),
    };
    if clock == "24:00" {
        let midnight = date.succ_opt()?.and_time(NaiveTime::MIN);
        return Some(WallTime { from: midnight, to: midnight, precision: Precision::Minute, offset });
    }
    let (time, precision) = match NaiveTime::parse_from_str(clock, "%H:%M") {
        Ok(time) => (time, Precision::Minute),
        Err(_) => (NaiveTime::parse_from_str(clock, "%H:%M:%S%.f").ok()?, Precision::Instant),
    };
    let at = date.and_time(time);
    Some(WallTime { from: at, to: at, precision, offset })
}

fn parse_calendar_unit(text: &str) -> Option<WallTime> {
    let digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split('-');
    let year = parts.next().filter(|part| digits(part, 4))?.parse::<i32>().ok()?;
    let month = parts.next().map(|part| digits(part, 2).then(|| part.parse::<u32>().ok()).flatten());
    let day = parts.next().map(|part| digits(part, 2).then(|| part.parse::<u32>().ok()).flatten());
    if parts.next().is_some() {
        return None;
    }
    let (from, to, precision) = match (month, day) {
        (None, None) => {
            (NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year + 1, 1, 1)?, Precision::Year)
        }
        (Some(month), None) => {
            let from = NaiveDate::from_ymd_opt(year, month?, 1)?;
            let to = from.checked_add_months(chrono::Months::new(1))?;
            (from, to, Precision::Month)
        }
        (Some(month), Some(day)) => {
            let from = NaiveDate::from_ymd_opt(year, month?, day?)?;
            (from, from.succ_opt()?, Precision::Day)
        }
        (None, Some(_)) => return None,
    };
    (from.year() >= 1).then(|| WallTime {
        from: from.and_time(NaiveTime::MIN),
        to: to.and_time(NaiveTime::MIN),
        precision,
        offset: None,
    })
}

impl Check for When {
    fn check(&self, at: &Pointer, faults: &mut Vec<Fault>) {
        if self.earliest.is_none() && self.latest.is_none() {
            let what = "a time names neither its earliest nor its latest instant";
            faults.push(Fault::new(Code::BadTime, at.clone(), what));
        }
        if let (Some(earliest), Some(latest)) = (self.earliest, self.latest)
            && latest < earliest
        {
            let what = format!("latest ({latest}) is before earliest ({earliest})");
            faults.push(Fault::new(Code::TimeOrder, at.member("latest"), what));
        }
        if self.ucdp.is_some_and(|code| !(1..=5).contains(&code)) {
            faults.push(Fault::new(Code::BadTime, at.member("ucdp"), "UCDP date precision runs from 1 to 5"));
        }
        if self.acled.is_some_and(|code| !(1..=3).contains(&code)) {
            faults.push(Fault::new(Code::BadTime, at.member("acled"), "ACLED time precision runs from 1 to 3"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones() -> ZonePolicy {
        ZonePolicy::new(vec![180, 240]).unwrap()
    }

    fn short(text: &str) -> When {
        When::from_short(text, &zones(), &Pointer::root()).unwrap()
    }

    #[test]
    fn midnight_without_a_zone_covers_every_zone_of_the_policy() {
        let when = short("2020-10-18T00:00");
        assert_eq!(when.span().to_string(), "2020-10-17T20:00:00Z/2020-10-17T21:00:00Z");
        assert_eq!((when.precision, when.tz_basis), (Precision::Minute, TzBasis::Unstated));
    }

    #[test]
    fn a_date_is_a_day_and_not_its_midnight() {
        let when = short("2020-10-10");
        assert_eq!(when.span().to_string(), "2020-10-09T20:00:00Z/2020-10-10T21:00:00Z");
        assert_eq!(when.precision, Precision::Day);
    }

    #[test]
    fn an_interval_may_be_open_at_one_end() {
        assert_eq!(short("2020-09-27/..").latest, None);
        assert_eq!(short("2020-10-16T20:00+04:00/2020-10-17T04:00+04:00").tz_basis, TzBasis::Stated);
    }

    #[test]
    fn an_interval_that_ends_before_it_begins_is_refused_at_latest() {
        let fault = When::from_short("2020-10-18/2020-10-10", &zones(), &Pointer::root()).unwrap_err();
        assert_eq!((fault.code, fault.pointer.as_str()), (Code::TimeOrder, "/latest"));
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in ["2020-02-31", "2020-13-01", "yesterday", "20:00", "2020-1-1", ".."] {
            let fault = When::from_short(text, &zones(), &Pointer::root()).unwrap_err();
            assert_eq!(fault.code, Code::BadTime, "{text}");
        }
    }

    #[test]
    fn intervals_that_touch_do_not_meet_but_an_instant_at_the_edge_does() {
        let instant = |text: &str| Instant::parse(text).unwrap();
        let (a, b, c) =
            (instant("2020-10-10T00:00:00Z"), instant("2020-10-11T00:00:00Z"), instant("2020-10-12T00:00:00Z"));
        let first = Span { from: Some(a), to: Some(b) };
        let second = Span { from: Some(b), to: Some(c) };
        assert!(!first.meets(second));
        assert!(second.meets(Span::at(b)) && !first.meets(Span::at(b)) && Span::at(b).meets(Span::at(b)));
    }
}
