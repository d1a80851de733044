//! Tag policies: which of many tags a Flux `ImagePolicy` or the Argo CD Image Updater would deploy, and why.

mod number;
mod rank;
mod selection;
mod spec;

use crate::constraint::{Constraint, ConstraintError};
use crate::glob::Glob;
use crate::go_regex::{GoRegex, GoRegexError};
pub use selection::{Candidate, FilteredBy, NoWinner, Selection, TagRecord, Verdict};
pub use spec::{FilterTags, FluxPolicy, Order, OrderError, PolicySpec, Strategy, StrategyError};

/// A policy, ready to select.
///
/// It is built from a [`PolicySpec`], or by the constructors named after the tools' own words.
///
/// ```
/// use longshore_oci::TagPolicy;
///
/// let policy = TagPolicy::flux_semver("~1.4")?;
/// let tags = ["1.3.9", "1.4.2", "1.4.10", "1.5.0", "latest"];
/// let selection = policy.select(&tags);
/// assert_eq!(selection.winner(), Ok(2));
/// assert_eq!(policy.explain(&selection, &tags, 1), "loses to 1.4.10");
/// assert_eq!(policy.explain(&selection, &tags, 3), r#""1.5.0" does not have same major and minor version as "1.4" (~1.4)"#);
/// # Ok::<(), longshore_oci::PolicyError>(())
/// ```
///
/// # Where it decides and the originals do not
/// Flux collects filtered tags in a map and takes the first best, so that of two equal versions (`1.0.0` and `v1.0.0`) now
/// one wins and now the other. Here the first in the list wins, filtered or not, and the other is reported as a tie.
/// Where `extract` makes two tags one, the last wins as in Flux, and the others are reported as shadowed.
///
/// Source: image-reflector-controller `internal/policy`; argocd-image-updater `registry-scanner`.
#[derive(Clone, Debug, PartialEq)]
pub struct TagPolicy {
    spec: PolicySpec,
    filter: Filter,
    rule: Rule,
}

/// What lets a tag take part.
#[derive(Clone, Debug, Default, PartialEq)]
struct Filter {
    /// Tags that do not match are out.
    pattern: Option<GoRegex>,
    /// What becomes of a tag that matched.
    extract: Option<String>,
    /// Tags that match are out.
    ignore: Vec<(String, Glob)>,
}

/// How tags compare.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    Version { constraint: Constraint, style: VersionStyle },
    Alphabetical(Order),
    Numerical(Order),
    Newest,
    Exactly(String),
}

/// What the two tools take for a version, and which of equals they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VersionStyle {
    /// Three dotted numbers; the first in the list.
    Flux,
    /// Any loose version; the last by name.
    ArgoCd,
}

