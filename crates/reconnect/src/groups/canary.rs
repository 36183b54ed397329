//! Who goes for a group whose timers are frozen, when, and what becomes of the group when the canary comes back.

use std::time::{Duration, Instant};

use super::budget::PermitFor;
use super::group::Group;
use super::probe::{Path, Probe};
use super::{Groups, NextDial};
use crate::attempts::{Charge, Verdict};
use crate::backoff::COOL_DOWN;
use crate::basis::Basis;
use crate::class::Class;
use crate::plans::{GroupId, Plans};
use crate::port::{AttemptId, Why};
use crate::process::Process;
use device::DeviceId;

/// When the canary may be dialled. `None`: nobody can be, or another one is on its way.
#[derive(Clone, Copy, Default)]
pub(crate) struct CanaryTimes {
    /// Because something hurries it.
    pub(crate) hurried: Option<Instant>,
    /// By its own timer.
    pub(crate) regular: Option<Instant>,
}

impl CanaryTimes {
    /// `gated`: another canary goes for all sites, so that the timer of the group does not count.
    pub(crate) fn of(group: &Group, gated: bool, plans: &Plans, process: &Process, basis: &Basis) -> Self {
        Self::free(group, gated, plans, process, basis).unwrap_or_default()
    }

    pub(crate) fn first(self) -> Option<Instant> {
        self.hurried.into_iter().chain(self.regular).min()
    }

    fn free(group: &Group, gated: bool, plans: &Plans, process: &Process, basis: &Basis) -> Option<Self> {
        let now = basis.now();
        let probe = group.probe()?;
        if probe.is_looking() || group.traffic().half_open() > 0 {
            return None;
        }
        let due = plans.get(probe.canary()?)?.due(true, now)?;
        let room = group.room(group.failed_per_minute(basis.limits(), now), now)?;
        let least = due.max(room).max(now);
        let budget = group.budget();
        let rests = super::rests_until(group, basis).unwrap_or(now);
        let hint = probe.hint().then(|| budget.earliest(PermitFor::Hint, now).max(rests));
        let manual = probe.manual().then(|| budget.earliest(PermitFor::Manual, now));
        let hurried = hint.into_iter().chain(manual).min().map(|at| {
            let again = probe.last().map_or(now, |last| last + COOL_DOWN);
            let process = process.room(Class::Hurried, true, now);
            at.max(again).max(process.unwrap_or(now + COOL_DOWN)).max(least)
        });
        Some(Self {
            hurried: if probe.follows() { Some(least) } else { hurried },
            regular: (!gated).then(|| probe.next().max(least).max(rests)),
        })
    }
}

/// Keeps the canary at one address, unless it cannot be dialled when its time comes.
pub(super) fn keep(group: &mut Group, plans: &Plans, basis: &Basis) {
    let now = basis.now();
    let Some(probe) = group.probe().filter(|probe| !probe.is_looking()) else {
        return;
    };
    let next = probe.next().max(now);
    let soon = if probe.is_hurried() { now } else { next + COOL_DOWN };
    let canary = probe.canary().and_then(|id| plans.get(id));
    if canary.is_some_and(|plan| plan.entry().is_busy()) {
        return;
    }
    let due = canary.and_then(|plan| plan.due(true, now));
    if due.is_some_and(|due| due <= soon || group.budget().earliest(PermitFor::Move, now) > now) {
        return;
    }
    let candidates = plans.of(group.members());
    let suited = candidates.filter_map(|(id, plan)| Some((plan.suits_as_canary(probe.since(), next, now)?, id)));
    let chosen = suited.min().map(|(_, id)| id);
    let before = probe.canary();
    if chosen == before {
        return;
    }
    let (probe, budget) = group.probe_and_budget();
    if before.is_some() {
        // One that cannot be dialled any more must be replaced, permit or not.
        let _ = budget.take(PermitFor::Move, now);
    }
    if let Some(probe) = probe {
        probe.go_to(chosen);
    }
}

