//! Expressions of jq for paths, run by jaq.

mod bounds;
mod check;

pub(crate) use check::fault;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use longshore_yaml::{Node, NodeId};
use serde_json::Value;

/// Paths taken from one expression for one object.
const MAX_PATHS: usize = 100_000;

/// The nodes whose paths an expression gives for an object; none where it is no expression for paths, or fails.
pub(crate) fn paths(object: Node<'_>, expression: &str) -> Vec<NodeId> {
    let Some(found) = run(object, &format!("path({expression})")) else {
        return Vec::new();
    };
    found.iter().filter_map(|path| follow(object, path)).collect()
}

/// An object without what an expression names: the program `del(…)`, which has to give one object.
pub(crate) fn without(object: Node<'_>, expression: &str) -> Option<Value> {
    let mut found = run(object, &format!("del({expression})"))?;
    (found.len() == 1).then(|| found.remove(0)).filter(Value::is_object)
}

fn run(object: Node<'_>, program: &str) -> Option<Vec<Value>> {
    if bounds::refusal(program).is_some() {
        return None;
    }
    let input = read::parse_single(object.to_json().ok()?.to_string().as_bytes()).ok()?;
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = Loader::new(defs).load(&arena, File { code: program, path: () }).ok()?;
    let filter = Compiler::default().with_funs(funs).compile(modules).ok()?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let found = filter.id.run((context, input)).map(unwrap_valr).take(MAX_PATHS);
    Some(found.map_while(Result::ok).filter_map(|path| serde_json::from_str(&path.to_string()).ok()).collect())
}

fn follow(object: Node<'_>, path: &Value) -> Option<NodeId> {
    let step = |node: Node<'_>, step: &Value| match step {
        Value::String(name) => node.get(name).map(|node| node.resolved().id()),
        step => node.item(usize::try_from(step.as_u64()?).ok()?).map(|node| node.resolved().id()),
    };
    let doc = object.document();
    path.as_array()?.iter().try_fold(object.id(), |id, name| step(doc.node(id), name))
}
