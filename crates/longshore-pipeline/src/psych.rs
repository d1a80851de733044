//! YAML as Ruby's Psych reads it for GitLab: its own scalar types, merge keys, `!reference`, dates refused.

use std::collections::HashMap;
use std::sync::Arc;

use longshore_yaml as yaml;
use longshore_yaml::{Aliases, Document, DuplicateKeys, Kind, NodeId, ReadOptions, SourceFile, Style};

use crate::error::Failure;
use crate::value::{At, Data, Key, Map, Node, Sources};

/// Bounds on what one configuration may make the compiler do. Exceeding one is an error that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file. Default 64 MiB.
    pub bytes: usize,
    /// Values of one file with its aliases expanded, and of a configuration merged. Default 20,000,000.
    pub values: usize,
    /// Values that aliases repeat, over all files. Default 500,000, some ten times what GitLab's own limit lets through.
    pub aliases: usize,
    /// Nesting of collections. Default 100, as GitLab has it.
    pub depth: usize,
    /// Files that a configuration includes, directly or not. Default 150, as GitLab has it.
    pub includes: usize,
    /// Jobs that one job may need. Default 50, as GitLab has it.
    pub needs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 64 << 20, values: 20_000_000, aliases: 500_000, depth: 100, includes: 150, needs: 50 }
    }
}

/// The words GitLab has for a text that is too large or too deep.
const TOO_BIG: &str = "The parsed YAML is too big";

/// Reads all documents of a file; empty ones are null.
pub(crate) fn read(file: &Arc<SourceFile>, sources: &mut Sources, limits: &Limits) -> Result<Vec<Node>, Failure> {
    let id = sources.add(Arc::clone(file));
    if file.text().len() > limits.bytes {
        return Err(Failure::new(TOO_BIG, At { file: id, offset: 0 }));
    }
    let options = ReadOptions {
        aliases: Aliases::Keep,
        duplicate_keys: DuplicateKeys::Keep,
        limits: yaml::Limits { bytes: limits.bytes, depth: limits.depth, ..yaml::Limits::default() },
        ..ReadOptions::default()
    };
    let documents = yaml::read_stream(file, &options).map_err(|error| syntax(&error, file, id))?;
    let mut room = Room { values: limits.values, aliases: limits.aliases };
    let mut out = Vec::with_capacity(documents.len());
    for document in &documents {
        let (node, duplicates) = Converter::run(document, id, &mut room)?;
        sources.duplicates.extend(duplicates);
        out.push(node);
    }
    Ok(out)
}

fn syntax(error: &yaml::ReadError, file: &SourceFile, id: u32) -> Failure {
    let place = error.location();
    if error.message().starts_with("exceeded max depth") || error.message().contains("excessive aliasing") {
        return Failure::new(TOO_BIG, At { file: id, offset: offset_of(file, place.line, place.column) });
    }
    let offset = offset_of(file, place.line, place.column);
    let message = format!("(<unknown>): {} at line {} column {}", error.message(), place.line, place.column);
    Failure::new(message, At { file: id, offset })
}

fn offset_of(file: &SourceFile, line: u32, column: u32) -> u32 {
    let mut offset = 0;
    for (number, text) in file.text().split_inclusive('\n').enumerate() {
        if number as u32 + 1 == line {
            return offset + text.chars().take(column as usize - 1).map(char::len_utf8).sum::<usize>() as u32;
        }
        offset += text.len() as u32;
    }
    offset
}

/// How many values may still come out.
struct Room {
    values: usize,
    aliases: usize,
}

struct Converter<'d> {
    file: u32,
    /// What an anchored node became, and how many values it holds.
    anchors: HashMap<NodeId, (Node, usize)>,
    room: &'d mut Room,
    /// Keys that are written again further down, at their second place.
    duplicates: Vec<At>,
}

