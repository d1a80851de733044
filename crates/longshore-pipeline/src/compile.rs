//! The compiler: load, check, multiply, decide.

mod normalise;
mod seed;
mod validate;

use longshore_source::{FilePath, Files};

use crate::clause::Tree;
use crate::compiled::Compiled;
use crate::context::Context;
use crate::entry::{Checks, root};
use crate::error::{CompileError, Failure, Problem};
use crate::includes::Includes;
use crate::load;
use crate::value::Sources;

/// Compiles the configuration at `path` for `context`.
///
/// # Errors
/// Whatever GitLab refuses, in its words, with the place that GitLab does not give.
pub fn compile(files: &dyn Files, path: &str, context: &Context) -> Result<Compiled, CompileError> {
    Compiler::new(files).compile(path, context)
}

/// A compiler with what it may read.
pub struct Compiler<'c> {
    files: &'c dyn Files,
    includes: Option<&'c dyn Includes>,
    trace: bool,
}

impl<'c> Compiler<'c> {
    /// A compiler for the configuration of a repository.
    pub fn new(files: &'c dyn Files) -> Self {
        Compiler { files, includes: None, trace: false }
    }

    /// Who fetches includes that are no files of the repository.
    #[must_use]
    pub fn includes(mut self, includes: &'c dyn Includes) -> Self {
        self.includes = Some(includes);
        self
    }

    /// Whether to keep why each job is in the pipeline or not.
    #[must_use]
    pub fn trace(mut self, trace: bool) -> Self {
        self.trace = trace;
        self
    }

    /// The same compiler, tracing.
    pub(crate) fn tracing(&self) -> Self {
        Compiler { files: self.files, includes: self.includes, trace: true }
    }

    /// Compiles the configuration at `path` for `context`.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn compile(&self, path: &str, context: &Context) -> Result<Compiled, CompileError> {
        let mut sources = Sources::default();
        let mut checks = Checks { edition: context.edition, ..Checks::default() };
        match self.run(path, context, &mut sources, &mut checks) {
            Ok(compiled) => Ok(compiled),
            Err(failure) => {
                let failures = match failure {
                    Some(failure) => vec![failure],
                    None => checks.failures,
                };
                let locate = |failures: Vec<Failure>| -> Vec<Problem> {
                    failures.into_iter().map(|failure| Problem::locate(failure, &sources)).collect()
                };
                Err(CompileError { problems: locate(failures), warnings: locate(checks.warnings) })
            }
        }
    }

    /// What is written, checked, before a context decides; `None` where GitLab refuses it.
    pub(crate) fn entries(&self, path: &str, context: &Context, sources: &mut Sources) -> Option<root::RootEntry> {
        let mut checks = Checks { edition: context.edition, ..Checks::default() };
        let path = FilePath::root().join(path).ok()?;
        let tree = Tree::new(self.files, context);
        let loaded = load::load(self.files, self.includes, &path, context, &tree, sources).ok()?;
        root::root(&mut checks, &loaded.merged).ok().filter(|_| checks.failures.is_empty())
    }

    /// An error without a failure means that all of them are in `checks`.
    fn run(
        &self,
        path: &str,
        context: &Context,
        sources: &mut Sources,
        checks: &mut Checks,
    ) -> Result<Compiled, Option<Failure>> {
        let wrong_path = |error: longshore_source::FilePathError| Failure::new(error.to_string(), Default::default());
        let path = FilePath::root().join(path).map_err(wrong_path)?;
        let tree = Tree::new(self.files, context);
        let loaded = load::load(self.files, self.includes, &path, context, &tree, sources)?;
        let entry = root::root(checks, &loaded.merged)?;
        if !checks.failures.is_empty() {
            return Err(None);
        }
        let jobs = normalise::normalise(entry.jobs)?;
        validate::validate(&jobs, &entry.stages)?;
        let seeded = seed::Seeder::new(context, &tree, self.trace).run(
            &entry.variables,
            &entry.workflow,
            &jobs,
            &entry.stages,
            sources,
        );
        let warnings = std::mem::take(&mut checks.warnings);
        Ok(Compiled {
            stages: entry.stages,
            jobs: seeded.jobs,
            excluded: seeded.excluded,
            workflow: seeded.workflow,
            variables: seeded.variables,
            problems: seeded.problems,
            warnings: warnings.into_iter().map(|failure| Problem::locate(failure, sources)).collect(),
            outcome: seeded.outcome,
            merged: root::with_lists(loaded.merged),
            sources: sources.clone(),
            includes: loaded.includes,
        })
    }
}
