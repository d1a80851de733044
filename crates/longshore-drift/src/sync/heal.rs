//! When to put drift right by oneself, and when to stop: each field waits longer every time it drifts again, and a field over
//! which two managers fight is left to people.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How drift is put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealPolicy {
    /// Milliseconds before a field that drifts again is put right again; each further time waits twice as long.
    pub backoff: u64,
    /// Milliseconds that it waits at most.
    pub backoff_limit: u64,
    /// Milliseconds without drift after which a field starts afresh.
    pub forget: u64,
    /// How often the same manager may undo the same field before it is a fight.
    pub fight_after: u32,
}

impl Default for HealPolicy {
    fn default() -> Self {
        HealPolicy { backoff: 5_000, backoff_limit: 300_000, forget: 3_600_000, fight_after: 3 }
    }
}

/// Two managers that set the same field by turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fight {
    /// Whose field it is.
    pub field: String,
    /// Who puts it right: we.
    pub ours: String,
    /// Who undoes it.
    pub theirs: String,
    /// How often so far.
    pub rounds: u32,
}

impl std::fmt::Display for Fight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Fight { field, ours, theirs, rounds } = self;
        write!(f, "{ours} and {theirs} fight over {field}: undone {rounds} times; let one of them leave it alone")
    }
}

/// What to do about a field that drifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealDecision {
    /// Put it right.
    Now,
    /// Wait until that time.
    At(u64),
    /// Leave it to people.
    Stop(Fight),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct History {
    healed_at: u64,
    times: u32,
    /// Who undid it, and how often in a row.
    undone_by: String,
    rounds: u32,
}

/// Remembers what was put right, so that it is not done over and over. It serialises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healer {
    policy: HealPolicy,
    manager: String,
    fields: BTreeMap<String, History>,
}

impl Healer {
    /// A healer that puts things right under a manager's name.
    pub fn new(manager: impl Into<String>, policy: HealPolicy) -> Self {
        Healer { policy, manager: manager.into(), fields: BTreeMap::new() }
    }

    /// What to do about a field that drifted. `field` names it with its object, `by` is who set it to what it is.
    pub fn decide(&self, now: u64, field: &str, by: &str) -> HealDecision {
        let Some(history) =
            self.fields.get(field).filter(|history| now < history.healed_at.saturating_add(self.policy.forget))
        else {
            return HealDecision::Now;
        };
        let rounds = if history.undone_by == by { history.rounds + 1 } else { 1 };
        if rounds > self.policy.fight_after {
            let (field, ours, theirs) = (field.to_owned(), self.manager.clone(), by.to_owned());
            return HealDecision::Stop(Fight { field, ours, theirs, rounds });
        }
        let doubled = self.policy.backoff.saturating_mul(1 << history.times.saturating_sub(1).min(32));
        let at = history.healed_at.saturating_add(doubled.min(self.policy.backoff_limit));
        if now >= at { HealDecision::Now } else { HealDecision::At(at) }
    }

    /// Says that a field was put right, and who had set it.
    pub fn healed(&mut self, now: u64, field: &str, by: &str) {
        let forget = self.policy.forget;
        let fresh = || History { healed_at: now, times: 0, undone_by: by.to_owned(), rounds: 0 };
        let history = self.fields.entry(field.to_owned()).or_insert_with(fresh);
        if now >= history.healed_at.saturating_add(forget) {
            *history = fresh();
        }
        history.times += 1;
        history.healed_at = now;
        if history.undone_by == by {
            history.rounds += 1;
        } else {
            (history.undone_by, history.rounds) = (by.to_owned(), 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_waits_longer_each_time_and_a_fight_is_named() {
        let mut healer = Healer::new("longshore", HealPolicy { fight_after: 3, ..HealPolicy::default() });
        let (field, by) = ("apps/Deployment/shop/web: spec.replicas", "hpa");
        let mut now = 0;
        for wait in [0, 5_000, 10_000] {
            if wait > 0 {
                assert_eq!(healer.decide(now, field, by), HealDecision::At(now + wait));
                now += wait;
            }
            assert_eq!(healer.decide(now, field, by), HealDecision::Now);
            healer.healed(now, field, by);
        }
        let HealDecision::Stop(fight) = healer.decide(now + 1, field, by) else { panic!("they fight") };
        assert_eq!(
            fight.to_string(),
            "longshore and hpa fight over apps/Deployment/shop/web: spec.replicas: undone 4 times; let one of them leave it alone"
        );
        assert_eq!(healer.decide(now + 4_000_000, field, by), HealDecision::Now);
    }
}
