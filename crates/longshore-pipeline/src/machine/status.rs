//! Statuses of jobs, and the one status of many, as GitLab composes it.

use serde::{Deserialize, Serialize};

/// The status of a job, a stage or a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for others.
    Created,
    /// It waits for its resource group.
    WaitingForResource,
    /// It waits for its next attempt.
    Preparing,
    /// It waits for a worker.
    Pending,
    /// It runs.
    Running,
    /// It succeeded.
    Success,
    /// It failed.
    Failed,
    /// It was canceled.
    Canceled,
    /// It does not run, because of what came before it.
    Skipped,
    /// It waits for somebody to play or approve it.
    Manual,
    /// It waits for its time.
    Scheduled,
}

/// All statuses, in order.
pub(crate) const STATUSES: [Status; 11] = [
    Status::Created,
    Status::WaitingForResource,
    Status::Preparing,
    Status::Pending,
    Status::Running,
    Status::Success,
    Status::Failed,
    Status::Canceled,
    Status::Skipped,
    Status::Manual,
    Status::Scheduled,
];

impl Status {
    /// As GitLab spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Created => "created",
            Status::WaitingForResource => "waiting_for_resource",
            Status::Preparing => "preparing",
            Status::Pending => "pending",
            Status::Running => "running",
            Status::Success => "success",
            Status::Failed => "failed",
            Status::Canceled => "canceled",
            Status::Skipped => "skipped",
            Status::Manual => "manual",
            Status::Scheduled => "scheduled",
        }
    }

    /// Whether nothing happens to it any more by itself.
    pub fn is_complete(self) -> bool {
        matches!(self, Status::Success | Status::Failed | Status::Canceled | Status::Skipped)
    }

    /// Whether it can be canceled.
    pub fn is_cancelable(self) -> bool {
        !self.is_complete()
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a job counts as where statuses are composed: its status, unless it may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// Failed or canceled, and allowed to.
    pub(crate) const WARNING: Class = Class(STATUSES.len() as u8);
    /// Manual, and not needed.
    pub(crate) const IGNORED: Class = Class(STATUSES.len() as u8 + 1);
    pub(crate) const COUNT: usize = STATUSES.len() + 2;

    pub(crate) fn of(status: Status, allow_failure: bool) -> Self {
        match status {
            Status::Failed | Status::Canceled if allow_failure => Class::WARNING,
            Status::Manual if allow_failure => Class::IGNORED,
            status => Class(status as u8),
        }
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Classes(u16);

impl Classes {
    pub(crate) fn with(self, class: Class) -> Self {
        Classes(self.0 | 1 << class.0)
    }

    pub(crate) fn and(self, other: Classes) -> Self {
        Classes(self.0 | other.0)
    }

    fn mask(statuses: &[Status]) -> u16 {
        statuses.iter().fold(0, |mask, &status| mask | 1 << status as u8)
    }

    fn only(self, statuses: &[Status], more: &[Class]) -> bool {
        let more = more.iter().fold(0, |mask, class| mask | 1 << class.0);
        self.0 & !(Classes::mask(statuses) | more) == 0
    }

    fn any(self, statuses: &[Status]) -> bool {
        self.0 & Classes::mask(statuses) != 0
    }

    /// The one status of many (`Gitlab::Ci::Status::Composite`); nothing at all is a success.
    pub(crate) fn composite(self) -> Status {
        use Status::{
            Canceled, Created, Failed, Manual, Pending, Preparing, Running, Scheduled, Skipped, Success,
            WaitingForResource,
        };
        let both = [Class::WARNING, Class::IGNORED];
        if self.0 == 0 {
            return Success;
        }
        let by_only: [(Status, &[Status], &[Class]); 6] = [
            (Skipped, &[Skipped], &[Class::IGNORED]),
            (Success, &[Success, Skipped], &both),
            (Created, &[Created], &both),
            (Preparing, &[Preparing], &both),
            (Canceled, &[Canceled, Success, Skipped], &both),
            (Pending, &[Pending, Created, Skipped], &both),
        ];
        if let Some((status, ..)) = by_only.iter().find(|(_, statuses, more)| self.only(statuses, more)) {
            return *status;
        }
        let by_any: [(Status, &[Status]); 6] = [
            (Running, &[Running, Pending]),
            (WaitingForResource, &[WaitingForResource]),
            (Manual, &[Manual]),
            (Scheduled, &[Scheduled]),
            (Preparing, &[Preparing]),
            (Running, &[Created]),
        ];
        by_any.iter().find(|(_, statuses)| self.any(statuses)).map_or(Failed, |(status, _)| *status)
    }

    /// The one status of a job's needs: one that does not run at all makes it skipped, one that is not done makes it wait.
    pub(crate) fn composite_of_needs(self) -> Status {
        use Status::{Canceled, Failed, Skipped, Success};
        if self.0 & (1 << Class::IGNORED.0) != 0 || self.any(&[Skipped]) {
            return Skipped;
        }
        if !self.only(&[Success, Failed, Canceled], &[Class::WARNING]) {
            return Status::Pending;
        }
        self.composite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(statuses: &[(Status, bool)], expect: Status, of_needs: Status) {
        let all =
            statuses.iter().fold(Classes::default(), |all, &(status, allowed)| all.with(Class::of(status, allowed)));
        assert_eq!((all.composite(), all.composite_of_needs()), (expect, of_needs), "{statuses:?}");
    }

    #[test]
    fn statuses_compose_as_in_gitlab() {
        use Status::{Canceled, Created, Failed, Manual, Pending, Running, Skipped, Success};
        check(&[], Success, Success);
        check(&[(Success, false), (Failed, true)], Success, Success);
        check(&[(Success, false), (Failed, false)], Failed, Failed);
        check(&[(Success, false), (Skipped, false)], Success, Skipped);
        check(&[(Success, false), (Canceled, false)], Canceled, Canceled);
        check(&[(Manual, true)], Skipped, Skipped);
        check(&[(Manual, false), (Success, false)], Manual, Pending);
        check(&[(Running, false), (Skipped, false)], Running, Skipped);
        check(&[(Pending, false), (Created, false)], Pending, Pending);
        check(&[(Success, false), (Created, false)], Running, Pending);
    }
}
