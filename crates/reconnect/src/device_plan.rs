//! One device and its links: what is wanted, what waits, until when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::backoff::{PACE, UNPROVEN};
use super::failure::Failure;
use super::group::{GroupId, Turn};
use super::port::{AttemptId, LinkId, Rank, SignIn};
use super::rate::Rate;
use device::{DeviceId, SiteId};

/// One stream, or a Test.
pub(super) struct LinkPlan {
    pub(super) device: DeviceId,
    pub(super) rank: Rank,
    pub(super) state: LinkState,
    /// The gap after a failure or a loss: nothing skips it.
    pub(super) not_before: Option<Instant>,
    /// Backoff of this link alone: a person's *Retry now* skips it.
    pub(super) wait: Option<Instant>,
    /// Short lives or refusals of this stream in a row.
    pub(super) setbacks: u32,
    /// Redirects in a row, and how many it may follow: fewer once they led nowhere.
    pub(super) hops: u32,
    pub(super) hops_allowed: u32,
    /// The first redirect has cost nothing so far.
    pub(super) owes_a_hop: bool,
    pub(super) failure: Option<Failure>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkState {
    Idle,
    Dialling(AttemptId),
    Playing(AttemptId),
}

impl LinkPlan {
    pub(super) fn new(device: DeviceId, rank: Rank) -> Self {
        Self {
            device,
            rank,
            state: LinkState::Idle,
            not_before: None,
            wait: None,
            setbacks: 0,
            hops: 0,
            hops_allowed: HOPS,
            owes_a_hop: false,
            failure: None,
        }
    }

    pub(super) fn attempt(&self) -> Option<AttemptId> {
        match self.state {
            LinkState::Idle => None,
            LinkState::Dialling(attempt) | LinkState::Playing(attempt) => Some(attempt),
        }
    }

    pub(super) fn ready_at(&self, skip_backoff: bool, now: Instant) -> Instant {
        let wait = self.wait.filter(|_| !skip_backoff);
        now.max(self.not_before.unwrap_or(now)).max(wait.unwrap_or(now))
    }
}

/// Redirects in a row that are followed; after a chain that led nowhere one, for some devices redirect every time.
pub(super) const HOPS: u32 = 3;
pub(super) const HOPS_AFTER_A_LOOP: u32 = 1;

/// Why a device is not tried at all.
pub(super) struct Stop {
    pub(super) failure: Failure,
    /// When it may be tried all the same.
    pub(super) until: Option<Instant>,
}

pub(super) struct DevicePlan {
    pub(super) site: SiteId,
    pub(super) group: GroupId,
    /// Where the last attempt went, or what was registered.
    pub(super) address: Option<IpAddr>,
    /// What was registered, where that is a literal.
    pub(super) registered: Option<IpAddr>,
    /// Registered by name: the address may change between two attempts.
    pub(super) named: bool,
    pub(super) recorder: u64,
    pub(super) revision: u64,
    pub(super) links: BTreeSet<LinkId>,
    pub(super) dialling: Option<AttemptId>,
    /// Another entry of the same recorder is being dialled.
    pub(super) recorder_busy: bool,
    /// Failures of the device itself, not of its path; forgotten after 60 s of media.
    pub(super) failures: u32,
    pub(super) last_failure: Option<Failure>,
    pub(super) backoff_until: Option<Instant>,
    /// The device asked to be left alone until then.
    pub(super) hold_until: Option<Instant>,
    pub(super) stop: Option<Stop>,
    pub(super) sign_in: SignIn,
    /// How often in a row this machine had no route to it, when last, and until when that (or another failure of this
    /// machine before any packet) is believed.
    pub(super) no_routes: u32,
    pub(super) no_route_at: Option<Instant>,
    pub(super) route_until: Option<Instant>,
    /// The epoch of the group in which it failed last: it goes behind those that did not.
    pub(super) failed_in: Option<u64>,
    /// The last attempt got no connection: another one leaves from the same port.
    pub(super) unanswered: bool,
    /// Its last stream was lost almost at once, and none has lasted since.
    pub(super) recently_lost: bool,
    pub(super) last_live: Option<Instant>,
    pub(super) last_dial: Option<Instant>,
    pub(super) last_probe: Option<Instant>,
    /// A person asked for it, and it has not been tried since.
    pub(super) manual: bool,
    pub(super) manual_at: Option<Instant>,
    /// Its place among its equals.
    pub(super) order: u32,
    /// Where it stands in its group's queue.
    pub(super) slot: Slot,
    pace: Rate,
    /// When the latest connects began whose stream does not play; no edit, click or new link clears them.
    connects: VecDeque<Instant>,
    /// The latest gap of links that went while they had to wait: new links take it over.
    pub(super) gap: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    None,
    Ready(Turn),
    Waiting(Instant),
}

impl DevicePlan {
    pub(super) fn new(site: SiteId, group: GroupId, order: u32, now: Instant) -> Self {
        Self {
            site,
            group,
            address: None,
            registered: None,
            named: false,
            recorder: 0,
            revision: 0,
            links: BTreeSet::new(),
            dialling: None,
            recorder_busy: false,
            failures: 0,
            last_failure: None,
            backoff_until: None,
            hold_until: None,
            stop: None,
            sign_in: SignIn::Ready,
            no_routes: 0,
            no_route_at: None,
            route_until: None,
            failed_in: None,
            unanswered: false,
            recently_lost: false,
            last_live: None,
            last_dial: None,
            last_probe: None,
            manual: false,
            manual_at: None,
            order,
            slot: Slot::None,
            pace: Rate::new(PACE, now),
            connects: VecDeque::new(),
            gap: None,
        }
    }

