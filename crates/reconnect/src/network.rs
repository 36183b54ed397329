//! The network as a whole: what the operating system says, hints, what a person asks, and the gate that lets one canary go for
//! the whole machine when every site failed at once.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::failure::FailureKind;
use super::group::{Budget, Class, Group, Mode, Path, Probe};
use super::machine::Machine;
use super::port::{AttemptId, Dial, Hint, Network, SignIn};
use super::turn::{COOL_DOWN, Wake, sooner};
use device::DeviceId;

/// One canary for the whole machine, because all of its sites went down together or the network has just come up. Given
/// up after 30 s without an answer: from then on each site probes for itself.
pub(super) struct NetworkCanary {
    pub(super) since: Instant,
    pub(super) step: u32,
    pub(super) next: Instant,
    pub(super) dialling: Option<AttemptId>,
}

const GATE_LASTS: Duration = Duration::from_secs(30);
/// Sites that are released from the gate spread over this time.
const STAGGER: Duration = Duration::from_secs(15);
/// A person's click is heard at most this often for a device.
const CLICK: Duration = Duration::from_secs(2);

impl Machine {
    pub(super) fn network(&mut self, network: Network) {
        let told = std::mem::replace(&mut self.network_told, true);
        match network {
            Network::Down => {
                self.offline = true;
                self.gate = None;
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
        // A refusal by the policy sends nothing, so it may be asked for again; a sign-in may not.
        match &member.stop {
            Some(stop) if stop.failure.kind == FailureKind::Policy => member.stop = None,
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
                    move_canary(probe, &group.budget, device, now);
                }
            }
        }
        self.refresh(device);
        self.settle(id);
    }

    pub(super) fn hint(&mut self, hint: Hint) {
        let devices: Vec<_> = match hint {
            Hint::Device(device) => vec![device],
            Hint::Address(address) => match self.addresses.get(&address.to_canonical()) {
                Some(devices) => devices.iter().copied().collect(),
                None => return,
            },
        };
        for device in devices {
            self.hint_at(device);
        }
    }

    /// A group whose timers are frozen waits for the gate while there is one.
    pub(super) fn is_gated(&self, group: &Group) -> bool {
        self.gate.is_some() && !group.loopback
    }

    /// Every site failed within 10 s of each other: it is more likely this machine than all of them.
    pub(super) fn suspect_network(&mut self) {
        let now = self.now;
        if self.gate.is_some() {
            return;
        }
        let mut downs = Vec::new();
        for group in self.groups.values().filter(|group| !group.loopback && group.wanted > 0) {
            match group.probe() {
                Some(probe) if probe.path == Path::Dead => downs.push(probe.since),
                _ => return,
            }
        }
        if let (Some(first), Some(last), true) = (downs.iter().min(), downs.iter().max(), downs.len() >= 2)
            && *last - *first <= Duration::from_secs(10)
        {
            let next = now + self.dice.canary(0, Duration::ZERO, None);
            self.gate = Some(NetworkCanary {
                since: now,
                step: 1,
                next,
                dialling: None,
            });
            self.settle_all();
        }
    }

    /// Something answered: the machine has a network, each site looks for itself.
    pub(super) fn network_answers(&mut self, loopback: bool) {
        if !loopback && self.gate.is_some() {
            self.open_gate(Duration::from_secs(1), None);
        }
    }

    /// The canary that went for the whole machine got no answer.
    pub(super) fn gate_silent(&mut self, attempt: AttemptId) {
        let now = self.now;
        let Some(gate) = self.gate.as_mut().filter(|gate| gate.dialling == Some(attempt)) else {
            return;
        };
        gate.dialling = None;
        gate.next = (gate.next + self.dice.canary(gate.step, Duration::ZERO, None)).max(now);
        gate.step += 1;
        if now >= gate.since + GATE_LASTS || gate.next >= gate.since + GATE_LASTS + STAGGER {
            self.open_gate(STAGGER, Some(4));
        } else {
            self.settle_all();
        }
    }

