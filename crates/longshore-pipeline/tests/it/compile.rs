//! Compiling: laws over random configurations, then what errors and explanations say.

use longshore_pipeline::{
    CompileError, Compiled, Compiler, Context, LintKind, Outcome, Reason, affected, compare, compile, lint,
    usual_contexts,
};
use longshore_source::Memory;
use proptest::prelude::*;

const ROOT: &str = ".gitlab-ci.yml";

fn files(text: &str) -> Memory {
    let mut files = Memory::new();
    files.insert(ROOT, text.as_bytes()).expect("the path is one");
    files
}

fn compiled(text: &str, context: &Context) -> Result<Compiled, CompileError> {
    Compiler::new(&files(text)).trace(true).compile(ROOT, context)
}

/// Configurations that GitLab accepts.
fn configurations() -> impl Strategy<Value = String> {
    prop::collection::vec((0..3_usize, any::<u64>()), 1..10).prop_map(|rows| {
        let mut text = String::from(
            "stages: [build, test, deploy]\nvariables: {LEVEL: info, MODE: $LEVEL}\n.base:\n  tags: [docker]\n",
        );
        let mut stages: Vec<usize> = Vec::new();
        for (at, (stage, shape)) in rows.into_iter().enumerate() {
            let name = ["build", "test", "deploy"][stage];
            text.push_str(&format!("job-{at}:\n  stage: {name}\n  script: [echo {at}, [echo again]]\n"));
            if shape & 1 == 1 {
                text.push_str("  extends: .base\n");
            }
            match shape >> 1 & 7 {
                0 => text.push_str("  rules: [{if: $CI_COMMIT_TAG, when: never}, {changes: [src/**/*]}]\n"),
                1 => text.push_str("  rules:\n  - if: $LEVEL == \"info\"\n    variables: {MODE: fast}\n"),
                2 => text.push_str("  only: [main, tags]\n"),
                3 => text.push_str("  when: manual\n"),
                4 => text.push_str("  parallel: {matrix: [{OS: [linux, mac], MODE: debug}]}\n"),
                5 => text.push_str("  parallel: 3\n"),
                _ => {}
            }
            if shape >> 4 & 1 == 1 {
                let earlier =
                    stages.iter().enumerate().filter(|(other, own)| **own <= stage && shape >> (8 + other) & 1 == 1);
                let needs: Vec<String> =
                    earlier.map(|(other, _)| format!("{{job: job-{other}, optional: true}}")).collect();
                text.push_str(&format!("  needs: [{}]\n", needs.join(", ")));
            }
            stages.push(stage);
        }
        text
    })
}

fn contexts() -> impl Strategy<Value = Context> {
    prop_oneof![
        Just(Context::branch("main")),
        Just(Context::branch("topic").changed(["src/a.rs"])),
        Just(Context::branch("topic").changed(["README.md"]).variable("LEVEL", "debug")),
        Just(Context::tag("v1")),
        Just(Context::merge_request("topic")),
    ]
}

fn shown(compiled: &Compiled) -> serde_json::Value {
    serde_json::to_value(compiled.jobs()).expect("jobs serialise")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The merged configuration compiles to the same pipeline: nothing of it is lost on the way.
    #[test]
    fn what_is_merged_compiles_to_the_same(text in configurations(), context in contexts()) {
        let first = compiled(&text, &context).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let merged = first.merged_text();
        let second = compiled(&merged, &context).map_err(|error| TestCaseError::fail(format!("{error}\n{merged}")))?;
        prop_assert_eq!(shown(&first), shown(&second));
        prop_assert!(compare(&first, &second).is_empty());
    }

    /// What is compiled is a pipeline, whose jobs are those of the configuration, each with a reason.
    #[test]
    fn every_job_has_its_reason(text in configurations(), context in contexts()) {
        let compiled = compiled(&text, &context).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let pipeline = compiled.pipeline().expect("all needs are optional");
        prop_assert_eq!(pipeline.jobs().len(), compiled.jobs().len());
        for job in compiled.jobs() {
            let explanation = compiled.explain(&job.name).expect("it was traced");
            prop_assert!(explanation.included() && !explanation.to_string().is_empty());
            prop_assert!(job.location.is_some());
        }
        for job in compiled.excluded() {
            let decision = job.decision.as_ref().expect("it was traced");
            prop_assert!(matches!(decision.reason, Reason::Never(_) | Reason::NoRule | Reason::NotOnly | Reason::Except));
        }
    }

    /// Tracing, linting and looking for what is affected change no answer.
    #[test]
    fn looking_changes_nothing(text in configurations(), context in contexts()) {
        let files = files(&text);
        let plain = compile(&files, ROOT, &context).expect("it is right");
        prop_assert_eq!(shown(&plain), shown(&compiled(&text, &context).expect("it is right")));
        let names: Vec<String> = affected(&Compiler::new(&files), ROOT, &context, ["src/a.rs"])
            .expect("it is right")
            .into_iter()
            .map(|job| job.name)
            .collect();
        let there = compile(&files, ROOT, &context.clone().changed(["src/a.rs"])).expect("it is right");
        prop_assert_eq!(names, there.jobs().iter().map(|job| job.name.clone()).collect::<Vec<_>>());
        let found = lint(&Compiler::new(&files), ROOT, &usual_contexts(), &Default::default());
        prop_assert!(found.iter().all(|lint| lint.kind != LintKind::Invalid), "{:?}", found);
    }
}

/// Compiles on `main` and compares the whole error.
#[track_caller]
fn check_error(text: &str, expect: &str) {
    let error = compiled(text, &Context::branch("main")).expect_err("it is wrong");
    assert_eq!(error.to_string(), expect);
}

