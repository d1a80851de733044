//! `!reference [job, key, …]`: the value at another place of the merged configuration.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::Failure;
use crate::value::{Data, Node};

/// Levels that references may lead into each other; a circle is found long before.
const MAX_CHAIN: usize = 1000;

/// Puts the values in the place of all references. `limit` bounds how many values may come out.
pub(crate) fn resolve(root: Node, limit: usize) -> Result<Node, Failure> {
    let config = root.clone();
    let mut resolver = Resolver { config: &config, found: HashMap::new(), open: Vec::new() };
    let resolved = resolver.node(&root)?;
    if resolver.found.is_empty() || resolved.count(limit) < limit {
        return Ok(resolved);
    }
    Err(Failure::new("The parsed YAML is too big", root.at))
}

struct Resolver<'c> {
    config: &'c Node,
    /// Values of the places already resolved.
    found: HashMap<Vec<String>, Node>,
    /// The references being resolved, by identity.
    open: Vec<*const Vec<Node>>,
}

impl Resolver<'_> {
    /// Nothing is copied where nothing below is a reference. Depth is bounded by the reader and by `MAX_CHAIN`.
    fn node(&mut self, node: &Node) -> Result<Node, Failure> {
        match &node.data {
            Data::Reference(path) => self.reference(path, node),
            Data::List(items) => match self.first_change(items.iter())? {
                None => Ok(node.clone()),
                Some((at, changed)) => {
                    let mut out = items[..at].to_vec();
                    out.push(changed);
                    for item in &items[at + 1..] {
                        out.push(self.node(item)?);
                    }
                    Ok(Node::list(out, node.at))
                }
            },
            Data::Map(map) => match self.first_change(map.iter().map(|(_, value)| value))? {
                None => Ok(node.clone()),
                Some((at, changed)) => {
                    let mut out = (**map).clone();
                    let mut changed = Some(changed);
                    for (_, value) in out.iter_mut().skip(at) {
                        *value = match changed.take() {
                            Some(changed) => changed,
                            None => self.node(value)?,
                        };
                    }
                    Ok(Node::map(out, node.at))
                }
            },
            _ => Ok(node.clone()),
        }
    }

    fn first_change<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>) -> Result<Option<(usize, Node)>, Failure> {
        for (at, node) in nodes.enumerate() {
            if matches!(node.data, Data::List(_) | Data::Map(_) | Data::Reference(_)) {
                let resolved = self.node(node)?;
                if !resolved.is_same(node) {
                    return Ok(Some((at, resolved)));
                }
            }
        }
        Ok(None)
    }

    fn reference(&mut self, path: &Arc<Vec<Node>>, node: &Node) -> Result<Node, Failure> {
        let fail = |why: &str| {
            Failure::new(format!("!reference {} {why}", Node::list(path.to_vec(), node.at).inspect()), node.at)
        };
        let names: Option<Vec<String>> = path.iter().map(|name| name.as_str().map(str::to_owned)).collect();
        let names = names.filter(|names| !names.is_empty()).ok_or_else(|| fail("is not valid"))?;
        if self.open.contains(&Arc::as_ptr(path)) || self.open.len() > MAX_CHAIN {
            return Err(fail("is part of a circular chain"));
        }
        if let Some(found) = self.found.get(&names) {
            return Ok(found.clone());
        }
        let mut target = self.config;
        for name in &names {
            target = target.as_map().and_then(|map| map.get(name)).ok_or_else(|| fail("could not be found"))?;
        }
        self.open.push(Arc::as_ptr(path));
        let value = self.node(target)?;
        self.open.pop();
        if value.is_null() || value.as_bool() == Some(false) {
            return Err(fail("could not be found"));
        }
        self.found.insert(names, value.clone());
        Ok(value)
    }
}
