//! Which removed and which added resource are one that goes by another name.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use longshore_manifest::Resource;
use longshore_yaml::{Kind, Node};

use crate::equal::{Budget, hash};
use crate::options::DiffOptions;

/// A piece of content that more resources than this have says little about any of them.
const COMMON: usize = 64;

/// Pairs `gone` of `left` with `new` of `right`: `(left, right, score)`, each at most once.
pub(crate) fn pair_renamed(
    left: &[&Resource],
    right: &[&Resource],
    gone: &[usize],
    new: &[usize],
    options: &DiffOptions<'_>,
) -> Vec<(usize, usize, u8)> {
    if options.rename_score > 100 || gone.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let budget = Budget::new(options.limits);
    let pieces = |resource: &Resource| pieces(resource, &budget);
    let olds: Vec<Vec<u64>> = gone.iter().map(|&at| pieces(left[at])).collect();
    let mut owners: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, pieces) in olds.iter().enumerate() {
        pieces.iter().for_each(|&piece| owners.entry(piece).or_default().push(at));
    }
    let mut stems: HashMap<Stem<'_>, Vec<usize>> = HashMap::new();
    for (at, &index) in gone.iter().enumerate() {
        stems.entry(stem(left[index])).or_default().push(at);
    }
    let mut candidates = Vec::new();
    for (to, &index) in new.iter().enumerate() {
        let mine = pieces(right[index]);
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for piece in &mine {
            let owners = owners.get(piece).filter(|owners| owners.len() <= COMMON);
            owners.into_iter().flatten().for_each(|&at| *shared.entry(at).or_default() += 1);
        }
        let same_stem = stems.get(&stem(right[index])).map(Vec::as_slice).unwrap_or_default();
        let same_stem = &same_stem[..same_stem.len().min(COMMON)];
        shared.extend(same_stem.iter().filter(|at| !shared.contains_key(at)).map(|&at| (at, 0)).collect::<Vec<_>>());
        for (at, count) in shared {
            let score = (200 * count / (mine.len() + olds[at].len()).max(1)).min(100) as u8;
            let kin = same_stem.contains(&at) && left[gone[at]].name() != right[index].name();
            if same_type(left[gone[at]], right[index]) && (kin || score >= options.rename_score) {
                candidates.push((Reverse(kin), Reverse(score), at, to));
            }
        }
    }
    candidates.sort_unstable();
    let (mut from, mut into) = (vec![false; gone.len()], vec![false; new.len()]);
    let free = candidates.into_iter().filter(|&(_, _, at, to)| {
        let free = !from[at] && !into[to];
        from[at] |= free;
        into[to] |= free;
        free
    });
    free.map(|(_, score, at, to)| (gone[at], new[to], score.0)).collect()
}

fn same_type(a: &Resource, b: &Resource) -> bool {
    a.kind() == b.kind()
}

/// Kind, namespace and the name without the hash that Kustomize appends.
type Stem<'a> = [&'a str; 3];

fn stem(resource: &Resource) -> Stem<'_> {
    let name = resource.name();
    let stem = match name.rsplit_once('-') {
        Some((stem, hash)) if is_hash(hash) => stem,
        _ => name,
    };
    [resource.kind(), resource.namespace().unwrap_or_default(), stem]
}

/// Whether this is a suffix as Kustomize computes it: ten letters and digits, none that could spell a word.
fn is_hash(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| b"456789bcdfghkmt2".contains(&byte))
}

/// The content of a resource in pieces: a hash for each leaf and its path, sorted, the identity left out.
fn pieces(resource: &Resource, budget: &Budget) -> Vec<u64> {
    let mut pieces = Vec::new();
    for (key, value) in resource.root().entries() {
        match key.text() {
            "apiVersion" | "kind" | "status" => {}
            "metadata" => {
                let kept = value.entries().filter(|(key, _)| !matches!(key.text(), "name" | "namespace"));
                kept.for_each(|(key, value)| gather(value, start(key.text()), 1, budget, &mut pieces));
            }
            name => gather(value, start(name), 1, budget, &mut pieces),
        }
    }
    pieces.sort_unstable();
    pieces
}

fn start(name: &str) -> u64 {
    step(0, name)
}

fn step(path: u64, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (path, name).hash(&mut hasher);
    hasher.finish()
}

fn gather(node: Node<'_>, path: u64, depth: usize, budget: &Budget, pieces: &mut Vec<u64>) {
    if !budget.visit(depth) {
        return;
    }
    let node = node.resolved();
    match node.kind() {
        Kind::Mapping if !node.is_empty() => {
            node.entries().for_each(|(key, value)| gather(value, step(path, key.text()), depth + 1, budget, pieces));
        }
        // The place in a list is no content.
        Kind::Sequence if !node.is_empty() => {
            node.items().for_each(|item| gather(item, step(path, "[]"), depth + 1, budget, pieces));
        }
        // Long texts count line by line: most of a changed file is still the same.
        Kind::Scalar if node.text().contains('\n') => {
            pieces.extend(node.text().lines().map(|line| step(path, line)));
        }
        _ => pieces.push(step(path ^ hash(node, depth, budget), "")),
    }
}
