//! One job: its keywords in one form.

use std::sync::Arc;

use super::needs::{self, Kinds, Needs};
use super::parallel::{self, Parallel};
use super::policy::{self, Policy};
use super::root::Defaults;
use super::rules::{self, Kind, Rule};
use super::variables::{self, Written};
use super::words::{BRIDGE_WHEN, WHEN};
use super::{Checks, Place, is_bool, is_hash, is_text, text_or_texts, texts};
use super::{cache, image, script, trigger};
use crate::context::Edition;
use crate::value::{At, Data, Key, Map, Node};

/// Characters of a job's name.
const MAX_NAME: usize = 255;

/// What every job may have.
const COMMON_KEYS: [&str; 13] = [
    "extends",
    "stage",
    "only",
    "except",
    "rules",
    "variables",
    "inherit",
    "allow_failure",
    "when",
    "needs",
    "resource_group",
    "environment",
    "interruptible",
];
const JOB_KEYS: [&str; 22] = [
    "tags",
    "script",
    "image",
    "services",
    "start_in",
    "artifacts",
    "cache",
    "dependencies",
    "before_script",
    "after_script",
    "hooks",
    "coverage",
    "retry",
    "parallel",
    "timeout",
    "inputs",
    "release",
    "id_tokens",
    "publish",
    "pages",
    "manual_confirmation",
    "run",
];
const BRIDGE_KEYS: [&str; 2] = ["trigger", "parallel"];
/// Keywords of the paid tiers.
const ENTERPRISE_KEYS: [&str; 3] = ["secrets", "identity", "dast_configuration"];

/// What kind of thing a top-level key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// Starts with a dot: a template.
    Hidden,
    /// Has `script` or `run`.
    Job,
    /// Triggers another pipeline.
    Bridge,
}

impl JobKind {
    /// What a top-level entry is, if it is a job at all.
    pub(crate) fn of(name: &str, node: &Node) -> Option<Self> {
        if name.starts_with('.') {
            return Some(JobKind::Hidden);
        }
        let map = node.as_map()?;
        if map.contains("script") || map.contains("run") {
            return Some(JobKind::Job);
        }
        (map.contains("trigger") || map.contains("needs")).then_some(JobKind::Bridge)
    }
}

/// Which variables of the configuration a job takes over.
#[derive(Clone, Debug)]
pub(crate) enum Inherit {
    All,
    Nothing,
    These(Vec<String>),
}

impl Inherit {
    pub(crate) fn takes(&self, name: &str) -> bool {
        match self {
            Inherit::All => true,
            Inherit::Nothing => false,
            Inherit::These(names) => names.iter().any(|own| own == name),
        }
    }
}

/// A job as it is written, defaults taken in.
#[derive(Clone, Debug)]
pub(crate) struct JobEntry {
    pub(crate) name: Arc<str>,
    pub(crate) at: At,
    pub(crate) bridge: bool,
    pub(crate) stage: Arc<str>,
    pub(crate) stage_at: At,
    pub(crate) when: Option<String>,
    pub(crate) allow_failure: bool,
    pub(crate) needs: Option<Needs>,
    pub(crate) dependencies: Option<Vec<(String, At)>>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) rules: Option<Vec<Rule>>,
    pub(crate) only: Option<Policy>,
    pub(crate) except: Option<Policy>,
    pub(crate) variables: Vec<Written>,
    pub(crate) inherit: Inherit,
    pub(crate) environment: Option<Node>,
    pub(crate) resource_group: Option<String>,
    pub(crate) interruptible: Option<bool>,
    pub(crate) start_in: Option<String>,
    pub(crate) parallel: Option<Parallel>,
    pub(crate) coverage: Option<String>,
    pub(crate) id_tokens: Option<Node>,
    /// The rest by keyword, as the runner gets it.
    pub(crate) options: Map,
    /// What `trigger:include` names as jobs that produce files.
    pub(crate) artifact_jobs: Vec<(String, At)>,
}

