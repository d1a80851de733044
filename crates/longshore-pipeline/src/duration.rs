//! Durations as GitLab reads them: `1h 30m`, `3 hours and 30 minutes`, `01:30:00`, `90`.

/// Seconds of a unit by any of its names.
fn unit(word: &str) -> Option<f64> {
    Some(match word {
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600.0,
        "d" | "dy" | "day" | "days" => 86_400.0,
        "w" | "wk" | "wks" | "week" | "weeks" => 604_800.0,
        "mo" | "mon" | "mos" | "month" | "months" => 2_592_000.0,
        "y" | "yr" | "yrs" | "year" | "years" => 31_557_600.0,
        _ => return None,
    })
}

/// A number in words.
fn word_number(word: &str) -> Option<f64> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let small = SMALL.iter().position(|name| *name == word).map(|at| at as f64);
    small.or_else(|| TENS.iter().position(|name| *name == word).map(|at| (at + 2) as f64 * 10.0))
}

/// Seconds of a text; `None` for what is no duration, and for zero.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    let seconds = if text.contains(':') { clock(&text)? } else { words(&text)? };
    (seconds != 0.0).then_some(seconds)
}

/// `hh:mm:ss`, `mm:ss`, and more parts to the left.
fn clock(text: &str) -> Option<f64> {
    const UNITS: [f64; 6] = [1.0, 60.0, 3600.0, 86_400.0, 2_592_000.0, 31_557_600.0];
    let parts: Vec<&str> = text.split(':').map(str::trim).collect();
    if parts.len() > UNITS.len() {
        return None;
    }
    parts.iter().rev().zip(UNITS).try_fold(0.0, |sum, (part, unit)| Some(sum + number(part)? * unit))
}

fn number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

/// Numbers each with a unit behind it; a number alone is seconds, a unit alone at the beginning is one.
fn words(text: &str) -> Option<f64> {
    let mut sum = None;
    let mut pending: Option<f64> = None;
    for token in tokens(text) {
        let token = token.trim_matches(',');
        if let Some(value) = number(token).or_else(|| word_number(token)) {
            sum = Some(sum.unwrap_or(0.0) + pending.take().unwrap_or(0.0));
            pending = Some(value);
        } else if let Some(seconds) = unit(token) {
            let count = pending.take().unwrap_or(if sum.is_none() { 1.0 } else { 0.0 });
            sum = Some(sum.unwrap_or(0.0) + count * seconds);
        } else if !matches!(token, "and" | "with" | "plus" | "") {
            return None;
        }
    }
    match (sum, pending) {
        (None, None) => None,
        (sum, pending) => Some(sum.unwrap_or(0.0) + pending.unwrap_or(0.0)),
    }
}

/// Splits at spaces, and between digits and letters.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let digit = |char: char| char.is_ascii_digit() || char == '.';
    text.split_whitespace().flat_map(move |word| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let end = rest.find(|char| digit(char) != digit(first)).unwrap_or(rest.len());
            let (token, behind) = rest.split_at(end);
            rest = behind;
            Some(token)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[track_caller]
    fn check(text: &str, expect: Option<f64>) {
        assert_eq!(parse(text), expect, "{text}");
    }

    #[test]
    fn durations_are_read_as_gitlab_reads_them() {
        check("3 hours 30 minutes", Some(12600.0));
        check("1h30m", Some(5400.0));
        check("1 hour, and 5 min", Some(3900.0));
        check("5 min", Some(300.0));
        check("90", Some(90.0));
        check("01:30:00", Some(5400.0));
        check("1.5 hours", Some(5400.0));
        check("day", Some(86_400.0));
        check("two weeks", Some(1_209_600.0));
        check("soon", None);
        check("7 elephants", None);
        check("0", None);
        check("", None);
    }
}