impl<'d> Converter<'d> {
    fn run(document: &Document, file: u32, room: &'d mut Room) -> Result<(Node, Vec<At>), Failure> {
        let mut converter = Converter { file, anchors: HashMap::new(), room, duplicates: Vec::new() };
        let node = converter.node(document.root())?;
        Ok((node, converter.duplicates))
    }

    fn at(&self, node: yaml::Node<'_>) -> At {
        At { file: self.file, offset: node.span().map_or(0, |span| span.start) }
    }

    fn spend(&mut self, count: usize, at: At) -> Result<(), Failure> {
        self.room.values = self.room.values.checked_sub(count).ok_or_else(|| Failure::new(TOO_BIG, at))?;
        Ok(())
    }

    /// Depth is bounded by the reader, aliases cannot contain themselves.
    fn node(&mut self, node: yaml::Node<'_>) -> Result<Node, Failure> {
        let at = self.at(node);
        if node.kind() == Kind::Alias {
            let target = node.resolved();
            let (value, count) = self.anchors.get(&target.id()).cloned().unwrap_or((Node::new(Data::Null, at), 1));
            self.room.aliases = self.room.aliases.checked_sub(count).ok_or_else(|| Failure::new(TOO_BIG, at))?;
            self.spend(count, at)?;
            return Ok(value);
        }
        let before = self.room.values;
        self.spend(1, at)?;
        let data = match node.kind() {
            Kind::Mapping => Data::Map(Arc::new(self.mapping(node)?)),
            Kind::Sequence => {
                let items: Vec<Node> = node.items().map(|item| self.node(item)).collect::<Result<_, _>>()?;
                let reference = node.explicit_tag() == Some("!reference");
                if reference { Data::Reference(Arc::new(items)) } else { Data::List(Arc::new(items)) }
            }
            _ => scalar(node, at)?,
        };
        let value = Node::new(data, at);
        if node.anchor().is_some() {
            self.anchors.insert(node.id(), (value.clone(), before - self.room.values));
        }
        Ok(value)
    }

    fn mapping(&mut self, node: yaml::Node<'_>) -> Result<Map, Failure> {
        let mut map = Map::with_capacity(node.len());
        // Keys that came by `<<` may be written again.
        let mut merged: Vec<Arc<str>> = Vec::new();
        for (name, value) in node.entries() {
            let merges = name.resolved().text() == "<<" && name.resolved().style() == Style::Plain;
            let key = self.key(name)?;
            let value = self.node(value)?;
            if merges && merge_in(&mut map, &value) {
                merged = map.iter().map(|(key, _)| Arc::clone(&key.text)).collect();
                continue;
            }
            if map.contains(&key.text) {
                match merged.iter().position(|name| *name == key.text) {
                    Some(at) => drop(merged.swap_remove(at)),
                    None => self.duplicates.push(key.at),
                }
            }
            map.insert(key, value);
        }
        Ok(map)
    }

    fn key(&mut self, node: yaml::Node<'_>) -> Result<Key, Failure> {
        let at = self.at(node);
        let node = node.resolved();
        if node.kind() != Kind::Scalar {
            let text = format!("{}", self.node(node)?.to_json());
            return Ok(Key { text: text.into(), at, symbol: false });
        }
        let value = Node::new(scalar(node, at)?, at);
        let symbol = value.as_str().is_some();
        Ok(Key { text: value.to_text().into(), at, symbol })
    }
}

/// Merges what `<<` names: a mapping, or several of which the first wins. It replaces keys above it, as Psych does.
fn merge_in(map: &mut Map, value: &Node) -> bool {
    let mut put = |from: &Map| from.iter().for_each(|(key, node)| map.insert(key.clone(), node.clone()));
    match &value.data {
        Data::Map(from) => put(from),
        Data::List(items) if !items.is_empty() && items.iter().all(|item| item.as_map().is_some()) => {
            items.iter().rev().filter_map(Node::as_map).for_each(put);
        }
        _ => return false,
    }
    true
}

