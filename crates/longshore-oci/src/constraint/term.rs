//! One comparison of a constraint.

use std::cmp::Ordering;
use std::fmt;

use semver::Version;

/// How a term compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Nothing or `=`: equal as far as written.
    Equal,
    /// `!=`.
    NotEqual,
    /// `>`: past everything the term's version may stand for.
    Greater,
    /// `<`.
    Less,
    /// `>=` or `=>`.
    GreaterOrEqual,
    /// `<=` or `=<`: up to everything the term's version may stand for.
    LessOrEqual,
    /// `~` or `~>`: the same minor version, or major where no minor is written.
    Tilde,
    /// `^`: the same leftmost number that is not zero.
    Caret,
}

/// How far a version is written before an `x` or its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// `*`.
    Nothing,
    /// `1` or `1.x`.
    Major,
    /// `1.2` or `1.2.x`.
    Minor,
    /// `1.2.3`.
    Patch,
}

/// One comparison: an operator and a version that may end early or in an `x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub(super) operator: Operator,
    pub(super) operator_text: &'static str,
    pub(super) text: Box<str>,
    pub(super) version: Version,
    pub(super) written: Written,
}

/// Why a version does not satisfy a constraint: which term of which group, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Misfit {
    /// The group, counted from 0.
    pub group: u16,
    /// The term in its group, counted from 0.
    pub term: u16,
    /// In which way.
    pub kind: MisfitKind,
}

/// In which way a version fails a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MisfitKind {
    /// It is a pre-release and the group looks only for releases.
    Prerelease,
    /// Below.
    Less,
    /// Below or equal.
    LessOrEqual,
    /// Above.
    Greater,
    /// Above or equal.
    GreaterOrEqual,
    /// Equal, where it must not be.
    Equal,
    /// Not equal.
    NotEqual,
    /// Another major version.
    Major,
    /// Another major or minor version.
    MajorOrMinor,
    /// Another minor version, under `^0.y`.
    Minor,
    /// Another minor version, under `^0.0.z`.
    MinorOfZero,
    /// Another version, under `^0.0.z`.
    Patch,
}

impl MisfitKind {
    pub(super) fn relation(self) -> &'static str {
        match self {
            MisfitKind::Prerelease => "is a prerelease version beside",
            MisfitKind::Less => "is less than",
            MisfitKind::LessOrEqual => "is less than or equal to",
            MisfitKind::Greater => "is greater than",
            MisfitKind::GreaterOrEqual => "is greater than or equal to",
            MisfitKind::Equal => "is equal to",
            MisfitKind::NotEqual => "is not equal to",
            MisfitKind::Major => "does not have same major version as",
            MisfitKind::MajorOrMinor => "does not have same major and minor version as",
            MisfitKind::Minor | MisfitKind::MinorOfZero => "does not have same minor version as",
            MisfitKind::Patch => "does not equal",
        }
    }

    pub(super) fn advice(self) -> &'static str {
        match self {
            MisfitKind::Minor => ". Expected minor versions to match when constraint major version is 0",
            MisfitKind::Patch => ". Expect version and constraint to equal when major and minor versions are 0",
            _ => "",
        }
    }
}

impl Term {
    /// How it compares.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The lowest version its text stands for: `1.x` is `1.0.0`.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Its version as it was written.
    pub fn version_text(&self) -> &str {
        &self.text
    }

    pub(super) fn has_prerelease(&self) -> bool {
        !self.version.pre.is_empty()
    }

    /// Whether the version satisfies this term, pre-releases being settled by the group.
    pub(super) fn check(&self, version: &Version) -> Result<(), MisfitKind> {
        let own = &self.version;
        match self.operator {
            Operator::Equal if self.written != Written::Patch => self.check_tilde(version),
            Operator::Equal => ensure(version.cmp_precedence(own).is_eq(), MisfitKind::NotEqual),
            Operator::NotEqual => self.check_not_equal(version),
            Operator::Greater => ensure(self.is_below(version), MisfitKind::LessOrEqual),
            Operator::Less => ensure(version.cmp_precedence(own).is_lt(), MisfitKind::GreaterOrEqual),
            Operator::GreaterOrEqual => ensure(version.cmp_precedence(own).is_ge(), MisfitKind::Less),
            Operator::LessOrEqual => ensure(!self.is_exceeded_by(version), MisfitKind::Greater),
            Operator::Tilde => self.check_tilde(version),
            Operator::Caret => self.check_caret(version),
        }
    }

    /// `>11` begins at 12, `>11.1` at 11.2; everything else past the version itself.
    fn is_below(&self, version: &Version) -> bool {
        let own = &self.version;
        match (self.written, version.major.cmp(&own.major)) {
            (Written::Patch, _) | (Written::Nothing, Ordering::Equal) => version.cmp_precedence(own).is_gt(),
            (_, Ordering::Greater) => true,
            (_, Ordering::Less) | (Written::Major, _) => false,
            (Written::Minor, _) => version.minor > own.minor,
        }
    }

    /// `<=11` reaches to the end of 11, `<=11.1` to the end of 11.1.
    fn is_exceeded_by(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.written == Written::Patch {
            return version.cmp_precedence(own).is_gt();
        }
        version.major > own.major
            || (version.major == own.major && version.minor > own.minor && self.written != Written::Major)
    }

    fn check_not_equal(&self, version: &Version) -> Result<(), MisfitKind> {
        let own = &self.version;
        let other_minor = version.major != own.major || version.minor != own.minor;
        let differs = match self.written {
            Written::Major => version.major != own.major,
            Written::Minor => other_minor || version.pre != own.pre,
            Written::Nothing | Written::Patch => version.cmp_precedence(own).is_ne(),
        };
        ensure(differs, MisfitKind::Equal)
    }

    fn check_tilde(&self, version: &Version) -> Result<(), MisfitKind> {
        let own = &self.version;
        ensure(version.cmp_precedence(own).is_ge(), MisfitKind::Less)?;
        // `~0.0.0` and `*` admit everything from there on.
        let whole = matches!(self.written, Written::Nothing | Written::Patch);
        if whole && (own.major, own.minor, own.patch) == (0, 0, 0) {
            return Ok(());
        }
        ensure(version.major == own.major, MisfitKind::Major)?;
        ensure(version.minor == own.minor || self.written == Written::Major, MisfitKind::MajorOrMinor)
    }

    fn check_caret(&self, version: &Version) -> Result<(), MisfitKind> {
        let own = &self.version;
        ensure(version.cmp_precedence(own).is_ge(), MisfitKind::Less)?;
        ensure(version.major == own.major, MisfitKind::Major)?;
        if own.major > 0 || self.written == Written::Major {
            return Ok(());
        }
        if own.minor > 0 || self.written == Written::Minor {
            return ensure(version.minor == own.minor, MisfitKind::Minor);
        }
        ensure(version.minor == 0, MisfitKind::MinorOfZero)?;
        ensure(version.patch == own.patch, MisfitKind::Patch)
    }
}

fn ensure(holds: bool, kind: MisfitKind) -> Result<(), MisfitKind> {
    if holds { Ok(()) } else { Err(kind) }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.operator_text, self.text)
    }
}
