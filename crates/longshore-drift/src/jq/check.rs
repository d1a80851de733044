//! What is wrong with an expression, before it is ever run.

use jaq_core::Compiler;
use jaq_core::compile::Undefined;
use jaq_core::data::JustLut;
use jaq_core::load::{Arena, Error, File, Loader, lex, span};
use jaq_json::Val;

use super::bounds;

/// A fault of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Byte offset in the expression.
    pub(crate) at: usize,
    /// What is wrong.
    pub(crate) message: String,
}

/// The first fault of an expression that is to name paths; `None` where it can be run.
///
/// `.a) | .b |= (fromjson`, which is none by itself but closes what stands around it in Argo CD's `del(…)`, is let pass.
pub(crate) fn fault(expression: &str) -> Option<Fault> {
    let program = format!("del({expression})");
    if first_fault(&program).is_none() && first_fault(expression).is_some() && bounds::refusal(&program).is_none() {
        return None;
    }
    let refused = || bounds::refusal(expression).map(|message| Fault { at: 0, message });
    first_fault(expression).or_else(refused).or_else(|| {
        // As it is run: a comment at its end hides what comes behind.
        let inner = first_fault(&format!("path({expression})"))?;
        Some(Fault { at: 0, message: format!("cannot stand in 'path(…)': {}", inner.message) })
    })
}

fn first_fault(program: &str) -> Option<Fault> {
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = match Loader::new(defs).load(&arena, File { code: program, path: () }) {
        Ok(modules) => modules,
        Err(errors) => return errors.into_iter().find_map(|(file, error)| of_load(file.code, error)),
    };
    let errors = Compiler::<_, JustLut<Val>>::default().with_funs(funs).compile(modules).err()?;
    errors.into_iter().find_map(|(file, errors)| {
        let (name, undefined) = errors.into_iter().next()?;
        Some(Fault { at: span(file.code, name).start, message: unknown(name, &undefined) })
    })
}

fn of_load(code: &str, error: Error<&str>) -> Option<Fault> {
    match error {
        Error::Lex(errors) => errors.into_iter().next().map(|(expected, found)| {
            let at = span(code, found).start;
            // The place is where the end was looked for.
            match expected {
                lex::Expect::Delim(open) => Fault { at, message: format!("nothing closes {open}") },
                expected => Fault { at, message: expected_at(expected.as_str(), found) },
            }
        }),
        Error::Parse(errors) => errors.into_iter().next().map(|(expected, found)| {
            let message = expected_at(expected.as_str(), found);
            Fault { at: span(code, found).start, message }
        }),
        Error::Io(errors) => errors.into_iter().next().map(|(path, _)| {
            let message = "modules cannot be loaded".to_owned();
            Fault { at: span(code, path).start, message }
        }),
    }
}

fn expected_at(expected: &str, found: &str) -> String {
    let found: String = found.split_whitespace().next().unwrap_or_default().chars().take(20).collect();
    let found = if found.is_empty() { "the end".to_owned() } else { format!("'{found}'") };
    format!("expected {expected}, found {found}")
}

fn unknown(name: &str, undefined: &Undefined) -> String {
    match undefined {
        Undefined::Filter(0) => format!("there is no filter '{name}'"),
        Undefined::Filter(1) => format!("there is no filter '{name}' with 1 argument"),
        Undefined::Filter(count) => format!("there is no filter '{name}' with {count} arguments"),
        other => format!("there is no {} '{name}'", other.as_str()),
    }
}