fn scalar(node: yaml::Node<'_>, at: At) -> Result<Data, Failure> {
    let text = node.text();
    let plain = node.style() == Style::Plain;
    match node.explicit_tag() {
        Some("!!str" | "!str" | "!") => return Ok(Data::Text(text.into())),
        Some("!!int" | "!!float" | "!!bool" | "!!null") | None => {}
        Some(_) if !plain => return Ok(Data::Text(text.into())),
        Some(_) => {}
    }
    if !plain && node.explicit_tag().is_none() {
        return Ok(Data::Text(text.into()));
    }
    match resolve(text) {
        Ok(data) => Ok(data),
        Err(class) => Err(Failure::new(format!("Tried to load unspecified class: {class}"), at)),
    }
}

/// The type of an unquoted scalar; a date or a time is the name of its class.
fn resolve(text: &str) -> Result<Data, &'static str> {
    let bytes = text.as_bytes();
    let Some(&first) = bytes.first() else {
        return Ok(Data::Null);
    };
    if first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.') {
        return number(text);
    }
    if first == b':' && bytes.len() > 1 {
        return Ok(Data::Text(text[1..].trim_matches(['"', '\'']).into()));
    }
    if bytes.len() <= 5 {
        match text.to_ascii_lowercase().as_str() {
            "~" | "null" => return Ok(Data::Null),
            "yes" | "true" | "on" => return Ok(Data::Bool(true)),
            "no" | "false" | "off" => return Ok(Data::Bool(false)),
            _ => {}
        }
    }
    Ok(Data::Text(text.into()))
}

fn number(text: &str) -> Result<Data, &'static str> {
    if let Some(class) = date_class(text) {
        return Err(class);
    }
    let special = match text.to_ascii_lowercase().as_str() {
        ".inf" | "+.inf" => Some(f64::INFINITY),
        "-.inf" => Some(f64::NEG_INFINITY),
        ".nan" => Some(f64::NAN),
        _ => None,
    };
    if let Some(value) = special {
        return Ok(Data::Float(value));
    }
    let found = integer(text).map(Data::Int).or_else(|| float(text).map(Data::Float)).or_else(|| sexagesimal(text));
    Ok(found.unwrap_or_else(|| Data::Text(text.into())))
}

fn digits(text: &str, radix: u32) -> Option<i64> {
    let clean: String = text.chars().filter(|char| !matches!(char, '_' | ',')).collect();
    i64::from_str_radix(&clean, radix).ok()
}

