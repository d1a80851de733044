//! From drafts to steps in order: constraints, phases and waves, waits, and places to refer to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use longshore_manifest::ResourceId;

use super::draft::Draft;
use super::graph::{Edge, break_cycles, sort_by};
use super::rename::references;
use super::step::{Action, After, Dependency, Guard, Step};
use super::tie::{Providers, Tie};
use super::{Finding, Plan};
use crate::order::{is_last, rank};
use crate::sync::{Phase, defined_kind};

/// Puts drafts in order. `renames` are a creation and a deletion each.
pub(crate) fn sequence(drafts: Vec<Draft<'_>>, renames: &[(usize, usize)], mut findings: Vec<Finding>) -> Plan {
    let mut sequence = Sequence { drafts, edges: Vec::new(), waits: HashMap::new() };
    sequence.mirror_waves();
    sequence.applied();
    sequence.deleted();
    sequence.renamed(renames);
    sequence.referred(renames);
    let (order, cycles) = break_cycles(sequence.drafts.len(), &mut sequence.edges);
    for cycle in cycles {
        let mut path: Vec<ResourceId> = cycle.iter().map(|&at| sequence.drafts[at].step.id.clone()).collect();
        path.dedup();
        findings.push(Finding::Cycle { path });
    }
    sequence.settle(&order);
    sequence.wait_between_waves();
    Plan { steps: sequence.steps(), findings }
}

struct Sequence<'a> {
    drafts: Vec<Draft<'a>>,
    edges: Vec<Edge>,
    /// The step that waits for what another one applies.
    waits: HashMap<usize, usize>,
}

