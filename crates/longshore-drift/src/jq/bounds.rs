//! Which programs are run at all: those that end, and that ask nothing but their input.

use jaq_core::load::Lexer;
use jaq_core::load::lex::{StrPart, Tok, Token};

/// What may run for ever: own definitions can call themselves, as these do.
const UNENDING: &[&str] = &["def", "until", "while", "repeat", "range"];

/// What asks, or tells, someone outside.
const OUTSIDE: &[&str] = &[
    "debug",
    "env",
    "halt",
    "halt_error",
    "import",
    "include",
    "input",
    "input_filename",
    "inputs",
    "localtime",
    "now",
    "stderr",
];

/// Why a program is not run; `None` where it is.
///
/// Without definitions of its own and without loops that it ends itself, a program walks finite data and stops.
pub(super) fn refusal(program: &str) -> Option<String> {
    let Ok(tokens) = Lexer::new(program).lex() else { return Some("not an expression of jq".to_owned()) };
    tokens_refusal(&tokens)
}

fn tokens_refusal(tokens: &[Token<&str>]) -> Option<String> {
    let after = tokens.iter().skip(1).map(Some).chain([None]);
    tokens.iter().zip(after).find_map(|(token, next)| token_refusal(token, next))
}

fn token_refusal(Token(text, kind): &Token<&str>, next: Option<&Token<&str>>) -> Option<String> {
    let is_called = matches!(next, Some(Token(_, Tok::Block(_))));
    match kind {
        Tok::Word if UNENDING.contains(text) || (*text == "recurse" && is_called) => {
            Some(format!("'{text}' is not allowed: the expression might not end"))
        }
        Tok::Word if OUTSIDE.contains(text) => {
            Some(format!("'{text}' is not allowed: an expression sees its object alone"))
        }
        Tok::Var if *text == "$ENV" => Some("'$ENV' is not allowed: an expression sees its object alone".to_owned()),
        Tok::Block(inner) => tokens_refusal(inner),
        Tok::Str(parts) => parts.iter().find_map(|part| match part {
            StrPart::Term(term) => token_refusal(term, None),
            _ => None,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn what_walks_its_input_is_run() {
        for program in [
            ".spec.replicas",
            ".until.def.now",
            ".. | select(.name? == \"x\")",
            "recurse | .a?",
            "del(.a) | .b |= (fromjson | tojson)",
            "[limit(3; .[])] | map(.x) | walk(.)",
            "\"def \\(.a)\"",
        ] {
            assert_eq!(refusal(program), None, "{program}");
        }
    }

    #[test]
    fn what_might_not_end_or_asks_outside_is_refused() {
        for program in [
            "until(true == false; [.] + [1])",
            "def f: f; f",
            "recurse(.)",
            "[range(1e18)]",
            "\"\\(repeat(1))\"",
            ".a[now]",
            "$ENV.HOME",
            "input",
            "\"",
        ] {
            assert!(refusal(program).is_some(), "{program}");
        }
    }
}
