//! Changes as text for people and for machines.

mod annotations;
mod json;
mod markdown;
mod paths;
mod unified;
mod value;

use longshore_yaml::{Location, Node};

use crate::change::Changes;
use crate::sets::{SetChange, SetChanges};

/// How changes are written. In every form the values of Secrets are replaced by `(redacted)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The documents as `kustomize build` prints them, as a unified text diff.
    Unified {
        /// Unchanged lines around a change.
        context: usize,
    },
    /// One line for each change: path, value before and after, the place it was read from.
    Paths,
    /// A table for each resource, folded, for a pull request.
    Markdown,
    /// One JSON document.
    Json,
    /// Workflow commands of GitHub Actions: a notice at the line of each change.
    GitHub,
    /// A Code Quality report of GitLab.
    GitLab,
}

impl SetChanges<'_> {
    /// Writes the changes; an empty text where there are none, but for JSON and GitLab.
    ///
    /// Each line ends in a line feed. The text depends on nothing but the changes.
    pub fn render(&self, format: Format) -> String {
        let sections: Vec<Section<'_, '_>> = self.iter().map(Section::of).collect();
        render(&sections, self.unchanged(), format)
    }
}

impl Changes<'_> {
    /// Writes the changes of one document, see [`SetChanges::render`].
    pub fn render(&self, format: Format) -> String {
        let section = Section {
            verb: Verb::Changed,
            title: title(self.after()).or_else(|| title(self.before())),
            before: Some(self.before()),
            after: Some(self.after()),
            changes: Some(self),
        };
        match self.is_empty() {
            true => render(&[], 1, format),
            false => render(&[section], 0, format),
        }
    }
}

fn render(sections: &[Section<'_, '_>], unchanged: usize, format: Format) -> String {
    match format {
        Format::Unified { context } => unified::render(sections, context),
        Format::Paths => paths::render(sections),
        Format::Markdown => markdown::render(sections, unchanged),
        Format::Json => json::render(sections, unchanged),
        Format::GitHub => annotations::github(sections),
        Format::GitLab => annotations::gitlab(sections),
    }
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verb {
    Added,
    Removed,
    Changed,
    Renamed { from: String, score: u8 },
}

impl Verb {
    fn word(&self) -> &'static str {
        match self {
            Verb::Added => "added",
            Verb::Removed => "removed",
            Verb::Changed => "changed",
            Verb::Renamed { .. } => "renamed",
        }
    }

    fn sign(&self) -> char {
        match self {
            Verb::Added => '+',
            Verb::Removed => '-',
            Verb::Changed => '~',
            Verb::Renamed { .. } => '=',
        }
    }
}

/// One document with what happened to it.
struct Section<'a, 'c> {
    verb: Verb,
    title: Option<String>,
    before: Option<Node<'a>>,
    after: Option<Node<'a>>,
    changes: Option<&'c Changes<'a>>,
}

impl<'a, 'c> Section<'a, 'c> {
    fn of(change: &'c SetChange<'a>) -> Self {
        let verb = match change {
            SetChange::Added { .. } => Verb::Added,
            SetChange::Removed { .. } => Verb::Removed,
            SetChange::Changed { .. } => Verb::Changed,
            SetChange::Renamed { before, score, .. } => Verb::Renamed { from: before.id().to_string(), score: *score },
        };
        Section {
            verb,
            title: Some(change.id().to_string()),
            before: change.before().map(|resource| resource.root()),
            after: change.after().map(|resource| resource.root()),
            changes: change.changes(),
        }
    }

    fn title(&self) -> &str {
        self.title.as_deref().unwrap_or("document")
    }

    /// Where the document was read from: after, else before.
    fn location(&self) -> Option<Location> {
        self.after.or(self.before).and_then(Node::location)
    }
}

/// The identity of a document that is a resource.
fn title(root: Node<'_>) -> Option<String> {
    let text = |path: &[&str]| root.at(path.iter().copied()).map(Node::text).filter(|text| !text.is_empty());
    let (version, kind, name) = (text(&["apiVersion"])?, text(&["kind"])?, text(&["metadata", "name"])?);
    let namespace = text(&["metadata", "namespace"]).map(|namespace| format!("{namespace}/")).unwrap_or_default();
    Some(format!("{version}/{kind}/{namespace}{name}"))
}

/// How many documents there are of each verb, in words: `1 added, 2 changed`.
fn summary(sections: &[Section<'_, '_>]) -> String {
    let count = |word: &str| sections.iter().filter(|section| section.verb.word() == word).count();
    let words = ["added", "removed", "changed", "renamed"].map(|word| (count(word), word));
    let words = words.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    words.collect::<Vec<_>>().join(", ")
}
