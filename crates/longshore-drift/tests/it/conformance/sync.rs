//! Argo CD's syncs: hooks, phases and waves, the order of tasks, and steps with what came of them.

use std::path::Path;

use longshore_drift::health::{Health, HealthStatus};
use longshore_drift::sync::{
    Advance, DeletePolicy, HookType, Operation, Outcome, Pair, Phase, Progress, Request, ResourceKey, ResultCode, Sync,
    SyncOptions, SyncState, Task, TaskResult, World, delete_policies, hook_types, is_hook, phases, reconcile, wave,
};
use longshore_manifest::Resource;
use longshore_testkit::Run;
use longshore_yaml::{Document, Node};
use serde_json::{Value, json};

use super::text;

pub(super) fn run(run: &mut Run, root: &Path) {
    for (suite, case) in [("hook", hook as fn(&Value) -> Value), ("phases", phases_of), ("wave", wave_of)] {
        let mut suite_run = run.suite(&format!("drift/sync-hooks-{suite}"));
        for (at, row) in rows(&root.join(format!("sync-hooks/{suite}.jsonl"))).iter().enumerate() {
            let keys = ["deletePolicies", "isHook", "types", "phases", "wave"];
            let found = case(row);
            let differs = keys.iter().find(|key| !found[**key].is_null() && found[**key] != empty_as_list(&row[**key]));
            suite_run
                .check(&format!("{}", at + 1), verdict(differs.map(|key| format!("{key}: {} {found}", row[*key]))));
        }
    }
    super::each(run, root, "sync-plan", |case| Some(plan(case)));
    super::each(run, root, "sync-sort", |case| Some(order(case)));
    super::each(run, root, "sync-run", |case| Some(steps(case)));
    super::each(run, root, "sync-reconcile", |case| Some(reconciled(case)));
}

fn verdict(trouble: Option<String>) -> Result<(), String> {
    trouble.map_or(Ok(()), Err)
}

fn empty_as_list(value: &Value) -> Value {
    if value.is_null() { json!([]) } else { value.clone() }
}

#[expect(clippy::disallowed_methods, reason = "the recorded cases lie on disk")]
fn rows(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a case is JSON")).collect()
}

fn resource(value: &Value) -> Option<Resource> {
    value.is_object().then(|| Resource::unchecked(Document::from_json(value)))
}

fn hook(row: &Value) -> Value {
    let Some(object) = resource(&row["object"]) else { return json!({}) };
    let types: Vec<HookType> = hook_types(object.root());
    let policies: Vec<DeletePolicy> = delete_policies(object.root());
    json!({ "isHook": is_hook(object.root()), "types": types, "deletePolicies": policies })
}

fn phases_of(row: &Value) -> Value {
    let Some(object) = resource(&row["object"]) else { return json!({}) };
    json!({ "phases": phases(object.root()) })
}

fn wave_of(row: &Value) -> Value {
    let Some(object) = resource(&row["object"]) else { return json!({}) };
    json!({ "wave": wave(object.root()) })
}

/// The objects of a case, owned.
struct Objects {
    pairs: Vec<(Option<Resource>, Option<Resource>)>,
    hooks: Vec<Resource>,
}

impl Objects {
    fn of(before: &Value) -> Self {
        let list = |key: &str| before[key].as_array().cloned().unwrap_or_default();
        let pair = |pair: &Value| (resource(&pair["target"]), resource(&pair["live"]));
        Objects {
            pairs: list("resources").iter().map(pair).collect(),
            hooks: list("hooks").iter().filter_map(resource).collect(),
        }
    }

    fn world(&self) -> World<'_> {
        World {
            resources: self
                .pairs
                .iter()
                .map(|(target, live)| Pair { target: target.as_ref(), live: live.as_ref() })
                .collect(),
            hooks: self.hooks.iter().collect(),
        }
    }
}

fn options(before: &Value, tasks: &[&Value]) -> SyncOptions {
    let flag = |key: &str| before["flags"][key].as_bool().unwrap_or(false);
    let key = |task: &&Value| ResourceKey {
        group: text(&task["group"]).to_owned(),
        kind: text(&task["kind"]).to_owned(),
        namespace: text(&task["namespace"]).to_owned(),
        name: text(&task["name"]).to_owned(),
    };
    SyncOptions {
        namespace: text(&before["namespace"]).to_owned(),
        dry_run: flag("dryRun"),
        prune: flag("prune"),
        prune_last: flag("pruneLast"),
        prune_confirmed: flag("pruneConfirmed"),
        skip_hooks: flag("skipHooks"),
        out_of_sync_only: flag("applyOutOfSyncOnly"),
        skip_dry_run_on_missing: flag("skipDryRunOnMissingResource"),
        create_namespace: flag("syncNamespace"),
        revision: text(&before["flags"]["revision"]).to_owned(),
        // The zero of Go's time, at which the recorded syncs began.
        started: -62_135_596_800,
        only: if flag("hasFilter") { tasks.iter().map(key).collect() } else { Vec::new() },
        ..SyncOptions::default()
    }
}

