//! `$[[ inputs.name | function ]]`: the blocks of a template and their values.

use crate::error::Failure;
use crate::value::{At, Data, Key, Map, Node};
use crate::variables::{Undefined, Variables};

/// Parts of the path inside a block.
const MAX_PARTS: usize = 5;
/// Bytes of the path inside a block.
const MAX_PATH: usize = 1024;
/// Indices behind one name.
const MAX_INDICES: usize = 5;
/// Functions behind the path.
const MAX_FUNCTIONS: usize = 3;

/// The values that blocks may name.
pub(crate) struct Template<'t> {
    pub(crate) inputs: &'t Map,
    pub(crate) variables: &'t Variables,
}

impl Template<'_> {
    /// Fills in all blocks, in keys and in values. Depth is bounded by the reader.
    pub(crate) fn fill(&self, node: &Node) -> Result<Node, Failure> {
        match &node.data {
            Data::Text(text) if text.contains("$[[") => self.text(text, node.at),
            Data::List(items) => {
                let items: Result<_, _> = items.iter().map(|item| self.fill(item)).collect();
                Ok(Node::list(items?, node.at))
            }
            Data::Reference(items) => {
                let items: Result<_, _> = items.iter().map(|item| self.fill(item)).collect();
                Ok(Node::new(Data::Reference(std::sync::Arc::new(items?)), node.at))
            }
            Data::Map(map) => {
                let mut out = Map::with_capacity(map.len());
                for (key, value) in map.iter() {
                    out.insert(self.key(key)?, self.fill(value)?);
                }
                Ok(Node::map(out, node.at))
            }
            _ => Ok(node.clone()),
        }
    }

    fn key(&self, key: &Key) -> Result<Key, Failure> {
        if !key.text.contains("$[[") {
            return Ok(key.clone());
        }
        let text = self.text(&key.text, key.at)?.to_text();
        Ok(Key { text: text.into(), at: key.at, symbol: true })
    }

    /// A text that is one block becomes the value itself, of whatever type; others stay texts.
    fn text(&self, text: &str, at: At) -> Result<Node, Failure> {
        if let Some(("", inside, "")) = block(text) {
            return self.block(inside, text, at);
        }
        let mut out = text.to_owned();
        let mut done: Vec<&str> = Vec::new();
        let mut rest = text;
        while let Some((before, inside, after)) = block(rest) {
            let whole = &rest[before.len()..rest.len() - after.len()];
            if !done.contains(&whole) {
                let value = self.block(inside, whole, at)?;
                let value = match &value.data {
                    Data::List(_) | Data::Map(_) => value.inspect(),
                    _ => value.to_text(),
                };
                out = substituted(&out, whole, &value);
                done.push(whole);
            }
            rest = after;
        }
        Ok(Node::text(out, at))
    }

    fn block(&self, inside: &str, whole: &str, at: At) -> Result<Node, Failure> {
        let mut parts = inside.split('|').map(str::trim);
        let path = parts.next().unwrap_or_default();
        if path.split('.').next() == Some("matrix") {
            return Ok(Node::text(whole, at));
        }
        let value = self.access(path).map_err(|message| Failure::new(message, at))?;
        let functions: Vec<&str> = parts.collect();
        if functions.len() > MAX_FUNCTIONS {
            return Err(Failure::new("too many functions in interpolation block", at));
        }
        functions.iter().try_fold(Node::new(value.data.clone(), at), |value, function| self.apply(function, value))
    }

    fn access(&self, path: &str) -> Result<&Node, String> {
        let parts: Vec<&str> = path.splitn(MAX_PARTS, '.').collect();
        if parts.len() < 2 {
            return Err("invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]".to_owned());
        }
        if path.len() > MAX_PATH {
            return Err("maximum interpolation expression size exceeded".to_owned());
        }
        let unknown = |part: &str| format!("unknown interpolation provided: `{part}` in `{path}`");
        if parts[0] != "inputs" {
            return Err(unknown(parts[0]));
        }
        let mut map = Some(self.inputs);
        let mut value = None;
        for part in &parts[1..] {
            let (name, indices) = indexed(part, path)?;
            let mut found = map.and_then(|map| map.get(name)).ok_or_else(|| unknown(name))?;
            for index in indices {
                let items = found
                    .as_list()
                    .ok_or_else(|| format!("cannot index into non-array value at [{index}] in `{path}`"))?;
                found = items
                    .get(index)
                    .ok_or_else(|| format!("array index {index} out of bounds (size: {}) in `{path}`", items.len()))?;
            }
            map = found.as_map();
            value = Some(found);
        }
        value.ok_or_else(|| unknown(path))
    }

    fn apply(&self, function: &str, value: Node) -> Result<Node, Failure> {
        let at = value.at;
        let text = |name: &str| {
            let wrong = || Failure::new(format!("invalid input type: {name} can only be used with string inputs"), at);
            value.as_str().ok_or_else(wrong)
        };
        if function == "expand_vars" {
            return Ok(Node::text(self.variables.expand(text("expand_vars")?, Undefined::Keep), at));
        }
        if function == "posix_escape" {
            return Ok(Node::text(escape(text("posix_escape")?), at));
        }
        if let Some((offset, length)) = truncation(function) {
            let cut: String = text("truncate")?.chars().skip(offset).take(length).collect();
            return Ok(Node::text(cut, at));
        }
        let message = format!(
            "no function matching `{function}`: check that the function name, arguments, and types are correct"
        );
        Err(Failure::new(message, at))
    }
}

