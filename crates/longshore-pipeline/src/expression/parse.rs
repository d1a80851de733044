//! Tokens to steps in postfix order, by Dijkstra's shunting yard as GitLab runs it.

use longshore_yaml::Span;

use super::lex::{Token, tokens};
use super::{ExpressionError, Value};
use crate::pattern::Pattern;

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equals,
    NotEquals,
    Matches,
    NotMatches,
    And,
    Or,
}

/// What a step does to the stack.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Literal(Value),
    Variable(String),
    Input(String),
    Not,
    Apply(Operator),
}

/// One step, with the bytes of the part of the text whose value is known after it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) span: Span,
}

/// What waits on the operator stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Open,
    Not,
    Binary(Operator),
}

impl Waiting {
    fn precedence(self) -> Option<u8> {
        match self {
            Waiting::Open => None,
            Waiting::Not => Some(1),
            Waiting::Binary(operator) => Some(operator.precedence()),
        }
    }
}

impl Operator {
    fn precedence(self) -> u8 {
        match self {
            Operator::And => 11,
            Operator::Or => 12,
            _ => 10,
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Vec<Step>, ExpressionError> {
    let whole = Span { start: 0, end: text.len() as u32 };
    let mut yard = Yard { steps: Vec::new(), operands: Vec::new() };
    let mut operators: Vec<(Waiting, Span)> = Vec::new();
    let mut output: Vec<Result<(Op, Span), (Waiting, Span)>> = Vec::new();
    for (token, span) in tokens(text)? {
        match token {
            Token::Open => operators.push((Waiting::Open, span)),
            Token::Not => operators.push((Waiting::Not, span)),
            Token::Close => {
                while let Some(&top) = operators.last().filter(|(top, _)| *top != Waiting::Open) {
                    operators.pop();
                    output.push(Err(top));
                }
                operators.pop().ok_or_else(|| fail("ParseError", "Unmatched parenthesis", span))?;
            }
            Token::Operator(operator) => {
                let binds = |top: Waiting| top.precedence().is_some_and(|top| operator.precedence() >= top);
                while let Some(&top) = operators.last().filter(|(top, _)| binds(*top)) {
                    operators.pop();
                    output.push(Err(top));
                }
                operators.push((Waiting::Binary(operator), span));
            }
            value => output.push(Ok((literal(value, span)?, span))),
        }
    }
    output.extend(operators.into_iter().rev().map(Err));
    output.into_iter().try_for_each(|item| yard.take(item))?;
    match yard.operands.len() {
        0 => Err(fail("ParseError", "Empty parse tree", whole)),
        1 => Ok(yard.steps),
        _ => Err(fail("ParseError", "Unreachable nodes in parse tree", yard.operands[1])),
    }
}

fn literal(token: Token<'_>, span: Span) -> Result<Op, ExpressionError> {
    Ok(match token {
        Token::Variable(name) => Op::Variable(name.to_owned()),
        Token::Input(name) => Op::Input(name.to_owned()),
        Token::Text(text) => Op::Literal(Value::Text(text.to_owned())),
        Token::Bool(value) => Op::Literal(Value::Bool(value)),
        Token::Pattern(text) => {
            let pattern = Pattern::parse(&text.replace("\\/", "/"));
            Op::Literal(Value::Pattern(pattern.map_err(|_| fail("SyntaxError", "Invalid regular expression!", span))?))
        }
        _ => Op::Literal(Value::Null),
    })
}

fn fail(kind: &'static str, message: &'static str, span: Span) -> ExpressionError {
    ExpressionError { kind, message, span }
}

/// Counts operands while the steps are laid out, so that evaluation cannot miss one.
struct Yard {
    steps: Vec<Step>,
    operands: Vec<Span>,
}

impl Yard {
    fn take(&mut self, item: Result<(Op, Span), (Waiting, Span)>) -> Result<(), ExpressionError> {
        let (op, span) = match item {
            Ok(value) => value,
            Err((Waiting::Open, span)) => {
                return Err(fail("ParseError", "Unprocessable token found in parse tree: parenthesis_open", span));
            }
            Err((Waiting::Not, span)) => {
                let operand = self.operands.pop().ok_or_else(|| fail("OperatorError", "Invalid operand", span))?;
                (Op::Not, Span { start: span.start.min(operand.start), end: operand.end })
            }
            Err((Waiting::Binary(operator), span)) => {
                let right = self.operands.pop();
                let left = self.operands.pop();
                match (left, right) {
                    (Some(left), Some(right)) => (Op::Apply(operator), Span { start: left.start, end: right.end }),
                    _ => return Err(fail("OperatorError", "Invalid left operand", span)),
                }
            }
        };
        self.operands.push(span);
        self.steps.push(Step { op, span });
        Ok(())
    }
}
