//! How soon a device that is due has its turn among those of its group.

use std::time::Instant;

/// The order in which the due devices of an open group are dialled; smaller is sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub(crate) tier: Tier,
    pub(crate) at: Instant,
    pub(crate) order: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// A person asked.
    Manual,
    /// Has not failed since the path was last proved.
    Selected,
    Visible,
    Background,
    /// The same, but it had been failing for long before.
    Doubtful,
    /// Has failed since: first come, first served, so that none is starved.
    Failed,
}

/// Where a device stands in the queue of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Nothing is wanted of it, or it waits for something that no timer brings.
    Nowhere,
    Ready(Turn),
    Waiting(Instant),
}