/// Splits a text at its first block: what is before, inside and behind it.
fn block(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("$[[")?;
    let end = start + text[start..].find("]]")?;
    Some((&text[..start], text[start + 3..end].trim(), &text[end + 2..]))
}

/// Replaces a block by its value, in which GitLab, by Ruby's `gsub`, gives a backslash a meaning: `\'` is what follows the
/// block, `` \` `` what is before it, `\&` and `\0` the block, `\\` a backslash.
fn substituted(text: &str, block: &str, value: &str) -> String {
    if !value.contains('\\') {
        return text.replace(block, value);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(block) {
        out.push_str(&text[from..at]);
        from = at + block.len();
        let mut chars = value.chars().peekable();
        while let Some(char) = chars.next() {
            match (char, chars.peek()) {
                ('\\', Some('\\')) => out.push('\\'),
                ('\\', Some('\'')) => out.push_str(&text[from..]),
                ('\\', Some('`')) => out.push_str(&text[..at]),
                ('\\', Some('&' | '0')) => out.push_str(block),
                ('\\', Some('1'..='9')) => {}
                _ => {
                    out.push(char);
                    continue;
                }
            }
            chars.next();
        }
    }
    out.push_str(&text[from..]);
    out
}

/// `name[0][1]` as a name and its indices.
fn indexed<'p>(part: &'p str, path: &str) -> Result<(&'p str, Vec<usize>), String> {
    let Some(open) = part.find('[') else {
        return Ok((part, Vec::new()));
    };
    if part.matches('[').count() != part.matches(']').count() {
        return Err(format!("invalid array index in `{path}`: missing closing bracket"));
    }
    let mut indices = Vec::new();
    for piece in part[open + 1..].split_inclusive(']') {
        let inside = piece.trim_start_matches('[').trim_end_matches(']');
        let index =
            inside.parse().map_err(|_| format!("invalid array index in `{path}`: `{inside}` is not a valid index"))?;
        indices.push(index);
    }
    match (open, indices.len()) {
        (0, _) => Err(format!("invalid indexed access without a key in `{path}`")),
        (_, count) if count > MAX_INDICES => {
            Err(format!("too many array indices in `{path}` (maximum depth: {MAX_INDICES})"))
        }
        _ => Ok((&part[..open], indices)),
    }
}

/// The arguments of `truncate(offset, length)`.
fn truncation(function: &str) -> Option<(usize, usize)> {
    let inside = function.strip_prefix("truncate(")?.strip_suffix(')')?;
    let (offset, length) = inside.split_once(',')?;
    Some((offset.trim().parse().ok()?, length.trim().parse().ok()?))
}

/// A text as one word of a POSIX shell.
fn escape(text: &str) -> String {
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => out.push_str("'\n'"),
            _ if char.is_ascii_alphanumeric() || "_-.,:+/@".contains(char) => out.push(char),
            _ => out.extend(['\\', char]),
        }
    }
    out
}
