//! Numbers and times as text, in the forms of Go's standard library.

use std::fmt::Write as _;

/// Appends a finite number as it looks after a trip through JSON and go-yaml v2.
pub(crate) fn push_json_float(out: &mut String, value: f64) {
    // JSON writes whole numbers below 1e21 without exponent, and they are read back as integers where they fit.
    if value.trunc() == value && value.abs() < 1e21 {
        let text = format!("{value}");
        if text == "-0" {
            return out.push('0');
        }
        if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
            return out.push_str(&text);
        }
    }
    push_float(out, value);
}

/// Appends a number as Go's `FormatFloat(value, 'g', -1, 64)`, or `.inf`, `-.inf`, `.nan`.
pub(crate) fn push_float(out: &mut String, value: f64) {
    if !value.is_finite() {
        return out.push_str(match value {
            _ if value.is_nan() => ".nan",
            _ if value > 0.0 => ".inf",
            _ => "-.inf",
        });
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) || value == 0.0 {
        let _ = write!(out, "{value}");
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
}

/// A YAML timestamp in the form of RFC 3339 with as many decimals as it needs, as Go's `time.Time` marshals to JSON.
///
/// `None` where the text is no timestamp; the ranges of its fields were checked when its type was resolved.
pub(crate) fn rfc3339(text: &str) -> Option<String> {
    let (year, rest) = text.split_once('-')?;
    let (month, rest) = rest.split_once('-')?;
    let day_end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    let (day, rest) = rest.split_at(day_end);
    let mut out = format!("{year}-{month:0>2}-{day:0>2}T");
    if rest.is_empty() {
        out.push_str("00:00:00Z");
        return Some(out);
    }
    let time = rest.trim_start_matches([' ', '\t', 'T', 't']);
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let mut fields = clock.trim_end().splitn(3, ':');
    let (hour, minute, second) = (fields.next()?, fields.next()?, fields.next()?);
    let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, ""));
    let _ = write!(out, "{hour:0>2}:{minute:0>2}:{second:0>2}");
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out.push_str(if matches!(zone, "" | "+00:00" | "-00:00") { "Z" } else { zone });
    Some(out)
}
