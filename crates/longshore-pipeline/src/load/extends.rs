//! `extends`: what a job takes over from others, at most ten levels up.

use std::collections::HashMap;

use super::Placed;
use crate::error::Failure;
use crate::value::{Data, Map, Node};

/// Levels that `extends` may reach up, as in GitLab.
const MAX_LEVELS: usize = 10;

/// Merges into each entry what it extends.
pub(crate) fn extend(placed: Placed) -> Result<Map, Failure> {
    let names: Vec<_> = placed.map.iter().map(|(key, _)| key.text.clone()).collect();
    let mut extender = Extender { map: placed.map, heights: HashMap::new() };
    for name in names {
        extender.entry(&name, &mut Vec::new(), false)?;
    }
    Ok(extender.map)
}

struct Extender {
    map: Map,
    /// Of entries already merged: how many levels they and what is below them extend.
    heights: HashMap<String, usize>,
}

impl Extender {
    /// Merges one entry; gives its height. `again` walks what is merged already, only to find who is too deep.
    fn entry(&mut self, name: &str, path: &mut Vec<String>, again: bool) -> Result<usize, Failure> {
        if let Some(&height) = self.heights.get(name)
            && !again
        {
            return if height > 0 && path.len() + height - 1 > MAX_LEVELS {
                self.entry(name, path, true)
            } else {
                Ok(height)
            };
        }
        let Some(bases) = self.bases(name) else {
            self.heights.insert(name.to_owned(), 0);
            return Ok(0);
        };
        self.check(name, &bases, path)?;
        path.push(name.to_owned());
        let mut height = 0;
        for base in &bases {
            height = height.max(self.entry(&base.to_text(), path, again)?);
        }
        path.pop();
        if !again {
            self.merge(name, &bases);
            self.heights.insert(name.to_owned(), height + 1);
        }
        Ok(height + 1)
    }

    /// What an entry extends; `None` where it has no such key.
    fn bases(&self, name: &str) -> Option<Vec<Node>> {
        let extends = self.map.get(name)?.as_map()?.get("extends")?;
        Some(match &extends.data {
            Data::Null => Vec::new(),
            Data::List(items) => items.to_vec(),
            _ => vec![extends.clone()],
        })
    }

    fn check(&self, name: &str, bases: &[Node], path: &[String]) -> Result<(), Failure> {
        let at = self
            .map
            .get(name)
            .and_then(|node| node.as_map()?.get("extends"))
            .map_or(Default::default(), |node| node.at);
        let list = |wrong: Vec<String>| wrong.join(", ");
        let pick =
            |keep: &dyn Fn(&str) -> bool| bases.iter().map(Node::to_text).filter(|base| keep(base)).collect::<Vec<_>>();
        let unknown = pick(&|base| !self.map.contains(base));
        if !unknown.is_empty() {
            return Err(Failure::new(format!("{name}: unknown keys in `extends` ({})", list(unknown)), at));
        }
        let invalid = pick(&|base| self.map.get(base).is_none_or(|node| node.as_map().is_none()));
        if !invalid.is_empty() {
            return Err(Failure::new(format!("{name}: invalid base hashes in `extends` ({})", list(invalid)), at));
        }
        if path.len() > MAX_LEVELS {
            return Err(Failure::new(format!("{name}: nesting too deep in `extends`"), at));
        }
        if path.iter().any(|above| above == name) {
            return Err(Failure::new(format!("{name}: circular dependency detected in `extends`"), at));
        }
        Ok(())
    }

    fn merge(&mut self, name: &str, bases: &[Node]) {
        let mut merged = Map::default();
        for base in bases {
            if let Some(map) = self.map.get(&base.to_text()).and_then(Node::as_map) {
                merged.merge(map);
            }
        }
        if let Some(node) = self.map.get_mut(name) {
            if let Data::Map(own) = &node.data {
                merged.merge(own);
            }
            *node = Node::map(merged, node.at);
        }
    }
}
