//! Kustomizations that no one would write: every build ends, with objects or with findings.

use longshore_overlay::{Limits, RenderOptions, render};
use longshore_source::{FilePath, Memory};
use proptest::prelude::*;

/// Fields with values that fit, nearly fit, or do not fit; `@` stands for a random name.
const FIELDS: &[&str] = &[
    "resources: [a.yaml, base]\n",
    "resources: [a.yaml, a.yaml, ., '', base/a.yaml, ../x, @]\n",
    "components: [component, base, @]\n",
    "namePrefix: '@'\n",
    "nameSuffix: @\n",
    "namespace: @\n",
    "commonLabels: {'@': b}\n",
    "labels:\n- pairs: {a: '@'}\n  includeTemplates: true\n  fields: [{path: 'spec/@[]/x', create: true}]\n",
    "commonAnnotations: {a: '@', 'true': x}\n",
    "images:\n- name: '@'\n  newTag: '@'\n  digest: sha256:@\n- name: '.*'\n  newName: b\n",
    "replicas: [{name: web, count: 3}]\n",
    "patches:\n- path: b.yaml\n- target: {kind: '@|.*', name: '('}\n  path: b.yaml\n",
    "patches:\n- target: {kind: .*}\n  patch: |-\n    - op: @\n      path: /spec/@/-\n      value: {a: [1, @]}\n",
    "patches:\n- target: {kind: .*}\n  patch: |-\n    - op: remove\n      path: /metadata/name\n",
    "patches:\n- target: {kind: .*}\n  options: {allowNameChange: true, allowKindChange: true}\n  patch: |-\n    kind: '@'\n    \
     metadata: {name: web}\n",
    "patchesStrategicMerge:\n- |-\n  apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web}\n  $patch: delete\n",
    "patchesJson6902:\n- target: {kind: Service, name: s}\n  path: b.yaml\n",
    "replacements:\n- source: {kind: ConfigMap, fieldPath: 'data.@'}\n  targets:\n  - select: {kind: .*}\n    fieldPaths: \
     ['spec.@.[name=@].x', 'metadata.labels.@']\n    options: {create: true, delimiter: '@', index: -3}\n",
    "vars:\n- name: V\n  objref: {apiVersion: v1, kind: ConfigMap, name: c}\n  fieldref: {fieldpath: 'data.@'}\n",
    "configMapGenerator:\n- name: '@'\n  literals: [a=b, '@=@']\n  files: [a.yaml, '@=b.yaml']\n  envs: [b.yaml]\n",
    "secretGenerator:\n- name: c\n  behavior: merge\n  type: '@'\n  literals: [a=b]\n",
    "configMapGenerator:\n- name: c\n  behavior: @\n  literals: [x=y]\n",
    "generatorOptions: {immutable: true, labels: {a: '@'}}\n",
    "configurations: [b.yaml]\ncrds: [a.yaml]\nopenapi: {path: a.yaml}\n",
    "sortOptions: {order: legacy, legacySortOptions: {orderFirst: ['@'], orderLast: [Service]}}\n",
    "buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n",
    "transformers:\n- |-\n  apiVersion: builtin\n  kind: ValueAddTransformer\n  metadata: {name: v}\n  value: '@'\n  targets: \
     [{fieldPath: 'spec/@/0', filePathPosition: 2}]\n",
    "validators: [a.yaml]\ngenerators: [b.yaml, base]\ntransformers: [a.yaml]\n",
    "helmCharts: [{name: x}]\n",
    "'@': '@'\n",
];

const OBJECTS: &[&str] = &[
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, image: \
     'b:1'}]}}}\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {}}\ndata: {a: b, @: '$(V)'}\n",
    "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}, null]}\n",
    "apiVersion: v1\nkind: List\nitems: [{kind: A, metadata: {name: x}}, 3]\n",
    "kind: '@'\nmetadata: {name: '@', namespace: '@', labels: &l {a: b}, annotations: *l}\n",
    "- op: replace\n  path: /@\n  value: @\n",
    "@\n",
    "a: [\n",
];

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,4}", Just("a/b".to_owned()), Just("~".to_owned()), "[ -~]{0,3}", Just("é\u{feff}".to_owned())]
}

fn file(parts: &'static [&'static str], separator: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec((prop::sample::select(parts), names()), 0..4).prop_map(move |parts| {
        let texts: Vec<String> = parts.iter().map(|(text, name)| text.replace('@', name)).collect();
        texts.join(separator)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_build_ends(
        top in file(FIELDS, ""),
        base in file(FIELDS, ""),
        component in file(FIELDS, ""),
        a in file(OBJECTS, "---\n"),
        b in file(OBJECTS, "---\n"),
    ) {
        let component = format!("kind: Component\n{component}");
        let files = [
            ("kustomization.yaml", &top),
            ("base/kustomization.yaml", &base),
            ("component/kustomization.yaml", &component),
            ("a.yaml", &a),
            ("b.yaml", &b),
            ("base/a.yaml", &b),
            ("base/b.yaml", &a),
        ];
        let files = files.into_iter().map(|(path, text)| (path, text.as_bytes())).collect::<Vec<_>>();
        let files = Memory::try_from(files).expect("the paths are paths");
        let limits = Limits { depth: 8, resources: 500, kustomizations: 40, output: 1 << 20 };
        let options = RenderOptions::new().limits(limits).provenance(true);
        match render(&files, &FilePath::root(), &options) {
            Ok(rendered) => {
                let printed = rendered.to_yaml();
                for index in 0..rendered.resources.len() {
                    prop_assert!(rendered.origin(index).is_some());
                }
                prop_assert_eq!(printed, rendered.to_yaml());
            }
            Err(error) => prop_assert!(!error.findings().is_empty()),
        }
    }
}
