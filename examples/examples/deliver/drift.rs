//! Step 3: somebody changes the cluster by hand; every change is found, and led back to its line in Git.

use std::error::Error;

use longshore::drift::{Class, ResourceReport, Verdict};
use longshore::source::Files;
use longshore::yaml::{Document, Location, Node, NodeId, Tag};

use crate::screen::Screen;
use crate::world::World;
use crate::{Outcome, ensure};

/// What is known beforehand about one intrusion: resource and field, and text of the line that declares it.
struct Expected {
    kind: &'static str,
    name: &'static str,
    path: &'static str,
    file: &'static str,
    line_says: &'static str,
}

const EXPECTED: &[Expected] = &[
    Expected {
        kind: "Deployment",
        name: "catalog",
        path: "spec.replicas",
        file: "overlays/production/kustomization.yaml",
        line_says: "count: 4",
    },
    Expected {
        kind: "Deployment",
        name: "payments",
        path: "spec.template.spec.containers[name=payments].image",
        file: "overlays/production/kustomization.yaml",
        line_says: "newTag: 5.0.4",
    },
    Expected {
        kind: "Deployment",
        name: "checkout",
        path: "spec.template.spec.containers[name=spy]",
        file: "base/checkout/deployment.yaml",
        line_says: "containers:",
    },
    Expected {
        kind: "Deployment",
        name: "cart",
        path: "spec.template.spec.containers[name=cart].env[name=STORE].value",
        file: "base/cart/deployment.yaml",
        line_says: "redis://store.data:6379/0",
    },
    Expected {
        kind: "HorizontalPodAutoscaler",
        name: "storefront",
        path: "spec.maxReplicas",
        file: "overlays/production/storefront-autoscaler.yaml",
        line_says: "maxReplicas: 40",
    },
    Expected {
        kind: "Secret",
        name: "payments-provider",
        path: "data.key",
        file: "base/payments/secret.yaml",
        line_says: "sandbox-4f1c0d9a",
    },
];

pub(crate) fn interfere_and_explain(world: &mut World, screen: &mut Screen) -> Outcome {
    screen.step("Somebody changes the cluster behind Git's back");
    interfere(world)?;
    let desired = world.desired()?;
    let report = world.assess(&desired);
    for resource in &report.resources {
        show(world, screen, resource)?;
    }
    for expected in EXPECTED {
        check(world, &report.resources, expected)?;
    }
    let fields = report.drift().count();
    ensure(fields == EXPECTED.len(), "nothing else counts as drift")?;
    ensure(report.count(Verdict::Missing) == 1, "the deleted ConfigMap is missed")?;
    let spelled = world.find("Deployment", "storefront")?.id();
    let spelled = report.resources.iter().find(|one| one.id == spelled);
    ensure(spelled.is_some_and(|one| one.verdict == Verdict::InSync), "0.05 is 50m in another spelling")?;
    screen.held(&format!(
        "{fields} drifted fields and 1 missing resource, each led back to its line in Git; another spelling is no drift"
    ));
    Ok(())
}

/// What happens in the night: each by somebody's hand, none of it in Git.
fn interfere(world: &mut World) -> Outcome {
    world.cluster.set_time("2026-01-02T03:00:00Z");
    change(world, "Deployment", "catalog", "kubectl-scale", |doc| set(doc, &["spec", "replicas"], "1", Tag::Int))?;
    change(world, "Deployment", "payments", "kubectl-set", |doc| {
        set(doc, &container(&["image"]), "registry.example.com/shop/payments:5.0.4-hotfix", Tag::Str)
    })?;
    change(world, "Deployment", "checkout", "debug-shell", |doc| {
        let containers = at(doc, &container(&[])[..4])?;
        let spy = doc.add_json(&serde_json::json!({"name": "spy", "image": "busybox", "command": ["sleep", "9999"]}));
        doc.seq_push(containers, spy);
        Some(())
    })?;
    change(world, "Deployment", "cart", "kubectl-edit", |doc| {
        set(doc, &container(&["env", "0", "value"]), "redis://localhost:6379/0", Tag::Str)
    })?;
    change(world, "Deployment", "storefront", "kubectl-edit", |doc| {
        set(doc, &container(&["resources", "requests", "cpu"]), "0.05", Tag::Str)
    })?;
    change(world, "HorizontalPodAutoscaler", "storefront", "kubectl-edit", |doc| {
        set(doc, &["spec", "maxReplicas"], "10", Tag::Int)
    })?;
    change(world, "Secret", "payments-provider", "vault-sync", |doc| set(doc, &["data", "key"], "bGl2ZS0w", Tag::Str))?;
    let nginx = world.find("ConfigMap", "storefront-nginx")?.id();
    Ok(world.cluster.delete(&nginx)?)
}

