//! Whatever the text, a condition is read or refused with a span inside it, and its parts come to what the whole comes to.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use longshore_pipeline::expression::Expression;
use longshore_pipeline::variables::{Undefined, Variable, Variables};

fuzz_target!(|text: &str| {
    let variables = BTreeMap::from([("A".to_owned(), "one".to_owned()), ("B".to_owned(), String::new())]);
    match Expression::parse(text) {
        Err(error) => {
            let span = error.span();
            assert!(span.start <= span.end && span.end as usize <= text.len());
            assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
        }
        Ok(expression) => {
            let trace = expression.trace(&variables);
            let last = trace.last().expect("a condition has a value");
            assert_eq!(last.value.is_present(), expression.holds(&variables));
            if let Some(constant) = expression.constant() {
                assert_eq!(constant, expression.holds(&variables));
            }
        }
    }
    let mut set = Variables::new();
    for (at, line) in text.lines().enumerate() {
        set.push(Variable::new(format!("V{}", at % 5), line));
    }
    if let Ok(expanded) = set.expanded(Undefined::Keep) {
        assert_eq!(expanded.len(), set.len());
    }
});
