//! serde_yaml as an oracle: the same trees from the same texts, but for the differences listed here.

use longshore_yaml::{ReadOptions, SourceFile, from_str, read};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A value, or that the text is refused.
type Outcome = Result<Value, ()>;

/// Texts that Go and serde_yaml read differently on purpose: what Go makes of them, what serde_yaml does.
///
/// The workspace computes what the Go programs compute, so Go is right by definition.
fn intended() -> Vec<(&'static str, Outcome, Outcome)> {
    vec![
        // Integers of YAML 1.1 and of Go.
        ("a: 0777", Ok(json!({"a": 511})), Ok(json!({"a": "0777"}))),
        ("a: 1_000", Ok(json!({"a": 1000})), Ok(json!({"a": "1_000"}))),
        ("a: 0X1F", Ok(json!({"a": 31})), Ok(json!({"a": "0X1F"}))),
        ("a: 0B1", Ok(json!({"a": 1})), Ok(json!({"a": "0B1"}))),
        ("a: 08", Ok(json!({"a": 8.0})), Ok(json!({"a": "08"}))),
        ("a: 0o-7", Ok(json!({"a": -7})), Ok(json!({"a": "0o-7"}))),
        // Floats.
        ("a: 1e999", Ok(json!({"a": "1e999"})), Ok(json!({"a": "1e999"}))),
        // Merge keys.
        (
            "a: &x {b: 1}\nc: {<<: *x}",
            Ok(json!({"a": {"b": 1}, "c": {"b": 1}})),
            Ok(json!({"a": {"b": 1}, "c": {"<<": {"b": 1}}})),
        ),
        // What go-yaml refuses.
        ("a: [b?c]", Err(()), Ok(json!({"a": ["b?c"]}))),
        ("%YAML 1.2\n---\na: 1", Err(()), Ok(json!({"a": 1}))),
        ("a: \"\\/\"", Err(()), Ok(json!({"a": "/"}))),
    ]
}

fn ours(text: &str) -> Result<Value, String> {
    from_str("oracle", text).map_err(|error| error.to_string())
}

fn theirs(text: &str) -> Result<Value, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn the_intended_differences_are_as_listed() {
    for (text, go, serde_yaml) in intended() {
        assert_eq!(ours(text).map_err(|_| ()), go, "{text:?} here");
        assert_eq!(theirs(text).map_err(|_| ()), serde_yaml, "{text:?} in serde_yaml");
    }
}

/// Plain texts that both read alike.
const PLAIN: [&str; 24] = [
    "a",
    "b c",
    "null",
    "~",
    "true",
    "False",
    "yes",
    "on",
    "1",
    "-12",
    "1.5",
    "-1e-7",
    "0x1F",
    "0o17",
    "1:30",
    "x:y",
    "a#b",
    "2001-01-01",
    "1Gi",
    ".inf.x",
    "é",
    "-x",
    "?x",
    "18446744073709551615",
];

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(PLAIN.to_vec()).prop_map(str::to_owned),
        "[a-z ]{0,6}".prop_map(|text| format!("'{text}'")),
        "[a-z ]{0,6}".prop_map(|text| format!("\"{text}\\n\"")),
    ]
}

fn flow() -> impl Strategy<Value = String> {
    let leaf = prop_oneof!["[a-z][a-z0-9]{0,3}", "[1-9][0-9]{0,3}", "[a-z ]{0,4}".prop_map(|text| format!("'{text}'"))];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(inner, 0..4).prop_map(|values| {
                let entries = values.iter().enumerate().map(|(index, value)| format!("k{index}: {value}"));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }),
        ]
    })
}

fn literal() -> impl Strategy<Value = String> {
    ("[|>][+-]?", "([a-z#:]{1,6}\n|\n){0,3}[a-z]{1,3}\n").prop_map(|(header, lines)| {
        let lines: Vec<String> = lines.lines().map(|line| format!("  {line}")).collect();
        format!("{header}\n{}", lines.join("\n"))
    })
}

/// A block of YAML, its lines not indented.
fn block() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![scalar(), flow(), literal()];
    leaf.prop_recursive(4, 30, 5, |inner| {
        let nest = |text: &str| text.replace('\n', "\n  ");
        prop_oneof![
            (prop::collection::vec(inner.clone(), 1..4), prop::bool::ANY).prop_map(move |(items, comment)| {
                let items = items.iter().map(|item| format!("- {}", nest(item)));
                let between = if comment { "\n# comment\n\n" } else { "\n" };
                items.collect::<Vec<_>>().join(between)
            }),
            (prop::collection::vec(inner, 1..4), prop::bool::ANY).prop_map(move |(values, spaced)| {
                let entries = values.iter().enumerate().map(|(index, value)| match value.starts_with(['k', '-']) {
                    true => format!("k{index}:\n  {}", nest(value)),
                    false => format!("k{index}: {}", nest(value)),
                });
                entries.collect::<Vec<_>>().join(if spaced { "\n\n" } else { "\n" })
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn both_read_the_same(block in block()) {
        let text = format!("{block}\n");
        if let (Ok(ours), Ok(theirs)) = (ours(&text), theirs(&text)) {
            prop_assert_eq!(ours, theirs, "{}", text);
        } else {
            prop_assert_eq!(ours(&text).is_ok(), theirs(&text).is_ok(), "{} {:?} {:?}", text, ours(&text), theirs(&text));
        }
    }

    #[test]
    fn what_kyaml_prints_is_read_there(block in block()) {
        let text = format!("{block}\n");
        let Ok(docs) = read(&SourceFile::new("oracle", text.as_str()), &ReadOptions::default()) else { return Ok(()) };
        // go-yaml's printer changes folded texts.
        prop_assume!(!docs.is_empty() && !text.contains('>'));
        let printed = longshore_yaml::emit_kyaml(&docs, longshore_yaml::ListIndent::Wide);
        prop_assert_eq!(theirs(&printed), Ok(docs[0].root().to_json().expect("JSON can say it")), "{}", printed);
    }
}

#[cfg(feature = "serde_yaml")]
mod bridge {
    use longshore_yaml::Document;
    use proptest::prelude::*;

    use super::{block, ours};

    proptest! {
        #[test]
        fn values_go_over_and_come_back(block in block()) {
            let Ok(json) = ours(&format!("{block}\n")) else { return Ok(()) };
            let doc = Document::from_json(&json);
            let value = serde_yaml::Value::try_from(&doc).expect("it is not deep");
            prop_assert_eq!(&serde_yaml::to_value(&json).expect("any value"), &value);
            prop_assert!(Document::try_from(&value).expect("it is not deep") == doc);
        }
    }

    #[test]
    fn custom_tags_go_over() {
        let file = longshore_yaml::SourceFile::new("f", "a: !ref [b, c]\n");
        let docs = longshore_yaml::read(&file, &longshore_yaml::ReadOptions::default()).expect("it is YAML");
        let value = serde_yaml::Value::try_from(&docs[0]).expect("it is not deep");
        let expect: serde_yaml::Value = serde_yaml::from_str("a: !ref [b, c]\n").expect("it is YAML");
        assert_eq!(value, expect);
        assert!(Document::try_from(&value).expect("it is not deep") == docs[0]);
    }
}
