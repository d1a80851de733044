//! What an assessment is told.

/// How to judge differences.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// The name under which we apply: what it owns is ours to remove. Default `longshore`.
    pub manager: String,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { manager: "longshore".to_owned() }
    }
}

impl Rules {
    /// The rules for someone who applies under this name.
    pub fn for_manager(manager: impl Into<String>) -> Self {
        Rules { manager: manager.into() }
    }
}
