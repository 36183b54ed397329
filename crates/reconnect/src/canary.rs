//! A site that is down: its timers freeze, one canary probes for all, and when it is answered the others follow.

use std::time::{Duration, Instant};

use super::attempt::{Charge, Verdict};
use super::backoff::{COOL_DOWN, ROUTE_MAY_RETURN};
use super::failure::Failure;
use super::group::{Group, GroupId, Mode, Path, Probe};
use super::machine::Machine;
use super::port::{AttemptId, Dial, SignIn, Why};
use super::process::Class;
use super::queue::Line;
use device::DeviceId;

impl Machine {
    /// The timers freeze, one canary probes for all.
    pub(super) fn probe(&mut self, id: GroupId, path: Path) {
        let now = self.now;
        let Some(group) = self.groups.get_mut(&id) else { return };
        let down_since = *group.down_since.get_or_insert(now);
        let next = now + self.dice.canary(group.step, now - down_since, None);
        group.step = group.step.saturating_add(1);
        group.mode = Mode::Probing(Probe::new(path, next, now));
        group.restart_round(1);
        group.silences.clear();
        group.losses.clear();
        self.refresh_all(id);
        self.suspect_network();
        self.settle(id);
    }

    /// The path is proved: all devices are due again, `window` at a time.
    pub(super) fn reopen(&mut self, id: GroupId, window: u32) {
        let epoch = self.new_epoch();
        self.spent_revision += 1;
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.mode = Mode::Open;
        group.epoch = epoch;
        group.ramping = true;
        group.restart_round(window);
        group.silences.clear();
        group.losses.clear();
        for device in &group.members {
            if let Some(member) = self.members.get_mut(device) {
                member.backoff_until = None;
                // A stream that fell silent with its site was not lost by its own fault.
                for link in &member.links {
                    if let Some(link) = self.links.get_mut(link)
                        && link.failure.as_ref().is_some_and(Failure::blames_path)
                    {
                        link.wait = None;
                    }
                }
            }
        }
        self.refresh_all(id);
        self.settle(id);
    }

    /// This machine has no route to the device. That is the device's own wait; only where every device that is wanted says
    /// the same, the site waits for the network. No packet was sent, so a canary may go to another device at once.
    pub(super) fn no_route(&mut self, attempt: AttemptId, id: GroupId, device: DeviceId) {
        let now = self.now;
        if let Some(member) = self.members.get_mut(&device) {
            member.no_routes = member.no_routes.saturating_add(1);
            member.no_route_at = Some(now);
            member.route_until = Some(now + self.dice.route(member.no_routes));
        }
        self.canary_sent_nothing(attempt, id);
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.failing.insert(device);
        let mut wanted = group.members.iter().filter_map(|id| self.members.get(id));
        let nowhere = wanted.all(|member| {
            let said_so = member.no_route_at.is_some_and(|at| Some(at) > group.last_routed);
            said_so || member.links.is_empty() || member.stop.is_some() || member.sign_in != SignIn::Ready
        });
        match &mut group.mode {
            Mode::Probing(probe) if nowhere => {
                probe.path = Path::NoRoute;
                probe.next = now + ROUTE_MAY_RETURN;
            }
            Mode::Open if nowhere => {
                group.mode = Mode::Probing(Probe::new(Path::NoRoute, now + ROUTE_MAY_RETURN, now));
                group.restart_round(1);
                self.refresh_all(id);
            }
            Mode::Probing(_) | Mode::Open => {}
        }
        self.settle(id);
    }

    /// This machine could not even begin: a wait of the device alone, and no word about the path.
    pub(super) fn not_begun(&mut self, attempt: AttemptId, id: GroupId, device: DeviceId) {
        if let Some(member) = self.members.get_mut(&device) {
            member.failures = member.failures.saturating_add(1);
            member.route_until = Some(self.now + self.dice.device(member.failures));
        }
        self.canary_sent_nothing(attempt, id);
        self.settle(id);
    }

    /// Another canary may go at once.
    pub(super) fn canary_sent_nothing(&mut self, attempt: AttemptId, id: GroupId) {
        let now = self.now;
        if let Some(canary) = self.all_sites.as_mut().filter(|canary| canary.is(attempt)) {
            canary.sent_nothing(now);
        }
        let probe = self.groups.get_mut(&id).and_then(Group::probe_mut);
        if let Some(probe) = probe.filter(|probe| probe.dialling == Some(attempt)) {
            probe.dialling = None;
            probe.canary = None;
            probe.connects = 0;
            probe.next = now;
        }
    }

