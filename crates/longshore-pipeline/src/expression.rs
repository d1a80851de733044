//! Conditions of `rules:if` and `only:variables`: the language, its values, and a trace of each evaluation.
//!
//! ```text
//! expression = operand (operator operand)*          operators: == != =~ !~  bind tighter than  &&  than  ||
//! operand    = '!' operand | '(' expression ')' | $NAME | "text" | 'text' | /pattern/ismU | null | true | false
//! ```
//! The operators of one rank bind to the left; `!` binds tightest. `&&` and `||` give an operand, as in Ruby: inside,
//! only `null` and `false` are false, but the whole is true only when something visible is left (not `""`).

mod lex;
mod parse;

use std::fmt;

use longshore_yaml::Span;

use crate::pattern::Pattern;
pub(crate) use parse::{Op, Operator, Step};

/// More tokens than this are refused, as GitLab does.
pub const MAX_TOKENS: usize = 100;

/// A parsed condition. Parse once, evaluate against many sets of variables.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    steps: Vec<Step>,
}

/// Why a text is no condition; the kinds and words are GitLab's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    pub(crate) kind: &'static str,
    pub(crate) message: &'static str,
    pub(crate) span: Span,
}

impl ExpressionError {
    /// The bytes of the text that the error is about.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The message without the kind.
    pub fn message(&self) -> &str {
        self.message
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for ExpressionError {}

/// What a condition, or a part of it, gives.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`, and a variable that is not defined.
    Null,
    /// `true`, `false`, and every comparison.
    Bool(bool),
    /// A text: a variable's value or a quoted one.
    Text(String),
    /// A pattern between slashes.
    Pattern(Pattern),
}

impl Value {
    /// Ruby's `present?`: neither null nor false nor blank.
    pub fn is_present(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(value) => *value,
            Value::Text(text) => !text.chars().all(char::is_whitespace),
            Value::Pattern(_) => true,
        }
    }

    /// Ruby's truth: neither null nor false.
    fn is_truthy(&self) -> bool {
        !matches!(self, Value::Null | Value::Bool(false))
    }

    fn to_text(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Bool(value) => value.to_string(),
            Value::Text(text) => text.clone(),
            Value::Pattern(pattern) => format!("{pattern:?}"),
        }
    }

    fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Bool(_), Value::Text(_)) | (Value::Text(_), Value::Bool(_)) => self.to_text() == other.to_text(),
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Pattern(a), Value::Pattern(b)) => format!("{a:?}") == format!("{b:?}"),
            _ => false,
        }
    }

    /// Whether `self` is found by `pattern`; a text that is no pattern is looked for as it stands.
    fn matched_by(&self, pattern: &Value) -> bool {
        let text = self.to_text();
        match pattern {
            Value::Null | Value::Bool(_) => false,
            Value::Pattern(pattern) => pattern.is_match(&text),
            Value::Text(source) => match Pattern::parse(&source.replace("\\/", "/")) {
                Ok(pattern) => pattern.is_match(&text),
                Err(_) => source.contains(&text),
            },
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Pattern(pattern) => write!(f, "{pattern:?}"),
        }
    }
}

/// Where a condition finds the values of its variables.
pub trait Lookup {
    /// The value of the variable `name`, if it is defined.
    fn variable(&self, name: &str) -> Option<&str>;

    /// The value of `$[[ inputs.name ]]`, if it is given.
    fn input(&self, name: &str) -> Option<&str> {
        let _ = name;
        None
    }
}

impl Lookup for std::collections::BTreeMap<String, String> {
    fn variable(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

/// One part of a condition with what it gave: the parts in order of evaluation, the whole last.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The bytes of the condition's text.
    pub span: Span,
    /// What the part gave.
    pub value: Value,
}

impl Expression {
    /// Parses a condition.
    ///
    /// # Errors
    /// Whatever GitLab refuses, more than [`MAX_TOKENS`] tokens included.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let steps = parse::parse(text)?;
        Ok(Expression { text: text.to_owned(), steps })
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the condition holds.
    pub fn holds(&self, variables: &impl Lookup) -> bool {
        self.evaluate(variables).is_present()
    }

    /// What the condition gives.
    pub fn evaluate(&self, variables: &impl Lookup) -> Value {
        self.run(variables, |_, _| {})
    }

    /// What each part of the condition gives.
    pub fn trace(&self, variables: &impl Lookup) -> Vec<Evaluated> {
        let mut parts = Vec::new();
        self.run(variables, |span, value| parts.push(Evaluated { span, value: value.clone() }));
        parts
    }

    /// The names of the variables it reads, in order, each once.
    pub fn variables(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for step in &self.steps {
            if let Op::Variable(name) = &step.op
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }

    /// The value that it gives whatever the variables are, if there is one.
    pub fn constant(&self) -> Option<bool> {
        let mut stack: Vec<Option<Value>> = Vec::new();
        for step in &self.steps {
            let value = match &step.op {
                Op::Variable(_) | Op::Input(_) => None,
                Op::Literal(value) => Some(value.clone()),
                Op::Not => stack.pop()?.map(|value| Value::Bool(!value.is_present())),
                Op::Apply(operator) => {
                    let (right, left) = (stack.pop()?, stack.pop()?);
                    operator.apply_known(left, right)
                }
            };
            stack.push(value);
        }
        stack.pop()?.map(|value| value.is_present())
    }

    fn run(&self, variables: &impl Lookup, mut seen: impl FnMut(Span, &Value)) -> Value {
        let mut stack: Vec<Value> = Vec::with_capacity(4);
        let pop = |stack: &mut Vec<Value>| stack.pop().expect("parsing has counted the operands");
        let text = |value: Option<&str>| value.map_or(Value::Null, |text| Value::Text(text.to_owned()));
        for step in &self.steps {
            let value = match &step.op {
                Op::Literal(value) => value.clone(),
                Op::Variable(name) => text(variables.variable(name)),
                Op::Input(name) => text(variables.input(name)),
                Op::Not => Value::Bool(!pop(&mut stack).is_present()),
                Op::Apply(operator) => {
                    let right = pop(&mut stack);
                    let left = pop(&mut stack);
                    operator.apply(left, right)
                }
            };
            seen(step.span, &value);
            stack.push(value);
        }
        pop(&mut stack)
    }
}

impl Operator {
    fn apply(self, left: Value, right: Value) -> Value {
        match self {
            Operator::Equals => Value::Bool(left.equals(&right)),
            Operator::NotEquals => Value::Bool(!left.equals(&right)),
            Operator::Matches => Value::Bool(left.matched_by(&right)),
            Operator::NotMatches => Value::Bool(!left.matched_by(&right)),
            Operator::And => {
                if left.is_truthy() {
                    right
                } else {
                    left
                }
            }
            Operator::Or => {
                if left.is_truthy() {
                    left
                } else {
                    right
                }
            }
        }
    }

    /// As `apply` where an operand may be unknown: one side alone can settle `&&` and `||`.
    fn apply_known(self, left: Option<Value>, right: Option<Value>) -> Option<Value> {
        match (self, left, right) {
            (_, Some(left), Some(right)) => Some(self.apply(left, right)),
            (Operator::And, Some(left), None) if !left.is_truthy() => Some(left),
            (Operator::And, None, Some(right)) if !right.is_present() => Some(Value::Bool(false)),
            (Operator::Or, Some(left), None) if left.is_truthy() => Some(left),
            _ => None,
        }
    }
}