/// Reads one job. `defaults` are those of the configuration; `workflow` says whether it has `workflow:rules`.
pub(crate) fn job(
    checks: &mut Checks,
    jobs: &Place<'_>,
    key: &Key,
    node: &Node,
    kind: JobKind,
    defaults: &Defaults,
    workflow: bool,
) -> Option<JobEntry> {
    let place = jobs.at(&key.text);
    let mark = checks.mark();
    own_checks(checks, &place, key, node, kind);
    if !checks.clean_since(mark) {
        return None;
    }
    let mut reader = Reader { checks, place: &place, node, defaults, takes: Takes::All, mark };
    let entry = reader.read(key, kind, workflow);
    checks.clean_since(mark).then_some(entry)
}

/// Reads a hidden job: only that it is not empty.
pub(crate) fn hidden(checks: &mut Checks, jobs: &Place<'_>, key: &Key, node: &Node) {
    let empty = !node.is_present();
    checks.require(!empty, &jobs.at(&key.text), key.at, "config can't be blank");
}

fn own_checks(checks: &mut Checks, place: &Place<'_>, key: &Key, node: &Node, kind: JobKind) {
    checks.require(!key.text.trim().is_empty(), place, key.at, "name can't be blank");
    checks.require(key.symbol, place, key.at, "name should be a symbol");
    let short = key.text.chars().count() <= MAX_NAME;
    checks.require(short, place, key.at, "name is too long (maximum is 255 characters)");
    checks.exclusive_keys(place, node, &["script", "trigger"]);
    checks.exclusive_keys(place, node, &["run", "trigger"]);
    if node.get("rules").is_some_and(|rules| !rules.is_null()) {
        exclude_with_rules(checks, place, node);
    }
    checks.field(place, node, "extends", text_or_texts, "should be an array of strings or a string");
    checks.field(place, node, "rules", rules::are_rules, "should be an array containing hashes and arrays of hashes");
    checks.field(place, node, "resource_group", is_text, "should be a string");
    match kind {
        JobKind::Bridge => bridge_checks(checks, place, node),
        _ => job_checks(checks, place, key, node),
    }
}

fn exclude_with_rules(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    let Some(map) = node.as_map() else {
        return;
    };
    let keys = ["only", "except", "start_in"];
    let present = map.iter().filter(|(key, value)| keys.contains(&&*key.text) && !value.is_null());
    let names: Vec<&str> = present.clone().map(|(key, _)| &*key.text).collect();
    if !names.is_empty() {
        let at = present.map(|(key, _)| key.at).next().unwrap_or(node.at);
        checks.add(place, at, format_args!("config key may not be used with `rules`: {}", names.join(", ")));
    }
}

fn allowed_keys(checks: &mut Checks, place: &Place<'_>, node: &Node, own: &[&str]) {
    let more: &[&str] = if checks.edition == Edition::Enterprise { &ENTERPRISE_KEYS } else { &[] };
    let allowed: Vec<&str> = own.iter().chain(&COMMON_KEYS).chain(more).copied().collect();
    checks.known_keys(place, node, &allowed);
}

fn bridge_checks(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    allowed_keys(checks, place, node, &BRIDGE_KEYS);
    let words = format!("should be one of: {}", BRIDGE_WHEN.join(", "));
    checks.field(place, node, "when", |when| super::one_of(when, &BRIDGE_WHEN), words);
    checks.field(place, node, "allow_failure", is_bool, "should be a boolean value");
}

