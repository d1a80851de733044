//! Resource quantities: `500m`, `1.5Gi`, `12e6`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use longshore_yaml::Node;

/// A text longer than this is refused.
const LENGTH: usize = 1_024;
/// An exponent further from zero is refused.
const EXPONENT: u32 = 1_000_000;
/// Digits of a number that Kubernetes keeps as written.
const FAST_DIGITS: i64 = 18;
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// A fixed-point number with a suffix, exact, as Kubernetes reads it.
///
/// ```text
/// quantity = [ "+" | "-" ] digits [ "." digits ] suffix
/// suffix   = "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E"     powers of 1000
///          | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei"                       powers of 1024
///          | ( "e" | "E" ) [ "+" | "-" ] digits                             powers of 10
/// ```
/// Equal, ordered and hashed by value: `500m` is `0.5`. Values below a billionth are rounded up to one, away from zero;
/// large ones that need more than 18 digits end at 2^63-1, as in `resource.Quantity` of apimachinery.
///
/// ```
/// use longshore_manifest::Quantity;
///
/// let half: Quantity = "0.5".parse()?;
/// assert_eq!(half, "500m".parse()?);
/// assert_eq!(half.to_string(), "500m");
/// assert!("1Gi".parse::<Quantity>()? > "1G".parse()?);
/// # Ok::<(), longshore_manifest::QuantityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Quantity {
    /// Without trailing zeros; 0 with `exponent` 0 for zero.
    coefficient: i128,
    exponent: i32,
    form: Form,
    /// The text as given where Kubernetes keeps it.
    text: Option<Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Decimal,
    Binary,
    Exponent,
}

/// A text that is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a quantity: {reason} in '{text}'")]
pub struct QuantityError {
    text: String,
    reason: &'static str,
}

impl QuantityError {
    fn new(text: &str, reason: &'static str) -> Self {
        QuantityError { text: text.chars().take(64).collect(), reason }
    }
}

const FORM_WRONG: &str = "a number, a dot and a suffix like m, Mi or e3 were expected";
const SUFFIX_WRONG: &str = "the suffix is none of n u m k M G T P E Ki Mi Gi Ti Pi Ei and e with a number";

/// A text cut into its parts, leading zeros gone.
struct Parts<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    suffix: &'t str,
}

fn cut(text: &str) -> Option<Parts<'_>> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = rest.split_at(digits(rest));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    let letters = suffix.bytes().take_while(|byte| b"eEinumkKMGTP".contains(byte)).count();
    let number = suffix[letters..].strip_prefix(['+', '-']).unwrap_or(&suffix[letters..]);
    let fits = number.bytes().all(|byte| byte.is_ascii_digit());
    let whole = whole.trim_start_matches('0');
    fits.then_some(Parts { negative, whole: if whole.is_empty() { "0" } else { whole }, fraction, suffix })
}

/// A suffix as a power: of ten, of two.
fn power(suffix: &str) -> Option<(Form, i32)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Form::Decimal, *exponent));
    }
    if let Some((_, bits)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some((Form::Binary, *bits as i32));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok()?;
    (exponent.unsigned_abs() <= EXPONENT).then_some((Form::Exponent, exponent))
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        if text.len() > LENGTH {
            return Err(QuantityError::new(text, "at most 1024 bytes were expected"));
        }
        let parts = cut(text).ok_or_else(|| QuantityError::new(text, FORM_WRONG))?;
        let (form, power) = power(parts.suffix).ok_or_else(|| QuantityError::new(text, SUFFIX_WRONG))?;
        Ok(match short(&parts, form, power) {
            Some(short) => Quantity {
                text: short.kept.then(|| text.into()),
                ..Quantity::new(short.coefficient, short.exponent, form)
            },
            None => long(&parts, form, power),
        })
    }
}

struct Short {
    coefficient: i128,
    exponent: i32,
    /// Whether the text is canonical enough for Kubernetes to keep it.
    kept: bool,
}

/// A number of few digits, which is never rounded nor cut off.
fn short(parts: &Parts<'_>, form: Form, power: i32) -> Option<Short> {
    let (whole, fraction) = (parts.whole, parts.fraction);
    let binary = form == Form::Binary;
    let room = match binary {
        true if fraction.is_empty() => 15 - whole.len() as i64 - i64::from(power) * 3 / 10 - 1,
        true => return None,
        false => FAST_DIGITS - (whole.len() + fraction.len()) as i64,
    };
    let exponent = if binary { 0 } else { power.checked_sub(fraction.len() as i32)? };
    if room < 0 || exponent < -9 {
        return None;
    }
    let shifted = format!("{whole}{fraction}");
    let value: i64 = shifted.parse().ok()?;
    let result = if binary { value.checked_mul(1 << power)? } else { value };
    let kept = match binary {
        true => value & 7 != 0,
        false => exponent % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0'),
    };
    let sign = if parts.negative { -1 } else { 1 };
    Some(Short { coefficient: sign * i128::from(result), exponent, kept })
}

