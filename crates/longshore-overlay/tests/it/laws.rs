//! Laws that hold for every build.

use longshore_overlay::{Limits, RenderOptions, Rendered, Reorder, render};
use longshore_source::Memory;
use proptest::prelude::*;

/// A small base: deployments that name a config map and a secret, and services.
#[derive(Clone, Debug)]
struct Shop {
    names: Vec<String>,
    namespace: Option<String>,
    labels: bool,
    hash: bool,
    custom: bool,
}

fn shops() -> impl Strategy<Value = Shop> {
    let names = prop::collection::btree_set("shop-[a-z]{1,6}", 1..5).prop_map(|names| names.into_iter().collect());
    let namespace = prop::option::of("ns-[a-z]{1,5}");
    (names, namespace, any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(names, namespace, labels, hash, custom)| Shop { names, namespace, labels, hash, custom })
}

impl Shop {
    fn objects(&self) -> String {
        let mut text = String::new();
        for name in &self.names {
            text.push_str(&format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n      \
                 containers:\n      - name: main\n        image: {name}:1\n        envFrom:\n        - configMapRef:\n            \
                 name: {name}-env\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector:\n    \
                 app: {name}\n---\n"
            ));
            if self.custom {
                text.push_str(&format!(
                    "apiVersion: x.io/v1\nkind: Thing\nmetadata:\n  name: {name}\nspec:\n  items: [1, 2]\n---\n"
                ));
            }
        }
        text
    }

    fn kustomization(&self) -> String {
        let mut text = "resources: [all.yaml]\n".to_owned();
        if let Some(namespace) = &self.namespace {
            text.push_str(&format!("namespace: {namespace}\n"));
        }
        if self.labels {
            text.push_str("labels:\n- pairs: {team: shop}\n  includeSelectors: true\n");
        }
        text.push_str(&format!("generatorOptions:\n  disableNameSuffixHash: {}\nconfigMapGenerator:\n", !self.hash));
        for name in &self.names {
            text.push_str(&format!("- name: {name}-env\n  literals: [a={name}]\n"));
        }
        text
    }

    /// The base, and an overlay with these lines of its own.
    fn tree(&self, overlay: &str) -> Memory {
        let files = [
            ("base/kustomization.yaml", self.kustomization()),
            ("base/all.yaml", self.objects()),
            ("top/kustomization.yaml", format!("resources: [../base]\n{overlay}")),
        ];
        let files = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect::<Vec<_>>();
        Memory::try_from(files).expect("the paths are paths")
    }
}

fn build(files: &Memory, root: &str, options: &RenderOptions) -> Rendered {
    render(files, &root.parse().expect("a path"), options).unwrap_or_else(|error| panic!("{error}"))
}

fn text(rendered: &Rendered) -> String {
    rendered.to_yaml().unwrap_or_else(|error| panic!("{error}"))
}

proptest! {
    #[test]
    fn a_build_is_the_same_each_time(shop in shops()) {
        let (files, options) = (shop.tree("namePrefix: x-\n"), RenderOptions::new());
        prop_assert_eq!(text(&build(&files, "top", &options)), text(&build(&files, "top", &options)));
    }

    #[test]
    fn an_overlay_that_says_nothing_changes_nothing(shop in shops()) {
        let files = shop.tree("");
        for options in [RenderOptions::new(), RenderOptions::new().reorder(Reorder::None)] {
            prop_assert_eq!(text(&build(&files, "top", &options)), text(&build(&files, "base", &options)));
        }
    }

    #[test]
    fn a_reference_that_held_still_holds(shop in shops(), prefix in "p[a-z]{1,3}-", suffix in "-[a-z]{1,3}") {
        let files = shop.tree(&format!("namePrefix: {prefix}\nnameSuffix: {suffix}\n"));
        let rendered = build(&files, "top", &RenderOptions::new());
        let of_kind = |kind: &'static str| rendered.resources.iter().filter(move |resource| resource.kind() == kind);
        let maps: Vec<&str> = of_kind("ConfigMap").map(|resource| resource.name()).collect();
        for deployment in of_kind("Deployment") {
            let path = ["spec", "template", "spec", "containers", "0", "envFrom", "0", "configMapRef", "name"];
            let name = deployment.root().at(path).map(|node| node.text()).unwrap_or_default();
            prop_assert!(maps.contains(&name), "{} is none of {:?}", name, maps);
        }
    }

    #[test]
    fn provenance_changes_nothing(shop in shops()) {
        let files = shop.tree("nameSuffix: -x\nimages:\n- name: a\n  newTag: '2'\n");
        let traced = build(&files, "top", &RenderOptions::new().provenance(true));
        prop_assert_eq!(text(&traced), text(&build(&files, "top", &RenderOptions::new())));
    }
}