fn shown(task: &Task<'_>) -> Value {
    let key = &task.key.resource;
    json!({
        "group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name,
        "phase": task.key.phase, "wave": task.wave, "hook": task.hook, "prune": task.is_prune(),
    })
}

/// The order within the same phase, wave, kind and name is left to chance there.
fn compare_order(found: Vec<Value>, expected: &[Value]) -> Result<(), String> {
    let keys = ["phase", "wave", "group", "kind", "name", "namespace", "hook", "prune"];
    let pick = |task: &Value| {
        keys.map(|key| if task[key] == "" && key == "phase" { "\"Sync\"".to_owned() } else { task[key].to_string() })
    };
    let sorted = |tasks: Vec<[String; 8]>| {
        let mut runs: Vec<Vec<[String; 8]>> = Vec::new();
        for task in tasks {
            let tie = |other: &[String; 8]| [0, 1, 3, 4].iter().all(|&at| other[at] == task[at]);
            match runs.last_mut().filter(|run| tie(&run[0])) {
                Some(run) => run.push(task),
                None => runs.push(vec![task]),
            }
        }
        runs.iter_mut().for_each(|run| run.sort());
        runs.concat()
    };
    let found = sorted(found.iter().map(pick).collect());
    let expected = sorted(expected.iter().map(pick).collect());
    let differs = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    match differs {
        Some((found, expected)) => Err(format!("found {found:?}, expected {expected:?}")),
        None if found.len() != expected.len() => {
            Err(format!("found {} tasks, expected {}", found.len(), expected.len()))
        }
        None => Ok(()),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn plan(case: &Value) -> Result<(), String> {
    let objects = Objects::of(&case["before"]);
    let expected = list(&case["tasks"]);
    let sync = Sync::new(options(&case["before"], &expected.iter().collect::<Vec<_>>()));
    compare_order(sync.tasks(&objects.world()).iter().map(shown).collect(), expected)
}

/// Tasks in any order, put in order as they were.
fn order(case: &Value) -> Result<(), String> {
    let tasks = list(&case["in"]);
    let objects: Vec<_> = tasks.iter().map(|task| (resource(&task["target"]), resource(&task["live"]))).collect();
    let mut sorted: Vec<Task<'_>> = tasks
        .iter()
        .zip(&objects)
        .map(|(task, (target, live))| {
            // A task without a phase counts as one of the phase `Sync` there.
            let phase = serde_json::from_value(task["phase"].clone()).unwrap_or(Phase::Sync);
            let mut own = Task::of(phase, target.as_ref(), live.as_ref());
            own.wave = task["wave"].as_i64().unwrap_or(0);
            own
        })
        .collect();
    longshore_drift::sync::sort(&mut sorted);
    compare_order(sorted.iter().map(shown).collect(), list(&case["out"]))
}

fn code(name: &str) -> Option<ResultCode> {
    Some(match name {
        "Synced" => ResultCode::Synced,
        "SyncFailed" => ResultCode::SyncFailed,
        "Pruned" => ResultCode::Pruned,
        "PruneSkipped" => ResultCode::PruneSkipped,
        _ => return None,
    })
}

fn progress(name: &str) -> Progress {
    match name {
        "Running" => Progress::Running,
        "Succeeded" => Progress::Succeeded,
        "Failed" => Progress::Failed,
        "Error" => Progress::Error,
        _ => Progress::Pending,
    }
}

fn state(phase: &Value, message: &Value, results: &Value) -> SyncState {
    let result = |result: &Value| TaskResult {
        status: code(text(&result["status"])),
        progress: progress(text(&result["hookPhase"])),
        message: text(&result["message"]).to_owned(),
        order: result["order"].as_u64().unwrap_or(0) as u32,
    };
    let entries = results.as_object().into_iter().flatten();
    SyncState {
        progress: progress(text(phase)),
        message: text(message).to_owned(),
        results: entries.map(|(key, value)| (key.clone(), result(value))).collect(),
    }
}

/// A step, with the answers that the record shows.
fn steps(case: &Value) -> Result<(), String> {
    let before = &case["before"];
    let objects = Objects::of(before);
    let expected = state(&case["phase"], &case["message"], &case["results"]);
    let ran: Vec<&Value> = list(&case["runs"]).iter().flat_map(|run| list(&run["tasks"])).collect();
    let mut options = options(before, &ran);
    options.confirm_waves = expected.message.starts_with("SyncWaveHook failed");
    let confirms = before.to_string().contains("Prune=confirm");
    options.ask_before_prune = expected.message.starts_with("waiting for pruning confirmation") && !confirms;
    let mut sync = Sync::resume(options, state(&before["phase"], &before["message"], &before["results"]));
    let world = objects.world();
    let health = |node: Node<'_>| {
        let name = node.get("metadata")?.get("name")?.text().to_owned();
        let own = expected.results.iter().find(|(key, _)| key.contains(&format!("/{name}:")))?.1;
        let status = match own.progress {
            Progress::Succeeded => HealthStatus::Healthy,
            Progress::Failed => HealthStatus::Degraded,
            _ => HealthStatus::Progressing,
        };
        Some(Health::new(status, own.message.clone()))
    };
    let modified =
        |key: &ResourceKey| ran.iter().any(|task| text(&task["kind"]) == key.kind && text(&task["name"]) == key.name);
    for _ in 0..20 {
        match sync.advance(0, &world, &health, &modified) {
            Advance::Do(requests) => requests.into_iter().for_each(|request| {
                let outcome = answer(case, &request, &expected);
                sync.report(request, outcome);
            }),
            _ => return compare(sync.state(), &expected),
        }
    }
    Err("it asks without end".to_owned())
}

fn answer(case: &Value, request: &Request, expected: &SyncState) -> Outcome {
    let own = expected.results.get(&request.task.to_string());
    let message = own.map(|own| own.message.clone()).unwrap_or_default();
    let failed = own.is_some_and(|own| own.status == Some(ResultCode::SyncFailed));
    let tried = list(&case["runs"]).iter().any(|run| run["dryRun"] == true && run["state"] == 2);
    match request.operation {
        Operation::Check if failed && own.is_some_and(|own| own.progress == Progress::Pending) => {
            Outcome::Failed(message)
        }
        Operation::DryRun if failed && tried => Outcome::Failed(message),
        Operation::Apply | Operation::Prune if failed => Outcome::Failed(message),
        Operation::Apply => Outcome::Done(if message == "Terminated" { String::new() } else { message }),
        Operation::Look if message.contains("is missing") || message == "Terminated" => {
            Outcome::NotFound(String::new())
        }
        Operation::ConfirmWave => {
            Outcome::Failed(expected.message.trim_start_matches("SyncWaveHook failed: ").to_owned())
        }
        _ => Outcome::Done(String::new()),
    }
}

/// Results of tasks that the server does not permit are numbered there before the tasks are put in order, by chance.
fn without_chance(state: &SyncState) -> SyncState {
    let mut state = state.clone();
    state.results.values_mut().filter(|own| own.progress == Progress::Pending).for_each(|own| own.order = 0);
    state
}

fn compare(found: &SyncState, expected: &SyncState) -> Result<(), String> {
    let (found, expected) = (&without_chance(found), &without_chance(expected));
    if (found.progress, &found.message) != (expected.progress, &expected.message) {
        let (progress, message) = (found.progress, &found.message);
        return Err(format!("found {progress} {message:?}, expected {} {:?}", expected.progress, expected.message));
    }
    let keys = || found.results.keys().chain(expected.results.keys());
    let differs = keys().find(|key| found.results.get(*key) != expected.results.get(*key));
    verdict(
        differs
            .map(|key| format!("{key}: found {:?}, expected {:?}", found.results.get(key), expected.results.get(key))),
    )
}

fn reconciled(case: &Value) -> Result<(), String> {
    let targets: Vec<Resource> = list(&case["target"]).iter().filter_map(resource).collect();
    let live: Vec<Resource> =
        case["live"].as_object().into_iter().flatten().filter_map(|(_, live)| resource(live)).collect();
    // What a server does not know counts as the whole cluster's if it has no namespace there.
    let cluster = |_: &str, kind: &str| !live.iter().any(|live| live.kind() == kind && live.namespace().is_none());
    let world = reconcile(&targets, &live, text(&case["namespace"]), cluster);
    let expected: Vec<(bool, bool)> = list(&case["outTarget"])
        .iter()
        .zip(list(&case["outLive"]))
        .map(|(target, live)| (target.is_object(), live.is_object()))
        .collect();
    let found: Vec<(bool, bool)> =
        world.resources.iter().map(|pair| (pair.target.is_some(), pair.live.is_some())).collect();
    super::same((found, world.hooks.len()), (expected, list(&case["outHooks"]).len()))
}
