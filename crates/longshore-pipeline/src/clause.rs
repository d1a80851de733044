//! Whether the clauses of rules and policies hold, and what they were made of.

use std::cell::OnceCell;
use std::collections::HashMap;

use longshore_source::{FilePath, Files};

use crate::context::{Context, RefKind};
use crate::entry::policy::Policy;
use crate::entry::rules::{Paths, Rule};
use crate::error::Failure;
use crate::expression::{Expression, Lookup};
use crate::glob;
use crate::pattern::Pattern;
use crate::value::At;
use crate::variables::{Undefined, Variables};

/// Comparisons of patterns with paths, beyond which GitLab takes `changes` and `exists` as met.
const MAX_COMPARISONS: usize = 50_000;
/// Folders that a walk over the file tree enters at most.
const MAX_FOLDERS: usize = 1_000_000;

/// All files of the repository, found once when they are needed.
pub(crate) struct Tree<'t> {
    files: &'t dyn Files,
    given: Option<&'t [String]>,
    walked: OnceCell<Result<Vec<String>, Failure>>,
}

impl<'t> Tree<'t> {
    pub(crate) fn new(files: &'t dyn Files, context: &'t Context) -> Self {
        Tree { files, given: context.present.as_deref(), walked: OnceCell::new() }
    }

    /// The paths, sorted.
    pub(crate) fn paths(&self) -> Result<&[String], Failure> {
        if let Some(given) = self.given {
            return Ok(given);
        }
        self.walked.get_or_init(|| walk(self.files)).as_deref().map_err(Clone::clone)
    }
}

fn walk(files: &dyn Files) -> Result<Vec<String>, Failure> {
    let mut open = vec![FilePath::root()];
    let mut out = Vec::new();
    let mut folders = 0;
    while let Some(folder) = open.pop() {
        folders += 1;
        if folders > MAX_FOLDERS {
            return Err(Failure::new(format!("more than {MAX_FOLDERS} folders in the repository"), At::default()));
        }
        let entries = files.list(&folder).map_err(|error| Failure::new(error.to_string(), At::default()))?;
        for entry in entries.iter().filter(|entry| entry.name != ".git") {
            if let Ok(path) = folder.join(&entry.name) {
                if entry.directory { open.push(path) } else { out.push(path.as_str().to_owned()) }
            }
        }
    }
    out.sort();
    Ok(out)
}

/// The variables that clauses see: layers, of which a later one wins.
pub(crate) struct Scope<'s> {
    /// Values of the context, looked up behind what the job sets itself.
    outer: &'s HashMap<&'s str, &'s str>,
    /// Values that win over all others.
    forced: &'s Variables,
    own: Vec<(&'s str, &'s str, bool)>,
    expanded: OnceCell<Variables>,
    predefined: &'s Variables,
}

impl<'s> Scope<'s> {
    pub(crate) fn new(world: &'s World<'_>, own: Vec<(&'s str, &'s str, bool)>) -> Self {
        Scope {
            outer: &world.lookup,
            forced: &world.context.variables,
            own,
            expanded: OnceCell::new(),
            predefined: &world.predefined,
        }
    }

    /// All variables in GitLab's order, for expansion.
    pub(crate) fn collection(&self) -> Variables {
        let mut all = self.predefined.clone();
        for (key, value, raw) in &self.own {
            let mut variable = crate::variables::Variable::new(*key, *value);
            variable.raw = *raw;
            all.push(variable);
        }
        self.forced.iter().for_each(|variable| all.push(variable.clone()));
        all
    }

    /// All variables expanded; as they are where they go round in a circle.
    pub(crate) fn expanded(&self) -> &Variables {
        self.expanded.get_or_init(|| {
            let all = self.collection();
            all.expanded(Undefined::Keep).unwrap_or(all)
        })
    }
}

impl Lookup for Scope<'_> {
    fn variable(&self, name: &str) -> Option<&str> {
        let forced = self.forced.get(name);
        if let Some(variable) = forced {
            return variable.value.as_deref();
        }
        let own = self.own.iter().rev().find(|(key, ..)| *key == name).map(|(_, value, _)| *value);
        own.or_else(|| self.outer.get(name).copied())
    }
}

/// What every clause of one compilation sees.
pub(crate) struct World<'w> {
    pub(crate) context: &'w Context,
    pub(crate) tree: &'w Tree<'w>,
    pub(crate) predefined: Variables,
    lookup: HashMap<&'w str, &'w str>,
}