fn integer(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes()[0] {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let all = |text: &str, allowed: fn(u8) -> bool| !text.is_empty() && text.bytes().all(allowed);
    let value = if let Some(bits) = rest.strip_prefix("0b").filter(|bits| all(bits, |b| b"01_,".contains(&b))) {
        digits(bits, 2)
    } else if let Some(hex) =
        rest.strip_prefix("0x").filter(|hex| all(hex, |b| b.is_ascii_hexdigit() || b == b'_' || b == b','))
    {
        digits(hex, 16)
    } else if rest.starts_with('0')
        && rest.len() > 1
        && all(rest, |b| (b'0'..=b'7').contains(&b) || b == b'_' || b == b',')
    {
        digits(rest, 8)
    } else if (rest == "0" || !rest.starts_with('0')) && all(rest, |b| b.is_ascii_digit() || b == b'_' || b == b',') {
        let starts = rest.as_bytes()[0].is_ascii_digit();
        let ends = rest.as_bytes()[rest.len() - 1].is_ascii_digit();
        if starts && ends { digits(rest, 10) } else { None }
    } else {
        None
    };
    value.and_then(|value| value.checked_mul(sign))
}

fn float(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = body.split_once('.')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_' || byte == b',');
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let signed = |text: &str| text.strip_prefix(['-', '+']).is_some_and(|text| !text.is_empty() && number(text));
    let plain = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !number(whole) || whole.starts_with(['_', ',']) || !plain || !exponent.is_none_or(signed) || body == "." {
        return None;
    }
    text.replace(['_', ','], "").parse().ok().or(Some(0.0))
}

/// `1:30` and `1:30:00` are base 60.
fn sexagesimal(text: &str) -> Option<Data> {
    let (sign, body) = text.strip_prefix('-').map_or((1.0, text), |body| (-1.0, body));
    let body = body.strip_prefix('+').unwrap_or(body);
    let parts: Vec<&str> = body.split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    let (last, fraction) = parts.last()?.split_once('.').map_or((*parts.last()?, None), |(a, b)| (a, Some(b)));
    let small = |part: &str| {
        !part.is_empty()
            && part.len() <= 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part.len() == 1 || part < "60")
    };
    let whole = !parts[0].is_empty() && parts[0].bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let middle = parts[1..parts.len() - 1].iter().all(|part| small(part));
    if !whole || !middle || !small(last) {
        return None;
    }
    let mut value = 0.0;
    for part in &parts[..parts.len() - 1] {
        value = value * 60.0 + digits(part, 10)? as f64;
    }
    value = value * 60.0 + digits(last, 10)? as f64;
    match fraction {
        None => Some(Data::Int((value * sign) as i64)),
        Some(fraction) => format!("0.{fraction}").parse::<f64>().ok().map(|part| Data::Float((value + part) * sign)),
    }
}

/// Whether a text is a date or a time, which GitLab refuses to load.
fn date_class(text: &str) -> Option<&'static str> {
    let body = text.strip_prefix('-').unwrap_or(text);
    let mut parts = body.splitn(3, '-');
    let (year, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let numeric = |text: &str| !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) || !numeric(month) {
        return None;
    }
    let day = rest.bytes().take_while(u8::is_ascii_digit).count();
    if day == 0 || day > 2 {
        return None;
    }
    let inside = |text: &str, high: u32| text.parse::<u32>().is_ok_and(|value| value <= high);
    if day == rest.len() {
        return (body.len() == text.len() && inside(month, 12) && inside(rest, 31)).then_some("Date");
    }
    let time = rest[day..].strip_prefix(['T', 't']).or_else(|| {
        let trimmed = rest[day..].trim_start();
        (trimmed.len() < rest[day..].len()).then_some(trimmed)
    })?;
    let mut clock = time.splitn(3, ':');
    let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
    let seconds = second.len() >= 2 && second.as_bytes()[..2].iter().all(u8::is_ascii_digit);
    (numeric(hour) && minute.len() == 2 && numeric(minute) && seconds).then_some("Time")
}

#[cfg(test)]
mod tests {
    use super::{Data, resolve};

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let found = match resolve(text) {
            Err(class) => class.to_owned(),
            Ok(Data::Null) => "null".to_owned(),
            Ok(Data::Bool(value)) => format!("bool {value}"),
            Ok(Data::Int(value)) => format!("int {value}"),
            Ok(Data::Float(value)) => format!("float {value}"),
            Ok(Data::Text(text)) => format!("text {text}"),
            Ok(_) => "other".to_owned(),
        };
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn scalars_have_the_types_psych_gives() {
        check("0755", "int 493");
        check("0o17", "text 0o17");
        check("1e3", "text 1e3");
        check("1.50", "float 1.5");
        check("1_000", "int 1000");
        check("1:30", "int 90");
        check("yes", "bool true");
        check("Off", "bool false");
        check("y", "text y");
        check("~", "null");
        check("", "null");
        check("2001-01-01", "Date");
        check("2001-01-01 10:00:00", "Time");
        check("1.2.3", "text 1.2.3");
        check("0x1F", "int 31");
        check(":sym", "text sym");
        check("-", "text -");
        check("08", "text 08");
        check(".5", "float 0.5");
        check("1.", "float 1");
    }
}
