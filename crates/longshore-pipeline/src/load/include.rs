//! `include:` — other files, from the repository, other projects, URLs, templates and components.

use longshore_source::{FilePath, FilesErrorKind};

use super::{Loader, Placed};
use crate::clause::{self, Scope, World};
use crate::entry::rules::{Kind, rules};
use crate::entry::{Checks, Place};
use crate::error::Failure;
use crate::includes::{Fetched, Locator};
use crate::value::{At, Data, Map, Node};
use crate::variables::Undefined;

const SUBKEYS: &str = "`local`, `project`, `remote`, `template`, `artifact`, `component`";

/// From where a file was taken: its own includes look there.
#[derive(Clone)]
pub(crate) enum Origin {
    Repository,
    Project { project: String, reference: String },
    Elsewhere,
}

/// One include with its path filled in.
struct Location {
    kind: LocationKind,
    inputs: Option<Node>,
    at: At,
}

enum LocationKind {
    Local(String),
    Project { project: String, reference: String, file: String },
    Remote(String),
    Template(String),
    Artifact { file: String, job: String },
    Component(String),
}

impl Loader<'_> {
    /// Takes in all that a file includes; the file itself wins. Recursion ends at the limit of includes.
    pub(crate) fn expand(&mut self, placed: Placed, origin: &Origin) -> Result<Placed, Failure> {
        let Placed { mut map, at } = placed;
        let locations = match map.get("include") {
            None => Vec::new(),
            Some(include) => self.locations(include, origin)?,
        };
        if locations.is_empty() {
            return Ok(Placed { map, at });
        }
        for location in &locations {
            self.included.push(location.name());
            if self.included.len() > self.context.limits.includes {
                let words = format!("Maximum of {} nested includes are allowed!", self.context.limits.includes);
                return Err(Failure::new(words, location.at));
            }
        }
        let mut merged = Map::default();
        for location in &locations {
            location.check()?;
            merged.merge(&self.take(location, origin)?);
        }
        map.remove("include");
        merged.merge(&map);
        merged.remove("include");
        Ok(Placed { map: merged, at })
    }

    fn locations(&mut self, include: &Node, origin: &Origin) -> Result<Vec<Location>, Failure> {
        let items = match &include.data {
            Data::Null => Vec::new(),
            Data::List(items) => items.iter().filter(|item| !item.is_null()).cloned().collect(),
            _ => vec![include.clone()],
        };
        let mut out = Vec::new();
        for item in &items {
            let item = self.normalized(item);
            if self.wanted(&item)? {
                self.locate(&item, origin, &mut out)?;
            }
        }
        Ok(out)
    }

    /// A text becomes a mapping: what it names is a URL or a file of the repository.
    fn normalized(&self, item: &Node) -> Node {
        let Some(text) = item.as_str() else {
            return item.clone();
        };
        let text = self.variables.expand(text, Undefined::Empty);
        let key = if is_url(&text) { "remote" } else { "local" };
        Node::map(Map::of([(key, Node::text(text, item.at))]), item.at)
    }

    /// Whether the rules of an include hold.
    fn wanted(&self, item: &Node) -> Result<bool, Failure> {
        let Some(written) = item.get("rules") else {
            return Ok(true);
        };
        let mut checks = Checks::default();
        let list = rules(&mut checks, &Place::root("rules"), written, Kind::Include);
        if let Some(failure) = checks.failures.into_iter().next() {
            return Err(Failure::new(format!("include:{}", failure.message), failure.at));
        }
        let predefined = self.context.predefined();
        let tree = self.tree;
        let world = World::new(self.context, tree, &predefined);
        let scope = Scope::new(&world, Vec::new());
        for rule in list.unwrap_or_default() {
            if clause::rule_holds(&world, &scope, &rule)? {
                return Ok(rule.when.as_deref() != Some("never"));
            }
        }
        Ok(false)
    }

    fn locate(&mut self, item: &Node, origin: &Origin, out: &mut Vec<Location>) -> Result<(), Failure> {
        let item = self.filled(item);
        let text = |key: &str| item.get(key).filter(|value| value.is_present());
        let files = item.get("file").map(crate::entry::wrapped);
        let files = files.as_ref().and_then(Node::as_list).unwrap_or_default();
        let kinds = ["local", "remote", "template", "artifact", "component"];
        let mut found: Vec<&str> = kinds.into_iter().filter(|key| text(key).is_some()).collect();
        if text("project").is_some() && !files.is_empty() {
            found.push("project");
        }
        let &[kind] = found.as_slice() else {
            return Err(ambiguous(&item, found.is_empty()));
        };
        let at = text(kind).map_or(item.at, |value| value.at);
        let inputs = item.get("inputs").cloned();
        let mut push = |kind: LocationKind| out.push(Location { kind, inputs: inputs.clone(), at });
        let value = text(kind).map(Node::to_text).unwrap_or_default();
        match kind {
            "local" if value.contains('*') && matches!(origin, Origin::Repository) => {
                for path in self.tree.paths()?.iter().filter(|path| wildcard(value.trim_start_matches('/'), path)) {
                    push(LocationKind::Local(path.clone()));
                }
            }
            "local" => push(LocationKind::Local(value.trim_start_matches('/').to_owned())),
            "remote" => push(LocationKind::Remote(value)),
            "template" => push(LocationKind::Template(value)),
            "component" => push(LocationKind::Component(value)),
            "artifact" => {
                push(LocationKind::Artifact {
                    file: value,
                    job: item.get("job").map(Node::to_text).unwrap_or_default(),
                });
            }
            _ => {
                let first = text("project").map(|node| node.texts().into_iter().next().unwrap_or_default());
                let project = first.unwrap_or_default().to_lowercase();
                let reference = item.get("ref").map_or("HEAD".to_owned(), Node::to_text);
                for file in files {
                    let file = file.to_text().trim_start_matches('/').to_owned();
                    push(LocationKind::Project { project: project.clone(), reference: reference.clone(), file });
                }
            }
        }
        Ok(())
    }

    /// An include with the variables in its paths filled in.
    fn filled(&self, item: &Node) -> Node {
        let Some(map) = item.as_map() else {
            return item.clone();
        };
        let fill = |node: &Node| Node::text(self.variables.expand(&node.to_text(), Undefined::Empty), node.at);
        let mut out = map.clone();
        for (key, value) in out.iter_mut().filter(|(key, _)| !matches!(&*key.text, "rules" | "inputs")) {
            *value = match &value.data {
                Data::Text(_) => fill(value),
                Data::List(items) if &*key.text == "file" => Node::list(items.iter().map(fill).collect(), value.at),
                _ => value.clone(),
            };
        }
        Node::map(out, item.at)
    }

    /// Reads one include with all that it includes itself.
    fn take(&mut self, location: &Location, origin: &Origin) -> Result<Map, Failure> {
        let name = location.name();
        let (bytes, inner) = self.fetch(location, origin)?;
        let text = std::str::from_utf8(&bytes).unwrap_or("?");
        if text.trim().is_empty() {
            return Err(Failure::new(location.empty(), location.at));
        }
        let inside = |failure: Failure| {
            let at = if failure.at == At::default() { location.at } else { failure.at };
            Failure::new(format!("`{name}`: {}", failure.message), at)
        };
        let placed = self.document(&self.displayed(location), &bytes, location.inputs.as_ref()).map_err(inside)?;
        if placed.map.is_empty() {
            let words = format!("Included file `{name}` does not have valid YAML syntax!");
            return Err(Failure::new(words, location.at));
        }
        Ok(self.expand(placed, &inner)?.map)
    }

    fn fetch(&self, location: &Location, origin: &Origin) -> Result<(std::sync::Arc<[u8]>, Origin), Failure> {
        let locator = match (&location.kind, origin) {
            (LocationKind::Local(path), Origin::Repository) => return self.local(path, location.at),
            (LocationKind::Local(path), Origin::Project { project, reference }) => {
                Locator::Project { project: project.clone(), reference: reference.clone(), file: path.clone() }
            }
            (LocationKind::Local(path), Origin::Elsewhere) => {
                return Err(Failure::new(format!("Local file `{path}` does not have project!"), location.at));
            }
            (LocationKind::Project { project, reference, file }, _) => {
                Locator::Project { project: project.clone(), reference: reference.clone(), file: file.clone() }
            }
            (LocationKind::Remote(url), _) => Locator::Remote(url.clone()),
            (LocationKind::Template(name), _) => Locator::Template(name.clone()),
            (LocationKind::Artifact { file, job }, _) => Locator::Artifact { file: file.clone(), job: job.clone() },
            (LocationKind::Component(address), _) => Locator::Component(address.clone()),
        };
        let Some(includes) = self.includes else {
            let words = format!(
                "`{}` is not a file of the repository: whoever compiles must say where to fetch it (`Includes`)",
                location.name()
            );
            return Err(Failure::new(words, location.at));
        };
        match includes.fetch(&locator) {
            Fetched::File(bytes) => Ok((bytes, inner_origin(&locator))),
            other => Err(Failure::new(missing(&locator, other), location.at)),
        }
    }

    /// What locations in the file call it.
    fn displayed(&self, location: &Location) -> String {
        match &location.kind {
            LocationKind::Local(path) => {
                FilePath::root().join(path).map_or_else(|_| path.clone(), |path| self.files.display(&path))
            }
            LocationKind::Project { project, reference, file } => format!("{project}@{reference}:{file}"),
            LocationKind::Artifact { file, job } => format!("{job}:{file}"),
            _ => location.name(),
        }
    }

    fn local(&self, path: &str, at: At) -> Result<(std::sync::Arc<[u8]>, Origin), Failure> {
        let absent = || Failure::new(format!("Local file `{path}` does not exist!"), at);
        let place = FilePath::root().join(path).map_err(|_| absent())?;
        match self.files.read(&place) {
            Ok(bytes) => Ok((bytes, Origin::Repository)),
            Err(error) if matches!(error.kind, FilesErrorKind::NotFound | FilesErrorKind::IsDirectory) => Err(absent()),
            Err(error) => Err(Failure::new(error.to_string(), at)),
        }
    }
}

