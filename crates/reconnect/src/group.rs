//! A group: the devices behind one way out, and what is known of it.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::attempt::Charge;
use super::gcra::Gcra;
use super::ledger::Ledger;
use super::limits::Limits;
use super::port::{AttemptId, SiteState};
use super::process::Class;
use super::traffic::Traffic;
use device::{DeviceId, SiteId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupId(pub(super) u64);

/// The order in which the due devices of an open group are dialled; smaller is sooner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub(super) tier: Tier,
    pub(super) at: Instant,
    pub(super) order: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    Unknown,
    /// This machine has no route.
    NoRoute,
    Dead,
    /// Something answered, but no device serves.
    Alive,
}

pub(super) enum Mode {
    Open,
    Probing(Probe),
}

/// A site whose devices wait for one canary.
pub(super) struct Probe {
    pub(super) path: Path,
    pub(super) since: Instant,
    pub(super) next: Instant,
    pub(super) canary: Option<DeviceId>,
    /// Probes of this canary so far, and canaries before it.
    pub(super) stay: u32,
    pub(super) rotations: u32,
    /// Probes in a row that got no answer although the path is thought to work.
    pub(super) silences: u32,
    pub(super) dialling: Option<AttemptId>,
    pub(super) last: Option<Instant>,
    /// From the last probe to the next, should it come to nothing.
    pub(super) wait: Duration,
    /// Something suggests that it is worth a look before `next`.
    pub(super) hint: bool,
    pub(super) manual: bool,
    /// The canary was sent elsewhere and goes on there: the same look, with one more connect.
    pub(super) follows: bool,
    /// Connects of the present look.
    pub(super) connects: u32,
}

impl Probe {
    pub(super) fn new(path: Path, next: Instant, now: Instant) -> Self {
        Self {
            path,
            since: now,
            next,
            canary: None,
            stay: 0,
            rotations: 0,
            silences: 0,
            dialling: None,
            last: None,
            wait: Duration::ZERO,
            hint: false,
            manual: false,
            follows: false,
            connects: 0,
        }
    }

    /// For a group that takes over from another: what is known, but not who was being dialled.
    pub(super) fn inherited(&self) -> Self {
        Self {
            since: self.since,
            last: self.last,
            ..Self::new(self.path, self.next, self.since)
        }
    }
}

pub(super) struct Group {
    pub(super) members: BTreeSet<DeviceId>,
    pub(super) sites: BTreeSet<SiteId>,
    /// Every address is of this machine itself: no network is needed.
    pub(super) loopback: bool,
    pub(super) mode: Mode,
    /// Devices with something wanted.
    pub(super) wanted: usize,
    /// Devices whose last outcome was bad.
    pub(super) failing: BTreeSet<DeviceId>,
    /// Devices with something wanted whose password cannot be read.
    pub(super) locked_out: BTreeSet<DeviceId>,
    /// Dials allowed in flight; the successes and failures of the round.
    pub(super) window: u32,
    pub(super) succeeded: u32,
    pub(super) failed: u32,
    pub(super) silent: u32,
    pub(super) traffic: Traffic,
    /// Some stream has lasted there.
    pub(super) lasted: bool,
    /// When it last dialled what might fail, or when it was formed.
    pub(super) last_turn: Instant,
    pub(super) ready: BTreeSet<(Turn, DeviceId)>,
    pub(super) waiting: BTreeSet<(Instant, DeviceId)>,
    /// Grows whenever the path is proved anew or everything was lost.
    pub(super) epoch: u64,
    pub(super) ramping: bool,
    /// How far the canary's waits have grown; forgotten only after 60 s of media.
    pub(super) step: u32,
    /// Attempts since something last played, those under way among them.
    pub(super) in_vain: u32,
    /// Nothing has played since then.
    pub(super) down_since: Option<Instant>,
    /// When it went down, something still answered.
    pub(super) refuses: bool,
    pub(super) last_media: Option<Instant>,
    /// When an attempt last showed that this machine has a route to some device.
    pub(super) last_routed: Option<Instant>,
    /// Who fell silent, who was lost, in the last 10 s.
    pub(super) silences: Evidence,
    pub(super) losses: Evidence,
    /// Failed attempts of the last minute, and the buckets that pace them.
    pub(super) ledger: Ledger,
    /// Streams that were lost almost at once.
    pub(super) briefs: Ledger,
    pub(super) budget: Budget,
    pub(super) shown: (SiteState, Option<Instant>),
}

