//! Keys and values of generators: literals, files and environment files.

use std::collections::BTreeMap;

use foldhash::HashSetExt as _;
use longshore_yaml::{Style, Tag};

use crate::decode::Text;
use crate::error::{Finding, Problems, RenderError};
use crate::filter::edit::Origin;
use crate::kustomization::GeneratorArgs;
use crate::loader::Loader;

/// One key with its value, which may be any bytes.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
    pub(crate) origin: Origin,
}

/// Up to this many keys are compared each with each; beyond, through a set.
const FEW_PAIRS: usize = 8;

/// All pairs of a generator: environment files first, then literals, then files.
pub(crate) fn load(
    loader: &Loader<'_>,
    environment: &BTreeMap<String, String>,
    args: &GeneratorArgs,
) -> Result<Vec<Pair>, RenderError> {
    let (mut pairs, mut problems) = (Vec::new(), Problems::default());
    for source in &args.envs {
        let lines = loader.bytes(source).map_err(RenderError::from);
        let outcome = lines.and_then(|bytes| env_file(&bytes, source, environment));
        pairs.extend(problems.take(outcome).unwrap_or_default());
    }
    for source in &args.literals {
        pairs.extend(problems.take(literal(source).map_err(RenderError::from)));
    }
    for source in &args.files {
        pairs.extend(problems.take(file(loader, source).map_err(RenderError::from)));
    }
    let pairs = problems.done(pairs)?;
    check_keys(args, &pairs)?;
    Ok(pairs)
}

fn check_keys(args: &GeneratorArgs, pairs: &[Pair]) -> Result<(), RenderError> {
    let (mut seen, mut problems) = (foldhash::HashSet::new(), Problems::default());
    for (place, pair) in pairs.iter().enumerate() {
        let repeated = match pairs.len() {
            0..=FEW_PAIRS => pairs[..place].iter().any(|earlier| earlier.key == pair.key),
            _ => !seen.insert(pair.key.as_str()),
        };
        if repeated {
            let message = format!("configmap {} illegally repeats the key `{}`", args.name, pair.key);
            problems.push(Finding::on(&pair.origin, message));
        }
    }
    problems.done(())
}

/// `key=value`; one pair of equal quotes around the value is dropped.
fn literal(source: &Text) -> Result<Pair, Finding> {
    match source.value.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            let value = without_quotes(value).as_bytes().to_vec();
            Ok(Pair { key: key.to_owned(), value, origin: source.origin.clone() })
        }
        _ => {
            // What is there may be a secret, so it is not shown.
            Err(Finding::on(&source.origin, "invalid literal source, expected key=value"))
        }
    }
}

fn without_quotes(value: &str) -> &str {
    let quoted = |quote| value.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(value)
}

/// `path`, or `key=path`.
fn file(loader: &Loader<'_>, source: &Text) -> Result<Pair, Finding> {
    let (key, path) = split_file_source(&source.value).map_err(|reason| Finding::on(&source.origin, reason))?;
    let path = Text { value: path.to_owned(), origin: source.origin.clone() };
    let value = loader.bytes(&path)?.to_vec();
    Ok(Pair { key: key.to_owned(), value, origin: source.origin.clone() })
}

fn split_file_source(source: &str) -> Result<(&str, &str), String> {
    match source.split_once('=') {
        None => Ok((source.trim_end_matches('/').rsplit('/').next().unwrap_or(source), source)),
        Some((_, path)) if path.contains('=') => Err(format!("source {source:?} key name or file path contains '='")),
        Some(("", path)) => Err(format!("missing key name for file path {path:?} in source {source:?}")),
        Some((key, "")) => Err(format!("missing file path for key name {key:?} in source {source:?}")),
        Some((key, path)) => Ok((key, path)),
    }
}

/// Lines `KEY=value`, comments and blank lines; a name alone takes its value from the environment.
fn env_file(bytes: &[u8], source: &Text, environment: &BTreeMap<String, String>) -> Result<Vec<Pair>, RenderError> {
    let (mut pairs, mut problems) = (Vec::new(), Problems::default());
    let problem = |line: usize, reason: String| {
        Finding::on(&source.origin, format!("{} line {}: {reason}", source.value, line + 1))
    };
    for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(line) = std::str::from_utf8(line) else {
            problems.push(problem(number, "invalid utf8 bytes".to_owned()));
            continue;
        };
        let line = if number == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key, value),
            None => (line, environment.get(line).map_or("", String::as_str)),
        };
        // The original takes any name, and passes over a line without one.
        if key.is_empty() {
            continue;
        }
        let (key, value) = (key.to_owned(), value.as_bytes().to_vec());
        pairs.push(Pair { key, value, origin: source.origin.clone() });
    }
    problems.done(pairs)
}

/// Base64 in lines of 70 characters where there are several.
pub(crate) fn wrapped_base64(bytes: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    if text.len() < 70 {
        return text;
    }
    let mut wrapped = String::with_capacity(text.len() + text.len() / 70 + 1);
    for line in text.as_bytes().chunks(70) {
        wrapped.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        wrapped.push('\n');
    }
    wrapped
}

/// The style of a generated string, which is typed whatever it holds.
pub(crate) fn string_style(text: &str) -> (Tag, Style) {
    (Tag::Str, if text.contains('\n') { Style::Literal } else { Style::Plain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pair_of_quotes_is_dropped() {
        assert_eq!(without_quotes("\"a\""), "a");
        assert_eq!(without_quotes("''a''"), "'a'");
        assert_eq!(without_quotes("\"a'"), "\"a'");
        assert_eq!(without_quotes("\""), "\"");
    }

    #[test]
    fn keys_of_files_are_their_names() {
        assert_eq!(split_file_source("a/b.txt"), Ok(("b.txt", "a/b.txt")));
        assert_eq!(split_file_source("k=a/b.txt"), Ok(("k", "a/b.txt")));
        split_file_source("=a").expect_err("there is no key");
        split_file_source("a=").expect_err("there is no path");
        split_file_source("a=b=c").expect_err("there are two signs");
    }

    #[test]
    fn base64_is_wrapped_from_seventy_characters_on() {
        assert_eq!(wrapped_base64(b"a"), "YQ==");
        assert_eq!(wrapped_base64(&[0; 51]).len(), 68);
        assert!(wrapped_base64(&[0; 54]).ends_with("A\n"));
    }
}
