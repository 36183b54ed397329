//! The network as a whole: what the operating system says, hints, what a person asks, and the gate that lets one canary go for
//! the whole machine when every site failed at once.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::all_sites::{AllSitesCanary, TOGETHER};
use super::attempt::Verdict;
use super::device_plan::Stop;
use super::failure::{FailureKind, Remedy};
use super::group::{Budget, Group, GroupId, Mode, Path, Probe};
use super::machine::Machine;
use super::port::{AttemptId, Dial, Hint, Network, SignIn};
use super::process::Class;
use super::queue::{Line, Wake, sooner};
use device::DeviceId;

/// A person's click is heard at most this often for a device.
const CLICK: Duration = Duration::from_secs(2);

/// No recorder restarts sooner than this: it is believed that it has news once in this time.
const RESTART: Duration = Duration::from_secs(60);

impl Machine {
    pub(super) fn network(&mut self, network: Network) {
        let told = std::mem::replace(&mut self.network_told, true);
        match network {
            Network::Down => {
                self.offline = true;
                self.all_sites = None;
                self.settle_all();
            }
            // The first report only says how the network is: nothing has changed, and an outage of an earlier run goes on.
            Network::Up if !told => self.routes_may_be_back(),
            Network::Up | Network::Changed => {
                self.offline = false;
                self.routes_may_be_back();
                self.look_again(false);
            }
        }
    }

    pub(super) fn woke(&mut self) {
        self.routes_may_be_back();
        self.look_again(true);
    }

    pub(super) fn policy_changed(&mut self) {
        self.policy += 1;
        let mut touched = Vec::new();
        for (id, member) in &mut self.members {
            if member
                .stop
                .as_ref()
                .is_some_and(|stop| stop.failure.kind == FailureKind::Policy)
            {
                member.stop = None;
                touched.push((*id, member.group));
            }
        }
        for (device, id) in touched {
            self.refresh(device);
            if let Some(group) = self.groups.get_mut(&id) {
                group.ramping = true;
                group.restart_round(1);
            }
            self.settle(id);
        }
    }

    pub(super) fn retry_now(&mut self, device: DeviceId) {
        let now = self.now;
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        if member.manual_at.is_some_and(|at| at + CLICK > now) || member.links.is_empty() {
            return;
        }
        if member.sign_in != SignIn::Ready {
            return;
        }
        // A refusal by the policy sends nothing and a handshake locks no account: they may be asked for again. A sign-in may not.
        match &member.stop {
            Some(stop) if stop.failure.kind == FailureKind::Policy => member.stop = None,
            Some(stop) if stop.failure.kind.remedy() == Remedy::AwaitChange => member.stop = None,
            Some(_) => return,
            None => {}
        }
        member.manual_at = Some(now);
        let id = member.group;
        let wanted = member.due(&self.links, true, now).is_some();
        let Some(group) = self.groups.get_mut(&id) else { return };
        match &mut group.mode {
            Mode::Open => member.manual = wanted,
            Mode::Probing(probe) => {
                probe.manual |= wanted;
                if wanted {
                    move_canary(probe, &mut group.budget, device, now);
                }
            }
        }
        self.refresh(device);
        self.settle(id);
    }

    pub(super) fn hint(&mut self, hint: Hint) {
        let devices: Vec<_> = match hint {
            Hint::Device(device) => vec![device],
            Hint::Address(address) => self.directory.at_address(address).collect(),
        };
        for device in devices {
            self.hint_at(device);
        }
    }

    /// A group whose timers are frozen waits for the gate while there is one.
    pub(super) fn waits_for_all_sites(&self, group: &Group) -> bool {
        let routed = group.probe().is_none_or(|probe| probe.path != Path::NoRoute);
        self.all_sites.is_some() && routed && !group.loopback
    }

    /// Every site is down, and at least two went down together: it is more likely this machine than all of them. The same at
    /// a start where nothing has ever answered.
    pub(super) fn suspect_network(&mut self) {
        let now = self.now;
        if self.all_sites.is_some() || self.offline {
            return;
        }
        // When each site went down, and whether it had been live just before.
        let (mut falls, mut refuses) = (Vec::new(), false);
        for group in self.groups.values().filter(|group| !group.loopback && group.wanted > 0) {
            match group.down_since.filter(|_| group.traffic.live() == 0) {
                Some(since) => falls.push((since, group.was_live(since))),
                None if self.may_dial(group) => return,
                None => {}
            }
            refuses |= group.refuses || group.probe().is_some_and(|probe| probe.path == Path::Alive);
        }
        let fallen = || falls.iter().filter(|(_, was_live)| *was_live).map(|(at, _)| *at);
        let together = fallen()
            .max()
            .map_or(0, |latest| fallen().filter(|at| *at + TOGETHER >= latest).count());
        let never_answered = !self.answered && falls.len() >= 2;
        if together >= 2 || never_answered {
            let next = now + self.dice.canary(0, Duration::ZERO, None);
            self.begin_all_sites(AllSitesCanary::new(1, next, refuses, now));
        }
    }

