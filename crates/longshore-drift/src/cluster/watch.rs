//! What happened since a resource version.

use std::collections::VecDeque;
use std::sync::Arc;

use longshore_manifest::Resource;

use super::{ApiError, Cluster};

/// How many events a cluster remembers, unless it is told otherwise.
const BACKLOG: usize = 1024;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// It was created.
    Added,
    /// It was changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// One change of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened.
    pub event_type: EventType,
    /// The resource version of the change; no two changes share one.
    pub version: u64,
    /// The object after it; of a deletion, the object as it was last.
    pub object: Arc<Resource>,
}

/// The last events, and from which version on they are complete.
#[derive(Clone, Debug)]
pub(super) struct Backlog {
    events: VecDeque<Event>,
    limit: usize,
    oldest: u64,
}

impl Default for Backlog {
    fn default() -> Self {
        Backlog { events: VecDeque::new(), limit: BACKLOG, oldest: 0 }
    }
}

impl Backlog {
    pub(super) fn push(&mut self, event_type: EventType, version: u64, object: Arc<Resource>) {
        self.events.push_back(Event { event_type, version, object });
        self.trim();
    }

    fn trim(&mut self) {
        while self.events.len() > self.limit {
            self.oldest = self.events.pop_front().map_or(self.oldest, |event| event.version);
        }
    }
}

impl Cluster {
    /// Everything that happened after a resource version, oldest first: that of a [list](Cluster::resource_version), or of
    /// the last event that was seen.
    ///
    /// # Errors
    /// [`ApiError::Expired`] where some of it is forgotten: then list again.
    pub fn watch(&self, since: u64) -> Result<Vec<Event>, ApiError> {
        let Backlog { events, oldest, .. } = &self.backlog;
        if since < *oldest {
            return Err(ApiError::Expired { since, oldest: *oldest });
        }
        let from = events.partition_point(|event| event.version <= since);
        Ok(events.range(from..).cloned().collect())
    }

    /// Says how many events are remembered. Default 1024.
    pub fn set_backlog(&mut self, events: usize) {
        self.backlog.limit = events;
        self.backlog.trim();
    }
}
