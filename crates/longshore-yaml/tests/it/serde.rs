//! Trees into Rust values: shapes, strictness, and the place in every error.

use std::collections::BTreeMap;

use longshore_yaml::{
    Document, ListIndent, ReadOptions, Schema, SourceFile, Spanned, emit_kyaml, from_file, from_node, from_str, read,
};
use serde::Deserialize;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    name: String,
    #[serde(default)]
    ports: Vec<Port>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    kind: Option<Kind>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Port {
    port: Spanned<u16>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    ClusterIp,
    LoadBalancer { class: String },
    External(String),
}

#[test]
fn a_struct_is_read_from_a_mapping() {
    let service: Service =
        from_str("web.yaml", "name: web\nports:\n- port: 80\nlabels: {a: b, 1: \"2\"}\nkind: clusterIp\n")
            .expect("fits");
    assert_eq!(service.name, "web");
    assert_eq!(service.ports, [Port { port: Spanned::from(80) }]);
    assert_eq!(service.ports[0].port.location.as_ref().expect("it was read").to_string(), "web.yaml:3:9");
    assert_eq!(service.labels, BTreeMap::from([("1".into(), "2".into()), ("a".into(), "b".into())]));
    assert_eq!(service.kind, Some(Kind::ClusterIp));
}

#[test]
fn an_enum_is_a_string_or_a_mapping_with_one_key() {
    let kind = |text: &str| from_str::<Kind>("k", text).map_err(|error| error.to_string());
    assert_eq!(kind("loadBalancer: {class: internal}"), Ok(Kind::LoadBalancer { class: "internal".into() }));
    assert_eq!(kind("external: example.org"), Ok(Kind::External("example.org".into())));
    assert_eq!(kind("[]"), Err("k:1:1: expected a string, or a mapping with one key".into()));
}

#[track_caller]
fn fails(text: &str, message: &str) {
    let error = from_str::<Service>("s.yaml", text).expect_err("it does not fit");
    assert_eq!(error.to_string(), message);
}

#[test]
fn errors_name_the_place_of_the_value() {
    fails("name: 1\n", "s.yaml:1:7: invalid type: integer `1`, expected a string");
    fails("name: web\nports:\n- port: x\n", "s.yaml:3:9: invalid type: string \"x\", expected u16");
    fails("name: web\nports:\n- port: 70000\n", "s.yaml:3:9: invalid value: integer `70000`, expected u16");
    fails("name: web\nports:\n- prot: 1\n", "s.yaml:3:3: missing field `port`");
    fails("ports: []\n", "s.yaml:1:1: missing field `name`");
    fails(
        "name: web\nport: 1\n",
        "s.yaml:2:1: unknown field `port`, expected one of `name`, `ports`, `labels`, `kind`",
    );
    fails("name: web\nlabels: {a: 1}\n", "s.yaml:2:13: invalid type: integer `1`, expected a string");
    fails("- a\n", "s.yaml:1:1: invalid type: sequence, expected struct Service");
}

#[test]
fn a_text_that_cannot_be_read_keeps_its_place_and_fix() {
    fails(
        "name: web\nname: x\n",
        "s.yaml:2:1: mapping key \"name\" already defined at line 1 (keep one of the two entries)",
    );
    fails("name: web\n---\nname: x\n", "s.yaml:3:1: expected one document, found a second");
}

#[test]
fn strings_borrow_from_the_document() {
    let file = SourceFile::new("f", "a: one\nb: two\n");
    let docs = read(&file, &ReadOptions::default()).expect("it is YAML");
    let map: BTreeMap<&str, &str> = from_node(docs[0].root()).expect("strings");
    assert_eq!(map, BTreeMap::from([("a", "one"), ("b", "two")]));
}

#[test]
fn aliases_and_merge_keys_are_followed() {
    let text = "base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nagain: *b\n";
    let expect = |map: BTreeMap<String, BTreeMap<String, i64>>| {
        assert_eq!(map["use"], BTreeMap::from([("x".into(), 1), ("y".into(), 3)]));
        assert_eq!(map["again"], BTreeMap::from([("x".into(), 1), ("y".into(), 2)]));
    };
    expect(from_str("f", text).expect("it fits"));
    let docs = read(&SourceFile::new("f", text), &ReadOptions::default()).expect("it is YAML");
    expect(from_node(docs[0].root()).expect("it fits, aliases kept"));
}