/// What a canary's look was about, for those who decide what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The path is known to be dead since this look.
    pub(crate) newly_dead: bool,
    /// The others may try for themselves.
    pub(crate) opens: bool,
}

impl Groups {
    /// Takes a permit for the canary; `hurried`: it goes before its own time.
    pub(crate) fn choose_canary(&mut self, id: GroupId, hurried: bool, now: Instant) -> Option<NextDial> {
        let group = self.get_mut(id)?;
        let probe = group.probe()?;
        let (device, hint, manual) = (probe.canary()?, probe.hint(), probe.manual());
        let early = hurried && !probe.follows();
        let budget = group.budget_mut();
        let why = if early && hint && budget.take(PermitFor::Hint, now) {
            Why::Hint
        } else if early && manual && budget.take(PermitFor::Manual, now) {
            Why::Manual
        } else {
            Why::Canary
        };
        let charge = Charge::Canary;
        Some(NextDial { device, charge, why })
    }

    /// The canary is dialled.
    pub(crate) fn canary_looks(&mut self, id: GroupId, attempt: AttemptId, basis: &mut Basis) {
        let now = basis.now();
        let Some(group) = self.get_mut(id) else { return };
        let (step, outage) = (group.step(), group.outage(now));
        let Some(probe) = group.probe_mut() else { return };
        let before = probe.last().map(|last| now - last);
        let wait = basis.dice().canary(step, outage, before);
        probe.looks(attempt, wait, now);
    }

    /// The canary goes to the device that somebody or something spoke of, if the router can bear another address.
    pub(crate) fn move_canary(&mut self, id: GroupId, device: DeviceId, now: Instant) {
        let Some((Some(probe), budget)) = self.get_mut(id).map(Group::probe_and_budget) else {
            return;
        };
        if !probe.is_looking() && probe.canary() != Some(device) && budget.take(PermitFor::Move, now) {
            probe.go_to(Some(device));
        }
    }

    /// The canary goes to the first of these that can be dialled, unless it is one of them.
    pub(crate) fn canary_is_among(&mut self, id: GroupId, devices: &[DeviceId], plans: &Plans, now: Instant) {
        let Some(probe) = self.get_mut(id).and_then(Group::probe_mut) else {
            return;
        };
        if probe.is_looking() || probe.canary().is_none_or(|canary| devices.contains(&canary)) {
            return;
        }
        let mut due = plans
            .of(devices.iter().copied())
            .filter(|(_, plan)| plan.due(true, now).is_some());
        if let Some((device, _)) = due.next() {
            probe.go_to(Some(device));
        }
    }

    /// A canary that is another one than this from now on goes so much later: each of its roads is one more entry in the router.
    pub(crate) fn canary_moves_slowly(&mut self, id: GroupId, from: DeviceId, later: Duration) {
        if let Some(probe) = self.get_mut(id).and_then(Group::probe_mut)
            && probe.canary() != Some(from)
            && probe.path() == Path::Dead
        {
            probe.look_at(probe.next() + later);
        }
    }

    /// There may be a way to the group after all: one of its devices takes another road.
    pub(crate) fn way_may_exist(&mut self, id: GroupId, now: Instant) {
        let probe = self.get_mut(id).and_then(Group::probe_mut);
        if let Some(probe) = probe.filter(|probe| probe.path() == Path::NoRoute) {
            probe.may_have_route(now);
        }
    }

