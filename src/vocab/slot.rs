//! Slots of time: reporting days, weeks, months and years, cut by a stated clock.

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{Instant, Span, choices};

choices! {
    /// How long a slot of time is.
    pub enum Stretch {
        /// A reporting day: it begins at the reporting time of the day before, and bears the date on which it ends.
        Day = "day",
        /// A week from Monday, by its ISO 8601 number.
        Week = "week",
        /// A month of the calendar.
        Month = "month",
        /// A year of the calendar.
        Year = "year",
    }
}

/// The clock that cuts time into slots: an offset from UTC, and the time of day at which a reporting day ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cut {
    /// Minutes east of UTC.
    pub offset: i32,
    /// Minutes after midnight at which a day ends; 0 is midnight.
    pub day_ends: u16,
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, offset) = (if self.offset < 0 { '-' } else { '+' }, self.offset.unsigned_abs());
        let (hours, minutes) = (self.day_ends / 60, self.day_ends % 60);
        write!(f, "{hours:02}:{minutes:02}{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

impl Cut {
    /// Midnight in UTC.
    pub const UTC: Self = Self { offset: 0, day_ends: 0 };

    /// Reads a time of day such as `19:30` as minutes after midnight.
    #[must_use]
    pub fn parse_time_of_day(text: &str) -> Option<u16> {
        let (hours, minutes) = text.split_once(':')?;
        let two = |part: &str| (part.len() == 2).then(|| part.parse::<u16>().ok()).flatten();
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    }

    /// Gives the date whose slot an instant falls into.
    #[must_use]
    pub fn date_of(self, instant: Instant) -> NaiveDate {
        let shift = Duration::minutes(i64::from(self.offset) - i64::from(self.day_ends));
        let date = (instant.to_utc().naive_utc() + shift).date();
        if self.day_ends == 0 { date } else { date.succ_opt().unwrap_or(date) }
    }

    /// Gives the instant at which a date's slot begins.
    #[must_use]
    pub fn begins(self, date: NaiveDate) -> Instant {
        let date = if self.day_ends == 0 { date } else { date.pred_opt().unwrap_or(date) };
        let shift = Duration::minutes(i64::from(self.day_ends) - i64::from(self.offset));
        let local = NaiveDateTime::new(date, NaiveTime::MIN);
        Instant::from_utc((local + shift).and_utc()).unwrap_or(Instant::MIN)
    }
}

/// One slot of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Slot {
    /// Its name: `2020-10-17`, `2020-W42`, `2020-10`, `2020`.
    pub name: String,
    /// From when to when; the end is not part of it.
    pub span: Span,
}

impl Slot {
    /// Gives the slot that holds an instant.
    #[must_use]
    pub fn around(instant: Instant, stretch: Stretch, cut: Cut) -> Self {
        let date = cut.date_of(instant);
        let first = first_day(date, stretch);
        let next = next_first_day(first, stretch);
        let span = Span { from: Some(cut.begins(first)), to: Some(cut.begins(next)) };
        Self { name: slot_name(first, stretch), span }
    }

    /// Gives the slots that meet an interval, in order; nothing where it has no beginning or no end, or where there would
    /// be more than `at_most`.
    #[must_use]
    pub fn over(span: Span, stretch: Stretch, cut: Cut, at_most: usize) -> Option<Vec<Self>> {
        let (from, to) = span.from.zip(span.to)?;
        let mut slots = vec![Self::around(from, stretch, cut)];
        while let Some(end) = slots.last().and_then(|slot| slot.span.to).filter(|end| *end < to) {
            if slots.len() >= at_most {
                return None;
            }
            slots.push(Self::around(end, stretch, cut));
        }
        Some(slots)
    }
}

fn first_day(date: NaiveDate, stretch: Stretch) -> NaiveDate {
    let first = match stretch {
        Stretch::Day => Some(date),
        Stretch::Week => date.checked_sub_signed(Duration::days(i64::from(date.weekday().num_days_from_monday()))),
        Stretch::Month => date.with_day(1),
        Stretch::Year => date.with_ordinal(1),
    };
    first.unwrap_or(date)
}

fn next_first_day(first: NaiveDate, stretch: Stretch) -> NaiveDate {
    let next = match stretch {
        Stretch::Day => first.succ_opt(),
        Stretch::Week => first.checked_add_signed(Duration::days(7)),
        Stretch::Month => first.checked_add_months(chrono::Months::new(1)),
        Stretch::Year => first.checked_add_months(chrono::Months::new(12)),
    };
    next.unwrap_or(first)
}

fn slot_name(first: NaiveDate, stretch: Stretch) -> String {
    match stretch {
        Stretch::Day => first.format("%Y-%m-%d").to_string(),
        Stretch::Week => first.format("%G-W%V").to_string(),
        Stretch::Month => first.format("%Y-%m").to_string(),
        Stretch::Year => first.format("%Y").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn span(from: &str, to: &str) -> Span {
        Span { from: Some(instant(from)), to: Some(instant(to)) }
    }

    #[test]
    fn a_reporting_day_bears_the_date_on_which_it_ends() {
        let cut = Cut { offset: 240, day_ends: 19 * 60 + 30 };
        let before = Slot::around(instant("2020-10-17T15:29:59Z"), Stretch::Day, cut);
        let after = Slot::around(instant("2020-10-17T15:30:00Z"), Stretch::Day, cut);
        assert_eq!(before.name, "2020-10-17");
        assert_eq!(before.span, span("2020-10-16T15:30:00Z", "2020-10-17T15:30:00Z"));
        assert_eq!(after.name, "2020-10-18");
    }

    #[test]
    fn weeks_are_those_of_iso_8601_also_around_new_year() {
        let slot = Slot::around(instant("2021-01-03T12:00:00Z"), Stretch::Week, Cut::UTC);
        assert_eq!(slot.name, "2020-W53");
        assert_eq!(slot.span, span("2020-12-28T00:00:00Z", "2021-01-04T00:00:00Z"));
    }

    #[test]
    fn an_interval_that_ends_at_midnight_does_not_reach_into_the_next_day() {
        let day = span("2020-10-17T00:00:00Z", "2020-10-18T00:00:00Z");
        let slots = Slot::over(day, Stretch::Day, Cut::UTC, 9).unwrap();
        assert_eq!(slots.len(), 1);
        let longer = span("2020-10-17T00:00:00Z", "2020-10-18T00:00:01Z");
        assert_eq!(Slot::over(longer, Stretch::Day, Cut::UTC, 9).unwrap().len(), 2);
    }

    #[test]
    fn months_and_years_end_where_the_next_begin() {
        let february = Slot::around(instant("2020-02-29T23:00:00Z"), Stretch::Month, Cut::UTC);
        assert_eq!((february.name.as_str(), february.span.to), ("2020-02", Some(instant("2020-03-01T00:00:00Z"))));
        let year = Slot::around(instant("2020-02-29T23:00:00Z"), Stretch::Year, Cut::UTC);
        assert_eq!((year.name.as_str(), year.span.to), ("2020", Some(instant("2021-01-01T00:00:00Z"))));
    }

    #[test]
    fn a_clock_is_written_as_a_time_of_day_with_its_offset() {
        assert_eq!(Cut { offset: -210, day_ends: Cut::parse_time_of_day("19:30").unwrap() }.to_string(), "19:30-03:30");
        for wrong in ["24:00", "7:30", "07:60", "0730", ""] {
            assert_eq!(Cut::parse_time_of_day(wrong), None, "{wrong}");
        }
    }
}
