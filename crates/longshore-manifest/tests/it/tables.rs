//! Cases in tables: values, errors, schemas.

use longshore_manifest::schema::{self, Format, Layers, ListType, MapType, Schema, Scope, Shape};
use longshore_manifest::{
    Duration, GroupVersionKind, Quantity, Resource, ResourceId, ResourceSet, Selector, apply_rank,
};
use longshore_yaml::{Document, ReadOptions, SourceFile, read};

fn yaml(text: &str) -> Vec<Document> {
    read(&SourceFile::new("file.yaml", text), &ReadOptions::default()).expect("the case is YAML")
}

fn set(text: &str) -> ResourceSet {
    ResourceSet::read(&SourceFile::new("file.yaml", text), &ReadOptions::default()).expect("the case has resources")
}

#[track_caller]
fn refuse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str, expect: &str) {
    let error = text.parse::<T>().err().expect("it is refused");
    assert_eq!(error.to_string(), expect);
}

#[test]
fn errors_say_what_was_expected() {
    refuse::<Quantity>("1 Gi", "not a quantity: a number, a dot and a suffix like m, Mi or e3 were expected in '1 Gi'");
    refuse::<Quantity>(
        "1mi",
        "not a quantity: the suffix is none of n u m k M G T P E Ki Mi Gi Ti Pi Ei and e with a number in '1mi'",
    );
    refuse::<Quantity>(
        "1e9999999",
        "not a quantity: the suffix is none of n u m k M G T P E Ki Mi Gi Ti Pi Ei and e with a number in '1e9999999'",
    );
    refuse::<Duration>("5", "not a duration: a unit is missing (ns, us, ms, s, m or h) in '5'");
    refuse::<Duration>("5d", "not a duration: the unit is none of ns us ms s m h in '5d'");
    refuse::<Duration>("999999999h", "not a duration: more than 292 years in '999999999h'");
    refuse::<Selector>("a in b", "not a selector: '(' was expected, not 'b' in 'a in b'");
    refuse::<Selector>("a=b,", "not a selector: a label key was expected at the end in 'a=b,'");
    refuse::<Selector>("a>b", "not a selector: an integer was expected, not 'b' in 'a>b'");
    refuse::<Selector>("a b", "not a selector: one of = == != in notin < > was expected, not 'b' in 'a b'");
    refuse::<Selector>("UP/a", "not a selector: 'UP/a' is no label key: what is before '/' is no DNS name in 'UP/a'");
    refuse::<ResourceId>(
        "deployment/web",
        "not a resource: [GROUP/]VERSION/KIND/[NAMESPACE/]NAME was expected, not 'deployment/web'",
    );
}

#[test]
fn a_selector_error_points_at_the_culprit() {
    let error = "app=shop,tier in [web]".parse::<Selector>().expect_err("it is refused");
    assert_eq!(&"app=shop,tier in [web]"[error.span()], "[web]");
}

#[track_caller]
fn prints(text: &str, expect: &str) {
    assert_eq!(text.parse::<Duration>().expect("a duration").to_string(), expect);
}

#[test]
fn durations_print_as_go_prints_them() {
    prints("90m", "1h30m0s");
    prints("1.5s", "1.5s");
    prints("300ms", "300ms");
    prints("-1h", "-1h0m0s");
    prints("1us", "1µs");
    prints("0", "0s");
    prints("1h0.5s", "1h0m0.5s");
}

#[test]
fn selectors_are_read_from_manifests() {
    let docs = yaml(
        "matchLabels: {app: shop}\nmatchExpressions:\n- {key: tier, operator: In, values: [web, api]}\n- {key: old, operator: DoesNotExist}\n",
    );
    let selector = Selector::of(docs[0].root()).expect("a selector");
    assert_eq!(selector.to_string(), "app=shop,tier in (api,web),!old");
    let docs = yaml("matchExpressions: [{key: tier, operator: Near}]\n");
    let error = Selector::of(docs[0].root()).expect_err("there is no such operator");
    assert_eq!(
        error.to_string(),
        "not a selector: the operator is none of In, NotIn, Exists and DoesNotExist in 'Near'"
    );
}

#[test]
fn lists_stand_for_their_items() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n";
    let ids: Vec<String> = set(text).iter().map(|resource| resource.id().to_string()).collect();
    assert_eq!(ids, ["v1/ConfigMap/a", "v1/Secret/b"]);
}

#[test]
fn what_is_no_resource_is_named_with_its_place() {
    let file = SourceFile::new("file.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\nkind: Secret\n");
    let error = ResourceSet::read(&file, &ReadOptions::default()).expect_err("the second is none");
    assert_eq!(error.to_string(), "file.yaml:5:1: not a resource: apiVersion is missing");
}

#[test]
fn a_set_finds_removes_and_orders() {
    let one = |kind: &str, name: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n");
    let mut set = set(&[one("Pod", "b"), one("Namespace", "a"), one("Pod", "b"), one("Custom", "c")].join("---\n"));
    let pod: ResourceId = "v1/Pod/b".parse().expect("an identity");
    assert_eq!(set.duplicates(), std::slice::from_ref(&pod));
    assert_eq!((set.position(&pod), set.index()[&pod]), (Some(0), 0));
    assert!(set.remove(&pod).is_some() && set.get_mut(&pod).is_some());
    set.sort_for_apply();
    assert_eq!(set.iter().map(Resource::kind).collect::<Vec<_>>(), ["Namespace", "Pod", "Custom"]);
}

#[test]
fn debug_output_shows_no_values() {
    let set = set("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunter2}\n");
    let shown = format!("{set:?} {:?}", set.as_slice()[0].root());
    assert!(!shown.contains("hunter2") && shown.contains("file.yaml"), "{shown}");
}

