//! Numbers as Go's `strconv.ParseFloat` reads them.

/// Reads a 64-bit float: decimal or hexadecimal, underscores between digits, `Inf`, `Infinity` and `NaN` in any case.
///
/// `None` for anything else, and for a number too large to be finite, as Flux treats it.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = match body.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" if body.len() == text.len() => f64::NAN,
        lower if !underscores_fit(lower) => return None,
        lower => match lower.replace('_', "").strip_prefix("0x") {
            Some(hex) => hexadecimal(hex)?,
            None => decimal(&lower.replace('_', ""))?,
        },
    };
    Some(if negative { -value } else { value })
}

/// An underscore stands between two digits, or between the base prefix and a digit.
fn underscores_fit(text: &str) -> bool {
    let hex = text.starts_with("0x");
    let is_digit = |b: u8| b.is_ascii_digit() || (hex && b.is_ascii_hexdigit());
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, b)| **b == b'_').all(|(at, _)| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after_prefix = hex && at == 2;
        (after_prefix || before.is_some_and(|&b| is_digit(b))) && bytes.get(at + 1).is_some_and(|&b| is_digit(b))
    })
}

fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'));
    text.parse::<f64>().ok().filter(|value| plain && value.is_finite())
}

/// `hex [ "." hex ] "p" exponent`, after the prefix.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut value, mut scale) = (0_u64, exponent.saturating_sub(4 * i32::try_from(fraction.len()).ok()?));
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(digit.to_digit(16)?);
        if value >> 59 == 0 {
            value = value << 4 | digit;
        } else {
            // Beyond what a float can hold: only whether anything is left counts, for rounding.
            value |= u64::from(digit != 0);
            scale = scale.saturating_add(4);
        }
    }
    let value = value as f64 * 2_f64.powi(scale / 2) * 2_f64.powi(scale - scale / 2);
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::parse_float;

    #[track_caller]
    fn check(text: &str, expect: Option<f64>) {
        assert_eq!(parse_float(text), expect, "{text}");
    }

    #[test]
    fn numbers_are_read_as_in_go() {
        check("1_000", Some(1000.0));
        check("0x1p4", Some(16.0));
        check("0x_1.8p1", Some(3.0));
        check("-.5", Some(-0.5));
        check("+Inf", Some(f64::INFINITY));
        check("1e3", Some(1000.0));
        assert!(parse_float("NaN").is_some_and(f64::is_nan));
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in ["", "+", "1_", "_1", "1__0", "0x1", "1e400", "+nan", "1a", "0x", "0xp1", "infin", "1.2.3"] {
            check(text, None);
        }
    }
}
