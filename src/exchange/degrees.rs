//! Degrees as decimal texts, and areas as a point with a radius.

const MICRO_DIGITS: usize = 6;

/// Reads decimal degrees as whole micro-degrees: `36.707602` is 36,707,602. A seventh digit is rounded, half away from
/// zero; an exponent is read. Nothing where the text is no decimal number.
#[must_use]
pub fn micro_degrees(text: &str) -> Option<i64> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| (-12..=6).contains(e))?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || (whole.is_empty() && fraction.is_empty()) || whole.len() > 6 {
        return None;
    }
    let point = i32::try_from(whole.len()).ok()? + exponent + i32::try_from(MICRO_DIGITS).ok()?;
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let mut value: i64 = 0;
    for index in 0..point.max(0) {
        let digit = usize::try_from(index).ok().and_then(|index| all.get(index)).map_or(0, |byte| byte - b'0');
        value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    let next = usize::try_from(point).ok().and_then(|index| all.get(index)).map_or(0, |byte| byte - b'0');
    value += i64::from(next >= 5);
    Some(if negative { -value } else { value })
}

/// Gives the point in the middle of positions and a radius in metres that covers them all: (latitude, longitude,
/// radius), positions and point in micro-degrees as (latitude, longitude).
///
/// The point is the middle of the smallest rectangle of latitudes and longitudes; an outline over the 180th meridian is
/// taken the short way round. The radius is rounded up and 1 % larger than reckoned, so that it never leaves a corner
/// out.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a radius is not negative, and half the globe in metres fits"
)]
pub fn covering(positions: &[(i64, i64)]) -> Option<(i64, i64, u64)> {
    const HALF: i64 = 180_000_000;
    let (_, first) = *positions.first()?;
    let near = |lon: i64| match lon - first {
        apart if apart > HALF => lon - 2 * HALF,
        apart if apart < -HALF => lon + 2 * HALF,
        _ => lon,
    };
    let all: Vec<(i64, i64)> = positions.iter().map(|&(lat, lon)| (lat, near(lon))).collect();
    let middle = |values: &mut dyn Iterator<Item = i64>| {
        let (low, high) = values.fold((i64::MAX, i64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        low + (high - low) / 2
    };
    let (lat, lon) = (middle(&mut all.iter().map(|at| at.0)), middle(&mut all.iter().map(|at| at.1)));
    let radius = all.iter().map(|&at| metres((lat, lon), at)).fold(0.0, f64::max);
    let wrapped = match lon {
        lon if lon > HALF => lon - 2 * HALF,
        lon if lon < -HALF => lon + 2 * HALF,
        lon => lon,
    };
    Some((lat, wrapped, (radius * 1.01).ceil().abs() as u64))
}

/// The great-circle distance of two points on a sphere of 6,371,008.8 m, in metres (haversine).
#[expect(clippy::cast_precision_loss, reason = "a globe in micro-degrees fits an f64")]
fn metres((lat, lon): (i64, i64), (lat2, lon2): (i64, i64)) -> f64 {
    let radians = |micro: i64| (micro as f64 / 1e6).to_radians();
    let (a, b) = (radians(lat), radians(lat2));
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let h = half(a - b) + a.cos() * b.cos() * half(radians(lon - lon2));
    2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_degrees_become_whole_micro_degrees_without_a_float() {
        for (text, micro) in [
            ("36.707602", 36_707_602),
            ("-0.1", -100_000),
            ("5", 5_000_000),
            ("34.8024625", 34_802_463),
            ("-34.8024625", -34_802_463),
            ("34.8024624999", 34_802_462),
            ("1.5e1", 15_000_000),
            ("25e-1", 2_500_000),
            ("+.5", 500_000),
            ("1e-7", 0),
            ("6e-7", 1),
        ] {
            assert_eq!(micro_degrees(text), Some(micro), "{text}");
        }
        for text in ["", ".", "36,7", "N36", "1e99", "0x10", "nan", "1234567"] {
            assert_eq!(micro_degrees(text), None, "{text}");
        }
    }

    #[test]
    fn a_radius_covers_every_corner() {
        let square = [(0, 0), (0, 2_000_000), (2_000_000, 2_000_000), (2_000_000, 0)];
        let (lat, lon, radius) = covering(&square).unwrap();
        assert_eq!((lat, lon), (1_000_000, 1_000_000));
        let corner = square.iter().map(|&at| metres((lat, lon), at)).fold(0.0, f64::max);
        assert!(corner <= f64::from(u32::try_from(radius).unwrap()));
        assert!((157_000..160_000).contains(&radius), "{radius}");
    }

    #[test]
    fn an_outline_over_the_date_line_is_taken_the_short_way() {
        let (_, lon, radius) = covering(&[(0, 179_000_000), (0, -179_000_000)]).unwrap();
        assert_eq!(lon.abs(), 180_000_000);
        assert!(radius < 120_000, "{radius}");
    }
}
