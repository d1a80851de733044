//! Manifests: their images, located for the finder by walking what longshore-yaml has read.

use std::error::Error;
use std::sync::Arc;

use longshore::oci::pin::{Finder, Marker, Rules, Scalar, ScalarStyle, Site, Step};
use longshore::yaml::{Kind, Node, ReadOptions, SourceFile, Style, read};

/// A file of manifests with its images.
pub(crate) struct Manifests {
    file: Arc<SourceFile>,
    sites: Vec<Site>,
}

impl Manifests {
    pub(crate) fn read(path: &str) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let file = SourceFile::new(path, text);
        let rules = Rules::default();
        let marked = file.text().contains(Marker::SIGN);
        let mut sites = Vec::new();
        for document in read(&file, &ReadOptions::default())? {
            let root = document.root();
            let field = |name| root.get(name).map_or("", Node::text);
            let is_kustomization = path.ends_with("kustomization.yaml") && field("kind").is_empty();
            let kind = if is_kustomization { "Kustomization" } else { field("kind") };
            let mut finder = Finder::new(&rules, field("apiVersion"), kind);
            walk(root, marked, &mut Vec::new(), &mut finder);
            sites.extend(finder.finish());
        }
        Ok(Manifests { file, sites })
    }

    pub(crate) fn text(&self) -> &str {
        self.file.text()
    }

    pub(crate) fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// `file:line:column` of a byte.
    pub(crate) fn place(&self, offset: usize) -> String {
        let at = self.file.position(offset as u32);
        format!("{}:{}:{}", self.file.name(), at.line, at.column)
    }
}

/// Hands scalars to the finder: those below which an image can stand, or all of a file with markers. The reader limits how
/// deep documents are.
fn walk<'a>(node: Node<'a>, marked: bool, steps: &mut Vec<Step<'a>>, finder: &mut Finder<'_>) {
    let Some(span) = node.span() else { return };
    let span = span.start as usize..span.end as usize;
    if node.kind() != Kind::Scalar {
        finder.not_scalar(steps, span.clone());
    }
    match node.kind() {
        Kind::Mapping => {
            for (key, value) in node.entries() {
                steps.push(Step::Key(key.text()));
                if marked || finder.leads_on(steps) {
                    walk(value, marked, steps, finder);
                }
                steps.pop();
            }
        }
        Kind::Sequence => {
            for (index, item) in node.items().enumerate() {
                steps.push(Step::Index(index));
                walk(item, marked, steps, finder);
                steps.pop();
            }
        }
        Kind::Scalar => {
            let comment = node.comments().map_or("", |comments| comments.line.as_str());
            finder.scalar(steps, &Scalar { text: node.text(), span, style: style(node), comment });
        }
        // What an alias stands for is pinned where it is written.
        Kind::Alias => {}
    }
}

fn style(node: Node<'_>) -> ScalarStyle {
    match node.style() {
        Style::Plain => ScalarStyle::Plain,
        Style::SingleQuoted => ScalarStyle::SingleQuoted,
        Style::DoubleQuoted => ScalarStyle::DoubleQuoted,
        _ => ScalarStyle::Block,
    }
}

/// The lines of the new text that the old one lacks, with their numbers. Pinning changes and adds lines, and takes none.
pub(crate) fn changed_lines<'t>(old: &str, new: &'t str) -> Vec<(usize, &'t str)> {
    let mut old = old.lines().peekable();
    let mut changed = Vec::new();
    let rest: Vec<&str> = new.lines().collect();
    for (at, line) in rest.iter().enumerate() {
        if old.next_if(|old| old == line).is_some() {
            continue;
        }
        changed.push((at + 1, *line));
        // A changed line takes the place of an old one, unless that one follows.
        if old.peek().is_some_and(|next| rest.get(at + 1) != Some(next)) {
            old.next();
        }
    }
    changed
}
