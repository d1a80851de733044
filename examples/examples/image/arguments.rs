//! The command line: words, flags, and options with a value.

use std::collections::BTreeMap;
use std::error::Error;

use longshore::oci::{FilterTags, FluxPolicy, PolicySpec, TagPolicy};

const FLAGS: [&str; 5] = ["json", "write", "check", "digest-only", "collect"];

const OPTIONS: [&str; 18] = [
    "store",
    "lock",
    "verify",
    "to",
    "target",
    "created",
    "source",
    "revision",
    "semver",
    "alphabetical",
    "numerical",
    "filter",
    "extract",
    "argocd",
    "constraint",
    "allow",
    "ignore",
    "platform",
];

/// What stands behind the command.
pub(crate) struct Arguments {
    words: Vec<String>,
    options: BTreeMap<String, String>,
}

impl Arguments {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut arguments = Arguments { words: Vec::new(), options: BTreeMap::new() };
        let mut words = words;
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else {
                arguments.words.push(word);
                continue;
            };
            let value = match name {
                flag if FLAGS.contains(&flag) => String::new(),
                option if OPTIONS.contains(&option) => {
                    words.next().ok_or_else(|| format!("--{option} needs a value behind it"))?
                }
                other => return Err(format!("no option is named --{other}; see image help").into()),
            };
            arguments.options.insert(name.to_owned(), value);
        }
        Ok(arguments)
    }

    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Box<dyn Error>> {
        self.option(name).ok_or_else(|| format!("--{name} is missing; see image help").into())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.options.contains_key(name)
    }

    pub(crate) fn json(&self) -> bool {
        self.flag("json")
    }

    /// The policy that the options describe; `None` if they describe none.
    pub(crate) fn policy(&self) -> Result<Option<TagPolicy>, Box<dyn Error>> {
        let flux = if let Some(range) = self.option("semver") {
            Some(FluxPolicy::Semver { range: range.to_owned() })
        } else if let Some(order) = self.option("alphabetical") {
            Some(FluxPolicy::Alphabetical { order: order.parse()? })
        } else if let Some(order) = self.option("numerical") {
            Some(FluxPolicy::Numerical { order: order.parse()? })
        } else {
            None
        };
        let text = |name| self.option(name).unwrap_or_default().to_owned();
        let spec = match (flux, self.option("argocd")) {
            (Some(policy), _) => {
                let filter = FilterTags { pattern: text("filter"), extract: text("extract") };
                PolicySpec::Flux { policy, filter_tags: self.flag("filter").then_some(filter) }
            }
            (None, Some(strategy)) => PolicySpec::ArgoCd {
                strategy: strategy.parse()?,
                constraint: text("constraint"),
                allow_tags: text("allow"),
                ignore_tags: Vec::new(),
            }
            .ignore_tags(&text("ignore")),
            (None, None) => return Ok(None),
        };
        Ok(Some(TagPolicy::new(spec)?))
    }
}