fn job_checks(checks: &mut Checks, place: &Place<'_>, key: &Key, node: &Node) {
    allowed_keys(checks, place, node, &JOB_KEYS);
    for other in ["script", "before_script", "after_script"] {
        checks.exclusive_keys(place, node, &[other, "run"]);
    }
    let map = node.as_map();
    let has = |name: &str| map.is_some_and(|map| map.contains(name));
    if !has("run") {
        let at = map.and_then(|map| map.entry("script")).map_or(node.at, |(key, _)| key.at);
        checks.require(node.get("script").is_some_and(Node::is_present), place, at, "script can't be blank");
    }
    checks.choice(place, node, "when", &WHEN, &format!("should be one of: {}", WHEN.join(", ")));
    checks.field(place, node, "dependencies", texts, "should be an array of strings");
    let flag = |node: &Node| is_hash(node) || is_bool(node);
    checks.field(place, node, "allow_failure", flag, "should be a hash or a boolean value");
    checks.field(place, node, "manual_confirmation", is_text, "should be a string");
    checks.field(
        place,
        node,
        "run",
        |run| run.as_list().is_some_and(|steps| steps.iter().all(is_step)),
        "must be a valid json schema",
    );
    let delayed = node.get("when").is_some_and(|when| when.as_str() == Some("delayed"));
    let start = map.and_then(|map| map.get("start_in"));
    let at = start.map_or(node.at, |start| start.at);
    if delayed {
        rules::check_delay(checks, place, start, at);
    }
    if (has("rules") || !delayed) && start.is_some_and(Node::is_present) {
        checks.add(place, at, "start in must be blank");
    }
    let pages = node.get("pages").is_some_and(Node::is_present) || is_pages(key, node);
    if !pages && node.get("publish").is_some_and(Node::is_present) {
        checks.add(place, at, "publish can only be used within a `pages` job");
    }
}

/// A step of `run`: a name, and what it runs.
fn is_step(node: &Node) -> bool {
    node.get("name").is_some_and(is_text)
        && ["script", "step", "func", "action"].iter().any(|key| node.get(key).is_some())
}

/// The job called `pages` publishes, unless it says `pages: false`.
fn is_pages(key: &Key, node: &Node) -> bool {
    &*key.text == "pages" && node.as_map().and_then(|map| map.get("pages")).and_then(Node::as_bool) != Some(false)
}

/// Which defaults a job takes over.
enum Takes {
    All,
    Nothing,
    These(Vec<String>),
}

struct Reader<'r> {
    checks: &'r mut Checks,
    place: &'r Place<'r>,
    node: &'r Node,
    defaults: &'r Defaults,
    takes: Takes,
    mark: usize,
}

