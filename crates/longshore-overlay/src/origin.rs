//! Where an object came from, as `buildMetadata` annotates it.

use std::fmt;

/// The annotation that says where an object comes from.
pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
/// The annotation that says what transformed an object.
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// The value of the annotation `config.kubernetes.io/origin`, and an item of `alpha.config.kubernetes.io/transformations`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildOrigin {
    /// Path from the folder of the build, or inside the repository.
    pub(crate) path: String,
    /// The repository, for a remote base.
    pub(crate) repo: String,
    /// Its branch, tag or commit.
    pub(crate) reference: String,
    /// The file that configured a generator or transformer.
    pub(crate) configured_in: String,
    /// The plugin: API version, kind, name, namespace.
    pub(crate) configured_by: Option<[String; 4]>,
}

impl BuildOrigin {
    /// The origin of a file or folder named from here.
    pub(crate) fn append(&self, path: &str) -> Self {
        BuildOrigin { path: join(&self.path, path), ..self.clone() }
    }

    /// The origin of a folder that is built on: as named from here, or another repository.
    pub(crate) fn append_base(&self, path: &str) -> Self {
        if !crate::loader::is_remote(path) {
            return self.append(path);
        }
        let url = RemoteUrl::split(path);
        BuildOrigin {
            path: join("", url.folder),
            repo: url.repository.to_owned(),
            reference: url.reference.to_owned(),
            ..BuildOrigin::default()
        }
    }

    /// The origin of what a plugin made or changed.
    pub(crate) fn configured(&self, file: &str, by: [String; 4]) -> Self {
        BuildOrigin {
            path: String::new(),
            configured_in: join(&self.path, file),
            configured_by: Some(by),
            ..self.clone()
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |key: &str, value: &str| {
            if !value.is_empty() {
                lines.push(format!("{key}: {}", scalar(value)));
            }
        };
        line("path", &self.path);
        line("repo", &self.repo);
        line("ref", &self.reference);
        line("configuredIn", &self.configured_in);
        if let Some(by) = &self.configured_by {
            let inner = ["apiVersion", "kind", "name", "namespace"].iter().zip(by);
            let inner: Vec<_> = inner.filter(|(_, value)| !value.is_empty()).collect();
            if !inner.is_empty() {
                lines.push("configuredBy:".to_owned());
            }
            lines.extend(inner.into_iter().map(|(key, value)| format!("  {key}: {}", scalar(value))));
        }
        lines
    }

    /// The annotation of several transformations.
    pub(crate) fn list(items: &[BuildOrigin]) -> String {
        let item = |item: &BuildOrigin| {
            let lines = item.lines();
            let (first, rest) = lines.split_first().map_or(("{}", &[][..]), |(first, rest)| (first.as_str(), rest));
            let rest: String = rest.iter().map(|line| format!("  {line}\n")).collect();
            format!("- {first}\n{rest}")
        };
        items.iter().map(item).collect()
    }
}

impl fmt::Display for BuildOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        if lines.is_empty() {
            return f.write_str("{}\n");
        }
        lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Splits a URL into that of the repository and the folder in it: at `//`, behind `.git`, or behind owner and name.
fn repository(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + 3);
    if let Some(at) = url[host..].find("//") {
        return (&url[..host + at], &url[host + at + 2..]);
    }
    if let Some(at) = url.find(".git/") {
        return (&url[..at + 4], &url[at + 5..]);
    }
    let slashes: Vec<usize> = url[host..].match_indices('/').map(|(at, _)| host + at).collect();
    slashes.get(2).map_or((url, ""), |&at| (&url[..at], &url[at + 1..]))
}

/// The parts of a URL that stands where a folder could: what a [`RemoteBases`](crate::RemoteBases) has to bring.
///
/// ```
/// use longshore_overlay::RemoteUrl;
///
/// let url = RemoteUrl::split("https://example.com/org/shop//base?ref=v1.2");
/// assert_eq!((url.repository, url.folder, url.reference), ("https://example.com/org/shop", "base", "v1.2"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RemoteUrl<'u> {
    /// The repository, as it is written.
    pub repository: &'u str,
    /// The folder in it; empty for its root.
    pub folder: &'u str,
    /// The branch, tag or commit; empty for the default branch.
    pub reference: &'u str,
}

impl<'u> RemoteUrl<'u> {
    /// Splits a URL: the repository ends at `//`, behind `.git`, or behind owner and name; `?ref=` or `?version=` names
    /// its state.
    pub fn split(url: &'u str) -> Self {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (repository, folder) = repository(place);
        let value = |key| query.split('&').find_map(|pair| pair.strip_prefix(key));
        let reference = value("ref=").or_else(|| value("version=")).unwrap_or_default();
        RemoteUrl { repository, folder, reference }
    }
}

/// A string as the printer of annotations writes it.
fn scalar(text: &str) -> String {
    let mut doc = longshore_yaml::Document::new();
    let root = doc.add_scalar(text, longshore_yaml::Tag::Str, longshore_yaml::Style::of_go_string(text));
    doc.set_root(root);
    longshore_yaml::emit_kyaml([&doc], longshore_yaml::ListIndent::Compact).trim_end().to_owned()
}

/// Go's `filepath.Join`: cleaned, `..` kept where it leads out.
pub(crate) fn join(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() && (!base.is_empty() || !path.is_empty()) {
        return ".".to_owned();
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_go_joins_them() {
        assert_eq!(join("", "a.yaml"), "a.yaml");
        assert_eq!(join("a/b", "../c"), "a/c");
        assert_eq!(join("", "../c"), "../c");
        assert_eq!(join("../a", ".."), "..");
        assert_eq!(join("a", ".."), ".");
    }

    #[test]
    fn urls_name_a_repository_and_a_folder() {
        let expect = ("https://example.com/a/b", "c/d");
        assert_eq!(repository("https://example.com/a/b//c/d"), expect);
        assert_eq!(repository("https://example.com/a/b/c/d"), expect);
        assert_eq!(repository("ssh://git@example.com/a.git/c"), ("ssh://git@example.com/a.git", "c"));
        assert_eq!(repository("https://example.com/a/b"), ("https://example.com/a/b", ""));
    }

    #[test]
    fn origins_are_small_documents() {
        let origin = BuildOrigin { path: "a.yaml".into(), ..BuildOrigin::default() };
        assert_eq!(origin.to_string(), "path: a.yaml\n");
        let by = ["builtin", "ConfigMapGenerator", "", ""].map(String::from);
        let made = BuildOrigin::default().configured("kustomization.yaml", by);
        let expect =
            "configuredIn: kustomization.yaml\nconfiguredBy:\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n";
        assert_eq!(made.to_string(), expect);
    }
}
