//! One attempt: whose it is, what it took from the budgets, how far it has come, and what its outcome says.

use std::time::{Duration, Instant};

use super::port::LinkId;
use super::process::Class;
use device::{DeviceId, SiteId};

pub(super) struct Attempt {
    pub(super) link: LinkId,
    pub(super) device: DeviceId,
    pub(super) site: SiteId,
    pub(super) class: Class,
    pub(super) charge: Charge,
    pub(super) begun: Instant,
    /// It plays, but its permit is handed back only when the stream has lasted a little.
    pub(super) on_trial: bool,
    /// It plays, but has not lasted yet.
    pub(super) not_lasted: bool,
    /// The policy under which it began.
    pub(super) policy: u64,
    pub(super) phase: Phase,
}

pub(super) enum Phase {
    HalfOpen,
    Connected,
    /// Media so far and when it was last heard of.
    Playing {
        media: Duration,
        heard: Instant,
    },
}

/// What the attempt took from its group's budget.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Charge {
    Fresh,
    Retry,
    Canary,
}

/// What one outcome says about the site.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The path is in doubt.
    Silent,
    /// The path works, the device does not serve.
    Answered,
    /// The path and the device work, only this user or this stream does not.
    Well,
}
