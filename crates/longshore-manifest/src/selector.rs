//! Selectors on labels and annotations: `app=shop,tier in (web, api),!canary`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use longshore_yaml::Node;

/// Conditions on the labels, or the annotations, of a resource; all of them must hold.
///
/// ```text
/// selector    = [ requirement *( "," requirement ) ]
/// requirement = key | "!" key
///             | key ( "=" | "==" | "!=" ) value
///             | key ( "in" | "notin" ) "(" value *( "," value ) ")"
///             | key ( "<" | ">" ) integer
/// ```
/// Keys are `[prefix/]name`, values at most 63 letters, digits, `-`, `_` and `.`, or empty. `!=` and `notin` hold also
/// where there is no such label. This is the syntax of `k8s.io/apimachinery/pkg/labels`. Printed in the order given, one
/// form for each operator; what is printed reads back equal.
///
/// ```
/// use longshore_manifest::Selector;
///
/// let selector: Selector = "app == shop, tier in (web,api), !canary".parse()?;
/// assert_eq!(selector.to_string(), "app=shop,tier in (api,web),!canary");
/// assert!(selector.matches([("app", "shop"), ("tier", "web")]));
/// assert!(!selector.matches([("app", "shop"), ("tier", "web"), ("canary", "")]));
/// # Ok::<(), longshore_manifest::SelectorError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

/// One condition of a [`Selector`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Test {
    Exists,
    Absent,
    Equals(String),
    Differs(String),
    /// Sorted, each once.
    In(Vec<String>),
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

/// A text, or a mapping, that is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a selector: {reason} in '{text}'")]
pub struct SelectorError {
    text: String,
    reason: String,
    span: Range<usize>,
}

impl SelectorError {
    /// The bytes of the text that are not as expected.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl Selector {
    /// The one that everything matches.
    pub fn everything() -> Self {
        Selector::default()
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Its conditions.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether all conditions hold for these labels. Of a key that is given twice, the first counts.
    pub fn matches<'l>(&self, labels: impl IntoIterator<Item = (&'l str, &'l str)> + Clone) -> bool {
        let value = |key: &str| labels.clone().into_iter().find(|(name, _)| *name == key).map(|(_, value)| value);
        self.requirements.iter().all(|requirement| requirement.test.holds(value(&requirement.key)))
    }

    /// Whether all conditions hold for the entries of a mapping, as under `metadata.labels`; no mapping is an empty one.
    pub fn matches_node(&self, labels: Option<Node<'_>>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.and_then(|labels| labels.get(&requirement.key)).map(Node::text);
            requirement.test.holds(value)
        })
    }

    /// From a label selector of a manifest: `matchLabels` and `matchExpressions` (`In`, `NotIn`, `Exists`,
    /// `DoesNotExist`).
    ///
    /// # Errors
    /// An operator that is none of these, or a key or value that is none.
    pub fn of(node: Node<'_>) -> Result<Self, SelectorError> {
        let mut requirements = Vec::new();
        let whole = |text: &str, reason: String| SelectorError { text: text.to_owned(), reason, span: 0..text.len() };
        for (key, value) in node.get("matchLabels").into_iter().flat_map(Node::entries) {
            let key = check_key(key.text()).map_err(|reason| whole(key.text(), reason))?;
            let value = check_value(value.text()).map_err(|reason| whole(value.text(), reason))?;
            requirements.push(Requirement { key, test: Test::Equals(value) });
        }
        for expression in node.get("matchExpressions").into_iter().flat_map(Node::items) {
            let text = |name: &str| expression.get(name).map_or("", Node::text);
            let key = check_key(text("key")).map_err(|reason| whole(text("key"), reason))?;
            let values = expression.get("values").into_iter().flat_map(Node::items);
            let values = values.map(|value| check_value(value.text()).map_err(|reason| whole(value.text(), reason)));
            let values = sorted(values.collect::<Result<_, _>>()?);
            let test = match text("operator") {
                "In" => Test::In(values),
                "NotIn" => Test::NotIn(values),
                "Exists" => Test::Exists,
                "DoesNotExist" => Test::Absent,
                other => {
                    let reason = "the operator is none of In, NotIn, Exists and DoesNotExist";
                    return Err(whole(other, reason.to_owned()));
                }
            };
            requirements.push(Requirement { key, test });
        }
        Ok(Selector { requirements })
    }
}

