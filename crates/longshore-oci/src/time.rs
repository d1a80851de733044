//! Times as RFC 3339 writes them.

const DAY: i64 = 86_400;

/// Seconds since 1970 as RFC 3339 in UTC, from the year 0 to 9999; beyond that, the nearest of these.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let seconds = seconds.clamp(-62_167_219_200, 253_402_300_799);
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Howard Hinnant's civil calendar: years from March, eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Nanoseconds since 1970 in UTC, from the year 1678 to 2261; `None` for other times, and for what is none.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    if !is_rfc3339(text) {
        return None;
    }
    let number = |at: usize, len: usize| text.get(at..at + len)?.parse::<i64>().ok();
    let days = days_since_1970(number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let clock = number(11, 2)? * 3600 + number(14, 2)? * 60 + number(17, 2)?;
    let rest = text[SHAPE.len()..].strip_prefix('.').unwrap_or(&text[SHAPE.len()..]);
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let (fraction, offset) = rest.split_at(digits.min(9));
    let nanos = fraction.parse::<i64>().unwrap_or(0) * 10_i64.pow(9 - fraction.len() as u32);
    let offset = match offset.trim_start_matches(|c: char| c.is_ascii_digit()).split_at_checked(1)? {
        ("Z" | "z", _) => 0,
        (sign, zone) => {
            let minutes = zone.get(..2)?.parse::<i64>().ok()? * 60 + zone.get(3..5)?.parse::<i64>().ok()?;
            if sign == "-" { -minutes * 60 } else { minutes * 60 }
        }
    };
    (days * DAY + clock - offset).checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// The inverse of the calendar above.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

const SHAPE: &[u8] = b"0000-00-00T00:00:00";

/// `date "T" time [ fraction ] offset`, by shape and range of each number.
pub(crate) fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let fits = |(at, &expected): (usize, &u8)| match (expected, bytes.get(at)) {
        (b'0', Some(b)) => b.is_ascii_digit(),
        (b'T', Some(b)) => b.eq_ignore_ascii_case(&b'T'),
        (expected, found) => found == Some(&expected),
    };
    if !SHAPE.iter().enumerate().all(fits) {
        return false;
    }
    let number = |at: usize| text.get(at..at + 2).and_then(|digits| digits.parse::<u8>().ok()).unwrap_or(99);
    let ranges = [(5, 1, 12), (8, 1, 31), (11, 0, 23), (14, 0, 59), (17, 0, 60)];
    if !ranges.iter().all(|&(at, low, high)| (low..=high).contains(&number(at))) {
        return false;
    }
    let mut rest = &text[SHAPE.len()..];
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return false;
        }
    }
    match rest.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_rfc3339, rfc3339};

    #[test]
    fn times_are_written_in_utc() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
            (i64::MIN, "0000-01-01T00:00:00Z"),
        ];
        for (seconds, expect) in cases {
            assert_eq!(rfc3339(seconds), expect);
        }
    }

    #[test]
    fn times_are_read_in_every_zone() {
        let second = 1_000_000_000;
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00:00.5Z", Some(951_782_400 * second + second / 2)),
            ("2025-01-01T00:59:59.123456789123+01:00", Some(1_735_689_599 * second + 123_456_789)),
            ("2024-12-31T22:29:59-01:30", Some(1_735_689_599 * second)),
            ("9999-12-31T23:59:59Z", None),
            ("2024-13-01T00:00:00Z", None),
            ("2024-12-31", None),
            ("", None),
        ];
        for (text, expect) in cases {
            assert_eq!(parse_rfc3339(text), expect, "{text}");
        }
        for seconds in (-9_000_000_000..9_000_000_000).step_by(12_345_677) {
            assert_eq!(parse_rfc3339(&rfc3339(seconds)), Some(seconds * second));
        }
    }
}