#[track_caller]
fn refuse(files: &[(&str, &str)], options: &RenderOptions, expect: &str) {
    let files = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect::<Vec<_>>();
    let files = Memory::try_from(files).expect("the paths are paths");
    let outcome = render(&files, &"top".parse().expect("a path"), options).and_then(|rendered| rendered.to_yaml());
    assert_eq!(outcome.expect_err("the build is refused").to_string(), expect);
}

#[test]
fn unknown_fields_are_all_named_with_their_neighbours() {
    refuse(
        &[("top/kustomization.yaml", "namePrefx: a-\nresources: x.yaml\nimages:\n- name: a\n  newtags: b\n")],
        &RenderOptions::new(),
        "top/kustomization.yaml:1:1: namePrefx: unknown field \"namePrefx\" (did you mean \"namePrefix\"?)\n\
         top/kustomization.yaml:2:12: resources: expected a list, found a string\n\
         top/kustomization.yaml:5:3: images[0].newtags: unknown field \"newtags\" (did you mean \"newTag\"?)",
    );
}

#[test]
fn independent_problems_come_in_one_go() {
    refuse(
        &[
            ("top/kustomization.yaml", "resources: [a.yaml, b.yaml, c.yaml]\n"),
            ("top/a.yaml", "kind: Service\n"),
            ("top/c.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: c}\n---\nkind: [\n"),
        ],
        &RenderOptions::new(),
        "top/a.yaml:1:1: accumulating resources from 'a.yaml': missing metadata.name in object Service.[noVer].[noGrp]/\
         [noName].[noNs]\n\
         top/kustomization.yaml:1:21: accumulating resources from 'b.yaml': top/b.yaml: no such file or directory\n\
         top/c.yaml:6:1: accumulating resources from 'c.yaml': did not find expected node content (close the \
         brackets above)",
    );
}

#[test]
fn a_cycle_shows_its_way() {
    refuse(
        &[("top/kustomization.yaml", "resources: [../base]\n"), ("base/kustomization.yaml", "resources: [../top]\n")],
        &RenderOptions::new(),
        "base/kustomization.yaml:1:13: accumulating resources from '../base': accumulating resources from '../top': cycle \
         detected: candidate root 'top' contains visited root 'top' (the way here: top -> base -> top)",
    );
}

#[test]
fn files_outside_are_refused() {
    refuse(
        &[
            ("top/kustomization.yaml", "resources: [../a.yaml]\n"),
            ("a.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: c}\n"),
        ],
        &RenderOptions::new(),
        "top/kustomization.yaml:1:13: accumulating resources from '../a.yaml': security; file 'a.yaml' is not in or below \
         'top' (allow it with LoadRestrictionsNone)",
    );
}

#[test]
fn what_must_be_fetched_or_run_is_refused() {
    refuse(
        &[("top/kustomization.yaml", "resources: ['https://example.com/org/repo?ref=v1']\n")],
        &RenderOptions::new(),
        "top/kustomization.yaml:1:13: accumulating resources from 'https://example.com/org/repo?ref=v1': \
         'https://example.com/org/repo?ref=v1' is a remote base, and nothing is plugged in that fetches one (set \
         RenderOptions::remote_bases, or copy it into the tree)",
    );
}

#[test]
fn limits_have_names() {
    let files = [
        ("top/kustomization.yaml", "resources: [a.yaml]\n"),
        (
            "top/a.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n",
        ),
    ];
    let limits = Limits { resources: 1, ..Limits::default() };
    refuse(&files, &RenderOptions::new().limits(limits), "limit exceeded: more than 1 resources");
    let limits = Limits { output: 10, ..Limits::default() };
    refuse(&files, &RenderOptions::new().limits(limits), "limit exceeded: output of more than 10 bytes");
}
