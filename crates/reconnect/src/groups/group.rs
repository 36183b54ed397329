//! A group: the devices behind one way out, and what is known of it.

mod events;
mod formation;
mod spending;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::budget::{Evidence, GroupBudget};
use super::lineup::Lineup;
use super::probe::{Path, Probe};
use super::ramp::Round;
use super::traffic::Traffic;
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::plans::Slot;
use crate::port::SiteState;
use device::{DeviceId, SiteId};

pub(crate) use events::{AfterLoss, Refused};

/// A group is either open, and its devices have their own timers, or it has a probe, and one canary goes for all.
pub(crate) struct Group {
    members: BTreeSet<DeviceId>,
    sites: BTreeSet<SiteId>,
    /// Every address is of this machine itself: no network is needed.
    loopback: bool,
    probe: Option<Probe>,
    /// Devices with something wanted.
    wanted: usize,
    /// Devices whose last outcome was bad.
    failing: BTreeSet<DeviceId>,
    /// Devices with something wanted whose password cannot be read.
    locked_out: BTreeSet<DeviceId>,
    round: Round,
    traffic: Traffic,
    /// Some stream has lasted there.
    lasted: bool,
    /// When it last dialled what might fail, or when it was formed.
    last_turn: Instant,
    lineup: Lineup,
    /// Grows whenever the path is proved anew or everything was lost.
    epoch: u64,
    ramping: bool,
    /// How far the canary's waits have grown; forgotten only after 60 s of media.
    step: u32,
    /// Attempts since something last played, those under way among them.
    in_vain: u32,
    /// Nothing has played since then.
    down_since: Option<Instant>,
    /// When it went down, something still answered.
    refuses: bool,
    last_media: Option<Instant>,
    /// When an attempt last showed that this machine has a route to some device.
    last_routed: Option<Instant>,
    /// Who fell silent, who was lost, in the last 10 s.
    silences: Evidence,
    losses: Evidence,
    /// Failed attempts of the last minute, and the permits that pace them.
    ledger: Ledger,
    /// Streams that were lost almost at once.
    briefs: Ledger,
    budget: GroupBudget,
    /// What its sites showed last, and when their canary was to go.
    shown: (SiteState, Option<Instant>),
}

impl Group {
    pub(crate) fn new(epoch: u64, limits: &Limits, now: Instant) -> Self {
        Self {
            members: BTreeSet::new(),
            sites: BTreeSet::new(),
            loopback: false,
            probe: None,
            wanted: 0,
            failing: BTreeSet::new(),
            locked_out: BTreeSet::new(),
            round: Round::new(1),
            traffic: Traffic::default(),
            lasted: false,
            last_turn: now,
            lineup: Lineup::default(),
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
            budget: GroupBudget::new(limits, now),
            shown: (SiteState::Up, None),
        }
    }

    // Who is of it.

    pub(crate) fn members(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.members.iter().copied()
    }

    pub(crate) fn sites(&self) -> impl Iterator<Item = SiteId> + '_ {
        self.sites.iter().copied()
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Devices with something wanted.
    pub(crate) fn wanted(&self) -> usize {
        self.wanted
    }

    pub(crate) fn adds_site(&mut self, site: SiteId) {
        self.sites.insert(site);
    }

    pub(crate) fn joins(&mut self, device: DeviceId, loopback: bool) {
        self.loopback = loopback && (self.loopback || self.members.is_empty());
        self.members.insert(device);
    }

    pub(crate) fn leaves(&mut self, device: DeviceId) {
        self.members.remove(&device);
        self.failing.remove(&device);
        self.locked_out.remove(&device);
        self.lineup.place(device, Slot::Nowhere);
    }

    /// The first link of a device is wanted.
    pub(crate) fn is_wanted(&mut self) {
        self.wanted += 1;
    }

    /// The last link of a device is not wanted any more.
    pub(crate) fn is_unwanted(&mut self, device: DeviceId) {
        self.wanted = self.wanted.saturating_sub(1);
        self.failing.remove(&device);
    }

    // What is known of its path.

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn probe(&self) -> Option<&Probe> {
        self.probe.as_ref()
    }

    pub(crate) fn probe_mut(&mut self) -> Option<&mut Probe> {
        self.probe.as_mut()
    }

