//! What holds for all values.

use std::cmp::Ordering;

use longshore_manifest::{
    Duration, FieldPath, GroupVersionKind, IntOrString, PathElement, Quantity, ResourceId, Selector, apply_order,
};
use longshore_yaml::Document;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A number, a suffix, and the value that both make in billionths.
fn quantities() -> impl Strategy<Value = (String, i128)> {
    let suffixes = [
        ("n", 1_i128),
        ("u", 1_000),
        ("m", 1_000_000),
        ("", 1_000_000_000),
        ("k", 1_000_000_000_000),
        ("M", 1_000_000_000_000_000),
        ("Ki", 1_024_000_000_000),
        ("Mi", 1_048_576_000_000_000),
        ("e2", 100_000_000_000),
        ("E-3", 1_000_000),
    ];
    (-99_999_i64..99_999, 0_u32..4, proptest::sample::select(suffixes.to_vec())).prop_map(
        |(digits, places, (suffix, unit))| {
            let scale = 10_i128.pow(places);
            let (whole, fraction) = (i128::from(digits).abs() / scale, i128::from(digits).abs() % scale);
            let sign = if digits < 0 { "-" } else { "" };
            let number = if places == 0 {
                format!("{sign}{whole}")
            } else {
                format!("{sign}{whole}.{fraction:0width$}", width = places as usize)
            };
            // Away from zero, as Kubernetes rounds.
            let exact = i128::from(digits) * unit;
            let nano = exact / scale + (exact % scale).signum();
            (format!("{number}{suffix}"), nano)
        },
    )
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,8}[a-zA-Z0-9])?"
}

fn requirements() -> impl Strategy<Value = String> {
    let values = || proptest::collection::vec(prop_oneof![words(), Just(String::new())], 1..4);
    let key = || prop_oneof![words(), words().prop_map(|name| format!("example.com/{name}"))];
    prop_oneof![
        key(),
        key().prop_map(|key| format!("!{key}")),
        (key(), proptest::sample::select(vec!["=", "==", "!="]), words())
            .prop_map(|(key, op, value)| format!("{key} {op}{value}")),
        (key(), proptest::sample::select(vec!["in", "notin"]), values())
            .prop_map(|(key, op, values)| format!("{key} {op} ({})", values.join(" , "))),
        (key(), proptest::sample::select(vec!["<", ">"]), any::<i64>())
            .prop_map(|(key, op, limit)| format!("{key}{op}{limit}")),
    ]
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(|value| json!(value)),
        "[ -~]{0,6}".prop_map(|text| json!(text)),
        any::<bool>().prop_map(|value| json!(value))
    ]
}

fn steps() -> impl Strategy<Value = PathElement> {
    prop_oneof![
        "[ -~]{0,8}".prop_map(PathElement::Field),
        (0_usize..100).prop_map(PathElement::Index),
        scalars().prop_map(PathElement::Value),
        proptest::collection::btree_map("[a-z]{1,6}", scalars(), 1..3)
            .prop_map(|keys| PathElement::Key(keys.into_iter().collect())),
    ]
}

