//! What a person changes of a site, and what is shown of the work there.

use super::clock::Clock;
use device::{PlannedWork, Site};

/// A site as a person saw it, and as it is to be: what differs is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteEdit {
    pub before: Site,
    pub after: Site,
}

/// What is to become of the work at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkOrder {
    /// It begins now and lasts for so many minutes.
    For { minutes: u32 },
    /// From one time to another, as the clock on the wall shows them.
    Between { from: Clock, to: Clock },
    /// This is planned, too.
    Add(PlannedWork),
    /// This is planned no more.
    Remove(PlannedWork),
    /// What has begun is done.
    End,
}

/// The work at a site as the clock on the wall tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkShown {
    /// Somebody works there now, until then.
    pub until: Option<Clock>,
    /// Of each entry of the plan: from when to when, where it is once.
    pub times: Vec<Option<(Clock, Clock)>>,
}