    /// The probe, and the permits that it may need.
    pub(crate) fn probe_and_budget(&mut self) -> (Option<&mut Probe>, &mut GroupBudget) {
        (self.probe.as_mut(), &mut self.budget)
    }

    /// It probes, and not only because this machine has no route.
    pub(crate) fn is_frozen(&self) -> bool {
        !self.loopback && self.probe.as_ref().is_some_and(|probe| probe.path() != Path::NoRoute)
    }

    pub(crate) fn down_since(&self) -> Option<Instant> {
        self.down_since
    }

    /// How long it has been down.
    pub(crate) fn outage(&self, now: Instant) -> Duration {
        self.down_since.map_or(Duration::ZERO, |since| now - since)
    }

    pub(crate) fn step(&self) -> u32 {
        self.step
    }

    pub(crate) fn in_vain(&self) -> u32 {
        self.in_vain
    }

    pub(crate) fn last_turn(&self) -> Instant {
        self.last_turn
    }

    pub(crate) fn last_media(&self) -> Option<Instant> {
        self.last_media
    }

    pub(crate) fn last_routed(&self) -> Option<Instant> {
        self.last_routed
    }

    /// Something answered there when it went down.
    pub(crate) fn refuses(&self) -> bool {
        self.refuses
    }

    pub(crate) fn note_refusal(&mut self, refuses: bool) {
        self.refuses |= refuses;
    }

    pub(crate) fn is_ramping(&self) -> bool {
        self.ramping
    }

    pub(crate) fn traffic(&self) -> Traffic {
        self.traffic
    }

    pub(crate) fn traffic_mut(&mut self) -> &mut Traffic {
        &mut self.traffic
    }

    pub(crate) fn lineup(&self) -> &Lineup {
        &self.lineup
    }

    pub(crate) fn lineup_mut(&mut self) -> &mut Lineup {
        &mut self.lineup
    }

    pub(crate) fn is_troubled(&self) -> bool {
        !self.failing.is_empty()
    }

    pub(crate) fn has_trouble(&self) -> bool {
        self.is_troubled() || !self.locked_out.is_empty()
    }

    pub(crate) fn note_failing(&mut self, device: DeviceId) {
        self.failing.insert(device);
    }

    pub(crate) fn clear_failing(&mut self, device: DeviceId) {
        self.failing.remove(&device);
    }

    pub(crate) fn set_locked_out(&mut self, device: DeviceId, locked_out: bool) {
        if locked_out {
            self.locked_out.insert(device);
        } else {
            self.locked_out.remove(&device);
        }
    }

    /// How many devices must fail together before it is the site that failed: 3 or half of them, whichever is fewer.
    pub(crate) fn many(&self) -> usize {
        self.wanted.div_ceil(2).clamp(1, 3)
    }

    /// Many streams were lost almost at once: here, to play is no success yet.
    pub(crate) fn is_brief(&self, now: Instant) -> bool {
        self.briefs.count(now) >= 3
    }

    /// Its path works, as far as is known: something plays or did so less than a minute ago, and nothing was lost since.
    pub(crate) fn is_proven(&self, now: Instant) -> bool {
        self.down_since.is_none() && (self.traffic.live() > 0 || self.was_live(now))
    }

    /// Something played there in the minute before this time.
    pub(crate) fn was_live(&self, at: Instant) -> bool {
        self.last_media.is_some_and(|last| last + Duration::from_secs(60) >= at)
    }

    /// A picture has just arrived: whoever fails now fails alone.
    pub(crate) fn hears(&self, now: Instant) -> bool {
        self.last_media.is_some_and(|at| at + Duration::from_secs(2) >= now)
    }

    /// Takes over what its sites show now; says whether that is a change.
    pub(crate) fn shows(&mut self, shown: (SiteState, Option<Instant>)) -> bool {
        std::mem::replace(&mut self.shown, shown) != shown
    }

    /// Entries held.
    pub(crate) fn footprint(&self) -> usize {
        self.members.len() + self.lineup.len() + self.failing.len() + self.locked_out.len() + self.ledger.len()
    }

    #[cfg(test)]
    pub(crate) fn after_years(&mut self) {
        self.step = u32::MAX;
    }
}
