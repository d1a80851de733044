//! Jobs multiplied by `parallel`, and needs that name them by their first name.

use std::collections::HashMap;
use std::sync::Arc;

use crate::entry::job::JobEntry;
use crate::entry::needs::WrittenNeed;
use crate::entry::parallel::Parallel;
use crate::error::Failure;
use crate::value::{At, Node};

/// One job as it will be: its entry, its own name, and what it waits for.
pub(crate) struct Instance {
    pub(crate) entry: Arc<JobEntry>,
    pub(crate) name: Arc<str>,
    /// Its place among its siblings from 1, and the options' `parallel`.
    pub(crate) parallel: Option<(u32, Node)>,
    /// Variables of its combination.
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) needs: Option<Vec<Wanted>>,
    pub(crate) dependencies: Option<Vec<(String, At)>>,
}

/// A need with the name of one job.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) artifacts: bool,
    pub(crate) optional: bool,
    pub(crate) at: At,
}

impl From<&WrittenNeed> for Wanted {
    fn from(need: &WrittenNeed) -> Self {
        Wanted { name: need.name.clone(), artifacts: need.artifacts, optional: need.optional, at: need.at }
    }
}

/// Jobs by name, in order; a later one of the same name takes the place of the first.
#[derive(Default)]
pub(crate) struct Instances {
    pub(crate) list: Vec<Instance>,
    pub(crate) index: HashMap<Arc<str>, usize>,
}

impl Instances {
    fn add(&mut self, instance: Instance) {
        match self.index.get(&instance.name) {
            Some(&at) => self.list[at] = instance,
            None => {
                self.index.insert(Arc::clone(&instance.name), self.list.len());
                self.list.push(instance);
            }
        }
    }
}

/// Multiplies the jobs.
pub(crate) fn normalise(entries: Vec<JobEntry>) -> Result<Instances, Failure> {
    let entries: Vec<Arc<JobEntry>> = entries.into_iter().map(Arc::new).collect();
    let multiplied: HashMap<&str, &Parallel> =
        entries.iter().filter_map(|entry| Some((&*entry.name, entry.parallel.as_ref()?))).collect();
    let mut out = Instances::default();
    let mut problems: Vec<Failure> = Vec::new();
    for entry in &entries {
        let Some(parallel) = &entry.parallel else {
            out.add(instance(entry, &entry.name, None, Vec::new(), &multiplied, &mut problems));
            continue;
        };
        let all = parallel.instances(&entry.name);
        let options = parallel.to_node(all.len(), entry.at);
        for (at, (name, variables)) in all.into_iter().enumerate() {
            let place = Some((at as u32 + 1, options.clone()));
            out.add(instance(entry, &name, place, variables, &multiplied, &mut problems));
        }
    }
    problems.dedup_by(|a, b| a.message == b.message);
    match problems.first() {
        None => Ok(out),
        Some(first) => {
            let words: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
            Err(Failure::new(words.join(", "), first.at))
        }
    }
}

fn instance(
    entry: &Arc<JobEntry>,
    name: &str,
    parallel: Option<(u32, Node)>,
    variables: Vec<(String, String)>,
    multiplied: &HashMap<&str, &Parallel>,
    problems: &mut Vec<Failure>,
) -> Instance {
    let written = entry.needs.as_ref().map(|needs| needs.jobs.as_deref().unwrap_or_default());
    let needs = written.map(|written| {
        if multiplied.is_empty() {
            return written.iter().map(Wanted::from).collect();
        }
        let mut filler = Filler { entry, variables: &variables, problems };
        written.iter().flat_map(|need| spread(filler.need(need), multiplied)).collect()
    });
    let dependencies = entry.dependencies.as_ref().map(|names| {
        let spread = |(name, at): &(String, At)| match multiplied.get(name.as_str()) {
            Some(parallel) => parallel.instances(name).into_iter().map(|(name, _)| (name, *at)).collect(),
            None => vec![(name.clone(), *at)],
        };
        names.iter().flat_map(spread).collect()
    });
    let name = if *name == *entry.name { Arc::clone(&entry.name) } else { name.into() };
    Instance { entry: Arc::clone(entry), name, parallel, variables, needs, dependencies }
}

/// A need of a multiplied job is one of each of them, or of those it names.
fn spread(need: WrittenNeed, multiplied: &HashMap<&str, &Parallel>) -> Vec<Wanted> {
    let Some(all) = multiplied.get(need.name.as_str()) else {
        return vec![Wanted::from(&need)];
    };
    let parallel = need.parallel.as_ref().unwrap_or(all);
    let names = parallel.instances(&need.name).into_iter().map(|(name, _)| name);
    names.map(|name| Wanted { name, ..Wanted::from(&need) }).collect()
}

/// Fills `$[[ matrix.NAME ]]` into needs.
struct Filler<'f> {
    entry: &'f JobEntry,
    variables: &'f [(String, String)],
    problems: &'f mut Vec<Failure>,
}

impl Filler<'_> {
    fn need(&mut self, need: &WrittenNeed) -> WrittenNeed {
        let mut need = need.clone();
        need.name = self.text(&need.name, need.at);
        if let Some(Parallel::Matrix(matrices)) = &mut need.parallel {
            for value in matrices.iter_mut().flatten().flat_map(|(_, values)| values) {
                *value = self.text(value, need.at);
            }
        }
        need
    }

    fn text(&mut self, text: &str, at: At) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("$[[") {
            let Some(length) = rest[start..].find("]]") else {
                break;
            };
            let inside = rest[start + 3..start + length].trim();
            let whole = &rest[start..start + length + 2];
            out.push_str(&rest[..start]);
            match inside.strip_prefix("matrix.").filter(|name| is_name(name)) {
                None => out.push_str(whole),
                Some(name) => match self.value(name) {
                    Some(value) => out.push_str(&value),
                    None => {
                        let job = &self.entry.name;
                        let words = format!("{job} job: '{name}' does not exist in matrix configuration");
                        if !self.problems.iter().any(|problem| problem.message == words) {
                            self.problems.push(Failure::new(words, at));
                        }
                        out.push_str(whole);
                    }
                },
            }
            rest = &rest[start + length + 2..];
        }
        out.push_str(rest);
        out
    }

    fn value(&self, name: &str) -> Option<String> {
        let own = self.variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        own.or_else(|| self.entry.variables.iter().find(|own| own.key == name).map(|own| own.value.clone()))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
