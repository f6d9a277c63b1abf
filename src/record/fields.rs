//! The parts of an envelope, read from bytes and refused at the first byte that does not belong.

use super::RecordHash;
use super::envelope::DecodeError;
use crate::vocab::hex::parse_hex;
use crate::vocab::{Instant, Seq};

/// Characters of the base64 form of a 64-byte signature.
pub(super) const SIGNATURE_CHARS: usize = 88;
/// Characters of a recording time, such as `2020-10-17T18:04:05.123456Z`.
const TIME_CHARS: usize = 27;
const MICROS_A_SECOND: i64 = 1_000_000;

/// Reads a line from the left.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    line: &'a [u8],
    offset: usize,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(line: &'a [u8]) -> Self {
        Self { line, offset: 0 }
    }

    /// Tells how many bytes were read.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// Reads a fixed text; the error points at the first byte that differs.
    pub(super) fn literal(&mut self, expected: &'static str) -> Result<(), DecodeError> {
        let rest = self.rest();
        if rest.starts_with(expected.as_bytes()) {
            self.offset += expected.len();
            return Ok(());
        }
        let same = rest.iter().zip(expected.as_bytes()).take_while(|(a, b)| a == b).count();
        Err(DecodeError::Literal { offset: self.offset + same, expected })
    }

    /// Reads a position: decimal, from 1, without leading zeros.
    pub(super) fn position(&mut self) -> Result<Seq, DecodeError> {
        let wrong = DecodeError::Position { offset: self.offset };
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.take(digits).ok_or(wrong)?;
        if text.first().is_none_or(|first| *first == b'0') {
            return Err(wrong);
        }
        let number = text.iter().try_fold(0_u64, |sum, digit| {
            sum.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(*digit - b'0')))
        });
        number.map(Seq::new).ok_or(wrong)
    }

    /// Reads 64 lower-case hex digits.
    pub(super) fn hash(&mut self) -> Result<RecordHash, DecodeError> {
        let wrong = DecodeError::Hash { offset: self.offset };
        self.take(64).and_then(parse_hex::<32>).map(RecordHash::from_bytes).ok_or(wrong)
    }

    /// Reads a UTC time with exactly six fraction digits.
    pub(super) fn time(&mut self) -> Result<Instant, DecodeError> {
        let wrong = DecodeError::Time { offset: self.offset };
        self.take(TIME_CHARS).and_then(record_time).ok_or(wrong)
    }

    fn rest(&self) -> &'a [u8] {
        self.line.get(self.offset..).unwrap_or_default()
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let taken = self.rest().get(..bytes)?;
        self.offset += bytes;
        Some(taken)
    }
}

/// Tells whether a text is the canonical base64 form (with padding) of 64 bytes.
pub(super) fn is_canonical_signature(text: &[u8]) -> bool {
    let Some((last_digits, padding)) = text.split_last_chunk::<3>().map(|(head, tail)| (head, *tail)) else {
        return false;
    };
    let [last, b'=', b'='] = padding else { return false };
    // 64 bytes leave two bits in the last digit: its other four must be zero, or two texts would name one signature.
    text.len() == SIGNATURE_CHARS
        && last_digits.iter().all(|byte| is_base64_digit(*byte))
        && matches!(last, b'A' | b'Q' | b'g' | b'w')
}

const fn is_base64_digit(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/')
}

fn record_time(text: &[u8]) -> Option<Instant> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', clock @ ..] = text else { return None };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b'.', f1, f2, f3, f4, f5, f6, b'Z'] = clock else { return None };
    let days = days_since_1970(digits([y1, y2, y3, y4])?, digits([m1, m2])?, digits([d1, d2])?)?;
    let hour = digits([h1, h2]).filter(|hour| *hour < 24)?;
    let minute = digits([n1, n2]).filter(|minute| *minute < 60)?;
    let second = digits([s1, s2]).filter(|second| *second < 60)?;
    let micros = digits([f1, f2, f3, f4, f5, f6])?;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Instant::from_micros(seconds * MICROS_A_SECOND + micros).ok()
}

fn digits<const N: usize>(digits: [&u8; N]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(**digit - b'0')))
}

/// Counts days in the proleptic Gregorian calendar; nothing for a day that the month does not have.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    const DAYS_TO_1970: i64 = 719_528;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month.checked_sub(1)?).ok()?;
    if !(1..=*months.get(before)?).contains(&day) {
        return None;
    }
    let leap_days = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    Some(year * 365 + leap_days + months.iter().take(before).sum::<i64>() + day - 1 - DAYS_TO_1970)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_calendar_is_read_as_chrono_writes_it() {
        const DAY: i64 = 86_400 * MICROS_A_SECOND;
        let mut instant = Instant::MIN;
        while instant < Instant::MAX {
            assert_eq!(record_time(instant.to_record_time().as_bytes()), Some(instant));
            instant = instant.plus_micros(DAY + 1);
        }
        assert_eq!(record_time(Instant::MAX.to_record_time().as_bytes()), Some(Instant::MAX));
    }

    #[test]
    fn moments_that_no_calendar_has_are_refused() {
        for wrong in [
            "2021-02-29T00:00:00.000000Z",
            "1900-02-29T00:00:00.000000Z",
            "2020-00-10T00:00:00.000000Z",
            "2020-13-10T00:00:00.000000Z",
            "2020-04-31T00:00:00.000000Z",
            "2020-04-00T00:00:00.000000Z",
            "2020-04-30T24:00:00.000000Z",
            "2020-04-30T23:60:00.000000Z",
            "2016-12-31T23:59:60.000000Z",
            "2020-04-30T23:59:59.00000xZ",
            "2020-04-30 23:59:59.000000Z",
            "2020-04-30T23:59:59.000000z",
        ] {
            assert_eq!(record_time(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn a_signature_with_stray_low_bits_or_wrong_length_is_refused() {
        let good = format!("{}Q==", "A".repeat(85));
        assert!(is_canonical_signature(good.as_bytes()));
        for wrong in [format!("{}B==", "A".repeat(85)), format!("{}Q==", "A".repeat(84)), "A".repeat(88)] {
            assert!(!is_canonical_signature(wrong.as_bytes()), "{wrong}");
        }
        assert!(!is_canonical_signature(format!("{}-Q==", "A".repeat(84)).as_bytes()));
    }
}
