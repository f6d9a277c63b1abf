//! Dates as a file writes them.

use std::fmt::Write as _;

use chrono::format::{ParseErrorKind, Parsed, StrftimeItems, parse};
use chrono::{NaiveDate, Timelike};

use super::file::Impossible;
use crate::vocab::{Pointer, Precision, Text, TzBasis, When, ZonePolicy};

/// How a file writes its dates.
#[derive(Debug, Clone)]
pub(super) struct Dates {
    pub(super) formats: Vec<String>,
    pub(super) zones: ZonePolicy,
    /// The zone is the file's own, and not merely what the ledger allows.
    pub(super) zoned: bool,
    pub(super) unknown: Vec<String>,
    pub(super) impossible: Impossible,
}

/// Why a cell is no date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoDate {
    /// It is none of the forms.
    Unreadable,
    /// It has the form of one, and no calendar has it.
    Impossible,
    /// Two of the forms read it differently.
    Ambiguous(String, String),
}

/// What a form makes of a text: a short form of [`When`], and what is left of it where the day is impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Read {
    Whole(String),
    Impossible { nearest: Option<String> },
}

impl Dates {
    /// Reads a cell; nothing where it stands for a date that is not known.
    pub(super) fn read(&self, text: &str) -> Result<Option<When>, NoDate> {
        if self.unknown.iter().any(|marker| marker == text) {
            return Ok(None);
        }
        if let Some(when) = self.short(text) {
            return Ok(Some(when));
        }
        let mut whole: Option<String> = None;
        let mut impossible: Option<Option<String>> = None;
        for format in &self.formats {
            match read_as(text, format) {
                Some(Read::Whole(short)) => match &whole {
                    Some(earlier) if *earlier != short => return Err(NoDate::Ambiguous(earlier.clone(), short)),
                    _ => whole = Some(short),
                },
                Some(Read::Impossible { nearest }) => impossible = impossible.or(Some(nearest)),
                None => {}
            }
        }
        if self.formats.is_empty() {
            impossible = is_iso_shape(text).then(|| nearest_of_iso(text));
        }
        match (whole, impossible) {
            (Some(short), _) => {
                let when = self.short(&short).ok_or(NoDate::Unreadable)?;
                Ok(Some(When { verbatim: Text::new(text).ok(), ..when }))
            }
            (None, Some(nearest)) if self.impossible == Impossible::Keep => {
                let when = nearest.and_then(|nearest| self.short(&nearest));
                Ok(when.map(|when| When { verbatim: Text::new(text).ok(), ..when }))
            }
            (None, Some(_)) => Err(NoDate::Impossible),
            (None, None) => Err(NoDate::Unreadable),
        }
    }

    fn short(&self, text: &str) -> Option<When> {
        let mut when = When::from_short(text, &self.zones, &Pointer::root()).ok()?;
        if self.zoned {
            when.tz_basis = TzBasis::Stated;
        }
        Some(when)
    }

    /// Widens a day to the month or year it lies in, where the file says that no more is known. A time that is wider
    /// already stays as it is.
    pub(super) fn widened(&self, when: When, text: &str, precision: Precision) -> When {
        if precision <= when.precision {
            return when;
        }
        let day = self.calendar_day(text);
        let short = match precision {
            Precision::Month => day.map(|day| day.format("%Y-%m").to_string()),
            Precision::Year => day.map(|day| day.format("%Y").to_string()),
            _ => return When { precision, ..when },
        };
        let Some(wide) = short.and_then(|short| self.short(&short)) else { return When { precision, ..when } };
        When { verbatim: when.verbatim.or_else(|| Text::new(text).ok()), ..wide }
    }

    /// The day that a text names, in the file's own calendar; the first one of a month or year.
    pub(super) fn calendar_day(&self, text: &str) -> Option<NaiveDate> {
        let short = self.formats.iter().find_map(|format| match read_as(text, format) {
            Some(Read::Whole(short)) => Some(short),
            _ => None,
        });
        let short = short.unwrap_or_else(|| text.to_owned());
        let full = match short.len() {
            4 => format!("{short}-01-01"),
            7 => format!("{short}-01"),
            _ => short,
        };
        NaiveDate::parse_from_str(full.get(..10)?, "%Y-%m-%d").ok()
    }
}