impl Reader<'_> {
    /// In GitLab's order of entries, which is the order of messages.
    fn read(&mut self, key: &Key, kind: JobKind, workflow: bool) -> JobEntry {
        let node = self.node;
        let (stage, stage_at) = self.stage(key);
        let only = self.policy("only");
        let except = self.policy("except");
        let rules = self.part("rules", |checks, place, node| rules::rules(checks, place, node, Kind::Job));
        let variables = self
            .part("variables", |checks, place, node| {
                Some(variables::variables(checks, place, node, &variables::JOB_DATA))
            })
            .unwrap_or_default();
        let inherit = self.inherit();
        let environment = self.part("environment", trigger::environment);
        let interruptible = self.interruptible();
        let mut options = Map::default();
        let mut entry = JobEntry {
            name: key.text.clone(),
            at: key.at,
            bridge: kind == JobKind::Bridge,
            stage,
            stage_at,
            when: node.get("when").map(Node::to_text),
            allow_failure: false,
            needs: None,
            dependencies: node.get("dependencies").and_then(Node::as_list).map(names),
            tags: None,
            only: only.or_else(|| self.default_only(workflow)),
            except,
            rules,
            variables,
            inherit,
            environment,
            resource_group: node.get("resource_group").map(Node::to_text),
            interruptible,
            start_in: node.get("start_in").map(Node::to_text),
            parallel: None,
            coverage: None,
            id_tokens: None,
            options: Map::default(),
            artifact_jobs: Vec::new(),
        };
        match kind {
            JobKind::Bridge => self.bridge(&mut entry, &mut options),
            _ => self.job(key, &mut entry, &mut options),
        }
        if let Some(environment) = &entry.environment {
            options.set("environment", environment.clone());
        }
        if !workflow {
            self.warn(&entry);
        }
        entry.options = options;
        entry
    }

    /// One entry, if it is written.
    fn part<T>(&mut self, key: &str, read: impl FnOnce(&mut Checks, &Place<'_>, &Node) -> Option<T>) -> Option<T> {
        let node = self.node.get(key)?;
        read(self.checks, &self.place.at(key), node)
    }

    fn stage(&mut self, key: &Key) -> (Arc<str>, At) {
        let Some(stage) = self.node.get("stage") else {
            return ("test".into(), key.at);
        };
        let good = is_text(stage);
        self.checks.require(good, &self.place.at("stage"), stage.at, "config should be a string");
        (stage.to_text().into(), stage.at)
    }

    fn policy(&mut self, key: &'static str) -> Option<Policy> {
        let default = if key == "only" { Policy::only_by_default() } else { Policy::default() };
        self.part(key, |checks, place, node| policy::policy(checks, place, node, default))
    }

    /// What `only` is where it is not written: nothing, once there are rules.
    fn default_only(&self, workflow: bool) -> Option<Policy> {
        let rules = self.node.as_map().is_some_and(|map| map.contains("rules"));
        (!rules && !workflow).then(Policy::only_by_default)
    }

    fn inherit(&mut self) -> Inherit {
        let Some(node) = self.node.get("inherit") else {
            return Inherit::All;
        };
        let place = self.place.at("inherit");
        let mark = self.checks.mark();
        self.checks.hash(&place, node);
        self.checks.known_keys(&place, node, &["default", "variables"]);
        if !self.checks.clean_since(mark) {
            self.takes = Takes::Nothing;
            return Inherit::All;
        }
        let words = "should be a bool or array of strings";
        if let Some(own) = node.get("default") {
            let place = place.at("default");
            self.takes = match &own.data {
                Data::Bool(true) => Takes::All,
                Data::Bool(false) => Takes::Nothing,
                Data::List(_) => {
                    check_defaults(self.checks, &place, own);
                    Takes::These(own.texts())
                }
                _ => {
                    self.checks.add_as_it_is(&place, own.at, words);
                    Takes::Nothing
                }
            };
        }
        match node.get("variables") {
            None => Inherit::All,
            Some(own) => match &own.data {
                Data::Bool(true) => Inherit::All,
                Data::Bool(false) => Inherit::Nothing,
                Data::List(_) => {
                    let place = place.at("variables");
                    self.checks.require(texts(own), &place, own.at, "config should be an array of strings");
                    Inherit::These(own.texts())
                }
                _ => {
                    self.checks.add_as_it_is(&place.at("variables"), own.at, words);
                    Inherit::All
                }
            },
        }
    }

    fn takes(&self, key: &str) -> bool {
        match &self.takes {
            Takes::All => true,
            Takes::Nothing => false,
            Takes::These(names) => names.iter().any(|name| name == key),
        }
    }

    /// An entry that `default:` may set; what is wrong with the default is wrong in each job that takes it.
    fn inherited(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Checks, &Place<'_>, &Node) -> Option<Node>,
    ) -> Option<Node> {
        if self.node.get(key).is_some() {
            return self.part(key, read);
        }
        if !self.takes(key) {
            return None;
        }
        let default = self.defaults.get(key)?;
        self.checks.failures.extend(default.failures.iter().cloned());
        default.value.clone()
    }

    fn interruptible(&mut self) -> Option<bool> {
        let read = |checks: &mut Checks, place: &Place<'_>, node: &Node| {
            script::boolean(checks, place, node).map(|value| Node::new(Data::Bool(value), node.at))
        };
        self.inherited("interruptible", read)?.as_bool()
    }

    fn job(&mut self, key: &Key, entry: &mut JobEntry, options: &mut Map) {
        let place = self.place;
        let before = self.inherited("before_script", script::script);
        let script = self.part("script", script::script);
        let after = self.inherited("after_script", script::script);
        let hooks = self.inherited("hooks", script::hooks);
        let cache = self.inherited("cache", |checks, _, node| cache::caches(checks, Some(place), node));
        let image = self.inherited("image", image::image);
        let services = self.inherited("services", image::services);
        // A timeout of `default:` is checked, but GitLab hands only the job's own to the runner.
        let own_timeout = self.node.get("timeout").is_some();
        let timeout = self.inherited("timeout", script::timeout).filter(|_| own_timeout);
        let retry = self.inherited("retry", |checks, _, node| script::retry(checks, node));
        let tags = self.inherited("tags", script::tags);
        let artifacts = self.inherited("artifacts", cache::artifacts);
        entry.needs = self.part("needs", |checks, place, node| needs::needs(checks, place, node, Kinds::Job));
        entry.coverage = self.part("coverage", script::coverage).map(|node| node.to_text());
        let release = self.part("release", trigger::release);
        entry.parallel = self
            .part("parallel", |checks, place, node| parallel::parallel(checks, place, node, parallel::Allowed::Both));
        let failure = self.part("allow_failure", allow_failure);
        entry.id_tokens = self.inherited("id_tokens", script::id_tokens);
        let publish = self.part("publish", |checks, place, node| {
            checks.require(is_text(node), place, node.at, "config should be a string");
            Some(node.clone())
        });
        let pages = self.part("pages", trigger::pages);
        self.check_dependencies(entry);
        entry.tags = tags.map(|node| node.texts());
        entry.allow_failure = match &failure {
            Some(node) => node.as_bool().unwrap_or(false),
            None => entry.when.as_deref() == Some("manual"),
        };
        let artifacts = if self.publishes(key) { self.with_published(artifacts, &publish) } else { artifacts };
        let cross =
            entry.needs.as_ref().map(|needs| (needs.cross.clone(), needs.at)).filter(|(cross, _)| !cross.is_empty());
        let dependencies = self.node.get("dependencies").cloned();
        let all = [
            ("image", image),
            ("services", services),
            ("allow_failure_criteria", failure.filter(is_hash)),
            ("artifacts", artifacts),
            ("dependencies", dependencies),
            ("cross_dependencies", cross.map(|(cross, at)| Node::list(cross, at))),
            ("job_timeout", timeout),
            ("before_script", before),
            ("script", script),
            ("run", self.node.get("run").cloned()),
            ("manual_confirmation", self.node.get("manual_confirmation").cloned()),
            ("after_script", after),
            ("hooks", hooks),
            ("retry", retry),
            ("start_in", self.node.get("start_in").cloned()),
            ("release", release),
            ("publish", publish),
            ("pages", pages),
            ("cache", cache.filter(|cache| cache.as_list().is_some_and(|items| !items.is_empty()))),
            ("secrets", self.node.get("secrets").cloned()),
            ("identity", self.node.get("identity").cloned()),
        ];
        all.into_iter().filter_map(|(key, node)| Some((key, node?))).for_each(|(key, node)| options.set(key, node));
    }

    fn bridge(&mut self, entry: &mut JobEntry, options: &mut Map) {
        let own = self.part("trigger", trigger::trigger);
        entry.needs = self.part("needs", |checks, place, node| needs::needs(checks, place, node, Kinds::Bridge));
        entry.parallel = self
            .part("parallel", |checks, place, node| parallel::parallel(checks, place, node, parallel::Allowed::Matrix));
        let bridges = entry.needs.as_ref().map_or(0, |needs| needs.bridge.len());
        if self.node.get("trigger").is_none() && bridges == 0 {
            let words = "config should contain either a trigger or a needs:pipeline";
            self.checks.add_before(self.mark, self.place, entry.at, words);
        }
        if bridges > 1 {
            let words = "config should contain at most one bridge need";
            self.checks.add_before(self.mark, self.place, entry.at, words);
        }
        let flag = self.node.get("allow_failure").and_then(Node::as_bool);
        entry.allow_failure = flag.unwrap_or(entry.when.as_deref() == Some("manual"));
        if let Some(own) = own {
            entry.artifact_jobs = artifact_jobs(&own);
            options.set("trigger", own);
        }
        if let Some(first) = entry.needs.as_ref().and_then(|needs| needs.bridge.first()) {
            options.set("bridge_needs", first.clone());
        }
    }

    /// `dependencies` must be among the needs, once there are any.
    fn check_dependencies(&mut self, entry: &JobEntry) {
        let (Some(dependencies), Some(needs)) = (&entry.dependencies, &entry.needs) else {
            return;
        };
        if dependencies.is_empty() || (needs.jobs.is_none() && needs.cross.is_empty()) {
            return;
        }
        let Some(jobs) = &needs.jobs else {
            let words = "needs corresponding to dependencies must be from the same pipeline";
            return self.checks.add_before(self.mark, self.place, needs.at, words);
        };
        let missing = dependencies.iter().filter(|(name, _)| !jobs.iter().any(|need| need.name == *name));
        let names: Vec<&str> = missing.clone().map(|(name, _)| name.as_str()).collect();
        if let Some((_, at)) = missing.clone().next() {
            let words = format!("dependencies the {} should be part of needs", names.join(", "));
            self.checks.add_before(self.mark, self.place, *at, words);
        }
    }

    fn publishes(&self, key: &Key) -> bool {
        self.node.get("pages").is_some_and(Node::is_present) || is_pages(key, self.node)
    }

    /// A job that publishes pages keeps what it publishes as artifacts.
    fn with_published(&self, artifacts: Option<Node>, publish: &Option<Node>) -> Option<Node> {
        let of_pages = self.node.get("pages").and_then(|pages| pages.get("publish"));
        let path = of_pages.or(publish.as_ref()).map_or("public".to_owned(), Node::to_text);
        let at = artifacts.as_ref().map_or(self.node.at, |node| node.at);
        let mut map = artifacts.as_ref().and_then(Node::as_map).cloned().unwrap_or_default();
        let mut paths = map.get("paths").and_then(Node::as_list).unwrap_or_default().to_vec();
        if !paths.iter().any(|own| own.as_str() == Some(&path)) {
            paths.push(Node::text(path, at));
        }
        map.set("paths", Node::list(paths, at));
        Some(Node::map(map, at))
    }

    /// A last rule of nothing but `when` runs branch and merge request pipelines for one push.
    fn warn(&mut self, entry: &JobEntry) {
        let Some(last) = entry.rules.as_ref().and_then(|rules| rules.last()) else {
            return;
        };
        if last.bare && last.when.as_deref() != Some("never") {
            let words = format!(
                "{} may allow multiple pipelines to run for a single action due to `rules:when` clause with no \
                 `workflow:rules` - read more: https://docs.gitlab.com/ee/ci/jobs/job_troubleshooting.html\
                 #job-may-allow-multiple-pipelines-to-run-for-a-single-action-warning",
                self.place
            );
            self.checks.warnings.push(crate::error::Failure::new(words, last.at));
        }
    }
}

