//! JSON, SARIF and attributes of telemetry.

use std::collections::BTreeMap;

use longshore_yaml::Location;
use serde_json::{Value, json};

use super::{is_noted, owners, summary, value};
use crate::report::{Class, Field, Report, ResourceReport, Verdict};
use crate::unappliable::Unappliable;

/// The whole report as JSON.
pub fn json(report: &Report) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    value["health"] = Value::from(report.health().to_string());
    value["inSync"] = Value::from(report.is_in_sync());
    value
}

/// The report as a SARIF 2.1.0 log: code review then shows drift at the lines that declare it.
pub fn sarif(report: &Report) -> Value {
    let mut results = Vec::new();
    for resource in &report.resources {
        match resource.verdict {
            Verdict::Missing | Verdict::Extra => results.push(of_resource(resource)),
            _ => results
                .extend(resource.fields.iter().filter(|field| is_noted(field)).map(|field| of_field(resource, field))),
        }
        results.extend(resource.unappliable.iter().map(|one| of_refused(resource, one)));
    }
    let rules: Vec<Value> =
        RULES.iter().map(|(id, text)| json!({"id": id, "shortDescription": {"text": text}})).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "longshore-drift", "rules": rules}},
            "results": results,
            "properties": {"summary": summary(report)},
        }],
    })
}

const RULES: &[(&str, &str)] = &[
    ("DeclaredChanged", "A declared field has another value in the cluster"),
    ("DeclaredMissing", "A declared field is gone from the cluster"),
    ("OwnedUndeclared", "A field of ours is no longer declared"),
    ("ForeignAddition", "Others added a field that nobody declares"),
    ("DefaultChanged", "A field that nobody declares has another value than the default"),
    ("Spelling", "The same value in another spelling"),
    ("Ignored", "A rule says to overlook the field"),
    ("Unknown", "A field whose cause is not on record"),
    ("Missing", "A declared resource is not in the cluster"),
    ("Extra", "A resource of the cluster is not declared"),
    ("Unappliable", "A server refuses the manifest"),
];

fn of_refused(resource: &ResourceReport, one: &Unappliable) -> Value {
    let name = format!("{} {}", resource.id, one.path);
    result(
        "Unappliable",
        "error",
        &format!("{name} cannot be applied: {}", one.reason),
        name.clone(),
        one.declared_at.as_ref(),
    )
}

fn of_resource(resource: &ResourceReport) -> Value {
    let level = if resource.verdict == Verdict::Missing { "error" } else { "note" };
    let text = format!("{} is {}", resource.id, resource.verdict.words());
    result(&format!("{:?}", resource.verdict), level, &text, resource.id.to_string(), resource.declared_at.as_ref())
}

fn of_field(resource: &ResourceReport, field: &Field) -> Value {
    let level = match field.class {
        class if class.is_drift() => "error",
        Class::DefaultChanged | Class::Unknown => "warning",
        _ => "note",
    };
    let (path, desired, live) = (&field.path, value(&field.desired), value(&field.live));
    let text = format!("{} {path}: {desired} -> {live}, {}, by {}", resource.id, field.class.words(), owners(field));
    let name = format!("{} {path}", resource.id);
    result(&format!("{:?}", field.class), level, &text, name, field.declared_at.as_ref())
}

fn result(rule: &str, level: &str, text: &str, name: String, at: Option<&Location>) -> Value {
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": name}]});
    if let Some(at) = at {
        location["physicalLocation"] = json!({
            "artifactLocation": {"uri": at.file},
            "region": {"startLine": at.line, "startColumn": at.column},
        });
    }
    json!({"ruleId": rule, "level": level, "message": {"text": text}, "locations": [location]})
}

/// One map of attributes for each drifted field, each field that a server refuses, and each missing or extra resource, named as OpenTelemetry names things.
pub fn attributes(report: &Report) -> Vec<BTreeMap<&'static str, String>> {
    let mut events = Vec::new();
    for resource in &report.resources {
        if matches!(resource.verdict, Verdict::Missing | Verdict::Extra) {
            events.push(resource_attributes(resource, resource.declared_at.as_ref()));
        }
        for field in resource.fields.iter().filter(|field| field.is_drift()) {
            let mut event = resource_attributes(resource, field.declared_at.as_ref());
            event.insert("longshore.drift.field", field.path.to_string());
            event.insert("longshore.drift.class", format!("{:?}", field.class));
            if let Some(owner) = field.owners.first() {
                event.insert("longshore.drift.manager", owner.manager.clone());
            }
            events.push(event);
        }
        for one in &resource.unappliable {
            let mut event = resource_attributes(resource, one.declared_at.as_ref());
            event.insert("longshore.drift.field", one.path.to_string());
            event.insert("longshore.drift.class", "Unappliable".to_owned());
            events.push(event);
        }
    }
    events
}

fn resource_attributes(resource: &ResourceReport, at: Option<&Location>) -> BTreeMap<&'static str, String> {
    let mut event = BTreeMap::new();
    event.insert("k8s.object.kind", resource.id.gvk.kind.clone());
    event.insert("k8s.object.name", resource.id.name.clone());
    event.insert("longshore.drift.verdict", format!("{:?}", resource.verdict));
    if let Some(namespace) = &resource.id.namespace {
        event.insert("k8s.namespace.name", namespace.clone());
    }
    if let Some(at) = at {
        event.insert("code.file.path", at.file.clone());
        event.insert("code.line.number", at.line.to_string());
    }
    event
}