    /// It got a connection, so the machine has a network, whatever becomes of the attempt.
    pub(super) fn gate_connected(&mut self, attempt: AttemptId) {
        if self.gate.as_ref().is_some_and(|gate| gate.dialling == Some(attempt)) {
            self.open_gate(Duration::from_secs(1), None);
        }
    }

    /// The canary that went for the whole machine ended without saying anything of the network.
    pub(super) fn gate_freed(&mut self, attempt: AttemptId) {
        let now = self.now;
        if let Some(gate) = self.gate.as_mut().filter(|gate| gate.dialling == Some(attempt)) {
            gate.dialling = None;
            gate.next = gate.next.max(now + COOL_DOWN);
        }
    }

    /// The dial of the one canary, when it is due.
    pub(super) fn gate_turn(&mut self, wake: &mut Wake) -> Option<Dial> {
        let now = self.now;
        let gate = self.gate.as_ref()?;
        if now >= gate.since + GATE_LASTS {
            self.open_gate(STAGGER, Some(4));
            return None;
        }
        sooner(wake, gate.since + GATE_LASTS, "the canary of all sites");
        if gate.dialling.is_some() || !self.has_slot(Class::Doubtful) {
            return None;
        }
        let at = gate
            .next
            .max(self.rate.earliest(now))
            .max(self.doubtful_rate.earliest(now));
        if at > now {
            sooner(wake, at, "the canary of all sites");
            return None;
        }
        let candidates = self
            .groups
            .iter()
            .filter(|(_, group)| !group.loopback)
            .filter_map(|(id, group)| {
                let probe = group.probe()?;
                let can = probe.dialling.is_none() && group.half_open == 0 && probe.path != Path::NoRoute;
                let due = self.members.get(&probe.canary?)?.due(&self.links, true, now)?;
                let room = group
                    .ledger
                    .room(group.failed_per_minute(&self.limits, now), group.pending(now), now)?;
                (can && due <= now && room <= now).then_some((probe.last, Reverse(group.last_media), *id))
            });
        let dial = candidates.min().and_then(|(_, _, id)| self.dial_canary(id));
        match (&dial, self.gate.as_mut()) {
            (Some(dial), Some(gate)) => {
                gate.dialling = Some(dial.attempt);
                gate.next = now;
            }
            (None, Some(gate)) => {
                gate.next = now + Duration::from_secs(1);
                sooner(wake, gate.next, "the canary of all sites");
            }
            (_, None) => {}
        }
        dial
    }

    pub(super) fn open_gate(&mut self, spread: Duration, least_step: Option<u32>) {
        let now = self.now;
        self.gate = None;
        for group in self.groups.values_mut().filter(|group| !group.loopback) {
            group.step = group.step.max(least_step.unwrap_or(0));
            if let Some(probe) = group.probe_mut().filter(|probe| probe.path != Path::NoRoute) {
                probe.next = now + self.dice.up_to(spread);
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
        if probing >= 2 && (looked || self.gate.is_none()) {
            let wait = if looked {
                Duration::ZERO
            } else {
                self.dice.canary(0, Duration::ZERO, None)
            };
            self.gate = Some(NetworkCanary {
                since: now,
                step: 0,
                next: now + wait,
                dialling: None,
            });
            self.settle_all();
        }
    }

    fn hint_at(&mut self, device: DeviceId) {
        let now = self.now;
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        let id = member.group;
        let Some(due) = member.due(&self.links, true, now) else {
            return;
        };
        let Some(group) = self.groups.get_mut(&id) else { return };
        match &mut group.mode {
            Mode::Probing(probe) => {
                probe.hint = true;
                if due <= now {
                    move_canary(probe, &group.budget, device, now);
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
fn move_canary(probe: &mut Probe, budget: &Budget, device: DeviceId, now: Instant) {
    if probe.dialling.is_none() && probe.canary != Some(device) && budget.moves.take(now).is_ok() {
        probe.canary = Some(device);
        probe.stay = 0;
    }
}
