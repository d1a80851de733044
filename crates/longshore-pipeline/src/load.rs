//! From files to one tree: documents, inputs, includes, `extends`, `!reference`, in GitLab's order.

mod extends;
mod include;
mod inputs;
mod interpolate;
mod reference;

use std::sync::Arc;

use longshore_source::{FilePath, Files};
use longshore_yaml::SourceFile;

use crate::clause::Tree;
use crate::context::Context;
use crate::error::Failure;
use crate::includes::Includes;
use crate::psych;
use crate::value::{At, Data, Map, Node, Sources};
use crate::variables::Variables;

/// The stages that are always there, first and last.
pub(crate) const EDGE_STAGES: [&str; 2] = [".pre", ".post"];

/// A configuration as one tree, nothing left to include or to extend.
pub(crate) struct Loaded {
    pub(crate) merged: Node,
    pub(crate) includes: Vec<String>,
}

/// Reads the configuration at `path` and all that it includes.
pub(crate) fn load(
    files: &dyn Files,
    includes: Option<&dyn Includes>,
    path: &FilePath,
    context: &Context,
    tree: &Tree<'_>,
    sources: &mut Sources,
) -> Result<Loaded, Failure> {
    let bytes = files.read(path).map_err(|error| Failure::new(error.to_string(), At::default()))?;
    let outer = context.outer();
    let variables = outer.expanded(crate::variables::Undefined::Empty).unwrap_or(outer);
    let mut loader = Loader { files, includes, context, variables, sources, included: Vec::new(), tree };
    let name = files.display(path);
    if std::str::from_utf8(&bytes).is_ok_and(|text| text.trim().is_empty()) {
        loader.sources.add(SourceFile::new(name, ""));
        return Err(Failure::new("Please provide content of .gitlab-ci.yml", At::default()));
    }
    let inputs = context.inputs.iter().map(|(name, value)| (name.as_str(), Node::from_json(value, At::default())));
    let map = loader.document(&name, &bytes, Some(&Node::map(Map::of(inputs), At::default())))?;
    let at = map.at;
    let map = loader.expand(map, &include::Origin::Repository)?;
    let map = extends::extend(map)?;
    let merged = reference::resolve(Node::map(map, at), context.limits.values)?;
    Ok(Loaded { merged: with_edge_stages(merged), includes: loader.included })
}

/// What reading shares between files.
pub(crate) struct Loader<'l> {
    files: &'l dyn Files,
    includes: Option<&'l dyn Includes>,
    context: &'l Context,
    /// What include paths may refer to, expanded.
    variables: Variables,
    sources: &'l mut Sources,
    /// Names of the files included so far.
    included: Vec<String>,
    /// All files of the repository, once they are needed.
    tree: &'l Tree<'l>,
}

/// A mapping, and where it stands.
pub(crate) struct Placed {
    pub(crate) map: Map,
    pub(crate) at: At,
}

impl Loader<'_> {
    /// Reads one file, with the values that are given for its inputs.
    fn document(&mut self, name: &str, bytes: &[u8], args: Option<&Node>) -> Result<Placed, Failure> {
        let text = String::from_utf8_lossy(bytes);
        if let std::borrow::Cow::Owned(_) = text {
            let id = self.sources.add(SourceFile::new(name, ""));
            return Err(Failure::new("(<unknown>): the text is not UTF-8", At { file: id, offset: 0 }));
        }
        let file = SourceFile::new(name, text.into_owned());
        let documents = psych::read(&file, self.sources, &self.context.limits)?;
        let mut documents = documents.into_iter().filter(|document| !document.is_null());
        let first = documents.next().unwrap_or(Node::new(Data::Null, At::default()));
        let second = documents.next();
        let heads = first.as_map().is_some_and(|map| map.contains("spec"));
        let args = args.filter(|args| args.as_map().is_none_or(|map| !map.is_empty()));
        let content = match second {
            Some(content) if heads => inputs::interpolate(&first, content, args, &self.variables)?,
            _ => match args {
                Some(args) if args.as_map().is_none() => return Err(inputs::not_a_hash(args.at)),
                Some(args) => return Err(inputs::without_header(args.at)),
                None => first,
            },
        };
        match content.data {
            Data::Map(map) => Ok(Placed { map: Arc::unwrap_or_clone(map), at: content.at }),
            _ => Err(Failure::new("Invalid configuration format", content.at)),
        }
    }
}

/// Puts `.pre` and `.post` around the stages that are written.
fn with_edge_stages(mut merged: Node) -> Node {
    if let Data::Map(map) = &mut merged.data
        && let Some(Data::List(stages)) = map.get("stages").map(|stages| stages.data.clone())
    {
        let at = map.get("stages").map_or(At::default(), |stages| stages.at);
        let inner = stages.iter().filter(|stage| !stage.as_str().is_some_and(|name| EDGE_STAGES.contains(&name)));
        let edge = |name: &str| Node::text(name, at);
        let all = std::iter::once(edge(EDGE_STAGES[0])).chain(inner.cloned()).chain([edge(EDGE_STAGES[1])]).collect();
        *Arc::make_mut(map).get_mut("stages").expect("it was just read") = Node::list(all, at);
    }
    merged
}
