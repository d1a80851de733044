//! Laws of the sync machine: it ends whatever happens, in order, and a crash loses nothing.

use std::collections::BTreeMap;

use longshore_drift::health::{Health, HealthStatus};
use longshore_drift::sync::{
    Advance, Operation, Outcome, Pair, Progress, Request, ResourceKey, Sync, SyncOptions, World,
};
use longshore_manifest::Resource;
use longshore_yaml::{Node, ReadOptions, SourceFile, read};
use proptest::prelude::*;

fn object(name: &str, kind: &str, annotations: &str) -> Resource {
    let text = format!(
        "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: shop\n  annotations: {{{annotations}}}\n"
    );
    let docs = read(&SourceFile::new("object.yaml", text), &ReadOptions::default()).expect("it is YAML");
    Resource::new(docs.into_iter().next().expect("there is one")).expect("it is a resource")
}

/// Objects of some waves, some of them hooks, some only in the cluster.
#[derive(Clone, Debug)]
struct Case {
    declared: Vec<Resource>,
    hooks: Vec<Resource>,
    stale: Vec<Resource>,
    options: SyncOptions,
}

fn cases() -> impl Strategy<Value = Case> {
    let row = (0..4_u8, -1..3_i32, 0..4_u8);
    (prop::collection::vec(row, 1..9), any::<bool>(), any::<bool>(), 0..2_u32).prop_map(
        |(rows, prune_last, dry_run, retries)| {
            let options = SyncOptions {
                namespace: "shop".to_owned(),
                prune: true,
                prune_last,
                dry_run: dry_run && prune_last,
                retries,
                ..SyncOptions::default()
            };
            let mut case = Case { declared: Vec::new(), hooks: Vec::new(), stale: Vec::new(), options };
            for (at, (sort, wave, hook)) in rows.into_iter().enumerate() {
                let wave = format!("argocd.argoproj.io/sync-wave: \"{wave}\"");
                let name = format!("object-{at}");
                match sort {
                    0 => case.stale.push(object(&name, "ConfigMap", &wave)),
                    1 => {
                        let kind = ["PreSync", "Sync", "PostSync", "SyncFail"][usize::from(hook)];
                        let policy = ["HookSucceeded", "HookFailed", "BeforeHookCreation"][usize::from(hook) % 3];
                        let more = format!(
                            "{wave}, argocd.argoproj.io/hook: {kind}, argocd.argoproj.io/hook-delete-policy: {policy}"
                        );
                        case.hooks.push(object(&name, "Pod", &more));
                    }
                    _ => case.declared.push(object(&name, if hook == 0 { "Secret" } else { "Pod" }, &wave)),
                }
            }
            case
        },
    )
}

/// A cluster that does what it is asked for, or not, as chance has it.
struct Server<'s> {
    case: &'s Case,
    live: BTreeMap<ResourceKey, Resource>,
    chances: std::slice::Iter<'s, u8>,
    applied: Vec<Request>,
}

impl<'s> Server<'s> {
    fn new(case: &'s Case, chances: &'s [u8]) -> Self {
        let live = case.stale.iter().map(|object| (ResourceKey::of(object), object.clone())).collect();
        Server { case, live, chances: chances.iter(), applied: Vec::new() }
    }

