//! WHAT FAILS TOGETHER: a recorder, a site, everything, each found once in an engine state.
//!
//! Belongs here: which channels show nothing for one cause, and how far that reaches. Pure, for the screen that says it and for the
//! engine that makes events of it. Does not belong here: words and places on screen (`ui::trouble`), what lasts long enough to be
//! an event (`events`).

mod find;
mod held;
mod late;
mod parts;

use std::collections::BTreeSet;
use std::time::Instant;

use crate::bridge::Clock;
use device::{ChannelId, DeviceId, SiteId};
use reconnect::{Failure, FailureKind};

pub use find::find;
pub use late::late;

/// Channels that show nothing for one cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    pub scope: Scope,
    pub cause: Cause,
    /// Since when it shows nothing, as far as that is known.
    pub since: Option<Instant>,
    pub next: Next,
    /// Every device that it concerns.
    pub devices: Vec<DeviceId>,
    /// Those of its channels that are on screen.
    pub channels: BTreeSet<ChannelId>,
    /// Those of its devices that nobody tried: they wait for the one that is tried for all.
    pub held: BTreeSet<DeviceId>,
    /// What the last attempt found that a person had asked for.
    pub answer: Option<Answer>,
}

/// How far a trouble reaches; the worst comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// This computer has no network.
    Network,
    /// Nothing answers at any of so many sites.
    AllSites(usize),
    Site(SiteId),
    /// A recorder or camera as a whole.
    Device(DeviceId),
    /// Some channels of a device that shows others.
    Channels(DeviceId),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    NoNetwork,
    /// Pictures came and then nothing more: not from this device, or from none of the site.
    FellSilent,
    /// Pictures come later than they did, which is no trouble yet: only [`late()`] finds it.
    Late,
    Failed(Failure),
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// An attempt is under way.
    Trying,
    At(Instant),
    /// Nobody knows when, or it waits for a change.
    Unknown,
    /// Nothing of it is on screen, so that nobody tries; it was tried last at this time of day.
    NotWatched(Clock),
}

/// The outcome of an attempt that a person asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub at: Instant,
    pub clock: Clock,
    pub failure: Failure,
}

impl Trouble {
    /// The device that *Retry now* is for: the site tries one for all.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        self.devices.first().copied()
    }

    /// The failure that it is about, if it is about one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.cause {
            Cause::Failed(failure) => Some(failure),
            Cause::NoNetwork | Cause::FellSilent | Cause::Late => None,
        }
    }

    /// Whether something of it is on screen.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        !self.channels.is_empty()
    }
}

/// Whether one failure may stand for several devices. What a person has to do for each device by itself may not.
fn is_shared(kind: FailureKind) -> bool {
    !matches!(
        kind,
        FailureKind::Auth
            | FailureKind::CertificateChanged
            | FailureKind::CertificateUnsure
            | FailureKind::PasswordStore
            | FailureKind::NoTransport { .. }
            | FailureKind::TlsUnspoken { .. }
            | FailureKind::TooLarge { .. }
    )
}

#[cfg(test)]
mod tests;