/// Reads a text by one form.
fn read_as(text: &str, format: &str) -> Option<Read> {
    let mut parsed = Parsed::new();
    if let Err(error) = parse(&mut parsed, text, StrftimeItems::new(format)) {
        return (error.kind() == ParseErrorKind::OutOfRange).then_some(Read::Impossible { nearest: None });
    }
    let (year, month, day) = (parsed.year()?, parsed.month(), parsed.day());
    let of_month = month.map(|month| format!("{year:04}-{month:02}"));
    let (Some(month), Some(day)) = (month, day) else {
        return Some(Read::Whole(of_month.unwrap_or_else(|| format!("{year:04}"))));
    };
    let Some(date) = NaiveDate::from_ymd_opt(year, month, day) else {
        return Some(Read::Impossible { nearest: of_month });
    };
    let mut short = date.format("%Y-%m-%d").to_string();
    if let Ok(time) = parsed.to_naive_time() {
        let form = if time.second() == 0 && time.nanosecond() == 0 { "T%H:%M" } else { "T%H:%M:%S%.f" };
        short.push_str(&time.format(form).to_string());
        if let Some(offset) = parsed.offset() {
            let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
            let _ = write!(short, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        }
    }
    Some(Read::Whole(short))
}

/// Tells whether a text looks like `2020-02-31`.
fn is_iso_shape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
}

fn nearest_of_iso(text: &str) -> Option<String> {
    let month: u32 = text.get(5..7)?.parse().ok()?;
    (1..=12).contains(&month).then(|| text.get(..7).map(ToOwned::to_owned)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(formats: &[&str]) -> Dates {
        Dates {
            formats: formats.iter().map(|format| (*format).to_owned()).collect(),
            zones: ZonePolicy::utc(),
            zoned: false,
            unknown: vec!["9999-12-31".to_owned()],
            impossible: Impossible::Refuse,
        }
    }

    fn span(dates: &Dates, text: &str) -> String {
        dates.read(text).unwrap().unwrap().span().to_string()
    }

    #[test]
    fn three_ways_to_write_a_date_read_alike() {
        let dates = dates(&["%d.%m.%Y", "%b %d, %Y"]);
        let day = "2016-01-31T00:00:00Z/2016-02-01T00:00:00Z";
        for text in ["2016-01-31", "31.01.2016", "Jan 31, 2016"] {
            assert_eq!(span(&dates, text), day, "{text}");
        }
        assert_eq!(dates.read("31.01.2016").unwrap().unwrap().verbatim.unwrap().as_str(), "31.01.2016");
    }

    #[test]
    fn a_date_that_two_forms_read_differently_is_ambiguous() {
        let dates = dates(&["%d/%m/%Y", "%m/%d/%Y"]);
        assert_eq!(dates.read("03/04/2020"), Err(NoDate::Ambiguous("2020-04-03".into(), "2020-03-04".into())));
        assert_eq!(span(&dates, "04/04/2020"), "2020-04-04T00:00:00Z/2020-04-05T00:00:00Z");
        assert_eq!(span(&dates, "31/12/2020"), "2020-12-31T00:00:00Z/2021-01-01T00:00:00Z");
    }

    #[test]
    fn an_impossible_date_is_refused_or_kept_as_the_month_it_names() {
        for (formats, text) in [(&["%d/%m/%Y"][..], "31/02/2020"), (&[], "2020-02-31")] {
            let mut dates = dates(formats);
            assert_eq!(dates.read(text), Err(NoDate::Impossible));
            dates.impossible = Impossible::Keep;
            let kept = dates.read(text).unwrap().unwrap();
            assert_eq!(kept.span().to_string(), "2020-02-01T00:00:00Z/2020-03-01T00:00:00Z");
            assert_eq!((kept.precision, kept.verbatim.unwrap().as_str()), (Precision::Month, text));
        }
        let mut dates = dates(&["%d/%m/%Y"]);
        dates.impossible = Impossible::Keep;
        assert_eq!(dates.read("31/13/2020"), Ok(None));
    }

    #[test]
    fn a_marker_is_no_date_and_nonsense_is_none_either() {
        assert_eq!(dates(&[]).read("9999-12-31"), Ok(None));
        assert_eq!(dates(&["%d/%m/%Y"]).read("soon"), Err(NoDate::Unreadable));
    }

    #[test]
    fn a_time_of_day_and_a_zone_are_read_and_a_month_stays_a_month() {
        let dates = dates(&["%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M %z", "%m/%Y"]);
        assert_eq!(span(&dates, "31.01.2016 19:30"), "2016-01-31T19:30:00Z");
        assert_eq!(span(&dates, "31.01.2016 19:30 +0400"), "2016-01-31T15:30:00Z");
        assert_eq!(dates.read("02/2016").unwrap().unwrap().precision, Precision::Month);
    }

    #[test]
    fn a_day_is_widened_to_the_month_it_lies_in() {
        let dates = dates(&["%d.%m.%Y"]);
        let when = dates.read("15.01.2016").unwrap().unwrap();
        let wide = dates.widened(when, "15.01.2016", Precision::Month);
        assert_eq!(wide.span().to_string(), "2016-01-01T00:00:00Z/2016-02-01T00:00:00Z");
        assert_eq!(wide.verbatim.unwrap().as_str(), "15.01.2016");
    }
}