    /// From now on one canary goes for all sites.
    fn begin_all_sites(&mut self, canary: AllSitesCanary) {
        let now = self.now;
        self.all_sites = Some(canary);
        let down = self.groups.iter_mut().filter(|(_, group)| {
            !group.loopback && group.wanted > 0 && group.down_since.is_some() && group.probe().is_none()
        });
        let mut frozen = Vec::new();
        for (id, group) in down {
            let path = if group.refuses { Path::Alive } else { Path::Dead };
            group.mode = Mode::Probing(Probe::new(path, now, now));
            group.restart_round(1);
            frozen.push(*id);
        }
        for id in frozen {
            self.refresh_all(id);
        }
        self.spent_revision += 1;
        self.settle_all();
    }

    /// Whether any device of the group can be dialled without somebody's help.
    fn may_dial(&self, group: &Group) -> bool {
        let members = group.members.iter().filter_map(|id| self.members.get(id));
        members
            .filter(|member| !member.links.is_empty())
            .any(|member| member.sign_in == SignIn::Ready && member.stop.is_none())
    }

    /// Something answered: the machine has a network, each site looks for itself.
    pub(super) fn network_answers(&mut self, verdict: Verdict) {
        self.answered = true;
        if self.all_sites.as_ref().is_some_and(|canary| canary.is_news(verdict)) {
            self.release_all_sites();
        }
    }

    /// The canary that went for the whole machine came back with nothing new.
    pub(super) fn all_sites_silent(&mut self, attempt: AttemptId) {
        let now = self.now;
        let Some(canary) = self.all_sites.as_mut().filter(|canary| canary.is(attempt)) else {
            return;
        };
        canary.came_to_nothing(now);
        self.settle_all();
    }

    /// It got a connection, so the machine has a network, whatever becomes of the attempt.
    pub(super) fn all_sites_connected(&mut self, attempt: AttemptId) {
        if self.all_sites.as_ref().is_some_and(|canary| canary.is(attempt)) {
            self.release_all_sites();
        }
    }

    /// The canary that went for the whole machine ended without saying anything of the network.
    pub(super) fn all_sites_freed(&mut self, attempt: AttemptId) {
        let now = self.now;
        if let Some(canary) = self.all_sites.as_mut().filter(|canary| canary.is(attempt)) {
            canary.freed(now);
        }
    }

    /// The dial of the one canary, when it is due.
    pub(super) fn all_sites_turn(&mut self, wake: &mut Wake) -> Option<Dial> {
        const WHY: &str = "the canary of all sites";
        let now = self.now;
        let canary_of_all = self.all_sites.as_ref()?;
        // Without a route nothing is sent, so that such a site looks by its own timer.
        let frozen = |group: &Group| !group.loopback && group.probe().is_some_and(|probe| probe.path != Path::NoRoute);
        if !self.groups.is_empty() && !self.groups.values().any(frozen) {
            self.all_sites = None;
            return None;
        }
        let line = Line {
            class: Class::Doubtful,
            on_screen: true,
        };
        let due = canary_of_all.due()?;
        if !self.process.has_slot(line.class, &self.limits) {
            return None;
        }
        let room = self.process.room(line.class, line.on_screen, now)?;
        let at = due.max(room).max(self.process.rate(line.class, now));
        if at > now {
            sooner(wake, at, WHY);
            return None;
        }
        let others_first = canary_of_all.prefers_others();
        let mut later: Wake = None;
        let mut best = None;
        for (id, group) in self.groups.iter().filter(|(_, group)| frozen(group)) {
            let Some(probe) = group.probe() else { continue };
            if probe.dialling.is_some() || group.traffic.half_open() > 0 {
                continue;
            }
            let canary = probe.canary.and_then(|id| self.members.get(&id));
            let Some(due) = canary.and_then(|member| member.due(&self.links, true, now)) else {
                continue;
            };
            let limit = group.failed_per_minute(&self.limits, now);
            let Some(room) = group.ledger.room(limit, group.pending(now), now) else {
                continue;
            };
            if due.max(room) > now {
                sooner(&mut later, due.max(room), WHY);
                continue;
            }
            let together = group.down_since.is_some_and(|at| canary_of_all.fell_together(at));
            let key = (
                together == others_first,
                probe.last,
                !self.is_on_screen(group),
                Reverse(group.last_media),
                *id,
            );
            best = Some(best.map_or(key, |best: (_, _, _, _, GroupId)| best.min(key)));
        }
        let Some((.., id)) = best else {
            if let Some((at, why)) = later {
                sooner(wake, at, why);
            }
            return None;
        };
        let dial = self.dial_canary(id, line)?;
        self.all_sites.as_mut()?.looks(dial.attempt, &mut self.dice, now);
        Some(dial)
    }

