//! How the events of a device are heard.

use std::time::Instant;

use super::clock::Clock;
use device::EventSource;
use reconnect::Failure;

/// What is known of the connection for the events of one recorder, however often it is registered.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceStatus {
    /// How it is asked now; never automatic.
    pub source: EventSource,
    pub state: SourceState,
    /// The last thing that it said had happened.
    pub heard: Option<LastHeard>,
    /// When it showed last that it lives.
    pub alive: Option<Instant>,
    /// Since the program began.
    pub incidents: u64,
    pub connects: u64,
    /// It lives, and has told of nothing for so long that perhaps nothing is switched on at it.
    pub says_nothing: bool,
}

/// When something was heard, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastHeard {
    pub at: Instant,
    pub clock: Clock,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SourceState {
    /// Its pictures go first.
    Waiting,
    /// It waits for a permit, or is being connected and asked.
    Connecting,
    Listening,
    /// It is asked again then.
    Pausing {
        until: Instant,
        why: SourceFault,
    },
    /// Nothing more is asked until somebody changes something.
    Stopped(SourceFault),
}

/// Why nothing is heard.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceFault {
    /// It refused the sign-in; what it said.
    SignIn(String),
    /// It has no such interface; what it said.
    Unsupported(String),
    /// It wants no listener more, or ended this one; what it said.
    Refused(String),
    /// Nothing came for too long.
    Silent,
    /// It closed the connection.
    Closed,
    Failed(Failure),
}