#[test]
fn the_schema_decides_what_yes_is() {
    let file = SourceFile::new("kustomization.yaml", "force: yes\n");
    let read = |schema| {
        let options = ReadOptions { schema, ..ReadOptions::default() };
        from_file::<BTreeMap<String, bool>>(&file, &options).map_err(|error| error.to_string())
    };
    assert_eq!(read(Schema::V2), Ok(BTreeMap::from([("force".into(), true)])));
    assert_eq!(
        read(Schema::V3),
        Err("kustomization.yaml:1:8: invalid type: string \"yes\", expected a boolean".into())
    );
}

#[track_caller]
fn writes(value: impl serde::Serialize, expect: &str) {
    let doc = Document::from_value(&value).expect("YAML can say it");
    assert_eq!(emit_kyaml([&doc], ListIndent::Compact), expect);
    assert_eq!(read(&SourceFile::new("f", expect), &ReadOptions::default()).expect("it is YAML"), [doc]);
}

#[test]
fn values_become_trees() {
    #[derive(serde::Serialize)]
    struct All {
        text: &'static str,
        quoted: &'static str,
        lines: &'static str,
        numbers: (i8, u64, f64, f32),
        flags: Vec<bool>,
        none: Option<u8>,
        some: Option<char>,
        map: BTreeMap<u8, ()>,
        variants: (Variant, Variant, Variant, Variant),
        empty: BTreeMap<String, String>,
    }
    #[derive(serde::Serialize)]
    enum Variant {
        Unit,
        New(u8),
        Tuple(u8, u8),
        Struct { a: u8 },
    }
    let all = All {
        text: "a b",
        quoted: "yes",
        lines: "a\nb\n",
        numbers: (-1, u64::MAX, 1e21, 0.5),
        flags: vec![true, false],
        none: None,
        some: Some('x'),
        map: BTreeMap::from([(1, ())]),
        variants: (Variant::Unit, Variant::New(1), Variant::Tuple(1, 2), Variant::Struct { a: 1 }),
        empty: BTreeMap::new(),
    };
    writes(
        all,
        "text: a b\nquoted: \"yes\"\nlines: |\n  a\n  b\nnumbers:\n- -1\n- 18446744073709551615\n- 1e+21\n- 0.5\n\
         flags:\n- true\n- false\nnone: null\nsome: x\nmap:\n  1: null\nvariants:\n- Unit\n- New: 1\n- Tuple:\n  - 1\n  - 2\n\
         - Struct:\n    a: 1\nempty: {}\n",
    );
    writes([f64::INFINITY, f64::NEG_INFINITY], "- .inf\n- -.inf\n");
}

#[test]
fn bytes_and_trees_are_values_too() {
    let doc = read(&SourceFile::new("f", "a: [1, null, x]\n"), &ReadOptions::default()).expect("it is YAML").remove(0);
    assert_eq!(serde_json::to_string(&doc).expect("JSON"), r#"{"a":[1,null,"x"]}"#);
    let copy: Document = from_node(doc.root()).expect("any tree");
    assert_eq!(copy, doc);
    assert_eq!(serde_json::from_str::<Document>(r#"{"a":[1,null,"x"]}"#).expect("JSON"), doc);
}

#[test]
fn nothing_is_null() {
    assert_eq!(from_str::<Option<Service>>("f", "# nothing\n").expect("null"), None);
    assert_eq!(from_str::<()>("f", "").expect("null"), ());
}

#[test]
fn deep_trees_are_an_error() {
    let text = format!("{}{}", "[".repeat(900), "]".repeat(900));
    let error = from_str::<serde_json::Value>("f", &text).expect_err("too deep");
    assert_eq!(error.to_string(), "f:1:501: collections are nested more than 500 deep");
}