/// Why a policy cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A range that is no constraint.
    #[error("invalid version range")]
    Constraint(#[from] ConstraintError),
    /// A pattern that is no regular expression in Go.
    #[error("invalid tag filter")]
    Pattern(#[from] GoRegexError),
    /// A glob that is none.
    #[error("invalid ignore-tags pattern '{0}': a class is not closed, or reversed")]
    Ignore(String),
    /// An allow-tags value that is neither `any` nor `regexp:…`. Argo CD would let no tag pass, and only log it.
    #[error("invalid allow-tags value '{0}': expected any or regexp:PATTERN")]
    Allow(String),
    /// A digest strategy without the tag to follow.
    #[error("the digest strategy needs the tag to follow as its constraint")]
    DigestWithoutTag,
}

impl TagPolicy {
    /// Most tags that one selection looks at.
    pub const MAX_TAGS: usize = 5_000_000;

    /// Builds a policy from its description.
    pub fn new(spec: PolicySpec) -> Result<Self, PolicyError> {
        let (filter, rule) = match &spec {
            PolicySpec::Flux { policy, filter_tags } => (flux_filter(filter_tags.as_ref())?, flux_rule(policy)?),
            PolicySpec::ArgoCd { strategy, constraint, allow_tags, ignore_tags } => {
                (argo_filter(allow_tags, ignore_tags)?, argo_rule(*strategy, constraint)?)
            }
        };
        Ok(TagPolicy { spec, filter, rule })
    }

    /// Flux `semver`: the highest version in a range.
    pub fn flux_semver(range: impl Into<String>) -> Result<Self, PolicyError> {
        TagPolicy::new(PolicySpec::flux(FluxPolicy::Semver { range: range.into() }))
    }

    /// Flux `alphabetical`: the last tag by its bytes, or the first.
    pub fn flux_alphabetical(order: Order) -> Self {
        TagPolicy::new(PolicySpec::flux(FluxPolicy::Alphabetical { order })).expect("an order needs no parsing")
    }

    /// Flux `numerical`: the highest number as a 64-bit float, or the lowest. One tag that is no number fails the policy.
    pub fn flux_numerical(order: Order) -> Self {
        TagPolicy::new(PolicySpec::flux(FluxPolicy::Numerical { order })).expect("an order needs no parsing")
    }

    /// Argo CD Image Updater: one of its strategies. An empty constraint admits every version.
    pub fn argocd(strategy: Strategy, constraint: impl Into<String>) -> Result<Self, PolicyError> {
        TagPolicy::new(PolicySpec::argocd(strategy, constraint))
    }

    /// A Flux policy with `filterTags`: only tags that match `pattern`, compared as `extract` puts them (empty: as they are).
    pub fn filter_tags(self, pattern: impl Into<String>, extract: impl Into<String>) -> Result<Self, PolicyError> {
        TagPolicy::new(self.spec.filter_tags(pattern, extract))
    }

    /// The description this policy was built from.
    pub fn spec(&self) -> &PolicySpec {
        &self.spec
    }

    /// Selects among tags, and says of every one what became of it.
    ///
    /// Time and memory are linear in the tags. More than [`TagPolicy::MAX_TAGS`] are refused.
    pub fn select<C: Candidate>(&self, tags: &[C]) -> Selection {
        if tags.len() > TagPolicy::MAX_TAGS {
            return Selection::failed(Vec::new(), NoWinner::TooManyTags { limit: TagPolicy::MAX_TAGS });
        }
        rank::select(self, tags)
    }

    /// What became of the tag at `index` of the list that was selected from, as one line.
    pub fn explain<C: Candidate>(&self, selection: &Selection, tags: &[C], index: usize) -> String {
        let name = |index: usize| tags.get(index).map_or("", Candidate::name);
        match selection.verdict(index) {
            None => "was not among the tags".to_owned(),
            Some(Verdict::OutOfRange(misfit)) => self.explain_misfit(name(index), misfit),
            Some(verdict) => verdict.describe(&name, &self.filter.ignore),
        }
    }

    fn explain_misfit(&self, tag: &str, misfit: &crate::Misfit) -> String {
        let Rule::Version { constraint, .. } = &self.rule else {
            return String::new();
        };
        match crate::version::parse_loose(&self.key(tag).unwrap_or_default()) {
            Ok(version) => format!("{} ({})", constraint.describe(&version, misfit), constraint.term(misfit)),
            Err(_) => String::new(),
        }
    }

    /// What a tag is compared by; `None` if the pattern lets it not pass.
    fn key<'t>(&self, tag: &'t str) -> Option<std::borrow::Cow<'t, str>> {
        match (&self.filter.pattern, &self.filter.extract) {
            (None, _) => Some(tag.into()),
            (Some(pattern), None) => pattern.is_match(tag).then(|| tag.into()),
            (Some(pattern), Some(template)) => pattern.expand(tag, template).map(Into::into),
        }
    }
}

fn flux_filter(filter: Option<&FilterTags>) -> Result<Filter, PolicyError> {
    let Some(FilterTags { pattern, extract }) = filter else {
        return Ok(Filter::default());
    };
    let extract = Some(extract.clone()).filter(|template| !template.is_empty());
    Ok(Filter { pattern: Some(GoRegex::new(pattern)?), extract, ignore: Vec::new() })
}

fn flux_rule(policy: &FluxPolicy) -> Result<Rule, PolicyError> {
    Ok(match policy {
        FluxPolicy::Semver { range } => {
            Rule::Version { constraint: Constraint::parse(range)?, style: VersionStyle::Flux }
        }
        FluxPolicy::Alphabetical { order } => Rule::Alphabetical(*order),
        FluxPolicy::Numerical { order } => Rule::Numerical(*order),
    })
}

fn argo_filter(allow: &str, ignore: &[String]) -> Result<Filter, PolicyError> {
    let glob = |text: &String| Ok((text.clone(), Glob::new(text).map_err(|_| PolicyError::Ignore(text.clone()))?));
    let ignore = ignore.iter().map(glob).collect::<Result<_, PolicyError>>()?;
    let pattern = match allow.split_once(':') {
        _ if allow.is_empty() || allow.eq_ignore_ascii_case("any") => None,
        Some((kind, pattern)) if kind.eq_ignore_ascii_case("regexp") => Some(GoRegex::new(pattern)?),
        _ => return Err(PolicyError::Allow(allow.to_owned())),
    };
    Ok(Filter { pattern, extract: None, ignore })
}

fn argo_rule(strategy: Strategy, constraint: &str) -> Result<Rule, PolicyError> {
    Ok(match strategy {
        Strategy::Semver => {
            let constraint = Constraint::parse(if constraint.is_empty() { "*" } else { constraint })?;
            Rule::Version { constraint, style: VersionStyle::ArgoCd }
        }
        Strategy::NewestBuild => Rule::Newest,
        Strategy::Alphabetical => Rule::Alphabetical(Order::Asc),
        Strategy::Digest if constraint.is_empty() => return Err(PolicyError::DigestWithoutTag),
        Strategy::Digest => Rule::Exactly(constraint.to_owned()),
    })
}
