//! Policies as plain data, in the words of the tools' own resources.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A tag policy as it is written down, to be kept in a lock or read from a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tool", rename_all = "lowercase")]
pub enum PolicySpec {
    /// `spec` of a Flux `ImagePolicy`.
    Flux {
        /// How tags compare.
        #[serde(flatten)]
        policy: FluxPolicy,
        /// Which tags take part.
        #[serde(rename = "filterTags", default, skip_serializing_if = "Option::is_none")]
        filter_tags: Option<FilterTags>,
    },
    /// The annotations of the Argo CD Image Updater.
    ArgoCd {
        /// `update-strategy`.
        strategy: Strategy,
        /// What stands behind the colon in `image-list`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        constraint: String,
        /// `allow-tags`: `regexp:PATTERN` or `any`.
        #[serde(rename = "allowTags", default, skip_serializing_if = "String::is_empty")]
        allow_tags: String,
        /// `ignore-tags`, split at its commas.
        #[serde(rename = "ignoreTags", default, skip_serializing_if = "Vec::is_empty")]
        ignore_tags: Vec<String>,
    },
}

/// The three policies of Flux.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FluxPolicy {
    /// The highest version in a range.
    Semver {
        /// A version constraint.
        range: String,
    },
    /// By the bytes of the tag.
    Alphabetical {
        /// Ascending takes the last.
        #[serde(default)]
        order: Order,
    },
    /// By the number the tag is.
    Numerical {
        /// Ascending takes the highest.
        #[serde(default)]
        order: Order,
    },
}

/// Flux `filterTags`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterTags {
    /// A regular expression in Go's dialect.
    pub pattern: String,
    /// A template of what to compare; empty for the tag itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub extract: String,
}

/// The direction in which the last is the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The highest is the latest.
    #[default]
    Asc,
    /// The lowest is the latest.
    Desc,
}

/// A text that is no [`Order`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid order argument provided: '{0}', must be one of: ASC, DESC")]
pub struct OrderError(String);

impl FromStr for Order {
    type Err = OrderError;

    /// Reads `ASC`, `DESC` or nothing, which is `ASC`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" | "ASC" => Ok(Order::Asc),
            "DESC" => Ok(Order::Desc),
            other => Err(OrderError(other.to_owned())),
        }
    }
}

/// The update strategies of the Argo CD Image Updater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The highest version in the constraint.
    #[default]
    Semver,
    /// The image that was built last.
    NewestBuild,
    /// The last tag by its bytes.
    Alphabetical,
    /// The tag that the constraint names, for whatever it points to.
    Digest,
}

impl FromStr for Strategy {
    type Err = StrategyError;

    /// Reads a name, in whatever case, or one of the older names `latest` and `name`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "semver" => Ok(Strategy::Semver),
            "newest-build" | "latest" => Ok(Strategy::NewestBuild),
            "alphabetical" | "name" => Ok(Strategy::Alphabetical),
            "digest" => Ok(Strategy::Digest),
            _ => Err(StrategyError(text.to_owned())),
        }
    }
}

/// A text that is no [`Strategy`]. Argo CD would take `semver`, and only log it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown update strategy '{0}': expected semver, newest-build, alphabetical or digest")]
pub struct StrategyError(String);

impl PolicySpec {
    /// A Flux policy over all tags.
    pub fn flux(policy: FluxPolicy) -> Self {
        PolicySpec::Flux { policy, filter_tags: None }
    }

    /// An Argo CD strategy over all tags.
    pub fn argocd(strategy: Strategy, constraint: impl Into<String>) -> Self {
        let constraint = constraint.into();
        PolicySpec::ArgoCd { strategy, constraint, allow_tags: String::new(), ignore_tags: Vec::new() }
    }

    /// The same with a pattern that tags must match; Argo CD knows no `extract`.
    pub fn filter_tags(self, pattern: impl Into<String>, extract: impl Into<String>) -> Self {
        let (pattern, extract) = (pattern.into(), extract.into());
        match self {
            PolicySpec::Flux { policy, .. } => {
                PolicySpec::Flux { policy, filter_tags: Some(FilterTags { pattern, extract }) }
            }
            PolicySpec::ArgoCd { strategy, constraint, ignore_tags, .. } => {
                PolicySpec::ArgoCd { strategy, constraint, allow_tags: format!("regexp:{pattern}"), ignore_tags }
            }
        }
    }

    /// The same with globs of tags to ignore, separated by commas. Flux has no such list: there it changes nothing.
    pub fn ignore_tags(self, list: &str) -> Self {
        match self {
            PolicySpec::ArgoCd { strategy, constraint, allow_tags, .. } => {
                let ignore_tags = list.split(',').map(str::trim).filter(|glob| !glob.is_empty());
                let ignore_tags = ignore_tags.map(str::to_owned).collect();
                PolicySpec::ArgoCd { strategy, constraint, allow_tags, ignore_tags }
            }
            flux => flux,
        }
    }
}

impl fmt::Display for PolicySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicySpec::Flux { policy, filter_tags } => {
                match policy {
                    FluxPolicy::Semver { range } => write!(f, "flux semver {range}")?,
                    FluxPolicy::Alphabetical { order } => write!(f, "flux alphabetical {order}")?,
                    FluxPolicy::Numerical { order } => write!(f, "flux numerical {order}")?,
                }
                let Some(FilterTags { pattern, extract }) = filter_tags else { return Ok(()) };
                write!(f, ", tags matching {pattern}")?;
                if extract.is_empty() { Ok(()) } else { write!(f, " as {extract}") }
            }
            PolicySpec::ArgoCd { strategy, constraint, allow_tags, ignore_tags } => {
                write!(f, "argocd {strategy}")?;
                for (word, text) in [(" ", constraint.as_str()), (", allowing ", allow_tags)] {
                    if !text.is_empty() {
                        write!(f, "{word}{text}")?;
                    }
                }
                if ignore_tags.is_empty() { Ok(()) } else { write!(f, ", ignoring {}", ignore_tags.join(",")) }
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Order::Asc => "ASC",
            Order::Desc => "DESC",
        })
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Strategy::Semver => "semver",
            Strategy::NewestBuild => "newest-build",
            Strategy::Alphabetical => "alphabetical",
            Strategy::Digest => "digest",
        })
    }
}