impl<'w> World<'w> {
    pub(crate) fn new(context: &'w Context, tree: &'w Tree<'w>, predefined: &'w Variables) -> Self {
        let lookup =
            predefined.iter().map(|variable| (variable.key.as_str(), variable.value.as_deref().unwrap_or_default()));
        World { context, tree, predefined: predefined.clone(), lookup: lookup.collect() }
    }
}

/// What kind of clause held or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClauseKind {
    /// `if`, or an entry of `only:variables`.
    If,
    /// `changes`.
    Changes,
    /// `exists`.
    Exists,
    /// A list of refs of `only` or `except`.
    Refs,
    /// `kubernetes: active`.
    Kubernetes,
}

impl ClauseKind {
    /// The keyword under which it is written.
    pub fn keyword(self) -> &'static str {
        match self {
            ClauseKind::If => "if",
            ClauseKind::Changes => "changes",
            ClauseKind::Exists => "exists",
            ClauseKind::Refs => "refs",
            ClauseKind::Kubernetes => "kubernetes",
        }
    }
}

/// One clause with what came of it, before its place is looked up.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub(crate) kind: ClauseKind,
    pub(crate) text: String,
    pub(crate) holds: bool,
    /// Parts of the clause with the values they had.
    pub(crate) operands: Vec<(String, String)>,
    pub(crate) at: At,
}

/// Whether a rule's clauses all hold; no clauses are met always.
pub(crate) fn rule_holds(world: &World<'_>, scope: &Scope<'_>, rule: &Rule) -> Result<bool, Failure> {
    if let Some((condition, _)) = &rule.condition
        && !condition.holds(scope)
    {
        return Ok(false);
    }
    if let Some(paths) = &rule.changes
        && changed(world, scope, &paths.globs).is_none()
    {
        return Ok(false);
    }
    match &rule.exists {
        Some(paths) => Ok(present(world, scope, paths)?.is_some()),
        None => Ok(true),
    }
}

/// The clauses of a rule with what they were made of.
pub(crate) fn rule_trace(world: &World<'_>, scope: &Scope<'_>, rule: &Rule) -> Result<Vec<Clause>, Failure> {
    let mut clauses = Vec::new();
    if let Some((condition, at)) = &rule.condition {
        clauses.push(condition_trace(scope, condition, *at));
    }
    if let Some(paths) = &rule.changes {
        let found = changed(world, scope, &paths.globs);
        clauses.push(paths_trace(ClauseKind::Changes, paths, found));
    }
    if let Some(paths) = &rule.exists {
        let found = present(world, scope, paths)?;
        clauses.push(paths_trace(ClauseKind::Exists, paths, found));
    }
    Ok(clauses)
}

fn condition_trace(scope: &Scope<'_>, condition: &Expression, at: At) -> Clause {
    let parts = condition.trace(scope);
    let text = |span: longshore_yaml::Span| condition.text()[span.start as usize..span.end as usize].to_owned();
    let holds = condition.holds(scope);
    let operands = parts.iter().map(|part| (text(part.span), part.value.to_string())).collect();
    Clause { kind: ClauseKind::If, text: condition.text().to_owned(), holds, operands, at }
}

fn paths_trace(kind: ClauseKind, paths: &Paths, found: Option<(String, String)>) -> Clause {
    let holds = found.is_some();
    Clause { kind, text: paths.globs.join(", "), holds, operands: found.into_iter().collect(), at: paths.at }
}

/// The pattern and the changed path that meet; `changes` holds where it is not known what changed.
fn changed(world: &World<'_>, scope: &Scope<'_>, globs: &[String]) -> Option<(String, String)> {
    let Some(paths) = &world.context.changed else {
        return Some((globs.join(", "), "the changed files are not known".to_owned()));
    };
    if paths.is_empty() {
        return None;
    }
    let globs: Vec<String> = globs.iter().map(|glob| scope.expand(glob)).collect();
    if paths.len().saturating_mul(globs.len()) > MAX_COMPARISONS {
        return Some((globs.join(", "), format!("more than {MAX_COMPARISONS} comparisons")));
    }
    let meets = |path: &String| globs.iter().find(|glob| glob::matches(glob, path));
    paths.iter().find_map(|path| meets(path).map(|glob| (glob.clone(), path.clone())))
}