    /// Keeps the canary at one address, unless it cannot be dialled when its time comes.
    pub(super) fn keep_canary(&mut self, id: GroupId) {
        let now = self.now;
        let Some(group) = self.groups.get(&id) else { return };
        let Some(probe) = group.probe() else { return };
        if probe.dialling.is_some() {
            return;
        }
        let hurried = probe.hint || probe.manual;
        let soon = if hurried { now } else { probe.next.max(now) + COOL_DOWN };
        let canary = probe.canary.and_then(|id| self.members.get(&id));
        if canary.is_some_and(|member| member.recorder_busy) {
            return;
        }
        let canary = canary.and_then(|member| member.due(&self.links, true, now));
        if canary.is_some_and(|due| due <= soon || group.budget.moves.earliest(now) > now) {
            return;
        }
        let (before, chosen) = (probe.canary, self.choose_canary(group));
        if chosen == before {
            return;
        }
        if before.is_some() {
            // One that cannot be dialled any more must be replaced, permit or not.
            if let Some(group) = self.groups.get_mut(&id) {
                let _ = group.budget.moves.take(now);
            }
        }
        if let Some(probe) = self.groups.get_mut(&id).and_then(Group::probe_mut) {
            probe.canary = chosen;
            probe.stay = 0;
        }
    }

    /// Chooses the canary: first a device that was live when the outage began, then what is on screen, then the most recent.
    pub(super) fn choose_canary(&self, group: &Group) -> Option<DeviceId> {
        let probe = group.probe()?;
        let now = self.now;
        let soon = probe.next.max(now);
        let candidates = group.members.iter().filter_map(|id| {
            let member = self.members.get(id)?;
            let due = member.due(&self.links, true, now)?;
            let probed = member.last_probe.filter(|at| *at >= probe.since);
            let lively = member.was_live(probe.since);
            let rank = member.rank(&self.links);
            let key = (
                due > soon,
                probed,
                !lively,
                rank,
                std::cmp::Reverse(member.last_live),
                member.failures,
                member.order,
            );
            Some((key, *id))
        });
        candidates.min().map(|(_, id)| id)
    }

    /// When the canary may be dialled. `None`: nobody can be, or another one is on its way.
    pub(super) fn canary_time(&self, group: &Group, gated: bool) -> Option<Instant> {
        let (hurried, regular) = self.canary_times(group, gated);
        hurried.into_iter().chain(regular).min()
    }

    /// When it may be dialled because something hurries it, and when by its own timer.
    pub(super) fn canary_times(&self, group: &Group, gated: bool) -> (Option<Instant>, Option<Instant>) {
        let times = || {
            let now = self.now;
            let probe = group.probe()?;
            if probe.dialling.is_some() || group.traffic.half_open() > 0 {
                return None;
            }
            let due = self.members.get(&probe.canary?)?.due(&self.links, true, now)?;
            let limit = group.failed_per_minute(&self.limits, now);
            let room = group.ledger.room(limit, group.pending(now), now)?;
            let least = due.max(room).max(now);
            let hint = probe.hint.then(|| group.budget.hints.earliest(now));
            let manual = probe.manual.then(|| group.budget.manual.earliest(now));
            let hurried = hint.into_iter().chain(manual).min().map(|at| {
                let again = probe.last.map_or(now, |last| last + COOL_DOWN);
                let process = self.process.room(Class::Hurried, true, now);
                at.max(again).max(process.unwrap_or(now + COOL_DOWN)).max(least)
            });
            let hurried = if probe.follows { Some(least) } else { hurried };
            Some((hurried, (!gated).then(|| probe.next.max(least))))
        };
        times().unwrap_or_default()
    }

    pub(super) fn dial_canary(&mut self, id: GroupId, line: Line) -> Option<Dial> {
        let now = self.now;
        let group = self.groups.get_mut(&id)?;
        let probe = group.probe()?;
        let (canary, hint, manual) = (probe.canary?, probe.hint, probe.manual);
        let early = line.class == Class::Hurried && !probe.follows;
        let why = if early && hint && group.budget.hints.take(now).is_ok() {
            Why::Hint
        } else if early && manual && group.budget.manual.take(now).is_ok() {
            Why::Manual
        } else {
            Why::Canary
        };
        let dial = self.launch(canary, line, Charge::Canary, why, true)?;
        let group = self.groups.get(&id)?;
        let before = group.probe()?.last.map(|last| now - last);
        let outage = group.down_since.map_or(Duration::ZERO, |since| now - since);
        let wait = self.dice.canary(group.step, outage, before);
        if let Some(member) = self.members.get_mut(&canary) {
            member.last_probe = Some(now);
        }
        if let Some(probe) = self.groups.get_mut(&id).and_then(Group::probe_mut) {
            probe.dialling = Some(dial.attempt);
            probe.wait = wait;
            probe.last = Some(now);
            probe.hint = false;
            probe.manual = false;
            probe.follows = false;
            probe.connects += 1;
        }
        self.settle(id);
        Some(dial)
    }

