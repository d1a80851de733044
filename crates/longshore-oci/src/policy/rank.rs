//! The selection itself: filter, compare, and a verdict for each tag.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use semver::Version;

use super::number::parse_float;
use super::selection::{Candidate, FilteredBy, NoWinner, Selection, Verdict};
use super::spec::Order;
use super::{Rule, TagPolicy, VersionStyle};
use crate::constraint::{Constraint, MisfitKind};
use crate::version::{self, VersionError};

pub(super) fn select<C: Candidate>(policy: &TagPolicy, tags: &[C]) -> Selection {
    let mut verdicts = vec![Verdict::Wins; tags.len()];
    let mut pool = pool(policy, tags, &mut verdicts);
    if pool.is_empty() {
        return Selection::failed(verdicts, NoWinner::Empty);
    }
    match &policy.rule {
        Rule::Version { constraint, style } => by_version(pool, constraint, *style, verdicts),
        Rule::Numerical(order) => by_number(&pool, *order, verdicts),
        Rule::Alphabetical(order) => {
            let best = best(pool, |a, b| oriented(a.key.cmp(&b.key), *order), |_, _| Ordering::Less);
            finish(best, verdicts)
        }
        Rule::Newest => {
            let created = |at: usize| tags[at].created();
            pool.retain(|entry| note(created(entry.at).is_some(), &mut verdicts[entry.at], Verdict::NoDate));
            let older = |a: &Entry<'_>, b: &Entry<'_>| created(a.at).cmp(&created(b.at));
            finish(best(pool, older, |a, b| a.key.cmp(&b.key)), verdicts)
        }
        Rule::Exactly(tag) => {
            pool.retain(|entry| note(entry.key == *tag, &mut verdicts[entry.at], Verdict::NotFollowed));
            finish(best(pool, |_, _| Ordering::Equal, |_, _| Ordering::Less), verdicts)
        }
    }
}

/// A tag that takes part: its index, and what it is compared by.
struct Entry<'t> {
    at: usize,
    key: Cow<'t, str>,
}

/// The tags that pass the filters, in order of the list, of those that extract to one text only the last.
fn pool<'t, C: Candidate>(policy: &TagPolicy, tags: &'t [C], verdicts: &mut [Verdict]) -> Vec<Entry<'t>> {
    let mut pool = Vec::with_capacity(tags.len());
    for (at, tag) in tags.iter().enumerate() {
        let name = tag.name();
        if let Some(glob) = policy.filter.ignore.iter().position(|(_, glob)| glob.is_match(name)) {
            verdicts[at] = Verdict::FilteredOut(FilteredBy::Ignored(glob));
            continue;
        }
        match policy.key(name) {
            None => verdicts[at] = Verdict::FilteredOut(FilteredBy::Pattern),
            Some(key) => pool.push(Entry { at, key }),
        }
    }
    // Flux keys a map by what is extracted, Argo CD by the tag; without either, a list may hold a tag twice.
    let keyed = policy.filter.pattern.is_some() || matches!(policy.rule, Rule::Newest);
    if keyed {
        drop_shadowed(&mut pool, verdicts);
    }
    pool
}

fn drop_shadowed(pool: &mut Vec<Entry<'_>>, verdicts: &mut [Verdict]) {
    let mut last: HashMap<&str, usize> = HashMap::with_capacity(pool.len());
    for entry in pool.iter() {
        last.insert(&entry.key, entry.at);
    }
    if last.len() == pool.len() {
        return;
    }
    for entry in pool.iter() {
        let by = last[&*entry.key];
        if by != entry.at {
            verdicts[entry.at] = Verdict::Shadowed { by };
        }
    }
    pool.retain(|entry| verdicts[entry.at] == Verdict::Wins);
}

/// Keeps a tag, or notes why it is out.
fn note(keep: bool, verdict: &mut Verdict, otherwise: Verdict) -> bool {
    if !keep {
        *verdict = otherwise;
    }
    keep
}

fn oriented(order: Ordering, direction: Order) -> Ordering {
    match direction {
        Order::Asc => order,
        Order::Desc => order.reverse(),
    }
}

/// The best so far, those equal to it, and all that were compared.
struct Best {
    at: usize,
    ties: Vec<usize>,
    compared: Vec<usize>,
}

