//! What a policy decided about each tag.

use crate::constraint::Misfit;
use crate::glob::Glob;
use crate::time::parse_rfc3339;
use crate::version::VersionError;

/// A tag on offer: its name, and where the policy needs it, when its image was built.
pub trait Candidate {
    /// The tag.
    fn name(&self) -> &str;

    /// When the image was built, in nanoseconds since 1970 in UTC.
    fn created(&self) -> Option<i64> {
        None
    }
}

impl Candidate for str {
    fn name(&self) -> &str {
        self
    }
}

impl Candidate for String {
    fn name(&self) -> &str {
        self
    }
}

impl<C: Candidate + ?Sized> Candidate for &C {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn created(&self) -> Option<i64> {
        (**self).created()
    }
}

/// A tag with the time its image was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRecord {
    /// The tag.
    pub name: String,
    /// When its image was built, in nanoseconds since 1970 in UTC.
    pub created: Option<i64>,
}

impl TagRecord {
    /// A tag whose image has this configuration, which says when it was built. A configuration without that, or with what
    /// is no time, leaves it open.
    pub fn from_config(name: impl Into<String>, config: &[u8]) -> Self {
        let config: serde_json::Value = serde_json::from_slice(config).unwrap_or_default();
        TagRecord { name: name.into(), created: config["created"].as_str().and_then(parse_rfc3339) }
    }
}

impl Candidate for TagRecord {
    fn name(&self) -> &str {
        &self.name
    }

    fn created(&self) -> Option<i64> {
        self.created
    }
}

/// Which filter kept a tag out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FilteredBy {
    /// It does not match the pattern.
    Pattern,
    /// It matches this one of the ignore globs, counted from 0.
    Ignored(usize),
}

/// What became of one tag. Indices point into the list that was selected from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// A filter kept it out.
    FilteredOut(FilteredBy),
    /// Another tag, listed later, extracts to the same text or is the same tag.
    Shadowed {
        /// The later tag.
        by: usize,
    },
    /// It is not a version.
    NotVersion(VersionError),
    /// It is a version, but not of three dotted numbers, which Flux asks for.
    NotThreeNumbers,
    /// A pre-release, where the range looks only for releases.
    Prerelease,
    /// A version out of range, by this term of the first group that could have taken it.
    OutOfRange(Misfit),
    /// It is not a number, which fails the whole policy.
    NotNumber,
    /// Another tag is not a number and fails the whole policy.
    Spoiled {
        /// That tag.
        by: usize,
    },
    /// No one says when its image was built.
    NoDate,
    /// It is not the tag that is followed.
    NotFollowed,
    /// It fits, and another fits better.
    Loses {
        /// The winner.
        to: usize,
    },
    /// It fits as well as the winner; the order of the list or of names decided.
    Ties {
        /// The winner.
        with: usize,
    },
    /// It is selected.
    Wins,
}

impl Verdict {
    pub(super) fn describe<'t>(&self, name: &dyn Fn(usize) -> &'t str, ignore: &[(String, Glob)]) -> String {
        match self {
            Verdict::FilteredOut(FilteredBy::Pattern) => "filtered out: does not match the pattern".to_owned(),
            Verdict::FilteredOut(FilteredBy::Ignored(at)) => {
                format!("filtered out: ignored by {}", ignore.get(*at).map_or("", |(text, _)| text))
            }
            Verdict::Shadowed { by } => format!("shadowed by {}, which extracts to the same text", name(*by)),
            Verdict::NotVersion(error) => format!("not a version: {error}"),
            Verdict::NotThreeNumbers => "not a version for Flux: fewer than three dotted numbers".to_owned(),
            Verdict::Prerelease => "a pre-release, and the range looks only for releases".to_owned(),
            Verdict::OutOfRange(_) => "out of range".to_owned(),
            Verdict::NotNumber => "not a number, which fails the whole policy: filter such tags out".to_owned(),
            Verdict::Spoiled { by } => format!("not compared: {} is not a number", name(*by)),
            Verdict::NoDate => "no build time is known".to_owned(),
            Verdict::NotFollowed => "not the tag that is followed".to_owned(),
            Verdict::Loses { to } => format!("loses to {}", name(*to)),
            Verdict::Ties { with } => format!("ties with {}, which comes first by the tie rule", name(*with)),
            Verdict::Wins => "wins".to_owned(),
        }
    }
}

/// Why a selection has no winner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoWinner {
    /// No tags, or none that the filter let pass.
    #[error("version list argument cannot be empty")]
    Empty,
    /// Tags, of which none fits.
    #[error("unable to determine latest version from provided list")]
    NothingFits,
    /// A tag is not a number.
    #[error("failed to parse invalid numeric value '{text}'")]
    NotNumber {
        /// What was to be a number: the tag, or what was extracted from it.
        text: String,
    },
    /// Too many tags.
    #[error("more than {limit} tags")]
    TooManyTags {
        /// How many are the limit.
        limit: usize,
    },
}

/// The outcome of a policy over a list of tags: at most one winner, and a verdict for every tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    verdicts: Vec<Verdict>,
    winner: Result<usize, NoWinner>,
}

impl Selection {
    pub(super) fn won(verdicts: Vec<Verdict>, winner: usize) -> Self {
        Selection { verdicts, winner: Ok(winner) }
    }

    pub(super) fn failed(verdicts: Vec<Verdict>, reason: NoWinner) -> Self {
        Selection { verdicts, winner: Err(reason) }
    }

    /// Index of the selected tag, or why there is none.
    pub fn winner(&self) -> Result<usize, NoWinner> {
        self.winner.clone()
    }

    /// What became of the tag at `index`.
    pub fn verdict(&self, index: usize) -> Option<&Verdict> {
        self.verdicts.get(index)
    }

    /// All verdicts, in the order of the tags.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// Indices of the tags that fit exactly as well as the winner: where there are any, the originals may take another.
    pub fn ties(&self) -> impl Iterator<Item = usize> + '_ {
        let ties = self.verdicts.iter().enumerate();
        ties.filter(|(_, verdict)| matches!(verdict, Verdict::Ties { .. })).map(|(index, _)| index)
    }
}