impl Group {
    pub(super) fn new(epoch: u64, limits: &Limits, now: Instant) -> Self {
        Self {
            members: BTreeSet::new(),
            sites: BTreeSet::new(),
            loopback: false,
            mode: Mode::Open,
            wanted: 0,
            failing: BTreeSet::new(),
            locked_out: BTreeSet::new(),
            window: 1,
            succeeded: 0,
            failed: 0,
            silent: 0,
            traffic: Traffic::default(),
            lasted: false,
            last_turn: now,
            ready: BTreeSet::new(),
            waiting: BTreeSet::new(),
            epoch,
            ramping: false,
            step: 0,
            in_vain: 0,
            down_since: None,
            refuses: false,
            last_media: None,
            last_routed: None,
            silences: Evidence::default(),
            losses: Evidence::default(),
            ledger: Ledger::default(),
            briefs: Ledger::default(),
            budget: Budget::new(limits, now),
            shown: (SiteState::Up, None),
        }
    }

    /// How many devices must fail together before it is the site that failed: 3 or half of them, whichever is fewer.
    pub(super) fn many(&self) -> usize {
        self.wanted.div_ceil(2).clamp(1, 3)
    }

    /// Failed attempts allowed in a minute.
    pub(super) fn failed_per_minute(&self, limits: &Limits, now: Instant) -> u32 {
        let steady = self
            .down_since
            .is_some_and(|since| now >= since + Duration::from_secs(60));
        let least = if steady {
            Limits::STEADY_FAILED_PER_MINUTE
        } else {
            u32::MAX
        };
        limits.site_failed_per_minute.min(least)
    }

    /// Dials that may yet turn out to have failed: those under way, and where many streams are lost almost at once, those
    /// too that play, but have not lasted yet.
    pub(super) fn pending(&self, now: Instant) -> u32 {
        let not_lasted = if self.is_brief(now) {
            self.traffic.not_lasted()
        } else {
            0
        };
        self.traffic.in_flight() + not_lasted
    }

    /// Many streams were lost almost at once: here, to play is no success yet.
    pub(super) fn is_brief(&self, now: Instant) -> bool {
        self.briefs.count(now) >= 3
    }

    /// Its path works, as far as is known: something plays or did so less than a minute ago, and nothing was lost since.
    pub(super) fn is_proven(&self, now: Instant) -> bool {
        let lately = self.last_media.is_some_and(|at| at + Duration::from_secs(60) >= now);
        self.down_since.is_none() && (self.traffic.live() > 0 || lately)
    }

    /// Something played there in the minute before this time.
    pub(super) fn was_live(&self, at: Instant) -> bool {
        self.last_media.is_some_and(|last| last + Duration::from_secs(60) >= at)
    }

    /// Dials that it may have in flight.
    pub(super) fn allowed_in_flight(&self, limits: &Limits, now: Instant) -> u32 {
        let window = if self.is_proven(now) { self.window } else { 1 };
        window.min(limits.site_in_flight)
    }

    /// How much a dial of this turn is believed in.
    pub(super) fn class_of(&self, turn: Turn, now: Instant) -> Class {
        match turn.tier {
            Tier::Manual => Class::Hurried,
            Tier::Failed | Tier::Doubtful => Class::Doubtful,
            _ if self.is_proven(now) && self.lasted => Class::Proven,
            _ if self.is_proven(now) => Class::Promising,
            _ if self.down_since.is_none() && self.in_vain == 0 => Class::Unknown,
            _ => Class::Doubtful,
        }
    }

