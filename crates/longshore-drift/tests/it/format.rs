//! Reports as text.

use longshore_drift::{Report, Rules, assess, format};
use longshore_yaml::{Document, Node, Tag};

use crate::{applied, set};

const TEXT: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  namespace: shop
data:
  color: blue
---
apiVersion: v1
kind: Secret
metadata:
  name: key
stringData:
  token: hunter2
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: gone
";

fn report() -> Report {
    let desired = set(TEXT);
    let mut cluster = applied(&desired);
    let ids: Vec<_> = desired.iter().map(|resource| resource.id()).collect();
    let to = |key: &'static str, text: &'static str| {
        move |doc: &mut Document| {
            let at = doc.root().at(["data", key]).map(Node::id).unwrap();
            doc.set_scalar(at, text, Tag::Str);
        }
    };
    cluster.edit(&ids[0], "intern", to("color", "<b>red|")).unwrap();
    cluster.edit(&ids[1], "intern", to("token", "c2VzYW1l")).unwrap();
    cluster.delete(&ids[2]).unwrap();
    assess(&desired, &cluster.list(), &Rules::default())
}

#[test]
fn text_says_what_who_and_where() {
    let expect = "\
out of sync  v1/ConfigMap/shop/a
  data.color: blue -> <b>red|
    changed, by intern (Update, 2026-01-01T00:00:00Z)
    declared at shop.yaml:7
out of sync  v1/Secret/key
  data.token: (redacted) -> (redacted)
    changed, by intern (Update, 2026-01-01T00:00:00Z)
    declared at shop.yaml:14
missing      v1/ConfigMap/gone
    declared at shop.yaml:19
2 out of sync, 1 missing; health: Missing
";
    assert_eq!(format::text(&report()), expect);
    assert_eq!(format::text(&Report::default()), "nothing to compare; health: Healthy\n");
}

#[test]
fn markdown_is_a_table_that_a_value_cannot_break() {
    let text = format::markdown(&report());
    let row = r"| v1/ConfigMap/shop/a | data.color | changed | blue | \<b\>red\| | intern (Update, 2026-01-01T00:00:00Z) | shop.yaml:7 |";
    assert!(text.contains(row), "{text}");
    assert!(text.starts_with("**2 out of sync, 1 missing**, health: Missing\n"));
}

#[test]
fn sarif_points_at_the_lines() {
    let log = format::sarif(&report());
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["ruleId"], "DeclaredChanged");
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!((&place["artifactLocation"]["uri"], &place["region"]["startLine"]), (&"shop.yaml".into(), &7.into()));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(results.iter().all(|result| rules.iter().any(|rule| rule["id"] == result["ruleId"])));
}

#[test]
fn json_and_attributes_carry_the_same() {
    let json = format::json(&report());
    assert_eq!(json["inSync"], false);
    assert_eq!(json["resources"][0]["fields"][0]["declared_at"], "shop.yaml:7");
    let events = format::attributes(&report());
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["longshore.drift.field"], "data.color");
    assert_eq!(events[0]["code.line.number"], "7");
    assert_eq!(events[2]["longshore.drift.verdict"], "Missing");
}

#[test]
fn the_page_needs_nothing_else_and_escapes_values() {
    let page = format::html(&report());
    assert!(page.contains("&lt;b&gt;red|") && !page.contains("<b>red"));
    for forbidden in ["http://", "https://", "<script", "src="] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn no_format_shows_a_secret() {
    let report = report();
    let all = [
        format::text(&report),
        format::markdown(&report),
        format::html(&report),
        format::json(&report).to_string(),
        format::sarif(&report).to_string(),
        format!("{:?}", format::attributes(&report)),
        format!("{report:?}"),
    ];
    for text in all {
        for secret in ["hunter2", "aHVudGVyMg", "c2VzYW1l", "sesame"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