    fn object(&self, key: &ResourceKey) -> Option<&'s Resource> {
        self.case.declared.iter().chain(&self.case.hooks).find(|object| ResourceKey::of(object) == *key)
    }

    fn carry_out(&mut self, request: &Request) -> Outcome {
        let key = &request.task.resource;
        let fails = self.chances.next().is_some_and(|chance| chance % 16 == 0);
        match request.operation {
            Operation::Apply | Operation::DryRun if fails => return Outcome::Failed("no".to_owned()),
            Operation::Apply => {
                self.applied.push(request.clone());
                if let Some(object) = self.object(key) {
                    self.live.insert(key.clone(), object.clone());
                }
            }
            Operation::Prune | Operation::DeleteHook if self.live.remove(key).is_none() => {
                return Outcome::NotFound("gone".to_owned());
            }
            Operation::Look if !self.live.contains_key(key) => return Outcome::NotFound("gone".to_owned()),
            _ => {}
        }
        Outcome::Done(String::new())
    }

    fn world(&self) -> World<'_> {
        let declared = self.case.declared.iter();
        let mut world = World {
            resources: declared
                .map(|own| Pair { target: Some(own), live: self.live.get(&ResourceKey::of(own)) })
                .collect(),
            hooks: self.case.hooks.iter().collect(),
        };
        let known = |key: &ResourceKey| self.case.declared.iter().any(|own| ResourceKey::of(own) == *key);
        let others = self.live.iter().filter(|(key, _)| !known(key)).map(|(_, live)| live);
        world.resources.extend(others.map(|live| Pair { target: None, live: Some(live) }));
        world
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// It ends, asks for nothing before its wave's turn, and a serialised state goes on as the original does.
    #[test]
    fn a_sync_ends_in_order(case in cases(), chances in prop::collection::vec(any::<u8>(), 0..80)) {
        let mut server = Server::new(&case, &chances);
        let mut sync = Sync::new(case.options.clone());
        let mut now = 0;
        let mut sickness = chances.iter().rev();
        for step in 0.. {
            prop_assert!(step < 400, "it does not end: {:?}", sync.state());
            let sick = sickness.next().is_some_and(|chance| chance % 16 == 1);
            let status = if sick { HealthStatus::Degraded } else { HealthStatus::Healthy };
            let health = move |node: Node<'_>| (node.get("kind")?.text() == "Pod").then(|| Health::new(status, "as it is"));
            let text = serde_json::to_string(&sync).expect("it serialises");
            let mut revived: Sync = serde_json::from_str(&text).expect("and back");
            let world = server.world();
            let advance = sync.advance(now, &world, &health, &|_| true);
            prop_assert_eq!(&advance, &revived.advance(now, &world, &health, &|_| true));
            prop_assert_eq!(&sync, &revived);
            match advance {
                Advance::Do(requests) => {
                    prop_assert!(!requests.is_empty());
                    for request in requests {
                        let outcome = server.carry_out(&request);
                        sync.report(request, outcome);
                    }
                }
                Advance::Wait => now += 1,
                Advance::Until(at) => {
                    server.applied.clear();
                    now = at.max(now + 1);
                }
                Advance::Over => break,
            }
        }
        prop_assert!(sync.state().progress.is_complete());
        in_order(&case, &server.applied);
        if sync.state().progress == Progress::Succeeded && !case.options.dry_run {
            let missing = case.declared.iter().find(|own| !server.live.contains_key(&ResourceKey::of(own)));
            prop_assert!(missing.is_none(), "{:?} was not applied", missing.map(Resource::id));
            let left = case.stale.iter().find(|own| server.live.contains_key(&ResourceKey::of(own)));
            prop_assert!(left.is_none(), "{:?} was not pruned", left.map(Resource::id));
        }
    }
}

/// Phases in order, and in a phase waves from low to high.
fn in_order(case: &Case, applied: &[Request]) {
    let wave = |request: &Request| {
        let all = case.declared.iter().chain(&case.hooks);
        let own = all.into_iter().find(|own| ResourceKey::of(own) == request.task.resource);
        own.map_or(0, |own| longshore_drift::sync::wave(own.root()))
    };
    let steps: Vec<_> = applied.iter().map(|request| (request.task.phase, wave(request))).collect();
    assert!(steps.is_sorted(), "{steps:?}");
}

#[test]
fn a_timeout_gives_up() {
    let case = Case {
        declared: vec![object("a", "Pod", ""), object("b", "Pod", "argocd.argoproj.io/sync-wave: \"1\"")],
        hooks: Vec::new(),
        stale: Vec::new(),
        options: SyncOptions { namespace: "shop".to_owned(), timeout: Some(100), ..SyncOptions::default() },
    };
    let mut server = Server::new(&case, &[]);
    let mut sync = Sync::new(case.options.clone());
    let health = |_: Node<'_>| Some(Health::new(HealthStatus::Progressing, "starting"));
    for now in (0..200).step_by(10) {
        let world = server.world();
        if let Advance::Do(requests) = sync.advance(now, &world, &health, &|_| true) {
            for request in requests {
                let outcome = server.carry_out(&request);
                sync.report(request, outcome);
            }
        }
    }
    assert_eq!(sync.state().progress, Progress::Failed);
    assert_eq!(sync.state().message, "given up after 100 ms: waiting for healthy state of /Pod/a");
}
