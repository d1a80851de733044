//! How well an object is, in the words of two profiles: Argo CD's and kstatus.

pub mod argo;
pub mod kstatus;

use std::fmt;

use longshore_yaml::Node;
use serde::{Deserialize, Serialize};

/// How well an object, or an application, is; ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HealthStatus {
    /// As it should be.
    Healthy,
    /// Paused on purpose.
    Suspended,
    /// Not yet well, and on the way.
    Progressing,
    /// Not in the cluster.
    Missing,
    /// Failed, or not well in time.
    Degraded,
    /// It cannot be told.
    Unknown,
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A status and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The status.
    pub status: HealthStatus,
    /// In the words of the object, or of the profile; may be empty.
    pub message: String,
}

impl Health {
    /// A status with its message.
    pub fn new(status: HealthStatus, message: impl Into<String>) -> Self {
        Health { status, message: message.into() }
    }
}

/// A check of one's own, for custom resources or instead of a built-in check.
pub trait HealthCheck {
    /// How well an object is; `None` where this check does not know its kind.
    fn check(&self, object: Node<'_>) -> Option<Health>;
}

impl<F: Fn(Node<'_>) -> Option<Health>> HealthCheck for F {
    fn check(&self, object: Node<'_>) -> Option<Health> {
        self(object)
    }
}

/// The health of an application: that of its worst part; of no part, `Healthy`.
pub fn aggregate(parts: impl IntoIterator<Item = HealthStatus>) -> HealthStatus {
    parts.into_iter().max().unwrap_or(HealthStatus::Healthy)
}

// What both profiles read

fn text<'a>(object: Node<'a>, path: &[&str]) -> &'a str {
    object.at(path.iter().copied()).map_or("", Node::text)
}

fn int(object: Node<'_>, path: &[&str]) -> Option<i64> {
    object.at(path.iter().copied()).and_then(Node::as_i64)
}

fn items<'a>(object: Node<'a>, path: &[&str]) -> impl Iterator<Item = Node<'a>> {
    object.at(path.iter().copied()).into_iter().flat_map(Node::items)
}

/// Type, status, reason and message of each condition.
fn conditions<'a>(object: Node<'a>) -> impl Iterator<Item = [&'a str; 4]> {
    items(object, &["status", "conditions"])
        .map(|condition| ["type", "status", "reason", "message"].map(|key| text(condition, &[key])))
}

fn group(object: Node<'_>) -> &str {
    text(object, &["apiVersion"]).split_once('/').map_or("", |(group, _)| group)
}
