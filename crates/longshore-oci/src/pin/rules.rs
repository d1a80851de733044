//! Which fields of which kinds hold images.

use super::path::FieldPath;

/// Where each kind keeps its pod template.
const PODS: [(&str, &[&str], &str); 9] = [
    ("Pod", &[""], "spec"),
    ("PodTemplate", &[""], "template/spec"),
    ("ReplicationController", &[""], "spec/template/spec"),
    ("Deployment", &["apps", "extensions"], "spec/template/spec"),
    ("DaemonSet", &["apps", "extensions"], "spec/template/spec"),
    ("ReplicaSet", &["apps", "extensions"], "spec/template/spec"),
    ("StatefulSet", &["apps"], "spec/template/spec"),
    ("Job", &["batch"], "spec/template/spec"),
    ("CronJob", &["batch"], "spec/jobTemplate/spec/template/spec"),
];

/// Where a pod keeps images.
const IN_POD: [&str; 4] =
    ["containers[]/image", "initContainers[]/image", "ephemeralContainers[]/image", "volumes[]/image/reference"];

/// Where Kustomize looks in every kind that is not a `CustomResourceDefinition`.
const KUSTOMIZE: [&str; 6] = [
    "spec/containers[]/image",
    "spec/initContainers[]/image",
    "spec/volumes[]/image/reference",
    "spec/template/spec/containers[]/image",
    "spec/template/spec/initContainers[]/image",
    "spec/template/spec/volumes[]/image/reference",
];

/// One rule: a field that holds an image, in the kinds it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The kind; `None` for every kind.
    pub kind: Option<String>,
    /// The API group, `""` for the core; `None` for every group.
    pub group: Option<String>,
    /// The field.
    pub path: FieldPath,
}

/// Which fields hold images. The default knows every workload kind of Kubernetes, with init and ephemeral containers and
/// image volumes; rules for custom resources are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    kinds: Vec<KindRules>,
}

/// All fields of one kind and group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KindRules {
    kind: Option<String>,
    group: Option<String>,
    paths: Vec<FieldPath>,
}

impl Default for Rules {
    fn default() -> Self {
        let rules = PODS.iter().flat_map(|&(kind, groups, pod)| {
            groups.iter().flat_map(move |&group| {
                IN_POD.iter().map(move |field| Rule {
                    kind: Some(kind.to_owned()),
                    group: Some(group.to_owned()),
                    path: format!("{pod}/{field}").parse().expect("the table holds paths"),
                })
            })
        });
        rules.fold(Rules::none(), Rules::with)
    }
}

impl Rules {
    /// No rules.
    pub fn none() -> Self {
        Rules { kinds: Vec::new() }
    }

    /// Kustomize's own defaults, which hold for every kind and know neither `CronJob` nor ephemeral containers.
    pub fn kustomize() -> Self {
        let rule = |path: &&str| Rule { kind: None, group: None, path: path.parse().expect("the table holds paths") };
        KUSTOMIZE.iter().map(rule).fold(Rules::none(), Rules::with)
    }

    /// Adds a rule.
    pub fn with(mut self, rule: Rule) -> Self {
        let Rule { kind, group, path } = rule;
        match self.kinds.iter_mut().find(|known| known.kind == kind && known.group == group) {
            Some(known) => known.paths.push(path),
            None => self.kinds.push(KindRules { kind, group, paths: vec![path] }),
        }
        self
    }

    /// Adds a field of a kind in any group.
    pub fn with_field(self, kind: impl Into<String>, path: FieldPath) -> Self {
        self.with(Rule { kind: Some(kind.into()), group: None, path })
    }

    /// The fields of one kind.
    ///
    /// A `CustomResourceDefinition` has none: what looks like an image there is a schema.
    pub fn paths<'r>(&'r self, api_version: &str, kind: &str) -> Vec<&'r FieldPath> {
        if kind == "CustomResourceDefinition" {
            return Vec::new();
        }
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let is = |own: &Option<String>, other: &str| own.as_deref().is_none_or(|own| own == other);
        self.kinds
            .iter()
            .filter(|own| is(&own.kind, kind) && is(&own.group, group))
            .flat_map(|own| &own.paths)
            .collect()
    }
}
