//! `parallel:` — a number of equal jobs, or one job for each combination of variables.

use super::{Checks, Place, is_hash};
use crate::value::{At, Data, Node};

/// Jobs that one job may become.
const MAX_JOBS: i64 = 200;

/// Into what a job is multiplied.
#[derive(Clone, Debug)]
pub(crate) enum Parallel {
    /// So many equal jobs.
    Count(u32),
    /// One for each combination; each matrix has its variables with their values.
    Matrix(Vec<Vec<(String, Vec<String>)>>),
}

/// Which forms an entry may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// A number or a matrix.
    Both,
    /// A matrix only.
    Matrix,
}

pub(crate) fn parallel(checks: &mut Checks, place: &Place<'_>, node: &Node, allowed: Allowed) -> Option<Parallel> {
    let mark = checks.mark();
    match &node.data {
        Data::Int(_) | Data::Float(_) => count(checks, place, node, allowed),
        Data::Map(_) => {
            checks.known_keys(place, node, &["matrix"]);
            checks.required_keys(place, node, &["matrix"]);
            if !checks.clean_since(mark) {
                return None;
            }
            match node.get("matrix") {
                Some(own) => matrix(checks, &place.at("matrix"), own).map(Parallel::Matrix),
                None => Some(Parallel::Matrix(Vec::new())),
            }
        }
        _ => {
            checks.add_as_it_is(place, node.at, "should be an integer or a hash");
            None
        }
    }
}

fn count(checks: &mut Checks, place: &Place<'_>, node: &Node, allowed: Allowed) -> Option<Parallel> {
    let mark = checks.mark();
    match node.as_int() {
        None => checks.add(place, node.at, "config must be an integer"),
        Some(value) => {
            checks.require(value >= 1, place, node.at, "config must be greater than or equal to 1");
            let words = format_args!("config must be less than or equal to {MAX_JOBS}");
            checks.require(value <= MAX_JOBS, place, node.at, words);
        }
    }
    if allowed == Allowed::Matrix {
        checks.add(place, node.at, "config cannot use \"parallel: <number>\".");
    }
    let value = node.as_int().and_then(|value| u32::try_from(value).ok());
    value.filter(|_| checks.clean_since(mark)).map(Parallel::Count)
}

type Matrices = Vec<Vec<(String, Vec<String>)>>;

fn matrix(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Matrices> {
    let mark = checks.mark();
    let items = node.as_list().filter(|items| items.iter().all(is_hash));
    let Some(items) = items else {
        checks.add(place, node.at, "config should be an array of hashes");
        return None;
    };
    let inner = place.at("variables");
    let matrices: Matrices = items.iter().map(|item| variables(checks, &inner, item)).collect();
    let jobs = |matrix: &Vec<(String, Vec<String>)>| {
        matrix.iter().fold(1_i64, |product, (_, values)| product.saturating_mul(values.len() as i64))
    };
    let total = matrices.iter().map(jobs).fold(0_i64, i64::saturating_add);
    if total > MAX_JOBS {
        let words = format_args!("config generates too many jobs (maximum is {MAX_JOBS})");
        checks.add_before(mark, place, node.at, words);
    }
    checks.clean_since(mark).then_some(matrices)
}

fn variables(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Vec<(String, Vec<String>)> {
    let Some(map) = node.as_map() else {
        return Vec::new();
    };
    let word = |node: &Node| matches!(node.data, Data::Text(_) | Data::Int(_));
    let fits = |node: &Node| word(node) || node.as_list().is_some_and(|items| items.iter().all(word));
    if !map.iter().all(|(_, value)| fits(value)) {
        let at = map.iter().find(|(_, value)| !fits(value)).map_or(node.at, |(key, _)| key.at);
        checks.add(place, at, "config should be a hash of key value pairs, value can be an array");
    }
    checks.require(!map.is_empty(), place, node.at, "config requires at least 1 items");
    map.iter().map(|(key, value)| (key.text.to_string(), value.texts())).collect()
}

impl Parallel {
    /// The names of the jobs, and the variables of each.
    pub(crate) fn instances(&self, name: &str) -> Vec<(String, Vec<(String, String)>)> {
        match self {
            Parallel::Count(total) => (1..=*total).map(|at| (format!("{name} {at}/{total}"), Vec::new())).collect(),
            Parallel::Matrix(matrices) => {
                let all = matrices.iter().flat_map(|matrix| combinations(matrix));
                all.map(|variables| {
                    let values: Vec<&str> = variables.iter().map(|(_, value)| value.as_str()).collect();
                    (format!("{name}: [{}]", values.join(", ")), variables)
                })
                .collect()
            }
        }
    }

    /// As it stands in the options of each job: `total` jobs came of it.
    pub(crate) fn to_node(&self, total: usize, at: At) -> Node {
        let total = Node::new(Data::Int(total as i64), at);
        let first = match self {
            Parallel::Count(count) => ("number", Node::new(Data::Int(i64::from(*count)), at)),
            Parallel::Matrix(matrices) => {
                ("matrix", Node::list(matrices.iter().map(|matrix| matrix_node(matrix, at)).collect(), at))
            }
        };
        Node::map(crate::value::Map::of([first, ("total", total)]), at)
    }
}

fn matrix_node(matrix: &[(String, Vec<String>)], at: At) -> Node {
    let values =
        |values: &[String]| Node::list(values.iter().map(|value| Node::text(value.as_str(), at)).collect(), at);
    Node::map(crate::value::Map::of(matrix.iter().map(|(key, own)| (key.as_str(), values(own)))), at)
}

/// All combinations, the last variable fastest.
fn combinations(matrix: &[(String, Vec<String>)]) -> Vec<Vec<(String, String)>> {
    let mut out: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for (key, values) in matrix {
        let extend = |row: &Vec<(String, String)>| {
            let row = row.clone();
            values
                .iter()
                .map(move |value| {
                    let mut row = row.clone();
                    row.push((key.clone(), value.clone()));
                    row
                })
                .collect::<Vec<_>>()
        };
        out = out.iter().flat_map(extend).collect();
    }
    out
}
