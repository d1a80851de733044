//! Durations as Go writes them: `1h30m`, `1.5s`.

use std::fmt;
use std::str::FromStr;

/// A span of time in nanoseconds, read and printed as Go's `time.Duration`.
///
/// ```text
/// duration = [ "+" | "-" ] ( "0" | ( number unit )+ )
/// number   = digits [ "." digits ] | "." digits
/// unit     = "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h"
/// ```
/// Equal and ordered by value: `90s` is `1m30s`. At most about 292 years.
///
/// ```
/// use longshore_manifest::Duration;
///
/// let timeout: Duration = "90s".parse()?;
/// assert_eq!(timeout, "1.5m".parse()?);
/// assert_eq!(timeout.to_string(), "1m30s");
/// # Ok::<(), longshore_manifest::DurationError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    nanoseconds: i64,
}

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a duration: {reason} in '{text}'")]
pub struct DurationError {
    text: String,
    reason: &'static str,
}

const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl Duration {
    /// Of that many nanoseconds.
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Duration { nanoseconds }
    }

    /// In nanoseconds.
    pub fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let error = |reason| DurationError { text: text.chars().take(64).collect(), reason };
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Ok(Duration::default());
        }
        if rest.is_empty() {
            return Err(error("a number with a unit was expected"));
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let (part, behind) = part(rest).map_err(error)?;
            total += part;
            if total > i128::from(i64::MAX) + i128::from(negative) {
                return Err(error("more than 292 years"));
            }
            rest = behind;
        }
        let signed = if negative { -total } else { total };
        Ok(Duration { nanoseconds: i64::try_from(signed).map_err(|_| error("more than 292 years"))? })
    }
}

/// The first number with its unit, in nanoseconds, and what comes behind. What is below a nanosecond is dropped.
fn part(text: &str) -> Result<(i128, &str), &'static str> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at(digits(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err("a number was expected");
    }
    let length = rest.find(|char: char| char == '.' || char.is_ascii_digit()).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(length);
    let unit = match UNITS.iter().find(|(unit, _)| *unit == name) {
        Some((_, unit)) => i128::from(*unit),
        None if name.is_empty() => return Err("a unit is missing (ns, us, ms, s, m or h)"),
        None => return Err("the unit is none of ns us ms s m h"),
    };
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i64>().ok().map(i128::from) };
    let whole = number(whole).ok_or("more than 292 years")?;
    // Eighteen decimal places are more than an hour has nanoseconds.
    let fraction = &fraction[..fraction.len().min(18)];
    let scale = 10_i128.pow(fraction.len() as u32);
    let fraction = number(fraction).ok_or("more than 292 years")? * unit / scale;
    Ok((whole * unit + fraction, behind))
}

impl fmt::Display for Duration {
    /// As Go prints it: `1h30m0s`, `1.5s`, `300ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.nanoseconds.unsigned_abs();
        if self.nanoseconds < 0 {
            f.write_str("-")?;
        }
        let (unit, name) = match size {
            0 => return f.write_str("0s"),
            1..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        let (mut whole, fraction) = (size / unit, size % unit);
        if name == "s" && whole >= 60 {
            let (hours, minutes) = (whole / 3_600, whole / 60 % 60);
            whole %= 60;
            if hours > 0 {
                write!(f, "{hours}h")?;
            }
            write!(f, "{minutes}m")?;
        }
        write!(f, "{whole}")?;
        if fraction > 0 {
            let width = unit.ilog10() as usize;
            write!(f, ".{}", format!("{fraction:0width$}").trim_end_matches('0'))?;
        }
        f.write_str(name)
    }
}
