//! How to build, and what an embedder may plug in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use longshore_source::{FilePath, Files};
use longshore_yaml::Document;

/// Which files a kustomization may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictions {
    /// Those in its own folder and below. Other kustomizations may lie anywhere in the tree.
    #[default]
    RootOnly,
    /// All of the tree.
    None,
}

/// The order of output, where the kustomization does not say (`sortOptions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reorder {
    /// Nothing is asked for: as [`Reorder::Legacy`], without a warning where `sortOptions` decides.
    #[default]
    Unspecified,
    /// By kind: namespaces first, webhook configurations last.
    Legacy,
    /// As accumulated.
    None,
}

/// Bounds on a build; exceeding one is an error that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Kustomizations inside one another. Default 100.
    pub depth: usize,
    /// Objects in the build at once. Default 1,000,000.
    pub resources: usize,
    /// Kustomization files read, repeated ones counted. Default 100,000.
    pub kustomizations: usize,
    /// Bytes of output. Default 1 GiB.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 100, resources: 1_000_000, kustomizations: 100_000, output: 1 << 30 }
    }
}

/// Brings the files behind a URL that stands where a folder could.
pub trait RemoteBases: Send + Sync {
    /// A tree of files, and the folder in it that the URL names.
    ///
    /// # Errors
    /// Why it cannot be had, in words.
    fn fetch(&self, url: &str) -> Result<(Arc<dyn Files + Send + Sync>, FilePath), String>;
}

/// Inflates Helm charts.
pub trait Charts: Send + Sync {
    /// The objects of a chart. `chart` is the item of `helmCharts`, `globals` the field `helmGlobals`; `folder` holds
    /// the kustomization.
    ///
    /// # Errors
    /// Why it cannot be inflated, in words.
    fn inflate(
        &self,
        files: &dyn Files,
        folder: &FilePath,
        chart: &serde_json::Value,
        globals: Option<&serde_json::Value>,
    ) -> Result<Vec<Document>, String>;
}

/// Runs generators, transformers and validators that are programs or containers.
pub trait Functions: Send + Sync {
    /// What the function makes of the objects; a generator is given none. `config` is its document in the kustomization.
    ///
    /// # Errors
    /// Why it failed, in words.
    fn run(&self, config: &Document, objects: Vec<Document>) -> Result<Vec<Document>, String>;
}

/// How to build. The default builds as `kustomize build` does without flags; nothing is ever fetched or executed
/// unless an embedder plugs it in.
#[derive(Clone, Default)]
pub struct RenderOptions {
    pub(crate) load_restrictions: LoadRestrictions,
    pub(crate) reorder: Reorder,
    pub(crate) managed_by_label: bool,
    pub(crate) provenance: bool,
    pub(crate) limits: Limits,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) remote_bases: Option<Arc<dyn RemoteBases>>,
    pub(crate) charts: Option<Arc<dyn Charts>>,
    pub(crate) functions: Option<Arc<dyn Functions>>,
}

impl RenderOptions {
    /// The default.
    pub fn new() -> Self {
        RenderOptions::default()
    }

    /// Which files a kustomization may read (`--load-restrictor`).
    #[must_use]
    pub fn load_restrictions(self, load_restrictions: LoadRestrictions) -> Self {
        RenderOptions { load_restrictions, ..self }
    }

    /// The order of output (`--reorder`).
    #[must_use]
    pub fn reorder(self, reorder: Reorder) -> Self {
        RenderOptions { reorder, ..self }
    }

    /// Whether every object gets the label `app.kubernetes.io/managed-by` (`--enable-managedby-label`).
    #[must_use]
    pub fn managed_by_label(self, managed_by_label: bool) -> Self {
        RenderOptions { managed_by_label, ..self }
    }

    /// Whether to keep which fields were changed where; see [`Rendered::explain`](crate::Rendered::explain).
    #[must_use]
    pub fn provenance(self, provenance: bool) -> Self {
        RenderOptions { provenance, ..self }
    }

    /// Bounds.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        RenderOptions { limits, ..self }
    }

    /// Values for lines of environment files that are a name alone. Default: none, such lines mean an empty value.
    #[must_use]
    pub fn environment(self, environment: BTreeMap<String, String>) -> Self {
        RenderOptions { environment, ..self }
    }

    /// Who brings remote bases; without anyone they are an error.
    #[must_use]
    pub fn remote_bases(self, remote_bases: Arc<dyn RemoteBases>) -> Self {
        RenderOptions { remote_bases: Some(remote_bases), ..self }
    }

    /// Who inflates Helm charts; without anyone they are an error.
    #[must_use]
    pub fn charts(self, charts: Arc<dyn Charts>) -> Self {
        RenderOptions { charts: Some(charts), ..self }
    }

    /// Who runs functions; without anyone they are an error.
    #[must_use]
    pub fn functions(self, functions: Arc<dyn Functions>) -> Self {
        RenderOptions { functions: Some(functions), ..self }
    }
}

impl fmt::Debug for RenderOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderOptions")
            .field("load_restrictions", &self.load_restrictions)
            .field("reorder", &self.reorder)
            .field("managed_by_label", &self.managed_by_label)
            .field("provenance", &self.provenance)
            .field("limits", &self.limits)
            // Values may be secret.
            .field("environment", &self.environment.keys())
            .field("remote_bases", &self.remote_bases.is_some())
            .field("charts", &self.charts.is_some())
            .field("functions", &self.functions.is_some())
            .finish()
    }
}