impl Sequence<'_> {
    fn edge(&mut self, from: usize, to: usize, why: Dependency) {
        self.edges.push(Edge { to, from, why });
    }

    fn having(&self, wanted: impl Fn(&Step) -> bool) -> Vec<usize> {
        (0..self.drafts.len()).filter(|&at| wanted(&self.drafts[at].step)).collect()
    }

    /// Deletions go in the reverse order of their waves, or after everything else.
    fn mirror_waves(&mut self) {
        let deleted = self.having(|step| step.action == Action::Delete);
        let waves: BTreeSet<i64> = deleted.iter().map(|&at| self.drafts[at].step.wave).collect();
        let mirrored: BTreeMap<i64, i64> = waves.iter().copied().zip(waves.iter().rev().copied()).collect();
        for &at in &deleted {
            let wave = &mut self.drafts[at].step.wave;
            *wave = mirrored[wave];
        }
        let in_sync = self.having(|step| step.phase == Phase::Sync && step.action != Action::Keep);
        let last = in_sync.iter().map(|&at| self.drafts[at].step.wave).max().unwrap_or(0).max(0);
        for at in deleted {
            let step = &mut self.drafts[at].step;
            if step.guards.contains(&Guard::Last) {
                step.wave = last.saturating_add(1);
            }
        }
    }

    /// What is applied follows its namespace, the definition of its kind, which it waits for, and its owners.
    fn applied(&mut self) {
        let applied = self.having(Step::applies);
        let providers = Providers::new(applied.iter().filter_map(|&at| Some((at, self.drafts[at].desired?))));
        let followers = self.having(|step| step.applies() || step.action == Action::Hook);
        for to in followers {
            let ties = self.drafts[to].desired.map(|desired| providers.of(desired)).unwrap_or_default();
            for (from, tie) in ties.into_iter().filter(|(from, _)| *from != to) {
                match tie {
                    Tie::Namespace => self.edge(from, to, Dependency::Namespace),
                    Tie::Owner => self.edge(from, to, Dependency::Owner),
                    Tie::Definition => {
                        let wait = self.wait(from);
                        self.edge(wait, to, Dependency::Definition);
                    }
                }
            }
        }
    }

    /// What goes follows what would go with it: the content of a namespace, the instances of a definition, what it owns.
    fn deleted(&mut self) {
        let deleted = self.having(|step| step.action == Action::Delete);
        let providers = Providers::new(deleted.iter().filter_map(|&at| Some((at, self.drafts[at].live?))));
        if providers.is_empty() {
            return;
        }
        for from in self.having(|step| matches!(step.action, Action::Delete | Action::Update | Action::Wait)) {
            let ties = self.drafts[from].live.map(|live| providers.of(live)).unwrap_or_default();
            for (to, tie) in ties.into_iter().filter(|(to, _)| *to != from) {
                let why = match tie {
                    Tie::Namespace => Dependency::Content,
                    Tie::Definition => Dependency::Instance,
                    Tie::Owner => Dependency::Owned,
                };
                self.edge(from, to, why);
            }
        }
    }

    /// The old one goes once the new one is healthy.
    fn renamed(&mut self, renames: &[(usize, usize)]) {
        for &(created, deleted) in renames {
            let wait = self.wait(created);
            self.edge(wait, deleted, Dependency::Successor);
        }
    }

    /// What is referred to goes once those that referred to it are updated, and healthy; they refer to its new name once
    /// there is one.
    fn referred(&mut self, renames: &[(usize, usize)]) {
        let mut names: HashMap<[String; 3], Vec<usize>> = HashMap::new();
        for at in self.having(|step| step.action == Action::Delete) {
            let [_, kind, namespace, name] = self.drafts[at].key.0.clone();
            names.entry([kind, namespace, name]).or_default().push(at);
        }
        if names.is_empty() {
            return;
        }
        let successors: HashMap<usize, usize> = renames.iter().map(|&(created, deleted)| (deleted, created)).collect();
        for at in self.having(|step| step.action == Action::Update) {
            for deleted in self.referred_by(at, &names) {
                let through = if self.drafts[at].is_watched() { self.wait(at) } else { at };
                self.edge(through, deleted, Dependency::Referrer);
                if let Some(&created) = successors.get(&deleted) {
                    self.edge(created, at, Dependency::NewName);
                }
            }
        }
    }

    /// What is deleted and an updated object refers to, in its namespace or in none.
    fn referred_by(&self, at: usize, names: &HashMap<[String; 3], Vec<usize>>) -> BTreeSet<usize> {
        let (draft, mut found) = (&self.drafts[at], Vec::new());
        draft.live.iter().for_each(|live| references(live.root(), &mut found));
        let keys = found.into_iter().flat_map(|(kind, name)| {
            [draft.key.0[2].clone(), String::new()].map(|place| [kind.clone(), place, name.clone()])
        });
        keys.filter_map(|key| names.get(&key)).flatten().copied().collect()
    }

    /// The step that waits for what another one applies; made where there is none yet.
    fn wait(&mut self, on: usize) -> usize {
        if let Some(&wait) = self.waits.get(&on) {
            return wait;
        }
        let applied = &self.drafts[on];
        let defines = applied.desired.is_some_and(|desired| defined_kind(desired.root()).is_some());
        let reason = if defines { "until the server knows the kind" } else { "until it is healthy" };
        let step = Step::new(Action::Wait, applied.step.id.clone(), reason);
        let step = Step { phase: applied.step.phase, wave: applied.step.wave, ..step };
        self.drafts.push(Draft { key: applied.key.clone(), step, desired: applied.desired, live: applied.live });
        let wait = self.drafts.len() - 1;
        self.waits.insert(on, wait);
        self.edge(on, wait, Dependency::Awaited);
        wait
    }

    /// Lifts what others need into their phase and wave, and lets deletions sink behind what they follow.
    fn settle(&mut self, order: &[usize]) {
        let mut edges = vec![Vec::new(); self.drafts.len()];
        self.edges.iter().for_each(|edge| edges[edge.from].push(edge.to));
        let deletes: Vec<bool> = self.drafts.iter().map(|draft| draft.step.action == Action::Delete).collect();
        for &from in order.iter().rev().filter(|&&from| !deletes[from]) {
            let after = edges[from].iter().filter(|&&to| !deletes[to]).map(|&to| self.drafts[to].place()).min();
            self.put(from, after.map_or(self.drafts[from].place(), |after| after.min(self.drafts[from].place())));
        }
        // Whoever waits does so where it is applied.
        for (&on, &wait) in &self.waits {
            let place = self.drafts[on].place();
            (self.drafts[wait].step.phase, self.drafts[wait].step.wave) = place;
        }
        for &from in order {
            for &to in edges[from].iter().filter(|&&to| deletes[to]) {
                self.put(to, self.drafts[to].place().max(self.drafts[from].place()));
            }
        }
    }

    fn put(&mut self, at: usize, place: (Phase, i64)) {
        (self.drafts[at].step.phase, self.drafts[at].step.wave) = place;
    }

    /// A wave begins once what the ones before it applied is healthy.
    fn wait_between_waves(&mut self) {
        let works = |step: &Step| !matches!(step.action, Action::Keep | Action::Wait) && !step.is_on_failure();
        let last = self.having(works).into_iter().map(|at| self.drafts[at].place()).max();
        for at in self.having(Step::applies) {
            if last.is_some_and(|last| self.drafts[at].place() < last) && self.drafts[at].is_watched() {
                self.wait(at);
            }
        }
    }

    fn steps(self) -> Vec<Step> {
        let order = sort_by(&self.keys(), &self.edges);
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &at)| places[at] = place);
        let mut steps: Vec<Option<Step>> = self.drafts.into_iter().map(|draft| Some(draft.step)).collect();
        for edge in &self.edges {
            let after = After { step: places[edge.from], why: edge.why };
            steps[edge.to].iter_mut().for_each(|step| step.after.push(after));
        }
        let mut ordered: Vec<Step> = order.into_iter().filter_map(|at| steps[at].take()).collect();
        ordered.iter_mut().for_each(|step| step.after.sort_unstable());
        ordered
    }

    /// What is kept last; then phase and wave, stage, and the rank of the kind, which deletions reverse.
    fn keys(&self) -> Vec<(bool, Phase, i64, u8, usize)> {
        let count = self.drafts.len();
        let mut by_rank: Vec<usize> = (0..count).collect();
        by_rank.sort_by(|&a, &b| {
            let (a, b) = (&self.drafts[a].step, &self.drafts[b].step);
            let more = |step: &Step| (step.id.gvk.version.clone(), step.phase, step.action);
            rank(&a.id).cmp(&rank(&b.id)).then_with(|| more(a).cmp(&more(b)))
        });
        let mut ranks = vec![0; count];
        by_rank.into_iter().enumerate().for_each(|(rank, at)| ranks[at] = rank);
        let key = |(draft, rank): (&Draft<'_>, usize)| {
            let step = &draft.step;
            let late = matches!(step.action, Action::Delete | Action::Keep);
            let rank = if late { count - rank } else { rank };
            (step.action == Action::Keep, step.phase, step.wave, stage(step), rank)
        };
        self.drafts.iter().zip(ranks).map(key).collect()
    }
}

/// Within a wave: what is applied, what is waited for, what gets in the way of all that follows, what goes.
fn stage(step: &Step) -> u8 {
    match step.action {
        Action::Create | Action::Update if is_last(&step.id) => 2,
        Action::Create | Action::Update | Action::Hook => 0,
        Action::Wait => 1,
        Action::Delete | Action::Keep => 3,
    }
}