proptest! {
    #[test]
    fn quantities_are_exact((a, nano_a) in quantities(), (b, nano_b) in quantities()) {
        let (a, b): (Quantity, Quantity) = (a.parse()?, b.parse()?);
        prop_assert_eq!(a.cmp(&b), nano_a.cmp(&nano_b));
        prop_assert_eq!(a == b, nano_a == nano_b);
        let milli = nano_a / 1_000_000 + (nano_a % 1_000_000).signum();
        prop_assert_eq!(a.milli(), Some(milli));
    }

    #[test]
    fn quantities_read_back_as_printed((text, _) in quantities()) {
        let quantity: Quantity = text.parse()?;
        prop_assert_eq!(&quantity.to_string().parse::<Quantity>()?, &quantity);
        let rounded = quantity.round_up_milli();
        prop_assert_eq!(&rounded.to_string().parse::<Quantity>()?, &rounded);
    }

    #[test]
    fn many_digits_are_read_as_few(zeros in 1_usize..40, digits in 1_i64..1000) {
        let long = format!("{}{digits}.5{}", "0".repeat(zeros), "0".repeat(zeros));
        prop_assert_eq!(long.parse::<Quantity>()?, format!("{digits}500m").parse::<Quantity>()?);
        let text = format!("{digits}.{}1", "0".repeat(zeros + 9));
        let (above, below) = (text.parse::<Quantity>()?, format!("{digits}").parse::<Quantity>()?);
        prop_assert_eq!(above.cmp(&below), Ordering::Greater);
    }

    #[test]
    fn durations_read_back_as_printed(nanoseconds in any::<i64>()) {
        let duration = Duration::from_nanoseconds(nanoseconds);
        prop_assert_eq!(duration.to_string().parse::<Duration>()?, duration);
    }

    #[test]
    fn integers_are_their_digits(value in any::<i64>()) {
        prop_assert_eq!(IntOrString::from(value.to_string().as_str()), IntOrString::from(value));
        prop_assert_eq!(IntOrString::from(format!("{value}%").as_str()).percent(), Some(value));
    }

    #[test]
    fn selectors_read_back_as_printed(requirements in proptest::collection::vec(requirements(), 0..4)) {
        let selector: Selector = requirements.join(" , ").parse()?;
        prop_assert_eq!(selector.requirements().len(), requirements.len());
        prop_assert_eq!(selector.to_string().parse::<Selector>()?, selector);
    }

    #[test]
    fn a_label_matches_itself_and_not_its_negation(key in words(), value in words()) {
        let labels = [(key.as_str(), value.as_str())];
        let holds = |text: String| text.parse::<Selector>().map(|selector| selector.matches(labels));
        for yes in [key.clone(), format!("{key}={value}"), format!("{key} in (x,{value})"), format!("other notin ({value})")] {
            prop_assert!(holds(yes.clone())?, "{}", yes);
        }
        for no in [format!("!{key}"), format!("{key}!={value}"), format!("{key} notin ({value})")] {
            prop_assert!(!holds(no.clone())?, "{}", no);
        }
        let doc = Document::from_json(&json!({key.clone(): value.clone()}));
        let selector: Selector = format!("{key}={value}").parse()?;
        prop_assert!(selector.matches_node(Some(doc.root())));
    }

    #[test]
    fn steps_read_back_as_written(step in steps()) {
        prop_assert_eq!(&step.to_fields_v1().parse::<PathElement>()?, &step);
    }

    #[test]
    fn a_path_leads_to_one_place(items in proptest::collection::btree_map("[a-z]{1,4}", scalars(), 1..6), pick in any::<prop::sample::Index>()) {
        let list: Vec<Value> = items.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let doc = Document::from_json(&json!({"list": list}));
        let (name, value) = items.iter().nth(pick.index(items.len())).expect("an item");
        let steps = [PathElement::Field("list".into()), PathElement::Key(vec![("name".into(), json!(name))]), PathElement::Field("value".into())];
        let path: FieldPath = steps.into_iter().collect();
        prop_assert_eq!(path.resolve(doc.root()).and_then(|node| node.to_json().ok()), Some(value.clone()));
        let steps = path.steps_in(doc.root()).expect("it is there");
        prop_assert_eq!(doc.root().at(steps.iter().map(String::as_str)).map(|node| node.id()), path.resolve(doc.root()).map(|node| node.id()));
    }

    #[test]
    fn identities_read_back_as_printed(
        group in "([a-z]{1,8}(\\.[a-z]{1,4})?)?", version in "v[0-9]{1,2}(beta1)?", kind in "[A-Z][A-Za-z]{0,8}",
        namespace in proptest::option::of("[a-z][a-z0-9-]{0,8}"), name in "[a-zA-Z0-9:.-]{1,12}",
    ) {
        let id = ResourceId { gvk: GroupVersionKind { group, version, kind }, namespace, name };
        prop_assert_eq!(&id.to_string().parse::<ResourceId>()?, &id);
        prop_assert_eq!(apply_order(&id, &id), Ordering::Equal);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = (text.parse::<Quantity>(), text.parse::<Duration>(), text.parse::<Selector>());
        let _ = (text.parse::<ResourceId>(), text.parse::<PathElement>());
    }
}
