//! Steps 1, 2 and 4b: reading and rendering, installing, releasing and taking a release back.

use std::error::Error;

use longshore::drift::{Action, Plan, Report, Shown, Verdict};
use longshore::git::Change;
use longshore::source::Files;
use longshore::yaml::emit_build_all;

use crate::screen::Screen;
use crate::world::{OVERLAY, World, short};
use crate::{Outcome, ensure};

pub(crate) fn read(world: &World, screen: &mut Screen) -> Outcome {
    screen.step("Read a revision from Git and render production");
    let files = world.files()?;
    let commit = world.repository.describe(files.id())?;
    screen.line(&format!("commit {} \"{}\" by {}", short(commit.id), commit.subject(), commit.author));
    let desired = world.desired()?;
    let print = || -> Result<String, Box<dyn Error>> {
        let desired = world.desired()?;
        Ok(emit_build_all(desired.iter().map(|resource| resource.document()))?)
    };
    let text = print()?;
    ensure(text == print()?, "rendering twice gives the same bytes")?;
    let services = desired.iter().filter(|resource| resource.kind() == "Service").count();
    ensure(services >= 6, "the shop has at least six services")?;
    let lines = text.lines().count();
    screen.held(&format!("{} resources, {lines} lines of YAML from {OVERLAY}, no checkout", desired.len()));
    Ok(())
}

pub(crate) fn install(world: &mut World, screen: &mut Screen) -> Outcome {
    screen.step("Compare with the empty cluster, plan, apply");
    let desired = world.desired()?;
    let report = world.assess(&desired);
    ensure(report.count(Verdict::Missing) == desired.len(), "an empty cluster lacks every resource")?;
    let plan = world.plan(&report, &desired);
    plan.to_string().lines().for_each(|line| screen.line(line));
    ensure(is_ordered(&plan), "namespaces and configuration come before workloads, those before what exposes them")?;
    world.carry_out(&plan, &desired)?;
    ensure(world.assess(&desired).is_in_sync(), "the cluster is in sync after applying")?;
    screen.held(&format!("{} resources created in order, in sync", plan.count(Action::Create)));
    Ok(())
}

fn is_ordered(plan: &Plan) -> bool {
    let stage = |kind: &str| match kind {
        "Namespace" => 0,
        "ServiceAccount" | "Secret" | "ConfigMap" => 1,
        "Service" => 2,
        "Deployment" | "CronJob" | "HorizontalPodAutoscaler" => 3,
        _ => 4,
    };
    plan.steps.iter().map(|step| stage(&step.id.gvk.kind)).is_sorted()
}

pub(crate) fn release_and_revert(world: &mut World, screen: &mut Screen) -> Outcome {
    let before = world.cluster.export();
    release(world, screen)?;
    ensure(world.cluster.export() != before, "the release changed the cluster")?;
    let release = world.files()?.id();
    screen.part("Roll back by reverting the commit");
    let revert = world.revert(release)?;
    screen.line(&format!("commit {} \"{}\"", short(revert), world.repository.describe(revert)?.subject()));
    roll(world, screen)?;
    let after = world.cluster.export();
    ensure(after == before, "the cluster is byte for byte what it was")?;
    screen.held(&format!(
        "rolled back: the cluster's {} bytes are the {} bytes before the release",
        after.len(),
        before.len()
    ));
    Ok(())
}

fn release(world: &mut World, screen: &mut Screen) -> Outcome {
    screen.part("Commit a release, see what it will change, roll it out");
    world.cluster.set_time("2026-01-05T10:00:00Z");
    let edits = [
        ("overlays/production/kustomization.yaml", "newTag: 1.8.3", "newTag: 1.9.0"),
        ("overlays/production/kustomization.yaml", "count: 4", "count: 6"),
        ("base/kustomization.yaml", "LOG_LEVEL=info", "LOG_LEVEL=warn"),
    ];
    let changes = edited(world, &edits)?;
    let commit = world.commit(changes, "Release catalog 1.9.0")?;
    screen.line(&format!("commit {} \"Release catalog 1.9.0\"", short(commit)));
    let desired = world.desired()?;
    let shown = world.assess(&desired).drift().count();
    ensure(shown > 0, "the release changes something")?;
    roll(world, screen)?;
    screen.held(&format!("{shown} fields changed as shown before, in sync"));
    Ok(())
}

/// The files of the branch with texts replaced, each of which must be there once.
fn edited(world: &World, edits: &[(&str, &str, &str)]) -> Result<Vec<Change>, Box<dyn Error>> {
    let files = world.files()?;
    let mut texts = std::collections::BTreeMap::new();
    for (path, old, new) in edits {
        let bytes = files.read(&path.parse()?)?;
        let text = texts.entry(*path).or_insert(String::from_utf8(bytes.to_vec())?);
        ensure(text.matches(old).count() == 1, &format!("{path} says '{old}' once"))?;
        *text = text.replacen(old, new, 1);
    }
    texts.into_iter().map(|(path, text)| Ok(Change::write(path, text.into_bytes())?)).collect()
}

/// Shows what the end of the branch will change, does it, and checks that it came out so.
fn roll(world: &mut World, screen: &mut Screen) -> Outcome {
    let desired = world.desired()?;
    let report = world.assess(&desired);
    let plan = world.plan(&report, &desired);
    preview(screen, &report, &plan);
    world.carry_out(&plan, &desired)?;
    let after = world.assess(&desired);
    ensure(after.is_in_sync(), "the cluster is in sync after the rollout")?;
    for (resource, field) in report.drift() {
        let now = after.get(&resource.id).is_some_and(|one| one.fields.iter().all(|other| other.path != field.path));
        ensure(now, &format!("{} {} came out as shown", resource.id, field.path))?;
    }
    Ok(())
}

fn preview(screen: &Screen, report: &Report, plan: &Plan) {
    let text = |value: &Option<Shown>| value.as_ref().map_or("(nothing)".to_owned(), |value| value.text().to_owned());
    for step in &plan.steps {
        screen.heading(&format!("{} {}", step.action, step.id));
        let applies = matches!(step.action, Action::Create | Action::Update);
        let resource = report.get(&step.id).filter(|_| applies);
        let fields = resource.map_or(&[][..], |resource| &resource.fields);
        for field in fields.iter().filter(|field| field.is_drift()) {
            screen.change(&field.path.to_string(), &text(&field.live), &text(&field.desired));
            if let Some(at) = &field.declared_at {
                screen.aside(&format!("declared at {}:{}", at.file, at.line));
            }
        }
    }
}
