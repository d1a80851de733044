//! For what a pipeline is compiled: the ref, its source, variables, inputs, changed files. A value, never the world.

use std::collections::BTreeMap;

use crate::psych::Limits;
use crate::variables::{Variable, Variables};

/// What kind of ref a pipeline runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefKind {
    /// A branch.
    Branch,
    /// A tag.
    Tag,
    /// A merge request, whose pipeline has neither branch nor tag.
    MergeRequest,
}

/// Which GitLab reads the configuration: the paid one knows more keywords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Edition {
    /// What everybody has: `secrets`, `identity`, `dast_configuration` and `needs:project` are unknown.
    #[default]
    Community,
    /// With the keywords of the paid tiers.
    Enterprise,
}

/// For what a pipeline is compiled.
///
/// `Context::branch("main")` is a push to `main`; the methods refine it. What is unknown stays unknown as in GitLab: without a
/// list of changed files, `rules:changes` holds.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) reference: String,
    pub(crate) kind: RefKind,
    pub(crate) source: String,
    pub(crate) project: String,
    pub(crate) default_branch: String,
    pub(crate) variables: Variables,
    pub(crate) inputs: BTreeMap<String, serde_json::Value>,
    pub(crate) changed: Option<Vec<String>>,
    pub(crate) present: Option<Vec<String>>,
    pub(crate) edition: Edition,
    pub(crate) limits: Limits,
}

impl Context {
    fn new(reference: &str, kind: RefKind, source: &str) -> Self {
        Context {
            reference: reference.to_owned(),
            kind,
            source: source.to_owned(),
            project: "group/project".to_owned(),
            default_branch: "main".to_owned(),
            variables: Variables::new(),
            inputs: BTreeMap::new(),
            changed: None,
            present: None,
            edition: Edition::Community,
            limits: Limits::default(),
        }
    }

    /// A push to a branch.
    pub fn branch(name: &str) -> Self {
        Context::new(name, RefKind::Branch, "push")
    }

    /// A push of a tag.
    pub fn tag(name: &str) -> Self {
        Context::new(name, RefKind::Tag, "push")
    }

    /// A merge request from the branch `name`.
    pub fn merge_request(name: &str) -> Self {
        Context::new(name, RefKind::MergeRequest, "merge_request_event")
    }

    /// A schedule on the branch `name`.
    pub fn schedule(name: &str) -> Self {
        Context::new(name, RefKind::Branch, "schedule")
    }

    /// What started the pipeline, as `CI_PIPELINE_SOURCE` has it: `push`, `web`, `api`, `trigger`, …
    #[must_use]
    pub fn source(mut self, source: &str) -> Self {
        self.source = source.to_owned();
        self
    }

    /// The full path of the project, `group/project` unless said otherwise.
    #[must_use]
    pub fn project(mut self, path: &str) -> Self {
        self.project = path.to_owned();
        self
    }

    /// The project's default branch, `main` unless said otherwise.
    #[must_use]
    pub fn default_branch(mut self, name: &str) -> Self {
        self.default_branch = name.to_owned();
        self
    }

    /// A variable from the project's settings or from whoever starts the pipeline; it wins over the configuration's own.
    #[must_use]
    pub fn variable(mut self, key: &str, value: &str) -> Self {
        self.variables.set(Variable::new(key, value));
        self
    }

    /// A value for one of the `spec:inputs` of the root configuration.
    #[must_use]
    pub fn input(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.inputs.insert(name.to_owned(), value.into());
        self
    }

    /// The files that the push or merge request changes, for `changes`.
    #[must_use]
    pub fn changed<S: Into<String>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        self.changed = Some(paths.into_iter().map(Into::into).collect());
        self
    }

    /// All files of the repository, for `exists` and wildcard includes. Without it the file tree is walked where needed.
    #[must_use]
    pub fn present<S: Into<String>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        let mut paths: Vec<String> = paths.into_iter().map(Into::into).collect();
        paths.sort();
        self.present = Some(paths);
        self
    }

    /// Which edition's keywords are known.
    #[must_use]
    pub fn edition(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// Bounds on what a configuration may make the compiler do.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The variables that GitLab itself defines for a pipeline in this context.
    pub fn predefined(&self) -> Variables {
        let (namespace, name) = self.project.rsplit_once('/').unwrap_or(("", &self.project));
        let slug = slug(&self.reference);
        let mut list = vec![
            ("CI", "true"),
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", self.source.as_str()),
            ("CI_COMMIT_REF_NAME", self.reference.as_str()),
            ("CI_COMMIT_REF_SLUG", slug.as_str()),
            ("CI_DEFAULT_BRANCH", self.default_branch.as_str()),
            ("CI_PROJECT_PATH", self.project.as_str()),
            ("CI_PROJECT_NAME", name),
            ("CI_PROJECT_NAMESPACE", namespace),
        ];
        match self.kind {
            RefKind::Branch => list.push(("CI_COMMIT_BRANCH", &self.reference)),
            RefKind::Tag => list.push(("CI_COMMIT_TAG", &self.reference)),
            RefKind::MergeRequest => {}
        }
        list.into_iter().map(|(key, value)| Variable::new(key, value)).collect()
    }

    /// Predefined variables and those given, as includes see them.
    pub(crate) fn outer(&self) -> Variables {
        let mut variables = self.predefined();
        self.variables.iter().for_each(|variable| variables.push(variable.clone()));
        variables
    }
}

/// `CI_COMMIT_REF_SLUG`: lower case, 63 bytes, everything but letters and digits a dash, none at the ends.
fn slug(reference: &str) -> String {
    let lower = reference.to_lowercase();
    let clean: String = lower.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    clean[..clean.len().min(63)].trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Context, slug};

    #[test]
    fn slugs_are_as_gitlab_writes_them() {
        assert_eq!(slug("Feature/Ärger_1"), "feature--rger-1");
        assert_eq!(slug(&"x".repeat(70)).len(), 63);
    }

    #[test]
    fn a_merge_request_has_neither_branch_nor_tag() {
        let variables = Context::merge_request("topic").predefined();
        assert_eq!(variables.value("CI_COMMIT_BRANCH"), None);
        assert_eq!(variables.value("CI_COMMIT_REF_NAME"), Some("topic"));
    }
}
