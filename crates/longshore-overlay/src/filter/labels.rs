//! Label selectors: `app=shop,tier in (web, api),!canary`.

use longshore_yaml::Node;

use crate::filter::edit::FilterError;

/// Conditions on the labels (or annotations) of an object, all of which must hold.
///
/// ```text
/// selector  = [ condition *( "," condition ) ]
/// condition = key | "!" key | key ( "=" | "==" | "!=" ) value | key ( "in" | "notin" ) "(" value *( "," value ) ")"
///           | key ( "<" | ">" ) number
/// ```
/// This is the syntax of Kubernetes (`apimachinery/pkg/labels`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Condition>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Absent,
    In(Vec<String>),
    /// Also holds where there is no such label.
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Mark(&'static str),
}

/// The longer marks first, as they begin alike.
const MARKS: &[&str] = &["==", "!=", "=", "!", ",", "(", ")", "<", ">"];

impl LabelSelector {
    /// Reads a selector.
    pub(crate) fn parse(text: &str) -> Result<Self, FilterError> {
        let refuse = |reason: String| FilterError::new(format!("unable to parse selector {text:?}: {reason}"));
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        let mut conditions = Vec::new();
        while parser.at < parser.tokens.len() {
            conditions.push(parser.condition().map_err(refuse)?);
            match parser.next() {
                None => break,
                Some(Token::Mark(",")) if parser.at < parser.tokens.len() => {}
                Some(_) => return Err(refuse("expected ',' and a condition".to_owned())),
            }
        }
        Ok(LabelSelector(conditions))
    }

    /// Whether all conditions hold for the entries of a map; none is as an empty one.
    pub(crate) fn matches(&self, labels: Option<Node<'_>>) -> bool {
        self.0.iter().all(|condition| {
            let value = labels.and_then(|labels| labels.get(&condition.key)).map(Node::text);
            condition.test.holds(value)
        })
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::In(values) => value.is_some_and(|value| values.iter().any(|other| other == value)),
            Test::NotIn(values) => value.is_none_or(|value| values.iter().all(|other| other != value)),
            Test::Above(limit) => number().is_some_and(|number| number > *limit),
            Test::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
        let length = match mark {
            Some(mark) => mark.len(),
            None => rest.find(|c: char| c.is_ascii_whitespace() || "=!,()<>".contains(c)).unwrap_or(rest.len()),
        };
        tokens.push(mark.map_or(Token::Word(&rest[..length]), |mark| Token::Mark(mark)));
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&Token<'t>> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let absent = self.peek() == Some(&Token::Mark("!"));
        if absent {
            self.next();
        }
        let key = match self.next() {
            Some(Token::Word(key)) => check_key(key)?.to_owned(),
            found => return Err(format!("found '{}', expected: !, identifier, or end of string", text_of(found))),
        };
        if absent {
            return Ok(Condition { key, test: Test::Absent });
        }
        let test = match self.peek() {
            None | Some(Token::Mark(",")) => return Ok(Condition { key, test: Test::Exists }),
            Some(_) => self.test()?,
        };
        Ok(Condition { key, test })
    }

    fn test(&mut self) -> Result<Test, String> {
        match self.next() {
            Some(Token::Mark("=" | "==")) => Ok(Test::In(vec![self.value()?])),
            Some(Token::Mark("!=")) => Ok(Test::NotIn(vec![self.value()?])),
            Some(Token::Word("in")) => self.values().map(Test::In),
            Some(Token::Word("notin")) => self.values().map(Test::NotIn),
            Some(Token::Mark(">")) => self.number().map(Test::Above),
            Some(Token::Mark("<")) => self.number().map(Test::Below),
            found => Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", text_of(found))),
        }
    }

    /// A value, which may be empty.
    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            None | Some(Token::Mark("," | ")")) => Ok(String::new()),
            Some(Token::Word(value)) => {
                let value = check_value(value)?.to_owned();
                self.next();
                Ok(value)
            }
            found => Err(format!("found '{}', expected: identifier", text_of(found.cloned()))),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        if self.next() != Some(Token::Mark("(")) {
            return Err("expected: '('".to_owned());
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            match self.next() {
                Some(Token::Mark(",")) => {}
                Some(Token::Mark(")")) => return Ok(values),
                found => return Err(format!("found '{}', expected: ',' or ')'", text_of(found))),
            }
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let value = self.value()?;
        value.parse().map_err(|_| format!("'{value}' is no integer, as '<' and '>' need"))
    }
}

fn text_of(token: Option<Token<'_>>) -> String {
    match token {
        None => String::new(),
        Some(Token::Word(text)) => text.to_owned(),
        Some(Token::Mark(text)) => text.to_owned(),
    }
}

/// `[prefix/]name`: the name as [`is_name`], the prefix a DNS name.
fn check_key(key: &str) -> Result<&str, String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let dns = |prefix: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        !prefix.is_empty() && prefix.len() <= 253 && prefix.chars().all(fits)
    };
    if !name.is_empty() && is_name(name) && prefix.is_none_or(dns) {
        Ok(key)
    } else {
        Err(format!("invalid label key {key:?}"))
    }
}

fn check_value(value: &str) -> Result<&str, String> {
    if is_name(value) { Ok(value) } else { Err(format!("invalid label value {value:?}")) }
}

/// At most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; or nothing.
fn is_name(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.is_empty() || (text.len() <= 63 && text.starts_with(ends) && text.ends_with(ends) && text.chars().all(fits))
}

#[cfg(test)]
mod tests {
    use longshore_yaml::{ReadOptions, SourceFile, read};

    use super::*;

    #[track_caller]
    fn check(selector: &str, labels: &str, expect: bool) {
        let docs = read(&SourceFile::new("a", labels), &ReadOptions::default()).expect("it is YAML");
        let selector = LabelSelector::parse(selector).expect("the selector is valid");
        assert_eq!(selector.matches(docs.first().map(|doc| doc.root())), expect);
    }

    #[test]
    fn conditions_hold() {
        check("", "{}", true);
        check("a=b", "a: b", true);
        check("a==b,c!=d", "a: b", true);
        check("a != b", "{a: b}", false);
        check("a in (b, c)", "a: c", true);
        check("a notin (b,c)", "a: c", false);
        check("a", "a: x", true);
        check("!a", "b: x", true);
        check("!a", "a: x", false);
        check("a>3", "a: '4'", true);
        check("a<3", "a: '4'", false);
        check("a=", "a: ''", true);
    }

    #[track_caller]
    fn refuse(selector: &str) {
        LabelSelector::parse(selector).expect_err("the selector is invalid");
    }

    #[test]
    fn nonsense_is_refused() {
        refuse("a b");
        refuse("a in b");
        refuse("a=b,");
        refuse("=b");
        refuse("a>b");
        refuse("-a=b");
        refuse("a=b c");
    }
}
