//! Why a job is in the pipeline or not, for people.

use std::fmt;

use longshore_yaml::Location;

use crate::compiled::{ClauseTrace, Compiled, Decision, Reason, RuleTrace};

/// Why one job is in the pipeline or not: print it.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'e> {
    name: &'e str,
    location: Option<&'e Location>,
    included: bool,
    decision: &'e Decision,
}

impl Compiled {
    /// Why the job of that name is in the pipeline or not.
    ///
    /// `None` where there is no such job, or where the compiler did not [trace](crate::Compiler::trace).
    pub fn explain(&self, name: &str) -> Option<Explanation<'_>> {
        if let Some(job) = self.job(name) {
            let decision = job.decision.as_ref()?;
            return Some(Explanation { name: &job.name, location: job.location.as_ref(), included: true, decision });
        }
        let job = self.excluded().iter().find(|job| job.name == name)?;
        let decision = job.decision.as_ref()?;
        Some(Explanation { name: &job.name, location: job.location.as_ref(), included: false, decision })
    }

    /// Why the pipeline as a whole is created or not, where `workflow` has rules and the compiler traced.
    pub fn explain_workflow(&self) -> Option<Explanation<'_>> {
        let decision = self.workflow().decision.as_ref()?;
        Some(Explanation { name: "workflow", location: None, included: self.workflow().passes, decision })
    }
}

impl Explanation<'_> {
    /// Whether it is in the pipeline.
    pub fn included(&self) -> bool {
        self.included
    }

    /// What settled it, and the rules that were looked at.
    pub fn decision(&self) -> &Decision {
        self.decision
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.included { "in the pipeline" } else { "not in the pipeline" };
        write!(f, "{}: {verdict}, because {}", self.name, because(self.decision))?;
        if let Some(location) = self.location {
            write!(f, "\n  defined at {location}")?;
        }
        for (at, rule) in self.decision.rules.iter().enumerate() {
            write_rule(f, at, rule)?;
        }
        Ok(())
    }
}

fn because(decision: &Decision) -> String {
    let place = |at: usize| {
        let location = decision.rules.get(at).and_then(|rule| rule.location.as_ref());
        location.map_or(String::new(), |location| format!(" at {location}"))
    };
    match decision.reason {
        Reason::Unconditional => "it has no conditions".to_owned(),
        Reason::Rule(at) => format!("rule {}{} holds", at + 1, place(at)),
        Reason::Never(at) => format!("rule {}{} holds and says when: never", at + 1, place(at)),
        Reason::NoRule => "none of its rules holds".to_owned(),
        Reason::Policy => "only holds, and except does not".to_owned(),
        Reason::NotOnly => format!("only does not hold{}", place(0)),
        Reason::Except => format!("except holds{}", place(decision.rules.len().saturating_sub(1))),
    }
}

fn write_rule(f: &mut fmt::Formatter<'_>, at: usize, rule: &RuleTrace) -> fmt::Result {
    let verdict = if rule.holds { "holds" } else { "does not hold" };
    match rule.keyword {
        "rules" => write!(f, "\n  rule {} {verdict}", at + 1)?,
        keyword => write!(f, "\n  {keyword} {verdict}")?,
    }
    if let Some(when) = &rule.when {
        write!(f, " (when: {when})")?;
    }
    if rule.clauses.is_empty() {
        write!(f, ": it has no conditions")?;
    }
    rule.clauses.iter().try_for_each(|clause| write_clause(f, clause))
}

fn write_clause(f: &mut fmt::Formatter<'_>, clause: &ClauseTrace) -> fmt::Result {
    let verdict = if clause.holds { "true" } else { "false" };
    write!(f, "\n    {} {}: {verdict}", clause.kind.keyword(), clause.text)?;
    if let Some(location) = &clause.location {
        write!(f, "  ({location})")?;
    }
    for (part, value) in operands(clause) {
        write!(f, "\n      {part} is {value}")?;
    }
    Ok(())
}

/// The parts that say something: neither literals nor the whole.
fn operands(clause: &ClauseTrace) -> impl Iterator<Item = (&str, &str)> {
    let told = |part: &str, value: &str| part != clause.text && part != value && !part.starts_with(['"', '\'', '/']);
    let mut seen: Vec<&str> = Vec::new();
    clause.operands.iter().filter_map(move |(part, value)| {
        let new = told(part, value) && !seen.contains(&part.as_str());
        seen.push(part);
        new.then_some((part.as_str(), value.as_str()))
    })
}
