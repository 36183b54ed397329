//! What is known of a device as a whole.

use std::time::Instant;

use super::clock::Clock;
use reconnect::Failure;

/// What the attempts at a device have found, whichever of its streams they were for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeviceStatus {
    /// What the last attempt found; `None`: something of it plays, or nothing is known.
    pub failure: Option<Failure>,
    /// Since when nothing of it plays: its last picture, else its first failure.
    pub since: Option<Instant>,
    /// The last attempt that failed.
    pub tried: Option<Tried>,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// When it ended.
    pub at: Instant,
    pub clock: Clock,
    pub failure: Failure,
    /// A person had asked for it.
    pub by_hand: bool,
}