#[test]
fn webhooks_come_after_what_they_could_block() {
    let rank = |kind: &str| apply_rank(&GroupVersionKind::new("v1", kind));
    let order = [
        "Namespace",
        "CustomResourceDefinition",
        "ConfigMap",
        "Deployment",
        "Ingress",
        "Widget",
        "ValidatingWebhookConfiguration",
    ];
    assert!(order.windows(2).all(|pair| rank(pair[0]) < rank(pair[1])));
}

const CRD: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  scope: Cluster
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name, side]
                items:
                  type: object
                  properties:
                    name: {type: string}
                    side: {type: string, default: left}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              size:
                x-kubernetes-int-or-string: true
                anyOf: [{type: integer}, {type: string}]
                pattern: ^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?))?$
              port: {x-kubernetes-int-or-string: true}
              place: {type: object, x-kubernetes-map-type: atomic, additionalProperties: {type: string}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
"#;

#[test]
fn custom_resources_have_the_facts_of_their_definition() {
    let crds = set(CRD);
    let graph = schema::custom_resources(&crds).expect("a definition");
    let gvk = GroupVersionKind::new("example.com/v1", "Widget");
    assert_eq!(graph.scope(&gvk), Scope::Cluster);
    let root = graph.root(&gvk).expect("the kind is known");
    let spec = |name: &str| root.at(["spec", name]).expect("the field is declared");
    assert_eq!(spec("parts").list_type(), Some(ListType::Map));
    assert!(spec("parts").list_keys().iter().map(|key| &**key).eq(["name", "side"]));
    assert_eq!(spec("parts").key_default("side").and_then(|value| value.as_str()), Some("left"));
    assert_eq!(spec("tags").list_type(), Some(ListType::Set));
    assert_eq!((spec("size").format(), spec("port").format()), (Some(Format::Quantity), Some(Format::IntOrString)));
    assert_eq!(spec("place").map_type(), MapType::Atomic);
    assert_eq!(spec("place").field("any").map(|at| at.shape()), Some(Shape::String));
    let open = root.field("spec").expect("spec");
    assert!(open.is_closed() && !spec("free").is_closed() && open.field("nothing").is_none());
    assert_eq!(root.at(["metadata", "finalizers"]).and_then(|at| at.list_type()), Some(ListType::Set));
    assert_eq!(root.at(["metadata", "ownerReferences"]).and_then(|at| at.patch_merge_key()), Some("uid"));
}

#[test]
fn layers_answer_in_order() {
    let crds = set(CRD);
    let graph = schema::custom_resources(&crds).expect("a definition");
    let layers = Layers::new().with(&graph).with(schema::kubernetes());
    assert_eq!(layers.scope(&GroupVersionKind::new("example.com/v1", "Widget")), Scope::Cluster);
    assert_eq!(layers.scope(&GroupVersionKind::new("v1", "Pod")), Scope::Namespaced);
    assert_eq!(layers.scope(&GroupVersionKind::new("v1", "Nothing")), Scope::Unknown);
    assert!(layers.root(&GroupVersionKind::new("v1", "Pod")).is_some());
}

#[test]
fn openapi_documents_of_both_versions_are_read() {
    let v2 = r##"{"definitions": {
        "a.Thing": {"x-kubernetes-group-version-kind": [{"group": "a", "version": "v1", "kind": "Thing"}],
            "properties": {"list": {"type": "array", "items": {"$ref": "#/definitions/a.Item"},
                "x-kubernetes-patch-strategy": "merge,retainKeys", "x-kubernetes-patch-merge-key": "id"}}},
        "a.Item": {"properties": {"again": {"$ref": "#/definitions/a.Item"}}}},
        "paths": {"/apis/a/v1/namespaces/{namespace}/things/{name}": {"get":
            {"x-kubernetes-group-version-kind": {"group": "a", "version": "v1", "kind": "Thing"}}}}}"##;
    let v3 = v2
        .replace("#/definitions", "#/components/schemas")
        .replace("\"definitions\": {", "\"components\": {\"schemas\": {")
        .replace("}},\n        \"paths\"", "}}},\n        \"paths\"");
    for text in [v2, &v3] {
        let docs = yaml(text);
        let graph = schema::openapi([docs[0].root()]).expect("a document");
        let gvk = GroupVersionKind::new("a/v1", "Thing");
        assert_eq!(graph.scope(&gvk), Scope::Namespaced);
        let list = graph.root(&gvk).and_then(|root| root.field("list")).expect("the list");
        assert!(list.patch_strategy().merge && list.patch_strategy().retain_keys);
        assert_eq!(list.patch_merge_key(), Some("id"));
        let deep = list.items().and_then(|item| item.at(["again", "again", "again"])).expect("it goes round");
        assert_eq!(deep.name(), Some("a.Item"));
    }
    let error = schema::openapi([yaml("a: 1\n")[0].root()]).expect_err("it is none");
    assert_eq!(
        error.to_string(),
        "file.yaml:1:1: not an OpenAPI document: it has no components.schemas or definitions"
    );
}

#[test]
fn a_circle_of_references_ends() {
    let docs = yaml(
        "definitions:\n  a: {$ref: '#/definitions/b', description: x}\n  b: {$ref: '#/definitions/a', x-kubernetes-group-version-kind: [{group: g, version: v1, kind: K}]}\n",
    );
    let graph = schema::openapi([docs[0].root()]).expect("a document");
    let root = graph.root(&GroupVersionKind::new("g/v1", "K")).expect("the kind is known");
    assert!(root.field("x").is_none() && root.items().is_none());
}