/// Finds the greatest by `compare`; of equals the one that `tie` calls greater, or else the first.
fn best<'t>(
    pool: Vec<Entry<'t>>,
    compare: impl Fn(&Entry<'t>, &Entry<'t>) -> Ordering,
    tie: impl Fn(&Entry<'t>, &Entry<'t>) -> Ordering,
) -> Option<Best> {
    let compared = pool.iter().map(|entry| entry.at).collect();
    let mut entries = pool.into_iter();
    let mut best = entries.next()?;
    let mut ties = Vec::new();
    for entry in entries {
        let order = compare(&entry, &best);
        if order.is_gt() {
            ties.clear();
            best = entry;
        } else if order.is_eq() && tie(&entry, &best).is_gt() {
            ties.push(std::mem::replace(&mut best, entry).at);
        } else if order.is_eq() {
            ties.push(entry.at);
        }
    }
    Some(Best { at: best.at, ties, compared })
}

/// Turns the best into verdicts: all that were compared lose, its equals tie.
fn finish(best: Option<Best>, mut verdicts: Vec<Verdict>) -> Selection {
    let Some(Best { at, ties, compared }) = best else {
        return Selection::failed(verdicts, NoWinner::NothingFits);
    };
    for loser in compared {
        verdicts[loser] = Verdict::Loses { to: at };
    }
    for tie in ties {
        verdicts[tie] = Verdict::Ties { with: at };
    }
    verdicts[at] = Verdict::Wins;
    Selection::won(verdicts, at)
}

fn by_version(
    pool: Vec<Entry<'_>>,
    constraint: &Constraint,
    style: VersionStyle,
    mut verdicts: Vec<Verdict>,
) -> Selection {
    let mut compared = Vec::with_capacity(pool.len());
    let mut best: Option<(Entry<'_>, Version)> = None;
    let mut ties = Vec::new();
    for entry in pool {
        let version = match fitting(&entry.key, constraint, style) {
            Ok(version) => version,
            Err(verdict) => {
                verdicts[entry.at] = verdict;
                continue;
            }
        };
        compared.push(entry.at);
        let Some((leader, highest)) = &best else {
            best = Some((entry, version));
            continue;
        };
        match version.cmp_precedence(highest) {
            Ordering::Less => continue,
            Ordering::Greater => ties.clear(),
            Ordering::Equal if style == VersionStyle::ArgoCd && entry.key > leader.key => ties.push(leader.at),
            Ordering::Equal => {
                ties.push(entry.at);
                continue;
            }
        }
        best = Some((entry, version));
    }
    finish(best.map(|(entry, _)| Best { at: entry.at, ties, compared }), verdicts)
}

/// The version of a tag if it is in range, or why it is out.
fn fitting(key: &str, constraint: &Constraint, style: VersionStyle) -> Result<Version, Verdict> {
    if style == VersionStyle::Flux && key.bytes().filter(|&b| b == b'.').count() < 2 {
        let error = version::parse_loose(key).err();
        return Err(error.map_or(Verdict::NotThreeNumbers, Verdict::NotVersion));
    }
    let version = version::parse_loose(key).map_err(|error: VersionError| Verdict::NotVersion(error))?;
    match constraint.check(&version) {
        Ok(()) => Ok(version),
        Err(misfit) if misfit.kind == MisfitKind::Prerelease => Err(Verdict::Prerelease),
        Err(misfit) => Err(Verdict::OutOfRange(misfit)),
    }
}

/// Flux's walk: each number that is not worse takes the lead, so that of equals the last wins and NaN always leads.
fn by_number(pool: &[Entry<'_>], order: Order, mut verdicts: Vec<Verdict>) -> Selection {
    let mut numbers = Vec::with_capacity(pool.len());
    for entry in pool {
        let Some(number) = parse_float(&entry.key) else {
            return spoiled(pool, entry, verdicts);
        };
        numbers.push(number);
    }
    let mut lead = 0;
    for at in 1..pool.len() {
        let worse = match order {
            Order::Asc => numbers[at] < numbers[lead],
            Order::Desc => numbers[at] > numbers[lead],
        };
        if !worse {
            lead = at;
        }
    }
    let winner = pool[lead].at;
    for (entry, number) in pool.iter().zip(&numbers) {
        let even = *number == numbers[lead];
        verdicts[entry.at] = if even { Verdict::Ties { with: winner } } else { Verdict::Loses { to: winner } };
    }
    verdicts[winner] = Verdict::Wins;
    Selection::won(verdicts, winner)
}

fn spoiled(pool: &[Entry<'_>], culprit: &Entry<'_>, mut verdicts: Vec<Verdict>) -> Selection {
    for entry in pool {
        let number = parse_float(&entry.key).is_some();
        verdicts[entry.at] = if number { Verdict::Spoiled { by: culprit.at } } else { Verdict::NotNumber };
    }
    Selection::failed(verdicts, NoWinner::NotNumber { text: culprit.key.clone().into_owned() })
}
