//! What an assessment found, as data.

use longshore_manifest::ResourceId;
use longshore_yaml::{Location, Node};
use serde::{Serialize, Serializer};

use crate::health::{Health, HealthStatus, aggregate};
use crate::owner::Owner;
use crate::path::FieldPath;
use crate::unappliable::Unappliable;

/// Desired against live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Desired resources in their order, then those only the cluster has, by identity.
    pub resources: Vec<ResourceReport>,
}

impl Report {
    /// Whether every resource is in sync.
    pub fn is_in_sync(&self) -> bool {
        self.resources.iter().all(|resource| resource.verdict == Verdict::InSync)
    }

    /// How many resources have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.resources.iter().filter(|resource| resource.verdict == verdict).count()
    }

    /// The fields that are drift, each with its resource.
    pub fn drift(&self) -> impl Iterator<Item = (&ResourceReport, &Field)> {
        self.resources.iter().flat_map(|resource| {
            resource.fields.iter().filter(|field| field.is_drift()).map(move |field| (resource, field))
        })
    }

    /// The health of all that is declared: that of its worst resource.
    pub fn health(&self) -> HealthStatus {
        let declared = self.resources.iter().filter(|resource| resource.verdict != Verdict::Extra);
        aggregate(declared.filter_map(|resource| resource.health.as_ref()).map(|health| health.status))
    }

    /// The part about one resource.
    pub fn get(&self, id: &ResourceId) -> Option<&ResourceReport> {
        self.resources.iter().find(|resource| resource.id == *id)
    }
}

/// What one resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Verdict {
    /// The cluster has it as declared.
    InSync,
    /// Some field is not as declared.
    OutOfSync,
    /// It is declared, the cluster lacks it.
    Missing,
    /// The cluster has it, nobody declares it.
    Extra,
}

/// One resource of a [`Report`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceReport {
    /// The resource, as declared, or as live where nobody declares it.
    #[serde(serialize_with = "as_text")]
    pub id: ResourceId,
    /// The verdict.
    pub verdict: Verdict,
    /// Where it is declared.
    #[serde(serialize_with = "location")]
    pub declared_at: Option<Location>,
    /// Whether the cluster's object was made by us: [`Rules::manager`](crate::Rules::manager) owns fields of it. An extra
    /// resource that is not ours is never pruned.
    pub ours: bool,
    /// Whether it must survive pruning: it says so itself, see [`plan`](crate::plan()).
    pub keep: bool,
    /// How well the cluster's object is, as Argo CD says it; `None` for kinds that it does not judge.
    pub health: Option<Health>,
    /// The fields that differ, in order of the walk: as declared, then what is only live.
    pub fields: Vec<Field>,
    /// Why a server refuses the manifest, whatever is live. This is no drift, and no plan mends it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unappliable: Vec<Unappliable>,
    /// What could not be taken into account, in words: a last applied configuration that is no JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl ResourceReport {
    /// Whether a server would take the manifest as far as its type tells.
    pub fn is_appliable(&self) -> bool {
        self.unappliable.is_empty()
    }
}

/// Why a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Class {
    /// Declared, and the cluster has another value.
    DeclaredChanged,
    /// Declared, and gone from the cluster.
    DeclaredMissing,
    /// We own it, and it is no longer declared: the next apply removes it.
    OwnedUndeclared,
    /// Somebody else added it; nobody declares it.
    ForeignAddition,
    /// Not declared; the cluster has another value than the API server's default.
    DefaultChanged,
    /// The server, or one of its controllers, allocates it.
    Allocated,
    /// The same value in another spelling: `1` and `1000m`.
    Spelling,
    /// A rule says to overlook it: [`Field::rule`].
    Ignored,
    /// Not declared, and nobody is on record for it.
    Unknown,
}

impl Verdict {
    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::InSync => "in sync",
            Verdict::OutOfSync => "out of sync",
            Verdict::Missing => "missing",
            Verdict::Extra => "extra",
        }
    }
}

impl Class {
    /// Whether a field of this class takes its resource out of sync. The others are noted and left alone.
    pub fn is_drift(self) -> bool {
        use Class::{DeclaredChanged, DeclaredMissing, ForeignAddition, OwnedUndeclared};
        matches!(self, DeclaredChanged | DeclaredMissing | OwnedUndeclared | ForeignAddition)
    }

    /// The class in words.
    pub fn words(self) -> &'static str {
        match self {
            Class::DeclaredChanged => "changed",
            Class::DeclaredMissing => "missing",
            Class::OwnedUndeclared => "no longer declared",
            Class::ForeignAddition => "added by others",
            Class::DefaultChanged => "default changed",
            Class::Allocated => "allocated",
            Class::Spelling => "other spelling",
            Class::Ignored => "ignored",
            Class::Unknown => "unknown cause",
        }
    }
}

/// A value as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// The value as JSON.
    Json(String),
    /// A secret: that there is a value, and no more.
    Redacted,
}

impl Shown {
    pub(crate) fn new(node: Node<'_>, secret: bool) -> Self {
        if secret {
            return Shown::Redacted;
        }
        Shown::Json(node.to_json().map_or_else(|_| node.text().to_owned(), |value| value.to_string()))
    }

    /// The value as text: strings without quotes.
    pub fn text(&self) -> &str {
        match self {
            Shown::Json(json) if !json.contains('\\') => {
                json.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(json)
            }
            Shown::Json(json) => json,
            Shown::Redacted => "(redacted)",
        }
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Shown::Json(json) => match serde_json::from_str::<serde_json::Value>(json) {
                Ok(value) => value.serialize(serializer),
                Err(_) => serializer.serialize_str(json),
            },
            Shown::Redacted => serializer.serialize_str("(redacted)"),
        }
    }
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Where it stands.
    pub path: FieldPath,
    /// Why it differs.
    pub class: Class,
    /// The declared value, or the default; `None` where there is neither.
    pub desired: Option<Shown>,
    /// The cluster's value.
    pub live: Option<Shown>,
    /// Who is on record for the live value: none where the server keeps no record of it.
    pub owners: Vec<Owner>,
    /// Where the value is declared; for what nobody declares, the nearest thing above it that is.
    #[serde(serialize_with = "location")]
    pub declared_at: Option<Location>,
    /// The rule that says to overlook it.
    pub rule: Option<String>,
}

impl Field {
    /// Whether it takes its resource out of sync.
    pub fn is_drift(&self) -> bool {
        self.class.is_drift()
    }
}

pub(crate) fn as_text<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

pub(crate) fn location<S: Serializer>(value: &Option<Location>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(location) => serializer.collect_str(&format_args!("{}:{}", location.file, location.line)),
        None => serializer.serialize_none(),
    }
}
