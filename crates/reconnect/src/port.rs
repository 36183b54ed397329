//! What goes into the machine and what comes out of it: two closed enums.

use std::net::IpAddr;
use std::time::Instant;

use super::failure::Failure;
use super::limits::Limits;
use device::{DeviceId, SiteId};

/// One thing that wants a connection: a stream on the wall, a Test, whatever connects later. Chosen by the engine, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub u64);

/// The number of one dial in this process, from 1; the outcome of an older attempt is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptId(pub u64);

/// Who goes first when permits are scarce; smaller is sooner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rank {
    /// The tile that the operator selected, or a Test that a person waits for.
    Selected,
    /// On screen.
    Visible,
    /// Wanted, but not on screen (a page kept warm, the next view of a tour).
    #[default]
    Background,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A device is new or was edited. `address` is known at once for a literal, later through [`Input::Connected`].
    /// `recorder` stands for host and port: devices with the same one are entries of one recorder, which has one dial in flight.
    /// A change of `address`, `recorder` or `revision` (of host, port, carrier, user, password) clears the device's backoff and a sign-in stop,
    /// but no budget: of one recorder at most 5 connects begin in 10 s whose stream does not play.
    Device {
        id: DeviceId,
        site: SiteId,
        address: Option<IpAddr>,
        recorder: u64,
        revision: u64,
    },
    /// By which roads a registered device can be reached, the preferred one first; fewer than two: by the one that is registered.
    /// The first is what [`Input::Device`] said. A change ends nothing that plays by a road that stays.
    Roads {
        device: DeviceId,
        roads: RoadsOf,
    },
    /// A second link for what `of` shows, by the road to which its device returns. When its picture has come, `of` is to be
    /// unwanted. Ignored unless [`RoadView::returns`].
    Heir {
        heir: LinkId,
        of: LinkId,
    },
    /// The device is gone or disabled; its links are unwanted with it.
    DeviceRemoved(DeviceId),
    /// Whether the device's password is there; without a word of it, it is.
    SignIn {
        device: DeviceId,
        state: SignIn,
    },
    /// A link is wanted, or its rank changed.
    Want {
        link: LinkId,
        device: DeviceId,
        rank: Rank,
    },
    /// Not wanted any more; an attempt under way is answered with [`Output::Abort`].
    Unwant(LinkId),
    /// The TCP connect (and TLS handshake) of an attempt succeeded: it is no longer half-open.
    Connected {
        attempt: AttemptId,
        address: IpAddr,
    },
    /// The attempt is connected and still waits for an answer of the device. The wait costs no packet, so that the attempt goes on;
    /// for everybody else it counts as failed from now on: it holds no place in flight, and its device backs off.
    Waits {
        attempt: AttemptId,
    },
    /// The session plays: the attempt has succeeded.
    Playing {
        attempt: AttemptId,
    },
    /// Media arrived since the last call; sent at most once a second for an attempt that plays.
    Media {
        attempt: AttemptId,
    },
    /// The attempt failed, or the stream that it opened ended or stalled. `address`: what was dialled, where known.
    Failed {
        attempt: AttemptId,
        address: Option<IpAddr>,
        failure: Failure,
    },
    /// The device sent the attempt elsewhere (3xx): it ends as neither success nor failure, and its link is due again at once
    /// (the device's gap of 100 ms and every budget hold; from the second in a row on it counts as a failed attempt of its site).
    /// Where `Machine::may_follow` says no, the attempt has failed.
    Redirected {
        attempt: AttemptId,
        address: IpAddr,
    },
    /// What the attempt was made for is no stream, and the device has answered: for the machine the attempt is over, and has cost
    /// nothing but its place in the pace of its recorder (at most 5 connects in 10 s). Its connection may go on. That the device
    /// answers so does not end the backoff or the stop of its streams, and what it does not answer is [`Input::Failed`].
    Answered {
        attempt: AttemptId,
    },
    /// The device refused its sign-in on a connection whose attempt is over: no link of it is dialled until somebody changes that.
    SignInRefused {
        device: DeviceId,
        failure: Failure,
    },
    /// A person asks to try this device now: skips backoff and a refusal by the policy, not the budget.
    RetryNow(DeviceId),
    /// Something arrived by itself that suggests the path works again.
    Hint(Hint),
    /// What the operating system says of the network.
    Network(Network),
    /// The machine slept and woke.
    Woke,
    /// The policy was switched or edited: refusals by policy are asked again, through the ramp.
    PolicyChanged,
    /// The policy forbids where this device is, as far as that is known. Told after [`Input::PolicyChanged`]: what waits for its next
    /// try is stopped at once. What has an attempt under way, or is stopped for another reason, is left alone.
    Forbidden {
        device: DeviceId,
        address: IpAddr,
    },
    Limits(Limits),
    /// Somebody works at this site from now on, as was planned, or does no more. While they work at all sites of one way out, one dial
    /// a minute goes there at most that may fail; what plays goes on, what a person asks for is tried, and the end is looked at at once.
    Planned {
        site: SiteId,
        on: bool,
    },
}

