//! What two versions of a configuration change in one context.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::compiled::{Compiled, Job};

/// What changed from one compiled configuration to another.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Changes {
    /// Jobs that only the later one has.
    pub added: Vec<String>,
    /// Jobs that only the earlier one has.
    pub removed: Vec<String>,
    /// Jobs that both have and that are not the same.
    pub changed: Vec<JobChange>,
    /// The stages before and after, where they differ.
    pub stages: Option<(Vec<String>, Vec<String>)>,
    /// Whether the pipeline is created, before and after, where that differs.
    pub created: Option<(bool, bool)>,
}

/// How one job changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobChange {
    /// Its name.
    pub name: String,
    /// What is different, by keyword.
    pub fields: Vec<FieldChange>,
}

/// How one keyword of a job changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// The keyword, with the keys down to the value: `options.image.name`.
    pub field: String,
    /// What it was; null where it was not set.
    pub before: Value,
    /// What it is; null where it is not set.
    pub after: Value,
}

/// Compares two compiled configurations job by job, names being what holds them together.
pub fn compare(before: &Compiled, after: &Compiled) -> Changes {
    let old: HashMap<&str, &Job> = before.jobs().iter().map(|job| (job.name.as_str(), job)).collect();
    let new: HashMap<&str, &Job> = after.jobs().iter().map(|job| (job.name.as_str(), job)).collect();
    let only = |jobs: &[Job], other: &HashMap<&str, &Job>| {
        jobs.iter().map(|job| &job.name).filter(|name| !other.contains_key(name.as_str())).cloned().collect()
    };
    let created = (before.outcome(), after.outcome());
    let created = (created.0 == crate::Outcome::Created, created.1 == crate::Outcome::Created);
    Changes {
        added: only(after.jobs(), &old),
        removed: only(before.jobs(), &new),
        changed: after.jobs().iter().filter_map(|job| change(old.get(job.name.as_str())?, job)).collect(),
        stages: (before.stages() != after.stages()).then(|| (before.stages().to_vec(), after.stages().to_vec())),
        created: (created.0 != created.1).then_some(created),
    }
}

fn change(before: &Job, after: &Job) -> Option<JobChange> {
    let shown = |job: &Job| serde_json::to_value(job).unwrap_or_default();
    let mut fields = Vec::new();
    differences("", &shown(before), &shown(after), &mut fields);
    (!fields.is_empty()).then(|| JobChange { name: after.name.clone(), fields })
}

/// Mappings are compared key by key, anything else as a whole. Depth is that of the configuration.
fn differences(place: &str, before: &Value, after: &Value, out: &mut Vec<FieldChange>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            let none = Value::Null;
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                differences(&place, old.get(key).unwrap_or(&none), new.get(key).unwrap_or(&none), out);
            }
        }
        _ => out.push(FieldChange { field: place.to_owned(), before: before.clone(), after: after.clone() }),
    }
}

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no change");
        }
        let mut lines: Vec<String> = Vec::new();
        if let Some((before, after)) = self.created {
            let word = |created| if created { "created" } else { "not created" };
            lines.push(format!("the pipeline was {}, it is {}", word(before), word(after)));
        }
        if let Some((before, after)) = &self.stages {
            lines.push(format!("stages: {} -> {}", before.join(", "), after.join(", ")));
        }
        lines.extend(self.added.iter().map(|name| format!("+ {name}")));
        lines.extend(self.removed.iter().map(|name| format!("- {name}")));
        for job in &self.changed {
            lines.push(format!("~ {}", job.name));
            let field = |change: &FieldChange| format!("    {}: {} -> {}", change.field, change.before, change.after);
            lines.extend(job.fields.iter().map(field));
        }
        f.write_str(&lines.join("\n"))
    }
}