/// A number of many digits: rounded up to billionths, cut off at 2^63-1.
fn long(parts: &Parts<'_>, form: Form, power: i32) -> Quantity {
    let mut digits: Vec<u8> = parts.whole.bytes().chain(parts.fraction.bytes()).map(|byte| byte - b'0').collect();
    let mut exponent = -(parts.fraction.len() as i64);
    match form {
        Form::Binary => multiply(&mut digits, 1 << power),
        _ => exponent += i64::from(power),
    }
    let first = digits.iter().position(|&digit| digit != 0).unwrap_or(digits.len());
    digits.drain(..first);
    let limit = i128::from(i64::MAX) * 1_000_000_000;
    let magnitude = digits.len() as i64 + exponent;
    let nano = if digits.is_empty() {
        0
    } else if magnitude > 20 {
        limit
    } else {
        // The digits down to the ninth decimal place, and whether there is anything below.
        let wanted = (magnitude + 9).max(0) as usize;
        let head = digits.iter().take(wanted).fold(0_i128, |value, &digit| value * 10 + i128::from(digit));
        let head = head * 10_i128.pow(wanted.saturating_sub(digits.len()) as u32);
        let below = digits.iter().skip(wanted).any(|&digit| digit != 0);
        (head + i128::from(below)).min(limit)
    };
    // Small binary numbers are shown in decimals.
    let form = if form == Form::Binary && nano < 1_000_000_000 { Form::Decimal } else { form };
    Quantity::new(if parts.negative { -nano } else { nano }, -9, form)
}

fn multiply(digits: &mut Vec<u8>, by: u64) {
    let mut carry = 0_u128;
    for digit in digits.iter_mut().rev() {
        let product = u128::from(*digit) * u128::from(by) + carry;
        *digit = (product % 10) as u8;
        carry = product / 10;
    }
    let head: Vec<u8> =
        if carry == 0 { Vec::new() } else { carry.to_string().bytes().map(|byte| byte - b'0').collect() };
    digits.splice(0..0, head);
}

impl Quantity {
    fn new(mut coefficient: i128, mut exponent: i32, form: Form) -> Self {
        while coefficient != 0 && coefficient % 10 == 0 {
            coefficient /= 10;
            exponent += 1;
        }
        if coefficient == 0 {
            exponent = 0;
        }
        Quantity { coefficient, exponent, form, text: None }
    }

    /// The quantity of a string or a number of a document, blanks around it left out as a server does.
    ///
    /// # Errors
    /// A value that is no quantity.
    pub fn of(node: Node<'_>) -> Result<Self, QuantityError> {
        match node.is_mapping() || node.is_sequence() {
            true => Err(QuantityError::new("", FORM_WRONG)),
            false => node.text().trim().parse(),
        }
    }

    /// Rounded away from zero to a multiple of a thousandth, as a server stores the resources of containers.
    #[must_use]
    pub fn round_up_milli(self) -> Self {
        if self.exponent >= -3 {
            return self;
        }
        let unit = 10_i128.pow((-3 - self.exponent).unsigned_abs().min(38));
        let (quotient, rest) = (self.coefficient / unit, self.coefficient % unit);
        Quantity::new(quotient + rest.signum(), -3, self.form)
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.coefficient == 0
    }

    /// The value in whole thousandths, rounded away from zero; `None` where it does not fit.
    pub fn milli(&self) -> Option<i128> {
        let rounded = self.clone().round_up_milli();
        let shift = u32::try_from(rounded.exponent + 3).ok()?;
        rounded.coefficient.checked_mul(10_i128.checked_pow(shift)?)
    }

    /// The value as an integer, where it is one that fits.
    fn whole(&self) -> Option<i128> {
        let shift = u32::try_from(self.exponent).ok()?;
        self.coefficient.checked_mul(10_i128.checked_pow(shift)?)
    }
}

impl fmt::Display for Quantity {
    /// The canonical text, or the text as given where Kubernetes keeps it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return f.write_str(text);
        }
        if self.is_zero() {
            return f.write_str("0");
        }
        if let (Form::Binary, Some(mut whole)) = (self.form, self.whole().filter(|whole| whole.abs() >= 1024)) {
            let mut suffix = "";
            for (name, _) in BINARY {
                if whole % 1024 != 0 {
                    break;
                }
                whole /= 1024;
                suffix = name;
            }
            return write!(f, "{whole}{suffix}");
        }
        let shift = self.exponent.rem_euclid(3);
        let (coefficient, exponent) = (self.coefficient * 10_i128.pow(shift as u32), self.exponent - shift);
        let suffix = DECIMAL.iter().find(|(_, power)| *power == exponent);
        match (self.form, exponent, suffix) {
            (_, 0, _) => write!(f, "{coefficient}"),
            (Form::Decimal | Form::Binary, _, Some((suffix, _))) => write!(f, "{coefficient}{suffix}"),
            _ => write!(f, "{coefficient}e{exponent}"),
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        (self.coefficient, self.exponent) == (other.coefficient, other.exponent)
    }
}

impl Eq for Quantity {}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.coefficient, self.exponent).hash(state);
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = self.coefficient.signum().cmp(&other.coefficient.signum());
        if sign != Ordering::Equal || self.is_zero() {
            return sign;
        }
        let size = |of: &Quantity| i64::from(of.coefficient.unsigned_abs().ilog10()) + i64::from(of.exponent);
        let magnitude = size(self).cmp(&size(other)).then_with(|| {
            // As many digits before the point: bring both to one exponent, at most 18 digits more.
            let low = self.exponent.min(other.exponent);
            let scaled = |of: &Quantity| of.coefficient.unsigned_abs() * 10_u128.pow((of.exponent - low) as u32);
            scaled(self).cmp(&scaled(other))
        });
        if self.coefficient > 0 { magnitude } else { magnitude.reverse() }
    }
}
