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

/// What the status feed of a site said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedShown {
    pub server: String,
    /// Of its newest entry; `None`: it has none, or was not read yet.
    pub title: Option<String>,
    /// When that was published or changed.
    pub at: Option<Clock>,
    /// When the feed was read.
    pub read: Option<Clock>,
    /// Why it could not be read the last time.
    pub fault: Option<FeedFault>,
}

/// Why a status feed was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedFault {
    /// *Internal network only* forbids the server.
    Policy,
    NoAnswer,
    /// No authority of this computer vouches for its certificate.
    Untrusted,
    /// It answers with this status.
    Status(u16),
    /// It says that the feed is elsewhere, where nobody has said to ask.
    Moved,
    /// What it says is no feed.
    NoFeed,
}
