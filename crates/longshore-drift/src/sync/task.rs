//! One object in one phase, and the order of all.

use std::collections::HashMap;
use std::fmt;

use longshore_manifest::Resource;
use longshore_yaml::Node;
use serde::{Deserialize, Serialize};

use super::hook::{self, DeletePolicy, Phase};
use super::{Progress, ResultCode};
use crate::health::Health;

/// Which object: its version does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceKey {
    /// API group, empty for the core.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace, empty for objects of the whole cluster.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ResourceKey {
    /// The key of an object.
    pub fn of(object: &Resource) -> Self {
        let gvk = object.gvk();
        let namespace = object.namespace().unwrap_or_default().to_owned();
        ResourceKey { group: gvk.group, kind: gvk.kind, namespace, name: object.name().to_owned() }
    }
}

impl fmt::Display for ResourceKey {
    /// As Argo CD writes it: `group/kind/namespace/name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.group, self.kind, self.namespace, self.name)
    }
}

/// Which object in which phase.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaskKey {
    /// The object.
    pub resource: ResourceKey,
    /// The phase.
    pub phase: Phase,
}

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource, self.phase.as_str())
    }
}

/// One object in one phase.
#[derive(Clone, Debug)]
pub struct Task<'w> {
    /// Which object in which phase.
    pub key: TaskKey,
    /// As it is declared; `None` is pruned.
    pub target: Option<&'w Resource>,
    /// As it is.
    pub live: Option<&'w Resource>,
    /// The wave in which it happens: its own, unless others depend on it or it is pruned.
    pub wave: i64,
    /// Whether it is a hook.
    pub hook: bool,
    /// What was done.
    pub status: Option<ResultCode>,
    /// How far it is.
    pub progress: Progress,
    /// In the server's words, or those of its health.
    pub message: String,
    /// A namespace that no manifest declares.
    pub(crate) made_up: bool,
}

impl<'w> Task<'w> {
    /// A task for an object as it is declared, or else as it is.
    ///
    /// # Panics
    /// There is neither.
    pub fn of(phase: Phase, target: Option<&'w Resource>, live: Option<&'w Resource>) -> Self {
        let object = target.or(live).expect("a task is about an object");
        Task::new(phase, target, live, ResourceKey::of(object))
    }

    pub(crate) fn new(
        phase: Phase,
        target: Option<&'w Resource>,
        live: Option<&'w Resource>,
        resource: ResourceKey,
    ) -> Self {
        let object = target.or(live).map(Resource::root);
        Task {
            key: TaskKey { resource, phase },
            target,
            live,
            wave: object.map_or(0, hook::wave),
            hook: object.is_some_and(hook::is_hook),
            status: None,
            progress: Progress::Pending,
            message: String::new(),
            made_up: false,
        }
    }

    /// Whether it is deleted because nobody declares it.
    pub fn is_prune(&self) -> bool {
        self.target.is_none() && !self.made_up
    }

    /// As it is declared, or else as it is.
    pub(crate) fn object(&self) -> Option<Node<'w>> {
        self.target.or(self.live).map(Resource::root)
    }
}

/// A task as a step found it. The step works on this alone, so that a world which changes meanwhile changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    pub(crate) key: TaskKey,
    pub(crate) wave: i64,
    pub(crate) hook: bool,
    pub(crate) prune: bool,
    /// It is declared and there.
    pub(crate) both: bool,
    /// It is there.
    pub(crate) live: bool,
    /// It is there and on its way out.
    pub(crate) deleted: bool,
    /// It has the finalizer of hooks.
    pub(crate) finalizer: bool,
    /// It asks not to be pruned.
    pub(crate) keep: bool,
    /// It asks for confirmation before it is pruned.
    pub(crate) confirm: bool,
    /// It differs from what is declared.
    pub(crate) modified: bool,
    /// Its kind may be one that the server does not know yet.
    pub(crate) may_be_unknown: bool,
    pub(crate) policies: Vec<DeletePolicy>,
    pub(crate) health: Option<Health>,
    pub(crate) skip_dry_run: bool,
    pub(crate) status: Option<ResultCode>,
    pub(crate) progress: Progress,
    pub(crate) message: String,
}