fn change(
    world: &mut World,
    kind: &str,
    name: &str,
    who: &str,
    change: impl FnOnce(&mut Document) -> Option<()>,
) -> Outcome {
    let id = world.find(kind, name)?.id();
    let mut done = None;
    world.cluster.edit(&id, who, |doc| done = change(doc))?;
    done.ok_or_else(|| format!("{id} has no such field").into())
}

/// The way into the first container of a workload.
fn container<'p>(below: &[&'p str]) -> Vec<&'p str> {
    [&["spec", "template", "spec", "containers", "0"], below].concat()
}

fn at(doc: &Document, path: &[&str]) -> Option<NodeId> {
    doc.root().at(path.iter().copied()).map(Node::id)
}

fn set(doc: &mut Document, path: &[&str], text: &str, tag: Tag) -> Option<()> {
    let id = at(doc, path)?;
    doc.set_scalar(id, text, tag);
    Some(())
}

fn show(world: &World, screen: &Screen, resource: &ResourceReport) -> Outcome {
    if resource.verdict == Verdict::Missing {
        screen.heading(&format!("{} is gone", resource.id));
        return declared(world, screen, resource.declared_at.as_ref());
    }
    if resource.fields.iter().any(|field| field.is_drift() || field.class == Class::Spelling) {
        screen.heading(&resource.id.to_string());
    }
    for field in &resource.fields {
        if !field.is_drift() && field.class != Class::Spelling {
            continue;
        }
        let none = if field.class == Class::ForeignAddition { "(nothing)" } else { "(gone)" };
        let text =
            |value: &Option<longshore::drift::Shown>| value.as_ref().map_or(none.to_owned(), |v| v.text().to_owned());
        screen.change(&field.path.to_string(), &text(&field.desired), &text(&field.live));
        let owners: Vec<String> = field.owners.iter().map(ToString::to_string).collect();
        screen.aside(&format!("{}, by {}", field.class.words(), owners.join(" and ")));
        declared(world, screen, field.declared_at.as_ref())?;
    }
    Ok(())
}

/// File and line in Git, what stands there, and which commit wrote it.
fn declared(world: &World, screen: &Screen, at: Option<&Location>) -> Outcome {
    let Some(at) = at else { return Ok(()) };
    let files = world.files()?;
    let wrote = world.repository.last_change(files.id(), &at.file.parse()?, at.line)?;
    let (line, short) = (line_of(world, at)?, crate::world::short(wrote.id));
    screen.aside(&format!("declared at {}:{}  {}", at.file, at.line, line.trim()));
    screen.aside(&format!("written by {} in {short} \"{}\"", wrote.author.name, wrote.subject()));
    Ok(())
}

fn line_of(world: &World, at: &Location) -> Result<String, Box<dyn Error>> {
    let bytes = world.files()?.read(&at.file.parse()?)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let line = text.lines().nth(at.line as usize - 1);
    Ok(line.ok_or_else(|| format!("{} has no line {}", at.file, at.line))?.to_owned())
}

fn check(world: &World, resources: &[ResourceReport], expected: &Expected) -> Outcome {
    let Expected { kind, name, path, file, line_says } = expected;
    let resource = resources.iter().find(|one| one.id.gvk.kind == *kind && one.id.name == *name);
    let field = resource.and_then(|one| one.fields.iter().find(|field| field.path.to_string() == *path));
    let field = field.ok_or_else(|| format!("the drift of {kind} {name} {path} was not found"))?;
    let at = field.declared_at.as_ref().ok_or_else(|| format!("nobody knows where {path} is declared"))?;
    let line = line_of(world, at)?;
    ensure(
        at.file == *file && line.contains(line_says),
        &format!("{kind} {name} {path} is declared in {file} as '{line_says}', not at {at} '{line}'"),
    )
}