#[test]
fn errors_name_the_line() {
    check_error(
        "a:\n  script: x\n  when: sometimes\n",
        ".gitlab-ci.yml:3:9: jobs:a when should be one of: on_success, on_failure, always, manual, delayed",
    );
    check_error(
        "a:\n  script: x\n  stage: nowhere\n",
        ".gitlab-ci.yml:3:10: a job: chosen stage nowhere does not exist; available stages are .pre, build, test, deploy, .post",
    );
    check_error("a:\n  script: x\n  needs:\n  - b\n", ".gitlab-ci.yml:4:5: a job: undefined need: b");
    check_error(
        "a:\n  script: x\n  rules:\n  - if: $A = 1\n",
        ".gitlab-ci.yml:4:9: jobs:a:rules:rule if invalid expression syntax",
    );
    check_error("a:\n  extends: .b\n  script: x\n", ".gitlab-ci.yml:2:12: a: unknown keys in `extends` (.b)");
    check_error(
        "a:\n  script: !reference [.b, script]\n",
        ".gitlab-ci.yml:2:11: !reference [\".b\", \"script\"] could not be found",
    );
}

#[test]
fn an_include_that_nobody_can_fetch_says_so() {
    let error = compiled("include: {remote: https://example.com/ci.yml}\n", &Context::branch("main"));
    let message = error.expect_err("nobody can fetch it").to_string();
    assert!(message.starts_with(".gitlab-ci.yml:1:19: ") && message.contains("Includes"), "{message}");
}

#[test]
fn aliases_cannot_grow_without_bound() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let above = level - 1;
        text.push_str(&format!("a{level}: &a{level} [*a{above}, *a{above}, *a{above}, *a{above}, *a{above}, *a{above}, *a{above}, *a{above}, *a{above}, *a{above}]\n"));
    }
    let error = compiled(&text, &Context::branch("main")).expect_err("it is too big");
    assert_eq!(error.problems()[0].message, "The parsed YAML is too big");
}

#[test]
fn references_cannot_grow_without_bound() {
    let mut text = String::from(".r0: {s: [x, x, x, x, x, x, x, x, x, x]}\n");
    for level in 1..9 {
        let above = format!("!reference [.r{}, s]", level - 1);
        text.push_str(&format!(".r{level}: {{s: [{}]}}\n", [above.as_str(); 10].join(", ")));
    }
    let error = compiled(&text, &Context::branch("main")).expect_err("it is too big");
    assert_eq!(error.problems()[0].message, "The parsed YAML is too big");
}

#[test]
fn an_explanation_shows_the_operands() {
    let text = "a:\n  script: x\n  rules:\n  - if: $MODE == \"fast\" && $CI_COMMIT_BRANCH\n    when: never\n  - when: always\n";
    let context = Context::branch("main").variable("MODE", "fast");
    let explanation = compiled(text, &context).expect("it is right").explain("a").expect("it was traced").to_string();
    for part in ["not in the pipeline", ".gitlab-ci.yml:4:5", "$MODE is \"fast\"", "$CI_COMMIT_BRANCH is \"main\""] {
        assert!(explanation.contains(part), "{part}: {explanation}");
    }
}

#[test]
fn inputs_fill_templates() {
    let mut files = files("include:\n- {local: t.yml, inputs: {name: web, flags: [a, b]}}\n");
    let template = "spec:\n  inputs:\n    name: {}\n    flags: {type: array}\n---\n\"$[[ inputs.name ]]\":\n  script: run $[[ inputs.name | truncate(0,2) ]]\n  tags: $[[ inputs.flags ]]\n";
    files.insert("t.yml", template.as_bytes()).expect("the path is one");
    let compiled = compile(&files, ROOT, &Context::branch("main")).expect("it is right");
    let job = compiled.job("web").expect("the name is filled in");
    assert_eq!(job.option("script"), Some(serde_json::json!(["run we"])));
    assert_eq!(job.tags.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
}

#[test]
fn a_change_affects_what_uses_its_artifacts() {
    let text = "stages: [build, test]\nb:\n  stage: build\n  script: x\n  rules: [{changes: [src/*]}]\nt:\n  script: x\n  needs: [b]\nu:\n  script: x\n";
    let files = files(text);
    let found = affected(&Compiler::new(&files), ROOT, &Context::branch("main"), ["src/a"]).expect("it is right");
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["b: src/a meets src/*", "t: it uses what b makes", "u: it runs whatever changes"]);
}

#[test]
fn the_workflow_may_leave_the_pipeline_out() {
    let text = "workflow: {rules: [{if: $CI_COMMIT_TAG}]}\na:\n  script: x\n";
    let compiled = compiled(text, &Context::branch("main")).expect("it is right");
    assert_eq!(compiled.outcome(), Outcome::Filtered);
    assert!(compiled.explain_workflow().expect("it was traced").to_string().contains("none of its rules holds"));
}

#[test]
fn the_paid_edition_knows_more() {
    use longshore_pipeline::Edition;
    let text = "a:\n  script: x\n  secrets: {KEY: {vault: path}}\n  needs: [{project: g/p, job: j, ref: main}]\n";
    check_error(text, ".gitlab-ci.yml:3:3: jobs:a config contains unknown keys: secrets");
    let job = compiled(text, &Context::branch("main").edition(Edition::Enterprise)).expect("it is right");
    assert!(job.jobs()[0].option("secrets").is_some() && job.jobs()[0].option("cross_dependencies").is_some());
}