impl Work {
    pub(crate) fn is_pending(&self) -> bool {
        self.progress == Progress::Pending
    }

    pub(crate) fn is_running(&self) -> bool {
        self.progress == Progress::Running
    }

    fn deletes(&self, policy: DeletePolicy) -> bool {
        self.hook && self.live && self.policies.contains(&policy)
    }

    /// A hook of an earlier sync that goes before it is made again.
    pub(crate) fn deletes_before_creation(&self) -> bool {
        self.is_pending() && self.deletes(DeletePolicy::BeforeHookCreation)
    }

    pub(crate) fn deletes_on(&self, policy: DeletePolicy) -> bool {
        !self.is_running() && self.deletes(policy)
    }

    pub(crate) fn is_namespace(&self, name: &str) -> bool {
        let key = &self.key.resource;
        key.group.is_empty() && key.kind == "Namespace" && key.name == name
    }

    /// `group/kind/name`, as messages call it.
    pub(crate) fn short_name(&self) -> String {
        let key = &self.key.resource;
        format!("{}/{}/{}", key.group, key.kind, key.name)
    }
}

/// In which order kinds of one wave are applied (Helm's order, as Argo CD has it); others come last.
const KINDS: [&str; 35] = [
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// Puts tasks in order: phase, wave, kind, name; then namespaces and definitions of custom resources before what needs them.
pub fn sort(tasks: &mut Vec<Task<'_>>) {
    let kind = |task: &Task<'_>| KINDS.iter().position(|kind| *kind == task.key.resource.kind).unwrap_or(KINDS.len());
    tasks.sort_by(|a, b| {
        let by = |task: &Task<'_>| (task.key.phase, task.wave, kind(task));
        let name = |task: &Task<'_>| (task.key.resource.name.clone(), task.key.resource.clone());
        by(a).cmp(&by(b)).then_with(|| name(a).cmp(&name(b)))
    });
    let namespace = |task: &Task<'_>| {
        let key = &task.key.resource;
        (key.group.is_empty() && key.kind == "Namespace").then(|| key.name.clone())
    };
    let in_namespace = |task: &Task<'_>| Some(task.key.resource.namespace.clone()).filter(|name| !name.is_empty());
    lift(tasks, namespace, in_namespace);
    let of_kind = |task: &Task<'_>| Some(format!("{}/{}", task.key.resource.group, task.key.resource.kind));
    lift(tasks, |task| task.target.and_then(|target| defined_kind(target.root())), of_kind);
}

/// Lifts what others need before the first of them, into its phase and wave.
fn lift(
    tasks: &mut Vec<Task<'_>>,
    provides: impl Fn(&Task<'_>) -> Option<String>,
    needs: impl Fn(&Task<'_>) -> Option<String>,
) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for at in 0..tasks.len() {
        if tasks[at].is_prune() {
            continue;
        }
        if let Some(key) = provides(&tasks[at]) {
            if let Some(&index) = first.get(&key) {
                let (wave, phase) = (tasks[index].wave, tasks[index].key.phase);
                let mut task = tasks.remove(at);
                (task.wave, task.key.phase) = (wave, phase);
                tasks.insert(index, task);
                first.values_mut().filter(|place| **place >= index).for_each(|place| *place += 1);
            }
        } else if let Some(key) = needs(&tasks[at]) {
            first.entry(key).or_insert(at);
        }
    }
}

/// The group and kind that a definition of a custom resource brings.
pub(crate) fn defined_kind(object: Node<'_>) -> Option<String> {
    let version = object.get("apiVersion")?.text();
    let definition = object.get("kind")?.text() == "CustomResourceDefinition";
    (definition && version.starts_with("apiextensions.k8s.io/")).then_some(())?;
    let spec = object.get("spec")?;
    Some(format!("{}/{}", spec.get("group")?.text(), spec.get("names")?.get("kind")?.text()))
}