/// Whether what a device needs to sign in is at hand. What plays goes on in every case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SignIn {
    /// The password store is being asked: no permit is given until it has answered.
    Asking,
    /// The password is there, or none is needed.
    #[default]
    Ready,
    /// The store did not give it. Nothing is asked or dialled again before [`SignIn::Asking`], [`SignIn::Ready`] or an edit of
    /// the device.
    Unreadable { detail: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hint {
    /// A packet, a WS-Discovery Hello or a neighbour-table entry from this address.
    Address(IpAddr),
    /// The same, already matched to a device.
    Device(DeviceId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// No link, or no address on any link but loopback.
    Down,
    /// There is a link with an address again, or for the first time.
    Up,
    /// Addresses or routes changed while up.
    Changed,
}

/// Why this attempt is made now; written in the log and in `watch --json` (`why`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    Start,
    Retry,
    Canary,
    Ramp,
    Manual,
    Hint,
}

impl Why {
    /// The stable name for logs and scripts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Retry => "retry",
            Self::Canary => "canary",
            Self::Ramp => "ramp",
            Self::Manual => "manual",
            Self::Hint => "hint",
        }
    }
}

/// The right to connect once: only the machine makes one, and `net::dial` uses it up. It cannot be copied.
#[derive(Debug, PartialEq, Eq)]
pub struct Permit(());

impl Permit {
    /// Only for the machine (and visible to its room alone).
    pub(super) fn grant() -> Self {
        Self(())
    }
}

/// Ask `net` to connect once, now.
#[derive(Debug, PartialEq, Eq)]
pub struct Dial {
    pub permit: Permit,
    pub attempt: AttemptId,
    pub link: LinkId,
    pub device: DeviceId,
    pub why: Why,
    /// By which of its roads; 0: the preferred one.
    pub road: usize,
    /// Leave from the same local port as the last failed attempt by this road (one NAT entry); the engine remembers which.
    pub reuse_port: bool,
}

#[derive(Debug, PartialEq)]
pub enum Output {
    Dial(Dial),
    /// Give up an attempt under way or close the stream that it opened.
    Abort(AttemptId),
    /// The state or the next canary of a site changed; read it with `Machine::site`.
    SiteChanged(SiteId),
    /// The device takes another road, returns, or does not return any more; read it with `Machine::road`. Told before any dial that
    /// follows from it.
    Road(DeviceId),
    /// Nothing to do before `until` (never in the past) unless an input comes; `None`: only an input can wake it.
    Sleep {
        until: Option<Instant>,
        why: &'static str,
    },
}

/// What a site is doing, as shown on the Network page and by `watch --json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SiteState {
    Up,
    /// Some devices fail, the path works.
    Partial,
    Outage,
    NoNetwork,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SiteView {
    pub state: SiteState,
    pub next_canary: Option<Instant>,
    /// Dials under way that are not connected yet.
    pub half_open: u32,
    /// Attempts and failed attempts since the start.
    pub attempts: u64,
    pub failed: u64,
    /// In the last 60 s.
    pub attempts_last_minute: u32,
    pub failed_last_minute: u32,
    /// The limit of that, as it is now: lower in a steady outage.
    pub failed_allowed: u32,
}

/// Where one road of a device ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoadEnd {
    /// Where it is, where that is known without a look-up.
    pub address: Option<IpAddr>,
    /// Stands for host and port, as in [`Input::Device`].
    pub recorder: u64,
}

/// The roads of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoadsOf {
    /// The preferred one first.
    pub roads: Vec<RoadEnd>,
    /// The only one that a person wants it to take.
    pub pinned: Option<usize>,
    /// An identity of its own for who looks at the preferred road while another one is taken, and the link of that look: one connect,
    /// to be answered with [`Input::Answered`] once it stands. Both always the same for the same device.
    pub scout: DeviceId,
    pub look: LinkId,
}

/// By which road a device is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoadView {
    pub taken: usize,
    /// Since when.
    pub since: Instant,
    /// The one that it should take: the pinned one, or the preferred one.
    pub goal: usize,
    pub pinned: bool,
    /// What plays is taken over by the goal, stream by stream: each is to have an heir ([`Input::Heir`]).
    pub returns: bool,
    /// Since when the goal answers again.
    pub answers_since: Option<Instant>,
    /// When somebody looks there next.
    pub next_look: Option<Instant>,
    /// What the last attempt by each road found; `None`: it was not tried, or it worked.
    pub tried: Vec<Option<RoadTried>>,
}

/// What an attempt by one road found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoadTried {
    pub at: Instant,
    pub failure: Failure,
}

/// What one link is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkView {
    /// Backoff: worth trying again at this time.
    BackingOff {
        until: Instant,
        failure: Failure,
    },
    /// Due, but held: budget, ramp, another dial of the device, the site's canary.
    Waiting {
        until: Option<Instant>,
        held_by: HeldBy,
        failure: Option<Failure>,
    },
    /// A dial or a sign-in is under way.
    Dialling(AttemptId),
    Playing(AttemptId),
    /// Stopped until somebody changes something: sign-in, policy, password store. `until`: the slow retry, if any.
    Stopped {
        failure: Failure,
        until: Option<Instant>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeldBy {
    /// The password store is being asked.
    Password,
    Device,
    Site,
    SiteOutage,
    NoNetwork,
    Process,
}