    /// A picture has just arrived: whoever fails now fails alone.
    pub(super) fn hears(&self, now: Instant) -> bool {
        self.last_media.is_some_and(|at| at + Duration::from_secs(2) >= now)
    }

    pub(super) fn probe(&self) -> Option<&Probe> {
        match &self.mode {
            Mode::Open => None,
            Mode::Probing(probe) => Some(probe),
        }
    }

    pub(super) fn probe_mut(&mut self) -> Option<&mut Probe> {
        match &mut self.mode {
            Mode::Open => None,
            Mode::Probing(probe) => Some(probe),
        }
    }

    pub(super) fn restart_round(&mut self, window: u32) {
        self.window = window.clamp(1, Limits::CEILING_IN_FLIGHT);
        self.succeeded = 0;
        self.failed = 0;
        self.silent = 0;
    }
}

/// The permits of a group. A success hands its permit back, so that only failures cost.
pub(super) struct Budget {
    /// For devices that have not failed since the path was proved.
    pub(super) fresh: Gcra,
    /// For those that have: three quarters of the minute, so that a quarter is left for the others.
    pub(super) retries: Gcra,
    /// For a canary that a hint moves forward, and one that a person does.
    pub(super) hints: Gcra,
    pub(super) manual: Gcra,
    /// For a canary that goes to another address: each one leaves an entry of 120 s in the router, and 4 are the limit.
    pub(super) moves: Gcra,
}

impl Budget {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        let (fresh, retries) = Self::paces(limits);
        Self {
            fresh: Gcra::new(fresh.0, fresh.1, now),
            retries: Gcra::new(retries.0, retries.1, now),
            hints: Gcra::new(2, Duration::from_secs(15), now),
            manual: Gcra::new(2, Duration::from_secs(10), now),
            moves: Gcra::new(2, Duration::from_secs(120), now),
        }
    }

    pub(super) fn give_back(&mut self, charge: Charge, now: Instant) {
        match charge {
            Charge::Fresh => self.fresh.give_back(now),
            Charge::Retry => self.retries.give_back(now),
            Charge::Canary => {}
        }
    }

    /// What was handed back turns out to be owed, if only in part.
    pub(super) fn spend(&mut self, charge: Charge, now: Instant) {
        let _ = match charge {
            Charge::Fresh => self.fresh.take(now),
            Charge::Retry => self.retries.take(now),
            Charge::Canary => Ok(()),
        };
    }

    /// Other limits, but what was spent stays spent.
    pub(super) fn relimit(&mut self, limits: &Limits, now: Instant) {
        let (fresh, retries) = Self::paces(limits);
        self.fresh = self.fresh.relimited(fresh.0, fresh.1, now);
        self.retries = self.retries.relimited(retries.0, retries.1, now);
    }

    /// Burst and interval for devices that have not failed, and for those that have.
    fn paces(limits: &Limits) -> ((u32, Duration), (u32, Duration)) {
        let limit = limits.site_failed_per_minute;
        let minute = Duration::from_secs(60);
        (
            ((limit * 2 / 3).max(1), minute / limit.max(1)),
            ((limit / 4).clamp(1, 3), minute / Self::for_retries(limit)),
        )
    }

    fn for_retries(limit: u32) -> u32 {
        (limit - limit / 4).max(1)
    }
}

/// Which devices met the same fate within 10 s.
#[derive(Default)]
pub(super) struct Evidence(VecDeque<(Instant, DeviceId)>);

impl Evidence {
    const SPAN: Duration = Duration::from_secs(10);

    /// Adds one and says how many different devices there are now.
    pub(super) fn add(&mut self, device: DeviceId, now: Instant) -> usize {
        self.0.retain(|&(at, other)| at + Self::SPAN >= now && other != device);
        self.0.push_back((now, device));
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