impl Requirement {
    /// The label it is about.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        let is_in = |values: &[String]| value.is_some_and(|value| values.iter().any(|other| other == value));
        match self {
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Equals(other) => value == Some(other),
            Test::Differs(other) => value != Some(other),
            Test::In(values) => is_in(values),
            Test::NotIn(values) => !is_in(values),
            Test::Above(limit) => number().is_some_and(|number| number > *limit),
            Test::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.sort_unstable();
    values.dedup();
    values
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.test {
            Test::Exists => f.write_str(key),
            Test::Absent => write!(f, "!{key}"),
            Test::Equals(value) => write!(f, "{key}={value}"),
            Test::Differs(value) => write!(f, "{key}!={value}"),
            Test::In(values) => write!(f, "{key} in ({})", values.join(",")),
            Test::NotIn(values) => write!(f, "{key} notin ({})", values.join(",")),
            Test::Above(limit) => write!(f, "{key}>{limit}"),
            Test::Below(limit) => write!(f, "{key}<{limit}"),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, requirement) in self.requirements.iter().enumerate() {
            write!(f, "{}{requirement}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let mut parser = Parser { text, at: 0 };
        parser.selector().map_err(|(span, reason)| SelectorError { text: text.to_owned(), reason, span })
    }
}

/// A place and what is wrong there.
type Trouble = (Range<usize>, String);

/// The longer marks first, as they begin alike.
const MARKS: [&str; 9] = ["==", "!=", "=", "!", ",", "(", ")", "<", ">"];

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    /// The next word or mark with its place, without taking it; an empty one at the end.
    fn peek(&self) -> (Range<usize>, &'t str) {
        let rest = &self.text[self.at..];
        let start = self.at + (rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len());
        let rest = &self.text[start..];
        let mark = MARKS.iter().find(|mark| rest.starts_with(**mark)).map(|mark| mark.len());
        let word = || rest.find(|char: char| " \t\r\n=!,()<>".contains(char)).unwrap_or(rest.len());
        let end = start + mark.unwrap_or_else(word);
        (start..end, &self.text[start..end])
    }

    fn take(&mut self) -> (Range<usize>, &'t str) {
        let (span, token) = self.peek();
        self.at = span.end;
        (span, token)
    }

    fn found(token: &str, expected: &str) -> String {
        match token {
            "" => format!("{expected} was expected at the end"),
            token => format!("{expected} was expected, not '{token}'"),
        }
    }

    fn selector(&mut self) -> Result<Selector, Trouble> {
        let mut requirements = Vec::new();
        if self.peek().1.is_empty() {
            return Ok(Selector { requirements });
        }
        loop {
            requirements.push(self.requirement()?);
            match self.take() {
                (_, "") => return Ok(Selector { requirements }),
                (_, ",") => {}
                (span, token) => return Err((span, Self::found(token, "','"))),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, Trouble> {
        let absent = self.peek().1 == "!";
        if absent {
            self.take();
        }
        let (span, token) = self.take();
        if token.is_empty() || MARKS.contains(&token) {
            return Err((span, Self::found(token, "a label key")));
        }
        let key = check_key(token).map_err(|reason| (span, reason))?;
        let test = if absent { Test::Absent } else { self.test()? };
        Ok(Requirement { key, test })
    }

    fn test(&mut self) -> Result<Test, Trouble> {
        if matches!(self.peek().1, "" | ",") {
            return Ok(Test::Exists);
        }
        let (span, token) = self.take();
        match token {
            "=" | "==" => self.value().map(Test::Equals),
            "!=" => self.value().map(Test::Differs),
            "in" => self.values().map(Test::In),
            "notin" => self.values().map(Test::NotIn),
            ">" => self.number().map(Test::Above),
            "<" => self.number().map(Test::Below),
            token => Err((span, Self::found(token, "one of = == != in notin < >"))),
        }
    }

    /// A value; nothing is the empty one.
    fn value(&mut self) -> Result<String, Trouble> {
        let (span, token) = self.peek();
        if matches!(token, "" | "," | ")") {
            return Ok(String::new());
        }
        self.take();
        check_value(token).map_err(|reason| (span, reason))
    }

    fn values(&mut self) -> Result<Vec<String>, Trouble> {
        let (span, token) = self.take();
        if token != "(" {
            return Err((span, Self::found(token, "'('")));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            match self.take() {
                (_, ",") => {}
                (_, ")") => return Ok(sorted(values)),
                (span, token) => return Err((span, Self::found(token, "',' or ')'"))),
            }
        }
    }

    fn number(&mut self) -> Result<i64, Trouble> {
        let (span, token) = self.take();
        token.parse().map_err(|_| (span, Self::found(token, "an integer")))
    }
}

/// `[prefix/]name`: the prefix a DNS name of at most 253 bytes, the name as a value and not empty.
fn check_key(key: &str) -> Result<String, String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    match prefix {
        _ if name.is_empty() || !is_value(name) => Err(format!("'{key}' is no label key: {VALUE}, not empty")),
        Some(prefix) if prefix.len() > 253 || !prefix.split('.').all(label) => {
            Err(format!("'{key}' is no label key: what is before '/' is no DNS name"))
        }
        _ => Ok(key.to_owned()),
    }
}

const VALUE: &str = "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";

fn check_value(value: &str) -> Result<String, String> {
    if is_value(value) { Ok(value.to_owned()) } else { Err(format!("'{value}' is no label value: {VALUE}")) }
}

fn is_value(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |char: char| char.is_ascii_alphanumeric();
    text.is_empty() || (text.len() <= 63 && text.bytes().all(inner) && text.starts_with(ends) && text.ends_with(ends))
}
