//! Whether two scalars mean the same.

use longshore_manifest::schema::Format;
use longshore_manifest::{Duration, IntOrString, Quantity};
use longshore_yaml::{Node, Scalar};

/// How two scalars compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sameness {
    Same,
    /// One value, written in two ways.
    Spelling,
    Different,
}

/// By what two scalars of different texts may be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Equality {
    /// As the resources of containers, which a server rounds up to thousandths.
    Resource,
    /// As the schema says.
    Format(Format),
}

/// Compares two scalars.
pub(crate) fn compare(a: Node<'_>, b: Node<'_>, equality: Option<Equality>) -> Sameness {
    let (Some(x), Some(y)) = (a.scalar(), b.scalar()) else {
        return Sameness::Different;
    };
    let same_number = || number(x).is_some() && number(x) == number(y);
    if x == y || same_number() {
        return Sameness::Same;
    }
    let spelled = match equality {
        Some(Equality::Resource) => milli(a.text()).is_some() && milli(a.text()) == milli(b.text()),
        Some(Equality::Format(format)) => by_format(format, a, b),
        None => false,
    };
    if spelled { Sameness::Spelling } else { Sameness::Different }
}

fn by_format(format: Format, a: Node<'_>, b: Node<'_>) -> bool {
    match format {
        Format::Quantity => Quantity::of(a).is_ok_and(|a| Quantity::of(b).is_ok_and(|b| a == b)),
        Format::IntOrString => IntOrString::of(a).is_some_and(|a| IntOrString::of(b).is_some_and(|b| a == b)),
        Format::Duration => {
            let read = |node: Node<'_>| node.as_str().and_then(|text| text.parse::<Duration>().ok());
            read(a).is_some_and(|a| read(b) == Some(a))
        }
        _ => false,
    }
}

fn number(scalar: Scalar<'_>) -> Option<f64> {
    match scalar {
        Scalar::Int(value) => Some(value as f64),
        Scalar::Uint(value) => Some(value as f64),
        Scalar::Float(value) => Some(value),
        _ => None,
    }
}

/// A quantity in thousandths, rounded up, as the API server stores resources.
pub(crate) fn milli(text: &str) -> Option<i128> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (digits, suffix) = rest.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || digits.len() > 30 {
        return None;
    }
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (factor, divisor) = scale(suffix)?;
    let divisor = divisor.checked_mul(10_i128.checked_pow(fraction.len() as u32)?)?;
    let value = mantissa.saturating_mul(factor).saturating_mul(1000);
    let rounded = value.saturating_add(divisor - 1) / divisor;
    let clamped = rounded.min(i128::from(i64::MAX) * 1000);
    Some(if negative { -clamped } else { clamped })
}

/// What a suffix multiplies with, and divides by.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    let binary = |power: u32| Some((1024_i128.pow(power), 1));
    let decimal = |power: u32| Some((10_i128.pow(power), 1));
    match suffix {
        "" => decimal(0),
        "n" => Some((1, 1_000_000_000)),
        "u" => Some((1, 1_000_000)),
        "m" => Some((1, 1_000)),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            match power {
                0..=30 => decimal(power.unsigned_abs()),
                -18..0 => Some((1, 10_i128.pow(power.unsigned_abs()))),
                _ => None,
            }
        }
    }
}

/// Whether a field of a built-in kind, under `parent`, holds a quantity.
pub(crate) fn is_quantity(parent: &str, field: &str) -> bool {
    matches!(
        parent,
        "requests"
            | "limits"
            | "hard"
            | "used"
            | "capacity"
            | "allocatable"
            | "overhead"
            | "default"
            | "defaultRequest"
            | "max"
            | "min"
            | "maxLimitRequestRatio"
            | "podFixed"
    ) || matches!(field, "sizeLimit" | "divisor" | "averageValue")
        || (field == "value" && parent == "target")
}