    pub(super) fn judge_canary(&mut self, attempt: AttemptId, id: GroupId, device: DeviceId, verdict: Verdict) {
        let now = self.now;
        let Some(group) = self.groups.get(&id) else { return };
        let Some(probe) = group.probe() else { return };
        let before = probe.path;
        let untried = || {
            group.members.iter().filter(|id| **id != device).filter_map(|id| {
                let member = self.members.get(id)?;
                let due = member.due(&self.links, true, now);
                due.filter(|_| member.failed_in != Some(group.epoch)).map(|_| member)
            })
        };
        let exploring = before == Path::Alive || verdict != Verdict::Silent;
        let others = exploring && untried().next().is_some();
        // Those that were lost together have one fate, so that one look in 30 s is enough; of the others nothing is known.
        let down_since = group.down_since.unwrap_or(now);
        let unknown = exploring && untried().any(|member| !member.was_live(down_since));
        let never_live = self
            .members
            .get(&device)
            .is_some_and(|member| member.last_live.is_none());
        // A look that took several connects is paid for by as many waits.
        let wait = if unknown && probe.connects <= 1 {
            probe.wait.min(self.dice.exploring())
        } else {
            probe.wait.saturating_mul(probe.connects.max(1))
        };
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.step = group.step.saturating_add(1);
        group.down_since.get_or_insert(now);
        let budget = &mut group.budget;
        let Mode::Probing(probe) = &mut group.mode else { return };
        probe.dialling = None;
        probe.next = now.max(probe.last.unwrap_or(now) + wait);
        probe.stay += 1;
        probe.connects = 0;
        match verdict {
            Verdict::Silent => {
                probe.silences += 1;
                if before != Path::Alive || probe.silences >= 2 {
                    probe.path = Path::Dead;
                }
            }
            Verdict::Answered | Verdict::Well => {
                probe.silences = 0;
                probe.path = Path::Alive;
            }
        }
        let moves = match probe.path {
            Path::Alive => true,
            // Nothing is known of these devices: look at several before believing that the site is down.
            _ if never_live && probe.rotations < 3 => true,
            _ => probe.stay >= CANARY_STAYS && budget.moves.take(now).is_ok(),
        };
        if moves {
            probe.stay = 0;
            probe.rotations = probe.rotations.saturating_add(1);
            probe.canary = None;
        }
        let newly_dead = before != Path::Dead && probe.path == Path::Dead;
        match verdict {
            Verdict::Silent => {
                self.all_sites_silent(attempt);
                if newly_dead {
                    self.suspect_network();
                }
            }
            // The first answer after silence, or a device that is well: let the others try. Where all only refuse, more of
            // the same is no news.
            Verdict::Answered if before != Path::Alive && others => self.reopen(id, 1),
            Verdict::Well if others => self.reopen(id, 1),
            Verdict::Answered | Verdict::Well => {}
        }
        if verdict != Verdict::Silent {
            self.answered(id, verdict);
            // What only refuses, as it did before, is no news.
            self.all_sites_silent(attempt);
        }
    }

    /// The canary's attempt ended without a verdict.
    pub(super) fn canary_gone(&mut self, attempt: AttemptId, device: DeviceId) {
        let now = self.now;
        self.all_sites_freed(attempt);
        let Some(member) = self.members.get(&device) else {
            return;
        };
        let Some(group) = self.groups.get_mut(&member.group) else {
            return;
        };
        let (step, outage) = (group.step, group.down_since.map_or(Duration::ZERO, |since| now - since));
        if let Some(probe) = group.probe_mut().filter(|probe| probe.dialling == Some(attempt)) {
            probe.dialling = None;
            probe.connects = 0;
            probe.next = probe.next.max(now + self.dice.canary(step.min(1), outage, None));
        }
    }
}

/// Probes of one address before another is looked at, for this one may be dead itself and would hold up its site: some six
/// minutes. A router keeps an unanswered connect for 120 s, so that it holds one entry most of the time, and two while the
/// canary moves.
const CANARY_STAYS: u32 = 12;