impl Scope<'_> {
    /// A path pattern with its variables filled in.
    fn expand(&self, text: &str) -> String {
        if text.contains(['$', '%']) { self.expanded().expand(text, Undefined::Keep) } else { text.to_owned() }
    }
}

/// The pattern and the path that meet. Patterns without a slash see the top folder only, as in GitLab.
fn present(world: &World<'_>, scope: &Scope<'_>, paths: &Paths) -> Result<Option<(String, String)>, Failure> {
    if let Some(project) = &paths.other {
        let words = format!("rules:exists:project `{}` is not a valid project path", scope.expand(project));
        return Err(Failure::new(words, paths.at));
    }
    let all = world.tree.paths()?;
    let top = paths.globs.iter().all(|glob| !glob.contains('/') && !glob.contains("**"));
    let globs: Vec<String> = paths.globs.iter().map(|glob| scope.expand(glob)).collect();
    for glob in globs.iter().filter(|glob| is_exact(glob)) {
        let found = if glob.ends_with('/') {
            let at = all.partition_point(|path| path < glob);
            all.get(at).filter(|path| path.starts_with(glob.as_str()))
        } else {
            all.binary_search(glob).ok().map(|at| &all[at]).filter(|path| !top || !path.contains('/'))
        };
        if let Some(path) = found {
            return Ok(Some((glob.clone(), path.clone())));
        }
    }
    let mut comparisons = 0;
    for glob in globs.iter().filter(|glob| !is_exact(glob)) {
        for path in all.iter().filter(|path| !top || !path.contains('/')) {
            comparisons += 1;
            if comparisons > MAX_COMPARISONS {
                return Ok(Some((glob.clone(), format!("more than {MAX_COMPARISONS} comparisons"))));
            }
            if glob::matches(glob, path) {
                return Ok(Some((glob.clone(), path.clone())));
            }
        }
    }
    Ok(None)
}

fn is_exact(glob: &str) -> bool {
    !glob.contains(['*', '?', '[', '{'])
}

/// The parts of `only` or `except` with what came of them.
pub(crate) fn policy_trace(world: &World<'_>, scope: &Scope<'_>, policy: &Policy) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let at = policy.at;
    if let Some(refs) = &policy.refs {
        let found = refs.iter().find(|pattern| ref_matches(world.context, pattern));
        let operands = found.map(|pattern| (pattern.clone(), world.context.reference.clone()));
        let (text, operands) = (refs.join(", "), operands.into_iter().collect());
        clauses.push(Clause { kind: ClauseKind::Refs, text, holds: found.is_some(), operands, at });
    }
    if policy.kubernetes {
        let text = "active".to_owned();
        clauses.push(Clause { kind: ClauseKind::Kubernetes, text, holds: false, operands: Vec::new(), at });
    }
    if let Some(conditions) = &policy.variables {
        let traces: Vec<Clause> = conditions.iter().map(|condition| condition_trace(scope, condition, at)).collect();
        let holds = traces.iter().any(|clause| clause.holds);
        let text = conditions.iter().map(Expression::text).collect::<Vec<_>>().join(" || ");
        let operands = traces.into_iter().flat_map(|clause| clause.operands).collect();
        clauses.push(Clause { kind: ClauseKind::If, text, holds, operands, at });
    }
    if let Some(globs) = &policy.changes {
        let paths = Paths { globs: globs.clone(), other: None, at };
        clauses.push(paths_trace(ClauseKind::Changes, &paths, changed(world, scope, globs)));
    }
    clauses
}

fn ref_matches(context: &Context, written: &str) -> bool {
    let (pattern, path) = written.split_once('@').map_or((written, None), |(pattern, path)| (pattern, Some(path)));
    if path.is_some_and(|path| path != context.project) {
        return false;
    }
    let source = context.source.strip_suffix("_event").unwrap_or(&context.source);
    let by_kind = match context.kind {
        RefKind::Branch => pattern == "branches",
        RefKind::Tag => pattern == "tags",
        RefKind::MergeRequest => false,
    };
    if by_kind || pattern == source || pattern == plural(source) {
        return true;
    }
    context.kind != RefKind::MergeRequest
        && match Pattern::parse(pattern) {
            Ok(pattern) => pattern.is_match(&context.reference),
            Err(_) => pattern == context.reference,
        }
}

/// The plural of a pipeline source, as `only` lists it.
fn plural(source: &str) -> String {
    match source.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if source.ends_with(['s', 'x', 'h']) => format!("{source}es"),
        None => format!("{source}s"),
    }
}
