//! How to compare.

use longshore_manifest::schema::{Schema, kubernetes};

/// What a changed order of list items means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Items that left their place are reported as moved, in lists of all kinds.
    #[default]
    Report,
    /// Items that are found by key or by value may stand in any order; in other lists the order still counts.
    Ignore,
}

/// When two scalars are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Equality {
    /// When type and value are: `1` is not `"1"`, `500m` is not `0.5`.
    #[default]
    Exact,
    /// Also when the schema says that both texts mean one value: quantities, durations, integers or strings.
    ByValue,
}

/// How much work a comparison may be. Past a limit a subtree is reported as changed without a look into it, and
/// [`Changes::truncated`](crate::Changes::truncated) says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of collections. Default 1,000.
    pub depth: usize,
    /// Nodes visited, aliases counted wherever they lead. Default 50,000,000.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 1_000, nodes: 50_000_000 }
    }
}

/// How to compare. The default goes by the built-in Kubernetes schema, reports order, and takes scalars exactly.
#[derive(Clone, Copy)]
pub struct DiffOptions<'s> {
    /// List keys, sets and atomics. `None`: all lists are guessed at.
    pub schema: Option<&'s dyn Schema>,
    /// What a changed order means.
    pub order: Order,
    /// When scalars are the same.
    pub equality: Equality,
    /// From which share of common content, in percent, a removed and an added resource are one that was renamed.
    /// Above 100 no renames are looked for. Default 60.
    pub rename_score: u8,
    /// Bounds on the work.
    pub limits: Limits,
}

impl Default for DiffOptions<'_> {
    fn default() -> Self {
        DiffOptions {
            schema: Some(kubernetes()),
            order: Order::default(),
            equality: Equality::default(),
            rename_score: 60,
            limits: Limits::default(),
        }
    }
}

impl<'s> DiffOptions<'s> {
    /// Goes by another schema, or by none.
    #[must_use]
    pub fn schema(mut self, schema: Option<&'s dyn Schema>) -> Self {
        self.schema = schema;
        self
    }

    /// Says what a changed order means.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Says when scalars are the same.
    #[must_use]
    pub fn equality(mut self, equality: Equality) -> Self {
        self.equality = equality;
        self
    }

    /// Says from which share of common content, in percent, two resources are one that was renamed.
    #[must_use]
    pub fn rename_score(mut self, percent: u8) -> Self {
        self.rename_score = percent;
        self
    }

    /// Sets the bounds.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl std::fmt::Debug for DiffOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiffOptions")
            .field("schema", &self.schema.is_some())
            .field("order", &self.order)
            .field("equality", &self.equality)
            .field("rename_score", &self.rename_score)
            .field("limits", &self.limits)
            .finish()
    }
}
