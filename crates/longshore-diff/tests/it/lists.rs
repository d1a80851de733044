//! How items of lists are paired, with and without a schema.

use longshore_diff::{DiffOptions, Order, diff};

use crate::{doc, lines};

#[track_caller]
fn check(before: &str, after: &str, expect: &[&str]) {
    check_with(before, after, &DiffOptions::default(), expect);
}

#[track_caller]
fn check_with(before: &str, after: &str, options: &DiffOptions<'_>, expect: &[&str]) {
    let (before, after) = (doc("before", before), doc("after", after));
    assert_eq!(lines(&diff(before.root(), after.root(), options)), expect);
    assert!(diff(before.root(), before.root(), options).is_empty());
    assert!(diff(after.root(), after.root(), options).is_empty());
}

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nspec: {spec}\n")
}

#[test]
fn equal_trees_have_no_changes() {
    check("a: 1\nb: [x, y]\n", "b: [ 'x', \"y\" ] # why\na: 0x1\n", &[]);
    check("{}\n", "{}\n", &[]);
    check("a: .nan\n", "a: .NaN\n", &[]);
}

#[test]
fn types_count() {
    check("a: 1\n", "a: '1'\n", &["~ a"]);
    check("a: null\n", "a: {}\n", &["~ a"]);
    check("a: []\n", "a: {}\n", &["~ a"]);
    check("a: null\n", "b: null\n", &["- a", "+ b"]);
}

#[test]
fn composite_keys_with_defaults() {
    let before = pod("{containers: [{name: dns, ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}]}]}");
    let after = pod(
        "{containers: [{name: dns, ports: [{containerPort: 53, protocol: UDP, name: dns}, {containerPort: 53, protocol: TCP}]}]}",
    );
    check(
        &before,
        &after,
        &[
            r#"> spec.containers[name="dns"].ports[containerPort=53,protocol="UDP"] 1 0"#,
            r#"+ spec.containers[name="dns"].ports[containerPort=53,protocol="UDP"].name"#,
            r#"+ spec.containers[name="dns"].ports[containerPort=53,protocol="TCP"].protocol"#,
        ],
    );
}

#[test]
fn sets_by_value() {
    let of = |list: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{finalizers: {list}}}\n");
    check(&of("[a, b]"), &of("[b, c]"), &["- metadata.finalizers[=\"a\"]", "+ metadata.finalizers[=\"c\"]"]);
}

#[test]
fn atomic_lists_are_owned_whole() {
    let of = |args: &str| pod(&format!("{{containers: [{{name: web, args: {args}}}]}}"));
    let (before, after) = (doc("a", &of("[--a, --b=1]")), doc("b", &of("[--a, --b=2]")));
    let changes = diff(before.root(), after.root(), &DiffOptions::default());
    let change = changes.iter().next().expect("one change");
    assert_eq!(change.path.to_string(), r#"spec.containers[name="web"].args[1]"#);
    assert_eq!(
        (change.before_pointer(), change.after_pointer()),
        ("/spec/containers/0/args/1", "/spec/containers/0/args/1")
    );
}

#[test]
fn few_items_move() {
    check("[a, b, c, d, e]\n", "[e, a, b, c, d]\n", &["> [0] 4 0"]);
    check("[{name: a}, {name: b}, {name: c}]\n", "[{name: b}, {name: c}, {name: a}]\n", &["> [name=\"a\"] 0 2"]);
    let ignore = DiffOptions::default().order(Order::Ignore);
    check_with("[{name: a}, {name: b}]\n", "[{name: b}, {name: a}]\n", &ignore, &[]);
    check_with("[a, b]\n", "[b, a]\n", &ignore, &["> [0] 1 0"]);
}

#[test]
fn insertion_at_the_head_is_one_change() {
    check("[1, 2, 3]\n", "[0, 1, 2, 3]\n", &["+ [0]"]);
    check("[[1], [2]]\n", "[[0], [1], [2]]\n", &["+ [0]"]);
}

#[test]
fn duplicates_are_paired_in_order() {
    check("[x, x]\n", "[x, x, x]\n", &["+ [2]"]);
    check("[{name: a}, {name: a}]\n", "[{name: a}, {name: a, v: 1}]\n", &["+ [1].v"]);
}

#[test]
fn alike_items_are_compared_inside() {
    check("[{a: 1, b: 2, c: [x]}]\n", "[{a: 1, b: 3, c: [x]}]\n", &["~ [0].b"]);
    check("[{a: 1}]\n", "[{b: 2}]\n", &["- [0]", "+ [0]"]);
}

#[test]
fn identities_are_guessed() {
    let before = "[{to: x, w: 1}, {to: y, w: 1}, {to: z, w: 1}]\n";
    check(before, "[{to: z, w: 1}, {to: x, w: 9}, {to: y, w: 1}]\n", &["> [to=\"z\"] 2 0", "~ [to=\"x\"].w"]);
}

#[test]
fn lists_of_resources_by_identity() {
    let item = |name: &str, data: &str| {
        format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{k: {data}}}}}")
    };
    let list = |items: &[String]| format!("apiVersion: v1\nkind: List\nitems: [{}]\n", items.join(", "));
    check(
        &list(&[item("a", "1"), item("b", "1")]),
        &list(&[item("b", "2")]),
        &[
            r#"- items[apiVersion="v1",kind="ConfigMap",name="a"]"#,
            r#"~ items[apiVersion="v1",kind="ConfigMap",name="b"].data.k"#,
        ],
    );
}