    /// When the next of its idle links may be dialled; `None` while its recorder is being dialled, nothing is wanted, its
    /// password is not there, or it is stopped.
    /// `frozen`: the site probes, the device's own backoff does not count.
    pub(super) fn due(&self, links: &BTreeMap<LinkId, LinkPlan>, frozen: bool, now: Instant) -> Option<Instant> {
        if self.dialling.is_some() || self.recorder_busy || self.sign_in != SignIn::Ready {
            return None;
        }
        let skip = frozen || self.manual;
        let link = self.idle(links).map(|(_, link)| link.ready_at(skip, now)).min()?;
        let stop = match &self.stop {
            Some(stop) => stop.until?,
            None => now,
        };
        let backoff = self.backoff_until.filter(|_| !skip).unwrap_or(now);
        let route = self.route_until.filter(|_| !self.manual).unwrap_or(now);
        Some(
            link.max(stop)
                .max(backoff)
                .max(route)
                .max(self.hold_until.unwrap_or(now))
                .max(self.pace.earliest(now))
                .max(self.admitted().unwrap_or(now)),
        )
    }

    /// The link whose turn it is, of those that are due.
    pub(super) fn next_link(&self, links: &BTreeMap<LinkId, LinkPlan>, frozen: bool, now: Instant) -> Option<LinkId> {
        let skip = frozen || self.manual;
        let due = self.idle(links).filter(|(_, link)| link.ready_at(skip, now) <= now);
        due.min_by_key(|(id, link)| (link.hops == 0, link.rank, link.setbacks, *id))
            .map(|(id, _)| id)
    }

    /// One of its links was sent elsewhere and goes on there.
    pub(super) fn follows(&self, links: &BTreeMap<LinkId, LinkPlan>) -> bool {
        self.idle(links).any(|(_, link)| link.hops > 0)
    }

    pub(super) fn rank(&self, links: &BTreeMap<LinkId, LinkPlan>) -> Rank {
        self.idle(links).map(|(_, link)| link.rank).min().unwrap_or_default()
    }

    pub(super) fn dialled(&mut self, attempt: AttemptId, now: Instant) {
        self.dialling = Some(attempt);
        self.last_dial = Some(now);
        self.manual = false;
        self.recorder_dialled(now);
    }

    /// One of the entries of its recorder was dialled.
    pub(super) fn recorder_dialled(&mut self, now: Instant) {
        // The turn was given only once the limit had a permit, so this cannot be refused.
        let _ = self.pace.take(now);
        self.note_connect(now);
    }

    /// When the latest connects to its recorder began that came to nothing, oldest first.
    pub(super) fn connects(&self) -> impl Iterator<Item = Instant> + '_ {
        self.connects.iter().copied()
    }

    /// What every entry of its recorder knows: whether it is being dialled, and what came to nothing.
    pub(super) fn shared(&self) -> (bool, VecDeque<Instant>) {
        (self.recorder_busy || self.dialling.is_some(), self.connects.clone())
    }

    /// Becomes an entry of another recorder.
    pub(super) fn share(&mut self, (recorder_busy, connects): (bool, VecDeque<Instant>)) {
        self.recorder_busy = recorder_busy;
        connects.into_iter().for_each(|at| self.note_connect(at));
    }

    /// A connect that began then does not count against the device: its stream plays, or it sent nothing.
    pub(super) fn forget_connect(&mut self, begun: Instant) {
        if let Some(index) = self.connects.iter().position(|at| *at == begun) {
            self.connects.remove(index);
        }
    }

    /// A connect that began then counts against the device.
    pub(super) fn note_connect(&mut self, begun: Instant) {
        let index = self.connects.partition_point(|at| *at <= begun);
        self.connects.insert(index, begun);
        if self.connects.len() > UNPROVEN.0 {
            self.connects.pop_front();
        }
    }

    fn admitted(&self) -> Option<Instant> {
        let first = self.connects.front().filter(|_| self.connects.len() >= UNPROVEN.0);
        first.map(|at| *at + UNPROVEN.1)
    }

    pub(super) fn is_unreadable(&self) -> bool {
        matches!(self.sign_in, SignIn::Unreadable { .. })
    }

    /// Something is wanted of it, but its password cannot be read.
    pub(super) fn is_locked_out(&self) -> bool {
        self.is_unreadable() && !self.links.is_empty()
    }

    /// It was live when its site was lost then.
    pub(super) fn was_live(&self, lost: Instant) -> bool {
        self.last_live.is_some_and(|at| at + Duration::from_secs(60) >= lost)
    }

    /// It may be reached, as far as this machine knows.
    pub(super) fn has_route(&mut self) {
        self.no_routes = 0;
        self.no_route_at = None;
        self.route_until = None;
    }

    /// Forget what was held against it; a sign-in stop and a wish of the device itself stay.
    pub(super) fn forgive(&mut self, links: &mut BTreeMap<LinkId, LinkPlan>) {
        self.backoff_until = None;
        self.failures = 0;
        for id in &self.links {
            if let Some(link) = links.get_mut(id) {
                link.wait = None;
                link.setbacks = 0;
                link.hops_allowed = HOPS;
            }
        }
    }

    fn idle<'a>(&'a self, links: &'a BTreeMap<LinkId, LinkPlan>) -> impl Iterator<Item = (LinkId, &'a LinkPlan)> {
        let all = self.links.iter().filter_map(|id| links.get(id).map(|link| (*id, link)));
        all.filter(|(_, link)| link.state == LinkState::Idle)
    }
}