    /// The canary `device` came back.
    pub(crate) fn canary_finds(
        &mut self,
        id: GroupId,
        device: DeviceId,
        verdict: Verdict,
        plans: &Plans,
        basis: &mut Basis,
    ) -> Option<Finding> {
        let now = basis.now();
        let group = self.get_mut(id)?;
        let probe = group.probe()?;
        let before = probe.path();
        // Those that were lost together have one fate, so that one look in 30 s is enough; of the others nothing is known.
        let down_since = group.down_since().unwrap_or(now);
        let (mut others, mut unknown) = (false, false);
        if before == Path::Alive || verdict != Verdict::Silent {
            for (other, plan) in plans.of(group.members()) {
                let untried = other != device && plan.due(true, now).is_some() && !plan.has_failed_in(group.epoch());
                others |= untried;
                unknown |= untried && !plan.was_live(down_since);
            }
        }
        let never_live = plans.get(device).is_some_and(|plan| !plan.was_ever_live());
        let cap = (unknown && probe.was_short()).then(|| basis.dice().exploring());
        let wait = probe.wait_after(cap);
        group.was_probed(now);
        let (probe, budget) = group.probe_and_budget();
        let probe = probe?;
        probe.finds(verdict, wait, never_live, || budget.take(PermitFor::Move, now), now);
        Some(Finding {
            newly_dead: before != Path::Dead && probe.path() == Path::Dead,
            // The first answer after silence, or a device that is well: let the others try. Where all only refuse, more of the
            // same is no news.
            opens: others
                && match verdict {
                    Verdict::Silent => false,
                    Verdict::Answered => before != Path::Alive,
                    Verdict::Well => true,
                },
        })
    }

    /// The look of this attempt sent nothing: another canary may go at once.
    pub(crate) fn canary_sent_nothing(&mut self, id: GroupId, attempt: AttemptId, now: Instant) {
        if let Some(probe) = self.probe_of(id, attempt) {
            probe.sent_nothing(now);
        }
    }

    /// The look of this attempt ended without a verdict.
    pub(crate) fn canary_gone(&mut self, id: GroupId, attempt: AttemptId, basis: &mut Basis) {
        let now = basis.now();
        let Some(group) = self.get(id) else { return };
        let (step, outage) = (group.step().min(1), group.outage(now));
        if let Some(probe) = self.probe_of(id, attempt) {
            probe.ended(basis.dice().canary(step, outage, None), now);
        }
    }

    /// The look of this attempt was sent elsewhere.
    pub(crate) fn canary_redirected(&mut self, id: GroupId, attempt: AttemptId, device: DeviceId) {
        if let Some(probe) = self.probe_of(id, attempt) {
            probe.redirected(device);
        }
    }

    /// This machine has no route to the device. Only where every device that is wanted says the same, the site waits for the
    /// network.
    pub(crate) fn has_no_route(&mut self, id: GroupId, device: DeviceId, plans: &Plans, basis: &Basis) {
        let now = basis.now();
        let Some(group) = self.get_mut(id) else { return };
        group.note_failing(device);
        let nowhere = plans.of(group.members()).all(|(_, plan)| {
            let missing_at = plan.route().missing_at();
            let said_so = missing_at.is_some_and(|at| Some(at) > group.last_routed());
            said_so || !plan.is_wanted() || !plan.is_free()
        });
        if !nowhere {
            return;
        }
        if let Some(probe) = group.probe_mut() {
            probe.has_no_route(now);
        } else {
            let mut probe = Probe::new(Path::NoRoute, now, now);
            probe.has_no_route(now);
            group.freeze(probe);
            self.line_up_all(id, plans, basis);
        }
    }

    /// The routes of this machine may have changed, and to ask for one costs no packet.
    pub(crate) fn routes_may_be_back(&mut self, basis: &mut Basis) {
        let now = basis.now();
        let probes = self.iter_mut().filter_map(|(_, group)| group.probe_mut());
        for probe in probes.filter(|probe| probe.path() == Path::NoRoute) {
            probe.may_have_route(now + basis.dice().canary(0, Duration::ZERO, None));
        }
    }

    fn probe_of(&mut self, id: GroupId, attempt: AttemptId) -> Option<&mut Probe> {
        let probe = self.get_mut(id).and_then(Group::probe_mut);
        probe.filter(|probe| probe.looks_by(attempt))
    }
}