fn check_defaults(checks: &mut Checks, place: &Place<'_>, node: &Node) {
    checks.require(texts(node), place, node.at, "config should be an array of strings");
    let items = node.as_list().unwrap_or_default();
    let unknown: Vec<String> =
        items.iter().filter(|item| !super::one_of(item, &super::words::DEFAULTS)).map(Node::to_text).collect();
    let words = format!("config contains unknown values: {}", unknown.join(", "));
    checks.require(unknown.is_empty(), place, node.at, words);
}

fn names(items: &[Node]) -> Vec<(String, At)> {
    items.iter().map(|item| (item.to_text(), item.at)).collect()
}

fn allow_failure(checks: &mut Checks, place: &Place<'_>, node: &Node) -> Option<Node> {
    checks.known_keys(place, node, &["exit_codes"]);
    checks.field(place, node, "exit_codes", super::int_or_ints, "should be an array of integers or an integer");
    let Some(map) = node.as_map() else {
        return Some(node.clone());
    };
    let mut map = map.clone();
    if let Some(codes) = map.get("exit_codes").filter(|codes| !codes.is_null()).map(super::wrapped) {
        map.set("exit_codes", codes);
    }
    Some(Node::map(map, node.at))
}

/// Jobs that `trigger:include` takes files from.
fn artifact_jobs(trigger: &Node) -> Vec<(String, At)> {
    let include = trigger.get("include");
    let one = include.filter(|include| is_hash(include)).into_iter();
    let many = include.and_then(Node::as_list).unwrap_or_default().iter();
    one.chain(many).filter_map(|item| item.get("job")).map(|job| (job.to_text(), job.at)).collect()
}
