//! Version constraints in the dialect of Masterminds semver, which Flux, Argo CD and Helm speak.

mod parse;
mod term;

use std::fmt;
use std::str::FromStr;

use semver::Version;

pub use parse::ConstraintError;
pub use term::{Misfit, MisfitKind, Operator, Term};

/// A set of versions: groups joined by `||`, of which one must hold whole.
///
/// ```text
/// constraint = group *( "||" group )
/// group      = term *( ( " " | "," ) term ) | version " - " version
/// term       = [ "=" | "!=" | ">" | "<" | ">=" | "=>" | "<=" | "=<" | "~" | "~>" | "^" ] version
/// version    = ["v"] part [ "." part [ "." part ] ] [ "-" pre ] [ "+" build ]      part = digits | "x" | "X" | "*"
/// ```
///
/// A bare version is exact as far as it is written: `1.2` is any `1.2.z`. A pre-release satisfies a group only if one of
/// the group's terms has a pre-release, and then all of the group lets them pass: `>=1.0.0-0` admits `1.3.0-beta`, unlike
/// in Cargo. `semver::VersionReq` reads about half of what people write for these tools otherwise, or not at all.
///
/// It displays as it was written, with single spaces. Longest text: [`Constraint::MAX_LEN`].
///
/// Source: Masterminds semver 3.5, `constraints.go`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    groups: Vec<Group>,
    prereleases: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    terms: Vec<Term>,
    has_prerelease: bool,
}

impl Constraint {
    /// Longest text in bytes.
    pub const MAX_LEN: usize = 4096;

    /// Reads a constraint. An empty text is refused, unlike `*`.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        parse::parse(text)
    }

    fn new(groups: Vec<Vec<Term>>) -> Self {
        let group = |terms: Vec<Term>| Group { has_prerelease: terms.iter().any(Term::has_prerelease), terms };
        Constraint { groups: groups.into_iter().map(group).collect(), prereleases: false }
    }

    /// The same constraint, in which pre-releases pass every group.
    pub fn include_prereleases(self) -> Self {
        Constraint { prereleases: true, ..self }
    }

    /// Whether a version is in the set.
    pub fn matches(&self, version: &Version) -> bool {
        self.check(version).is_ok()
    }

    /// Whether a version is in the set, or why its first group does not admit it.
    pub fn check(&self, version: &Version) -> Result<(), Misfit> {
        let mut first = None;
        for (index, group) in self.groups.iter().enumerate() {
            match self.check_group(index, group, version) {
                Ok(()) => return Ok(()),
                Err(misfit) => first = first.or(Some(misfit)),
            }
        }
        Err(first.expect("a constraint has a group"))
    }

    fn check_group(&self, index: usize, group: &Group, version: &Version) -> Result<(), Misfit> {
        let misfit = |term: usize, kind| Misfit { group: index as u16, term: term as u16, kind };
        if !version.pre.is_empty() && !group.has_prerelease && !self.prereleases {
            return Err(misfit(0, MisfitKind::Prerelease));
        }
        for (at, term) in group.terms.iter().enumerate() {
            term.check(version).map_err(|kind| misfit(at, kind))?;
        }
        Ok(())
    }

    /// Every term that a version fails, group by group, until a group admits it: then there are none.
    ///
    /// That a version is a pre-release is said once.
    pub fn misfits(&self, version: &Version) -> Vec<Misfit> {
        let mut misfits: Vec<Misfit> = Vec::new();
        for (index, group) in self.groups.iter().enumerate() {
            if self.check_group(index, group, version).is_ok() {
                return Vec::new();
            }
            let misfit = |term: usize, kind| Misfit { group: index as u16, term: term as u16, kind };
            if !version.pre.is_empty() && !group.has_prerelease && !self.prereleases {
                if !misfits.iter().any(|misfit| misfit.kind == MisfitKind::Prerelease) {
                    misfits.push(misfit(0, MisfitKind::Prerelease));
                }
                continue;
            }
            let failed = group.terms.iter().enumerate();
            misfits.extend(failed.filter_map(|(at, term)| term.check(version).err().map(|kind| misfit(at, kind))));
        }
        misfits
    }

    /// The term that a misfit is about.
    pub fn term(&self, misfit: &Misfit) -> &Term {
        &self.groups[usize::from(misfit.group)].terms[usize::from(misfit.term)]
    }

    /// A misfit in Masterminds' words, for example `"1.2.3" is less than "2.x"`.
    pub fn describe(&self, version: &Version, misfit: &Misfit) -> String {
        let term = self.term(misfit).version_text();
        match misfit.kind {
            MisfitKind::Prerelease => {
                format!("\"{version}\" is a prerelease version and the constraint is only looking for release versions")
            }
            kind => format!("\"{version}\" {} \"{term}\"{}", kind.relation(), kind.advice()),
        }
    }

    /// How many groups there are.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &[Term]> {
        self.groups.iter().map(|group| group.terms.as_slice())
    }
}

impl FromStr for Constraint {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Constraint::parse(text)
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups.iter().enumerate() {
            if index > 0 {
                f.write_str(" || ")?;
            }
            for (at, term) in group.terms.iter().enumerate() {
                write!(f, "{}{term}", if at > 0 { " " } else { "" })?;
            }
        }
        Ok(())
    }
}

impl serde::Serialize for Constraint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Constraint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Constraint::parse(&text).map_err(serde::de::Error::custom)
    }
}