impl Location {
    /// What messages call it.
    fn name(&self) -> String {
        match &self.kind {
            LocationKind::Local(name) | LocationKind::Remote(name) | LocationKind::Template(name) => name.clone(),
            LocationKind::Component(name) => name.clone(),
            LocationKind::Project { file, .. } | LocationKind::Artifact { file, .. } => file.clone(),
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let name = self.name();
        let last = name.rsplit('/').next().unwrap_or_default().to_lowercase();
        let yaml = [".yml", ".yaml"].iter().any(|end| last.len() > end.len() && last.ends_with(end));
        if !yaml && !matches!(self.kind, LocationKind::Component(_)) {
            return Err(Failure::new(format!("Included file `{name}` does not have YAML extension!"), self.at));
        }
        match &self.kind {
            LocationKind::Remote(url) if !is_url(url) => {
                Err(Failure::new(format!("Remote file `{name}` does not have a valid address!"), self.at))
            }
            _ => Ok(()),
        }
    }

    fn empty(&self) -> String {
        let name = self.name();
        match &self.kind {
            LocationKind::Local(_) => format!("Local file `{name}` is empty!"),
            LocationKind::Project { project, .. } => format!("Project `{project}` file `{name}` is empty!"),
            _ => format!("Included file `{name}` is empty or does not exist!"),
        }
    }
}

/// Where the includes of a fetched file look for local files.
fn inner_origin(locator: &Locator) -> Origin {
    match locator {
        Locator::Project { project, reference, .. } => {
            Origin::Project { project: project.clone(), reference: reference.clone() }
        }
        _ => Origin::Elsewhere,
    }
}

fn missing(locator: &Locator, fetched: Fetched) -> String {
    if let Fetched::Failed(words) = fetched {
        return words;
    }
    match (locator, fetched) {
        (Locator::Project { project, .. }, Fetched::NoProject) => format!(
            "Project `{project}` not found or access denied! Make sure any includes in the pipeline configuration are \
             correctly defined."
        ),
        (Locator::Project { project, reference, .. }, Fetched::NoReference) => {
            format!("Project `{project}` reference `{reference}` does not exist!")
        }
        (Locator::Project { project, file, .. }, _) => format!("Project `{project}` file `{file}` does not exist!"),
        (Locator::Remote(name), _) => format!("Remote file `{name}` could not be fetched!"),
        (Locator::Component(name), _) => format!("Component '{name}' - content not found"),
        (Locator::Template(name) | Locator::Artifact { file: name, .. }, _) => {
            format!("Included file `{name}` is empty or does not exist!")
        }
    }
}

fn ambiguous(item: &Node, none: bool) -> Failure {
    if none {
        let words =
            format!("`{}` does not have a valid subkey for include. Valid subkeys are: {SUBKEYS}", item.to_json());
        return Failure::new(words, item.at);
    }
    Failure::new(format!("Each include must use only one of: {SUBKEYS}"), item.at)
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

/// `*` stands for anything but slashes, `**` for anything.
fn wildcard(pattern: &str, path: &str) -> bool {
    let mut regex = String::from("^(?:");
    let mut rest = pattern;
    while let Some(at) = rest.find('*') {
        regex.push_str(&regex::escape(&rest[..at]));
        let double = rest[at..].starts_with("**");
        regex.push_str(if double { ".*" } else { "[^/]*" });
        rest = &rest[at + if double { 2 } else { 1 }..];
    }
    regex.push_str(&regex::escape(rest));
    regex.push_str(")$");
    regex::Regex::new(&regex).is_ok_and(|regex| regex.is_match(path))
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn one_star_stays_in_its_folder() {
        assert!(wildcard("ci/*.yml", "ci/a.yml"));
        assert!(!wildcard("ci/*.yml", "ci/b/a.yml"));
        assert!(wildcard("**/*.yml", "ci/b/a.yml"));
        assert!(!wildcard("**/*.yml", "a.yml"));
    }
}