    fn release_all_sites(&mut self) {
        let now = self.now;
        self.all_sites = None;
        self.spent_revision += 1;
        for group in self.groups.values_mut().filter(|group| !group.loopback) {
            if let Some(probe) = group.probe_mut().filter(|probe| probe.path != Path::NoRoute) {
                probe.next = now + self.dice.up_to(Duration::from_secs(1));
            }
        }
        self.settle_all();
    }

    /// The routes of this machine may have changed, and to ask for one costs no packet.
    fn routes_may_be_back(&mut self) {
        let now = self.now;
        let unrouted = self.members.iter_mut().filter(|(_, member)| member.no_routes > 0);
        let mut touched = Vec::new();
        for (device, member) in unrouted {
            member.has_route();
            touched.push(*device);
        }
        for device in touched {
            self.refresh(device);
        }
        for group in self.groups.values_mut() {
            if let Some(probe) = group.probe_mut().filter(|probe| probe.path == Path::NoRoute) {
                probe.path = Path::Unknown;
                probe.next = now + self.dice.canary(0, Duration::ZERO, None);
            }
        }
        self.settle_all();
    }

    /// Backoff is forgotten; what does not play now goes through a canary and the ramp. Where pictures arrive nothing is
    /// disturbed. However often it is reported, the budget of hints bounds what comes of it.
    fn look_again(&mut self, woke: bool) {
        let now = self.now;
        let mut looked = false;
        for id in self.groups.keys().copied().collect::<Vec<_>>() {
            let Some(group) = self.groups.get_mut(&id) else {
                continue;
            };
            if group.hears(now) && !woke {
                self.settle(id);
                continue;
            }
            if woke {
                group.last_media = None;
                group.restart_round(1);
            }
            if group.budget.hints.take(now).is_err() {
                if let Some(probe) = group.probe_mut() {
                    probe.hint = true;
                }
                self.settle(id);
                continue;
            }
            for device in &group.members {
                if let Some(member) = self.members.get_mut(device) {
                    member.forgive(&mut self.links);
                }
            }
            looked = true;
            group.step = 0;
            let troubled = !group.failing.is_empty() && !group.loopback;
            match &mut group.mode {
                Mode::Probing(probe) => {
                    probe.next = now;
                }
                Mode::Open if troubled => {
                    group.mode = Mode::Probing(Probe::new(Path::Unknown, now, now));
                    group.restart_round(1);
                }
                Mode::Open => {}
            }
            self.refresh_all(id);
            self.settle(id);
        }
        let mut probing = 0;
        for group in self.groups.values().filter(|group| !group.loopback && group.wanted > 0) {
            if group.probe().is_none() {
                return;
            }
            probing += 1;
        }
        // What an older gate waits for was about the network as it was.
        if probing >= 2 && (looked || self.all_sites.is_none()) {
            let wait = if looked {
                Duration::ZERO
            } else {
                self.dice.canary(0, Duration::ZERO, None)
            };
            let refuses = self.groups.values().any(|group| group.refuses);
            self.begin_all_sites(AllSitesCanary::new(0, now + wait, refuses, now));
        }
    }

    fn hint_at(&mut self, device: DeviceId) {
        let now = self.now;
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        let id = member.group;
        let Some(group) = self.groups.get_mut(&id) else { return };
        // Who says that it has just started may have been updated.
        let awaits_change = |stop: &Stop| stop.failure.kind.remedy() == Remedy::AwaitChange;
        let stopped = member.stop.as_ref().is_some_and(awaits_change);
        let lately = member.last_dial.is_some_and(|at| at + RESTART > now);
        if stopped && !lately && !member.links.is_empty() && group.budget.hints.take(now).is_ok() {
            member.stop = None;
            self.refresh(device);
            self.settle(id);
            return;
        }
        let Some(due) = member.due(&self.links, true, now) else {
            return;
        };
        match &mut group.mode {
            Mode::Probing(probe) => {
                probe.hint = true;
                if due <= now {
                    move_canary(probe, &mut group.budget, device, now);
                }
            }
            Mode::Open if member.backoff_until.is_some_and(|at| at > now) && group.budget.hints.take(now).is_ok() => {
                member.backoff_until = None;
            }
            Mode::Open => return,
        }
        self.refresh(device);
        self.settle(id);
    }
}

/// The canary goes to the device that somebody or something spoke of, if the router can bear another address.
fn move_canary(probe: &mut Probe, budget: &mut Budget, device: DeviceId, now: Instant) {
    if probe.dialling.is_none() && probe.canary != Some(device) && budget.moves.take(now).is_ok() {
        probe.canary = Some(device);
        probe.stay = 0;
    }
}
